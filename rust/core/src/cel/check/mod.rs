//! Checking expressions before they are evaluated, as far as types are known.

mod calls;
mod foreign;
mod nearest;
mod operators;
mod schema;
mod types;

use std::sync::Arc;

pub(crate) use nearest::suggestion;
pub use types::{ObjectType, Type};

use super::error::{Error, ErrorKind, shown};
use super::syntax::{Comprehension, Entry, Expr, Kind, Literal, Loop};
use super::value::ValueType;

/// What a check finds.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The type of the expression's value.
    pub result: Type,
    /// What is wrong with it, in the order of the source.
    pub faults: Vec<Error>,
}

/// Checks an expression over variables, all that there are. A variable whose type is not known is
/// [`Type::Dyn`].
pub fn check(expr: &Expr, variables: &[(Arc<str>, Type)]) -> Checked {
    let mut checker = Checker { variables, locals: Vec::new(), faults: Vec::new(), patterns: 0 };
    let result = checker.infer(expr);
    let mut faults = checker.faults;
    faults.sort_by_key(|fault| fault.offset);
    Checked { result, faults }
}

struct Checker<'c> {
    variables: &'c [(Arc<str>, Type)],
    /// The variables of the macros around, the innermost last.
    locals: Vec<(Arc<str>, Type)>,
    faults: Vec<Error>,
    /// How many patterns were looked at.
    patterns: usize,
}

/// The name that an expression spells with dots, and whether it begins with one.
fn dotted(expr: &Expr) -> Option<(String, bool)> {
    match expr.kind() {
        Kind::Name { name, absolute } => Some((name.to_string(), *absolute)),
        Kind::Select { operand, field, optional: false } => {
            let (name, absolute) = dotted(operand)?;
            Some((name + "." + field, absolute))
        }
        _ => None,
    }
}

