//! Files of data, as YAML and as JSON: they are read or refused with places, and written without loss.

use engine_core::document::{Document, Format, to_yaml};
use engine_core::value::Value;

use crate::changes;
use crate::choices::Choices;
use crate::json;
use crate::rules::{self, Rules};

/// Workflows that tests and examples read.
const FILES: [&str; 2] =
    [include_str!("../../../examples/github_triage/triage.yaml"), include_str!("../../../tests/data/triage.yaml")];
/// How many lines of a file are taken.
const LINES_MAX: usize = 24;

/// YAML, most of it sound.
const RULES: &Rules<'_> = &[
    ("file", &["@entry", "@entry@entry", "@comment@file", "@entry@file", "- @flow\n- @flow\n", "--- \n@entry"]),
    (
        "entry",
        &["@key: @flow\n", "@key: @flow\n", "@key:\n  @key: @flow\n", "@key:\n  - @flow\n  - @flow\n", "@key: @block\n", "? @flow\n: @flow\n"],
    ),
    ("comment", &["# @plain\n", "\n", "  # x\n"]),
    ("block", &["|\n  a\n  b", "|-\n  a: b\n\n   c", ">\n  a\n  b\n", ">+\n  é\n\n\n", "|2\n   a", "a\n  b"]),
    ("key", &["a", "b", "nodes", "é", "'a b'", "\"\\u00e9\"", "@plain", "1", "<<", "null", ""]),
    (
        "flow",
        &["a", "@plain", "[@flow, @flow]", "{@key: @flow, @key: @flow}", "'it''s'", "\"\\x41\\n\\U0001F600\"", "[]", "{}", "@odd"],
    ),
    (
        "plain",
        &["x", "input.n > 3", "yes", "010", "0x1F", "1e3", "-.5", "~", "a #b", "a:b", "-a", "?a", "é\u{301}", "12:30"],
    ),
    ("odd", &["&a x", "*a", "!!str 1", "!x", "|", ">", "%a", "`a`", ".nan", "-.inf", "1e999", "{{ a }}"]),
];

/// What readers of YAML and JSON look for.
const PIECES: [&str; 32] = [
    "{", "}", "[", "]", ": ", ":", " #", ",", "'", "\"", "\n", "\r", "\t", "  ", "- ", "? ", "*a", "&a ", "!", "!!map ",
    "|\n", ">-\n", "\\", "\\u00", "---\n", "...\n", "%YAML 1.1\n", "<<", "\u{0}", "\u{85}", "\u{feff}", "é",
];

/// Reads a text as the bytes choose, and tries everything with it.
pub(crate) fn run(bytes: &[u8]) {
    let mut choices = Choices::new(bytes);
    let kind = choices.below(8);
    let changes = changes::choose(&mut choices);
    let depth = 2 + choices.below(10);
    match kind {
        0 => {
            let rest = choices.rest();
            examine(rest, Format::Yaml);
            examine(rest, Format::Json);
        }
        1 => {
            let value = json::value(&mut choices, depth);
            read_back(&value);
        }
        2 => examine(json::text(&mut choices, depth).as_bytes(), Format::Json),
        3 => {
            let text = changes::apply(&json::text(&mut choices, depth), &changes, &PIECES);
            examine(text.as_bytes(), Format::Json);
            examine(text.as_bytes(), Format::Yaml);
        }
        4 => examine(rules::write(&[RULES], "file", depth, &mut choices).as_bytes(), Format::Yaml),
        5 => {
            let text = rules::write(&[RULES], "file", depth, &mut choices);
            examine(changes::apply(&text, &changes, &PIECES).as_bytes(), Format::Yaml);
        }
        _ => {
            let file = choices.pick(&FILES);
            let from = choices.below(file.lines().count());
            let part: Vec<&str> = file.lines().skip(from).take(LINES_MAX).collect();
            examine(changes::apply(&part.join("\n"), &changes, &PIECES).as_bytes(), Format::Yaml);
        }
    }
}

/// Everything that holds for each text.
fn examine(text: &[u8], format: Format) {
    let document = Document::read(text, format);
    let shown = String::from_utf8_lossy(text);
    let places: Vec<(u32, u32)> = document.flaws.iter().map(|flaw| (flaw.line, flaw.column)).collect();
    assert!(places.is_sorted(), "{shown:?} has flaws in no order: {:?}", document.flaws);
    for flaw in &document.flaws {
        assert!(is_inside(&shown, flaw.line, flaw.column), "{shown:?} has no such place: {flaw}");
    }
    match (document.content, places.is_empty()) {
        (None, is_sound) => assert!(!is_sound, "{shown:?} is not read, and nothing is said"),
        (Some((value, _)), true) => read_back(&value),
        (Some(_), false) => {}
    }
}

/// Whether a place is in a text, or right behind a line of it. A `\r` alone ends a line of YAML, and is a
/// letter of JSON.
fn is_inside(text: &str, line: u32, column: u32) -> bool {
    let lines = text.replace("\r\n", "\n").replace('\r', "\n");
    let longest = text.lines().map(|line| line.chars().count()).max().unwrap_or(0);
    (1..=lines.matches('\n').count() + 1).contains(&(line as usize))
        && (1..=longest + 2).contains(&(column as usize))
}

/// What is written reads back as the same, in either format.
fn read_back(value: &Value) {
    let yaml = to_yaml(value).expect("its numbers are finite");
    for (text, format) in [(yaml.as_bytes(), Format::Yaml), (&json::written(value), Format::Json)] {
        let document = Document::read(text, format);
        let shown = String::from_utf8_lossy(text);
        assert!(document.flaws.is_empty(), "{value:?} is written as {shown:?}: {:?}", document.flaws);
        let read = document.content.map(|(value, _)| value);
        assert!(read.as_ref().is_some_and(|read| is_same(read, value)), "{value:?} becomes {read:?} by {shown:?}");
    }
}

/// Equal, also in the order of keys and the sign of a zero.
fn is_same(read: &Value, value: &Value) -> bool {
    read == value && json::written(read) == json::written(value)
}
