//! Frames: executions of regions. The run itself is one; each item of a map, each turn of a loop and each
//! sub-workflow is another.
//!
//! A frame and the cells of its nodes are used again for the same region once it is over. Its generation
//! tells it apart from those before, so that an outcome that comes too late is refused.

use super::cell::{Cell, CellIndex, FrameIndex};
use super::{Call, Slot, State};
use crate::node::{BodyKind, Local, NativeError};
use crate::plan::{NodeIndex, Plan, ROOT, RegionIndex, Source};
use crate::value::Value;

/// How deep frames nest: a workflow that runs itself is stopped here.
pub const DEPTH_MAX: u32 = 64;

/// How many frames there may be at a time.
pub const FRAMES_MAX: usize = 100_000;

/// How many frames a run may begin in all.
pub const FRAMES_BEGUN_MAX: u64 = 10_000_000;

/// The frame of the run itself.
pub(super) const ROOT_FRAME: FrameIndex = 0;

/// Which frame, of all that a run ever has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FrameId {
    pub(super) index: FrameIndex,
    pub(super) generation: u32,
}

impl FrameId {
    /// The frame of the run itself.
    pub const ROOT: Self = Self { index: ROOT_FRAME, generation: 0 };

    /// The identity as a number, for a host that keeps it in one.
    pub fn to_bits(self) -> u64 {
        u64::from(self.generation) << 32 | u64::from(self.index)
    }

    /// The identity that [`Self::to_bits`] made a number of.
    pub fn from_bits(bits: u64) -> Self {
        Self { index: bits as u32, generation: (bits >> 32) as u32 }
    }
}

/// A step of a path into a run: the node with the body, and which of its frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Step {
    /// The node.
    pub node: NodeIndex,
    /// The item of a map, from 0; the turn of a loop, from 1; 0 for a sub-workflow.
    pub item: u32,
}

/// A frame by its place, outermost first; empty for the run itself.
pub type Path = Box<[Step]>;

/// Where a value lies that a frame begins with. What it refers to lives as long as the frame.
#[derive(Debug)]
pub(super) enum Given<H> {
    /// Here.
    Own(Slot<H>),
    /// It is an item of the list of the map with this index among the bodies.
    Item(u32, u32),
    /// It is the output of a node of a frame around.
    Output(CellIndex),
    /// It is the input of a frame around.
    Input(FrameIndex),
    /// It is the item or state of a frame around.
    Value(FrameIndex),
}

/// An execution of a region.
#[derive(Debug)]
pub(super) struct Frame<H> {
    pub(super) region: RegionIndex,
    pub(super) generation: u32,
    /// What leads from the index of a node of the region to that of its cell, by an addition that wraps.
    pub(super) offset: u32,
    /// Nodes that have not settled.
    pub(super) unsettled: u32,
    /// The frame of the region around, whose nodes it may read.
    pub(super) outer: FrameIndex,
    /// How many frames there are around it.
    pub(super) depth: u32,
    /// The body that it is an execution of.
    pub(super) body: u32,
    /// Its place in the body's list of frames.
    pub(super) place: u32,
    pub(super) item: u32,
    /// How often it began.
    pub(super) attempt: u32,
    /// Whether it is to begin again later.
    pub(super) waits: bool,
    /// Whether its time runs: since its first call was handed out.
    pub(super) is_timed: bool,
    /// The item, state or input.
    pub(super) value: Given<H>,
    /// The index of the item or the number of the turn.
    pub(super) number: Value,
    /// The input, where it is not the value as it is.
    pub(super) input: Slot<H>,
}

impl<H> Frame<H> {
    fn new(region: RegionIndex, offset: u32) -> Self {
        Self {
            region,
            generation: 0,
            offset,
            unsettled: 0,
            outer: ROOT_FRAME,
            depth: 0,
            body: 0,
            place: 0,
            item: 0,
            attempt: 1,
            waits: false,
            is_timed: false,
            value: Given::Own(Slot::Empty),
            number: Value::Null,
            input: Slot::Empty,
        }
    }
}

/// The frames of a run, without that of the run itself; most runs have no other.
#[derive(Debug)]
pub(super) struct Frames<H>(Option<Box<Table<H>>>);

#[derive(Debug)]
struct Table<H> {
    all: Vec<Frame<H>>,
    /// Frames to be used again, by region.
    spare: Vec<Vec<FrameIndex>>,
    alive: usize,
    begun: u64,
}

impl<H> Frames<H> {
    pub(super) fn new() -> Self {
        Self(None)
    }

    fn all(&self) -> &[Frame<H>] {
        self.0.as_deref().map_or(&[], |table| &table.all)
    }

