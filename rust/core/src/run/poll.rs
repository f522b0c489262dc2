//! Commands to the host: calls, stops and timers.

use super::cell::NodeState;
use super::timer::Due;
use super::{Call, Run};
use crate::plan::Lane;
use crate::time::Time;

impl<H> Run<H> {
    /// Whether a node of one of these lanes could start now.
    pub fn has_ready(&self, lanes: &[Lane]) -> bool {
        !self.state.is_over && lanes.iter().any(|lane| self.state.ready_counts[*lane as usize] > 0)
    }

    /// How many nodes of a lane could start now, counted up to `limit`.
    pub fn count_ready(&self, lane: Lane, limit: usize) -> usize {
        if self.state.is_over {
            return 0;
        }
        limit.min(self.state.ready_counts[lane as usize] as usize)
    }

    /// Lets the first `count` ready nodes of a lane wait behind the others, for a host that tries out
    /// orders: none is promised.
    pub fn rotate_ready(&mut self, lane: Lane, count: usize) {
        let list = &mut self.state.ready[lane as usize];
        for _ in 0..count {
            if let Some(cell) = list.pop(&mut self.state.cells) {
                list.push(cell, &mut self.state.cells);
            }
        }
    }

    /// Takes the next node that may start in one of these lanes, in their order. `now` is asked
    /// only where a node of the plan has a timeout.
    pub fn poll_call(&mut self, lanes: &[Lane], now: impl FnOnce() -> Time) -> Option<Call> {
        let state = &mut self.state;
        if state.is_over {
            return None;
        }
        for lane in lanes {
            if state.ready_counts[*lane as usize] == 0 {
                continue;
            }
            state.ready_counts[*lane as usize] -= 1;
            let list = &mut state.ready[*lane as usize];
            let (index, cell) = loop {
                let index = list.pop(&mut state.cells)?;
                if state.cells[index as usize].state == NodeState::Ready {
                    break (index, &mut state.cells[index as usize]);
                }
            };
            cell.state = NodeState::Running;
            cell.attempt += 1;
            let (frame, attempt) = (cell.frame, cell.attempt);
            let call = Call { frame: state.frames.id(frame), node: state.node(index), attempt };
            *state.in_flight(*lane) += 1;
            if self.plan.has_timeouts {
                let now = now();
                if *lane != Lane::Loop
                    && let Some(timeout) = self.plan.node(call.node).timeout
                {
                    state.timers.push(now.after(timeout), Due::Timeout(call));
                }
                state.time_frames(&self.plan, frame, now);
            }
            return Some(call);
        }
        None
    }

    /// The next call that is to stop while the run goes on, or ends with success: nothing wants its outcome. One
    /// on the event loop is to be cancelled and then reported, by `handle_stopped` or as if it were wanted; one on
    /// a thread is left behind, and its outcome comes back as stale.
    pub fn poll_stop(&mut self) -> Option<Call> {
        self.state.aside.as_mut()?.stops.pop_front()
    }

    /// Whether `poll_stop` or `take_released` has something.
    pub fn has_leftovers(&self) -> bool {
        self.state.aside.as_ref().is_some_and(|aside| !aside.stops.is_empty() || !aside.released.is_empty())
    }

    /// The next moment at which `handle_time` has something to do.
    pub fn poll_timer(&mut self) -> Option<Time> {
        let state = &mut self.state;
        let (cells, frames, is_over) = (&state.cells, &state.frames, state.is_over);
        let (threads, unsettled) = (state.on_threads, state.unsettled);
        let is_in = |call: Call, wanted: NodeState| {
            frames.find(call.frame).is_some_and(|offset| {
                let cell = &cells[call.node.wrapping_add(offset) as usize];
                cell.state == wanted && cell.attempt == call.attempt
            })
        };
        state.timers.next(|due| match due {
            Due::Retry(call) => !is_over && is_in(call, NodeState::Retrying),
            Due::Timeout(call) => is_in(call, NodeState::Running),
            Due::Restart(frame) => !is_over && frames.waits(frame),
            Due::Overdue(frame) => !is_over && frames.find(frame).is_some(),
            Due::Deadline => (!is_over && unsettled > 0) || threads > 0,
        })
    }
}
