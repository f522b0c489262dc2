//! JSON text to Python objects and back, by the core's rules.

use engine_core::value::Value;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::{convert, error};

fn read(text: &Bound<'_, PyAny>) -> PyResult<Value> {
    let py = text.py();
    convert::with_text(text, |bytes| {
        Value::from_json(bytes).map_err(|refusal| error::json_error(py, &refusal))
    })
}

/// Reads JSON text: exact integers, no duplicate keys, bounded size and depth.
#[pyfunction]
pub(crate) fn parse_json<'py>(text: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    convert::to_object(text.py(), &read(text)?)
}

/// Refuses what `parse_json` refuses, and makes nothing.
#[pyfunction]
pub(crate) fn check_json(text: &Bound<'_, PyAny>) -> PyResult<()> {
    read(text).map(drop)
}

/// Writes plain JSON types as JSON text.
#[pyfunction]
pub(crate) fn to_json<'py>(value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
    let value_core = convert::to_value(value).map_err(convert::NoJson::into_error)?;
    let mut text = Vec::with_capacity(256);
    value_core
        .write_json(&mut text)
        .map_err(|_| pyo3::exceptions::PyValueError::new_err("NaN and infinities have no JSON form"))?;
    Ok(PyBytes::new(value.py(), &text))
}
