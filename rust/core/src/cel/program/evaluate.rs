//! Evaluating a program.

use super::node::{Element, Entry, Node, Op};
use super::{Root, Scope, arithmetic, glance};
use crate::cel::error::{Error, ErrorKind, Result, shown};
use crate::cel::fuel::{Fuel, MAKING_COST};
use crate::cel::functions::{Call, Pattern};
use crate::cel::syntax::Relation;
use crate::cel::value::{Entries, Key, KeyRef, ListRef, Map, Seen, Value, View, equal, order};
use crate::value::Value as Json;

/// One evaluation.
#[derive(Clone, Copy)]
pub(super) struct Machine<'e> {
    pub(super) scope: &'e dyn Scope,
    pub(super) fuel: &'e Fuel,
    pub(super) roots: &'e [Root],
}

/// A variable of a macro, on the stack.
pub(super) struct Local<'l> {
    pub(super) seen: Seen<'l>,
    /// What it is, where that is JSON.
    pub(super) json: Option<&'l Json>,
    /// Why `cel.bind` has no value for it; that is the error of what uses it.
    pub(super) failure: Option<&'l Error>,
    pub(super) around: Locals<'l>,
}

impl<'l> Local<'l> {
    /// The variable with so many between.
    #[inline]
    pub(super) fn outward(&'l self, between: u32) -> Option<&'l Self> {
        let mut local = self;
        for _ in 0..between {
            local = local.around?;
        }
        Some(local)
    }
}

/// The variables of the macros around, the innermost first.
pub(super) type Locals<'l> = Option<&'l Local<'l>>;

fn boolean<'a>(truth: bool) -> Seen<'a> {
    Seen::View(View::Bool(truth))
}

#[cold]
pub(super) fn not_bool(what: &str, found: View<'_>) -> Box<Error> {
    Error::new(ErrorKind::NoSuchOverload, format!("{what} takes a bool, not {}", found.value_type()))
}

impl<'e> Machine<'e> {
    /// Evaluates a node; an error belongs to the innermost node that it came from. What most nodes are
    /// is done here, without the call of a large function.
    #[inline]
    pub(super) fn evaluate<'a>(&self, node: &'a Node, locals: Locals<'a>) -> Result<Seen<'a>>
    where
        'e: 'a,
    {
        let result = self.fuel.burn(1).and_then(|()| match &node.op {
            Op::Path(path) => self.path(path),
            Op::Constant(value) => Ok(value.into()),
            Op::Local(between) => local(locals, *between),
            op if op.is_truth() => self.decision(op, locals).map(boolean),
            op => self.op(op, locals),
        });
        result.map_err(|error| error.or_at(node.offset))
    }

    /// A node's value, which has to be true or false.
    #[inline]
    pub(super) fn truth(&self, node: &Node, locals: Locals<'_>, what: &str) -> Result<bool> {
        if node.op.is_truth() {
            let result = self.fuel.burn(1).and_then(|()| self.decision(&node.op, locals));
            return result.map_err(|error| error.or_at(node.offset));
        }
        match self.evaluate(node, locals)?.view() {
            View::Bool(truth) => Ok(truth),
            other => Err(not_bool(what, other).or_at(node.offset)),
        }
    }

    /// The nodes that give true or false.
    fn decision(&self, op: &Op, locals: Locals<'_>) -> Result<bool> {
        match op {
            Op::Compare(relation, operands) => {
                let (operand, constant) = &**operands;
                if let Some(json) = self.glance(operand, locals)
                    && let Some(truth) = glance::compare(*relation, json, constant)
                {
                    return self.fuel.burn(1).map(|()| truth);
                }
                let seen = self.evaluate(operand, locals)?;
                self.relation(*relation, seen.view(), constant.view())
            }
            Op::Relation(relation, operands) => {
                let [left, right] = &**operands;
                let (left, right) = (self.evaluate(left, locals)?, self.evaluate(right, locals)?);
                self.relation(*relation, left.view(), right.view())
            }
            Op::And(operands) => self.decide(operands, false, locals),
            Op::Or(operands) => self.decide(operands, true, locals),
            Op::Not(operand) => Ok(!self.truth(operand, locals, "`!`")?),
            Op::In(operands) => {
                let [item, group] = &**operands;
                if let Some(json) = self.glance(group, locals)
                    && let Some((truth, count)) = glance::contains(item, json)
                {
                    return self.fuel.burn_length(2 + count).map(|()| truth);
                }
                let (item, group) = (self.evaluate(item, locals)?, self.evaluate(group, locals)?);
                self.contains(item.view(), group.view())
            }
            Op::Has(select) => self.has(select, locals),
            Op::Matches(operands) => {
                let (text, pattern) = &**operands;
                self.matches(self.evaluate(text, locals)?.view(), pattern)
            }
            _ => Err(Error::new(ErrorKind::NoSuchOverload, "not a decision")),
        }
    }

