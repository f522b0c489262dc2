//! Language models: the tokens of a text, and what a use costs.

use std::time::{Duration, SystemTime};

use engine_models::{PriceError, TEXT_MAX, Usage, count_tokens};

use super::shapes::{ANY, INT, MAP, STRING, TIMESTAMP};
use super::{Form, Function, Implementation, invalid, no_overload};
use crate::cel::error::{Error, ErrorKind, Result, shown};
use crate::cel::fuel::Fuel;
use crate::cel::time::Timestamp;
use crate::cel::value::{MapRef, Value, View};

/// What counting costs beside the bytes of the text.
const COUNT_COST: usize = 20;
/// What finding a model and its rates costs; a name that no rule knows is held against all of them.
const PRICE_COST: u64 = 60;
/// A moment after which no rates change; at noon, since some hold by night alone.
const LATEST: Timestamp = Timestamp { seconds: 253_402_257_600, nanos: 0 };
const NANODOLLARS: f64 = 1e9;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("tokens", Form::Global, &[(&[STRING, STRING], INT)], tokens),
    Function {
        name: "price",
        form: Form::Global,
        overloads: &[(&[MAP, STRING], ANY), (&[MAP, STRING, TIMESTAMP], ANY)],
        repeats: false,
        implementation: Implementation::Timed(price),
    },
];

/// `tokens(text, model)`: how many tokens a text has; an estimate for a model whose vocabulary is not known.
fn tokens(fuel: &Fuel, arguments: &[View<'_>]) -> Result<Value> {
    let [View::String(text), View::String(model)] = arguments else {
        return Err(no_overload("tokens", arguments));
    };
    fuel.burn_length(COUNT_COST + text.len() + model.len())?;
    let counted = count_tokens(text, model, TEXT_MAX);
    let count = counted.map_err(|error| Error::new(ErrorKind::Limit, error.to_string()))?;
    Ok(super::standard::length(count.tokens))
}

/// `price(usage, model, at)`: what a use of a model costs in US dollars, null if the model is not known.
/// Without a time it is the evaluation's; where that has none, the latest rates count.
fn price(fuel: &Fuel, arguments: &[View<'_>]) -> Result<Value> {
    let (counts, model, at) = match arguments {
        [View::Map(counts), View::String(model), View::Timestamp(at)] => (counts, model, *at),
        [View::Map(counts), View::String(model), View::Null] => (counts, model, LATEST),
        _ => return Err(no_overload("price", arguments)),
    };
    fuel.burn(PRICE_COST)?;
    let usage = usage_of(*counts, fuel)?;
    let priced = engine_models::price(&usage, model, moment(at)).map_err(refused)?;
    #[allow(clippy::cast_precision_loss)] // The nearest double to the exact amount.
    Ok(priced.map_or(Value::Null, |price| Value::Double(price.nanodollars as f64 / NANODOLLARS)))
}

/// The counts of a map; what is null was not counted.
fn usage_of(counts: MapRef<'_>, fuel: &Fuel) -> Result<Usage> {
    fuel.burn_length(counts.len())?;
    let mut usage = Usage::default();
    for (key, count) in counts.iter() {
        let View::String(key) = key else { return Err(invalid("the keys of a usage are text")) };
        fuel.burn_length(key.len())?;
        // No unit has a name as long as what is cut off.
        let key = shown(key);
        let count = match count {
            View::Null => continue,
            View::Int(count) => u64::try_from(count).ok(),
            View::Uint(count) => Some(count),
            _ => None,
        };
        let wrong = || invalid(format!("`{key}` of a usage is no count, a whole number from 0 on"));
        usage.set(&key, count.ok_or_else(wrong)?).map_err(refused)?;
    }
    Ok(usage)
}

fn refused(error: PriceError) -> Box<Error> {
    invalid(error.to_string())
}

fn moment(at: Timestamp) -> SystemTime {
    let span = Duration::new(at.seconds.unsigned_abs(), 0);
    let whole = if at.seconds < 0 {
        SystemTime::UNIX_EPOCH.checked_sub(span)
    } else {
        SystemTime::UNIX_EPOCH.checked_add(span)
    };
    whole.unwrap_or(SystemTime::UNIX_EPOCH)
}
