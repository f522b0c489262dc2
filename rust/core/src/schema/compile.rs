//! A document to schemas: every keyword is read once, every reference found.

use std::collections::HashMap;
use std::sync::Arc;

use super::keyword::{Bound, Counted, Id, Keyword, Members, Names, Schema, Type};
use super::number;
use super::place::{Place, shown};
use super::reference;
use crate::cel::check::suggestion;
use crate::cel::functions::Pattern;
use crate::value::{Object, Step, Value};

/// How many schemas a document may hold.
pub const SCHEMAS_MAX: usize = 10_000;
/// How many patterns it may hold; each may take 256 KiB.
pub const PATTERNS_MAX: usize = 200;
/// The only draft there is here.
const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";

type Result<T> = std::result::Result<T, Place>;

pub(super) fn compile(document: &Value) -> Result<Vec<Schema>> {
    let mut compiler = Compiler {
        names: reference::Names::of(document),
        ids: HashMap::new(),
        open: Vec::new(),
        patterns: 0,
    };
    compiler.id(document, Vec::new());
    let mut schemas = Vec::new();
    // Each schema read may find more; so none waits for another on the stack.
    while let Some((value, steps)) = compiler.open.get(schemas.len()).cloned() {
        if schemas.len() >= SCHEMAS_MAX {
            return Err(Place { steps, message: format!("more than {SCHEMAS_MAX} schemas") });
        }
        schemas.push(compiler.schema(value, &steps)?);
    }
    Ok(schemas)
}

struct Compiler<'d> {
    names: reference::Names<'d>,
    /// The schemas found so far, by where they are in memory.
    ids: HashMap<*const Value, Id>,
    /// The same by their ids, with the way to each.
    open: Vec<(&'d Value, Vec<Step>)>,
    patterns: usize,
}

/// A schema that is being read.
struct Reading<'d, 'c> {
    compiler: &'c mut Compiler<'d>,
    schema: &'d Value,
    object: &'d Object,
    steps: &'c [Step],
}

impl<'d> Compiler<'d> {
    fn id(&mut self, schema: &'d Value, steps: Vec<Step>) -> Id {
        let next = self.open.len();
        let id = *self.ids.entry(schema).or_insert(next);
        if id == next {
            self.open.push((schema, steps));
        }
        id
    }

    fn schema(&mut self, schema: &'d Value, steps: &[Step]) -> Result<Schema> {
        match schema {
            Value::Bool(true) => Ok(Schema::Anything),
            Value::Bool(false) => Ok(Schema::Nothing),
            Value::Object(object) => {
                let mut reading = Reading { compiler: self, schema, object, steps };
                Ok(Schema::Keywords(reading.keywords()?.into()))
            }
            other => Err(Place {
                steps: steps.into(),
                message: format!("a schema is an object or a boolean, not {}", other.type_name()),
            }),
        }
    }
}

