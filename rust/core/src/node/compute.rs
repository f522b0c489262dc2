//! A node that works out one expression.

use super::expression::{BadExpression, Expression, Reads};
use super::{Inputs, NativeError};
use crate::cel::Fuel;
use crate::value::Value;

/// Gives the value of an expression; null for an absent optional.
#[derive(Clone, Debug)]
pub struct Compute {
    expression: Expression,
    reads_input: bool,
}

impl Compute {
    pub(super) const NAME: &'static str = "compute";

    /// Compiles the expression, and tells what it reads.
    ///
    /// # Errors
    /// A text that is no expression.
    pub fn new(source: &str) -> Result<(Self, Reads), Vec<BadExpression>> {
        let mut reads = Reads::default();
        let expression = Expression::only(source, &mut reads)?;
        Ok((Self { expression, reads_input: reads.input }, reads))
    }

    pub(super) fn reads_input(&self) -> bool {
        self.reads_input
    }

    pub(super) fn evaluate(&self, inputs: &impl Inputs) -> Result<Value, NativeError> {
        Ok(self.expression.evaluate(inputs, &Fuel::default())?.unwrap_or_default())
    }
}
