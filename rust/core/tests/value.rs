//! JSON in and out, held against the rules, against itself and against another reader.

use std::sync::Arc;

use engine_core::value::{DEPTH_MAX, JsonError, JsonErrorKind, NotFinite, Object, SIZE_MAX, Value};
use num_bigint::BigInt;
use proptest::prelude::*;

fn read(text: impl AsRef<[u8]>) -> Result<Value, JsonError> {
    Value::from_json(text.as_ref())
}

fn write(value: &Value) -> String {
    let mut text = Vec::new();
    value.write_json(&mut text).expect("the numbers are finite");
    String::from_utf8(text).expect("JSON text is UTF-8")
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

fn numbers() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<i64>().prop_map(Value::Int),
        (i64::MAX as u64 + 1..=u64::MAX).prop_map(Value::Uint),
        any::<(u128, bool)>().prop_map(|(number, negative)| {
            let number = BigInt::from(number) * BigInt::from(number);
            Value::integer(if negative { -number } else { number })
        }),
        any::<f64>().prop_filter("JSON has no others", |number| number.is_finite()).prop_map(Value::Float),
    ]
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        numbers(),
        any::<String>().prop_map(|text| Value::from(text.as_str())),
    ];
    leaf.prop_recursive(5, 60, 16, |inner| {
        let key = prop_oneof!["[a-c]{0,2}", any::<String>()];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..16).prop_map(Value::from_iter),
            prop::collection::vec((key, inner), 0..16).prop_map(|entries| {
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

/// JSON texts with up to three small faults.
fn damaged_texts() -> impl Strategy<Value = Vec<u8>> {
    let seeds: Vec<&[u8]> = vec![
        br#"{"a": [1, -2.5e3, true], "b": {"c": null, "d": "x"}, "": []}"#,
        br#"["\u00e9\ud83d\ude00\n\"\\", "plain", "\/\b\f\r\t"]"#,
        b"[0, -0, 10, 1e5, 1E-5, 0.5, -1.25, 123456789012345678901234567890]",
        b" \t\r\n{ } ",
        "\"\u{e9}\u{1f600}\"".as_bytes(),
        b"false",
        b"-9223372036854775808",
        br#""\ud800\udc00""#,
    ];
    let bytes: &[u8] = b"{}[],:\"\\/ \t\n\r0123456789+-.eEutrfalsnb\x00\x0b\x1f\x7f\x80\xc3\xed\xa0\xf4\xff";
    let fault = (any::<prop::sample::Index>(), 0..5_u8, prop::sample::select(bytes.to_vec()));
    let text = prop_oneof![
        3 => prop::sample::select(seeds).prop_map(<[u8]>::to_vec),
        1 => values().prop_map(|value| write(&value).into_bytes()),
    ];
    (text, prop::collection::vec(fault, 0..=3)).prop_map(|(mut text, faults)| {
        for (index, kind, byte) in faults {
            let at = index.index(text.len() + 1);
            match kind {
                0 => text.truncate(at),
                1 if at < text.len() => drop(text.remove(at)),
                2 if at < text.len() => text[at] = byte,
                3 => text.extend_from_within(at..),
                _ => text.insert(at, byte),
            }
        }
        text
    })
}

/// Whether two readers read the same.
fn agree(ours: &Value, theirs: &serde_json::Value) -> bool {
    let close = |number: f64| {
        // The other reader rounds floats by a digit less.
        theirs.as_f64().is_some_and(|other| (number - other).abs() <= number.abs() * 1e-14)
    };
    match ours {
        Value::Null => theirs.is_null(),
        Value::Bool(truth) => theirs.as_bool() == Some(*truth),
        // It reads `-0` as a float.
        Value::Int(0) => theirs.as_f64() == Some(0.0),
        Value::Int(number) => theirs.as_i64() == Some(*number),
        Value::Uint(number) => theirs.as_u64() == Some(*number),
        // It has no such integers.
        Value::Big(number) => number.to_string().parse().is_ok_and(close),
        Value::Float(number) => close(*number),
        Value::String(text) => theirs.as_str() == Some(text),
        Value::List(items) => theirs.as_array().is_some_and(|others| {
            items.len() == others.len() && items.iter().zip(others).all(|(item, other)| agree(item, other))
        }),
        Value::Object(object) => theirs.as_object().is_some_and(|others| {
            let same = |(key, value): &(Arc<str>, Value)| {
                others.get(&**key).is_some_and(|other| agree(value, other))
            };
            object.len() == others.len() && object.iter().all(same)
        }),
    }
}

proptest! {
    #![proptest_config(config(256))]

    #[test]
    fn what_is_written_is_read_again(value in values()) {
        let text = write(&value);
        let again = read(&text).expect("it was written by us");
        prop_assert_eq!(&again, &value);
        // Equality takes -0.0 for 0.0, and one order of keys for another; the text does not.
        prop_assert_eq!(write(&again), text);
    }

    #[test]
    fn floats_are_rounded_correctly(number in any::<f64>(), digits in "[1-9][0-9]{0,25}", exponent in -330..280_i32) {
        prop_assume!(number.is_finite());
        for text in [format!("{number:e}"), format!("{digits}.5e{exponent}"), format!("0.{digits}e{exponent}")] {
            let Ok(Value::Float(read)) = read(&text) else { panic!("{text} is a number") };
            prop_assert_eq!(read.to_bits(), text.parse::<f64>().expect("a float").to_bits(), "{}", text);
        }
    }

    #[test]
    fn places_lie_in_the_text(text in damaged_texts()) {
        let Err(error) = read(&text) else { return Ok(()) };
        let lines: Vec<&[u8]> = text.split(|byte| *byte == b'\n').collect();
        prop_assert!((1..=lines.len()).contains(&error.line), "{}", error);
        prop_assert!((1..=lines[error.line - 1].len() + 1).contains(&error.column), "{}", error);
        prop_assert!(!error.detail.is_empty());
    }
}

proptest! {
    #![proptest_config(config(20_000))]

    #[test]
    fn another_reader_takes_and_refuses_the_same(text in damaged_texts()) {
        let theirs = serde_json::from_slice::<serde_json::Value>(&text);
        match read(&text) {
            Ok(value) => match theirs {
                Ok(theirs) => prop_assert!(agree(&value, &theirs), "{:?} is not {:?}", value, theirs),
                Err(error) => prop_assert!(false, "{} for {}", error, text.escape_ascii()),
            },
            // The other reader takes the last of two keys.
            Err(error) if error.kind == JsonErrorKind::DuplicateKey => {}
            Err(error) => prop_assert!(theirs.is_err(), "{} for {}", error, text.escape_ascii()),
        }
    }
}

#[test]
fn numbers_keep_their_kind_and_their_digits() {
    let rows: [(&str, Value); 14] = [
        ("0", Value::Int(0)),
        ("-1", Value::Int(-1)),
        ("9223372036854775807", Value::Int(i64::MAX)),
        ("-9223372036854775808", Value::Int(i64::MIN)),
        ("9223372036854775808", Value::Uint(i64::MAX as u64 + 1)),
        ("18446744073709551615", Value::Uint(u64::MAX)),
        ("18446744073709551616", Value::integer(BigInt::from(u64::MAX) + 1)),
        ("-9223372036854775809", Value::integer(BigInt::from(i64::MIN) - 1)),
        ("3.0", Value::Float(3.0)),
        ("-0.0", Value::Float(-0.0)),
        ("0.1", Value::Float(0.1)),
        ("1e300", Value::Float(1e300)),
        ("5e-324", Value::Float(5e-324)),
        ("1.7976931348623157e308", Value::Float(f64::MAX)),
    ];
    for (text, value) in rows {
        let found = read(text).expect("a number");
        assert_eq!(std::mem::discriminant(&found), std::mem::discriminant(&value), "{text}");
        assert_eq!((&found, write(&found)), (&value, text.to_owned()));
    }
    let long = "7".repeat(4_300);
    assert_eq!(write(&read(&long).expect("it is not too long")), long);
    assert_eq!(read("1E2").expect("a number"), Value::Float(100.0));
    for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let list: Value = [Value::Null, Value::Float(number)].into_iter().collect();
        assert_eq!(list.write_json(&mut Vec::new()), Err(NotFinite));
    }
}

#[test]
fn equality_is_by_kind_and_content() {
    let different =
        ["1", "true", "1.0", "\"1\"", "null", "[]", "{}", "[1]", "{\"a\":1}", "18446744073709551616"];
    for (row, left) in different.iter().enumerate() {
        for (column, right) in different.iter().enumerate() {
            let equal = read(left).expect("JSON") == read(right).expect("JSON");
            assert_eq!(equal, row == column, "{left} and {right}");
        }
    }
    let (one, other) = (r#"{"a":1,"b":[2]}"#, r#"{"b":[2],"a":1}"#);
    assert_eq!(read(one).expect("JSON"), read(other).expect("JSON"));
}

#[test]
fn escapes_are_those_that_json_demands() {
    let text = r#""\u0000\u001f\b\f\n\r\t\"\\\/\u007f\u00e9\ud83d\ude00""#;
    let value = read(text).expect("JSON");
    assert_eq!(value, "\0\u{1f}\u{8}\u{c}\n\r\t\"\\/\u{7f}\u{e9}\u{1f600}".into());
    assert_eq!(write(&value), "\"\\u0000\\u001f\\u0008\\u000c\\n\\r\\t\\\"\\\\/\u{7f}\u{e9}\u{1f600}\"");
}

#[test]
fn what_must_be_escaped_is_seen_wherever_it_stands() {
    let others = ["a", "!", "#", "[", "]", " ", "\u{7f}", "\u{a0}", "\u{a2}", "\u{dc}"];
    for length in 0..40 {
        for place in 0..length {
            for special in (0_u8..0x20).map(char::from).chain(['"', '\\']) {
                let mut text = others[length % others.len()].repeat(length);
                let at = text.char_indices().nth(place).map_or(0, |(at, _)| at);
                text.insert(at, special);
                let value = Value::String(text.as_str().into());
                assert_eq!(
                    write(&value),
                    serde_json::to_string(&text)
                        .expect("JSON")
                        .replace("\\b", "\\u0008")
                        .replace("\\f", "\\u000c")
                );
            }
            for other in others {
                let text = other.repeat(place);
                assert_eq!(write(&Value::String(text.as_str().into())), format!("\"{text}\""));
            }
        }
    }
}

#[test]
fn a_refusal_names_kind_and_place() {
    use JsonErrorKind::{Depth, DuplicateKey, Encoding, Range, Syntax};

    let deep = format!("[\n{}", "[".repeat(DEPTH_MAX));
    let rows: [(&[u8], JsonErrorKind, usize, usize, &str); 22] = [
        (b"", Syntax, 1, 1, "EOF"),
        (b"  \n ", Syntax, 2, 2, "EOF"),
        (b"[1,\n 2,\n]", Syntax, 3, 1, "trailing comma"),
        (b"{\"a\": 1,}", Syntax, 1, 9, "trailing comma"),
        (b"{\"a\" 1}", Syntax, 1, 6, "expected `:`"),
        (b"{a: 1}", Syntax, 1, 2, "key must be a string"),
        (b"[1 2]", Syntax, 1, 4, "expected `,` or `]`"),
        (b"{} {}", Syntax, 1, 4, "trailing characters"),
        (b"1\n2", Syntax, 2, 1, "trailing characters"),
        (b"nul", Syntax, 1, 4, "EOF"),
        (b"NaN", Syntax, 1, 1, "expected value"),
        (b"-Infinity", Syntax, 1, 2, "invalid number"),
        (b"[01]", Syntax, 1, 3, "invalid number"),
        (b"+1", Syntax, 1, 1, "expected value"),
        (b"\"a\nb\"", Syntax, 1, 3, "control character"),
        (b"\"\\ud800\"", Syntax, 1, 8, "hex escape"),
        (b"\"\\udc00x\"", Syntax, 1, 7, "surrogate"),
        (b"\"\\x\"", Syntax, 1, 3, "escape"),
        (b"[\"\xff\"]", Encoding, 1, 3, "not UTF-8"),
        (b"[1e400]", Range, 1, 2, "out of range"),
        (b"[1,\n {\"a\": 1, \"a\": 2}]", DuplicateKey, 2, 2, "duplicate key \"a\""),
        (deep.as_bytes(), Depth, 2, DEPTH_MAX, "nested deeper than 128"),
    ];
    for (text, kind, line, column, detail) in rows {
        let error = read(text).expect_err("it is refused");
        assert_eq!(
            (error.kind, error.line, error.column),
            (kind, line, column),
            "{}: {error}",
            text.escape_ascii()
        );
        let place = format!(" at line {line} column {column}");
        assert!(error.detail.contains(detail), "{}: {error}", text.escape_ascii());
        assert_eq!(error.to_string(), format!("{}{place}", error.detail));
    }
    let error = read("8".repeat(4_301)).expect_err("it has too many digits");
    assert_eq!(error.kind, Range);
}

#[test]
fn texts_past_the_limit_are_not_looked_at() {
    let mut text = vec![b' '; SIZE_MAX];
    text[0] = b'1';
    assert_eq!(read(&text).expect("it is just as long as it may be"), Value::Int(1));
    text.push(b' ');
    assert_eq!(read(&text).expect_err("it is too long").kind, JsonErrorKind::Size);
}

/// On a thread whose stack would not hold much more, so that recursion without a limit shows.
#[test]
fn nesting_is_bounded() {
    let nest = |open: &str, inner: &str, close: &str, depth: usize| {
        format!("{}{inner}{}", open.repeat(depth), close.repeat(depth))
    };
    let work = move || {
        for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("[{\"a\":", "}]")] {
            let depth = if open.len() > 5 { DEPTH_MAX / 2 } else { DEPTH_MAX };
            let text = nest(open, "1", close, depth);
            let value = read(&text).expect("it is as deep as it may be");
            assert_eq!(write(&value), text);
            assert_eq!(value, value.clone());
            for depth in [depth + 1, 1_000_000] {
                let error = read(nest(open, "1", close, depth)).expect_err("it is too deep");
                assert_eq!(error.kind, JsonErrorKind::Depth);
            }
        }
    };
    let thread = std::thread::Builder::new().stack_size(256 << 10).spawn(work);
    thread.expect("there is room for a thread").join().expect("the work passes");
}

/// 200,000 keys take no longer than their number says; a search in order would take minutes.
#[test]
fn keys_are_found_and_duplicates_refused_at_any_size() {
    for count in [1, 2, 12, 13, 200_000] {
        let key = |number: usize| format!("key {}", number * 7_919 % count);
        let entries: Vec<String> = (0..count).map(|number| format!("{:?}:{number}", key(number))).collect();
        let text = format!("{{{}}}", entries.join(","));
        let value = read(&text).expect("the keys differ");
        assert_eq!(write(&value), text, "the order is kept");
        for number in (0..count).step_by(count / 13 + 1) {
            assert_eq!(value.field(&key(number)), Some(&Value::Int(i64::from(number as u32))));
        }
        assert_eq!(value.field("key"), None);
        let twice = format!("{{{},{:?}:1,{:?}:1}}", entries.join(","), key(count / 2), key(0));
        let error = read(twice).expect_err("two keys stand there twice");
        assert!(error.detail.contains(&format!("{:?}", key(count / 2))), "the first is named: {error}");
        assert_eq!(value, read(&text).expect("it was read before"));
        for twice in [0, count / 2, count - 1] {
            let text = format!("{{{},{:?}:null}}", entries.join(","), key(twice));
            let error = read(text).expect_err("a key stands there twice");
            assert_eq!(error.kind, JsonErrorKind::DuplicateKey);
            assert!(error.detail.contains(&format!("{:?}", key(twice))), "{error}");
        }
    }
}
