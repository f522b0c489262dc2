//! Files of data that people write: YAML and JSON, read into a value that knows where each part stands, and
//! values written as YAML.

mod json;
mod places;
mod scalar;
mod syntax;
mod write;
mod yaml;

use std::fmt;

pub use places::{Place, Places};
pub use write::to_yaml;

use crate::value::Value;

/// How many bytes a file may have.
pub const SIZE_MAX: usize = 4 << 20;
/// How deep its lists and objects may nest.
pub const DEPTH_MAX: usize = 64;
/// How many values it may hold.
pub const VALUES_MAX: usize = 200_000;
/// How many digits an integer may have.
pub const DIGITS_MAX: usize = 4_300;
/// How many flaws of a file are told.
pub const FLAWS_MAX: usize = 100;

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// YAML 1.2 with its core schema.
    Yaml,
    /// JSON (RFC 8259).
    Json,
}

/// Something in a file that is refused, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// Its kind, such as `duplicate-key`.
    pub code: &'static str,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub remedy: &'static str,
}

impl Flaw {
    fn at(place: Place, code: &'static str, message: impl Into<String>, remedy: &'static str) -> Self {
        Self { code, line: place.line, column: place.column, message: message.into(), remedy }
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.message)?;
        if self.remedy.is_empty() { Ok(()) } else { write!(f, "; {}", self.remedy) }
    }
}

/// What was read of a file.
#[derive(Debug)]
pub struct Document {
    /// Its value, with where each part stands; `None` if the text could not be read to its end.
    pub content: Option<(Value, Places)>,
    /// What is wrong with it, in the order of the places; without any the value is what was written.
    pub flaws: Vec<Flaw>,
}

impl Document {
    /// Reads a file.
    ///
    /// Of YAML it takes what JSON can say, by the core schema of YAML 1.2: no tags, anchors, aliases, merge
    /// keys, second documents, or keys that are no text. In either format keys come once, integers are
    /// exact, and there is no NaN and no infinity.
    pub fn read(text: &[u8], format: Format) -> Self {
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        let refuse = |place, message: String, remedy| Self {
            content: None,
            flaws: vec![Flaw::at(place, "unreadable", message, remedy)],
        };
        if text.len() > SIZE_MAX {
            let message = format!("{} bytes are more than the limit of {SIZE_MAX}", text.len());
            return refuse(Place::START, message, "split the workflow");
        }
        let text = match std::str::from_utf8(text) {
            Ok(text) => text,
            Err(error) => {
                let before = String::from_utf8_lossy(text.get(..error.valid_up_to()).unwrap_or_default());
                return refuse(places::end_of(&before), "not UTF-8".into(), "save the file as UTF-8");
            }
        };
        match format {
            Format::Yaml => yaml::read(text),
            Format::Json => json::read(text),
        }
    }
}
