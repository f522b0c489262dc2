//! JSON as the core holds it: cheap to clone, shared between slots and threads.

mod json;
mod object;
mod path;

use std::sync::Arc;

use num_bigint::BigInt;

pub use json::{
    Builder, DEPTH_MAX, JsonError, JsonErrorKind, NotFinite, SIZE_MAX, read, write_float, write_int,
    write_string,
};
pub use object::Object;
pub use path::{Path, Step};

/// A JSON value. Cloning copies at most one pointer.
///
/// Integers keep their exact value: `Int` where it fits, `Uint` from 2^63 to 2^64-1, `Big` beyond.
/// A number written with a fraction or an exponent is a `Float`, so `3.0` stays `3.0`.
#[derive(Clone, Debug, Default)]
pub enum Value {
    /// `null`.
    #[default]
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// An integer of 64 bits with a sign.
    Int(i64),
    /// An integer from 2^63 to 2^64-1.
    Uint(u64),
    /// An integer outside of 64 bits.
    Big(Arc<BigInt>),
    /// A number with a fraction or an exponent.
    Float(f64),
    /// Text.
    String(Arc<str>),
    /// A list.
    List(Arc<[Value]>),
    /// An object, its keys in the order they were written.
    Object(Arc<Object>),
}

impl Value {
    /// Makes the narrowest integer that holds `number`.
    pub fn integer(number: BigInt) -> Self {
        if let Ok(small) = i64::try_from(&number) {
            Self::Int(small)
        } else if let Ok(small) = u64::try_from(&number) {
            Self::Uint(small)
        } else {
            Self::Big(Arc::new(number))
        }
    }

    /// The value of a key, if this is an object that has it.
    pub fn field(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Object(object) => object.get(key),
            _ => None,
        }
    }

    /// The item at an index, if this is a list that long.
    pub fn item(&self, index: usize) -> Option<&Self> {
        match self {
            Self::List(items) => items.get(index),
            _ => None,
        }
    }

    /// The JSON name of this value's type, for messages.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "boolean",
            Self::Int(_) | Self::Uint(_) | Self::Big(_) => "integer",
            Self::Float(_) => "number",
            Self::String(_) => "text",
            Self::List(_) => "list",
            Self::Object(_) => "object",
        }
    }
}

/// Equality as routes need it: integers by value, text by content, `1` and `true` and `1.0` apart.
impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::Uint(a), Self::Uint(b)) => a == b,
            (Self::Big(a), Self::Big(b)) => a == b,
            (Self::Float(a), Self::Float(b)) => a == b,
            (Self::String(a), Self::String(b)) => a == b,
            (Self::List(a), Self::List(b)) => a == b,
            (Self::Object(a), Self::Object(b)) => a == b,
            _ => false,
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.into())
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Self::Bool(truth)
    }
}

impl FromIterator<Value> for Value {
    fn from_iter<I: IntoIterator<Item = Self>>(items: I) -> Self {
        Self::List(items.into_iter().collect())
    }
}
