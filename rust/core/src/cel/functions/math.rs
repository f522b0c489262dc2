//! Mathematics.

use std::cmp::Ordering;

use super::shapes::{ANY, BOOL, DOUBLE, INT, LIST, UINT};
use super::{Call, Form, Function, Implementation, Overload, Shape, invalid, no_overload, overflow};
use crate::cel::error::{Error, ErrorKind, Result};
use crate::cel::fuel::Fuel;
use crate::cel::value::{Value, View, order};

const OF_DOUBLE: &[Overload] = &[(&[DOUBLE], DOUBLE)];
const TEST: &[Overload] = &[(&[DOUBLE], BOOL)];
const OF_NUMBER: &[Overload] = &[(&[INT], INT), (&[UINT], UINT), (&[DOUBLE], DOUBLE)];
const BITS: &[Overload] = &[(&[INT, INT], INT), (&[UINT, UINT], UINT)];
const SHIFT: &[Overload] = &[(&[INT, INT], INT), (&[UINT, INT], UINT)];
const CHOICE: &[Overload] =
    &[(&[LIST], Shape::HeldByFirst), (&[INT], INT), (&[UINT], UINT), (&[DOUBLE], DOUBLE), (&[ANY, ANY], ANY)];

const fn global(name: &'static str, overloads: &'static [Overload], call: Call) -> Function {
    Function::new(name, Form::Global, overloads, call)
}

const fn choice(name: &'static str, call: Call) -> Function {
    let implementation = Implementation::Strict(call);
    Function { name, form: Form::Global, overloads: CHOICE, repeats: true, implementation }
}

pub(super) const FUNCTIONS: &[Function] = &[
    choice("math.greatest", |fuel, arguments| chosen("math.greatest", Ordering::Greater, fuel, arguments)),
    choice("math.least", |fuel, arguments| chosen("math.least", Ordering::Less, fuel, arguments)),
    global("math.ceil", OF_DOUBLE, |_, arguments| rounded("math.ceil", f64::ceil, arguments)),
    global("math.floor", OF_DOUBLE, |_, arguments| rounded("math.floor", f64::floor, arguments)),
    global("math.round", OF_DOUBLE, |_, arguments| rounded("math.round", f64::round, arguments)),
    global("math.trunc", OF_DOUBLE, |_, arguments| rounded("math.trunc", f64::trunc, arguments)),
    global("math.isNaN", TEST, |_, arguments| tested("math.isNaN", f64::is_nan, arguments)),
    global("math.isInf", TEST, |_, arguments| tested("math.isInf", f64::is_infinite, arguments)),
    global("math.isFinite", TEST, |_, arguments| tested("math.isFinite", f64::is_finite, arguments)),
    global("math.abs", OF_NUMBER, abs),
    global("math.sign", OF_NUMBER, sign),
    global("math.sqrt", &[(&[DOUBLE], DOUBLE), (&[INT], DOUBLE), (&[UINT], DOUBLE)], sqrt),
    global("math.bitAnd", BITS, |_, arguments| bits("math.bitAnd", |a, b| a & b, arguments)),
    global("math.bitOr", BITS, |_, arguments| bits("math.bitOr", |a, b| a | b, arguments)),
    global("math.bitXor", BITS, |_, arguments| bits("math.bitXor", |a, b| a ^ b, arguments)),
    global("math.bitNot", &[(&[INT], INT), (&[UINT], UINT)], bit_not),
    global("math.bitShiftLeft", SHIFT, |_, arguments| {
        shifted("math.bitShiftLeft", u64::checked_shl, arguments)
    }),
    global("math.bitShiftRight", SHIFT, |_, arguments| {
        shifted("math.bitShiftRight", u64::checked_shr, arguments)
    }),
];

