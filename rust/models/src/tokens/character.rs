//! The classes of characters that decide where text is cut.

use std::sync::LazyLock;

use regex_syntax::hir::{Class as Ranges, HirKind};

/// One class, or a set of them: a bit each. Every character is in one class.
pub(super) type Class = u8;

/// Capital and title-case letters.
pub(super) const UPPER: Class = 1;
/// Small letters.
pub(super) const LOWER: Class = 1 << 1;
/// Letters without case, and modifiers.
pub(super) const CASELESS: Class = 1 << 2;
/// Marks that combine with a letter, which are no letters themselves.
pub(super) const MARK: Class = 1 << 3;
/// Digits and other numbers.
pub(super) const NUMBER: Class = 1 << 4;
/// The two characters of line ends.
pub(super) const LINE_END: Class = 1 << 5;
/// White space but for line ends.
pub(super) const BLANK: Class = 1 << 6;
/// Everything else.
pub(super) const OTHER: Class = 1 << 7;

/// The classes as expressions know them; the later ones go before.
const EXPRESSIONS: [(&str, Class); 7] = [
    (r"\s", BLANK),
    (r"[\r\n]", LINE_END),
    (r"[\p{Lu}\p{Lt}]", UPPER),
    (r"\p{Ll}", LOWER),
    (r"[\p{Lm}\p{Lo}]", CASELESS),
    (r"\p{M}", MARK),
    (r"\p{N}", NUMBER),
];

/// The class of every character, by its code: a megabyte, of which texts touch a few pages.
static CLASSES: LazyLock<Box<[Class]>> = LazyLock::new(|| {
    let mut classes = vec![OTHER; char::MAX as usize + 1];
    for (expression, class) in EXPRESSIONS {
        let parsed = regex_syntax::parse(expression).map(regex_syntax::hir::Hir::into_kind);
        if let Ok(HirKind::Class(Ranges::Unicode(ranges))) = parsed {
            for range in ranges.ranges() {
                classes[range.start() as usize..=range.end() as usize].fill(class);
            }
        }
    }
    classes.into()
});

/// A text whose characters are asked for their classes.
#[derive(Clone, Copy)]
pub(super) struct Text<'a> {
    pub(super) text: &'a str,
    classes: &'static [Class],
}

impl<'a> Text<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, classes: &CLASSES }
    }

    /// The class of the character at a place, and where the next one begins; at the end no class.
    pub(super) fn class_at(self, place: usize) -> (Class, usize) {
        match self.text.as_bytes().get(place) {
            None => (0, place),
            Some(byte) if byte.is_ascii() => (self.classes[usize::from(*byte)], place + 1),
            Some(_) => {
                let rest = self.text.get(place..).unwrap_or_default();
                rest.chars().next().map_or((0, place), |character| {
                    (self.classes[character as usize], place + character.len_utf8())
                })
            }
        }
    }

    /// Where characters of other classes begin, from a place on.
    pub(super) fn end_of(self, set: Class, mut place: usize) -> usize {
        loop {
            let (class, next) = self.class_at(place);
            if class & set == 0 {
                return place;
            }
            place = next;
        }
    }
}
