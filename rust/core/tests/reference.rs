//! The pages that describe expressions and templates: each example gives what stands beside it, and nothing
//! that there is is left out.

use std::path::Path;

use engine_core::cel::syntax::parse;
use engine_core::cel::{Fuel, Program, functions};
use engine_core::template::{self, Roots};
use engine_core::value::Value;

fn page(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name);
    std::fs::read_to_string(path).expect("the page is there")
}

/// The input that the examples of a page read.
fn input(page: &str) -> Value {
    let block = page.split("```json\n").nth(1).and_then(|rest| rest.split("```").next());
    json(block.expect("the page has its input"))
}

fn json(text: &str) -> Value {
    Value::from_json(text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// The code of a cell, or the words.
fn code(cell: &str) -> String {
    let cell = cell.trim();
    let code = cell.strip_prefix('`').and_then(|rest| rest.strip_suffix('`')).unwrap_or(cell);
    code.replace("\\|", "|")
}

/// Examples and what they give, of all tables that have a column `gives` at their end.
fn examples(page: &str) -> Vec<(String, String)> {
    let (mut found, mut has_examples) = (Vec::new(), false);
    for line in page.lines() {
        let marked = line.replace("\\|", "\u{0}");
        let Some(row) = marked.strip_prefix('|').and_then(|row| row.strip_suffix('|')) else { continue };
        let cells: Vec<String> = row.split('|').map(|cell| cell.replace('\u{0}', "\\|")).collect();
        let [.., example, gives] = &*cells else { panic!("{line} is no row") };
        match (example.trim(), gives.trim()) {
            ("example" | "template", "gives") => has_examples = true,
            (_, gives) if gives.starts_with("---") => {}
            _ if line.starts_with("| ") && has_examples && example.trim().starts_with('`') => {
                found.push((code(example), code(gives)));
            }
            _ => has_examples = false,
        }
    }
    assert!(found.len() > 20, "only {} examples", found.len());
    found
}

/// Whether an outcome is what a page says: an error by a part of its message.
fn is_as_said(outcome: &Result<String, String>, said: &str) -> bool {
    match (outcome, said.strip_prefix("error: ")) {
        (Err(message), Some(part)) => message.contains(part),
        (Ok(given), None) => given == said,
        _ => false,
    }
}

/// All examples, one a line.
fn joined(examples: &[(String, String)]) -> String {
    examples.iter().map(|(source, _)| &**source).collect::<Vec<_>>().join("\n")
}

fn all_are(
    examples: &[(String, String)],
    give: impl Fn(&str) -> Result<String, String>,
    wanted: impl Fn(&str) -> String,
) {
    let wrong = examples.iter().filter_map(|(source, said)| {
        let outcome = give(source);
        (!is_as_said(&outcome, &wanted(said))).then(|| format!("{source} gives {outcome:?}, not {said}\n"))
    });
    let wrong: String = wrong.collect();
    assert!(wrong.is_empty(), "{wrong}");
}

fn evaluated(source: &str, input: &Value) -> Result<String, String> {
    let tree = parse(source).map_err(|error| error.message)?;
    let program = Program::compile(&tree, &[]);
    let scope: Vec<Option<Value>> =
        program.roots().iter().map(|root| (&*root.name == "input").then(|| input.clone())).collect();
    let found = program.evaluate_json(&scope, &Fuel::default()).map_err(|error| error.message)?;
    let mut out = Vec::new();
    let value = found.as_ref().ok_or("nothing")?;
    value.write_json(&mut out).map_err(|_| "not finite")?;
    Ok(String::from_utf8_lossy(&out).into_owned())
}

/// JSON without blanks, as values are written.
fn compact(said: &str) -> String {
    if said.starts_with("error: ") {
        return said.into();
    }
    let mut out = Vec::new();
    json(said).write_json(&mut out).expect("it is JSON");
    String::from_utf8_lossy(&out).into_owned()
}

#[test]
fn expressions_give_what_the_page_says() {
    let page = page("expressions.md");
    let (input, examples) = (input(&page), examples(&page));
    all_are(&examples, |source| evaluated(source, &input), compact);
    let all = joined(&examples);
    for function in functions::all() {
        let name = function.name;
        assert!(all.contains(&format!("{name}(")), "no example calls `{name}`");
    }
    for name in
        ["has", "all", "exists", "exists_one", "filter", "map", "transformList", "transformMap", "optMap"]
    {
        assert!(all.contains(&format!("{name}(")), "no example has the macro `{name}`");
    }
}

#[test]
fn templates_give_what_the_page_says() {
    let page = page("templates.md");
    let (input, examples) = (input(&page), examples(&page));
    let rendered = |source: &str| {
        let mut roots = Roots::default();
        let program = template::Program::compile(source, &mut roots).map_err(|error| error.message)?;
        let values: Vec<Option<&Value>> =
            roots.iter().map(|(name, _)| (name == "input").then_some(&input)).collect();
        let text = program.render(&values, &Fuel::default()).map_err(|error| error.message)?;
        // A cell is one line.
        Ok(text.replace('\n', "\\n"))
    };
    all_are(&examples, rendered, str::to_owned);
    let all = joined(&examples);
    let written = |sign: &str, name: &str, ends: &[char]| {
        all.split(sign).skip(1).any(|rest| rest.strip_prefix(name).is_some_and(|rest| rest.starts_with(ends)))
    };
    for name in template::filters() {
        let is_there = written("| ", name, &[' ', '(']) || written("filter ", name, &[' ']);
        assert!(is_there, "no example has the filter `{name}`");
    }
    for name in template::tests() {
        assert!(written(" is ", name, &[' ', '(']), "no example has the test `{name}`");
    }
    for name in template::loop_fields() {
        assert!(written("loop.", name, &[' ', '(', '}']), "no example has `loop.{name}`");
    }
}
