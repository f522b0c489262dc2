//! The one bridge of values: Python objects to core values and back.

use std::fmt::Write as _;
use std::sync::Arc;

use engine_core::value::{DEPTH_MAX, NotFinite, Object, Step, Value, write_int, write_string};
use num_bigint::BigInt;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyBytes, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};
use pyo3::{PyTypeInfo, intern};

/// Why an object has no JSON form; boxed, so that results stay small.
#[derive(Debug)]
pub(crate) struct NoJson(Box<Refusal>);

#[derive(Debug)]
struct Refusal {
    /// Steps from the object to the place, innermost first.
    path: Vec<Step>,
    detail: String,
    is_foreign: bool,
}

impl NoJson {
    #[cold]
    fn new(detail: impl Into<String>) -> Self {
        Self(Box::new(Refusal { path: Vec::new(), detail: detail.into(), is_foreign: false }))
    }

    #[cold]
    fn foreign(detail: String) -> Self {
        Self(Box::new(Refusal { path: Vec::new(), detail, is_foreign: true }))
    }

    #[cold]
    fn key(key: &Bound<'_, PyAny>) -> Self {
        Self::foreign(format!("the key {key} is no text"))
    }

    #[cold]
    fn at(mut self, step: Step) -> Self {
        self.0.path.push(step);
        self
    }

    /// Whether the object is of a type that the caller may know how to write as plain JSON.
    pub(crate) fn is_foreign(&self) -> bool {
        self.0.is_foreign
    }

    /// The place, as `$.items[3].name`.
    pub(crate) fn place(&self) -> String {
        let mut text = String::from("$");
        for step in self.0.path.iter().rev() {
            // Writing to a `String` cannot fail.
            let _ = match step {
                Step::Key(key) => write!(text, ".{key}"),
                Step::Index(index) => write!(text, "[{index}]"),
            };
        }
        text
    }

    /// As a Python error.
    pub(crate) fn into_error(self) -> PyErr {
        PyValueError::new_err(format!("{}: {}", self.place(), self.0.detail))
    }
}

/// A step of a path: text is a key, a number an index.
pub(crate) fn to_step(step: &Bound<'_, PyAny>) -> PyResult<Step> {
    match step.cast::<PyString>() {
        Ok(key) => Ok(Step::Key(key.to_str()?.into())),
        Err(_) => step.extract().map(Step::Index),
    }
}

/// The JSON form of an object made of plain JSON types, tuples and Enum members.
pub(crate) fn to_value(object: &Bound<'_, PyAny>) -> Result<Value, NoJson> {
    value_at(object, 0)
}

fn value_at(object: &Bound<'_, PyAny>, depth: usize) -> Result<Value, NoJson> {
    let py = object.py();
    let kind = object.get_type();
    if kind.is(PyString::type_object(py)) {
        return Ok(Value::String(text(object)?.into()));
    }
    if object.is_none() {
        return Ok(Value::Null);
    }
    if kind.is(PyInt::type_object(py)) {
        return integer(object);
    }
    if let Ok(truth) = object.cast_exact::<PyBool>() {
        return Ok(Value::Bool(truth.is_true()));
    }
    if let Ok(number) = object.cast_exact::<PyFloat>() {
        let number = number.value();
        return if number.is_finite() {
            Ok(Value::Float(number))
        } else {
            Err(NoJson::new(format!("{number} has no JSON form")))
        };
    }
    if depth >= DEPTH_MAX {
        return Err(NoJson::new(format!("nested deeper than {DEPTH_MAX}")));
    }
    if let Ok(dict) = object.cast_exact::<PyDict>() {
        let mut entries: Vec<(Arc<str>, Value)> = Vec::with_capacity(dict.len());
        for (key, item) in dict {
            if !key.is_instance_of::<PyString>() {
                return Err(NoJson::key(&key));
            }
            let key: Arc<str> = text(&key)?.into();
            let value =
                value_at(&item, depth + 1).map_err(|error| error.at(Step::Key(key.as_ref().into())))?;
            entries.push((key, value));
        }
        // A dict may hold a `str` and an equal instance of a subclass of it only as one key.
        return match Object::try_new(entries) {
            Ok(object) => Ok(Value::Object(Arc::new(object))),
            Err(key) => Err(NoJson::new(format!("the key {key:?} stands twice"))),
        };
    }
    if let Ok(list) = object.cast_exact::<PyList>() {
        return items(list.iter(), depth);
    }
    if let Ok(tuple) = object.cast_exact::<PyTuple>() {
        return items(tuple.iter(), depth);
    }
    if let Some(value) = enum_value(object) {
        return value_at(&value, depth + 1);
    }
    let name = kind.name().map_or_else(|_| "?".into(), |name| name.to_string());
    Err(NoJson::foreign(format!("{name} has no JSON form")))
}

fn items<'py>(items: impl Iterator<Item = Bound<'py, PyAny>>, depth: usize) -> Result<Value, NoJson> {
    items
        .enumerate()
        .map(|(index, item)| value_at(&item, depth + 1).map_err(|error| error.at(Step::Index(index))))
        .collect::<Result<Vec<Value>, NoJson>>()
        .map(|values| Value::List(values.into()))
}

