//! What follows from an output: native nodes run, dependents become ready or are skipped.

use super::cell::{CellIndex, FrameIndex, NodeState};
use super::entry::Cause;
use super::frame::ROOT_FRAME;
use super::view::{Locals, View};
use super::{Slot, State};
use crate::node::Native;
use crate::plan::{Edge, EdgeKind, Effect, NodeIndex, Plan, PlanNode, Work};
use crate::value::Value;

impl<H> State<H> {
    #[inline]
    pub(super) fn make_ready(&mut self, plan: &Plan, cell: CellIndex, node: NodeIndex) {
        self.cells[cell as usize].state = NodeState::Ready;
        let list = match plan.node(node).work {
            Work::Host(lane) => {
                self.ready_counts[lane as usize] += 1;
                &mut self.ready[lane as usize]
            }
            Work::Native(_) | Work::Body(_) => &mut self.internal,
        };
        list.push(cell, &mut self.cells);
    }

    /// A node that was ready is no longer.
    pub(super) fn leave_ready(&mut self, plan: &Plan, cell: CellIndex) {
        if self.cells[cell as usize].state == NodeState::Ready
            && let Work::Host(lane) = plan.node(self.node(cell)).work
        {
            self.ready_counts[lane as usize] -= 1;
        }
    }

    /// Writes a node's output down and follows what comes of it. Inlined, because a slot that is handed on
    /// costs as much as all else here.
    #[inline(always)]
    #[allow(clippy::inline_always)] // Measured.
    pub(super) fn complete(&mut self, plan: &Plan, cell: CellIndex, output: Slot<H>) {
        self.cells[cell as usize].output = output;
        self.follow_output(plan, cell);
    }

    /// Follows what comes of an output.
    fn follow_output(&mut self, plan: &Plan, cell: CellIndex) {
        self.cells[cell as usize].state = NodeState::Succeeded;
        self.note_completed(cell);
        if !self.is_over {
            self.settle(plan, cell);
        }
    }

    /// Runs native nodes and bodies and follows skipped nodes until nothing is left but host nodes.
    pub(super) fn advance(&mut self, plan: &Plan) {
        while !self.is_over {
            let Some(cell) = self.internal.pop(&mut self.cells) else { return };
            let at = &self.cells[cell as usize];
            let planned = plan.node(cell.wrapping_sub(self.frames.offset(at.frame)));
            match (at.state, &planned.work) {
                (NodeState::Ready, Work::Native(native)) => self.run_native(plan, cell, planned, native),
                (NodeState::Ready, Work::Body(body)) => self.begin_body(plan, cell, body),
                (NodeState::Running, Work::Body(body)) => self.go_on(plan, cell, body),
                (NodeState::Skipped, _) => {
                    self.note(cell, super::Fact::Skipped);
                    self.settle_skipped(plan, cell);
                }
                _ => {}
            }
        }
    }

    #[inline]
    fn run_native(&mut self, plan: &Plan, cell: CellIndex, node: &PlanNode, native: &Native) {
        let at = &mut self.cells[cell as usize];
        at.attempt += 1;
        let frame = at.frame;
        let view = View { plan, state: self, node, frame, locals: Locals::default() };
        match native.evaluate(&view) {
            Ok(value) => self.complete(plan, cell, Slot::Json(value)),
            Err(error) => self.fail_native(plan, cell, Cause::Native(error)),
        }
    }

    /// Tells a node's dependents that it was skipped or cancelled.
    #[inline(never)]
    pub(super) fn settle_skipped(&mut self, plan: &Plan, cell: CellIndex) {
        self.settle(plan, cell);
    }

