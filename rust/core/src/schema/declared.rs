//! Numbers as they are declared: a declared `number` is a double, a declared `integer` an integer, however
//! they were written.

use std::collections::HashSet;
use std::sync::Arc;

use num_bigint::BigInt;
use num_traits::{FromPrimitive as _, ToPrimitive as _};

use super::keyword::Type;
use crate::value::{Object, Value};

/// Numbers that were written in another way than they are declared, by where they are in memory.
pub(super) type Numbers = Vec<*const Value>;

/// Whether these types declare a number to be of the other kind than it is, and not of its own.
pub(super) fn is_other(types: &[Type], value: &Value) -> bool {
    let is_number = |kind: &Type| matches!(kind, Type::Integer | Type::Number);
    kind(value).is_some() && !is_own(types, value) && types.iter().any(is_number)
}

/// Whether these types declare a number to be of the kind that it is.
pub(super) fn is_own(types: &[Type], value: &Value) -> bool {
    kind(value).is_some_and(|kind| types.contains(&kind))
}

fn kind(value: &Value) -> Option<Type> {
    match value {
        Value::Int(_) | Value::Uint(_) | Value::Big(_) => Some(Type::Integer),
        Value::Float(_) => Some(Type::Number),
        _ => None,
    }
}

/// The value with these numbers as they are declared.
pub(super) fn declared(value: &Value, numbers: Numbers) -> Value {
    if numbers.is_empty() {
        return value.clone();
    }
    let numbers = numbers.into_iter().collect();
    changed(value, &numbers).unwrap_or_else(|| value.clone())
}

/// The value as it becomes; `None` if it stays.
fn changed(value: &Value, numbers: &HashSet<*const Value>) -> Option<Value> {
    match value {
        Value::List(items) => {
            let new: Vec<Option<Value>> = items.iter().map(|item| changed(item, numbers)).collect();
            new.iter().any(Option::is_some).then(|| {
                let items = items.iter().zip(new);
                items.map(|(item, new)| new.unwrap_or_else(|| item.clone())).collect()
            })
        }
        Value::Object(object) => {
            let new: Vec<Option<Value>> = object.iter().map(|(_, value)| changed(value, numbers)).collect();
            if !new.iter().any(Option::is_some) {
                return None;
            }
            let entries = object.iter().zip(new);
            let entries =
                entries.map(|((key, value), new)| (key.clone(), new.unwrap_or_else(|| value.clone())));
            // The keys are those of an object.
            Object::try_new(entries.collect()).ok().map(|object| Value::Object(Arc::new(object)))
        }
        number if numbers.contains(&std::ptr::from_ref(number)) => other(number),
        _ => None,
    }
}

/// A number as one of the other kind; `None` where that has no such number.
fn other(number: &Value) -> Option<Value> {
    #[allow(clippy::cast_precision_loss)] // The nearest double is what is declared.
    let double = match number {
        Value::Int(number) => *number as f64,
        Value::Uint(number) => *number as f64,
        Value::Big(number) => number.to_f64()?,
        Value::Float(number) => return BigInt::from_f64(*number).map(Value::integer),
        _ => return None,
    };
    double.is_finite().then_some(Value::Float(double))
}
