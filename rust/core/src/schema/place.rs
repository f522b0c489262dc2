//! Places in values, as users write them, and how values are named in messages.

use std::fmt;

use crate::value::Value;

/// How many characters of a value a message shows.
const SHOWN_MAX: usize = 60;

/// A place in a value and what is wrong there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The way to it, such as `items[3].name`; empty for the value itself.
    pub path: String,
    /// What came and what was expected, as a phrase.
    pub message: String,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            f.write_str(&self.message)
        } else {
            write!(f, "{}: {}", self.path, self.message)
        }
    }
}

/// The way to a value, from the inside out. It is spelled only for a message.
#[derive(Clone, Copy, Debug)]
pub(super) enum Way<'w> {
    Root,
    Key(&'w Way<'w>, &'w str),
    Item(&'w Way<'w>, usize),
}

impl fmt::Display for Way<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Item(outer, index) => write!(f, "{outer}[{index}]"),
            Self::Key(outer, key) if !is_name(key) => write!(f, "{outer}[{key:?}]"),
            Self::Key(Self::Root, key) => f.write_str(key),
            Self::Key(outer, key) => write!(f, "{outer}.{key}"),
        }
    }
}

fn is_name(key: &str) -> bool {
    !key.is_empty()
        && !key.starts_with(|letter: char| letter.is_ascii_digit())
        && key.chars().all(|letter| letter.is_alphanumeric() || ['_', '$', '-'].contains(&letter))
}

impl Way<'_> {
    pub(super) fn place(&self, message: impl Into<String>) -> Place {
        Place { path: self.to_string(), message: message.into() }
    }
}

/// A value in a message: scalars and short text as JSON, the rest by its type.
pub(super) fn shown(value: &Value) -> String {
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
