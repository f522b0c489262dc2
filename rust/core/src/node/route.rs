//! Cases: which nodes run for which value.
//!
//! Any node may carry cases. Its output is then the value they are chosen by; a list chooses the
//! cases of all its items.

use crate::value::Value;

/// The value has no case, and there is no default.
#[derive(Clone, Debug, PartialEq)]
pub struct Unhandled(pub Value);

/// The cases of a route. Targets are indexes of nodes (or names, before there are indexes).
#[derive(Clone, Debug)]
pub struct Cases<T = u32> {
    /// Values and what runs for them; no value stands twice.
    pub cases: Vec<(Value, Vec<T>)>,
    /// What runs when no case fits; without it such a value is an error.
    pub default: Option<Vec<T>>,
}

impl<T: Copy> Cases<T> {
    /// Calls `choose` with every target that `value` selects; a target may come twice.
    ///
    /// # Errors
    /// A value without a case, if there is no default.
    pub fn select(&self, value: &Value, mut choose: impl FnMut(T)) -> Result<(), Unhandled> {
        match value {
            Value::List(items) => items.iter().try_for_each(|item| self.select_one(item, &mut choose)),
            single => self.select_one(single, &mut choose),
        }
    }

    fn select_one(&self, value: &Value, choose: &mut impl FnMut(T)) -> Result<(), Unhandled> {
        let case = self.cases.iter().find(|(case, _)| case == value).map(|(_, targets)| targets);
        match case.or(self.default.as_ref()) {
            Some(targets) => {
                targets.iter().copied().for_each(choose);
                Ok(())
            }
            None => Err(Unhandled(value.clone())),
        }
    }
}
