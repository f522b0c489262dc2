//! Files of data: what is read of them, what is said about the rest, and where.

use std::sync::Arc;

use engine_core::document::{DEPTH_MAX, Document, Flaw, Format, Places, to_yaml};
use engine_core::value::{Object, Step, Value};
use num_bigint::BigInt;
use proptest::prelude::*;

fn read(text: &str, format: Format) -> (Value, Places) {
    let document = Document::read(text.as_bytes(), format);
    assert_eq!(document.flaws, [], "{text:?}");
    document.content.expect("without flaws there is a value")
}

fn json(text: &str) -> Value {
    Value::from_json(text.as_bytes()).expect("the test's own JSON")
}

fn flaws(text: &str, format: Format) -> Vec<String> {
    Document::read(text.as_bytes(), format).flaws.iter().map(Flaw::to_string).collect()
}

#[test]
fn scalars_are_of_the_core_schema() {
    for (text, expected) in [
        ("yes", r#""yes""#),
        ("NO", r#""NO""#),
        ("on", r#""on""#),
        ("y", r#""y""#),
        ("010", r#""010""#),
        ("-007", r#""-007""#),
        ("2024-01-31", r#""2024-01-31""#),
        ("12:30:45", r#""12:30:45""#),
        ("1_000", r#""1_000""#),
        ("0b11", r#""0b11""#),
        ("1e3", "1000.0"),
        ("1.", "1.0"),
        (".5", "0.5"),
        ("+.5e-1", "0.05"),
        ("-0", "0"),
        ("0", "0"),
        ("+12", "12"),
        ("0x1F", "31"),
        ("0o17", "15"),
        ("9223372036854775808", "9223372036854775808"),
        ("123456789012345678901234567890", "123456789012345678901234567890"),
        ("3.0", "3.0"),
        ("true", "true"),
        ("TRUE", "true"),
        ("tRUE", r#""tRUE""#),
        ("null", "null"),
        ("~", "null"),
        ("", "null"),
        ("'null'", r#""null""#),
        (r#""1""#, r#""1""#),
        ("|\n  a\n  b", r#""a\nb\n""#),
        (">-\n  a\n  b", r#""a b""#),
        ("{on: no, 'n': [y, {}]}", r#"{"on": "no", "n": ["y", {}]}"#),
    ] {
        assert_eq!(read(&format!("x: {text}\n"), Format::Yaml).0.field("x"), Some(&json(expected)), "{text}");
    }
}

#[test]
fn flaws_are_told_with_their_places() {
    for (text, expected) in [
        (
            "a: 1\nb: 2\na: 3\n",
            "3:1: the key `a` stands here a second time, first in line 1; rename or remove one of them",
        ),
        (
            "a: {é: 1, é: 2}\n",
            "1:11: the key `é` stands here a second time, first in line 1; rename or remove one of them",
        ),
        (
            "a: !!str 5\n",
            "1:4: `!!str` is a tag in YAML, and none is taken; remove it; an expression goes in quotes",
        ),
        (
            "a: !input.ok\n",
            "1:4: `!input.ok` is a tag in YAML, and none is taken; remove it; an expression goes in quotes",
        ),
        (
            "a: &x 1\n",
            "1:7: `&` begins an anchor in YAML, and none is taken; remove it; an expression goes in quotes",
        ),
        (
            "a: *x\n",
            "1:4: `*` begins an alias in YAML, and none is taken; write the value out; an expression goes in quotes",
        ),
        ("<<: {a: 1}\n", "1:1: `<<` merges mappings in older YAML, and is not taken; write the keys out"),
        ("a: 1\n---\nb: 2\n", "2:1: a second document begins here; write one workflow a file"),
        ("1: a\n", "1:1: the key 1 is no text in YAML; write it in quotes"),
        ("null: a\n", "1:1: the key null is no text in YAML; write it in quotes"),
        (
            "a: {{ input.x }}\n",
            "1:5: a key is a text, and this is none; if it is part of an expression or a text, put the whole of it in quotes",
        ),
        ("a: .nan\n", "1:4: JSON has no NaN and no infinities; for a text write it in quotes"),
        ("a: -.Inf\n", "1:4: JSON has no NaN and no infinities; for a text write it in quotes"),
        ("a: 1e999\n", "1:4: no number is as large as 1e999; for a text write it in quotes"),
        (
            "%YAML 1.1\n---\na: 1\n",
            "1:1: a line that begins with `%` is a directive, which no file needs; remove it",
        ),
        ("a:\n\tb: 1\n", "2:2: a tab indents this line; indent with blanks"),
        (
            "a: b ? c : d\n",
            "1:10: `: ` means a value in YAML, and there can be none here; if it is part of an expression or a text, put the whole of it in quotes",
        ),
        (
            "a: 1\n b: 2\n",
            "2:3: a key stands here that belongs to no mapping; begin all keys of a mapping in the same column",
        ),
        (
            "a: {b: c ? 'd' : e}\n",
            "1:16: between braces YAML wants `,` or `}` here; if it is part of an expression or a text, put the whole of it in quotes",
        ),
        (
            "a: 'b' + c\n",
            "1:8: the text in quotes has ended, and more follows; put the whole of it in quotes",
        ),
        (
            "a: [1, 2].size()\n",
            "1:10: a key and `:` are wanted here; if it is part of an expression or a text, put the whole of it in quotes",
        ),
        (
            "a: %b\n",
            "1:4: no text of YAML begins with `%`; if it is part of an expression or a text, put the whole of it in quotes",
        ),
        ("a: \"b\n", "1:4: the quote that begins here is never closed"),
        (
            "a: [1,\n",
            "1:4: the `[` that stands here is never closed; if it is part of an expression or a text, put the whole of it in quotes",
        ),
    ] {
        assert_eq!(flaws(text, Format::Yaml), [expected], "{text:?}");
    }
    for (text, expected) in [
        (
            "{\"a\": 1,\n \"é\": [{\"b\": 1, \"b\": 2}]}",
            "2:17: the key `b` stands here a second time, first in line 2; rename or remove one of them",
        ),
        ("{\"é\": 1,}", "1:9: not JSON: trailing comma"),
        ("{\"a\": NaN}", "1:7: not JSON: expected value"),
        ("{'a': 1}", "1:2: not JSON: key must be a string"),
    ] {
        assert_eq!(flaws(text, Format::Json), [expected], "{text:?}");
    }
    let all = flaws("a: *x\nb: .nan\na: !x 1\n1: 2\n", Format::Yaml);
    assert_eq!(all.len(), 5, "{all:?}");
}

#[test]
fn limits_are_flaws() {
    let deep =
        |open: &str, close: &str| format!("{}1{}", open.repeat(DEPTH_MAX + 1), close.repeat(DEPTH_MAX + 1));
    for (text, format, code) in [
        (deep("[", "]"), Format::Yaml, "too-deep"),
        (deep("[", "]"), Format::Json, "too-deep"),
        (deep("{\"a\":", "}"), Format::Json, "too-deep"),
        ((0..=DEPTH_MAX).map(|depth| " ".repeat(depth) + "a:\n").collect(), Format::Yaml, "too-deep"),
        ("[".repeat(100_000), Format::Yaml, "too-deep"),
        ("- ".repeat(100_000), Format::Yaml, "too-deep"),
        ("? ".repeat(100_000), Format::Yaml, "too-deep"),
        ("[".repeat(100_000), Format::Json, "not-json"),
        (format!("[{}]", "1,".repeat(250_000)), Format::Yaml, "too-large"),
        (format!("[{}1]", "1,".repeat(250_000)), Format::Json, "too-large"),
        (" ".repeat(5 << 20), Format::Yaml, "unreadable"),
        ("9".repeat(5_000), Format::Yaml, "invalid-number"),
    ] {
        let document = Document::read(text.as_bytes(), format);
        let codes: Vec<&str> = document.flaws.iter().map(|flaw| flaw.code).collect();
        assert_eq!(codes, [code], "{}", text.get(..20).unwrap_or(&text));
    }
    let codes = |text: &[u8]| Document::read(text, Format::Yaml).flaws.len();
    assert_eq!(codes(b"a: \xff"), 1);
    assert_eq!(codes("a: *x\n".repeat(1_000).as_bytes()), 100);
}

#[test]
fn each_part_knows_its_place() {
    let key = |key: &str| Step::Key(key.into());
    let yaml = "é: [a, {b: 'c d'}]\ntext: |\n  one\n  two\nlast: \"a\\tb\"\ncut: a + # b\n";
    let (_, places) = read(yaml, Format::Yaml);
    let inner = [key("é"), Step::Index(1), key("b")];
    assert_eq!(places.of(&inner).inside(""), (1, 13));
    assert_eq!(places.of(&inner).inside("c "), (1, 15));
    assert_eq!((places.of_key(&inner).line, places.of_key(&inner).column), (1, 9));
    assert_eq!(places.of(&[key("text")]).inside("one\ntw"), (4, 5));
    assert_eq!(places.of(&[key("last")]).inside("a\tb"), (5, 7), "escapes: only the beginning is known");
    assert_eq!(places.of(&[key("cut")]).cut(), '#');
    assert_eq!(places.of(&[key("é"), Step::Index(0)]).cut(), ',');
    assert_eq!(
        places.of(&[key("é"), Step::Index(7)]).column,
        4,
        "what is not there stands where it would be"
    );
    let (_, places) = read("{\"a\":\n  [1, \"x y\",\n {\"é\": \"\\n\", \"b\": 2}]}", Format::Json);
    assert_eq!(places.of(&[key("a"), Step::Index(1)]).inside("x "), (2, 10));
    let last = [key("a"), Step::Index(2), key("b")];
    assert_eq!((places.of(&last).line, places.of(&last).column), (3, 19));
    assert_eq!((places.of_key(&last).line, places.of_key(&last).column), (3, 14));
}

fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => any::<String>(),
        2 => "[ a-z:#,{}\\[\\]'\"&*!|>%@`?~.0-9\n-]{0,12}",
        1 => "[a-z ]{1,5}\n[ a-z]{0,6}\n?",
        1 => prop::sample::select(vec![
            "yes", "No", "ON", "off", "y", "N", "null", "~", "true", "010", "1e3", "0x1f", "1_0", "2001-01-01",
            "12:30:45", ".inf", ".NaN", "<<", "=", "---", "...", "- a", "? a", "a: b", "a #b", "", " ", "\u{85}",
            "\u{2028}", "\u{feff}x", "a\r\nb", "a\n", "a\n\n", "\na", "a\n b\n", "a \nb", "\ta\nb",
        ])
        .prop_map(str::to_owned),
    ]
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        any::<(u128, u128)>().prop_map(|(a, b)| Value::integer(BigInt::from(a) * BigInt::from(b))),
        any::<f64>().prop_filter("JSON has no others", |number| number.is_finite()).prop_map(Value::Float),
        texts().prop_map(|text| Value::from(text.as_str())),
    ];
    leaf.prop_recursive(5, 40, 8, |inner| {
        let key = prop_oneof![6 => texts(), 1 => "a{400,1100}"];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from_iter),
            prop::collection::vec((key, inner), 0..8).prop_map(|entries| {
                let mut kept: Vec<(Arc<str>, Value)> = Vec::new();
                for (key, value) in entries {
                    if kept.iter().all(|(earlier, _)| **earlier != *key) {
                        kept.push((key.into(), value));
                    }
                }
                Value::Object(Object::try_new(kept).expect("the keys differ").into())
            }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_reads_back(value in values()) {
        let text = to_yaml(&value).expect("the numbers are finite");
        prop_assert_eq!(&read(&text, Format::Yaml).0, &value, "{}", text);
        let mut text = Vec::new();
        value.write_json(&mut text).expect("the numbers are finite");
        let text = String::from_utf8(text).expect("JSON is UTF-8");
        prop_assert_eq!(&read(&text, Format::Json).0, &value, "{}", text);
    }

    #[test]
    fn damaged_text_is_read_or_refused(
        value in values(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), texts()), 1..4),
    ) {
        let mut text = to_yaml(&value).expect("the numbers are finite");
        for (index, piece) in damage {
            let mut at = index.index(text.len() + 1);
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            text.insert_str(at, &piece);
        }
        for format in [Format::Yaml, Format::Json] {
            let document = Document::read(text.as_bytes(), format);
            prop_assert!(document.content.is_some() || !document.flaws.is_empty());
            prop_assert!(document.flaws.iter().all(|flaw| flaw.line > 0 && flaw.column > 0));
        }
    }
}
