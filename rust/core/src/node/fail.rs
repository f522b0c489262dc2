//! A node that fails.

use super::expression::{BadExpression, Expression, Reads};
use super::{Inputs, NativeError};
use crate::cel::Fuel;
use crate::value::Value;

/// Fails with a message that an expression makes.
#[derive(Clone, Debug)]
pub struct Fail {
    message: Expression,
    reads_input: bool,
}

impl Fail {
    pub(super) const NAME: &'static str = "fail";

    /// Compiles the message, and tells what it reads.
    ///
    /// # Errors
    /// A text that is no expression.
    pub fn new(message: &str) -> Result<(Self, Reads), Vec<BadExpression>> {
        let mut reads = Reads::default();
        let message = Expression::only(message, &mut reads)?;
        Ok((Self { message, reads_input: reads.input }, reads))
    }

    pub(super) fn reads_input(&self) -> bool {
        self.reads_input
    }

    pub(super) fn evaluate(&self, inputs: &impl Inputs) -> Result<Value, NativeError> {
        let detail = text(self.message.evaluate(inputs, &Fuel::default())?.unwrap_or_default());
        Err(NativeError { path: String::new(), detail })
    }
}

/// The text of a message: text as it is, the rest as JSON.
pub(super) fn text(message: Value) -> String {
    match message {
        Value::String(text) => text.to_string(),
        other => {
            let mut json = Vec::new();
            // What an expression gives as JSON can be written.
            let _ = other.write_json(&mut json);
            String::from_utf8_lossy(&json).into_owned()
        }
    }
}
