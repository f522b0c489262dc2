//! When a failed attempt is tried again.

use std::time::Duration;

/// How many attempts a policy may allow.
pub const ATTEMPTS_MAX: u32 = 1_000_000;

/// How a delay is spread, so that many failures do not return at the same moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Jitter {
    /// The delay as it is.
    None,
    /// A random part of the delay, from nothing to all of it.
    Full,
}

/// A retry policy: exponential delays up to a maximum.
#[derive(Clone, Debug, PartialEq)]
pub struct Retry {
    /// Attempts allowed in all, the first included.
    pub attempts: u32,
    /// Delay before the second attempt.
    pub delay: Duration,
    /// What each further delay is multiplied by.
    pub factor: f64,
    /// The longest delay.
    pub delay_max: Duration,
    /// How delays are spread.
    pub jitter: Jitter,
    /// Whether an attempt that used up its time is one to be tried again.
    pub timeouts: bool,
}

impl Retry {
    /// How long to wait before the attempt that follows attempt number `failed` (from 1), or `None`
    /// when no attempt is left. `random` lies in [0, 1).
    ///
    /// # Source
    /// Full jitter: M. Brooker, "Exponential Backoff and Jitter", 2015.
    pub fn delay_after(&self, failed: u32, random: impl FnOnce() -> f64) -> Option<Duration> {
        if failed >= self.attempts {
            return None;
        }
        let growth = self.factor.powi(i32::try_from(failed - 1).unwrap_or(i32::MAX));
        let longest = self.delay_max.as_secs_f64();
        // `min` also takes care of infinity; 0 * infinity is NaN, for which `min` gives the maximum.
        let delay = if self.delay.is_zero() { 0.0 } else { (self.delay.as_secs_f64() * growth).min(longest) };
        let spread = match self.jitter {
            Jitter::None => delay,
            Jitter::Full if delay > 0.0 => delay * random(),
            Jitter::Full => 0.0,
        };
        // The longest `Duration` is rounded up as a float, past what a `Duration` holds.
        let delay = Duration::try_from_secs_f64(spread).unwrap_or(self.delay_max);
        Some(delay.min(self.delay_max))
    }
}
