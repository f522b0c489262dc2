//! Runs of native nodes alone, from JSON text to JSON text: without Python objects, and without holding
//! the interpreter.

use std::sync::Arc;

use engine_core::plan::{Plan, Returns};
use engine_core::run::{Run, Slot, Start};
use engine_core::schema;
use engine_core::value::{Object, Value};
use engine_host::clock;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::json_schema::JsonSchema;
use crate::{convert, exit};

/// JSON that needs no Python to be made the value of a type.
#[pyclass(frozen, module = "workflow_engine._core")]
pub(crate) struct TextForm {
    /// A bit for each kind of JSON.
    kinds: u8,
    schema: Option<schema::JsonSchema>,
}

#[pymethods]
impl TextForm {
    #[new]
    #[pyo3(signature = (kinds, schema=None))]
    fn new(kinds: u8, schema: Option<PyRef<'_, JsonSchema>>) -> Self {
        Self { kinds, schema: schema.map(|schema| schema.0.clone()) }
    }
}

impl TextForm {
    /// The value, with its numbers as they are declared; `None` if it is not accepted.
    fn accept(&self, value: Value) -> Option<Value> {
        match &self.schema {
            _ if kind(&value) & self.kinds == 0 => None,
            Some(schema) => schema.validate(&value).ok(),
            None => Some(value),
        }
    }
}

/// The bit of a kind of JSON.
fn kind(value: &Value) -> u8 {
    1 << match value {
        Value::Null => 0,
        Value::Bool(_) => 1,
        Value::Int(_) | Value::Uint(_) | Value::Big(_) => 2,
        Value::Float(_) => 3,
        Value::String(_) => 4,
        Value::List(_) => 5,
        Value::Object(_) => 6,
    }
}

/// Runs a plan of native nodes alone. `None` for all that ends otherwise than with a result: the usual way,
/// which does the same again, tells why.
pub(crate) fn run_text<'py>(
    plan: &Arc<Plan>,
    text: &Bound<'py, PyAny>,
    taken: &TextForm,
    given: Option<&TextForm>,
) -> PyResult<Option<Bound<'py, PyBytes>>> {
    let py = text.py();
    convert::with_text(text, |bytes| {
        let written = exit::detach(py, || {
            let input = Value::from_json(bytes).ok().and_then(|input| taken.accept(input))?;
            let start = Start { at: clock::timestamp(), ..Start::new(Slot::Json(input)) };
            let run = Run::<()>::new(plan.clone(), start);
            let result = if run.is_stopping() { None } else { result(&run) }?;
            let result = match given {
                // Null is the result of a branch that was skipped, too.
                Some(given) if !matches!(result, Value::Null) => given.accept(result)?,
                _ => result,
            };
            let mut out = Vec::with_capacity(bytes.len());
            result.write_json(&mut out).ok().map(|()| out)
        });
        Ok(written.map(|out| PyBytes::new(py, &out)))
    })
}

/// What a run has given.
fn result(run: &Run<()>) -> Option<Value> {
    let output = |node: &_| run.output(*node).json().cloned().unwrap_or_default();
    match &run.returned() {
        Returns::Object(entries) => {
            let entries = entries.iter().map(|(key, node)| (key.as_str().into(), output(node)));
            Object::try_new(entries.collect()).ok().map(|object| Value::Object(Arc::new(object)))
        }
        other => Some(other.nodes().next().map(output).unwrap_or_default()),
    }
}
