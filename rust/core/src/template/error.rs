//! What can be wrong with a template or its rendering, and how missing values are told.

use std::fmt;

use crate::cel;
use crate::cel::check::suggestion;
use crate::value::Value;

/// How many of the names that there are a message lists.
const LISTED_MAX: usize = 8;
/// How many of them are searched for the one that was meant.
const SEARCHED_MAX: usize = 1_000;

/// A template that is refused or fails, with the place in its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateError {
    /// Which of several texts it is, such as `[1].content`; empty if there is one.
    pub path: String,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// What is wrong, as a phrase.
    pub message: String,
}

impl TemplateError {
    pub(super) fn new(message: String, line: u32, column: u32) -> Self {
        Self { path: String::new(), line, column, message }
    }

    /// The place, as messages tell it.
    pub fn place(&self) -> String {
        let Self { path, line, column, .. } = self;
        let comma = if path.is_empty() { "" } else { ", " };
        format!("{path}{comma}line {line}, column {column}")
    }
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place(), self.message)
    }
}

impl std::error::Error for TemplateError {}

/// A place in a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) line: u32,
    pub(super) column: u32,
}

/// Why an evaluation stops.
#[derive(Debug)]
pub(super) struct Trouble {
    pub(super) cause: Cause,
    place: Option<Place>,
}

#[derive(Debug)]
pub(super) enum Cause {
    /// Something is not there. `is defined` and `default` make something of that.
    Missing(Missing),
    /// Anything else.
    Failed(String),
}

/// What is not there. It is put into words only when somebody gets to read them.
#[derive(Debug)]
pub(super) enum Missing {
    /// The output of a node that was skipped.
    Root(Box<str>),
    /// A variable of the template that was not set on the way here.
    Variable(Box<str>),
    /// A key, a field or an index of a value, and how the template spells that value.
    Inside { of: String, value: Value, key: Value },
}

/// Boxed, so that a result is no larger than its value.
pub(super) type Result<T> = std::result::Result<T, Box<Trouble>>;

impl Trouble {
    #[cold]
    pub(super) fn missing(what: Missing) -> Box<Self> {
        Box::new(Self { cause: Cause::Missing(what), place: None })
    }

    /// The same error, at `place` unless a place nearer to its cause is known.
    pub(super) fn or_at(mut self: Box<Self>, place: Place) -> Box<Self> {
        self.place.get_or_insert(place);
        self
    }

    pub(super) fn is_missing(&self) -> bool {
        matches!(self.cause, Cause::Missing(_))
    }

    #[cold]
    pub(super) fn into_error(self) -> TemplateError {
        let Place { line, column } = self.place.unwrap_or(Place { line: 1, column: 1 });
        let message = match self.cause {
            Cause::Failed(message) => message,
            Cause::Missing(missing) => missing.to_string(),
        };
        TemplateError::new(message, line, column)
    }
}

/// An error whose place is told later.
#[cold]
pub(super) fn failed(message: impl Into<String>) -> Box<Trouble> {
    Box::new(Trouble { cause: Cause::Failed(message.into()), place: None })
}

/// Errors of fuel and of comparisons.
impl From<Box<cel::Error>> for Box<Trouble> {
    fn from(error: Box<cel::Error>) -> Self {
        failed(error.message)
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root(name) => write!(f, "`{name}` was skipped; test it with `{name} is defined`"),
            Self::Variable(name) => write!(f, "`{name}` was not set"),
            Self::Inside { of, value, key } => match (value, key) {
                (Value::Object(object), Value::String(key)) => {
                    let names = || object.iter().map(|(name, _)| &**name);
                    write!(f, "`{of}` has no `{key}`")?;
                    if object.is_empty() {
                        return write!(f, ", it is empty");
                    }
                    let listed: Vec<_> = names().take(LISTED_MAX).map(|name| format!("`{name}`")).collect();
                    let more = if object.len() > LISTED_MAX { ", ..." } else { "" };
                    let meant = suggestion(key, names().take(SEARCHED_MAX));
                    write!(f, ", it has {}{more}{meant}", listed.join(", "))
                }
                (Value::List(items), Value::Int(index)) => {
                    write!(f, "`{of}` has no item {index}, it has {}", items.len())
                }
                (_, Value::String(key)) => write!(f, "`{of}` has no `{key}`, it is {}", value.type_name()),
                (_, _) => write!(f, "`{of}` has no such item, it is {}", value.type_name()),
            },
        }
    }
}
