//! The cases of a route against the values that can come.

use super::Node;
use super::check::Checker;
use super::fault::FaultCode;
use crate::value::Value;

impl Checker<'_, '_> {
    pub(super) fn check_cases(&mut self, node: &Node) {
        let Some(cases) = &node.cases else { return };
        let name = Some(&*node.name);
        for (position, (value, _)) in cases.cases.iter().enumerate() {
            if cases.cases[..position].iter().any(|(earlier, _)| earlier == value) {
                let message = format!("{} has two cases", spell(value));
                self.fault(
                    FaultCode::DuplicateCase,
                    name,
                    message,
                    "name all nodes of a value in one list".into(),
                );
            }
        }
        let Some(values) = &node.values else {
            if cases.default.is_none() {
                let message = "the values are not known before the run, and there is no default".into();
                let remedy = "add `default=None` to run nothing for other values, or `default=node`".into();
                self.fault(FaultCode::MissingDefault, name, message, remedy);
            }
            return;
        };
        for value in values.iter().filter(|_| cases.default.is_none()) {
            if !cases.cases.iter().any(|(case, _)| case == value) {
                let spelled = spell(value);
                let message = format!("{spelled} is not handled");
                let remedy = format!("add `{spelled}: node`, or `default=None` to run nothing");
                self.fault(FaultCode::UnhandledValue, name, message, remedy);
            }
        }
        for (value, _) in &cases.cases {
            if !values.contains(value) {
                let known: Vec<String> = values.iter().map(spell).collect();
                let message = format!("{} never comes; the values are {}", spell(value), known.join(", "));
                self.fault(
                    FaultCode::NeedlessValue,
                    name,
                    message,
                    "remove the case or mend its spelling".into(),
                );
            }
        }
    }
}

/// A case value as it is written in Python.
fn spell(value: &Value) -> String {
    match value {
        Value::Null => "None".into(),
        Value::Bool(true) => "True".into(),
        Value::Bool(false) => "False".into(),
        other => {
            let mut text = Vec::new();
            match other.write_json(&mut text) {
                Ok(()) => String::from_utf8_lossy(&text).into_owned(),
                Err(_) => "NaN".into(),
            }
        }
    }
}
