//! Conversions between types, by the name of the type.

use super::shapes::{BOOL, BYTES, DOUBLE, DURATION, INT, STRING, TIMESTAMP, UINT};
use super::{Form, Function, invalid, no_overload, overflow};
use crate::cel::error::{Error, Result, shown};
use crate::cel::fuel::Fuel;
use crate::cel::time::{Duration, Timestamp};
use crate::cel::value::{Value, View};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new(
        "int",
        Form::Global,
        &[(&[INT], INT), (&[UINT], INT), (&[DOUBLE], INT), (&[STRING], INT), (&[TIMESTAMP], INT)],
        int,
    ),
    Function::new(
        "uint",
        Form::Global,
        &[(&[UINT], UINT), (&[INT], UINT), (&[DOUBLE], UINT), (&[STRING], UINT)],
        uint,
    ),
    Function::new(
        "double",
        Form::Global,
        &[(&[DOUBLE], DOUBLE), (&[INT], DOUBLE), (&[UINT], DOUBLE), (&[STRING], DOUBLE)],
        double,
    ),
    Function::new(
        "string",
        Form::Global,
        &[
            (&[STRING], STRING),
            (&[BOOL], STRING),
            (&[INT], STRING),
            (&[UINT], STRING),
            (&[DOUBLE], STRING),
            (&[BYTES], STRING),
            (&[TIMESTAMP], STRING),
            (&[DURATION], STRING),
        ],
        string,
    ),
    Function::new("bytes", Form::Global, &[(&[BYTES], BYTES), (&[STRING], BYTES)], bytes),
    Function::new("bool", Form::Global, &[(&[BOOL], BOOL), (&[STRING], BOOL)], boolean),
    Function::new(
        "timestamp",
        Form::Global,
        &[(&[TIMESTAMP], TIMESTAMP), (&[STRING], TIMESTAMP), (&[INT], TIMESTAMP)],
        timestamp,
    ),
    Function::new("duration", Form::Global, &[(&[DURATION], DURATION), (&[STRING], DURATION)], duration),
];

/// 2^63 and 2^64: the first doubles that are past the integers.
const INT_END: f64 = 9_223_372_036_854_775_808.0;
const UINT_END: f64 = 18_446_744_073_709_551_616.0;

fn range(target: &str) -> Box<Error> {
    overflow(format!("the number is out of the range of {target}"))
}

