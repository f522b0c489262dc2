//! Which keys and items some schema has looked at, for `unevaluatedProperties` and `unevaluatedItems`.

use crate::value::Value;

/// Marks for the keys of an object or the items of a list.
#[derive(Clone, Debug)]
pub(super) struct Evaluated {
    marks: Vec<bool>,
}

impl Evaluated {
    pub(super) fn none_of(value: &Value) -> Self {
        let count = match value {
            Value::List(items) => items.len(),
            Value::Object(object) => object.len(),
            _ => 0,
        };
        Self { marks: vec![false; count] }
    }

    /// As many marks, none of them set.
    pub(super) fn fresh(&self) -> Self {
        Self { marks: vec![false; self.marks.len()] }
    }

    pub(super) fn len(&self) -> usize {
        self.marks.len()
    }

    pub(super) fn mark(&mut self, position: usize) {
        if let Some(mark) = self.marks.get_mut(position) {
            *mark = true;
        }
    }

    pub(super) fn is_marked(&self, position: usize) -> bool {
        self.marks.get(position).is_some_and(|mark| *mark)
    }

    pub(super) fn merge(&mut self, other: &Self) {
        for (mark, other) in self.marks.iter_mut().zip(&other.marks) {
            *mark |= other;
        }
    }
}
