//! Expressions on their own: CEL over Python values.

use std::cell::Cell;
use std::sync::Arc;

use engine_core::cel::value::{Entries, Key, ListRef, Map, MapRef, Seen, Value, View};
use engine_core::cel::{Error, Found, Fuel, Program, Scope, syntax, time};
use engine_host::clock;
use num_bigint::BigInt;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyByteArray, PyBytes, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};

use crate::convert;
use crate::error;

/// How deep values of Python may nest.
const DEPTH_MAX: usize = engine_core::value::DEPTH_MAX;

/// A compiled expression.
#[pyclass(frozen, module = "workflow_engine._core")]
pub(crate) struct Expression {
    source: Box<str>,
    program: Program,
    /// For each variable its name, and the keys of each path that is read of it.
    names: Box<[Names]>,
}

/// A variable in the words of Python.
struct Names {
    variable: Py<PyString>,
    /// The keys of each of its paths.
    paths: Box<[Box<[Py<PyString>]>]>,
}

#[pymethods]
impl Expression {
    #[new]
    fn new(py: Python<'_>, source: &str) -> PyResult<Self> {
        let tree = syntax::parse(source).map_err(|error| raise(py, &error, source))?;
        let program = Program::compile(&tree, &[]);
        let name = |text: &str| PyString::intern(py, text).unbind();
        let names = program.roots().iter().map(|root| {
            let paths = root.paths.iter().map(|path| path.iter().map(|step| name(step)).collect());
            Names { variable: name(&root.name), paths: paths.collect() }
        });
        Ok(Self { source: source.into(), names: names.collect(), program })
    }

    /// Names of the variables it reads, in the order in which they come.
    #[getter]
    fn variables(&self) -> Vec<&str> {
        self.program.roots().iter().map(|root| &*root.name).collect()
    }

    /// Evaluates it over variables by name, with so much work at most.
    #[pyo3(signature = (variables, fuel=None))]
    fn evaluate<'py>(
        &self,
        variables: &Bound<'py, PyDict>,
        fuel: Option<u64>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = variables.py();
        let scope = Variables { expression: self, given: variables, failed: Cell::default() };
        let fuel = fuel.map_or_else(Fuel::default, Fuel::new);
        let seen = self.program.evaluate(&scope, &fuel);
        if let Some(error) = scope.failed.take() {
            return Err(error);
        }
        match seen {
            Ok(seen) => to_object(py, seen.view()),
            Err(error) => Err(raise(py, &error, &self.source)),
        }
    }
}

/// The variables of one evaluation, converted where and as far as they are read.
struct Variables<'e, 'py> {
    expression: &'e Expression,
    given: &'e Bound<'py, PyDict>,
    /// A variable that has no form in CEL.
    failed: Cell<Option<PyErr>>,
}

impl<'py> Variables<'_, 'py> {
    fn get(&self, slot: usize) -> Option<Bound<'py, PyAny>> {
        let names = self.expression.names.get(slot)?;
        self.given.get_item(names.variable.bind(self.given.py())).ok().flatten()
    }

    fn seen(&self, object: &Bound<'py, PyAny>) -> Option<Seen<'static>> {
        match to_value(object, 0) {
            Ok(value) => Some(Seen::Value(value)),
            Err(error) => {
                // The evaluation goes on as if it were not there, and then this is raised.
                self.failed.set(Some(error));
                None
            }
        }
    }
}

impl Scope for Variables<'_, '_> {
    fn variable(&self, slot: usize) -> Option<Seen<'_>> {
        self.seen(&self.get(slot)?)
    }

    fn path(&self, slot: usize, path: usize) -> Found<'_> {
        let Some(mut object) = self.get(slot) else { return Found::Unknown };
        let steps = self.expression.names.get(slot).and_then(|names| names.paths.get(path));
        for (index, step) in steps.into_iter().flatten().enumerate() {
            let Ok(dict) = object.cast_exact::<PyDict>() else {
                // Not of this host: the program follows the path in the value itself.
                return self.variable(slot).map_or(Found::Unknown, Found::Variable);
            };
            match dict.get_item(step.bind(dict.py())) {
                Ok(Some(inner)) => object = inner,
                _ => return Found::Missing(index),
            }
        }
        self.seen(&object).map_or(Found::Unknown, Found::Value)
    }

    fn time(&self) -> Option<time::Timestamp> {
        clock::timestamp()
    }
}

/// A value of Python as CEL knows it.
fn to_value(object: &Bound<'_, PyAny>, depth: usize) -> PyResult<Value> {
    if let Ok(text) = object.cast::<PyString>() {
        return Ok(Value::String(text.to_str()?.into()));
    }
    if object.is_none() {
        return Ok(Value::Null);
    }
    if let Ok(truth) = object.cast::<PyBool>() {
        return Ok(Value::Bool(truth.is_true()));
    }
    if object.is_instance_of::<PyInt>() {
        return integer(object);
    }
    if let Ok(number) = object.cast::<PyFloat>() {
        return Ok(Value::Double(number.value()));
    }
    if depth >= DEPTH_MAX {
        return Err(PyValueError::new_err(format!("a variable is nested deeper than {DEPTH_MAX}")));
    }
    if let Ok(dict) = object.cast::<PyDict>() {
        return map(dict, depth);
    }
    if let Ok(list) = object.cast::<PyList>() {
        return items(list.iter(), depth);
    }
    if let Ok(tuple) = object.cast::<PyTuple>() {
        return items(tuple.iter(), depth);
    }
    if let Ok(bytes) = object.cast::<PyBytes>() {
        return Ok(Value::Bytes(bytes.as_bytes().into()));
    }
    if let Ok(bytes) = object.cast::<PyByteArray>() {
        return Ok(Value::Bytes(bytes.to_vec().into()));
    }
    foreign(object, depth)
}

