//! The machine: random workflows in random and in all interleavings, and single rules by hand.

mod simulate;

use std::sync::Arc;
use std::time::Duration;

use engine_core::graph::{Graph, Node};
use engine_core::node::{Cases, Constant, Join, Pick};
use engine_core::plan::{EdgeKind, Lane, NODES_MAX, NodeIndex, Plan, Returns, Work};
use engine_core::policy::{Jitter, Retry};
use engine_core::run::{Call, Cause, Failure, FrameId, NodeState, Run, RunState, Slot, Start, Verdict};
use engine_core::time::Time;
use engine_core::value::{Step, Value};
use proptest::prelude::*;
use simulate::reference::{Settled, settle};
use simulate::scheduler::{Exhaustive, Random};
use simulate::simulator::{Simulator, Stop};
use simulate::spec::{Fail, NodeSpec, RouteSpec, Spec, WorkSpec, specs};

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config(3_000))]

    /// Which nodes run, which are skipped and what they give depends on the workflow alone.
    #[test]
    fn every_interleaving_gives_what_the_reference_says(
        spec in specs(10),
        seeds in any::<[u64; 4]>(),
    ) {
        let fails = settle(&spec).contains(&Settled::Fails);
        let mut outcomes = seeds.map(|seed| Simulator::new(&spec, Random(seed), None).finish().0).into_iter();
        let first = outcomes.next().expect("there are four");
        let state = if fails { RunState::Failed } else { RunState::Succeeded };
        prop_assert_eq!(first.state, state);
        for outcome in outcomes {
            if fails {
                // Which failure comes first, and what was done by then, is up to the order.
                prop_assert_eq!(outcome.state, state);
            } else {
                prop_assert_eq!(&outcome, &first);
            }
        }
    }

    #[test]
    fn a_run_that_is_stopped_ends_at_once(
        spec in specs(10),
        seed in any::<u64>(),
        stop in prop_oneof![
            (0..30_u32).prop_map(Stop::Cancel),
            (0..30_u32).prop_map(Stop::Abort),
            (0..200_u64).prop_map(Stop::Deadline),
        ],
    ) {
        let (outcome, _) = Simulator::new(&spec, Random(seed), Some(stop)).finish();
        prop_assert!(!matches!(outcome.state, RunState::Running | RunState::Waiting));
    }
}

fn host(lane: Lane) -> NodeSpec {
    NodeSpec::new(WorkSpec::Host(lane))
}

fn reading(work: WorkSpec, reads: &[(usize, EdgeKind)]) -> NodeSpec {
    NodeSpec { reads: reads.to_vec(), ..NodeSpec::new(work) }
}

