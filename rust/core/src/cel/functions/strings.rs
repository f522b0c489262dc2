//! Text: cutting, joining, searching and changing it. Positions count characters.

use super::shapes::{INT, LIST, STRING, STRINGS};
use super::standard::length;
use super::{Form, Function, invalid, no_overload};
use crate::cel::error::Result;
use crate::cel::fuel::Fuel;
use crate::cel::value::{Value, View};

const CUT: &[super::Overload] = &[(&[STRING, INT], STRING), (&[STRING, INT, INT], STRING)];
const SEARCH: &[super::Overload] = &[(&[STRING, STRING], INT), (&[STRING, STRING, INT], INT)];
const CHANGE: &[super::Overload] = &[(&[STRING], STRING)];

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("charAt", Form::Method, &[(&[STRING, INT], STRING)], char_at),
    Function::new("indexOf", Form::Method, SEARCH, index_of),
    Function::new("lastIndexOf", Form::Method, SEARCH, last_index_of),
    Function::new("join", Form::Method, &[(&[LIST], STRING), (&[LIST, STRING], STRING)], join),
    Function::new(
        "split",
        Form::Method,
        &[(&[STRING, STRING], STRINGS), (&[STRING, STRING, INT], STRINGS)],
        split,
    ),
    Function::new(
        "replace",
        Form::Method,
        &[(&[STRING, STRING, STRING], STRING), (&[STRING, STRING, STRING, INT], STRING)],
        replace,
    ),
    Function::new("substring", Form::Method, CUT, substring),
    Function::new("trim", Form::Method, CHANGE, |fuel, arguments| {
        changed("trim", fuel, arguments, |text| text.trim().into())
    }),
    Function::new("lowerAscii", Form::Method, CHANGE, |fuel, arguments| {
        changed("lowerAscii", fuel, arguments, str::to_ascii_lowercase)
    }),
    Function::new("upperAscii", Form::Method, CHANGE, |fuel, arguments| {
        changed("upperAscii", fuel, arguments, str::to_ascii_uppercase)
    }),
    Function::new("reverse", Form::Method, CHANGE, |fuel, arguments| {
        changed("reverse", fuel, arguments, |text| text.chars().rev().collect())
    }),
    Function::new("strings.quote", Form::Global, CHANGE, |fuel, arguments| {
        changed("strings.quote", fuel, arguments, quoted)
    }),
];

fn changed(name: &str, fuel: &Fuel, arguments: &[View<'_>], change: fn(&str) -> String) -> Result<Value> {
    let [View::String(text)] = arguments else { return Err(no_overload(name, arguments)) };
    fuel.burn_length(text.len())?;
    Ok(change(text).into())
}

fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for letter in text.chars() {
        match letter {
            '\x07' => out.push_str("\\a"),
            '\x08' => out.push_str("\\b"),
            '\x0c' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\x0b' => out.push_str("\\v"),
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            letter => out.push(letter),
        }
    }
    out.push('"');
    out
}

/// The byte at which a character begins, or the end.
fn byte_of(text: &str, position: i64) -> Result<usize> {
    let outside = || invalid(format!("index out of range: {position}"));
    let wanted = usize::try_from(position).map_err(|_| outside())?;
    let mut starts = text.char_indices().map(|(byte, _)| byte).chain([text.len()]);
    starts.nth(wanted).ok_or_else(outside)
}

/// The position of the character that begins at a byte.
fn position_of(text: &str, byte: Option<usize>) -> Value {
    match byte.and_then(|byte| text.get(..byte)) {
        Some(before) => length(before.chars().count()),
        None => Value::Int(-1),
    }
}

