//! Graph in; every fault out, and a plan if none of them is an error.

use std::collections::HashMap;
use std::fmt;

use super::condition::{Condition, NO, Question, YES, is_certain};
use super::{Graph, Name, Node};
use crate::node::Cases;
use crate::plan::{Edge, EdgeKind, NODES_MAX, NodeIndex, Plan, PlanNode, Returns, Work};
use crate::value::Value;

/// How many nodes a message names where there may be any number of them.
const NAMED_MAX: usize = 8;

/// How bad a fault is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The workflow cannot run.
    Error,
    /// The workflow runs, but probably not as meant.
    Warning,
}

macro_rules! fault_codes {
    ($($code:ident $name:literal $severity:ident #[$doc:meta]),+ $(,)?) => {
        /// What is wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum FaultCode {
            $(#[$doc] $code),+
        }

        impl FaultCode {
            /// The code as users see it.
            pub fn name(self) -> &'static str {
                match self { $(Self::$code => $name),+ }
            }

            /// How bad it is.
            pub fn severity(self) -> Severity {
                match self { $(Self::$code => Severity::$severity),+ }
            }
        }
    };
}

fault_codes! {
    NoNodes "no-nodes" Error #[doc = "Nothing to run."],
    TooManyNodes "too-many-nodes" Error #[doc = "More nodes than [`NODES_MAX`]."],
    DuplicateName "duplicate-name" Error #[doc = "Two nodes of one name."],
    UnknownNode "unknown-node" Error #[doc = "A name that no node has."],
    Cycle "cycle" Error #[doc = "Nodes that wait for each other."],
    Unreachable "unreachable" Error #[doc = "A node that no run can reach."],
    UnhandledValue "unhandled-value" Error #[doc = "A value without a case."],
    NeedlessValue "needless-value" Warning #[doc = "A case for a value that cannot come."],
    MissingDefault "missing-default" Error #[doc = "Unknown values and no default."],
    DuplicateCase "duplicate-case" Error #[doc = "Two cases for one value."],
    AmbiguousResult "ambiguous-result" Error #[doc = "Several leaves and no returns."],
    ReturnsOverlap "returns-overlap" Error #[doc = "Exclusive returns that can both run."],
    ReturnMayBeSkipped "return-may-be-skipped" Warning #[doc = "A result that some runs lack."],
    UnusedNode "unused-node" Warning #[doc = "A native node that nobody reads."],
}

/// How many nodes of a cycle a message names.
const CYCLE_NAMES_MAX: usize = 12;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What it is.
    pub code: FaultCode,
    /// The node it is found at, if it is one.
    pub node: Option<Name>,
    /// What is wrong, as a sentence.
    pub message: String,
    /// What to write, as a sentence; empty if the message says it all.
    pub remedy: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.name(), self.message)?;
        if self.remedy.is_empty() { Ok(()) } else { write!(f, "; {}", self.remedy) }
    }
}

/// Checks a graph. The plan is there if no fault is an error.
pub(super) fn check(graph: &Graph) -> (Vec<Fault>, Option<Plan>) {
    let mut checker = Checker::new(graph);
    let plan = checker.run();
    let mut faults = checker.faults;
    faults.sort_by_key(|fault| fault.code.severity());
    let broken = faults.iter().any(|fault| fault.code.severity() == Severity::Error);
    (faults, plan.filter(|_| !broken))
}

struct Checker<'g> {
    graph: &'g Graph,
    index: HashMap<&'g str, NodeIndex>,
    faults: Vec<Fault>,
}

/// The edges into each node, by index.
struct Incoming {
    reads: Vec<(NodeIndex, EdgeKind)>,
    after: Vec<NodeIndex>,
    routes: Vec<NodeIndex>,
}

impl<'g> Checker<'g> {
    fn new(graph: &'g Graph) -> Self {
        Self { graph, index: HashMap::with_capacity(graph.nodes.len()), faults: Vec::new() }
    }

