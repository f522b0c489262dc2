//! Filters that give numbers and booleans.

use super::super::error::{Result, failed};
use super::super::operators::{self, integer, is_true, number};
use super::super::output::burn_bytes;
use super::{Arguments, Filter, refused};
use crate::cel::Fuel;
use crate::value::Value;

/// How many decimal places `round` keeps at most.
const PRECISION_MAX: usize = 15;

pub(super) static FILTERS: &[Filter] = &[
    Filter::new("int", &["default"], |fuel, value, arguments| converted(fuel, value, arguments, to_int)),
    Filter::new("float", &["default"], |fuel, value, arguments| converted(fuel, value, arguments, to_float)),
    Filter::new("bool", &[], |_, value, _| Ok(Value::Bool(is_true(value)))),
    Filter::new("abs", &[], |_, value, _| match value {
        Value::Float(number) => Ok(Value::Float(number.abs())),
        value if integer(value).is_some_and(|number| number < 0) => operators::negate(value),
        value if integer(value).is_some() => Ok(value.clone()),
        other => Err(refused("abs", other)),
    }),
    Filter::new("round", &["precision", "method"], round),
    Filter::new("length", &[], length),
    Filter::new("count", &[], length),
];

fn converted(
    fuel: &Fuel,
    value: &Value,
    arguments: &Arguments<'_>,
    convert: fn(&Value) -> Option<Value>,
) -> Result<Value> {
    if let Value::String(text) = value {
        burn_bytes(fuel, text.len())?;
    }
    match (convert(value), arguments.get(0)) {
        (Some(number), _) => Ok(number),
        (None, Some(default)) => Ok(default.clone()),
        (None, None) => Err(failed(format!("{} that is no number; give a default", value.type_name()))),
    }
}

fn to_int(value: &Value) -> Option<Value> {
    match value {
        Value::Int(_) | Value::Uint(_) | Value::Big(_) => Some(value.clone()),
        Value::Bool(truth) => Some(Value::Int((*truth).into())),
        Value::Float(number) => whole(number.trunc()),
        Value::String(text) => match text.trim().parse() {
            Ok(number) => Some(Value::Int(number)),
            Err(_) => text.trim().parse::<f64>().ok().and_then(|number| whole(number.trunc())),
        },
        _ => None,
    }
}

fn to_float(value: &Value) -> Option<Value> {
    let number = match value {
        Value::Bool(truth) => f64::from(u8::from(*truth)),
        Value::String(text) => text.trim().parse().ok()?,
        value => number(value)?,
    };
    number.is_finite().then_some(Value::Float(number))
}

/// A double without a fraction as an integer of 64 bits.
#[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)] // The range is checked.
fn whole(number: f64) -> Option<Value> {
    let fits = number >= i64::MIN as f64 && number < i64::MAX as f64;
    fits.then_some(Value::Int(number as i64))
}

fn round(_: &Fuel, value: &Value, arguments: &Arguments<'_>) -> Result<Value> {
    let Some(number) = number(value) else { return Err(refused("round", value)) };
    let precision = arguments.count(0)?.unwrap_or(0).min(PRECISION_MAX);
    let scale = 10_f64.powi(i32::try_from(precision).unwrap_or(0));
    let method = match arguments.text(1)?.map_or("common", |method| method) {
        "common" => f64::round,
        "ceil" => f64::ceil,
        "floor" => f64::floor,
        _ => return Err(arguments.wrong(1, "`common`, `ceil` or `floor`")),
    };
    let scaled = number * scale;
    // Too large to have a fraction.
    Ok(if scaled.is_finite() { Value::Float(method(scaled) / scale) } else { Value::Float(number) })
}

fn length(fuel: &Fuel, value: &Value, _: &Arguments<'_>) -> Result<Value> {
    let length = match value {
        Value::String(text) => {
            burn_bytes(fuel, text.len())?;
            text.chars().count()
        }
        Value::List(items) => items.len(),
        Value::Object(object) => object.len(),
        other => return Err(refused("length", other)),
    };
    Ok(Value::Int(i64::try_from(length).unwrap_or(i64::MAX)))
}
