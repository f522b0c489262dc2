//! What a user declares: nodes by name, before anything is checked.

mod check;
mod condition;

pub use check::{Fault, FaultCode, Severity};

use std::time::Duration;

use crate::node::Cases;
use crate::plan::{EdgeKind, Plan, Returns, Work};
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
    /// What follows a failed attempt.
    pub retry: Option<Retry>,
    /// How long an attempt may take.
    pub timeout: Option<Duration>,
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

/// A declared workflow.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    /// The workflow's name.
    pub name: Name,
    /// Its nodes in the order of declaration.
    pub nodes: Vec<Node>,
    /// What a run gives; undeclared, the output of the only leaf.
    pub returns: Option<Returns<Name>>,
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
