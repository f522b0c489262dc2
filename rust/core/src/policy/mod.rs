//! Decisions about failures, with time and randomness passed in.

mod retry;

pub use retry::{ATTEMPTS_MAX, Jitter, Retry};
