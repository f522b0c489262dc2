//! A syntax tree as CEL text, with as few parentheses as it needs.

use std::fmt::{self, Display, Formatter};

use super::ast::{Binary, Comprehension, Expr, Kind, Literal, Loop, Unary};
use super::lexer::{NO_FIELDS, is_name, is_quotable};
use super::literal;

/// How tightly a node binds, from the loosest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Conditional,
    Or,
    And,
    Relation,
    Sum,
    Product,
    Unary,
    Member,
}

impl Level {
    fn of(kind: &Kind) -> Self {
        match kind {
            Kind::Conditional(_) => Self::Conditional,
            Kind::Or(_) => Self::Or,
            Kind::And(_) => Self::And,
            Kind::Binary(operator, _) => Self::of_operator(*operator),
            Kind::Unary(..) => Self::Unary,
            _ => Self::Member,
        }
    }

    fn of_operator(operator: Binary) -> Self {
        use super::ast::Arithmetic::{Add, Subtract};
        match operator {
            Binary::Relation(_) | Binary::In => Self::Relation,
            Binary::Arithmetic(Add | Subtract) => Self::Sum,
            Binary::Arithmetic(_) => Self::Product,
        }
    }

    fn tighter(self) -> Self {
        match self {
            Self::Conditional => Self::Or,
            Self::Or => Self::And,
            Self::And => Self::Relation,
            Self::Relation => Self::Sum,
            Self::Sum => Self::Product,
            Self::Product => Self::Unary,
            Self::Unary | Self::Member => Self::Member,
        }
    }
}

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write_at(self, Level::Conditional, f)
    }
}

/// Writes a node where only nodes of a level or a tighter one can stand.
fn write_at(expr: &Expr, level: Level, f: &mut Formatter<'_>) -> fmt::Result {
    if Level::of(expr.kind()) >= level {
        return write_kind(expr.kind(), f);
    }
    f.write_str("(")?;
    write_kind(expr.kind(), f)?;
    f.write_str(")")
}

fn write_kind(kind: &Kind, f: &mut Formatter<'_>) -> fmt::Result {
    match kind {
        Kind::Literal(literal) => write_literal(literal, f),
        Kind::Name { name, absolute } => write!(f, "{}{name}", if *absolute { "." } else { "" }),
        Kind::Select { operand, field, optional } => {
            write_at(operand, Level::Member, f)?;
            // A tree that no text was parsed to may have any field.
            if !is_name(field) && !is_quotable(field) {
                write!(f, "[{}", mark(*optional))?;
                literal::write_string(field, f)?;
                return f.write_str("]");
            }
            f.write_str(if *optional { ".?" } else { "." })?;
            write_field(field, f)
        }
        Kind::Index { operand, index, optional } => {
            write_at(operand, Level::Member, f)?;
            write!(f, "[{}{index}]", mark(*optional))
        }
        Kind::Call { function, receiver, arguments } => {
            if let Some(receiver) = receiver {
                write_at(receiver, Level::Member, f)?;
                f.write_str(".")?;
            }
            write!(f, "{function}(")?;
            write_list(arguments, f)?;
            f.write_str(")")
        }
        Kind::List(elements) => {
            f.write_str("[")?;
            for (index, element) in elements.iter().enumerate() {
                write!(f, "{}{}{}", comma(index), mark(element.optional), element.value)?;
            }
            f.write_str("]")
        }
        Kind::Map(entries) => {
            f.write_str("{")?;
            for (index, entry) in entries.iter().enumerate() {
                write!(f, "{}{}{}: {}", comma(index), mark(entry.optional), entry.key, entry.value)?;
            }
            f.write_str("}")
        }
        Kind::Unary(operator, operand) => write_unary(*operator, operand, f),
        Kind::Binary(operator, operands) => {
            let [left, right] = &**operands;
            let level = Level::of_operator(*operator);
            write_at(left, level, f)?;
            write!(f, " {} ", operator.symbol())?;
            write_at(right, level.tighter(), f)
        }
        Kind::And(operands) => write_chain(operands, " && ", Level::And, f),
        Kind::Or(operands) => write_chain(operands, " || ", Level::Or, f),
        Kind::Conditional(parts) => {
            let [condition, then, otherwise] = &**parts;
            write_at(condition, Level::Or, f)?;
            f.write_str(" ? ")?;
            write_at(then, Level::Or, f)?;
            write!(f, " : {otherwise}")
        }
        Kind::Has { operand, field } => {
            f.write_str("has(")?;
            write_at(operand, Level::Member, f)?;
            f.write_str(".")?;
            write_field(field, f)?;
            f.write_str(")")
        }
        Kind::Comprehension(comprehension) => write_comprehension(comprehension, f),
        Kind::Bind(bind) => write!(f, "cel.bind({}, {}, {})", bind.name, bind.value, bind.body),
        Kind::OptionalMap(map) => {
            write_at(&map.operand, Level::Member, f)?;
            write!(f, ".opt{}Map({}, {})", if map.flat { "Flat" } else { "" }, map.name, map.body)
        }
    }
}

