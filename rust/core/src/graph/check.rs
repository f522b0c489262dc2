//! Graph in; every fault out, and a plan if none of them is an error.

use std::collections::HashSet;

use super::compile::compile;
use super::condition::Condition;
use super::fault::{Fault, FaultCode, Severity};
use super::scope::{Part, Scope};
use super::{Graph, Name, Node};
use crate::node::{Body, BodyKind, TURNS_MAX};
use crate::plan::{EdgeKind, NODES_MAX, NodeIndex, Plan, ROOT, RegionIndex, Returns, Source, Work};

/// Checks a graph. The plan is there if no fault is an error.
pub(super) fn check(graph: &Graph) -> (Vec<Fault>, Option<Plan>) {
    let scope = Scope::new(graph);
    let mut faults = Vec::new();
    let mut checked = Vec::with_capacity(scope.parts.len());
    for at in 0..scope.parts.len() as RegionIndex {
        let mut checker = Checker { scope: &scope, at, part: &scope.parts[at as usize], faults };
        checked.extend(checker.run());
        faults = checker.faults;
    }
    faults.sort_by_key(|fault| fault.code.severity());
    let broken = faults.iter().any(|fault| fault.code.severity() == Severity::Error);
    let plan = if broken { None } else { Some(compile(&scope, checked)) };
    (faults, plan)
}

/// Checks one part of a graph: the workflow itself, or a body.
pub(super) struct Checker<'s, 'g> {
    scope: &'s Scope<'g>,
    at: RegionIndex,
    pub(super) part: &'s Part<'g>,
    faults: Vec<Fault>,
}

/// A part without faults.
pub(super) struct Checked {
    pub(super) incoming: Vec<Incoming>,
    pub(super) returns: Returns,
}

/// The edges into each node, by index in its part; and what its work reads, by index in the plan.
pub(super) struct Incoming {
    pub(super) sources: Vec<Source>,
    pub(super) reads: Vec<(NodeIndex, EdgeKind)>,
    pub(super) after: Vec<NodeIndex>,
    pub(super) routes: Vec<NodeIndex>,
}

impl Checker<'_, '_> {
    fn run(&mut self) -> Option<Checked> {
        let before = self.faults.len();
        self.check_names();
        let incoming = self.resolve();
        for (node, incoming) in self.part.nodes.iter().zip(&incoming) {
            self.check_cases(node);
            self.check_flow(node);
            self.check_effect(node, incoming);
        }
        let returns = self.resolve_returns();
        let is_broken = |fault: &Fault| fault.code.severity() == Severity::Error;
        if self.faults.iter().skip(before).any(is_broken) {
            // Cycles are worth telling even beside other faults; what follows needs whole edges.
            self.order(&incoming);
            return None;
        }
        let order = self.order(&incoming)?;
        let returns = returns.or_else(|| self.default_returns(&incoming))?;
        let conditions = self.conditions(&incoming, &order, |node| node.several);
        if conditions.iter().any(Condition::is_never) {
            self.check_reachable(&incoming, &order);
        }
        self.check_returns(&returns, &conditions);
        if !self.is_ended(&conditions) {
            self.check_cancelled(&returns, &incoming, &order);
        }
        self.check_used(&incoming, &returns);
        Some(Checked { incoming, returns })
    }

    pub(super) fn fault(&mut self, code: FaultCode, node: Option<&str>, message: String, remedy: String) {
        let prefix = &*self.part.prefix;
        let node = match node {
            Some(node) => Some(format!("{prefix}{node}").into()),
            None if self.at == ROOT => None,
            None => Some(prefix.trim_end_matches('/').into()),
        };
        self.faults.push(Fault { code, node, message, remedy });
    }

    fn check_names(&mut self) {
        let count = self.part.nodes.len();
        if count == 0 {
            self.fault(FaultCode::NoNodes, None, "there are no nodes".into(), "add a node".into());
        }
        let count = self.scope.nodes();
        if count > NODES_MAX && self.at == ROOT {
            let message = format!("{count} nodes are more than the limit of {NODES_MAX}");
            self.fault(FaultCode::TooManyNodes, None, message, "split it into several workflows".into());
        }
        let mut names = HashSet::with_capacity(self.part.nodes.len());
        for node in self.part.nodes {
            if !names.insert(&node.name) {
                let message = format!("two nodes are named `{}`", node.name);
                self.fault(FaultCode::DuplicateName, Some(&node.name), message, "rename one of them".into());
            }
        }
    }

    /// The index of a name that `node` uses, or a fault.
    pub(super) fn find(&mut self, name: &str, node: Option<&str>, used_as: &str) -> Option<NodeIndex> {
        let found = self.part.index.get(name).copied();
        if found.is_none() {
            let message = format!("no node `{name}`, named by {used_as}");
            self.fault(FaultCode::UnknownNode, node, message, String::new());
        }
        found
    }

