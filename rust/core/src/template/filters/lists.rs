//! Filters over the items of lists, the keys of objects and the letters of text.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::HashSet;
use std::sync::Arc;

use super::super::error::{Result, failed};
use super::super::operators::{self, is_true};
use super::super::output::{Output, burn_bytes, burn_items};
use super::super::predicates;
use super::super::render;
use super::super::tree::Operator;
use super::{Arguments, Filter, find, refused};
use crate::cel::Fuel;
use crate::cel::value::{View, order};
use crate::value::Value;

pub(super) static FILTERS: &[Filter] = &[
    Filter::new("list", &[], |fuel, value, _| Ok(items(fuel, value)?.into_iter().collect())),
    Filter::new("first", &[], |fuel, value, _| end("first", fuel, value, Iterator::next)),
    Filter::new("last", &[], |fuel, value, _| end("last", fuel, value, DoubleEndedIterator::next_back)),
    Filter::new("reverse", &[], reverse),
    Filter::new("join", &["d", "attribute"], join),
    Filter::new("sort", &["reverse", "case_sensitive", "attribute"], sort),
    Filter::new("unique", &["case_sensitive", "attribute"], unique),
    Filter::new("min", &["case_sensitive", "attribute"], |fuel, value, arguments| {
        extreme(fuel, value, arguments, Ordering::Less)
    }),
    Filter::new("max", &["case_sensitive", "attribute"], |fuel, value, arguments| {
        extreme(fuel, value, arguments, Ordering::Greater)
    }),
    Filter::new("sum", &["attribute", "start"], sum),
    Filter::new("map", &["filter", "attribute", "default"], map),
    Filter::new("select", &["test", "argument"], |fuel, value, arguments| {
        selected(fuel, value, arguments, None, true)
    }),
    Filter::new("reject", &["test", "argument"], |fuel, value, arguments| {
        selected(fuel, value, arguments, None, false)
    }),
    Filter::new("selectattr", &["attribute", "test", "argument"], |fuel, value, arguments| {
        selected(fuel, value, arguments, Some(0), true)
    })
    .needing(1),
    Filter::new("rejectattr", &["attribute", "test", "argument"], |fuel, value, arguments| {
        selected(fuel, value, arguments, Some(0), false)
    })
    .needing(1),
    Filter::new("items", &[], |fuel, value, _| pairs("items", fuel, value)).building(),
    Filter::new("dictsort", &[], dict_sort).building(),
    Filter::new("batch", &["linecount", "fill_with"], batch).needing(1).building(),
];

fn items(fuel: &Fuel, value: &Value) -> Result<Vec<Value>> {
    Ok(render::items_of(Cow::Borrowed(value), fuel)?.into_iter().map(Cow::into_owned).collect())
}

fn end(
    name: &str,
    fuel: &Fuel,
    value: &Value,
    take: fn(&mut std::vec::IntoIter<Value>) -> Option<Value>,
) -> Result<Value> {
    let mut ends = match value {
        Value::List(items) => items.first().into_iter().chain(items.last()).cloned().collect(),
        Value::String(text) => {
            let ends = text.chars().next().into_iter().chain(text.chars().next_back());
            ends.map(|letter| Value::from(&*letter.encode_utf8(&mut [0; 4]))).collect()
        }
        other => items(fuel, other)?,
    }
    .into_iter();
    take(&mut ends).ok_or_else(|| failed(format!("`{name}` of an empty {}", value.type_name())))
}

fn reverse(fuel: &Fuel, value: &Value, _: &Arguments<'_>) -> Result<Value> {
    match value {
        Value::String(text) => {
            burn_bytes(fuel, text.len())?;
            Ok(Value::String(text.chars().rev().collect::<String>().into()))
        }
        other => Ok(items(fuel, other)?.into_iter().rev().collect()),
    }
}

/// The value at a path such as `user.name` of an item.
fn attribute(item: &Value, path: Option<&Arc<str>>) -> Option<Value> {
    let Some(path) = path else { return Some(item.clone()) };
    let mut value = item;
    for name in path.split('.') {
        value = match name.parse() {
            Ok(index) => value.item(index).or_else(|| value.field(name))?,
            Err(_) => value.field(name)?,
        };
    }
    Some(value.clone())
}

