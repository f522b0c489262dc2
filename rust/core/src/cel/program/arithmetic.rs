//! Calculations: of numbers, times, and the joining of text, bytes and lists.

use num_traits::{CheckedAdd, CheckedDiv, CheckedMul, CheckedRem, CheckedSub, Zero};

use crate::cel::error::{Error, ErrorKind, Result};
use crate::cel::fuel::Fuel;
use crate::cel::syntax::{Arithmetic, Binary};
use crate::cel::value::{ListRef, Value, View};

/// `left operator right`.
pub(super) fn calculate(operator: Arithmetic, left: View<'_>, right: View<'_>, fuel: &Fuel) -> Result<Value> {
    match (left, right) {
        (View::Int(a), View::Int(b)) => whole(operator, a, b).map(Value::Int),
        (View::Uint(a), View::Uint(b)) => whole(operator, a, b).map(Value::Uint),
        (View::Double(a), View::Double(b)) if operator != Arithmetic::Remainder => {
            Ok(Value::Double(double(operator, a, b)))
        }
        _ => match operator {
            Arithmetic::Add => add(left, right, fuel),
            Arithmetic::Subtract => subtract(left, right),
            _ => Err(no_overload(operator, left, right)),
        },
    }
}

/// `-operand`.
pub(super) fn negate(operand: View<'_>) -> Result<Value> {
    match operand {
        View::Int(number) => number.checked_neg().map(Value::Int).ok_or_else(overflow),
        View::Double(number) => Ok(Value::Double(-number)),
        other => {
            let message = format!("`-` does not take {}", article(other));
            Err(Error::new(ErrorKind::NoSuchOverload, message))
        }
    }
}

#[cold]
fn overflow() -> Box<Error> {
    Error::new(ErrorKind::Overflow, "the result is out of range (overflow)")
}

#[cold]
fn by_zero(operator: Arithmetic) -> Box<Error> {
    let word = if operator == Arithmetic::Divide { "divide" } else { "modulus" };
    Error::new(ErrorKind::DivideByZero, format!("{word} by zero"))
}

fn article(view: View<'_>) -> String {
    if matches!(view, View::Big(_)) {
        "an integer past 64 bits".into()
    } else {
        view.value_type().to_string()
    }
}

#[cold]
fn no_overload(operator: Arithmetic, left: View<'_>, right: View<'_>) -> Box<Error> {
    let symbol = Binary::Arithmetic(operator).symbol();
    let is_integer = |view| matches!(view, View::Int(_) | View::Uint(_));
    let remedy = match (left, right) {
        (View::Double(_), View::Double(_)) => "; it is of integers",
        (View::Double(_), other) | (other, View::Double(_)) if is_integer(other) => {
            "; convert the integer with `double(x)`"
        }
        (a, b) if is_integer(a) && is_integer(b) => "; convert one with `int(x)` or `uint(x)`",
        (View::String(_), other) | (other, View::String(_)) if is_integer(other) => {
            "; convert the number with `string(x)`"
        }
        _ => "",
    };
    let message = format!("`{symbol}` does not take {} and {}{remedy}", article(left), article(right));
    Error::new(ErrorKind::NoSuchOverload, message)
}

/// Integers, with a sign or without.
pub(super) fn whole<N>(operator: Arithmetic, a: N, b: N) -> Result<N>
where
    N: CheckedAdd + CheckedSub + CheckedMul + CheckedDiv + CheckedRem + Zero,
{
    let result = match operator {
        Arithmetic::Add => a.checked_add(&b),
        Arithmetic::Subtract => a.checked_sub(&b),
        Arithmetic::Multiply => a.checked_mul(&b),
        Arithmetic::Divide | Arithmetic::Remainder if b.is_zero() => return Err(by_zero(operator)),
        Arithmetic::Divide => a.checked_div(&b),
        Arithmetic::Remainder => a.checked_rem(&b),
    };
    result.ok_or_else(overflow)
}

fn double(operator: Arithmetic, a: f64, b: f64) -> f64 {
    match operator {
        Arithmetic::Add => a + b,
        Arithmetic::Subtract => a - b,
        Arithmetic::Multiply => a * b,
        Arithmetic::Divide => a / b,
        Arithmetic::Remainder => a % b,
    }
}

fn add(left: View<'_>, right: View<'_>, fuel: &Fuel) -> Result<Value> {
    match (left, right) {
        (View::String(a), View::String(b)) => {
            fuel.burn_length(a.len() + b.len())?;
            Ok([&**a, &**b].concat().into())
        }
        (View::Bytes(a), View::Bytes(b)) => {
            fuel.burn_length(a.len() + b.len())?;
            Ok([&**a, &**b].concat().into())
        }
        (View::List(a), View::List(b)) => joined(a, b, fuel),
        (View::Timestamp(time), View::Duration(span)) | (View::Duration(span), View::Timestamp(time)) => {
            time.checked_add(span).map(Value::Timestamp).ok_or_else(overflow)
        }
        (View::Duration(a), View::Duration(b)) => a.checked_add(b).map(Value::Duration).ok_or_else(overflow),
        _ => Err(no_overload(Arithmetic::Add, left, right)),
    }
}

fn joined(left: ListRef<'_>, right: ListRef<'_>, fuel: &Fuel) -> Result<Value> {
    if left.is_empty() || right.is_empty() {
        let list = if left.is_empty() { right } else { left };
        return Ok(View::List(list).to_value());
    }
    fuel.burn_length(left.len() + right.len())?;
    let items: Vec<Value> = left.iter().chain(right.iter()).map(View::to_value).collect();
    Ok(items.into())
}

fn subtract(left: View<'_>, right: View<'_>) -> Result<Value> {
    let result = match (left, right) {
        (View::Timestamp(a), View::Timestamp(b)) => a.checked_since(b).map(Value::Duration),
        (View::Timestamp(time), View::Duration(span)) => time.checked_sub(span).map(Value::Timestamp),
        (View::Duration(a), View::Duration(b)) => a.checked_sub(b).map(Value::Duration),
        _ => return Err(no_overload(Arithmetic::Subtract, left, right)),
    };
    result.ok_or_else(overflow)
}
