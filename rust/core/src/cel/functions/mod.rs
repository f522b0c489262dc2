//! The functions of expressions: one family a file, each a table.

mod conversions;
mod encoders;
mod format;
mod math;
mod models;
mod optionals;
mod pattern;
mod standard;
mod strings;
mod times;

pub use pattern::{PATTERN_LENGTH_MAX, PATTERN_SIZE_MAX, PATTERNS_MAX, Pattern};

use super::error::{Error, ErrorKind, Result};
use super::fuel::Fuel;
use super::value::{Value, ValueType, View};

/// What a function does with its arguments, the receiver first.
pub type Call = fn(&Fuel, &[View<'_>]) -> Result<Value>;

/// How a function is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `size(x)`, `math.abs(x)`
    Global,
    /// `x.contains(y)`
    Method,
    /// Both.
    Either,
}

/// What a parameter takes or a function gives, as far as checks before evaluation look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Anything.
    Any,
    /// A value of a type.
    Of(ValueType),
    /// A list of text.
    Strings,
    /// An optional of the first argument.
    OptionalOfFirst,
    /// What the first argument, an optional or list, holds.
    HeldByFirst,
    /// An optional of what the first argument, a list, holds.
    OptionalOfItem,
    /// What values of the types of both arguments are.
    Joined,
    /// What the first argument, an optional, holds, or the second.
    HeldOrSecond,
}

/// A list of parameters and the result.
pub type Overload = (&'static [Shape], Shape);

/// How a function works.
#[derive(Clone, Copy, Debug)]
pub enum Implementation {
    /// It takes the values of its arguments.
    Strict(Call),
    /// The same, and one more where it is not given: the time of the evaluation, null if that has none.
    Timed(Call),
    /// `or` and `orValue`, whose argument is evaluated only where it is needed.
    Otherwise {
        /// Whether it gives the value, not the optional.
        unwraps: bool,
    },
}

/// A function.
#[derive(Debug)]
pub struct Function {
    /// Its name, with its namespace.
    pub name: &'static str,
    /// How it is called.
    pub form: Form,
    /// What it takes, the receiver first.
    pub overloads: &'static [Overload],
    /// Whether the last parameter may be repeated.
    pub repeats: bool,
    /// How it works.
    pub implementation: Implementation,
}

impl Function {
    /// A function that takes values.
    const fn new(name: &'static str, form: Form, overloads: &'static [Overload], call: Call) -> Self {
        Self { name, form, overloads, repeats: false, implementation: Implementation::Strict(call) }
    }

    fn takes(&self, count: usize) -> bool {
        let fits = |parameters: &[Shape]| {
            parameters.len() == count || (self.repeats && !parameters.is_empty() && count > parameters.len())
        };
        self.overloads.iter().any(|(parameters, _)| fits(parameters))
    }
}

const FAMILIES: [&[Function]; 10] = [
    standard::FUNCTIONS,
    pattern::FUNCTIONS,
    conversions::FUNCTIONS,
    times::FUNCTIONS,
    strings::FUNCTIONS,
    format::FUNCTIONS,
    math::FUNCTIONS,
    encoders::FUNCTIONS,
    optionals::FUNCTIONS,
    models::FUNCTIONS,
];

/// All functions.
pub fn all() -> impl Iterator<Item = &'static Function> {
    FAMILIES.into_iter().flatten()
}

/// Whether a name with a dot behind it begins the names of functions.
pub fn is_namespace(name: &str) -> bool {
    all().any(|function| function.name.split_once('.').is_some_and(|(namespace, _)| namespace == name))
}

/// What a call means.
pub enum Lookup {
    /// A function.
    Function(&'static Function),
    /// Nothing.
    Fault(ErrorKind, String),
}

/// Finds the function of a call. `namespace` is the receiver where that is a name which no macro gave;
/// the receiver comes back unless it is the namespace of the function.
pub fn resolve<R>(
    name: &str,
    namespace: Option<&str>,
    receiver: Option<R>,
    count: usize,
) -> (Lookup, Option<R>) {
    let full =
        namespace.filter(|namespace| is_namespace(namespace)).map(|namespace| format!("{namespace}.{name}"));
    if let Some(full) = &full
        && all().any(|function| function.name == full)
    {
        return (find(full, false, count), None);
    }
    let is_method = receiver.is_some();
    match (find(name, is_method, count + usize::from(is_method)), full) {
        // The namespace is known, so what is missing is its function.
        (Lookup::Fault(ErrorKind::UnknownFunction, _), Some(full)) => (find(&full, false, count), None),
        (found, _) => (found, receiver),
    }
}

fn find(name: &str, is_method: bool, count: usize) -> Lookup {
    let wanted = if is_method { Form::Method } else { Form::Global };
    let mut named = all().filter(|function| function.name == name).peekable();
    if named.peek().is_none() {
        return Lookup::Fault(ErrorKind::UnknownFunction, format!("unknown function `{name}`"));
    }
    let mut fitting =
        named.filter(|function| function.form == wanted || function.form == Form::Either).peekable();
    if fitting.peek().is_none() {
        let written = if is_method { format!("`{name}(x)`") } else { format!("`x.{name}()`") };
        return Lookup::Fault(ErrorKind::NoSuchOverload, format!("`{name}` is called as {written}"));
    }
    if let Some(function) = fitting.find(|function| function.takes(count)) {
        return Lookup::Function(function);
    }
    let given = count - usize::from(is_method);
    let arguments = if given == 1 { "argument" } else { "arguments" };
    Lookup::Fault(ErrorKind::NoSuchOverload, format!("`{name}` does not take {given} {arguments}"))
}

/// The error of a function whose arguments have types that it does not take.
#[cold]
fn no_overload(name: &str, arguments: &[View<'_>]) -> Box<Error> {
    let types: Vec<String> = arguments.iter().map(|view| view.value_type().to_string()).collect();
    Error::new(ErrorKind::NoSuchOverload, format!("`{name}` does not take ({})", types.join(", ")))
}

#[cold]
fn invalid(message: impl Into<String>) -> Box<Error> {
    Error::new(ErrorKind::InvalidArgument, message)
}

#[cold]
fn overflow(message: impl Into<String>) -> Box<Error> {
    Error::new(ErrorKind::Overflow, message)
}

/// Short names for tables.
mod shapes {
    use super::Shape;
    use crate::cel::value::ValueType;

    pub(super) const ANY: Shape = Shape::Any;
    pub(super) const BOOL: Shape = Shape::Of(ValueType::Bool);
    pub(super) const INT: Shape = Shape::Of(ValueType::Int);
    pub(super) const UINT: Shape = Shape::Of(ValueType::Uint);
    pub(super) const DOUBLE: Shape = Shape::Of(ValueType::Double);
    pub(super) const STRING: Shape = Shape::Of(ValueType::String);
    pub(super) const BYTES: Shape = Shape::Of(ValueType::Bytes);
    pub(super) const LIST: Shape = Shape::Of(ValueType::List);
    pub(super) const MAP: Shape = Shape::Of(ValueType::Map);
    pub(super) const TIMESTAMP: Shape = Shape::Of(ValueType::Timestamp);
    pub(super) const DURATION: Shape = Shape::Of(ValueType::Duration);
    pub(super) const TYPE: Shape = Shape::Of(ValueType::Type);
    pub(super) const OPTIONAL: Shape = Shape::Of(ValueType::Optional);
    pub(super) const STRINGS: Shape = Shape::Strings;
}