    fn resolve(&mut self) -> Vec<Incoming> {
        let part = self.part;
        let mut incoming: Vec<Incoming> = part.nodes.iter().map(|node| self.resolve_node(node)).collect();
        for (position, node) in part.nodes.iter().enumerate() {
            let Some(cases) = &node.cases else { continue };
            let used_as = format!("a case of `{}`", node.name);
            for target in
                cases.cases.iter().flat_map(|(_, targets)| targets).chain(cases.default.iter().flatten())
            {
                if let Some(target) = self.find(target, Some(&node.name), &used_as) {
                    let routes = &mut incoming[target as usize].routes;
                    if routes.last() != Some(&(position as NodeIndex)) {
                        routes.push(position as NodeIndex);
                    }
                }
            }
        }
        incoming
    }

    fn resolve_node(&mut self, node: &Node) -> Incoming {
        let name = Some(&*node.name);
        let (mut sources, mut reads) = (Vec::with_capacity(node.reads.len()), Vec::new());
        for (read, kind) in &node.reads {
            if let Some(index) = self.part.index.get(&**read) {
                sources.push(Source::Node(self.part.start + index));
                // Members are all waited for where nothing says of how many.
                let waits_for_all = *kind == EdgeKind::First && node.first.is_none();
                reads.push((*index, if waits_for_all { EdgeKind::Member } else { *kind }));
            } else if let Some(source) = self.scope.outside(self.at, read) {
                sources.push(source);
            } else {
                self.find(read, name, &format!("`{}`", node.name));
            }
        }
        // What a body reads here has settled before it starts.
        if let Work::Body(body) = &node.work {
            for (read, kind) in self.scope.captures_of(body.region, self.part) {
                match reads.iter_mut().find(|(known, _)| *known == read) {
                    Some((_, known)) if kind == EdgeKind::Required => *known = kind,
                    Some(_) => {}
                    None => reads.push((read, kind)),
                }
            }
        }
        let used_as = format!("`after` of `{}`", node.name);
        let mut after: Vec<NodeIndex> =
            node.after.iter().filter_map(|earlier| self.find(earlier, name, &used_as)).collect();
        after.sort_unstable();
        after.dedup();
        // A node that is read and waited for is skipped with it, so one edge says both.
        reads
            .iter_mut()
            .filter(|(read, _)| after.contains(read))
            .for_each(|(_, kind)| *kind = EdgeKind::Required);
        after.retain(|earlier| reads.iter().all(|(read, _)| read != earlier));
        Incoming { sources, reads, after, routes: Vec::new() }
    }

    fn resolve_returns(&mut self) -> Option<Returns> {
        let part = self.part;
        let mut find = |name: &Name| self.find(name, None, "`returns`");
        let returns = match part.returns.as_ref()? {
            Returns::Nothing => Returns::Nothing,
            Returns::One(name) => Returns::One(find(name)?),
            Returns::Either(names) => Returns::Either(names.iter().filter_map(find).collect()),
            Returns::Object(entries) => Returns::Object(
                entries.iter().filter_map(|(key, name)| Some((key.clone(), find(name)?))).collect(),
            ),
        };
        Some(returns)
    }

    /// What is wrong with how many members a node waits for, and with its body.
    fn check_flow(&mut self, node: &Node) {
        let name = Some(&*node.name);
        if let Some(first) = node.first {
            let members = node.reads.iter().filter(|(_, kind)| *kind == EdgeKind::First).count();
            if first.count == 0 || first.count as usize > members {
                let message = format!("`{}` waits for {} of {members} members", node.name, first.count);
                let remedy = "name more members, or wait for fewer, but for one at least";
                self.fault(FaultCode::JoinCount, name, message, remedy.into());
            }
        }
        if let Work::Body(body) = &node.work {
            self.check_body(node, body);
        }
    }

    fn check_body(&mut self, node: &Node, body: &Body) {
        let name = Some(&*node.name);
        if let BodyKind::Loop(repeat) = &body.kind
            && !(1..=TURNS_MAX).contains(&repeat.limit)
        {
            let message = format!("`{}` may take {} turns", node.name, repeat.limit);
            self.fault(FaultCode::LoopLimit, name, message, format!("set a limit of 1 to {TURNS_MAX}"));
        }
        match self.scope.parts.get(body.region as usize) {
            None => {
                let message = format!("`{}` has body {}, which is not there", node.name, body.region);
                self.fault(FaultCode::UnknownBody, name, message, "declare the body".into());
            }
            Some(inner) if !self.scope.may_run(self.at, body.region) => {
                let message =
                    format!("`{}` stands outside of what its body `{}` reads", node.name, inner.name);
                let remedy = "use the body where it was declared, or give it an input instead".into();
                self.fault(FaultCode::UnknownBody, name, message, remedy);
            }
            Some(_) => {}
        }
    }
}
