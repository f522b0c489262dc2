//! The parts of timestamps and durations.

use super::shapes::{DURATION, INT, STRING, TIMESTAMP};
use super::{Call, Form, Function, Overload, invalid, no_overload};
use crate::cel::error::Result;
use crate::cel::fuel::Fuel;
use crate::cel::time::Part;
use crate::cel::value::{Value, View};

const OF_TIME: &[Overload] = &[(&[TIMESTAMP], INT), (&[TIMESTAMP, STRING], INT)];
const OF_BOTH: &[Overload] = &[(&[TIMESTAMP], INT), (&[TIMESTAMP, STRING], INT), (&[DURATION], INT)];

const fn getter(name: &'static str, overloads: &'static [Overload], call: Call) -> Function {
    Function::new(name, Form::Method, overloads, call)
}

pub(super) const FUNCTIONS: &[Function] = &[
    getter("getFullYear", OF_TIME, |fuel, arguments| part("getFullYear", Part::FullYear, fuel, arguments)),
    getter("getMonth", OF_TIME, |fuel, arguments| part("getMonth", Part::Month, fuel, arguments)),
    getter("getDate", OF_TIME, |fuel, arguments| part("getDate", Part::Date, fuel, arguments)),
    getter("getDayOfMonth", OF_TIME, |fuel, arguments| {
        part("getDayOfMonth", Part::DayOfMonth, fuel, arguments)
    }),
    getter("getDayOfWeek", OF_TIME, |fuel, arguments| part("getDayOfWeek", Part::DayOfWeek, fuel, arguments)),
    getter("getDayOfYear", OF_TIME, |fuel, arguments| part("getDayOfYear", Part::DayOfYear, fuel, arguments)),
    getter("getHours", OF_BOTH, hours),
    getter("getMinutes", OF_BOTH, minutes),
    getter("getSeconds", OF_BOTH, seconds),
    getter("getMilliseconds", OF_BOTH, milliseconds),
];

fn part(name: &str, part: Part, fuel: &Fuel, arguments: &[View<'_>]) -> Result<Value> {
    let (time, zone) = match arguments {
        [View::Timestamp(time)] => (time, None),
        [View::Timestamp(time), View::String(zone)] => (time, Some(&***zone)),
        _ => return Err(no_overload(name, arguments)),
    };
    fuel.burn_length(zone.map_or(0, str::len))?;
    let number = time.part(part, zone);
    number.map(Value::Int).ok_or_else(|| invalid("unknown time zone, or a time out of range there"))
}

fn hours(fuel: &Fuel, arguments: &[View<'_>]) -> Result<Value> {
    match arguments {
        [View::Duration(span)] => Ok(Value::Int(span.hours())),
        _ => part("getHours", Part::Hours, fuel, arguments),
    }
}

fn minutes(fuel: &Fuel, arguments: &[View<'_>]) -> Result<Value> {
    match arguments {
        [View::Duration(span)] => Ok(Value::Int(span.minutes())),
        _ => part("getMinutes", Part::Minutes, fuel, arguments),
    }
}

fn seconds(fuel: &Fuel, arguments: &[View<'_>]) -> Result<Value> {
    match arguments {
        [View::Duration(span)] => Ok(Value::Int(span.seconds_whole())),
        _ => part("getSeconds", Part::Seconds, fuel, arguments),
    }
}

fn milliseconds(fuel: &Fuel, arguments: &[View<'_>]) -> Result<Value> {
    match arguments {
        [View::Duration(span)] => Ok(Value::Int(span.milliseconds())),
        _ => part("getMilliseconds", Part::Milliseconds, fuel, arguments),
    }
}