/// Small workflows of which each interleaving can be tried.
fn small_specs() -> Vec<(&'static str, Spec)> {
    use EdgeKind::{Member, Optional, Required};
    use WorkSpec::{Host, Join, Pick};

    let spec =
        |nodes: Vec<NodeSpec>| Spec { order: (0..nodes.len()).rev().collect(), nodes, ..Spec::default() };
    let route = |cases: Vec<Vec<usize>>, outcome: Vec<usize>| {
        Some(RouteSpec { cases, default: Some(Vec::new()), outcome, is_list: true })
    };
    let any = Host(Lane::Any);
    let diamond = |a: NodeSpec, b: NodeSpec| {
        spec(vec![host(Lane::Any), a, b, reading(any, &[(1, Required), (2, Required)])])
    };
    let retried = |lane: Lane, fails: &[Fail]| NodeSpec {
        attempts: 3,
        delay: Duration::from_millis(10),
        fails: fails.to_vec(),
        ..host(lane)
    };
    let two_routes = |first: Vec<usize>, second: Vec<usize>| {
        spec(vec![
            NodeSpec { route: route(vec![vec![2], vec![3]], first), ..host(Lane::Any) },
            NodeSpec { route: route(vec![vec![2], vec![]], second), ..host(Lane::Loop) },
            host(Lane::Any),
            reading(any, &[(2, Optional)]),
            reading(Join, &[(2, Member), (3, Member)]),
        ])
    };
    vec![
        ("siblings on every lane", {
            spec(vec![host(Lane::Any), host(Lane::Loop), host(Lane::Helper), host(Lane::Caller)])
        }),
        ("diamond", diamond(reading(any, &[(0, Required)]), reading(Host(Lane::Loop), &[(0, Required)]))),
        ("both routes choose", two_routes(vec![0, 1], vec![0])),
        ("one route chooses", two_routes(vec![1], vec![0])),
        ("no route chooses", two_routes(vec![], vec![1])),
        (
            "retries beside each other",
            spec(vec![retried(Lane::Any, &[Fail::Retryable]), retried(Lane::Loop, &[Fail::Retryable])]),
        ),
        (
            "timeouts beside each other",
            spec(vec![retried(Lane::Helper, &[Fail::Hang]), retried(Lane::Any, &[Fail::Hang])]),
        ),
        ("failure beside others", {
            let failing = NodeSpec { fails: vec![Fail::Final], ..host(Lane::Any) };
            spec(vec![
                failing,
                host(Lane::Any),
                host(Lane::Loop),
                reading(Pick, &[(1, Required)]),
                reading(any, &[(3, Required), (0, Optional)]),
            ])
        }),
    ]
}

#[test]
fn all_interleavings_of_small_workflows() {
    let mut runs = 0;
    for (name, spec) in small_specs() {
        let fails = settle(&spec).contains(&Settled::Fails);
        for stop in [None, Some(Stop::Cancel(3)), Some(Stop::Deadline(10))] {
            let mut ways = Exhaustive::default();
            loop {
                let (outcome, _) = Simulator::new(&spec, &mut ways, stop).finish();
                runs += 1;
                if stop.is_none() {
                    assert_eq!(outcome.state == RunState::Failed, fails, "{name}");
                }
                if !ways.advance() {
                    break;
                }
            }
        }
    }
    assert!(runs > 5_000, "only {runs} interleavings");
}

// Workflows by hand.

const LANES: [Lane; 5] = [Lane::Any, Lane::Caller, Lane::Loop, Lane::Helper, Lane::Quick];

fn no_time() -> Time {
    panic!("no node here has a timeout")
}

fn no_random() -> f64 {
    panic!("nothing random is decided here")
}

fn called(name: &str, lane: Lane) -> Node {
    Node::new(name, Work::Host(lane))
}

fn retry(attempts: u32, delay: Duration) -> Retry {
    Retry { attempts, delay, factor: 1.0, delay_max: Duration::MAX, jitter: Jitter::None, timeouts: true }
}

fn plan(nodes: Vec<Node>) -> Arc<Plan> {
    let graph = Graph { name: "w".into(), nodes, returns: Some(Returns::Nothing), ..Graph::default() };
    Arc::new(graph.plan().expect("the graph has no faults"))
}

fn start(plan: &Arc<Plan>) -> Run<u64> {
    Run::new(plan.clone(), Start::new(Slot::Host(0)))
}

fn poll(run: &mut Run<u64>) -> Call {
    run.poll_call(&LANES, || Time(0)).expect("a node is ready")
}

