//! The compiled form of a workflow: immutable, flat, shared between threads and runs.

use std::time::Duration;

use crate::node::{Cases, Native};
use crate::policy::Retry;

/// How many nodes a workflow may have.
pub const NODES_MAX: usize = 10_000;

/// Index of a node in its plan.
pub type NodeIndex = u32;

/// Who may carry out a host node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Any thread of the host.
    Any = 0,
    /// Only the thread that drives the run.
    Caller = 1,
    /// Only the event loop.
    Loop = 2,
    /// Only a thread that may be left behind, because the node has a timeout.
    Helper = 3,
    /// Any thread and the event loop too: it is over sooner than it could be handed on.
    Quick = 4,
}

/// Number of lanes.
pub(crate) const LANES: usize = 5;

/// What a node's output comes from.
#[derive(Clone, Debug)]
pub enum Work {
    /// The host is asked for it.
    Host(Lane),
    /// The core works it out.
    Native(Native),
}

/// How a node depends on another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EdgeKind {
    /// Reads its output, and is skipped with it.
    Required,
    /// Reads its output, or does without when that was skipped.
    Optional,
    /// One of several outputs gathered in a list or an object; left out when skipped.
    Member,
    /// Only waits for it, and is skipped with it.
    After,
    /// Runs if this route chooses it.
    Case,
}

impl EdgeKind {
    /// The kind's name in exports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Required => "data",
            Self::Optional => "optional",
            Self::Member => "member",
            Self::After => "after",
            Self::Case => "case",
        }
    }

    /// Whether the target is skipped when the source is.
    pub(crate) fn passes_skips(self) -> bool {
        matches!(self, Self::Required | Self::After)
    }
}

/// An edge, seen from its source.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Edge {
    pub(crate) target: NodeIndex,
    pub(crate) kind: EdgeKind,
}

/// A node of a plan.
#[derive(Debug)]
pub struct PlanNode {
    /// Its name, unique in the plan.
    pub name: Box<str>,
    /// What its output comes from.
    pub work: Work,
    /// The nodes it reads, in the order its work names them, each once.
    pub reads: Box<[(NodeIndex, EdgeKind)]>,
    /// Nodes it only waits for.
    pub after: Box<[NodeIndex]>,
    /// The routes that name it.
    pub routes: Box<[NodeIndex]>,
    /// The cases that its output chooses from.
    pub cases: Option<Cases>,
    /// What follows a failed attempt.
    pub retry: Option<Retry>,
    /// How long an attempt may take.
    pub timeout: Option<Duration>,
    /// Whether its output is needed as JSON, by a native node or by its own cases.
    pub wants_json: bool,
    pub(crate) edges: Box<[Edge]>,
}

/// What a run gives in the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Returns<T = NodeIndex> {
    /// Nothing: the workflow runs for its effects.
    Nothing,
    /// The output of one node.
    One(T),
    /// The output of whichever of these ran.
    Either(Vec<T>),
    /// An object of outputs.
    Object(Vec<(String, T)>),
}

impl<T> Returns<T> {
    /// The nodes that are named.
    pub fn nodes(&self) -> impl Iterator<Item = &T> {
        let (list, object): (&[T], &[(String, T)]) = match self {
            Self::Nothing => (&[], &[]),
            Self::One(node) => (std::slice::from_ref(node), &[]),
            Self::Either(nodes) => (nodes, &[]),
            Self::Object(entries) => (&[], entries),
        };
        list.iter().chain(object.iter().map(|(_, node)| node))
    }
}

/// A checked workflow, ready to run.
#[derive(Debug)]
pub struct Plan {
    /// The workflow's name.
    pub name: Box<str>,
    /// Its nodes.
    pub nodes: Box<[PlanNode]>,
    /// What a run gives.
    pub returns: Returns,
    /// Whether a native node reads the run's input, which is then needed as JSON.
    pub wants_json_input: bool,
    /// Whether a node has a timeout, so that handing it out needs the time.
    pub has_timeouts: bool,
    /// Nodes without any edge into them, from which a run starts.
    pub(crate) sources: Box<[NodeIndex]>,
}

impl Plan {
    /// The index of the node with this name.
    pub fn find(&self, name: &str) -> Option<NodeIndex> {
        self.nodes.iter().position(|node| &*node.name == name).map(|index| index as NodeIndex)
    }

    /// The node at an index.
    pub fn node(&self, index: NodeIndex) -> &PlanNode {
        &self.nodes[index as usize]
    }

    /// Everything that `wanted` needs, itself included; outputs in `given` need nothing.
    pub fn needs(&self, wanted: &[NodeIndex], given: &[NodeIndex]) -> Vec<bool> {
        let mut needed = vec![false; self.nodes.len()];
        let mut open = wanted.to_vec();
        while let Some(index) = open.pop() {
            if std::mem::replace(&mut needed[index as usize], true) || given.contains(&index) {
                continue;
            }
            let node = self.node(index);
            open.extend(node.reads.iter().map(|(read, _)| *read));
            open.extend(&node.after);
            open.extend(&node.routes);
        }
        needed
    }
}