    fn matches(&self, text: View<'_>, pattern: &Pattern) -> Result<bool> {
        let View::String(text) = text else {
            let message = format!("`matches` takes a string, not {}", text.value_type());
            return Err(Error::new(ErrorKind::NoSuchOverload, message));
        };
        pattern.is_match(text, self.fuel)
    }

    /// All other nodes.
    fn op<'a>(&self, op: &'a Op, locals: Locals<'a>) -> Result<Seen<'a>>
    where
        'e: 'a,
    {
        match op {
            Op::Variable(slot) => {
                self.scope.variable(*slot as usize).ok_or_else(|| self.unknown_variable(*slot))
            }
            Op::Select(select) => self.select(select, locals),
            Op::Index(index) => self.index(index, locals),
            Op::Negate(operand) => Ok(arithmetic::negate(self.evaluate(operand, locals)?.view())?.into()),
            Op::Conditional(parts) => {
                let [condition, then, otherwise] = &**parts;
                let truth = self.truth(condition, locals, "the condition of `?:`")?;
                self.evaluate(if truth { then } else { otherwise }, locals)
            }
            Op::Arithmetic(operator, operands) => {
                let [left, right] = &**operands;
                if let Some(left) = self.glance_int(left, locals)
                    && let Some(right) = self.glance_int(right, locals)
                {
                    self.fuel.burn(2)?;
                    return Ok(Value::Int(arithmetic::whole(*operator, left, right)?).into());
                }
                let (left, right) = (self.evaluate(left, locals)?, self.evaluate(right, locals)?);
                Ok(arithmetic::calculate(*operator, left.view(), right.view(), self.fuel)?.into())
            }
            Op::List(elements) => self.list(elements, locals),
            Op::Map(entries) => self.map(entries, locals),
            Op::Call(call, arguments) => self.call(*call, arguments, locals),
            Op::Time => Ok(self.scope.time().map_or(View::Null, View::Timestamp).into()),
            Op::Otherwise(operands, unwraps) => self.otherwise(operands, *unwraps, locals),
            Op::Loop(looping) => self.looping(looping, locals),
            Op::Bind(operands) => self.bind(operands, locals),
            Op::OptionalMap(operands, flat) => self.optional_map(operands, *flat, locals),
            Op::Fail(fault) => Err(Error::new(fault.0, fault.1.clone())),
            // `evaluate` and `decision` have them.
            _ => self.decision(op, locals).map(boolean),
        }
    }

    #[cold]
    pub(super) fn unknown_variable(&self, slot: u32) -> Box<Error> {
        let name = self.roots.get(slot as usize).map_or("?", |root| &root.name);
        Error::new(ErrorKind::UnknownVariable, format!("unknown variable `{}`", shown(name)))
    }

