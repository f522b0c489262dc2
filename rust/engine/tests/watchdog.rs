//! The watchdog: a run that stands still gets help, however it is listed; others are left alone.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use engine_host::watchdog::{TICK, Watchdog, Watched};

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(20);

/// A run as a test describes it.
#[derive(Default)]
struct Watch {
    /// Whether nodes begin all the time.
    moves: bool,
    /// How many times it is worth watching.
    worth: u32,
    /// How many calls for help it takes.
    wants_help: u32,
    progress: AtomicU32,
    looked: AtomicU32,
    helped: AtomicU32,
}

impl Watched for Watch {
    fn progress(&self) -> u32 {
        let step = u32::from(self.moves);
        self.progress.fetch_add(step, Ordering::SeqCst)
    }

    fn call_help(self: &Arc<Self>) -> bool {
        self.helped.fetch_add(1, Ordering::SeqCst) + 1 < self.wants_help
    }

    fn is_worth_watching(&self) -> bool {
        self.looked.fetch_add(1, Ordering::SeqCst) + 1 < self.worth
    }
}

fn watchdog() -> &'static Watchdog<Watch> {
    Box::leak(Box::default())
}

fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let until = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < until, "{what}");
        std::thread::sleep(TICK / 10);
    }
}

#[test]
fn a_run_that_stands_still_is_helped_until_it_has_enough() {
    let watchdog = watchdog();
    let run = Arc::new(Watch { wants_help: 3, ..Watch::default() });
    watchdog.list(&run);
    wait_until("help is called", || run.helped.load(Ordering::SeqCst) == 3);
    std::thread::sleep(TICK * 10);
    assert_eq!(run.helped.load(Ordering::SeqCst), 3);
    assert_eq!(run.looked.load(Ordering::SeqCst), 0);
    // Listed anew, it is watched anew.
    watchdog.list(&run);
    wait_until("help is called again", || run.helped.load(Ordering::SeqCst) == 4);
}

#[test]
fn a_run_that_moves_is_left_alone_and_forgotten() {
    let run = Arc::new(Watch { moves: true, worth: 5, ..Watch::default() });
    watchdog().list(&run);
    wait_until("it is watched", || run.looked.load(Ordering::SeqCst) == 5);
    std::thread::sleep(TICK * 10);
    assert_eq!(run.looked.load(Ordering::SeqCst), 5);
    assert_eq!(run.helped.load(Ordering::SeqCst), 0);
}

/// Runs are listed while the thread watches, while it lingers and while it sleeps.
#[test]
fn no_wake_up_is_lost() {
    let watchdog = watchdog();
    for round in 0..60_u32 {
        let run = Arc::new(Watch { wants_help: 1, ..Watch::default() });
        // A run that is gone is forgotten.
        watchdog.list(&Arc::new(Watch::default()));
        watchdog.list(&run);
        wait_until("help is called", || run.helped.load(Ordering::SeqCst) == 1);
        std::thread::sleep(TICK / 4 * (round % 32));
    }
}
