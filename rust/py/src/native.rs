//! Runs of native nodes alone, from JSON text to JSON text: without Python objects, and without holding
//! the interpreter.

use std::sync::Arc;

use engine_core::plan::{Plan, Returns};
use engine_core::run::{Run, Slot, Start};
use engine_core::value::{Value, write_string};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::{convert, exit};

/// The bit of a kind of JSON in the set of kinds that a workflow takes as they are.
fn kind(value: &Value) -> u8 {
    1 << match value {
        Value::Null => 0,
        Value::Bool(_) => 1,
        Value::Int(_) | Value::Uint(_) | Value::Big(_) => 2,
        Value::Float(_) => 3,
        Value::String(_) => 4,
        Value::List(_) => 5,
        Value::Object(_) => 6,
    }
}

/// Runs a plan of native nodes alone. `None` for all that ends otherwise than with a result: the usual way,
/// which does the same again, tells why.
pub(crate) fn run_text<'py>(
    plan: &Arc<Plan>,
    text: &Bound<'py, PyAny>,
    kinds: u8,
) -> PyResult<Option<Bound<'py, PyBytes>>> {
    let py = text.py();
    convert::with_text(text, |bytes| {
        let written = exit::detach(py, || {
            let input = Value::from_json(bytes).ok().filter(|input| kind(input) & kinds != 0)?;
            let run = Run::<()>::new(plan.clone(), Start::new(Slot::Json(input)));
            let mut out = Vec::with_capacity(bytes.len());
            (!run.is_stopping()).then(|| write_result(&run, &mut out)).flatten().map(|()| out)
        });
        Ok(written.map(|out| PyBytes::new(py, &out)))
    })
}

/// Writes what a run has given.
fn write_result(run: &Run<()>, out: &mut Vec<u8>) -> Option<()> {
    let returned = run.returned();
    let write = |node: &_, out: &mut Vec<u8>| {
        let null = Value::Null;
        run.output(*node).json().unwrap_or(&null).write_json(out).ok()
    };
    match &returned {
        Returns::Object(entries) => {
            out.push(b'{');
            for (index, (key, node)) in entries.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write_string(key, out);
                out.push(b':');
                write(node, out)?;
            }
            out.push(b'}');
            Some(())
        }
        other => match other.nodes().next() {
            Some(node) => write(node, out),
            None => Value::Null.write_json(out).ok(),
        },
    }
}
