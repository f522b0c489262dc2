//! Frames of bodies, which are items, turns and sub-workflows: how they begin, and what they give.

use std::sync::Arc;

use super::body::Progress;
use super::cell::{CellIndex, FrameIndex};
use super::frame::{Given, ROOT_FRAME};
use super::view::Locals;
use super::{Members, Slot, State};
use crate::node::{Body, BodyKind, NativeError, OnError, Transform};
use crate::plan::{NodeIndex, Plan, Returns};
use crate::value::Value;

impl<H> State<H> {
    /// Begins a frame of a body.
    pub(super) fn begin_frame(
        &mut self,
        plan: &Plan,
        cell: CellIndex,
        body: &Body,
        item: u32,
        value: Given<H>,
    ) -> Result<(), NativeError> {
        let entered = self.frames.count().and_then(|()| self.enter_frame(plan, cell, body));
        let frame = match entered {
            Ok(frame) => frame,
            Err(error) => {
                self.release_given(value);
                return Err(error);
            }
        };
        let at = self.frames.get_mut(frame);
        (at.item, at.number, at.value) = (item, Value::Int(i64::from(item)), value);
        if let Some(shape) = &body.shape {
            match self.shaped(plan, cell, frame, shape) {
                Ok(input) => self.frames.get_mut(frame).input = Slot::Json(input),
                Err(error) => {
                    self.fail_frame(plan, frame, cell, error.into());
                    return Ok(());
                }
            }
        }
        self.open_frame(plan, frame);
        Ok(())
    }

    /// Adds a frame to those of a body.
    pub(super) fn enter_frame(
        &mut self,
        plan: &Plan,
        cell: CellIndex,
        body: &Body,
    ) -> Result<FrameIndex, NativeError> {
        let (around, index) = (self.cells[cell as usize].frame, self.cells[cell as usize].extra);
        // What the host has put between does not count.
        let is_counted = !plan.region(body.region).name.starts_with('.');
        let depth = self.frames.depth(around) + u32::from(is_counted);
        let frame = self.frames.take(plan, body.region, depth, &mut self.cells)?;
        let outer = self.outer_of(plan, around, body);
        let at = self.frames.get_mut(frame);
        (at.outer, at.depth, at.body) = (outer, depth, index);
        (at.attempt, at.waits, at.is_timed) = (1, false, false);
        if let Some(running) = self.bodies.get_mut(index) {
            at.place = running.frames.len() as u32;
            running.frames.push(frame);
        }
        Ok(frame)
    }

    /// The frame around a body's region, seen from the frame that its node stands in.
    fn outer_of(&self, plan: &Plan, frame: FrameIndex, body: &Body) -> FrameIndex {
        let Some(within) = plan.region(body.region).within else { return ROOT_FRAME };
        let mut at = frame;
        while at != ROOT_FRAME && self.frames.get(at).region != within {
            at = self.frames.get(at).outer;
        }
        at
    }

    fn shaped(
        &self,
        plan: &Plan,
        cell: CellIndex,
        frame: FrameIndex,
        shape: &Transform,
    ) -> Result<Value, NativeError> {
        let value = self.value_of(frame).and_then(Slot::json).or(Some(&Value::Null));
        let locals = Locals { value, number: Some(&self.frames.get(frame).number) };
        shape.evaluate(&self.view(plan, cell, locals))
    }

    /// Resets the cells of a frame and makes its first nodes ready.
    pub(super) fn open_frame(&mut self, plan: &Plan, frame: FrameIndex) {
        let at = self.frames.get_mut(frame);
        let region = plan.region(at.region);
        at.waits = false;
        at.unsettled = region.nodes.len() as u32;
        let offset = at.offset;
        for node in region.nodes.clone() {
            self.cells[node.wrapping_add(offset) as usize].reset(plan.node(node));
        }
        for node in &region.sources {
            self.make_ready(plan, node.wrapping_add(offset), *node);
        }
    }

    /// A frame is over, because all its nodes have settled or one of them ended it.
    pub(super) fn end_frame(&mut self, plan: &Plan, frame: FrameIndex, by: Option<NodeIndex>) {
        let result = self.take_result(plan, frame, by);
        self.give(plan, frame, result);
    }

    /// Tells a body what came of a frame, which is over; an empty slot where that is nothing.
    pub(super) fn give(&mut self, plan: &Plan, frame: FrameIndex, result: Slot<H>) {
        let (index, item) = (self.frames.get(frame).body, self.frames.get(frame).item);
        self.stop_frame(plan, frame);
        let Some(running) = self.bodies.get_mut(index) else { return };
        match &mut running.progress {
            Progress::Map(mapping) => mapping.keep(item, result),
            Progress::Turns { state, .. } => *state = Some(result).filter(|result| !result.is_empty()),
        }
        self.internal.push(running.cell, &mut self.cells);
    }

    /// What a frame gives: null where the nodes that it returns were skipped.
    fn take_result(&mut self, plan: &Plan, frame: FrameIndex, by: Option<NodeIndex>) -> Slot<H> {
        let offset = self.frames.get(frame).offset;
        let cells = &mut self.cells;
        let mut take =
            |node: NodeIndex| std::mem::take(&mut cells[node.wrapping_add(offset) as usize].output);
        if let Some(node) = by {
            return or_null(take(node));
        }
        match &plan.region(self.frames.region(frame)).returns {
            Returns::Nothing => Slot::Json(Value::Null),
            Returns::One(node) => or_null(take(*node)),
            Returns::Either(nodes) => {
                let ran = nodes.iter().map(|node| take(*node)).find(|slot| !slot.is_empty());
                ran.unwrap_or(Slot::Json(Value::Null))
            }
            Returns::Object(entries) => {
                let mut members: Vec<(Arc<str>, Slot<H>)> = Vec::with_capacity(entries.len());
                for (position, (key, node)) in entries.iter().enumerate() {
                    // A node may be there under several keys.
                    let earlier = entries[..position].iter().position(|(_, earlier)| earlier == node);
                    let slot = match earlier.and_then(|earlier| members.get_mut(earlier)) {
                        Some((_, slot)) => {
                            let (own, shared) = std::mem::take(slot).share();
                            *slot = own;
                            Slot::Shared(shared)
                        }
                        None => or_null(take(*node)),
                    };
                    members.push((key.as_str().into(), slot));
                }
                let wants_json = entries.iter().any(|(_, node)| plan.node(*node).wants_json);
                Slot::of_members(Members::Object(members.into()), wants_json)
            }
        }
    }

    /// The way a map takes errors, where a frame is one of its items.
    pub(super) fn on_error(&self, plan: &Plan, frame: FrameIndex) -> OnError {
        match self.body_of(plan, frame) {
            Some((_, BodyKind::Map(map))) => map.on_error,
            _ => OnError::Raise,
        }
    }
}

fn or_null<H>(slot: Slot<H>) -> Slot<H> {
    if slot.is_empty() { Slot::Json(Value::Null) } else { slot }
}
