//! Schemas applied to values.

use std::cmp::Ordering;
use std::ops::RangeInclusive;
use std::sync::Arc;

use super::declared::{Numbers, is_other, is_own};
use super::evaluated::Evaluated;
use super::keyword::{Bound, Id, Keyword, Schema};
use super::number;
use super::place::{Place, Way, shown};
use super::words::{either, one_of, span, worded};
use crate::cel;
use crate::cel::Fuel;
use crate::cel::value::equal;
use crate::value::Value;

/// How many places of a value are told at most.
pub const PLACES_MAX: usize = 20;
/// How many schemas may be applied one inside the other.
pub const DEPTH_MAX: usize = 400;

/// Why validating stopped without a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    Work,
    Depth,
}

impl Stop {
    pub(super) fn place(self) -> Place {
        Way::Root.place(match self {
            Self::Work => "validating this takes more work than is allowed".into(),
            Self::Depth => format!("more than {DEPTH_MAX} schemas apply one inside the other"),
        })
    }
}

impl From<Box<cel::Error>> for Stop {
    fn from(_: Box<cel::Error>) -> Self {
        Self::Work
    }
}

pub(super) type Result<T> = std::result::Result<T, Stop>;

/// Applies the first of the schemas: the numbers that are declared as others than they are, or the places that
/// are not valid. Each of two passes may do so much work: the first looks without words, because most values
/// are valid, the second finds the words.
pub(super) fn apply(
    schemas: &[Schema],
    value: &Value,
    work: u64,
) -> Result<std::result::Result<Numbers, Vec<Place>>> {
    let pass = |places: &mut Places| {
        let fuel = Fuel::new(work);
        let mut applying = Applying { schemas, fuel: &fuel, depth: 0, numbers: Numbers::new() };
        let holds = applying.schema(0, value, &Way::Root, places, &mut None)?;
        Ok(holds.then_some(applying.numbers))
    };
    if let Some(numbers) = pass(&mut None)? {
        return Ok(Ok(numbers));
    }
    let mut places = Some(Vec::new());
    let told = pass(&mut places);
    match (told, places.unwrap_or_default()) {
        // It is known that the value is not valid; what was found until then is told.
        (Err(stop), places) if places.is_empty() => Err(stop),
        (_, places) => Ok(Err(places)),
    }
}

/// Where failures are written down, if anybody wants to know them.
pub(super) type Places = Option<Vec<Place>>;
/// What has been looked at, if anybody wants to know it.
pub(super) type Marks = Option<Evaluated>;

/// Schemas on their way through a value.
pub(super) struct Applying<'s> {
    pub(super) schemas: &'s [Schema],
    pub(super) fuel: &'s Fuel,
    depth: usize,
    /// Of those parts of the value of which it is known that they hold.
    numbers: Numbers,
}

/// Notes a failure.
#[cold]
pub(super) fn fail(places: &mut Places, way: &Way<'_>, message: impl FnOnce() -> String) -> bool {
    if let Some(places) = places.as_mut().filter(|places| places.len() < PLACES_MAX) {
        let place = way.place(message());
        if !places.contains(&place) {
            places.push(place);
        }
    }
    false
}

impl<'s> Applying<'s> {
    /// Whether a schema holds for a value. It stops at the first failure unless these are written down.
    pub(super) fn schema(
        &mut self,
        id: Id,
        value: &Value,
        way: &Way<'_>,
        places: &mut Places,
        marks: &mut Marks,
    ) -> Result<bool> {
        self.fuel.burn(1)?;
        let keywords = match self.schemas.get(id) {
            Some(Schema::Keywords(keywords)) => keywords,
            Some(Schema::Nothing) => {
                return Ok(fail(places, way, || format!("{} is not allowed", shown(value))));
            }
            _ => return Ok(true),
        };
        if self.depth >= DEPTH_MAX {
            return Err(Stop::Depth);
        }
        self.depth += 1;
        let before = self.numbers.len();
        let looks_back = |keyword: &Keyword| {
            matches!(keyword, Keyword::UnevaluatedItems(_) | Keyword::UnevaluatedProperties(_))
        };
        let mut own = match marks {
            Some(marks) => {
                self.fuel.burn_length(marks.len() / 16)?;
                Some(marks.fresh())
            }
            None => keywords.last().is_some_and(looks_back).then(|| Evaluated::none_of(value)),
        };
        let mut holds = true;
        for keyword in keywords {
            holds &= self.keyword(keyword, value, way, places, &mut own)?;
            if !holds && places.is_none() {
                break;
            }
        }
        self.depth -= 1;
        if !holds {
            self.numbers.truncate(before);
        }
        if let (true, Some(marks), Some(own)) = (holds, marks, &own) {
            marks.merge(own);
        }
        Ok(holds)
    }

