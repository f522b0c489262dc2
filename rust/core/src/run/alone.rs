//! Bodies that are one native node, of maps and loops: the node is worked out for each item or turn, one after
//! the other in one frame, without its cell and without the list of native work.
//!
//! Not where facts are kept, because they are told of cells.

use super::cell::{CellIndex, FrameIndex};
use super::map::Mapping;
use super::view::{Locals, View};
use super::{Slot, State};
use crate::node::{Body, BodyKind, Inputs, Local, Loop, Native, NativeError};
use crate::plan::{NodeIndex, Plan, PlanNode, Source, Work};
use crate::value::Value;

/// The node of such a body.
#[derive(Clone, Copy)]
pub(super) struct Alone<'p> {
    node: NodeIndex,
    planned: &'p PlanNode,
    native: &'p Native,
    /// What the nodes of the body call the value and the number of a frame.
    names: [Local; 2],
    /// Whether the input of a frame is its value, or is made for it.
    has_input: bool,
}

/// What the node sees in one frame.
struct Sight<'r, H> {
    alone: Alone<'r>,
    input: &'r Value,
    value: &'r Value,
    number: &'r Value,
    /// What is there beside.
    view: View<'r, H>,
}

impl<H> Inputs for Sight<'_, H> {
    #[inline]
    fn input(&self) -> &Value {
        if self.alone.has_input { self.input } else { self.view.input() }
    }

    #[inline]
    fn output(&self, position: usize) -> Option<&Value> {
        match self.view.node.sources.get(position) {
            Some(Source::Local(local)) if *local == self.alone.names[0] => Some(self.value),
            Some(Source::Local(local)) if *local == self.alone.names[1] => Some(self.number),
            _ => self.view.output(position),
        }
    }

    fn name(&self, position: usize) -> &str {
        self.view.name(position)
    }
}

/// An item or turn that failed: the cell that is to blame, and why.
type Failed = (CellIndex, NativeError);

impl<H> State<H> {
    /// The only node of a body, where it can be run without its cell.
    pub(super) fn alone<'p>(&self, plan: &'p Plan, body: &Body) -> Option<Alone<'p>> {
        let region = plan.region(body.region);
        let node = region.sole.filter(|_| self.record.is_none())?;
        let planned = plan.node(node);
        let names = match &body.kind {
            // `until` looks at each result.
            BodyKind::Map(map) if map.until.is_none() => [Local::Item, Local::Index],
            BodyKind::Loop(_) => [Local::State, Local::Turn],
            BodyKind::Map(_) | BodyKind::Subworkflow => return None,
        };
        match &planned.work {
            Work::Native(native) => {
                Some(Alone { node, planned, native, names, has_input: !region.shares_input })
            }
            Work::Host(_) | Work::Body(_) => None,
        }
    }

    /// Does the items that are left of a map.
    pub(super) fn run_items(&mut self, plan: &Plan, cell: CellIndex, body: &Body, alone: Alone<'_>) {
        let frame = match self.enter_frame(plan, cell, body) {
            Ok(frame) => frame,
            Err(error) => return self.fail_native(plan, cell, error.into()),
        };
        let index = self.cells[cell as usize].extra;
        let Some((items, range, mut results)) = self.mapping(index).map(Mapping::take) else {
            return;
        };
        for item in range {
            if let Err(error) = self.frames.count() {
                return self.fail_native(plan, cell, error.into());
            }
            let value = items.json(item).unwrap_or(&Value::Null);
            match self.run_alone(plan, cell, body, alone, frame, (item, value)) {
                Ok(value) => {
                    if let Some(place) = results.get_mut(item as usize) {
                        *place = Slot::Json(value);
                    }
                }
                Err((failed, error)) => {
                    // If the map does without the item, it goes on from here with another frame.
                    if let Some(mapping) = self.mapping(index) {
                        mapping.put_back(item + 1, results);
                    }
                    self.frames.get_mut(frame).item = item;
                    return self.fail_frame(plan, frame, failed, error.into());
                }
            }
        }
        if let Some(mapping) = self.mapping(index) {
            mapping.put_back(results.len() as u32, results);
        }
        self.complete_map(plan, cell);
    }

    /// Does the turns of a loop, from its first state.
    pub(super) fn run_turns(
        &mut self,
        plan: &Plan,
        cell: CellIndex,
        (body, repeat): (&Body, &Loop),
        alone: Alone<'_>,
        mut state: Value,
    ) {
        let frame = match self.enter_frame(plan, cell, body) {
            Ok(frame) => frame,
            Err(error) => return self.fail_native(plan, cell, error.into()),
        };
        for turn in 1.. {
            if let Err(error) = self.frames.count() {
                return self.fail_native(plan, cell, error.into());
            }
            match self.run_alone(plan, cell, body, alone, frame, (turn, &state)) {
                Ok(value) => state = value,
                Err((failed, error)) => {
                    self.frames.get_mut(frame).item = turn;
                    return self.fail_frame(plan, frame, failed, error.into());
                }
            }
            match self.is_loop_over(plan, cell, repeat, turn, &state) {
                Ok(false) => {}
                Ok(true) => return self.complete_body(plan, cell, Slot::Json(state)),
                Err(cause) => return self.fail_native(plan, cell, cause),
            }
        }
    }

    /// What the node gives for a value and a number.
    #[inline(always)]
    #[allow(clippy::inline_always)] // Measured: what it gives is large, and handed on through memory.
    fn run_alone(
        &self,
        plan: &Plan,
        cell: CellIndex,
        body: &Body,
        alone: Alone<'_>,
        frame: FrameIndex,
        (number, value): (u32, &Value),
    ) -> Result<Value, Failed> {
        let number = Value::Int(i64::from(number));
        let shaped = match &body.shape {
            Some(shape) => {
                let locals = Locals { value: Some(value), number: Some(&number) };
                Some(shape.evaluate(&self.view(plan, cell, locals)).map_err(|error| (cell, error))?)
            }
            None => None,
        };
        let input = shaped.as_ref().unwrap_or(value);
        let view = View { plan, state: self, node: alone.planned, frame, locals: Locals::default() };
        let sight = Sight { alone, input, value, number: &number, view };
        alone.native.evaluate(&sight).map_err(|error| (self.cell(frame, alone.node), error))
    }
}
