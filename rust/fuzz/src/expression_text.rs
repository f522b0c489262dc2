//! Texts that are hardly expressions: bytes as they are, and expressions in which letters were changed.

use engine_core::cel::syntax::parse;

use crate::changes;
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
        let changes = changes::choose(&mut choices);
        changes::apply(&Grammar::new(&mut choices, 12).write(3).0, &changes, &PIECES)
    };
    match parse(&source) {
        Ok(tree) => {
            examine(&tree, &source);
        }
        Err(error) => assert!(!error.under(&source).is_empty()),
    }
}
