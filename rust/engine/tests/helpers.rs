//! The helper queue: nothing that is queued is forgotten, and threads stay within their limits.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, mpsc};
use std::time::Duration;

use engine_host::helpers::{DRIVERS_MAX, HELPERS_MAX, Helpers, Task};
use engine_host::lock;

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(20);

/// A thread that takes a job, which must be there, and stays in it.
fn take(helpers: &Helpers<usize>) -> (usize, Task) {
    let (job, task, _) = helpers.take().expect("a job waits");
    (job, task)
}

// Threads played by this one: a `take` with a job in the queue returns at once.

#[test]
fn nodes_get_as_many_threads_as_there_may_be() {
    let helpers = Helpers::default();
    for job in 0..HELPERS_MAX {
        // Each helper that takes a job sees to a spare one for the next.
        assert_eq!(helpers.push(job, Task::Help, true), job == 0);
        assert_eq!(take(&helpers), (job, Task::Help));
    }
    assert!(!helpers.push(HELPERS_MAX, Task::Help, true), "there are no more threads");
    assert_eq!(helpers.threads(), HELPERS_MAX);
    helpers.finished(Task::Help);
    assert_eq!(take(&helpers), (HELPERS_MAX, Task::Help));
}

#[test]
fn drivers_leave_room_for_nodes() {
    let helpers = Helpers::default();
    for job in 0..HELPERS_MAX {
        assert_eq!(helpers.push(job, Task::Drive, true), job == 0);
        if job < DRIVERS_MAX {
            assert_eq!(take(&helpers), (job, Task::Drive));
        }
    }
    assert_eq!(helpers.threads(), DRIVERS_MAX + 1, "the drivers and a spare");
    // All drivers wait for nodes, and more runs wait for drivers: nodes come first.
    for job in 0..HELPERS_MAX - DRIVERS_MAX {
        assert!(!helpers.push(job, Task::Help, true));
        assert_eq!(take(&helpers), (job, Task::Help));
    }
    assert!(!helpers.push(7, Task::Help, true));
    // A driver that has finished takes up the node, the next one a run.
    helpers.finished(Task::Drive);
    assert_eq!(take(&helpers), (7, Task::Help));
    helpers.finished(Task::Drive);
    assert_eq!(take(&helpers), (DRIVERS_MAX, Task::Drive));
}

#[test]
fn a_queue_that_cannot_start_threads_leaves_that_to_a_helper() {
    let helpers = Helpers::default();
    assert!(helpers.wants_spare(), "a helper must be there");
    assert!(!helpers.wants_spare());
    for job in 0..3 {
        assert!(!helpers.push(job, Task::Help, false));
    }
    assert_eq!(helpers.take(), Some((0, Task::Help, true)));
    assert_eq!(helpers.take(), Some((1, Task::Help, true)));
    // The last one starts a spare.
    assert_eq!(helpers.take(), Some((2, Task::Help, true)));
    assert_eq!(helpers.threads(), 4);
}

#[test]
fn a_thread_that_cannot_be_started_is_asked_for_again() {
    let helpers = Helpers::default();
    assert!(helpers.push(0, Task::Help, true));
    helpers.not_started();
    assert_eq!(helpers.threads(), 0);
    assert!(helpers.push(1, Task::Help, true));
    assert_eq!(helpers.take(), Some((0, Task::Help, true)));
}

#[test]
fn threads_that_are_left_behind_are_replaced() {
    let helpers = Helpers::default();
    for job in 0..HELPERS_MAX {
        helpers.push(job, Task::Help, true);
        take(&helpers);
    }
    helpers.add_overruns(2);
    assert_eq!(helpers.overruns(), 2);
    for job in 0..2 {
        assert_eq!(helpers.push(job, Task::Help, true), job == 0);
        take(&helpers);
    }
    assert!(!helpers.push(2, Task::Help, true));
    helpers.end_overrun();
    helpers.end_overrun();
    helpers.end_overrun();
    assert_eq!((helpers.overruns(), helpers.threads()), (0, HELPERS_MAX + 2));
}

/// The thread that called `run` can be left behind too, and is no helper.
#[test]
fn a_foreign_thread_that_is_left_behind_does_not_hide_the_helpers() {
    let helpers: Helpers<usize> = Helpers::default();
    helpers.add_overruns(1);
    assert!(helpers.wants_spare());
    assert!(!helpers.push(0, Task::Help, true), "the first helper takes it");
    helpers.add_overruns(1);
    assert_eq!(take(&helpers), (0, Task::Help));
}

// Real threads.

/// A queue whose helpers are real threads that do `work`.
struct Pool {
    helpers: Helpers<usize>,
    work: Box<dyn Fn(usize) + Send + Sync>,
    started: AtomicUsize,
    driving: AtomicUsize,
}

