//! The one source of randomness.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

/// A number in [0, 1).
pub fn unit() -> f64 {
    fastrand::f64()
}

/// A fresh run id: a UUID of version 7, later ones of a process greater than earlier ones. It tells
/// runs apart and is no secret, so a fast generator will do.
pub fn run_id() -> String {
    let tick = next_tick();
    let mut tail = [0; 10];
    fastrand::fill(&mut tail);
    // RFC 9562, section 6.2, method 1: the bits after the time hold a counter.
    tail[..2].copy_from_slice(&((tick & 0xfff) as u16).to_be_bytes());
    uuid::Builder::from_unix_timestamp_millis(tick >> 12, &tail).into_uuid().to_string()
}

/// Milliseconds since 1970 and a counter of 12 bits, always more than the last time.
fn next_tick() -> u64 {
    static LAST: AtomicU64 = AtomicU64::new(0);
    let millis = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_millis();
    let now = u64::try_from(millis).unwrap_or_default() << 12;
    let next = |last: u64| now.max(last + 1);
    let last = LAST.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(next(last)));
    next(last.unwrap_or_default())
}