fn char_at(fuel: &Fuel, arguments: &[View<'_>]) -> Result<Value> {
    let [View::String(text), View::Int(position)] = arguments else {
        return Err(no_overload("charAt", arguments));
    };
    fuel.burn_length(text.len())?;
    let rest = text.get(byte_of(text, *position)?..).unwrap_or_default();
    Ok(rest.chars().take(1).collect::<String>().into())
}

fn index_of(fuel: &Fuel, arguments: &[View<'_>]) -> Result<Value> {
    let (text, part, from) = match arguments {
        [View::String(text), View::String(part)] => (text, part, 0),
        [View::String(text), View::String(part), View::Int(from)] => (text, part, *from),
        _ => return Err(no_overload("indexOf", arguments)),
    };
    fuel.burn_length(text.len() + part.len())?;
    let start = byte_of(text, from)?;
    let found = text.get(start..).and_then(|rest| rest.find(&***part));
    Ok(position_of(text, found.map(|byte| start + byte)))
}

fn last_index_of(fuel: &Fuel, arguments: &[View<'_>]) -> Result<Value> {
    let (text, part, until) = match arguments {
        [View::String(text), View::String(part)] => (text, part, text.len()),
        [View::String(text), View::String(part), View::Int(last)] => (text, part, byte_of(text, *last)?),
        _ => return Err(no_overload("lastIndexOf", arguments)),
    };
    fuel.burn_length(text.len() + part.len())?;
    // What begins at the last position allowed ends so much later.
    let mut end = until.saturating_add(part.len()).min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let found = text.get(..end).and_then(|before| before.rfind(&***part));
    Ok(position_of(text, found))
}

fn join(fuel: &Fuel, arguments: &[View<'_>]) -> Result<Value> {
    let (list, separator) = match arguments {
        [View::List(list)] => (list, ""),
        [View::List(list), View::String(separator)] => (list, &***separator),
        _ => return Err(no_overload("join", arguments)),
    };
    let mut out = String::new();
    for (index, item) in list.iter().enumerate() {
        let View::String(text) = item else {
            return Err(invalid(format!(
                "`join` takes a list of strings, not one with {}",
                item.value_type()
            )));
        };
        fuel.burn_length(1 + separator.len() + text.len())?;
        if index > 0 {
            out.push_str(separator);
        }
        out.push_str(text);
    }
    Ok(out.into())
}

fn split(fuel: &Fuel, arguments: &[View<'_>]) -> Result<Value> {
    let (text, separator, limit) = match arguments {
        [View::String(text), View::String(separator)] => (text, separator, -1),
        [View::String(text), View::String(separator), View::Int(limit)] => (text, separator, *limit),
        _ => return Err(no_overload("split", arguments)),
    };
    fuel.burn_length(text.len() + separator.len())?;
    // Less than nothing is no limit.
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    if limit == 0 {
        return Ok(Vec::<Value>::new().into());
    }
    let parts: Vec<Value> = if separator.is_empty() {
        letters(text, limit)
    } else {
        text.splitn(limit, &***separator).map(Value::from).collect()
    };
    fuel.burn_length(parts.len())?;
    Ok(parts.into())
}

/// The characters of a text, the last of `limit` parts with all that is left.
fn letters(text: &str, limit: usize) -> Vec<Value> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        if parts.len() + 1 >= limit {
            parts.push(rest.into());
            break;
        }
        let (first, behind) = rest.split_at(letter.len_utf8());
        parts.push(first.into());
        rest = behind;
    }
    parts
}

fn replace(fuel: &Fuel, arguments: &[View<'_>]) -> Result<Value> {
    let (text, old, new, limit) = match arguments {
        [View::String(text), View::String(old), View::String(new)] => (text, old, new, -1),
        [View::String(text), View::String(old), View::String(new), View::Int(limit)] => {
            (text, old, new, *limit)
        }
        _ => return Err(no_overload("replace", arguments)),
    };
    fuel.burn_length(text.len() + old.len())?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let count = text.matches(&***old).take(limit).count();
    fuel.burn_length(text.len().saturating_add(count.saturating_mul(new.len())))?;
    Ok(text.replacen(&***old, new, limit).into())
}

fn substring(fuel: &Fuel, arguments: &[View<'_>]) -> Result<Value> {
    let (text, start, end) = match arguments {
        [View::String(text), View::Int(start)] => (text, start, None),
        [View::String(text), View::Int(start), View::Int(end)] => (text, start, Some(end)),
        _ => return Err(no_overload("substring", arguments)),
    };
    fuel.burn_length(text.len())?;
    let first = byte_of(text, *start)?;
    let last = end.map_or(Ok(text.len()), |end| byte_of(text, *end))?;
    let part = text.get(first..last);
    part.map(Value::from).ok_or_else(|| invalid(format!("the start {start} is behind the end")))
}
