//! A node with whose output the run ends.

use super::expression::{BadExpression, Reads};
use super::{Inputs, NativeError, Shape, Transform};
use crate::value::Value;

/// Gives a value of its shape. That it ends the run is the effect of its node.
#[derive(Clone, Debug)]
pub struct End(Transform);

impl End {
    pub(super) const NAME: &'static str = "end";

    /// Compiles the expressions of a shape, and tells what they read.
    ///
    /// # Errors
    /// All expressions that are none.
    pub fn new(shape: &Shape) -> Result<(Self, Reads), Vec<BadExpression>> {
        Transform::new(shape).map(|(output, reads)| (Self(output), reads))
    }

    pub(super) fn reads_input(&self) -> bool {
        self.0.reads_input()
    }

    pub(super) fn evaluate(&self, inputs: &impl Inputs) -> Result<Value, NativeError> {
        self.0.evaluate(inputs)
    }
}
