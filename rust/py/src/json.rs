//! JSON text to Python objects and back, by the core's rules, without core values in between.

use std::cell::Cell;
use std::sync::{LazyLock, Mutex, MutexGuard};

use engine_core::value::{self, Builder};
use num_bigint::BigInt;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyDict, PyFloat, PyList, PyString};
use smallvec::SmallVec;

use crate::{convert, error, text};

/// How many bytes of room a thread keeps for the text that it writes.
const TEXT_KEPT_MAX: usize = 64 << 10;
/// How many keys are kept; a power of two.
const KEYS_MAX: usize = 1024;
/// How long a kept key may be, in bytes.
const KEY_SIZE_MAX: usize = 64;

/// Keys of objects that were read, because the same ones come again: each is made and hashed once.
struct Keys([Option<Py<PyString>>; KEYS_MAX]);

static KEYS: LazyLock<Mutex<Box<Keys>>> =
    LazyLock::new(|| Mutex::new(Box::new(Keys([const { None }; KEYS_MAX]))));

impl Keys {
    /// Gives a key; of two that want the same slot the later one has it.
    fn get<'py>(&mut self, py: Python<'py>, wanted: &str) -> Bound<'py, PyString> {
        let slot = &mut self.0[slot_of(wanted.as_bytes())];
        if let Some(key) = slot
            && text::of(key.bind(py)).is_ok_and(|known| known == wanted)
        {
            return key.bind(py).clone();
        }
        let key = text::string(py, wanted);
        *slot = Some(key.clone().unbind());
        key
    }
}

/// The slot of a key: a hash that need not be good, only quick. It reads words that may overlap.
fn slot_of(key: &[u8]) -> usize {
    const MULTIPLIER: u64 = 0x9E37_79B9_7F4A_7C15;
    let mix = |hash: u64, word: u64| (hash.rotate_left(23) ^ word).wrapping_mul(MULTIPLIER);
    let mut hash = key.len() as u64;
    if let (Some(first), Some(last)) = (key.first_chunk::<8>(), key.last_chunk::<8>()) {
        hash = mix(hash, u64::from_le_bytes(*first));
        if let Some(middle) = key.get(8..key.len() - 8) {
            hash = middle.as_chunks().0.iter().fold(hash, |hash, word| mix(hash, u64::from_le_bytes(*word)));
        }
        hash = mix(hash, u64::from_le_bytes(*last));
    } else if let (Some(first), Some(last)) = (key.first_chunk::<4>(), key.last_chunk::<4>()) {
        let (first, last) = (u32::from_le_bytes(*first), u32::from_le_bytes(*last));
        hash = mix(hash, u64::from(first) << 32 | u64::from(last));
    } else {
        hash = mix(hash, key.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)));
    }
    (hash >> (u64::BITS - KEYS_MAX.trailing_zeros())) as usize
}

/// Makes Python objects.
struct Objects<'py> {
    py: Python<'py>,
    /// `None` where somebody else is reading: there is no waiting for them, who may be further up in
    /// this very thread, interrupted by the collector of garbage.
    keys: Option<MutexGuard<'static, Box<Keys>>>,
    /// The first error of the interpreter, such as too little memory.
    failed: Option<PyErr>,
    /// How many pairs the objects under way have been given.
    pairs: SmallVec<[usize; 16]>,
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
        text::string(self.py, text).into_any()
    }

    fn key(&mut self, text: &str) -> Self::Key {
        match &mut self.keys {
            Some(keys) if text.len() <= KEY_SIZE_MAX => keys.get(self.py, text),
            _ => text::string(self.py, text),
        }
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
        let mut objects = Objects { py, keys: KEYS.try_lock().ok(), failed: None, pairs: SmallVec::new() };
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
    write(value).map_err(convert::NoJson::into_error)
}

/// The JSON text of what is plain from the outside in; `None` for all else.
pub(crate) fn plain_text<'py>(value: &Bound<'py, PyAny>) -> Option<Bound<'py, PyAny>> {
    let is_plain = value.is_exact_instance_of::<PyDict>()
        || value.is_exact_instance_of::<PyString>()
        || value.is_exact_instance_of::<PyList>();
    if is_plain { write(value).ok().map(Bound::into_any) } else { None }
}

fn write<'py>(value: &Bound<'py, PyAny>) -> Result<Bound<'py, PyBytes>, convert::NoJson> {
    thread_local! {
        static TEXT: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
    }
    // Taken rather than borrowed: the value of an Enum member is Python code that may come here again.
    let mut text = TEXT.take();
    text.clear();
    let written = convert::write(value, &mut text);
    let bytes = written.map(|()| PyBytes::new(value.py(), &text));
    if text.capacity() <= TEXT_KEPT_MAX {
        TEXT.set(text);
    }
    bytes
}
