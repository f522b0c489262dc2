//! Random JSON, of the numbers, texts and shapes that are easily got wrong.

use engine_core::value::Value;

use crate::choices::Choices;
use crate::rules::{self, Rules};

const RULES: &Rules<'_> = &[
    ("value", &["@scalar", "@scalar", "[@items]", "{@members}", "[]", "{}"]),
    ("items", &["@scalar", "@value", "@value, @items"]),
    (
        "members",
        &[
            "\"a\": @scalar",
            "\"a\": @value",
            "\"b\": @value",
            "\"b\": @value, \"a\": @value",
            "@text: @value",
        ],
    ),
    ("scalar", &["1", "@number", "@text", "null", "true", "false"]),
    (
        "number",
        &[
            "0",
            "-1",
            "3",
            "2.5",
            "-0.0",
            "1.0",
            "1e300",
            "5e-324",
            "0.1",
            "9223372036854775807",
            "-9223372036854775808",
            "18446744073709551615",
            "123456789012345678901234567890",
        ],
    ),
    (
        "text",
        &[
            r#""a""#,
            r#""""#,
            r#""b""#,
            r#""a b c""#,
            r#""no""#,
            r#""010""#,
            r#""1e3""#,
            r#""null""#,
            r#""- a: # b""#,
            r#""'\"\\""#,
            r#""a\nb\n""#,
            r#""\n\n a \n""#,
            r#""\t""#,
            r#""\u0000""#,
            r#""\u0085\u2028\ufeff""#,
            r#""\u00e9\ud83d\ude00\u0301""#,
            r#""\u0130\u00df\ufb01""#,
            r#""{{ a }}""#,
            r#""2024-02-29""#,
        ],
    ),
];

/// Writes a value as JSON.
pub(crate) fn text(choices: &mut Choices<'_>, depth: usize) -> String {
    rules::write(&[RULES], "value", depth, choices)
}

/// A value of JSON; null where a key would stand twice in an object.
pub(crate) fn value(choices: &mut Choices<'_>, depth: usize) -> Value {
    Value::from_json(text(choices, depth).as_bytes()).unwrap_or(Value::Null)
}

/// A value as JSON; what was read as JSON always is JSON.
pub(crate) fn written(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    value.write_json(&mut out).expect("its numbers are finite");
    out
}
