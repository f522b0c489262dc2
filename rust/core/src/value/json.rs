//! JSON text to [`Value`] and back.

use std::fmt;
use std::sync::Arc;

use jiter::{Jiter, JiterError, JiterErrorType, JsonErrorType, NumberAny, NumberInt, Peek};

use super::{Object, Value};

/// How deep lists and objects may nest.
pub const DEPTH_MAX: usize = 128;
/// How many bytes of JSON text are read at most, unless a host sets less.
pub const SIZE_MAX: usize = 64 << 20;

/// Why a text is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonErrorKind {
    /// Not JSON.
    Syntax,
    /// Not UTF-8.
    Encoding,
    /// Larger than [`SIZE_MAX`].
    Size,
    /// Nested deeper than [`DEPTH_MAX`].
    Depth,
    /// An object with the same key twice.
    DuplicateKey,
    /// A number that no double holds.
    Range,
}

/// A text that is refused, with the place in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonError {
    /// Why.
    pub kind: JsonErrorKind,
    /// Line, from 1.
    pub line: usize,
    /// Column in bytes, from 1.
    pub column: usize,
    /// What is wrong, as a phrase.
    pub detail: String,
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at line {} column {}", self.detail, self.line, self.column)
    }
}

impl std::error::Error for JsonError {}

/// A number that JSON cannot write: NaN or an infinity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotFinite;

impl Value {
    /// Reads one JSON text (RFC 8259).
    ///
    /// # Errors
    /// Anything but one JSON value, duplicate keys, and texts past [`SIZE_MAX`] or [`DEPTH_MAX`].
    pub fn from_json(text: &[u8]) -> Result<Self, JsonError> {
        if text.len() > SIZE_MAX {
            return Err(JsonError {
                kind: JsonErrorKind::Size,
                line: 1,
                column: 1,
                detail: format!("{} bytes are more than the limit of {SIZE_MAX}", text.len()),
            });
        }
        Reader { jiter: Jiter::new(text), text }.read()
    }

    /// Appends this value as JSON text, without spaces.
    ///
    /// # Errors
    /// NaN and the infinities have no JSON form.
    pub fn write_json(&self, out: &mut Vec<u8>) -> Result<(), NotFinite> {
        match self {
            Self::Null => out.extend_from_slice(b"null"),
            Self::Bool(true) => out.extend_from_slice(b"true"),
            Self::Bool(false) => out.extend_from_slice(b"false"),
            Self::Int(number) => out.extend_from_slice(itoa::Buffer::new().format(*number).as_bytes()),
            Self::Uint(number) => out.extend_from_slice(itoa::Buffer::new().format(*number).as_bytes()),
            Self::Big(number) => out.extend_from_slice(number.to_string().as_bytes()),
            Self::Float(number) if number.is_finite() => {
                out.extend_from_slice(ryu::Buffer::new().format_finite(*number).as_bytes());
            }
            Self::Float(_) => return Err(NotFinite),
            Self::String(text) => write_string(text, out),
            Self::List(items) => {
                out.push(b'[');
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        out.push(b',');
                    }
                    item.write_json(out)?;
                }
                out.push(b']');
            }
            Self::Object(object) => {
                out.push(b'{');
                for (index, (key, value)) in object.iter().enumerate() {
                    if index > 0 {
                        out.push(b',');
                    }
                    write_string(key, out);
                    out.push(b':');
                    value.write_json(out)?;
                }
                out.push(b'}');
            }
        }
        Ok(())
    }
}

/// Writes a string with the escapes that JSON demands and no others.
fn write_string(text: &str, out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    out.push(b'"');
    let mut clean = 0;
    let bytes = text.as_bytes();
    for (index, byte) in bytes.iter().enumerate() {
        if *byte >= 0x20 && *byte != b'"' && *byte != b'\\' {
            continue;
        }
        out.extend_from_slice(&bytes[clean..index]);
        clean = index + 1;
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            _ => {
                out.extend_from_slice(b"\\u00");
                out.push(HEX[usize::from(byte >> 4)]);
                out.push(HEX[usize::from(byte & 15)]);
            }
        }
    }
    out.extend_from_slice(&bytes[clean..]);
    out.push(b'"');
}

/// One pass over one text.
struct Reader<'j> {
    jiter: Jiter<'j>,
    text: &'j [u8],
}

