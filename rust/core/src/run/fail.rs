//! What becomes of a failure: another attempt, of the node or of the item around it; an item that a map does
//! without; or the end of the run.

use std::time::Duration;

use super::cell::{CellIndex, FrameIndex, NodeState};
use super::entry::Cause;
use super::frame::ROOT_FRAME;
use super::timer::Due;
use super::{Call, Fact, Failure, Slot, State, Verdict};
use crate::node::OnError;
use crate::plan::Plan;
use crate::policy::Retry;
use crate::time::Time;
use crate::value::Value;

/// Says when an item or turn may begin again by a policy, after so many attempts; `None` if it may not.
type Again<'a> = &'a mut dyn FnMut(&Retry, u32) -> Option<(Duration, Time)>;

/// A failure that is told to the machine.
pub(super) struct Failing<H> {
    pub(super) cause: Cause<H>,
    pub(super) retryable: bool,
    /// The error as data, if the host has made it.
    pub(super) error: Option<Value>,
}

impl<H> State<H> {
    pub(super) fn fail_attempt(
        &mut self,
        plan: &Plan,
        call: Call,
        cell: CellIndex,
        failing: Failing<H>,
        now: impl Fn() -> Time,
        random: impl FnOnce() -> f64,
    ) -> Verdict<H> {
        let Failing { cause, retryable, error } = failing;
        if self.failure.is_some() {
            self.cells[cell as usize].state = NodeState::Failed;
            self.keep_late(call, cause);
            return Verdict::Late;
        }
        if self.deadline.is_some_and(|deadline| deadline <= now()) {
            // Whatever it raised, it is because the time was up.
            self.cells[cell as usize].state = NodeState::Cancelled;
            self.stop(plan, Failure::TimedOut);
            self.keep_late(call, cause);
            return Verdict::Late;
        }
        let is_timeout = matches!(cause, Cause::Timeout);
        let mut random = Some(random);
        let mut again = |policy: &Retry, attempt: u32| {
            if !retryable || (is_timeout && !policy.timeouts) {
                return None;
            }
            let delay = policy.delay_after(attempt, || random.take().map_or(0.0, |random| random()))?;
            Some((delay, now().after(delay)))
        };
        if let Some(policy) = &plan.node(call.node).retry
            && let Some((delay, at)) = again(policy, call.attempt)
        {
            self.note(cell, |site| Fact::Retrying(site, at));
            if delay.is_zero() {
                self.make_ready(plan, cell, call.node);
            } else {
                self.wait_for_retry(call, cell, at);
            }
            return Verdict::Retry(at);
        }
        self.fail(plan, cell, cause, error, &mut again)
    }

    #[cold]
    fn keep_late(&mut self, call: Call, cause: Cause<H>) {
        let path = self.path_of(call.frame.index);
        self.aside().late.push((path, call.node, call.attempt, cause));
    }

    /// A node that the core itself runs has failed.
    #[cold]
    pub(super) fn fail_native(&mut self, plan: &Plan, cell: CellIndex, cause: Cause<H>) {
        self.fail(plan, cell, cause, None, &mut |_, _| None);
    }

    /// A node has failed for good.
    pub(super) fn fail(
        &mut self,
        plan: &Plan,
        cell: CellIndex,
        cause: Cause<H>,
        error: Option<Value>,
        again: Again<'_>,
    ) -> Verdict<H> {
        if self.cells[cell as usize].state == NodeState::Running {
            // Of a host node nothing is under way any more; a body may have other frames.
            if plan.body(self.node(cell)).is_some() {
                self.discard_body(plan, cell);
            }
        }
        self.cells[cell as usize].state = NodeState::Failed;
        self.pass_on(plan, self.cells[cell as usize].frame, cell, (cause, error), again)
    }

    /// A frame could not begin.
    #[cold]
    pub(super) fn fail_frame(&mut self, plan: &Plan, frame: FrameIndex, owner: CellIndex, cause: Cause<H>) {
        self.pass_on(plan, frame, owner, (cause, None), &mut |_, _| None);
    }

    /// Lets the time run of the frames around a call, as far as they have a timeout and it does not run yet.
    pub(super) fn time_frames(&mut self, plan: &Plan, frame: FrameIndex, now: Time) {
        let mut at = frame;
        while at != ROOT_FRAME {
            let Some(owner) = self.owner_of(at) else { return };
            if let Some(timeout) = plan.node(self.node(owner)).timeout
                && !std::mem::replace(&mut self.frames.get_mut(at).is_timed, true)
            {
                self.timers.push(now.after(timeout), Due::Overdue(self.frames.id(at)));
            }
            at = self.cells[owner as usize].frame;
        }
    }