fn integer(object: &Bound<'_, PyAny>) -> PyResult<Value> {
    if object.get_type().is(unsigned(object.py())?) {
        return Ok(Value::Uint(object.extract()?));
    }
    match object.extract::<i64>() {
        Ok(small) => Ok(Value::Int(small)),
        Err(_) => Ok(Value::Big(Arc::new(object.extract::<BigInt>()?))),
    }
}

fn items<'py>(items: impl Iterator<Item = Bound<'py, PyAny>>, depth: usize) -> PyResult<Value> {
    items.map(|item| to_value(&item, depth + 1)).collect::<PyResult<Vec<_>>>().map(Value::from)
}

fn map(dict: &Bound<'_, PyDict>, depth: usize) -> PyResult<Value> {
    let mut entries = Vec::with_capacity(dict.len());
    for (key, value) in dict {
        let key = to_value(&key, depth + 1)?;
        let key = Key::of(key.view()).map_err(|error| PyTypeError::new_err(error.message))?;
        entries.push((key, to_value(&value, depth + 1)?));
    }
    let entries = Entries::try_new(entries).map_err(|error| PyValueError::new_err(error.message))?;
    Ok(Value::Map(Map::Entries(Arc::new(entries))))
}

/// A value that Python makes plain: a moment or a span of time as text, a model or a member of an Enum as
/// what it holds.
fn foreign(object: &Bound<'_, PyAny>, depth: usize) -> PyResult<Value> {
    let plain = object.py().import("workflow_engine.expression")?.getattr("plain")?.call1((object,))?;
    let (kind, plain): (String, Bound<'_, PyAny>) = plain.extract()?;
    let out_of_range = || PyValueError::new_err(format!("{object} is out of the range of CEL"));
    match &*kind {
        "timestamp" => {
            time::Timestamp::parse(plain.extract()?).map(Value::Timestamp).ok_or_else(out_of_range)
        }
        "duration" => time::Duration::parse(plain.extract()?).map(Value::Duration).ok_or_else(out_of_range),
        _ => to_value(&plain, depth + 1),
    }
}

/// A value of CEL as Python knows it.
fn to_object<'py>(py: Python<'py>, view: View<'_>) -> PyResult<Bound<'py, PyAny>> {
    Ok(match view {
        View::Null | View::Optional(None) => py.None().into_bound(py),
        View::Bool(truth) => PyBool::new(py, truth).to_owned().into_any(),
        View::Int(number) => number.into_pyobject(py)?.into_any(),
        View::Uint(number) => unsigned(py)?.call1((number,))?,
        View::Big(number) => (&**number).into_pyobject(py)?.into_any(),
        View::Double(number) => PyFloat::new(py, number).into_any(),
        View::String(text) => PyString::new(py, text).into_any(),
        View::Bytes(bytes) => PyBytes::new(py, bytes).into_any(),
        View::Optional(Some(value)) => to_object(py, value.view())?,
        View::Type(kind) => PyString::new(py, kind.name()).into_any(),
        View::List(ListRef::Json(items)) => {
            convert::to_object(py, &engine_core::value::Value::List(items.clone()))?
        }
        View::Map(MapRef::Json(object)) => {
            convert::to_object(py, &engine_core::value::Value::Object(object.clone()))?
        }
        View::List(list) => {
            let made = PyList::empty(py);
            for item in list.iter() {
                made.append(to_object(py, item)?)?;
            }
            made.into_any()
        }
        View::Map(map) => {
            let made = PyDict::new(py);
            for (key, value) in map.iter() {
                made.set_item(to_object(py, key)?, to_object(py, value)?)?;
            }
            made.into_any()
        }
        View::Timestamp(moment) => in_python(py, "moment", &moment.to_string())?,
        View::Duration(span) => in_python(py, "span", &span.to_string())?,
    })
}

fn in_python<'py>(py: Python<'py>, name: &str, text: &str) -> PyResult<Bound<'py, PyAny>> {
    py.import("workflow_engine.expression")?.getattr(name)?.call1((text,))
}

/// The class of unsigned integers.
fn unsigned(py: Python<'_>) -> PyResult<&Bound<'_, PyAny>> {
    static UINT: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    UINT.get_or_try_init(py, || Ok(py.import("workflow_engine.expression")?.getattr("UInt")?.unbind()))
        .map(|class| class.bind(py))
}

/// The place of an error in characters.
pub(crate) fn characters(error: &Error, source: &str) -> Option<usize> {
    error.offset.map(|offset| source.get(..offset as usize).map_or(0, |head| head.chars().count()))
}

/// An `ExpressionError`.
pub(crate) fn raise(py: Python<'_>, error: &Error, source: &str) -> PyErr {
    error::raise(py, "ExpressionError", &error.under(source), |facts| {
        facts.set_item("kind", error.kind.code())?;
        facts.set_item("offset", characters(error, source))?;
        facts.set_item("text", source)
    })
}
