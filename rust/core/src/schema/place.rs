//! Places in values, as users write them, and how values are named in messages.

use std::fmt;

use crate::value::{Path, Step, Value};

/// How many characters of a value a message shows.
const SHOWN_MAX: usize = 60;

/// A place in a value and what is wrong there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The way to it; empty for the value itself.
    pub steps: Vec<Step>,
    /// What came and what was expected, as a phrase.
    pub message: String,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.steps.is_empty() {
            f.write_str(&self.message)
        } else {
            write!(f, "{}: {}", Path(&self.steps), self.message)
        }
    }
}

/// The way to a value, from the inside out. Its steps are made only for a message.
#[derive(Clone, Copy, Debug)]
pub(super) enum Way<'w> {
    Root,
    Key(&'w Way<'w>, &'w str),
    Item(&'w Way<'w>, usize),
}

impl Way<'_> {
    pub(super) fn steps(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        let mut way = self;
        loop {
            way = match way {
                Self::Root => break,
                Self::Key(outer, key) => {
                    steps.push(Step::Key((*key).into()));
                    outer
                }
                Self::Item(outer, index) => {
                    steps.push(Step::Index(*index));
                    outer
                }
            };
        }
        steps.reverse();
        steps
    }

    pub(super) fn place(&self, message: impl Into<String>) -> Place {
        Place { steps: self.steps(), message: message.into() }
    }
}

/// A value in a message: scalars and short text as JSON, the rest by its type.
pub(crate) fn shown(value: &Value) -> String {
    match value {
        Value::List(_) | Value::Object(_) => value.type_name().into(),
        Value::String(text) if text.len() > SHOWN_MAX => {
            let start: String = text.chars().take(SHOWN_MAX).collect();
            format!("{:?}", start + "...")
        }
        Value::Big(number) => {
            let digits = number.to_string();
            digits.get(..SHOWN_MAX).map_or_else(|| digits.clone(), |start| format!("{start}..."))
        }
        scalar => {
            let mut json = Vec::new();
            match scalar.write_json(&mut json) {
                Ok(()) => String::from_utf8_lossy(&json).into_owned(),
                Err(_) => "a number that is not finite".into(),
            }
        }
    }
}
