//! Values as YAML that reads back as the same value, in version 1.1 as in 1.2.

use std::fmt::Write as _;

use super::scalar;
use crate::value::{NotFinite, Value};

/// How wide a line may become before a collection is written over several.
const WIDTH_MAX: usize = 100;
/// How long a key may be, in bytes, before it is written with `?`: half of what readers look ahead.
const KEY_MAX: usize = 500;
const INDENT: usize = 2;

/// Writes a value as a YAML document.
///
/// What is small stands between braces and brackets in one line; the outermost mapping and what is inside of
/// its members does not, so that a workflow has a line for each node.
///
/// # Errors
/// NaN and the infinities have no form in JSON.
pub fn to_yaml(value: &Value) -> Result<String, NotFinite> {
    let mut text = String::new();
    Writer { out: &mut text }.block(value, 0, 0)?;
    Ok(text)
}

struct Writer<'o> {
    out: &'o mut String,
}

impl Writer<'_> {
    /// Writes a value over as many lines as it needs, up to a line break; the cursor stands where it begins.
    fn block(&mut self, value: &Value, indent: usize, depth: usize) -> Result<(), NotFinite> {
        match value {
            Value::Object(object) if !object.is_empty() => {
                for (index, (key, value)) in object.iter().enumerate() {
                    self.begin(index, indent);
                    if key.len() > KEY_MAX {
                        self.out.push_str("? ");
                        quoted(key, self.out);
                        self.out.push('\n');
                        self.pad(indent);
                    } else {
                        string(key, self.out);
                    }
                    self.out.push(':');
                    self.member(value, indent, depth + 1)?;
                }
            }
            Value::List(items) if !items.is_empty() => {
                for (index, item) in items.iter().enumerate() {
                    self.begin(index, indent);
                    self.out.push_str("- ");
                    match line(item, indent)? {
                        Some(line) => self.end(&line),
                        None => self.block(item, indent + INDENT, depth + 1)?,
                    }
                }
            }
            _ => {
                let mut line = String::new();
                flow(value, &mut line)?;
                self.end(&line);
            }
        }
        Ok(())
    }

    /// Writes what comes after the colon of a key.
    fn member(&mut self, value: &Value, indent: usize, depth: usize) -> Result<(), NotFinite> {
        if let Value::String(text) = value
            && let Some(sign) = block_sign(text)
        {
            self.lines(text, sign, indent + INDENT);
            return Ok(());
        }
        let is_outer = depth < 2 && matches!(value, Value::Object(object) if holds_objects(object));
        let line = if is_outer { None } else { line(value, indent)? };
        if let Some(line) = line {
            self.out.push(' ');
            self.end(&line);
        } else {
            self.out.push('\n');
            self.pad(indent + INDENT);
            self.block(value, indent + INDENT, depth)?;
        }
        Ok(())
    }

    /// Writes text with line breaks as it is.
    fn lines(&mut self, text: &str, sign: &str, indent: usize) {
        self.out.push(' ');
        self.end(sign);
        for line in text.lines() {
            if !line.is_empty() {
                self.pad(indent);
            }
            self.end(line);
        }
    }

    fn begin(&mut self, index: usize, indent: usize) {
        if index > 0 {
            self.pad(indent);
        }
    }

    fn pad(&mut self, indent: usize) {
        self.out.extend(std::iter::repeat_n(' ', indent));
    }

    fn end(&mut self, line: &str) {
        self.out.push_str(line);
        self.out.push('\n');
    }
}

fn holds_objects(object: &crate::value::Object) -> bool {
    object.iter().any(|(_, value)| matches!(value, Value::Object(_)))
}

/// The value in one line, if it is short enough or has no other form.
fn line(value: &Value, indent: usize) -> Result<Option<String>, NotFinite> {
    let mut line = String::new();
    flow(value, &mut line)?;
    let has_lines = match value {
        Value::Object(object) => !object.is_empty(),
        Value::List(items) => !items.is_empty(),
        _ => false,
    };
    Ok((!has_lines || (line.len() + indent <= WIDTH_MAX && !has_long_key(value))).then_some(line))
}

fn has_long_key(value: &Value) -> bool {
    match value {
        Value::Object(object) => object.iter().any(|(key, value)| key.len() > KEY_MAX || has_long_key(value)),
        Value::List(items) => items.iter().any(has_long_key),
        _ => false,
    }
}

fn flow(value: &Value, out: &mut String) -> Result<(), NotFinite> {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(truth) => out.push_str(if *truth { "true" } else { "false" }),
        Value::Int(number) => out.push_str(&number.to_string()),
        Value::Uint(number) => out.push_str(&number.to_string()),
        Value::Big(number) => out.push_str(&number.to_string()),
        Value::Float(number) => float(*number, out)?,
        Value::String(text) => string(text, out),
        Value::List(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push_str(", ");
                }
                flow(item, out)?;
            }
            out.push(']');
        }
        Value::Object(object) => {
            out.push('{');
            for (index, (key, value)) in object.iter().enumerate() {
                if index > 0 {
                    out.push_str(", ");
                }
                string(key, out);
                out.push_str(": ");
                flow(value, out)?;
            }
            out.push('}');
        }
    }
    Ok(())
}

/// Writes a double with a point and a sign in its exponent: without them it is text in YAML 1.1.
fn float(number: f64, out: &mut String) -> Result<(), NotFinite> {
    let mut written = Vec::new();
    crate::value::write_float(number, &mut written)?;
    let written = String::from_utf8_lossy(&written);
    let Some((mantissa, exponent)) = written.split_once('e') else {
        out.push_str(&written);
        return Ok(());
    };
    out.push_str(mantissa);
    if !mantissa.contains('.') {
        out.push_str(".0");
    }
    out.push('e');
    if !exponent.starts_with('-') {
        out.push('+');
    }
    out.push_str(exponent);
    Ok(())
}

fn string(text: &str, out: &mut String) {
    if scalar::is_plain(text) { out.push_str(text) } else { quoted(text, out) }
}

fn quoted(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            _ if is_shown(character) => out.push(character),
            // Writing to a `String` cannot fail.
            _ if character as u32 > 0xFFFF => drop(write!(out, "\\U{:08X}", character as u32)),
            _ => drop(write!(out, "\\u{:04X}", character as u32)),
        }
    }
    out.push('"');
}

/// Whether a character may stand in YAML as it is, and is no break of a line to any reader.
fn is_shown(character: char) -> bool {
    matches!(character, ' '..='~' | '\u{A0}'..='\u{2027}' | '\u{202A}'..='\u{FEFE}' | '\u{FF00}'..='\u{FFFD}' | '\u{10000}'..='\u{10FFFF}')
}

/// The sign of the block form, for text of several lines that stands in it as it is.
fn block_sign(text: &str) -> Option<&'static str> {
    let body = text.strip_suffix('\n').unwrap_or(text);
    let fits = body.contains('\n')
        && !body.starts_with([' ', '\n'])
        && !body.ends_with('\n')
        && body.chars().all(|character| character == '\n' || is_shown(character))
        && body.split('\n').all(|line| !line.ends_with(' '));
    fits.then_some(if body.len() < text.len() { "|" } else { "|-" })
}
