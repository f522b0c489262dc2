//! The order in which nodes come, and the cycles that leave none.

use super::check::{Checker, Incoming};
use super::fault::FaultCode;
use crate::plan::NodeIndex;

/// How many nodes of a cycle a message names.
const CYCLE_NAMES_MAX: usize = 12;

impl Checker<'_, '_> {
    /// Nodes in an order in which each comes after all that it waits for; reports cycles.
    pub(super) fn order(&mut self, incoming: &[Incoming]) -> Option<Vec<NodeIndex>> {
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
                let name = |node: &NodeIndex| format!("`{}`", self.part.nodes[*node as usize].name);
                let mut path: Vec<String> = cycle.iter().rev().map(name).collect();
                path.insert(0, name(last));
                if path.len() > CYCLE_NAMES_MAX {
                    let left_out = path.len() - CYCLE_NAMES_MAX;
                    let middle = CYCLE_NAMES_MAX / 2;
                    path.splice(middle..middle + left_out, [format!("({left_out} more)")]);
                }
                let message = format!("these nodes wait for each other: {}", path.join(" → "));
                let node = self.part.nodes[*last as usize].name.clone();
                self.fault(FaultCode::Cycle, Some(&node), message, "remove one of these edges".into());
            }
        }
        None
    }
}
