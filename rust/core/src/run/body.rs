//! Bodies under way: what is left to do of a map, a loop or a sub-workflow, and what came of it so far.
//!
//! A body goes on when its node comes up in the list of native work: once at its start, and whenever one
//! of its frames is over. So however many items there are, nothing nests but frames.

use std::sync::Arc;

use super::cell::{CellIndex, FrameIndex, NodeState};
use super::entry::Cause;
use super::frame::Given;
use super::view::{Locals, View};
use super::{Members, Parts, Slot, State};
use crate::cel::Fuel;
use crate::node::{Body, BodyKind, Local, Loop, Map, NativeError, Origin};
use crate::plan::{Plan, Source};
use crate::value::Value;

/// How many items a map may have.
pub const ITEMS_MAX: usize = 100_000;

/// How many items a map with `until` may have, which looks at all results each time.
pub const ITEMS_UNTIL_MAX: usize = 10_000;

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
    Map {
        items: Items<H>,
        next: u32,
        results: Vec<Outcome<H>>,
        /// Whether there are results that `until` has not seen.
        is_news: bool,
    },
    /// What the last frame gave, and how many there were.
    Turns { state: Option<Slot<H>>, turn: u32 },
}

/// The list of a map.
#[derive(Debug)]
pub(super) enum Items<H> {
    Json(Arc<[Value]>),
    Parts(Arc<Parts<H>>),
}

impl<H> Items<H> {
    fn of(list: &Slot<H>) -> Result<Self, NativeError> {
        let error = |what: &str| NativeError {
            path: String::new(),
            detail: format!("a map needs a list, and this is {what}"),
        };
        if let Some(parts) = list.parts()
            && matches!(parts.members, Members::List(_))
        {
            return Ok(Self::Parts(parts.clone()));
        }
        match list.json() {
            Some(Value::List(items)) => Ok(Self::Json(items.clone())),
            Some(other) => Err(error(other.type_name())),
            None if list.is_empty() => Err(error("null")),
            None => Err(error("another object of the host")),
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Json(items) => items.len(),
            Self::Parts(parts) => match &parts.members {
                Members::List(items) => items.len(),
                Members::Object(_) => 0,
            },
        }
    }

    fn get(&self, index: u32) -> Given<H> {
        match self {
            Self::Json(items) => {
                Given::Own(items.get(index as usize).cloned().map_or(Slot::Empty, Slot::Json))
            }
            Self::Parts(parts) => Given::Item(parts.clone(), index),
        }
    }
}

