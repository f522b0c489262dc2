//! A template as it is rendered: names are positions, constants are values.

use std::ops::Range;

use super::error::Place;
use super::filters::Filter;
use super::predicates::Predicate;
use crate::value::Value;

/// Statements and where they begin.
pub(super) type Block = Box<[(Place, Statement)]>;

#[derive(Clone, Debug)]
pub(super) enum Statement {
    Text(Box<str>),
    Print(Expr),
    For(Box<For>),
    If {
        condition: Expr,
        then: Block,
        otherwise: Block,
    },
    /// A scope with variables of its own, at these slots.
    With {
        slots: Range<usize>,
        body: Block,
    },
    Set(Target, Expr),
    /// What a block gives goes into a slot; then the rest is done.
    Capture {
        body: Block,
        slot: usize,
        then: Box<Statement>,
    },
}

#[derive(Clone, Debug)]
pub(super) struct For {
    pub(super) target: Target,
    pub(super) items: Expr,
    /// Where `items` stands.
    pub(super) place: Place,
    pub(super) condition: Option<Expr>,
    pub(super) body: Block,
    /// Rendered when there is no item.
    pub(super) otherwise: Block,
    /// The variables of the body; each turn begins without them.
    pub(super) slots: Range<usize>,
}

#[derive(Clone, Debug)]
pub(super) enum Target {
    Slot(usize),
    /// The items of a list, one each.
    Each(Box<[Target]>, Place),
}

#[derive(Clone, Debug)]
pub(super) enum Expr {
    Constant(Value),
    /// The value of a root.
    Root {
        name: Box<str>,
        position: usize,
        place: Place,
    },
    /// A variable of the template; the first of the slots that is set.
    Variable {
        name: Box<str>,
        slots: Box<[usize]>,
        place: Place,
    },
    Loop(LoopField),
    /// One of the values after another, turn by turn of a loop.
    Cycle(Box<[Expr]>),
    Range(Box<[Expr]>, Place),
    Field(Box<Expr>, Box<str>, Place),
    Item(Box<(Expr, Expr)>, Place),
    /// A value, and from where, up to where and in what steps it is taken.
    Slice(Box<(Expr, [Option<Expr>; 3])>, Place),
    Not(Box<Expr>),
    Negate(Box<Expr>, Place),
    And(Box<(Expr, Expr)>),
    Or(Box<(Expr, Expr)>),
    Binary(Operator, Box<(Expr, Expr)>, Place),
    /// `a < b < c`
    Chain(Box<Expr>, Box<[(Operator, Expr)]>, Place),
    /// A condition, and what is given when it holds and when not.
    Choice(Box<(Expr, Expr, Expr)>),
    List(Box<[Expr]>),
    Object(Box<[(Expr, Expr)]>, Place),
    Filter(&'static Filter, Box<Expr>, Box<[Option<Expr>]>, Place),
    Test(&'static Predicate, Box<Expr>, Option<Box<Expr>>, Place),
    Defined(Box<Expr>),
    /// A value, what stands in for it when it is missing, and whether also when it is not true.
    Default(Box<(Expr, Expr, Expr)>),
}

impl Expr {
    /// The root that a chain of fields begins with.
    pub(super) fn root(&self) -> Option<usize> {
        match self {
            Self::Root { position, .. } => Some(*position),
            Self::Field(operand, ..) => operand.root(),
            Self::Item(operands, _) => operands.0.root(),
            _ => None,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    NotIn,
    Add,
    Subtract,
    Multiply,
    Divide,
    FloorDivide,
    Remainder,
    Power,
    Concatenate,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LoopField {
    Index,
    Index0,
    FromEnd,
    FromEnd0,
    First,
    Last,
    Length,
}

impl LoopField {
    pub(super) const NAMES: [(&'static str, Self); 7] = [
        ("index", Self::Index),
        ("index0", Self::Index0),
        ("revindex", Self::FromEnd),
        ("revindex0", Self::FromEnd0),
        ("first", Self::First),
        ("last", Self::Last),
        ("length", Self::Length),
    ];
}