    /// Tells a node's dependents that it has settled: with an output, or skipped.
    #[inline]
    pub(super) fn settle(&mut self, plan: &Plan, cell: CellIndex) {
        let at = &self.cells[cell as usize];
        let (frame, skipped) = (at.frame, at.state.is_skipped());
        let offset = self.frames.offset(frame);
        let planned = plan.node(cell.wrapping_sub(offset));
        if planned.acts && !skipped && !self.act(plan, cell, planned, offset) {
            return;
        }
        for edge in &planned.edges {
            self.follow(plan, *edge, offset, skipped);
        }
        if frame == ROOT_FRAME {
            self.unsettled -= 1;
        } else {
            self.settle_in(plan, frame);
        }
    }

    /// A node of a frame has settled, perhaps the last one.
    #[inline(never)]
    fn settle_in(&mut self, plan: &Plan, frame: FrameIndex) {
        let at = self.frames.get_mut(frame);
        at.unsettled -= 1;
        if at.unsettled == 0 {
            self.end_frame(plan, frame, None);
        }
    }

    /// Does what an output does beside being there; false if its dependents are not to hear of it.
    #[inline(never)]
    fn act(&mut self, plan: &Plan, cell: CellIndex, planned: &PlanNode, offset: u32) -> bool {
        if !self.choose(plan, cell, planned, offset) {
            return false;
        }
        match &planned.effect {
            None => {}
            Some(Effect::End) => {
                self.end_with(plan, cell);
                return false;
            }
            Some(Effect::Cancel(nodes)) => {
                for node in nodes {
                    self.cancel(plan, node.wrapping_add(offset));
                }
            }
        }
        true
    }

    /// Marks what a route's output chooses; false if it has no case, which fails the route.
    fn choose(&mut self, plan: &Plan, cell: CellIndex, planned: &PlanNode, offset: u32) -> bool {
        let Some(cases) = &planned.cases else { return true };
        // The clone is of a pointer at most; it frees `cells` for the marks.
        let value = self.cells[cell as usize].output.json().cloned().unwrap_or(Value::Null);
        let cells = &mut self.cells;
        let chosen = cases.select(&value, |target| cells[target.wrapping_add(offset) as usize].chosen = true);
        match chosen {
            Ok(()) => true,
            Err(unhandled) => {
                self.fail_native(plan, cell, Cause::Unhandled(unhandled.0));
                false
            }
        }
    }

    #[inline]
    fn follow(&mut self, plan: &Plan, edge: Edge, offset: u32, skipped: bool) {
        let target = edge.target.wrapping_add(offset);
        let cell = &mut self.cells[target as usize];
        match edge.kind {
            EdgeKind::Case => cell.undecided -= 1,
            EdgeKind::First => return self.follow_member(plan, target, skipped),
            kind => {
                cell.waits -= 1;
                cell.lacks |= skipped && kind.passes_skips();
            }
        }
        self.look_at(plan, target, edge.target);
    }

    /// Sees whether a node that waits can start, or never will.
    #[inline]
    fn look_at(&mut self, plan: &Plan, target: CellIndex, node: NodeIndex) {
        let cell = &mut self.cells[target as usize];
        if cell.state != NodeState::Pending {
            return;
        }
        if cell.lacks || (cell.undecided == 0 && !cell.chosen) {
            cell.state = NodeState::Skipped;
            self.internal.push(target, &mut self.cells);
        } else if cell.waits == 0 && cell.chosen {
            self.make_ready(plan, target, node);
        }
    }

    /// A member of a node that waits for some of its members only has settled.
    #[cold]
    fn follow_member(&mut self, plan: &Plan, target: CellIndex, skipped: bool) {
        let node = self.node(target);
        let planned = plan.node(node);
        let Some(first) = planned.first else { return };
        let cell = &mut self.cells[target as usize];
        if !cell.hear_member(first, planned.members, !skipped) {
            return;
        }
        cell.waits -= 1;
        let goes_on = cell.state == NodeState::Pending;
        self.look_at(plan, target, node);
        if goes_on && first.cancels_rest {
            self.cancel_rest(plan, target, planned);
        }
    }
}
