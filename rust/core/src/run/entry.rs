//! What would be written down: the facts from which a run can be rebuilt.

use super::{Path, Slot};
use crate::plan::NodeIndex;
use crate::time::Time;
use crate::value::Value;

/// A fact about a run. Native nodes and bodies leave none: a replay works them out again. Paths say in which
/// frame a node is.
#[derive(Clone, Debug)]
pub enum Entry<H> {
    /// A host node gave its output.
    Completed {
        /// Its frame.
        path: Path,
        /// The node.
        node: NodeIndex,
        /// Its output.
        output: Slot<H>,
    },
    /// An attempt failed, and there will be another.
    Retrying {
        /// Its frame.
        path: Path,
        /// The node.
        node: NodeIndex,
        /// The attempt that failed, from 1.
        attempt: u32,
        /// When the next one may start.
        at: Time,
    },
    /// An item or a turn failed, and will begin again.
    Restarting {
        /// Its frame; never empty.
        path: Path,
        /// The attempt that failed, from 1.
        attempt: u32,
        /// When the next one may start.
        at: Time,
    },
    /// The last attempt of a host node failed, and with it an item of a map that goes on without it.
    Excused {
        /// Its frame.
        path: Path,
        /// The node.
        node: NodeIndex,
        /// The attempt that failed, from 1.
        attempt: u32,
        /// What stands in the item's place.
        error: Value,
    },
    /// The last attempt failed, and with it the run.
    Failed {
        /// Its frame.
        path: Path,
        /// The node.
        node: NodeIndex,
        /// The attempt that failed, from 1.
        attempt: u32,
        /// The host's error; none if the core itself decided that it failed.
        error: Cause<H>,
    },
    /// The run was cancelled.
    Cancelled,
    /// The run's deadline passed.
    TimedOut,
}

/// Why a node failed.
#[derive(Clone, Debug)]
pub enum Cause<H> {
    /// The host's own error.
    Host(H),
    /// A native node, or the cases of a route.
    Native(crate::node::NativeError),
    /// No case fits this value.
    Unhandled(Value),
    /// The attempt's timeout passed.
    Timeout,
    /// A loop was not over after as many turns as it may take.
    LoopLimit(u32),
}

impl<H> From<crate::node::NativeError> for Cause<H> {
    fn from(error: crate::node::NativeError) -> Self {
        Self::Native(error)
    }
}

impl<H> Cause<H> {
    /// The error as data, `{"error": {"type": ..., "message": ...}}`, where only the core knows it.
    pub(super) fn to_value(&self) -> Value {
        let (name, message) = match self {
            Self::Host(_) => ("NodeError", "the node failed".to_owned()),
            Self::Native(error) => ("NodeError", error.to_string()),
            Self::Unhandled(_) => ("RouteError", "no case for this value".to_owned()),
            Self::Timeout => ("NodeTimeoutError", "took longer than its timeout".to_owned()),
            Self::LoopLimit(limit) => ("LoopLimitError", format!("not over after {limit} turns")),
        };
        error_value(&[("type", name.into()), ("message", message.as_str().into())])
    }
}

/// `{"error": {...}}`.
fn error_value(members: &[(&str, Value)]) -> Value {
    let object = |entries: Vec<(std::sync::Arc<str>, Value)>| {
        crate::value::Object::try_new(entries).map_or(Value::Null, |object| Value::Object(object.into()))
    };
    let members = members.iter().map(|(key, value)| ((*key).into(), value.clone())).collect();
    object(vec![("error".into(), object(members))])
}
