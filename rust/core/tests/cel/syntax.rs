//! Texts that are read, printed and refused.

use engine_core::cel::ErrorKind;
use engine_core::cel::syntax::{DEPTH_MAX, SOURCE_MAX, parse};
use proptest::prelude::*;

use crate::expressions::{config, expressions, texts};

#[test]
fn texts_are_printed_in_one_form() {
    let cases = [
        ("a+b*c", "a + b * c"),
        ("(a+b)*c", "(a + b) * c"),
        ("a-(b-c)-d", "a - (b - c) - d"),
        ("a||b||c&&d", "a || b || c && d"),
        ("(a||b)&&c", "(a || b) && c"),
        ("a?b:c?d:e", "a ? b : c ? d : e"),
        ("(a?b:c)?d:e", "(a ? b : c) ? d : e"),
        ("!a.b && !(a&&b)", "!a.b && !(a && b)"),
        ("- 5", "-5"),
        ("-(5)", "-(5)"),
        ("--5", "-(-5)"),
        ("a - -5", "a - -5"),
        ("-9223372036854775808", "-9223372036854775808"),
        ("0xFFu", "255u"),
        (".5", "0.5"),
        ("'it\\'s' + r'\\n' + '''a\nb'''", "\"it's\" + \"\\\\n\" + \"a\\nb\""),
        ("b'\\xff\\101'", "b\"\\xffA\""),
        ("a.?b[?c].`x-y`.if", "a.?b[?c].`x-y`.if"),
        ("[1,?a,]", "[1, ?a]"),
        ("{'k':1,?'o':p}", "{\"k\": 1, ?\"o\": p}"),
        ("a . b // trailing", "a.b"),
        ("has(a.b) && a.b.all(x,x>1)", "has(a.b) && a.b.all(x, x > 1)"),
        ("m.map(x,x>1,x*2).exists_one(y,y==4)", "m.map(x, x > 1, x * 2).exists_one(y, y == 4)"),
        ("m.transformMap(k,v,v+1)", "m.transformMap(k, v, v + 1)"),
        ("cel.bind(t,a.b,t+t)", "cel.bind(t, a.b, t + t)"),
        ("a.?b.optMap(v,v+1).orValue(0)", "a.?b.optMap(v, v + 1).orValue(0)"),
        ("1 in [1] == true", "1 in [1] == true"),
        (".a.b(c)", ".a.b(c)"),
    ];
    for (source, printed) in cases {
        let expr = parse(source).unwrap_or_else(|error| panic!("{}", error.under(source)));
        assert_eq!(expr.to_string(), printed, "of {source}");
    }
}

#[test]
fn faults_are_shown_under_the_source() {
    let cases = [
        ("", "expected a value, found the end\n | \n | ^"),
        ("a = 1", "expected an operator or the end, found `=`; equality is `==`\n | a = 1\n |   ^"),
        ("a &&", "expected a value, found the end\n | a &&\n |     ^"),
        ("f(a b)", "expected `,` or `)`, found `b`\n | f(a b)\n |     ^"),
        ("x.y +\n  for.z", "`for` is a word of the language and no name\n |   for.z\n |   ^"),
        ("'\u{e9}' + 'abc", "this string is never closed\n | '\u{e9}' + 'abc\n |       ^"),
        ("'a\\q'", "not an escape that is known here\n | 'a\\q'\n |   ^"),
        ("a ? b", "expected `:`, found the end\n | a ? b\n |      ^"),
        ("has(a)", "`has` takes a field, as in `has(a.b)`\n | has(a)\n | ^"),
        ("m.map(1, 2)", "expected the name of a variable\n | m.map(1, 2)\n |       ^"),
        ("m.all(x, x, true)", "the two variables need different names\n | m.all(x, x, true)\n |   ^"),
        (
            "9223372036854775808",
            "an int ends at 2^63-1; write `u` behind it for a uint\n | 9223372036854775808\n | ^",
        ),
        ("1 # 2", "unexpected character '#'\n | 1 # 2\n |   ^"),
        ("Point{x: 1}", "`Point` cannot be made here; write a map without a name\n | Point{x: 1}\n | ^"),
        ("12ab", "a number ends where a name begins\n | 12ab\n | ^"),
    ];
    for (source, shown) in cases {
        let error = parse(source).expect_err(source);
        assert_eq!(error.under(source), shown);
        assert_eq!(error.kind, ErrorKind::Syntax);
    }
}

#[test]
fn size_and_depth_end_somewhere() {
    let nested = |open: &str, close: &str, depth: usize| open.repeat(depth) + "1" + &close.repeat(depth);
    assert!(parse(&nested("(", ")", DEPTH_MAX - 1)).is_ok());
    assert!(parse(&nested("[", "]", DEPTH_MAX - 1)).is_ok());
    for source in [
        nested("(", ")", DEPTH_MAX),
        nested("[", "]", DEPTH_MAX),
        "!".repeat(DEPTH_MAX) + "a",
        "1".to_owned() + &" + 1".repeat(DEPTH_MAX),
        "a".to_owned() + &".b".repeat(DEPTH_MAX),
        "(".repeat(SOURCE_MAX),
        "-".repeat(SOURCE_MAX - 1) + "a",
        " ".repeat(SOURCE_MAX + 1),
        "[".to_owned() + &"1,".repeat(1_001) + "]",
    ] {
        assert_eq!(parse(&source).expect_err("it is too much").kind, ErrorKind::Limit);
    }
    assert!(parse(&("a".to_owned() + &" || a".repeat(800))).is_ok());
}

proptest! {
    #![proptest_config(config(1_000))]

    #[test]
    fn what_is_printed_is_read_back(expr in expressions()) {
        let printed = expr.to_string();
        let read = parse(&printed);
        prop_assert_eq!(read.map_err(|error| error.under(&printed)), Ok(expr));
    }

    #[test]
    fn no_text_breaks_the_parser(text in texts()) {
        match parse(&text) {
            Ok(expr) => prop_assert_eq!(parse(&expr.to_string()).ok(), Some(expr)),
            Err(error) => prop_assert!(!error.under(&text).is_empty()),
        }
    }
}
