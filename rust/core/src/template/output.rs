//! Text in the making: values are written as JSON writes them, text as it is.

use std::sync::Arc;

use super::error::{Result, failed};
use crate::cel::Fuel;
use crate::value::{Value, write_float, write_string};

/// How many bytes a template may give, and how long a text in it may be.
pub const OUTPUT_MAX: usize = 1 << 20;
/// How many bytes of text one unit of fuel pays for.
const BYTES_A_UNIT: usize = 16;
/// How many units of fuel an item of a new list costs.
pub(super) const ITEM_COST: usize = 2;

/// Text in the making. Writing burns fuel.
pub(super) struct Output<'f> {
    bytes: Vec<u8>,
    fuel: &'f Fuel,
}

/// Pays for looking at, or making, so many bytes of text.
pub(super) fn burn_bytes(fuel: &Fuel, length: usize) -> Result<()> {
    if length > OUTPUT_MAX {
        return Err(failed(format!("text of {length} bytes, more than the {OUTPUT_MAX} allowed")));
    }
    Ok(fuel.burn_length(length / BYTES_A_UNIT + 1)?)
}

/// Pays for so many items of a new list.
pub(super) fn burn_items(fuel: &Fuel, count: usize) -> Result<()> {
    Ok(fuel.burn_length(count.saturating_mul(ITEM_COST))?)
}

/// The text of a value: text as it is, everything else as JSON.
pub(super) fn text_of(value: &Value, fuel: &Fuel) -> Result<Arc<str>> {
    if let Value::String(text) = value {
        burn_bytes(fuel, text.len())?;
        return Ok(text.clone());
    }
    let mut output = Output::new(fuel);
    output.value(value)?;
    output.finish()
}

impl<'f> Output<'f> {
    pub(super) fn new(fuel: &'f Fuel) -> Self {
        Self { bytes: Vec::new(), fuel }
    }

    pub(super) fn finish(self) -> Result<Arc<str>> {
        Ok(self.into_string()?.into())
    }

    pub(super) fn into_string(self) -> Result<String> {
        String::from_utf8(self.bytes).map_err(|_| failed("text that is not UTF-8"))
    }

    /// Appends text as it is.
    pub(super) fn text(&mut self, text: &str) -> Result<()> {
        burn_bytes(self.fuel, text.len())?;
        self.bytes.extend_from_slice(text.as_bytes());
        self.check_size()
    }

    /// Appends a value: text as it is, everything else as JSON.
    pub(super) fn value(&mut self, value: &Value) -> Result<()> {
        match value {
            Value::String(text) => self.text(text),
            value => self.json(value, None, 0),
        }
    }

    /// Appends a value as JSON, on lines of their own with an indent of so many spaces, if one is given.
    pub(super) fn json(&mut self, value: &Value, indent: Option<usize>, depth: usize) -> Result<()> {
        self.fuel.burn(1)?;
        match value {
            Value::String(text) => return self.quoted(text),
            Value::Float(number) => {
                write_float(*number, &mut self.bytes).map_err(|_| failed("JSON has no infinity"))?;
            }
            Value::List(items) => {
                self.bytes.push(b'[');
                for (index, item) in items.iter().enumerate() {
                    self.separate(index, indent, depth + 1)?;
                    self.json(item, indent, depth + 1)?;
                }
                self.close(items.is_empty(), indent, depth)?;
                self.bytes.push(b']');
            }
            Value::Object(object) => {
                self.bytes.push(b'{');
                for (index, (key, value)) in object.iter().enumerate() {
                    self.separate(index, indent, depth + 1)?;
                    self.quoted(key)?;
                    self.bytes.extend_from_slice(if indent.is_some() { b": " } else { b":" });
                    self.json(value, indent, depth + 1)?;
                }
                self.close(object.is_empty(), indent, depth)?;
                self.bytes.push(b'}');
            }
            scalar => {
                let written = scalar.write_json(&mut self.bytes);
                debug_assert!(written.is_ok(), "floats have their own case");
            }
        }
        self.check_size()
    }

    fn quoted(&mut self, text: &str) -> Result<()> {
        burn_bytes(self.fuel, text.len())?;
        write_string(text, &mut self.bytes);
        self.check_size()
    }

    fn separate(&mut self, index: usize, indent: Option<usize>, depth: usize) -> Result<()> {
        if index > 0 {
            self.bytes.push(b',');
        }
        self.begin_line(indent, depth)
    }

    fn close(&mut self, is_empty: bool, indent: Option<usize>, depth: usize) -> Result<()> {
        if is_empty { Ok(()) } else { self.begin_line(indent, depth) }
    }

    fn begin_line(&mut self, indent: Option<usize>, depth: usize) -> Result<()> {
        let Some(indent) = indent else { return Ok(()) };
        let width = indent.saturating_mul(depth);
        burn_bytes(self.fuel, width)?;
        self.bytes.push(b'\n');
        self.bytes.resize(self.bytes.len() + width, b' ');
        self.check_size()
    }

    fn check_size(&self) -> Result<()> {
        if self.bytes.len() <= OUTPUT_MAX {
            return Ok(());
        }
        Err(failed(format!("more than {OUTPUT_MAX} bytes of text")))
    }
}
