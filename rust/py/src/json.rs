//! JSON text to Python objects and back, by the core's rules, without core values in between.

use engine_core::value::{self, Builder};
use num_bigint::BigInt;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyDict, PyFloat, PyList, PyString};

use crate::{convert, error};

/// Makes Python objects.
struct Objects<'py> {
    py: Python<'py>,
    /// The first error of the interpreter, such as too little memory.
    failed: Option<PyErr>,
    /// How many pairs the objects under way have been given.
    pairs: Vec<usize>,
}

impl<'py> Objects<'py> {
    fn made<T>(&mut self, result: Result<T, PyErr>) -> Option<T> {
        result.map_err(|error| self.failed.get_or_insert(error)).ok()
    }

    fn none(&self) -> Bound<'py, PyAny> {
        self.py.None().into_bound(self.py)
    }
}

impl<'py> Builder for Objects<'py> {
    type Value = Bound<'py, PyAny>;
    type Key = Bound<'py, PyString>;
    type List = Bound<'py, PyList>;
    type Object = Bound<'py, PyDict>;

    fn null(&mut self) -> Self::Value {
        self.none()
    }

    fn boolean(&mut self, truth: bool) -> Self::Value {
        PyBool::new(self.py, truth).to_owned().into_any()
    }

    fn int(&mut self, number: i64) -> Self::Value {
        match number.into_pyobject(self.py) {
            Ok(number) => number.into_any(),
            Err(never) => match never {},
        }
    }

    fn big(&mut self, number: BigInt) -> Self::Value {
        let made = number.into_pyobject(self.py).map(Bound::into_any);
        self.made(made).unwrap_or_else(|| self.none())
    }

    fn float(&mut self, number: f64) -> Self::Value {
        PyFloat::new(self.py, number).into_any()
    }

    fn string(&mut self, text: &str) -> Self::Value {
        PyString::new(self.py, text).into_any()
    }

    fn key(&mut self, text: &str) -> Self::Key {
        PyString::new(self.py, text)
    }

    fn list(&mut self) -> Self::List {
        PyList::empty(self.py)
    }

    fn push(&mut self, list: &mut Self::List, item: Self::Value) {
        let pushed = list.append(item);
        self.made(pushed);
    }

    fn end_list(&mut self, list: Self::List) -> Self::Value {
        list.into_any()
    }

    fn object(&mut self) -> Self::Object {
        self.pairs.push(0);
        PyDict::new(self.py)
    }

    fn insert(&mut self, object: &mut Self::Object, key: Self::Key, value: Self::Value) {
        if let Some(pairs) = self.pairs.last_mut() {
            *pairs += 1;
        }
        let inserted = object.set_item(key, value);
        self.made(inserted);
    }

    fn end_object(&mut self, object: Self::Object) -> Result<Self::Value, String> {
        let pairs = self.pairs.pop().unwrap_or_default();
        // The dict has kept one of two equal keys; which one it was matters to nobody any more.
        if object.len() < pairs { Err("of one of its pairs".into()) } else { Ok(object.into_any()) }
    }
}

/// Reads JSON text: exact integers, no duplicate keys, bounded size and depth.
#[pyfunction]
pub(crate) fn parse_json<'py>(text: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = text.py();
    convert::with_text(text, |bytes| {
        let mut objects = Objects { py, failed: None, pairs: Vec::new() };
        match value::read(bytes, &mut objects) {
            Ok(_) if objects.failed.is_some() => Err(objects.failed.unwrap_or_else(|| PyErr::fetch(py))),
            Ok(object) => Ok(object),
            // Only the core's own reader keeps the keys that a message names.
            Err(_) => check(py, bytes).and(Ok(py.None().into_bound(py))),
        }
    })
}

/// Refuses what `parse_json` refuses, and makes nothing.
#[pyfunction]
pub(crate) fn check_json(text: &Bound<'_, PyAny>) -> PyResult<()> {
    convert::with_text(text, |bytes| check(text.py(), bytes))
}

fn check(py: Python<'_>, text: &[u8]) -> PyResult<()> {
    value::Value::from_json(text).map(drop).map_err(|refusal| error::json_error(py, &refusal))
}

/// Writes plain JSON types as JSON text.
#[pyfunction]
pub(crate) fn to_json<'py>(value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
    let mut text = Vec::with_capacity(256);
    convert::write(value, &mut text).map_err(convert::NoJson::into_error)?;
    Ok(PyBytes::new(value.py(), &text))
}
