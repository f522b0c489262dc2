//! How many tokens a text has for a model: cut into pieces, and each piece merged from its bytes by the
//! ranks of the model's vocabulary.
//!
//! The vocabularies are those inside `tiktoken-rs`. Its own encoder runs a backtracking expression over
//! the text, which panics where a stack runs full; here the pieces are found by one pass over the
//! classes of the characters, so no text fails, and no text takes more than its share of time.

mod character;
mod encoding;
mod merge;
mod pieces;
mod vocabulary;

use std::fmt;

pub use encoding::Encoding;
use merge::Merger;
pub use vocabulary::Vocabulary;

/// How long a text may be that is counted, in bytes, unless the caller says otherwise.
pub const TEXT_MAX: usize = 1 << 20;
/// How long it may be whatever the caller says: places in a text are kept as `u32`.
const TEXT_MAX_EVER: usize = u32::MAX as usize;

/// How many tokens a text has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// The number of tokens.
    pub tokens: usize,
    /// Whether the model's own vocabulary is not known, and another one was used.
    pub is_estimate: bool,
}

/// A text that is too long to be counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextError {
    /// How long it is, in bytes.
    pub size: usize,
    /// How long it may be, in bytes.
    pub size_max: usize,
}

impl fmt::Display for TextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the text has {} bytes; at most {} are counted", self.size, self.size_max)
    }
}

impl std::error::Error for TextError {}

/// Counts the tokens of a text of at most `size_max` bytes (`TEXT_MAX` is a good limit).
///
/// Text that looks like a special token (`<|endoftext|>`) is text like any other. A model whose
/// vocabulary is not known is counted with the newest one, and the count says that it is an estimate.
/// The first count with a vocabulary loads it, which takes about a tenth of a second.
///
/// # Errors
///
/// `TextError` if the text is longer than that.
pub fn count_tokens(text: &str, model: &str, size_max: usize) -> Result<Count, TextError> {
    let size_max = size_max.min(TEXT_MAX_EVER);
    if text.len() > size_max {
        return Err(TextError { size: text.len(), size_max });
    }
    let known = Encoding::of(model);
    let tokens = known.unwrap_or(Encoding::NEWEST).count(text);
    Ok(Count { tokens, is_estimate: known.is_none() })
}

impl Encoding {
    /// Counts the tokens of a text.
    fn count(self, text: &str) -> usize {
        let vocabulary = self.vocabulary();
        let mut merger = Merger::new(vocabulary);
        pieces::cut(text, self).map(|piece| merger.count(piece.as_bytes())).sum()
    }
}