impl Checker<'_> {
    fn fault(&mut self, kind: ErrorKind, offset: u32, message: impl Into<String>) {
        self.faults.push(Error { kind, message: message.into(), offset: Some(offset) });
    }

    fn local(&self, name: &str) -> Option<&Type> {
        self.locals.iter().rev().find(|(local, _)| &**local == name).map(|(_, known)| known)
    }

    fn variable(&self, name: &str) -> Option<Type> {
        let known = self.variables.iter().find(|(variable, _)| &**variable == name);
        known.map(|(_, known)| known.clone()).or_else(|| ValueType::named(name).map(|_| Type::Type))
    }

    /// The type of a variable or type, which may have dots in its name.
    fn named(&self, expr: &Expr) -> Option<Type> {
        let (name, absolute) = dotted(expr)?;
        let first = name.split('.').next().unwrap_or_default();
        match self.local(first).filter(|_| !absolute) {
            Some(local) if first == name => Some(local.clone()),
            Some(_) => None,
            None => self.variable(&name),
        }
    }

    fn infer(&mut self, expr: &Expr) -> Type {
        if let Some(known) = self.named(expr) {
            return known;
        }
        let offset = expr.offset();
        match expr.kind() {
            Kind::Literal(literal) => literal_type(literal),
            Kind::Name { name, .. } => self.unknown_variable(name, offset),
            Kind::Select { operand, field, optional } => {
                let operand = self.infer(operand);
                let found = self.field(&operand, field, offset);
                wrapped(&operand, *optional, found)
            }
            Kind::Index { operand, index, optional } => {
                let (operand, key) = (self.infer(operand), self.infer(index));
                let found = self.item(&operand, index, &key, offset);
                wrapped(&operand, *optional, found)
            }
            Kind::Call { function, receiver, arguments } => {
                self.call(function, receiver.as_deref(), arguments, offset)
            }
            Kind::List(elements) => {
                let items: Vec<Type> =
                    elements.iter().map(|element| self.held_if(element.optional, &element.value)).collect();
                Type::list(Type::join_all(items))
            }
            Kind::Map(entries) => self.map(entries),
            Kind::Unary(operator, operand) => self.unary(*operator, operand, offset),
            Kind::Binary(operator, operands) => self.binary(*operator, operands, offset),
            Kind::And(operands) => self.logic("`&&`", operands),
            Kind::Or(operands) => self.logic("`||`", operands),
            Kind::Conditional(parts) => {
                let [condition, then, otherwise] = &**parts;
                self.expect_bool("the condition of `?:`", condition);
                let then = self.infer(then);
                then.join(self.infer(otherwise))
            }
            Kind::Has { operand, field } => {
                let operand = self.infer(operand);
                self.field(&operand, field, offset);
                Type::Bool
            }
            Kind::Comprehension(comprehension) => self.comprehension(comprehension),
            Kind::Bind(bind) => {
                let value = self.infer(&bind.value);
                self.within(vec![(bind.name.clone(), value)], |checker| checker.infer(&bind.body))
            }
            Kind::OptionalMap(map) => {
                let operand = self.infer(&map.operand);
                let held = self.held(operand, map.operand.offset());
                let body = self.within(vec![(map.name.clone(), held)], |checker| checker.infer(&map.body));
                Type::optional(if map.flat { self.held(body, map.body.offset()) } else { body })
            }
        }
    }

    fn within<T>(&mut self, locals: Vec<(Arc<str>, Type)>, infer: impl FnOnce(&mut Self) -> T) -> T {
        let outside = self.locals.len();
        self.locals.extend(locals);
        let inferred = infer(self);
        self.locals.truncate(outside);
        inferred
    }

    fn unknown_variable(&mut self, name: &str, offset: u32) -> Type {
        let known = self.locals.iter().chain(self.variables).map(|(known, _)| &**known);
        let meant = match foreign::known_as(name) {
            Some(word) => format!("; did you mean `{word}`?"),
            None => suggestion(name, known),
        };
        let message = format!("unknown variable `{}`{meant}", shown(name));
        self.fault(ErrorKind::UnknownVariable, offset, message);
        Type::Dyn
    }

    /// The type of a field of a type.
    fn field(&mut self, operand: &Type, name: &str, offset: u32) -> Type {
        match operand {
            Type::Dyn => Type::Dyn,
            Type::Optional(held) => self.field(held, name, offset),
            Type::Map(key, value) if key.may_be(ValueType::String) => (**value).clone(),
            Type::Object(object) => match object.field(name) {
                Some(found) => found.clone(),
                None if object.open => Type::Dyn,
                None => {
                    let known = object.fields.iter().map(|(known, _)| &**known);
                    let message = format!("no field `{name}`{}", suggestion(name, known));
                    self.fault(ErrorKind::NoSuchField, offset, message);
                    Type::Dyn
                }
            },
            other => {
                self.fault(ErrorKind::NoSuchField, offset, format!("{other} has no fields, so no `{name}`"));
                Type::Dyn
            }
        }
    }

    /// The type of an item of a type.
    fn item(&mut self, operand: &Type, index: &Expr, key: &Type, offset: u32) -> Type {
        if let (Type::Object(_), Kind::Literal(Literal::String(name))) = (operand, index.kind()) {
            return self.field(operand, name, offset);
        }
        match operand {
            Type::Dyn | Type::Object(_) => Type::Dyn,
            Type::Optional(held) => self.item(held, index, key, offset),
            Type::Map(_, value) => (**value).clone(),
            Type::List(item) => {
                if !key.is_number() && *key != Type::Dyn {
                    let message = format!("the index of a list is an integer, not {key}");
                    self.fault(ErrorKind::NoSuchOverload, index.offset(), message);
                }
                (**item).clone()
            }
            other => {
                self.fault(ErrorKind::NoSuchOverload, offset, format!("{other} has no items"));
                Type::Dyn
            }
        }
    }

    /// What an optional holds.
    fn held(&mut self, optional: Type, offset: u32) -> Type {
        match optional {
            Type::Dyn => Type::Dyn,
            Type::Optional(held) => (*held).clone(),
            other => {
                self.fault(ErrorKind::NoSuchOverload, offset, format!("expected an optional, found {other}"));
                Type::Dyn
            }
        }
    }

    fn held_if(&mut self, is_optional: bool, expr: &Expr) -> Type {
        let found = self.infer(expr);
        if is_optional { self.held(found, expr.offset()) } else { found }
    }

    /// A map whose keys are written out is an object.
    fn map(&mut self, entries: &[Entry]) -> Type {
        let (mut keys, mut values, mut fields) = (Vec::new(), Vec::new(), Vec::new());
        for entry in entries {
            let mut key = self.infer(&entry.key);
            let value = self.held_if(entry.optional, &entry.value);
            if let Kind::Literal(Literal::String(name)) = entry.key.kind() {
                fields.push((name.clone(), value.clone()));
            }
            if !matches!(key, Type::Dyn | Type::Bool | Type::Int | Type::Uint | Type::String) {
                let message = format!("{key} cannot be a key");
                self.fault(ErrorKind::NoSuchOverload, entry.key.offset(), message);
                key = Type::Dyn;
            }
            keys.push(key);
            values.push(value);
        }
        if !entries.is_empty() && fields.len() == entries.len() {
            let object = Type::Object(Arc::new(ObjectType { fields, open: false }));
            return if object.is_too_large() { Type::map(Type::String, Type::Dyn) } else { object };
        }
        Type::map(Type::join_all(keys), Type::join_all(values))
    }

    /// The types of the index or key and of the item or value that a loop runs through.
    fn looped(&mut self, range: &Expr) -> (Type, Type, bool) {
        match self.infer(range) {
            Type::Dyn => (Type::Dyn, Type::Dyn, false),
            Type::List(item) => (Type::Int, (*item).clone(), false),
            Type::Map(key, value) => ((*key).clone(), (*value).clone(), true),
            Type::Object(_) => (Type::String, Type::Dyn, true),
            other => {
                let message = format!("a macro loops over a list or map, not {other}");
                self.fault(ErrorKind::NoSuchOverload, range.offset(), message);
                (Type::Dyn, Type::Dyn, false)
            }
        }
    }

    fn comprehension(&mut self, comprehension: &Comprehension) -> Type {
        let Comprehension { operation, range, first, second, filter, body } = comprehension;
        let (key, item, is_map) = self.looped(range);
        let alone = if is_map { key.clone() } else { item.clone() };
        let locals = match second {
            Some(second) => vec![(first.clone(), key.clone()), (second.clone(), item)],
            None => vec![(first.clone(), alone.clone())],
        };
        let made = self.within(locals, |checker| {
            if let Some(filter) = filter {
                checker.expect_bool("the macro's filter", filter);
            }
            match operation {
                Loop::All | Loop::Exists | Loop::ExistsOne | Loop::Filter => {
                    checker.expect_bool("the macro's condition", body);
                    Type::Bool
                }
                _ => checker.infer(body),
            }
        });
        match operation {
            Loop::All | Loop::Exists | Loop::ExistsOne => Type::Bool,
            Loop::Filter => Type::list(alone),
            Loop::Map | Loop::TransformList => Type::list(made),
            Loop::TransformMap => Type::map(key, made),
            Loop::TransformMapEntry => Type::map(Type::Dyn, Type::Dyn),
        }
    }
}

/// What a selection gives: an optional if it is asked for so, or its operand is one.
fn wrapped(operand: &Type, is_optional: bool, found: Type) -> Type {
    if is_optional || matches!(operand, Type::Optional(_)) { Type::optional(found) } else { found }
}

fn literal_type(literal: &Literal) -> Type {
    match literal {
        Literal::Null => Type::Null,
        Literal::Bool(_) => Type::Bool,
        Literal::Int(_) => Type::Int,
        Literal::Uint(_) => Type::Uint,
        Literal::Double(_) => Type::Double,
        Literal::String(_) => Type::String,
        Literal::Bytes(_) => Type::Bytes,
    }
}
