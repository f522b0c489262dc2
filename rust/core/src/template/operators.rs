//! Operators: comparing by the rules of expressions, calculating by those of templates, in which numbers
//! mix, and cutting.

use std::cmp::Ordering;
use std::sync::Arc;

use super::error::{Result, Trouble, failed};
use super::output::{OUTPUT_MAX, Output, burn_bytes, burn_items};
use super::tree::Operator;
use crate::cel::Fuel;
use crate::cel::error::ErrorKind;
use crate::cel::value::{View, equal, order};
use crate::value::Value;

/// Whether a value counts as true: not null, false, zero or empty.
pub(super) fn is_true(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(truth) => *truth,
        Value::Int(number) => *number != 0,
        Value::Uint(_) | Value::Big(_) => true,
        Value::Float(number) => *number != 0.0,
        Value::String(text) => !text.is_empty(),
        Value::List(items) => !items.is_empty(),
        Value::Object(object) => !object.is_empty(),
    }
}

/// `==`, `<`, `in` and their kin.
pub(super) fn compare(operator: Operator, left: &Value, right: &Value, fuel: &Fuel) -> Result<bool> {
    let ordered = || match order(View::from(left), View::from(right), fuel) {
        Err(error) if error.kind == ErrorKind::NoSuchOverload => Err(not_taken(operator, left, right)),
        ordered => Ok(ordered?),
    };
    Ok(match operator {
        Operator::Equal => equal(left.into(), right.into(), fuel)?,
        Operator::NotEqual => !equal(left.into(), right.into(), fuel)?,
        Operator::Less => ordered()? == Some(Ordering::Less),
        Operator::LessOrEqual => ordered()?.is_some_and(Ordering::is_le),
        Operator::Greater => ordered()? == Some(Ordering::Greater),
        Operator::GreaterOrEqual => ordered()?.is_some_and(Ordering::is_ge),
        Operator::In => contains(right, left, fuel)?,
        Operator::NotIn => !contains(right, left, fuel)?,
        _ => return Err(failed("no comparison")),
    })
}

fn contains(container: &Value, value: &Value, fuel: &Fuel) -> Result<bool> {
    match (container, value) {
        (Value::String(text), Value::String(part)) => {
            burn_bytes(fuel, text.len())?;
            Ok(text.contains(&**part))
        }
        (Value::List(items), value) => {
            for item in &**items {
                fuel.burn(1)?;
                if equal(item.into(), value.into(), fuel)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        (Value::Object(object), Value::String(key)) => Ok(object.get(key).is_some()),
        (container, value) => Err(not_taken(Operator::In, value, container)),
    }
}

/// Arithmetic, and joining of texts and lists.
pub(super) fn calculate(operator: Operator, left: &Value, right: &Value, fuel: &Fuel) -> Result<Value> {
    match (operator, left, right) {
        (Operator::Concatenate, left, right) => joined([left, right], fuel),
        (Operator::Add, Value::String(_), Value::String(_)) => joined([left, right], fuel),
        (Operator::Add, Value::List(first), Value::List(second)) => {
            burn_items(fuel, first.len().saturating_add(second.len()))?;
            Ok(first.iter().chain(&**second).cloned().collect())
        }
        (Operator::Multiply, Value::String(text), Value::Int(times)) => repeated(text, *times, fuel),
        (Operator::Multiply, Value::List(items), Value::Int(times)) => {
            let times = usize::try_from(*times).unwrap_or(0);
            burn_items(fuel, items.len().saturating_mul(times))?;
            // No item at all would still be repeated `times` times.
            let times = if items.is_empty() { 0 } else { times };
            Ok((0..times).flat_map(|_| items.iter().cloned()).collect())
        }
        _ => match (integer(left).zip(integer(right)), number(left).zip(number(right))) {
            (Some((a, b)), _) => integers(operator, a, b),
            (None, Some((a, b))) => floats(operator, a, b),
            (None, None) => Err(not_taken(operator, left, right)),
        },
    }
}

fn joined(parts: [&Value; 2], fuel: &Fuel) -> Result<Value> {
    let mut output = Output::new(fuel);
    for part in parts {
        output.value(part)?;
    }
    Ok(Value::String(output.finish()?))
}

fn repeated(text: &str, times: i64, fuel: &Fuel) -> Result<Value> {
    let times = usize::try_from(times).unwrap_or(0);
    burn_bytes(fuel, text.len().saturating_mul(times).min(OUTPUT_MAX + 1))?;
    let times = if text.is_empty() { 0 } else { times };
    Ok(Value::String(text.repeat(times).into()))
}

/// An integer that can be calculated with.
pub(super) fn integer(value: &Value) -> Option<i128> {
    match value {
        Value::Int(number) => Some((*number).into()),
        Value::Uint(number) => Some((*number).into()),
        _ => None,
    }
}

/// A number as a double.
#[allow(clippy::cast_precision_loss)] // As everywhere an integer meets a double.
pub(super) fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Float(number) => Some(*number),
        value => integer(value).map(|number| number as f64),
    }
}

