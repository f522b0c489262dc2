//! `format`: values in a text, by verbs.

use std::fmt::Write;

use super::conversions::double_text;
use super::shapes::{LIST, STRING};
use super::{Form, Function, invalid, no_overload};
use crate::cel::error::{Error, Result};
use crate::cel::fuel::Fuel;
use crate::cel::value::{ListRef, MapRef, Value, View};

/// How many digits may be asked for behind the point.
const PRECISION_MAX: usize = 100;
const PRECISION: usize = 6;

pub(super) const FUNCTIONS: &[Function] =
    &[Function::new("format", Form::Method, &[(&[STRING, LIST], STRING)], format)];

fn format(fuel: &Fuel, arguments: &[View<'_>]) -> Result<Value> {
    let [View::String(pattern), View::List(values)] = arguments else {
        return Err(no_overload("format", arguments));
    };
    fuel.burn_length(pattern.len())?;
    let mut formatter = Formatter { fuel, out: String::new() };
    let mut values = values.iter();
    let mut rest: &str = pattern;
    while let Some((before, behind)) = rest.split_once('%') {
        formatter.push(before)?;
        if let Some(behind) = behind.strip_prefix('%') {
            formatter.push("%")?;
            rest = behind;
            continue;
        }
        let (precision, verb, behind) = clause(behind)?;
        let value = values.next().ok_or_else(|| invalid("there are more clauses than values"))?;
        formatter.verb(verb, precision, value)?;
        rest = behind;
    }
    formatter.push(rest)?;
    Ok(formatter.out.into())
}

/// Reads what follows a percent sign: a precision, and the letter of a verb.
fn clause(text: &str) -> Result<(Option<usize>, char, &str)> {
    let (precision, rest) = match text.strip_prefix('.') {
        None => (None, text),
        Some(digits) => {
            let end = digits.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(digits.len());
            let (digits, rest) = digits.split_at(end);
            let precision = digits.parse().ok().filter(|precision| *precision <= PRECISION_MAX);
            let wrong = || invalid(format!("a precision is a number up to {PRECISION_MAX}"));
            (Some(precision.ok_or_else(wrong)?), rest)
        }
    };
    let mut letters = rest.chars();
    let verb = letters.next().ok_or_else(|| invalid("the text ends within a clause"))?;
    Ok((precision, verb, letters.as_str()))
}

struct Formatter<'f> {
    fuel: &'f Fuel,
    out: String,
}

fn mismatch(verb: char, value: View<'_>) -> Box<Error> {
    invalid(format!("`%{verb}` does not take {}", value.value_type()))
}

impl Formatter<'_> {
    fn push(&mut self, text: &str) -> Result<()> {
        self.fuel.burn_length(text.len())?;
        self.out.push_str(text);
        Ok(())
    }

    fn verb(&mut self, verb: char, precision: Option<usize>, value: View<'_>) -> Result<()> {
        match verb {
            's' => self.text(value),
            'd' => match value {
                View::Int(_) | View::Uint(_) | View::Big(_) => self.text(value),
                View::Double(number) if !number.is_finite() => self.text(value),
                other => Err(mismatch(verb, other)),
            },
            'f' | 'e' => {
                let number = double(verb, value)?;
                self.push(&real(number, verb == 'e', precision.unwrap_or(PRECISION)))
            }
            'b' | 'o' | 'x' | 'X' => self.digits(verb, value),
            other => Err(invalid(format!("unrecognized formatting clause {other:?}"))),
        }
    }

    fn digits(&mut self, verb: char, value: View<'_>) -> Result<()> {
        let text = match (verb, value) {
            ('b', View::Bool(truth)) => u8::from(truth).to_string(),
            (_, View::Int(number)) => {
                let sign = if number < 0 { "-" } else { "" };
                format!("{sign}{}", radix(verb, number.unsigned_abs()))
            }
            (_, View::Uint(number)) => radix(verb, number),
            ('x' | 'X', View::String(text)) => return self.hexadecimal(verb, text.as_bytes()),
            ('x' | 'X', View::Bytes(bytes)) => return self.hexadecimal(verb, bytes),
            (_, other) => return Err(mismatch(verb, other)),
        };
        self.push(&text)
    }

    fn hexadecimal(&mut self, verb: char, bytes: &[u8]) -> Result<()> {
        self.fuel.burn_length(2 * bytes.len())?;
        for byte in bytes {
            // Writing to a string does not fail.
            let _ = if verb == 'x' { write!(self.out, "{byte:02x}") } else { write!(self.out, "{byte:02X}") };
        }
        Ok(())
    }

    /// `%s`: a value as a reader wants to see it.
    fn text(&mut self, value: View<'_>) -> Result<()> {
        self.fuel.burn(1)?;
        match value {
            View::Null => self.push("null"),
            View::Bool(truth) => self.push(if truth { "true" } else { "false" }),
            View::Int(number) => self.push(&number.to_string()),
            View::Uint(number) => self.push(&number.to_string()),
            View::Big(number) => {
                self.fuel.burn(number.bits())?;
                self.push(&number.to_string())
            }
            View::Double(number) => self.push(&double_text(number)),
            View::String(text) => self.push(text),
            View::Bytes(bytes) => self.push(&String::from_utf8_lossy(bytes)),
            View::List(list) => self.list(list),
            View::Map(map) => self.map(map),
            View::Timestamp(time) => self.push(&time.to_string()),
            View::Duration(span) => self.push(&span.to_string()),
            View::Type(kind) => self.push(kind.name()),
            View::Optional(_) => Err(mismatch('s', value)),
        }
    }

    fn list(&mut self, list: ListRef<'_>) -> Result<()> {
        self.push("[")?;
        for (index, item) in list.iter().enumerate() {
            self.push(if index > 0 { ", " } else { "" })?;
            self.text(item)?;
        }
        self.push("]")
    }

    /// A map in the order of its keys as text.
    fn map(&mut self, map: MapRef<'_>) -> Result<()> {
        let mut entries = Vec::with_capacity(map.len());
        for (key, value) in map.iter() {
            let mut name = Formatter { fuel: self.fuel, out: String::new() };
            name.text(key)?;
            entries.push((name.out, value));
        }
        entries.sort_by(|(a, _), (b, _)| a.cmp(b));
        self.push("{")?;
        for (index, (name, value)) in entries.into_iter().enumerate() {
            self.push(if index > 0 { ", " } else { "" })?;
            self.push(&name)?;
            self.push(": ")?;
            self.text(value)?;
        }
        self.push("}")
    }
}

#[allow(clippy::cast_precision_loss)] // It is only shown.
fn double(verb: char, value: View<'_>) -> Result<f64> {
    match value {
        View::Double(number) => Ok(number),
        View::Int(number) => Ok(number as f64),
        View::Uint(number) => Ok(number as f64),
        other => Err(mismatch(verb, other)),
    }
}

fn radix(verb: char, number: u64) -> String {
    match verb {
        'b' => format!("{number:b}"),
        'o' => format!("{number:o}"),
        'x' => format!("{number:x}"),
        _ => format!("{number:X}"),
    }
}

/// `%f` and `%e`; exponents have a sign and two digits at least.
fn real(number: f64, is_scientific: bool, precision: usize) -> String {
    if !number.is_finite() {
        return double_text(number);
    }
    if !is_scientific {
        return format!("{number:.precision$}");
    }
    let text = format!("{number:.precision$e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, digits) = exponent.strip_prefix('-').map_or(('+', exponent), |digits| ('-', digits));
    format!("{mantissa}e{sign}{digits:0>2}")
}
