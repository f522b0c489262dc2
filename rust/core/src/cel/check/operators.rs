//! The types of operators.

use super::{Checker, Type};
use crate::cel::error::ErrorKind;
use crate::cel::syntax::{Arithmetic, Binary, Expr, Relation, Unary};
use crate::cel::value::ValueType;

impl Checker<'_> {
    /// A node that has to be true or false.
    pub(super) fn expect_bool(&mut self, what: &str, expr: &Expr) {
        let found = self.infer(expr);
        if !found.may_be(ValueType::Bool) {
            self.fault(ErrorKind::NoSuchOverload, expr.offset(), format!("{what} takes a bool, not {found}"));
        }
    }

    pub(super) fn logic(&mut self, what: &str, operands: &[Expr]) -> Type {
        for operand in operands {
            self.expect_bool(what, operand);
        }
        Type::Bool
    }

    pub(super) fn unary(&mut self, operator: Unary, operand: &Expr, offset: u32) -> Type {
        if operator == Unary::Not {
            self.expect_bool("`!`", operand);
            return Type::Bool;
        }
        let found = self.infer(operand);
        if !matches!(found, Type::Dyn | Type::Int | Type::Double) {
            self.fault(ErrorKind::NoSuchOverload, offset, format!("`-` does not take {found}"));
            return Type::Dyn;
        }
        found
    }

    pub(super) fn binary(&mut self, operator: Binary, operands: &[Expr; 2], offset: u32) -> Type {
        let [left, right] = operands.each_ref().map(|operand| self.infer(operand));
        match operator {
            Binary::Arithmetic(arithmetic) => {
                if let Some(found) = calculated(arithmetic, &left, &right) {
                    return found;
                }
                let (symbol, remedy) = (operator.symbol(), remedy(arithmetic, &left, &right, operands));
                let message = format!("`{symbol}` does not take {left} and {right}{remedy}");
                self.fault(ErrorKind::NoSuchOverload, offset, message);
                Type::Dyn
            }
            Binary::In => {
                self.membership(&left, &right, offset);
                Type::Bool
            }
            Binary::Relation(Relation::Equal | Relation::NotEqual) => {
                if !comparable(&left, &right) {
                    let message = format!("{left} and {right} are never equal");
                    self.fault(ErrorKind::NoSuchOverload, offset, message);
                }
                Type::Bool
            }
            Binary::Relation(_) => {
                if !ordered(&left, &right) {
                    let message = format!("{left} and {right} have no order");
                    self.fault(ErrorKind::NoSuchOverload, offset, message);
                }
                Type::Bool
            }
        }
    }

    fn membership(&mut self, item: &Type, group: &Type, offset: u32) {
        let wanted = match group {
            Type::Dyn => return,
            Type::List(item) => item,
            Type::Map(key, _) => key,
            Type::Object(_) => &Type::String,
            other => {
                let message = format!("`in` looks into a list or map, not {other}");
                return self.fault(ErrorKind::NoSuchOverload, offset, message);
            }
        };
        if !comparable(item, wanted) {
            self.fault(ErrorKind::NoSuchOverload, offset, format!("{item} is never in {group}"));
        }
    }
}

/// Whether values of two types can be equal. `null` may stand for any value of JSON.
fn comparable(left: &Type, right: &Type) -> bool {
    match (left, right) {
        (Type::Dyn | Type::Null, _) | (_, Type::Dyn | Type::Null) => true,
        (Type::List(a), Type::List(b)) | (Type::Optional(a), Type::Optional(b)) => comparable(a, b),
        (a, b) => (a.is_number() && b.is_number()) || a.value_type() == b.value_type(),
    }
}

fn ordered(left: &Type, right: &Type) -> bool {
    let has_order = |known: &Type| {
        known.is_number()
            || matches!(
                known,
                Type::Dyn | Type::Bool | Type::String | Type::Bytes | Type::Timestamp | Type::Duration
            )
    };
    has_order(left) && has_order(right) && comparable(left, right)
}

/// The type of a calculation; `None` if there is none of these types.
fn calculated(operator: Arithmetic, left: &Type, right: &Type) -> Option<Type> {
    use Arithmetic::{Add, Remainder, Subtract};
    use Type::{Bytes, Double, Duration, Dyn, Int, List, String, Timestamp, Uint};
    let is_sum = matches!(operator, Add | Subtract);
    Some(match (left, right) {
        (Dyn, Dyn) => Dyn,
        // What times are added to or subtracted from may be a time or a duration.
        (Dyn, Timestamp | Duration) | (Timestamp | Duration, Dyn) if is_sum => Dyn,
        (Dyn, List(_)) | (List(_), Dyn) if operator == Add => Type::list(Dyn),
        // Beside what is not known, a type stays what it is.
        (Dyn, known) | (known, Dyn) => calculated(operator, known, known)?,
        (Int, Int) => Int,
        (Uint, Uint) => Uint,
        (Double, Double) if operator != Remainder => Double,
        (String, String) if operator == Add => String,
        (Bytes, Bytes) if operator == Add => Bytes,
        (List(_), List(_)) if operator == Add => left.clone().join(right.clone()),
        (Timestamp, Duration) if is_sum => Timestamp,
        (Duration, Timestamp) if operator == Add => Timestamp,
        (Timestamp, Timestamp) if operator == Subtract => Duration,
        (Duration, Duration) if is_sum => Duration,
        _ => return None,
    })
}

/// How a calculation can be mended.
fn remedy(operator: Arithmetic, left: &Type, right: &Type, operands: &[Expr; 2]) -> String {
    let [left_expr, right_expr] = operands;
    let converted = |function: &str, expr: &Expr| format!("; write `{function}({expr})`");
    match (left, right) {
        (Type::Int | Type::Uint, Type::Double) => converted("double", left_expr),
        (Type::Double, Type::Int | Type::Uint) => converted("double", right_expr),
        (Type::Int, Type::Uint) => converted("int", right_expr),
        (Type::Uint, Type::Int) => converted("int", left_expr),
        (Type::String, other) if operator == Arithmetic::Add && other.is_number() => {
            converted("string", right_expr)
        }
        (other, Type::String) if operator == Arithmetic::Add && other.is_number() => {
            converted("string", left_expr)
        }
        _ => String::new(),
    }
}
