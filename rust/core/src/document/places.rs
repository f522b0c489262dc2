//! Where the parts of a value stand in the text it was read from.

use std::collections::HashMap;
use std::sync::Arc;

use crate::value::Step;

/// A place in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    content: Content,
    /// The character after a text without quotes; `\0` after all else.
    after: char,
}

/// Where the characters of a text stand, as far as they stand there as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Content {
    /// They cannot be told apart: only the beginning is known.
    Unknown,
    /// One after the other from this column on.
    Line(u32),
    /// Line by line, each from this column on.
    Lines(u32),
}

impl Place {
    /// The beginning of a text.
    pub(super) const START: Self = Self::new(1, 1);

    pub(super) const fn new(line: u32, column: u32) -> Self {
        Self { line, column, content: Content::Unknown, after: '\0' }
    }

    /// The place of a text whose characters begin `skip` columns further on in the same line.
    pub(super) fn with_line(self, skip: u32) -> Self {
        Self { content: Content::Line(self.column + skip), ..self }
    }

    /// The place of a text whose lines all begin at the same column as this.
    pub(super) fn with_lines(self) -> Self {
        Self { content: Content::Lines(self.column), ..self }
    }

    pub(super) fn followed_by(self, after: char) -> Self {
        Self { after, ..self }
    }

    /// The character that ended a text without quotes, after blanks; `\0` for all else.
    pub fn cut(self) -> char {
        self.after
    }

    /// Line and column of a character of the text that stands here, as near as they are known.
    ///
    /// `before` is the text up to the character.
    pub fn inside(self, before: &str) -> (u32, u32) {
        let (lines, last) = before
            .rsplit_once('\n')
            .map_or((0, before), |(head, last)| (head.matches('\n').count() as u32 + 1, last));
        let columns = last.chars().count() as u32;
        match self.content {
            Content::Line(column) if lines == 0 => (self.line, column + columns),
            Content::Lines(column) => (self.line + lines, column + columns),
            _ => (self.line, self.column),
        }
    }
}

/// Where the end of a text stands.
pub(super) fn end_of(text: &str) -> Place {
    let last = text.rsplit('\n').next().unwrap_or_default();
    Place::new(text.matches('\n').count() as u32 + 1, last.chars().count() as u32 + 1)
}

/// Where a value and its parts stand.
#[derive(Debug)]
pub struct Places {
    at: Place,
    inner: Inner,
}

#[derive(Debug)]
enum Inner {
    Nothing,
    List(Box<[Places]>),
    Object(HashMap<Arc<str>, (Place, Places)>),
}

impl Places {
    pub(super) fn value(at: Place) -> Self {
        Self { at, inner: Inner::Nothing }
    }

    pub(super) fn list(at: Place, items: Vec<Self>) -> Self {
        Self { at, inner: Inner::List(items.into()) }
    }

    pub(super) fn object(at: Place, members: HashMap<Arc<str>, (Place, Self)>) -> Self {
        Self { at, inner: Inner::Object(members) }
    }

    /// The place of what stands at a path, or of the innermost part that the path reaches.
    pub fn of(&self, path: &[Step]) -> Place {
        self.walk(path).1.at
    }

    /// The place of the key at the end of a path; that of the value where the last step is no key.
    pub fn of_key(&self, path: &[Step]) -> Place {
        let (key, value) = self.walk(path);
        key.unwrap_or(value.at)
    }

    /// What a path reaches, and the place of its key.
    fn walk(&self, path: &[Step]) -> (Option<Place>, &Self) {
        let mut found = (None, self);
        for step in path {
            let next = match (step, &found.1.inner) {
                (Step::Key(key), Inner::Object(members)) => {
                    members.get(&**key).map(|(place, value)| (Some(*place), value))
                }
                (Step::Index(index), Inner::List(items)) => items.get(*index).map(|item| (None, item)),
                _ => None,
            };
            match next {
                Some(next) => found = next,
                None => return found,
            }
        }
        found
    }
}
