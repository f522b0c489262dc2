//! A node that waits for others and gathers what they gave.

use std::sync::Arc;

use super::{Inputs, NativeError};
use crate::value::{Object, Value};

/// Gives `{name: output}` of those of its nodes that were not skipped.
#[derive(Clone, Debug)]
pub struct Join {
    /// Keys of the object, one for each dependency, all different.
    keys: Box<[Arc<str>]>,
}

impl Join {
    pub(super) const NAME: &'static str = "join";

    #[allow(clippy::unused_self)] // Every kind has this signature.
    pub(super) fn reads_input(&self) -> bool {
        false
    }

    /// Joins the dependencies at positions 0, 1, ... under these names.
    pub fn new(names: impl IntoIterator<Item = Arc<str>>) -> Self {
        Self { keys: names.into_iter().collect() }
    }

    pub(super) fn evaluate(&self, inputs: &impl Inputs) -> Result<Value, NativeError> {
        let entries = self
            .keys
            .iter()
            .enumerate()
            .filter_map(|(position, key)| Some((key.clone(), inputs.output(position)?.clone())))
            .collect();
        match Object::try_new(entries) {
            Ok(object) => Ok(Value::Object(Arc::new(object))),
            Err(key) => Err(NativeError { path: String::new(), detail: format!("joins {key} twice") }),
        }
    }
}
