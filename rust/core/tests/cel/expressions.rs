//! Random syntax trees.

use engine_core::cel::syntax::{
    Arithmetic, Binary, Bind, Comprehension, Element, Entry, Expr, Kind, Literal, Loop, OptionalMap,
    Relation, Unary,
};
use proptest::prelude::*;

pub(crate) fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

fn node(kind: Kind) -> Expr {
    Expr::new(kind, 0).expect("the tree is low")
}

fn literals() -> impl Strategy<Value = Literal> {
    prop_oneof![
        Just(Literal::Null),
        any::<bool>().prop_map(Literal::Bool),
        prop_oneof![any::<i64>(), -3..9_i64, Just(i64::MIN)].prop_map(Literal::Int),
        prop_oneof![any::<u64>(), 0..9_u64].prop_map(Literal::Uint),
        any::<f64>()
            .prop_filter("no literal is infinite", |number| number.is_finite())
            .prop_map(Literal::Double),
        prop_oneof![any::<String>(), "[ab%s\\\\'\"\n]{0,6}"].prop_map(|text| Literal::String(text.into())),
        prop::collection::vec(any::<u8>(), 0..6).prop_map(|bytes| Literal::Bytes(bytes.into())),
    ]
}

fn operators() -> impl Strategy<Value = Binary> {
    prop::sample::select(vec![
        Binary::In,
        Binary::Relation(Relation::Equal),
        Binary::Relation(Relation::NotEqual),
        Binary::Relation(Relation::Less),
        Binary::Relation(Relation::GreaterEqual),
        Binary::Arithmetic(Arithmetic::Add),
        Binary::Arithmetic(Arithmetic::Subtract),
        Binary::Arithmetic(Arithmetic::Multiply),
        Binary::Arithmetic(Arithmetic::Divide),
        Binary::Arithmetic(Arithmetic::Remainder),
    ])
}

/// Names of variables, given and unknown.
const NAMES: [&str; 5] = ["x", "y", "items", "_v", "nobody"];
const FIELDS: [&str; 6] = ["a", "tags", "if", "content-type", "in", "score"];
const FUNCTIONS: [&str; 14] = [
    "size",
    "contains",
    "matches",
    "string",
    "int",
    "format",
    "replace",
    "split",
    "join",
    "timestamp",
    "reverse",
    "orValue",
    "indexOf",
    "unknown",
];

fn names() -> impl Strategy<Value = std::sync::Arc<str>> {
    prop::sample::select(&NAMES[..]).prop_map(Into::into)
}

fn comprehensions(inner: impl Strategy<Value = Expr> + Clone) -> impl Strategy<Value = Kind> {
    let shapes = prop::sample::select(vec![
        (Loop::All, false, false),
        (Loop::All, true, false),
        (Loop::Exists, false, false),
        (Loop::Exists, true, false),
        (Loop::ExistsOne, false, false),
        (Loop::ExistsOne, true, false),
        (Loop::Filter, false, false),
        (Loop::Map, false, false),
        (Loop::Map, false, true),
        (Loop::TransformList, true, false),
        (Loop::TransformList, true, true),
        (Loop::TransformMap, true, true),
        (Loop::TransformMapEntry, true, false),
    ]);
    (shapes, inner.clone(), inner.clone(), inner).prop_map(
        |((operation, two, filtered), range, filter, body)| {
            Kind::Comprehension(Box::new(Comprehension {
                operation,
                range,
                first: "x".into(),
                second: two.then(|| "y".into()),
                filter: filtered.then_some(filter),
                body,
            }))
        },
    )
}

/// Well-formed expressions of every kind.
pub(crate) fn expressions() -> impl Strategy<Value = Expr> {
    let leaf = prop_oneof![
        3 => literals().prop_map(Kind::Literal),
        2 => (names(), any::<bool>()).prop_map(|(name, absolute)| Kind::Name { name, absolute }),
    ];
    leaf.prop_map(node).prop_recursive(5, 40, 4, |inner| {
        let one = inner.clone().prop_map(Box::new);
        let several = prop::collection::vec(inner.clone(), 2..4);
        let field = prop::sample::select(&FIELDS[..]).prop_map(Into::into);
        let elements = prop::collection::vec((any::<bool>(), inner.clone()), 0..4).prop_map(|items| {
            items.into_iter().map(|(optional, value)| Element { optional, value }).collect()
        });
        let entries =
            prop::collection::vec((any::<bool>(), inner.clone(), inner.clone()), 0..4).prop_map(|items| {
                items.into_iter().map(|(optional, key, value)| Entry { optional, key, value }).collect()
            });
        prop_oneof![
            (one.clone(), field, any::<bool>()).prop_map(|(operand, field, optional)| Kind::Select {
                operand,
                field,
                optional
            }),
            (one.clone(), one.clone(), any::<bool>()).prop_map(|(operand, index, optional)| Kind::Index {
                operand,
                index,
                optional
            }),
            (
                prop::sample::select(&FUNCTIONS[..]),
                prop::option::of(one.clone()),
                prop::collection::vec(inner.clone(), 0..3)
            )
                .prop_map(|(function, receiver, arguments)| Kind::Call {
                    function: function.into(),
                    receiver,
                    arguments
                }),
            elements.prop_map(Kind::List),
            entries.prop_map(Kind::Map),
            (prop_oneof![Just(Unary::Negate), Just(Unary::Not)], one.clone())
                .prop_map(|(operator, operand)| Kind::Unary(operator, operand)),
            (operators(), inner.clone(), inner.clone())
                .prop_map(|(operator, left, right)| Kind::Binary(operator, Box::new([left, right]))),
            several.clone().prop_map(Kind::And),
            several.prop_map(Kind::Or),
            (inner.clone(), inner.clone(), inner.clone())
                .prop_map(|(a, b, c)| Kind::Conditional(Box::new([a, b, c]))),
            (one, prop::sample::select(&FIELDS[..]))
                .prop_map(|(operand, field)| Kind::Has { operand, field: field.into() }),
            comprehensions(inner.clone()),
            (names(), inner.clone(), inner.clone())
                .prop_map(|(name, value, body)| Kind::Bind(Box::new(Bind { name, value, body }))),
            (names(), inner.clone(), inner, any::<bool>()).prop_map(|(name, operand, body, flat)| {
                Kind::OptionalMap(Box::new(OptionalMap { operand, name, body, flat }))
            }),
        ]
        .prop_map(node)
    })
}

/// Text that looks like CEL to a lexer, and seldom is.
pub(crate) fn texts() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "a",
        "x.y",
        "1",
        "1u",
        "1.5e3",
        "'s'",
        "b'\\x00'",
        "r\"",
        "'''",
        "\\u00e9",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "?",
        ":",
        ".",
        ".?",
        ",",
        "+",
        "-",
        "!",
        "&&",
        "||",
        "==",
        "<",
        " in ",
        "has(",
        ".map(x, ",
        ".all(i, v, ",
        "cel.bind(",
        "// c\n",
        "`a-b`",
        "\u{e9}",
        "null",
        "9223372036854775808",
        "0x",
        "\\",
        "\n",
        "for",
    ]);
    prop_oneof![
        prop::collection::vec(pieces, 0..24).prop_map(|pieces| pieces.concat()),
        any::<String>(),
        (expressions(), any::<prop::sample::Index>(), any::<char>()).prop_map(|(expr, at, letter)| {
            let mut letters: Vec<char> = expr.to_string().chars().collect();
            let at = at.index(letters.len());
            letters[at] = letter;
            letters.into_iter().collect()
        }),
    ]
}
