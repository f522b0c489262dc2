//! Cuts text into the pieces that tokens do not cross, as the expressions of the encodings do.
//!
//! Each encoding tries its rules in order at the place it has come to, and the first that matches gives
//! a piece. The rules look ahead over one run of characters and never back, so that a text is read a few
//! times at most.
//!
//! # Source
//!
//! The expressions of `tiktoken`, `openai_public.py`.

use std::iter;

use super::Encoding;
use super::character::{BLANK, CASELESS, LINE_END, LOWER, MARK, NUMBER, OTHER, Text, UPPER};

const LETTER: u8 = UPPER | LOWER | CASELESS;
const SPACE: u8 = LINE_END | BLANK;
const SYMBOL: u8 = MARK | OTHER;
/// What may stand before a word, in the same piece.
const BEFORE_WORD: u8 = BLANK | SYMBOL;
/// What a word begins with, and what it goes on with, where capitals begin a word.
const HEAD: u8 = UPPER | CASELESS | MARK;
const TAIL: u8 = LOWER | CASELESS | MARK;

/// Gives the pieces of a text, which are the whole of it.
pub(super) fn cut(text: &str, encoding: Encoding) -> impl Iterator<Item = &str> {
    let whole = Text::new(text);
    let end_of_piece = match encoding {
        Encoding::O200k => o200k,
        Encoding::Cl100k => cl100k,
        Encoding::P50k | Encoding::R50k => r50k,
    };
    let mut start = 0;
    iter::from_fn(move || {
        if start == text.len() {
            return None;
        }
        let end = end_of_piece(whole, start);
        let piece = text.get(start..end);
        start = end;
        piece
    })
}

fn o200k(text: Text<'_>, start: usize) -> usize {
    cased_word(text, start)
        .map(|end| contraction(text, end, true).unwrap_or(end))
        .or_else(|| digits(text, start))
        .or_else(|| symbols(text, start, b"\r\n/"))
        .unwrap_or_else(|| {
            let spaces = Spaces::at(text, start);
            spaces.after_line.unwrap_or_else(|| spaces.before_word(text))
        })
}

fn cl100k(text: Text<'_>, start: usize) -> usize {
    contraction(text, start, true)
        .or_else(|| {
            let (class, next) = text.class_at(start);
            word(text, LETTER, if class & BEFORE_WORD == 0 { start } else { next })
        })
        .or_else(|| digits(text, start))
        .or_else(|| symbols(text, start, b"\r\n"))
        .unwrap_or_else(|| {
            let spaces = Spaces::at(text, start);
            let ends_text = spaces.end == text.text.len();
            spaces.after_line.filter(|_| !ends_text).unwrap_or_else(|| spaces.before_word(text))
        })
}

fn r50k(text: Text<'_>, start: usize) -> usize {
    let after = after_space(text, start);
    contraction(text, start, false)
        .or_else(|| word(text, LETTER, after))
        .or_else(|| word(text, NUMBER, after))
        .or_else(|| word(text, SYMBOL, after))
        .unwrap_or_else(|| Spaces::at(text, start).before_word(text))
}

/// The end of a run of characters of a set, if there is one of them.
fn word(text: Text<'_>, set: u8, start: usize) -> Option<usize> {
    Some(text.end_of(set, start)).filter(|end| *end > start)
}

/// Up to three digits.
fn digits(text: Text<'_>, start: usize) -> Option<usize> {
    let next =
        |place: usize| Some(text.class_at(place)).filter(|(class, _)| *class == NUMBER).map(|(_, next)| next);
    let first = next(start)?;
    let second = next(first);
    second.and_then(next).or(second).or(Some(first))
}

/// Symbols, with a space before and some of these characters after them.
fn symbols(text: Text<'_>, start: usize, after: &[u8]) -> Option<usize> {
    let end = word(text, SYMBOL, after_space(text, start))?;
    let rest = text.text.as_bytes().get(end..).unwrap_or_default();
    Some(end + rest.iter().take_while(|byte| after.contains(byte)).count())
}

fn after_space(text: Text<'_>, start: usize) -> usize {
    start + usize::from(text.text.as_bytes().get(start) == Some(&b' '))
}

/// A word that begins with capitals, if there are any, and goes on with small letters; or of capitals
/// alone. One character that is no letter may stand before it; a mark may be that, or begin the word.
fn cased_word(text: Text<'_>, start: usize) -> Option<usize> {
    let (class, next) = text.class_at(start);
    let before = if class & BEFORE_WORD == 0 { None } else { Some(Head::at(text, next)) };
    let bare = if class & LETTER == 0 && class != MARK { None } else { Some(Head::at(text, start)) };
    let heads = || before.iter().chain(&bare);
    heads()
        .find_map(|head| head.with_tail(text))
        .or_else(|| heads().find(|head| head.end > head.start).map(|head| head.end))
}

/// The capitals at the start of a word, and what counts as one.
struct Head {
    start: usize,
    end: usize,
    /// Where the last of its characters ends that can be a tail too.
    tail_end: Option<usize>,
}

impl Head {
    fn at(text: Text<'_>, start: usize) -> Self {
        let mut head = Self { start, end: start, tail_end: None };
        loop {
            let (class, next) = text.class_at(head.end);
            if class & HEAD == 0 {
                return head;
            }
            head.end = next;
            if class & TAIL != 0 {
                head.tail_end = Some(next);
            }
        }
    }

    /// The end of the word if it has a tail: after the head, or else the last of the head that can be.
    fn with_tail(&self, text: Text<'_>) -> Option<usize> {
        word(text, TAIL, self.end).or(self.tail_end)
    }
}

/// An English contraction such as `'ll`, in capitals too if `any_case`.
fn contraction(text: Text<'_>, start: usize, any_case: bool) -> Option<usize> {
    let rest = text.text.as_bytes().get(start..)?.strip_prefix(b"'")?;
    let fold = |byte: &u8| if any_case { byte.to_ascii_lowercase() } else { *byte };
    let size = match (rest.first().map(fold)?, rest.get(1).map(fold)) {
        (b's' | b'd' | b'm' | b't', _) => 1,
        (b'l', Some(b'l')) | (b'v' | b'r', Some(b'e')) => 2,
        // The long s is a small one of S.
        _ if any_case && rest.starts_with("ſ".as_bytes()) => "ſ".len(),
        _ => return None,
    };
    Some(start + 1 + size)
}

/// A run of white space.
struct Spaces {
    start: usize,
    /// Where the last character begins.
    last: usize,
    end: usize,
    /// Where the last line end of it ends.
    after_line: Option<usize>,
}

impl Spaces {
    fn at(text: Text<'_>, start: usize) -> Self {
        let mut spaces = Self { start, last: start, end: start, after_line: None };
        loop {
            let (class, next) = text.class_at(spaces.end);
            if class & SPACE == 0 {
                return spaces;
            }
            (spaces.last, spaces.end) = (spaces.end, next);
            if class == LINE_END {
                spaces.after_line = Some(next);
            }
        }
    }

    /// The end of the piece that leaves the last blank to the word that follows, if one does and the
    /// piece has another blank.
    fn before_word(&self, text: Text<'_>) -> usize {
        if self.end == text.text.len() || self.last == self.start { self.end } else { self.last }
    }
}
