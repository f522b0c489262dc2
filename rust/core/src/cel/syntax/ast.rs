//! The syntax tree. Macros are nodes of their own, so that they are printed as they were written.

use std::sync::Arc;

use super::DEPTH_MAX;
use crate::cel::error::{Error, ErrorKind, Result};

/// A node of the tree. Two are equal when they say the same, wherever they stand.
#[derive(Clone, Debug)]
pub struct Expr {
    kind: Kind,
    offset: u32,
    height: u8,
}

impl PartialEq for Expr {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind
    }
}

/// What a node is.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// A constant.
    Literal(Literal),
    /// A variable or a type; `absolute` with a leading dot, which no macro's variable shadows.
    Name {
        /// Its name.
        name: Arc<str>,
        /// Whether it was written with a leading dot.
        absolute: bool,
    },
    /// `operand.field` or `operand.?field`.
    Select {
        /// What has the field.
        operand: Box<Expr>,
        /// The field's name.
        field: Arc<str>,
        /// Whether a missing field gives an empty optional.
        optional: bool,
    },
    /// `operand[index]` or `operand[?index]`.
    Index {
        /// The list or map.
        operand: Box<Expr>,
        /// The index or key.
        index: Box<Expr>,
        /// Whether a missing item gives an empty optional.
        optional: bool,
    },
    /// `function(arguments)` or `receiver.function(arguments)`.
    Call {
        /// The function's name.
        function: Arc<str>,
        /// What stands before the dot.
        receiver: Option<Box<Expr>>,
        /// The arguments in parentheses.
        arguments: Vec<Expr>,
    },
    /// `[a, ?b]`.
    List(Vec<Element>),
    /// `{a: b, ?c: d}`.
    Map(Vec<Entry>),
    /// `-a` or `!a`.
    Unary(Unary, Box<Expr>),
    /// `a + b` and its like.
    Binary(Binary, Box<[Expr; 2]>),
    /// `a && b && c`.
    And(Vec<Expr>),
    /// `a || b || c`.
    Or(Vec<Expr>),
    /// `condition ? a : b`.
    Conditional(Box<[Expr; 3]>),
    /// `has(operand.field)`.
    Has {
        /// What may have the field.
        operand: Box<Expr>,
        /// The field's name.
        field: Arc<str>,
    },
    /// A macro that loops.
    Comprehension(Box<Comprehension>),
    /// `cel.bind(name, value, body)`.
    Bind(Box<Bind>),
    /// `optMap` and `optFlatMap`.
    OptionalMap(Box<OptionalMap>),
}

/// A constant.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// `1`
    Int(i64),
    /// `1u`
    Uint(u64),
    /// `1.5`
    Double(f64),
    /// `"text"`
    String(Arc<str>),
    /// `b"bytes"`
    Bytes(Arc<[u8]>),
}

/// An item of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Element {
    /// Whether it is an optional that is left out when empty.
    pub optional: bool,
    /// The item.
    pub value: Expr,
}

/// A pair of a map.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Whether the value is an optional that is left out when empty.
    pub optional: bool,
    /// The key.
    pub key: Expr,
    /// The value.
    pub value: Expr,
}

/// An operator before its operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unary {
    /// `-`
    Negate,
    /// `!`
    Not,
}

/// An operator between its operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binary {
    /// Comparisons.
    Relation(Relation),
    /// `in`
    In,
    /// Calculations.
    Arithmetic(Arithmetic),
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
}

/// A calculation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arithmetic {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Remainder,
}

impl Binary {
    /// The operator as it is written.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Relation(Relation::Equal) => "==",
            Self::Relation(Relation::NotEqual) => "!=",
            Self::Relation(Relation::Less) => "<",
            Self::Relation(Relation::LessEqual) => "<=",
            Self::Relation(Relation::Greater) => ">",
            Self::Relation(Relation::GreaterEqual) => ">=",
            Self::In => "in",
            Self::Arithmetic(Arithmetic::Add) => "+",
            Self::Arithmetic(Arithmetic::Subtract) => "-",
            Self::Arithmetic(Arithmetic::Multiply) => "*",
            Self::Arithmetic(Arithmetic::Divide) => "/",
            Self::Arithmetic(Arithmetic::Remainder) => "%",
        }
    }
}

