//! Keywords about the keys of objects, and about how much of something there is.

use std::sync::Arc;

use super::apply::{Applying, Marks, Places, Result, fail, mark};
use super::keyword::{Counted, Id, Members, Schema};
use super::place::Way;
use super::words::span;
use crate::cel::check::suggestion;
use crate::value::{Object, Value};

impl Applying<'_> {
    pub(super) fn member(
        &mut self,
        schema: Id,
        key: &str,
        value: &Value,
        way: &Way<'_>,
        places: &mut Places,
    ) -> Result<bool> {
        if let Some(Schema::Nothing) = self.schemas.get(schema) {
            return Ok(fail(places, &Way::Key(way, key), || "is not expected".into()));
        }
        self.schema(schema, value, &Way::Key(way, key), places, &mut None)
    }

    pub(super) fn members(
        &mut self,
        members: &Members,
        object: &Object,
        way: &Way<'_>,
        places: &mut Places,
        marks: &mut Marks,
    ) -> Result<bool> {
        let mut holds = true;
        for (position, (key, value)) in object.iter().enumerate() {
            self.fuel.burn(1)?;
            let mut known = false;
            if let Some(schema) = members.property(key) {
                known = true;
                holds &= self.member(schema, key, value, way, places)?;
            }
            for (pattern, schema) in &members.patterns {
                if pattern.is_match(key, self.fuel)? {
                    known = true;
                    holds &= self.member(*schema, key, value, way, places)?;
                }
            }
            match members.others {
                Some(others) if !known => {
                    known = true;
                    holds &= match self.schemas.get(others) {
                        Some(Schema::Nothing) => fail(places, &Way::Key(way, key), || {
                            let names = members.properties.iter().map(|(name, _)| &**name);
                            format!("is not expected{}", suggestion(key, names))
                        }),
                        _ => self.member(others, key, value, way, places)?,
                    };
                }
                _ => {}
            }
            if known {
                mark(marks, position);
            }
            if !holds && places.is_none() {
                break;
            }
        }
        Ok(holds)
    }

    pub(super) fn required(
        &self,
        names: &[Arc<str>],
        object: &Object,
        way: &Way<'_>,
        places: &mut Places,
        why: &str,
    ) -> Result<bool> {
        self.fuel.burn_length(names.len())?;
        let missing = names.iter().filter(|name| object.get(name).is_none());
        Ok(missing.fold(true, |_, name| fail(places, &Way::Key(way, name), || format!("is missing{why}"))))
    }

    pub(super) fn size(
        &mut self,
        counted: Counted,
        (least, most): (u64, u64),
        value: &Value,
        way: &Way<'_>,
        places: &mut Places,
    ) -> Result<bool> {
        let (count, what) = match (counted, value) {
            (Counted::Letters, Value::String(text)) => {
                self.fuel.burn_length(text.len() / 16)?;
                (text.chars().count(), "characters")
            }
            (Counted::Items, Value::List(items)) => (items.len(), "items"),
            (Counted::Keys, Value::Object(object)) => (object.len(), "keys"),
            _ => return Ok(true),
        };
        Ok((least..=most).contains(&(count as u64))
            || fail(places, way, || format!("expected {} {what}, got {count}", span(least, most))))
    }
}
