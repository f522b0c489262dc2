//! Values back to JSON.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{ListRef, MapRef, View};
use crate::cel::error::{Error, ErrorKind, Result};
use crate::value::{DEPTH_MAX, Object, Value as Json};

/// How many bytes of JSON text an expression may give, about.
pub const OUTPUT_MAX: usize = 16 << 20;
/// How many bytes a value counts for that is made anew, and a key: an expression can name one many times in
/// little text.
const MADE_SIZE: usize = 32;

impl View<'_> {
    /// As JSON: bytes in base64, times and durations as text, keys as text, a double with its fraction.
    /// Absent optionals are left out of lists and maps; one that stands alone is `None`.
    ///
    /// # Errors
    /// Doubles that are not finite, types, keys that are the same as text, and values past [`OUTPUT_MAX`]
    /// or the depth of JSON.
    pub fn to_json(self) -> Result<Option<Json>> {
        match self {
            // What was JSON before is as large as it was.
            Self::List(ListRef::Json(items)) => Ok(Some(Json::List(items.clone()))),
            Self::Map(MapRef::Json(object)) => Ok(Some(Json::Object(object.clone()))),
            _ => Writer { left: OUTPUT_MAX }.value(self, 0),
        }
    }
}

struct Writer {
    left: usize,
}

impl Writer {
    fn take(&mut self, size: usize) -> Result<()> {
        self.left = self.left.checked_sub(size).ok_or_else(|| {
            Error::new(ErrorKind::Limit, format!("the result has more than {OUTPUT_MAX} bytes"))
        })?;
        Ok(())
    }

    fn value(&mut self, view: View<'_>, depth: usize) -> Result<Option<Json>> {
        self.take(MADE_SIZE)?;
        Ok(Some(match view {
            View::Null => Json::Null,
            View::Bool(truth) => Json::Bool(truth),
            View::Int(number) => Json::Int(number),
            View::Uint(number) => i64::try_from(number).map_or(Json::Uint(number), Json::Int),
            View::Big(number) => {
                self.take(number.bits() as usize / 3)?;
                Json::Big(number.clone())
            }
            View::Double(number) if number.is_finite() => Json::Float(number),
            View::String(text) => {
                self.take(text.len())?;
                Json::String(text.clone())
            }
            View::Bytes(bytes) => {
                self.take(bytes.len())?;
                Json::String(STANDARD.encode(bytes).into())
            }
            View::List(list) => self.list(list, deeper(depth)?)?,
            View::Map(map) => self.map(map, deeper(depth)?)?,
            View::Timestamp(time) => Json::String(time.to_string().into()),
            View::Duration(span) => Json::String(span.to_string().into()),
            View::Optional(None) => return Ok(None),
            // It is no level of JSON, but nested without end it would be one of the stack.
            View::Optional(Some(value)) => return self.value(value.view(), deeper(depth)?),
            View::Double(number) => return Err(not_json(format!("JSON has no {number}"))),
            View::Type(kind) => return Err(not_json(format!("JSON has no types such as {}", kind.name()))),
        }))
    }

    fn list(&mut self, list: ListRef<'_>, depth: usize) -> Result<Json> {
        if let ListRef::Json(items) = list {
            items.iter().try_for_each(|item| self.measure(item, depth))?;
            return Ok(Json::List(items.clone()));
        }
        let mut items = Vec::with_capacity(list.len());
        for item in list.iter() {
            items.extend(self.value(item, depth)?);
        }
        Ok(Json::List(items.into()))
    }

    fn map(&mut self, map: MapRef<'_>, depth: usize) -> Result<Json> {
        if let MapRef::Json(object) = map {
            self.measure_object(object, depth)?;
            return Ok(Json::Object(object.clone()));
        }
        let mut entries = Vec::with_capacity(map.len());
        for (key, value) in map.iter() {
            let Some(value) = self.value(value, depth)? else { continue };
            let name: Arc<str> = match key {
                View::String(text) => text.clone(),
                View::Bool(truth) => truth.to_string().into(),
                View::Int(number) => number.to_string().into(),
                View::Uint(number) => number.to_string().into(),
                _ => continue,
            };
            self.take(MADE_SIZE + name.len())?;
            entries.push((name, value));
        }
        let object = Object::try_new(entries);
        let object = object.map_err(|key| not_json(format!("two keys of the map are `{key}` in JSON")))?;
        Ok(Json::Object(object.into()))
    }

    /// Counts what is JSON already: an expression may name the same large value many times.
    fn measure(&mut self, json: &Json, depth: usize) -> Result<()> {
        self.take(1)?;
        match json {
            Json::String(text) => self.take(text.len()),
            Json::Big(number) => self.take(number.bits() as usize / 3),
            Json::List(items) => {
                let depth = deeper(depth)?;
                items.iter().try_for_each(|item| self.measure(item, depth))
            }
            Json::Object(object) => self.measure_object(object, deeper(depth)?),
            _ => Ok(()),
        }
    }

    fn measure_object(&mut self, object: &Object, depth: usize) -> Result<()> {
        object.iter().try_for_each(|(key, value)| {
            self.take(key.len())?;
            self.measure(value, depth)
        })
    }
}

fn deeper(depth: usize) -> Result<usize> {
    if depth < DEPTH_MAX {
        return Ok(depth + 1);
    }
    Err(Error::new(ErrorKind::Limit, format!("the result is nested deeper than {DEPTH_MAX}")))
}

fn not_json(message: String) -> Box<Error> {
    Error::new(ErrorKind::NotJson, message)
}
