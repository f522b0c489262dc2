//! Calls that are macros become nodes of their own; all others stay calls.

use std::sync::Arc;

use super::ast::{Bind, Comprehension, Expr, Kind, Loop, OptionalMap};
use crate::cel::error::{Error, ErrorKind, Result};

/// `name(arguments)`.
///
/// # Errors
/// A macro whose arguments do not fit.
pub(super) fn function(name: Arc<str>, arguments: Vec<Expr>, offset: u32) -> Result<Expr> {
    if &*name != "has" {
        return Expr::new(Kind::Call { function: name, receiver: None, arguments }, offset);
    }
    let [argument] = exactly(arguments).map_err(|_| refuse("has", "a field, as in `has(a.b)`", offset))?;
    match argument.into_kind() {
        Kind::Select { operand, field, optional: false } => Expr::new(Kind::Has { operand, field }, offset),
        _ => Err(refuse("has", "a field, as in `has(a.b)`", offset)),
    }
}

/// `receiver.name(arguments)`.
///
/// # Errors
/// A macro whose arguments do not fit.
pub(super) fn method(receiver: Expr, name: Arc<str>, arguments: Vec<Expr>, offset: u32) -> Result<Expr> {
    Expr::new(method_kind(receiver, name, arguments).map_err(|error| error.or_at(offset))?, offset)
}

fn method_kind(receiver: Expr, name: Arc<str>, arguments: Vec<Expr>) -> Result<Kind> {
    let is_cel = matches!(receiver.kind(), Kind::Name { name, .. } if &**name == "cel");
    Ok(match (&*name, arguments.len()) {
        ("bind", 3) if is_cel => bind(exactly(arguments)?)?,
        ("optMap" | "optFlatMap", 2) => {
            let [variable, body] = exactly(arguments)?;
            let flat = &*name == "optFlatMap";
            let name = name_of(&variable)?;
            Kind::OptionalMap(Box::new(OptionalMap { operand: receiver, name, body, flat }))
        }
        (_, count @ 2..=4) if operation(&name, count).is_some() => comprehension(receiver, &name, arguments)?,
        _ => Kind::Call { function: name, receiver: Some(Box::new(receiver)), arguments },
    })
}

fn bind([variable, value, body]: [Expr; 3]) -> Result<Kind> {
    Ok(Kind::Bind(Box::new(Bind { name: name_of(&variable)?, value, body })))
}

/// The loop that a macro stands for, and whether it has two variables.
fn operation(name: &str, count: usize) -> Option<(Loop, bool)> {
    Some(match (name, count) {
        ("all", 2 | 3) => (Loop::All, count == 3),
        ("exists", 2 | 3) => (Loop::Exists, count == 3),
        ("exists_one" | "existsOne", 2 | 3) => (Loop::ExistsOne, count == 3),
        ("filter", 2) => (Loop::Filter, false),
        ("map", 2 | 3) => (Loop::Map, false),
        ("transformList", 3 | 4) => (Loop::TransformList, true),
        ("transformMap", 3 | 4) => (Loop::TransformMap, true),
        ("transformMapEntry", 3 | 4) => (Loop::TransformMapEntry, true),
        _ => return None,
    })
}

fn comprehension(range: Expr, macro_name: &str, mut arguments: Vec<Expr>) -> Result<Kind> {
    let missing = || Error::new(ErrorKind::Syntax, format!("`{macro_name}` lacks an argument"));
    let (operation, has_two) = operation(macro_name, arguments.len()).ok_or_else(missing)?;
    let body = arguments.pop().ok_or_else(missing)?;
    let filter = if arguments.len() > 1 + usize::from(has_two) { arguments.pop() } else { None };
    let mut variables = arguments.iter();
    let first = name_of(variables.next().ok_or_else(missing)?)?;
    let second = match variables.next() {
        Some(variable) => Some(name_of(variable)?),
        None => None,
    };
    if second.as_ref() == Some(&first) {
        return Err(Error::new(ErrorKind::Syntax, "the two variables need different names"));
    }
    Ok(Kind::Comprehension(Box::new(Comprehension { operation, range, first, second, filter, body })))
}

fn name_of(variable: &Expr) -> Result<Arc<str>> {
    match variable.kind() {
        Kind::Name { name, absolute: false } => Ok(name.clone()),
        _ => Err(Error::at(ErrorKind::Syntax, variable.offset(), "expected the name of a variable")),
    }
}

fn exactly<const COUNT: usize>(arguments: Vec<Expr>) -> Result<[Expr; COUNT]> {
    arguments.try_into().map_err(|_| Error::new(ErrorKind::Syntax, format!("expected {COUNT} arguments")))
}

fn refuse(name: &str, wanted: &str, offset: u32) -> Box<Error> {
    Error::at(ErrorKind::Syntax, offset, format!("`{name}` takes {wanted}"))
}
