//! Dates of the Gregorian calendar, carried on before its first day, and the days that they are from 1970.
//!
//! Zones move the first and the last hours of CEL's years into the years 0 and 10000, which calendars of
//! other crates leave out.

/// The days of 400 years: their leap years repeat.
const CYCLE: i64 = 146_097;
/// The days of a century, unless it ends a cycle: then it has one more.
const CENTURY: i64 = 36_524;
const FOUR_YEARS: i64 = 1_461;
const YEAR: i64 = 365;
/// The days from 0000-03-01 to 1970-01-01.
const EPOCH: i64 = 719_468;

#[derive(Clone, Copy)]
pub(super) struct Date {
    pub(super) year: i64,
    /// From 1.
    pub(super) month: i64,
    /// From 1.
    pub(super) day: i64,
}

impl Date {
    /// The date, if the calendar has it.
    pub(super) fn new(year: i64, month: i64, day: i64) -> Option<Self> {
        let date = Self { year, month, day };
        let exists = (1..=12).contains(&month) && (1..=date.days_of_month()).contains(&day);
        exists.then_some(date)
    }

    fn days_of_month(self) -> i64 {
        match self.month {
            2 if self.year % 4 == 0 && (self.year % 100 != 0 || self.year % 400 == 0) => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        }
    }

    /// The days from 1970-01-01.
    pub(super) fn days(self) -> i64 {
        // With March as its first month, a year has its leap day at the end.
        let (year, month) =
            if self.month < 3 { (self.year - 1, self.month + 9) } else { (self.year, self.month - 3) };
        let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
        year * YEAR + leap_days + days_before(month) + self.day - 1 - EPOCH
    }

    /// The date that is so many days from 1970-01-01.
    pub(super) fn from_days(days: i64) -> Self {
        let cycles = (days + EPOCH).div_euclid(CYCLE);
        let day = (days + EPOCH).rem_euclid(CYCLE);
        // The last day of a cycle, and that of four years, belongs to the period before it.
        let centuries = (day / CENTURY).min(3);
        let day = day - centuries * CENTURY;
        let fours = day / FOUR_YEARS;
        let day = day - fours * FOUR_YEARS;
        let years = (day / YEAR).min(3);
        let day = day - years * YEAR;

        let year = cycles * 400 + centuries * 100 + fours * 4 + years;
        let month = (5 * day + 2) / 153;
        let (year, month_from_one) = if month < 10 { (year, month + 3) } else { (year + 1, month - 9) };
        Self { year, month: month_from_one, day: day - days_before(month) + 1 }
    }

    /// The days since the first of January.
    pub(super) fn day_of_year(self) -> i64 {
        self.days() - Self { month: 1, day: 1, ..self }.days()
    }
}

/// The days from the first of March to the first day of a month, March being 0: five months have 153 days.
fn days_before(month: i64) -> i64 {
    (153 * month + 2) / 5
}
