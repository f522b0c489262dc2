//! Bodies under way: what is left to do of a map, a loop or a sub-workflow, and what came of it so far.
//!
//! A body goes on when its node comes up in the list of native work: once at its start, and whenever one
//! of its frames is over. So however many items there are, nothing nests but frames.

use super::cell::{CellIndex, FrameIndex, NodeState};
use super::entry::Cause;
use super::frame::Given;
use super::map::Mapping;
use super::view::{Locals, View};
use super::{Slot, State};
use crate::cel::Fuel;
use crate::node::{Body, BodyKind, Local, Loop, NativeError, Origin};
use crate::plan::{Plan, Source};
use crate::value::Value;

/// A body under way.
#[derive(Debug)]
pub(super) struct Running<H> {
    /// The node it belongs to.
    pub(super) cell: CellIndex,
    /// Its frames, in no order.
    pub(super) frames: Vec<FrameIndex>,
    pub(super) progress: Progress<H>,
}

#[derive(Debug)]
pub(super) enum Progress<H> {
    Map(Mapping<H>),
    /// What the last frame gave, and how many there were.
    Turns {
        state: Option<Slot<H>>,
        turn: u32,
    },
}

/// The bodies under way; most runs have none.
#[derive(Debug)]
pub(super) struct Bodies<H>(Option<Box<Slab<H>>>);

#[derive(Debug)]
struct Slab<H> {
    all: Vec<Option<Running<H>>>,
    /// Places to be used again.
    spare: Vec<u32>,
}

impl<H> Bodies<H> {
    pub(super) fn new() -> Self {
        Self(None)
    }

    pub(super) fn get(&self, index: u32) -> Option<&Running<H>> {
        self.0.as_ref()?.all.get(index as usize)?.as_ref()
    }

    pub(super) fn get_mut(&mut self, index: u32) -> Option<&mut Running<H>> {
        self.0.as_mut()?.all.get_mut(index as usize)?.as_mut()
    }

