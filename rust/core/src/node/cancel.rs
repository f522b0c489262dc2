//! A node that cancels others.

use super::{Inputs, NativeError};
use crate::value::Value;

/// Gives null. That others are cancelled is the effect of its node.
#[derive(Clone, Debug)]
pub struct Cancel;

impl Cancel {
    pub(super) const NAME: &'static str = "cancel";

    #[allow(clippy::unused_self)] // Every kind has this signature.
    pub(super) fn reads_input(&self) -> bool {
        false
    }

    #[allow(clippy::unnecessary_wraps, clippy::unused_self)] // Every kind has this signature.
    pub(super) fn evaluate(&self, _inputs: &impl Inputs) -> Result<Value, NativeError> {
        Ok(Value::Null)
    }
}