impl Reader<'_> {
    fn read(mut self) -> Result<Value, JsonError> {
        let peek = self.jiter.peek().map_err(|error| self.refusal(&error))?;
        let value = self.value(peek, 0)?;
        self.jiter.finish().map_err(|error| self.refusal(&error))?;
        Ok(value)
    }

    fn value(&mut self, peek: Peek, depth: usize) -> Result<Value, JsonError> {
        match peek {
            Peek::String => match self.jiter.known_str() {
                Ok(text) => Ok(Value::String(text.into())),
                Err(error) => Err(self.refusal(&error)),
            },
            Peek::Object => self.object(depth + 1),
            Peek::Array => self.list(depth + 1),
            Peek::True | Peek::False => {
                self.jiter.known_bool(peek).map(Value::Bool).map_err(|error| self.refusal(&error))
            }
            Peek::Null => self.jiter.known_null().map(|()| Value::Null).map_err(|error| self.refusal(&error)),
            _ => self.number(peek),
        }
    }

    fn number(&mut self, peek: Peek) -> Result<Value, JsonError> {
        let start = self.jiter.current_index();
        match self.jiter.known_number(peek) {
            Ok(NumberAny::Int(NumberInt::Int(number))) => Ok(Value::Int(number)),
            Ok(NumberAny::Int(NumberInt::BigInt(number))) => Ok(Value::integer(number)),
            Ok(NumberAny::Float(number)) if number.is_finite() => Ok(Value::Float(number)),
            Ok(NumberAny::Float(_)) => {
                Err(self.at(JsonErrorKind::Range, start, "number out of range".into()))
            }
            Err(error) => Err(self.refusal(&error)),
        }
    }

    fn list(&mut self, depth: usize) -> Result<Value, JsonError> {
        self.check_depth(depth)?;
        let mut items = Vec::new();
        let mut next = self.jiter.known_array().map_err(|error| self.refusal(&error))?;
        while let Some(peek) = next {
            items.push(self.value(peek, depth)?);
            next = self.jiter.array_step().map_err(|error| self.refusal(&error))?;
        }
        Ok(Value::List(items.into()))
    }

    fn object(&mut self, depth: usize) -> Result<Value, JsonError> {
        self.check_depth(depth)?;
        let start = self.jiter.current_index();
        let mut entries: Vec<(Arc<str>, Value)> = Vec::new();
        let mut next = self.jiter.known_object().map(|key| key.map(Arc::from));
        loop {
            let key = match next {
                Ok(Some(key)) => key,
                Ok(None) => break,
                Err(error) => return Err(self.refusal(&error)),
            };
            let peek = self.jiter.peek().map_err(|error| self.refusal(&error))?;
            let value = self.value(peek, depth)?;
            entries.push((key, value));
            next = self.jiter.next_key().map(|key| key.map(Arc::from));
        }
        match Object::try_new(entries) {
            Ok(object) => Ok(Value::Object(Arc::new(object))),
            Err(key) => Err(self.at(
                JsonErrorKind::DuplicateKey,
                start,
                format!("duplicate key {key:?} in the object"),
            )),
        }
    }

    fn check_depth(&self, depth: usize) -> Result<(), JsonError> {
        if depth <= DEPTH_MAX {
            return Ok(());
        }
        let detail = format!("nested deeper than {DEPTH_MAX}");
        Err(self.at(JsonErrorKind::Depth, self.jiter.current_index(), detail))
    }

    fn refusal(&self, error: &JiterError) -> JsonError {
        let (kind, detail) = match &error.error_type {
            JiterErrorType::JsonError(kind) => match kind {
                JsonErrorType::InvalidUnicodeCodePoint => (JsonErrorKind::Encoding, "not UTF-8".into()),
                JsonErrorType::NumberOutOfRange => (JsonErrorKind::Range, "number out of range".into()),
                kind => (JsonErrorKind::Syntax, kind.to_string()),
            },
            JiterErrorType::WrongType { .. } => (JsonErrorKind::Syntax, "expected value".into()),
        };
        self.at(kind, error.index, detail)
    }

    fn at(&self, kind: JsonErrorKind, index: usize, detail: String) -> JsonError {
        let before = &self.text[..index.min(self.text.len())];
        let line = before.split(|byte| *byte == b'\n').count();
        let column = before.iter().rev().take_while(|byte| **byte != b'\n').count() + 1;
        JsonError { kind, line, column, detail }
    }
}
