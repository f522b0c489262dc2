//! Sizes, types and the searching of text.

use regex::{Regex, RegexBuilder};

use super::shapes::{ANY, BOOL, BYTES, INT, LIST, MAP, STRING, TYPE};
use super::{Form, Function, Shape, invalid, no_overload};
use crate::cel::error::{Error, ErrorKind, Result};
use crate::cel::fuel::Fuel;
use crate::cel::value::{Value, View};

/// How many bytes a compiled pattern may take.
pub const REGEX_SIZE_MAX: usize = 128 << 10;
/// What compiling a pattern costs for each of its bytes.
const COMPILE_COST: usize = 100;

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
    Function::new("matches", Form::Either, &[(&[STRING, STRING], BOOL)], matches),
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

fn starts_with(_: &Fuel, arguments: &[View<'_>]) -> Result<Value> {
    let [View::String(text), View::String(part)] = arguments else {
        return Err(no_overload("startsWith", arguments));
    };
    Ok(text.starts_with(&***part).into())
}

fn ends_with(_: &Fuel, arguments: &[View<'_>]) -> Result<Value> {
    let [View::String(text), View::String(part)] = arguments else {
        return Err(no_overload("endsWith", arguments));
    };
    Ok(text.ends_with(&***part).into())
}

/// Compiles a pattern.
///
/// # Errors
/// What is no pattern, and what would be larger than [`REGEX_SIZE_MAX`].
pub fn regex(pattern: &str) -> Result<Regex> {
    let mut builder = RegexBuilder::new(pattern);
    let built = builder.size_limit(REGEX_SIZE_MAX).dfa_size_limit(8 * REGEX_SIZE_MAX).nest_limit(64).build();
    built.map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => Error::new(ErrorKind::Limit, "the pattern is too large"),
        other => {
            let text = other.to_string();
            let cause = text.lines().last().unwrap_or_default().trim_start_matches("error: ");
            invalid(format!("no pattern: {cause}"))
        }
    })
}

fn matches(fuel: &Fuel, arguments: &[View<'_>]) -> Result<Value> {
    let [View::String(text), View::String(pattern)] = arguments else {
        return Err(no_overload("matches", arguments));
    };
    fuel.burn_length(text.len() + pattern.len() * COMPILE_COST)?;
    Ok(regex(pattern)?.is_match(text).into())
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
