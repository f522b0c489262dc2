//! What text without quotes means: the core schema of YAML 1.2, and which texts an older reader would take
//! for something else.

use num_bigint::BigInt;

use super::DIGITS_MAX;
use crate::value::Value;

/// What stands for no value of JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoValue {
    /// `.nan` or `.inf`.
    NotFinite,
    /// A number that no double holds.
    Range,
    /// An integer of more than [`DIGITS_MAX`] digits.
    Digits,
}

/// The value of a text without quotes.
///
/// One rule is stricter than the schema: digits that begin with a needless 0, such as a post code, stay
/// text, because readers do not agree on their base.
pub(super) fn resolve(text: &str) -> Result<Value, NoValue> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Ok(Value::Null),
        "true" | "True" | "TRUE" => return Ok(Value::Bool(true)),
        "false" | "False" | "FALSE" => return Ok(Value::Bool(false)),
        ".nan" | ".NaN" | ".NAN" => return Err(NoValue::NotFinite),
        _ => {}
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") {
        return Err(NoValue::NotFinite);
    }
    if let Some(digits) = text.strip_prefix("0x") {
        return based(text, digits, 16);
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return based(text, digits, 8);
    }
    if is_digits(unsigned) {
        return if unsigned.len() > 1 && unsigned.starts_with('0') {
            Ok(text.into())
        } else if unsigned.len() > DIGITS_MAX {
            Err(NoValue::Digits)
        } else {
            let number = text.strip_prefix('+').unwrap_or(text);
            number
                .parse::<i64>()
                .map(Value::Int)
                .or_else(|_| Ok(number.parse::<BigInt>().map_or_else(|_| text.into(), Value::integer)))
        };
    }
    if !is_float(unsigned) {
        return Ok(text.into());
    }
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(Value::Float(number)),
        Ok(_) => Err(NoValue::Range),
        Err(_) => Ok(text.into()),
    }
}

fn based(text: &str, digits: &str, radix: u32) -> Result<Value, NoValue> {
    if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(radix)) {
        return Ok(text.into());
    }
    if digits.len() > DIGITS_MAX {
        return Err(NoValue::Digits);
    }
    Ok(BigInt::parse_bytes(digits.as_bytes(), radix).map_or_else(|| text.into(), Value::integer))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `( . digits | digits ( . digits? )? ) ( [eE] sign? digits )?`
fn is_float(text: &str) -> bool {
    let (number, exponent) = match text.split_once(['e', 'E']) {
        Some((number, exponent)) => (number, Some(exponent)),
        None => (text, None),
    };
    let exponent_fits =
        exponent.is_none_or(|exponent| is_digits(exponent.strip_prefix(['-', '+']).unwrap_or(exponent)));
    exponent_fits
        && match number.split_once('.') {
            Some(("", fraction)) => is_digits(fraction),
            Some((whole, fraction)) => is_digits(whole) && (fraction.is_empty() || is_digits(fraction)),
            None => is_digits(number),
        }
}

/// Whether a text may stand without quotes, anywhere, and means itself to readers of YAML 1.1 and 1.2.
pub(super) fn is_plain(text: &str) -> bool {
    // A letter first: no reader takes such a text for a number, a date or a sign of its own.
    text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && !text.ends_with(' ')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-./() ".contains(&byte))
        && !WORDS.iter().any(|word| word.eq_ignore_ascii_case(text))
}

/// Words that mean null or a boolean in one of the versions.
const WORDS: [&str; 9] = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"];