/// The first of the numbers that stands on no other's wrong side.
fn chosen(name: &str, side: Ordering, fuel: &Fuel, arguments: &[View<'_>]) -> Result<Value> {
    let numbers: Vec<View<'_>> = match arguments {
        [View::List(list)] => {
            fuel.burn_length(list.len())?;
            list.iter().collect()
        }
        numbers => numbers.into(),
    };
    let mut best: Option<View<'_>> = None;
    for number in numbers {
        if !matches!(number, View::Int(_) | View::Uint(_) | View::Double(_)) {
            let message = format!("`{name}` takes numbers, not {}", number.value_type());
            return Err(Error::new(ErrorKind::NoSuchOverload, message));
        }
        match best {
            Some(found) if order(number, found, fuel)? != Some(side) => {}
            _ => best = Some(number),
        }
    }
    Ok(best.ok_or_else(|| invalid(format!("`{name}` takes one number at least")))?.to_value())
}

fn rounded(name: &str, round: fn(f64) -> f64, arguments: &[View<'_>]) -> Result<Value> {
    let [View::Double(number)] = arguments else { return Err(no_overload(name, arguments)) };
    Ok(Value::Double(round(*number)))
}

fn tested(name: &str, test: fn(f64) -> bool, arguments: &[View<'_>]) -> Result<Value> {
    let [View::Double(number)] = arguments else { return Err(no_overload(name, arguments)) };
    Ok(Value::Bool(test(*number)))
}

fn abs(_: &Fuel, arguments: &[View<'_>]) -> Result<Value> {
    match arguments {
        [View::Int(number)] => number
            .checked_abs()
            .map(Value::Int)
            .ok_or_else(|| overflow("the result is out of range (overflow)")),
        [View::Uint(number)] => Ok(Value::Uint(*number)),
        [View::Double(number)] => Ok(Value::Double(number.abs())),
        _ => Err(no_overload("math.abs", arguments)),
    }
}

fn sign(_: &Fuel, arguments: &[View<'_>]) -> Result<Value> {
    match arguments {
        [View::Int(number)] => Ok(Value::Int(number.signum())),
        [View::Uint(number)] => Ok(Value::Uint((*number).min(1))),
        [View::Double(number)] if number.is_nan() => Ok(Value::Double(*number)),
        // A zero has no sign, not even one below zero.
        [View::Double(number)] if *number == 0.0 => Ok(Value::Double(0.0)),
        [View::Double(number)] => Ok(Value::Double(number.signum())),
        _ => Err(no_overload("math.sign", arguments)),
    }
}

#[allow(clippy::cast_precision_loss)]
fn sqrt(_: &Fuel, arguments: &[View<'_>]) -> Result<Value> {
    match arguments {
        [View::Double(number)] => Ok(Value::Double(number.sqrt())),
        [View::Int(number)] => Ok(Value::Double((*number as f64).sqrt())),
        [View::Uint(number)] => Ok(Value::Double((*number as f64).sqrt())),
        _ => Err(no_overload("math.sqrt", arguments)),
    }
}

fn bits(name: &str, combine: fn(u64, u64) -> u64, arguments: &[View<'_>]) -> Result<Value> {
    match arguments {
        [View::Int(a), View::Int(b)] => {
            Ok(Value::Int(combine(a.cast_unsigned(), b.cast_unsigned()).cast_signed()))
        }
        [View::Uint(a), View::Uint(b)] => Ok(Value::Uint(combine(*a, *b))),
        _ => Err(no_overload(name, arguments)),
    }
}

fn bit_not(_: &Fuel, arguments: &[View<'_>]) -> Result<Value> {
    match arguments {
        [View::Int(number)] => Ok(Value::Int(!number)),
        [View::Uint(number)] => Ok(Value::Uint(!number)),
        _ => Err(no_overload("math.bitNot", arguments)),
    }
}

/// A shift of the bits, which fills with zeros; past all of them nothing is left.
fn shifted(name: &str, shift: fn(u64, u32) -> Option<u64>, arguments: &[View<'_>]) -> Result<Value> {
    let (bits, count, is_int) = match arguments {
        [View::Int(number), View::Int(count)] => (number.cast_unsigned(), *count, true),
        [View::Uint(number), View::Int(count)] => (*number, *count, false),
        _ => return Err(no_overload(name, arguments)),
    };
    if count < 0 {
        return Err(invalid(format!("`{name}` by a negative number: {count}")));
    }
    let bits = u32::try_from(count).ok().and_then(|count| shift(bits, count)).unwrap_or(0);
    Ok(if is_int { Value::Int(bits.cast_signed()) } else { Value::Uint(bits) })
}
