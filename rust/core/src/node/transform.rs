//! A node that shapes a value out of others.

use std::sync::Arc;

use super::expression::{BadExpression, Expression, Reads};
use super::{Inputs, NativeError};
use crate::cel::{Error, ErrorKind, Fuel};
use crate::value::{DEPTH_MAX, Object, Value};

/// What a transform gives, as it is declared: JSON in which expressions stand.
#[derive(Clone, Debug)]
pub enum Shape {
    /// A value that is always the same.
    Constant(Value),
    /// The text of an expression.
    Expression(Box<str>),
    /// A list of shapes.
    List(Vec<Shape>),
    /// An object of shapes; the keys are all different.
    Object(Vec<(Arc<str>, Shape)>),
}

#[derive(Clone, Debug)]
enum Compiled {
    Constant(Value),
    Expression(Expression),
    List(Box<[Compiled]>),
    Object(Box<[(Arc<str>, Compiled)]>),
}

/// Gives a value of its shape. An absent optional is left out of its object or list.
#[derive(Clone, Debug)]
pub struct Transform {
    shape: Compiled,
    reads_input: bool,
}

impl Transform {
    pub(super) const NAME: &'static str = "transform";

    /// Compiles the expressions of a shape, and tells what they read.
    ///
    /// # Errors
    /// All expressions that are none.
    pub fn new(shape: &Shape) -> Result<(Self, Reads), Vec<BadExpression>> {
        let mut reads = Reads::default();
        Ok((Self::with(shape, &mut reads)?, reads))
    }

    /// Compiles the expressions of a shape, and adds what they read to what the node reads already.
    ///
    /// # Errors
    /// All expressions that are none.
    pub fn with(shape: &Shape, reads: &mut Reads) -> Result<Self, Vec<BadExpression>> {
        let reads_input = std::mem::take(&mut reads.input);
        let mut compiler = Compiler { reads, errors: Vec::new(), path: Vec::new() };
        let shape = compiler.shape(shape);
        let errors = compiler.errors;
        let made = Self { shape, reads_input: reads.input };
        reads.input |= reads_input;
        if errors.is_empty() { Ok(made) } else { Err(errors) }
    }

    pub(super) fn reads_input(&self) -> bool {
        self.reads_input
    }

    /// Whether it reads the dependency at a position.
    pub(super) fn reads_output(&self, position: usize) -> bool {
        self.shape.reads_output(position)
    }

    pub(crate) fn evaluate(&self, inputs: &impl Inputs) -> Result<Value, NativeError> {
        Ok(self.shape.evaluate(inputs, &Fuel::default())?.unwrap_or_default())
    }
}

struct Compiler<'r> {
    reads: &'r mut Reads,
    errors: Vec<BadExpression>,
    path: Vec<String>,
}

impl Compiler<'_> {
    fn shape(&mut self, shape: &Shape) -> Compiled {
        match shape {
            Shape::Constant(value) => Compiled::Constant(value.clone()),
            Shape::Expression(source) => match Expression::compile(source, self.reads) {
                Ok(expression) => Compiled::Expression(expression),
                Err(error) => self.fault(source, error),
            },
            _ if self.path.len() >= DEPTH_MAX => {
                let message = format!("a shape nests {DEPTH_MAX} deep at most");
                self.fault("", Error::new(ErrorKind::Limit, message))
            }
            Shape::List(items) => {
                let step = |(index, item)| self.within(format!("[{index}]"), item);
                Compiled::List(items.iter().enumerate().map(step).collect())
            }
            Shape::Object(entries) => {
                let step = |(key, shape): &(Arc<str>, Shape)| (key.clone(), self.within(dot(key), shape));
                Compiled::Object(entries.iter().map(step).collect())
            }
        }
    }

    fn within(&mut self, step: String, shape: &Shape) -> Compiled {
        self.path.push(step);
        let compiled = self.shape(shape);
        self.path.pop();
        compiled
    }

    fn fault(&mut self, source: &str, error: Box<Error>) -> Compiled {
        let path = self.path.concat().trim_start_matches('.').to_owned();
        self.errors.push(BadExpression { path, source: source.into(), error });
        Compiled::Constant(Value::Null)
    }
}

impl Compiled {
    fn reads_output(&self, position: usize) -> bool {
        match self {
            Self::Constant(_) => false,
            Self::Expression(expression) => expression.reads_output(position),
            Self::List(items) => items.iter().any(|item| item.reads_output(position)),
            Self::Object(entries) => entries.iter().any(|(_, shape)| shape.reads_output(position)),
        }
    }

    fn evaluate(&self, inputs: &impl Inputs, fuel: &Fuel) -> Result<Option<Value>, NativeError> {
        Ok(Some(match self {
            Self::Constant(value) => value.clone(),
            Self::Expression(expression) => return expression.evaluate(inputs, fuel),
            Self::List(items) => {
                let mut made = Vec::with_capacity(items.len());
                for (index, item) in items.iter().enumerate() {
                    let value =
                        item.evaluate(inputs, fuel).map_err(|error| at(&format!("[{index}]"), error))?;
                    made.extend(value);
                }
                Value::List(made.into())
            }
            Self::Object(entries) => {
                let mut made = Vec::with_capacity(entries.len());
                for (key, shape) in entries {
                    let value = shape.evaluate(inputs, fuel).map_err(|error| at(&dot(key), error))?;
                    made.extend(value.map(|value| (key.clone(), value)));
                }
                match Object::try_new(made) {
                    Ok(object) => Value::Object(Arc::new(object)),
                    Err(key) => {
                        let detail = format!("the key {key:?} stands twice");
                        return Err(NativeError { path: String::new(), detail });
                    }
                }
            }
        }))
    }
}

fn dot(key: &str) -> String {
    format!(".{key}")
}

/// Puts a step before the place of an error.
#[cold]
fn at(step: &str, error: NativeError) -> NativeError {
    let path = if error.path.starts_with('[') || error.path.is_empty() {
        format!("{step}{}", error.path)
    } else {
        format!("{step}.{}", error.path)
    };
    NativeError { path: path.trim_start_matches('.').to_owned(), detail: error.detail }
}
