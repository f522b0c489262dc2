//! A node that gives the same value in every run.

use super::{Inputs, NativeError};
use crate::value::Value;

/// Gives its value.
#[derive(Clone, Debug)]
pub struct Constant(pub Value);

impl Constant {
    pub(super) const NAME: &'static str = "constant";

    #[allow(clippy::unused_self)] // Every kind has this signature.
    pub(super) fn reads_input(&self) -> bool {
        false
    }

    #[allow(clippy::unnecessary_wraps)] // Every kind has this signature.
    pub(super) fn evaluate(&self, _inputs: &impl Inputs) -> Result<Value, NativeError> {
        Ok(self.0.clone())
    }
}
