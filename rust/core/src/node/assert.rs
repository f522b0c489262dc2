//! A node that lets a run go on only if something holds.

use super::expression::{self, BadExpression, Expression, Reads};
use super::fail::text;
use super::{Inputs, NativeError};
use crate::cel::Fuel;
use crate::schema::{JsonSchema, Place};
use crate::value::{Path, Step, Value};

/// Fails unless what it demands of the value of an expression holds: that it is true, or valid by a JSON Schema.
///
/// It gives `true`, or the value with its numbers as the schema declares them.
#[derive(Clone, Debug)]
pub struct Assert {
    value: Expression,
    schema: Option<JsonSchema>,
    message: Option<Box<Expression>>,
    /// The way to the value from the nodes and the input, if the expression is no more than that.
    way: Option<Box<[Step]>>,
    reads_input: bool,
}

impl Assert {
    pub(super) const NAME: &'static str = "assert";

    /// Compiles the expression of a condition, or with a schema that of a value, and one for what is said where
    /// it does not hold; tells what they read.
    ///
    /// # Errors
    /// Texts that are no expressions; the path of one is empty, or `message`.
    pub fn new(
        value: &str,
        schema: Option<JsonSchema>,
        message: Option<&str>,
    ) -> Result<(Self, Reads), Vec<BadExpression>> {
        let mut reads = Reads::default();
        let way = expression::way(value).map(Vec::into_boxed_slice);
        let value = Expression::only(value, &mut reads);
        let of_message = |bad| BadExpression { path: "message".into(), ..bad };
        let message = message.map(|text| {
            let made = Expression::only(text, &mut reads).map(Box::new);
            made.map_err(|bad| bad.into_iter().map(of_message).collect::<Vec<_>>())
        });
        match (value, message.transpose()) {
            (Ok(value), Ok(message)) => {
                Ok((Self { value, schema, message, way, reads_input: reads.input }, reads))
            }
            (value, message) => Err(value.err().into_iter().chain(message.err()).flatten().collect()),
        }
    }

    pub(super) fn reads_input(&self) -> bool {
        self.reads_input
    }

    /// Whether it holds a condition, whose value in a run that goes on is known.
    pub(super) fn is_guard(&self) -> bool {
        self.schema.is_none()
    }

    pub(super) fn evaluate(&self, inputs: &impl Inputs) -> Result<Value, NativeError> {
        let fuel = Fuel::default();
        let Some(schema) = &self.schema else {
            return if self.value.test(inputs, &fuel)? {
                Ok(Value::Bool(true))
            } else {
                Err(self.does_not_hold(inputs, &fuel))
            };
        };
        let value = self.value.evaluate(inputs, &fuel)?.unwrap_or_default();
        schema.validate(&value).map_err(|places| self.is_not_valid(&places, inputs, &fuel))
    }

    #[cold]
    fn does_not_hold(&self, inputs: &impl Inputs, fuel: &Fuel) -> NativeError {
        let detail = self.said(inputs, fuel).unwrap_or_else(|| {
            let seen = self.value.seen(inputs);
            let colon = if seen.is_empty() { "" } else { ": " };
            format!("`{}` does not hold{colon}{}", self.value.source().trim(), seen.join(", "))
        });
        NativeError { path: String::new(), detail }
    }

    #[cold]
    fn is_not_valid(&self, places: &[Place], inputs: &impl Inputs, fuel: &Fuel) -> NativeError {
        let mut paths = places.iter().map(|place| {
            let steps: Vec<Step> = self.way.iter().flatten().chain(&place.steps).cloned().collect();
            Path(&steps).to_string()
        });
        let path = paths.next().unwrap_or_default();
        let others: Vec<String> = paths.collect();
        let mut detail = places.first().map(|place| place.message.clone()).unwrap_or_default();
        if self.way.is_none() {
            detail = format!("{detail}, in what `{}` gives", self.value.source().trim());
        }
        if !others.is_empty() {
            detail = format!("{detail}; also {}", others.join(", "));
        }
        if let Some(said) = self.said(inputs, fuel) {
            detail = format!("{detail}; {said}");
        }
        NativeError { path, detail }
    }

    /// What the message says, or why it says nothing.
    fn said(&self, inputs: &impl Inputs, fuel: &Fuel) -> Option<String> {
        let said = self.message.as_ref()?.evaluate(inputs, fuel);
        Some(said.map_or_else(|error| error.to_string(), |value| text(value.unwrap_or_default())))
    }
}
