//! The end of the process.
//!
//! When the interpreter is torn down, it ends every other thread at the moment that thread attaches
//! again, by unwinding its stack. An unwinding that meets a frame of Rust aborts the process. So
//! before that, at exit, the main thread waits here until no other thread has such a frame below
//! Python code or a wait; and whoever waits in here then never attaches again.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use pyo3::marker::Ungil;
use pyo3::prelude::*;

use crate::host;

/// How long the exit of the process waits for threads that are in the core.
const PATIENCE: Duration = Duration::from_secs(2);

/// Threads, other than the main one, that are in the core.
static INSIDE: AtomicUsize = AtomicUsize::new(0);
/// Whether the process is about to end.
static EXITING: AtomicBool = AtomicBool::new(false);

thread_local! {
    /// Whether this thread may make calls inside; `None`: nobody has looked yet.
    static OUTLIVES: Cell<Option<bool>> = const { Cell::new(None) };
}

/// Whether this thread may make calls from inside the core: not one that the end of the process would
/// tear down in the middle of one. The main thread ends the process itself, and waits for all threads
/// but daemons before.
pub(crate) fn outlives_calls(py: Python<'_>) -> bool {
    OUTLIVES.get().unwrap_or_else(|| {
        let daemon = || py.import("threading")?.call_method0("current_thread")?.getattr("daemon")?.extract();
        let outlives = daemon().is_ok_and(|daemon: bool| !daemon);
        OUTLIVES.set(Some(outlives));
        outlives
    })
}

/// Lets this thread make calls from inside the core, though it is a daemon or none of Python's own:
/// whoever owns it ends the process only when it is in no run.
#[pyfunction]
pub(crate) fn trust_thread() {
    OUTLIVES.set(Some(true));
}

/// A thread's stay in the core.
pub(crate) struct Inside {
    counted: bool,
}

impl Inside {
    pub(crate) fn new(py: Python<'_>) -> Self {
        // The main thread is the one that ends the process.
        let counted = !host::is_main_thread(py);
        if counted {
            INSIDE.fetch_add(1, Ordering::SeqCst);
        }
        Self { counted }
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        if self.counted {
            INSIDE.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

/// Waits detached. A thread whose stay is counted does not come back once the process is ending.
pub(crate) fn detach<T: Ungil + Send>(py: Python<'_>, wait: impl FnOnce() -> T + Ungil + Send) -> T {
    let counted = !host::is_main_thread(py);
    py.detach(|| {
        if counted {
            INSIDE.fetch_sub(1, Ordering::SeqCst);
        }
        let result = wait();
        if counted {
            INSIDE.fetch_add(1, Ordering::SeqCst);
            // Either this sees that the process is ending, or who ends it sees this thread inside.
            if EXITING.load(Ordering::SeqCst) {
                INSIDE.fetch_sub(1, Ordering::SeqCst);
                loop {
                    std::thread::park();
                }
            }
        }
        result
    })
}

/// Makes sure that the interpreter can be torn down; called at exit, on the main thread.
#[pyfunction]
pub(crate) fn prepare_exit(py: Python<'_>) {
    py.detach(|| {
        EXITING.store(true, Ordering::SeqCst);
        let patience = Instant::now() + PATIENCE;
        while INSIDE.load(Ordering::SeqCst) > 0 && Instant::now() < patience {
            std::thread::sleep(Duration::from_millis(1));
        }
    });
}
