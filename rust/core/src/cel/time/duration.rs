//! A length of time of up to 292 years, to the nanosecond.

use std::fmt;

use super::{HOUR, MINUTE, NANOS, Text, decimal};

/// The digits of a fraction that are read: those behind them are less than a thousandth of a nanosecond
/// of any unit.
const FRACTION_MAX: usize = 16;

/// A length of time, forward or backward, from [`Duration::MIN`] to [`Duration::MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration {
    pub(crate) seconds: i64,
    /// Less than a second, with the sign of the seconds.
    pub(crate) nanos: i32,
}

impl Duration {
    /// The shortest duration: the range is that of an `i64` of nanoseconds, as the specification has it.
    pub const MIN: Self = Self { seconds: -9_223_372_036, nanos: -854_775_808 };
    /// The longest duration.
    pub const MAX: Self = Self { seconds: 9_223_372_036, nanos: 854_775_807 };

    /// Reads a sign and numbers with units, such as `1h2m3.5s`, `-1.5ms` or `0`, the only one that needs
    /// no unit. The units are h, m, s, ms, us and ns, in any order; what is finer than a nanosecond is cut.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut text = Text::new(text);
        let negative = text.take(b"+-") == Some(b'-');
        if text.0 == b"0" {
            return Some(Self { seconds: 0, nanos: 0 });
        }
        let mut nanos = read_term(&mut text)?;
        while !text.at_end() {
            nanos = nanos.checked_add(read_term(&mut text)?)?;
        }
        Self::from_nanos(if negative { -nanos } else { nanos })
    }

    /// The sum, if it is in the range.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        Self::from_nanos(self.as_nanos() + other.as_nanos())
    }

    /// The difference, if it is in the range.
    #[must_use]
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        Self::from_nanos(self.as_nanos() - other.as_nanos())
    }

    /// The whole hours.
    #[must_use]
    pub fn hours(self) -> i64 {
        self.seconds / HOUR
    }

    /// The whole minutes, those of the hours with them.
    #[must_use]
    pub fn minutes(self) -> i64 {
        self.seconds / MINUTE
    }

    /// The whole seconds, those of the hours and minutes with them.
    #[must_use]
    pub fn seconds_whole(self) -> i64 {
        self.seconds
    }

    /// The milliseconds beside the whole seconds: the only part that CEL does not convert.
    #[must_use]
    pub fn milliseconds(self) -> i64 {
        (self.nanos / 1_000_000).into()
    }

    pub(super) fn as_nanos(self) -> i128 {
        i128::from(self.seconds) * NANOS + i128::from(self.nanos)
    }

    pub(super) fn from_nanos(nanos: i128) -> Option<Self> {
        let seconds = i64::try_from(nanos / NANOS).ok()?;
        let nanos = i32::try_from(nanos % NANOS).ok()?;
        let duration = Self { seconds, nanos };
        (Self::MIN..=Self::MAX).contains(&duration).then_some(duration)
    }
}

/// In seconds, with as many digits behind the point as are needed: `100s`, `-0.5s`.
impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.seconds < 0 || self.nanos < 0 { "-" } else { "" };
        write!(f, "{sign}{}", self.seconds.unsigned_abs())?;
        if self.nanos != 0 {
            let digits = format!("{:09}", self.nanos.unsigned_abs());
            write!(f, ".{}", digits.trim_end_matches('0'))?;
        }
        f.write_str("s")
    }
}

/// Reads a number and its unit, in nanoseconds.
fn read_term(text: &mut Text<'_>) -> Option<i128> {
    let whole = text.digits();
    let fraction = if text.take(b".").is_some() { text.digits() } else { &[] };
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let unit = read_unit(text)?;
    let read = fraction.get(..FRACTION_MAX).unwrap_or(fraction);
    let divisor = 10_i128.pow(u32::try_from(read.len()).ok()?);
    Some(i128::from(decimal(whole)?) * unit + i128::from(decimal(read)?) * unit / divisor)
}

/// Reads a unit, in nanoseconds.
fn read_unit(text: &mut Text<'_>) -> Option<i128> {
    let unit = match text.take(b"hmsun")? {
        b'h' => return Some(i128::from(HOUR) * NANOS),
        b's' => return Some(NANOS),
        b'm' if text.take(b"s").is_none() => return Some(i128::from(MINUTE) * NANOS),
        b'm' => return Some(1_000_000),
        b'u' => 1_000,
        _ => 1,
    };
    text.take(b"s").map(|_| unit)
}
