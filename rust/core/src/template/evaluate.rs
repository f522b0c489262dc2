//! Expressions: what they give, and what is said when something is not there.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use super::error::{Missing, Place, Result, Trouble, failed};
use super::filters::Arguments;
use super::operators::{self, is_true};
use super::output::{burn_bytes, burn_items};
use super::render::Turn;
use super::tree::{Expr, LoopField, Operator};
use crate::cel::Fuel;
use crate::value::{Object, Value};

/// What a template can see at a point of its rendering.
pub(super) struct Frame<'v> {
    roots: &'v [Option<&'v Value>],
    slots: Vec<Option<Cow<'v, Value>>>,
    /// The loops around, outermost first.
    pub(super) turns: Vec<Turn>,
    pub(super) fuel: &'v Fuel,
}

impl<'v> Frame<'v> {
    pub(super) fn new(roots: &'v [Option<&'v Value>], slots: usize, fuel: &'v Fuel) -> Self {
        Self { roots, slots: vec![None; slots], turns: Vec::new(), fuel }
    }

    pub(super) fn set(&mut self, slot: usize, value: Cow<'v, Value>) {
        if let Some(place) = self.slots.get_mut(slot) {
            *place = Some(value);
        }
    }

    pub(super) fn clear(&mut self, slots: Range<usize>) {
        if let Some(slots) = self.slots.get_mut(slots) {
            slots.fill(None);
        }
    }

    pub(super) fn evaluate(&self, expr: &'v Expr) -> Result<Cow<'v, Value>> {
        self.fuel.burn(1)?;
        match expr {
            Expr::Constant(value) => Ok(Cow::Borrowed(value)),
            Expr::Root { name, position, place } => match self.roots.get(*position) {
                Some(Some(value)) => Ok(Cow::Borrowed(*value)),
                _ => Err(Trouble::missing(Missing::Root(name.clone())).or_at(*place)),
            },
            Expr::Variable { name, slots, place } => self.variable(name, slots, *place),
            Expr::Loop(field) => Ok(Cow::Owned(self.loop_field(*field)?)),
            Expr::Field(inner, name, place) => self.field(inner, name, *place),
            Expr::Item(parts, place) => self.item(&parts.0, &parts.1, *place),
            Expr::And(parts) => {
                let left = self.evaluate(&parts.0)?;
                if is_true(&left) { self.evaluate(&parts.1) } else { Ok(left) }
            }
            Expr::Or(parts) => {
                let left = self.evaluate(&parts.0)?;
                if is_true(&left) { Ok(left) } else { self.evaluate(&parts.1) }
            }
            Expr::Choice(parts) => {
                let (condition, then, otherwise) = &**parts;
                self.evaluate(if is_true(&*self.evaluate(condition)?) { then } else { otherwise })
            }
            Expr::Default(parts) => self.or_default(&parts.0, &parts.1, &parts.2),
            made => self.made(made).map(Cow::Owned),
        }
    }

    /// Expressions that give a value of their own.
    fn made(&self, expr: &'v Expr) -> Result<Value> {
        match expr {
            Expr::Cycle(values) => {
                let turn = self.turns.last().map_or(0, |turn| turn.index);
                match turn.checked_rem(values.len()).and_then(|position| values.get(position)) {
                    Some(value) => Ok(self.evaluate(value)?.into_owned()),
                    None => Err(failed("`loop.cycle` of nothing")),
                }
            }
            Expr::Range(bounds, place) => self.range(bounds).map_err(|trouble| trouble.or_at(*place)),
            Expr::Slice(parts, place) => {
                let (value, bounds) = &**parts;
                self.slice(value, bounds).map_err(|trouble| trouble.or_at(*place))
            }
            Expr::Not(inner) => Ok(Value::Bool(!is_true(&*self.evaluate(inner)?))),
            Expr::Negate(inner, place) => {
                operators::negate(&*self.evaluate(inner)?).map_err(|trouble| trouble.or_at(*place))
            }
            Expr::Binary(operator, parts, place) => {
                let (left, right) = (self.evaluate(&parts.0)?, self.evaluate(&parts.1)?);
                self.operate(*operator, &left, &right).map_err(|trouble| trouble.or_at(*place))
            }
            Expr::Chain(first, links, place) => {
                self.chain(first, links).map(Value::Bool).map_err(|trouble| trouble.or_at(*place))
            }
            Expr::List(items) => {
                burn_items(self.fuel, items.len())?;
                items.iter().map(|item| Ok(self.evaluate(item)?.into_owned())).collect()
            }
            Expr::Object(entries, place) => self.object(entries).map_err(|trouble| trouble.or_at(*place)),
            Expr::Filter(filter, value, arguments, place) => {
                let value = self.evaluate(value)?;
                let arguments = arguments.iter().map(|argument| match argument {
                    Some(argument) => self.evaluate(argument).map(Some),
                    None => Ok(None),
                });
                let arguments = Arguments::new(filter, arguments.collect::<Result<_>>()?);
                (filter.call)(self.fuel, &value, &arguments).map_err(|trouble| trouble.or_at(*place))
            }
            Expr::Test(predicate, value, argument, place) => {
                let value = self.evaluate(value)?;
                let argument = argument.as_ref().map(|argument| self.evaluate(argument)).transpose()?;
                let holds = predicate.test(&value, argument.as_deref(), self.fuel);
                holds.map(Value::Bool).map_err(|trouble| trouble.or_at(*place))
            }
            Expr::Defined(inner) => match self.evaluate(inner) {
                Ok(_) => Ok(Value::Bool(true)),
                Err(trouble) if trouble.is_missing() => Ok(Value::Bool(false)),
                Err(trouble) => Err(trouble),
            },
            other => Ok(self.evaluate(other)?.into_owned()),
        }
    }

    fn variable(&self, name: &str, slots: &[usize], place: Place) -> Result<Cow<'v, Value>> {
        match slots.iter().find_map(|slot| self.slots.get(*slot)?.clone()) {
            Some(value) => Ok(value),
            None => Err(Trouble::missing(Missing::Variable(name.into())).or_at(place)),
        }
    }

    fn loop_field(&self, field: LoopField) -> Result<Value> {
        let Some(Turn { index, length }) = self.turns.last().copied() else {
            return Err(failed("`loop` is known only inside of a loop"));
        };
        let number = |number: usize| Value::Int(i64::try_from(number).unwrap_or(i64::MAX));
        Ok(match field {
            LoopField::Index => number(index + 1),
            LoopField::Index0 => number(index),
            LoopField::FromEnd => number(length - index),
            LoopField::FromEnd0 => number(length - index - 1),
            LoopField::First => Value::Bool(index == 0),
            LoopField::Last => Value::Bool(index + 1 == length),
            LoopField::Length => number(length),
        })
    }

    fn field(&self, inner: &'v Expr, name: &str, place: Place) -> Result<Cow<'v, Value>> {
        let value = self.evaluate(inner)?;
        let found = match &value {
            Cow::Borrowed(value) => value.field(name).map(Cow::Borrowed),
            Cow::Owned(value) => value.field(name).cloned().map(Cow::Owned),
        };
        found.ok_or_else(|| absent(inner, &value, name.into()).or_at(place))
    }

    fn item(&self, inner: &'v Expr, key: &'v Expr, place: Place) -> Result<Cow<'v, Value>> {
        let (value, key) = (self.evaluate(inner)?, self.evaluate(key)?);
        let found = match &value {
            Cow::Borrowed(value) => at(value, &key).map(Cow::Borrowed),
            Cow::Owned(value) => at(value, &key).cloned().map(Cow::Owned),
        };
        if let Some(found) = found {
            return Ok(found);
        }
        if let (Value::String(text), Value::Int(index)) = (&*value, &*key) {
            burn_bytes(self.fuel, text.len())?;
            let letter = position(*index, || text.chars().count()).and_then(|index| text.chars().nth(index));
            if let Some(letter) = letter {
                return Ok(Cow::Owned(Value::from(&*letter.encode_utf8(&mut [0; 4]))));
            }
        }
        Err(absent(inner, &value, key.into_owned()).or_at(place))
    }

    fn or_default(&self, value: &'v Expr, fallback: &'v Expr, boolean: &'v Expr) -> Result<Cow<'v, Value>> {
        match self.evaluate(value) {
            Ok(value) if is_true(&value) || !is_true(&*self.evaluate(boolean)?) => Ok(value),
            Err(trouble) if !trouble.is_missing() => Err(trouble),
            _ => self.evaluate(fallback),
        }
    }

    fn operate(&self, operator: Operator, left: &Value, right: &Value) -> Result<Value> {
        match operator {
            Operator::Equal
            | Operator::NotEqual
            | Operator::Less
            | Operator::LessOrEqual
            | Operator::Greater
            | Operator::GreaterOrEqual
            | Operator::In
            | Operator::NotIn => operators::compare(operator, left, right, self.fuel).map(Value::Bool),
            _ => operators::calculate(operator, left, right, self.fuel),
        }
    }

    fn chain(&self, first: &'v Expr, links: &'v [(Operator, Expr)]) -> Result<bool> {
        let mut left = self.evaluate(first)?;
        for (operator, right) in links {
            let right = self.evaluate(right)?;
            if !operators::compare(*operator, &left, &right, self.fuel)? {
                return Ok(false);
            }
            left = right;
        }
        Ok(true)
    }

    fn slice(&self, value: &'v Expr, bounds: &'v [Option<Expr>; 3]) -> Result<Value> {
        let value = self.evaluate(value)?;
        let mut numbers = [None; 3];
        for (number, bound) in numbers.iter_mut().zip(bounds) {
            *number = match bound {
                Some(bound) => self.bound(bound)?,
                None => None,
            };
        }
        operators::slice(&value, numbers, self.fuel)
    }

    /// An integer, or `null` for none.
    fn bound(&self, expr: &'v Expr) -> Result<Option<i64>> {
        match &*self.evaluate(expr)? {
            Value::Null => Ok(None),
            Value::Int(number) => Ok(Some(*number)),
            other => Err(failed(format!("an integer is needed, not {}", other.type_name()))),
        }
    }

    /// `range(stop)`, `range(start, stop)` or `range(start, stop, step)`.
    fn range(&self, bounds: &'v [Expr]) -> Result<Value> {
        let bounds =
            bounds.iter().map(|bound| Ok(self.bound(bound)?.unwrap_or(0))).collect::<Result<Vec<_>>>()?;
        let (start, stop, step) = match *bounds {
            [stop] => (0, stop, 1),
            [start, stop] => (start, stop, 1),
            [start, stop, step] => (start, stop, step),
            _ => return Err(failed("`range` takes start, stop and step")),
        };
        let (span, width) = (i128::from(stop) - i128::from(start), i128::from(step));
        if width == 0 {
            return Err(failed("a step of 0 leads nowhere"));
        }
        let count =
            if (span > 0) == (width > 0) { span.unsigned_abs().div_ceil(width.unsigned_abs()) } else { 0 };
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        burn_items(self.fuel, count)?;
        Ok(std::iter::successors(Some(start), |number| number.checked_add(step))
            .take(count)
            .map(Value::Int)
            .collect())
    }

    fn object(&self, entries: &'v [(Expr, Expr)]) -> Result<Value> {
        burn_items(self.fuel, entries.len().saturating_mul(2))?;
        let mut made: Vec<(Arc<str>, Value)> = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            let Value::String(key) = self.evaluate(key)?.into_owned() else {
                return Err(failed("the keys of an object are text"));
            };
            made.push((key, self.evaluate(value)?.into_owned()));
        }
        match Object::try_new(made) {
            Ok(object) => Ok(Value::Object(Arc::new(object))),
            Err(key) => Err(failed(format!("the key `{key}` stands twice in an object"))),
        }
    }
}

