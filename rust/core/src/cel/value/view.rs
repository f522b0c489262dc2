//! Looking at values without copying them, whoever holds them.

use std::sync::Arc;

use num_bigint::BigInt;

use super::map::{Entries, KeyRef};
use super::{List, Map, Value, ValueType};
use crate::cel::time::{Duration, Timestamp};
use crate::value::{Object, Value as Json};

/// A value that is looked at: an item of JSON, or a [`Value`].
#[derive(Clone, Copy, Debug)]
pub enum View<'v> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// An integer with a sign.
    Int(i64),
    /// An integer without one.
    Uint(u64),
    /// An integer outside of 64 bits.
    Big(&'v Arc<BigInt>),
    /// A double.
    Double(f64),
    /// Text.
    String(&'v Arc<str>),
    /// Bytes.
    Bytes(&'v Arc<[u8]>),
    /// A list.
    List(ListRef<'v>),
    /// A map.
    Map(MapRef<'v>),
    /// A moment.
    Timestamp(Timestamp),
    /// A span of time.
    Duration(Duration),
    /// A type.
    Type(ValueType),
    /// A value that may be absent.
    Optional(Option<&'v Arc<Value>>),
}

/// A list that is looked at.
#[derive(Clone, Copy, Debug)]
pub enum ListRef<'v> {
    /// A list of JSON.
    Json(&'v Arc<[Json]>),
    /// A list that an expression made.
    Values(&'v Arc<[Value]>),
}

/// A map that is looked at.
#[derive(Clone, Copy, Debug)]
pub enum MapRef<'v> {
    /// An object of JSON.
    Json(&'v Arc<Object>),
    /// A map that an expression made.
    Entries(&'v Arc<Entries>),
}

/// What an evaluation gives: something that was there before, or a value it made.
#[derive(Clone, Debug)]
pub enum Seen<'v> {
    /// Something that stays where it is.
    View(View<'v>),
    /// A value that was made.
    Value(Value),
}

impl<'v> From<&'v Json> for View<'v> {
    #[inline]
    fn from(json: &'v Json) -> Self {
        match json {
            Json::Null => Self::Null,
            Json::Bool(truth) => Self::Bool(*truth),
            Json::Int(number) => Self::Int(*number),
            Json::Uint(number) => Self::Uint(*number),
            Json::Big(number) => Self::Big(number),
            Json::Float(number) => Self::Double(*number),
            Json::String(text) => Self::String(text),
            Json::List(items) => Self::List(ListRef::Json(items)),
            Json::Object(object) => Self::Map(MapRef::Json(object)),
        }
    }
}

impl View<'_> {
    /// A value of its own, which shares what is large.
    pub fn to_value(self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(truth) => Value::Bool(truth),
            Self::Int(number) => Value::Int(number),
            Self::Uint(number) => Value::Uint(number),
            Self::Big(number) => Value::Big(number.clone()),
            Self::Double(number) => Value::Double(number),
            Self::String(text) => Value::String(text.clone()),
            Self::Bytes(bytes) => Value::Bytes(bytes.clone()),
            Self::List(ListRef::Json(items)) => Value::List(List::Json(items.clone())),
            Self::List(ListRef::Values(items)) => Value::List(List::Values(items.clone())),
            Self::Map(MapRef::Json(object)) => Value::Map(Map::Json(object.clone())),
            Self::Map(MapRef::Entries(entries)) => Value::Map(Map::Entries(entries.clone())),
            Self::Timestamp(time) => Value::Timestamp(time),
            Self::Duration(span) => Value::Duration(span),
            Self::Type(kind) => Value::Type(kind),
            Self::Optional(optional) => Value::Optional(optional.cloned()),
        }
    }

    /// Its type.
    pub fn value_type(self) -> ValueType {
        match self {
            Self::Null => ValueType::Null,
            Self::Bool(_) => ValueType::Bool,
            Self::Int(_) | Self::Big(_) => ValueType::Int,
            Self::Uint(_) => ValueType::Uint,
            Self::Double(_) => ValueType::Double,
            Self::String(_) => ValueType::String,
            Self::Bytes(_) => ValueType::Bytes,
            Self::List(_) => ValueType::List,
            Self::Map(_) => ValueType::Map,
            Self::Timestamp(_) => ValueType::Timestamp,
            Self::Duration(_) => ValueType::Duration,
            Self::Type(_) => ValueType::Type,
            Self::Optional(_) => ValueType::Optional,
        }
    }
}

impl<'v> ListRef<'v> {
    /// Number of items.
    pub fn len(self) -> usize {
        match self {
            Self::Json(items) => items.len(),
            Self::Values(items) => items.len(),
        }
    }

    /// Whether there is no item.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The item at an index.
    #[inline]
    pub fn get(self, index: usize) -> Option<View<'v>> {
        match self {
            Self::Json(items) => items.get(index).map(View::from),
            Self::Values(items) => items.get(index).map(Value::view),
        }
    }

    /// The items in order.
    pub fn iter(self) -> impl Iterator<Item = View<'v>> {
        (0..self.len()).filter_map(move |index| self.get(index))
    }
}

impl<'v> MapRef<'v> {
    /// Number of keys.
    pub fn len(self) -> usize {
        match self {
            Self::Json(object) => object.len(),
            Self::Entries(entries) => entries.len(),
        }
    }

    /// Whether there is no key.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The value of a name.
    #[inline]
    pub fn field(self, name: &str) -> Option<View<'v>> {
        match self {
            Self::Json(object) => object.get(name).map(View::from),
            Self::Entries(entries) => entries.get(KeyRef::String(name)).map(Value::view),
        }
    }

    /// The value of a key.
    pub fn get(self, key: KeyRef<'_>) -> Option<View<'v>> {
        match (self, key) {
            (Self::Json(object), KeyRef::String(name)) => object.get(name).map(View::from),
            (Self::Json(_), _) => None,
            (Self::Entries(entries), key) => entries.get(key).map(Value::view),
        }
    }

    /// The key and value at a position.
    pub fn entry(self, position: usize) -> Option<(View<'v>, View<'v>)> {
        match self {
            Self::Json(object) => {
                object.iter().as_slice().get(position).map(|(key, value)| (View::String(key), value.into()))
            }
            Self::Entries(entries) => {
                entries.as_slice().get(position).map(|(key, value)| (key.view(), value.view()))
            }
        }
    }

    /// The keys and values in order.
    pub fn iter(self) -> impl Iterator<Item = (View<'v>, View<'v>)> {
        (0..self.len()).filter_map(move |position| self.entry(position))
    }
}

impl Seen<'_> {
    /// Looks at it.
    #[inline]
    pub fn view(&self) -> View<'_> {
        match self {
            Self::View(view) => *view,
            Self::Value(value) => value.view(),
        }
    }

    /// A value of its own.
    pub fn into_value(self) -> Value {
        match self {
            Self::View(view) => view.to_value(),
            Self::Value(value) => value,
        }
    }
}

impl From<Value> for Seen<'_> {
    fn from(value: Value) -> Self {
        Self::Value(value)
    }
}

impl<'v> From<View<'v>> for Seen<'v> {
    fn from(view: View<'v>) -> Self {
        Self::View(view)
    }
}

impl<'v> From<&'v Json> for Seen<'v> {
    fn from(json: &'v Json) -> Self {
        Self::View(json.into())
    }
}

impl<'v> From<&'v Value> for Seen<'v> {
    fn from(value: &'v Value) -> Self {
        Self::View(value.view())
    }
}
