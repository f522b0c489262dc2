//! The queue that helper threads take work from.
//!
//! The threads are the host's own (they run Python), so this only counts them: whoever queues a job
//! or takes one is told when another thread is wanted.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex};
use std::time::{Duration, Instant};

use crate::lock;

/// How many helper threads there may be, without those left behind in a node whose time was up.
pub const HELPERS_MAX: usize = 512;

/// How many of the helper threads may drive runs of their own; the others are kept for nodes, since
/// a driver may have to wait for them.
pub const DRIVERS_MAX: usize = HELPERS_MAX / 2;

/// How many threads may be left behind in nodes whose time was up.
pub const OVERRUNS_MAX: usize = 64;

/// How long a helper without work stays.
const IDLE: Duration = Duration::from_secs(20);

/// What a job is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// Carry out nodes of a run that somebody drives.
    Help,
    /// Drive a run.
    Drive,
}

/// Jobs and the helpers that wait for them.
#[derive(Debug)]
pub struct Helpers<J> {
    state: Mutex<State<J>>,
    queued: Condvar,
}

#[derive(Debug)]
struct State<J> {
    help: VecDeque<J>,
    drive: VecDeque<J>,
    /// Threads that drive runs.
    driving: usize,
    /// Threads that exist.
    threads: usize,
    /// Threads that wait for a job, or are about to.
    idle: usize,
    /// Threads that are left behind in a node whose time was up.
    overruns: usize,
}

impl<J> Default for Helpers<J> {
    fn default() -> Self {
        let state = State {
            help: VecDeque::new(),
            drive: VecDeque::new(),
            driving: 0,
            threads: 0,
            idle: 0,
            overruns: 0,
        };
        Self { state: Mutex::new(state), queued: Condvar::new() }
    }
}

impl<J> Helpers<J> {
    /// Queues a job. True asks the caller to start a thread, which is counted as there already;
    /// a caller that cannot (the watchdog) leaves that to the helper that takes the job.
    pub fn push(&self, job: J, task: Task, can_start: bool) -> bool {
        let mut state = lock(&self.state);
        match task {
            Task::Help => state.help.push_back(job),
            Task::Drive => state.drive.push_back(job),
        }
        let start = can_start && state.wants_thread();
        if start {
            state.add_thread();
        } else if state.idle > 0 {
            self.queued.notify_one();
        }
        start
    }

    /// Whether a spare thread is wanted; if so it is counted and the caller must start it. The
    /// watchdog cannot start threads, so one must be there to take what it queues.
    pub fn wants_spare(&self) -> bool {
        let mut state = lock(&self.state);
        let wanted = state.wants_spare();
        if wanted {
            state.add_thread();
        }
        wanted
    }

    /// Whether every thread there may be is busy, so that a job would have to wait for one of them.
    pub fn is_exhausted(&self) -> bool {
        let state = lock(&self.state);
        state.idle == 0 && state.in_reach() >= HELPERS_MAX
    }

    /// Waits for a job, on a helper thread. `None` tells the thread to end; true asks it to start
    /// another one before it begins.
    pub fn take(&self) -> Option<(J, Task, bool)> {
        let mut state = lock(&self.state);
        let deadline = Instant::now() + IDLE;
        loop {
            if let Some((job, task)) = state.pop() {
                state.idle -= 1;
                let more = state.wants_thread() || state.wants_spare();
                if more {
                    state.add_thread();
                }
                return Some((job, task, more));
            }
            let left = deadline.saturating_duration_since(Instant::now());
            // One helper stays: the watchdog cannot start any.
            let last = state.in_reach() <= 1;
            if left.is_zero() && !last {
                state.idle -= 1;
                state.threads -= 1;
                return None;
            }
            let wait = if last { IDLE } else { left };
            state = match self.queued.wait_timeout(state, wait) {
                Ok((state, _)) => state,
                Err(poisoned) => poisoned.into_inner().0,
            };
        }
    }

    /// A helper has finished its job and will come for the next.
    pub fn finished(&self, task: Task) {
        let mut state = lock(&self.state);
        state.idle += 1;
        if task == Task::Drive {
            state.driving -= 1;
        }
    }

    /// A thread that was to be started could not be.
    pub fn not_started(&self) {
        let mut state = lock(&self.state);
        state.threads -= 1;
        state.idle -= 1;
    }

    /// `count` threads are left behind.
    pub fn add_overruns(&self, count: usize) {
        lock(&self.state).overruns += count;
    }

    /// A thread that was left behind has come back.
    pub fn end_overrun(&self) {
        let mut state = lock(&self.state);
        state.overruns = state.overruns.saturating_sub(1);
    }

    /// How many threads are left behind.
    pub fn overruns(&self) -> usize {
        lock(&self.state).overruns
    }

    /// How many threads there are.
    pub fn threads(&self) -> usize {
        lock(&self.state).threads
    }
}

impl<J> State<J> {
    fn pop(&mut self) -> Option<(J, Task)> {
        if let Some(job) = self.help.pop_front() {
            return Some((job, Task::Help));
        }
        if self.driving >= DRIVERS_MAX {
            return None;
        }
        let job = self.drive.pop_front()?;
        self.driving += 1;
        Some((job, Task::Drive))
    }

    fn wants_thread(&self) -> bool {
        let drivable = self.drive.len().min(DRIVERS_MAX.saturating_sub(self.driving));
        self.help.len() + drivable > self.idle && self.in_reach() < HELPERS_MAX
    }

    fn wants_spare(&self) -> bool {
        self.idle == 0 && self.in_reach() < HELPERS_MAX
    }

    /// Threads that come back for jobs. Those left behind may be more than there are helpers: the
    /// thread that called `run` can be one of them.
    fn in_reach(&self) -> usize {
        self.threads.saturating_sub(self.overruns)
    }

    fn add_thread(&mut self) {
        self.threads += 1;
        self.idle += 1;
    }
}
