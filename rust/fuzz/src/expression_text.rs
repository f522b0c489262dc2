//! Texts that are hardly expressions: bytes as they are, and expressions in which letters were changed.

use engine_core::cel::syntax::parse;

use crate::choices::Choices;
use crate::examine::examine;
use crate::grammar::Grammar;

/// What is put into a text: what lexers and parsers look for.
const PIECES: [&str; 36] = [
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "?",
    ":",
    ".",
    ".?",
    "[?",
    ",",
    "'",
    "\"",
    "'''",
    "b'",
    "r\"",
    "\\",
    "\\x",
    "\\u00",
    "`",
    "!",
    "-",
    "--",
    "&&",
    "||",
    " in ",
    "0x",
    "1e",
    "9223372036854775808",
    "u",
    "//",
    "\n",
    "\u{0}",
    "\u{e9}",
    "has(",
];

/// Reads a text as the bytes choose; if it is an expression, everything is tried with it.
pub(crate) fn run(bytes: &[u8]) {
    let mut choices = Choices::new(bytes);
    let source = if choices.once_in(8) {
        String::from_utf8_lossy(choices.rest()).into_owned()
    } else {
        changed(&mut choices)
    };
    match parse(&source) {
        Ok(tree) => {
            examine(&tree, &source);
        }
        Err(error) => assert!(!error.under(&source).is_empty()),
    }
}

/// An expression with a few pieces put in, taken out, repeated or turned round.
fn changed(choices: &mut Choices<'_>) -> String {
    let changes: Vec<[usize; 3]> = (0..=choices.below(4))
        .map(|_| [choices.below(4), choices.below(4_096), choices.below(4_096)])
        .collect();
    let mut letters: Vec<char> = Grammar::new(choices, 12).write(3).0.chars().collect();
    for [change, first, second] in changes {
        let start = first % (letters.len() + 1);
        let end = (start + second % 16).min(letters.len());
        match change {
            0 => drop(letters.splice(start..start, PIECES[second % PIECES.len()].chars())),
            1 => drop(letters.drain(start..end)),
            2 => {
                let part: Vec<char> = letters[start..end].iter().copied().cycle().take(second).collect();
                letters.splice(start..start, part);
            }
            _ => letters[start..end].reverse(),
        }
    }
    letters.into_iter().collect()
}
