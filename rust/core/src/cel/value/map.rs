//! Maps that expressions make: entries in order, found by key.

use std::fmt;
use std::sync::Arc;

use super::{Value, View};
use crate::cel::error::{Error, ErrorKind, Result, shown};

/// Maps up to this many keys are searched in order; larger ones through a sorted index.
const LINEAR_SEARCH_MAX: usize = 12;

/// A key, of the type it was written with.
#[derive(Clone, Debug)]
pub enum Key {
    /// `true` or `false`.
    Bool(bool),
    /// An integer with a sign.
    Int(i64),
    /// An integer without one.
    Uint(u64),
    /// Text.
    String(Arc<str>),
}

/// A key to look for: integers by value, whatever their type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeyRef<'k> {
    /// `true` or `false`.
    Bool(bool),
    /// An integer.
    Integer(i128),
    /// Text.
    String(&'k str),
}

impl Key {
    /// The key that a value is.
    ///
    /// # Errors
    /// A value of a type that keys do not have.
    pub fn of(view: View<'_>) -> Result<Self> {
        match view {
            View::Bool(truth) => Ok(Self::Bool(truth)),
            View::Int(number) => Ok(Self::Int(number)),
            View::Uint(number) => Ok(Self::Uint(number)),
            View::String(text) => Ok(Self::String(text.clone())),
            other => {
                let message = format!("{} cannot be a key", other.value_type());
                Err(Error::new(ErrorKind::InvalidArgument, message))
            }
        }
    }

    /// This key, to look for.
    pub fn as_ref(&self) -> KeyRef<'_> {
        match self {
            Self::Bool(truth) => KeyRef::Bool(*truth),
            Self::Int(number) => KeyRef::Integer((*number).into()),
            Self::Uint(number) => KeyRef::Integer((*number).into()),
            Self::String(text) => KeyRef::String(text),
        }
    }

    /// Looks at it as a value.
    pub fn view(&self) -> View<'_> {
        match self {
            Self::Bool(truth) => View::Bool(*truth),
            Self::Int(number) => View::Int(*number),
            Self::Uint(number) => View::Uint(*number),
            Self::String(text) => View::String(text),
        }
    }
}

impl<'k> KeyRef<'k> {
    /// The key that a value looks for; a double looks for the integer it equals. `None` if no key is like it.
    pub fn of(view: View<'k>) -> Option<Self> {
        match view {
            View::Bool(truth) => Some(Self::Bool(truth)),
            View::Int(number) => Some(Self::Integer(number.into())),
            View::Uint(number) => Some(Self::Integer(number.into())),
            View::String(text) => Some(Self::String(text)),
            View::Double(number) if number.fract() == 0.0 && number.abs() < 2e19 => {
                Some(Self::Integer(number as i128))
            }
            _ => None,
        }
    }
}

impl KeyRef<'_> {
    /// What looking for it costs: long text is compared.
    pub(in crate::cel) fn cost(self) -> usize {
        match self {
            Self::String(text) => text.len() / 16,
            _ => 0,
        }
    }
}

/// The beginning, if it is a long text.
impl fmt::Display for KeyRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(truth) => write!(f, "{truth}"),
            Self::Integer(number) => write!(f, "{number}"),
            Self::String(text) => f.write_str(&shown(text)),
        }
    }
}

/// The entries of a map, in order, without duplicate keys.
#[derive(Debug, Default)]
pub struct Entries {
    entries: Box<[(Key, Value)]>,
    /// Positions in `entries`, by key; empty for small maps.
    sorted: Box<[u32]>,
}

impl Entries {
    /// Makes a map.
    ///
    /// # Errors
    /// A key that stands there twice.
    pub fn try_new(entries: Vec<(Key, Value)>) -> Result<Self> {
        let mut sorted: Vec<(KeyRef<'_>, u32)> =
            entries.iter().enumerate().map(|(position, (key, _))| (key.as_ref(), position as u32)).collect();
        sorted.sort_unstable();
        if let Some((key, _)) = sorted.windows(2).find_map(|pair| match pair {
            [first, second] if first.0 == second.0 => Some(*first),
            _ => None,
        }) {
            return Err(Error::new(
                ErrorKind::InvalidArgument,
                format!("the key `{key}` stands there twice"),
            ));
        }
        let is_small = entries.len() <= LINEAR_SEARCH_MAX;
        let sorted: Box<[u32]> = if is_small {
            Box::default()
        } else {
            sorted.into_iter().map(|(_, position)| position).collect()
        };
        Ok(Self { entries: entries.into(), sorted })
    }

    /// The value of a key.
    pub fn get(&self, key: KeyRef<'_>) -> Option<&Value> {
        if self.sorted.is_empty() {
            return self.entries.iter().find(|(found, _)| found.as_ref() == key).map(|(_, value)| value);
        }
        let entry = |position: &u32| self.entries.get(*position as usize);
        let place = self
            .sorted
            .binary_search_by(|position| entry(position).map(|(found, _)| found.as_ref()).cmp(&Some(key)))
            .ok()?;
        self.sorted.get(place).and_then(entry).map(|(_, value)| value)
    }

    /// The entries in order.
    pub fn as_slice(&self) -> &[(Key, Value)] {
        &self.entries
    }

    /// Number of keys.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}
