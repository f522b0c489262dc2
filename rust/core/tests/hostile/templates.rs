//! Templates.

use engine_core::cel::Fuel;
use engine_core::template::{Program, Roots};
use engine_core::value::Value;

use super::{all_end, json};

/// More than any template may hold at a time, beside its input.
const MEMORY_MAX: isize = 32 << 20;

/// Renders a template; the result in short.
fn outcome(source: &str, given: [(&str, &Value); 2]) -> String {
    let mut roots = Roots::default();
    let rendered = Program::compile(source, &mut roots).and_then(|program| {
        let value = |name| given.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
        let values: Vec<Option<&Value>> = roots.iter().map(|(name, _)| value(name)).collect();
        program.render(&values, &Fuel::default())
    });
    match rendered {
        Ok(text) => format!("gives {} bytes", text.len()),
        Err(error) => {
            let lines = source.matches('\n').count() + 1;
            assert!((1..=lines).contains(&(error.line as usize)), "{source:.100} has no such place: {error}");
            error.message
        }
    }
}

#[test]
fn hostile_templates_end_within_their_limits() {
    let times = |text: &str, count: usize| text.repeat(count);
    let nested = |open: &str, close: &str, count: usize| {
        format!("{{{{ {}1{} }}}}", times(open, count), times(close, count))
    };
    let chain = |link: &str, count: usize| format!("{{{{ input{} }}}}", times(link, count));
    let (work, long) = ("this takes more work than is allowed", "bytes");
    let cases: Vec<(String, &str)> = vec![
        // Text that grows.
        ("{% set x = 'aaaaaaaa' %}".to_owned() + &times("{% set x = x ~ x %}", 60), long),
        ("{% set x = 'aaaaaaaa' %}".to_owned() + &times("{% set x %}{{ x }}{{ x }}{% endset %}", 60), long),
        ("{{ 'a' * 1000000000 }}".into(), long),
        ("{{ 'a' * 9223372036854775807 }}".into(), long),
        ("{{ '' * 9223372036854775807 }}{{ [] * 9223372036854775807 }}".into(), "gives 2 bytes"),
        ("{% for i in range(1000000000) %}x{% endfor %}".into(), work),
        ("{% for i in range(100000) %}0123456789abcdef{% endfor %}".into(), work),
        ("{% for i in range(400) %}{{ 'a' * 1000000 }}{% endfor %}".into(), long),
        ("{% for i in range(400) %}{% set x = 'a' * 1000000 %}{% endfor %}".into(), work),
        ("{{ ('a' * 1000)|replace('a', 'b' * 10000) }}".into(), long),
        ("{{ ('a' * 100000)|replace('', 'bbbbbbbbbbbbbbbbbbbbbbbbb') }}".into(), long),
        ("{{ range(100000)|join('xxxxxxxxxxxxxxxxxxxxxxxx') }}".into(), work),
        ("{{ ('a\n' * 100000)|indent(100) }}".into(), long),
        ("{{ range(1000)|list|tojson(indent=1000000000) }}".into(), "gives 68892 bytes"),
        // Lists that grow or repeat.
        ("{{ [1] * 1000000000 }}".into(), work),
        ("{{ range(9223372036854775807) }}".into(), work),
        ("{{ range(-9223372036854775807, 9223372036854775807, 3)|length }}".into(), work),
        ("{% set x = [1] %}".to_owned() + &times("{% set x = x + x %}", 60), work),
        ("{{ [1]|batch(1000000000, 'x') }}".into(), work),
        ("{{ ('a' * 1000000)|list }}".into(), work),
        ("{{ ('a ' * 500000)|split }}".into(), work),
        // Values that hold one another.
        ("{% set x = [1] %}{% set y = [1] %}".to_owned() + &times("{% set x = [x, x] %}{% set y = [y, y] %}", 30) + "{{ x == y }}", work),
        ("{% set x = [1] %}".to_owned() + &times("{% set x = [x, x] %}", 60) + "{{ x }}", work),
        ("{% set x = [1] %}".to_owned() + &times("{% set x = [x, x] %}", 60) + "{{ x|tojson|length }}", work),
        (times("{% set x = [input] %}", 65), "more than 64 places where lists or objects are made"),
        ("{% set x = [1] %}".to_owned() + &times("{% set x = {'a': [x]} %}", 31) + "{{ x }}", "gives 251 bytes"),
        // Comparing and searching.
        ("{% set a = 'x' * 1000000 %}{% set b = 'x' * 1000000 %}{% for i in range(100000) %}{% if a == b %}{% endif %}{% endfor %}".into(), work),
        ("{% set a = 'x' * 500000 %}{% for i in range(100000) %}{% if 'xy' in a %}{% endif %}{% endfor %}".into(), work),
        ("{% for i in range(100000) %}{% if input.list == input.same %}{% endif %}{% endfor %}".into(), work),
        ("{% for i in range(100000) %}{{ input.list|sort|first }}{% endfor %}".into(), work),
        ("{% for i in range(100000) %}{{ input.list|unique|length }}{% endfor %}".into(), work),
        ("{{ ('ab' * 500000)|trim('ba' * 500000) }}".into(), work),
        // Loops.
        (times("{% for i in range(100) %}", 40) + &times("{% endfor %}", 40), work),
        (times("{% for i in range(1000) if false %}", 40) + &times("{% endfor %}", 40), "gives 0 bytes"),
        (times("{% with a = 1 %}", 100) + &times("{% endwith %}", 100), "gives 0 bytes"),
        (times("{% with a = 1 %}", 200) + &times("{% endwith %}", 200), "template exceeds maximum recursion limits"),
        // Nesting in the text.
        (nested("(", ")", 70), "gives 1 bytes"),
        (nested("(", ")", 240), "template exceeds maximum recursion limits"),
        (nested("(", ")", 15_000), "more than 500 words"),
        (nested("[", "]", 15_000), "more than 500 words"),
        (nested("{'a':", "}", 5_000), "more than 500 words"),
        (nested("-", "", 400), "gives 1 bytes"),
        (nested("-", "", 60_000), "more than 500 words"),
        (nested("not ", "", 400), "gives 4 bytes"),
        (nested("not ", "", 15_000), "more than 500 words"),
        (chain(" ~ 1", 240), "gives 1639 bytes"),
        (chain("+1", 30_000), "more than 500 words"),
        (chain("|d", 240), "gives 1399 bytes"),
        (chain("|d", 30_000), "more than 500 words"),
        (chain(".a", 30_000), "more than 500 words"),
        (chain("[0]", 20_000), "more than 500 words"),
        (chain("()", 30_000), "more than 500 words"),
        (chain("**1", 20_000), "more than 500 words"),
        (chain(" is defined", 5_000), "more than 500 words"),
        (chain(" if 1 else 1", 5_000), "more than 500 words"),
        (format!("{{% if 0 %}}{}{{% endif %}}", times("{%elif 0%}", 100)), "gives 0 bytes"),
        (format!("{{% if 0 %}}{}{{% endif %}}", times("{%elif 0%}", 6_000)), "more than 100 `elif`"),
        (format!("{}{}", times("{% if 1 %}{% else %}", 140), times("{% endif %}", 140)), "gives 0 bytes"),
        (times("{% filter upper %}", 140) + &times("{% endfilter %}", 140), "gives 0 bytes"),
        // The text itself.
        (times("x", 65_537), "65537 bytes are more than the 65536"),
        (times("\n", 65_536), "gives 65535 bytes"),
        (times("{{", 20_000), "more than 500 words"),
        (times("{#", 20_000), "end of comment"),
        (times("{%", 20_000), "more than 500 words"),
        ("{{ 1".to_owned() + &times("0", 60_000) + " }}", "integer"),
        ("{{ '".to_owned() + &times("\\u0041", 10_000) + "'|length }}", "gives 5 bytes"),
            // Filters and operators at their edges.
        ("{{ other.long|upper|lower|title|capitalize|trim|length }}".into(), "gives 7 bytes"),
        ("{{ ('\u{390}' * 300000)|upper|length }}".into(), long),
        ("{{ ('\u{390}' * 300000)|upper|upper }}".into(), long),
        ("{{ ('\u{130}' * 300000)|lower|length }}".into(), long),
        ("{{ input.list|join(other.long) }}".into(), long),
        ("{{ 'x'|indent(1000000000, true) }}".into(), "gives 65 bytes"),
        ("{{ ('\n' * 1000000)|indent(64, true, true) }}".into(), long),
        ("{{ other.long|batch(1)|length }}".into(), work),
        ("{{ input.list|batch(0) }}".into(), "must be 1 or more"),
        ("{{ other.long|split('')|length }}".into(), "separator must not be empty"),
        ("{{ other.long|split('aaaaaaaaab') }}".into(), "gives 1000004 bytes"),
        ("{{ other.long|lines|length }}".into(), "gives 1 bytes"),
        ("{{ other.long|truncate(-1) }}".into(), "must be 0 or more"),
        ("{{ other.long|truncate(9223372036854775807)|length }}".into(), "gives 7 bytes"),
        ("{{ other.long[::9223372036854775807] }}".into(), "gives 1 bytes"),
        ("{{ other.long[-9223372036854775807:9223372036854775807]|length }}".into(), "gives 7 bytes"),
        ("{{ other.long[0:1:0] }}".into(), "a slice steps forwards"),
        ("{{ input.list|sort(attribute='a".to_owned() + &times(".a", 10_000) + "') }}", "item 0 has no"),
        ("{{ input.list|map('upper')|map('lower')|map('list')|length }}".into(), "gives 3 bytes"),
        ("{{ input.list|map('map') }}".into(), "`map` takes a filter or an attribute"),
        ("{{ input.list|select('nothing') }}".into(), "there is no test"),
        ("{{ other|dictsort|tojson(indent=64)|length }}".into(), long),
        ("{% for i in range(1000) %}{{ other.long|length }}{% endfor %}".into(), work),
        ("{% for i in other.long %}{% endfor %}".into(), work),
        ("{% for a, b in input.list %}{% endfor %}".into(), "2 names need a list"),
        ("{{ range(0, 10, 0) }}".into(), "a step of 0"),
        ("{{ range(9223372036854775806, 9223372036854775807)|length }}".into(), "gives 1 bytes"),
        ("{{ 2 ** 1000000000 }}".into(), "out of range"),
        ("{{ 1 ** 9223372036854775807 }}".into(), "out of range"),
        ("{{ 0.5 ** 1e308 }}{{ 2.0 ** 1e308 }}".into(), "out of range"),
        ("{{ (-9223372036854775807 - 1) // -1 }}".into(), "gives 19 bytes"),
        ("{{ -(-9223372036854775807 - 1) }}".into(), "gives 19 bytes"),
        ("{{ 18446744073709551615 + 1 }}".into(), "out of range"),
        ("{{ 1e308 * 10 }}".into(), "out of range"),
        ("{{ 1e999 }}".into(), "number"),
        ("{{ 340282366920938463463374607431768211455 + 1 }}".into(), "number"),
        ("{{ other.big + 1 }}{{ other.big|int }}{{ other.big < 2 }}".into(), "does not take"),
        ("{{ other.big|round }}{{ other.big|abs }}".into(), "round"),
        ("{{ 1.5|round(9223372036854775807) }}{{ 1e300|round(15) }}".into(), "gives 8 bytes"),
        ("{{ '\\ud800' }}".into(), "escape"),
        ("{{ '\\x00'|tojson }}{{ '\u{0}\u{feff}\u{202e}' }}".into(), "gives 15 bytes"),
        ("{{ input[input][input] }}".into(), "has no such item"),
        ("{{ input.list[9223372036854775807] is defined }}".into(), "gives 5 bytes"),
        ("{{ input.__class__.__mro__ }}".into(), "`input` has no `__class__`"),
        ("{{ ''.join(['a']) }}{{ self }}".into(), "values have no methods"),
        ("{% import 'x' as x %}".into(), "unknown statement"),
        ("{% extends 'x' %}".into(), "unknown statement"),
        ("{% call input() %}{% endcall %}".into(), "unknown statement"),
        ("{% raw %}".to_owned() + &times("{{", 20_000), "raw"),
        (times("{%- if 1 -%} ", 140) + &times("{%- endif -%} ", 140), "gives 0 bytes"),
        (times("{% set x %}", 140) + &times("{% endset %}", 140), "gives 0 bytes"),
        // A place far down or to the right.
        (times("\n", 65_000) + "{{ 1 + }}", "unexpected"),
        (times(" ", 65_000) + "{{ 1 + }}", "unexpected"),
        (times("é", 32_000) + "{{ input.nothing }}", "has no `nothing`"),
        ("{{ '".to_owned() + &times("é", 30_000) + "' + 1 }}", "`+` does not take"),
    ];
    let list: Vec<String> = (0..200).map(|number| number.to_string()).collect();
    let list = list.join(",");
    let (text, big) = ("a".repeat(1_000_000), "9".repeat(4_300));
    let input = json(&format!(r#"{{"list": [{list}], "same": [{list}]}}"#));
    let other = json(&format!(r#"{{"long": "{text}", "big": {big}}}"#));
    all_end(cases, MEMORY_MAX, |source| outcome(source, [("input", &input), ("other", &other)]));
}