/// The items, and for each the value at a path of it.
fn keyed(fuel: &Fuel, value: &Value, path: Option<&Arc<str>>) -> Result<Vec<(Value, Value)>> {
    let keyed = items(fuel, value)?.into_iter().enumerate().map(|(index, item)| {
        burn_bytes(fuel, path.map_or(0, |path| path.len()))?;
        match attribute(&item, path) {
            Some(key) => Ok((key, item)),
            None => Err(failed(format!("item {index} has no `{}`", path.map_or("", |path| path)))),
        }
    });
    keyed.collect()
}

fn join(fuel: &Fuel, value: &Value, arguments: &Arguments<'_>) -> Result<Value> {
    let separator = arguments.text(0)?.map_or("", |separator| separator);
    let mut output = Output::new(fuel);
    for (index, (part, _)) in keyed(fuel, value, arguments.text(1)?)?.iter().enumerate() {
        if index > 0 {
            output.text(separator)?;
        }
        output.value(part)?;
    }
    Ok(Value::String(output.finish()?))
}

/// Text in small letters, unless capitals matter.
fn folded(fuel: &Fuel, key: Value, case_sensitive: bool) -> Result<Value> {
    match key {
        Value::String(text) if !case_sensitive => {
            burn_bytes(fuel, text.len())?;
            Ok(Value::String(text.to_lowercase().into()))
        }
        key => Ok(key),
    }
}

fn folded_keys(fuel: &Fuel, keyed: Vec<(Value, Value)>, case_sensitive: bool) -> Result<Vec<(Value, Value)>> {
    keyed.into_iter().map(|(key, item)| Ok((folded(fuel, key, case_sensitive)?, item))).collect()
}

/// Sorts by the keys, which are all texts or all numbers, and pays for all comparisons at once.
fn sorted(fuel: &Fuel, mut keyed: Vec<(Value, Value)>) -> Result<Vec<(Value, Value)>> {
    let is_text = |(key, _): &(Value, Value)| matches!(key, Value::String(_));
    let is_number = |(key, _): &(Value, Value)| operators::number(key).is_some();
    if !keyed.iter().all(is_text) && !keyed.iter().all(is_number) {
        return Err(failed("only texts or only numbers can be sorted"));
    }
    let rounds = keyed.len().checked_ilog2().unwrap_or(0) as usize + 1;
    let longest =
        keyed.iter().map(|(key, _)| if let Value::String(text) = key { text.len() } else { 0 }).max();
    fuel.burn_length((longest.unwrap_or(0) / 16 + 1).saturating_mul(rounds).saturating_mul(keyed.len()))?;
    keyed.sort_by(|(a, _), (b, _)| match (a, b) {
        (Value::String(a), Value::String(b)) => a.cmp(b),
        (a, b) => match (operators::integer(a), operators::integer(b)) {
            (Some(a), Some(b)) => a.cmp(&b),
            _ => operators::number(a).unwrap_or(0.0).total_cmp(&operators::number(b).unwrap_or(0.0)),
        },
    });
    Ok(keyed)
}

fn sort(fuel: &Fuel, value: &Value, arguments: &Arguments<'_>) -> Result<Value> {
    let keyed = keyed(fuel, value, arguments.text(2)?)?;
    let mut sorted = sorted(fuel, folded_keys(fuel, keyed, arguments.flag(1))?)?;
    if arguments.flag(0) {
        sorted.reverse();
    }
    Ok(sorted.into_iter().map(|(_, item)| item).collect())
}

fn dict_sort(fuel: &Fuel, value: &Value, _: &Arguments<'_>) -> Result<Value> {
    let pairs = pairs("dictsort", fuel, value)?;
    let keyed = keyed(fuel, &pairs, Some(&"0".into()))?;
    Ok(sorted(fuel, folded_keys(fuel, keyed, false)?)?.into_iter().map(|(_, pair)| pair).collect())
}

fn unique(fuel: &Fuel, value: &Value, arguments: &Arguments<'_>) -> Result<Value> {
    let keyed = keyed(fuel, value, arguments.text(1)?)?;
    let mut seen = HashSet::new();
    let mut kept = Vec::new();
    for (key, item) in folded_keys(fuel, keyed, arguments.flag(0))? {
        let mut written = Output::new(fuel);
        written.json(&key, None, 0)?;
        if seen.insert(written.finish()?) {
            kept.push(item);
        }
    }
    Ok(kept.into_iter().collect())
}

