//! Who looks at the clock for runs whose driver is busy with a node.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::{Arc, Condvar, Mutex, Weak};

use engine_core::time::Time;

use crate::{clock, lock};

/// Runs that have to be told the time at some moment.
#[derive(Debug)]
pub struct Timekeeper<R> {
    state: Mutex<State<R>>,
    added: Condvar,
}

#[derive(Debug)]
struct State<R> {
    /// The moments, the earliest first, and where the run stands in `runs`.
    moments: BinaryHeap<Reverse<(Time, u64)>>,
    runs: std::collections::HashMap<u64, Weak<R>>,
    next: u64,
    started: bool,
}

impl<R> Default for Timekeeper<R> {
    fn default() -> Self {
        let state = State {
            moments: BinaryHeap::new(),
            runs: std::collections::HashMap::new(),
            next: 0,
            started: false,
        };
        Self { state: Mutex::new(state), added: Condvar::new() }
    }
}

impl<R> Timekeeper<R> {
    /// Has a run told the time at `moment`. True asks the caller to start the thread that does it,
    /// which is wanted once.
    pub fn add(&self, moment: Time, run: &Arc<R>) -> bool {
        let mut state = lock(&self.state);
        let number = state.next;
        state.next += 1;
        let earliest = state.moments.peek().is_none_or(|Reverse((first, _))| moment < *first);
        state.moments.push(Reverse((moment, number)));
        state.runs.insert(number, Arc::downgrade(run));
        if earliest {
            self.added.notify_one();
        }
        !std::mem::replace(&mut state.started, true)
    }

    /// Waits for the next run whose moment has come.
    pub fn take(&self) -> Arc<R> {
        let mut state = lock(&self.state);
        loop {
            let now = clock::now();
            let wait = match state.moments.peek().copied() {
                Some(Reverse((moment, number))) if moment <= now => {
                    state.moments.pop();
                    match state.runs.remove(&number).and_then(|run| run.upgrade()) {
                        Some(run) => return run,
                        None => continue,
                    }
                }
                Some(Reverse((moment, _))) => Some(moment.since(now)),
                None => None,
            };
            state = match wait {
                Some(wait) => match self.added.wait_timeout(state, wait) {
                    Ok((state, _)) => state,
                    Err(poisoned) => poisoned.into_inner().0,
                },
                None => match self.added.wait(state) {
                    Ok(state) => state,
                    Err(poisoned) => poisoned.into_inner(),
                },
            };
        }
    }
}
