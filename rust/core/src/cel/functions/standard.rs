//! Sizes, types and the searching of text.

use super::shapes::{ANY, BOOL, BYTES, INT, LIST, MAP, STRING, TYPE};
use super::{Form, Function, Shape, no_overload};
use crate::cel::error::Result;
use crate::cel::fuel::Fuel;
use crate::cel::value::{Value, View};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new(
        "size",
        Form::Either,
        &[(&[STRING], INT), (&[BYTES], INT), (&[LIST], INT), (&[MAP], INT)],
        size,
    ),
    Function::new("contains", Form::Method, &[(&[STRING, STRING], BOOL)], contains),
    Function::new("startsWith", Form::Method, &[(&[STRING, STRING], BOOL)], starts_with),
    Function::new("endsWith", Form::Method, &[(&[STRING, STRING], BOOL)], ends_with),
    Function::new("type", Form::Global, &[(&[ANY], TYPE)], type_of),
    Function::new("dyn", Form::Global, &[(&[ANY], Shape::Any)], same),
];

/// The number of a length.
pub(super) fn length(count: usize) -> Value {
    Value::Int(i64::try_from(count).unwrap_or(i64::MAX))
}

fn size(fuel: &Fuel, arguments: &[View<'_>]) -> Result<Value> {
    Ok(length(match arguments {
        [View::String(text)] => {
            fuel.burn_length(text.len() / 16)?;
            text.chars().count()
        }
        [View::Bytes(bytes)] => bytes.len(),
        [View::List(list)] => list.len(),
        [View::Map(map)] => map.len(),
        _ => return Err(no_overload("size", arguments)),
    }))
}

fn contains(fuel: &Fuel, arguments: &[View<'_>]) -> Result<Value> {
    let [View::String(text), View::String(part)] = arguments else {
        return Err(no_overload("contains", arguments));
    };
    fuel.burn_length(text.len() + part.len())?;
    Ok(text.contains(&***part).into())
}

fn starts_with(fuel: &Fuel, arguments: &[View<'_>]) -> Result<Value> {
    let [View::String(text), View::String(part)] = arguments else {
        return Err(no_overload("startsWith", arguments));
    };
    fuel.burn_length(part.len() / 16)?;
    Ok(text.starts_with(&***part).into())
}

fn ends_with(fuel: &Fuel, arguments: &[View<'_>]) -> Result<Value> {
    let [View::String(text), View::String(part)] = arguments else {
        return Err(no_overload("endsWith", arguments));
    };
    fuel.burn_length(part.len() / 16)?;
    Ok(text.ends_with(&***part).into())
}

fn type_of(_: &Fuel, arguments: &[View<'_>]) -> Result<Value> {
    match arguments {
        [one] => Ok(Value::Type(one.value_type())),
        _ => Err(no_overload("type", arguments)),
    }
}

fn same(_: &Fuel, arguments: &[View<'_>]) -> Result<Value> {
    match arguments {
        [one] => Ok(one.to_value()),
        _ => Err(no_overload("dyn", arguments)),
    }
}
