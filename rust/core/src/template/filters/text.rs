//! Filters that change text, or turn values into it.

use super::super::error::{Result, failed};
use super::super::output::{OUTPUT_MAX, Output, burn_bytes, burn_items, text_of};
use super::{Arguments, Filter, on_text};
use crate::cel::Fuel;
use crate::value::Value;

/// How wide `indent` and `tojson` may indent.
const INDENT_MAX: usize = 64;
/// How long `truncate` leaves a text unless told.
const TRUNCATED_LENGTH: usize = 255;

pub(super) static FILTERS: &[Filter] = &[
    Filter::new("string", &[], |fuel, value, _| Ok(Value::String(text_of(value, fuel)?))),
    Filter::new("tojson", &["indent"], to_json),
    Filter::new("upper", &[], |fuel, value, _| on_text(fuel, value, str::to_uppercase)),
    Filter::new("lower", &[], |fuel, value, _| on_text(fuel, value, str::to_lowercase)),
    Filter::new("capitalize", &[], |fuel, value, _| on_text(fuel, value, capitalized)),
    Filter::new("title", &[], |fuel, value, _| on_text(fuel, value, title)),
    Filter::new("trim", &["chars"], trim),
    Filter::new("replace", &["old", "new"], replace).needing(2),
    Filter::new("indent", &["width", "first", "blank"], indent),
    Filter::new("truncate", &["length", "killwords", "end"], truncate),
    Filter::new("split", &["separator", "maxsplit"], split),
    Filter::new("lines", &[], |fuel, value, _| {
        let text = text_of(value, fuel)?;
        parts(fuel, text.lines())
    }),
];

fn to_json(fuel: &Fuel, value: &Value, arguments: &Arguments<'_>) -> Result<Value> {
    let indent = arguments.count(0)?.map(|width| width.min(INDENT_MAX));
    let mut output = Output::new(fuel);
    output.json(value, indent, 0)?;
    Ok(Value::String(output.finish()?))
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters.as_str().to_lowercase().chars()).collect()
}

/// Every word begins with a capital.
fn title(text: &str) -> String {
    text.split_inclusive(|letter: char| !letter.is_alphanumeric() && letter != '\'')
        .map(capitalized)
        .collect()
}

fn trim(fuel: &Fuel, value: &Value, arguments: &Arguments<'_>) -> Result<Value> {
    match arguments.text(0)? {
        None => on_text(fuel, value, |text| text.trim().into()),
        Some(letters) => {
            let text = text_of(value, fuel)?;
            // Each letter of the one may be searched for in the other.
            fuel.burn_length(text.len().saturating_mul(letters.len()) / 16)?;
            Ok(text.trim_matches(|letter| letters.contains(letter)).into())
        }
    }
}

fn replace(fuel: &Fuel, value: &Value, arguments: &Arguments<'_>) -> Result<Value> {
    let text = text_of(value, fuel)?;
    let (Some(old), Some(new)) = (arguments.text(0)?, arguments.text(1)?) else {
        return Err(arguments.wrong(0, "text"));
    };
    let mut output = Output::new(fuel);
    let mut rest = 0;
    for (start, found) in text.match_indices(&**old) {
        output.text(text.get(rest..start).unwrap_or_default())?;
        output.text(new)?;
        rest = start + found.len();
    }
    output.text(text.get(rest..).unwrap_or_default())?;
    Ok(Value::String(output.finish()?))
}

fn indent(fuel: &Fuel, value: &Value, arguments: &Arguments<'_>) -> Result<Value> {
    let text = text_of(value, fuel)?;
    let margin = " ".repeat(arguments.count(0)?.unwrap_or(4).min(INDENT_MAX));
    let (first, blank) = (arguments.flag(1), arguments.flag(2));
    let mut output = Output::new(fuel);
    for (index, line) in text.split('\n').enumerate() {
        if index > 0 {
            output.text("\n")?;
        }
        if (index > 0 || first) && (blank || !line.trim().is_empty()) {
            output.text(&margin)?;
        }
        output.text(line)?;
    }
    Ok(Value::String(output.finish()?))
}

/// Cuts a text that is too long, at a blank unless `killwords`, and ends it with `...`.
fn truncate(fuel: &Fuel, value: &Value, arguments: &Arguments<'_>) -> Result<Value> {
    let text = text_of(value, fuel)?;
    let length = arguments.count(0)?.unwrap_or(TRUNCATED_LENGTH);
    let end = arguments.text(2)?.map_or("...", |end| end);
    burn_bytes(fuel, end.len())?;
    if text.chars().nth(length).is_none() {
        return Ok(Value::String(text));
    }
    let kept = length.saturating_sub(end.chars().count());
    let cut = text.char_indices().nth(kept).map_or(text.len(), |(cut, _)| cut);
    let head = text.get(..cut).unwrap_or_default();
    let head = if arguments.flag(1) { head } else { head.rsplit_once(' ').map_or(head, |(head, _)| head) };
    Ok(Value::String([head, end].concat().into()))
}

fn split(fuel: &Fuel, value: &Value, arguments: &Arguments<'_>) -> Result<Value> {
    let text = text_of(value, fuel)?;
    let most = arguments.count(1)?.map_or(usize::MAX, |most| most.saturating_add(1));
    match arguments.text(0)? {
        None => parts(fuel, text.split_whitespace()),
        Some(separator) if separator.is_empty() => Err(failed("`split`: separator must not be empty")),
        Some(separator) => parts(fuel, text.splitn(most, &**separator)),
    }
}

fn parts<'t>(fuel: &Fuel, parts: impl Iterator<Item = &'t str>) -> Result<Value> {
    let parts = parts.take(OUTPUT_MAX).map(|part| {
        // Each is a text of its own.
        burn_items(fuel, 2)?;
        Ok(Value::from(part))
    });
    parts.collect()
}
