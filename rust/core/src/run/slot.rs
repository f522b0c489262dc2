//! Where a node's output lies: as JSON, as the host's own object, or both.

use crate::value::Value;

/// An output, written once. `H` is the host's object, of which the core knows nothing.
#[derive(Clone, Debug, Default)]
pub enum Slot<H> {
    /// Not there yet, or never.
    #[default]
    Empty,
    /// JSON that the host has not asked for.
    Json(Value),
    /// The host's object, which no native node reads.
    Host(H),
    /// Both forms of one value.
    Both(Value, H),
}

impl<H> Slot<H> {
    /// The JSON form, if it is there.
    pub fn json(&self) -> Option<&Value> {
        match self {
            Self::Json(value) | Self::Both(value, _) => Some(value),
            Self::Empty | Self::Host(_) => None,
        }
    }

    /// The host's form, if it is there.
    pub fn host(&self) -> Option<&H> {
        match self {
            Self::Host(object) | Self::Both(_, object) => Some(object),
            Self::Empty | Self::Json(_) => None,
        }
    }

    /// Adds the host's form to a JSON one. A form that is there already stays; the other one comes
    /// back, so that the host can drop it where that is safe.
    pub fn add_host(&mut self, object: H) -> Option<H> {
        match std::mem::take(self) {
            Self::Json(value) => {
                *self = Self::Both(value, object);
                None
            }
            other => {
                *self = other;
                Some(object)
            }
        }
    }
}
