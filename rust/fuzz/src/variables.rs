//! The variables of random expressions: their types and their values.

use std::sync::{Arc, LazyLock};

use engine_core::cel::Program;
use engine_core::cel::check::{ObjectType, Type};
use engine_core::value::Value;

/// The kinds of the variables, as the grammar calls them.
pub(crate) const VARIABLES: [(&str, &str); 10] = [
    ("n", "int"),
    ("f", "double"),
    ("s", "string"),
    ("flag", "bool"),
    ("tags", "list-string"),
    ("numbers", "list-int"),
    ("counts", "map-int"),
    ("users", "list-user"),
    ("user", "user"),
    ("x", "dyn"),
];

const DATA: &str = r#"{"n": 7, "f": -1.5, "s": "a-\u00e9\ud83d\ude00 b", "flag": true, "tags": ["vip", "", "a"],
    "numbers": [3, 1, -9223372036854775808, 2], "counts": {"a": 1, "b": 9223372036854775807},
    "users": [{"name": "Ada", "score": 0.5, "tags": []}, {"name": "b", "score": 3.0, "tags": ["a"]}],
    "user": {"name": "Ada", "score": 0.93, "tags": ["vip"]},
    "x": {"a": {"b": [1, 2.5, "t", null]}, "name": "x", "n": null, "big": 123456789012345678901234567890,
          "uint": 18446744073709551615, "tags": [[], {}, true]}}"#;

static VALUES: LazyLock<Value> = LazyLock::new(|| Value::from_json(DATA.as_bytes()).expect("it is JSON"));

/// The types that checks are told.
pub(crate) static TYPES: LazyLock<Vec<(Arc<str>, Type)>> =
    LazyLock::new(|| VARIABLES.into_iter().map(|(name, kind)| (name.into(), type_of(kind))).collect());

/// The type of a kind.
pub(crate) fn type_of(kind: &str) -> Type {
    match kind.split_once('-') {
        Some(("list", item)) => Type::list(type_of(item)),
        Some(("map", value)) => Type::map(Type::String, type_of(value)),
        Some((_, held)) => Type::optional(type_of(held)),
        None => match kind {
            "bool" => Type::Bool,
            "int" => Type::Int,
            "uint" => Type::Uint,
            "double" => Type::Double,
            "string" => Type::String,
            "bytes" => Type::Bytes,
            "timestamp" => Type::Timestamp,
            "duration" => Type::Duration,
            "user" => user(),
            _ => Type::Dyn,
        },
    }
}

fn user() -> Type {
    let fields = [("name", Type::String), ("score", Type::Double), ("tags", Type::list(Type::String))];
    let fields = fields.into_iter().map(|(name, known)| (name.into(), known)).collect();
    Type::Object(Arc::new(ObjectType { fields, open: false }))
}

/// The values in the order of a program's slots.
pub(crate) fn values(program: &Program) -> Vec<Option<Value>> {
    program.roots().iter().map(|root| VALUES.field(&root.name).cloned()).collect()
}