#[test]
fn a_late_outcome_is_refused_and_the_retry_goes_on() {
    let mut node = called("slow", Lane::Helper);
    node.timeout = Some(Duration::from_millis(5));
    node.retry = Some(retry(2, Duration::from_millis(20)));
    let mut run = start(&plan(vec![node]));
    let first = run.poll_call(&LANES, || Time(1_000)).expect("it is ready");
    assert_eq!(run.poll_timer(), Some(Time(6_000)));
    assert_eq!(run.handle_time(Time(5_999), no_random), []);
    assert_eq!(run.handle_time(Time(6_000), no_random), [first]);
    assert_eq!((run.in_flight(), run.node_state(0)), (0, NodeState::Retrying));
    assert!(matches!(run.handle_completed(first, Slot::Host(1)), Some(Slot::Host(1))));
    assert_eq!(run.poll_timer(), Some(Time(26_000)));
    assert_eq!(run.state(), RunState::Waiting);
    assert_eq!(run.handle_time(Time(26_000), no_random), []);
    let second = run.poll_call(&LANES, || Time(26_000)).expect("it is time");
    assert_eq!(second, Call { frame: FrameId::ROOT, node: 0, attempt: 2 });
    // The first attempt comes back while the second is under way.
    assert!(matches!(run.handle_completed(first, Slot::Host(1)), Some(Slot::Host(1))));
    let verdict = run.handle_failed(first, Cause::Host(1), true, None, no_time, no_random);
    assert!(matches!(verdict, Verdict::Stale(Cause::Host(1))));
    assert!(run.handle_completed(second, Slot::Host(2)).is_none());
    assert_eq!(run.output(0).host(), Some(&2));
    assert_eq!((run.state(), run.attempts(0)), (RunState::Succeeded, 2));
}

#[test]
fn a_timeout_that_is_not_tried_again_fails_the_run() {
    let mut node = called("slow", Lane::Helper);
    node.timeout = Some(Duration::from_millis(5));
    // There are attempts left, but not for this.
    node.retry = Some(Retry { timeouts: false, ..retry(3, Duration::ZERO) });
    let mut run = start(&plan(vec![node, called("beside", Lane::Any)]));
    let slow = run.poll_call(&[Lane::Helper], || Time(0)).expect("it is ready");
    let beside = poll(&mut run);
    assert_eq!(run.handle_time(Time(5_000), no_random), [slow]);
    assert!(matches!(run.failure(), Some(Failure::Node { node: 0, attempt: 1, cause: Cause::Timeout, .. })));
    // What is under way on a thread is waited for, because the run was not stopped.
    assert!(!run.is_finished());
    assert!(run.handle_completed(beside, Slot::Host(1)).is_none());
    assert_eq!((run.state(), run.node_state(1)), (RunState::Failed, NodeState::Succeeded));
}

#[test]
fn a_later_failure_is_kept_beside_the_first() {
    let mut run = start(&plan(vec![called("a", Lane::Any), called("b", Lane::Any)]));
    let (a, b) = (poll(&mut run), poll(&mut run));
    let verdict = run.handle_failed(a, Cause::Host(1), false, None, no_time, no_random);
    assert!(matches!(verdict, Verdict::Failed));
    assert!(matches!(run.handle_failed(b, Cause::Host(2), true, None, no_time, no_random), Verdict::Late));
    assert!(matches!(run.failure(), Some(Failure::Node { node: 0, cause: Cause::Host(1), .. })));
    assert!(matches!(run.late_failures(), [(_, 1, 1, Cause::Host(2))]));
}

#[test]
fn a_deadline_leaves_threads_and_stops_the_loop() {
    let plan = plan(vec![called("thread", Lane::Any), called("task", Lane::Loop), called("next", Lane::Any)]);
    let mut run: Run<u64> = Run::new(plan, Start { deadline: Some(Time(50)), ..Start::new(Slot::Empty) });
    let thread = run.poll_call(&[Lane::Any], no_time).expect("it is ready");
    let task = run.poll_call(&[Lane::Loop], no_time).expect("it is ready");
    assert_eq!(run.poll_timer(), Some(Time(50)));
    run.handle_time(Time(49), no_random);
    assert!(!run.is_stopping());
    run.handle_time(Time(50), no_random);
    assert!(matches!(run.failure(), Some(Failure::TimedOut)));
    assert_eq!((run.in_flight(), run.on_loop()), (1, 1));
    assert_eq!(run.node_state(0), NodeState::Cancelled);
    assert!(run.handle_completed(thread, Slot::Host(1)).is_some());
    assert_eq!(run.poll_call(&LANES, no_time), None);
    run.handle_stopped(task);
    assert!(run.is_finished());
    assert_eq!(
        (run.state(), run.node_state(1), run.node_state(2)),
        (RunState::Failed, NodeState::Cancelled, NodeState::Ready)
    );
}

