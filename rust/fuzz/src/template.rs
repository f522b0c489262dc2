//! Templates: they are read or refused with a place, and end alike each time, within their fuel.

use engine_core::cel::Fuel;
use engine_core::template::{OUTPUT_MAX, Program, Roots, TemplateError, filters, tests};
use engine_core::value::Value;

use crate::changes;
use crate::choices::Choices;
use crate::json;
use crate::rules::{self, Rules};

/// Enough for most templates, and soon used up.
const FUEL: u64 = 20_000;
/// What is said where fuel is used up.
const EXHAUSTED: &str = "this takes more work than is allowed";

/// Templates, most of them sound. `filter` and `test` are the names that the core has.
const RULES: &Rules<'_> = &[
    ("body", &["@text", "@piece", "@piece@body", "@text@body"]),
    ("text", &["a", " b\n", "é😀", "{# c #}", "{% raw %}{{ x }}{% endraw %}", ""]),
    (
        "piece",
        &[
            "{{ @expr }}",
            "{{ @expr }}",
            "{{- @expr -}}",
            "{% if @expr %}@body{% endif %}",
            "{% if @expr %}@body{% elif @expr %}@body{% else %}@body{% endif %}",
            "{% for @name in @expr %}@body{% endfor %}",
            "{% for @name in @list if @expr %}@body@turn{% else %}@body{% endfor %}",
            "{% for a, b in @expr|items %}@body{% endfor %}",
            "{% set @name = @expr %}",
            "{% set a, (b, c) = @list %}",
            "{% set @name %}@body{% endset %}",
            "{% with @name = @expr, b = @expr %}@body{% endwith %}",
            "{% filter @filter %}@body{% endfilter %}",
        ],
    ),
    ("turn", &["{{ loop.index }}", "{{ loop.last }}", "{{ loop.revindex0 }}", "{{ loop.cycle(@expr, @expr) }}"]),
    ("name", &["x", "y", "a", "b", "c", "item"]),
    (
        "expr",
        &[
            "@atom",
            "@atom",
            "@atom.@name",
            "@expr[@expr]",
            "@expr[@index:@index:@step]",
            "@expr|@filter",
            "@expr|@filter",
            "@expr|@filter(@expr)",
            "@expr|@filter(@expr, @expr)",
            "@expr|@filter('a', @expr)",
            "@expr|@known",
            "@expr is @test",
            "@expr is not @test",
            "@expr is @test @atom",
            "(@expr) @operator (@expr)",
            "@atom @operator @atom",
            "@atom @operator @expr",
            "not @expr",
            "-@expr",
            "@expr if @expr else @expr",
            "[@expr, @expr]",
            "{'a': @expr, @string: @expr}",
            "range(@index)",
            "range(@index, @index, @step)",
            "@list",
            "(@expr)",
        ],
    ),
    ("list", &["[1, 2, 3]", "[x, y]", "range(3)", "[[1, [2, 3]]]", "['a', 'B', 'é']", "[{'a': 1}, {'a': 2, 'b': 3}]"]),
    (
        "atom",
        &["x", "y", "1", "0", "-1", "2.5", "1e300", "9223372036854775807", "true", "none", "@string", "x.a", "y[0]", "c", "loop.index"],
    ),
    ("string", &["'a'", "''", "\"b\"", "'é😀'", "'a b'", "'12'", "'x\\n\\u00e9'", "' A '", "'ab' * 3", "','"]),
    ("index", &["1", "0", "-1", "3", "", "100", "-9223372036854775807", "9223372036854775807"]),
    ("step", &["1", "2", "", "-1", "0", "9223372036854775807"]),
    (
        "operator",
        &["+", "-", "*", "/", "//", "%", "**", "~", "==", "!=", "<", ">=", "in", "not in", "and", "or"],
    ),
    (
        "known",
        &[
            "default(@expr)",
            "d('z', true)",
            "sort(attribute='a', reverse=true)",
            "map(attribute='a', default=@expr)",
            "map('@filter')",
            "select('@test')",
            "rejectattr('a', '@test', @expr)",
            "tojson(indent=@index)",
            "join(', ', attribute='a')",
            "batch(@index, @expr)",
            "truncate(@index, true, '')",
            "indent(@index, true, true)",
            "round(@index, 'floor')",
            "sum(attribute='a', start=@expr)",
            "dictsort",
            "split(@string, @index)",
        ],
    ),
];

/// What lexers and parsers look for.
const PIECES: [&str; 34] = [
    "{{", "}}", "{%", "%}", "{#", "#}", "{%-", "-%}", "(", ")", "[", "]", "{", "}", "|", ".", ",", ":", "'", "\"", "\\",
    "\\x", "\\ud83d", " if ", " else ", " in ", " is ", " not ", "loop.", "range(", "*", "9223372036854775808", "\n", "é",
];

/// Writes a template as the bytes choose, and tries everything with it.
pub(crate) fn run(bytes: &[u8]) {
    let mut choices = Choices::new(bytes);
    let kind = choices.below(8);
    let changes = changes::choose(&mut choices);
    let given: Vec<Option<Value>> = (0..4)
        .map(|_| (!choices.once_in(6)).then(|| json::value(&mut choices, 3)))
        .collect();
    let source = if kind == 0 {
        String::from_utf8_lossy(choices.rest()).into_owned()
    } else {
        let depth = 3 + choices.below(16);
        let (filters, tests): (Vec<_>, Vec<_>) = (filters().collect(), tests().collect());
        let names = [("filter", &filters[..]), ("test", &tests[..])];
        let text = rules::write(&[RULES, &names], "body", depth, &mut choices);
        if kind < 4 { changes::apply(&text, &changes, &PIECES) } else { text }
    };
    examine(&source, &given);
}

/// Everything that holds for each template.
fn examine(source: &str, given: &[Option<Value>]) {
    let mut roots = Roots::default();
    let program = match Program::compile(source, &mut roots) {
        Ok(program) => program,
        Err(error) => return is_placed(&error, source),
    };
    let mut again = Roots::default();
    assert!(Program::compile(source, &mut again).is_ok(), "{source:?} is compiled only once");
    let names = |roots: &Roots| roots.iter().map(|(name, asked)| (name.to_owned(), asked)).collect::<Vec<_>>();
    assert!(names(&roots) == names(&again), "{source:?} has not always the same roots");
    let values: Vec<Option<&Value>> =
        roots.iter().zip(given.iter().cycle()).map(|(_, value)| value.as_ref()).collect();
    let (all, second) = (Fuel::new(FUEL), Fuel::new(FUEL));
    let result = program.render(&values, &all);
    assert!(program.render(&values, &second) == result, "{source:?} is not always the same");
    assert!(all.left() == second.left(), "{source:?} does not always take the same fuel");
    match &result {
        Ok(text) => assert!(text.len() <= OUTPUT_MAX, "{source:?} gives {} bytes", text.len()),
        Err(error) => is_placed(error, source),
    }
    match program.render(&values, &Fuel::new((FUEL - all.left()) / 2)) {
        Err(error) if error.message == EXHAUSTED => {}
        other => assert!(other == result, "{source:?} ends in another way with less fuel: {other:?}, {result:?}"),
    }
}

/// The place of an error lies in the text, or right behind a line of it.
fn is_placed(error: &TemplateError, source: &str) {
    let line = source.split('\n').nth(error.line as usize - 1);
    let length = line.unwrap_or_else(|| panic!("{source:?} has no such line: {error}")).chars().count();
    assert!((1..=length + 1).contains(&(error.column as usize)), "{source:?} has no such column: {error}");
}
