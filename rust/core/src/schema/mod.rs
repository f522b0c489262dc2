//! JSON Schema (draft 2020-12) over the core's own values.
//!
//! A schema is compiled into a flat list of schemas that name each other by position, and applied to values
//! that stay where they are. It is our own because a schema may come from anywhere: in the crates that there
//! are, thirty definitions that each name the next one twice take hours, and nothing can stop them. Here
//! all work burns [`Fuel`](crate::cel::Fuel). Nothing is ever fetched: a `$ref` leads to a place of the same document.
//!
//! `format` and the content keywords say something and demand nothing, as the draft has it by default.
//! `$dynamicRef` and schemas of other drafts are refused.

// Boxed, an error makes no result of a value larger.
#![allow(clippy::unnecessary_box_returns)]

mod alternatives;
mod apply;
mod compile;
mod declared;
mod evaluated;
mod keyword;
mod number;
mod objects;
mod place;
mod reference;
mod unique;
mod words;

use std::sync::Arc;

pub use apply::{DEPTH_MAX, PLACES_MAX};
pub use compile::{PATTERNS_MAX, SCHEMAS_MAX};
pub use place::Place;
pub(crate) use place::shown;

use crate::cel::fuel::FUEL_DEFAULT;
use crate::value::Value;

/// Work that is allowed for each value and each byte of text in what is validated, where that is more than
/// the default of expressions.
const WORK_A_VALUE: u64 = 64;

/// A compiled JSON Schema. Cloning copies a pointer.
#[derive(Clone, Debug)]
pub struct JsonSchema {
    schemas: Arc<[keyword::Schema]>,
}

impl JsonSchema {
    /// Compiles a schema.
    ///
    /// # Errors
    /// The place in the schema, and what is wrong there: keywords whose values make no sense, references
    /// that lead nowhere or outside, other drafts, and more schemas or patterns than are allowed.
    pub fn compile(schema: &Value) -> Result<Self, Place> {
        Ok(Self { schemas: compile::compile(schema)?.into() })
    }

    /// Gives a valid value, with its numbers as they are declared: 3 becomes 3.0 by `{"type": "number"}`, and
    /// 3.0 becomes 3 by `{"type": "integer"}`. Where both kinds are declared, such as by alternatives, a number
    /// stays what it is, and an integer beyond all doubles does so anyway.
    ///
    /// # Errors
    /// Where a value is not valid and why, at most [`PLACES_MAX`] places. One of them tells if validating
    /// takes more work or depth than is allowed.
    pub fn validate(&self, value: &Value) -> Result<Value, Vec<Place>> {
        let mut outcome = apply::apply(&self.schemas, value, FUEL_DEFAULT);
        if matches!(outcome, Err(apply::Stop::Work)) {
            let work = size(value).saturating_mul(WORK_A_VALUE);
            if work > FUEL_DEFAULT {
                outcome = apply::apply(&self.schemas, value, work);
            }
        }
        let numbers = outcome.unwrap_or_else(|stop| Err(vec![stop.place()]))?;
        Ok(declared::declared(value, numbers))
    }
}

/// How many values there are in a value, and bytes of text.
fn size(value: &Value) -> u64 {
    match value {
        Value::String(text) => 1 + text.len() as u64,
        Value::List(items) => 1 + items.iter().map(size).sum::<u64>(),
        Value::Object(object) => {
            1 + object.iter().map(|(key, value)| key.len() as u64 + size(value)).sum::<u64>()
        }
        _ => 1,
    }
}
