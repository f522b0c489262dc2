//! Maps under way: which items are left to do, and what came of the others.

use std::ops::Range;
use std::sync::Arc;

use super::body::Progress;
use super::cell::CellIndex;
use super::frame::Given;
use super::view::Locals;
use super::{Members, Parts, Slot, State};
use crate::cel::Fuel;
use crate::node::{Body, Map, NativeError};
use crate::plan::Plan;
use crate::value::Value;

/// How many items a map may have.
pub const ITEMS_MAX: usize = 100_000;

/// How many items a map with `until` may have, which looks at all results each time.
pub const ITEMS_UNTIL_MAX: usize = 10_000;

/// A map under way.
#[derive(Debug)]
pub(super) struct Mapping<H> {
    items: Items<H>,
    next: u32,
    /// What came of each item; empty where that is nothing, yet or for good.
    results: Vec<Slot<H>>,
    /// Whether there are results that `until` has not seen.
    is_news: bool,
}

/// The list of a map.
#[derive(Debug)]
pub(super) enum Items<H> {
    Json(Arc<[Value]>),
    Parts(Arc<Parts<H>>),
}

impl<H> Items<H> {
    fn of(list: &Slot<H>) -> Result<Self, NativeError> {
        if let Some(parts) = list.parts()
            && matches!(parts.members, Members::List(_))
        {
            return Ok(Self::Parts(parts.clone()));
        }
        match list.json() {
            Some(Value::List(items)) => Ok(Self::Json(items.clone())),
            Some(other) => Err(no_list(other.type_name())),
            None if list.is_empty() => Err(no_list("null")),
            None => Err(no_list("another object of the host")),
        }
    }

    fn share(&self) -> Self {
        match self {
            Self::Json(items) => Self::Json(items.clone()),
            Self::Parts(parts) => Self::Parts(parts.clone()),
        }
    }

    /// An item, as JSON.
    #[inline]
    pub(super) fn json(&self, item: u32) -> Option<&Value> {
        match self {
            Self::Json(items) => items.get(item as usize),
            Self::Parts(_) => self.members().get(item as usize)?.json(),
        }
    }

    fn members(&self) -> &[Slot<H>] {
        match self {
            Self::Parts(parts) => match &parts.members {
                Members::List(items) => items,
                Members::Object(_) => &[],
            },
            Self::Json(_) => &[],
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Json(items) => items.len(),
            Self::Parts(_) => self.members().len(),
        }
    }
}

impl<H> Mapping<H> {
    pub(super) fn new(list: Option<&Slot<H>>, map: &Map) -> Result<Self, NativeError> {
        let items = Items::of(list.unwrap_or(&Slot::Empty))?;
        let limit = if map.until.is_some() { ITEMS_UNTIL_MAX } else { ITEMS_MAX };
        let count = items.len();
        if count > limit {
            let detail = format!("{count} items are more than the limit of {limit}");
            return Err(NativeError { path: String::new(), detail });
        }
        let results = std::iter::repeat_with(|| Slot::Empty).take(count).collect();
        Ok(Self { items, next: 0, results, is_news: false })
    }

    /// An item that lies apart.
    pub(super) fn member(&self, item: u32) -> Option<&Slot<H>> {
        self.items.members().get(item as usize)
    }

    fn is_exhausted(&self) -> bool {
        self.next as usize >= self.results.len()
    }

    /// The next item, for a frame of the body with this index; `None` after the last.
    fn next(&mut self, body: u32) -> Option<(u32, Given<H>)> {
        if self.is_exhausted() {
            return None;
        }
        let item = self.next;
        self.next += 1;
        let value = match &self.items {
            Items::Json(items) => Given::Own(Slot::Json(items.get(item as usize)?.clone())),
            Items::Parts(_) => Given::Item(body, item),
        };
        Some((item, value))
    }

