//! What a run costs in the core, from its start to its end, and what a plan costs once.

use std::hint::black_box;
use std::sync::Arc;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use engine_benches::{chain_of_calls, drive, event, event_value, fan_out, router, start};
use engine_core::graph::{Graph, Node};
use engine_core::plan::{EdgeKind, Lane, Plan, Work};
use engine_core::run::RunState;
use engine_core::value::Value;

/// A run of all nodes, each of which gives `output`.
fn run(plan: &Arc<Plan>, input: &Value, output: &Value) -> RunState {
    let mut run = start(plan, input);
    drive(&mut run, output);
    run.state()
}

fn fan_outs(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("fan-out and join");
    for width in [4, 100, 5_000] {
        let plan = fan_out(width);
        assert_eq!(run(&plan, &Value::Null, &Value::Null), RunState::Succeeded);
        group.bench_with_input(BenchmarkId::from_parameter(width), &plan, |bencher, plan| {
            bencher.iter(|| run(black_box(plan), &Value::Null, &Value::Null));
        });
    }
    group.finish();
}

fn routes(criterion: &mut Criterion) {
    let (plan, choice) = (router(), Value::from("a"));
    assert_eq!(run(&plan, &Value::Null, &choice), RunState::Succeeded);
    criterion.bench_function("route, fan-out of 4 and join", |bencher| {
        bencher.iter(|| run(black_box(&plan), &Value::Null, &choice));
    });
}

/// Bytes in, three nodes, bytes out: what a request asks of the core.
fn requests(criterion: &mut Criterion) {
    let (plan, text, output) = (chain_of_calls(3), event(), event_value());
    criterion.bench_function("three nodes over 1 KB, from text to text", |bencher| {
        bencher.iter(|| {
            let input = Value::from_json(black_box(text.as_bytes())).expect("it is JSON");
            let mut run = start(&plan, &input);
            drive(&mut run, &output);
            let mut out = Vec::with_capacity(text.len());
            let result = run.output(2).json().expect("it ran");
            result.write_json(&mut out).expect("its numbers are finite");
            out
        });
    });
}

fn plans(criterion: &mut Criterion) {
    let mut graph = Graph::new("chain");
    graph.nodes = (0..1_000)
        .map(|number: u32| {
            let node = Node::new(format!("n{number}"), Work::Host(Lane::Any));
            match number.checked_sub(1) {
                Some(earlier) => node.reading(format!("n{earlier}"), EdgeKind::Required),
                None => node,
            }
        })
        .collect();
    criterion.bench_function("check and compile a chain of 1,000", |bencher| {
        bencher.iter(|| black_box(&graph).plan().expect("it has no errors"));
    });
}

criterion_group!(benches, fan_outs, routes, requests, plans);
criterion_main!(benches);
