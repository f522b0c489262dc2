//! The one source of randomness.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

/// A number in [0, 1).
pub fn unit() -> f64 {
    fastrand::f64()
}

/// A number from 0 to below `count`; 0 for a count of 0.
pub fn below(count: usize) -> usize {
    if count == 0 { 0 } else { fastrand::usize(..count) }
}

/// Begins a new sequence, in a forked child that would go on with its parent's.
pub fn reseed() {
    fastrand::seed(fresh_seed());
}

/// What differs between processes and moments.
fn fresh_seed() -> u64 {
    // Hash keys come from the operating system.
    let mut hasher = RandomState::new().build_hasher();
    hasher.write_u32(std::process::id());
    hasher
        .write_u128(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_nanos());
    hasher.finish()
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