    fn run(&mut self) -> Option<Plan> {
        self.check_names();
        let incoming = self.resolve();
        self.graph.nodes.iter().for_each(|node| self.check_cases(node));
        let returns = self.resolve_returns();
        if self.faults.iter().any(|fault| fault.code.severity() == Severity::Error) {
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
        self.check_used(&incoming, &returns);
        Some(compile(self.graph, &self.index, incoming, returns))
    }

    fn fault(&mut self, code: FaultCode, node: Option<&str>, message: String, remedy: String) {
        self.faults.push(Fault { code, node: node.map(Into::into), message, remedy });
    }

    fn check_names(&mut self) {
        let count = self.graph.nodes.len();
        if count == 0 {
            self.fault(FaultCode::NoNodes, None, "there are no nodes".into(), "add a node".into());
        }
        if count > NODES_MAX {
            let message = format!("{count} nodes are more than the limit of {NODES_MAX}");
            self.fault(FaultCode::TooManyNodes, None, message, "split it into several workflows".into());
        }
        for (position, node) in self.graph.nodes.iter().enumerate() {
            if self.index.insert(&node.name, position as NodeIndex).is_some() {
                let message = format!("two nodes are named `{}`", node.name);
                self.fault(FaultCode::DuplicateName, Some(&node.name), message, "rename one of them".into());
            }
        }
    }

    /// The index of a name that `node` uses, or a fault.
    fn find(&mut self, name: &str, node: Option<&str>, used_as: &str) -> Option<NodeIndex> {
        let found = self.index.get(name).copied();
        if found.is_none() {
            let message = format!("no node `{name}`, named by {used_as}");
            self.fault(FaultCode::UnknownNode, node, message, String::new());
        }
        found
    }

    fn resolve(&mut self) -> Vec<Incoming> {
        let graph = self.graph;
        let mut incoming = Vec::with_capacity(graph.nodes.len());
        for node in &graph.nodes {
            let name = Some(&*node.name);
            let reads = node
                .reads
                .iter()
                .filter_map(|(read, kind)| Some((self.find(read, name, &format!("`{}`", node.name))?, *kind)))
                .collect();
            let used_as = format!("`after` of `{}`", node.name);
            let mut after: Vec<NodeIndex> =
                node.after.iter().filter_map(|name_after| self.find(name_after, name, &used_as)).collect();
            after.sort_unstable();
            after.dedup();
            let mut reads: Vec<(NodeIndex, EdgeKind)> = reads;
            // A node that is read and waited for is skipped with it, so one edge says both.
            reads
                .iter_mut()
                .filter(|(read, _)| after.contains(read))
                .for_each(|(_, kind)| *kind = EdgeKind::Required);
            after.retain(|earlier| reads.iter().all(|(read, _)| read != earlier));
            incoming.push(Incoming { reads, after, routes: Vec::new() });
        }
        for (position, node) in graph.nodes.iter().enumerate() {
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

    fn check_cases(&mut self, node: &Node) {
        let Some(cases) = &node.cases else { return };
        let name = Some(&*node.name);
        for (position, (value, _)) in cases.cases.iter().enumerate() {
            if cases.cases[..position].iter().any(|(earlier, _)| earlier == value) {
                let message = format!("{} has two cases", spell(value));
                self.fault(
                    FaultCode::DuplicateCase,
                    name,
                    message,
                    "name all nodes of a value in one list".into(),
                );
            }
        }
        let Some(values) = &node.values else {
            if cases.default.is_none() {
                let message = "the values are not known before the run, and there is no default".into();
                let remedy = "add `default=None` to run nothing for other values, or `default=node`".into();
                self.fault(FaultCode::MissingDefault, name, message, remedy);
            }
            return;
        };
        for value in values.iter().filter(|_| cases.default.is_none()) {
            if !cases.cases.iter().any(|(case, _)| case == value) {
                let spelled = spell(value);
                let message = format!("{spelled} is not handled");
                let remedy = format!("add `{spelled}: node`, or `default=None` to run nothing");
                self.fault(FaultCode::UnhandledValue, name, message, remedy);
            }
        }
        for (value, _) in &cases.cases {
            if !values.contains(value) {
                let known: Vec<String> = values.iter().map(spell).collect();
                let message = format!("{} never comes; the values are {}", spell(value), known.join(", "));
                self.fault(
                    FaultCode::NeedlessValue,
                    name,
                    message,
                    "remove the case or mend its spelling".into(),
                );
            }
        }
    }

    fn resolve_returns(&mut self) -> Option<Returns> {
        let graph = self.graph;
        let mut find = |name: &Name| self.find(name, None, "`returns`");
        let returns = match graph.returns.as_ref()? {
            Returns::Nothing => Returns::Nothing,
            Returns::One(name) => Returns::One(find(name)?),
            Returns::Either(names) => Returns::Either(names.iter().filter_map(find).collect()),
            Returns::Object(entries) => Returns::Object(
                entries.iter().filter_map(|(key, name)| Some((key.clone(), find(name)?))).collect(),
            ),
        };
        Some(returns)
    }

    /// Nodes in an order in which each comes after all that it waits for; reports cycles.
    fn order(&mut self, incoming: &[Incoming]) -> Option<Vec<NodeIndex>> {
        let sources = |node: &Incoming| {
            let reads = node.reads.iter().map(|(read, _)| *read);
            reads.chain(node.after.iter().copied()).chain(node.routes.iter().copied()).collect::<Vec<_>>()
        };
        let mut dependents = vec![Vec::new(); incoming.len()];
        let mut open: Vec<usize> = Vec::with_capacity(incoming.len());
        for (target, node) in incoming.iter().enumerate() {
            let sources = sources(node);
            open.push(sources.len());
            for source in sources {
                dependents[source as usize].push(target as NodeIndex);
            }
        }
        let mut order: Vec<NodeIndex> =
            (0..incoming.len() as NodeIndex).filter(|node| open[*node as usize] == 0).collect();
        let mut next = 0;
        while let Some(source) = order.get(next).copied() {
            next += 1;
            for target in &dependents[source as usize] {
                open[*target as usize] -= 1;
                if open[*target as usize] == 0 {
                    order.push(*target);
                }
            }
        }
        if order.len() == incoming.len() {
            return Some(order);
        }
        // Whatever is open waits for something open, so walking backwards must come round.
        let mut reported = vec![false; incoming.len()];
        for start in 0..incoming.len() {
            if open[start] == 0 || reported[start] {
                continue;
            }
            let mut walk = vec![start as NodeIndex];
            let cycle = loop {
                let last = walk[walk.len() - 1];
                let back =
                    sources(&incoming[last as usize]).into_iter().find(|source| open[*source as usize] > 0);
                let Some(back) = back else { break Vec::new() };
                if reported[back as usize] {
                    break Vec::new();
                }
                if let Some(entry) = walk.iter().position(|seen| *seen == back) {
                    break walk.split_off(entry);
                }
                walk.push(back);
            };
            walk.iter().chain(&cycle).for_each(|node| reported[*node as usize] = true);
            if let Some(last) = cycle.first() {
                let name = |node: &NodeIndex| format!("`{}`", self.graph.nodes[*node as usize].name);
                let mut path: Vec<String> = cycle.iter().rev().map(name).collect();
                path.insert(0, name(last));
                if path.len() > CYCLE_NAMES_MAX {
                    let left_out = path.len() - CYCLE_NAMES_MAX;
                    let middle = CYCLE_NAMES_MAX / 2;
                    path.splice(middle..middle + left_out, [format!("({left_out} more)")]);
                }
                let message = format!("these nodes wait for each other: {}", path.join(" → "));
                let node = self.graph.nodes[*last as usize].name.clone();
                self.fault(FaultCode::Cycle, Some(&node), message, "remove one of these edges".into());
            }
        }
        None
    }

    /// Without `returns`, a run gives the output of the only leaf.
    fn default_returns(&mut self, incoming: &[Incoming]) -> Option<Returns> {
        let gives = |node: &Node| {
            node.cases.is_none() && !matches!(&node.work, Work::Native(native) if native.is_guard())
        };
        let mut is_leaf: Vec<bool> = self.graph.nodes.iter().map(gives).collect();
        for node in incoming {
            node.reads.iter().for_each(|(read, _)| is_leaf[*read as usize] = false);
            node.after.iter().for_each(|earlier| is_leaf[*earlier as usize] = false);
        }
        let leaves: Vec<NodeIndex> =
            (0..is_leaf.len() as NodeIndex).filter(|node| is_leaf[*node as usize]).collect();
        match leaves[..] {
            [] => Some(Returns::Nothing),
            [only] => Some(Returns::One(only)),
            _ => {
                let names: Vec<&str> =
                    leaves.iter().map(|leaf| &*self.graph.nodes[*leaf as usize].name).collect();
                let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
                let (last, others) = quoted.split_last()?;
                let both = if others.len() == 1 { "both" } else { "all" };
                let left_out = others.len().saturating_sub(NAMED_MAX);
                let more = if left_out > 0 { format!(", {left_out} more") } else { String::new() };
                let named = others[..others.len() - left_out].join(", ");
                let message = format!("{named}{more} and {last} {both} end the workflow");
                let last = names[names.len() - 1];
                let remedy = format!("write `{}.returns({last})`", self.graph.name.replace('-', "_"));
                self.fault(FaultCode::AmbiguousResult, None, message, remedy);
                None
            }
        }
    }

    /// When each node runs, if the routes that satisfy `chooses_several` may choose any number of
    /// cases and the others choose one.
    fn conditions(
        &self,
        incoming: &[Incoming],
        order: &[NodeIndex],
        chooses_several: impl Fn(&Node) -> bool,
    ) -> Vec<Condition> {
        let mut conditions = vec![Condition::Unknown; incoming.len()];
        let choices = self.choices();
        for index in order {
            let node = &incoming[*index as usize];
            let required = node.reads.iter().filter(|(_, kind)| kind.passes_skips()).map(|(read, _)| read);
            let mut condition = required
                .chain(&node.after)
                .fold(Condition::always(), |both, source| both.and(&conditions[*source as usize]));
            if !node.routes.is_empty() {
                let chosen = node.routes.iter().map(|route| {
                    let cases = choices.get(&(*route, *index)).map_or(&[][..], Vec::as_slice);
                    let several = chooses_several(&self.graph.nodes[*route as usize]);
                    let chosen = if several { Condition::chosen_among } else { Condition::chosen };
                    conditions[*route as usize].and(&chosen(*route, cases))
                });
                if let Some(chosen) = chosen.reduce(|either, next| either.or(&next)) {
                    condition = condition.and(&chosen);
                }
            }
            conditions[*index as usize] = condition;
        }
        conditions
    }

    /// For each route and target the numbers of the cases that name it; the default comes last.
    fn choices(&self) -> HashMap<(NodeIndex, NodeIndex), Vec<u32>> {
        let mut choices: HashMap<_, Vec<u32>> = HashMap::new();
        for (route, node) in self.graph.nodes.iter().enumerate() {
            let Some(cases) = &node.cases else { continue };
            let lists = cases.cases.iter().map(|(_, targets)| targets).chain(&cases.default);
            for (number, targets) in lists.enumerate() {
                for target in targets.iter().filter_map(|name| self.index.get(&**name)) {
                    let numbers = choices.entry((route as NodeIndex, *target)).or_default();
                    if numbers.last() != Some(&(number as u32)) {
                        numbers.push(number as u32);
                    }
                }
            }
        }
        choices
    }

    fn check_reachable(&mut self, incoming: &[Incoming], order: &[NodeIndex]) {
        // Values that are not known may be lists, which choose several cases at once.
        let conditions = self.conditions(incoming, order, |node| node.several || node.values.is_none());
        let is_never = |node: &NodeIndex| conditions[*node as usize].is_never();
        for (index, (node, incoming)) in self.graph.nodes.iter().zip(incoming).enumerate() {
            let required =
                incoming.reads.iter().filter(|(_, kind)| kind.passes_skips()).map(|(read, _)| read);
            let mut needed = required.chain(&incoming.after);
            // What needs an unreachable node is unreachable too, which is no fault of its own.
            let follows =
                needed.any(is_never) || (!incoming.routes.is_empty() && incoming.routes.iter().all(is_never));
            if follows || !is_never(&(index as NodeIndex)) {
                continue;
            }
            let message = format!("`{}` can never run: it needs nodes that no run has together", node.name);
            let remedy =
                "give a parameter a default for the run without that node, or change the cases".into();
            self.fault(FaultCode::Unreachable, Some(&node.name), message, remedy);
        }
    }

    /// The answers that are possible to a question about a route.
    fn answers(&self, question: Question) -> Vec<u32> {
        let Question::Which(route) = question else { return vec![NO, YES] };
        let node = &self.graph.nodes[route as usize];
        let Some(cases) = &node.cases else { return Vec::new() };
        let default = cases.cases.len() as u32;
        let Some(values) = &node.values else { return (0..=default).collect() };
        let case_of = |value| cases.cases.iter().position(|(case, _)| case == value);
        let mut answers: Vec<u32> =
            values.iter().map(|value| case_of(value).map_or(default, |case| case as u32)).collect();
        answers.sort_unstable();
        answers.dedup();
        answers
    }

    fn check_returns(&mut self, returns: &Returns, conditions: &[Condition]) {
        let name = |node: &NodeIndex| self.graph.nodes[*node as usize].name.clone();
        let of = |node: &NodeIndex| &conditions[*node as usize];
        let answers = |question| self.answers(question);
        if let Returns::Either(nodes) = returns {
            let mut overlaps = Vec::new();
            for (position, second) in nodes.iter().enumerate() {
                let overlap = nodes[..position].iter().find(|first| of(first).overlaps(of(second)));
                if let Some(first) = overlap {
                    overlaps.push((name(first), name(second)));
                }
            }
            let any = nodes.iter().map(of).cloned().reduce(|either, next| either.or(&next));
            let certain = any.is_none_or(|any| is_certain(&any, &answers));
            for (first, second) in overlaps {
                let message =
                    format!("`{first}` and `{second}` can run in one run, so neither is the result");
                let remedy =
                    format!("write `returns({{\"{first}\": {first}, \"{second}\": {second}}})` for both");
                self.fault(FaultCode::ReturnsOverlap, Some(&second), message, remedy);
            }
            if !certain {
                let message = "some runs reach none of the nodes in `returns`; their result is None".into();
                self.fault(FaultCode::ReturnMayBeSkipped, None, message, String::new());
            }
            return;
        }
        let skippable: Vec<Name> =
            returns.nodes().filter(|node| !is_certain(of(node), &answers)).map(name).collect();
        for node in skippable {
            let message = format!("`{node}` is returned, and some runs skip it; their result is None");
            let remedy = "give its parameters defaults, or return it beside the other branches".into();
            self.fault(FaultCode::ReturnMayBeSkipped, Some(&node), message, remedy);
        }
    }

    fn check_used(&mut self, incoming: &[Incoming], returns: &Returns) {
        let mut used = vec![false; incoming.len()];
        for node in incoming {
            node.reads.iter().for_each(|(read, _)| used[*read as usize] = true);
            node.after.iter().for_each(|earlier| used[*earlier as usize] = true);
        }
        returns.nodes().for_each(|node| used[*node as usize] = true);
        for (node, used) in self.graph.nodes.iter().zip(used) {
            if node.only_read && node.cases.is_none() && !used {
                let message = format!("nobody reads `{}`", node.name);
                let name = node.name.clone();
                self.fault(
                    FaultCode::UnusedNode,
                    Some(&name),
                    message,
                    "read it, return it or remove it".into(),
                );
            }
        }
    }
}

/// A case value as it is written in Python.
fn spell(value: &Value) -> String {
    match value {
        Value::Null => "None".into(),
        Value::Bool(true) => "True".into(),
        Value::Bool(false) => "False".into(),
        other => {
            let mut text = Vec::new();
            match other.write_json(&mut text) {
                Ok(()) => String::from_utf8_lossy(&text).into_owned(),
                Err(_) => "NaN".into(),
            }
        }
    }
}

/// Turns names into indexes and edges round, from "waits for" to "is waited for by".
fn compile(
    graph: &Graph,
    index: &HashMap<&str, NodeIndex>,
    incoming: Vec<Incoming>,
    returns: Returns,
) -> Plan {
    let mut edges: Vec<Vec<Edge>> = vec![Vec::new(); incoming.len()];
    let mut wants_json: Vec<bool> = graph.nodes.iter().map(|node| node.cases.is_some()).collect();
    let mut sources = Vec::new();
    for (target, node) in incoming.iter().enumerate() {
        let target = target as NodeIndex;
        let is_native = matches!(graph.nodes[target as usize].work, Work::Native(_));
        for (source, kind) in &node.reads {
            edges[*source as usize].push(Edge { target, kind: *kind });
            wants_json[*source as usize] |= is_native;
        }
        node.after
            .iter()
            .for_each(|source| edges[*source as usize].push(Edge { target, kind: EdgeKind::After }));
        node.routes
            .iter()
            .for_each(|route| edges[*route as usize].push(Edge { target, kind: EdgeKind::Case }));
        if node.reads.is_empty() && node.after.is_empty() && node.routes.is_empty() {
            sources.push(target);
        }
    }
    let nodes: Box<[PlanNode]> = graph
        .nodes
        .iter()
        .zip(incoming)
        .zip(edges)
        .zip(wants_json)
        .map(|(((node, incoming), edges), wants_json)| PlanNode {
            name: node.name.clone(),
            work: node.work.clone(),
            reads: incoming.reads.into(),
            after: incoming.after.into(),
            routes: incoming.routes.into(),
            cases: node.cases.as_ref().map(|cases| index_cases(cases, index)),
            retry: node.retry.clone(),
            timeout: node.timeout,
            wants_json,
            edges: edges.into(),
        })
        .collect();
    Plan {
        name: graph.name.clone(),
        returns,
        wants_json_input: graph.nodes.iter().any(reads_input),
        has_timeouts: graph.nodes.iter().any(|node| node.timeout.is_some()),
        sources: sources.into(),
        nodes,
    }
}

fn reads_input(node: &Node) -> bool {
    matches!(&node.work, Work::Native(native) if native.reads_input())
}

fn index_cases(cases: &Cases<Name>, index: &HashMap<&str, NodeIndex>) -> Cases {
    let indexes = |names: &Vec<Name>| names.iter().filter_map(|name| index.get(&**name).copied()).collect();
    Cases {
        cases: cases.cases.iter().map(|(value, targets)| (value.clone(), indexes(targets))).collect(),
        default: cases.default.as_ref().map(indexes),
    }
}
