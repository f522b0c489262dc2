//! Optionals: values that may be absent.

use super::shapes::{ANY, BOOL, LIST, OPTIONAL};
use super::{Form, Function, Implementation, Shape, invalid, no_overload};
use crate::cel::error::Result;
use crate::cel::fuel::Fuel;
use crate::cel::time::{Duration, Timestamp};
use crate::cel::value::{Value, View};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("optional.of", Form::Global, &[(&[ANY], Shape::OptionalOfFirst)], of),
    Function::new("optional.none", Form::Global, &[(&[], OPTIONAL)], |_, _| Ok(Value::none())),
    Function::new("optional.ofNonZeroValue", Form::Global, &[(&[ANY], Shape::OptionalOfFirst)], of_non_zero),
    Function::new("hasValue", Form::Method, &[(&[OPTIONAL], BOOL)], has_value),
    Function::new("value", Form::Method, &[(&[OPTIONAL], Shape::HeldByFirst)], value),
    Function {
        name: "or",
        form: Form::Method,
        overloads: &[(&[OPTIONAL, OPTIONAL], Shape::Joined)],
        repeats: false,
        implementation: Implementation::Otherwise { unwraps: false },
    },
    Function {
        name: "orValue",
        form: Form::Method,
        overloads: &[(&[OPTIONAL, ANY], Shape::HeldOrSecond)],
        repeats: false,
        implementation: Implementation::Otherwise { unwraps: true },
    },
    Function::new("first", Form::Method, &[(&[LIST], Shape::OptionalOfItem)], first),
    Function::new("last", Form::Method, &[(&[LIST], Shape::OptionalOfItem)], last),
];

fn of(_: &Fuel, arguments: &[View<'_>]) -> Result<Value> {
    let [held] = arguments else { return Err(no_overload("optional.of", arguments)) };
    Ok(Value::some(held.to_value()))
}

fn of_non_zero(fuel: &Fuel, arguments: &[View<'_>]) -> Result<Value> {
    match arguments {
        [held] if is_zero(*held) => Ok(Value::none()),
        _ => of(fuel, arguments),
    }
}

fn is_zero(view: View<'_>) -> bool {
    match view {
        View::Null | View::Bool(false) | View::Int(0) | View::Uint(0) | View::Optional(None) => true,
        View::Double(number) => number == 0.0,
        View::String(text) => text.is_empty(),
        View::Bytes(bytes) => bytes.is_empty(),
        View::List(list) => list.is_empty(),
        View::Map(map) => map.is_empty(),
        View::Timestamp(time) => time == Timestamp { seconds: 0, nanos: 0 },
        View::Duration(span) => span == Duration { seconds: 0, nanos: 0 },
        _ => false,
    }
}

fn has_value(_: &Fuel, arguments: &[View<'_>]) -> Result<Value> {
    let [View::Optional(held)] = arguments else { return Err(no_overload("hasValue", arguments)) };
    Ok(held.is_some().into())
}

fn value(_: &Fuel, arguments: &[View<'_>]) -> Result<Value> {
    let [View::Optional(held)] = arguments else { return Err(no_overload("value", arguments)) };
    held.map(|held| (**held).clone()).ok_or_else(|| invalid("the optional has no value"))
}

fn first(_: &Fuel, arguments: &[View<'_>]) -> Result<Value> {
    let [View::List(list)] = arguments else { return Err(no_overload("first", arguments)) };
    Ok(list.get(0).map_or_else(Value::none, |item| Value::some(item.to_value())))
}

fn last(_: &Fuel, arguments: &[View<'_>]) -> Result<Value> {
    let [View::List(list)] = arguments else { return Err(no_overload("last", arguments)) };
    let item = list.len().checked_sub(1).and_then(|index| list.get(index));
    Ok(item.map_or_else(Value::none, |item| Value::some(item.to_value())))
}
