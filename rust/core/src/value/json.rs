//! JSON text to [`Value`] and back.

use std::fmt;
use std::sync::Arc;

use jiter::{Jiter, JiterError, JiterErrorType, JsonErrorType, NumberAny, NumberInt, Peek};
use num_bigint::BigInt;

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

/// What a reader makes of JSON: core values here, the host's own objects there.
pub trait Builder {
    /// A whole value.
    type Value;
    /// A key of an object.
    type Key;
    /// A list in the making.
    type List;
    /// An object in the making.
    type Object;

    /// Tells where the next value begins, in bytes; of a key, where the blanks or the comma before it do.
    fn at(&mut self, index: usize) {
        let _ = index;
    }
    /// `null`.
    fn null(&mut self) -> Self::Value;
    /// `true` or `false`.
    fn boolean(&mut self, truth: bool) -> Self::Value;
    /// An integer of 64 bits.
    fn int(&mut self, number: i64) -> Self::Value;
    /// A larger integer.
    fn big(&mut self, number: BigInt) -> Self::Value;
    /// A number with a fraction or an exponent.
    fn float(&mut self, number: f64) -> Self::Value;
    /// Text.
    fn string(&mut self, text: &str) -> Self::Value;
    /// A key.
    fn key(&mut self, text: &str) -> Self::Key;
    /// Begins a list.
    fn list(&mut self) -> Self::List;
    /// Adds an item to it.
    fn push(&mut self, list: &mut Self::List, item: Self::Value);
    /// Ends it.
    fn end_list(&mut self, list: Self::List) -> Self::Value;
    /// Begins an object.
    fn object(&mut self) -> Self::Object;
    /// Adds a pair to it.
    fn insert(&mut self, object: &mut Self::Object, key: Self::Key, value: Self::Value);
    /// Ends it.
    ///
    /// # Errors
    /// A key that stands there twice.
    fn end_object(&mut self, object: Self::Object) -> Result<Self::Value, String>;
}

/// Reads one JSON text (RFC 8259).
///
/// # Errors
/// Anything but one JSON value, duplicate keys, and texts past [`SIZE_MAX`] or [`DEPTH_MAX`].
pub fn read<B: Builder>(text: &[u8], builder: &mut B) -> Result<B::Value, JsonError> {
    if text.len() > SIZE_MAX {
        return Err(JsonError {
            kind: JsonErrorKind::Size,
            line: 1,
            column: 1,
            detail: format!("{} bytes are more than the limit of {SIZE_MAX}", text.len()),
        });
    }
    Reader { jiter: Jiter::new(text), text, builder }.read().map_err(|refusal| *refusal)
}

/// Makes core values. What is under way of lists and objects lies on two stacks, so that each of them is
/// made once, of its full size.
#[derive(Default)]
struct Values {
    items: Vec<Value>,
    pairs: Vec<(Arc<str>, Value)>,
    keys: Keys,
}

/// How many keys a reader keeps, because the same ones come again; a power of two.
const KEYS_MAX: usize = 64;

/// Keys of objects that were read in this text.
struct Keys([Option<Arc<str>>; KEYS_MAX]);

impl Default for Keys {
    fn default() -> Self {
        Self([const { None }; KEYS_MAX])
    }
}

impl Keys {
    /// Gives a key; of two that want the same slot the later one has it.
    fn get(&mut self, text: &str) -> Arc<str> {
        let bytes = text.as_bytes();
        let ends = bytes.first().copied().unwrap_or(0) ^ bytes.last().copied().unwrap_or(0).rotate_left(3);
        let slot = &mut self.0[(usize::from(ends) ^ (bytes.len() << 2)) % KEYS_MAX];
        match slot {
            Some(key) if **key == *text => key.clone(),
            _ => slot.insert(text.into()).clone(),
        }
    }
}

impl Builder for Values {
    type Value = Value;
    type Key = Arc<str>;
    /// Where its items begin.
    type List = usize;
    /// Where its pairs begin.
    type Object = usize;

    fn null(&mut self) -> Value {
        Value::Null
    }

    fn boolean(&mut self, truth: bool) -> Value {
        Value::Bool(truth)
    }

    fn int(&mut self, number: i64) -> Value {
        Value::Int(number)
    }

    fn big(&mut self, number: BigInt) -> Value {
        Value::integer(number)
    }

    fn float(&mut self, number: f64) -> Value {
        Value::Float(number)
    }

