//! Why each node of a run ran, waits or was skipped.

use engine_core::plan::{EdgeKind, NodeIndex, Work};
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
            let open = sources().map(|(read, _)| read).chain(planned.routes.iter().copied()).filter(|read| {
                !matches!(state_of(*read), NodeState::Succeeded | NodeState::Skipped | NodeState::Given)
            });
            let open: Vec<String> = open.map(name).collect();
            if state.run.is_stopping() {
                "the run ended first".into()
            } else {
                format!("waits for {}", open.join(", "))
            }
        }
        NodeState::Skipped => {
            let lacking = sources().find(|(read, kind)| {
                matches!(kind, EdgeKind::Required | EdgeKind::After) && state_of(*read) == NodeState::Skipped
            });
            match lacking {
                Some((read, EdgeKind::After)) => format!("comes after {}, which was skipped", name(read)),
                Some((read, _)) => format!("needs {}, which was skipped", name(read)),
                None => {
                    let routes: Vec<String> = planned.routes.iter().map(|route| name(*route)).collect();
                    format!("not chosen by {}", routes.join(", "))
                }
            }
        }
        NodeState::Ready => "ready".into(),
        NodeState::Running => format!("attempt {} is under way", state.run.attempts(node)),
        NodeState::Retrying => format!("waits for attempt {}", state.run.attempts(node) + 1),
        NodeState::Cancelled if state.run.is_stopping() => "stopped because the run ended".into(),
        NodeState::Cancelled => "cancelled".into(),
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
