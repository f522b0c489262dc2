//! Counts against `tiktoken-rs`'s own encoder, texts made to break it, and threads.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::LazyLock;
use std::thread;

use engine_models::tokens::{Encoding, TEXT_MAX, count_tokens};
use proptest::prelude::*;
use tiktoken_rs::CoreBPE;

/// A model of each encoding, and the encoder that it is held against.
type Known = (&'static str, LazyLock<CoreBPE>);

static KNOWN: [Known; 4] = [
    ("gpt-4o", LazyLock::new(|| tiktoken_rs::o200k_base().unwrap())),
    ("gpt-4", LazyLock::new(|| tiktoken_rs::cl100k_base().unwrap())),
    ("text-davinci-003", LazyLock::new(|| tiktoken_rs::p50k_base().unwrap())),
    ("gpt2", LazyLock::new(|| tiktoken_rs::r50k_base().unwrap())),
];

fn count(text: &str, model: &str) -> usize {
    count_tokens(text, model, usize::MAX).unwrap().tokens
}

/// Holds the counts of a text against the encoders.
fn check(text: &str) {
    for (model, encoder) in &KNOWN {
        assert_eq!(count(text, model), encoder.count_ordinary(text), "{model}: {text:?}");
    }
}

#[test]
fn texts_that_the_rules_turn_on() {
    let cases = [
        "",
        " ",
        "a",
        "Hello, world!",
        "don't DON'T don'T i'll I'LL we've WE'VE it'ſ it'S 'ſ ''s 'll'll",
        "camelCaseWord HTTPServer XMLHttpRequest aB AB ABc aBC",
        "1 12 123 1234 12345 ١٢٣٤ ⅷⅷⅷⅷ 1½²",
        "a\n\n b\r\n\r\n  c \n \n d   e\t\tf \u{a0}\u{3000} g\u{85}h",
        "end of text   ",
        "end of lines \n \n",
        "tabs\t\t\t\n",
        "path/to//file.rs\n/next ;\r\n/ !/\n\n x",
        "  !  ?  (  [ {\n",
        "中文字符 と日本語 한국어 ไทย हिन्दी עברית العربية",
        "e\u{301}\u{301}\u{301} \u{301}a \u{301}A \u{301}\u{301} A\u{301}B\u{301}c \u{301}1",
        "ǅ Ǆ ǆ ʰAʰa ªº AʰBʰ",
        "👩‍👩‍👧‍👦 🇩🇪 ❤️ 👍🏽",
        "\0\0\0a\0b \u{0} \u{7f}\u{feff}\u{fffd}\u{200b}x",
        "<|endoftext|> <|fim_prefix|>",
    ];
    for case in cases {
        check(case);
    }
}

#[test]
fn every_character_in_several_places() {
    for start in (0..=char::MAX as u32).step_by(2003) {
        let text: String = (start..start + 97)
            .filter_map(char::from_u32)
            .flat_map(|c| [' ', c, 'a', c, 'B', c, c, '1', c, '\n', c, '!', c, ' ', ' '])
            .collect();
        check(&text);
    }
}

/// Texts of characters that the rules are about, and of any others.
fn text() -> impl Strategy<Value = String> {
    let turning = prop::sample::select(
        " \t\n\r\u{a0}\u{3000}'/!?-aAbBzZstmdlverSTMDLVER019٣½ſéÉß中あʰªǅ\u{301}\u{902}👍\u{200d}\0"
            .chars()
            .collect::<Vec<_>>(),
    );
    let character = prop_oneof![8 => turning, 1 => any::<char>()];
    let run = (character, prop_oneof![9 => Just(1_usize), 1 => 1..200_usize])
        .prop_map(|(character, length)| character.to_string().repeat(length));
    prop::collection::vec(run, 0..120).prop_map(|runs| runs.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn any_text_counts_the_same(text in text()) {
        check(&text);
    }
}

#[test]
fn long_runs_count_the_same() {
    let runs = [
        " ", "\t", "\n", " \n", "a", "A", "aA", "!", "1", "\u{301}", "a\u{301}", "中", "\u{3000}", "\0", "'s",
    ];
    for run in runs {
        for after in ["", "x", "\n", "!", " \n\n  x"] {
            check(&format!("x{}{after}", run.repeat(5_000)));
        }
    }
}

#[test]
fn no_text_is_too_much() {
    let runs =
        [" ", "\n", "\t \n", "a", "A", "aA", "!/", "1", "\u{301}", "a\u{301}", "\u{3000}", "\0", "ab c", "'"];
    for run in runs {
        let text = format!("x{}x", run.repeat((5 << 18) / run.len()));
        for (model, _) in &KNOWN {
            assert!(count(&text, model) > 1);
        }
    }
    // Long blanks as `tiktoken` counts them, where the expression of the crate panics.
    assert_eq!(count(&format!("{}a", " ".repeat(1_000_001)), "gpt-4o"), 1_000_000_usize.div_ceil(128) + 1);
}

#[test]
fn texts_are_bounded() {
    let text = "a".repeat(TEXT_MAX + 1);
    let error = count_tokens(&text, "gpt-4o", TEXT_MAX).unwrap_err();
    assert_eq!((error.size, error.size_max), (TEXT_MAX + 1, TEXT_MAX));
    assert!(count_tokens(&text[1..], "gpt-4o", TEXT_MAX).is_ok());
    assert!(count_tokens("ab", "gpt-4o", 1).is_err());
}

#[test]
fn models_that_are_not_known_are_estimated() {
    for (model, known) in [
        ("gpt-4o", Some(Encoding::O200k)),
        ("gpt-4o-2024-08-06", Some(Encoding::O200k)),
        ("openai/gpt-5-mini", Some(Encoding::O200k)),
        ("gpt-oss-20b", Some(Encoding::O200k)),
        ("ft:gpt-3.5-turbo:us:x", Some(Encoding::Cl100k)),
        ("text-embedding-3-small", Some(Encoding::Cl100k)),
        ("text-davinci-edit-001", Some(Encoding::P50k)),
        ("gpt2", Some(Encoding::R50k)),
        ("claude-sonnet-4-5", None),
        ("", None),
        ("/", None),
    ] {
        assert_eq!(Encoding::of(model), known, "{model}");
        let counted = count_tokens("What is an estimate?", model, TEXT_MAX).unwrap();
        assert_eq!(counted.is_estimate, known.is_none());
        assert_eq!(counted.tokens, 5, "{model}");
    }
}

#[test]
fn vocabularies_are_whole() {
    for (encoding, tokens) in [
        (Encoding::O200k, 199_998),
        (Encoding::Cl100k, 100_256),
        (Encoding::P50k, 50_280),
        (Encoding::R50k, 50_256),
    ] {
        let vocabulary = encoding.vocabulary();
        assert_eq!(vocabulary.tokens().filter(|token| !token.is_empty()).count(), tokens);
        let bytes = vocabulary.tokens().filter(|token| token.len() == 1).count();
        assert_eq!(bytes, 256, "each byte is a token");
    }
}

#[test]
fn threads_count_the_same() {
    let text = "Threads share a vocabulary; they wait for nobody. \u{301}中文\n".repeat(500);
    let alone = count(&text, "gpt-4");
    thread::scope(|scope| {
        let counts: Vec<_> = (0..8).map(|_| scope.spawn(|| count(&text, "gpt-4"))).collect();
        for counted in counts {
            assert_eq!(counted.join().unwrap(), alone);
        }
    });
}
