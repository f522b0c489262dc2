//! What can be wrong with an expression or its evaluation, and how it is shown under the source.

use std::fmt;

/// Why an expression is refused or fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The text is no CEL.
    Syntax,
    /// A name that stands for nothing.
    UnknownVariable,
    /// A function that does not exist.
    UnknownFunction,
    /// A field that a value of a known type does not have.
    NoSuchField,
    /// A key that a map does not have.
    NoSuchKey,
    /// An operator or function that does not take values of these types.
    NoSuchOverload,
    /// A number, time or duration out of its range.
    Overflow,
    /// A division or remainder by zero.
    DivideByZero,
    /// An argument that makes no sense, such as an index past the end.
    InvalidArgument,
    /// More work, depth or size than is allowed. No `||` or `&&` absorbs it.
    Limit,
    /// A value that JSON cannot write.
    NotJson,
}

impl ErrorKind {
    /// The kind's name for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::Syntax => "syntax",
            Self::UnknownVariable => "unknown_variable",
            Self::UnknownFunction => "unknown_function",
            Self::NoSuchField => "no_such_field",
            Self::NoSuchKey => "no_such_key",
            Self::NoSuchOverload => "no_such_overload",
            Self::Overflow => "overflow",
            Self::DivideByZero => "divide_by_zero",
            Self::InvalidArgument => "invalid_argument",
            Self::Limit => "limit",
            Self::NotJson => "not_json",
        }
    }
}

/// An error with the place in the source that it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// Why.
    pub kind: ErrorKind,
    /// What is wrong, as a phrase.
    pub message: String,
    /// Byte offset in the source, where it is known.
    pub offset: Option<u32>,
}

/// How much of a text that may be long stands in a message, in characters.
const SHOWN_MAX: usize = 60;

/// The beginning of a text, for a message.
pub(super) fn shown(text: &str) -> String {
    text.chars().take(SHOWN_MAX).collect()
}

/// Boxed, so that a result is no larger than its value.
pub type Result<T> = std::result::Result<T, Box<Error>>;

impl Error {
    /// An error whose place is told later.
    #[cold]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Box<Self> {
        Box::new(Self { kind, message: message.into(), offset: None })
    }

    /// An error at a place.
    #[cold]
    pub fn at(kind: ErrorKind, offset: u32, message: impl Into<String>) -> Box<Self> {
        Box::new(Self { kind, message: message.into(), offset: Some(offset) })
    }

    /// The same error, at `offset` unless a place nearer to its cause is known.
    #[must_use]
    pub fn or_at(mut self: Box<Self>, offset: u32) -> Box<Self> {
        self.offset.get_or_insert(offset);
        self
    }

    /// The message, with the line of the source it belongs to and a caret under the place.
    pub fn under(&self, source: &str) -> String {
        let Some(offset) = self.offset else { return self.message.clone() };
        let mut end = source.len().min(offset as usize);
        while !source.is_char_boundary(end) {
            end -= 1;
        }
        let (before, after) = source.split_at(end);
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let head = &before[start..];
        let tail = after.split(['\n', '\r']).next().unwrap_or_default();
        // Tabs are kept, so that the caret stands where the terminal puts the character.
        let gap: String = head.chars().map(|letter| if letter == '\t' { '\t' } else { ' ' }).collect();
        format!("{}\n | {head}{tail}\n | {gap}^", self.message)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