/// Integers stay integers, except by `/` and a power below zero.
fn integers(operator: Operator, a: i128, b: i128) -> Result<Value> {
    #[allow(clippy::cast_precision_loss)]
    let as_floats = || floats(operator, a as f64, b as f64);
    if b == 0 && [Operator::FloorDivide, Operator::Remainder].contains(&operator) {
        return Err(failed("division by zero"));
    }
    let result = match operator {
        Operator::Add => a.checked_add(b),
        Operator::Subtract => a.checked_sub(b),
        Operator::Multiply => a.checked_mul(b),
        Operator::FloorDivide => Some(a.div_euclid(b) - i128::from(b < 0 && a.rem_euclid(b) != 0)),
        Operator::Remainder => {
            let remainder = a.rem_euclid(b);
            Some(if b < 0 && remainder != 0 { remainder + b } else { remainder })
        }
        Operator::Power => match u32::try_from(b) {
            Ok(power) => a.checked_pow(power),
            Err(_) if b < 0 => return as_floats(),
            Err(_) => None,
        },
        _ => return as_floats(),
    };
    result.and_then(exact).ok_or_else(|| failed("the result is out of range"))
}

/// An integer of 64 bits, with a sign or without.
fn exact(number: i128) -> Option<Value> {
    match i64::try_from(number) {
        Ok(number) => Some(Value::Int(number)),
        Err(_) => u64::try_from(number).ok().map(Value::Uint),
    }
}

fn floats(operator: Operator, a: f64, b: f64) -> Result<Value> {
    let divides = [Operator::Divide, Operator::FloorDivide, Operator::Remainder].contains(&operator);
    if divides && b == 0.0 {
        return Err(failed("division by zero"));
    }
    let result = match operator {
        Operator::Add => a + b,
        Operator::Subtract => a - b,
        Operator::Multiply => a * b,
        Operator::Divide => a / b,
        Operator::FloorDivide => (a / b).floor(),
        Operator::Remainder => a - b * (a / b).floor(),
        Operator::Power => a.powf(b),
        _ => return Err(failed("no arithmetic")),
    };
    if result.is_finite() { Ok(Value::Float(result)) } else { Err(failed("the result is out of range")) }
}

#[cold]
fn not_taken(operator: Operator, left: &Value, right: &Value) -> Box<Trouble> {
    let (symbol, left, right) = (symbol(operator), left.type_name(), right.type_name());
    failed(format!("`{symbol}` does not take {left} and {right}"))
}

fn symbol(operator: Operator) -> &'static str {
    match operator {
        Operator::Equal => "==",
        Operator::NotEqual => "!=",
        Operator::Less => "<",
        Operator::LessOrEqual => "<=",
        Operator::Greater => ">",
        Operator::GreaterOrEqual => ">=",
        Operator::In => "in",
        Operator::NotIn => "not in",
        Operator::Add => "+",
        Operator::Subtract => "-",
        Operator::Multiply => "*",
        Operator::Divide => "/",
        Operator::FloorDivide => "//",
        Operator::Remainder => "%",
        Operator::Power => "**",
        Operator::Concatenate => "~",
    }
}

pub(super) fn negate(value: &Value) -> Result<Value> {
    let negated = match value {
        Value::Float(number) => Some(Value::Float(-number)),
        value => integer(value).and_then(|number| exact(-number)),
    };
    negated.ok_or_else(|| failed(format!("`-` does not take {}", value.type_name())))
}

/// The part of a text or list from `start` up to `stop`, every `step`th; negative bounds count from the end.
pub(super) fn slice(value: &Value, bounds: [Option<i64>; 3], fuel: &Fuel) -> Result<Value> {
    match value {
        Value::List(items) => {
            let positions = positions(items.len(), bounds)?;
            burn_items(fuel, positions.len())?;
            Ok(positions.filter_map(|position| items.get(position)).cloned().collect())
        }
        Value::String(text) => {
            burn_bytes(fuel, text.len())?;
            let letters: Vec<char> = text.chars().collect();
            let part: String = positions(letters.len(), bounds)?.filter_map(|at| letters.get(at)).collect();
            Ok(Value::String(Arc::from(part)))
        }
        other => Err(failed(format!("{} has no parts", other.type_name()))),
    }
}

/// The positions that a slice takes of `length`.
fn positions(
    length: usize,
    [start, stop, step]: [Option<i64>; 3],
) -> Result<std::iter::StepBy<std::ops::Range<usize>>> {
    let step = step.unwrap_or(1);
    let Some(step) = usize::try_from(step).ok().filter(|step| *step > 0) else {
        return Err(failed("a slice steps forwards; use the filter `reverse` before it"));
    };
    let bound = |bound: i64| match usize::try_from(bound) {
        Ok(bound) => bound.min(length),
        Err(_) => length.saturating_sub(usize::try_from(bound.unsigned_abs()).unwrap_or(usize::MAX)),
    };
    let (start, stop) = (start.map_or(0, bound), stop.map_or(length, bound));
    Ok((start..stop.max(start)).step_by(step))
}
