//! The compiled form of a workflow: immutable, flat, shared between threads and runs.

use std::ops::Range;
use std::time::Duration;

use crate::node::{Body, Cases, Local, Native};
use crate::policy::Retry;

/// How many nodes a workflow may have, those of its bodies included.
pub const NODES_MAX: usize = 10_000;

/// Index of a node in its plan, whatever its region.
pub type NodeIndex = u32;

/// Index of a region in its plan; see [`Region`].
pub type RegionIndex = u32;

/// The workflow itself, as a region.
pub const ROOT: RegionIndex = 0;

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
    /// The core runs a body of nodes for it.
    Body(Box<Body>),
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
    /// A member of a join that does not wait for all of them; see [`First`].
    First,
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
            Self::First => "first",
            Self::After => "after",
            Self::Case => "case",
        }
    }

    /// Whether the target is skipped when the source is.
    pub(crate) fn passes_skips(self) -> bool {
        matches!(self, Self::Required | Self::After)
    }
}

/// How many of its members of kind [`EdgeKind::First`] a node waits for. When fewer can come, because the
/// others were skipped, it waits until all have settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct First {
    /// How many outputs are enough, from 1.
    pub count: u32,
    /// Whether members that have not settled by then are cancelled, and with them what only leads to
    /// cancelled nodes.
    pub cancels_rest: bool,
}

/// What a node's output does beside being there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect<T = NodeIndex> {
    /// It is the result: the run, or of a body this execution of it, is over with it.
    End,
    /// These nodes of the same region, as far as they have not settled, are cancelled.
    Cancel(Box<[T]>),
}

/// What a node's work reads at a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The output of a node of the same region.
    Node(NodeIndex),
    /// The output of a node of a region around. It has settled before a body that reads it starts.
    Outer(NodeIndex),
    /// What the frame holds, or one around it.
    Local(Local),
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
    /// Its name, unique in its region.
    pub name: Box<str>,
    /// What its output comes from.
    pub work: Work,
    /// What its work reads, by position.
    pub sources: Box<[Source]>,
    /// The nodes of its region that it waits for because it or its body reads them, each once.
    pub reads: Box<[(NodeIndex, EdgeKind)]>,
    /// Nodes it only waits for.
    pub after: Box<[NodeIndex]>,
    /// The routes that name it.
    pub routes: Box<[NodeIndex]>,
    /// The cases that its output chooses from.
    pub cases: Option<Cases>,
    /// What follows a failed attempt; of a node with a body, a failed item or turn.
    pub retry: Option<Retry>,
    /// How long an attempt may take.
    pub timeout: Option<Duration>,
    /// Whether it waits for some of its members only.
    pub first: Option<First>,
    /// What its output does beside being there.
    pub effect: Option<Effect>,
    /// Whether its output is needed as JSON, by a native node or by its own cases.
    pub wants_json: bool,
    /// Whether a map takes its output apart, so that the host gives a list as `Slot::Parts`.
    pub wants_parts: bool,
    /// How many edges it waits for; the members of which it waits for some only are one.
    pub(crate) waits: u16,
    /// How many members of kind [`EdgeKind::First`] it has.
    pub(crate) members: u16,
    /// Whether its output does something beside being there: it chooses, cancels or ends.
    pub(crate) acts: bool,
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

/// A graph of nodes that is executed as a whole: the workflow itself, or a body of its nodes.
#[derive(Debug)]
pub struct Region {
    /// The name of the workflow or body.
    pub name: Box<str>,
    /// Its nodes.
    pub nodes: Range<NodeIndex>,
    /// What an execution gives.
    pub returns: Returns,
    /// The region around it, whose nodes it may read.
    pub within: Option<RegionIndex>,
    /// Whether its input is that of the region around it.
    pub shares_input: bool,
    /// Whether a native node reads its input, which is then needed as JSON.
    pub wants_json_input: bool,
    /// Whether only native nodes run in it, so that it is over as soon as it starts.
    pub is_native: bool,
    /// The only node, where it is native, gives the output of the region and does nothing beside.
    pub(crate) sole: Option<NodeIndex>,
    /// Nodes without any edge into them, from which an execution starts.
    pub(crate) sources: Box<[NodeIndex]>,
}

/// A checked workflow, ready to run.
#[derive(Debug)]
pub struct Plan {
    /// The nodes of all regions; those of a region lie side by side.
    pub nodes: Box<[PlanNode]>,
    /// The workflow itself, then its bodies.
    pub regions: Box<[Region]>,
    /// Whether a node has a timeout, so that handing it out needs the time.
    pub has_timeouts: bool,
    /// Whether a map takes the input of the workflow apart, so that the host gives a list as `Slot::Parts`.
    pub wants_input_parts: bool,
    /// Whether calls may be stopped while the run goes on, or when it ends with success.
    pub may_stop: bool,
}

impl Plan {
    /// The workflow itself.
    pub fn root(&self) -> &Region {
        &self.regions[ROOT as usize]
    }

    /// The region whose input is that of this one.
    pub fn region_of_input(&self, index: RegionIndex) -> RegionIndex {
        let mut at = index;
        while let Some(around) = self.region(at).within.filter(|_| self.region(at).shares_input) {
            at = around;
        }
        at
    }

    /// The region at an index.
    pub fn region(&self, index: RegionIndex) -> &Region {
        &self.regions[index as usize]
    }

    /// The region that a node belongs to.
    pub fn region_of(&self, node: NodeIndex) -> RegionIndex {
        self.regions.partition_point(|region| region.nodes.end <= node) as RegionIndex
    }

    /// The index of the workflow's own node with this name.
    pub fn find(&self, name: &str) -> Option<NodeIndex> {
        self.find_in(ROOT, name)
    }

    /// The index of a region's node with this name.
    pub fn find_in(&self, region: RegionIndex, name: &str) -> Option<NodeIndex> {
        self.region(region).nodes.clone().find(|node| &*self.node(*node).name == name)
    }

    /// What a name means to a node of a region: a node of that region, else one of those around it.
    pub fn resolve(&self, region: RegionIndex, name: &str) -> Option<Source> {
        if let Some(node) = self.find_in(region, name) {
            return Some(Source::Node(node));
        }
        let around = std::iter::successors(self.region(region).within, |around| self.region(*around).within);
        around.into_iter().find_map(|around| self.find_in(around, name)).map(Source::Outer)
    }

    /// The node at an index.
    pub fn node(&self, index: NodeIndex) -> &PlanNode {
        &self.nodes[index as usize]
    }

    /// The body of a node that has one.
    pub(crate) fn body(&self, node: NodeIndex) -> Option<&Body> {
        match &self.node(node).work {
            Work::Body(body) => Some(body),
            Work::Host(_) | Work::Native(_) => None,
        }
    }

    /// Everything that `wanted` needs, itself included; outputs in `given` need nothing. All are nodes of
    /// the workflow itself.
    pub fn needs(&self, wanted: &[NodeIndex], given: &[NodeIndex]) -> Vec<bool> {
        let mut needed = vec![false; self.root().nodes.len()];
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
