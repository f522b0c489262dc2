//! When nodes run, as far as the graph shows it, and what a run gives.

use std::collections::HashMap;

use super::check::{Checker, Incoming};
use super::condition::{Condition, NO, Question, YES, is_certain};
use super::fault::FaultCode;
use super::{Name, Node};
use crate::plan::{NodeIndex, Returns, Work};

/// How many nodes a message names where there may be any number of them.
const NAMED_MAX: usize = 8;

impl Checker<'_, '_> {
    /// Without `returns`, a run gives the output of the only leaf.
    pub(super) fn default_returns(&mut self, incoming: &[Incoming]) -> Option<Returns> {
        let gives = |node: &Node| {
            let chooses = node.cases.is_some() || node.effect.is_some();
            !chooses && !matches!(&node.work, Work::Native(native) if native.is_guard())
        };
        let mut is_leaf: Vec<bool> = self.part.nodes.iter().map(gives).collect();
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
                    leaves.iter().map(|leaf| &*self.part.nodes[*leaf as usize].name).collect();
                let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
                let (last, others) = quoted.split_last()?;
                let both = if others.len() == 1 { "both" } else { "all" };
                let left_out = others.len().saturating_sub(NAMED_MAX);
                let more = if left_out > 0 { format!(", {left_out} more") } else { String::new() };
                let named = others[..others.len() - left_out].join(", ");
                let message = format!("{named}{more} and {last} {both} end the workflow");
                let last = names[names.len() - 1];
                let remedy = format!("write `{}.returns({last})`", self.part.name.replace('-', "_"));
                self.fault(FaultCode::AmbiguousResult, None, message, remedy);
                None
            }
        }
    }

    /// When each node runs, if the routes that satisfy `chooses_several` may choose any number of
    /// cases and the others choose one.
    pub(super) fn conditions(
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
                    let several = chooses_several(&self.part.nodes[*route as usize]);
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
        for (route, node) in self.part.nodes.iter().enumerate() {
            let Some(cases) = &node.cases else { continue };
            let lists = cases.cases.iter().map(|(_, targets)| targets).chain(&cases.default);
            for (number, targets) in lists.enumerate() {
                for target in targets.iter().filter_map(|name| self.part.index.get(&**name)) {
                    let numbers = choices.entry((route as NodeIndex, *target)).or_default();
                    if numbers.last() != Some(&(number as u32)) {
                        numbers.push(number as u32);
                    }
                }
            }
        }
        choices
    }

    pub(super) fn check_reachable(&mut self, incoming: &[Incoming], order: &[NodeIndex]) {
        // Values that are not known may be lists, which choose several cases at once.
        let conditions = self.conditions(incoming, order, |node| node.several || node.values.is_none());
        let is_never = |node: &NodeIndex| conditions[*node as usize].is_never();
        for (index, (node, incoming)) in self.part.nodes.iter().zip(incoming).enumerate() {
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
        let node = &self.part.nodes[route as usize];
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

    /// Whether every run ends by an end.
    pub(super) fn is_ended(&self, conditions: &[Condition]) -> bool {
        self.ended(conditions).is_some_and(|ended| is_certain(&ended, &|question| self.answers(question)))
    }

    pub(super) fn check_returns(&mut self, returns: &Returns, conditions: &[Condition]) {
        let name = |node: &NodeIndex| self.part.nodes[*node as usize].name.clone();
        let of = |node: &NodeIndex| &conditions[*node as usize];
        let answers = |question| self.answers(question);
        // A run that one of the ends ends has that one's output as its result.
        let ended = self.ended(conditions);
        let has_result = |condition: Option<Condition>| {
            let condition = condition.into_iter().chain(ended.clone());
            condition.reduce(|either, next| either.or(&next)).is_none_or(|any| is_certain(&any, &answers))
        };
        if let Returns::Either(nodes) = returns {
            let mut overlaps = Vec::new();
            for (position, second) in nodes.iter().enumerate() {
                let overlap = nodes[..position].iter().find(|first| of(first).overlaps(of(second)));
                if let Some(first) = overlap {
                    overlaps.push((name(first), name(second)));
                }
            }
            let any = nodes.iter().map(of).cloned().reduce(|either, next| either.or(&next));
            let certain = has_result(any);
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
            returns.nodes().filter(|node| !has_result(Some(of(node).clone()))).map(name).collect();
        if self.part.returns.is_none() && *returns == Returns::Nothing && !has_result(None) {
            let message = "some runs reach no end; their result is None".into();
            let remedy = "return a node for them, or let a route's default lead to an end".into();
            self.fault(FaultCode::ReturnMayBeSkipped, None, message, remedy);
        }
        for node in skippable {
            let message = format!("`{node}` is returned, and some runs skip it; their result is None");
            let remedy = "give its parameters defaults, or return it beside the other branches".into();
            self.fault(FaultCode::ReturnMayBeSkipped, Some(&node), message, remedy);
        }
    }

    pub(super) fn check_used(&mut self, incoming: &[Incoming], returns: &Returns) {
        let mut used = vec![false; incoming.len()];
        for node in incoming {
            node.reads.iter().for_each(|(read, _)| used[*read as usize] = true);
            node.after.iter().for_each(|earlier| used[*earlier as usize] = true);
        }
        returns.nodes().for_each(|node| used[*node as usize] = true);
        for (node, used) in self.part.nodes.iter().zip(used) {
            if node.only_read && node.cases.is_none() && node.effect.is_none() && !used {
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
