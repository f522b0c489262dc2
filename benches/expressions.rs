//! What an expression costs: conditions of routes, and shaping an object.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use engine_benches::event_value;
use engine_core::cel::syntax::parse;
use engine_core::cel::{Fuel, Program};
use engine_core::value::Value;

fn program(source: &str) -> Program {
    Program::compile(&parse(source).expect("it is CEL"), &[])
}

fn json(text: &str) -> Value {
    Value::from_json(text.as_bytes()).expect("it is JSON")
}

fn conditions(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("condition");
    let user = r#"{"id": 7, "name": "Ada", "score": 0.93, "tags": ["beta", "staff", "vip"]}"#;
    let cases = [
        ("x.score > 3", vec![json(r#"{"id": 7, "name": "Ada", "score": 5}"#)]),
        (
            "user.score > 0.8 && 'vip' in user.tags && status == 'active'",
            vec![json(user), json("\"active\"")],
        ),
        ("items.exists(i, i.price > 90)", vec![json(&format!("[{}]", items(100)))]),
    ];
    for (source, values) in cases {
        let program = program(source);
        let values: Vec<Option<Value>> = values.into_iter().map(Some).collect();
        group.bench_function(source, |bencher| {
            bencher.iter(|| {
                let fuel = Fuel::default();
                assert!(black_box(&program).test(black_box(&values), &fuel).expect("it works"));
            });
        });
    }
    group.finish();
}

fn items(count: usize) -> String {
    (0..count).map(|price| format!(r#"{{"price": {price}}}"#)).collect::<Vec<_>>().join(",")
}

/// Ten fields of an object of 1 KB, each an expression.
fn shaping(criterion: &mut Criterion) {
    let event = event_value();
    let paths: Vec<String> = paths(&event, "x").into_iter().cycle().take(10).collect();
    let programs: Vec<Program> = paths.iter().map(|path| program(path)).collect();
    let values = vec![Some(event)];
    criterion.bench_function("ten fields of 1 KB", |bencher| {
        bencher.iter(|| {
            let fuel = Fuel::default();
            let fields: Vec<Option<Value>> = black_box(&programs)
                .iter()
                .map(|program| program.evaluate_json(black_box(&values), &fuel).expect("it works"))
                .collect();
            fields
        });
    });
}

/// The paths of an object's fields, and of those below.
fn paths(value: &Value, path: &str) -> Vec<String> {
    let Value::Object(object) = value else { return vec![path.to_owned()] };
    object.iter().flat_map(|(key, value)| paths(value, &format!("{path}.{key}"))).collect()
}

fn compiling(criterion: &mut Criterion) {
    let source = "user.score > 0.8 && 'vip' in user.tags && status == 'active'";
    criterion.bench_function("parse and compile", |bencher| bencher.iter(|| program(black_box(source))));
}

criterion_group!(benches, conditions, shaping, compiling);
criterion_main!(benches);