    /// An item of a map whose list lies in parts.
    pub(super) fn item(&self, index: u32, item: u32) -> Option<&Slot<H>> {
        match &self.get(index)?.progress {
            Progress::Map(mapping) => mapping.member(item),
            Progress::Turns { .. } => None,
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Running<H>> {
        self.0.iter().flat_map(|slab| slab.all.iter().flatten())
    }

    /// Keeps a body, and gives its index.
    fn add(&mut self, running: Running<H>) -> u32 {
        let slab = self.0.get_or_insert_with(|| Box::new(Slab { all: Vec::new(), spare: Vec::new() }));
        if let Some(index) = slab.spare.pop() {
            slab.all[index as usize] = Some(running);
            return index;
        }
        slab.all.push(Some(running));
        slab.all.len() as u32 - 1
    }

    /// Gives up a body.
    fn take(&mut self, index: u32) -> Option<Running<H>> {
        let slab = self.0.as_mut()?;
        let running = slab.all.get_mut(index as usize)?.take()?;
        slab.spare.push(index);
        Some(running)
    }
}

impl<H> State<H> {
    /// The body that a frame is an execution of.
    pub(super) fn running(&self, frame: FrameIndex) -> Option<&Running<H>> {
        self.bodies.get(self.frames.get(frame).body)
    }

    /// The node whose body a frame is an execution of.
    pub(super) fn owner_of(&self, frame: FrameIndex) -> Option<CellIndex> {
        self.running(frame).map(|running| running.cell)
    }

    /// The node whose body a frame is an execution of, and its kind.
    pub(super) fn body_of<'p>(&self, plan: &'p Plan, frame: FrameIndex) -> Option<(CellIndex, &'p BodyKind)> {
        let cell = self.owner_of(frame)?;
        plan.body(self.node(cell)).map(|body| (cell, &body.kind))
    }

    /// Begins a body, whose node is ready.
    #[inline(never)]
    pub(super) fn begin_body(&mut self, plan: &Plan, cell: CellIndex, body: &Body) {
        self.cells[cell as usize].attempt += 1;
        let (progress, first) = match self.progress_of(plan, cell, body) {
            Ok(begun) => begun,
            Err(error) => return self.fail_native(plan, cell, error.into()),
        };
        let index = self.bodies.add(Running { cell, frames: Vec::new(), progress });
        let at = &mut self.cells[cell as usize];
        // It runs from here on only: what failed before has no body to end.
        (at.state, at.extra) = (NodeState::Running, index);
        let Some((item, value)) = first else { return self.go_on(plan, cell, body) };
        if let (BodyKind::Loop(repeat), Some(alone)) = (&body.kind, self.alone(plan, body)) {
            let state = self.resolve(&value).and_then(Slot::json).cloned().unwrap_or_default();
            self.release_given(value);
            self.run_turns(plan, cell, (body, repeat), alone, state);
        } else if let Err(error) = self.begin_frame(plan, cell, body, item, value) {
            self.fail_native(plan, cell, error.into());
        }
    }

    /// What is to be done for a body, and its first frame if it needs no more.
    #[allow(clippy::type_complexity)] // Used in one place.
    fn progress_of(
        &self,
        plan: &Plan,
        cell: CellIndex,
        body: &Body,
    ) -> Result<(Progress<H>, Option<(u32, Given<H>)>), NativeError> {
        let given = self.origin(plan, cell, &body.origin)?;
        let BodyKind::Map(map) = &body.kind else {
            let first = u32::from(matches!(body.kind, BodyKind::Loop(_)));
            return Ok((Progress::Turns { state: None, turn: first }, Some((first, given))));
        };
        Ok((Progress::Map(Mapping::new(self.resolve(&given), map)?), None))
    }

    /// What a body begins with.
    fn origin(&self, plan: &Plan, cell: CellIndex, origin: &Origin) -> Result<Given<H>, NativeError> {
        let frame = self.cells[cell as usize].frame;
        match origin {
            Origin::Input => Ok(Given::Input(self.input_frame(plan, frame))),
            Origin::Made(made) => {
                let view = self.view(plan, cell, Locals::default());
                Ok(Given::Own(Slot::Json(made.evaluate(&view)?)))
            }
            Origin::Read(position) => {
                let source = plan.node(self.node(cell)).sources.get(*position).copied();
                let given = match source {
                    Some(Source::Node(node)) => Given::Output(self.cell(frame, node)),
                    Some(Source::Outer(node)) => {
                        Given::Output(self.cell(self.frame_of(plan, frame, node), node))
                    }
                    Some(Source::Local(local @ (Local::Index | Local::Turn))) => {
                        let with = self.frame_with(plan, frame, local);
                        let number = with.map(|frame| self.frames.get(frame).number.clone());
                        Given::Own(Slot::Json(number.unwrap_or_default()))
                    }
                    Some(Source::Local(local)) => match self.frame_with(plan, frame, local) {
                        Some(frame) => Given::Value(frame),
                        None => Given::Own(Slot::Empty),
                    },
                    None => Given::Own(Slot::Empty),
                };
                Ok(given)
            }
        }
    }

    pub(super) fn view<'r>(&'r self, plan: &'r Plan, cell: CellIndex, locals: Locals<'r>) -> View<'r, H> {
        let node = plan.node(self.node(cell));
        View { plan, state: self, node, frame: self.cells[cell as usize].frame, locals }
    }

    /// Does what can be done for a body: begins frames, or gives its output.
    #[inline(never)]
    pub(super) fn go_on(&mut self, plan: &Plan, cell: CellIndex, body: &Body) {
        match &body.kind {
            BodyKind::Map(map) => self.go_on_with_map(plan, cell, body, map),
            BodyKind::Loop(repeat) => self.go_on_with_loop(plan, cell, body, repeat),
            BodyKind::Subworkflow => {
                let index = self.cells[cell as usize].extra;
                let Some(running) = self.bodies.get_mut(index) else { return };
                let Progress::Turns { state, .. } = &mut running.progress else { return };
                if let Some(output) = state.take() {
                    self.complete_body(plan, cell, output);
                }
            }
        }
    }

    fn go_on_with_loop(&mut self, plan: &Plan, cell: CellIndex, body: &Body, repeat: &Loop) {
        let index = self.cells[cell as usize].extra;
        let Some(running) = self.bodies.get_mut(index) else { return };
        let Progress::Turns { state, turn } = &mut running.progress else { return };
        let Some(state) = state.take() else { return };
        let turn = *turn;
        let is_over = {
            let state = state.json().unwrap_or(&Value::Null);
            self.is_loop_over(plan, cell, repeat, turn, state)
        };
        match is_over {
            Err(cause) => {
                self.release(state);
                self.fail_native(plan, cell, cause);
            }
            Ok(true) => self.complete_body(plan, cell, state),
            Ok(false) => {
                if let Some(running) = self.bodies.get_mut(index)
                    && let Progress::Turns { turn, .. } = &mut running.progress
                {
                    *turn += 1;
                }
                if let Err(error) = self.begin_frame(plan, cell, body, turn + 1, Given::Own(state)) {
                    self.fail_native(plan, cell, error.into());
                }
            }
        }
    }

    /// Whether a loop is over with what a turn gave.
    pub(super) fn is_loop_over(
        &self,
        plan: &Plan,
        cell: CellIndex,
        repeat: &Loop,
        turn: u32,
        state: &Value,
    ) -> Result<bool, Cause<H>> {
        let number = Value::Int(i64::from(turn));
        let locals = Locals { value: Some(state), number: Some(&number) };
        if repeat.until.test(&self.view(plan, cell, locals), &Fuel::default())? {
            return Ok(true);
        }
        match turn >= repeat.limit {
            true if repeat.keeps_at_limit => Ok(true),
            true => Err(Cause::LoopLimit(repeat.limit)),
            false => Ok(false),
        }
    }

    pub(super) fn complete_body(&mut self, plan: &Plan, cell: CellIndex, output: Slot<H>) {
        self.end_body(plan, cell);
        self.complete(plan, cell, output);
    }

    /// Stops what is under way of a body, and forgets it.
    pub(super) fn end_body(&mut self, plan: &Plan, cell: CellIndex) -> Option<Running<H>> {
        let index = self.cells[cell as usize].extra;
        while let Some(frame) = self.bodies.get(index)?.frames.last().copied() {
            self.stop_frame(plan, frame);
        }
        self.bodies.take(index)
    }

    /// The same where nothing is wanted of what came of it.
    pub(super) fn discard_body(&mut self, plan: &Plan, cell: CellIndex) {
        match self.end_body(plan, cell).map(|running| running.progress) {
            Some(Progress::Map(mapping)) => {
                let (list, results) = mapping.into_parts();
                self.release(list);
                for result in results {
                    self.release(result);
                }
            }
            Some(Progress::Turns { state: Some(state), .. }) => self.release(state),
            Some(Progress::Turns { state: None, .. }) | None => {}
        }
    }
}
