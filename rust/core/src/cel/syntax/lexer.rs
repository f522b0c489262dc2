//! CEL text to tokens.

use std::sync::Arc;

use super::literal;
use crate::cel::error::{Error, ErrorKind, Result, shown};

/// A token and where it begins.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) offset: u32,
}

/// What a token is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum TokenKind {
    /// An integer; its sign is a token before it.
    Int(u64),
    Uint(u64),
    Double(f64),
    String(Arc<str>),
    Bytes(Arc<[u8]>),
    /// A name or a word of the language.
    Name(Arc<str>),
    /// A name in backticks.
    Quoted(Arc<str>),
    /// An operator or a bracket.
    Symbol(&'static str),
    End,
}

/// Words that no variable may be called.
pub const RESERVED: [&str; 21] = [
    "as",
    "break",
    "const",
    "continue",
    "else",
    "false",
    "for",
    "function",
    "if",
    "import",
    "in",
    "let",
    "loop",
    "namespace",
    "null",
    "package",
    "return",
    "true",
    "var",
    "void",
    "while",
];

/// Words that no field may be called either, except in backticks.
pub(super) const NO_FIELDS: [&str; 4] = ["false", "in", "null", "true"];

/// Longer ones first, so that `<=` is not `<` and `=`.
const SYMBOLS: [&str; 25] = [
    "==", "!=", "<=", ">=", "&&", "||", "<", ">", "!", "+", "-", "*", "/", "%", "?", ":", ".", ",", "(", ")",
    "[", "]", "{", "}", "=",
];

/// Whether a text is a name by its letters; it may still be reserved.
pub fn is_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(is_name_start) && bytes.all(is_name_part)
}

fn is_name_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_'
}

fn is_name_part(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// What may stand between backticks.
pub(super) fn is_quotable(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| is_name_part(byte) || b".-/ ".contains(&byte))
}

/// Cuts a text into tokens, the last of them [`TokenKind::End`].
///
/// # Errors
/// A character or literal that CEL does not have.
pub(super) fn tokens(source: &str) -> Result<Vec<Token>> {
    let mut lexer = Lexer { source, at: 0 };
    let mut tokens = Vec::new();
    loop {
        lexer.skip_blanks();
        let offset = lexer.at as u32;
        let kind = lexer.next().map_err(|error| error.or_at(offset))?;
        let is_end = kind == TokenKind::End;
        tokens.push(Token { kind, offset });
        if is_end {
            return Ok(tokens);
        }
    }
}

fn refuse(message: impl Into<String>) -> Box<Error> {
    Error::new(ErrorKind::Syntax, message)
}

struct Lexer<'s> {
    source: &'s str,
    at: usize,
}

