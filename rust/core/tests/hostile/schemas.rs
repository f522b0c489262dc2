//! Schemas that cost more than they seem to; what nests and refers to itself is in the tests of schemas.

use engine_core::schema::JsonSchema;

use super::json;
use super::memory::attempt;

/// More than validating may hold at a time, beside the schema and the value.
const MEMORY_MAX: isize = 16 << 20;
/// How long all that is told may be.
const SAID_MAX: usize = 20_000;

/// What a schema says of a value.
fn verdict(schema: &engine_core::value::Value, value: &engine_core::value::Value) -> String {
    let places = match JsonSchema::compile(schema).map(|schema| schema.validate(value)) {
        Ok(Ok(_)) => return "ok".into(),
        Ok(Err(places)) => places,
        Err(place) => vec![place],
    };
    places.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

#[test]
fn hostile_schemas_end_within_their_limits() {
    let list = |count: usize, item: &dyn Fn(usize) -> String| {
        let items: Vec<String> = (0..count).map(item).collect();
        items.join(",")
    };
    let repeated = |count: usize, item: &str| format!("[{}]", list(count, &|_| item.into()));
    let zeros = "1".to_owned() + &"0".repeat(4_200);
    let work = "validating this takes more work than is allowed";
    let pattern = "the pattern is too large";
    let cases = [
        (
            format!(r#"{{"items": {{"required": [{}]}}}}"#, list(100_000, &|n| format!("\"k{n}\""))),
            repeated(20_000, "{}"),
            "[0].k0: is missing",
        ),
        (
            format!(r#"{{"items": {{"dependentRequired": {{{}}}}}}}"#, list(100_000, &|n| format!("\"k{n}\": []"))),
            repeated(20_000, "{}"),
            work,
        ),
        (
            format!(r#"{{"items": {{"type": {}}}}}"#, repeated(100_000, "\"string\"")),
            repeated(20_000, "1"),
            "[0]: expected text, got integer",
        ),
        (r#"{"uniqueItems": true}"#.into(), format!("[{}]", list(250, &|n| format!("{}{zeros}", n + 1))), work),
        (r#"{"items": {"multipleOf": 1e-300}}"#.into(), repeated(240, &zeros), work),
        (
            format!(r#"{{"items": {{"minimum": {zeros}}}}}"#),
            repeated(100_000, "1e300"),
            "[0]: expected at least 1000000000",
        ),
        (format!(r#"{{"pattern": "{}"}}"#, r"\\w".repeat(500_000)), "\"a\"".into(), "pattern: the pattern is too large"),
        (format!(r#"{{"pattern": "(?i){}"}}"#, r"[^\\pL]".repeat(50)), "\"a\"".into(), "pattern: the pattern is too large"),
        (
            format!(
                r#"{{"patternProperties": {{{}}}}}"#,
                list(200, &|n| format!(r#""(?i)[\\pL&&[^\\pN--a]]{{9}}{n}": true"#))
            ),
            "{}".into(),
            pattern,
        ),
        (
            format!(r#"{{"items": {{"enum": [{}]}}}}"#, list(100_000, &|n| n.to_string())),
            repeated(100_000, "-1"),
            "[0]: expected one of 0, 1, 2, 3, 4, 5, 6, 7, ..., got -1",
        ),
        (
            format!(r##"{{"$ref": "#{}"}}"##, "/$defs".repeat(100_000)),
            "1".into(),
            "$ref: \"#/$defs/$defs",
        ),
        (format!(r#"{{"type": "{}"}}"#, "string".repeat(100_000)), "1".into(), "type: \"stringstring"),
        (
            r#"{"anyOf": [{"prefixItems": [true]}, {"prefixItems": [true, true]}], "unevaluatedItems": {"type": "integer"}}"#.into(),
            repeated(200_000, "1"),
            "ok",
        ),
        (r#"{"contains": {"contains": {"type": "null"}}, "minContains": 0}"#.into(), repeated(200_000, "[1]"), "ok"),
    ];
    for (schema, value, wanted) in cases {
        let start: String = schema.chars().take(100).collect();
        let (schema, value) = (json(&schema), json(&value));
        let (said, held) = attempt(|| verdict(&schema, &value));
        assert!(said.contains(wanted), "{start}: {said:.200}");
        assert!(said.len() < SAID_MAX, "{start}: is told in {} bytes", said.len());
        assert!(held < MEMORY_MAX, "{start}: held {held} bytes");
    }
}
