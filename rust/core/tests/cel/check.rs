//! Faults that are found before evaluation, and types that are inferred.

use std::sync::Arc;

use engine_core::cel::check::{ObjectType, Type, check};
use engine_core::cel::syntax::parse;
use proptest::prelude::*;

use crate::expressions::{config, expressions};

fn object(fields: &[(&str, Type)], open: bool) -> Type {
    let fields = fields.iter().map(|(name, known)| (Arc::from(*name), known.clone())).collect();
    Type::Object(Arc::new(ObjectType { fields, open }))
}

fn variables() -> Vec<(Arc<str>, Type)> {
    let item = object(&[("price", Type::Double), ("count", Type::Int)], false);
    let user =
        object(&[("name", Type::String), ("score", Type::Double), ("tags", Type::list(Type::String))], false);
    [
        ("input", object(&[("user", user), ("items", Type::list(item))], false)),
        ("event", object(&[("id", Type::Int)], true)),
        ("classify", Type::Dyn),
        ("totals", Type::map(Type::String, Type::Int)),
        ("when", Type::Timestamp),
        ("spam.level", Type::Int),
    ]
    .into_iter()
    .map(|(name, known)| (name.into(), known))
    .collect()
}

#[test]
fn words_of_other_languages_are_answered_with_ours() {
    let cases = [
        ("input.a and input.b", "; and is `&&`"),
        ("input.a or input.b", "; or is `||`"),
        ("not input.a", "; not is `!`"),
        ("input.a is null", "; equality is `==`"),
        ("1 if input.a else 2", "; a choice is `condition ? a : b`"),
        ("[x for x in input]", "; a list of what is in another is `xs.map(x, x + 1)`"),
        ("input.a <> 1", "; unequal is `!=`"),
        ("input.a => 1", "; at least is `>=`"),
        ("input.a ?? 1", "; for what may be missing write `a.?b.orValue(c)`"),
        ("{{ input.a }}", "; braces around an expression are of templates"),
        ("$input.a", "; names stand without it"),
        ("f'{input.a}'", "; join text by `+`, or write `'%s'.format([x])`"),
        ("len([])", "; did you mean `size`?"),
        ("''.toUpperCase()", "; did you mean `upperAscii`?"),
        ("max(1, 2)", "; did you mean `math.greatest`?"),
        ("now()", "unknown function `now`"),
        ("None", "; did you mean `null`?"),
    ];
    for (source, end) in cases {
        let message = match parse(source) {
            Ok(tree) => {
                check(&tree, &[("input".into(), Type::Dyn)]).faults.first().map(|fault| fault.message.clone())
            }
            Err(error) => Some(error.message.clone()),
        };
        assert!(message.as_ref().is_some_and(|message| message.ends_with(end)), "{source}: {message:?}");
    }
}

#[test]
fn faults_are_found_with_a_remedy() {
    let cases = [
        ("input.usr.name", "no field `usr`; did you mean `user`?\n | input.usr.name\n |       ^"),
        ("inptu.user", "unknown variable `inptu`; did you mean `input`?\n | inptu.user\n | ^"),
        (
            "input.user.scores.size()",
            "no field `scores`; did you mean `score`?\n | input.user.scores.size()\n |            ^",
        ),
        ("has(input.user.nmae)", "no field `nmae`; did you mean `name`?\n | has(input.user.nmae)\n | ^"),
        (
            "input.items.map(i, i.count * i.price)",
            "`*` does not take int and double; write `double(i.count)`\n | input.items.map(i, i.count * i.price)\n |                            ^",
        ),
        (
            "'n' + event.id",
            "`+` does not take string and int; write `string(event.id)`\n | 'n' + event.id\n |     ^",
        ),
        (
            "input.user.name && true",
            "`&&` takes a bool, not string\n | input.user.name && true\n |            ^",
        ),
        ("!event.id", "`!` takes a bool, not int\n | !event.id\n |        ^"),
        ("event.id ? 1 : 2", "the condition of `?:` takes a bool, not int\n | event.id ? 1 : 2\n |       ^"),
        (
            "input.items.filter(i, i.price)",
            "the macro's condition takes a bool, not double\n | input.items.filter(i, i.price)\n |                         ^",
        ),
        (
            "input.user.name == 3",
            "string and int are never equal\n | input.user.name == 3\n |                 ^",
        ),
        ("input.user.name < 3", "string and int have no order\n | input.user.name < 3\n |                 ^"),
        ("3 in input.user.tags", "int is never in list(string)\n | 3 in input.user.tags\n |   ^"),
        ("sise(input.items)", "unknown function `sise`; did you mean `size`?\n | sise(input.items)\n | ^"),
        (
            "input.user.name.startswith('a')",
            "unknown function `startswith`; did you mean `startsWith`?\n | input.user.name.startswith('a')\n |                 ^",
        ),
        ("size(1, 2)", "`size` does not take 2 arguments\n | size(1, 2)\n | ^"),
        ("size(event.id)", "`size` does not take (int)\n | size(event.id)\n | ^"),
        (
            "math.ceil(event.id)",
            "`math.ceil` does not take (int); write `double(event.id)`\n | math.ceil(event.id)\n |      ^",
        ),
        (
            "event.id.all(x, true)",
            "a macro loops over a list or map, not int\n | event.id.all(x, true)\n |       ^",
        ),
        (
            "input.user.?tags[nmae]",
            "unknown variable `nmae`\n | input.user.?tags[nmae]\n |                  ^",
        ),
        ("when.year", "timestamp has no fields, so no `year`\n | when.year\n |      ^"),
        (
            "price(event.id, 'gpt-4o') > 0.01",
            "`price` does not take (int, string)\n | price(event.id, 'gpt-4o') > 0.01\n | ^",
        ),
        (
            "input.user.?name.optFlatMap(n, 1)",
            "expected an optional, found int\n | input.user.?name.optFlatMap(n, 1)\n |                                ^",
        ),
        ("'a'.matches('(')", "no pattern: unclosed group\n | 'a'.matches('(')\n |             ^"),
        (
            "cel.bind(n, input.user, n.naem)",
            "no field `naem`; did you mean `name`?\n | cel.bind(n, input.user, n.naem)\n |                           ^",
        ),
    ];
    let variables = variables();
    for (source, wanted) in cases {
        let checked = check(&parse(source).expect(source), &variables);
        let faults: Vec<String> = checked.faults.iter().map(|fault| fault.under(source)).collect();
        assert_eq!(faults, [wanted], "of {source}");
    }
}

