//! Types out of JSON Schema: what is known of a value's JSON form.

use std::cell::Cell;
use std::sync::Arc;

use super::{ObjectType, Type};
use crate::value::{Object, Value};

/// How deep a schema is followed; what lies deeper, as in a schema of itself, can be anything.
const DEPTH_MAX: usize = 24;
/// How many schemas are looked at, each as often as others lead to it; what comes after can be anything.
const SCHEMAS_MAX: usize = 20_000;

impl Type {
    /// The type of the values that a JSON Schema takes; what it does not tell is [`Type::Dyn`].
    ///
    /// An object has the fields of its `properties`, and no others unless `additionalProperties` says so:
    /// a name that is written nowhere is more often a mistake than data.
    pub fn of_schema(schema: &Value) -> Self {
        Following { root: schema, left: Cell::new(SCHEMAS_MAX) }.of(schema, 0)
    }

    /// The type of a value that is always the same.
    pub fn of_value(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(_) => Self::Bool,
            Value::Int(_) => Self::Int,
            Value::Uint(_) => Self::Uint,
            Value::Big(_) => Self::Dyn,
            Value::Float(_) => Self::Double,
            Value::String(_) => Self::String,
            Value::List(items) => Self::list(Self::join_all(items.iter().map(Self::of_value))),
            Value::Object(object) => {
                let fields = object.iter().map(|(key, value)| (key.clone(), Self::of_value(value)));
                Self::object(fields)
            }
        }
    }

    /// An object with these fields and no others.
    pub fn object(fields: impl IntoIterator<Item = (Arc<str>, Self)>) -> Self {
        Self::Object(Arc::new(ObjectType { fields: fields.into_iter().collect(), open: false }))
    }
}

/// A schema that is being followed.
struct Following<'s> {
    root: &'s Value,
    /// How many more schemas are looked at.
    left: Cell<usize>,
}

impl Following<'_> {
    fn of(&self, schema: &Value, depth: usize) -> Type {
        let Value::Object(schema) = schema else { return Type::Dyn };
        let Some(left) = self.left.get().checked_sub(1) else { return Type::Dyn };
        self.left.set(left);
        if depth >= DEPTH_MAX {
            return Type::Dyn;
        }
        if let Some(Value::String(path)) = schema.get("$ref") {
            return target(path, self.root).map_or(Type::Dyn, |target| self.of(target, depth + 1));
        }
        if let Some(constant) = schema.get("const") {
            return Type::of_value(constant);
        }
        if let Some(Value::List(values)) = schema.get("enum") {
            return Type::join_all(values.iter().map(Type::of_value));
        }
        for union in ["anyOf", "oneOf"] {
            if let Some(Value::List(members)) = schema.get(union) {
                return Type::join_all(members.iter().map(|member| self.of(member, depth + 1)));
            }
        }
        if let Some(Value::List(members)) = schema.get("allOf") {
            return match &**members {
                [only] => self.of(only, depth + 1),
                _ => Type::Dyn,
            };
        }
        match schema.get("type") {
            Some(Value::String(name)) => self.named(name, schema, depth),
            _ if schema.get("properties").is_some() => self.named("object", schema, depth),
            _ => Type::Dyn,
        }
    }

    fn named(&self, name: &str, schema: &Object, depth: usize) -> Type {
        match name {
            "null" => Type::Null,
            "boolean" => Type::Bool,
            "integer" => Type::Int,
            "number" => Type::Double,
            "string" => Type::String,
            "array" => Type::list(schema.get("items").map_or(Type::Dyn, |items| self.of(items, depth + 1))),
            "object" => self.object(schema, depth),
            _ => Type::Dyn,
        }
    }

    fn object(&self, schema: &Object, depth: usize) -> Type {
        let others = schema.get("additionalProperties");
        let Some(Value::Object(properties)) = schema.get("properties") else {
            return Type::map(Type::String, others.map_or(Type::Dyn, |others| self.of(others, depth + 1)));
        };
        let fields = properties.iter().map(|(key, field)| (key.clone(), self.of(field, depth + 1)));
        let open = others.is_some_and(|others| !matches!(others, Value::Bool(false)));
        Type::Object(Arc::new(ObjectType { fields: fields.collect(), open }))
    }
}

/// What a reference within the schema leads to.
fn target<'s>(path: &str, root: &'s Value) -> Option<&'s Value> {
    path.strip_prefix('#')?.split('/').skip(1).try_fold(root, |value, step| {
        let Value::Object(object) = value else { return None };
        object.get(&step.replace("~1", "/").replace("~0", "~"))
    })
}