    /// Whether as many items as wanted are valid by a schema.
    fn contains(
        &mut self,
        schema: Id,
        wanted: RangeInclusive<u64>,
        items: &[Value],
        way: &Way<'_>,
        places: &mut Places,
        marks: &mut Marks,
    ) -> Result<bool> {
        let (mut count, before) = (0, self.numbers.len());
        for (index, item) in items.iter().enumerate() {
            count += u64::from(self.item(schema, item, index, way, &mut None, marks)?);
        }
        // What is counted is not declared by that.
        self.numbers.truncate(before);
        Ok(wanted.contains(&count)
            || fail(places, way, || {
                format!("expected {} items of a kind, got {count}", span(*wanted.start(), *wanted.end()))
            }))
    }

    fn keyword(
        &mut self,
        keyword: &'s Keyword,
        value: &Value,
        way: &Way<'_>,
        places: &mut Places,
        marks: &mut Marks,
    ) -> Result<bool> {
        self.fuel.burn(1)?;
        match (keyword, value) {
            (Keyword::Type(types), value) => {
                if !types.iter().any(|kind| kind.holds(value)) {
                    let came = value.type_name();
                    return Ok(fail(places, way, || format!("expected {}, got {came}", either(types))));
                }
                if is_other(types, value) {
                    self.numbers.push(value);
                }
                Ok(true)
            }
            (Keyword::Enum(values, texts), value) => Ok(self.is_one_of(values, texts, value)?
                || fail(places, way, || format!("expected {}, got {}", one_of(values), shown(value)))),
            (Keyword::Const(wanted), value) => Ok(equal(wanted.into(), value.into(), self.fuel)?
                || fail(places, way, || format!("expected {}, got {}", shown(wanted), shown(value)))),
            (Keyword::MultipleOf(of), value) => {
                self.fuel.burn(number::price(value).max(number::price(of)))?;
                Ok(number::is_multiple(value, of).unwrap_or(true)
                    || fail(places, way, || {
                        format!("expected a multiple of {}, got {}", shown(of), shown(value))
                    }))
            }
            (Keyword::Bound(bound, limit), value) => {
                self.fuel.burn(number::price(value).max(number::price(limit)))?;
                Ok(is_within(*bound, limit, value)
                    || fail(places, way, || {
                        format!("expected {}, got {}", worded(*bound, limit), shown(value))
                    }))
            }
            (Keyword::Size(counted, least, most), value) => {
                self.size(*counted, (*least, *most), value, way, places)
            }
            (Keyword::Pattern(pattern, text), Value::String(found)) => Ok(pattern
                .is_match(found, self.fuel)?
                || fail(places, way, || format!("expected text like {text}, got {}", shown(value)))),
            (Keyword::Required(names), Value::Object(object)) => {
                self.required(names, object, way, places, "")
            }
            (Keyword::DependentRequired(entries), Value::Object(object)) => {
                self.fuel.burn_length(entries.len())?;
                let mut there = entries.iter().filter(|(key, _)| object.get(key).is_some());
                there.try_fold(true, |holds, (key, names)| {
                    Ok(self.required(names, object, way, places, &format!(", beside `{key}`"))? & holds)
                })
            }
            (Keyword::DependentSchemas(entries), Value::Object(object)) => {
                self.fuel.burn_length(entries.len())?;
                let there =
                    entries.iter().filter(|(key, _)| object.get(key).is_some()).map(|(_, schema)| *schema);
                self.all(there, value, way, places, marks)
            }
            (Keyword::Members(members), Value::Object(object)) => {
                self.members(members, object, way, places, marks)
            }
            (Keyword::Names(schema), Value::Object(object)) => {
                let mut holds = true;
                for (key, _) in &**object {
                    let name = Value::String(key.clone());
                    holds &= self.schema(*schema, &name, &Way::Key(way, key), places, &mut None)?;
                }
                Ok(holds)
            }
            (Keyword::Items { first, rest }, Value::List(items)) => {
                let mut holds = true;
                for (index, item) in items.iter().enumerate() {
                    let Some(schema) = first.get(index).copied().or(*rest) else { break };
                    holds &= self.item(schema, item, index, way, places, marks)?;
                    if !holds && places.is_none() {
                        break;
                    }
                }
                Ok(holds)
            }
            (Keyword::Contains { schema, least, most }, Value::List(items)) => {
                self.contains(*schema, *least..=*most, items, way, places, marks)
            }
            (Keyword::Unique, Value::List(items)) => self.unique(items, way, places),
            (Keyword::UnevaluatedItems(schema), Value::List(items)) => {
                let mut holds = true;
                for (index, item) in items.iter().enumerate() {
                    if !marks.as_ref().is_some_and(|marks| marks.is_marked(index)) {
                        holds &= self.item(*schema, item, index, way, places, marks)?;
                    }
                }
                Ok(holds)
            }
            (Keyword::UnevaluatedProperties(schema), Value::Object(object)) => {
                let mut holds = true;
                for (position, (key, value)) in object.iter().enumerate() {
                    if !marks.as_ref().is_some_and(|marks| marks.is_marked(position)) {
                        holds &= self.member(*schema, key, value, way, places)?;
                        mark(marks, position);
                    }
                }
                Ok(holds)
            }
            (keyword, value) => self.combined(keyword, value, way, places, marks),
        }
    }