    /// The list, which items are left to do, and the results so far, which are to be put back.
    pub(super) fn take(&mut self) -> (Items<H>, Range<u32>, Vec<Slot<H>>) {
        let results = std::mem::take(&mut self.results);
        (self.items.share(), self.next..results.len() as u32, results)
    }

    /// Takes the results back, and says which item is next.
    pub(super) fn put_back(&mut self, next: u32, results: Vec<Slot<H>>) {
        (self.next, self.results) = (next, results);
    }

    /// What it holds: the list, where that lies in parts, and the results.
    pub(super) fn into_parts(self) -> (Slot<H>, Vec<Slot<H>>) {
        let list = match self.items {
            Items::Parts(parts) => Slot::Parts(parts, None),
            Items::Json(_) => Slot::Empty,
        };
        (list, self.results)
    }

    /// Keeps what came of an item; an empty slot leaves it out.
    pub(super) fn keep(&mut self, item: u32, result: Slot<H>) {
        self.is_news = true;
        if let Some(place) = self.results.get_mut(item as usize) {
            *place = result;
        }
    }
}

impl<H> State<H> {
    pub(super) fn mapping(&mut self, index: u32) -> Option<&mut Mapping<H>> {
        match &mut self.bodies.get_mut(index)?.progress {
            Progress::Map(mapping) => Some(mapping),
            Progress::Turns { .. } => None,
        }
    }

    pub(super) fn go_on_with_map(&mut self, plan: &Plan, cell: CellIndex, body: &Body, map: &Map) {
        let index = self.cells[cell as usize].extra;
        match self.is_until(plan, cell, map) {
            Ok(false) => {}
            Ok(true) => return self.complete_map(plan, cell),
            Err(error) => return self.fail_native(plan, cell, error.into()),
        }
        if let Some(alone) = self.alone(plan, body) {
            return self.run_items(plan, cell, body, alone);
        }
        // The order of native items shows nowhere, and one after the other they use one frame.
        let concurrency =
            if plan.region(body.region).is_native { 1 } else { map.concurrency.max(1) as usize };
        while self.failure.is_none() {
            let is_full = self.frames.is_full();
            let Some(running) = self.bodies.get_mut(index) else { return };
            let under_way = running.frames.len();
            let Progress::Map(mapping) = &mut running.progress else { return };
            if mapping.is_exhausted() {
                if under_way == 0 {
                    self.complete_map(plan, cell);
                }
                return;
            }
            if under_way >= concurrency || (is_full && under_way > 0) {
                return;
            }
            let Some((item, value)) = mapping.next(index) else { return };
            if let Err(error) = self.begin_frame(plan, cell, body, item, value) {
                return self.fail_native(plan, cell, error.into());
            }
        }
    }

    /// Whether a map is over because of what its results are.
    fn is_until(&mut self, plan: &Plan, cell: CellIndex, map: &Map) -> Result<bool, NativeError> {
        let Some(until) = &map.until else { return Ok(false) };
        let Some(mapping) = self.mapping(self.cells[cell as usize].extra) else { return Ok(false) };
        if !std::mem::take(&mut mapping.is_news) {
            return Ok(false);
        }
        let there = mapping.results.iter().filter(|slot| !slot.is_empty());
        let results: Value = there.map(|slot| slot.json().cloned().unwrap_or_default()).collect();
        let locals = Locals { value: Some(&results), number: None };
        until.test(&self.view(plan, cell, locals), &Fuel::default())
    }

    pub(super) fn complete_map(&mut self, plan: &Plan, cell: CellIndex) {
        let Some(running) = self.end_body(plan, cell) else { return };
        let Progress::Map(mapping) = running.progress else { return };
        let (list, results) = mapping.into_parts();
        self.release(list);
        let wants_json = plan.node(self.node(cell)).wants_json;
        self.complete(plan, cell, Slot::of_list(results, wants_json));
    }
}

fn no_list(what: &str) -> NativeError {
    NativeError { path: String::new(), detail: format!("a map needs a list, and this is {what}") }
}
