//! Numbers of any kind compared and divided exactly, as the decimals they were written as.

use std::cmp::Ordering;

use num_bigint::BigInt;
use num_traits::Zero as _;

use crate::value::Value;

/// A whole number times a power of ten.
struct Decimal {
    digits: BigInt,
    exponent: i32,
}

impl Decimal {
    /// `None` if the value is no number.
    fn of(value: &Value) -> Option<Self> {
        let whole = |digits: BigInt| Some(Self { digits, exponent: 0 });
        match value {
            Value::Int(number) => whole((*number).into()),
            Value::Uint(number) => whole((*number).into()),
            Value::Big(number) => whole((**number).clone()),
            Value::Float(number) if number.is_finite() => {
                Self::read(ryu::Buffer::new().format_finite(*number))
            }
            _ => None,
        }
    }

    /// Reads what a double is written as, such as `-1.25e-7`.
    fn read(text: &str) -> Option<Self> {
        let (number, exponent) = text.split_once('e').unwrap_or((text, "0"));
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let digits = [whole, fraction].concat().parse().ok()?;
        let places = i32::try_from(fraction.len()).ok()?;
        Some(Self { digits, exponent: exponent.parse::<i32>().ok()?.checked_sub(places)? })
    }

    /// The digits of both with the smaller of the two exponents.
    fn aligned(&self, other: &Self) -> (BigInt, BigInt) {
        let exponent = self.exponent.min(other.exponent);
        let raised = |number: &Self| {
            &number.digits * BigInt::from(10).pow((number.exponent - exponent).unsigned_abs())
        };
        (raised(self), raised(other))
    }
}

/// Whether a double holds exactly this integer, as it does all up to 2^53.
fn is_exact(number: i64) -> bool {
    number.unsigned_abs() <= 1 << f64::MANTISSA_DIGITS
}

/// How two numbers are ordered; `None` if one is none.
#[allow(clippy::cast_precision_loss)] // Only what is exact is cast.
pub(super) fn order(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Int(left), Value::Int(right)) => Some(left.cmp(right)),
        (Value::Float(left), Value::Float(right)) => left.partial_cmp(right),
        (Value::Int(left), Value::Float(right)) if is_exact(*left) => (*left as f64).partial_cmp(right),
        (Value::Float(left), Value::Int(right)) if is_exact(*right) => left.partial_cmp(&(*right as f64)),
        _ => {
            let (left, right) = Decimal::of(left)?.aligned(&Decimal::of(right)?);
            Some(left.cmp(&right))
        }
    }
}

/// What a calculation with a number costs.
pub(super) fn price(value: &Value) -> u64 {
    match value {
        Value::Big(number) => number.bits(),
        Value::Float(_) | Value::Uint(_) => 8,
        _ => 1,
    }
}

/// Whether a number is a whole number of times another, which is not zero; `None` if one is no number.
pub(super) fn is_multiple(number: &Value, of: &Value) -> Option<bool> {
    if let (Value::Int(number), Value::Int(of)) = (number, of) {
        return Some(number.checked_rem(*of).unwrap_or(0) == 0);
    }
    let (number, of) = Decimal::of(number)?.aligned(&Decimal::of(of)?);
    Some(!of.is_zero() && (number % of).is_zero())
}

/// Writes a number so that equal numbers are written alike.
pub(super) fn write_canonical(value: &Value, out: &mut Vec<u8>) {
    let Some(Decimal { digits, exponent }) = Decimal::of(value) else { return };
    let digits = digits.to_string();
    let kept = digits.trim_end_matches('0');
    let zeros = i32::try_from(digits.len() - kept.len()).unwrap_or(i32::MAX);
    let exponent = if kept.is_empty() { 0 } else { exponent.saturating_add(zeros) };
    out.extend_from_slice(format!("{kept}e{exponent}").as_bytes());
}
