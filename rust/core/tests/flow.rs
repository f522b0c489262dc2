//! Control flow inside a run: maps, loops, sub-workflows, ends, cancellation and joins of the first.
#![allow(clippy::expect_used, clippy::panic)]

use std::sync::Arc;
use std::time::Duration;

use engine_core::graph::{Body as Part, FaultCode, Graph, Node};
use engine_core::node::{Body, BodyKind, Compute, Constant, Join, Native, OnError, Reads, Shape};
use engine_core::plan::{EdgeKind, Effect, First, Lane, Plan, Returns, Work};
use engine_core::policy::{Jitter, Retry};
use engine_core::run::{
    Call, Cause, DEPTH_MAX, Fact, Failure, Members, NodeState, Run, RunState, Slot, Start, Verdict,
};
use engine_core::time::Time;
use engine_core::value::Value;

const LANES: [Lane; 5] = [Lane::Quick, Lane::Any, Lane::Caller, Lane::Helper, Lane::Loop];

fn json(text: &str) -> Value {
    Value::from_json(text.as_bytes()).expect("JSON")
}

fn text(value: &Value) -> String {
    let mut json = Vec::new();
    value.write_json(&mut json).expect("finite");
    String::from_utf8(json).expect("UTF-8")
}

fn reading(node: Node, reads: &Reads) -> Node {
    reads.nodes.iter().fold(node, |node, (read, kind)| node.reading(&**read, *kind))
}

fn compute(name: &str, source: &str) -> Node {
    let (work, reads) = Compute::new(source).expect("an expression");
    reading(Node::new(name, Work::Native(work.into())), &reads)
}

fn constant(name: &str, value: &str) -> Node {
    Node::new(name, Work::Native(Native::from(Constant(json(value)))))
}

fn called(name: &str) -> Node {
    Node::new(name, Work::Host(Lane::Any))
}

/// A node with a body over what an expression gives.
fn over(name: &str, body: Body, source: &str, mut reads: Reads) -> Node {
    let body = body.over(&Shape::Expression(source.into()), &mut reads).expect("an expression");
    reading(Node::new(name, Work::Body(Box::new(body))), &reads)
}

fn map(name: &str, source: &str, concurrency: u32, on_error: OnError) -> Node {
    over(name, Body::map(1, concurrency, on_error), source, Reads::default())
}

fn repeat(name: &str, source: &str, until: &str, limit: u32, keeps: bool) -> Node {
    let mut reads = Reads::default();
    let body = Body::repeat(1, until, limit, keeps, &mut reads).expect("an expression");
    over(name, body, source, reads)
}

fn part(nodes: Vec<Node>) -> Part {
    let returns = nodes.last().map(|last| Returns::One(last.name.clone()));
    Part { name: "body".into(), nodes, returns, within: Some(0), shares_input: false }
}

/// A graph whose last node gives the result, with one body.
fn graph(nodes: Vec<Node>, body: Vec<Node>) -> Graph {
    let returns = nodes.last().map(|last| Returns::One(last.name.clone()));
    let bodies = if body.is_empty() { Vec::new() } else { vec![part(body)] };
    Graph { name: "flow".into(), nodes, returns, bodies }
}

fn plan(graph: &Graph) -> Arc<Plan> {
    Arc::new(graph.plan().unwrap_or_else(|faults| panic!("{faults:?}")))
}

fn start(graph: &Graph, input: &str) -> Run<u64> {
    let start = Start { record: true, ..Start::new(Slot::Both(json(input), 0)) };
    Run::new(plan(graph), start)
}

/// What a run of native nodes gives; the same where nobody keeps facts, which takes shorter ways.
fn result(graph: &Graph, input: &str) -> String {
    let found = outcome(&start(graph, input));
    assert_eq!(found, outcome(&Run::new(plan(graph), Start::new(Slot::Both(json(input), 0)))));
    found
}

fn poll(run: &mut Run<u64>) -> Call {
    run.poll_call(&LANES, || Time(0)).expect("a node is ready")
}