    /// A frame, which is not that of the run itself.
    #[inline]
    pub(super) fn get(&self, index: FrameIndex) -> &Frame<H> {
        &self.all()[index as usize - 1]
    }

    #[inline]
    pub(super) fn get_mut(&mut self, index: FrameIndex) -> &mut Frame<H> {
        let all: &mut [Frame<H>] = self.0.as_deref_mut().map_or(&mut [], |table| &mut table.all);
        &mut all[index as usize - 1]
    }

    /// How many frames there are around a frame.
    pub(super) fn depth(&self, index: FrameIndex) -> u32 {
        if index == ROOT_FRAME { 0 } else { self.get(index).depth }
    }

    /// The region that a frame is an execution of.
    pub(super) fn region(&self, index: FrameIndex) -> RegionIndex {
        if index == ROOT_FRAME { ROOT } else { self.get(index).region }
    }

    /// What leads from the index of a node to that of its cell.
    #[inline]
    pub(super) fn offset(&self, index: FrameIndex) -> u32 {
        if index == ROOT_FRAME { 0 } else { self.get(index).offset }
    }

    #[inline]
    pub(super) fn id(&self, index: FrameIndex) -> FrameId {
        if index == ROOT_FRAME {
            return FrameId::ROOT;
        }
        FrameId { index, generation: self.get(index).generation }
    }

    /// The offset of a frame, if it is not over.
    #[inline]
    pub(super) fn find(&self, id: FrameId) -> Option<u32> {
        if id == FrameId::ROOT {
            return Some(0);
        }
        let frame = self.all().get((id.index as usize).checked_sub(1)?)?;
        (frame.generation == id.generation).then_some(frame.offset)
    }

    /// Whether a frame waits to begin again.
    pub(super) fn waits(&self, id: FrameId) -> bool {
        self.find(id).is_some() && id != FrameId::ROOT && self.get(id.index).waits
    }

    /// Whether another frame would be one too many for now.
    pub(super) fn is_full(&self) -> bool {
        self.0.as_ref().is_some_and(|table| table.alive >= FRAMES_MAX)
    }

    fn table(&mut self) -> &mut Table<H> {
        self.0
            .get_or_insert_with(|| Box::new(Table { all: Vec::new(), spare: Vec::new(), alive: 0, begun: 0 }))
    }

    /// Counts an item or turn that begins.
    #[inline]
    pub(super) fn count(&mut self) -> Result<(), NativeError> {
        let table = self.table();
        if table.begun >= FRAMES_BEGUN_MAX {
            return Err(limit(format!(
                "the run has begun {FRAMES_BEGUN_MAX} items and turns; split it into several runs"
            )));
        }
        table.begun += 1;
        Ok(())
    }

    /// A frame of a region, with cells that are to be reset.
    pub(super) fn take(
        &mut self,
        plan: &Plan,
        region: RegionIndex,
        depth: u32,
        cells: &mut Vec<Cell<H>>,
    ) -> Result<FrameIndex, NativeError> {
        if depth > DEPTH_MAX {
            let name = &plan.region(region).name;
            return Err(limit(format!(
                "bodies nest more than {DEPTH_MAX} deep; let `{name}` come to an end before"
            )));
        }
        if self.is_full() {
            return Err(limit(format!(
                "more than {FRAMES_MAX} items are under way at a time; lower `concurrency`"
            )));
        }
        let table = self.table();
        table.alive += 1;
        if let Some(index) = table.spare.get_mut(region as usize).and_then(Vec::pop) {
            return Ok(index);
        }
        let index = table.all.len() as FrameIndex + 1;
        let nodes = plan.region(region).nodes.clone();
        table.all.push(Frame::new(region, (cells.len() as CellIndex).wrapping_sub(nodes.start)));
        cells.extend(nodes.map(|node| Cell::new(plan.node(node), index)));
        Ok(index)
    }

    /// A frame begins again: what belonged to it so far is no longer current.
    pub(super) fn begin_again(&mut self, index: FrameIndex) -> FrameId {
        let frame = self.get_mut(index);
        frame.generation = frame.generation.wrapping_add(1);
        frame.attempt += 1;
        frame.is_timed = false;
        self.id(index)
    }

    /// A frame is over.
    pub(super) fn put_back(&mut self, index: FrameIndex) {
        let frame = self.get_mut(index);
        frame.generation = frame.generation.wrapping_add(1);
        let region = frame.region as usize;
        if let Some(table) = &mut self.0 {
            table.alive -= 1;
            if table.spare.len() <= region {
                table.spare.resize_with(region + 1, Vec::new);
            }
            table.spare[region].push(index);
        }
    }
}

