//! What a template and the validation of a value cost, beside the least that Rust needs.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use engine_benches::event_value;
use engine_core::cel::Fuel;
use engine_core::schema::JsonSchema;
use engine_core::template::{Program, Roots};
use engine_core::value::Value;

/// Ten fields of an object of 1 KB.
fn templates(criterion: &mut Criterion) {
    let event = event_value();
    let source = "{{ x.type }} {{ x.id }} of {{ x.repo.name }} ({{ x.repo.id }}) by {{ x.repo.owner.login }}: \
                  {{ x.labels[0].name }}, {{ x.labels[1].name }}, {{ x.labels[2].score }}, {{ x.public }}\n{{ x.body }}";
    let program = Program::compile(source, &mut Roots::default()).expect("it is a template");
    let roots = [Some(&event)];
    let mut group = criterion.benchmark_group("text of ten fields of 1 KB");
    group.bench_function("template", |bencher| {
        bencher.iter(|| black_box(&program).render(black_box(&roots), &Fuel::default()).expect("it renders"));
    });
    let text = |value: Option<&Value>| match value {
        Some(Value::String(text)) => text.clone(),
        other => panic!("{other:?} is no text"),
    };
    group.bench_function("format!", |bencher| {
        bencher.iter(|| {
            let event = black_box(&event);
            let field = |name| event.field(name);
            let repo = field("repo").expect("it is there");
            let label = |index| field("labels").and_then(|labels| labels.item(index)).expect("it is there");
            let (Some(Value::Int(id)), Some(Value::Int(repo_id))) = (field("id"), repo.field("id")) else {
                panic!("ids are integers")
            };
            let (Some(Value::Float(score)), Some(Value::Bool(public))) =
                (label(2).field("score"), field("public"))
            else {
                panic!("it is a number")
            };
            let login = text(repo.field("owner").and_then(|owner| owner.field("login")));
            format!(
                "{} {id} of {} ({repo_id}) by {login}: {}, {}, {score}, {public}\n{}",
                text(field("type")),
                text(repo.field("name")),
                text(label(0).field("name")),
                text(label(1).field("name")),
                text(field("body")),
            )
        });
    });
    group.finish();
    criterion.bench_function("compile a template", |bencher| {
        bencher
            .iter(|| Program::compile(black_box(source), &mut Roots::default()).expect("it is a template"));
    });
}

/// A schema of all that is in the event.
fn schemas(criterion: &mut Criterion) {
    let schema = r##"{
        "type": "object", "required": ["id", "type", "repo", "labels"], "additionalProperties": false,
        "properties": {
            "id": {"type": "integer", "minimum": 1}, "type": {"enum": ["issue", "push"]}, "public": {"type": "boolean"},
            "repo": {"$ref": "#/$defs/repo"}, "labels": {"type": "array", "items": {"$ref": "#/$defs/label"}},
            "parent": {"anyOf": [{"type": "integer"}, {"type": "null"}]}, "body": {"type": "string", "maxLength": 1000}
        },
        "$defs": {
            "repo": {"type": "object", "required": ["id", "name"], "properties": {
                "id": {"type": "integer"}, "name": {"type": "string"},
                "owner": {"type": "object", "properties": {"login": {"type": "string"}, "site_admin": {"type": "boolean"}}}
            }},
            "label": {"type": "object", "required": ["id", "name"], "properties": {
                "id": {"type": "integer"}, "name": {"type": "string"}, "score": {"type": "number", "maximum": 1}
            }}
        }
    }"##;
    let schema = Value::from_json(schema.as_bytes()).expect("it is JSON");
    let compiled = JsonSchema::compile(&schema).expect("it is a schema");
    let event = event_value();
    assert!(compiled.validate(&event).is_ok());
    criterion.bench_function("validate 1 KB", |bencher| {
        bencher.iter(|| black_box(&compiled).validate(black_box(&event)).is_ok());
    });
    criterion.bench_function("compile a schema", |bencher| {
        bencher.iter(|| JsonSchema::compile(black_box(&schema)).expect("it is a schema"));
    });
}

criterion_group!(benches, templates, schemas);
criterion_main!(benches);