/// What a loop makes of its items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loop {
    /// Whether the condition holds for all.
    All,
    /// Whether it holds for one at least.
    Exists,
    /// Whether it holds for exactly one.
    ExistsOne,
    /// The items for which it holds.
    Filter,
    /// A list of what is made of each item.
    Map,
    /// The same, by index and item or by key and value.
    TransformList,
    /// A map with the same keys.
    TransformMap,
    /// A map of the entries that are made.
    TransformMapEntry,
}

/// A macro that loops: `range.operation(first, second, filter, body)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Comprehension {
    /// What it makes.
    pub operation: Loop,
    /// The list or map.
    pub range: Expr,
    /// The variable of the item (or key), or of the index (or key) when there are two.
    pub first: Arc<str>,
    /// The variable of the item or value when there are two.
    pub second: Option<Arc<str>>,
    /// Which items take part.
    pub filter: Option<Expr>,
    /// The condition, or what is made of each item.
    pub body: Expr,
}

/// `cel.bind(name, value, body)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Bind {
    /// The variable.
    pub name: Arc<str>,
    /// What it stands for.
    pub value: Expr,
    /// Where it does.
    pub body: Expr,
}

/// `operand.optMap(name, body)`; `flat` for `optFlatMap`.
#[derive(Clone, Debug, PartialEq)]
pub struct OptionalMap {
    /// The optional.
    pub operand: Expr,
    /// The variable of its value.
    pub name: Arc<str>,
    /// What is made of it.
    pub body: Expr,
    /// Whether the body is an optional already.
    pub flat: bool,
}

impl Expr {
    /// Makes a node.
    ///
    /// # Errors
    /// A tree higher than [`DEPTH_MAX`].
    pub fn new(kind: Kind, offset: u32) -> Result<Self> {
        let mut below = 0;
        kind.for_each_child(&mut |child| below = below.max(child.height));
        if usize::from(below) >= DEPTH_MAX {
            return Err(Error::at(ErrorKind::Limit, offset, format!("nested deeper than {DEPTH_MAX}")));
        }
        Ok(Self { kind, offset, height: below + 1 })
    }

    /// What it is.
    pub fn kind(&self) -> &Kind {
        &self.kind
    }

    /// Takes the node apart.
    pub fn into_kind(self) -> Kind {
        self.kind
    }

    /// Where it stands in the source: its operator, its field, its function or its first byte.
    pub fn offset(&self) -> u32 {
        self.offset
    }
}

impl Kind {
    /// Visits the nodes right below, from left to right.
    pub fn for_each_child<'e>(&'e self, visit: &mut dyn FnMut(&'e Expr)) {
        match self {
            Self::Literal(_) | Self::Name { .. } => {}
            Self::Select { operand, .. } | Self::Unary(_, operand) | Self::Has { operand, .. } => {
                visit(operand);
            }
            Self::Index { operand, index, .. } => {
                visit(operand);
                visit(index);
            }
            Self::Call { receiver, arguments, .. } => {
                receiver.iter().map(|receiver| &**receiver).for_each(&mut *visit);
                arguments.iter().for_each(visit);
            }
            Self::List(elements) => elements.iter().for_each(|element| visit(&element.value)),
            Self::Map(entries) => {
                for entry in entries {
                    visit(&entry.key);
                    visit(&entry.value);
                }
            }
            Self::Binary(_, operands) => operands.iter().for_each(visit),
            Self::And(operands) | Self::Or(operands) => operands.iter().for_each(visit),
            Self::Conditional(parts) => parts.iter().for_each(visit),
            Self::Comprehension(comprehension) => {
                visit(&comprehension.range);
                comprehension.filter.iter().for_each(&mut *visit);
                visit(&comprehension.body);
            }
            Self::Bind(bind) => {
                visit(&bind.value);
                visit(&bind.body);
            }
            Self::OptionalMap(map) => {
                visit(&map.operand);
                visit(&map.body);
            }
        }
    }
}
