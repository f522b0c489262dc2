//! A run is rebuilt from any part of what was written down.

mod simulate;

use std::sync::Arc;
use std::time::Duration;

use engine_core::cel::time::Timestamp;
use engine_core::graph::{Graph, Node};
use engine_core::node::{Cases, Compute, Pick};
use engine_core::plan::{EdgeKind, Lane, Plan, Returns, Work};
use engine_core::policy::{Jitter, Retry};
use engine_core::run::{Call, Entry, FrameId, NodeState, Path, Run, RunState, Slot, Start};
use engine_core::time::Time;
use engine_core::value::{Step, Value};
use proptest::prelude::*;
use simulate::reference::{Settled, settle};
use simulate::scheduler::{Random, Scheduler as _};
use simulate::simulator::{Simulator, Stop};
use simulate::spec::specs;

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 3_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// Whenever the host dies, the run taken up again comes to the same end.
    #[test]
    fn every_prefix_leads_to_the_same_end(
        spec in specs(9),
        seed in any::<u64>(),
        stop in prop::option::weighted(0.3, prop_oneof![
            (0..25_u32).prop_map(Stop::Cancel),
            (0..25_u32).prop_map(Stop::Abort),
            (0..150_u64).prop_map(Stop::Deadline),
        ]),
    ) {
        let mut random = Random(seed);
        let fails = settle(&spec).iter().filter(|settled| **settled == Settled::Fails).count();
        let (uninterrupted, journal) = Simulator::new(&spec, &mut random, stop).finish();
        for length in 0..=journal.len() {
            let written = journal[..length].to_vec();
            // It died at some time before the next entry, and was away for a while.
            let died = journal.get(length).or(journal.last()).map_or(Time(0), |(at, _)| *at);
            let now = died.after(Duration::from_millis([0, 1, 1_000][random.choose(3)]));
            // The deadline is part of the run; nobody stops it a second time.
            let is_cancelled = written.iter().any(|(_, entry)| matches!(entry, Entry::Cancelled));
            let stop = stop.filter(|stop| matches!(stop, Stop::Deadline(_)) || is_cancelled);
            let (resumed, journal) =
                Simulator::resume(&spec, Random(seed ^ length as u64), stop, now, written).finish();
            if uninterrupted.state == RunState::Succeeded && stop.is_none() {
                prop_assert_eq!(&resumed, &uninterrupted);
            } else if stop.is_none() {
                prop_assert_eq!(resumed.state == RunState::Failed, fails > 0);
            }
            // What both lives wrote down, put together, tells the whole run.
            let entries = journal.len();
            let (again, rest) = Simulator::resume(&spec, Random(0), stop, now, journal).finish();
            prop_assert_eq!(again.state, resumed.state);
            prop_assert_eq!(again.outputs, resumed.outputs);
            prop_assert_eq!(rest.len(), entries);
        }
    }
}

fn plan(nodes: Vec<Node>) -> Arc<Plan> {
    let graph = Graph { name: "w".into(), nodes, returns: Some(Returns::Nothing), ..Graph::default() };
    Arc::new(graph.plan().expect("the graph has no faults"))
}

fn recorded() -> Start<u64> {
    Start { journal: true, ..Start::new(Slot::Empty) }
}

fn no_random() -> f64 {
    panic!("nothing random is decided here")
}

