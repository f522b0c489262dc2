//! Compiled expressions.

mod arithmetic;
mod compile;
mod evaluate;
mod glance;
mod looping;
mod node;
mod select;

use std::sync::Arc;

use super::error::Result;
use super::fuel::Fuel;
use super::syntax::Expr;
use super::time::Timestamp;
use super::value::{Seen, Value};
use crate::value::Value as Json;
use compile::Compiler;
use evaluate::Machine;
use node::Node;

/// A variable that a program reads. Its slot is its position among the roots.
#[derive(Clone, Debug, PartialEq)]
pub struct Root {
    /// Its name.
    pub name: Arc<str>,
    /// Whether the program needs all of it, not only what the paths lead to.
    pub whole: bool,
    /// The paths of fields that it reads or asks for, each once.
    pub paths: Vec<Box<[Arc<str>]>>,
}

/// What a path of a variable leads to.
#[derive(Clone, Debug)]
pub enum Found<'s> {
    /// No variable.
    Unknown,
    /// The variable; the program follows the path.
    Variable(Seen<'s>),
    /// What the path leads to.
    Value(Seen<'s>),
    /// The value before the step at this index of the path has no such field.
    Missing(usize),
}

/// What an evaluation knows: the variables, by slot, and its time.
pub trait Scope {
    /// A variable, if it is there.
    fn variable(&self, slot: usize) -> Option<Seen<'_>>;

    /// A variable, where it is JSON that stays where it is: the quickest way to it.
    fn json(&self, _slot: usize) -> Option<&Json> {
        None
    }

    /// What a path of a variable leads to, by its position in [`Root::paths`]. A host that holds data in
    /// its own form follows the path there, and converts what it finds.
    fn path(&self, slot: usize, _path: usize) -> Found<'_> {
        self.variable(slot).map_or(Found::Unknown, Found::Variable)
    }

    /// The time to go by, such as that at which the run started. Without one, what changes with time is as
    /// it is latest known.
    fn time(&self) -> Option<Timestamp> {
        None
    }
}

/// Values in the order of the slots; `None` for those that are missing.
impl Scope for Vec<Option<Value>> {
    fn variable(&self, slot: usize) -> Option<Seen<'_>> {
        self.get(slot)?.as_ref().map(Seen::from)
    }
}

/// JSON in the order of the slots; `None` for what is missing.
impl Scope for Vec<Option<Json>> {
    fn variable(&self, slot: usize) -> Option<Seen<'_>> {
        self.json(slot).map(Seen::from)
    }

    #[inline]
    fn json(&self, slot: usize) -> Option<&Json> {
        self.get(slot)?.as_ref()
    }
}

/// An expression, ready to be evaluated any number of times, by any thread.
#[derive(Clone, Debug)]
pub struct Program {
    node: Node,
    roots: Box<[Root]>,
}

impl Program {
    /// Compiles an expression. What cannot work, such as an unknown function, fails when it is evaluated:
    /// it may stand beside an operand that decides.
    ///
    /// `dotted` are the names of variables that have dots in them.
    pub fn compile(expr: &Expr, dotted: &[&str]) -> Self {
        let mut compiler = Compiler::new(dotted);
        let node = compiler.node(expr);
        Self { node, roots: compiler.into_roots() }
    }

    /// The variables it reads, in the order of their slots.
    pub fn roots(&self) -> &[Root] {
        &self.roots
    }

    /// Evaluates it.
    ///
    /// # Errors
    /// What the expression does wrong, and [`super::ErrorKind::Limit`] when the fuel is used up.
    #[inline]
    pub fn evaluate<'a>(&'a self, scope: &'a dyn Scope, fuel: &'a Fuel) -> Result<Seen<'a>> {
        Machine { scope, fuel, roots: &self.roots }.evaluate(&self.node, None)
    }

    /// Evaluates a condition.
    ///
    /// # Errors
    /// As [`Self::evaluate`], and a value that is neither true nor false.
    #[inline]
    pub fn test(&self, scope: &dyn Scope, fuel: &Fuel) -> Result<bool> {
        Machine { scope, fuel, roots: &self.roots }.truth(&self.node, None, "a condition")
    }

    /// Evaluates it to JSON; `None` for an absent optional.
    ///
    /// # Errors
    /// As [`Self::evaluate`] and [`super::value::View::to_json`].
    pub fn evaluate_json(&self, scope: &dyn Scope, fuel: &Fuel) -> Result<Option<Json>> {
        let machine = Machine { scope, fuel, roots: &self.roots };
        if let Some(json) = machine.glance(&self.node, None) {
            return fuel.burn(1).map(|()| Some(json.clone()));
        }
        let seen = machine.evaluate(&self.node, None)?;
        seen.view().to_json().map_err(|error| error.or_at(self.node.offset))
    }
}