    /// An item or turn has used up its time: what is under way of it stops.
    pub(super) fn time_out_frame(
        &mut self,
        plan: &Plan,
        frame: FrameIndex,
        now: Time,
        random: &mut dyn FnMut() -> f64,
    ) {
        let Some(owner) = self.owner_of(frame) else { return };
        self.stop_cells(plan, frame);
        let mut again = |policy: &Retry, attempt: u32| {
            let delay = policy.timeouts.then(|| policy.delay_after(attempt, &mut *random)).flatten()?;
            Some((delay, now.after(delay)))
        };
        self.pass_on(plan, frame, owner, (Cause::Timeout, None), &mut again);
    }

    /// Passes a failure outward from a frame to whoever takes it: a policy of an item or turn, a map that
    /// goes on without the item, or the run. `failed` is the node that is to blame.
    fn pass_on(
        &mut self,
        plan: &Plan,
        frame: FrameIndex,
        failed: CellIndex,
        (cause, error): (Cause<H>, Option<Value>),
        again: Again<'_>,
    ) -> Verdict<H> {
        let mut frame = frame;
        while frame != ROOT_FRAME {
            let Some(owner) = self.owner_of(frame) else { break };
            let attempt = self.frames.get(frame).attempt;
            if let Some(policy) = &plan.node(self.node(owner)).retry
                && let Some((delay, at)) = again(policy, attempt)
            {
                let item = self.frames.get(frame).item;
                self.note(owner, |site| Fact::Restarting(super::Site { attempt, ..site }, item, at));
                self.restart(plan, frame, at, delay.is_zero());
                self.release_cause(cause);
                return Verdict::Retry(at);
            }
            let result = match self.on_error(plan, frame) {
                OnError::Raise => {
                    frame = self.cells[owner as usize].frame;
                    continue;
                }
                on_error => {
                    let error = error.unwrap_or_else(|| cause.to_value());
                    self.note(failed, |site| Fact::Excused(site, error.clone()));
                    if on_error == OnError::Keep { Slot::Json(error) } else { Slot::Empty }
                }
            };
            self.give(plan, frame, result);
            self.release_cause(cause);
            return Verdict::Excused;
        }
        let at = &self.cells[failed as usize];
        // The output of a route may have come with the start of the run.
        let (path, attempt) = (self.path_of(at.frame), at.attempt.max(1));
        let around = self.owners(at.frame);
        self.end(Failure::Node { path, node: self.node(failed), attempt, cause });
        for cell in around {
            self.cells[cell as usize].state = NodeState::Failed;
        }
        Verdict::Failed
    }

    /// The nodes whose bodies a frame is in.
    pub(super) fn owners(&self, frame: FrameIndex) -> Vec<CellIndex> {
        let outward = |cell: &CellIndex| self.owner_of_inner(self.cells[*cell as usize].frame);
        std::iter::successors(self.owner_of_inner(frame), outward).collect()
    }

    fn owner_of_inner(&self, frame: FrameIndex) -> Option<CellIndex> {
        if frame == ROOT_FRAME { None } else { self.owner_of(frame) }
    }

    /// Has an item or turn begin again, now or later.
    pub(super) fn restart(&mut self, plan: &Plan, frame: FrameIndex, at: Time, at_once: bool) {
        self.stop_cells(plan, frame);
        let id = self.frames.begin_again(frame);
        if at_once {
            self.open_frame(plan, frame);
        } else {
            self.frames.get_mut(frame).waits = true;
            self.timers.push(at, Due::Restart(id));
        }
    }

    pub(super) fn wait_for_retry(&mut self, call: Call, cell: CellIndex, at: Time) {
        self.cells[cell as usize].state = NodeState::Retrying;
        self.timers.push(at, Due::Retry(call));
    }

    /// Whether a failure of this node for good would be told as data, so that the host should make it.
    pub(super) fn wants_error(&self, plan: &Plan, frame: FrameIndex) -> bool {
        let mut at = frame;
        while at != ROOT_FRAME {
            if self.on_error(plan, at) != OnError::Raise {
                return true;
            }
            let Some(owner) = self.owner_of(at) else { return false };
            at = self.cells[owner as usize].frame;
        }
        false
    }

    fn release_cause(&mut self, cause: Cause<H>) {
        if let Cause::Host(error) = cause {
            self.aside().released.push(Slot::Host(error));
        }
    }
}