fn done(run: &mut Run<u64>, call: Call, value: &str) {
    assert!(run.handle_completed(call, Slot::Both(json(value), 1)).is_none());
}

fn fail(run: &mut Run<u64>, call: Call, error: Option<&str>) -> Verdict<u64> {
    run.handle_failed(call, Cause::Host(7), true, error.map(json), || Time(0), || 0.0)
}

/// The name of a call's node, and the items on the way to it.
fn at(run: &Run<u64>, call: Call) -> (String, Vec<u32>) {
    let path = run.path(call.frame).expect("the frame is there");
    (run.plan().node(call.node).name.to_string(), path.iter().map(|step| step.item).collect())
}

/// What a run gives, as JSON; or where and why it failed.
fn outcome(run: &Run<u64>) -> String {
    match run.failure() {
        Some(Failure::Node { path, node, cause, .. }) => {
            let name = |node| &*run.plan().node(node).name;
            let steps = path.iter().map(|step| format!("{}[{}]/", name(step.node), step.item));
            let way = steps.collect::<Vec<_>>().concat();
            format!("{way}{}: {cause:?}", name(*node))
        }
        Some(other) => format!("{other:?}"),
        None => {
            assert_eq!(run.state(), RunState::Succeeded);
            let Returns::One(last) = run.returned() else { panic!("one node is returned") };
            run.output(last).json().map_or_else(|| "skipped".into(), text)
        }
    }
}

