//! The timestamps and durations of CEL: reading and writing them, their arithmetic, and the parts of a
//! date in any zone.
//!
//! The zone database is compiled in. Nothing here knows the time, or where the machine stands.

mod civil;
mod duration;
mod timestamp;
mod zone;

pub use duration::Duration;
pub use timestamp::{Part, Timestamp};

const NANOS: i128 = 1_000_000_000;
const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// What is left to read of a text.
struct Text<'a>(&'a [u8]);

impl<'a> Text<'a> {
    fn new(text: &'a str) -> Self {
        Self(text.as_bytes())
    }

    fn at_end(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes the next byte if it is one of these.
    fn take(&mut self, wanted: &[u8]) -> Option<u8> {
        let (&first, rest) = self.0.split_first()?;
        wanted.contains(&first).then(|| {
            self.0 = rest;
            first
        })
    }

    /// Takes all digits that stand here, even none.
    fn digits(&mut self) -> &'a [u8] {
        let end = self.0.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(self.0.len());
        let (digits, rest) = self.0.split_at_checked(end).unwrap_or((self.0, &[]));
        self.0 = rest;
        digits
    }

    /// Takes a number of two digits that is less than `end`.
    fn two_digits(&mut self, end: i64) -> Option<i64> {
        let (digits, rest) = self.0.split_at_checked(2)?;
        self.0 = rest;
        i64::try_from(decimal(digits)?).ok().filter(|&number| number < end)
    }

    /// Takes `hh:mm`, in seconds.
    fn hours_and_minutes(&mut self) -> Option<i64> {
        let hours = self.two_digits(24)?;
        self.take(b":")?;
        Some(hours * HOUR + self.two_digits(60)? * MINUTE)
    }
}

/// The number that these digits write; zero for none, `None` where one is no digit or a `u64` is too small.
fn decimal(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0_u64, |number, byte| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    })
}
