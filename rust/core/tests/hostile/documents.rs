//! Files of data as large as they may be: reading one takes memory in proportion, whatever is in it.

use engine_core::document::{Document, Format, SIZE_MAX, to_yaml};

use super::memory::attempt;

/// More than reading may hold at a time: mostly the places of the values.
const MEMORY_MAX: isize = 128 << 20;

/// Reads a file and writes what it holds; the result in short.
fn outcome(text: &str, format: Format) -> String {
    let document = Document::read(text.as_bytes(), format);
    match (document.flaws.first(), document.content) {
        (Some(flaw), _) => {
            assert!(flaw.to_string().len() < 1_000, "{text:.100} is told at length");
            flaw.code.into()
        }
        (None, Some((value, _))) => {
            let written = to_yaml(&value).expect("its numbers are finite");
            assert!(written.len() < 4 * SIZE_MAX, "{text:.100} is written in {} bytes", written.len());
            "read".into()
        }
        (None, None) => "nothing".into(),
    }
}

#[test]
fn files_full_of_anything_are_read_or_refused() {
    let signs = [
        "[",
        "{",
        "- ",
        "? ",
        ": ",
        "a: ",
        "&a ",
        "*a ",
        "!a ",
        "!!map ",
        "%41",
        "'",
        "\"",
        "\\n",
        "a",
        "a ",
        "a\n",
        "a:b ",
        "#",
        "#\n",
        "\n",
        "\r",
        "\t",
        " ",
        " \n",
        "---\n",
        "...\n",
        "%YAML 1.2\n",
        "|\n",
        ">\n",
        "9",
        "0",
        "1e",
        "\u{0}",
        "\u{feff}",
        "\u{85}",
        "\u{2028}",
        "😀",
        "e\u{301}",
        "\u{202e}a: 1\n",
        "a: b\n",
        "- a\n",
        "[a], ",
        "{a: b}, ",
        "- *a\n",
        "- &a x\n",
        "@",
        "`",
        "é: é\n",
        "? a\n: b\n",
        "- - a\n",
        "- |\n  a\n",
        "1,",
        "{\"a\":1},",
        "\"a\":1,",
    ];
    for sign in signs {
        let all = sign.repeat(SIZE_MAX / sign.len());
        let most = |count: usize| sign.repeat(count);
        for text in [
            all,
            format!("[{}]", most(90_000)),
            format!("{{{}}}", most(90_000)),
            format!("a: \"{}\"", most(400_000)),
        ] {
            for format in [Format::Yaml, Format::Json] {
                let (said, held) = attempt(|| outcome(&text, format));
                assert_ne!(said, "nothing", "of {sign:?}");
                assert!(held < MEMORY_MAX, "{sign:?}: held {held} bytes");
            }
        }
    }
}

#[test]
fn what_explodes_in_other_readers_is_refused() {
    let numbered = |count: usize, line: &dyn Fn(usize) -> String| (0..count).map(line).collect::<String>();
    let cases = [
        // A billion laughs.
        (
            "a0: &a0 [x, x]\n".to_owned()
                + &numbered(60, &|n| format!("a{}: &a{} [*a{n}, *a{n}]\n", n + 1, n + 1)),
            "anchor",
        ),
        ("a: &a {b: *a}\n".into(), "anchor"),
        ("a: {<<: [*b, *b]}\n".into(), "merge-key"),
        ("- ".to_owned() + &"9".repeat(5_000) + "\n", "invalid-number"),
        ("- 1e400\n- -.inf\n".into(), "invalid-number"),
        ("- 0x".to_owned() + &"f".repeat(5_000) + "\n", "invalid-number"),
        (numbered(99_000, &|n| format!("key{n}: value {n}\n")), "read"),
        (numbered(4_000, &|n| format!("{}{n}: 1\n", "k".repeat(1_000))), "read"),
        (numbered(4_000, &|n| format!("? {}{n}\n: 1\n", "k".repeat(1_000))), "read"),
        ("k".repeat(3_000) + ": 1", "not-yaml"),
        (numbered(3_000, &|n| " ".repeat(n.min(1_300)) + "a:\n"), "too-deep"),
        (numbered(900, &|n| format!("- {}{n}\n", "9".repeat(4_290))), "read"),
        ("- 99999999999999999999999999999\n".repeat(100_000), "read"),
        ("|9\n".to_owned() + &" ".repeat(SIZE_MAX - 3), "read"),
    ];
    for (text, wanted) in cases {
        let (said, held) = attempt(|| outcome(&text, Format::Yaml));
        assert_eq!(said, wanted, "of {text:.100}");
        assert!(held < MEMORY_MAX, "{text:.100}: held {held} bytes");
    }
}
