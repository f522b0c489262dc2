//! Moments at which a run must be looked at again.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::{Call, FrameId};
use crate::time::Time;

/// What is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Due {
    /// The node may be tried again after this attempt.
    Retry(Call),
    /// This attempt of the node has used up its time.
    Timeout(Call),
    /// The frame, an item or a turn that failed, may begin again.
    Restart(FrameId),
    /// The frame, an item or a turn, has used up its time.
    Overdue(FrameId),
    /// The run has used up its time.
    Deadline,
}

/// Pending moments, the earliest first. Timers are not removed when their reason is gone: what is
/// due is compared with the run's state.
#[derive(Debug, Default)]
pub(super) struct Timers(BinaryHeap<Reverse<(Time, Due)>>);

impl Timers {
    pub(super) fn push(&mut self, at: Time, due: Due) {
        self.0.push(Reverse((at, due)));
    }

    /// The earliest moment for which `is_current` still sees a reason.
    pub(super) fn next(&mut self, is_current: impl Fn(Due) -> bool) -> Option<Time> {
        while let Some(Reverse((at, due))) = self.0.peek() {
            if is_current(*due) {
                return Some(*at);
            }
            self.0.pop();
        }
        None
    }

    /// Takes what is due at `now`.
    pub(super) fn pop_due(&mut self, now: Time) -> Option<Due> {
        match self.0.peek() {
            Some(Reverse((at, _))) if *at <= now => self.0.pop().map(|Reverse((_, due))| due),
            _ => None,
        }
    }
}
