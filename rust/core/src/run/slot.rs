//! Where a value lies: as JSON, as the host's own object, or both.

use std::sync::Arc;

use crate::value::{Object, Value};

/// A value, written once. `H` is the host's object, of which the core knows nothing.
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
    /// A list or an object whose members have slots of their own, and the host's form of all of it, if that
    /// is there.
    Parts(Arc<Parts<H>>, Option<H>),
    /// A slot that something else holds, too.
    Shared(Arc<Slot<H>>),
}

/// A list or an object of slots.
#[derive(Clone, Debug)]
pub struct Parts<H> {
    /// The JSON form of all of it, if it is there.
    pub json: Option<Value>,
    /// Its members.
    pub members: Members<H>,
}

/// The members of a list or an object.
#[derive(Clone, Debug)]
pub enum Members<H> {
    /// Items.
    List(Box<[Slot<H>]>),
    /// Keys, all different, and what they lead to.
    Object(Box<[(Arc<str>, Slot<H>)]>),
}

impl<H> Members<H> {
    /// The JSON form, if all members have one.
    fn json(&self) -> Option<Value> {
        match self {
            Self::List(items) => {
                let values: Option<Vec<Value>> = items.iter().map(|item| item.json().cloned()).collect();
                values.map(|values| Value::List(values.into()))
            }
            Self::Object(entries) => {
                let member = |(key, slot): &(Arc<str>, Slot<H>)| Some((key.clone(), slot.json()?.clone()));
                let entries: Option<Vec<(Arc<str>, Value)>> = entries.iter().map(member).collect();
                Object::try_new(entries?).ok().map(|object| Value::Object(object.into()))
            }
        }
    }

    fn are_json(&self) -> bool {
        match self {
            Self::List(items) => items.iter().all(Slot::is_json),
            Self::Object(entries) => entries.iter().all(|(_, slot)| slot.is_json()),
        }
    }
}

impl<H> Slot<H> {
    /// The value of a list of these items, without those that are empty; see [`Self::of_members`].
    pub fn of_list(items: Vec<Self>, wants_json: bool) -> Self {
        if items.iter().all(Self::is_json) {
            return Self::Json(items.into_iter().map(Self::into_json).collect());
        }
        let items = items.into_iter().filter(|item| !item.is_empty());
        Self::of_members(Members::List(items.collect()), wants_json)
    }

    /// The value of these members. It is JSON where all of them are JSON and nothing else; else the JSON form
    /// is made only if it is wanted.
    pub fn of_members(members: Members<H>, wants_json: bool) -> Self {
        let are_json = members.are_json();
        let json = if are_json || wants_json { members.json() } else { None };
        match json {
            Some(json) if are_json => Self::Json(json),
            json => Self::Parts(Arc::new(Parts { json, members }), None),
        }
    }

    fn into_json(self) -> Value {
        match self {
            Self::Json(value) => value,
            other => other.json().cloned().unwrap_or_default(),
        }
    }

    fn is_json(&self) -> bool {
        match self {
            Self::Json(_) => true,
            Self::Shared(slot) => slot.is_json(),
            _ => false,
        }
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Empty)
    }

    /// The JSON form, if it is there.
    #[inline]
    pub fn json(&self) -> Option<&Value> {
        match self {
            Self::Json(value) | Self::Both(value, _) => Some(value),
            Self::Empty | Self::Host(_) => None,
            Self::Parts(parts, _) => parts.json.as_ref(),
            Self::Shared(slot) => slot.json(),
        }
    }

    /// The host's form, if it is there.
    #[inline]
    pub fn host(&self) -> Option<&H> {
        match self {
            Self::Host(object) | Self::Both(_, object) => Some(object),
            Self::Empty | Self::Json(_) => None,
            Self::Parts(_, object) => object.as_ref(),
            Self::Shared(slot) => slot.host(),
        }
    }

    /// The members, of a list or an object that has them apart.
    pub fn parts(&self) -> Option<&Arc<Parts<H>>> {
        match self {
            Self::Parts(parts, _) => Some(parts),
            Self::Shared(slot) => slot.parts(),
            _ => None,
        }
    }

    /// Adds the host's form to one without. A form that is there already stays; the other one comes
    /// back, so that the host can drop it where that is safe.
    pub fn add_host(&mut self, object: H) -> Option<H> {
        let shared = match self {
            Self::Shared(slot) if slot.host().is_none() => match &**slot {
                Self::Json(value) => Some(Self::Json(value.clone())),
                Self::Parts(parts, _) => Some(Self::Parts(parts.clone(), None)),
                _ => None,
            },
            _ => None,
        };
        if let Some(own) = shared {
            *self = own;
        }
        match std::mem::take(self) {
            Self::Json(value) => *self = Self::Both(value, object),
            Self::Parts(parts, None) => *self = Self::Parts(parts, Some(object)),
            other => {
                *self = other;
                return Some(object);
            }
        }
        None
    }

    /// The same slot, and another hold on it.
    pub(super) fn share(self) -> (Self, Arc<Self>) {
        let shared = match self {
            Self::Shared(slot) => slot,
            slot => Arc::new(slot),
        };
        (Self::Shared(shared.clone()), shared)
    }
}
