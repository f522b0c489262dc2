//! Evaluating over JSON: what comes back, what fails and where, and that everything ends.

use std::cell::RefCell;
use std::sync::Arc;

use engine_core::cel::check::{Type, check};
use engine_core::cel::syntax::{Expr, parse};
use engine_core::cel::time::Timestamp;
use engine_core::cel::value::{OUTPUT_MAX, Seen, Value as CelValue};
use engine_core::cel::{ErrorKind, Found, Fuel, Program, Root, Scope, is_taken};
use engine_core::node::is_reserved;
use engine_core::value::Value;
use proptest::prelude::*;

use crate::expressions::{config, expressions, texts};

const X: &str = r#"{"a": {"b": [1, 2.5, "t"], "n": null}, "tags": ["vip", "x"], "score": 5, "if": 1,
    "content-type": "json", "big": 123456789012345678901234567890, "uint": 18446744073709551615, "float": 3.0}"#;

fn json(text: &str) -> Value {
    Value::from_json(text.as_bytes()).expect("it is JSON")
}

fn text(value: Option<&Value>) -> String {
    let Some(value) = value else { return "absent".into() };
    let mut text = Vec::new();
    value.write_json(&mut text).expect("it is finite");
    String::from_utf8(text).expect("it is text")
}

fn compiled(source: &str) -> Program {
    Program::compile(&parse(source).unwrap_or_else(|error| panic!("{}", error.under(source))), &[])
}