    fn string(&mut self, text: &str) -> Value {
        Value::String(text.into())
    }

    fn key(&mut self, text: &str) -> Arc<str> {
        self.keys.get(text)
    }

    fn list(&mut self) -> usize {
        self.items.len()
    }

    fn push(&mut self, _list: &mut usize, item: Value) {
        self.items.push(item);
    }

    fn end_list(&mut self, list: usize) -> Value {
        Value::List(self.items.drain(list..).collect())
    }

    fn object(&mut self) -> usize {
        self.pairs.len()
    }

    fn insert(&mut self, _object: &mut usize, key: Arc<str>, value: Value) {
        self.pairs.push((key, value));
    }

    fn end_object(&mut self, object: usize) -> Result<Value, String> {
        match Object::try_new(self.pairs.drain(object..).collect()) {
            Ok(object) => Ok(Value::Object(Arc::new(object))),
            Err(key) => Err(key.to_string()),
        }
    }
}

impl Value {
    /// Reads one JSON text; see [`read`].
    ///
    /// # Errors
    /// As [`read`].
    pub fn from_json(text: &[u8]) -> Result<Self, JsonError> {
        read(text, &mut Values::default())
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
            Self::Int(number) => write_int(*number, out),
            Self::Uint(number) => out.extend_from_slice(itoa::Buffer::new().format(*number).as_bytes()),
            Self::Big(number) => out.extend_from_slice(number.to_string().as_bytes()),
            Self::Float(number) => write_float(*number, out)?,
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

/// Writes an integer.
pub fn write_int(number: i64, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// Writes a number that reads back as the same double.
///
/// # Errors
/// NaN and the infinities have no JSON form.
pub fn write_float(number: f64, out: &mut Vec<u8>) -> Result<(), NotFinite> {
    if !number.is_finite() {
        return Err(NotFinite);
    }
    out.extend_from_slice(ryu::Buffer::new().format_finite(number).as_bytes());
    Ok(())
}

fn must_escape(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

/// Whether no byte must be escaped; looks at many together, without an early end among them, so that
/// it becomes vector instructions. The last bytes are looked at in words that may overlap.
fn is_plain(text: &[u8]) -> bool {
    const CHUNK: usize = 16;
    let is_plain = |chunk: &[u8; CHUNK]| !chunk.iter().fold(false, |found, byte| found | must_escape(*byte));
    if let Some(last) = text.last_chunk() {
        return text.as_chunks().0.iter().all(is_plain) && is_plain(last);
    }
    if let (Some(first), Some(last)) = (text.first_chunk::<8>(), text.last_chunk::<8>()) {
        return is_plain_word(u64::from_le_bytes(*first)) && is_plain_word(u64::from_le_bytes(*last));
    }
    if let (Some(first), Some(last)) = (text.first_chunk::<4>(), text.last_chunk::<4>()) {
        let (first, last) = (u32::from_le_bytes(*first), u32::from_le_bytes(*last));
        return is_plain_word(u64::from(first) << 32 | u64::from(last));
    }
    !text.iter().any(|byte| must_escape(*byte))
}

/// Whether none of eight bytes must be escaped.
fn is_plain_word(word: u64) -> bool {
    const ONES: u64 = u64::from_le_bytes([0x01; 8]);
    const HIGHS: u64 = u64::from_le_bytes([0x80; 8]);
    // The high bit of some byte is set where a byte below 128 is less than `limit`, at most 128; the
    // borrow of one such byte may reach those after it, which changes nothing about there being one.
    let any_below = |word: u64, limit: u64| word.wrapping_sub(ONES * limit) & !word & HIGHS;
    let any_is = |byte: u8| any_below(word ^ (ONES * u64::from(byte)), 1);
    any_below(word, 0x20) | any_is(b'"') | any_is(b'\\') == 0
}

fn write_escaped(byte: u8, out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
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

/// Writes a string with the escapes that JSON demands and no others.
pub fn write_string(text: &str, out: &mut Vec<u8>) {
    let bytes = text.as_bytes();
    out.reserve(bytes.len() + 2);
    out.push(b'"');
    if is_plain(bytes) {
        out.extend_from_slice(bytes);
    } else {
        for byte in bytes {
            if must_escape(*byte) { write_escaped(*byte, out) } else { out.push(*byte) }
        }
    }
    out.push(b'"');
}

/// One pass over one text.
struct Reader<'j, 'b, B> {
    jiter: Jiter<'j>,
    text: &'j [u8],
    builder: &'b mut B,
}

#[allow(clippy::unnecessary_box_returns)] // Boxed, a refusal makes no result of a value larger.
impl<B: Builder> Reader<'_, '_, B> {
    fn read(mut self) -> Result<B::Value, Box<JsonError>> {
        let peek = self.jiter.peek().map_err(|error| self.refusal(&error))?;
        let value = self.value(peek, 0)?;
        self.jiter.finish().map_err(|error| self.refusal(&error))?;
        Ok(value)
    }

    fn value(&mut self, peek: Peek, depth: usize) -> Result<B::Value, Box<JsonError>> {
        self.builder.at(self.jiter.current_index());
        match peek {
            Peek::String => match self.jiter.known_str() {
                Ok(text) => Ok(self.builder.string(text)),
                Err(error) => Err(self.refusal(&error)),
            },
            Peek::Object => self.object(depth + 1),
            Peek::Array => self.list(depth + 1),
            Peek::True | Peek::False => match self.jiter.known_bool(peek) {
                Ok(truth) => Ok(self.builder.boolean(truth)),
                Err(error) => Err(self.refusal(&error)),
            },
            Peek::Null => match self.jiter.known_null() {
                Ok(()) => Ok(self.builder.null()),
                Err(error) => Err(self.refusal(&error)),
            },
            _ => self.number(peek),
        }
    }

    fn number(&mut self, peek: Peek) -> Result<B::Value, Box<JsonError>> {
        let start = self.jiter.current_index();
        match self.jiter.known_number(peek) {
            Ok(NumberAny::Int(NumberInt::Int(number))) => Ok(self.builder.int(number)),
            Ok(NumberAny::Int(NumberInt::BigInt(number))) => Ok(self.builder.big(number)),
            Ok(NumberAny::Float(number)) if number.is_finite() => Ok(self.builder.float(number)),
            Ok(NumberAny::Float(_)) => {
                Err(self.at(JsonErrorKind::Range, start, "number out of range".into()))
            }
            Err(error) => Err(self.refusal(&error)),
        }
    }

    fn list(&mut self, depth: usize) -> Result<B::Value, Box<JsonError>> {
        self.check_depth(depth)?;
        let mut list = self.builder.list();
        let mut next = self.jiter.known_array().map_err(|error| self.refusal(&error))?;
        while let Some(peek) = next {
            let item = self.value(peek, depth)?;
            self.builder.push(&mut list, item);
            next = self.jiter.array_step().map_err(|error| self.refusal(&error))?;
        }
        Ok(self.builder.end_list(list))
    }

    fn object(&mut self, depth: usize) -> Result<B::Value, Box<JsonError>> {
        self.check_depth(depth)?;
        let start = self.jiter.current_index();
        let mut object = self.builder.object();
        let builder = &mut *self.builder;
        builder.at(start + 1);
        let mut next = self.jiter.known_object().map(|key| key.map(|key| builder.key(key)));
        loop {
            let key = match next {
                Ok(Some(key)) => key,
                Ok(None) => break,
                Err(error) => return Err(self.refusal(&error)),
            };
            let peek = self.jiter.peek().map_err(|error| self.refusal(&error))?;
            let value = self.value(peek, depth)?;
            self.builder.insert(&mut object, key, value);
            let builder = &mut *self.builder;
            builder.at(self.jiter.current_index());
            next = self.jiter.next_key().map(|key| key.map(|key| builder.key(key)));
        }
        self.builder.end_object(object).map_err(|key| {
            self.at(JsonErrorKind::DuplicateKey, start, format!("duplicate key {key:?} in the object"))
        })
    }

    fn check_depth(&self, depth: usize) -> Result<(), Box<JsonError>> {
        if depth <= DEPTH_MAX {
            return Ok(());
        }
        let detail = format!("nested deeper than {DEPTH_MAX}");
        Err(self.at(JsonErrorKind::Depth, self.jiter.current_index(), detail))
    }

    #[cold]
    fn refusal(&self, error: &JiterError) -> Box<JsonError> {
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

    #[cold]
    fn at(&self, kind: JsonErrorKind, index: usize, detail: String) -> Box<JsonError> {
        let before = &self.text[..index.min(self.text.len())];
        let line = before.split(|byte| *byte == b'\n').count();
        let column = before.iter().rev().take_while(|byte| **byte != b'\n').count() + 1;
        Box::new(JsonError { kind, line, column, detail })
    }
}