#[cold]
fn absent(of: &Expr, value: &Value, key: Value) -> Box<Trouble> {
    Trouble::missing(Missing::Inside { of: spell(of), value: value.clone(), key })
}

/// The value of a key, or the item at an index; negative indexes count from the end.
fn at<'a>(value: &'a Value, key: &Value) -> Option<&'a Value> {
    match (value, key) {
        (Value::Object(object), Value::String(key)) => object.get(key),
        (Value::List(items), Value::Int(index)) => items.get(position(*index, || items.len())?),
        _ => None,
    }
}

fn position(index: i64, length: impl FnOnce() -> usize) -> Option<usize> {
    match usize::try_from(index) {
        Ok(index) => Some(index),
        Err(_) => length().checked_sub(usize::try_from(index.unsigned_abs()).ok()?),
    }
}

/// An expression as messages name it.
fn spell(expr: &Expr) -> String {
    match expr {
        Expr::Root { name, .. } | Expr::Variable { name, .. } => name.to_string(),
        Expr::Field(inner, name, _) => format!("{}.{name}", spell(inner)),
        Expr::Item(parts, _) => match &parts.1 {
            Expr::Constant(Value::String(key)) => format!("{}[{key:?}]", spell(&parts.0)),
            Expr::Constant(Value::Int(index)) => format!("{}[{index}]", spell(&parts.0)),
            _ => format!("{}[...]", spell(&parts.0)),
        },
        Expr::Filter(filter, inner, ..) => format!("{} | {}", spell(inner), filter.name),
        _ => "(...)".into(),
    }
}
