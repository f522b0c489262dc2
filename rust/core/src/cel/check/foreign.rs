//! What other languages call something that is called otherwise here.

const NAMES: [(&[&str], &str); 22] = [
    (&["len", "length", "count"], "size"),
    (&["str", "toString", "text"], "string"),
    (&["float", "number", "parseFloat"], "double"),
    (&["integer", "parseInt"], "int"),
    (&["upper", "toUpper", "toUpperCase", "uppercase"], "upperAscii"),
    (&["lower", "toLower", "toLowerCase", "lowercase"], "lowerAscii"),
    (&["strip"], "trim"),
    (&["includes"], "contains"),
    (&["find", "index"], "indexOf"),
    (&["slice", "substr"], "substring"),
    (&["match", "test", "regex"], "matches"),
    (&["max"], "math.greatest"),
    (&["min"], "math.least"),
    (&["abs"], "math.abs"),
    (&["round"], "math.round"),
    (&["floor"], "math.floor"),
    (&["ceil"], "math.ceil"),
    (&["any", "some"], "exists"),
    (&["every"], "all"),
    (&["True", "TRUE"], "true"),
    (&["False", "FALSE"], "false"),
    (&["None", "nil", "undefined", "NULL"], "null"),
];

/// What a name of another language is called here.
pub(super) fn known_as(name: &str) -> Option<&'static str> {
    NAMES.iter().find(|(foreign, _)| foreign.contains(&name)).map(|(_, known)| *known)
}
