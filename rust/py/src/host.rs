//! The helper queue and the watchdog of this process.

use std::sync::Arc;
use std::sync::atomic::{AtomicPtr, Ordering};

use engine_core::time::Time;
use engine_host::helpers::{Helpers, Task};
use engine_host::timekeeper::Timekeeper;
use engine_host::watchdog::Watchdog;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use crate::cursor::Cursor;
use crate::exit;
use crate::live::Live;

/// What a process shares between its runs. A forked child gets a fresh one, because threads do not
/// survive a fork and a lock may have been held during it.
#[derive(Default)]
struct Host {
    helpers: Helpers<Arc<Live>>,
    watchdog: Watchdog<Live>,
    timekeeper: Timekeeper<Live>,
}

/// The host of this process. It is never freed: threads may sleep in it.
static HOST: AtomicPtr<Host> = AtomicPtr::new(std::ptr::null_mut());

/// Starts a helper thread; set by `workflow_engine.engine`, where the threads are made.
static START_THREAD: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// Starts the thread that calls `keep_time`; set likewise.
static START_TIMEKEEPER: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

#[allow(unsafe_code)]
fn host() -> &'static Host {
    let existing = HOST.load(Ordering::Acquire);
    if existing.is_null() {
        let fresh = Box::into_raw(Box::<Host>::default());
        return match HOST.compare_exchange(std::ptr::null_mut(), fresh, Ordering::AcqRel, Ordering::Acquire) {
            // SAFETY: it was just made and is never freed.
            Ok(_) => unsafe { &*fresh },
            // SAFETY: another thread was first: its host is never freed, ours was not shared.
            Err(first) => unsafe {
                drop(Box::from_raw(fresh));
                &*first
            },
        };
    }
    // SAFETY: a host is never freed.
    unsafe { &*existing }
}

pub(crate) fn helpers() -> &'static Helpers<Arc<Live>> {
    &host().helpers
}

/// Queues a job for a run, and starts a thread where one is wanted.
pub(crate) fn push(py: Python<'_>, live: &Arc<Live>, task: Task) {
    if helpers().push(live.clone(), task, true) {
        start_thread(py);
    }
}

/// Queues a job for a run from the watchdog, which cannot start threads.
pub(crate) fn push_from_watchdog(live: Arc<Live>) {
    helpers().push(live, Task::Help, false);
}

/// Has the watchdog look after a run.
pub(crate) fn watch(py: Python<'_>, live: &Arc<Live>) {
    if helpers().wants_spare() {
        start_thread(py);
    }
    host().watchdog.list(live);
}

/// Has a run told the time at a moment.
pub(crate) fn remind(py: Python<'_>, live: &Arc<Live>, moment: Time) {
    if host().timekeeper.add(moment, live)
        && let Some(start) = START_TIMEKEEPER.get(py)
        && let Err(error) = start.call0(py)
    {
        error.write_unraisable(py, None);
    }
}

/// Tells runs the time, on a thread of its own; never comes back.
#[pyfunction]
pub(crate) fn keep_time(py: Python<'_>) {
    let _inside = exit::Inside::new(py);
    let timekeeper = &host().timekeeper;
    loop {
        let live = exit::detach(py, || timekeeper.take());
        live.serve_time(py);
    }
}

fn start_thread(py: Python<'_>) {
    let started = START_THREAD.get(py).map_or_else(
        || Err(pyo3::exceptions::PyRuntimeError::new_err("import workflow_engine.engine first")),
        |start| start.call0(py),
    );
    if let Err(error) = started {
        helpers().not_started();
        error.write_unraisable(py, None);
    }
}

/// Sets the functions that start a helper thread and the timekeeper's thread.
#[pyfunction]
pub(crate) fn set_thread_starters(py: Python<'_>, helper: Py<PyAny>, timekeeper: Py<PyAny>) {
    // The module is imported once per process; a second call would bring the same functions.
    let _ = START_THREAD.set(py, helper);
    let _ = START_TIMEKEEPER.set(py, timekeeper);
}

/// Waits for a job, on a helper thread. `None` tells the thread to end.
#[pyfunction]
pub(crate) fn take_job(py: Python<'_>) -> PyResult<Option<Cursor>> {
    let _inside = exit::Inside::new(py);
    let Some((live, task, more)) = exit::detach(py, || helpers().take()) else { return Ok(None) };
    if more {
        start_thread(py);
    }
    if task == Task::Help {
        let mut state = live.lock();
        state.queued -= 1;
        state.working += 1;
        state.arriving += 1;
    }
    Cursor::for_job(py, live, task).map(Some)
}

/// A helper thread has finished with a cursor.
#[pyfunction]
pub(crate) fn job_done(cursor: &Cursor) {
    helpers().finished(cursor.task_of_job());
}

/// Forgets threads, locks and random numbers that a fork left behind; called in the child.
#[pyfunction]
pub(crate) fn after_fork() {
    HOST.store(Box::into_raw(Box::<Host>::default()), Ordering::Release);
    engine_host::random::reseed();
}

/// Keeps this thread's Python state for good, where a foreign thread would otherwise make and destroy
/// one for every call. Only for threads that live as long as the process.
#[pyfunction]
#[allow(unsafe_code)]
pub(crate) fn pin_thread(_py: Python<'_>) {
    thread_local! {
        static PINNED: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
    }
    PINNED.with(|pinned| {
        if !pinned.replace(true) {
            // SAFETY: the thread is attached; this only raises the count that keeps its state.
            unsafe { pyo3::ffi::PyGILState_Ensure() };
        }
    });
}

/// How many helper threads there are, and how many of them are left behind in overrun nodes.
#[pyfunction]
pub(crate) fn helper_counts() -> (usize, usize) {
    (helpers().threads(), helpers().overruns())
}

/// Whether this is the thread on which Python runs signal handlers.
pub(crate) fn is_main_thread(py: Python<'_>) -> bool {
    static MAIN: PyOnceLock<u64> = PyOnceLock::new();
    thread_local! {
        static IS_MAIN: std::cell::Cell<Option<bool>> = const { std::cell::Cell::new(None) };
    }
    IS_MAIN.with(|known| {
        known.get().unwrap_or_else(|| {
            let threading = py.import("threading");
            let ident = |name: &str| {
                threading.as_ref().ok()?.call_method0(name).ok()?.getattr("ident").ok()?.extract::<u64>().ok()
            };
            let main = MAIN.get(py).copied().or_else(|| ident("main_thread"));
            let is_main = main.is_some() && main == ident("current_thread");
            known.set(Some(is_main));
            is_main
        })
    })
}
