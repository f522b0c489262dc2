//! The value that a route by conditions chooses by.

use super::expression::{Expression, Reads};
use super::{Inputs, NativeError};
use crate::cel::{Error, Fuel};
use crate::value::Value;

/// Gives the text of the first condition that holds, or null if none does.
#[derive(Clone, Debug)]
pub struct Conditions {
    conditions: Box<[Expression]>,
    reads_input: bool,
}

impl Conditions {
    pub(super) const NAME: &'static str = "conditions";

    /// Compiles the conditions, and tells what they read.
    ///
    /// # Errors
    /// All texts that are no expressions, by their positions.
    #[allow(clippy::type_complexity)] // Each part says what it is.
    pub fn new<'s>(
        sources: impl IntoIterator<Item = &'s str>,
    ) -> Result<(Self, Reads), Vec<(usize, Box<Error>)>> {
        let (mut reads, mut errors, mut conditions) = (Reads::default(), Vec::new(), Vec::new());
        for (position, source) in sources.into_iter().enumerate() {
            match Expression::compile(source, &mut reads) {
                Ok(condition) => conditions.push(condition),
                Err(error) => errors.push((position, error)),
            }
        }
        if errors.is_empty() {
            Ok((Self { conditions: conditions.into(), reads_input: reads.input }, reads))
        } else {
            Err(errors)
        }
    }

    pub(super) fn reads_input(&self) -> bool {
        self.reads_input
    }

    pub(super) fn evaluate(&self, inputs: &impl Inputs) -> Result<Value, NativeError> {
        let fuel = Fuel::default();
        for condition in &self.conditions {
            if condition.test(inputs, &fuel)? {
                return Ok(Value::String(condition.source().clone()));
            }
        }
        Ok(Value::Null)
    }
}
