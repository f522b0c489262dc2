//! Expressions.

use engine_core::cel::check::{Type, check};
use engine_core::cel::syntax::parse;
use engine_core::cel::{Fuel, Program};
use engine_core::value::Value;

use super::json;

/// More than any expression may hold at a time, beside its variables.
const MEMORY_MAX: isize = 48 << 20;
/// How long a message may be, with the line that it shows.
const SHOWN_MAX: usize = 5_000;
const WORK: &str = "Limit: this takes more work than is allowed";
const SIZE: &str = "Limit: the result has more than 16777216 bytes";
const PATTERN: &str = "Limit: the pattern is too large";
const DEPTH: &str = "syntax: nested deeper than 64";

fn variables() -> Vec<(&'static str, Value)> {
    vec![
        ("long", Value::String("a".repeat(400_000).into())),
        ("unicode", Value::String("é😀\u{301}\u{0}".repeat(20_000).into())),
        ("big", json(&"9".repeat(4_300))),
        ("items", (0..1_000).map(Value::Int).collect()),
        ("rows", (0..10_000).map(|_| json(r#"{"a": "text", "b": [1, 2, 3]}"#)).collect()),
        ("deep", json(&("[".repeat(120) + "1" + &"]".repeat(120)))),
    ]
}

/// Checks, prints and evaluates an expression; the result in short.
fn outcome(source: &str, variables: &[(&str, Value)]) -> String {
    let tree = match parse(source) {
        Ok(tree) => tree,
        Err(error) => return format!("syntax: {}", error.message),
    };
    let types: Vec<_> = variables.iter().map(|(name, _)| ((*name).into(), Type::Dyn)).collect();
    let checked = check(&tree, &types);
    let shown = checked.result.to_string() + &tree.to_string();
    let faults = checked.faults.iter().map(|fault| fault.under(source));
    assert!(faults.chain([shown]).all(|text| text.len() < 3 * SHOWN_MAX), "{source:.100} is told at length");
    let program = Program::compile(&tree, &[]);
    let value =
        |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
    let scope: Vec<Option<Value>> = program.roots().iter().map(|root| value(&root.name)).collect();
    match program.evaluate_json(&scope, &Fuel::default()) {
        Ok(found) => {
            let mut out = Vec::new();
            let written = found.as_ref().map(|value| value.write_json(&mut out));
            assert!(written.is_none_or(|written| written.is_ok()), "{source:.100} gives what is no JSON");
            format!("gives {} bytes", out.len())
        }
        Err(error) => {
            assert!(error.under(source).len() < 2 * SHOWN_MAX, "{source:.100} is told at length");
            format!("{:?}: {}", error.kind, error.message)
        }
    }
}

fn all_end(cases: Vec<(String, &str)>) {
    let variables = variables();
    super::all_end(cases, MEMORY_MAX, |source| outcome(source, &variables));
}

/// Names `v0` to `vN`, each of which is made of the one before.
fn binds(first: &str, count: usize, next: &str, last: &str) -> String {
    let bound = (0..count).rev().fold(last.to_owned(), |body, number| {
        format!("cel.bind(v{}, {}, {body})", number + 1, next.replace('v', &format!("v{number}")))
    });
    format!("cel.bind(v0, {first}, {bound})")
}

#[test]
fn values_that_grow_and_work_that_never_ends() {
    let list10 = "[0,1,2,3,4,5,6,7,8,9]";
    let ten = "[v,v,v,v,v,v,v,v,v,v]";
    let cases = vec![
        (binds("[1,1,1,1,1,1,1,1,1,1]", 6, ten, "v6"), SIZE),
        (binds("[1,1,1,1,1,1,1,1,1,1]", 5, ten, "v5"), SIZE),
        (binds("{'a':1}", 6, "{'a':v,'b':v,'c':v,'d':v,'e':v,'f':v,'g':v,'h':v,'i':v,'j':v}", "v6"), SIZE),
        (binds("{1:1}", 25, "{v:v}", "1"), "gives 1 bytes"),
        (binds("[1]", 25, "[v,v]", "1"), "gives 1 bytes"),
        (binds("optional.of(1)", 25, "optional.of(v)", "v25"), "gives 1 bytes"),
        (binds("'0123456789'", 25, "v+v", "v25"), WORK),
        (binds("b'0123456789'", 25, "v+v", "v25"), WORK),
        (binds("[1]", 25, "v+v", "v25"), WORK),
        (binds("['a']", 17, "v+v", "v17"), "gives 524289 bytes"),
        (
            format!(
                "{list10}.map(a, {list10}.map(b, {list10}.map(c, {list10}.map(d, {list10}.map(e, string(1.1e-300))))))"
            ),
            "gives 1122221 bytes",
        ),
        (
            format!(
                "{list10}.map(a, {list10}.map(b, {list10}.map(c, {list10}.map(d, {list10}.map(e, {{}})))))"
            ),
            "gives 322221 bytes",
        ),
        (
            format!(
                "{list10}.map(a, {list10}.map(b, {list10}.map(c, {list10}.map(d, {list10}.map(e, [])))))"
            ),
            "gives 322221 bytes",
        ),
        (format!("{list10}.map(a, long.split(''))"), WORK),
        ("long.substring(0, 200000).split('')".into(), WORK),
        ("long.replace('a', 'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb')".into(), WORK),
        ("long.replace('', 'bbbbbbbb')".into(), WORK),
        ("items.map(i, string(i)).join(long)".into(), WORK),
        ("'%s%s%s%s%s%s%s%s%s%s'.format([long,long,long,long,long,long,long,long,long,long])".into(), WORK),
        (
            format!(
                "{list10}.map(a, {list10}.map(b, {list10}.map(c, {list10}.map(d, '%.99f'.format([1e308])))))"
            ),
            WORK,
        ),
        (
            format!("'{}'.format([{}])", "%.99f".repeat(300), vec!["1e308"; 300].join(",")),
            "gives 122702 bytes",
        ),
        ("'%.101f'.format([1.0])".into(), "InvalidArgument: a precision is a number up to 100"),
        (
            "'%.99999999999999999999f'.format([1.0])".into(),
            "InvalidArgument: a precision is a number up to 100",
        ),
        ("strings.quote(long)".into(), "gives 400006 bytes"),
        (binds("'\\\\'", 25, "strings.quote(v)", "v25"), WORK),
        ("base64.encode(bytes(long))".into(), WORK),
        (binds("'a'", 25, "base64.encode(bytes(v))", "v25"), "gives 8274 bytes"),
        ("string(big)".into(), "gives 4302 bytes"),
        ("items.map(i, '%d'.format([big]))".into(), WORK),
        ("items.map(i, string(big))".into(), WORK),
        ("items.map(i, items.map(j, big == big))".into(), WORK),
        ("big + 1".into(), "NoSuchOverload: `+` does not take an integer past 64 bits and int"),
        ("double(big)".into(), "Overflow: the number is out of the range of double"),
        (
            "items.map(i, double(big - i))".into(),
            "NoSuchOverload: `-` does not take an integer past 64 bits and int",
        ),
        ("int(big)".into(), "Overflow: the number is out of the range of int"),
        ("items.map(i, big)".into(), "gives 4301001 bytes"),
        ("items.map(i, items.map(j, big))".into(), WORK),
        ("items.map(i, rows)".into(), SIZE),
        ("items.map(i, long)".into(), SIZE),
        ("long + long".into(), WORK),
        ("[[[[[[[[[[deep]]]]]]]]]]".into(), "Limit: the result is nested deeper than 128"),
        ("items.all(i, deep == deep)".into(), "gives 4 bytes"),
        ("items.all(i, rows == rows)".into(), WORK),
        ("items.all(i, !(i in rows))".into(), WORK),
        ("items.map(i, i in items)".into(), WORK),
        ("items.transformMapEntry(i, v, {'a': v})".into(), "InvalidArgument: the key `a` stands there twice"),
        ("items.transformMapEntry(i, v, {string(v) + long.substring(0, 300): v})".into(), WORK),
        ("items.transformMap(i, v, rows)".into(), SIZE),
        ("items.all(i, v, items.all(j, w, items.all(k, x, true)))".into(), WORK),
        ("items.exists(i, 1 / 0 > i)".into(), "DivideByZero: divide by zero"),
        ("items.exists_one(i, items.exists_one(j, i == j))".into(), WORK),
        ("items.filter(i, items.filter(j, j > i).size() > 3)".into(), WORK),
        ("unicode.reverse()".into(), "gives 280002 bytes"),
        ("items.map(i, unicode.charAt(i))".into(), WORK),
        ("unicode.substring(79999)".into(), "gives 8 bytes"),
        ("unicode.substring(80001)".into(), "InvalidArgument: index out of range: 80001"),
        ("items.map(i, unicode.lastIndexOf('x'))".into(), WORK),
        ("items.map(i, long.indexOf('aaaaaaaaab'))".into(), WORK),
        ("long.indexOf(long.substring(0, 90000) + 'b')".into(), WORK),
        ("long.contains(long.substring(0, 90000) + 'b')".into(), WORK),
        ("long.lastIndexOf('b' + long.substring(0, 90000))".into(), WORK),
        ("long.substring(0,100000).replace(long.substring(0, 50000) + 'b', '')".into(), WORK),
        ("long.substring(0,100000).split(long.substring(0, 50000) + 'b')".into(), WORK),
        ("'a,b'.split(',', -9223372036854775808)".into(), "gives 9 bytes"),
        ("'aaa'.replace('a', 'b', 9223372036854775807)".into(), "gives 5 bytes"),
        (
            "'a'.charAt(9223372036854775807)".into(),
            "InvalidArgument: index out of range: 9223372036854775807",
        ),
        ("'a'.substring(-1)".into(), "InvalidArgument: index out of range: -1"),
        (
            "'a'.lastIndexOf('a', 9223372036854775807)".into(),
            "InvalidArgument: index out of range: 9223372036854775807",
        ),
        ("math.bitShiftLeft(1, 9223372036854775807)".into(), "gives 1 bytes"),
        (
            "math.bitShiftRight(1, -1)".into(),
            "InvalidArgument: `math.bitShiftRight` by a negative number: -1",
        ),
        ("-(-9223372036854775808)".into(), "Overflow: the result is out of range (overflow)"),
        ("math.abs(-9223372036854775808)".into(), "Overflow: the result is out of range (overflow)"),
        ("-9223372036854775808 / -1".into(), "Overflow: the result is out of range (overflow)"),
        ("-9223372036854775808 % -1".into(), "Overflow: the result is out of range (overflow)"),
        ("math.round(1e308)".into(), "gives 5 bytes"),
        ("int(0.0 / 0.0)".into(), "Overflow: the number is out of the range of int"),
        ("0.0 / 0.0".into(), "NotJson: JSON has no NaN"),
        ("1e308 * 10.0".into(), "NotJson: JSON has no inf"),
        ("{0.0 / 0.0: 1}".into(), "InvalidArgument: double cannot be a key"),
        ("[0.0/0.0].exists(x, x == x)".into(), "gives 5 bytes"),
        (
            "duration('9223372036s') + duration('9223372036s')".into(),
            "Overflow: the result is out of range (overflow)",
        ),
        (
            "timestamp('9999-12-31T23:59:59Z') + duration('1s')".into(),
            "Overflow: the result is out of range (overflow)",
        ),
        (
            "timestamp(0).getHours('../../etc/passwd')".into(),
            "InvalidArgument: unknown time zone, or a time out of range there",
        ),
        (
            "timestamp(0).getHours(long)".into(),
            "InvalidArgument: unknown time zone, or a time out of range there",
        ),
        ("items.map(i, timestamp(i).getHours('America/New_York'))".into(), "gives 3001 bytes"),
        ("items.map(i, items.map(j, timestamp('2024-01-01T00:00:00Z')))".into(), WORK),
        ("duration('1h'.replace('h', 'h1h1h1h1h1h1h'))".into(), "gives 8 bytes"),
        ("tokens(long.substring(0, 100000), 'gpt-4o')".into(), WORK),
        ("tokens(long.substring(0, 100000).replace('a', ' ') + 'b', 'gpt-4o')".into(), WORK),
        ("items.map(i, tokens(long.substring(0, 200), 'gpt-4o'))".into(), WORK),
        ("tokens('abc', long)".into(), "gives 1 bytes"),
        (
            "price({'input_tokens': 9223372036854775807}, 'gpt-4o')".into(),
            "InvalidArgument: `input_tokens` is larger than 1000000000000",
        ),
        (
            "price({'input_tokens': -1}, 'gpt-4o')".into(),
            "InvalidArgument: `input_tokens` of a usage is no count, a whole number from",
        ),
        ("items.map(i, price({'input_tokens': i}, 'gpt-4o'))".into(), "gives 9211 bytes"),
        (
            "items.map(i, price({'input_tokens': i}, 'nothing-like-it-' + string(i)))".into(),
            "gives 5001 bytes",
        ),
        (binds("{1:1}", 25, "{'a':v,'b':v}", "v25.a.b.a"), SIZE),
        (binds("[{}]", 25, "true ? [v] : [v, v]", "v25.size()"), "gives 1 bytes"),
        (binds("[{}]", 18, "[v, [v], {'a': v}]", "v18.size()"), "gives 1 bytes"),
        (binds("{'a':1}", 18, "{'a':v,'b':v}", "v18 == v18"), WORK),
        (binds("[1]", 20, "[v,v]", "v20 in [v20]"), WORK),
        (binds("[1]", 20, "[v,v]", "'%s'.format([v20])"), WORK),
        (
            "math.greatest(items.map(i, items))".into(),
            "NoSuchOverload: `math.greatest` takes numbers, not list",
        ),
        ("math.least(items)".into(), "gives 1 bytes"),
        ("items.map(i, items.filter(j, j < i))".into(), WORK),
        ("items.map(i, {'a': items, 'b': rows})".into(), SIZE),
    ];
    all_end(cases);
}

#[test]
fn patterns() {
    let cases = vec![
        ("long.matches('(a+)+$b')".into(), WORK),
        ("long.substring(0, 20000).matches('(a|aa|aaa|aaaa)*b')".into(), WORK),
        ("long.substring(0, 2000).matches('(a{1,50}){1,50}b')".into(), WORK),
        ("'a'.matches('((a{100}){100}){100}')".into(), PATTERN),
        (format!("'a'.matches('{}')", "(".repeat(1000) + &")".repeat(1000)), "InvalidArgument: no pattern: exceed the maximum number of nested parenthese"),
        (format!("'a'.matches('{}')", r"\\w".repeat(1200)), PATTERN),
        (format!("'a'.matches('(?i){}')", r"\\pL".repeat(1000)), PATTERN),
        (format!("'a'.matches('(?i){}')", r"[\\pL]".repeat(600)), PATTERN),
        (format!("'a'.matches('(?i){}')", r"[^\\pL]".repeat(500)), PATTERN),
        (format!("'a'.matches('(?i){}')", r"\\p{scx=Greek}".repeat(250)), PATTERN),
        (format!("'a'.matches('{}')", r"[\\w&&\\pL--a]".repeat(280)), PATTERN),
        ("'a'.matches('(?i:[\\\\pL]{1000}){1000}')".into(), PATTERN),
        ((0..40).map(|n| format!("'a'.matches('(?i){}{n}')", r"[^\\pL]".repeat(8))).collect::<Vec<_>>().join("||"), PATTERN),
        (r"cel.bind(a, '\\w\\w\\w\\w\\w\\w\\w\\w\\w\\w', cel.bind(b, a+a+a+a+a+a+a+a+a+a, cel.bind(c, b+b+b+b+b+b+b+b+b+b, 's'.matches(c+c+c+c+c+c+c+c))))".into(), PATTERN),
        (r"cel.bind(a, '[^\\pL][^\\pL][^\\pL][^\\pL][^\\pL][^\\pL][^\\pL]', cel.bind(b, a+a+a+a+a+a+a+a+a+a, cel.bind(c, b+b+b+b+b+b+b+b+b+b, 's'.matches('(?i)'+c+c+c+c))))".into(), PATTERN),
        ("'s'.matches(long)".into(), PATTERN),
        ("'s'.matches(long.substring(0,100000).replace('a', 'b|'))".into(), WORK),
        ("items.map(i, 's'.matches('(?i)\\\\pL' + string(i)))".into(), WORK),
        ("items.map(i, 's'.matches('a' + string(i)))".into(), WORK),
        ("items.map(i, 's'.matches('(?i)[^\\\\pL][^\\\\pL][^\\\\pL][^\\\\pL][^\\\\pL][^\\\\pL]' + string(i)))".into(), PATTERN),
    ];
    all_end(cases);
}

#[test]
fn texts() {
    let cases = vec![
        ("(".repeat(2000) + "1" + &")".repeat(2000), DEPTH),
        ("[".repeat(4000), DEPTH),
        ("!".repeat(4000) + "true", DEPTH),
        ("-".repeat(4000) + "1", DEPTH),
        ("1".to_owned() + &"+1".repeat(2000), DEPTH),
        ("true".to_owned() + &"&&true".repeat(600), "gives 4 bytes"),
        ("rows".to_owned() + &".a".repeat(2000), DEPTH),
        ("rows".to_owned() + &"[0]".repeat(1300), DEPTH),
        ("true?1:".repeat(580) + "1", DEPTH),
        ("true".to_owned() + &"?1:true".repeat(580), DEPTH),
        ("size(".repeat(600) + "1" + &")".repeat(600), DEPTH),
        ("[1].map(x,".repeat(400), DEPTH),
        ("has(".repeat(1000), DEPTH),
        ("1".repeat(5000), "syntax: 5000 bytes are more than the limit of 4096"),
        ("1".repeat(4000), "syntax: no integer of 64 bits holds this number"),
        ("0x".to_owned() + &"f".repeat(4000), "syntax: no integer of 64 bits holds this number"),
        ("1.".to_owned() + &"1".repeat(4000), "gives 18 bytes"),
        ("1e".to_owned() + &"9".repeat(4000), "syntax: no double holds"),
        ("a".repeat(4000), "UnknownVariable: unknown variable"),
        (format!("size({})", vec!["1"; 2000].join(",")), "syntax: more than 1000 items"),
        (format!("[{}]", vec!["1"; 1500].join(",")), "syntax: more than 1000 items"),
        (
            format!("{{{}}}", (0..600).map(|n| format!("{n}:1")).collect::<Vec<_>>().join(",")),
            "gives 4691 bytes",
        ),
        ("{'a':1,'a':2}".into(), "InvalidArgument: the key `a` stands there twice"),
        ("'\u{0}' + '\\u0000'".into(), "gives 14 bytes"),
        ("'\\ud800'".into(), "syntax: not an escape that is known here"),
        ("string(b'\\xff')".into(), "InvalidArgument: invalid UTF-8 in bytes"),
        ("\u{feff}1".into(), r"syntax: unexpected character '\u{feff}'"),
        ("'\u{202e}abc' + '\u{2066}'".into(), "gives 11 bytes"),
        ("e\u{301} + 1".into(), r"syntax: unexpected character '\u{301}'"),
        ("//".repeat(2000), "syntax: expected a value, found the end"),
        ("\n".repeat(4000) + "1 +", "syntax: expected a value, found the end"),
        ("'''".to_owned() + &"a\n".repeat(1000), "syntax: this string is never closed"),
        ("type(type(type(1)))".into(), "NotJson: JSON has no types such as type"),
        ("type(1)".into(), "NotJson: JSON has no types such as int"),
        ("optional.of(optional.of(optional.none()))".into(), "gives 0 bytes"),
        ("[?optional.none(), ?optional.of(1)]".into(), "gives 3 bytes"),
        ("while".into(), "syntax: `while` is a word of the language and no name"),
        ("eval('1')".into(), "UnknownFunction: unknown function `eval`"),
        ("x.__class__.__mro__".into(), "UnknownVariable: unknown variable `x`"),
        ("math.math.math.abs(1)".into(), "UnknownFunction: unknown function `abs`"),
        ("[1].map(size, size(size))".into(), "NoSuchOverload: `size` does not take (int)"),
        ("cel.bind(a, a, a)".into(), "UnknownVariable: unknown variable `a`"),
        ("timestamp('0001-01-01T00:00:00Z').getFullYear('-23:59')".into(), "gives 1 bytes"),
        ("timestamp('9999-12-31T23:59:59Z').getFullYear('+14:00')".into(), "gives 5 bytes"),
    ];
    all_end(cases);
}
