//! Objects: pairs in the order they were written, found by key.

use std::sync::Arc;

use super::Value;

/// Objects up to this many keys are searched in order; larger ones through a sorted index.
const LINEAR_SEARCH_MAX: usize = 12;

/// The pairs of a JSON object, in order, without duplicate keys.
#[derive(Debug, Default)]
pub struct Object {
    entries: Box<[(Arc<str>, Value)]>,
    /// Positions in `entries`, by key; empty for small objects.
    sorted: Box<[u32]>,
}

impl Object {
    /// Makes an object.
    ///
    /// # Errors
    /// The first key that stands there a second time.
    pub fn try_new(entries: Vec<(Arc<str>, Value)>) -> Result<Self, Arc<str>> {
        let entries = entries.into_boxed_slice();
        if entries.len() <= LINEAR_SEARCH_MAX {
            for (position, (key, _)) in entries.iter().enumerate() {
                if entries[..position].iter().any(|(earlier, _)| earlier == key) {
                    return Err(key.clone());
                }
            }
            return Ok(Self { entries, sorted: Box::default() });
        }
        let mut sorted: Box<[u32]> = (0..entries.len() as u32).collect();
        // Stable, so that of two equal keys the later one comes second.
        sorted.sort_by(|a, b| entries[*a as usize].0.cmp(&entries[*b as usize].0));
        let duplicate = sorted
            .windows(2)
            .filter(|pair| entries[pair[0] as usize].0 == entries[pair[1] as usize].0)
            .map(|pair| pair[1] as usize)
            .min();
        match duplicate {
            Some(position) => Err(entries[position].0.clone()),
            None => Ok(Self { entries, sorted }),
        }
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Value> {
        if self.sorted.is_empty() {
            return self.entries.iter().find(|(name, _)| &**name == key).map(|(_, value)| value);
        }
        let place = self.sorted.binary_search_by(|position| (*self.entries[*position as usize].0).cmp(key));
        place.ok().map(|found| &self.entries[self.sorted[found] as usize].1)
    }

    /// The pairs in order.
    pub fn iter(&self) -> std::slice::Iter<'_, (Arc<str>, Value)> {
        self.entries.iter()
    }

    /// Number of keys.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

impl<'a> IntoIterator for &'a Object {
    type Item = &'a (Arc<str>, Value);
    type IntoIter = std::slice::Iter<'a, (Arc<str>, Value)>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// Equal when they hold the same pairs, in any order.
impl PartialEq for Object {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len()
            && self.iter().all(|(key, value)| other.get(key).is_some_and(|found| found == value))
    }
}
