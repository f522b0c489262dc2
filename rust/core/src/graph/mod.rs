//! What a user declares: nodes by name, before anything is checked.

mod cases;
mod check;
mod compile;
mod condition;
mod effect;
mod fault;
mod order;
mod results;
mod scope;

pub use fault::{Fault, FaultCode, Severity};

use std::time::Duration;

use crate::node::Cases;
use crate::plan::{EdgeKind, Effect, First, Plan, RegionIndex, Returns, Work};
use crate::policy::Retry;
use crate::value::Value;

/// The name by which a graph refers to a node.
pub type Name = Box<str>;

/// A declared node.
#[derive(Clone, Debug)]
pub struct Node {
    /// Its name.
    pub name: Name,
    /// What its output comes from.
    pub work: Work,
    /// The nodes it reads, in the order its work names them, each once.
    pub reads: Vec<(Name, EdgeKind)>,
    /// Nodes it only waits for.
    pub after: Vec<Name>,
    /// The cases that its output chooses from, which make it a route.
    pub cases: Option<Cases<Name>>,
    /// The values that its output can have, where that is known; for routes.
    pub values: Option<Vec<Value>>,
    /// Whether its output is known to be a list, whose items choose together; for routes.
    pub several: bool,
    /// What follows a failed attempt; of a node with a body, a failed item or turn.
    pub retry: Option<Retry>,
    /// How long an attempt may take; of a node with a body, an item or turn.
    pub timeout: Option<Duration>,
    /// How many of its members of kind [`EdgeKind::First`] it waits for.
    pub first: Option<First>,
    /// What its output does beside being there.
    pub effect: Option<Effect<Name>>,
    /// Whether the node is there only to be read (as native nodes are), so that without a reader
    /// it is worth a warning.
    pub only_read: bool,
}

impl Node {
    /// A node that reads nothing and has no policies.
    pub fn new(name: impl Into<Name>, work: Work) -> Self {
        let only_read = matches!(work, Work::Native(_));
        Self {
            name: name.into(),
            work,
            reads: Vec::new(),
            after: Vec::new(),
            cases: None,
            values: None,
            several: false,
            retry: None,
            timeout: None,
            first: None,
            effect: None,
            only_read,
        }
    }

    /// The same node, reading another.
    #[must_use]
    pub fn reading(mut self, name: impl Into<Name>, kind: EdgeKind) -> Self {
        self.reads.push((name.into(), kind));
        self
    }
}

/// A declared body: nodes that nodes of kind [`Work::Body`] run as a whole.
#[derive(Clone, Debug, Default)]
pub struct Body {
    /// Its name.
    pub name: Name,
    /// Its nodes in the order of declaration.
    pub nodes: Vec<Node>,
    /// What an execution gives; undeclared, the output of the only leaf.
    pub returns: Option<Returns<Name>>,
    /// The part of the graph around it, whose nodes it may read by name: 0 for the workflow itself, else
    /// a body, counted from 1, that is declared before. A body without it can be run from anywhere.
    pub within: Option<RegionIndex>,
    /// Whether `input` in it is the input of the part around; else it is the item, the state or the input
    /// that an execution begins with.
    pub shares_input: bool,
}

/// A declared workflow.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    /// The workflow's name.
    pub name: Name,
    /// Its nodes in the order of declaration.
    pub nodes: Vec<Node>,
    /// What a run gives; undeclared, the output of the only leaf.
    pub returns: Option<Returns<Name>>,
    /// The bodies of its nodes, and of theirs. A node names one by its number, from 1.
    pub bodies: Vec<Body>,
}

impl Graph {
    /// An empty workflow.
    pub fn new(name: impl Into<Name>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// Finds every fault of the graph, errors and warnings.
    pub fn check(&self) -> Vec<Fault> {
        check::check(self).0
    }

    /// Compiles the graph.
    ///
    /// # Errors
    /// Every fault, if one of them is an error.
    pub fn plan(&self) -> Result<Plan, Vec<Fault>> {
        let (faults, plan) = check::check(self);
        plan.ok_or(faults)
    }
}
