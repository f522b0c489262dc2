//! JSON Schemas: they are compiled or refused with a place, and what they say of a value agrees with what
//! their combinations say.

use engine_core::schema::{JsonSchema, PLACES_MAX};
use engine_core::value::Value;

use crate::choices::Choices;
use crate::json;
use crate::rules::{self, Rules};

/// Schemas, most of them sound.
const RULES: &Rules<'_> = &[
    ("schema", &["true", "{@keywords}", "{@keywords}", "{@keywords}", "{}", "false", "@wrong"]),
    ("keywords", &["@keyword", "@keyword", "@keyword, @keywords"]),
    (
        "keyword",
        &[
            r#""type": @type"#,
            r#""type": [@type, @type]"#,
            r#""enum": [@json, @json]"#,
            r#""const": @json"#,
            r#""multipleOf": @number"#,
            r#""minimum": @number"#,
            r#""exclusiveMaximum": @number"#,
            r#""minLength": @count"#,
            r#""maxItems": @count"#,
            r#""maxProperties": @count"#,
            r#""pattern": @pattern"#,
            r#""required": ["a", "b"]"#,
            r#""dependentRequired": {"a": ["b"]}"#,
            r#""dependentSchemas": {"a": @schema}"#,
            r#""properties": {"a": @schema, "b": @schema}"#,
            r#""patternProperties": {@pattern: @schema}"#,
            r#""additionalProperties": @schema"#,
            r#""propertyNames": @schema"#,
            r#""items": @schema"#,
            r#""prefixItems": [@schema, @schema]"#,
            r#""contains": @schema, "minContains": @count"#,
            r#""contains": @schema, "maxContains": @count"#,
            r#""uniqueItems": true"#,
            r#""unevaluatedItems": @schema"#,
            r#""unevaluatedProperties": @schema"#,
            r#""allOf": [@schema, @schema]"#,
            r#""anyOf": [@schema, @schema]"#,
            r#""oneOf": [@schema, @schema]"#,
            r#""not": @schema"#,
            r#""if": @schema, "then": @schema, "else": @schema"#,
            r#""$ref": @reference"#,
            r#""$defs": {"a": @schema, "b": @schema}"#,
            r#""$anchor": "a""#,
            r#""title": @json"#,
        ],
    ),
    ("type", &[r#""object""#, r#""array""#, r#""string""#, r#""integer""#, r#""number""#, r#""null""#, r#""boolean""#]),
    ("number", &["1", "0.1", "2.5", "1e300", "1e-300", "9223372036854775808", "123456789012345678901234567890"]),
    ("count", &["1", "0", "2", "3.0", "1e19", "-1"]),
    ("pattern", &[r#""a""#, r#""^a+$""#, r#""(a|b)*c""#, r#""\\d{2,9}""#, r#""(""#, r#""(?=a)""#, r#""\\p{L}""#]),
    ("reference", &[r##""#""##, r##""#/$defs/a""##, r##""#/$defs/b""##, r##""#a""##, r##""#/properties/a""##, r#""x""#]),
    ("json", &["1", "1.0", "null", r#""a""#, "true", r#"{"a": 1}"#, "[1, 2]", "[]"]),
    ("wrong", &["1", "null", r#""a""#, "[]", r#"{"type": 1}"#, r#"{"anyOf": []}"#, r#"{"$ref": 1}"#]),
];

/// Writes a schema and a value as the bytes choose, and tries everything with them.
pub(crate) fn run(bytes: &[u8]) {
    let mut choices = Choices::new(bytes);
    let depth = 3 + choices.below(16);
    let value = json::value(&mut choices, 4);
    let text = rules::write(&[RULES], "schema", depth, &mut choices);
    // A keyword that stands twice is refused before.
    let Ok(schema) = Value::from_json(text.as_bytes()) else { return };
    let Some(verdict) = judge(&text, &schema, &value) else { return };
    // A reference leads to another schema from inside of a larger one.
    if text.contains("\"$ref\"") {
        return;
    }
    let of = |combination: &str| combination.replace('S', &text);
    for (combination, wanted) in [
        (r#"{"not": S}"#, !verdict),
        (r#"{"allOf": [S, true, S]}"#, verdict),
        (r#"{"anyOf": [false, S]}"#, verdict),
        (r#"{"oneOf": [S, S]}"#, false),
        (r#"{"if": S, "else": false}"#, verdict),
    ] {
        let text = of(combination);
        let schema = Value::from_json(text.as_bytes()).expect("its parts are JSON");
        if let Some(other) = judge(&text, &schema, &value) {
            assert!(other == wanted, "{text} says of {value:?} that it is valid: {other}");
        }
    }
}

/// Whether a value is valid; `None` where the schema is none, or the work is past a limit.
fn judge(text: &str, schema: &Value, value: &Value) -> Option<bool> {
    let schema = match JsonSchema::compile(schema) {
        Ok(schema) => schema,
        Err(place) => {
            assert!(!place.message.is_empty(), "{text} is refused without a word");
            return None;
        }
    };
    let outcome = schema.validate(value);
    assert!(schema.validate(value) == outcome, "{text} says not always the same of {value:?}");
    let Err(places) = outcome else { return Some(true) };
    assert!((1..=PLACES_MAX).contains(&places.len()), "{text} tells {} places", places.len());
    let is_limit = |message: &str| message.contains("more work than") || message.contains("schemas apply one inside");
    (!places.iter().any(|place| is_limit(&place.message))).then_some(false)
}