impl<'d> Reading<'d, '_> {
    fn keywords(&mut self) -> Result<Vec<Keyword>> {
        self.check_draft()?;
        let mut keywords = Vec::new();
        for (key, value) in self.object {
            keywords.extend(self.keyword(key, value)?);
        }
        keywords.extend(self.sizes()?);
        keywords.extend(self.contains()?);
        keywords.extend(self.members()?);
        keywords.extend(self.items()?);
        keywords.extend(self.condition());
        if let Some(schema) = self.optional("unevaluatedItems") {
            keywords.push(Keyword::UnevaluatedItems(schema));
        }
        if let Some(schema) = self.optional("unevaluatedProperties") {
            keywords.push(Keyword::UnevaluatedProperties(schema));
        }
        Ok(keywords)
    }

    fn check_draft(&self) -> Result<()> {
        match self.object.get("$schema") {
            None => Ok(()),
            Some(Value::String(draft)) if draft.trim_end_matches('#') == DRAFT => Ok(()),
            Some(other) => self.refuse("$schema", format!("{} is not known here; {DRAFT} is", shown(other))),
        }
    }

    /// Keywords that mean something alone.
    fn keyword(&mut self, key: &str, value: &'d Value) -> Result<Option<Keyword>> {
        Ok(Some(match key {
            "type" => Keyword::Type(self.types(value)?),
            "enum" => match value {
                Value::List(values) => {
                    let texts = values.iter().filter_map(|value| match value {
                        Value::String(text) => Some(text.clone()),
                        _ => None,
                    });
                    let mut texts: Names = texts.collect();
                    texts.sort();
                    Keyword::Enum((**values).into(), texts)
                }
                _ => return self.refuse(key, "must be a list"),
            },
            "const" => Keyword::Const(value.clone()),
            "multipleOf" => match number::order(value, &Value::Int(0)) {
                Some(std::cmp::Ordering::Greater) => Keyword::MultipleOf(value.clone()),
                _ => return self.refuse(key, "must be a number above 0"),
            },
            "minimum" => self.bound(key, Bound::AtLeast, value)?,
            "exclusiveMinimum" => self.bound(key, Bound::MoreThan, value)?,
            "maximum" => self.bound(key, Bound::AtMost, value)?,
            "exclusiveMaximum" => self.bound(key, Bound::LessThan, value)?,
            "pattern" => match value {
                Value::String(text) => Keyword::Pattern(self.pattern(key, text)?, text.clone()),
                _ => return self.refuse(key, "must be text"),
            },
            "uniqueItems" => match value {
                Value::Bool(true) => Keyword::Unique,
                Value::Bool(false) => return Ok(None),
                _ => return self.refuse(key, "must be true or false"),
            },
            "required" => Keyword::Required(self.texts(key, value)?),
            "dependentRequired" => {
                let entries = self.entries(key)?.iter();
                let entries = entries.map(|(name, value)| Ok((name.clone(), self.texts(key, value)?)));
                Keyword::DependentRequired(entries.collect::<Result<_>>()?)
            }
            "dependentSchemas" => Keyword::DependentSchemas(self.schemas_by_key(key)?.into()),
            "propertyNames" => Keyword::Names(self.sub(key, value)),
            "$ref" => Keyword::Ref(self.reference(value)?),
            "$dynamicRef" => return self.refuse(key, "is not supported; use `$ref`"),
            "allOf" => Keyword::All(self.list(key, value)?),
            "anyOf" => Keyword::Any(self.list(key, value)?),
            "oneOf" => Keyword::One(self.list(key, value)?),
            "not" => Keyword::Not(self.sub(key, value)),
            _ => return Ok(None),
        }))
    }

    fn refuse<T>(&self, key: &str, message: impl Into<String>) -> Result<T> {
        Err(Place { steps: self.inner([Step::Key(key.into())]), message: message.into() })
    }

    /// The way to something in this schema.
    fn inner<const N: usize>(&self, steps: [Step; N]) -> Vec<Step> {
        self.steps.iter().cloned().chain(steps).collect()
    }

    /// The schema at a keyword.
    fn sub(&mut self, key: &str, value: &'d Value) -> Id {
        self.compiler.id(value, self.inner([Step::Key(key.into())]))
    }

    fn optional(&mut self, key: &str) -> Option<Id> {
        let object = self.object;
        object.get(key).map(|value| self.sub(key, value))
    }

    fn list(&mut self, key: &str, value: &'d Value) -> Result<Box<[Id]>> {
        match value {
            Value::List(items) if !items.is_empty() => {
                let items = items.iter().enumerate();
                let steps = |index| [Step::Key(key.into()), Step::Index(index)];
                Ok(items.map(|(index, item)| self.compiler.id(item, self.inner(steps(index)))).collect())
            }
            _ => self.refuse(key, "must be a list of schemas, not empty"),
        }
    }

    /// The object at a keyword; empty if there is none.
    fn entries(&self, key: &str) -> Result<&'d [(Arc<str>, Value)]> {
        match self.object.get(key) {
            None => Ok(&[]),
            Some(Value::Object(object)) => Ok(object.iter().as_slice()),
            Some(_) => self.refuse(key, "must be an object"),
        }
    }

    fn schemas_by_key(&mut self, key: &str) -> Result<Vec<(Arc<str>, Id)>> {
        let entries = self.entries(key)?.iter();
        let steps = |name: &Arc<str>| [Step::Key(key.into()), Step::Key(name.clone())];
        Ok(entries
            .map(|(name, schema)| (name.clone(), self.compiler.id(schema, self.inner(steps(name)))))
            .collect())
    }

    fn texts(&self, key: &str, value: &Value) -> Result<Names> {
        let texts = match value {
            Value::List(items) => items
                .iter()
                .map(|item| match item {
                    Value::String(text) => Some(text.clone()),
                    _ => None,
                })
                .collect(),
            _ => None,
        };
        texts.map_or_else(|| self.refuse(key, "must be a list of texts"), Ok)
    }

    fn types(&self, value: &Value) -> Result<Box<[Type]>> {
        let unknown = |name: &str| {
            let known = match suggestion(name, Type::names()) {
                close if close.is_empty() => {
                    format!(" (types: {})", Type::names().collect::<Vec<_>>().join(", "))
                }
                close => close,
            };
            self.refuse("type", format!("{} is no type{known}", shown(&Value::from(name))))
        };
        let named = |value: &Value| match value {
            Value::String(name) => Type::named(name).map_or_else(|| unknown(name), Ok),
            _ => self.refuse("type", "must be the name of a type, or a list of such names"),
        };
        match value {
            Value::List(items) => {
                let mut types = Vec::new();
                for kind in &**items {
                    let kind = named(kind)?;
                    if !types.contains(&kind) {
                        types.push(kind);
                    }
                }
                Ok(types.into())
            }
            single => Ok([named(single)?].into()),
        }
    }

    fn bound(&self, key: &str, bound: Bound, value: &Value) -> Result<Keyword> {
        match number::order(value, value) {
            Some(_) => Ok(Keyword::Bound(bound, value.clone())),
            None => self.refuse(key, "must be a number"),
        }
    }

    fn pattern(&mut self, key: &str, text: &str) -> Result<Pattern> {
        self.compiler.patterns += 1;
        if self.compiler.patterns > PATTERNS_MAX {
            return self.refuse(key, format!("more than {PATTERNS_MAX} patterns"));
        }
        Pattern::new(text).or_else(|error| self.refuse(key, error.message))
    }

    fn reference(&mut self, value: &Value) -> Result<Id> {
        let Value::String(reference) = value else { return self.refuse("$ref", "must be text") };
        if let Some(schema) = self.compiler.names.find(self.schema, reference) {
            return Ok(self.compiler.id(schema, reference::steps(reference)));
        }
        let message = format!("{} leads to no schema of this document, and nothing is fetched", shown(value));
        self.refuse("$ref", message)
    }

    /// How many of something there may be, by two keywords.
    fn range(&self, least: &str, most: &str) -> Result<Option<(u64, u64)>> {
        let read = |key: &str| match self.object.get(key) {
            None => Ok(None),
            // A whole number may be written with a fraction of 0.
            Some(value) if Type::Integer.holds(value) => match value {
                Value::Int(number) if *number >= 0 => Ok(Some(number.unsigned_abs())),
                #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // It saturates.
                Value::Float(number) if *number >= 0.0 => Ok(Some(*number as u64)),
                Value::Uint(number) => Ok(Some(*number)),
                _ => self.refuse(key, "must be 0 or more"),
            },
            Some(_) => self.refuse(key, "must be an integer"),
        };
        Ok(match (read(least)?, read(most)?) {
            (None, None) => None,
            (least, most) => Some((least.unwrap_or(0), most.unwrap_or(u64::MAX))),
        })
    }

    fn sizes(&self) -> Result<Vec<Keyword>> {
        let sizes = [
            (Counted::Letters, "minLength", "maxLength"),
            (Counted::Items, "minItems", "maxItems"),
            (Counted::Keys, "minProperties", "maxProperties"),
        ];
        let mut keywords = Vec::new();
        for (counted, least, most) in sizes {
            let range = self.range(least, most)?;
            keywords.extend(range.map(|(least, most)| Keyword::Size(counted, least, most)));
        }
        Ok(keywords)
    }

    fn contains(&mut self) -> Result<Option<Keyword>> {
        let range = self.range("minContains", "maxContains")?;
        let Some(schema) = self.optional("contains") else { return Ok(None) };
        // One is needed unless it is said otherwise.
        let says_least = self.object.get("minContains").is_some();
        let (least, most) = range.unwrap_or((1, u64::MAX));
        Ok(Some(Keyword::Contains { schema, least: if says_least { least } else { 1 }, most }))
    }

    fn members(&mut self) -> Result<Option<Keyword>> {
        let mut properties = self.schemas_by_key("properties")?;
        properties.sort();
        let patterns = self.schemas_by_key("patternProperties")?.into_iter();
        let patterns = patterns.map(|(text, schema)| Ok((self.pattern("patternProperties", &text)?, schema)));
        let patterns = patterns.collect::<Result<Box<[_]>>>()?;
        let others = self.optional("additionalProperties");
        let is_empty = properties.is_empty() && patterns.is_empty() && others.is_none();
        Ok((!is_empty).then(|| Keyword::Members(Members { properties: properties.into(), patterns, others })))
    }

    fn items(&mut self) -> Result<Option<Keyword>> {
        let object = self.object;
        let first = match object.get("prefixItems") {
            Some(value) => self.list("prefixItems", value)?,
            None => Box::default(),
        };
        let rest = self.optional("items");
        Ok((!first.is_empty() || rest.is_some()).then_some(Keyword::Items { first, rest }))
    }

    fn condition(&mut self) -> Option<Keyword> {
        let (then, otherwise) = (self.optional("then"), self.optional("else"));
        self.optional("if").map(|condition| Keyword::If { condition, then, otherwise })
    }
}
