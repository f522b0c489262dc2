//! The thread that notices a node that blocks while others could run beside it.
//!
//! It never takes part in running nodes and never touches the host's language, so nothing that
//! blocks there can stop it. It sleeps while there is nothing to watch.

use std::sync::{Arc, Condvar, Mutex, Once, Weak};
use std::time::Duration;

use crate::lock;

/// How long a run may stand still before help is called.
pub const TICK: Duration = Duration::from_millis(1);

/// How many ticks without anything to watch pass before the thread sleeps.
const LINGER: u32 = 5;

/// A run that may need help.
pub trait Watched: Send + Sync + 'static {
    /// A number that changes with every node that begins.
    fn progress(&self) -> u32;

    /// Called when nothing has begun for a tick: queues jobs for what is ready. False when there is
    /// nothing to watch any more; who then needs watching is listed anew.
    fn call_help(self: &Arc<Self>) -> bool;

    /// Called each tick: whether something is still ready; false takes it off the list.
    fn is_worth_watching(&self) -> bool;
}

/// The runs that are watched.
#[derive(Debug)]
pub struct Watchdog<W> {
    listed: Mutex<Listed<W>>,
    woken: Condvar,
    started: Once,
}

#[derive(Debug)]
struct Listed<W> {
    new: Vec<Weak<W>>,
    asleep: bool,
}

impl<W> Default for Watchdog<W> {
    fn default() -> Self {
        let listed = Listed { new: Vec::new(), asleep: false };
        Self { listed: Mutex::new(listed), woken: Condvar::new(), started: Once::new() }
    }
}

impl<W: Watched> Watchdog<W> {
    /// Begins to watch a run. The caller sees to it that a run is listed once.
    pub fn list(&'static self, run: &Arc<W>) {
        let wake = {
            let mut listed = lock(&self.listed);
            listed.new.push(Arc::downgrade(run));
            std::mem::take(&mut listed.asleep)
        };
        if wake {
            self.woken.notify_one();
        }
        self.started.call_once(|| {
            let thread = std::thread::Builder::new().name("workflow-watch".into()).stack_size(128 << 10);
            // Without the thread blocking nodes run one after the other, which is slow and right.
            drop(thread.spawn(|| self.watch()));
        });
    }

    fn watch(&self) {
        let mut watched: Vec<(Weak<W>, u32)> = Vec::new();
        let mut idle_ticks = 0;
        loop {
            {
                let mut listed = lock(&self.listed);
                while listed.new.is_empty() && watched.is_empty() && idle_ticks >= LINGER {
                    listed.asleep = true;
                    listed = match self.woken.wait(listed) {
                        Ok(listed) => listed,
                        Err(poisoned) => poisoned.into_inner(),
                    };
                }
                listed.asleep = false;
                watched.extend(listed.new.drain(..).filter_map(|run| {
                    let progress = run.upgrade()?.progress();
                    Some((run, progress))
                }));
            }
            idle_ticks = if watched.is_empty() { idle_ticks + 1 } else { 0 };
            std::thread::sleep(TICK);
            watched.retain_mut(|(run, seen)| {
                let Some(run) = run.upgrade() else { return false };
                let progress = run.progress();
                if *seen == progress {
                    return run.call_help();
                }
                *seen = progress;
                run.is_worth_watching()
            });
        }
    }
}
