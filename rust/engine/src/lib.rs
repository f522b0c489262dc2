//! The host of runs: the only crate that reads the clock, draws randomness and starts threads.
//!
//! It knows nothing of Python. What waits in the helper queue and what the watchdog looks after are
//! type parameters.

pub mod clock;
pub mod helpers;
pub mod random;
pub mod timekeeper;
pub mod watchdog;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks a mutex whose data stays sound whatever happens: a panic under it is reported where it
/// happens, and must not make every other thread panic too.
pub fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