impl Pool {
    fn new(work: impl Fn(usize) + Send + Sync + 'static) -> Arc<Self> {
        let counts = (AtomicUsize::new(0), AtomicUsize::new(0));
        Arc::new(Self {
            helpers: Helpers::default(),
            work: Box::new(work),
            started: counts.0,
            driving: counts.1,
        })
    }

    fn push(self: &Arc<Self>, job: usize, task: Task, can_start: bool) {
        if self.helpers.push(job, task, can_start) {
            self.start();
        }
    }

    fn start(self: &Arc<Self>) {
        self.started.fetch_add(1, Ordering::Relaxed);
        let pool = self.clone();
        let thread = std::thread::Builder::new().stack_size(64 << 10).spawn(move || pool.help());
        drop(thread.expect("there is room for a thread"));
    }

    fn help(self: &Arc<Self>) {
        while let Some((job, task, more)) = self.helpers.take() {
            if more {
                self.start();
            }
            let drives = task == Task::Drive;
            if drives {
                assert!(self.driving.fetch_add(1, Ordering::SeqCst) < DRIVERS_MAX);
            }
            (self.work)(job);
            if drives {
                self.driving.fetch_sub(1, Ordering::SeqCst);
            }
            self.helpers.finished(task);
        }
    }
}

/// A job that is queued while helpers are going to sleep must wake one.
#[test]
fn no_job_is_forgotten() {
    const PUSHERS: usize = 4;
    const ROUNDS: usize = 1_500;
    let (done, taken) = mpsc::channel();
    let done = Mutex::new(done);
    let pool = Pool::new(move |job| lock(&done).send(job).expect("the test waits"));
    // As the watchdog does, half of the pushers never start a thread.
    assert!(pool.helpers.wants_spare());
    pool.start();
    let pushers: Vec<_> = (0..PUSHERS)
        .map(|pusher| {
            let pool = pool.clone();
            std::thread::spawn(move || {
                for round in 0..ROUNDS {
                    let task = if round % 3 == 0 { Task::Drive } else { Task::Help };
                    pool.push(pusher * ROUNDS + round, task, pusher % 2 == 0);
                    // Let helpers fall asleep now and then.
                    if round % 64 == 0 {
                        std::thread::sleep(Duration::from_micros(300));
                    }
                }
            })
        })
        .collect();
    let mut seen = HashSet::new();
    while seen.len() < PUSHERS * ROUNDS {
        let job = taken.recv_timeout(PATIENCE).expect("no job is forgotten");
        assert!(seen.insert(job), "a job is taken once");
    }
    for pusher in pushers {
        pusher.join().expect("it pushed");
    }
    assert!(pool.helpers.threads() <= HELPERS_MAX);
    assert_eq!(pool.helpers.threads(), pool.started.load(Ordering::Relaxed));
}

/// With all threads busy, jobs wait; once those are free, all are taken.
#[test]
fn threads_never_exceed_the_limit() {
    let jobs = HELPERS_MAX + 100;
    let (done, taken) = mpsc::channel();
    let done = Mutex::new(done);
    let gate = Arc::new((Mutex::new(false), Condvar::new()));
    let entered = Arc::new(AtomicUsize::new(0));
    let (inner, inside) = (gate.clone(), entered.clone());
    let pool = Pool::new(move |job| {
        inside.fetch_add(1, Ordering::SeqCst);
        let open = lock(&inner.0);
        drop(inner.1.wait_while(open, |open| !*open).expect("nobody panics"));
        lock(&done).send(job).expect("the test waits");
    });
    for job in 0..jobs {
        pool.push(job, if job % 2 == 0 { Task::Drive } else { Task::Help }, true);
    }
    // Half of the jobs are nodes, so both limits are reached.
    let nodes_and_drivers = (jobs / 2).min(HELPERS_MAX - DRIVERS_MAX) + DRIVERS_MAX;
    let until = std::time::Instant::now() + PATIENCE;
    while entered.load(Ordering::SeqCst) < nodes_and_drivers {
        assert!(std::time::Instant::now() < until, "{entered:?} threads have begun");
        std::thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(pool.helpers.threads(), HELPERS_MAX);
    assert_eq!(pool.started.load(Ordering::Relaxed), HELPERS_MAX);
    *lock(&gate.0) = true;
    gate.1.notify_all();
    let all: HashSet<usize> =
        (0..jobs).map(|_| taken.recv_timeout(PATIENCE).expect("all are taken")).collect();
    assert_eq!(all.len(), jobs);
    assert_eq!(pool.started.load(Ordering::Relaxed), HELPERS_MAX);
}
