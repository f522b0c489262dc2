//! What can stand after `is`, beside `defined` and `undefined`.

use super::error::{Result, failed};
use super::operators;
use super::output::burn_bytes;
use super::tree::Operator;
use crate::cel::Fuel;
use crate::value::Value;

/// A test of a value.
#[derive(Debug)]
pub(super) struct Predicate {
    pub(super) name: &'static str,
    call: Call,
}

#[derive(Clone, Copy, Debug)]
enum Call {
    /// Looks at a value alone.
    One(fn(&Value) -> bool),
    /// Compares it with an argument.
    Operator(Operator),
    /// Compares it with an argument.
    Two(fn(&Value, &Value, &Fuel) -> Result<bool>),
}

impl Predicate {
    pub(super) fn takes_argument(&self) -> bool {
        !matches!(self.call, Call::One(_))
    }

    pub(super) fn test(&self, value: &Value, argument: Option<&Value>, fuel: &Fuel) -> Result<bool> {
        match (self.call, argument) {
            (Call::One(call), _) => Ok(call(value)),
            (Call::Operator(operator), Some(argument)) => operators::compare(operator, value, argument, fuel),
            (Call::Two(call), Some(argument)) => call(value, argument, fuel),
            (_, None) => Err(failed(format!("`is {}` takes an argument", self.name))),
        }
    }
}

pub(super) fn find(name: &str) -> Option<&'static Predicate> {
    PREDICATES.iter().find(|predicate| predicate.name == name)
}

/// All names, with those of `defined` and `undefined`, which take a missing value.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    PREDICATES.iter().map(|predicate| predicate.name).chain(["defined", "undefined"])
}

const fn one(name: &'static str, call: fn(&Value) -> bool) -> Predicate {
    Predicate { name, call: Call::One(call) }
}

const fn operator(name: &'static str, operator: Operator) -> Predicate {
    Predicate { name, call: Call::Operator(operator) }
}

const fn two(name: &'static str, call: fn(&Value, &Value, &Fuel) -> Result<bool>) -> Predicate {
    Predicate { name, call: Call::Two(call) }
}

static PREDICATES: &[Predicate] = &[
    one("none", |value| matches!(value, Value::Null)),
    one("null", |value| matches!(value, Value::Null)),
    one("boolean", |value| matches!(value, Value::Bool(_))),
    one("true", |value| matches!(value, Value::Bool(true))),
    one("false", |value| matches!(value, Value::Bool(false))),
    one("number", is_number),
    one("integer", |value| is_number(value) && !matches!(value, Value::Float(_))),
    one("float", |value| matches!(value, Value::Float(_))),
    one("string", |value| matches!(value, Value::String(_))),
    one("sequence", |value| matches!(value, Value::List(_))),
    one("mapping", |value| matches!(value, Value::Object(_))),
    one("iterable", |value| matches!(value, Value::List(_) | Value::Object(_) | Value::String(_))),
    one("odd", |value| matches!(value, Value::Int(number) if number % 2 != 0)),
    one("even", |value| matches!(value, Value::Int(number) if number % 2 == 0)),
    two("divisibleby", |value, by, fuel| {
        let remainder = operators::calculate(Operator::Remainder, value, by, fuel)?;
        operators::compare(Operator::Equal, &remainder, &Value::Int(0), fuel)
    }),
    two("startingwith", |value, start, fuel| {
        let (text, start) = texts(value, start, fuel)?;
        Ok(text.starts_with(start))
    }),
    two("endingwith", |value, end, fuel| {
        let (text, end) = texts(value, end, fuel)?;
        Ok(text.ends_with(end))
    }),
    operator("eq", Operator::Equal),
    operator("equalto", Operator::Equal),
    operator("ne", Operator::NotEqual),
    operator("lt", Operator::Less),
    operator("lessthan", Operator::Less),
    operator("le", Operator::LessOrEqual),
    operator("gt", Operator::Greater),
    operator("greaterthan", Operator::Greater),
    operator("ge", Operator::GreaterOrEqual),
    operator("in", Operator::In),
];

fn is_number(value: &Value) -> bool {
    matches!(value, Value::Int(_) | Value::Uint(_) | Value::Big(_) | Value::Float(_))
}

fn texts<'v>(value: &'v Value, other: &'v Value, fuel: &Fuel) -> Result<(&'v str, &'v str)> {
    match (value, other) {
        (Value::String(text), Value::String(other)) => {
            burn_bytes(fuel, text.len().min(other.len()))?;
            Ok((text, other))
        }
        _ => Err(failed(format!("text is needed, not {} and {}", value.type_name(), other.type_name()))),
    }
}
