//! JSON, by the core's own reader.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use num_bigint::BigInt;

use super::places::end_of;
use super::{DEPTH_MAX, Document, FLAWS_MAX, Flaw, Place, Places, VALUES_MAX};
use crate::value::{self, Builder, Object, Value};

/// Reads a JSON file.
pub(super) fn read(text: &str) -> Document {
    let mut parts = Parts {
        text,
        at: 0,
        line: 1,
        column: 1,
        known: 0,
        depth: 0,
        values: 0,
        over: None,
        flaws: Vec::new(),
    };
    match value::read(text.as_bytes(), &mut parts) {
        Ok(content) => match parts.over {
            None => Document { content: Some(content), flaws: parts.flaws },
            Some(flaw) => Document { content: None, flaws: vec![flaw] },
        },
        Err(error) => {
            // The reader counts columns in bytes.
            let before: usize = text.split_inclusive('\n').take(error.line - 1).map(str::len).sum();
            let place = end_of(text.get(..before + error.column - 1).unwrap_or(text));
            let mut flaws = parts.flaws;
            flaws.push(Flaw::at(place, "not-json", format!("not JSON: {}", error.detail), ""));
            Document { content: None, flaws }
        }
    }
}

/// Makes values that know their places.
struct Parts<'t> {
    text: &'t str,
    /// Where the next value or key begins, in bytes.
    at: usize,
    /// The latest place: its line and column, and where it is in bytes.
    line: u32,
    column: u32,
    known: usize,
    depth: usize,
    values: usize,
    /// A limit that was passed.
    over: Option<Flaw>,
    flaws: Vec<Flaw>,
}

impl Parts<'_> {
    /// The place of what begins at `self.at`, behind blanks and commas. Places come in the order of the text.
    fn place(&mut self) -> Place {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        let blanks = rest.iter().take_while(|byte| b" \t\r\n,".contains(byte)).count();
        let at = self.at + blanks;
        let passed = self.text.get(self.known..at).unwrap_or_default();
        let last = match passed.rsplit_once('\n') {
            Some((head, last)) => {
                self.line += head.matches('\n').count() as u32 + 1;
                self.column = 1;
                last
            }
            None => passed,
        };
        self.column += last.chars().count() as u32;
        self.known = at;
        Place::new(self.line, self.column)
    }

    fn made(&mut self, value: Value) -> (Value, Places) {
        let place = self.counted();
        (value, Places::value(place))
    }

    fn counted(&mut self) -> Place {
        let place = self.place();
        self.values += 1;
        if self.values > VALUES_MAX {
            let message = format!("the file holds more than {VALUES_MAX} values");
            self.over.get_or_insert_with(|| Flaw::at(place, "too-large", message, "split the workflow"));
        }
        place
    }

    fn begin(&mut self) -> Place {
        let place = self.counted();
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            let message = format!("nested deeper than {DEPTH_MAX}");
            self.over.get_or_insert_with(|| Flaw::at(place, "too-deep", message, ""));
        }
        place
    }
}

impl Builder for Parts<'_> {
    type Value = (Value, Places);
    type Key = (Arc<str>, Place);
    type List = (Place, Vec<Value>, Vec<Places>);
    type Object = (Place, Vec<(Arc<str>, Value)>, HashMap<Arc<str>, (Place, Places)>);

    fn at(&mut self, index: usize) {
        self.at = index;
    }

    fn null(&mut self) -> Self::Value {
        self.made(Value::Null)
    }

    fn boolean(&mut self, truth: bool) -> Self::Value {
        self.made(Value::Bool(truth))
    }

    fn int(&mut self, number: i64) -> Self::Value {
        self.made(Value::Int(number))
    }

    fn big(&mut self, number: BigInt) -> Self::Value {
        self.made(Value::integer(number))
    }

    fn float(&mut self, number: f64) -> Self::Value {
        self.made(Value::Float(number))
    }

    fn string(&mut self, text: &str) -> Self::Value {
        let place = self.counted();
        // Without escapes the text stands there as it is, behind the quote.
        let there = self.text.get(self.at + 1..).is_some_and(|rest| rest.starts_with(text));
        let place = if there { place.with_line(1) } else { place };
        (Value::from(text), Places::value(place))
    }

    fn key(&mut self, text: &str) -> Self::Key {
        (text.into(), self.place())
    }

    fn list(&mut self) -> Self::List {
        (self.begin(), Vec::new(), Vec::new())
    }

    fn push(&mut self, list: &mut Self::List, (value, places): Self::Value) {
        list.1.push(value);
        list.2.push(places);
    }

    fn end_list(&mut self, (place, items, places): Self::List) -> Self::Value {
        self.depth -= 1;
        (Value::List(items.into()), Places::list(place, places))
    }

    fn object(&mut self) -> Self::Object {
        (self.begin(), Vec::new(), HashMap::new())
    }

    fn insert(&mut self, object: &mut Self::Object, (key, at): Self::Key, (value, places): Self::Value) {
        match object.2.entry(key.clone()) {
            Entry::Vacant(free) => {
                free.insert((at, places));
                object.1.push((key, value));
            }
            Entry::Occupied(taken) if self.flaws.len() < FLAWS_MAX => {
                self.flaws.push(duplicate_key(&key, at, taken.get().0));
            }
            Entry::Occupied(_) => {}
        }
    }

    fn end_object(&mut self, (place, entries, members): Self::Object) -> Result<Self::Value, String> {
        self.depth -= 1;
        let object = Object::try_new(entries).map_err(|key| key.to_string())?;
        Ok((Value::Object(object.into()), Places::object(place, members)))
    }
}

/// The flaw of a key that came before.
pub(super) fn duplicate_key(key: &str, at: Place, first: Place) -> Flaw {
    let message = format!("the key `{key}` stands here a second time, first in line {}", first.line);
    Flaw::at(at, "duplicate-key", message, "rename or remove one of them")
}
