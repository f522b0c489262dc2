//! What would be written down: the facts from which a run can be rebuilt.

use super::Slot;
use crate::plan::NodeIndex;
use crate::time::Time;

/// A fact about a run. Native nodes leave none: a replay works them out again.
#[derive(Clone, Debug)]
pub enum Entry<H> {
    /// A host node gave its output.
    Completed {
        /// The node.
        node: NodeIndex,
        /// Its output.
        output: Slot<H>,
    },
    /// An attempt failed, and there will be another.
    Retrying {
        /// The node.
        node: NodeIndex,
        /// The attempt that failed, from 1.
        attempt: u32,
        /// When the next one may start.
        at: Time,
    },
    /// The last attempt failed, and with it the run.
    Failed {
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
    Unhandled(crate::value::Value),
    /// The attempt's timeout passed.
    Timeout,
}
