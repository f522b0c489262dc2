//! Expressions over what a node reads. A kind may hold any number of them.

use std::collections::HashSet;
use std::sync::{Arc, LazyLock};

use super::{Inputs, Local, NativeError};
use crate::cel;
use crate::cel::syntax::{Expr, Kind};
use crate::cel::time::Timestamp;
use crate::cel::value::Seen;
use crate::cel::{Error, Fuel, Program, Scope, syntax};
use crate::plan::EdgeKind;
use crate::schema::shown;
use crate::value::{Object, Path, Step, Value};

/// How many values the message of a failed condition shows.
const SEEN_MAX: usize = 4;

/// The variable that is the run's input.
pub(super) const INPUT: &str = "input";

/// The variables of expressions beside the nodes.
const VARIABLES: [&str; 8] = [INPUT, "state", "item", "index", "turn", "results", "caller", "error"];

/// Whether a name means something of its own in expressions, so that no node may have it.
pub fn is_reserved(name: &str) -> bool {
    VARIABLES.contains(&name) || cel::is_taken(name)
}

/// What an optional dependency that was skipped is to an expression: an object without fields.
static NOTHING: LazyLock<Value> = LazyLock::new(|| Value::Object(Arc::new(Object::default())));

/// What the expressions of one node read, gathered as they are compiled.
#[derive(Clone, Debug, Default)]
pub struct Reads {
    /// Whether they read the run's input.
    pub input: bool,
    /// The names that are not of nodes, where the machine itself gives them a value.
    locals: &'static [Local],
    /// The nodes, in the order of their positions. One that is asked for by `has` or `.?` anywhere may
    /// have been skipped.
    pub nodes: Vec<(Arc<str>, EdgeKind)>,
}

impl Reads {
    /// Compiles something in which these names have a value of their own.
    pub(super) fn among<T>(&mut self, locals: &'static [Local], compile: impl FnOnce(&mut Self) -> T) -> T {
        let around = std::mem::replace(&mut self.locals, locals);
        let compiled = compile(self);
        self.locals = around;
        compiled
    }

    /// The position of a node that is read as it is, without an expression.
    pub fn node(&mut self, name: &str) -> usize {
        let known = self.nodes.iter().position(|(known, _)| **known == *name);
        known.unwrap_or_else(|| {
            self.nodes.push((name.into(), EdgeKind::Required));
            self.nodes.len() - 1
        })
    }

    /// Adds a variable; `is_optional` where it is asked whether there is such a thing.
    pub(super) fn add(&mut self, name: &str, is_optional: bool) -> Source {
        if name == INPUT {
            self.input = true;
            return Source::Input;
        }
        if let Some(local) = self.locals.iter().find(|local| local.name() == name) {
            return Source::Local(*local);
        }
        let kind = if is_optional { EdgeKind::Optional } else { EdgeKind::Required };
        let position = self.nodes.iter().position(|(known, _)| **known == *name).unwrap_or(self.nodes.len());
        match self.nodes.get_mut(position) {
            Some((_, known)) if is_optional => *known = kind,
            Some(_) => {}
            None => self.nodes.push((name.into(), kind)),
        }
        Source::Output(position)
    }
}

/// A text that is no expression, among those that a node was to hold.
#[derive(Clone, Debug)]
pub struct BadExpression {
    /// The place in what was declared, such as `people[0].name`; empty for all of it.
    pub path: String,
    /// The text; empty where what was declared is itself at fault.
    pub source: Box<str>,
    /// What is wrong.
    pub error: Box<Error>,
}

/// Where a variable comes from.
#[derive(Clone, Copy, Debug)]
pub(super) enum Source {
    Input,
    /// The dependency at a position.
    Output(usize),
    Local(Local),
}

/// An expression whose variables are the run's input and the outputs of nodes.
#[derive(Clone, Debug)]
pub struct Expression {
    source: Arc<str>,
    program: Program,
    slots: Box<[Source]>,
}

impl Expression {
    /// Compiles a text, and adds what it reads to what the node reads already.
    ///
    /// # Errors
    /// A text that is no expression.
    pub fn compile(source: &str, reads: &mut Reads) -> Result<Self, Box<Error>> {
        let tree = syntax::parse(source)?;
        let program = Program::compile(&tree, &[]);
        let mut asked = HashSet::new();
        collect_asked(&tree, &mut asked);
        let slots = program.roots().iter().map(|root| reads.add(&root.name, asked.contains(&*root.name)));
        Ok(Self { source: source.into(), slots: slots.collect(), program })
    }

    /// The same where it is all that was declared.
    ///
    /// # Errors
    /// As [`Self::compile`].
    pub fn only(source: &str, reads: &mut Reads) -> Result<Self, Vec<BadExpression>> {
        Self::compile(source, reads)
            .map_err(|error| vec![BadExpression { path: String::new(), source: source.into(), error }])
    }

