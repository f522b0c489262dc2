//! Facts from the host: outcomes, the time, and that the run is to end.

use super::cell::{CellIndex, FrameIndex, NodeState};
use super::fail::Failing;
use super::frame::{Given, ROOT_FRAME};
use super::timer::Due;
use super::{Call, Cause, Failure, Run, Slot, State, Verdict};
use crate::plan::{Lane, Plan, Work};
use crate::time::Time;
use crate::value::Value;

impl<H> Run<H> {
    /// Takes the output of an attempt. One that is no longer current gives the output back.
    #[inline]
    pub fn handle_completed(&mut self, call: Call, output: Slot<H>) -> Option<Slot<H>> {
        let Self { plan, state } = self;
        let Some(cell) = state.find_current(call) else {
            state.see_off(call);
            return Some(output);
        };
        state.leave(plan, call);
        state.complete(plan, cell, output);
        state.advance(plan);
        None
    }

    /// Takes a failed attempt. Whether its kind of error may be retried is the host's word; when,
    /// and whether there is an attempt left, is decided here. `error` is the failure as data, which is
    /// wanted where `wants_error` says so. `random` lies in [0, 1).
    pub fn handle_failed(
        &mut self,
        call: Call,
        cause: Cause<H>,
        retryable: bool,
        error: Option<Value>,
        now: impl Fn() -> Time,
        random: impl FnOnce() -> f64,
    ) -> Verdict<H> {
        let Self { plan, state } = self;
        let Some(cell) = state.find_current(call) else {
            state.see_off(call);
            return Verdict::Stale(cause);
        };
        state.leave(plan, call);
        let failing = Failing { cause, retryable, error };
        let verdict = state.fail_attempt(plan, call, cell, failing, now, random);
        state.advance(plan);
        verdict
    }

    /// Whether a failure of this call may take the place of an item's result, so that `handle_failed` is to be
    /// given the error as data, `{"error": {...}}`.
    pub fn wants_error(&self, call: Call) -> bool {
        self.state.find_current(call).is_some() && self.state.wants_error(&self.plan, call.frame.index)
    }

    /// Takes note that this attempt was stopped because the run is ending, or because `poll_stop` said so.
    pub fn handle_stopped(&mut self, call: Call) {
        let Self { plan, state } = self;
        match state.find_current(call) {
            Some(cell) => {
                state.leave(plan, call);
                state.cells[cell as usize].state = NodeState::Cancelled;
            }
            None => state.see_off(call),
        }
    }

    /// Takes note of the time: retries that are due become ready, attempts on threads whose time
    /// is up fail, and a run past its deadline ends. Gives the attempts that timed out.
    pub fn handle_time(&mut self, now: Time, mut random: impl FnMut() -> f64) -> Vec<Call> {
        let Self { plan, state } = self;
        let mut timed_out = Vec::new();
        while let Some(due) = state.timers.pop_due(now) {
            match due {
                Due::Retry(call) => {
                    // A replay sets a timer for each failed attempt, of which the last one counts.
                    if let Some(cell) = state.find_in(call, NodeState::Retrying)
                        && !state.is_over
                    {
                        state.make_ready(plan, cell, call.node);
                    }
                }
                Due::Restart(frame) => {
                    if state.frames.waits(frame) && !state.is_over {
                        state.open_frame(plan, frame.index);
                    }
                }
                Due::Overdue(frame) => {
                    if state.frames.find(frame).is_some() && !state.is_over {
                        state.time_out_frame(plan, frame.index, now, &mut random);
                    }
                }
                Due::Timeout(call) => {
                    if let Some(cell) = state.find_current(call) {
                        state.leave(plan, call);
                        timed_out.push(call);
                        // Whether a timeout is worth another attempt is said by each policy.
                        let failing = Failing { cause: Cause::Timeout, retryable: true, error: None };
                        state.fail_attempt(plan, call, cell, failing, || now, &mut random);
                    }
                }
                Due::Deadline => state.stop(plan, Failure::TimedOut),
            }
        }
        state.advance(plan);
        timed_out
    }

    /// Cancels the run.
    pub fn handle_cancelled(&mut self) {
        let Self { plan, state } = self;
        state.stop(plan, Failure::Cancelled);
    }

    /// Gives up because of a fault of the host itself.
    pub fn handle_aborted(&mut self, error: H) {
        let Self { plan, state } = self;
        state.stop(plan, Failure::Aborted(error));
    }
}

impl<H> State<H> {
    #[inline]
    fn find_in(&self, call: Call, wanted: NodeState) -> Option<CellIndex> {
        let index = self.find(call)?;
        let cell = self.cells.get(index as usize)?;
        (cell.state == wanted && cell.attempt == call.attempt).then_some(index)
    }

    /// The cell of a call, if its attempt is the one under way.
    #[inline]
    pub(super) fn find_current(&self, call: Call) -> Option<CellIndex> {
        self.find_in(call, NodeState::Running)
    }

    pub(super) fn in_flight(&mut self, lane: Lane) -> &mut u32 {
        if lane == Lane::Loop { &mut self.on_loop } else { &mut self.on_threads }
    }

    /// An attempt is no longer under way.
    fn leave(&mut self, plan: &Plan, call: Call) {
        if let Work::Host(lane) = plan.node(call.node).work {
            *self.in_flight(lane) -= 1;
        }
    }

    /// A call that was stopped has come back, if it is one.
    fn see_off(&mut self, call: Call) {
        let Some(aside) = &mut self.aside else { return };
        if let Some(place) = aside.leaving.iter().position(|leaving| *leaving == call) {
            aside.leaving.swap_remove(place);
            self.on_loop -= 1;
        }
    }

    /// Where the input of a frame lies, if that is its own or an output.
    pub(super) fn own_input(&mut self, frame: FrameIndex) -> Option<&mut Slot<H>> {
        if frame == ROOT_FRAME || self.frames.get(frame).input.is_empty() {
            return self.own_value(frame);
        }
        Some(&mut self.frames.get_mut(frame).input)
    }

    /// Where the item or state of a frame lies, if that is its own or an output.
    pub(super) fn own_value(&mut self, frame: FrameIndex) -> Option<&mut Slot<H>> {
        let mut at = frame;
        // Each step leads to a frame further out.
        loop {
            if at == ROOT_FRAME {
                return Some(&mut self.input);
            }
            at = match &self.frames.get(at).value {
                Given::Item(..) => return None,
                Given::Own(_) => {
                    let Given::Own(slot) = &mut self.frames.get_mut(at).value else { return None };
                    return Some(slot);
                }
                Given::Output(cell) => {
                    let cell = *cell;
                    return self.cells.get_mut(cell as usize).map(|cell| &mut cell.output);
                }
                Given::Value(around) => *around,
                Given::Input(around) => {
                    let around = *around;
                    if around != ROOT_FRAME && !self.frames.get(around).input.is_empty() {
                        return Some(&mut self.frames.get_mut(around).input);
                    }
                    around
                }
            };
        }
    }
}