    fn is_one_of(&self, values: &[Value], texts: &[Arc<str>], value: &Value) -> Result<bool> {
        if let Value::String(text) = value {
            return Ok(texts.binary_search(text).is_ok());
        }
        for allowed in values {
            self.fuel.burn(1)?;
            if equal(allowed.into(), value.into(), self.fuel)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Keywords that apply other schemas to the same value.
    fn combined(
        &mut self,
        keyword: &'s Keyword,
        value: &Value,
        way: &Way<'_>,
        places: &mut Places,
        marks: &mut Marks,
    ) -> Result<bool> {
        match keyword {
            Keyword::Ref(schema) => self.schema(*schema, value, way, places, marks),
            Keyword::All(schemas) => self.all(schemas.iter().copied(), value, way, places, marks),
            Keyword::Any(schemas) => {
                let (mut holds, before) = (false, self.numbers.len());
                // The first alternative that holds declares the numbers.
                let mut end = before;
                for schema in schemas {
                    let holds_too = self.schema(*schema, value, way, &mut None, marks)?;
                    end = if holds { end } else { self.numbers.len() };
                    holds |= holds_too;
                    // The others may have looked at more.
                    if holds && marks.is_none() {
                        break;
                    }
                }
                let is_own = |schema: &Id| self.types(*schema).is_some_and(|types| is_own(types, value));
                let end = if schemas.iter().any(is_own) { before } else { end };
                self.numbers.truncate(end);
                if holds { Ok(true) } else { self.no_alternative(schemas, value, way, places) }
            }
            Keyword::One(schemas) => {
                let mut held = 0;
                for schema in schemas {
                    held += usize::from(self.schema(*schema, value, way, &mut None, marks)?);
                }
                match held {
                    1 => Ok(true),
                    0 => self.no_alternative(schemas, value, way, places),
                    held => Ok(fail(places, way, || {
                        format!("fits {held} of {} alternatives, of which only one may hold", schemas.len())
                    })),
                }
            }
            // A schema that holds here fails the one that it stands in, and declares nothing by that.
            Keyword::Not(schema) => Ok(!self.schema(*schema, value, way, &mut None, &mut None)?
                || fail(places, way, || format!("{} is what must not be here", shown(value)))),
            Keyword::If { condition, then, otherwise } => {
                let before = self.numbers.len();
                let holds = self.schema(*condition, value, way, &mut None, marks)?;
                self.numbers.truncate(before);
                match if holds { then } else { otherwise } {
                    Some(schema) => self.schema(*schema, value, way, places, marks),
                    None => Ok(true),
                }
            }
            _ => Ok(true),
        }
    }

    fn all(
        &mut self,
        schemas: impl Iterator<Item = Id>,
        value: &Value,
        way: &Way<'_>,
        places: &mut Places,
        marks: &mut Marks,
    ) -> Result<bool> {
        let mut holds = true;
        for schema in schemas {
            holds &= self.schema(schema, value, way, places, marks)?;
            if !holds && places.is_none() {
                break;
            }
        }
        Ok(holds)
    }

    fn item(
        &mut self,
        schema: Id,
        item: &Value,
        index: usize,
        way: &Way<'_>,
        places: &mut Places,
        marks: &mut Marks,
    ) -> Result<bool> {
        let holds = self.schema(schema, item, &Way::Item(way, index), places, &mut None)?;
        if holds {
            mark(marks, index);
        }
        Ok(holds)
    }
}

pub(super) fn mark(marks: &mut Marks, position: usize) {
    if let Some(marks) = marks {
        marks.mark(position);
    }
}

fn is_within(bound: Bound, limit: &Value, value: &Value) -> bool {
    let Some(order) = number::order(value, limit) else { return true };
    match bound {
        Bound::AtLeast => order != Ordering::Less,
        Bound::MoreThan => order == Ordering::Greater,
        Bound::AtMost => order != Ordering::Greater,
        Bound::LessThan => order == Ordering::Less,
    }
}
