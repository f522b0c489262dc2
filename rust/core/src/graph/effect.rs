//! Ends and cancellations: what is wrong with them, and what they mean for the result.

use super::Node;
use super::check::{Checker, Incoming};
use super::condition::Condition;
use super::fault::FaultCode;
use crate::plan::{EdgeKind, Effect, NodeIndex, Returns, Work};

impl Checker<'_, '_> {
    pub(super) fn check_effect(&mut self, node: &Node, incoming: &Incoming) {
        self.check_after_end(node, incoming);
        let Some(effect) = &node.effect else { return };
        let name = Some(&*node.name);
        let waits = !(incoming.reads.is_empty() && incoming.after.is_empty() && incoming.routes.is_empty());
        if !waits && matches!(node.work, Work::Native(_)) {
            let message = format!("`{}` waits for nothing, so it would run at the start", node.name);
            let remedy = "name it in a case of a route, or write `after=node`".into();
            self.fault(FaultCode::RunsAtStart, name, message, remedy);
        }
        let Effect::Cancel(nodes) = effect else { return };
        for target in nodes {
            let Some(index) = self.find(target, name, &format!("`cancel` of `{}`", node.name)) else {
                continue;
            };
            let why = if *target == node.name {
                format!("`{target}` cancels itself")
            } else if incoming.has_settled(index) {
                format!("`{}` cancels `{target}`, which it waits for", node.name)
            } else {
                continue;
            };
            let remedy = "name nodes that may be under way then".into();
            self.fault(FaultCode::NeedlessCancel, name, why, remedy);
        }
    }

    /// Nothing that needs an end runs.
    fn check_after_end(&mut self, node: &Node, incoming: &Incoming) {
        let part = self.part;
        let ends = |source: &NodeIndex| part.nodes[*source as usize].effect == Some(Effect::End);
        if let Some(end) = incoming.needed().find(|source| ends(source)) {
            let end = &part.nodes[end as usize].name;
            let message =
                format!("`{}` can never run: it needs `{end}`, after which the run is over", node.name);
            let remedy = format!("read what `{end}` reads instead");
            self.fault(FaultCode::Unreachable, Some(&node.name), message, remedy);
        }
    }

    /// When a run reaches an end; `None` where there is none.
    pub(super) fn ended(&self, conditions: &[Condition]) -> Option<Condition> {
        let nodes = self.part.nodes.iter().zip(conditions);
        let ends = nodes.filter(|(node, _)| node.effect == Some(Effect::End));
        ends.map(|(_, condition)| condition.clone()).reduce(|either, next| either.or(&next))
    }

    /// Warns of results that a cancellation may take away.
    pub(super) fn check_cancelled(&mut self, returns: &Returns, incoming: &[Incoming], order: &[NodeIndex]) {
        let part = self.part;
        let mut by = self.cancelled_by(incoming);
        if by.iter().all(Option::is_none) {
            return;
        }
        for index in order {
            let needed = incoming[*index as usize].needed().find_map(|source| by[source as usize]);
            let own = &mut by[*index as usize];
            *own = own.or(needed);
        }
        let found = returns.nodes().filter_map(|node| Some((*node, by[*node as usize]?)));
        for (node, by) in found.collect::<Vec<_>>() {
            let [node, by] = [node, by].map(|node| &part.nodes[node as usize].name);
            let message = format!(
                "`{node}` is returned, and `{by}` may cancel it or what it needs; its result is None then"
            );
            let remedy = "return a node that does without it".into();
            self.fault(FaultCode::ReturnMayBeSkipped, Some(node), message, remedy);
        }
    }

    /// For each node one that may cancel it.
    fn cancelled_by(&self, incoming: &[Incoming]) -> Vec<Option<NodeIndex>> {
        let mut by = vec![None; incoming.len()];
        for ((index, node), incoming) in (0..).zip(self.part.nodes).zip(incoming) {
            if let Some(Effect::Cancel(names)) = &node.effect {
                let targets = names.iter().filter_map(|name| self.part.index.get(&**name));
                targets.for_each(|target| by[*target as usize] = Some(index));
            }
            if node.first.is_some_and(|first| first.cancels_rest) {
                let members = incoming.reads.iter().filter(|(_, kind)| *kind == EdgeKind::First);
                members.for_each(|(member, _)| by[*member as usize] = Some(index));
            }
        }
        by
    }
}

impl Incoming {
    /// The nodes with which it is skipped.
    fn needed(&self) -> impl Iterator<Item = NodeIndex> {
        let read = self.reads.iter().filter(|(_, kind)| kind.passes_skips()).map(|(read, _)| *read);
        read.chain(self.after.iter().copied())
    }

    /// Whether a node has settled when this one starts, because it waits for it.
    fn has_settled(&self, node: NodeIndex) -> bool {
        self.reads.iter().any(|(read, kind)| *read == node && *kind != EdgeKind::First)
            || self.after.contains(&node)
            || self.routes.contains(&node)
    }
}