#[test]
fn a_failure_past_the_deadline_is_the_deadline() {
    let mut node = called("node", Lane::Any);
    node.retry = Some(retry(9, Duration::ZERO));
    let mut run: Run<u64> =
        Run::new(plan(vec![node]), Start { deadline: Some(Time(50)), ..Start::new(Slot::Empty) });
    let call = poll(&mut run);
    assert!(matches!(
        run.handle_failed(call, Cause::Host(1), true, None, || Time(49), no_random),
        Verdict::Retry(_)
    ));
    let call = poll(&mut run);
    assert!(matches!(
        run.handle_failed(call, Cause::Host(2), true, None, || Time(50), no_random),
        Verdict::Late
    ));
    assert!(matches!(run.failure(), Some(Failure::TimedOut)));
    assert!(matches!(run.late_failures(), [(_, 0, 2, Cause::Host(2))]));
    assert_eq!((run.is_finished(), run.node_state(0)), (true, NodeState::Cancelled));
}

/// Brings a run to where it is cancelled.
type Prepare<'p> = &'p dyn Fn(&mut Run<u64>);

/// What a node does when its run is cancelled, and what it is afterwards.
#[test]
fn cancel_in_every_state() {
    let nodes = || {
        let mut node = called("node", Lane::Any);
        node.retry = Some(retry(2, Duration::from_secs(1)));
        vec![node, called("next", Lane::Any).reading("node", EdgeKind::Required)]
    };
    let on_loop = || {
        let mut nodes = nodes();
        nodes[0].work = Work::Host(Lane::Loop);
        nodes
    };
    let running = |run: &mut Run<u64>| assert_eq!(poll(run).node, 0);
    let retrying = |run: &mut Run<u64>| {
        let call = poll(run);
        run.handle_failed(call, Cause::Host(1), true, None, || Time(0), no_random);
    };
    let failed = |run: &mut Run<u64>| {
        let call = poll(run);
        run.handle_failed(call, Cause::Host(1), false, None, no_time, no_random);
    };
    let succeeded = |run: &mut Run<u64>| {
        for _ in 0..2 {
            let call = poll(run);
            run.handle_completed(call, Slot::Host(1));
        }
    };
    let rows: [(Prepare<'_>, Vec<Node>, NodeState, bool, RunState); 6] = [
        (&|_| (), nodes(), NodeState::Ready, true, RunState::Cancelled),
        (&running, nodes(), NodeState::Cancelled, true, RunState::Cancelled),
        (&running, on_loop(), NodeState::Running, false, RunState::Running),
        (&retrying, nodes(), NodeState::Retrying, true, RunState::Cancelled),
        (&failed, nodes(), NodeState::Failed, true, RunState::Failed),
        (&succeeded, nodes(), NodeState::Succeeded, true, RunState::Succeeded),
    ];
    for (prepare, nodes, node, finished, state) in rows {
        let mut run = start(&plan(nodes));
        prepare(&mut run);
        run.handle_cancelled();
        assert_eq!((run.node_state(0), run.is_finished(), run.state()), (node, finished, state));
        assert_eq!(run.poll_call(&LANES, no_time), None);
        assert_eq!(run.poll_timer(), None);
        run.handle_stopped(Call { frame: FrameId::ROOT, node: 0, attempt: 1 });
        assert!(run.is_finished());
        // Again, and the time passes: nothing changes any more.
        let end = (run.state(), run.node_state(0), run.node_state(1));
        run.handle_cancelled();
        run.handle_time(Time(u64::MAX), no_random);
        assert_eq!((run.state(), run.node_state(0), run.node_state(1)), end);
    }
}

#[test]
fn routes_tell_values_apart() {
    let values: [Value; 6] =
        [1.into(), true.into(), "1".into(), Value::Float(1.0), Value::Null, false.into()];
    for (chosen, value) in values.iter().enumerate() {
        let mut route = called("route", Lane::Quick);
        let case = |(number, value): (usize, &Value)| (value.clone(), vec![format!("n{number}").into()]);
        route.cases =
            Some(Cases { cases: values.iter().enumerate().map(case).collect(), default: Some(vec![]) });
        let targets = (0..values.len()).map(|number| called(&format!("n{number}"), Lane::Any));
        let plan = plan(std::iter::once(route).chain(targets).collect());
        let mut run = start(&plan);
        let call = poll(&mut run);
        run.handle_completed(call, Slot::Both(value.clone(), 1));
        for number in 0..values.len() {
            let state = if number == chosen { NodeState::Ready } else { NodeState::Skipped };
            assert_eq!(run.node_state(number as NodeIndex + 1), state, "case {number} for {value:?}");
        }
    }
}

/// Neither a node that is chosen nor one that is skipped waits for what can change nothing any more.
#[test]
fn routes_decide_as_soon_as_they_can() {
    let route = |name: &str| {
        let mut route = called(name, Lane::Any);
        let cases = vec![("x".into(), vec!["x".into()]), ("y".into(), vec!["y".into()])];
        route.cases = Some(Cases { cases, default: None });
        route.values = Some(vec!["x".into(), "y".into()]);
        route
    };
    let reads = |name: &str, sources: &[&str]| {
        let node = called(name, Lane::Any);
        sources.iter().fold(node, |node, source| node.reading(*source, EdgeKind::Required))
    };
    let nodes = vec![
        route("first"),
        called("slow", Lane::Any),
        route("second"),
        called("x", Lane::Any),
        called("y", Lane::Any),
        reads("needs_both", &["only", "slow"]),
        called("only", Lane::Any),
        {
            let mut third = called("third", Lane::Any);
            third.cases = Some(Cases { cases: vec![(1.into(), vec!["only".into()])], default: Some(vec![]) });
            third
        },
    ];
    let mut run = start(&plan(nodes));
    let calls: Vec<Call> = std::iter::from_fn(|| run.poll_call(&LANES, no_time)).collect();
    assert_eq!(calls.len(), 4);
    run.handle_completed(calls[0], Slot::Both("x".into(), 1));
    assert_eq!((run.node_state(3), run.node_state(4)), (NodeState::Ready, NodeState::Pending));
    run.handle_completed(calls[3], Slot::Both(2.into(), 1));
    assert_eq!((run.node_state(6), run.node_state(5)), (NodeState::Skipped, NodeState::Skipped));
    run.handle_completed(calls[2], Slot::Both("x".into(), 1));
    assert_eq!((run.node_state(3), run.node_state(4)), (NodeState::Ready, NodeState::Skipped));
}

#[test]
fn a_value_without_a_case_fails_its_route() {
    let mut route = called("route", Lane::Any);
    route.cases = Some(Cases { cases: vec![("a".into(), vec!["next".into()])], default: None });
    route.values = Some(vec!["a".into()]);
    let next = called("next", Lane::Any).reading("late", EdgeKind::Required);
    let plan = plan(vec![route, next, called("late", Lane::Any)]);
    let mut run = start(&plan);
    let call = poll(&mut run);
    let list: Value = ["a".into(), "b".into()].into_iter().collect();
    run.handle_completed(call, Slot::Both(list, 1));
    let Some(Failure::Node { node: 0, attempt: 1, cause: Cause::Unhandled(value), .. }) = run.failure()
    else {
        panic!("the route has no case for `b`");
    };
    assert_eq!(*value, "b".into());
    assert_eq!((run.is_finished(), run.node_state(1)), (true, NodeState::Pending));

    // The same where the list is given: the value that has a case chooses nothing either.
    let list: Value = ["a".into(), "b".into()].into_iter().collect();
    let mut given = Start::new(Slot::Host(0));
    given.given = vec![(0, Slot::Both(list, 1)), (2, Slot::Host(2))];
    let run = Run::new(plan, given);
    assert_eq!((run.is_finished(), run.node_state(1)), (true, NodeState::Pending));
}

#[test]
fn native_nodes_run_without_the_host_and_say_where_they_fail() {
    let pick = |name: &str, path: Vec<Step>| {
        Node::new(name, Work::Native(Pick { from_input: true, path: path.into() }.into()))
    };
    let items = || vec![Step::Key("items".into()), Step::Index(1)];
    let join = Join::new(["second".into(), "constant".into()]);
    let nodes = vec![
        Node::new("join", Work::Native(join.into()))
            .reading("second", EdgeKind::Member)
            .reading("constant", EdgeKind::Member),
        Node::new("constant", Work::Native(Constant(3.into()).into())),
        pick("second", items()),
    ];
    let input = Value::from_json(br#"{"items": [1, {"id": 18446744073709551616}]}"#).expect("it is JSON");
    let run: Run<u64> = Run::new(plan(nodes), Start::new(Slot::Json(input.clone())));
    assert_eq!(run.state(), RunState::Succeeded);
    let mut text = Vec::new();
    run.output(0).json().expect("it ran").write_json(&mut text).expect("all is finite");
    assert_eq!(String::from_utf8_lossy(&text), r#"{"second":{"id":18446744073709551616},"constant":3}"#);

    let mut path = items();
    path.push(Step::Key("name".into()));
    path.push(Step::Key("first".into()));
    let run: Run<u64> = Run::new(plan(vec![pick("name", path)]), Start::new(Slot::Json(input)));
    let Some(Failure::Node { cause: Cause::Native(error), .. }) = run.failure() else { panic!("it fails") };
    assert_eq!(error.to_string(), "input.items[1].name: not there, in object");
    assert_eq!((run.attempts(0), run.node_state(0)), (1, NodeState::Failed));
}

#[test]
fn given_outputs_and_only_leave_nodes_out() {
    use NodeState::{Excluded, Given, Ready};

    let read = |name: &str, source: &str| called(name, Lane::Any).reading(source, EdgeKind::Required);
    let plan = plan(vec![called("a", Lane::Any), read("b", "a"), read("c", "b"), read("d", "a")]);
    let mut run: Run<u64> = Run::new(
        plan,
        Start {
            // Twice the same node: the first output counts.
            given: vec![(1, Slot::Host(10)), (1, Slot::Host(11))],
            only: Some(vec![2]),
            ..Start::new(Slot::Empty)
        },
    );
    let states: Vec<NodeState> = (0..4).map(|node| run.node_state(node)).collect();
    assert_eq!(states, [Excluded, Given, Ready, Excluded]);
    assert_eq!(run.output(1).host(), Some(&10));
    let call = poll(&mut run);
    run.handle_completed(call, Slot::Host(1));
    assert_eq!(run.state(), RunState::Succeeded);
}

#[test]
fn either_returns_whichever_ran() {
    let mut route = called("route", Lane::Any);
    let case = |value: bool, target: &str| (value.into(), vec![target.into()]);
    route.cases = Some(Cases { cases: vec![case(true, "yes"), case(false, "no")], default: None });
    route.values = Some(vec![true.into(), false.into()]);
    let nodes = vec![called("yes", Lane::Any), called("no", Lane::Any), route];
    let returns = Some(Returns::Either(vec!["yes".into(), "no".into()]));
    let plan =
        Arc::new(Graph { name: "w".into(), nodes, returns, ..Graph::default() }.plan().expect("no faults"));
    let mut run = start(&plan);
    assert_eq!(run.returned(), Returns::Nothing);
    for output in [Slot::Both(false.into(), 1), Slot::Host(2)] {
        let call = poll(&mut run);
        run.handle_completed(call, output);
    }
    assert_eq!((run.state(), run.returned()), (RunState::Succeeded, Returns::One(1)));
}

// Sizes.

/// A chain whose first node is `first`.
fn chain(first: Node, link: impl Fn(String) -> Node, kind: EdgeKind) -> Vec<Node> {
    let mut nodes = vec![first];
    for number in 1..NODES_MAX {
        let earlier = nodes[number - 1].name.clone();
        nodes.push(link(format!("n{number}")).reading(earlier, kind));
    }
    // The order of declaration must not matter.
    nodes.reverse();
    nodes
}

fn drive(run: &mut Run<u64>) -> usize {
    let mut calls = 0;
    while let Some(call) = run.poll_call(&LANES, no_time) {
        calls += 1;
        assert!(run.handle_completed(call, Slot::Both("a".into(), 1)).is_none());
    }
    calls
}

#[test]
fn a_chain_of_all_nodes_there_may_be() {
    let host = |name: String| called(&name, Lane::Any);
    let plan_of_hosts = plan(chain(host("n0".into()), host, EdgeKind::Required));
    let mut run = start(&plan_of_hosts);
    assert_eq!((drive(&mut run), run.state()), (NODES_MAX, RunState::Succeeded));

    let constant = Node::new("n0", Work::Native(Constant("x".into()).into()));
    let pick = |name: String| {
        let pick = Pick { from_input: false, path: Box::default() };
        Node::new(name, Work::Native(pick.into()))
    };
    let run = start(&plan(chain(constant, pick, EdgeKind::Required)));
    assert_eq!((run.state(), run.output(0).json()), (RunState::Succeeded, Some(&"x".into())));
}

#[test]
fn a_chain_of_skips() {
    let mut route = called("n0", Lane::Any);
    route.cases = Some(Cases { cases: vec![("b".into(), vec!["n1".into()])], default: Some(vec![]) });
    let mut run = start(&plan(chain(route, |name| called(&name, Lane::Any), EdgeKind::Required)));
    assert_eq!((drive(&mut run), run.state()), (1, RunState::Succeeded));
    assert_eq!(run.node_state(0), NodeState::Skipped);
}

#[test]
fn a_wide_fan_out_and_join() {
    const WIDTH: usize = 5_000;
    let names: Vec<String> = (0..WIDTH).map(|number| format!("n{number}")).collect();
    let mut nodes = vec![called("source", Lane::Any)];
    let branch = |name: &String| called(name, Lane::Any).reading("source", EdgeKind::Required);
    nodes.extend(names.iter().map(branch));
    let join = Join::new(names.iter().map(|name| name.as_str().into()));
    let mut join = Node::new("join", Work::Native(join.into()));
    join.reads = names.iter().map(|name| (name.as_str().into(), EdgeKind::Member)).collect();
    nodes.push(join);
    let plan = plan(nodes);
    let mut run = start(&plan);
    assert_eq!((drive(&mut run), run.state()), (WIDTH + 1, RunState::Succeeded));
    let joined = run.output(WIDTH as NodeIndex + 1).json().cloned();
    let Some(Value::Object(joined)) = joined else { panic!("a join gives an object") };
    assert_eq!((joined.len(), joined.get("n4999")), (WIDTH, Some(&"a".into())));
}

/// Each join puts an object around the one before; it is written and freed on this thread's stack.
#[test]
fn a_chain_of_joins() {
    let constant = Node::new("n0", Work::Native(Constant("x".into()).into()));
    let join = |name: String| {
        let number: usize = name.trim_start_matches('n').parse().expect("names have numbers");
        let join = Join::new([format!("n{}", number - 1).as_str().into()]);
        Node::new(name, Work::Native(join.into()))
    };
    let run = start(&plan(chain(constant, join, EdgeKind::Member)));
    assert_eq!(run.state(), RunState::Succeeded);
    let mut text = Vec::new();
    run.output(0).json().expect("it ran").write_json(&mut text).expect("there are no numbers");
    assert!(text.starts_with(br#"{"n9998":{"n9997":"#));
}
