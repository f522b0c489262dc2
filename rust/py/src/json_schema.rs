//! JSON Schemas: compiled once, by which Python values are validated in their JSON form.

use engine_core::schema::{self, Place};
use engine_core::value::Step;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyTuple;

use crate::convert;

/// A compiled JSON Schema.
#[pyclass(frozen, name = "JSONSchema", module = "workflow_engine._core")]
pub(crate) struct JsonSchema(pub(crate) schema::JsonSchema);

#[pymethods]
impl JsonSchema {
    /// Compiles a schema; a `Misfit` tells the place in it that is wrong.
    #[new]
    fn new(document: &Bound<'_, PyAny>) -> PyResult<Self> {
        let value = convert::to_value(document).map_err(convert::NoJson::into_error)?;
        schema::JsonSchema::compile(&value).map(Self).map_err(|place| misfit(document.py(), &[place]))
    }

    /// Gives the JSON form of a valid value, with its numbers as the schema declares them.
    fn validate<'py>(&self, value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = value.py();
        let json = convert::to_value(value).map_err(convert::NoJson::into_error)?;
        let valid = self.0.validate(&json).map_err(|places| misfit(py, &places))?;
        convert::to_object(py, &valid)
    }
}

/// The error of a value that does not fit.
#[cold]
fn misfit(py: Python<'_>, places: &[Place]) -> PyErr {
    static CLASS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let made = CLASS
        .get_or_try_init(py, || Ok(py.import("workflow_engine.misfit")?.getattr("Misfit")?.unbind()))
        .and_then(|class| {
            let errors = places.iter().map(|place| Ok((steps(py, &place.steps)?, &place.message)));
            class.bind(py).call1((errors.collect::<PyResult<Vec<_>>>()?,))
        });
    made.map_or_else(|error| error, PyErr::from_value)
}

fn steps<'py>(py: Python<'py>, steps: &[Step]) -> PyResult<Bound<'py, PyTuple>> {
    let step = |step: &Step| -> PyResult<Bound<'py, PyAny>> {
        Ok(match step {
            Step::Key(key) => crate::text::string(py, key).into_any(),
            Step::Index(index) => index.into_pyobject(py)?.into_any(),
        })
    };
    PyTuple::new(py, steps.iter().map(step).collect::<PyResult<Vec<_>>>()?)
}