/// What came of an item.
#[derive(Debug)]
pub(super) enum Outcome<H> {
    /// Nothing yet.
    Open,
    Result(Slot<H>),
    /// It is left out.
    Dropped,
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
        let begun = self.progress_of(plan, cell, body).and_then(|(progress, first)| {
            let index = self.bodies.add(Running { cell, frames: Vec::new(), progress });
            let at = &mut self.cells[cell as usize];
            // It runs from here on only: what failed before has no body to end.
            (at.state, at.extra) = (NodeState::Running, index);
            first.map_or(Ok(()), |(item, value)| self.begin_frame(plan, cell, body, item, value))
        });
        match begun {
            Err(error) => self.fail_native(plan, cell, error.into()),
            Ok(()) => self.go_on(plan, cell, body),
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
        let items = match &given {
            Given::Own(slot) => Items::of(slot)?,
            other => self.resolve(other).map_or(Err(empty_list()), Items::of)?,
        };
        let limit = if map.until.is_some() { ITEMS_UNTIL_MAX } else { ITEMS_MAX };
        if items.len() > limit {
            let detail = format!("{} items are more than the limit of {limit}", items.len());
            return Err(NativeError { path: String::new(), detail });
        }
        let results = std::iter::repeat_with(|| Outcome::Open).take(items.len()).collect();
        Ok((Progress::Map { items, next: 0, results, is_news: false }, None))
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

    fn go_on_with_map(&mut self, plan: &Plan, cell: CellIndex, body: &Body, map: &Map) {
        let index = self.cells[cell as usize].extra;
        match self.is_until(plan, cell, map) {
            Ok(false) => {}
            Ok(true) => return self.complete_map(plan, cell),
            Err(error) => return self.fail_native(plan, cell, error.into()),
        }
        // The order of native items shows nowhere, and one after the other they use one frame.
        let concurrency =
            if plan.region(body.region).is_native { 1 } else { map.concurrency.max(1) as usize };
        while self.failure.is_none() {
            let is_full = self.frames.is_full();
            let Some(running) = self.bodies.get_mut(index) else { return };
            let Progress::Map { items, next, .. } = &mut running.progress else { return };
            let under_way = running.frames.len();
            if *next as usize >= items.len() {
                if under_way == 0 {
                    self.complete_map(plan, cell);
                }
                return;
            }
            if under_way >= concurrency || (is_full && under_way > 0) {
                return;
            }
            let (item, value) = (*next, items.get(*next));
            *next += 1;
            if let Err(error) = self.begin_frame(plan, cell, body, item, value) {
                return self.fail_native(plan, cell, error.into());
            }
        }
    }

    /// Whether a map is over because of what its results are.
    fn is_until(&mut self, plan: &Plan, cell: CellIndex, map: &Map) -> Result<bool, NativeError> {
        let Some(until) = &map.until else { return Ok(false) };
        let index = self.cells[cell as usize].extra;
        let Some(running) = self.bodies.get_mut(index) else { return Ok(false) };
        let Progress::Map { results, is_news, .. } = &mut running.progress else { return Ok(false) };
        if !std::mem::take(is_news) {
            return Ok(false);
        }
        let there = results.iter().filter_map(|outcome| match outcome {
            Outcome::Result(slot) => Some(slot.json().cloned().unwrap_or_default()),
            Outcome::Open | Outcome::Dropped => None,
        });
        let results: Value = there.collect();
        let locals = Locals { value: Some(&results), number: None };
        until.test(&self.view(plan, cell, locals), &Fuel::default())
    }

    fn complete_map(&mut self, plan: &Plan, cell: CellIndex) {
        let Some(running) = self.end_body(plan, cell) else { return };
        let Progress::Map { results, items, .. } = running.progress else { return };
        if let Items::Parts(parts) = items {
            self.release(Slot::Parts(parts, None));
        }
        let results = results.into_iter().filter_map(|outcome| match outcome {
            Outcome::Result(slot) => Some(slot),
            Outcome::Open | Outcome::Dropped => None,
        });
        let wants_json = plan.node(self.node(cell)).wants_json;
        self.complete(plan, cell, Slot::of_members(Members::List(results.collect()), wants_json));
    }

    fn go_on_with_loop(&mut self, plan: &Plan, cell: CellIndex, body: &Body, repeat: &Loop) {
        let index = self.cells[cell as usize].extra;
        let Some(running) = self.bodies.get_mut(index) else { return };
        let Progress::Turns { state, turn } = &mut running.progress else { return };
        let Some(state) = state.take() else { return };
        let turn = *turn;
        let is_over = {
            let number = Value::Int(i64::from(turn));
            let locals = Locals { value: Some(state.json().unwrap_or(&Value::Null)), number: Some(&number) };
            repeat.until.test(&self.view(plan, cell, locals), &Fuel::default())
        };
        match is_over {
            Err(error) => {
                self.release(state);
                self.fail_native(plan, cell, error.into());
            }
            Ok(is_over) if is_over || (turn >= repeat.limit && repeat.keeps_at_limit) => {
                self.complete_body(plan, cell, state);
            }
            Ok(_) if turn >= repeat.limit => {
                self.release(state);
                self.fail_native(plan, cell, Cause::LoopLimit(repeat.limit));
            }
            Ok(_) => {
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

    fn complete_body(&mut self, plan: &Plan, cell: CellIndex, output: Slot<H>) {
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
}

fn empty_list() -> NativeError {
    NativeError { path: String::new(), detail: "a map needs a list, and there is none".into() }
}