    /// `&&` and `||`: an operand with the deciding value decides, whatever the others do. Only a limit
    /// that was reached is the end of everything.
    fn decide(&self, operands: &[Node], deciding: bool, locals: Locals<'_>) -> Result<bool> {
        let mut failure = None;
        for operand in operands {
            match self.truth(operand, locals, if deciding { "`||`" } else { "`&&`" }) {
                Ok(truth) if truth == deciding => return Ok(deciding),
                Ok(_) => {}
                Err(error) if error.kind == ErrorKind::Limit => return Err(error),
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        failure.map_or(Ok(!deciding), Err)
    }

    #[inline]
    fn relation(&self, relation: Relation, left: View<'_>, right: View<'_>) -> Result<bool> {
        match relation {
            Relation::Equal => equal(left, right, self.fuel),
            Relation::NotEqual => Ok(!equal(left, right, self.fuel)?),
            _ => Ok(glance::holds(relation, order(left, right, self.fuel)?)),
        }
    }

    fn contains(&self, item: View<'_>, group: View<'_>) -> Result<bool> {
        match group {
            View::List(list) => self.list_contains(item, list),
            View::Map(map) => {
                let Some(key) = KeyRef::of(item) else { return Ok(false) };
                self.fuel.burn_length(key.cost())?;
                Ok(map.get(key).is_some())
            }
            other => {
                let message = format!("`in` looks into a list or map, not {}", other.value_type());
                Err(Error::new(ErrorKind::NoSuchOverload, message))
            }
        }
    }

    fn list_contains(&self, item: View<'_>, list: ListRef<'_>) -> Result<bool> {
        for other in list.iter() {
            self.fuel.burn(1)?;
            if equal(item, other, self.fuel)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn list<'a>(&self, elements: &'a [Element], locals: Locals<'a>) -> Result<Seen<'a>>
    where
        'e: 'a,
    {
        self.fuel.burn_length(MAKING_COST + elements.len())?;
        let mut items = Vec::with_capacity(elements.len());
        for element in elements {
            let value = self.evaluate(&element.value, locals)?.into_value();
            items.extend(if element.optional { held(value)? } else { Some(value) });
        }
        Ok(Value::from(items).into())
    }

    fn map<'a>(&self, entries: &'a [Entry], locals: Locals<'a>) -> Result<Seen<'a>>
    where
        'e: 'a,
    {
        self.fuel.burn_length(MAKING_COST + 2 * entries.len())?;
        let mut made = Vec::with_capacity(entries.len());
        for entry in entries {
            let key = Key::of(self.evaluate(&entry.key, locals)?.view());
            let key = key.map_err(|error| error.or_at(entry.key.offset))?;
            self.fuel.burn_length(key.as_ref().cost())?;
            let value = self.evaluate(&entry.value, locals)?.into_value();
            let value = if entry.optional { held(value)? } else { Some(value) };
            made.extend(value.map(|value| (key, value)));
        }
        Ok(Value::Map(Map::Entries(Entries::try_new(made)?.into())).into())
    }

    fn call<'a>(&self, call: Call, arguments: &'a [Node], locals: Locals<'a>) -> Result<Seen<'a>>
    where
        'e: 'a,
    {
        let value = match arguments {
            [one] => call(self.fuel, &[self.evaluate(one, locals)?.view()]),
            [one, two] => {
                let (one, two) = (self.evaluate(one, locals)?, self.evaluate(two, locals)?);
                call(self.fuel, &[one.view(), two.view()])
            }
            _ => {
                let seen = arguments.iter().map(|argument| self.evaluate(argument, locals));
                let seen = seen.collect::<Result<Vec<Seen<'_>>>>()?;
                let views: Vec<View<'_>> = seen.iter().map(Seen::view).collect();
                call(self.fuel, &views)
            }
        };
        Ok(value?.into())
    }

    /// `cel.bind`: the value is there where the body uses it, so a body that does not never fails by it.
    fn bind<'a>(&self, operands: &'a [Node; 2], locals: Locals<'a>) -> Result<Seen<'a>>
    where
        'e: 'a,
    {
        let [value, body] = operands;
        let (seen, failure) = match self.evaluate(value, locals) {
            Ok(seen) => (seen, None),
            Err(error) if error.kind == ErrorKind::Limit => return Err(error),
            Err(error) => (View::Null.into(), Some(error)),
        };
        let local = Local { seen, json: None, failure: failure.as_deref(), around: locals };
        Ok(self.evaluate(body, Some(&local))?.into_value().into())
    }

    fn otherwise<'a>(&self, operands: &'a [Node; 2], unwraps: bool, locals: Locals<'a>) -> Result<Seen<'a>>
    where
        'e: 'a,
    {
        let [first, second] = operands;
        let seen = self.evaluate(first, locals)?;
        match seen.view() {
            View::Optional(Some(value)) if unwraps => Ok((**value).clone().into()),
            View::Optional(Some(_)) => Ok(seen),
            View::Optional(None) => self.evaluate(second, locals),
            other => Err(no_optional(other)),
        }
    }

    fn optional_map<'a>(&self, operands: &'a [Node; 2], flat: bool, locals: Locals<'a>) -> Result<Seen<'a>>
    where
        'e: 'a,
    {
        let [operand, body] = operands;
        let seen = self.evaluate(operand, locals)?;
        let value = match seen.view() {
            View::Optional(Some(value)) => value.view(),
            View::Optional(None) => return Ok(Value::none().into()),
            other => return Err(no_optional(other)),
        };
        let local = Local { seen: value.into(), json: None, failure: None, around: locals };
        let made = self.evaluate(body, Some(&local))?.into_value();
        match made {
            made if !flat => Ok(Value::some(made).into()),
            Value::Optional(_) => Ok(made.into()),
            other => Err(no_optional(other.view())),
        }
    }
}

fn local(locals: Locals<'_>, between: u32) -> Result<Seen<'_>> {
    // The compiler counted them, so it is there.
    let missing = || Error::new(ErrorKind::UnknownVariable, "unknown variable");
    let local = locals.and_then(|local| local.outward(between)).ok_or_else(missing)?;
    match local.failure {
        None => Ok(local.seen.view().into()),
        Some(failure) => Err(Box::new(failure.clone())),
    }
}

fn no_optional(found: View<'_>) -> Box<Error> {
    let message = format!("expected an optional, found {}", found.value_type());
    Error::new(ErrorKind::NoSuchOverload, message)
}

/// What an optional of a literal holds.
fn held(value: Value) -> Result<Option<Value>> {
    match value {
        Value::Optional(value) => Ok(value.map(|value| (*value).clone())),
        other => Err(no_optional(other.view())),
    }
}
