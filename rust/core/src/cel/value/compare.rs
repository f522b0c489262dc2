//! Equality and order across types: numbers by value, everything else within its type.

use std::cmp::Ordering;

use super::{KeyRef, ListRef, MapRef, View};
use crate::cel::error::{Error, ErrorKind, Result};
use crate::cel::fuel::Fuel;

/// How many bits of large integers are compared for a unit of fuel.
const BITS_AT_ONCE: u64 = 1_024;

/// Whether two values are equal. Values of different types are not, except numbers of the same value.
///
/// # Errors
/// Only when there is too little fuel.
pub fn equal(left: View<'_>, right: View<'_>, fuel: &Fuel) -> Result<bool> {
    Ok(match (left, right) {
        (View::Null, View::Null) => true,
        (View::Bool(a), View::Bool(b)) => a == b,
        (View::Int(a), View::Int(b)) => a == b,
        (View::String(a), View::String(b)) => {
            fuel.burn_length(a.len().min(b.len()) / 16)?;
            a == b
        }
        (View::Bytes(a), View::Bytes(b)) => {
            fuel.burn_length(a.len().min(b.len()) / 16)?;
            a == b
        }
        (View::List(a), View::List(b)) => lists_equal(a, b, fuel)?,
        (View::Map(a), View::Map(b)) => maps_equal(a, b, fuel)?,
        (View::Timestamp(a), View::Timestamp(b)) => a == b,
        (View::Duration(a), View::Duration(b)) => a == b,
        (View::Type(a), View::Type(b)) => a == b,
        (View::Optional(a), View::Optional(b)) => match (a, b) {
            (Some(a), Some(b)) => {
                fuel.burn(1)?;
                equal(a.view(), b.view(), fuel)?
            }
            (a, b) => a.is_none() && b.is_none(),
        },
        (View::Big(a), View::Big(b)) => {
            fuel.burn(a.bits().min(b.bits()) / BITS_AT_ONCE)?;
            a == b
        }
        _ => matches!(numbers(left, right), Some(Some(Ordering::Equal))),
    })
}

fn lists_equal(left: ListRef<'_>, right: ListRef<'_>, fuel: &Fuel) -> Result<bool> {
    if left.len() != right.len() {
        return Ok(false);
    }
    for (a, b) in left.iter().zip(right.iter()) {
        fuel.burn(1)?;
        if !equal(a, b, fuel)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn maps_equal(left: MapRef<'_>, right: MapRef<'_>, fuel: &Fuel) -> Result<bool> {
    if left.len() != right.len() {
        return Ok(false);
    }
    for (key, a) in left.iter() {
        fuel.burn(1)?;
        let Some(key) = KeyRef::of(key) else { return Ok(false) };
        fuel.burn_length(key.cost())?;
        let Some(b) = right.get(key) else { return Ok(false) };
        if !equal(a, b, fuel)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// How two values are ordered; `None` beside a NaN.
///
/// # Errors
/// Values of types that have no order with each other.
pub fn order(left: View<'_>, right: View<'_>, fuel: &Fuel) -> Result<Option<Ordering>> {
    Ok(Some(match (left, right) {
        (View::Int(a), View::Int(b)) => a.cmp(&b),
        (View::String(a), View::String(b)) => {
            fuel.burn_length(a.len().min(b.len()) / 16)?;
            a.cmp(b)
        }
        (View::Bytes(a), View::Bytes(b)) => {
            fuel.burn_length(a.len().min(b.len()) / 16)?;
            a.cmp(b)
        }
        (View::Big(a), View::Big(b)) => {
            fuel.burn(a.bits().min(b.bits()) / BITS_AT_ONCE)?;
            a.cmp(b)
        }
        (View::Bool(a), View::Bool(b)) => a.cmp(&b),
        (View::Timestamp(a), View::Timestamp(b)) => a.cmp(&b),
        (View::Duration(a), View::Duration(b)) => a.cmp(&b),
        _ => {
            return numbers(left, right).ok_or_else(|| {
                let (left, right) = (left.value_type(), right.value_type());
                Error::new(ErrorKind::NoSuchOverload, format!("{left} and {right} have no order"))
            });
        }
    }))
}

/// How two numbers are ordered, `None` in it beside a NaN; `None` around it if they are no such numbers.
///
/// Beside a double, an integer counts as the nearest double, as the specification has it.
#[allow(clippy::option_option)] // That numbers have no order differs from that these are no numbers.
#[allow(clippy::cast_precision_loss)]
fn numbers(left: View<'_>, right: View<'_>) -> Option<Option<Ordering>> {
    Some(match (left, right) {
        (View::Int(a), View::Int(b)) => Some(a.cmp(&b)),
        (View::Uint(a), View::Uint(b)) => Some(a.cmp(&b)),
        (View::Int(a), View::Uint(b)) => Some(i128::from(a).cmp(&b.into())),
        (View::Uint(a), View::Int(b)) => Some(i128::from(a).cmp(&b.into())),
        (View::Double(a), View::Double(b)) => a.partial_cmp(&b),
        (View::Int(a), View::Double(b)) => (a as f64).partial_cmp(&b),
        (View::Double(a), View::Int(b)) => a.partial_cmp(&(b as f64)),
        (View::Uint(a), View::Double(b)) => (a as f64).partial_cmp(&b),
        (View::Double(a), View::Uint(b)) => a.partial_cmp(&(b as f64)),
        (View::Big(a), View::Int(b)) => Some((**a).cmp(&b.into())),
        (View::Int(a), View::Big(b)) => Some(num_bigint::BigInt::from(a).cmp(b)),
        (View::Big(a), View::Uint(b)) => Some((**a).cmp(&b.into())),
        (View::Uint(a), View::Big(b)) => Some(num_bigint::BigInt::from(a).cmp(b)),
        _ => return None,
    })
}
