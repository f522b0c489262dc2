//! Base64.

use base64::Engine as _;
use base64::alphabet::STANDARD as ALPHABET;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::shapes::{BYTES, STRING};
use super::{Form, Function, invalid, no_overload};
use crate::cel::error::Result;
use crate::cel::fuel::Fuel;
use crate::cel::value::{Value, View};

/// Writes padding, and reads text with or without it.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &ALPHABET,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("base64.encode", Form::Global, &[(&[BYTES], STRING)], encode),
    Function::new("base64.decode", Form::Global, &[(&[STRING], BYTES)], decode),
];

fn encode(fuel: &Fuel, arguments: &[View<'_>]) -> Result<Value> {
    let [View::Bytes(bytes)] = arguments else { return Err(no_overload("base64.encode", arguments)) };
    fuel.burn_length(2 * bytes.len())?;
    Ok(BASE64.encode(bytes).into())
}

fn decode(fuel: &Fuel, arguments: &[View<'_>]) -> Result<Value> {
    let [View::String(text)] = arguments else { return Err(no_overload("base64.decode", arguments)) };
    fuel.burn_length(text.len())?;
    let bytes = BASE64.decode(text.as_bytes()).map_err(|error| invalid(format!("no base64: {error}")))?;
    Ok(bytes.into())
}
