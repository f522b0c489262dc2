//! What stands between the quotes of strings and bytes: escapes, read and written.

use std::fmt::{self, Write};

use crate::cel::error::{Error, ErrorKind, Result};

/// How long the text before the closing quotes is; `None` if they never come.
pub(super) fn body_length(text: &str, delimiter: &str, raw: bool) -> Option<usize> {
    let is_triple = delimiter.len() == 3;
    let mut rest = text;
    while !rest.starts_with(delimiter) {
        let mut letters = rest.chars();
        let letter = letters.next()?;
        if !is_triple && matches!(letter, '\n' | '\r') {
            return None;
        }
        // A raw string takes a backslash as it is, and ends at the next quote.
        if letter == '\\' && !raw {
            letters.next()?;
        }
        rest = letters.as_str();
    }
    Some(text.len() - rest.len())
}

/// Reads the body of a string that begins at `start` in the source.
///
/// # Errors
/// An escape that strings do not have.
pub(super) fn string(body: &str, raw: bool, start: usize) -> Result<String> {
    if raw || !body.contains('\\') {
        return Ok(body.into());
    }
    let mut text = String::with_capacity(body.len());
    decode(body, start, |piece| match piece {
        Piece::Letter(letter) => {
            text.push(letter);
            Some(())
        }
        Piece::Octet(octet) => {
            text.push(char::from(octet));
            Some(())
        }
        Piece::CodePoint(point) => {
            text.push(char::from_u32(point)?);
            Some(())
        }
    })?;
    Ok(text)
}

/// Reads the body of bytes that begins at `start` in the source.
///
/// # Errors
/// An escape that bytes do not have.
pub(super) fn bytes(body: &str, raw: bool, start: usize) -> Result<Vec<u8>> {
    if raw || !body.contains('\\') {
        return Ok(body.into());
    }
    let mut bytes = Vec::with_capacity(body.len());
    decode(body, start, |piece| match piece {
        Piece::Letter(letter) => {
            bytes.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
            Some(())
        }
        Piece::Octet(octet) => {
            bytes.push(octet);
            Some(())
        }
        // A code point is no byte.
        Piece::CodePoint(_) => None,
    })?;
    Ok(bytes)
}

/// A part of a body.
enum Piece {
    Letter(char),
    /// `\x41` or `\101`.
    Octet(u8),
    /// `\u0041` or `\U00000041`.
    CodePoint(u32),
}

fn decode(body: &str, start: usize, mut take: impl FnMut(Piece) -> Option<()>) -> Result<()> {
    let mut rest = body;
    while let Some(letter) = rest.chars().next() {
        let offset = (start + body.len() - rest.len()) as u32;
        rest = rest.get(letter.len_utf8()..).unwrap_or_default();
        let piece = if letter == '\\' { escape(&mut rest) } else { Some(Piece::Letter(letter)) };
        if piece.and_then(&mut take).is_none() {
            return Err(Error::at(ErrorKind::Syntax, offset, "not an escape that is known here"));
        }
    }
    Ok(())
}

/// Reads what follows a backslash.
fn escape(rest: &mut &str) -> Option<Piece> {
    let letter = rest.chars().next()?;
    if matches!(letter, '0'..='3') {
        return Some(Piece::Octet(u8::try_from(digits(rest, 3, 8)?).ok()?));
    }
    *rest = rest.get(letter.len_utf8()..)?;
    Some(match letter {
        'a' => Piece::Letter('\x07'),
        'b' => Piece::Letter('\x08'),
        'f' => Piece::Letter('\x0c'),
        'n' => Piece::Letter('\n'),
        'r' => Piece::Letter('\r'),
        't' => Piece::Letter('\t'),
        'v' => Piece::Letter('\x0b'),
        '\\' | '?' | '"' | '\'' | '`' => Piece::Letter(letter),
        'x' | 'X' => Piece::Octet(u8::try_from(digits(rest, 2, 16)?).ok()?),
        'u' => Piece::CodePoint(digits(rest, 4, 16)?),
        'U' => Piece::CodePoint(digits(rest, 8, 16)?),
        _ => return None,
    })
}

fn digits(rest: &mut &str, count: usize, radix: u32) -> Option<u32> {
    let digits = rest.get(..count)?;
    *rest = rest.get(count..)?;
    // `from_str_radix` would take a sign.
    digits.bytes().all(|digit| digit.is_ascii_hexdigit()).then_some(())?;
    u32::from_str_radix(digits, radix).ok()
}

/// Writes a string so that it is read back the same.
pub(super) fn write_string(text: &str, out: &mut impl Write) -> fmt::Result {
    out.write_char('"')?;
    for letter in text.chars() {
        match letter {
            '"' | '\\' => write!(out, "\\{letter}")?,
            '\n' => out.write_str("\\n")?,
            '\r' => out.write_str("\\r")?,
            '\t' => out.write_str("\\t")?,
            letter if letter.is_control() => write!(out, "\\u{:04x}", u32::from(letter))?,
            letter => out.write_char(letter)?,
        }
    }
    out.write_char('"')
}

/// Writes bytes so that they are read back the same.
pub(super) fn write_bytes(bytes: &[u8], out: &mut impl Write) -> fmt::Result {
    out.write_str("b\"")?;
    for byte in bytes {
        match byte {
            b'"' | b'\\' => write!(out, "\\{}", char::from(*byte))?,
            0x20..=0x7e => out.write_char(char::from(*byte))?,
            byte => write!(out, "\\x{byte:02x}")?,
        }
    }
    out.write_char('"')
}
