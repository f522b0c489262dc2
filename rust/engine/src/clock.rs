//! The one clock.

use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime};

use engine_core::time::Time;

/// The moment, counted from the first call in this process; it never goes backwards.
pub fn now() -> Time {
    static START: OnceLock<Instant> = OnceLock::new();
    let start = START.get_or_init(Instant::now);
    Time::default().after(start.elapsed())
}

/// How long from now until `time`; zero if it has passed.
pub fn until(time: Time) -> Duration {
    time.since(now())
}

/// Seconds since 1970, for people.
pub fn unix_seconds() -> f64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}
