//! What is said about text that is no YAML.

use granit_parser::{ErrorKind, ScanError};

use super::{Flaw, Place};

/// The remedy for most of what a text without quotes can be mistaken for.
pub(super) const QUOTE: &str = "if it is part of an expression or a text, put the whole of it in quotes";

const INDENT: &str = "begin all keys of a mapping in the same column";

/// Puts an error of the parser in words.
///
/// `latest` is the line in which the latest text without quotes began.
pub(super) fn flaw(error: &ScanError, latest: u32) -> Flaw {
    let marker = error.marker();
    let place = Place::new(marker.line() as u32, marker.col() as u32 + 1);
    let say = |message: &str, remedy| Flaw::at(place, "not-yaml", message, remedy);
    match error.kind() {
        ErrorKind::MappingValueNotAllowed if latest < place.line => {
            say("a key stands here that belongs to no mapping", INDENT)
        }
        ErrorKind::MappingValueNotAllowed => {
            say("`: ` means a value in YAML, and there can be none here", QUOTE)
        }
        ErrorKind::ExpectedFlowMappingSeparator => say("between braces YAML wants `,` or `}` here", QUOTE),
        ErrorKind::ExpectedFlowSequenceSeparator => say("between brackets YAML wants `,` or `]` here", QUOTE),
        ErrorKind::InvalidTrailingSingleQuotedScalar | ErrorKind::InvalidTrailingDoubleQuotedScalar => {
            say("the text in quotes has ended, and more follows", "put the whole of it in quotes")
        }
        ErrorKind::UnexpectedCharacter { character } => {
            say(&format!("no text of YAML begins with `{character}`"), QUOTE)
        }
        ErrorKind::ExpectedBlockMappingKey => say("a key and `:` are wanted here", QUOTE),
        ErrorKind::SimpleKeyExpected => say("a key wants `:` behind it", QUOTE),
        ErrorKind::UnclosedQuotedScalar => say("the quote that begins here is never closed", ""),
        ErrorKind::UnclosedFlowCollection { open } => {
            say(&format!("the `{open}` that stands here is never closed"), QUOTE)
        }
        ErrorKind::MisplacedFlowCollectionEnd | ErrorKind::MismatchedFlowCollectionEnd { .. } => {
            say("a bracket is closed here that was not opened", QUOTE)
        }
        ErrorKind::TabInBlockIndentation | ErrorKind::TabInIndentation | ErrorKind::TabNotAllowed => {
            say("a tab indents this line", "indent with blanks")
        }
        ErrorKind::InvalidIndentation | ErrorKind::InvalidQuotedScalarIndent => {
            say("the indentation of this line fits nothing above it", INDENT)
        }
        ErrorKind::DirectiveDisallowed => {
            say("a line that begins with `%` is a directive, which no file needs", "remove it")
        }
        ErrorKind::RecursionLimitExceeded => {
            let message = format!("nested deeper than {}", super::DEPTH_MAX);
            Flaw::at(place, "too-deep", message, "")
        }
        ErrorKind::UndeclaredTagHandle
        | ErrorKind::ExpectedTagBang
        | ErrorKind::InvalidTagTerminator
        | ErrorKind::MissingTagUri
        | ErrorKind::MissingAnchorOrAliasName => {
            say("`!`, `&` and `*` begin a tag, an anchor and an alias in YAML, which are not taken", QUOTE)
        }
        other => say(&format!("not YAML: {other}"), ""),
    }
}