fn comma(index: usize) -> &'static str {
    if index == 0 { "" } else { ", " }
}

fn mark(optional: bool) -> &'static str {
    if optional { "?" } else { "" }
}

fn write_list(items: &[Expr], f: &mut Formatter<'_>) -> fmt::Result {
    items.iter().enumerate().try_for_each(|(index, item)| write!(f, "{}{item}", comma(index)))
}

fn write_chain(operands: &[Expr], symbol: &str, level: Level, f: &mut Formatter<'_>) -> fmt::Result {
    for (index, operand) in operands.iter().enumerate() {
        if index > 0 {
            f.write_str(symbol)?;
        }
        write_at(operand, level.tighter(), f)?;
    }
    Ok(())
}

fn write_unary(operator: Unary, operand: &Expr, f: &mut Formatter<'_>) -> fmt::Result {
    // Right before a number, a minus would become part of it.
    match operator {
        Unary::Negate if begins_with_number(operand) => write!(f, "-({operand})"),
        Unary::Negate => {
            f.write_str("-")?;
            write_at(operand, Level::Unary, f)
        }
        Unary::Not => {
            f.write_str("!")?;
            write_at(operand, Level::Unary, f)
        }
    }
}

/// Whether the text of a member begins with a number: `1.abs()`, `2[0]`.
fn begins_with_number(expr: &Expr) -> bool {
    match expr.kind() {
        Kind::Select { operand, .. } | Kind::Index { operand, .. } => begins_with_number(operand),
        Kind::Call { receiver: Some(receiver), .. } => begins_with_number(receiver),
        Kind::Comprehension(comprehension) => begins_with_number(&comprehension.range),
        Kind::OptionalMap(map) => begins_with_number(&map.operand),
        Kind::Literal(Literal::Int(_) | Literal::Double(_)) => true,
        _ => false,
    }
}

fn write_literal(literal: &Literal, f: &mut Formatter<'_>) -> fmt::Result {
    match literal {
        Literal::Null => f.write_str("null"),
        Literal::Bool(truth) => write!(f, "{truth}"),
        Literal::Int(number) => write!(f, "{number}"),
        Literal::Uint(number) => write!(f, "{number}u"),
        Literal::Double(number) => write!(f, "{number:?}"),
        Literal::String(text) => literal::write_string(text, f),
        Literal::Bytes(bytes) => literal::write_bytes(bytes, f),
    }
}

fn write_field(field: &str, f: &mut Formatter<'_>) -> fmt::Result {
    let is_plain = is_name(field) && !NO_FIELDS.contains(&field);
    if is_plain { f.write_str(field) } else { write!(f, "`{field}`") }
}

fn write_comprehension(comprehension: &Comprehension, f: &mut Formatter<'_>) -> fmt::Result {
    let Comprehension { operation, range, first, second, filter, body } = comprehension;
    write_at(range, Level::Member, f)?;
    let name = match operation {
        Loop::All => "all",
        Loop::Exists => "exists",
        Loop::ExistsOne if second.is_some() => "existsOne",
        Loop::ExistsOne => "exists_one",
        Loop::Filter => "filter",
        Loop::Map => "map",
        Loop::TransformList => "transformList",
        Loop::TransformMap => "transformMap",
        Loop::TransformMapEntry => "transformMapEntry",
    };
    write!(f, ".{name}({first}")?;
    if let Some(second) = second {
        write!(f, ", {second}")?;
    }
    if let Some(filter) = filter {
        write!(f, ", {filter}")?;
    }
    write!(f, ", {body})")
}