fn limit(what: String) -> NativeError {
    NativeError { path: String::new(), detail: what }
}

impl<H> State<H> {
    /// The cell of a node of a frame.
    #[inline]
    pub(super) fn cell(&self, frame: FrameIndex, node: NodeIndex) -> CellIndex {
        node.wrapping_add(self.frames.offset(frame))
    }

    /// The node of a cell.
    #[inline]
    pub(super) fn node(&self, cell: CellIndex) -> NodeIndex {
        cell.wrapping_sub(self.frames.offset(self.cells[cell as usize].frame))
    }

    /// The cell of a call, if its frame is not over.
    #[inline]
    pub(super) fn find(&self, call: Call) -> Option<CellIndex> {
        self.frames.find(call.frame).map(|offset| call.node.wrapping_add(offset))
    }

    /// The frame of a region around `frame`, or itself.
    pub(super) fn frame_of(&self, plan: &Plan, frame: FrameIndex, node: NodeIndex) -> FrameIndex {
        let mut at = frame;
        while at != ROOT_FRAME && !plan.region(self.frames.region(at)).nodes.contains(&node) {
            at = self.frames.get(at).outer;
        }
        at
    }

    /// What a source leads to, seen from a frame.
    pub(super) fn read(&self, plan: &Plan, frame: FrameIndex, source: Source) -> Option<&Slot<H>> {
        let (at, node) = match source {
            Source::Node(node) => (frame, node),
            Source::Outer(node) => (self.frame_of(plan, frame, node), node),
            Source::Local(local) => return self.value_of(self.frame_with(plan, frame, local)?),
        };
        self.cells.get(self.cell(at, node) as usize).map(|cell| &cell.output)
    }

    /// The item, state or input that a frame began with.
    pub(super) fn value_of(&self, frame: FrameIndex) -> Option<&Slot<H>> {
        if frame == ROOT_FRAME { Some(&self.input) } else { self.resolve(&self.frames.get(frame).value) }
    }

    /// What a frame is given.
    pub(super) fn resolve<'s>(&'s self, given: &'s Given<H>) -> Option<&'s Slot<H>> {
        let mut given = given;
        // Each step leads to a frame further out.
        loop {
            given = match given {
                Given::Own(slot) => return Some(slot),
                Given::Item(body, item) => return self.bodies.item(*body, *item),
                Given::Output(cell) => return self.cells.get(*cell as usize).map(|cell| &cell.output),
                Given::Input(ROOT_FRAME) | Given::Value(ROOT_FRAME) => return Some(&self.input),
                Given::Input(frame) => {
                    let frame = self.frames.get(*frame);
                    if !frame.input.is_empty() {
                        return Some(&frame.input);
                    }
                    &frame.value
                }
                Given::Value(frame) => &self.frames.get(*frame).value,
            };
        }
    }

    /// The frame whose own input a frame has: itself, or one around it.
    pub(super) fn input_frame(&self, plan: &Plan, frame: FrameIndex) -> FrameIndex {
        let mut at = frame;
        while at != ROOT_FRAME && plan.region(self.frames.region(at)).shares_input {
            at = self.frames.get(at).outer;
        }
        at
    }

    /// The input of a frame.
    pub(super) fn input_of(&self, plan: &Plan, frame: FrameIndex) -> Option<&Slot<H>> {
        let frame = self.input_frame(plan, frame);
        if frame != ROOT_FRAME && !self.frames.get(frame).input.is_empty() {
            return Some(&self.frames.get(frame).input);
        }
        self.value_of(frame)
    }

    /// The nearest frame around that has a value for a name.
    pub(super) fn frame_with(&self, plan: &Plan, frame: FrameIndex, local: Local) -> Option<FrameIndex> {
        let mut at = frame;
        while at != ROOT_FRAME {
            let (_, kind) = self.body_of(plan, at)?;
            let has_it = match local {
                Local::Item | Local::Index => matches!(kind, BodyKind::Map(_)),
                Local::State | Local::Turn => matches!(kind, BodyKind::Loop(_)),
                Local::Results => false,
            };
            if has_it {
                return Some(at);
            }
            at = self.frames.get(at).outer;
        }
        None
    }

    /// The way into a frame.
    pub(super) fn path_of(&self, frame: FrameIndex) -> Path {
        let mut steps = Vec::new();
        let mut at = frame;
        while at != ROOT_FRAME {
            let item = self.frames.get(at).item;
            let Some(cell) = self.owner_of(at) else { break };
            steps.push(Step { node: self.node(cell), item });
            at = self.cells[cell as usize].frame;
        }
        steps.reverse();
        steps.into()
    }
}
