//! YAML, from the events of a parser.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use granit_parser::{Event, Options, Parser, ScalarStyle, ScanError, Span, StrInput, Tag};

use super::json::duplicate_key;
use super::scalar::{self, NoValue};
use super::syntax::{self, QUOTE};
use super::{DEPTH_MAX, DIGITS_MAX, Document, FLAWS_MAX, Flaw, Place, Places, VALUES_MAX};
use crate::value::{Object, Value};

/// Reads a YAML file.
pub(super) fn read(text: &str) -> Document {
    let mut options = Options::default();
    options.disallow_directives = true;
    options.emit_unresolved_aliases = true;
    // The reader says more than the parser about what is too deep.
    options.flow_nesting_limit = DEPTH_MAX + 2;
    options.block_nesting_limit = DEPTH_MAX + 2;
    let events = Parser::new_from_str_with_options(text, options);
    let mut reader = Reader { text, events, values: 0, latest: 0, flaws: Vec::new() };
    let content = reader.document().ok();
    let mut flaws = reader.flaws;
    flaws.sort_by_key(|flaw| (flaw.line, flaw.column));
    Document { content, flaws }
}

/// Reading cannot go on; the flaw is told.
struct Stop;

type Part = (Value, Places);

struct Reader<'t> {
    text: &'t str,
    events: Parser<'t, StrInput<'t>>,
    values: usize,
    /// The line in which the latest text without quotes began.
    latest: u32,
    flaws: Vec<Flaw>,
}

