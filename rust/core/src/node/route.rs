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
    /// A value without a case, if there is no default. Nothing is chosen then.
    pub fn select(&self, value: &Value, choose: impl FnMut(T)) -> Result<(), Unhandled> {
        let values = match value {
            Value::List(items) => items,
            single => std::slice::from_ref(single),
        };
        if let Some(unhandled) = values.iter().find(|value| self.targets(value).is_none()) {
            return Err(Unhandled(unhandled.clone()));
        }
        values.iter().filter_map(|value| self.targets(value)).flatten().copied().for_each(choose);
        Ok(())
    }

    /// What a value selects; `None` if it is unhandled.
    fn targets(&self, value: &Value) -> Option<&Vec<T>> {
        let case = self.cases.iter().find(|(case, _)| case == value).map(|(_, targets)| targets);
        case.or(self.default.as_ref())
    }
}
