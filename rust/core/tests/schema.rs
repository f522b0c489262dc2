//! JSON Schema: what is valid, what is said of what is not, and what no schema can do to the process.

use engine_core::node::{Assert, Inputs, Native};
use engine_core::schema::JsonSchema;
use engine_core::value::Value;
use proptest::prelude::*;

/// As small as the stacks of threads are.
const STACK: usize = 2 << 20;

fn json(text: &str) -> Value {
    Value::from_json(text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// The places that are wrong, one after the other; `ok` if none is.
fn verdict(schema: &str, value: &str) -> String {
    let schema = JsonSchema::compile(&json(schema)).unwrap_or_else(|error| panic!("{schema}: {error}"));
    match schema.validate(&json(value)) {
        Ok(_) => "ok".into(),
        Err(places) => places.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
    }
}

const ORDER: &str = r##"{
    "type": "object", "required": ["id", "items"], "additionalProperties": false,
    "properties": {
        "id": {"type": "integer", "minimum": 1},
        "state": {"enum": ["open", "closed"]},
        "note": {"anyOf": [{"type": "string", "maxLength": 5}, {"type": "null"}]},
        "items": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/item"}}
    },
    "$defs": {"item": {
        "type": "object", "required": ["name"],
        "properties": {"name": {"type": "string", "pattern": "^[a-z]+$"}, "price": {"type": "number", "multipleOf": 0.01}}
    }}
}"##;

#[test]
fn places_say_what_came_and_what_was_expected() {
    let cases = [
        (
            ORDER,
            r#"{"id": 1, "items": [{"name": "a", "price": 19.99}], "note": null, "state": "open"}"#,
            "ok",
        ),
        (ORDER, r#"{"id": 1.0, "items": [{"name": "a"}]}"#, "ok"),
        (ORDER, "[]", "expected object, got list"),
        (ORDER, r#"{"items": []}"#, "id: is missing; items: expected at least 1 items, got 0"),
        (
            ORDER,
            r#"{"id": 0, "items": [{"name": "a"}], "sate": "open"}"#,
            "id: expected at least 1, got 0; sate: is not expected; did you mean `state`?",
        ),
        (
            ORDER,
            r#"{"id": 1, "items": [{"name": "a"}, {"name": "A1"}, {"price": 0.005}, 7]}"#,
            "items[1].name: expected text like ^[a-z]+$, got \"A1\"; items[2].name: is missing; items[2].price: expected a multiple of 0.01, got 0.005; items[3]: expected object, got integer",
        ),
        (
            ORDER,
            r#"{"id": "7", "items": [{"name": "a"}], "state": "opened"}"#,
            "id: expected integer, got text; state: expected one of \"open\", \"closed\", got \"opened\"",
        ),
        (
            ORDER,
            r#"{"id": 1, "items": [{"name": "a"}], "note": 7}"#,
            "note: expected text or null, got integer",
        ),
        (
            ORDER,
            r#"{"id": 1, "items": [{"name": "a"}], "note": "too long"}"#,
            "note: expected at most 5 characters, got 8",
        ),
        // The alternative whose failures lie inside is the one that was meant.
        (
            r#"{"anyOf": [{"type": "null"}, {"type": "object", "properties": {"a": {"type": "integer"}}}]}"#,
            r#"{"a": "x"}"#,
            "a: expected integer, got text",
        ),
        (
            r#"{"oneOf": [{"type": "integer"}, {"minimum": 2}]}"#,
            "3",
            "fits 2 of 2 alternatives, of which only one may hold",
        ),
        (r#"{"not": {"type": "string"}}"#, "\"x\"", "\"x\" is what must not be here"),
        (r#"{"const": {"a": 1}}"#, r#"{"a": 1.0}"#, "ok"),
        (r#"{"enum": [0, null]}"#, "false", "expected one of 0, null, got false"),
        (
            r#"{"uniqueItems": true}"#,
            r#"[1, {"a": 1, "b": 2}, true, {"b": 2.0, "a": 1}]"#,
            "[3]: is there twice, and may be there once",
        ),
        (
            r#"{"contains": {"type": "integer"}, "maxContains": 1}"#,
            "[1, 2]",
            "expected 1 items of a kind, got 2",
        ),
        (r#"{"dependentRequired": {"a": ["b"]}}"#, r#"{"a": 1}"#, "b: is missing, beside `a`"),
        (
            r#"{"if": {"required": ["a"]}, "then": {"required": ["b"]}, "else": {"required": ["c"]}}"#,
            r#"{"a": 1}"#,
            "b: is missing",
        ),
        (
            r#"{"propertyNames": {"maxLength": 2}}"#,
            r#"{"abc": 1}"#,
            "abc: expected at most 2 characters, got 3",
        ),
        (
            r#"{"patternProperties": {"^x-": {"type": "integer"}}}"#,
            r#"{"x-a b": "1"}"#,
            "[\"x-a b\"]: expected integer, got text",
        ),
        (
            r#"{"allOf": [{"properties": {"a": true}}], "unevaluatedProperties": false}"#,
            r#"{"a": 1, "b": 2}"#,
            "b: is not expected",
        ),
        (r#"{"prefixItems": [{"type": "integer"}], "items": false}"#, "[1, 2]", "[1]: 2 is not allowed"),
        // Numbers are exact.
        (r#"{"maximum": 9007199254740993}"#, "9007199254740993.0", "ok"),
        (
            r#"{"maximum": 9007199254740992.0}"#,
            "9007199254740993",
            "expected at most 9007199254740992.0, got 9007199254740993",
        ),
        (
            r#"{"exclusiveMinimum": 100000000000000000000}"#,
            "1e20",
            "expected more than 100000000000000000000, got 1e20",
        ),
        (r#"{"multipleOf": 0.0001}"#, "0.0075", "ok"),
        ("true", "1", "ok"),
        ("false", "[1]", "list is not allowed"),
    ];
    for (schema, value, wanted) in cases {
        assert_eq!(verdict(schema, value), wanted, "of {schema} and {value}");
    }
}

#[test]
fn bad_schemas_are_refused_with_their_place() {
    let patterns: Vec<String> =
        (0..201).map(|number| format!(r#""p{number}": {{"pattern": "a"}}"#)).collect();
    let patterns = format!(r#"{{"properties": {{{}}}}}"#, patterns.join(","));
    let schemas = format!(r#"{{"allOf": [{}]}}"#, vec!["{}"; 10_001].join(","));
    let cases = [
        ("3", "a schema is an object or a boolean, not integer"),
        (
            r#"{"properties": {"a": {"type": "strin"}}}"#,
            "properties.a.type: \"strin\" is no type; did you mean `string`?",
        ),
        (r#"{"minimum": "1"}"#, "minimum: must be a number"),
        (r#"{"maxLength": -1}"#, "maxLength: must be 0 or more"),
        (r#"{"required": "a"}"#, "required: must be a list of texts"),
        (r#"{"anyOf": []}"#, "anyOf: must be a list of schemas, not empty"),
        (r#"{"multipleOf": 0}"#, "multipleOf: must be a number above 0"),
        (r#"{"items": [1]}"#, "items: a schema is an object or a boolean, not list"),
        (r#"{"pattern": "("}"#, "pattern: no pattern: unclosed group"),
        (
            r#"{"pattern": "(?=a)"}"#,
            "pattern: no pattern: look-around, including look-ahead and look-behind, is not supported",
        ),
        (r#"{"pattern": "(a{1000}){1000}"}"#, "pattern: the pattern is too large"),
        (&patterns, "properties.p200.pattern: more than 200 patterns"),
        (&schemas, "allOf[9999]: more than 10000 schemas"),
        (
            r##"{"$ref": "#/$defs/a"}"##,
            "$ref: \"#/$defs/a\" leads to no schema of this document, and nothing is fetched",
        ),
        (
            r#"{"$ref": "https://example.org/s"}"#,
            "$ref: \"https://example.org/s\" leads to no schema of this document, and nothing is fetched",
        ),
        (
            r#"{"$ref": "file:///etc/passwd"}"#,
            "$ref: \"file:///etc/passwd\" leads to no schema of this document, and nothing is fetched",
        ),
        (r##"{"$dynamicRef": "#a"}"##, "$dynamicRef: is not supported; use `$ref`"),
        (
            r#"{"$schema": "http://json-schema.org/draft-07/schema#"}"#,
            "$schema: \"http://json-schema.org/draft-07/schema#\" is not known here; https://json-schema.org/draft/2020-12/schema is",
        ),
    ];
    for (schema, wanted) in cases {
        let error = JsonSchema::compile(&json(schema)).expect_err("it is refused").to_string();
        assert_eq!(error, wanted, "of {schema:.100}");
    }
}

/// Definitions `d0` to `dN`, each of which applies the next one twice by a keyword.
fn doubling(keyword: &str, count: usize) -> String {
    let mut definitions: Vec<String> = (0..count)
        .map(|number| {
            let next = format!(r##"{{"$ref": "#/$defs/d{}"}}"##, number + 1);
            format!(r#""d{number}": {{"{keyword}": [{next}, {next}]}}"#)
        })
        .collect();
    definitions.push(format!(r#""d{count}": {{"type": "string"}}"#));
    format!(r##"{{"$ref": "#/$defs/d0", "$defs": {{{}}}}}"##, definitions.join(","))
}

#[test]
fn hostile_schemas_end_within_their_limits() {
    let (work, depth) = (
        "validating this takes more work than is allowed",
        "more than 400 schemas apply one inside the other",
    );
    let nested = |count: usize| format!("{}1{}", r#"{"a":"#.repeat(count), "}".repeat(count));
    let chain: Vec<String> =
        (0..5_000).map(|number| format!(r##""d{number}": {{"$ref": "#/$defs/d{}"}}"##, number + 1)).collect();
    let recursive = r##"{"properties": {"a": {"$ref": "#"}}, "additionalProperties": {"$ref": "#"}}"##;
    let twice =
        r##"{"allOf": [{"properties": {"a": {"$ref": "#"}}}, {"properties": {"a": {"$ref": "#"}}}]}"##;
    let cases = [
        (doubling("allOf", 60), "1".into(), "expected text, got integer"),
        (doubling("allOf", 60), "\"a\"".into(), work),
        (doubling("anyOf", 60), "1".into(), work),
        (doubling("oneOf", 60), "\"a\"".into(), work),
        (r##"{"$ref": "#"}"##.into(), "1".into(), depth),
        (r##"{"not": {"$ref": "#"}}"##.into(), "1".into(), depth),
        (
            format!(r##"{{"$ref": "#/$defs/d0", "$defs": {{{}, "d5000": {{}}}}}}"##, chain.join(",")),
            "1".into(),
            depth,
        ),
        (recursive.into(), nested(127), "ok"),
        (twice.into(), nested(127), work),
        (r#"{"items": {"type": "integer"}}"#.into(), format!("[{}0]", "1,".repeat(500_000)), "ok"),
        (
            r#"{"uniqueItems": true}"#.into(),
            format!("[{}0]", "{\"a\":1},".repeat(2)),
            "[1]: is there twice, and may be there once",
        ),
        (
            format!(r#"{{"items": {{"enum": [{}2]}}}}"#, "1,".repeat(5_000)),
            format!("[{}2]", "2,".repeat(50_000)),
            work,
        ),
        (
            format!(r#"{{"items": {{"enum": [{}"a"]}}}}"#, "\"b\",".repeat(5_000)),
            format!("[{}\"a\"]", "\"b\",".repeat(50_000)),
            "ok",
        ),
        (
            r#"{"pattern": "^(a+)+$"}"#.into(),
            format!("\"{}!\"", "a".repeat(20_000)),
            "expected text like ^(a+)+$",
        ),
        (r#"{"multipleOf": 1e-300}"#.into(), "1e300".into(), "ok"),
    ];
    for (schema, value, wanted) in cases {
        let start: String = schema.chars().take(100).collect();
        let thread = std::thread::Builder::new().stack_size(STACK).spawn(move || verdict(&schema, &value));
        let verdict = thread.expect("a thread starts").join().expect("no schema panics");
        assert!(verdict.starts_with(wanted), "{start}: {verdict}");
    }
}

/// A node's input and the output of its only dependency.
struct Given(Value, Option<Value>);

impl Inputs for Given {
    fn input(&self) -> &Value {
        &self.0
    }

    fn output(&self, _position: usize) -> Option<&Value> {
        self.1.as_ref()
    }

    fn name(&self, _position: usize) -> &'static str {
        "order"
    }
}

#[test]
fn assert_gives_on_what_it_lets_pass() {
    let order = || Some(JsonSchema::compile(&json(ORDER)).expect("it is a schema"));
    let valid = r#"{"id": 1.0, "items": [{"name": "a", "price": 3}]}"#;
    let wrong = r#"{"id": 1, "items": [{"name": "a"}, {}], "x": 1}"#;
    let given = Ok(r#"{"id":1,"items":[{"name":"a","price":3.0}]}"#);
    let message = Some("'no order, of ' + string(input.size()) + ' keys'");
    let cases = [
        ("input", order(), None, valid, "null", given),
        ("order", order(), None, "null", valid, given),
        ("input", order(), None, wrong, "null", Err("input.items[1].name: is missing; also input.x")),
        (
            "input",
            order(),
            message,
            wrong,
            "null",
            Err("input.items[1].name: is missing; also input.x; no order, of 3 keys"),
        ),
        ("order.a", order(), None, "null", r#"{"a": []}"#, Err("order.a: expected object, got list")),
        (
            "order.filter(o, true)",
            order(),
            None,
            "null",
            "[]",
            Err("expected object, got list, in what `order.filter(o, true)` gives"),
        ),
        ("order.b", order(), None, "null", "{}", Err("no such key: `b`")),
        ("input.n > 3", None, None, r#"{"n": 4}"#, "null", Ok("true")),
        (
            "input.n > 3",
            None,
            None,
            r#"{"n": 3}"#,
            "null",
            Err("`input.n > 3` does not hold: `input.n` is 3"),
        ),
        (
            "input.n > order && !has(input.m)",
            None,
            None,
            r#"{"n": 3, "m": [1]}"#,
            "2",
            Err("`input.n > order && !has(input.m)` does not hold: `input.n` is 3, `order` is 2"),
        ),
        ("input.n > 3", None, Some("'n is ' + string(input.n)"), r#"{"n": 3}"#, "null", Err("n is 3")),
        ("input.n > 3", None, Some("input"), r#"{"n": 3}"#, "null", Err(r#"{"n":3}"#)),
        ("input.n", None, None, r#"{"n": 3}"#, "null", Err("a condition takes a bool, not int")),
    ];
    for (value, schema, message, input, output, wanted) in cases {
        let (node, _) = Assert::new(value, schema, message).expect("they are expressions");
        let gave = Native::from(node).evaluate(&Given(json(input), Some(json(output))));
        match (gave, wanted) {
            (Ok(gave), Ok(wanted)) => {
                let mut text = Vec::new();
                gave.write_json(&mut text).expect("it is JSON");
                assert_eq!(String::from_utf8_lossy(&text), wanted, "of {value} and {input}");
            }
            (Err(error), Err(wanted)) => {
                assert!(
                    error.to_string().starts_with(wanted),
                    "{error}, not {wanted}, of {value} and {input}"
                );
            }
            (gave, wanted) => panic!("{gave:?}, not {wanted:?}, of {value} and {input}"),
        }
    }
    let bad = Assert::new("1 +", None, Some("(")).expect_err("they are no expressions");
    assert_eq!(bad.iter().map(|bad| &*bad.path).collect::<Vec<_>>(), ["", "message"]);
}

#[test]
fn numbers_become_what_they_are_declared() {
    let cases = [
        (r#"{"type": "number"}"#, "3", "3.0"),
        (r#"{"type": "number"}"#, "18446744073709551615", "1.8446744073709552e19"),
        (r#"{"type": "number"}"#, "36893488147419103232", "3.6893488147419103e19"),
        (r#"{"type": "integer"}"#, "3.0", "3"),
        (r#"{"type": "integer"}"#, "1e20", "100000000000000000000"),
        (r#"{"type": ["integer", "number"]}"#, "[3]", "invalid"),
        (r#"{"type": ["number", "null"]}"#, "3", "3.0"),
        (r#"{"minimum": 3}"#, "3", "3"),
        (r#"{"properties": {"a": {"items": {"type": "number"}}}}"#, r#"{"a":[1,2.5,"x"],"b":1}"#, "invalid"),
        (
            r#"{"properties": {"a": {"items": {"type": "number"}}}}"#,
            r#"{"a":[1,2.5],"b":1}"#,
            r#"{"a":[1.0,2.5],"b":1}"#,
        ),
        (r##"{"$ref": "#/$defs/n", "$defs": {"n": {"type": "number"}}}"##, "3", "3.0"),
        (r#"{"anyOf": [{"type": "number"}, {"type": "null"}]}"#, "3", "3.0"),
        // Where both kinds are declared, a number stays what it is.
        (r#"{"anyOf": [{"type": "number"}, {"type": "integer"}]}"#, "3", "3"),
        (r#"{"anyOf": [{"type": "integer"}, {"type": "number"}]}"#, "3.0", "3.0"),
        (r#"{"type": ["integer", "number"]}"#, "3.0", "3.0"),
        // Only what holds declares anything.
        (
            r#"{"anyOf": [{"properties": {"a": {"type": "number"}, "b": false}}, {"required": ["b"]}]}"#,
            r#"{"a":1,"b":1}"#,
            r#"{"a":1,"b":1}"#,
        ),
        (
            r#"{"anyOf": [{"items": {"type": "integer"}}, {"items": {"type": "number"}}]}"#,
            "[1.0,2.5]",
            "[1.0,2.5]",
        ),
        (r#"{"not": {"type": "number", "maximum": 2}}"#, "3", "3"),
        (r#"{"if": {"type": "number"}, "then": {"minimum": 1}}"#, "3", "3"),
        (r#"{"contains": {"type": "number"}}"#, "[3]", "[3]"),
        (r#"{"oneOf": [{"type": "number"}, {"type": "string"}]}"#, "3", "3.0"),
    ];
    for (schema, value, wanted) in cases {
        let compiled = JsonSchema::compile(&json(schema)).expect("it is a schema");
        let gave = compiled.validate(&json(value)).map_or("invalid".into(), |gave| {
            let mut text = Vec::new();
            gave.write_json(&mut text).expect("it is JSON");
            String::from_utf8_lossy(&text).into_owned()
        });
        assert_eq!(gave, wanted, "of {schema} and {value}");
    }
}

/// JSON text in which keywords of schemas stand everywhere, also where they make no sense.
fn schema_like() -> impl Strategy<Value = String> {
    const KEYS: [&str; 22] = [
        "type",
        "enum",
        "const",
        "multipleOf",
        "maximum",
        "minLength",
        "pattern",
        "required",
        "properties",
        "items",
        "prefixItems",
        "allOf",
        "anyOf",
        "oneOf",
        "not",
        "if",
        "then",
        "$ref",
        "$defs",
        "unevaluatedProperties",
        "unevaluatedItems",
        "uniqueItems",
    ];
    const TEXTS: [&str; 8] = ["string", "object", "array", "#", "#/$defs/a", "#/properties/a", "^a*$", "a"];
    let leaf = prop_oneof![
        Just("true".to_owned()),
        Just("null".to_owned()),
        (-3i64..10).prop_map(|number| number.to_string()),
        Just("0.5".to_owned()),
        prop::sample::select(&TEXTS[..]).prop_map(|text| format!("{text:?}")),
    ];
    leaf.prop_recursive(5, 40, 4, |inner| {
        let keys = prop::sample::subsequence(KEYS.to_vec(), 0..4);
        let object = (keys, prop::collection::vec(inner.clone(), 4)).prop_map(|(keys, values)| {
            let entries = keys.iter().zip(values).map(|(key, value)| format!("{key:?}:{value}"));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(","))
        });
        let named = inner.clone().prop_map(|inner| format!(r#"{{"a":{inner}}}"#));
        let list = prop::collection::vec(inner, 0..3).prop_map(|items| format!("[{}]", items.join(",")));
        prop_oneof![4 => object, 2 => named, 1 => list]
    })
}

proptest! {
    /// Nothing panics, and a verdict comes with at least one place if it is a bad one.
    #[test]
    fn any_json_is_a_schema_or_refused(schema in schema_like(), value in schema_like()) {
        if let Ok(schema) = JsonSchema::compile(&json(&schema))
            && let Err(places) = schema.validate(&json(&value))
        {
            prop_assert!(!places.is_empty());
        }
    }
}
