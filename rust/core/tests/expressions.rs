//! Native nodes that hold expressions: in a graph, over the input and the outputs of others.
#![allow(clippy::expect_used, clippy::panic)]

use std::sync::Arc;

use engine_core::graph::{Graph, Node};
use engine_core::node::{Cases, Compute, Conditions, Constant, Fail, Native, Reads, Shape, Transform};
use engine_core::plan::{Returns, Work};
use engine_core::run::{Failure, Run, Slot, Start};
use engine_core::value::Value;

fn json(text: &str) -> Value {
    Value::from_json(text.as_bytes()).expect("JSON")
}

fn node(name: &str, work: impl Into<Native>, reads: &Reads) -> Node {
    let node = Node::new(name, Work::Native(work.into()));
    reads.nodes.iter().fold(node, |node, (read, kind)| node.reading(&**read, *kind))
}

fn compute(name: &str, source: &str) -> Node {
    let (work, reads) = Compute::new(source).expect("an expression");
    node(name, work, &reads)
}

fn text(value: &Value) -> String {
    let mut json = Vec::new();
    value.write_json(&mut json).expect("finite");
    String::from_utf8(json).expect("UTF-8")
}

/// Runs nodes of which the last one gives the result: as JSON, or why it failed.
fn run(nodes: Vec<Node>, input: &str) -> String {
    let mut graph = Graph::new("test");
    graph.returns = nodes.last().map(|last| Returns::One(last.name.clone()));
    graph.nodes = nodes;
    let plan = Arc::new(graph.plan().unwrap_or_else(|faults| panic!("{faults:?}")));
    let run = Run::<()>::new(plan.clone(), Start::new(Slot::Json(json(input))));
    match run.failure() {
        Some(Failure::Node { cause, node, .. }) => format!("{}: {cause:?}", plan.node(*node).name),
        Some(other) => format!("{other:?}"),
        None => {
            let Returns::One(last) = run.returned() else { panic!("one node is returned") };
            run.output(last).json().map_or_else(|| "skipped".into(), text)
        }
    }
}

#[test]
fn an_expression_reads_the_input_and_other_nodes() {
    let nodes = || vec![compute("twice", "input.n * 2"), compute("sum", "twice + input.n + twice")];
    assert_eq!(run(nodes(), r#"{"n":3}"#), "15");
    let missing = run(nodes(), "{}");
    assert!(missing.starts_with("twice: Native"), "{missing}");
    assert!(missing.contains("input.n * 2"), "{missing}");
    assert_eq!(run(vec![compute("all", "input")], "[1,2.0,{\"a\":null}]"), "[1,2.0,{\"a\":null}]");
    assert_eq!(run(vec![compute("none", "input.?gone")], "{}"), "null");
}

#[test]
fn a_node_that_is_asked_for_may_have_been_skipped() {
    for (label, expected) in [("push", "\"push: ada\""), ("other", "\"other: nobody\"")] {
        let (conditions, reads) = Conditions::new(["input.label == 'push'"]).expect("expressions");
        let mut route = node("route", conditions, &reads);
        route.cases = Some(Cases {
            cases: vec![("input.label == 'push'".into(), vec!["enrich".into()])],
            default: Some(vec![]),
        });
        let nodes = vec![
            route,
            node("enrich", Constant(json(r#"{"name":"ada"}"#)), &Reads::default()),
            compute("card", "input.label + ': ' + (has(enrich.name) ? enrich.name : 'nobody')"),
        ];
        assert_eq!(run(nodes, &format!("{{\"label\":\"{label}\"}}")), expected);
    }
}

#[test]
fn a_shape_is_filled() {
    let expression = |source: &str| Shape::Expression(source.into());
    let shape = Shape::Object(vec![
        ("kind".into(), Shape::Constant("card".into())),
        ("title".into(), expression("input.title.upperAscii()")),
        ("gone".into(), expression("input.?gone")),
        (
            "list".into(),
            Shape::List(vec![expression("input.?gone"), expression("1 + 1"), Shape::List(vec![])]),
        ),
    ]);
    let (transform, reads) = Transform::new(&shape).expect("expressions");
    let shaped = node("card", transform, &reads);
    assert_eq!(run(vec![shaped.clone()], r#"{"title":"a"}"#), r#"{"kind":"card","title":"A","list":[2,[]]}"#);
    let failed = run(vec![shaped], r#"{"title":1}"#);
    assert!(failed.contains("path: \"title\""), "{failed}");

    let bad = Shape::Object(vec![
        ("a".into(), Shape::List(vec![expression("1 +"), expression("1")])),
        ("b".into(), expression("(")),
    ]);
    let errors = Transform::new(&bad).expect_err("two are no expressions");
    let places: Vec<&str> = errors.iter().map(|error| &*error.path).collect();
    assert_eq!(places, ["a[0]", "b"]);
}

#[test]
fn a_failing_node_says_what_it_is_told_to() {
    let fail = |source| {
        let (fail, reads) = Fail::new(source).expect("an expression");
        run(vec![node("stop", fail, &reads)], r#"{"why":"too old"}"#)
    };
    assert!(fail("'refused: ' + input.why").contains("refused: too old"));
    assert!(fail("input").contains("{\\\"why\\\":\\\"too old\\\"}"));
}