/// Takes the cost of reading a text, or an integer of any size.
fn read_cost(fuel: &Fuel, arguments: &[View<'_>]) -> Result<()> {
    match arguments {
        [View::String(text)] => fuel.burn_length(text.len()),
        [View::Big(number)] => fuel.burn(number.bits()),
        _ => Ok(()),
    }
}

fn no_number(text: &str, target: &str) -> Box<Error> {
    invalid(format!("{:?} is no {target}", shown(text)))
}

fn int(fuel: &Fuel, arguments: &[View<'_>]) -> Result<Value> {
    read_cost(fuel, arguments)?;
    Ok(Value::Int(match arguments {
        [View::Int(number)] => *number,
        [View::Uint(number)] => i64::try_from(*number).map_err(|_| range("int"))?,
        // The ends are excluded: the greatest int is no double.
        [View::Double(number)] if *number > -INT_END && *number < INT_END => *number as i64,
        [View::Double(_) | View::Big(_)] => return Err(range("int")),
        [View::String(text)] => text.parse().map_err(|_| no_number(text, "int"))?,
        [View::Timestamp(time)] => time.seconds,
        _ => return Err(no_overload("int", arguments)),
    }))
}

#[allow(clippy::cast_sign_loss)] // The range is checked.
fn uint(fuel: &Fuel, arguments: &[View<'_>]) -> Result<Value> {
    read_cost(fuel, arguments)?;
    Ok(Value::Uint(match arguments {
        [View::Uint(number)] => *number,
        [View::Int(number)] => u64::try_from(*number).map_err(|_| range("uint"))?,
        [View::Double(number)] if *number >= 0.0 && *number < UINT_END => *number as u64,
        [View::Double(_) | View::Big(_)] => return Err(range("uint")),
        [View::String(text)] => text.parse().map_err(|_| no_number(text, "uint"))?,
        _ => return Err(no_overload("uint", arguments)),
    }))
}

#[allow(clippy::cast_precision_loss)] // A double holds the nearest number, as the specification has it.
fn double(fuel: &Fuel, arguments: &[View<'_>]) -> Result<Value> {
    read_cost(fuel, arguments)?;
    Ok(Value::Double(match arguments {
        [View::Double(number)] => *number,
        [View::Int(number)] => *number as f64,
        [View::Uint(number)] => *number as f64,
        [View::Big(number)] => {
            let nearest = number.to_string().parse().ok().filter(|double: &f64| double.is_finite());
            nearest.ok_or_else(|| range("double"))?
        }
        [View::String(text)] => text.parse().map_err(|_| no_number(text, "double"))?,
        _ => return Err(no_overload("double", arguments)),
    }))
}

fn string(fuel: &Fuel, arguments: &[View<'_>]) -> Result<Value> {
    Ok(match arguments {
        [View::String(text)] => Value::String((*text).clone()),
        [View::Bool(truth)] => truth.to_string().into(),
        [View::Int(number)] => number.to_string().into(),
        [View::Uint(number)] => number.to_string().into(),
        [View::Big(number)] => {
            fuel.burn(number.bits())?;
            number.to_string().into()
        }
        [View::Double(number)] => double_text(*number).into(),
        [View::Bytes(bytes)] => {
            fuel.burn_length(bytes.len())?;
            let text = std::str::from_utf8(bytes).map_err(|_| invalid("invalid UTF-8 in bytes"))?;
            text.into()
        }
        [View::Timestamp(time)] => time.to_string().into(),
        [View::Duration(span)] => span.to_string().into(),
        _ => return Err(no_overload("string", arguments)),
    })
}

/// A double as text: the shortest that reads back the same, with an exponent where it is very large or small.
pub(super) fn double_text(number: f64) -> String {
    let magnitude = number.abs();
    if !number.is_finite() {
        return if number.is_nan() {
            "NaN"
        } else if number > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        }
        .into();
    }
    if magnitude != 0.0 && !(1e-5..1e21).contains(&magnitude) {
        let text = format!("{number:e}");
        return if text.contains("e-") { text } else { text.replace('e', "e+") };
    }
    number.to_string()
}

fn bytes(fuel: &Fuel, arguments: &[View<'_>]) -> Result<Value> {
    match arguments {
        [View::Bytes(bytes)] => Ok(Value::Bytes((*bytes).clone())),
        [View::String(text)] => {
            fuel.burn_length(text.len())?;
            Ok(text.as_bytes().to_vec().into())
        }
        _ => Err(no_overload("bytes", arguments)),
    }
}

fn boolean(_: &Fuel, arguments: &[View<'_>]) -> Result<Value> {
    match arguments {
        [View::Bool(truth)] => Ok(Value::Bool(*truth)),
        [View::String(text)] => match &***text {
            "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(Value::Bool(true)),
            "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(Value::Bool(false)),
            text => Err(no_number(text, "bool")),
        },
        _ => Err(no_overload("bool", arguments)),
    }
}

fn timestamp(fuel: &Fuel, arguments: &[View<'_>]) -> Result<Value> {
    read_cost(fuel, arguments)?;
    match arguments {
        [View::Timestamp(time)] => Ok(Value::Timestamp(*time)),
        [View::String(text)] => Timestamp::parse(text).map(Value::Timestamp).ok_or_else(|| no_time(text)),
        [View::Int(seconds)] => Timestamp::from_unix(*seconds)
            .map(Value::Timestamp)
            .ok_or_else(|| overflow("the time is out of range: years go from 1 to 9999")),
        _ => Err(no_overload("timestamp", arguments)),
    }
}

fn no_time(text: &str) -> Box<Error> {
    no_number(text, "timestamp (RFC 3339, years 1 to 9999)")
}

fn duration(fuel: &Fuel, arguments: &[View<'_>]) -> Result<Value> {
    read_cost(fuel, arguments)?;
    match arguments {
        [View::Duration(span)] => Ok(Value::Duration(*span)),
        [View::String(text)] => Duration::parse(text)
            .map(Value::Duration)
            .ok_or_else(|| no_number(text, "duration such as \"1h30m\", of 292 years at most")),
        _ => Err(no_overload("duration", arguments)),
    }
}
