//! What a node costs in the core: native, called by the host, retried; and its JSON.

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use engine_benches::{
    LANES, chain_of_calls, chain_of_picks, compute, drive, event, event_value, item_call, loop_from_input,
    map_over_input, nested_input, retried, start,
};
use engine_core::run::{Cause, Slot};
use engine_core::time::Time;
use engine_core::value::Value;

/// Nodes in a chain; figures are per node.
const NODES: usize = 100;

fn chains(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("chain of 100, per node");
    group.throughput(Throughput::Elements(NODES as u64));
    let (plan, input) = (chain_of_picks(NODES), nested_input(NODES));
    let run = start(&plan, &input);
    assert_eq!(run.output(NODES as u32 - 1).json(), Some(&Value::Int(0)));
    group.bench_function("native picks", |bencher| bencher.iter(|| start(black_box(&plan), &input)));
    let plan = chain_of_calls(NODES);
    group.bench_function("host calls", |bencher| {
        bencher.iter(|| {
            let mut run = start(black_box(&plan), &Value::Null);
            drive(&mut run, &Value::Null);
            run
        });
    });
    group.finish();
}

/// Maps of so many items and a loop of as many turns, the whole run.
fn bodies(criterion: &mut Criterion) {
    const ITEMS: u32 = 1_000;
    let mut group = criterion.benchmark_group("1,000 items or turns");
    group.throughput(Throughput::Elements(ITEMS.into()));
    let input: Value = (0..ITEMS).map(|item| Value::Int(item.into())).collect();
    let nodes = |item| vec![compute("next", &format!("{item} + 1"))];
    let two = vec![compute("twice", "item * 2"), compute("next", "twice + 1")];
    let natives = [
        ("map, a compute node", map_over_input(nodes("item"), 1), &input),
        ("map, two compute nodes", map_over_input(two, 1), &input),
        ("loop, a compute node", loop_from_input(nodes("state"), ITEMS), &Value::Int(0)),
    ];
    for (name, plan, input) in natives {
        let run = start(&plan, input);
        assert!(run.is_finished() && run.failure().is_none());
        group.bench_function(name, |bencher| bencher.iter(|| start(black_box(&plan), input)));
    }
    for concurrency in [1, 8, 1_000] {
        let plan = map_over_input(vec![item_call()], concurrency);
        group.bench_function(format!("map, host calls, {concurrency} at a time"), |bencher| {
            bencher.iter(|| {
                let mut run = start(black_box(&plan), &input);
                drive(&mut run, &Value::Null);
                assert!(run.is_finished());
                run
            });
        });
    }
    group.finish();
}

/// A run of one node that fails and then succeeds.
fn retries(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("one failure, then success");
    for (name, delay) in [("at once", Duration::ZERO), ("after a delay", Duration::from_secs(1))] {
        let plan = retried(delay);
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let mut run = start(black_box(&plan), &Value::Null);
                let now = || Time(7);
                let call = run.poll_call(&LANES, now).expect("it is ready");
                run.handle_failed(call, Cause::Host(1), true, None, now, || 0.5);
                if let Some(timer) = run.poll_timer() {
                    run.handle_time(timer, || 0.5);
                }
                let call = run.poll_call(&LANES, now).expect("it is ready again");
                run.handle_completed(call, Slot::Host(2));
                assert!(run.is_finished());
                run
            });
        });
    }
    group.finish();
}

fn json(criterion: &mut Criterion) {
    let (text, value) = (event(), event_value());
    let mut group = criterion.benchmark_group("JSON of 1 KB");
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("parse", |bencher| {
        bencher.iter(|| Value::from_json(black_box(text.as_bytes())).expect("it is JSON"));
    });
    let mut out = Vec::with_capacity(text.len());
    group.bench_function("write", |bencher| {
        bencher.iter(|| {
            out.clear();
            black_box(&value).write_json(&mut out).expect("its numbers are finite");
            black_box(out.len())
        });
    });
    group.finish();
}

criterion_group!(benches, chains, bodies, retries, json);
criterion_main!(benches);
