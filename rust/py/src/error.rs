//! The one bridge of errors: from the core's kinds to the classes of `workflow_engine.errors`.

use engine_core::graph::Fault;
use engine_core::value::{JsonError, JsonErrorKind};
use pyo3::exceptions::{PyException, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyDict;

/// A class of `workflow_engine.errors`.
fn class<'py>(py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
    static ERRORS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let module = ERRORS
        .get_or_try_init(py, || Ok::<_, PyErr>(py.import("workflow_engine.errors")?.into_any().unbind()))?;
    module.bind(py).getattr(name)
}

/// An error of `workflow_engine.errors`; `state` sets its keyword arguments.
pub(crate) fn raise(
    py: Python<'_>,
    name: &str,
    message: &str,
    state: impl FnOnce(&Bound<'_, PyDict>) -> PyResult<()>,
) -> PyErr {
    let arguments = PyDict::new(py);
    let made = state(&arguments)
        .and_then(|()| class(py, name))
        .and_then(|class| class.call((message,), Some(&arguments)));
    match made {
        Ok(error) => PyErr::from_value(error),
        Err(error) => error,
    }
}

/// A named limit that was reached.
pub(crate) fn limit(py: Python<'_>, message: &str, limit: &str, maximum: usize) -> PyErr {
    raise(py, "LimitError", message, |facts| {
        facts.set_item("limit", limit)?;
        facts.set_item("maximum", maximum)
    })
}

/// A text that is refused as JSON.
pub(crate) fn json_error(py: Python<'_>, error: &JsonError) -> PyErr {
    raise(py, "JSONError", &format!("not valid JSON: {error}"), |facts| {
        facts.set_item("line", error.line)?;
        facts.set_item("column", error.column)?;
        facts.set_item("too_large", error.kind == JsonErrorKind::Size)
    })
}

/// Faults where a plan was asked for.
pub(crate) fn faults(faults: &[Fault]) -> PyErr {
    let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
    PyValueError::new_err(lines.join("\n"))
}

/// A panic of the core, as an error that asks for a report.
pub(crate) fn internal(py: Python<'_>, panic: &(dyn std::any::Any + Send)) -> PyErr {
    let detail = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned());
    let message = format!("the engine failed; please report this: {detail}");
    match class(py, "InternalError").and_then(|class| class.call1((message,))) {
        Ok(error) => PyErr::from_value(error),
        Err(_) => PyException::new_err(detail),
    }
}
