//! Values as expressions know them: owned, and as views of data that stays where it is.

mod compare;
mod json;
mod map;
mod view;

use std::fmt;
use std::sync::Arc;

use num_bigint::BigInt;

pub use compare::{equal, order};
pub use json::OUTPUT_MAX;
pub use map::{Entries, Key, KeyRef};
pub use view::{ListRef, MapRef, Seen, View};

use super::time::{Duration, Timestamp};
use crate::value::{Object, Value as Json};

/// A value. Cloning copies at most one pointer; lists and objects of JSON are shared, not converted.
#[derive(Clone, Debug)]
pub enum Value {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// An integer of 64 bits with a sign.
    Int(i64),
    /// An integer of 64 bits without one.
    Uint(u64),
    /// An integer of JSON outside of 64 bits: it can be passed on and compared, not calculated with.
    Big(Arc<BigInt>),
    /// A double.
    Double(f64),
    /// Text.
    String(Arc<str>),
    /// Bytes.
    Bytes(Arc<[u8]>),
    /// A list.
    List(List),
    /// A map.
    Map(Map),
    /// A moment.
    Timestamp(Timestamp),
    /// A span of time.
    Duration(Duration),
    /// A type.
    Type(ValueType),
    /// A value that may be absent.
    Optional(Option<Arc<Value>>),
}

/// A list.
#[derive(Clone, Debug)]
pub enum List {
    /// A list of JSON.
    Json(Arc<[Json]>),
    /// A list that an expression made.
    Values(Arc<[Value]>),
}

/// A map.
#[derive(Clone, Debug)]
pub enum Map {
    /// An object of JSON.
    Json(Arc<Object>),
    /// A map that an expression made.
    Entries(Arc<Entries>),
}

/// The type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ValueType {
    /// Of `null`.
    Null,
    /// Of `true` and `false`.
    Bool,
    /// Of integers.
    Int,
    /// Of integers without a sign.
    Uint,
    /// Of doubles.
    Double,
    /// Of text.
    String,
    /// Of bytes.
    Bytes,
    /// Of lists.
    List,
    /// Of maps.
    Map,
    /// Of moments.
    Timestamp,
    /// Of spans of time.
    Duration,
    /// Of types.
    Type,
    /// Of optionals.
    Optional,
}

impl ValueType {
    const ALL: [Self; 13] = [
        Self::Null,
        Self::Bool,
        Self::Int,
        Self::Uint,
        Self::Double,
        Self::String,
        Self::Bytes,
        Self::List,
        Self::Map,
        Self::Timestamp,
        Self::Duration,
        Self::Type,
        Self::Optional,
    ];

    /// The name by which expressions know it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Null => "null_type",
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Uint => "uint",
            Self::Double => "double",
            Self::String => "string",
            Self::Bytes => "bytes",
            Self::List => "list",
            Self::Map => "map",
            Self::Timestamp => "google.protobuf.Timestamp",
            Self::Duration => "google.protobuf.Duration",
            Self::Type => "type",
            Self::Optional => "optional_type",
        }
    }

    /// The type of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name() == name)
    }
}

impl fmt::Display for ValueType {
    /// Writes the word for messages, which is the short one for times.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "null",
            Self::Timestamp => "timestamp",
            Self::Duration => "duration",
            Self::Optional => "optional",
            other => other.name(),
        })
    }
}

impl Value {
    /// An optional that holds a value.
    pub fn some(value: Self) -> Self {
        Self::Optional(Some(Arc::new(value)))
    }

    /// An optional that holds none.
    pub fn none() -> Self {
        Self::Optional(None)
    }

    /// Looks at this value.
    #[inline]
    pub fn view(&self) -> View<'_> {
        match self {
            Self::Null => View::Null,
            Self::Bool(truth) => View::Bool(*truth),
            Self::Int(number) => View::Int(*number),
            Self::Uint(number) => View::Uint(*number),
            Self::Big(number) => View::Big(number),
            Self::Double(number) => View::Double(*number),
            Self::String(text) => View::String(text),
            Self::Bytes(bytes) => View::Bytes(bytes),
            Self::List(List::Json(items)) => View::List(ListRef::Json(items)),
            Self::List(List::Values(items)) => View::List(ListRef::Values(items)),
            Self::Map(Map::Json(object)) => View::Map(MapRef::Json(object)),
            Self::Map(Map::Entries(entries)) => View::Map(MapRef::Entries(entries)),
            Self::Timestamp(time) => View::Timestamp(*time),
            Self::Duration(span) => View::Duration(*span),
            Self::Type(kind) => View::Type(*kind),
            Self::Optional(optional) => View::Optional(optional.as_ref()),
        }
    }
}

impl From<&Json> for Value {
    fn from(json: &Json) -> Self {
        View::from(json).to_value()
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text.into())
    }
}

impl From<Vec<Value>> for Value {
    fn from(items: Vec<Value>) -> Self {
        Self::List(List::Values(items.into()))
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes.into())
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Self::Bool(truth)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Uint(number)
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Double(number)
    }
}