#[test]
fn bodies_of_native_nodes() {
    let sum = || vec![compute("next", "input + 1")];
    let rows: Vec<(Graph, &str, &str)> = vec![
        (graph(vec![map("m", "input", 1, OnError::Raise)], sum()), "[1,2,3]", "[2,3,4]"),
        (graph(vec![map("m", "input", 8, OnError::Raise)], sum()), "[]", "[]"),
        (
            graph(vec![map("m", "input", 8, OnError::Raise)], vec![compute("p", "[item, index]")]),
            r#"["a","b"]"#,
            r#"[["a",0],["b",1]]"#,
        ),
        // What a body reads outside, it waits for.
        (
            graph(
                vec![map("m", "input", 1, OnError::Raise), compute("by", "input.size()")],
                vec![compute("p", "item * by")],
            ),
            "[1,2,3]",
            "3",
        ),
        (graph(vec![map("m", "input", 1, OnError::Keep)], vec![compute("p", "10 / item")]), "[5,0]", "KEPT"),
        (
            graph(vec![map("m", "input", 1, OnError::Drop)], vec![compute("p", "10 / item")]),
            "[0,5,0,0,2]",
            "[2,5]",
        ),
        (
            graph(vec![repeat("l", "input", "false", 9, false)], vec![compute("p", "state / (3 - turn)")]),
            "5",
            "l[3]/p: Native",
        ),
        (
            graph(vec![map("m", "input", 1, OnError::Raise)], vec![compute("p", "10 / item")]),
            "[5,0]",
            "m[1]/p: Native",
        ),
        (graph(vec![map("m", "input", 1, OnError::Raise)], sum()), "{}", "m: Native"),
        (graph(vec![repeat("l", "input", "state > 9", 100, false)], sum()), "0", "10"),
        // At least once, and the turn counts from 1.
        (graph(vec![repeat("l", "input", "true", 100, false)], sum()), "50", "51"),
        (graph(vec![repeat("l", "0", "turn == 7", 100, false)], sum()), "null", "7"),
        (graph(vec![repeat("l", "0", "false", 5, true)], sum()), "null", "5"),
        (graph(vec![repeat("l", "0", "false", 5, false)], sum()), "null", "l: LoopLimit(5)"),
        (graph(vec![over("s", Body::subworkflow(1), "input.n", Reads::default())], sum()), r#"{"n":4}"#, "5"),
    ];
    for (graph, input, expected) in rows {
        let found = result(&graph, input);
        let expected = if expected == "KEPT" { r#"[2,{"error":{"type":"NodeError""# } else { expected };
        assert!(found.starts_with(expected), "{found} for {expected}");
    }
}

/// A map in a map that is given no list has begun nothing; the one around it stays.
#[test]
fn a_map_in_a_body_without_a_list() {
    let rows = [
        (OnError::Raise, "outer[1]/inner: Native"),
        (OnError::Keep, r#"[[1],{"error":"#),
        (OnError::Drop, "[[1],[2]]"),
    ];
    for (on_error, expected) in rows {
        let mut graph = graph(vec![map("outer", "input", 1, on_error)], vec![compute("p", "item")]);
        let inner = over("inner", Body::map(2, 1, OnError::Raise), "item", Reads::default());
        graph.bodies = vec![part(vec![inner]), Part { within: Some(1), ..part(vec![compute("p", "item")]) }];
        let found = outcome(&start(&graph, "[[1], 5, [2]]"));
        assert!(found.starts_with(expected), "{found} for {expected}");
    }
}

#[test]
fn shapes_and_conditions_over_results() {
    let mut reads = Reads::default();
    let shape = Shape::Object(vec![
        ("it".into(), Shape::Expression("item".into())),
        ("at".into(), Shape::Expression("index + base".into())),
    ]);
    let body = Body::map_until(1, 1, OnError::Raise, "results.size() == 2", &mut reads).expect("CEL");
    let body = body.taking(&shape, &mut reads).expect("CEL");
    let node = over("m", body, "input", reads);
    let mut graph = graph(
        vec![constant("base", "10"), node],
        vec![compute("p", "string(input.it) + ':' + string(input.at)")],
    );
    assert_eq!(result(&graph, "[7,8,9]"), r#"["7:10","8:11"]"#);
    if let Work::Body(body) = &mut graph.nodes[1].work
        && let BodyKind::Map(map) = &mut body.kind
    {
        map.until = None;
    }
    assert_eq!(result(&graph, "[7,8,9]"), r#"["7:10","8:11","9:12"]"#);
}

/// A list of the host that a map of host nodes takes apart, and one of a native node reads, too.
#[test]
fn a_list_that_lies_in_parts() {
    let over_list = |name: &str, region| {
        let body = Body::map(region, 1, OnError::Raise).over_read(0);
        Node::new(name, Work::Body(Box::new(body))).reading("list", EdgeKind::Required)
    };
    let mut graph = graph(
        vec![called("list"), over_list("host", 1), over_list("native", 2), compute("both", "[host, native]")],
        vec![called("f")],
    );
    graph.bodies.push(part(vec![compute("p", "item + index")]));
    for record in [false, true] {
        let mut run: Run<u64> =
            Run::new(plan(&graph), Start { record, ..Start::new(Slot::Json(Value::Null)) });
        assert!(run.plan().node(0).wants_parts && run.plan().node(0).wants_json);
        let list = poll(&mut run);
        let items = [10, 20].map(|item: i64| Slot::Both(item.into(), 1));
        run.handle_completed(list, Slot::of_list(items.into(), true));
        for item in ["1", "2"] {
            let call = poll(&mut run);
            done(&mut run, call, item);
        }
        assert_eq!(outcome(&run), "[[1,2],[10,21]]");
    }
}

/// A sub-workflow of itself; and one that never ends.
#[test]
fn recursion() {
    let nodes = |step: &str| {
        let (conditions, reads) = engine_core::node::Conditions::new(["input > 0"]).expect("an expression");
        let mut route = reading(Node::new("route", Work::Native(conditions.into())), &reads);
        route.cases = Some(engine_core::node::Cases {
            cases: vec![("input > 0".into(), vec!["deeper".into()])],
            default: Some(vec![]),
        });
        let mut deeper = over("deeper", Body::subworkflow(0), step, Reads::default());
        deeper.only_read = false;
        vec![route, deeper, compute("sum", "input + (has(deeper.sum) ? deeper.sum : 0)")]
    };
    let recursive = |step: &str| {
        let mut graph = graph(nodes(step), Vec::new());
        graph.returns = Some(Returns::Object(vec![("sum".into(), "sum".into())]));
        graph
    };
    let run = start(&recursive("input - 1"), "40");
    assert!(run.is_finished() && run.failure().is_none(), "{}", outcome(&run));
    assert_eq!(run.output(2).json().map(text).as_deref(), Some("820"));
    let Some(Failure::Node { path, cause: Cause::Native(error), .. }) =
        start(&recursive("input"), "1").failure().map(|failure| match failure {
            Failure::Node { path, node, attempt, cause } => {
                Failure::Node { path: path.clone(), node: *node, attempt: *attempt, cause: cause.clone() }
            }
            _ => Failure::<u64>::Cancelled,
        })
    else {
        panic!("it has no end")
    };
    assert_eq!(path.len(), DEPTH_MAX as usize);
    assert!(error.detail.contains("64 deep"), "{}", error.detail);
}

#[test]
fn a_map_of_host_calls_keeps_order_and_concurrency() {
    let graph = graph(vec![map("m", "input", 2, OnError::Raise)], vec![called("f")]);
    let mut run = start(&graph, "[10,20,30]");
    let (first, second) = (poll(&mut run), poll(&mut run));
    assert_eq!(run.poll_call(&LANES, || Time(0)), None);
    assert_eq!((at(&run, first), at(&run, second)), (("f".into(), vec![0]), ("f".into(), vec![1])));
    assert_eq!(run.input_of(second.frame).json(), Some(&json("20")));
    done(&mut run, second, "2");
    let third = poll(&mut run);
    assert_eq!(run.input_of(third.frame).json(), Some(&json("30")));
    // The frame of the second item is used again, but its call is not current.
    assert!(run.handle_completed(second, Slot::Host(9)).is_some());
    assert!(!run.is_current(second) && run.is_current(third));
    done(&mut run, third, "3");
    done(&mut run, first, "1");
    assert_eq!(run.state(), RunState::Succeeded);
    let parts = run.output(0).parts().expect("the host's objects lie apart");
    let Members::List(items) = &parts.members else { panic!("a list") };
    assert_eq!(
        items.iter().map(|item| item.json().map(text)).collect::<Option<Vec<_>>>().expect("JSON"),
        ["1", "2", "3"]
    );
    let facts: Vec<Fact<u64>> = std::iter::from_fn(|| run.poll_fact()).collect();
    let completed = facts.iter().filter(|fact| matches!(fact, Fact::Completed(_, Some(_)))).count();
    assert_eq!((facts.len(), completed), (4, 3));
}

#[test]
fn what_a_host_node_of_a_body_reads() {
    let inner = called("f").reading("list", EdgeKind::Required).reading("item", EdgeKind::Required);
    let mut reads = Reads::default();
    reads.nodes.push(("list".into(), EdgeKind::Required));
    let node = Node::new("m", Work::Body(Box::new(Body::map(1, 1, OnError::Raise).over_read(0))));
    let graph = graph(vec![called("list"), reading(node, &reads)], vec![inner]);
    let mut run = start(&graph, "null");
    assert!(run.plan().node(0).wants_parts && !run.plan().node(0).wants_json);
    let list = poll(&mut run);
    let items = Members::List([Slot::Host(11), Slot::Host(12)].into());
    run.handle_completed(list, Slot::of_members(items, false));
    for item in [11, 12] {
        let call = poll(&mut run);
        assert_eq!(run.input_of(call.frame).host(), Some(&item));
        assert!(run.output_of(call.frame, 0).parts().is_some());
        assert_eq!(run.plan().resolve(1, "list"), Some(engine_core::plan::Source::Outer(0)));
        run.handle_completed(call, Slot::Host(item * 2));
    }
    assert_eq!(run.state(), RunState::Succeeded);
    assert!(!run.take_released().is_empty());
}

fn retry(attempts: u32, seconds: u64) -> Retry {
    let delay = Duration::from_secs(seconds);
    Retry { attempts, delay, factor: 1.0, delay_max: delay, jitter: Jitter::None, timeouts: true }
}

#[test]
fn a_failed_item_is_kept_and_the_rest_of_it_stops() {
    let body = vec![called("a"), called("b"), compute("c", "a + b")];
    let graph = graph(vec![map("m", "input", 1, OnError::Keep)], body);
    let mut run = start(&graph, "[1,2]");
    let (a, b) = (poll(&mut run), poll(&mut run));
    assert!(run.wants_error(a));
    assert!(matches!(fail(&mut run, a, Some(r#"{"error":{"type":"X"}}"#)), Verdict::Excused));
    assert_eq!((run.poll_stop(), run.poll_stop()), (Some(b), None));
    assert!(matches!(fail(&mut run, b, None), Verdict::Stale(_)));
    let (a, b) = (poll(&mut run), poll(&mut run));
    done(&mut run, a, "1");
    done(&mut run, b, "2");
    assert_eq!(outcome(&run), r#"[{"error":{"type":"X"}},3]"#);
}

#[test]
fn an_item_of_several_nodes_begins_again() {
    let mut node = map("m", "input", 1, OnError::Raise);
    node.retry = Some(retry(2, 5));
    let graph = graph(vec![node], vec![called("a"), called("b").reading("a", EdgeKind::Required)]);
    let mut run = start(&graph, "[1]");
    let a = poll(&mut run);
    done(&mut run, a, "1");
    let b = poll(&mut run);
    assert!(matches!(fail(&mut run, b, None), Verdict::Retry(Time(5_000_000))));
    assert_eq!((run.state(), run.poll_timer()), (RunState::Waiting, Some(Time(5_000_000))));
    run.handle_time(Time(5_000_000), || 0.0);
    let again = poll(&mut run);
    assert_eq!((again.node, again.attempt), (a.node, 1));
    assert!(again.frame != a.frame && !run.is_current(b));
    done(&mut run, again, "1");
    let b = poll(&mut run);
    assert!(matches!(fail(&mut run, b, None), Verdict::Failed));
    assert_eq!(outcome(&run), "m[0]/b: Host(7)");
    assert_eq!(run.node_state(0), NodeState::Failed);
}

/// An end in the workflow itself; a call on the loop is waited for, one on a thread is not.
#[test]
fn an_end_stops_what_is_under_way() {
    let mut end = called("end");
    end.effect = Some(Effect::End);
    let mut task = called("task");
    task.work = Work::Host(Lane::Loop);
    let mut graph = graph(vec![task, called("thread"), end], Vec::new());
    graph.returns = Some(Returns::Nothing);
    let mut run = start(&graph, "null");
    let (thread, end) = (poll(&mut run), poll(&mut run));
    let task = poll(&mut run);
    done(&mut run, end, "42");
    assert_eq!((run.is_stopping(), run.is_finished(), run.in_flight()), (false, false, 1));
    let stops: Vec<Call> = std::iter::from_fn(|| run.poll_stop()).collect();
    assert!(stops.contains(&task) && stops.contains(&thread));
    assert!(run.handle_completed(thread, Slot::Host(1)).is_some());
    run.handle_stopped(task);
    assert_eq!((run.is_finished(), outcome(&run).as_str()), (true, "42"));
    assert_eq!(run.node_state(1), NodeState::Cancelled);
}

/// In a body an end ends the item only.
#[test]
fn an_end_in_a_body() {
    let mut end = compute("end", "'ended ' + string(item)");
    end.effect = Some(Effect::End);
    end.after.push("begun".into());
    let body = vec![constant("begun", "1"), end, called("never")];
    let graph = graph(vec![map("m", "input", 3, OnError::Raise)], body);
    assert_eq!(outcome(&start(&graph, "[1,2]")), r#"["ended 1","ended 2"]"#);
}

#[test]
fn cancelled_nodes_are_skipped_to_their_readers() {
    let mut cancel = called("cancel");
    cancel.effect = Some(Effect::Cancel(["slow".into()].into()));
    let reader = called("reader").reading("slow", EdgeKind::Required);
    let optional = called("optional").reading("slow", EdgeKind::Optional);
    let graph = graph(vec![called("slow"), cancel, reader, optional], Vec::new());
    let mut graph = graph;
    graph.returns = Some(Returns::Nothing);
    let mut run = start(&graph, "null");
    let (slow, cancel) = (poll(&mut run), poll(&mut run));
    done(&mut run, cancel, "1");
    assert_eq!(run.poll_stop(), Some(slow));
    assert_eq!((run.node_state(0), run.node_state(2)), (NodeState::Cancelled, NodeState::Skipped));
    let optional = poll(&mut run);
    assert_eq!(optional.node, 3);
    done(&mut run, optional, "1");
    assert_eq!(run.state(), RunState::Succeeded);
}

/// A join of the first one or two of three, whose third member hangs on a node that leads nowhere else.
#[test]
fn joins_of_the_first() {
    for (count, cancels_rest) in [(1, true), (2, true), (1, false), (3, true)] {
        let names = ["a", "b", "c"];
        let mut join = Node::new("join", Work::Native(Join::new(names.map(Into::into)).into()));
        join.reads = names.map(|name| (name.into(), EdgeKind::First)).into();
        join.first = Some(First { count, cancels_rest });
        let c = called("c").reading("before", EdgeKind::Required);
        let graph = graph(vec![called("a"), called("b"), called("before"), c, join], Vec::new());
        let mut run = start(&graph, "null");
        let calls = [poll(&mut run), poll(&mut run), poll(&mut run)];
        for call in &calls[..count.min(2) as usize] {
            done(&mut run, *call, "1");
        }
        if count == 3 {
            assert_eq!(run.node_state(4), NodeState::Pending);
            continue;
        }
        assert_eq!(run.node_state(4), NodeState::Succeeded);
        let expected = if count == 1 { r#"{"a":1}"# } else { r#"{"a":1,"b":1}"# };
        assert_eq!(run.output(4).json().map(text).as_deref(), Some(expected));
        let rest = [1, 2, 3].map(|node| run.node_state(node) == NodeState::Cancelled);
        assert_eq!(rest, [cancels_rest && count == 1, cancels_rest, cancels_rest]);
        assert_eq!(run.is_finished(), cancels_rest);
    }
}

/// When fewer can come than are waited for, a join takes those that are there.
#[test]
fn a_join_of_fewer_than_it_waits_for() {
    let mut cancel = constant("cancel", "1");
    cancel.effect = Some(Effect::Cancel(["a".into()].into()));
    cancel.after.push("begun".into());
    let mut join = Node::new("join", Work::Native(Join::new(["a", "b"].map(Into::into)).into()));
    join.reads = ["a", "b"].map(|name| (name.into(), EdgeKind::First)).into();
    join.first = Some(First { count: 2, cancels_rest: true });
    let mut run = start(
        &graph(vec![constant("begun", "1"), cancel, called("a"), called("b"), join], Vec::new()),
        "null",
    );
    let b = poll(&mut run);
    done(&mut run, b, "5");
    assert_eq!(outcome(&run), r#"{"b":5}"#);
}

#[test]
fn faults_of_flow() {
    let mut first = called("first").reading("a", EdgeKind::First);
    first.first = Some(First { count: 2, cancels_rest: false });
    let mut cancel = called("cancel");
    cancel.effect = Some(Effect::Cancel(["gone".into()].into()));
    let act = |name: &str, effect: Effect<Box<str>>, after: &[&str]| {
        let mut node = constant(name, "1");
        node.effect = Some(effect);
        node.after = after.iter().map(|name| (*name).into()).collect();
        node
    };
    let stop = |names: &[&str]| Effect::Cancel(names.iter().map(|name| (*name).into()).collect());
    let needs = |node: &str| called("b").reading(node, EdgeKind::Required);
    let rows: Vec<(Graph, FaultCode, &str)> = vec![
        (graph(vec![called("a"), act("e", Effect::End, &[])], Vec::new()), FaultCode::RunsAtStart, "e"),
        (graph(vec![called("a"), act("c", stop(&["a"]), &[])], Vec::new()), FaultCode::RunsAtStart, "c"),
        (
            graph(vec![called("a"), act("c", stop(&["a"]), &["a"])], Vec::new()),
            FaultCode::NeedlessCancel,
            "c",
        ),
        (
            graph(vec![called("a"), act("c", stop(&["c"]), &["a"])], Vec::new()),
            FaultCode::NeedlessCancel,
            "c",
        ),
        (
            graph(vec![called("a"), act("e", Effect::End, &["a"]), needs("e")], Vec::new()),
            FaultCode::Unreachable,
            "b",
        ),
        (graph(vec![called("a"), first], Vec::new()), FaultCode::JoinCount, "first"),
        (graph(vec![called("a"), cancel], Vec::new()), FaultCode::UnknownNode, "cancel"),
        (graph(vec![repeat("l", "1", "true", 0, false)], vec![called("f")]), FaultCode::LoopLimit, "l"),
        (graph(vec![map("m", "[1]", 1, OnError::Raise)], Vec::new()), FaultCode::UnknownBody, "m"),
        (
            graph(vec![map("m", "[1]", 1, OnError::Raise)], vec![compute("p", "state")]),
            FaultCode::UnknownNode,
            "m/p",
        ),
        (
            graph(vec![map("m", "[1]", 1, OnError::Raise)], vec![compute("p", "q"), compute("q", "p")]),
            FaultCode::Cycle,
            "m/p",
        ),
    ];
    for (graph, code, node) in rows {
        let mut graph = graph;
        graph.returns = Some(Returns::Nothing);
        let found = graph.check();
        let fault = found.iter().find(|fault| fault.code == code);
        assert_eq!(fault.and_then(|fault| fault.node.as_deref()), Some(node), "{found:?}");
    }
}

/// A run that an end ends has a result, and one that is cancelled has none.
#[test]
fn results_that_ends_give_and_cancellations_take() {
    let route = |values: &str, to: &str, default: Option<&str>| {
        let mut route = called("route");
        let cases = vec![(json("1"), vec![to.into()])];
        let Value::List(values) = json(values) else { panic!("a list") };
        route.values = Some(values.to_vec());
        route.cases = Some(engine_core::node::Cases {
            cases,
            default: Some(default.map(Into::into).into_iter().collect()),
        });
        route
    };
    let end = || {
        let mut end = constant("end", "1");
        end.effect = Some(Effect::End);
        end
    };
    let end_after = |node: &str| Node { after: vec![node.into()], ..end() };
    let cancel = || {
        let mut cancel = constant("cancel", "1");
        cancel.effect = Some(Effect::Cancel(["a".into()].into()));
        cancel.after.push("begun".into());
        cancel
    };
    let reads_a = || called("b").reading("a", EdgeKind::Required);
    let rows: Vec<(Vec<Node>, Option<&str>, usize)> = vec![
        (vec![route("[1,2]", "end", Some("a")), called("a"), end()], Some("a"), 0),
        (vec![route("[1,2]", "end", Some("a")), called("a"), end()], None, 0),
        (vec![route("[1,2]", "end", None), end()], None, 1),
        (vec![route("[1]", "end", None), end()], None, 0),
        (vec![called("begun"), called("a"), cancel()], Some("a"), 1),
        (vec![called("begun"), called("a"), reads_a(), cancel()], Some("b"), 1),
        (vec![called("begun"), called("a"), cancel()], Some("begun"), 0),
        (vec![called("begun"), called("a"), cancel(), end_after("begun")], Some("a"), 0),
    ];
    for (nodes, returns, count) in rows {
        let mut graph = graph(nodes, Vec::new());
        graph.returns = returns.map(|node| Returns::One(node.into()));
        let found = graph.check();
        let warned = found.iter().filter(|fault| fault.code == FaultCode::ReturnMayBeSkipped).count();
        assert_eq!(warned, count, "{found:?} of {graph:?}");
    }
}
