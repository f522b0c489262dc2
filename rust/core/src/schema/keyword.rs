//! A schema as it is applied.

use std::sync::Arc;

use crate::cel::functions::Pattern;
use crate::value::Value;

/// Keys or other texts.
pub(super) type Names = Box<[Arc<str>]>;
/// Position of a schema in its document.
pub(super) type Id = usize;

/// One schema of a document.
#[derive(Debug)]
pub(super) enum Schema {
    Anything,
    Nothing,
    /// In the order in which they are applied: those that look at what others left come last.
    Keywords(Box<[Keyword]>),
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Counted {
    Letters,
    Items,
    Keys,
}

/// How a number is bounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bound {
    AtLeast,
    MoreThan,
    AtMost,
    LessThan,
}

#[derive(Debug)]
pub(super) enum Keyword {
    Type(Box<[Type]>),
    /// The values, and the texts among them in order.
    Enum(Box<[Value]>, Names),
    Const(Value),
    MultipleOf(Value),
    Bound(Bound, Value),
    /// From so many to so many.
    Size(Counted, u64, u64),
    Pattern(Pattern, Arc<str>),
    Unique,
    Contains {
        schema: Id,
        least: u64,
        most: u64,
    },
    Required(Names),
    /// If the key is there, so are the others.
    DependentRequired(Box<[(Arc<str>, Names)]>),
    /// If the key is there, the schema holds for the whole.
    DependentSchemas(Box<[(Arc<str>, Id)]>),
    Members(Members),
    Names(Id),
    Items {
        first: Box<[Id]>,
        rest: Option<Id>,
    },
    Ref(Id),
    All(Box<[Id]>),
    Any(Box<[Id]>),
    One(Box<[Id]>),
    Not(Id),
    If {
        condition: Id,
        then: Option<Id>,
        otherwise: Option<Id>,
    },
    UnevaluatedItems(Id),
    UnevaluatedProperties(Id),
}

/// `properties`, `patternProperties` and `additionalProperties`.
#[derive(Debug)]
pub(super) struct Members {
    /// Sorted by key.
    pub(super) properties: Box<[(Arc<str>, Id)]>,
    pub(super) patterns: Box<[(Pattern, Id)]>,
    pub(super) others: Option<Id>,
}

impl Members {
    pub(super) fn property(&self, key: &str) -> Option<Id> {
        let found = self.properties.binary_search_by(|(name, _)| (**name).cmp(key)).ok()?;
        self.properties.get(found).map(|(_, schema)| *schema)
    }
}

/// A JSON type as schemas name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Null,
    Boolean,
    Integer,
    Number,
    String,
    Array,
    Object,
}

impl Type {
    const ALL: [(&'static str, Self, &'static str); 7] = [
        ("null", Self::Null, "null"),
        ("boolean", Self::Boolean, "boolean"),
        ("integer", Self::Integer, "integer"),
        ("number", Self::Number, "number"),
        ("string", Self::String, "text"),
        ("array", Self::Array, "list"),
        ("object", Self::Object, "object"),
    ];

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, ..)| *known == name).map(|(_, kind, _)| *kind)
    }

    pub(super) fn names() -> impl Iterator<Item = &'static str> {
        Self::ALL.iter().map(|(name, ..)| *name)
    }

    /// The word for it in messages.
    pub(super) fn word(self) -> &'static str {
        Self::ALL.iter().find(|(_, kind, _)| *kind == self).map_or("", |(_, _, word)| word)
    }

    /// Whether a value is of this type; a number without a fraction is an integer.
    pub(super) fn holds(self, value: &Value) -> bool {
        match value {
            Value::Null => self == Self::Null,
            Value::Bool(_) => self == Self::Boolean,
            Value::Int(_) | Value::Uint(_) | Value::Big(_) => matches!(self, Self::Integer | Self::Number),
            Value::Float(number) => self == Self::Number || self == Self::Integer && number.fract() == 0.0,
            Value::String(_) => self == Self::String,
            Value::List(_) => self == Self::Array,
            Value::Object(_) => self == Self::Object,
        }
    }
}
