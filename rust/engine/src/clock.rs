//! The one clock.

use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime};

use engine_core::cel::time::Timestamp;
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

/// The second that it is by the calendar; `None` where that is beyond what timestamps reach.
pub fn timestamp() -> Option<Timestamp> {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_unix(i64::try_from(since.as_secs()).ok()?)
}

/// Seconds since 1970, for people.
pub fn unix_seconds() -> f64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}
