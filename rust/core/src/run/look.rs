//! What a host sees of a run: inputs, outputs and what nodes are doing.

use std::sync::Arc;

use super::cell::FrameIndex;
use super::{Call, FrameId, NodeState, Path, Run, Slot};
use crate::node::Local;
use crate::plan::{NodeIndex, Plan};
use crate::value::Value;

impl<H> Run<H> {
    /// The plan that is executed.
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// The run's input.
    pub fn input(&self) -> &Slot<H> {
        self.input_of(FrameId::ROOT)
    }

    /// The input of a frame; empty if the frame is over.
    pub fn input_of(&self, frame: FrameId) -> &Slot<H> {
        let input = self.state.frames.find(frame).and_then(|_| self.state.input_of(&self.plan, frame.index));
        input.unwrap_or(&Slot::Empty)
    }

    /// The run's input, to add the host's form to it.
    pub fn input_mut(&mut self) -> Option<&mut Slot<H>> {
        Some(&mut self.state.input)
    }

    /// The input of a frame, to add the host's form to it; none where the frame is over or the input is a part
    /// of something else.
    pub fn input_mut_of(&mut self, frame: FrameId) -> Option<&mut Slot<H>> {
        self.state.frames.find(frame)?;
        let frame = self.state.input_frame(&self.plan, frame.index);
        self.state.own_input(frame)
    }

    /// What a name of a body is to the nodes of a frame: its item or state, or that of a frame around it; empty
    /// if there is none, or the frame is over.
    pub fn value_of(&self, frame: FrameId, local: Local) -> &Slot<H> {
        let value = self.frame_with(frame, local).and_then(|frame| self.state.value_of(frame));
        value.unwrap_or(&Slot::Empty)
    }

    /// The same, to add the host's form to it; none where it is a part of something else.
    pub fn value_mut_of(&mut self, frame: FrameId, local: Local) -> Option<&mut Slot<H>> {
        let frame = self.frame_with(frame, local)?;
        self.state.own_value(frame)
    }

    /// The index of the item or the number of the turn of a frame, or of one around it.
    pub fn number_of(&self, frame: FrameId, local: Local) -> Option<&Value> {
        self.frame_with(frame, local).map(|frame| &self.state.frames.get(frame).number)
    }

    fn frame_with(&self, frame: FrameId, local: Local) -> Option<FrameIndex> {
        self.state.frames.find(frame)?;
        self.state.frame_with(&self.plan, frame.index, local)
    }

    /// The output of a node of the workflow itself.
    pub fn output(&self, node: NodeIndex) -> &Slot<H> {
        &self.state.cells[node as usize].output
    }

    /// The output of a node, of the frame or of one around it; empty if the frame is over.
    pub fn output_of(&self, frame: FrameId, node: NodeIndex) -> &Slot<H> {
        self.cell_of(frame, node)
            .and_then(|cell| self.state.cells.get(cell))
            .map_or(&Slot::Empty, |cell| &cell.output)
    }

    /// The output of a node of the workflow itself, to add the host's form to it.
    pub fn output_mut(&mut self, node: NodeIndex) -> &mut Slot<H> {
        &mut self.state.cells[node as usize].output
    }

    /// The output of a node, of the frame or of one around it, to add the host's form to it.
    pub fn output_mut_of(&mut self, frame: FrameId, node: NodeIndex) -> Option<&mut Slot<H>> {
        let cell = self.cell_of(frame, node)?;
        self.state.cells.get_mut(cell).map(|cell| &mut cell.output)
    }

    #[inline]
    fn cell_of(&self, frame: FrameId, node: NodeIndex) -> Option<usize> {
        if frame == FrameId::ROOT {
            return Some(node as usize);
        }
        self.state.frames.find(frame)?;
        let frame = self.state.frame_of(&self.plan, frame.index, node);
        Some(self.state.cell(frame, node) as usize)
    }

    /// The place of a frame; none if it is over.
    pub fn path(&self, frame: FrameId) -> Option<Path> {
        self.state.frames.find(frame).map(|_| self.state.path_of(frame.index))
    }

    /// What a node of the workflow itself is doing.
    pub fn node_state(&self, node: NodeIndex) -> NodeState {
        self.state.cells[node as usize].state
    }

    /// How many attempts of a node of the workflow itself were made.
    pub fn attempts(&self, node: NodeIndex) -> u32 {
        self.state.cells[node as usize].attempt
    }

    /// Whether this attempt is the one under way.
    pub fn is_current(&self, call: Call) -> bool {
        self.state.find_current(call).is_some()
    }
}
