//! Stopping: of single nodes, of frames, and of the run.

use super::cell::{CellIndex, FrameIndex, NodeState};
use super::frame::{Given, ROOT_FRAME};
use super::{Call, Fact, Failure, Slot, State};
use crate::plan::{EdgeKind, Lane, NodeIndex, Plan, PlanNode, Work};

impl<H> State<H> {
    /// Cancels a node that has not settled. To those who read it, it was skipped.
    pub(super) fn cancel(&mut self, plan: &Plan, cell: CellIndex) {
        if self.cells[cell as usize].state.is_open() {
            self.stop_cell(plan, cell);
            self.note(cell, Fact::Cancelled);
            self.settle_skipped(plan, cell);
        }
    }

    /// Cancels the members of a node that have not settled, and then whatever has not settled and only
    /// leads to cancelled nodes: what has dependents, all of which are cancelled, and is not returned.
    pub(super) fn cancel_rest(&mut self, plan: &Plan, target: CellIndex, planned: &PlanNode) {
        let frame = self.cells[target as usize].frame;
        let offset = self.frames.offset(frame);
        let members = planned.reads.iter().filter(|(_, kind)| *kind == EdgeKind::First);
        let mut open: Vec<NodeIndex> = members.map(|(member, _)| *member).collect();
        let returned = &plan.region(self.frames.region(frame)).returns;
        while let Some(node) = open.pop() {
            let cell = node.wrapping_add(offset);
            if !self.cells[cell as usize].state.is_open() {
                continue;
            }
            self.cancel(plan, cell);
            let node = plan.node(node);
            let sources = node.reads.iter().map(|(read, _)| *read);
            for source in sources.chain(node.after.iter().copied()).chain(node.routes.iter().copied()) {
                let planned = plan.node(source);
                let leads_on = planned.edges.iter().any(|edge| {
                    let dependent = self.cells[edge.target.wrapping_add(offset) as usize].state;
                    !dependent.is_skipped() && dependent != NodeState::Excluded
                });
                if !leads_on && planned.effect.is_none() && !returned.nodes().any(|node| *node == source) {
                    open.push(source);
                }
            }
        }
    }

    /// A node's output is the result of its frame, which is over.
    pub(super) fn end_with(&mut self, plan: &Plan, cell: CellIndex) {
        let (frame, node) = (self.cells[cell as usize].frame, self.node(cell));
        if frame != ROOT_FRAME {
            return self.end_frame(plan, frame, Some(node));
        }
        self.aside().ended_by = Some(node);
        self.is_over = true;
        for cell in plan.root().nodes.clone() {
            if self.cells[cell as usize].state.is_open() {
                self.stop_cell(plan, cell);
                self.note(cell, Fact::Cancelled);
            }
        }
        self.unsettled = 0;
    }

    /// Stops what a node does, without telling anybody but the host.
    pub(super) fn stop_cell(&mut self, plan: &Plan, cell: CellIndex) {
        let node = self.node(cell);
        match (self.cells[cell as usize].state, &plan.node(node).work) {
            (NodeState::Running, Work::Host(lane)) => {
                let at = &self.cells[cell as usize];
                let call = Call { frame: self.frames.id(at.frame), node, attempt: at.attempt };
                if *lane == Lane::Loop {
                    self.aside().leaving.push(call);
                } else {
                    self.on_threads -= 1;
                }
                self.aside().stops.push_back(call);
            }
            (NodeState::Running, Work::Body(_)) => self.discard_body(plan, cell),
            (NodeState::Ready, _) => self.leave_ready(plan, cell),
            _ => {}
        }
        self.cells[cell as usize].state = NodeState::Cancelled;
    }

    /// Stops all that has not settled in a frame.
    pub(super) fn stop_cells(&mut self, plan: &Plan, frame: FrameIndex) {
        let at = self.frames.get(frame);
        let offset = at.offset;
        for node in plan.region(at.region).nodes.clone() {
            let cell = node.wrapping_add(offset);
            let state = self.cells[cell as usize].state;
            if state.is_open() {
                self.stop_cell(plan, cell);
                if matches!(state, NodeState::Running | NodeState::Retrying) {
                    self.note(cell, Fact::Cancelled);
                }
            }
            let at = &mut self.cells[cell as usize];
            // Some may be in a list still; nothing is to come of them there.
            at.state = NodeState::Cancelled;
            let output = std::mem::take(&mut at.output);
            self.release(output);
        }
    }

    /// A frame is over: what is under way in it stops, and it can be used again.
    pub(super) fn stop_frame(&mut self, plan: &Plan, frame: FrameIndex) {
        self.stop_cells(plan, frame);
        let at = self.frames.get_mut(frame);
        let value = std::mem::replace(&mut at.value, Given::Own(Slot::Empty));
        let input = std::mem::take(&mut at.input);
        let (body, place) = (at.body, at.place);
        if let Some(running) = self.bodies.get_mut(body) {
            running.frames.swap_remove(place as usize);
            if let Some(moved) = running.frames.get(place as usize) {
                self.frames.get_mut(*moved).place = place;
            }
        }
        self.release_given(value);
        self.release(input);
        self.frames.put_back(frame);
    }

    /// Gives up a slot. The host's objects are kept until the host takes them, because only it knows where
    /// they can be dropped.
    #[inline]
    pub(super) fn release(&mut self, slot: Slot<H>) {
        match slot {
            Slot::Empty | Slot::Json(_) => {}
            slot => self.aside().released.push(slot),
        }
    }

    pub(super) fn release_given(&mut self, given: Given<H>) {
        match given {
            Given::Own(slot) => self.release(slot),
            Given::Item(..) | Given::Output(_) | Given::Input(_) | Given::Value(_) => {}
        }
    }

    /// The first reason to end is the one that counts.
    pub(super) fn end(&mut self, failure: Failure<H>) {
        if self.failure.is_some() {
            return;
        }
        self.failure = Some(Box::new(failure));
        self.is_over = true;
        for running in self.bodies.iter() {
            let cell = &mut self.cells[running.cell as usize];
            if cell.state == NodeState::Running {
                cell.state = NodeState::Cancelled;
            }
        }
        self.note_end();
    }

    /// Ends the run without waiting for calls on threads.
    pub(super) fn stop(&mut self, plan: &Plan, failure: Failure<H>) {
        if self.unsettled == 0 && self.failure.is_none() {
            return;
        }
        self.end(failure);
        self.on_threads = 0;
        for index in 0..self.cells.len() as CellIndex {
            if self.cells[index as usize].state == NodeState::Running {
                let on_loop = matches!(plan.node(self.node(index)).work, Work::Host(Lane::Loop));
                if !on_loop {
                    self.cells[index as usize].state = NodeState::Cancelled;
                }
            }
        }
    }
}
