//! Why each node of a run ran, waits or was skipped.

use engine_core::plan::{EdgeKind, Effect, NodeIndex, Work};
use engine_core::run::NodeState;

use crate::live::{Live, State};

/// The reason for a node's state, as a phrase.
pub(crate) fn explain(state: &State, live: &Live, node: NodeIndex) -> String {
    let core = &live.plan.core;
    let planned = core.node(node);
    let name = |index: NodeIndex| format!("`{}`", core.node(index).name);
    let state_of = |index: NodeIndex| state.run.node_state(index);
    let sources = || {
        planned
            .reads
            .iter()
            .map(|(read, kind)| (*read, *kind))
            .chain(planned.after.iter().map(|read| (*read, EdgeKind::After)))
    };
    match state_of(node) {
        NodeState::Excluded => "not asked for by `only`".into(),
        NodeState::Given => "its output was given".into(),
        NodeState::Pending => {
            let has_settled = |state| {
                matches!(
                    state,
                    NodeState::Succeeded | NodeState::Skipped | NodeState::Cancelled | NodeState::Given
                )
            };
            let open = sources().map(|(read, _)| read).chain(planned.routes.iter().copied());
            let open: Vec<String> = open.filter(|read| !has_settled(state_of(*read))).map(name).collect();
            if state.run.is_stopping() {
                "the run ended first".into()
            } else {
                format!("waits for {}", open.join(", "))
            }
        }
        NodeState::Skipped => {
            let lacking = sources().find(|(read, kind)| {
                matches!(kind, EdgeKind::Required | EdgeKind::After)
                    && matches!(state_of(*read), NodeState::Skipped | NodeState::Cancelled)
            });
            let fate = |read| match state_of(read) {
                NodeState::Cancelled => "cancelled",
                _ => "skipped",
            };
            match lacking {
                Some((read, EdgeKind::After)) => {
                    format!("comes after {}, which was {}", name(read), fate(read))
                }
                Some((read, _)) => format!("needs {}, which was {}", name(read), fate(read)),
                None => {
                    let routes: Vec<String> = planned.routes.iter().map(|route| name(*route)).collect();
                    format!("not chosen by {}", routes.join(", "))
                }
            }
        }
        NodeState::Ready => "ready".into(),
        NodeState::Running => format!("attempt {} is under way", state.run.attempts(node)),
        NodeState::Retrying => format!("waits for attempt {}", state.run.attempts(node) + 1),
        NodeState::Cancelled => match canceller(state, live, node) {
            Some((by, true)) => format!("stopped by {}", name(by)),
            Some((by, false)) => format!("stopped because {} had enough", name(by)),
            None if state.run.is_stopping() || state.run.is_ended() => "stopped because the run ended".into(),
            None => "stopped because all that needed it was".into(),
        },
        NodeState::Failed => format!("attempt {} failed", state.run.attempts(node)),
        NodeState::Succeeded => {
            let by: Vec<String> = planned
                .routes
                .iter()
                .filter(|route| {
                    let (Some(cases), Some(value)) =
                        (&core.node(**route).cases, state.run.output(**route).json())
                    else {
                        return false;
                    };
                    let mut chosen = false;
                    let selected = cases.select(value, |target| chosen |= target == node);
                    selected.is_ok() && chosen
                })
                .map(|route| name(*route))
                .collect();
            match (by.is_empty(), planned.reads.is_empty(), &planned.work) {
                (false, _, _) => format!("chosen by {}", by.join(", ")),
                (true, true, Work::Host(_)) => "needs no other node".into(),
                _ => "its inputs were there".into(),
            }
        }
    }
}

/// The node that cancelled another, and whether that is what it is for; else it is a join that had enough.
fn canceller(state: &State, live: &Live, node: NodeIndex) -> Option<(NodeIndex, bool)> {
    let core = &live.plan.core;
    let ran = |index: &NodeIndex| state.run.node_state(*index) == NodeState::Succeeded;
    let names = |index: &NodeIndex| match &core.node(*index).effect {
        Some(Effect::Cancel(nodes)) => nodes.contains(&node),
        Some(Effect::End) | None => false,
    };
    if let Some(by) = core.root().nodes.clone().filter(ran).find(names) {
        return Some((by, true));
    }
    let has_enough = |index: &NodeIndex| {
        let planned = core.node(*index);
        planned.first.is_some_and(|first| first.cancels_rest)
            && planned.reads.contains(&(node, EdgeKind::First))
    };
    core.root().nodes.clone().filter(ran).find(has_enough).map(|by| (by, false))
}
