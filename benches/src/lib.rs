//! Shared workloads of the benchmarks.

use std::sync::Arc;
use std::time::Duration;

use engine_core::graph::{Body as Part, Graph, Node};
use engine_core::node::{Body, Cases, Compute, Join, OnError, Pick};
use engine_core::plan::{EdgeKind, Lane, Plan, Returns, Work};
use engine_core::policy::{Jitter, Retry};
use engine_core::run::{Run, Slot, Start};
use engine_core::time::Time;
use engine_core::value::{Step, Value};

/// Every lane, as a host with one thread polls them.
pub const LANES: [Lane; 5] = [Lane::Quick, Lane::Any, Lane::Caller, Lane::Helper, Lane::Loop];

/// A JSON event of 1 KB: `{"id": int, "type": str, "repo": {...}, "labels": [...], "body": str}`.
pub fn event() -> String {
    let labels: Vec<String> = (0..8)
        .map(|number| format!(r#"{{"id":{number},"name":"label {number}","score":0.{number}5}}"#))
        .collect();
    let start = format!(
        r#"{{"id":4294967296,"type":"issue","public":true,"repo":{{"id":17,"name":"engine","owner":{{"login":"someone","site_admin":false}}}},"labels":[{}],"parent":null,"body":""#,
        labels.join(",")
    );
    let room = 1_024 - start.len() - 2;
    let body: String = "It fails with \\\"not found\\\".\\n".chars().cycle().take(room - room % 31).collect();
    format!("{start}{body}\"}}")
}

/// The value of [`event`].
pub fn event_value() -> Value {
    Value::from_json(event().as_bytes()).expect("it is JSON")
}

fn compile(nodes: Vec<Node>, returns: &str) -> Arc<Plan> {
    let graph = Graph {
        name: "bench".into(),
        nodes,
        returns: Some(Returns::One(returns.into())),
        ..Graph::default()
    };
    Arc::new(graph.plan().expect("the graph has no errors"))
}

fn host(name: impl Into<String>) -> Node {
    Node::new(name.into(), Work::Host(Lane::Any))
}

/// `count` native nodes, each of which picks a key from what the one before gave.
pub fn chain_of_picks(count: usize) -> Arc<Plan> {
    let path = || -> Box<[Step]> { Box::new([Step::Key("next".into())]) };
    let nodes = (0..count).map(|number| {
        let node = |pick: Pick| Node::new(format!("n{number}"), Work::Native(pick.into()));
        match number.checked_sub(1) {
            None => node(Pick { from_input: true, path: path() }),
            Some(earlier) => node(Pick { from_input: false, path: path() })
                .reading(format!("n{earlier}"), EdgeKind::Required),
        }
    });
    compile(nodes.collect(), &format!("n{}", count - 1))
}

/// The input of [`chain_of_picks`]: `{"next": {"next": ... 0}}`, `count` deep.
pub fn nested_input(count: usize) -> Value {
    let text = format!("{}0{}", r#"{"next":"#.repeat(count), "}".repeat(count));
    Value::from_json(text.as_bytes()).expect("it is JSON")
}

/// `count` host nodes one after the other.
pub fn chain_of_calls(count: usize) -> Arc<Plan> {
    let mut nodes = vec![host("n0")];
    nodes
        .extend((1..count).map(|number| {
            host(format!("n{number}")).reading(format!("n{}", number - 1), EdgeKind::Required)
        }));
    compile(nodes, &format!("n{}", count - 1))
}

/// A host node, `width` host nodes that read it, and a native join of those.
pub fn fan_out(width: usize) -> Arc<Plan> {
    let names: Vec<String> = (0..width).map(|number| format!("n{number}")).collect();
    let mut nodes = vec![host("source")];
    nodes.extend(names.iter().map(|name| host(name.as_str()).reading("source", EdgeKind::Required)));
    let join = Join::new(names.iter().map(|name| name.as_str().into()));
    let mut join = Node::new("join", Work::Native(join.into()));
    join.reads = names.iter().map(|name| (name.as_str().into(), EdgeKind::Member)).collect();
    nodes.push(join);
    compile(nodes, "join")
}

/// A host node whose output chooses one of two nodes; a fan-out of four hangs on the one for `"a"`.
pub fn router() -> Arc<Plan> {
    let mut route = host("route");
    let case = |value: &str, target: &str| (value.into(), vec![target.into()]);
    route.cases = Some(Cases { cases: vec![case("a", "first"), case("b", "second")], default: Some(vec![]) });
    let branches = ["w", "x", "y", "z"];
    let mut nodes = vec![route, host("first"), host("second")];
    nodes.extend(branches.map(|name| host(name).reading("first", EdgeKind::Required)));
    let mut join = Node::new("join", Work::Native(Join::new(branches.map(Into::into)).into()));
    join.reads = branches.map(|name| (name.into(), EdgeKind::Member)).into();
    nodes.push(join);
    compile(nodes, "join")
}

/// One host node that may be tried three times, `delay` apart.
pub fn retried(delay: Duration) -> Arc<Plan> {
    let mut node = host("node");
    node.retry = Some(Retry {
        attempts: 3,
        delay,
        factor: 2.0,
        delay_max: delay,
        jitter: Jitter::Full,
        timeouts: true,
    });
    compile(vec![node], "node")
}

/// A map over the input; so many items at a time.
pub fn map_over_input(body: Vec<Node>, concurrency: u32) -> Arc<Plan> {
    over_input(Body::map(1, concurrency, OnError::Raise), body)
}

/// A loop from the input on, of so many turns.
pub fn loop_from_input(body: Vec<Node>, turns: u32) -> Arc<Plan> {
    let until = format!("turn == {turns}");
    let repeat = Body::repeat(1, &until, turns, false, &mut engine_core::node::Reads::default())
        .expect("it is an expression");
    over_input(repeat, body)
}

fn over_input(body: Body, nodes: Vec<Node>) -> Arc<Plan> {
    let returns = nodes.last().map(|last| Returns::One(last.name.clone()));
    let part = Part { name: "body".into(), nodes, returns, within: Some(0), ..Part::default() };
    let nodes = vec![Node::new("body", Work::Body(Box::new(body)))];
    let graph = Graph { name: "bench".into(), nodes, returns: None, bodies: vec![part] };
    Arc::new(graph.plan().expect("the graph has no errors"))
}

/// A node that works out an expression.
pub fn compute(name: &str, source: &str) -> Node {
    let (work, reads) = Compute::new(source).expect("it is an expression");
    let node = Node::new(name, Work::Native(work.into()));
    reads.nodes.iter().fold(node, |node, (read, kind)| node.reading(&**read, *kind))
}

/// A node of the host.
pub fn item_call() -> Node {
    host("call")
}

/// Starts a run whose input native nodes can read.
pub fn start(plan: &Arc<Plan>, input: &Value) -> Run<u64> {
    Run::new(plan.clone(), Start::new(Slot::Json(input.clone())))
}

/// Carries out every host node at once, each of which gives `output`.
pub fn drive(run: &mut Run<u64>, output: &Value) {
    while let Some(call) = run.poll_call(&LANES, Time::default) {
        run.handle_completed(call, Slot::Both(output.clone(), 0));
    }
}
