//! The one bridge of errors: from the core's kinds to the classes of `workflow_engine.errors`.

use engine_core::graph::Fault;
use engine_core::value::{JsonError, JsonErrorKind};
use pyo3::exceptions::{PyException, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{IntoPyDict, PyDict};

/// A class of `workflow_engine.errors`.
fn class<'py>(py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
    static ERRORS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let module = ERRORS
        .get_or_try_init(py, || Ok::<_, PyErr>(py.import("workflow_engine.errors")?.into_any().unbind()))?;
    module.bind(py).getattr(name)
}

/// An error of `workflow_engine.errors`, with its keyword arguments.
pub(crate) fn raise(py: Python<'_>, name: &str, message: &str, arguments: &Bound<'_, PyDict>) -> PyErr {
    match class(py, name).and_then(|class| class.call((message,), Some(arguments))) {
        Ok(error) => PyErr::from_value(error),
        Err(error) => error,
    }
}

/// A text that is refused as JSON.
pub(crate) fn json_error(py: Python<'_>, error: &JsonError) -> PyErr {
    let too_large = error.kind == JsonErrorKind::Size;
    let place = [("line", error.line), ("column", error.column)].into_py_dict(py);
    match place.and_then(|place| place.set_item("too_large", too_large).map(|()| place)) {
        Ok(arguments) => raise(py, "JSONError", &format!("not valid JSON: {error}"), &arguments),
        Err(error) => error,
    }
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
