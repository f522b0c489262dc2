//! Text between Python and Rust without a second look at it, where it is ASCII as nearly always.
//!
//! The functions of the interpreter for this check and copy byte by byte, and are called for every
//! string and key of a JSON text.

use pyo3::prelude::*;
use pyo3::types::PyString;

/// The text of a string.
///
/// # Errors
/// It holds a lone surrogate.
pub(crate) fn of<'o>(string: &'o Bound<'_, PyString>) -> PyResult<&'o str> {
    match ffi::ascii(string) {
        Some(text) => Ok(text),
        None => string.to_str(),
    }
}

/// Makes a string.
pub(crate) fn string<'py>(py: Python<'py>, text: &str) -> Bound<'py, PyString> {
    // Of short ones the interpreter keeps what it has made.
    if text.len() > 1 && text.is_ascii() {
        ffi::new_ascii(py, text).unwrap_or_else(|| PyString::new(py, text))
    } else {
        PyString::new(py, text)
    }
}

/// What `PyO3` has no wrappers for: strings that hold their text as one byte a character.
#[allow(unsafe_code)]
mod ffi {
    use pyo3::ffi;
    use pyo3::prelude::*;
    use pyo3::types::PyString;

    /// The text of a string, if it is all ASCII.
    pub(super) fn ascii<'o>(string: &'o Bound<'_, PyString>) -> Option<&'o str> {
        let object = string.as_ptr();
        // SAFETY: a live string, which does not change. One that says it is compact and ASCII holds
        // as many bytes below 128 as it is long.
        unsafe {
            (ffi::PyUnicode_IS_COMPACT_ASCII(object) != 0).then(|| {
                let length = ffi::PyUnicode_GET_LENGTH(object).cast_unsigned();
                let bytes = std::slice::from_raw_parts(ffi::PyUnicode_1BYTE_DATA(object), length);
                std::str::from_utf8_unchecked(bytes)
            })
        }
    }

    /// Makes a string of ASCII text; `None` where there is no memory.
    pub(super) fn new_ascii<'py>(py: Python<'py>, text: &str) -> Option<Bound<'py, PyString>> {
        // SAFETY: a new string of this length for characters below 128, that nobody has seen yet and
        // that has room for these bytes; null is an error, which is cleared.
        unsafe {
            let object = ffi::PyUnicode_New(text.len().cast_signed(), 127);
            if object.is_null() {
                ffi::PyErr_Clear();
                return None;
            }
            std::ptr::copy_nonoverlapping(text.as_ptr(), ffi::PyUnicode_1BYTE_DATA(object), text.len());
            Some(Bound::from_owned_ptr(py, object).cast_into_unchecked())
        }
    }
}