fn extreme(fuel: &Fuel, value: &Value, arguments: &Arguments<'_>, side: Ordering) -> Result<Value> {
    let keyed = keyed(fuel, value, arguments.text(1)?)?;
    let mut best: Option<(Value, Value)> = None;
    for candidate in folded_keys(fuel, keyed, arguments.flag(0))? {
        best = match best {
            Some(best) if order(View::from(&candidate.0), View::from(&best.0), fuel)? != Some(side) => {
                Some(best)
            }
            _ => Some(candidate),
        };
    }
    best.map(|(_, item)| item).ok_or_else(|| failed(format!("an empty {} has no extreme", value.type_name())))
}

fn sum(fuel: &Fuel, value: &Value, arguments: &Arguments<'_>) -> Result<Value> {
    let start = arguments.get(1).cloned().unwrap_or(Value::Int(0));
    if operators::number(&start).is_none() {
        return Err(arguments.wrong(1, "a number"));
    }
    keyed(fuel, value, arguments.text(0)?)?
        .iter()
        .try_fold(start, |sum, (part, _)| operators::calculate(Operator::Add, &sum, part, fuel))
}

/// Another filter, or an attribute, of every item.
fn map(fuel: &Fuel, value: &Value, arguments: &Arguments<'_>) -> Result<Value> {
    let default = arguments.get(2);
    match (arguments.text(0)?, arguments.text(1)?) {
        (Some(name), None) => {
            let Some(filter) = find(name).filter(|filter| filter.required == 0 && !filter.builds) else {
                return Err(failed(format!("`map`: there is no filter `{name}` that needs no arguments")));
            };
            let none = Arguments::new(filter, Vec::new());
            items(fuel, value)?.iter().map(|item| (filter.call)(fuel, item, &none)).collect()
        }
        (None, Some(path)) if default.is_some() => items(fuel, value)?
            .iter()
            .map(|item| {
                burn_bytes(fuel, path.len())?;
                Ok(attribute(item, Some(path)).or_else(|| default.cloned()).unwrap_or(Value::Null))
            })
            .collect(),
        (None, Some(path)) => Ok(keyed(fuel, value, Some(path))?.into_iter().map(|(key, _)| key).collect()),
        _ => Err(failed("`map` takes a filter or an attribute: `map(attribute=\"name\")`")),
    }
}

/// The items that pass a test, or whose attribute does, or those that do not.
fn selected(
    fuel: &Fuel,
    value: &Value,
    arguments: &Arguments<'_>,
    path: Option<usize>,
    wanted: bool,
) -> Result<Value> {
    let test = path.map_or(0, |path| path + 1);
    let path = path.map(|path| arguments.text(path)).transpose()?.flatten();
    let (test, argument) = (arguments.text(test)?, arguments.get(test + 1));
    let predicate = match test.map(|name| predicates::find(name).ok_or(name)) {
        Some(Err(name)) => return Err(failed(format!("there is no test `{name}`"))),
        Some(Ok(predicate)) => Some(predicate),
        None => None,
    };
    let mut chosen = Vec::new();
    for item in items(fuel, value)? {
        burn_bytes(fuel, path.map_or(0, |path| path.len()))?;
        let passes = match (attribute(&item, path), predicate) {
            (None, _) => false,
            (Some(key), None) => is_true(&key),
            (Some(key), Some(predicate)) => predicate.test(&key, argument, fuel)?,
        };
        if passes == wanted {
            chosen.push(item);
        }
    }
    Ok(chosen.into_iter().collect())
}

fn pairs(name: &str, fuel: &Fuel, value: &Value) -> Result<Value> {
    let Value::Object(object) = value else { return Err(refused(name, value)) };
    burn_items(fuel, object.len().saturating_mul(4))?;
    let pair =
        |(key, value): &(Arc<str>, Value)| [Value::String(key.clone()), value.clone()].into_iter().collect();
    Ok(object.iter().map(pair).collect())
}

fn batch(fuel: &Fuel, value: &Value, arguments: &Arguments<'_>) -> Result<Value> {
    let Some(size) = arguments.count(0)?.filter(|size| *size > 0) else {
        return Err(arguments.wrong(0, "1 or more"));
    };
    let fill = arguments.get(1);
    let mut batches = Vec::new();
    for chunk in items(fuel, value)?.chunks(size) {
        let missing = if fill.is_some() { size - chunk.len() } else { 0 };
        burn_items(fuel, chunk.len().saturating_add(missing).saturating_add(2))?;
        batches.push(chunk.iter().chain(std::iter::repeat_n(fill, missing).flatten()).cloned().collect());
    }
    Ok(batches.into_iter().collect())
}
