//! Files of data: YAML and JSON as Python objects, with where their parts stand, and objects as YAML.

use engine_core::document::{self, Document, Flaw, Format};
use engine_core::value::Step;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple};

use crate::convert;

/// What reading gives: the value, its places, and each flaw as (code, line, column, message, remedy).
type Read<'py> = (Bound<'py, PyAny>, Option<Places>, Vec<(&'static str, u32, u32, String, &'static str)>);

/// Reads a file of data, `yaml` or `json`.
#[pyfunction]
pub(crate) fn read_document<'py>(text: &Bound<'py, PyBytes>, format: &str) -> PyResult<Read<'py>> {
    let py = text.py();
    let format = match format {
        "yaml" => Format::Yaml,
        "json" => Format::Json,
        other => return Err(PyValueError::new_err(format!("no format {other:?}"))),
    };
    let bytes = text.as_bytes();
    let document = py.detach(|| Document::read(bytes, format));
    let flaw = |flaw: Flaw| (flaw.code, flaw.line, flaw.column, flaw.message, flaw.remedy);
    let flaws = document.flaws.into_iter().map(flaw).collect();
    Ok(match document.content {
        Some((value, places)) => (convert::to_object(py, &value)?, Some(Places(places)), flaws),
        None => (py.None().into_bound(py), None, flaws),
    })
}

/// Writes plain JSON types as YAML.
#[pyfunction]
pub(crate) fn to_yaml(value: &Bound<'_, PyAny>) -> PyResult<String> {
    let value = convert::to_value(value).map_err(convert::NoJson::into_error)?;
    document::to_yaml(&value).map_err(|_| PyValueError::new_err("NaN and infinities have no JSON form"))
}

/// Where the parts of a file stand.
#[pyclass(frozen, module = "workflow_engine._core")]
pub(crate) struct Places(document::Places);

#[pymethods]
impl Places {
    /// Line and column of what stands at a path, both from 1; of a character of it, if the text before that
    /// is given.
    #[pyo3(signature = (path, before=None))]
    fn of(&self, path: &Bound<'_, PyTuple>, before: Option<&str>) -> PyResult<(u32, u32)> {
        let place = self.0.of(&steps(path)?);
        Ok(before.map_or((place.line, place.column), |before| place.inside(before)))
    }

    /// Line and column of the last key of a path.
    fn of_key(&self, path: &Bound<'_, PyTuple>) -> PyResult<(u32, u32)> {
        let place = self.0.of_key(&steps(path)?);
        Ok((place.line, place.column))
    }

    /// The character that ended a text without quotes; empty for all else.
    fn cut(&self, path: &Bound<'_, PyTuple>) -> PyResult<String> {
        let cut = self.0.of(&steps(path)?).cut();
        Ok(if cut == '\0' { String::new() } else { cut.to_string() })
    }
}

fn steps(path: &Bound<'_, PyTuple>) -> PyResult<Vec<Step>> {
    path.iter().map(|step| convert::to_step(&step)).collect()
}
