//! The node kind `template`: what templates give and how they fail.

mod rendering;

use engine_core::node::{Inputs, Native, NativeError, Template};
use engine_core::value::Value;

/// The inputs of a node: the run's input and what named nodes gave, `None` where one was skipped.
struct Given {
    input: Value,
    outputs: Vec<(String, Option<Value>)>,
}

impl Inputs for Given {
    fn input(&self) -> &Value {
        &self.input
    }

    fn output(&self, position: usize) -> Option<&Value> {
        self.outputs.get(position)?.1.as_ref()
    }

    fn name(&self, position: usize) -> &str {
        self.outputs.get(position).map_or("", |(name, _)| name)
    }
}

fn json(text: &str) -> Value {
    Value::from_json(text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn written(value: &Value) -> String {
    let mut out = Vec::new();
    value.write_json(&mut out).expect("its numbers are finite");
    String::from_utf8(out).expect("it is UTF-8")
}

/// Compiles a template and evaluates it; what `nodes` does not hold was skipped.
fn evaluate(source: &Value, input: &Value, nodes: &[(&str, Value)]) -> Result<Value, NativeError> {
    let template = Template::compile(source)
        .map_err(|error| NativeError { path: error.place(), detail: error.message })?;
    let reads = template.reads().nodes;
    let outputs = reads.iter().map(|(root, _)| {
        let value = nodes.iter().find(|(name, _)| *name == &**root).map(|(_, value)| value.clone());
        (root.to_string(), value)
    });
    let given = Given { input: input.clone(), outputs: outputs.collect() };
    Native::from(template).evaluate(&given)
}
