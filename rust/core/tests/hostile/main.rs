//! What tries to take the process down: each ends with a result or an error, in little memory, and whatever
//! takes time takes fuel.

#![allow(clippy::too_many_lines)] // The tables are long.

mod documents;
mod expressions;
mod memory;
mod schemas;
mod templates;

use engine_core::value::Value;

fn json(text: &str) -> Value {
    Value::from_json(text.as_bytes()).unwrap_or_else(|error| panic!("{text:.100}: {error}"))
}

/// Each text ends as it should and holds no more memory than it may; tells of all that do not.
fn all_end(cases: Vec<(String, &str)>, memory_max: isize, outcome: impl Fn(&str) -> String + Sync) {
    let wrong = cases.iter().filter_map(|(text, wanted)| {
        let (said, held) = memory::attempt(|| outcome(text));
        let is_right = said.contains(wanted) && held < memory_max;
        (!is_right).then(|| format!("{text:.100}\n  {said:.200}, not {wanted}; held {held} bytes\n"))
    });
    let wrong: String = wrong.collect();
    assert!(wrong.is_empty(), "{wrong}");
}
