//! A moment between the years 1 and 9999, to the nanosecond.

use std::fmt;

use super::civil::Date;
use super::{DAY, Duration, HOUR, MINUTE, NANOS, Text, decimal, zone};

/// A moment in UTC, from [`Timestamp::MIN`] to [`Timestamp::MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp {
    /// Since 1970-01-01T00:00:00Z.
    pub(crate) seconds: i64,
    /// Forward from the seconds, also before 1970: less than a second.
    pub(crate) nanos: u32,
}

/// What CEL reads off a calendar and a clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// The year.
    FullYear,
    /// The month, from 0.
    Month,
    /// The day of the month, from 1.
    Date,
    /// The day of the month, from 0.
    DayOfMonth,
    /// The day of the week, 0 for Sunday.
    DayOfWeek,
    /// The day of the year, from 0.
    DayOfYear,
    /// The hour of the day.
    Hours,
    /// The minute of the hour.
    Minutes,
    /// The second of the minute.
    Seconds,
    /// The milliseconds of the second.
    Milliseconds,
}

impl Timestamp {
    /// 0001-01-01T00:00:00Z
    pub const MIN: Self = Self { seconds: -62_135_596_800, nanos: 0 };
    /// 9999-12-31T23:59:59.999999999Z
    pub const MAX: Self = Self { seconds: 253_402_300_799, nanos: 999_999_999 };

    /// Reads RFC 3339, with up to nine digits of a second; leap seconds are not known.
    ///
    /// The moment has to be in the range, not the year that the text names.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut text = Text::new(text);
        let days = read_date(&mut text)?.days();
        text.take(b"Tt")?;
        let minutes = text.hours_and_minutes()?;
        text.take(b":")?;
        let seconds = text.two_digits(60)?;
        let nanos = if text.take(b".").is_some() { read_nanos(&mut text)? } else { 0 };
        let offset = read_offset(&mut text)?;
        let moment = Self { seconds: days * DAY + minutes + seconds - offset, nanos };
        moment.in_range().filter(|_| text.at_end())
    }

    /// The moment that is so many seconds after 1970-01-01T00:00:00Z, if it is in the range.
    #[must_use]
    pub fn from_unix(seconds: i64) -> Option<Self> {
        Self { seconds, nanos: 0 }.in_range()
    }

    /// The moment that is `duration` later, if it is in the range.
    #[must_use]
    pub fn checked_add(self, duration: Duration) -> Option<Self> {
        Self::from_nanos(self.as_nanos() + duration.as_nanos())
    }

    /// The moment that is `duration` earlier, if it is in the range.
    #[must_use]
    pub fn checked_sub(self, duration: Duration) -> Option<Self> {
        Self::from_nanos(self.as_nanos() - duration.as_nanos())
    }

    /// The time from `earlier` until this moment, if a duration can hold it: 292 years.
    #[must_use]
    pub fn checked_since(self, earlier: Self) -> Option<Duration> {
        Duration::from_nanos(self.as_nanos() - earlier.as_nanos())
    }

    /// What calendar and clock show in a zone: in UTC without one, `None` in one that is not known.
    ///
    /// A zone is a name such as `Australia/Sydney` or an offset such as `-02:30`, `+11:00` or `02:00`.
    #[must_use]
    pub fn part(self, part: Part, zone: Option<&str>) -> Option<i64> {
        let offset = zone.map_or(Some(0), |zone| zone::offset(zone, self.seconds))?;
        let (days, second) = split_days(self.seconds + offset);
        let date = Date::from_days(days);
        Some(match part {
            Part::FullYear => date.year,
            Part::Month => date.month - 1,
            Part::Date => date.day,
            Part::DayOfMonth => date.day - 1,
            // 1970 began on a Thursday.
            Part::DayOfWeek => (days + 4).rem_euclid(7),
            Part::DayOfYear => date.day_of_year(),
            Part::Hours => second / HOUR,
            Part::Minutes => second % HOUR / MINUTE,
            Part::Seconds => second % MINUTE,
            Part::Milliseconds => (self.nanos / 1_000_000).into(),
        })
    }

    fn in_range(self) -> Option<Self> {
        (Self::MIN..=Self::MAX).contains(&self).then_some(self)
    }

    fn as_nanos(self) -> i128 {
        i128::from(self.seconds) * NANOS + i128::from(self.nanos)
    }

    fn from_nanos(nanos: i128) -> Option<Self> {
        let seconds = i64::try_from(nanos.div_euclid(NANOS)).ok()?;
        let nanos = u32::try_from(nanos.rem_euclid(NANOS)).ok()?;
        Self { seconds, nanos }.in_range()
    }
}

/// RFC 3339 in UTC, as JSON has it: as many of 0, 3, 6 or 9 digits of a second as are needed.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, second) = split_days(self.seconds);
        let Date { year, month, day } = Date::from_days(days);
        let (hour, minute, second) = (second / HOUR, second % HOUR / MINUTE, second % MINUTE);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")?;
        match self.nanos {
            0 => {}
            nanos if nanos % 1_000_000 == 0 => write!(f, ".{:03}", nanos / 1_000_000)?,
            nanos if nanos % 1_000 == 0 => write!(f, ".{:06}", nanos / 1_000)?,
            nanos => write!(f, ".{nanos:09}")?,
        }
        f.write_str("Z")
    }
}

/// The days from 1970-01-01 and the seconds of the last one.
fn split_days(seconds: i64) -> (i64, i64) {
    (seconds.div_euclid(DAY), seconds.rem_euclid(DAY))
}

fn read_date(text: &mut Text<'_>) -> Option<Date> {
    let year = text.two_digits(100)? * 100 + text.two_digits(100)?;
    text.take(b"-")?;
    let month = text.two_digits(13)?;
    text.take(b"-")?;
    Date::new(year, month, text.two_digits(32)?)
}

fn read_nanos(text: &mut Text<'_>) -> Option<u32> {
    let digits = text.digits();
    let missing = 9_u32.checked_sub(u32::try_from(digits.len()).ok()?)?;
    let nanos = decimal(digits)? * 10_u64.pow(missing);
    u32::try_from(nanos).ok().filter(|_| !digits.is_empty())
}

/// The seconds by which the text's clock is ahead of UTC.
fn read_offset(text: &mut Text<'_>) -> Option<i64> {
    match text.take(b"Zz+-")? {
        b'+' => text.hours_and_minutes(),
        b'-' => text.hours_and_minutes().map(|behind| -behind),
        _ => Some(0),
    }
}