#[test]
fn a_delay_is_kept_over_a_restart() {
    let mut node = Node::new("node", Work::Host(Lane::Any));
    let delay_max = Duration::from_secs(3_600);
    node.retry = Some(Retry {
        attempts: 4,
        delay: Duration::from_secs(1),
        factor: 60.0,
        delay_max,
        jitter: Jitter::None,
        timeouts: true,
    });
    let retrying = |attempt: u32, seconds: u64| Entry::Retrying {
        path: Path::default(),
        node: 0,
        attempt,
        at: Time(0).after(Duration::from_secs(seconds)),
    };
    // The second failure came at 1 s, so the third attempt waits until 61 s.
    let mut run: Run<u64> = Run::replay(plan(vec![node]), recorded(), [retrying(1, 1), retrying(2, 61)]);
    assert_eq!(run.state(), RunState::Waiting);
    assert_eq!(run.poll_timer(), Some(Time(61_000_000)));
    run.handle_time(Time(60_999_999), no_random);
    assert_eq!(run.poll_call(&[Lane::Any], || Time(0)), None);
    run.handle_time(Time(61_000_000), no_random);
    assert_eq!(
        run.poll_call(&[Lane::Any], || Time(0)),
        Some(Call { frame: FrameId::ROOT, node: 0, attempt: 3 })
    );
}

#[test]
fn an_end_that_the_replay_itself_comes_to_is_written_down() {
    let missing = Pick { from_input: false, path: [Step::Key("absent".into())].into() };
    let next = Node::new("next", Work::Native(missing.into())).reading("first", EdgeKind::Required);
    let first = Node::new("first", Work::Host(Lane::Any));
    let completed = Entry::Completed { path: Path::default(), node: 1, output: Slot::Both(1.into(), 1) };
    let mut run: Run<u64> = Run::replay(plan(vec![next, first]), recorded(), [completed]);
    assert_eq!((run.state(), run.node_state(0)), (RunState::Failed, NodeState::Failed));
    assert!(matches!(run.poll_entry(), Some(Entry::Failed { node: 0, attempt: 1, .. })));
    assert!(run.poll_entry().is_none());
}

#[test]
fn a_run_taken_up_again_has_the_prices_of_its_start() {
    let asked = Node::new("asked", Work::Host(Lane::Any));
    let (cost, reads) = Compute::new("price({'input_tokens': asked}, 'o3')").expect("it is an expression");
    let cost = Node::new("cost", Work::Native(cost.into()));
    let cost = reads.nodes.iter().fold(cost, |node, (read, kind)| node.reading(&**read, *kind));
    let plan = plan(vec![asked, cost]);
    for (at, dollars) in [("2025-06-01T00:00:00Z", 10.0), ("2026-01-01T00:00:00Z", 2.0)] {
        let start = || Start { at: Timestamp::parse(at), ..Start::new(Slot::Empty) };
        let asked = Slot::Both(1_000_000.into(), 1);
        let mut run: Run<u64> = Run::new(plan.clone(), start());
        let call = run.poll_call(&[Lane::Any], || Time(0)).expect("the node is ready");
        assert!(run.handle_completed(call, asked.clone()).is_none());
        let completed = Entry::Completed { path: Path::default(), node: 0, output: asked };
        for run in [run, Run::replay(plan.clone(), start(), [completed])] {
            assert_eq!(run.output(1).json(), Some(&Value::Float(dollars)), "at {at}");
        }
    }
}

#[test]
fn a_replayed_run_shows_attempts_and_what_is_ready() {
    let mut route = Node::new("route", Work::Host(Lane::Any));
    route.cases = Some(Cases { cases: vec![("a".into(), vec!["next".into()])], default: Some(vec![]) });
    let next = Node::new("next", Work::Host(Lane::Any));
    let beside = Node::new("beside", Work::Host(Lane::Any));
    let entries = [
        Entry::Retrying { path: Path::default(), node: 0, attempt: 1, at: Time(5) },
        Entry::Completed { path: Path::default(), node: 0, output: Slot::Both("a".into(), 1) },
        Entry::Completed { path: Path::default(), node: 2, output: Slot::Host(2) },
    ];
    let run: Run<u64> = Run::replay(plan(vec![route, next, beside]), recorded(), entries);
    let attempts: Vec<u32> = (0..3).map(|node| run.attempts(node)).collect();
    assert_eq!(attempts, [2, 0, 1]);
    assert_eq!(run.count_ready(Lane::Any, 9), 1);
    assert_eq!(run.node_state(1), NodeState::Ready);
}
