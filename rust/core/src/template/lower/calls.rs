//! Filters, tests and functions: they are looked up, and their arguments put in the order of their parameters.

use minijinja::machinery::ast;

use super::super::error::{Place, Result, failed};
use super::super::filters::{self, Filter};
use super::super::predicates;
use super::super::tree::Expr;
use super::{Lowering, place, start};
use crate::cel::check::suggestion;
use crate::value::Value;

impl<'s> Lowering<'s, '_> {
    /// A chain of filters over what is in a slot.
    pub(super) fn filtered(&mut self, filter: Option<&ast::Expr<'s>>, slot: usize) -> Result<Expr> {
        match filter {
            None => Ok(Expr::Variable {
                name: "block".into(),
                slots: [slot].into(),
                place: Place { line: 1, column: 1 },
            }),
            Some(ast::Expr::Filter(filter)) => {
                let value = self.filtered(filter.expr.as_ref(), slot)?;
                self.filter(filter.name, value, &filter.args, place(filter.span()))
            }
            Some(other) => Err(failed("no filter").or_at(start(other))),
        }
    }

    pub(super) fn filter(
        &mut self,
        name: &str,
        value: Expr,
        arguments: &[ast::CallArg<'s>],
        at: Place,
    ) -> Result<Expr> {
        let arguments = |lowering: &mut Self, filter: &Filter| {
            lowering.arguments(filter, arguments).map_err(|trouble| trouble.or_at(at))
        };
        if ["default", "d"].contains(&name) {
            self.ask(&value);
            let [fallback, boolean] =
                arguments(self, &filters::DEFAULT)?.into_vec().try_into().unwrap_or_default();
            let fallback = fallback.unwrap_or(Expr::Constant("".into()));
            let boolean = boolean.unwrap_or(Expr::Constant(Value::Bool(false)));
            return Ok(Expr::Default(Box::new((value, fallback, boolean))));
        }
        let Some(filter) = filters::find(name) else {
            let meant = suggestion(name, filters::names());
            return Err(failed(format!("there is no filter `{name}`{meant}")).or_at(at));
        };
        if filter.builds {
            self.count_builder().map_err(|trouble| trouble.or_at(at))?;
        }
        Ok(Expr::Filter(filter, Box::new(value), arguments(self, filter)?, at))
    }

    /// The arguments of a filter by its parameters.
    fn arguments(&mut self, filter: &Filter, given: &[ast::CallArg<'s>]) -> Result<Box<[Option<Expr>]>> {
        let (name, parameters) = (filter.name, filter.parameters);
        let takes = || match parameters {
            [] => format!("`{name}` takes no argument"),
            parameters => format!("`{name}` takes {}", parameters.join(", ")),
        };
        let mut arguments: Vec<Option<Expr>> = parameters.iter().map(|_| None).collect();
        for (index, argument) in given.iter().enumerate() {
            let (position, value) = match argument {
                ast::CallArg::Pos(value) => (Some(index), value),
                ast::CallArg::Kwarg(key, value) => (parameters.iter().position(|known| known == key), value),
                ast::CallArg::PosSplat(_) | ast::CallArg::KwargSplat(_) => {
                    return Err(failed("arguments are written one by one, without `*`"));
                }
            };
            let Some(argument) = position.and_then(|position| arguments.get_mut(position)) else {
                return Err(failed(takes()));
            };
            *argument = Some(self.expr(value)?);
        }
        if arguments.iter().take(filter.required).any(Option::is_none) {
            return Err(failed(takes()));
        }
        Ok(arguments.into())
    }

    /// Takes note that the template asks whether a value is there.
    fn ask(&mut self, value: &Expr) {
        if let Some(root) = value.root() {
            self.scopes.ask(root);
        }
    }

    pub(super) fn test(&mut self, test: &ast::Test<'s>, at: Place) -> Result<Expr> {
        let value = Box::new(self.expr(&test.expr)?);
        let argument = match &*test.args {
            [] => None,
            [ast::CallArg::Pos(argument)] => Some(Box::new(self.expr(argument)?)),
            _ => return Err(failed("a test takes one argument at most").or_at(at)),
        };
        if ["defined", "undefined"].contains(&test.name) {
            self.ask(&value);
        }
        match (test.name, &argument) {
            ("defined", None) => return Ok(Expr::Defined(value)),
            ("undefined", None) => return Ok(Expr::Not(Box::new(Expr::Defined(value)))),
            _ => {}
        }
        let Some(predicate) = predicates::find(test.name) else {
            let meant = suggestion(test.name, predicates::names());
            return Err(failed(format!("there is no test `{}`{meant}", test.name)).or_at(at));
        };
        match (predicate.takes_argument(), &argument) {
            (true, None) => Err(failed(format!("`is {}` takes an argument", test.name)).or_at(at)),
            (false, Some(_)) => Err(failed(format!("`is {}` takes no argument", test.name)).or_at(at)),
            _ => Ok(Expr::Test(predicate, value, argument, at)),
        }
    }

    pub(super) fn call(&mut self, call: &ast::Call<'s>, at: Place) -> Result<Expr> {
        let refuse = |message: String| Err(failed(message).or_at(at));
        let filter = |name: &str| filters::find(name).map_or("", |filter| filter.name);
        match call.identify_call() {
            ast::CallType::Function("range") => match self.call_arguments(&call.args, at)? {
                bounds if bounds.len() <= 3 => Ok(Expr::Range(bounds, at)),
                _ => refuse("`range` takes start, stop and step".into()),
            },
            ast::CallType::Method(ast::Expr::Var(variable), "cycle") if variable.id == "loop" => {
                let values = self.call_arguments(&call.args, at)?;
                if self.loops == 0 { self.loop_field("cycle", at) } else { Ok(Expr::Cycle(values)) }
            }
            ast::CallType::Function(name) => match filter(name) {
                "" => refuse(format!("there is no function `{name}`, only `range`")),
                filter => refuse(format!("there is no function `{name}`; write `value | {filter}`")),
            },
            ast::CallType::Method(_, name) => match filter(name) {
                "" => refuse(format!("values have no methods like `{name}`; use filters")),
                filter => refuse(format!("values have no methods; write `value | {filter}`")),
            },
            ast::CallType::Object(_) => refuse("only `range` and `loop.cycle` can be called".into()),
        }
    }

    /// The arguments of a function: one at least.
    fn call_arguments(&mut self, given: &[ast::CallArg<'s>], at: Place) -> Result<Box<[Expr]>> {
        let values = given.iter().map(|argument| match argument {
            ast::CallArg::Pos(value) => self.expr(value),
            _ => Err(failed("arguments are written one by one and without names").or_at(at)),
        });
        match values.collect::<Result<Box<[_]>>>()? {
            none if none.is_empty() => Err(failed("an argument is needed").or_at(at)),
            values => Ok(values),
        }
    }
}
