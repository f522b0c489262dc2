//! The short way: nodes that lead to JSON which stays where it is, compared and calculated with there.
//!
//! A pointer goes through a register, where a view or a value has to be written and read again. What is
//! not found here is left to the long way, which also knows why.

use std::cmp::Ordering;

use super::evaluate::{Locals, Machine};
use super::node::{Node, Op, Path};
use crate::cel::syntax::Relation;
use crate::cel::value::Value;
use crate::value::Value as Json;

impl<'e> Machine<'e> {
    /// The JSON that a node leads to.
    #[inline]
    pub(super) fn glance<'a>(&self, node: &'a Node, locals: Locals<'a>) -> Option<&'a Json>
    where
        'e: 'a,
    {
        match &node.op {
            Op::Path(path) => self.glance_path(path),
            Op::Variable(slot) => self.scope.json(*slot as usize),
            Op::Local(between) => locals?.outward(*between)?.json,
            Op::Select(select) if !select.optional => {
                // One step: what is deeper is a path of a variable, or seldom.
                let Op::Local(between) = select.operand.op else { return None };
                locals?.outward(between)?.json?.field(&select.field)
            }
            _ => None,
        }
    }

    /// The integer that a node leads to, or that it is.
    #[inline]
    pub(super) fn glance_int(&self, node: &Node, locals: Locals<'_>) -> Option<i64> {
        match (&node.op, self.glance(node, locals)) {
            (Op::Constant(Value::Int(number)), _) | (_, Some(Json::Int(number))) => Some(*number),
            _ => None,
        }
    }

    #[inline]
    pub(super) fn glance_path(&self, path: &Path) -> Option<&'e Json> {
        if path.is_test {
            return None;
        }
        let mut json = self.scope.json(path.slot as usize)?;
        for field in &path.fields {
            json = json.field(&field.name)?;
        }
        Some(json)
    }
}

/// Compares JSON with a constant, where both are of the same common type.
#[inline]
pub(super) fn compare(relation: Relation, json: &Json, constant: &Value) -> Option<bool> {
    match (json, constant) {
        (Json::Int(a), Value::Int(b)) => Some(holds(relation, Some(a.cmp(b)))),
        (Json::Float(a), Value::Double(b)) => Some(holds(relation, a.partial_cmp(b))),
        (Json::String(a), Value::String(b)) => match relation {
            Relation::Equal => Some(a == b),
            Relation::NotEqual => Some(a != b),
            _ => None,
        },
        _ => None,
    }
}

/// Whether text that is known stands in a list of JSON, and how many items were looked at. Text equals
/// only text, so nothing else need be compared.
#[inline]
pub(super) fn contains(item: &Node, group: &Json) -> Option<(bool, usize)> {
    match (&item.op, group) {
        (Op::Constant(Value::String(wanted)), Json::List(items)) => {
            let is_wanted = |json: &Json| matches!(json, Json::String(text) if text == wanted);
            Some((items.iter().any(is_wanted), items.len()))
        }
        _ => None,
    }
}

/// Whether a relation holds between values in this order; `None` stands for a NaN beside.
#[inline]
pub(super) fn holds(relation: Relation, order: Option<Ordering>) -> bool {
    match relation {
        Relation::Equal => order == Some(Ordering::Equal),
        Relation::NotEqual => order != Some(Ordering::Equal),
        Relation::Less => order == Some(Ordering::Less),
        Relation::LessEqual => order.is_some_and(Ordering::is_le),
        Relation::Greater => order == Some(Ordering::Greater),
        Relation::GreaterEqual => order.is_some_and(Ordering::is_ge),
    }
}