fn text<'o>(object: &'o Bound<'_, PyAny>) -> Result<&'o str, NoJson> {
    let string = object.cast::<PyString>().map_err(|_| NoJson::new("no text"))?;
    crate::text::of(string).map_err(|_| NoJson::new("text with a lone surrogate has no JSON form"))
}

fn integer(object: &Bound<'_, PyAny>) -> Result<Value, NoJson> {
    if let Ok(small) = object.extract::<i64>() {
        return Ok(Value::Int(small));
    }
    object.extract::<BigInt>().map(Value::integer).map_err(|_| NoJson::new("an integer that cannot be read"))
}

/// Writes the JSON form of an object as text; takes what [`to_value`] takes.
pub(crate) fn write(object: &Bound<'_, PyAny>, out: &mut Vec<u8>) -> Result<(), NoJson> {
    write_at(object, out, 0)
}

fn write_at(object: &Bound<'_, PyAny>, out: &mut Vec<u8>, depth: usize) -> Result<(), NoJson> {
    if let Ok(string) = object.cast_exact::<PyString>() {
        write_string(text(string)?, out);
        return Ok(());
    }
    if let Ok(number) = object.cast_exact::<PyInt>()
        && let Ok(small) = number.extract::<i64>()
    {
        write_int(small, out);
        return Ok(());
    }
    if depth < DEPTH_MAX {
        if let Ok(dict) = object.cast_exact::<PyDict>() {
            out.push(b'{');
            for (index, (key, item)) in dict.iter().enumerate() {
                if !key.is_instance_of::<PyString>() {
                    return Err(NoJson::key(&key));
                }
                if index > 0 {
                    out.push(b',');
                }
                let key = text(&key)?;
                write_string(key, out);
                out.push(b':');
                write_at(&item, out, depth + 1).map_err(|error| error.at(Step::Key(key.into())))?;
            }
            out.push(b'}');
            return Ok(());
        }
        if let Ok(list) = object.cast_exact::<PyList>() {
            out.push(b'[');
            for (index, item) in list.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write_at(&item, out, depth + 1).map_err(|error| error.at(Step::Index(index)))?;
            }
            out.push(b']');
            return Ok(());
        }
    }
    write_other(object, out, depth)
}

/// Writes constants, numbers, and all that is rare; apart, so that what is frequent stays small.
#[inline(never)]
fn write_other(object: &Bound<'_, PyAny>, out: &mut Vec<u8>, depth: usize) -> Result<(), NoJson> {
    let value = value_at(object, depth)?;
    value.write_json(out).map_err(|NotFinite| NoJson::new("NaN and infinities have no JSON form"))
}

/// The value of an Enum member.
fn enum_value<'py>(object: &Bound<'py, PyAny>) -> Option<Bound<'py, PyAny>> {
    static ENUM: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let py = object.py();
    let class =
        ENUM.get_or_try_init(py, || Ok::<_, PyErr>(py.import("enum")?.getattr("Enum")?.unbind())).ok()?;
    object.is_instance(class.bind(py)).ok()?.then(|| object.getattr(intern!(py, "value")).ok()).flatten()
}

/// The Python form of a value.
pub(crate) fn to_object<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    Ok(match value {
        Value::Null => py.None().into_bound(py),
        Value::Bool(truth) => PyBool::new(py, *truth).to_owned().into_any(),
        Value::Int(number) => number.into_pyobject(py)?.into_any(),
        Value::Uint(number) => number.into_pyobject(py)?.into_any(),
        Value::Big(number) => (&**number).into_pyobject(py)?.into_any(),
        Value::Float(number) => PyFloat::new(py, *number).into_any(),
        Value::String(text) => crate::text::string(py, text).into_any(),
        Value::List(items) => {
            let list = PyList::empty(py);
            for item in items.iter() {
                list.append(to_object(py, item)?)?;
            }
            list.into_any()
        }
        Value::Object(object) => {
            let dict = PyDict::new(py);
            for (key, item) in object.iter() {
                dict.set_item(&**key, to_object(py, item)?)?;
            }
            dict.into_any()
        }
    })
}

/// The bytes of a text given as `str`, `bytes` or `bytearray`.
pub(crate) fn with_text<T>(text: &Bound<'_, PyAny>, read: impl FnOnce(&[u8]) -> PyResult<T>) -> PyResult<T> {
    if let Ok(string) = text.cast::<PyString>() {
        return match string.to_str() {
            Ok(string) => read(string.as_bytes()),
            // Lone surrogates: the bytes that follow are no UTF-8 either, and are refused as such.
            Err(_) => read(b"\"\xff\""),
        };
    }
    if let Ok(bytes) = text.cast::<PyBytes>() {
        return read(bytes.as_bytes());
    }
    let copy: Vec<u8> = text.extract()?;
    read(&copy)
}
