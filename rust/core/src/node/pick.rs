//! A node that gives one place inside a value.

use super::{Inputs, NativeError};
use crate::value::{Path, Step, Value};

/// Gives the value at a path of the run's input or of another node's output.
#[derive(Clone, Debug)]
pub struct Pick {
    /// Whether the source is the run's input; else it is the first dependency.
    pub from_input: bool,
    /// Steps from the source, outermost first; none gives the source itself.
    pub path: Box<[Step]>,
}

impl Pick {
    pub(super) const NAME: &'static str = "pick";

    pub(super) fn reads_input(&self) -> bool {
        self.from_input
    }

    pub(super) fn evaluate(&self, inputs: &impl Inputs) -> Result<Value, NativeError> {
        let source = if self.from_input { Some(inputs.input()) } else { inputs.output(0) };
        let Some(mut value) = source else {
            return Err(NativeError { path: inputs.name(0).into(), detail: "was skipped".into() });
        };
        for (taken, step) in self.path.iter().enumerate() {
            let inner = match step {
                Step::Key(key) => value.field(key),
                Step::Index(index) => value.item(*index),
            };
            let Some(inner) = inner else {
                let root = if self.from_input { "input" } else { inputs.name(0) };
                let detail = format!("not there, in {}", value.type_name());
                let steps = std::iter::once(Step::Key(root.into()));
                let steps: Vec<Step> = steps.chain(self.path.iter().take(taken + 1).cloned()).collect();
                return Err(NativeError { path: Path(&steps).to_string(), detail });
            };
            value = inner;
        }
        Ok(value.clone())
    }
}
