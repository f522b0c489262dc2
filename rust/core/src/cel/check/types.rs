//! Types as far as they are known before evaluation.

use std::fmt;
use std::sync::Arc;

use crate::cel::value::ValueType;

/// How many parts a type may have that an expression makes: it can name one many times in little text.
const PARTS_MAX: usize = 10_000;

/// The type of an expression. What is not known is [`Type::Dyn`], and nothing about it is a fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    /// Any type.
    Dyn,
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
    /// Of moments.
    Timestamp,
    /// Of spans of time.
    Duration,
    /// A list of items of a type.
    List(Arc<Type>),
    /// A map from keys to values.
    Map(Arc<Type>, Arc<Type>),
    /// A map with text as keys, of which some are known.
    Object(Arc<ObjectType>),
    /// A value that may be absent.
    Optional(Arc<Type>),
    /// Of types.
    Type,
}

/// The fields of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObjectType {
    /// The fields that are known.
    pub fields: Vec<(Arc<str>, Type)>,
    /// Whether it may have others.
    pub open: bool,
}

impl ObjectType {
    /// The type of a field, if it is known.
    pub fn field(&self, name: &str) -> Option<&Type> {
        self.fields.iter().find(|(known, _)| &**known == name).map(|(_, field)| field)
    }
}

impl Type {
    /// A list of items of a type.
    pub fn list(item: Self) -> Self {
        Self::List(Arc::new(item))
    }

    /// A map from keys to values.
    pub fn map(key: Self, value: Self) -> Self {
        Self::Map(Arc::new(key), Arc::new(value))
    }

    /// A value of a type that may be absent.
    pub fn optional(held: Self) -> Self {
        Self::Optional(Arc::new(held))
    }

    /// The type of its values at evaluation; `None` where anything can be.
    pub fn value_type(&self) -> Option<ValueType> {
        Some(match self {
            Self::Dyn => return None,
            Self::Null => ValueType::Null,
            Self::Bool => ValueType::Bool,
            Self::Int => ValueType::Int,
            Self::Uint => ValueType::Uint,
            Self::Double => ValueType::Double,
            Self::String => ValueType::String,
            Self::Bytes => ValueType::Bytes,
            Self::Timestamp => ValueType::Timestamp,
            Self::Duration => ValueType::Duration,
            Self::List(_) => ValueType::List,
            Self::Map(..) | Self::Object(_) => ValueType::Map,
            Self::Optional(_) => ValueType::Optional,
            Self::Type => ValueType::Type,
        })
    }

    /// The type of values, whatever they hold.
    pub(super) fn of(value_type: ValueType) -> Self {
        match value_type {
            ValueType::Null => Self::Null,
            ValueType::Bool => Self::Bool,
            ValueType::Int => Self::Int,
            ValueType::Uint => Self::Uint,
            ValueType::Double => Self::Double,
            ValueType::String => Self::String,
            ValueType::Bytes => Self::Bytes,
            ValueType::Timestamp => Self::Timestamp,
            ValueType::Duration => Self::Duration,
            ValueType::List => Self::list(Self::Dyn),
            ValueType::Map => Self::map(Self::Dyn, Self::Dyn),
            ValueType::Type => Self::Type,
            ValueType::Optional => Self::optional(Self::Dyn),
        }
    }

    /// Whether its values can be true or false.
    pub(super) fn may_be(&self, wanted: ValueType) -> bool {
        self.value_type().is_none_or(|known| known == wanted)
    }

    /// Whether it has too many parts to go on with.
    pub(super) fn is_too_large(&self) -> bool {
        !self.takes_of(&mut PARTS_MAX.clone())
    }

    /// Takes its parts off `left`; whether there were as many.
    fn takes_of(&self, left: &mut usize) -> bool {
        let Some(rest) = left.checked_sub(1) else { return false };
        *left = rest;
        match self {
            Self::List(held) | Self::Optional(held) => held.takes_of(left),
            Self::Map(key, value) => key.takes_of(left) && value.takes_of(left),
            Self::Object(object) => object.fields.iter().all(|(_, field)| field.takes_of(left)),
            _ => true,
        }
    }

    /// Whether it is a type of numbers.
    pub(super) fn is_number(&self) -> bool {
        matches!(self, Self::Int | Self::Uint | Self::Double)
    }

    /// What values of both types are.
    pub(super) fn join(self, other: Self) -> Self {
        match (self, other) {
            (a, b) if a == b => a,
            (Self::List(a), Self::List(b)) => Self::list((*a).clone().join((*b).clone())),
            (Self::Optional(a), Self::Optional(b)) => Self::optional((*a).clone().join((*b).clone())),
            (Self::Map(a, b), Self::Map(c, d)) => {
                Self::map((*a).clone().join((*c).clone()), (*b).clone().join((*d).clone()))
            }
            _ => Self::Dyn,
        }
    }

    /// The type of items or values that have all these types; anything if there are none.
    pub fn join_all(types: impl IntoIterator<Item = Self>) -> Self {
        types.into_iter().reduce(Self::join).unwrap_or(Self::Dyn)
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self, self.value_type()) {
            (Self::List(item), _) => write!(f, "list({item})"),
            (Self::Map(key, value), _) => write!(f, "map({key}, {value})"),
            (Self::Optional(held), _) => write!(f, "optional({held})"),
            (Self::Object(_), _) => f.write_str("object"),
            (_, Some(value_type)) => write!(f, "{value_type}"),
            (_, None) => f.write_str("dyn"),
        }
    }
}