impl<'s> Lexer<'s> {
    fn rest(&self) -> &'s str {
        self.source.get(self.at..).unwrap_or_default()
    }

    /// Takes the bytes that satisfy a test, all of them ASCII.
    fn take(&mut self, test: impl Fn(u8) -> bool) -> &'s str {
        let rest = self.rest();
        let length = rest.bytes().position(|byte| !test(byte)).unwrap_or(rest.len());
        self.at += length;
        rest.get(..length).unwrap_or_default()
    }

    fn skip_blanks(&mut self) {
        loop {
            self.take(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0c));
            if !self.rest().starts_with("//") {
                return;
            }
            self.take(|byte| byte != b'\n');
        }
    }

    fn next(&mut self) -> Result<TokenKind> {
        let rest = self.rest().as_bytes();
        let (first, second) = (rest.first().copied(), rest.get(1).copied().unwrap_or_default());
        let Some(first) = first else { return Ok(TokenKind::End) };
        if first.is_ascii_digit() || (first == b'.' && second.is_ascii_digit()) {
            return self.number();
        }
        if let Some(prefix) = string_prefix(rest) {
            return self.string(prefix);
        }
        if is_name_start(first) {
            return Ok(TokenKind::Name(self.take(is_name_part).into()));
        }
        if first == b'`' {
            return self.quoted_name();
        }
        if let Some(symbol) = SYMBOLS.iter().find(|symbol| self.rest().starts_with(**symbol)) {
            self.at += symbol.len();
            return Ok(TokenKind::Symbol(symbol));
        }
        let letter = self.rest().chars().next().unwrap_or_default();
        let hint = if letter == '$' { "; names stand without it" } else { "" };
        Err(refuse(format!("unexpected character {letter:?}{hint}")))
    }

    fn quoted_name(&mut self) -> Result<TokenKind> {
        self.at += 1;
        let name = self.take(|byte| byte != b'`');
        if !self.rest().starts_with('`') {
            return Err(refuse("this backtick is never closed"));
        }
        self.at += 1;
        if !is_quotable(name) {
            return Err(refuse("between backticks stand letters, digits and `_`, `.`, `-`, `/`, space"));
        }
        Ok(TokenKind::Quoted(name.into()))
    }

    fn number(&mut self) -> Result<TokenKind> {
        let hexadecimal = self.rest().starts_with("0x") || self.rest().starts_with("0X");
        let kind = if hexadecimal { self.hexadecimal()? } else { self.decimal()? };
        if self.rest().bytes().next().is_some_and(is_name_part) {
            return Err(refuse("a number ends where a name begins"));
        }
        Ok(kind)
    }

    fn hexadecimal(&mut self) -> Result<TokenKind> {
        self.at += 2;
        let digits = self.take(|byte| byte.is_ascii_hexdigit());
        self.integer(digits, 16)
    }

    fn decimal(&mut self) -> Result<TokenKind> {
        let start = self.at;
        let digits = self.take(|byte| byte.is_ascii_digit());
        let mut is_double = false;
        let rest = self.rest().as_bytes();
        if rest.first() == Some(&b'.') && rest.get(1).is_some_and(u8::is_ascii_digit) {
            is_double = true;
            self.at += 1;
            self.take(|byte| byte.is_ascii_digit());
        }
        is_double |= self.exponent();
        if !is_double {
            return self.integer(digits, 10);
        }
        let text = self.source.get(start..self.at).unwrap_or_default();
        match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(TokenKind::Double(number)),
            _ => Err(refuse(format!("no double holds {}", shown(text)))),
        }
    }

    /// Takes an exponent, if there is one.
    fn exponent(&mut self) -> bool {
        let rest = self.rest().as_bytes();
        let signed = matches!(rest.get(1), Some(b'+' | b'-'));
        let is_exponent = matches!(rest.first(), Some(b'e' | b'E'))
            && rest.get(1 + usize::from(signed)).is_some_and(u8::is_ascii_digit);
        if is_exponent {
            self.at += 1 + usize::from(signed);
            self.take(|byte| byte.is_ascii_digit());
        }
        is_exponent
    }

    fn integer(&mut self, digits: &str, radix: u32) -> Result<TokenKind> {
        let Ok(number) = u64::from_str_radix(digits, radix) else {
            return Err(refuse("no integer of 64 bits holds this number"));
        };
        if self.rest().starts_with(['u', 'U']) {
            self.at += 1;
            return Ok(TokenKind::Uint(number));
        }
        Ok(TokenKind::Int(number))
    }

    fn string(&mut self, prefix: Prefix) -> Result<TokenKind> {
        self.at += prefix.letters;
        let quote = if self.rest().starts_with('"') { "\"" } else { "'" };
        let triple = quote.repeat(3);
        let delimiter = if self.rest().starts_with(&triple) { triple } else { quote.into() };
        self.at += delimiter.len();
        let start = self.at;
        let length = literal::body_length(self.rest(), &delimiter, prefix.raw)
            .ok_or_else(|| refuse("this string is never closed"))?;
        let body = self.rest().get(..length).unwrap_or_default();
        self.at += length + delimiter.len();
        let decode = |error: Box<Error>| error.or_at(start as u32);
        if prefix.bytes {
            return Ok(TokenKind::Bytes(literal::bytes(body, prefix.raw, start).map_err(decode)?.into()));
        }
        Ok(TokenKind::String(literal::string(body, prefix.raw, start).map_err(decode)?.into()))
    }
}

/// The letters before a string's quote.
#[derive(Clone, Copy)]
struct Prefix {
    letters: usize,
    raw: bool,
    bytes: bool,
}

fn string_prefix(text: &[u8]) -> Option<Prefix> {
    let bytes = matches!(text.first(), Some(b'b' | b'B'));
    let raw = matches!(text.get(usize::from(bytes)), Some(b'r' | b'R'));
    let letters = usize::from(bytes) + usize::from(raw);
    matches!(text.get(letters), Some(b'"' | b'\'')).then_some(Prefix { letters, raw, bytes })
}