/// Values for the variables of random expressions; the others are missing.
fn given(program: &Program) -> Vec<Option<Value>> {
    let known = |root: &Root| match &*root.name {
        "x" => Some(json(X)),
        "y" => Some(json(r#"[{"score": 1}, {"score": 2, "tags": []}]"#)),
        "items" => Some(json("[3, 1, 2]")),
        "_v" => Some(json("\"%s and %d\"")),
        _ => None,
    };
    program.roots().iter().map(known).collect()
}

fn evaluated(source: &str) -> String {
    let program = compiled(source);
    match program.evaluate_json(&given(&program), &Fuel::default()) {
        Ok(found) => text(found.as_ref()),
        Err(error) => format!("{}: {}", error.kind.code(), error.under(source)),
    }
}

#[test]
fn values_come_back_as_json() {
    let cases = [
        ("x.float", "3.0"),
        ("x.float + 1.0", "4.0"),
        ("x.big", "123456789012345678901234567890"),
        ("x.big == x.big && x.big > 5 && x.uint > 5", "true"),
        ("x.uint", "18446744073709551615"),
        ("x.uint == 18446744073709551615u", "true"),
        ("5u", "5"),
        ("x.a", r#"{"b":[1,2.5,"t"],"n":null}"#),
        ("x['a'].b[1]", "2.5"),
        ("x.`content-type` + '!'", r#""json!""#),
        ("x.if", "1"),
        (
            "{'k': x.tags, 1: true, ?'gone': x.?gone, ?'here': x.?score}",
            r#"{"k":["vip","x"],"1":true,"here":5}"#,
        ),
        ("[x.?gone, ?x.?score, optional.of(1)]", "[5,1]"),
        ("x.?gone", "absent"),
        ("x.?gone.orValue(7)", "7"),
        ("x.?score.optMap(s, s * 2)", "10"),
        ("b'\\x00\\xff'", r#""AP8=""#),
        ("timestamp('2024-02-29T12:00:00+02:00')", r#""2024-02-29T10:00:00Z""#),
        ("duration('1500ms')", r#""1.5s""#),
        ("x.tags.map(t, t + '?')", r#"["vip?","x?"]"#),
        ("x.map(k, k).size()", "8"),
        ("items.filter(i, i > 1).map(i, {'n': i})", r#"[{"n":3},{"n":2}]"#),
        ("items.all(i, n, n > i || items[i] == n)", "true"),
        ("y.exists(i, i.score > 1 && 'z' in i.tags) || y.exists_one(i, has(i.tags))", "true"),
        ("x.transformMap(k, v, k == 'score', v + 1)", r#"{"score":6}"#),
        ("items.transformMapEntry(i, v, {string(v): i})", r#"{"3":0,"1":1,"2":2}"#),
        ("cel.bind(s, x.score, s * s)", "25"),
        ("cel.bind(s, 1 / 0, x.score > 3 || s > 3)", "true"),
        ("math.sign(-0.0)", "0.0"),
        ("tokens('hello world', 'gpt-5')", "2"),
        ("tokens('hello world', 'no such model') > 0", "true"),
        (
            "price({'input_tokens': 1000, 'output_tokens': 100u, 'cache_read_tokens': null}, 'gpt-4o')",
            "0.0035",
        ),
        ("price({'input_tokens': 1000}, 'no such model')", "null"),
        // Long inputs cost more once.
        ("price({'input_tokens': 300000}, 'claude-opus-4-6', timestamp('2026-01-01T00:00:00Z'))", "3.0"),
        ("has(x.a.b) && !has(x.a.c)", "true"),
        ("nobody.a || true", "true"),
        ("'a,b'.split(',').join('-')", r#""a-b""#),
        ("'%s %.2f %x'.format([x.tags, 2.5, 255])", r#""[vip, x] 2.50 ff""#),
        ("'x'.matches('^[a-z]$')", "true"),
        (
            "'ada.b@example.org'.matches(r'^[\\w.+-]+@[\\w-]+\\.[\\w.-]+$') && x.tags[0].matches(x.tags[0])",
            "true",
        ),
        ("math.greatest(items)", "3"),
        ("items.first().orValue(0) + items.last().orValue(0)", "5"),
        ("'abc'.substring(1).reverse()", r#""cb""#),
        ("1.0 / 0.0 > 1.0", "true"),
        ("items[0.0]", "3"),
    ];
    for (source, wanted) in cases {
        assert_eq!(evaluated(source), wanted, "of {source}");
    }
}

#[test]
fn errors_say_what_and_where() {
    let cases = [
        ("x.a.gone.b", "no_such_key: no such key: `gone`\n | x.a.gone.b\n |     ^"),
        (
            "1 +\n\tx.score.b",
            "no_such_overload: int has no fields, so no `b`\n | \tx.score.b\n | \t        ^",
        ),
        ("nobody", "unknown_variable: unknown variable `nobody`\n | nobody\n | ^"),
        (
            "x.score + 1.5",
            "no_such_overload: `+` does not take int and double; convert the integer with `double(x)`\n | x.score + 1.5\n |         ^",
        ),
        (
            "x.big + 1",
            "no_such_overload: `+` does not take an integer past 64 bits and int\n | x.big + 1\n |       ^",
        ),
        (
            "'n: ' + 1",
            "no_such_overload: `+` does not take string and int; convert the number with `string(x)`\n | 'n: ' + 1\n |       ^",
        ),
        (
            "9223372036854775807 + 1",
            "overflow: the result is out of range (overflow)\n | 9223372036854775807 + 1\n |                     ^",
        ),
        (
            "items.map(i, 6 / (i - 1))",
            "divide_by_zero: divide by zero\n | items.map(i, 6 / (i - 1))\n |                ^",
        ),
        (
            "cel.bind(s, 1 / 0, [s])",
            "divide_by_zero: divide by zero\n | cel.bind(s, 1 / 0, [s])\n |               ^",
        ),
        ("uint(-0.5)", "overflow: the number is out of the range of uint\n | uint(-0.5)\n | ^"),
        ("-duration('1s')", "no_such_overload: `-` does not take duration\n | -duration('1s')\n | ^"),
        (
            "items[7]",
            "invalid_argument: index 7 is out of range: the list has 3 items\n | items[7]\n |      ^",
        ),
        ("x.tags && true", "no_such_overload: `&&` takes a bool, not list\n | x.tags && true\n |   ^"),
        (
            "x.score ? 1 : 2",
            "no_such_overload: the condition of `?:` takes a bool, not int\n | x.score ? 1 : 2\n |   ^",
        ),
        ("sise(x)", "unknown_function: unknown function `sise`\n | sise(x)\n | ^"),
        ("math.foo(1)", "unknown_function: unknown function `math.foo`\n | math.foo(1)\n |      ^"),
        ("size(1, 2)", "no_such_overload: `size` does not take 2 arguments\n | size(1, 2)\n | ^"),
        (
            "contains('a', 'b')",
            "no_such_overload: `contains` is called as `x.contains()`\n | contains('a', 'b')\n | ^",
        ),
        (
            "x.score.startsWith('a')",
            "no_such_overload: `startsWith` does not take (int, string)\n | x.score.startsWith('a')\n |         ^",
        ),
        (
            "price({'tokens': 1}, 'gpt-4o')",
            "invalid_argument: a usage has no `tokens`, but such as `input_tokens` and `output_tokens`\n | price({'tokens': 1}, 'gpt-4o')\n | ^",
        ),
        (
            "price({'input_tokens': 1.5}, 'gpt-4o')",
            "invalid_argument: `input_tokens` of a usage is no count, a whole number from 0 on\n | price({'input_tokens': 1.5}, 'gpt-4o')\n | ^",
        ),
        (
            "tokens(1, 'gpt-4o')",
            "no_such_overload: `tokens` does not take (int, string)\n | tokens(1, 'gpt-4o')\n | ^",
        ),
        ("{'a': 1, 'a': 2}", "invalid_argument: the key `a` stands there twice\n | {'a': 1, 'a': 2}\n | ^"),
        ("'a'.matches('(')", "invalid_argument: no pattern: unclosed group\n | 'a'.matches('(')\n |     ^"),
        (
            "'a'.matches('\\\\w{9}{9}{9}{9}')",
            "limit: the pattern is too large\n | 'a'.matches('\\\\w{9}{9}{9}{9}')\n |     ^",
        ),
        (
            "timestamp('yesterday')",
            "invalid_argument: \"yesterday\" is no timestamp (RFC 3339, years 1 to 9999)\n | timestamp('yesterday')\n | ^",
        ),
        ("int", "not_json: JSON has no types such as int\n | int\n | ^"),
        ("0.0 / 0.0", "not_json: JSON has no NaN\n | 0.0 / 0.0\n |     ^"),
        ("{1: 'a', '1': 'b'}", "not_json: two keys of the map are `1` in JSON\n | {1: 'a', '1': 'b'}\n | ^"),
    ];
    for (source, wanted) in cases {
        assert_eq!(evaluated(source), wanted, "of {source}");
    }
}

#[test]
fn a_limit_ends_everything() {
    let doubled = |first: &str, name: &str, twice: &str| {
        let bound =
            (0..25).fold(first.to_owned(), |source, _| format!("cel.bind({name}, {source}, {twice})"));
        format!("size({bound}) > 0 || true")
    };
    let nested = "[1,2,3,4,5,6,7,8,9,10]";
    let loops = (0..8).fold("true".to_owned(), |body, depth| format!("{nested}.all(v{depth}, {body})"));
    for source in
        [doubled("'0123456789'", "s", "s + s"), doubled("[1, 2, 3]", "s", "s + s"), loops + " || true"]
    {
        let error =
            compiled(&source).test(&Vec::<Option<Value>>::new(), &Fuel::default()).expect_err(&source);
        assert_eq!(error.kind, ErrorKind::Limit, "of {source}");
    }
    let wide = (0..25).fold("[x.big]".to_owned(), |source, _| format!("cel.bind(s, {source}, [s, s])"));
    let program = compiled(&wide);
    let error = program.evaluate_json(&given(&program), &Fuel::default()).expect_err("it is too large");
    assert_eq!(error.kind, ErrorKind::Limit);
    assert!(error.message.contains(&OUTPUT_MAX.to_string()));
    // The same value compared with itself, item by item.
    let twice = compiled(&format!("{0} == {0} || true", wide.replace("[x.big]", "[1]")));
    let error = twice.test(&given(&twice), &Fuel::new(1_000_000)).expect_err("it is too much");
    assert_eq!(error.kind, ErrorKind::Limit);
}

#[test]
fn the_deepest_expressions_fit_on_the_stack() {
    let nested = |open: &str, close: &str| open.repeat(60) + "items" + &close.repeat(60);
    for source in [
        nested("[", "]"),
        nested("[1].map(i, ", ")"),
        nested("{'a': ", "}"),
        nested("optional.of(", ")"),
        nested("cel.bind(b, ", ", b)"),
        nested("(true ? ", " : 1)"),
        nested("dyn(", ")"),
    ] {
        let program = compiled(&source);
        assert!(program.evaluate_json(&given(&program), &Fuel::default()).is_ok());
        let program = compiled(&format!("cel.bind(v, {source}, v == v)"));
        assert!(program.test(&given(&program), &Fuel::default()).expect("it works"));
    }
}

#[test]
fn long_texts_take_fuel_and_are_not_told_whole() {
    let long = Value::String("0".repeat(400_000).into());
    for source in [
        "x in {x: 1}",
        "{}[x]",
        "x == x",
        "x < x",
        "x.startsWith(x)",
        "x.endsWith(x)",
        "int(x)",
        "double(x + '.')",
        "duration(x)",
        "timestamp(x)",
        "timestamp(0).getHours(x)",
        "tokens('', x)",
        "price({x: 1}, 'gpt-5')",
        "[x].transformMapEntry(i, v, {v: i})",
    ] {
        let (program, fuel) = (compiled(source), Fuel::new(2_000_000));
        let values = vec![Some(long.clone())];
        if let Err(error) = program.evaluate(&values, &fuel) {
            assert!(error.message.len() < 200, "of {source}");
        }
        assert!(fuel.left() <= 2_000_000 - 400_000 / 16, "of {source}");
    }
}

#[test]
fn patterns_past_those_that_are_compiled_ahead_work_too() {
    let many = vec!["'ab'.matches('^a') && !x.matches('^b')"; 20].join(" && ");
    let program = compiled(&many);
    assert_eq!(program.test(&vec![Some(Value::String("a".into()))], &Fuel::default()), Ok(true));
}

#[test]
fn names_that_mean_something_are_taken() {
    let taken = [
        "for", "null", "in", "int", "map", "list", "dyn", "size", "matches", "has", "cel", "math",
        "optional", "tokens",
    ];
    assert!(taken.into_iter().all(is_taken));
    let free = ["classify", "value", "split", "join", "filter", "first", "In", "google"];
    assert!(!free.into_iter().any(is_taken));
    // Nodes cannot be called like the other variables either.
    assert!(taken.into_iter().chain(["input", "item", "state", "results", "caller"]).all(is_reserved));
    assert!(!free.into_iter().any(is_reserved));
}

#[test]
fn a_program_tells_what_it_reads() {
    fn goes_between_threads<T: Send + Sync>(_: &T) {}
    let program =
        compiled("x.a.b[0] > y.n && has(x.c.d) && x['e'].f == y.n && items.exists(i, i.k == x.a.b)");
    goes_between_threads(&program);
    let root = |name: &str, whole, paths: &[&[&str]]| Root {
        name: name.into(),
        whole,
        paths: paths.iter().map(|path| path.iter().map(|&field| Arc::from(field)).collect()).collect(),
    };
    assert_eq!(
        program.roots(),
        [
            root("x", false, &[&["a", "b"], &["c", "d"], &["e", "f"]]),
            root("y", false, &[&["n"]]),
            root("items", true, &[]),
        ]
    );
}

/// A host that follows paths itself, and tells which it was asked for.
struct Host(RefCell<Vec<(usize, usize)>>);

impl Scope for Host {
    fn variable(&self, _slot: usize) -> Option<Seen<'_>> {
        panic!("only paths are read");
    }

    fn path(&self, slot: usize, path: usize) -> Found<'_> {
        self.0.borrow_mut().push((slot, path));
        match path {
            0 => Found::Value(CelValue::Int(7).into()),
            1 => Found::Missing(1),
            _ => Found::Unknown,
        }
    }
}

#[test]
fn a_host_can_follow_paths() {
    let host = Host(RefCell::default());
    let run = |source: &str| {
        let program = compiled(source);
        program.evaluate_json(&host, &Fuel::default()).map(|found| text(found.as_ref()))
    };
    assert_eq!(run("x.a.b + 1"), Ok("8".into()));
    assert_eq!(run("x.a.b == 7 && has(x.c.d)"), Ok("false".into()));
    let error = run("x.a.b == 7 && x.c.d").expect_err("it is missing");
    assert_eq!(
        (error.kind, &*error.message, error.offset),
        (ErrorKind::NoSuchKey, "no such key: `d`", Some(18))
    );
    let error = run("x.a == 7 && x.b == 1 || x.c == 1").expect_err("it is unknown");
    assert_eq!(error.kind, ErrorKind::NoSuchKey);
    assert_eq!(host.0.borrow().first(), Some(&(0, 0)));
}

/// A host that knows a time and no variable.
struct At(Option<Timestamp>);

impl Scope for At {
    fn variable(&self, _slot: usize) -> Option<Seen<'_>> {
        None
    }

    fn time(&self) -> Option<Timestamp> {
        self.0
    }
}

#[test]
fn a_price_is_that_of_the_time_of_the_evaluation() {
    let source = "price({'input_tokens': 300000}, 'claude-opus-4-6')";
    for (at, wanted) in
        [(Some("2026-01-01T00:00:00Z"), "3.0"), (Some("2027-01-01T00:00:00Z"), "1.5"), (None, "1.5")]
    {
        let scope = At(at.and_then(Timestamp::parse));
        let found = compiled(source).evaluate_json(&scope, &Fuel::default());
        assert_eq!(found.map(|found| text(found.as_ref())), Ok(wanted.into()), "at {at:?}");
    }
}

/// The same values, of CEL's own making.
fn converted(values: &[Option<Value>]) -> Vec<Option<CelValue>> {
    fn deep(value: CelValue) -> CelValue {
        use engine_core::cel::value::{Entries, Key, Map, View};
        match value.view() {
            View::List(list) => list.iter().map(|item| deep(item.to_value())).collect::<Vec<_>>().into(),
            View::Map(map) => {
                let entries =
                    map.iter().map(|(key, item)| (Key::of(key).expect("text"), deep(item.to_value())));
                CelValue::Map(Map::Entries(Arc::new(
                    Entries::try_new(entries.collect()).expect("keys differ"),
                )))
            }
            _ => value,
        }
    }
    values.iter().map(|value| value.as_ref().map(|value| deep(value.into()))).collect()
}

fn outcome(expr: &Expr, scope: impl Fn(&Program) -> Box<dyn Scope>, fuel: u64) -> (String, u64) {
    let program = Program::compile(expr, &[]);
    let (scope, fuel) = (scope(&program), Fuel::new(fuel));
    let outcome = match program.evaluate_json(&*scope, &fuel) {
        Ok(found) => text(found.as_ref()),
        Err(error) => format!("{error:?}"),
    };
    (outcome, fuel.left())
}

proptest! {
    #![proptest_config(config(2_000))]

    #[test]
    fn json_and_values_of_cel_give_the_same(expr in expressions()) {
        let (of_json, left) = outcome(&expr, |program| Box::new(given(program)), 100_000);
        let (of_values, _) = outcome(&expr, |program| Box::new(converted(&given(program))), 200_000);
        prop_assert!(left > 0 || of_json.contains("Limit"));
        if left > 0 {
            prop_assert_eq!(of_json, of_values);
        }
    }

    #[test]
    fn no_text_breaks_an_evaluation(text in texts()) {
        if let Ok(expr) = parse(&text) {
            let variables = [("x".into(), Type::Dyn), ("y".into(), Type::list(Type::Dyn))];
            let faults = check(&expr, &variables).faults;
            let (outcome, _) = outcome(&expr, |program| Box::new(given(program)), 10_000);
            prop_assert!(!outcome.is_empty());
            prop_assert!(faults.iter().all(|fault| !fault.under(&text).is_empty()));
        }
    }

    #[test]
    fn too_little_fuel_is_a_limit_and_nothing_else(expr in expressions(), share in 0.0..1.0_f64) {
        let (enough, left) = outcome(&expr, |program| Box::new(given(program)), 1_000_000);
        prop_assume!(left > 0);
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
        let less = ((1_000_000 - left) as f64 * share) as u64;
        let (outcome, _) = outcome(&expr, |program| Box::new(given(program)), less);
        prop_assert!(outcome == enough || outcome.contains("Limit"), "{} not {}", outcome, enough);
    }
}