    /// The text it was compiled from.
    pub fn source(&self) -> &Arc<str> {
        &self.source
    }

    /// Whether it reads the input.
    pub fn reads_input(&self) -> bool {
        self.slots.iter().any(|source| matches!(source, Source::Input))
    }

    /// Whether it reads the dependency at a position.
    pub fn reads_output(&self, position: usize) -> bool {
        self.slots.iter().any(|source| matches!(source, Source::Output(read) if *read == position))
    }

    /// Evaluates it; `None` for an absent optional.
    ///
    /// # Errors
    /// What the expression does wrong, with the place in its text.
    pub fn evaluate(&self, inputs: &impl Inputs, fuel: &Fuel) -> Result<Option<Value>, NativeError> {
        let scope = Bound { slots: &self.slots, inputs };
        self.program.evaluate_json(&scope, fuel).map_err(|error| self.failed(&error))
    }

    /// Evaluates a condition.
    ///
    /// # Errors
    /// As [`Self::evaluate`], and a value that is neither true nor false.
    pub fn test(&self, inputs: &impl Inputs, fuel: &Fuel) -> Result<bool, NativeError> {
        let scope = Bound { slots: &self.slots, inputs };
        self.program.test(&scope, fuel).map_err(|error| self.failed(&error))
    }

    /// What its paths lead to, in words, where that is text, a number or the like; the first few of them.
    pub(super) fn seen(&self, inputs: &impl Inputs) -> Vec<String> {
        let scope = Bound { slots: &self.slots, inputs };
        let mut seen = Vec::new();
        for (slot, root) in self.program.roots().iter().enumerate() {
            let whole = root.whole.then_some(&[][..]);
            for path in whole.into_iter().chain(root.paths.iter().map(|path| &**path)) {
                let fields = path.iter().try_fold(scope.json(slot), |value, field| Some(value?.field(field)));
                let Some(value) = fields.flatten() else { continue };
                if seen.len() < SEEN_MAX && !matches!(value, Value::List(_) | Value::Object(_)) {
                    let steps: Vec<Step> =
                        std::iter::once(&root.name).chain(path).cloned().map(Step::Key).collect();
                    seen.push(format!("`{}` is {}", Path(&steps), shown(value)));
                }
            }
        }
        seen
    }

    #[cold]
    fn failed(&self, error: &Error) -> NativeError {
        NativeError { path: String::new(), detail: error.under(&self.source) }
    }
}

/// The way that an expression goes which does nothing but follow fields of a variable, such as `input.order`.
pub(super) fn way(source: &str) -> Option<Vec<Step>> {
    let tree = syntax::parse(source).ok()?;
    let mut steps = Vec::new();
    let mut expr = &tree;
    loop {
        match expr.kind() {
            Kind::Name { name, .. } => {
                steps.push(Step::Key(name.clone()));
                steps.reverse();
                return Some(steps);
            }
            Kind::Select { operand, field, optional: false } => {
                steps.push(Step::Key(field.clone()));
                expr = operand;
            }
            _ => return None,
        }
    }
}

/// The variables of one evaluation; they stay where they are.
struct Bound<'a, I> {
    slots: &'a [Source],
    inputs: &'a I,
}

impl<I: Inputs> Scope for Bound<'_, I> {
    fn variable(&self, slot: usize) -> Option<Seen<'_>> {
        self.json(slot).map(Seen::from)
    }

    #[inline]
    fn json(&self, slot: usize) -> Option<&Value> {
        match self.slots.get(slot)? {
            Source::Input => Some(self.inputs.input()),
            Source::Output(position) => Some(self.inputs.output(*position).unwrap_or(&NOTHING)),
            Source::Local(local) => self.inputs.local(*local),
        }
    }

    fn time(&self) -> Option<Timestamp> {
        self.inputs.time()
    }
}

/// The variables of which an expression asks whether a field is there.
fn collect_asked<'e>(expr: &'e Expr, asked: &mut HashSet<&'e str>) {
    match expr.kind() {
        Kind::Has { operand, .. }
        | Kind::Select { operand, optional: true, .. }
        | Kind::Index { operand, optional: true, .. } => asked.extend(variable(operand)),
        _ => {}
    }
    expr.kind().for_each_child(&mut |child| collect_asked(child, asked));
}

/// The variable that a chain of fields begins with.
fn variable(mut expr: &Expr) -> Option<&str> {
    loop {
        match expr.kind() {
            Kind::Name { name, .. } => return Some(name),
            Kind::Select { operand, .. } | Kind::Index { operand, .. } => expr = operand,
            _ => return None,
        }
    }
}