#[test]
fn types_are_inferred_and_what_is_unknown_is_no_fault() {
    let cases = [
        ("input.user.score > 0.8 && 'vip' in input.user.tags", "bool"),
        ("input.items.map(i, double(i.count) * i.price)", "list(double)"),
        ("input.items.filter(i, i.count > 2)", "list(object)"),
        ("input.items[0].price", "double"),
        ("input.user.?name", "optional(string)"),
        ("input.user.?name.orValue('')", "string"),
        ("input.user.?name.orValue(0)", "dyn"),
        ("input.user.?name.or(input.user.?score)", "optional(dyn)"),
        ("input.items.first()", "optional(object)"),
        ("totals.key + 1", "int"),
        ("totals.map(k, k)", "list(string)"),
        ("totals.transformMap(k, v, double(v))", "map(string, double)"),
        ("{'a': 1, 'b': {'c': 'x'}}.b.c", "string"),
        ("classify.transformMap(k, v, v).a", "dyn"),
        ("{1: 'a', 2: 'b'}", "map(int, string)"),
        ("[1, 'a']", "list(dyn)"),
        ("classify.label.anything[3] + classify.x", "dyn"),
        ("classify + 1", "int"),
        ("classify + [1]", "list(dyn)"),
        ("event.other.field", "dyn"),
        ("event.id == 1.5 && event.id != null", "bool"),
        ("when - when", "duration"),
        ("when + duration('1h')", "timestamp"),
        ("when.getHours('UTC')", "int"),
        ("spam.level + 1", "int"),
        ("true ? 1 : 'a'", "dyn"),
        ("math.greatest([1.5, 2.5])", "double"),
        ("type(1) == int", "bool"),
        ("tokens(input.user.name, 'gpt-5')", "int"),
        ("price({'input_tokens': event.id}, 'gpt-5', when)", "dyn"),
        ("size(dyn(event.id))", "int"),
        ("optional.of(1).optMap(x, string(x))", "optional(string)"),
    ];
    let variables = variables();
    for (source, wanted) in cases {
        let checked = check(&parse(source).expect(source), &variables);
        assert_eq!(
            (checked.result.to_string().as_str(), checked.faults.first()),
            (wanted, None),
            "of {source}"
        );
    }
}

proptest! {
    #![proptest_config(config(1_000))]

    #[test]
    fn every_expression_can_be_checked(expr in expressions()) {
        let variables = [("x".into(), object(&[("a", Type::Int)], false)), ("items".into(), Type::list(Type::Int))];
        let checked = check(&expr, &variables);
        prop_assert!(checked.faults.iter().all(|fault| !fault.message.is_empty()));
    }
}

#[test]
fn schemas_that_explode_end() {
    use engine_core::value::Value;
    use std::fmt::Write as _;

    let mut definitions = String::new();
    for level in 0..24 {
        let next = format!(r##"{{"$ref": "#/$defs/d{}"}}"##, level + 1);
        let _ = write!(definitions, r#""d{level}": {{"anyOf": [{next}, {next}, {next}]}},"#);
    }
    let text =
        format!(r##"{{"$ref": "#/$defs/d0", "$defs": {{{definitions} "d24": {{"type": "string"}}}}}}"##);
    let schema = Value::from_json(text.as_bytes()).expect("it is JSON");
    assert!(matches!(Type::of_schema(&schema), Type::Dyn));
}
