//! What templates give and what they say when they cannot.

#![allow(clippy::too_many_lines)] // The tables are long.

use std::sync::Arc;

use engine_core::node::{Native, Template};
use engine_core::plan::EdgeKind;
use engine_core::value::Value;
use proptest::prelude::*;

use super::{evaluate, json, written};

const INPUT: &str = r#"{
    "user": {"name": "Ada <b>", "email": "ada@example.org", "age": 36, "tags": ["vip", "Beta", "admin"]},
    "score": 3.0, "big": 123456789012345678901234567890, "ok": true, "none": null, "empty": [],
    "items": [{"id": 1, "price": 2.5, "kind": "b"}, {"id": 2, "price": 10, "kind": "a"}, {"id": 3, "kind": "a"}],
    "text": "one two\nthree", "quote": "say \"hi\""
}"#;

fn rendered(source: &str) -> String {
    let nodes = [("label", json("\"bug\"")), ("n", json("7"))];
    match evaluate(&source.into(), &json(INPUT), &nodes) {
        Ok(Value::String(text)) => text.to_string(),
        Ok(other) => panic!("{source}: {other:?}"),
        Err(error) => format!("error {error}"),
    }
}

#[test]
fn templates_give_text() {
    let cases = [
        // Values print as JSON prints them, text as it is.
        ("", ""),
        ("plain", "plain"),
        ("one line\n", "one line"),
        ("{{ input.user.name }} is {{ label }}", "Ada <b> is bug"),
        (
            "{{ input.ok }} {{ input.none }} {{ input.score }} {{ n }} {{ input.big }}",
            "true null 3.0 7 123456789012345678901234567890",
        ),
        (
            "{{ input.user.tags }} {{ input.items[0] }}",
            r#"["vip","Beta","admin"] {"id":1,"price":2.5,"kind":"b"}"#,
        ),
        (
            "{{ true }} {{ none }} {{ null }} {{ 'x' ~ true ~ none ~ 1.0 ~ [1, 'a'] }}",
            r#"true null null xtruenull1.0[1,"a"]"#,
        ),
        ("{{ {'a': [1, n]} }} {{ {'a': input.quote}|tojson }}", r#"{"a":[1,7]} {"a":"say \"hi\""}"#),
        ("{{ input.items[2]|tojson(indent=2) }}", "{\n  \"id\": 3,\n  \"kind\": \"a\"\n}"),
        ("{# nothing #}{% raw %}{{ x }}{% endraw %}", "{{ x }}"),
        // Paths.
        ("{{ input['user'].tags[-1] }} {{ input.user.tags[1][0] }} {{ input.text[4:7] }}", "admin B two"),
        (
            "{{ input.user.tags[1:] }} {{ input.user.tags[::2] }} {{ 'abc'[-2:] }}",
            r#"["Beta","admin"] ["vip","admin"] bc"#,
        ),
        // Conditions; what is not there can be asked for.
        ("{% if input.ok and not input.empty %}a{% elif n %}b{% else %}c{% endif %}", "a"),
        ("{{ 'a' if n > 7 else 'b' }}{{ 'c' if n > 7 }}", "b"),
        (
            "{{ input.nick is defined }} {{ input.a.b.c is defined }} {{ input.user is defined }}",
            "false false true",
        ),
        (
            "{{ input.nick|default('none') }} {{ input.user.x.y|d('deep') }} {{ input.none|default('x', true) }}",
            "none deep x",
        ),
        ("{{ skipped is defined }}{% if skipped is undefined %} gone{% endif %}", "false gone"),
        (
            "{{ n == 7.0 }} {{ 1 < n <= 7 }} {{ 'vip' in input.user.tags }} {{ 'x' not in 'abc' }} {{ 'id' in input.items[0] }}",
            "true true true true true",
        ),
        (
            "{{ n is odd }} {{ n is number }} {{ label is string }} {{ input.items is sequence }} {{ n is divisibleby 7 }} {{ n is not none }}",
            "true true true true true true",
        ),
        (
            "{{ label is eq 'bug' }} {{ label is startingwith('b') }} {{ label is in ['bug'] }}",
            "true true true",
        ),
        // Loops.
        (
            "{% for tag in input.user.tags %}{{ loop.index }}.{{ tag }}{% if not loop.last %}, {% endif %}{% endfor %}",
            "1.vip, 2.Beta, 3.admin",
        ),
        (
            "{% for key in input.items[0] %}{{ key }};{% endfor %}{% for c in 'ab' %}{{ c }}-{% endfor %}",
            "id;price;kind;a-b-",
        ),
        (
            "{% for key, value in input.items[0]|items %}{{ key }}={{ value }} {% endfor %}",
            "id=1 price=2.5 kind=b ",
        ),
        (
            "{% for i in input.items if i.kind == 'a' %}{{ loop.index }}/{{ loop.length }}:{{ i.id }} {% endfor %}",
            "1/2:2 2/2:3 ",
        ),
        ("{% for x in input.empty %}{{ x }}{% else %}nothing{% endfor %}", "nothing"),
        (
            "{% for i in range(3) %}{{ loop.cycle('a', 'b') }}{{ loop.revindex }}{% endfor %} {{ range(5, 0, -2) }}",
            "a3b2a1 [5,3,1]",
        ),
        // Variables: a loop begins each turn anew, `with` has its own, `if` has not.
        (
            "{% set x = 1 %}{% for i in [1, 2] %}{{ x }}{% set x = x + i %}{{ x }} {% endfor %}{{ x }}",
            "12 13 1",
        ),
        ("{% set x = 1 %}{% with x = 2, y = x + 1 %}{{ x }}{{ y }}{% endwith %}{{ x }}", "231"),
        ("{% if n %}{% set x = 1 %}{% endif %}{{ x }}", "1"),
        (
            "{% set x = 1 %}{% for i in [1, 2] %}{% if i == 2 %}{% set x = 5 %}{% endif %}{{ x }}{% endfor %}",
            "15",
        ),
        ("{% set a, (b, c) = [1, [2, 3]] %}{{ a }}{{ b }}{{ c }}", "123"),
        (
            "{% set x %}<{{ n }}>{% endset %}{{ x }}{{ x|length }}{% filter upper %}a{{ label }}{% endfilter %}",
            "<7>3ABUG",
        ),
        // Arithmetic.
        (
            "{{ 1 + 2 * 3 }} {{ 7 / 2 }} {{ 7 // 2 }} {{ -7 // 2 }} {{ -7 % 3 }} {{ 7 % -3 }} {{ 2 ** 10 }} {{ 1 + 0.5 }}",
            "7 3.5 3 -4 2 -2 1024 1.5",
        ),
        (
            "{{ 7 // -2 }} {{ -7 // -2 }} {{ -7 % -3 }} {{ 7.5 // 2 }} {{ -7.5 % 2 }} {{ 9223372036854775807 + 1 }}",
            "-4 3 -1 3.0 0.5 9223372036854775808",
        ),
        ("{{ 'ab' * 3 }} {{ [1] * 2 }} {{ [1] + [n] }} {{ 'a' + 'b' }} {{ -n }}", "ababab [1,1] [1,7] ab -7"),
        // Filters.
        (
            "{{ ' A b '|trim|upper }} {{ 'éA'|lower }} {{ 'hello world'|title }} {{ 'hELLO'|capitalize }}",
            "A B éa Hello World Hello",
        ),
        ("{{ 'a-b-c'|replace('-', '+') }} {{ 'xxaxx'|trim('x') }} {{ true|upper }}", "a+b+c a TRUE"),
        (
            "{{ input.user.tags|join(', ') }} {{ input.items|join('/', attribute='id') }} {{ [1, true, 'a']|join }}",
            "vip, Beta, admin 1/2/3 1truea",
        ),
        (
            "{{ input.user.tags|sort|join(' ') }} {{ [3, 1, 2]|sort(reverse=true) }} {{ input.items|sort(attribute='kind')|map(attribute='id')|join }}",
            "admin Beta vip [3,2,1] 231",
        ),
        (
            "{{ [1, 2, 1]|unique }} {{ [2, 3, 1]|min }}{{ [2, 3, 1]|max }} {{ [1, 2.5]|sum }} {{ input.items|map(attribute='price', default=0)|sum }}",
            "[1,2] 13 3.5 12.5",
        ),
        (
            "{{ input.user.tags|map('upper')|list }} {{ [0, 1, 2]|select('odd')|list }} {{ input.items|selectattr('kind', 'eq', 'a')|map(attribute='id') }} {{ input.items|rejectattr('price') |length }}",
            r#"["VIP","BETA","ADMIN"] [1] [2,3] 1"#,
        ),
        (
            "{{ 'abc'|first }}{{ [1, 2]|last }}{{ 'abc'|reverse }} {{ [1, 2, 3]|batch(2, 0) }} {{ {'b': 1, 'A': 2}|dictsort }}",
            r#"a2cba [[1,2],[3,0]] [["A",2],["b",1]]"#,
        ),
        (
            "{{ input.text|lines }} {{ input.text|split }} {{ 'a,b,c'|split(',', 1) }}",
            r#"["one two","three"] ["one","two","three"] ["a","b,c"]"#,
        ),
        (
            "{{ input.text|indent(2) }} {{ 'a long sentence here'|truncate(12) }}",
            "one two\n  three a long...",
        ),
        (
            "{{ '42'|int }} {{ 'x'|int(0) }} {{ 3.7|int }} {{ '1.5'|float }} {{ 2.345|round(2) }} {{ 2.5|round }} {{ -3|abs }} {{ ''|bool }}",
            "42 0 3 1.5 2.35 3.0 3 false",
        ),
        ("{{ 1|string ~ 1 }} {{ input.user|length }} {{ 'aé'|count }}", "11 4 2"),
        // Blanks.
        ("a\n  {%- if n %} b {%- endif %}\nc", "a b\nc"),
    ];
    for (source, wanted) in cases {
        assert_eq!(rendered(source), wanted, "of {source}");
    }
}

#[test]
fn errors_name_the_place_and_the_remedy() {
    let cases = [
        // What is not there.
        (
            "Hi {{ input.user.nme }}",
            "line 1, column 7: `input.user` has no `nme`, it has `name`, `email`, `age`, `tags`; did you mean `name`?",
        ),
        (
            "a\nb {{ input.user.name.first }}",
            "line 2, column 6: `input.user.name` has no `first`, it is text",
        ),
        ("{{ input.items[5].id }}", "line 1, column 4: `input.items` has no item 5, it has 3"),
        ("{{ input.empty[0] ~ 1 }}", "line 1, column 4: `input.empty` has no item 0, it has 0"),
        (
            "{% if skipped %}{% endif %}",
            "line 1, column 7: `skipped` was skipped; test it with `skipped is defined`",
        ),
        (
            "{% for x in input.itms %}{% endfor %}",
            "line 1, column 13: `input` has no `itms`, it has `user`, `score`, `big`, `ok`, `none`, `empty`, `items`, `text`, ...; did you mean `items`?",
        ),
        ("{% if not n %}{% set x = 1 %}{% endif %}{{ x }}", "line 1, column 44: `x` was not set"),
        ("{{ input.items|map(attribute='price') }}", "line 1, column 16: item 2 has no `price`"),
        (
            "{{ input.a is defined and input.b }}{{ (input.a)|upper }}",
            "line 1, column 41: `input` has no `a`, it has `user`, `score`, `big`, `ok`, `none`, `empty`, `items`, `text`, ...",
        ),
        // Wrong types.
        ("{{ input.user + 1 }}", "line 1, column 4: `+` does not take object and integer"),
        ("{{ n < 'a' }}", "line 1, column 4: `<` does not take integer and text"),
        ("{% for x in n %}{% endfor %}", "line 1, column 13: integer has no items to loop over"),
        (
            "{% for a, b in [1] %}{% endfor %}",
            "line 1, column 8: 2 names need a list of as many values, not integer of 0",
        ),
        ("{{ n // 0 }}{{ 1 % 0.0 }}", "line 1, column 4: division by zero"),
        ("{{ 2 ** 64 }}", "line 1, column 4: the result is out of range"),
        ("{{ 'x'|int }}", "line 1, column 8: text that is no number; give a default"),
        ("{{ [1, 'a']|sort }}", "line 1, column 13: only texts or only numbers can be sorted"),
        ("{{ input.empty|first }}", "line 1, column 16: `first` of an empty list"),
        ("{{ {1: 2} }}", "line 1, column 4: the keys of an object are text"),
        // What is no template.
        ("a {{ b", "line 1, column 6: unexpected end of input, expected end of variable block"),
        ("{% if n %}a", "line 1, column 11: unexpected end of input, expected end of block"),
        ("\n{{ n|uper }}", "line 2, column 6: there is no filter `uper`; did you mean `upper`?"),
        ("{{ n is od }}", "line 1, column 9: there is no test `od`; did you mean `odd`?"),
        ("{{ n|upper(1) }}", "line 1, column 6: `upper` takes no argument"),
        ("{{ n|replace('a') }}", "line 1, column 6: `replace` takes old, new"),
        ("{{ n|join(sep=1) }}", "line 1, column 6: `join` takes d, attribute"),
        ("{{ n is divisibleby }}", "line 1, column 9: `is divisibleby` takes an argument"),
        ("{{ len(n) }}", "line 1, column 4: there is no function `len`, only `range`"),
        ("{{ label.upper() }}", "line 1, column 4: values have no methods; write `value | upper`"),
        ("{{ loop.index }}", "line 1, column 4: `loop` is known only inside of a loop"),
        (
            "{% for x in [1] %}{{ loop.idx }}{% endfor %}",
            "line 1, column 22: `loop` has no `idx`, it has index, index0, revindex, revindex0, first, last, length, cycle(...); did you mean `index`?",
        ),
        ("{% for x in [1] recursive %}{% endfor %}", "line 1, column 13: a loop cannot be `recursive`"),
        ("{% for x in [1] %}{{ loop.cycle() }}{% endfor %}", "line 1, column 22: an argument is needed"),
        ("{% include 'x' %}", "line 1, column 4: unknown statement include"),
        ("{% macro f() %}{% endmacro %}", "line 1, column 4: unknown statement macro"),
        ("{% set x.y = 1 %}", "line 1, column 8: only a name can be set"),
    ];
    for (source, wanted) in cases {
        assert_eq!(rendered(source), format!("error {wanted}"), "of {source}");
    }
}

#[test]
fn roots_are_known_before_anything_runs() {
    let cases: [(&str, &[&str]); 6] = [
        ("{{ b.c }}{{ a }}{{ b }}", &["b", "a"]),
        ("{% for x in xs %}{{ x }}{{ y }}{% endfor %}{{ x }}", &["xs", "y", "x"]),
        ("{% set x = x %}{{ x }}", &["x"]),
        ("{% if a %}{% set b = 1 %}{% endif %}{{ b }}{{ c is defined }}", &["a", "c?"]),
        ("{{ a[i].b|default(c) }}{% with d = e %}{{ d }}{% endwith %}{{ d }}", &["a?", "i", "c", "e", "d"]),
        ("{{ null }}{{ range(n) }}{% for k in m %}{{ loop.index }}{% endfor %}", &["n", "m"]),
    ];
    for (source, wanted) in cases {
        let template = Template::compile(&source.into()).expect("it is a template");
        let reads = template.reads().nodes;
        let read = |(root, kind): &(Arc<str>, EdgeKind)| match kind {
            EdgeKind::Optional => format!("{root}?"),
            _ => root.to_string(),
        };
        assert_eq!(reads.iter().map(read).collect::<Vec<_>>(), wanted, "of {source}");
        assert!(!Native::from(template).reads_input());
    }
}

#[test]
fn messages_are_rendered_one_by_one() {
    let source = json(
        r#"[
            {"role": "system", "content": "You label {{ input.kind }}s."},
            {"role": "user", "name": "{{ input.who }}", "content": [
                {"type": "text", "text": "{{ notes }}"},
                {"type": "image_url", "image_url": {"url": "{{ input.url }}", "detail": "low", "size": 3}}
            ]}
        ]"#,
    );
    let input = json(r#"{"kind": "issue", "who": "ada", "url": "https://example.org/a.png"}"#);
    let given = evaluate(&source, &input, &[("notes", json("[1]"))]).expect("it renders");
    let wanted = r#"[{"role":"system","content":"You label issues."},{"role":"user","content":[{"type":"text","text":"[1]"},{"type":"image_url","image_url":{"url":"https://example.org/a.png","detail":"low","size":3}}],"name":"ada"}]"#;
    assert_eq!(written(&given), wanted);

    let cases = [
        ("3", "line 1, column 1: a text or a list of messages, not integer"),
        ("[1]", "[0], line 1, column 1: a message is an object, not integer"),
        (
            r#"[{"role": "user"}]"#,
            "[0], line 1, column 1: a message needs a `role`, which is text, and a `content`",
        ),
        (
            r#"[{"role": "", "content": ""}]"#,
            "[0], line 1, column 1: a message needs a `role`, which is text, and a `content`",
        ),
        (
            r#"[{"role": "user", "text": ""}]"#,
            "[0], line 1, column 1: a message has no `text`, it has role, content, name",
        ),
        (
            r#"[{"role": "user", "content": {}}]"#,
            "[0].content, line 1, column 1: a text or a list of parts, not object",
        ),
        (
            r#"[{"role": "user", "content": "a\n {{ input.x }}"}]"#,
            "[0].content, line 2, column 5: `input` has no `x`, it has `kind`, `who`, `url`",
        ),
        (
            r#"[{"role": "user", "content": [{"text": "{{"}]}]"#,
            "[0].content[0].text, line 1, column 1: unexpected end of input, expected expression",
        ),
    ];
    for (source, wanted) in cases {
        let error = evaluate(&json(source), &input, &[]).expect_err("it is refused");
        assert_eq!(error.to_string(), wanted, "of {source}");
    }
}

proptest! {
    /// Any value prints as the JSON that it was read from, wherever it stands.
    #[test]
    fn values_print_as_json(text in ".{0,20}", number in any::<i64>(), float in -1e15..1e15f64) {
        let value: Value =
            [Value::from(text.as_str()), number.into(), Value::Float(float), Value::Null, true.into()].into_iter().collect();
        let nodes = [("x", value.clone())];
        for source in ["{{ x }}", "{{ x|tojson }}", "{{ '' ~ x }}", "{% set y = x %}{{ y }}", "{{ [x][0] }}", "{% for y in [x] %}{{ y }}{% endfor %}"] {
            let given = evaluate(&source.into(), &Value::Null, &nodes).expect("it renders");
            prop_assert_eq!(given, Value::from(written(&value).as_str()));
        }
    }

    /// No text panics, and each ends.
    #[test]
    fn any_text_is_rendered_or_refused(source in r"(\{\{|\}\}|\{%|%\}|[a-c.|()\[\]{},:'0-9+*/%~=<>! -]|for|in|if|else|endif|endfor|set|is|not|loop|range|\n){0,40}") {
        let nodes = [("a", json("[1, \"x\", {\"b\": 2}]")), ("b", json("2")), ("c", json("\"text\""))];
        let _ = evaluate(&source.as_str().into(), &Value::Null, &nodes);
    }
}
