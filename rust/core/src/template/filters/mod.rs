//! Filters, in a table for each family. A filter gets its value and its arguments by position, and pays
//! with fuel for what it reads and makes.

mod lists;
mod numbers;
mod text;

use std::borrow::Cow;
use std::sync::Arc;

use super::error::{Result, Trouble, failed};
use super::operators::is_true;
use super::output::text_of;
use crate::cel::Fuel;
use crate::value::Value;

/// What a filter does.
type Call = fn(&Fuel, &Value, &Arguments<'_>) -> Result<Value>;

/// A filter.
#[derive(Debug)]
pub(super) struct Filter {
    pub(super) name: &'static str,
    /// The names of its parameters in order.
    pub(super) parameters: &'static [&'static str],
    /// How many of them must be given.
    pub(super) required: usize,
    /// Whether it puts values into new lists of lists.
    pub(super) builds: bool,
    pub(super) call: Call,
}

impl Filter {
    const fn new(name: &'static str, parameters: &'static [&'static str], call: Call) -> Self {
        Self { name, parameters, required: 0, builds: false, call }
    }

    const fn needing(mut self, required: usize) -> Self {
        self.required = required;
        self
    }

    const fn building(mut self) -> Self {
        self.builds = true;
        self
    }
}

/// `default` takes a missing value, which no function can; only its parameters stand here.
pub(super) static DEFAULT: Filter =
    Filter::new("default", &["default_value", "boolean"], |_, value, _| Ok(value.clone()));

fn all() -> impl Iterator<Item = &'static Filter> {
    text::FILTERS.iter().chain(numbers::FILTERS).chain(lists::FILTERS)
}

pub(super) fn find(name: &str) -> Option<&'static Filter> {
    all().find(|filter| filter.name == name)
}

pub(super) fn names() -> impl Iterator<Item = &'static str> {
    all().map(|filter| filter.name).chain(["default"])
}

/// The arguments of a filter, by its parameters.
pub(super) struct Arguments<'v> {
    filter: &'static Filter,
    values: Vec<Option<Cow<'v, Value>>>,
}

impl<'v> Arguments<'v> {
    pub(super) fn new(filter: &'static Filter, values: Vec<Option<Cow<'v, Value>>>) -> Self {
        Self { filter, values }
    }

    fn get(&self, position: usize) -> Option<&Value> {
        self.values.get(position)?.as_deref().filter(|value| !matches!(value, Value::Null))
    }

    fn wrong(&self, position: usize, wanted: &str) -> Box<Trouble> {
        let parameter = self.filter.parameters.get(position).unwrap_or(&"argument");
        failed(format!("`{}`: {parameter} must be {wanted}", self.filter.name))
    }

    fn text(&self, position: usize) -> Result<Option<&Arc<str>>> {
        match self.get(position) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.wrong(position, "text")),
        }
    }

    fn flag(&self, position: usize) -> bool {
        self.get(position).is_some_and(is_true)
    }

    /// A number of things, from 0.
    fn count(&self, position: usize) -> Result<Option<usize>> {
        match self.get(position) {
            None => Ok(None),
            Some(Value::Int(number)) => {
                usize::try_from(*number).map(Some).map_err(|_| self.wrong(position, "0 or more"))
            }
            Some(_) => Err(self.wrong(position, "an integer")),
        }
    }
}

/// A filter does not take a value.
#[cold]
fn refused(name: &str, value: &Value) -> Box<Trouble> {
    failed(format!("`{name}` does not take {}", value.type_name()))
}

/// Applies a filter that takes text to the text of a value.
fn on_text(fuel: &Fuel, value: &Value, change: impl FnOnce(&str) -> String) -> Result<Value> {
    Ok(Value::String(change(&text_of(value, fuel)?).into()))
}