impl<'t> Reader<'t> {
    fn document(&mut self) -> Result<Part, Stop> {
        let mut content = None;
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::DocumentStart(..) if content.is_some() => {
                    let remedy = "write one workflow a file";
                    self.add(place(span), "several-documents", "a second document begins here", remedy);
                    return content.ok_or(Stop);
                }
                Event::StreamStart | Event::DocumentStart(..) | Event::DocumentEnd => {}
                Event::StreamEnd => {
                    return Ok(content.unwrap_or((Value::Null, Places::value(Place::START))));
                }
                event => content = Some(self.value(event, span, 0)?),
            }
        }
    }

    fn next(&mut self) -> Result<(Event<'t>, Span), Stop> {
        let failed = match self.events.next() {
            Some(Ok(next)) => return Ok(next),
            Some(Err(error)) => error,
            None => ScanError::new(granit_parser::Marker::default(), "the file ends too early"),
        };
        self.flaws.push(syntax::flaw(&failed, self.latest));
        Err(Stop)
    }

    fn value(&mut self, event: Event<'t>, span: Span, depth: usize) -> Result<Part, Stop> {
        let at = place(span);
        self.values += 1;
        if self.values > VALUES_MAX {
            let message = format!("the file holds more than {VALUES_MAX} values");
            self.add(at, "too-large", message, "split the workflow");
            return Err(Stop);
        }
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.refuse_properties(at, anchor, tag.as_deref());
                Ok(self.scalar(&text, style, span))
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.refuse_properties(at, anchor, tag.as_deref());
                self.check_depth(at, depth)?;
                self.list(at, depth + 1)
            }
            Event::MappingStart(_, anchor, tag) => {
                self.refuse_properties(at, anchor, tag.as_deref());
                self.check_depth(at, depth)?;
                self.object(at, depth + 1)
            }
            _ => {
                // What is left in the place of a value are aliases, known or not.
                let message = "`*` begins an alias in YAML, and none is taken";
                self.add(at, "alias", message, "write the value out; an expression goes in quotes");
                Ok((Value::Null, Places::value(at)))
            }
        }
    }

    fn list(&mut self, at: Place, depth: usize) -> Result<Part, Stop> {
        let (mut items, mut places) = (Vec::new(), Vec::new());
        loop {
            let (event, span) = self.next()?;
            if event == Event::SequenceEnd {
                return Ok((Value::List(items.into()), Places::list(at, places)));
            }
            let (item, place) = self.value(event, span, depth)?;
            items.push(item);
            places.push(place);
        }
    }

    fn object(&mut self, at: Place, depth: usize) -> Result<Part, Stop> {
        let mut entries: Vec<(Arc<str>, Value)> = Vec::new();
        let mut members: HashMap<Arc<str>, (Place, Places)> = HashMap::new();
        loop {
            let (event, span) = self.next()?;
            if event == Event::MappingEnd {
                // Every key was looked up, so that none stands there twice.
                let object = Object::try_new(entries).unwrap_or_default();
                return Ok((Value::Object(object.into()), Places::object(at, members)));
            }
            let key = self.key(event, span, depth)?;
            let (event, span) = self.next()?;
            let (value, places) = self.value(event, span, depth)?;
            let Some((key, at)) = key else { continue };
            match members.entry(key.clone()) {
                Entry::Vacant(free) => {
                    free.insert((at, places));
                    entries.push((key, value));
                }
                Entry::Occupied(taken) => {
                    let flaw = duplicate_key(&key, at, taken.get().0);
                    self.push(flaw);
                }
            }
        }
    }

    /// Reads a key; `None` for one that is told to be none.
    fn key(&mut self, event: Event<'t>, span: Span, depth: usize) -> Result<Option<(Arc<str>, Place)>, Stop> {
        let at = place(span);
        let Event::Scalar(text, style, anchor, tag) = event else {
            self.value(event, span, depth)?;
            let message = "a key is a text, and this is none";
            self.add(at, "invalid-key", message, QUOTE);
            return Ok(None);
        };
        self.refuse_properties(at, anchor, tag.as_deref());
        self.latest = at.line;
        if style == ScalarStyle::Plain && text == "<<" {
            let message = "`<<` merges mappings in older YAML, and is not taken";
            self.add(at, "merge-key", message, "write the keys out");
            return Ok(None);
        }
        if style == ScalarStyle::Plain && !matches!(scalar::resolve(&text), Ok(Value::String(_))) {
            let message = match &*text {
                "" | "~" => "a key is missing here".to_owned(),
                text => format!("the key {} is no text in YAML", shortened(text)),
            };
            self.add(at, "invalid-key", message, "write it in quotes");
            return Ok(None);
        }
        Ok(Some((text.into(), at)))
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, span: Span) -> Part {
        let at = self.inside(text, style, span);
        if style != ScalarStyle::Plain {
            return (Value::from(text), Places::value(at));
        }
        self.latest = at.line;
        let value = scalar::resolve(text).unwrap_or_else(|no_value| {
            let (message, remedy) = match no_value {
                NoValue::NotFinite => {
                    ("JSON has no NaN and no infinities".into(), "for a text write it in quotes")
                }
                NoValue::Range => {
                    (format!("no number is as large as {}", shortened(text)), "for a text write it in quotes")
                }
                NoValue::Digits => {
                    (format!("an integer of more than {DIGITS_MAX} digits"), "write it as a text, in quotes")
                }
            };
            self.add(at, "invalid-number", message, remedy);
            Value::Null
        });
        (value, Places::value(at))
    }

    /// The place of a text, with where its characters stand and what came after it.
    fn inside(&self, text: &str, style: ScalarStyle, span: Span) -> Place {
        let at = place(span);
        let bytes = span.start.byte_offset().zip(span.end.byte_offset());
        let Some((start, end)) = bytes else { return at };
        let quotes = u32::from(matches!(style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted));
        let there = self.text.get(start + quotes as usize..).is_some_and(|rest| rest.starts_with(text));
        match style {
            ScalarStyle::Literal => at.with_lines(),
            ScalarStyle::Plain => {
                let rest = self.text.get(end..).unwrap_or_default();
                let after = rest.trim_start_matches([' ', '\t']).chars().next().unwrap_or('\0');
                let at = at.followed_by(after);
                if there { at.with_line(0) } else { at }
            }
            _ if there => at.with_line(quotes),
            _ => at,
        }
    }

    fn refuse_properties(&mut self, at: Place, anchor: usize, tag: Option<&Tag>) {
        if anchor != 0 {
            let message = "`&` begins an anchor in YAML, and none is taken";
            self.add(at, "anchor", message, "remove it; an expression goes in quotes");
        }
        if let Some(tag) = tag {
            let name = format!("{}{}", tag.original_handle(), tag.suffix());
            let message = format!("`{}` is a tag in YAML, and none is taken", shortened(&name));
            self.add(at, "tag", message, "remove it; an expression goes in quotes");
        }
    }

    fn check_depth(&mut self, at: Place, depth: usize) -> Result<(), Stop> {
        if depth < DEPTH_MAX {
            return Ok(());
        }
        self.add(at, "too-deep", format!("nested deeper than {DEPTH_MAX}"), "");
        Err(Stop)
    }

    fn add(&mut self, at: Place, code: &'static str, message: impl Into<String>, remedy: &'static str) {
        self.push(Flaw::at(at, code, message, remedy));
    }

    fn push(&mut self, flaw: Flaw) {
        if self.flaws.len() < FLAWS_MAX {
            self.flaws.push(flaw);
        }
    }
}

fn place(span: Span) -> Place {
    let start = span.tag_start().unwrap_or(span.start);
    Place::new(start.line() as u32, start.col() as u32 + 1)
}

/// A text as a message shows it.
fn shortened(text: &str) -> String {
    const SHOWN_MAX: usize = 40;
    match text.char_indices().nth(SHOWN_MAX) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
