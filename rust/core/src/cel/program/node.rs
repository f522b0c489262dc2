//! What a program is made of.

use std::sync::Arc;

use crate::cel::error::ErrorKind;
use crate::cel::functions::{Call, Pattern};
use crate::cel::syntax::{Arithmetic, Loop, Relation};
use crate::cel::value::Value;

/// A step of work and its place in the source.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) op: Op,
    pub(super) offset: u32,
}

/// A step of work.
#[derive(Clone, Debug)]
pub(super) enum Op {
    Constant(Value),
    /// A variable by slot.
    Variable(u32),
    /// A macro's variable, by how many stand between.
    Local(u32),
    /// Fields of a variable.
    Path(Box<Path>),
    Select(Box<Select>),
    Index(Box<Index>),
    Has(Box<Select>),
    Not(Box<Node>),
    Negate(Box<Node>),
    And(Box<[Node]>),
    Or(Box<[Node]>),
    Conditional(Box<[Node; 3]>),
    Relation(Relation, Box<[Node; 2]>),
    /// A comparison with a constant.
    Compare(Relation, Box<(Node, Value)>),
    In(Box<[Node; 2]>),
    Arithmetic(Arithmetic, Box<[Node; 2]>),
    List(Box<[Element]>),
    Map(Box<[Entry]>),
    Call(Call, Box<[Node]>),
    /// The time of the evaluation; null if it has none.
    Time,
    /// `or` (and `orValue`, which unwraps): the second is evaluated only when the first is absent.
    Otherwise(Box<[Node; 2]>, bool),
    /// A pattern that is compiled already.
    Matches(Box<(Node, Pattern)>),
    Loop(Box<Looping>),
    /// A value, and where it has a name.
    Bind(Box<[Node; 2]>),
    /// An optional, and what is made of its value; whether that is an optional already.
    OptionalMap(Box<[Node; 2]>, bool),
    /// What cannot be evaluated.
    Fail(Box<(ErrorKind, String)>),
}

impl Op {
    /// Whether it gives true or false, if it gives anything.
    #[inline]
    pub(super) fn is_truth(&self) -> bool {
        matches!(
            self,
            Self::Compare(..)
                | Self::Relation(..)
                | Self::And(_)
                | Self::Or(_)
                | Self::Not(_)
                | Self::In(_)
                | Self::Has(_)
                | Self::Matches(_)
        )
    }
}

/// Fields of a variable.
#[derive(Clone, Debug)]
pub(super) struct Path {
    pub(super) slot: u32,
    /// Its position among the root's paths.
    pub(super) number: u32,
    pub(super) fields: Box<[Field]>,
    /// Whether it is asked only if the last field is there.
    pub(super) is_test: bool,
}

/// A field and its place in the source.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub(super) name: Arc<str>,
    pub(super) offset: u32,
}

#[derive(Clone, Debug)]
pub(super) struct Select {
    pub(super) operand: Node,
    pub(super) field: Arc<str>,
    pub(super) optional: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Index {
    pub(super) operand: Node,
    pub(super) key: Node,
    pub(super) optional: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Element {
    pub(super) optional: bool,
    pub(super) value: Node,
}

#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) optional: bool,
    pub(super) key: Node,
    pub(super) value: Node,
}

#[derive(Clone, Debug)]
pub(super) struct Looping {
    pub(super) operation: Loop,
    pub(super) range: Node,
    /// Whether index and item (or key and value) have a variable each.
    pub(super) has_two: bool,
    pub(super) filter: Option<Node>,
    pub(super) body: Node,
}

impl Node {
    pub(super) fn new(op: Op, offset: u32) -> Self {
        Self { op, offset }
    }
}
