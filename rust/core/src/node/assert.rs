//! A node that lets a value pass if a condition holds for it.

use super::{Inputs, NativeError};
use crate::schema::JsonSchema;
use crate::value::Value;

/// Gives the run's input or another node's output on, if its condition holds; else it fails.
#[derive(Clone, Debug)]
pub struct Assert {
    /// Whether the value is the run's input; else it is the first dependency's output.
    pub from_input: bool,
    /// What must hold for it.
    pub condition: Condition,
}

/// What an [`Assert`] demands.
#[derive(Clone, Debug)]
pub enum Condition {
    /// The value is valid by a JSON Schema.
    Schema(JsonSchema),
}

impl Assert {
    pub(super) const NAME: &'static str = "assert";

    pub(super) fn reads_input(&self) -> bool {
        self.from_input
    }

    pub(super) fn evaluate(&self, inputs: &impl Inputs) -> Result<Value, NativeError> {
        let root = if self.from_input { "input" } else { inputs.name(0) };
        let value = if self.from_input { Some(inputs.input()) } else { inputs.output(0) };
        let Some(value) = value else {
            return Err(NativeError { path: root.into(), detail: "was skipped".into() });
        };
        match &self.condition {
            Condition::Schema(schema) => match schema.validate(value) {
                Ok(()) => Ok(value.clone()),
                Err(places) => {
                    let mut paths = places.iter().map(|place| match &*place.path {
                        "" => root.to_owned(),
                        item if item.starts_with('[') => format!("{root}{item}"),
                        key => format!("{root}.{key}"),
                    });
                    let path = paths.next().unwrap_or_default();
                    let first = places.first().map_or("", |place| &place.message);
                    let others: Vec<String> = paths.collect();
                    let and = if others.is_empty() {
                        String::new()
                    } else {
                        format!("; also {}", others.join(", "))
                    };
                    Err(NativeError { path, detail: format!("{first}{and}") })
                }
            },
        }
    }
}
