//! Fields and items: of maps, of lists, and through optionals.

use super::Found;
use super::evaluate::{Locals, Machine};
use super::node::{Index, Path, Select};
use crate::cel::error::{Error, ErrorKind, Result};
use crate::cel::value::{KeyRef, Seen, Value, View};

#[cold]
fn no_such_key(key: impl std::fmt::Display) -> Box<Error> {
    Error::new(ErrorKind::NoSuchKey, format!("no such key: `{key}`"))
}

/// The field of a value that is looked at; `None` if a map lacks it.
fn field_of<'v>(view: View<'v>, field: &str) -> Result<Option<View<'v>>> {
    match view {
        View::Map(map) => Ok(map.field(field)),
        other => {
            let message = format!("{} has no fields, so no `{field}`", other.value_type());
            Err(Error::new(ErrorKind::NoSuchOverload, message))
        }
    }
}

/// The item of a value that is looked at; `None` if a map lacks the key, or a list the index.
fn item_of<'v>(view: View<'v>, index: View<'_>) -> Result<Option<View<'v>>> {
    match view {
        View::Map(map) => Ok(KeyRef::of(index).and_then(|key| map.get(key))),
        View::List(list) => {
            let position = match index {
                View::Int(number) => Some(usize::try_from(number).ok()),
                View::Uint(number) => Some(usize::try_from(number).ok()),
                #[allow(clippy::cast_sign_loss)] // Checked: it is no negative number.
                View::Double(number) if number.fract() == 0.0 && number.abs() < 9e15 => {
                    Some((number >= 0.0).then_some(number as usize))
                }
                _ => None,
            };
            let wrong = || format!("the index of a list is an integer, not {}", index.value_type());
            let position = position.ok_or_else(|| Error::new(ErrorKind::InvalidArgument, wrong()))?;
            Ok(position.and_then(|position| list.get(position)))
        }
        other => {
            let message = format!("{} has no items", other.value_type());
            Err(Error::new(ErrorKind::NoSuchOverload, message))
        }
    }
}

/// Why an item is missing.
fn missing_item(view: View<'_>, index: View<'_>) -> Box<Error> {
    match (view, index) {
        (View::List(list), View::Int(index)) => {
            let message = format!("index {index} is out of range: the list has {} items", list.len());
            Error::new(ErrorKind::InvalidArgument, message)
        }
        (View::List(_), _) => Error::new(ErrorKind::InvalidArgument, "the index is out of range"),
        (_, index) => match KeyRef::of(index) {
            Some(key) => no_such_key(key),
            None => no_such_key(index.value_type()),
        },
    }
}

fn optional(found: Option<View<'_>>) -> Value {
    found.map_or_else(Value::none, |found| Value::some(found.to_value()))
}

/// Takes a part out of a value, as an optional if it is asked for so or the value is one.
fn part<'a>(
    operand: &Seen<'a>,
    is_optional: bool,
    take: impl for<'v> Fn(View<'v>) -> Result<Option<View<'v>>>,
    missing: impl Fn(View<'_>) -> Box<Error>,
) -> Result<Seen<'a>> {
    match operand.view() {
        View::Optional(None) => return Ok(Value::none().into()),
        View::Optional(Some(value)) => return Ok(optional(take(value.view())?).into()),
        view if is_optional => return Ok(optional(take(view)?).into()),
        _ => {}
    }
    match operand {
        // What stays where it is can be passed on as it is.
        Seen::View(view) => Ok(take(*view)?.ok_or_else(|| missing(*view))?.into()),
        Seen::Value(value) => {
            let found = take(value.view())?.ok_or_else(|| missing(value.view()))?;
            Ok(found.to_value().into())
        }
    }
}

/// `operand.field`.
#[inline]
fn field<'a>(operand: Seen<'a>, name: &str, is_optional: bool) -> Result<Seen<'a>> {
    if let Seen::View(View::Map(map)) = operand
        && !is_optional
        && let Some(found) = map.field(name)
    {
        return Ok(found.into());
    }
    part(&operand, is_optional, |view| field_of(view, name), |_| no_such_key(name))
}

/// `has(operand.field)`.
fn has_field(operand: View<'_>, name: &str) -> Result<bool> {
    match operand {
        View::Optional(None) => Ok(false),
        View::Optional(Some(value)) => Ok(field_of(value.view(), name)?.is_some()),
        view => Ok(field_of(view, name)?.is_some()),
    }
}

/// Whether the last field of a path is there.
fn test<'a>(path: &Path, root: Seen<'a>) -> Result<Seen<'a>> {
    let Some((last, before)) = path.fields.split_last() else { return Ok(root) };
    let mut seen = root;
    for step in before {
        seen = field(seen, &step.name, false).map_err(|error| error.or_at(step.offset))?;
    }
    let truth = has_field(seen.view(), &last.name).map_err(|error| error.or_at(last.offset))?;
    Ok(View::Bool(truth).into())
}

/// What it means that a host finds a step of a path missing.
#[cold]
fn missing_step<'a>(path: &Path, step: usize) -> Result<Seen<'a>> {
    if path.is_test && step + 1 == path.fields.len() {
        return Ok(View::Bool(false).into());
    }
    Err(match path.fields.get(step).or(path.fields.last()) {
        Some(field) => no_such_key(&field.name).or_at(field.offset),
        None => Error::new(ErrorKind::NoSuchKey, "no such key"),
    })
}

impl<'e> Machine<'e> {
    pub(super) fn select<'a>(&self, select: &'a Select, locals: Locals<'a>) -> Result<Seen<'a>>
    where
        'e: 'a,
    {
        let operand = self.evaluate(&select.operand, locals)?;
        field(operand, &select.field, select.optional)
    }

    pub(super) fn has<'a>(&self, select: &'a Select, locals: Locals<'a>) -> Result<bool>
    where
        'e: 'a,
    {
        let operand = self.evaluate(&select.operand, locals)?;
        has_field(operand.view(), &select.field)
    }

    pub(super) fn index<'a>(&self, index: &'a Index, locals: Locals<'a>) -> Result<Seen<'a>>
    where
        'e: 'a,
    {
        let operand = self.evaluate(&index.operand, locals)?;
        let key = self.evaluate(&index.key, locals)?;
        let key = key.view();
        self.fuel.burn_length(KeyRef::of(key).map_or(0, KeyRef::cost))?;
        part(&operand, index.optional, |view| item_of(view, key), |view| missing_item(view, key))
    }

    #[inline]
    pub(super) fn path<'a>(&self, path: &'a Path) -> Result<Seen<'a>>
    where
        'e: 'a,
    {
        if let Some(json) = self.glance_path(path) {
            return Ok(json.into());
        }
        let seen = match self.scope.path(path.slot as usize, path.number as usize) {
            Found::Variable(seen) => seen,
            Found::Value(_) if path.is_test => return Ok(View::Bool(true).into()),
            Found::Value(seen) => return Ok(seen),
            Found::Missing(step) => return missing_step(path, step),
            Found::Unknown => return Err(self.unknown_variable(path.slot)),
        };
        if path.is_test {
            return test(path, seen);
        }
        let mut seen = seen;
        for step in &path.fields {
            seen = field(seen, &step.name, false).map_err(|error| error.or_at(step.offset))?;
        }
        Ok(seen)
    }
}
