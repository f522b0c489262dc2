//! The macros that loop.

use super::evaluate::{Local, Locals, Machine};
use super::node::Looping;
use crate::cel::error::{Error, ErrorKind, Result};
use crate::cel::fuel::MAKING_COST;
use crate::cel::syntax::Loop;
use crate::cel::value::{Entries, Key, ListRef, Map, MapRef, Seen, Value, View};
use crate::value::Value as Json;

/// What is looped over: positions, each with an index or key and an item or value.
#[derive(Clone, Copy)]
enum Range<'r> {
    List(ListRef<'r>),
    Map(MapRef<'r>),
}

impl<'r> Range<'r> {
    fn of(view: View<'r>) -> Result<Self> {
        match view {
            View::List(list) => Ok(Self::List(list)),
            View::Map(map) => Ok(Self::Map(map)),
            other => {
                let message = format!("a macro loops over a list or map, not {}", other.value_type());
                Err(Error::new(ErrorKind::NoSuchOverload, message))
            }
        }
    }

    fn pairs(self) -> impl Iterator<Item = Pair<'r>> {
        let length = match self {
            Self::List(list) => list.len(),
            Self::Map(map) => map.len(),
        };
        (0..length).filter_map(move |position| self.pair(position))
    }

    #[inline]
    fn pair(self, position: usize) -> Option<Pair<'r>> {
        Some(match self {
            Self::List(list) => {
                let json = if let ListRef::Json(items) = list { items.get(position) } else { None };
                Pair { key: View::Int(i64::try_from(position).ok()?), item: list.get(position)?, json }
            }
            Self::Map(map) => {
                let (key, item) = map.entry(position)?;
                Pair { key, item, json: None }
            }
        })
    }
}

/// A position of a range.
struct Pair<'r> {
    key: View<'r>,
    item: View<'r>,
    /// The item, where it is JSON of a list.
    json: Option<&'r Json>,
}

/// One turn of a loop: what the first variable stands for, and what can be asked about it.
struct Turn<'t> {
    machine: Machine<'t>,
    looping: &'t Looping,
    innermost: &'t Local<'t>,
    key: View<'t>,
}

impl Turn<'_> {
    fn takes_part(&self) -> Result<bool> {
        match &self.looping.filter {
            Some(filter) => self.machine.truth(filter, Some(self.innermost), "the macro's filter"),
            None => Ok(true),
        }
    }

    fn holds(&self) -> Result<bool> {
        self.machine.truth(&self.looping.body, Some(self.innermost), "the macro's condition")
    }

    fn made(&self) -> Result<Value> {
        Ok(self.machine.evaluate(&self.looping.body, Some(self.innermost))?.into_value())
    }
}

impl<'e> Machine<'e> {
    pub(super) fn looping<'a>(&self, looping: &'a Looping, locals: Locals<'a>) -> Result<Seen<'a>>
    where
        'e: 'a,
    {
        let range = self.evaluate(&looping.range, locals)?;
        let range = Range::of(range.view()).map_err(|error| error.or_at(looping.range.offset))?;
        self.fuel.burn_length(MAKING_COST)?;
        let value = match looping.operation {
            Loop::All => self.decided(looping, range, false, locals)?.into(),
            Loop::Exists => self.decided(looping, range, true, locals)?.into(),
            Loop::ExistsOne => self.exists_one(looping, range, locals)?.into(),
            Loop::Filter | Loop::Map | Loop::TransformList => self.list_of(looping, range, locals)?,
            Loop::TransformMap | Loop::TransformMapEntry => self.map_of(looping, range, locals)?,
        };
        Ok(Seen::Value(value))
    }

    /// Runs through the range until `turn` says that it is enough.
    fn turns(
        &self,
        looping: &Looping,
        range: Range<'_>,
        locals: Locals<'_>,
        mut turn: impl FnMut(Turn<'_>) -> Result<bool>,
    ) -> Result<()> {
        for Pair { key, item, json } in range.pairs() {
            self.fuel.burn(1)?;
            // The variable of one alone is the item of a list, and the key of a map.
            let first = if looping.has_two || matches!(range, Range::Map(_)) { key } else { item };
            let outer_json = if looping.has_two { None } else { json };
            let outer = Local { seen: first.into(), json: outer_json, failure: None, around: locals };
            let inner;
            let innermost = if looping.has_two {
                inner = Local { seen: item.into(), json, failure: None, around: Some(&outer) };
                &inner
            } else {
                &outer
            };
            if turn(Turn { machine: *self, looping, innermost, key: first })? {
                return Ok(());
            }
        }
        Ok(())
    }

    /// `all` and `exists`, which are `&&` and `||` over the items.
    fn decided(
        &self,
        looping: &Looping,
        range: Range<'_>,
        deciding: bool,
        locals: Locals<'_>,
    ) -> Result<bool> {
        let (mut failure, mut is_decided) = (None, false);
        self.turns(looping, range, locals, |turn| {
            match turn.holds() {
                Ok(truth) => is_decided = truth == deciding,
                Err(error) if error.kind == ErrorKind::Limit => return Err(error),
                Err(error) => failure = failure.take().or(Some(error)),
            }
            Ok(is_decided)
        })?;
        match failure {
            Some(error) if !is_decided => Err(error),
            _ => Ok(is_decided == deciding),
        }
    }

    fn exists_one(&self, looping: &Looping, range: Range<'_>, locals: Locals<'_>) -> Result<bool> {
        let mut count = 0;
        self.turns(looping, range, locals, |turn| {
            count += usize::from(turn.holds()?);
            // An error of a later item is one of the whole.
            Ok(false)
        })?;
        Ok(count == 1)
    }

    fn list_of(&self, looping: &Looping, range: Range<'_>, locals: Locals<'_>) -> Result<Value> {
        let mut items = Vec::new();
        self.turns(looping, range, locals, |turn| {
            if looping.operation == Loop::Filter {
                if turn.holds()? {
                    items.push(turn.key.to_value());
                }
            } else if turn.takes_part()? {
                items.push(turn.made()?);
            }
            Ok(false)
        })?;
        Ok(items.into())
    }

    fn map_of(&self, looping: &Looping, range: Range<'_>, locals: Locals<'_>) -> Result<Value> {
        let mut entries = Vec::new();
        self.turns(looping, range, locals, |turn| {
            if !turn.takes_part()? {
                return Ok(false);
            }
            let made = turn.made()?;
            if looping.operation == Loop::TransformMap {
                let key = Key::of(turn.key)?;
                self.fuel.burn_length(key.as_ref().cost())?;
                entries.push((key, made));
                return Ok(false);
            }
            let View::Map(map) = made.view() else {
                let message = format!("`transformMapEntry` makes maps, not {}", made.view().value_type());
                return Err(Error::new(ErrorKind::NoSuchOverload, message));
            };
            for (key, value) in map.iter() {
                let key = Key::of(key)?;
                self.fuel.burn_length(1 + key.as_ref().cost())?;
                entries.push((key, value.to_value()));
            }
            Ok(false)
        })?;
        Ok(Value::Map(Map::Entries(Entries::try_new(entries)?.into())))
    }
}
