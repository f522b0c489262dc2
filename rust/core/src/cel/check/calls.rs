//! The types of calls.

use super::foreign::known_as;
use super::nearest::suggestion;
use super::{Checker, Type};
use crate::cel::error::ErrorKind;
use crate::cel::functions::{self, Function, Lookup, Overload, PATTERNS_MAX, Pattern, Shape};
use crate::cel::syntax::{Expr, Kind, Literal};
use crate::cel::value::ValueType;

impl Checker<'_> {
    pub(super) fn call(
        &mut self,
        name: &str,
        receiver: Option<&Expr>,
        arguments: &[Expr],
        offset: u32,
    ) -> Type {
        let namespace = receiver.and_then(|receiver| match receiver.kind() {
            Kind::Name { name, absolute } if *absolute || self.local(name).is_none() => Some(&**name),
            _ => None,
        });
        let (found, receiver) = functions::resolve(name, namespace, receiver, arguments.len());
        let exprs: Vec<&Expr> = receiver.into_iter().chain(arguments).collect();
        let types: Vec<Type> = exprs.iter().map(|expr| self.infer(expr)).collect();
        match found {
            Lookup::Function(function) => self.overload(function, &exprs, &types, offset),
            Lookup::Fault(kind, message) => {
                let nearest = match (kind, known_as(name)) {
                    (ErrorKind::UnknownFunction, Some(known)) => format!("; did you mean `{known}`?"),
                    (ErrorKind::UnknownFunction, None) => {
                        suggestion(name, functions::all().map(|known| known.name))
                    }
                    _ => String::new(),
                };
                self.fault(kind, offset, message + &nearest);
                Type::Dyn
            }
        }
    }

    fn overload(&mut self, function: &Function, exprs: &[&Expr], types: &[Type], offset: u32) -> Type {
        self.check_pattern(function, exprs);
        let fitting =
            function.overloads.iter().filter(|(parameters, _)| fits(parameters, types, function.repeats));
        let results: Vec<Type> = fitting.map(|overload| result(overload, types)).collect();
        if results.is_empty() {
            let given: Vec<String> = types.iter().map(ToString::to_string).collect();
            let message = format!("`{}` does not take ({})", function.name, given.join(", "));
            self.fault(ErrorKind::NoSuchOverload, offset, message + &remedy(function, exprs, types));
        }
        Type::join_all(results)
    }

    /// A pattern that is written out is looked at before it is used.
    fn check_pattern(&mut self, function: &Function, exprs: &[&Expr]) {
        if function.name != "matches" || self.patterns == PATTERNS_MAX {
            return;
        }
        if let [_, pattern] = exprs
            && let Kind::Literal(Literal::String(text)) = pattern.kind()
        {
            self.patterns += 1;
            if let Err(error) = Pattern::new(text) {
                self.fault(error.kind, pattern.offset(), error.message);
            }
        }
    }
}

fn fits(parameters: &[Shape], types: &[Type], repeats: bool) -> bool {
    let same_count = parameters.len() == types.len() || (repeats && parameters.len() < types.len());
    let mut shapes = parameters.iter().copied();
    let last = parameters.last().copied().unwrap_or(Shape::Any);
    same_count
        && types.iter().all(|known| match shapes.next().unwrap_or(last) {
            Shape::Of(wanted) => known.may_be(wanted),
            _ => true,
        })
}

/// What a function gives for arguments of these types.
fn result((_, shape): &Overload, types: &[Type]) -> Type {
    let first = types.first().cloned().unwrap_or(Type::Dyn);
    match shape {
        Shape::Any => Type::Dyn,
        Shape::Of(value_type) => Type::of(*value_type),
        Shape::Strings => Type::list(Type::String),
        Shape::Joined => Type::join_all(types.iter().cloned()),
        Shape::HeldOrSecond => held(&first).join(types.get(1).cloned().unwrap_or(Type::Dyn)),
        Shape::OptionalOfFirst => Type::optional(first),
        Shape::HeldByFirst => held(&first),
        Shape::OptionalOfItem => Type::optional(held(&first)),
    }
}

fn held(known: &Type) -> Type {
    match known {
        Type::Optional(held) | Type::List(held) => (**held).clone(),
        _ => Type::Dyn,
    }
}

/// An integer where a double is wanted can be converted.
fn remedy(function: &Function, exprs: &[&Expr], types: &[Type]) -> String {
    let wants_double = |(parameters, _): &Overload| {
        parameters.len() == types.len() && parameters.contains(&Shape::Of(ValueType::Double))
    };
    let integer = exprs.iter().zip(types).find(|(_, known)| matches!(known, Type::Int | Type::Uint));
    match integer {
        Some((expr, _)) if function.overloads.iter().any(wants_double) => format!("; write `double({expr})`"),
        _ => String::new(),
    }
}
