//! The specification's own tests, from files beside the checkout.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use engine_core::cel::syntax::parse;
use engine_core::cel::value::{Entries, Key, Map, Seen, Value, ValueType, View, equal};
use engine_core::cel::{Error, Fuel, Program};
use serde_json::Value as Json;

/// Files of which no case is run, and why.
const LEFT_OUT: [(&str, &str); 2] = [
    ("network_ext", "addresses of networks are no type here"),
    ("block_ext", "`cel.block` is written by optimisers, not by people"),
];

/// Cases that are not run, and why.
const SKIPPED: [(&str, &str); 2] = [
    ("parse/bytes_literals/triple_single_quoted_unescaped_punctuation", BACKSLASH),
    ("parse/bytes_literals/triple_double_quoted_unescaped_punctuation", BACKSLASH),
];
const BACKSLASH: &str =
    "the file keeps the backslash of `\\?`, which in the specification's text format is `?`";

fn value(tagged: &Json) -> Value {
    let Json::Object(object) = tagged else {
        return match tagged {
            Json::Null => Value::Null,
            Json::Bool(truth) => Value::Bool(*truth),
            Json::String(text) => text.as_str().into(),
            other => panic!("{other} has no tag"),
        };
    };
    let (tag, inner) = object.iter().next().expect("a tag");
    let text = inner.as_str().unwrap_or_default();
    match tag.as_str() {
        "int" => Value::Int(text.parse().expect("an int")),
        "uint" => Value::Uint(text.parse().expect("a uint")),
        "double" => Value::Double(text.parse().expect("a double")),
        "bytes" => base64::engine::general_purpose::STANDARD.decode(text).expect("base64").into(),
        "type" => Value::Type(
            ValueType::named(text).or_else(|| ValueType::named(&format!("{text}_type"))).expect(text),
        ),
        "list" => inner.as_array().expect("a list").iter().map(value).collect::<Vec<Value>>().into(),
        "map" => {
            let entries = inner.as_array().expect("pairs").iter().map(|pair| {
                let key = Key::of(value(&pair[0]).view()).expect("a key");
                (key, value(&pair[1]))
            });
            Value::Map(Map::Entries(Arc::new(Entries::try_new(entries.collect()).expect("keys differ"))))
        }
        other => panic!("unknown tag {other}"),
    }
}

/// Whether two values are the same, in their types too.
fn same(a: View<'_>, b: View<'_>) -> bool {
    match (a, b) {
        (View::Double(a), View::Double(b)) => a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan()),
        (View::List(a), View::List(b)) => {
            a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| same(a, b))
        }
        _ => a.value_type() == b.value_type() && equal(a, b, &Fuel::default()).expect("there is fuel"),
    }
}

fn evaluate(case: &Json) -> Result<Value, Box<Error>> {
    let source = case["expr"].as_str().expect("an expression");
    let bindings = case["bindings"].as_object().expect("bindings");
    let dotted: Vec<&str> = bindings.keys().map(String::as_str).filter(|name| name.contains('.')).collect();
    let program = Program::compile(&parse(source)?, &dotted);
    let slots: Vec<Option<Value>> =
        program.roots().iter().map(|root| bindings.get(&*root.name).map(value)).collect();
    program.evaluate(&slots, &Fuel::default()).map(Seen::into_value)
}

/// What is wrong with a case, if anything is.
fn fault(case: &Json) -> Option<String> {
    let source = case["expr"].as_str().expect("an expression");
    match (evaluate(case), case.get("value")) {
        (Err(_), None) => None,
        (Err(error), Some(_)) => Some(error.under(source)),
        (Ok(found), None) => Some(format!("{source}\n gave {found:?} and should fail")),
        (Ok(found), Some(wanted)) if same(found.view(), value(wanted).view()) => None,
        (Ok(found), Some(wanted)) => Some(format!("{source}\n gave {found:?}, not {wanted}")),
    }
}

#[test]
// The wall is the core's; its tests read files and say what they saw.
#[allow(clippy::disallowed_methods, clippy::print_stdout)]
fn the_specification_s_tests_pass() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/conformance/cel");
    let Ok(files) = folder.read_dir() else {
        let is_required =
            std::env::var_os("WORKFLOW_ENGINE_REQUIRE_SHARED").is_some_and(|value| value == "1");
        assert!(!is_required, "there is no {}", folder.display());
        println!("left out: the specification's tests are not beside the checkout");
        return;
    };
    let mut paths: Vec<_> = files.filter_map(|file| Some(file.ok()?.path())).collect();
    paths.sort();
    let (mut report, mut faults) = (String::new(), Vec::new());
    for path in paths {
        let text = std::fs::read(&path).expect("a file");
        let file: Json = serde_json::from_slice(&text).expect("JSON");
        let name = file["file"].as_str().expect("a name");
        if let Some((_, reason)) = LEFT_OUT.iter().find(|(left_out, _)| *left_out == name) {
            let _ = writeln!(report, "{name}: left out, {reason}");
            continue;
        }
        let cases = file["cases"].as_array().expect("cases");
        let (mut passed, before) = (0, faults.len());
        for case in cases {
            let [section, case_name] = ["section", "name"].map(|key| case[key].as_str().unwrap_or_default());
            let case_name = format!("{name}/{section}/{case_name}");
            if let Some((_, reason)) = SKIPPED.iter().find(|(skipped, _)| *skipped == case_name) {
                let _ = writeln!(report, "{case_name}: skipped, {reason}");
                continue;
            }
            match fault(case) {
                None => passed += 1,
                Some(fault) => faults.push(format!("{case_name}: {fault}")),
            }
        }
        let failed = faults.len() - before;
        let _ = writeln!(report, "{name}: {passed} of {} pass, {failed} fail", cases.len());
    }
    println!("{report}");
    assert!(faults.is_empty(), "{}\n{report}", faults.join("\n"));
}
