//! `uniqueItems`: whether no two items are equal.

use std::collections::HashSet;

use super::apply::{Applying, Places, Result, fail};
use super::number;
use super::place::Way;
use crate::value::{Value, write_string};

impl Applying<'_> {
    pub(super) fn unique(&mut self, items: &[Value], way: &Way<'_>, places: &mut Places) -> Result<bool> {
        let mut seen = HashSet::with_capacity(items.len().min(1_000));
        for (index, item) in items.iter().enumerate() {
            let mut canonical = Vec::new();
            self.write_canonical(item, &mut canonical)?;
            if !seen.insert(canonical) {
                return Ok(fail(places, &Way::Item(way, index), || {
                    "is there twice, and may be there once".into()
                }));
            }
        }
        Ok(true)
    }

    /// Writes a value so that equal values are written alike.
    fn write_canonical(&self, value: &Value, out: &mut Vec<u8>) -> Result<()> {
        self.fuel.burn(1)?;
        match value {
            Value::Null => out.push(b'n'),
            Value::Bool(truth) => out.push(if *truth { b't' } else { b'f' }),
            Value::String(text) => {
                self.fuel.burn_length(text.len() / 16)?;
                write_string(text, out);
            }
            Value::List(items) => {
                out.push(b'[');
                for item in &**items {
                    self.write_canonical(item, out)?;
                    out.push(b',');
                }
                out.push(b']');
            }
            Value::Object(object) => {
                let mut entries: Vec<_> = object.iter().collect();
                entries.sort_by(|(a, _), (b, _)| a.cmp(b));
                out.push(b'{');
                for (key, value) in entries {
                    self.fuel.burn_length(key.len() / 16)?;
                    write_string(key, out);
                    self.write_canonical(value, out)?;
                    out.push(b',');
                }
                out.push(b'}');
            }
            number => {
                self.fuel.burn(number::price(number))?;
                number::write_canonical(number, out);
            }
        }
        Ok(())
    }
}
