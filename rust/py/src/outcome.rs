//! What goes into a run and what comes out of it: slots, its result, and why it has none.

use std::sync::Arc;

use engine_core::plan::{NodeIndex, Returns};
use engine_core::run::{Cause, Failure, Slot};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::convert;
use crate::live::{Live, Object};
use crate::plan::Shared;

/// A slot's value, taken out from under the lock.
pub(crate) enum Form {
    Object(Object),
    Json(engine_core::value::Value),
}

impl Form {
    pub(crate) fn of(py: Python<'_>, slot: &Slot<Object>) -> Option<Self> {
        match (slot.host(), slot.json()) {
            (Some(object), _) => Some(Self::Object(object.clone_ref(py))),
            (None, json) => json.cloned().map(Self::Json),
        }
    }

    pub(crate) fn into_object(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        match self {
            Self::Object(object) => Ok(object.into_bound(py)),
            Self::Json(value) => convert::to_object(py, &value),
        }
    }
}

/// The slot of an input.
pub(crate) fn input_slot(plan: &Shared, input: &Bound<'_, PyAny>) -> PyResult<Slot<Object>> {
    slot(input, plan.core.root().wants_json_input, plan.input_dump.as_ref()).map_err(|cause| {
        let py = input.py();
        let name = &plan.core.root().name;
        let message = format!("the input of `{name}` has no JSON form, which its native nodes read: {cause}");
        let error =
            crate::error::raise(py, "InputError", &message, |facts| facts.set_item("workflow", &**name));
        error.set_cause(py, Some(cause));
        error
    })
}

/// The slot of an output that is given from outside.
pub(crate) fn output_slot(
    plan: &Shared,
    node: NodeIndex,
    output: &Bound<'_, PyAny>,
) -> PyResult<Slot<Object>> {
    let dump = plan.host(node).and_then(|host| host.dump.as_ref());
    slot(output, plan.core.node(node).wants_json, dump)
}

/// A slot that holds an object and, where it is wanted, its JSON form.
fn slot(object: &Bound<'_, PyAny>, wants_json: bool, dump: Option<&Object>) -> PyResult<Slot<Object>> {
    if !wants_json {
        return Ok(Slot::Host(object.clone().unbind()));
    }
    let value = convert::to_value(object).or_else(|error| match dump.filter(|_| error.is_foreign()) {
        Some(dump) => {
            let dumped = dump.bind(object.py()).call1((object,))?;
            convert::to_value(&dumped).map_err(convert::NoJson::into_error)
        }
        None => Err(error.into_error()),
    })?;
    Ok(Slot::Both(value, object.clone().unbind()))
}

/// What a run gives; `None` if it did not succeed.
pub(crate) fn result<'py>(py: Python<'py>, live: &Arc<Live>) -> PyResult<Option<Bound<'py, PyAny>>> {
    let object = |form: Option<Form>| match form {
        Some(form) => form.into_object(py),
        None => Ok(py.None().into_bound(py)),
    };
    let state = live.lock();
    if state.run.is_stopping() {
        return Ok(None);
    }
    if let (Returns::One(node), false) = (&live.plan.core.root().returns, state.run.is_ended()) {
        let form = Form::of(py, state.run.output(*node));
        drop(state);
        return object(form).map(Some);
    }
    let returned = state.run.returned();
    let forms: Vec<Option<Form>> =
        returned.nodes().map(|node| Form::of(py, state.run.output(*node))).collect();
    drop(state);
    let Returns::Object(entries) = returned else {
        return object(forms.into_iter().next().flatten()).map(Some);
    };
    let result = PyDict::new(py);
    for ((key, _), form) in entries.iter().zip(forms) {
        result.set_item(key, object(form)?)?;
    }
    Ok(Some(result.into_any()))
}

/// Takes out why a run did not succeed: (kind, node, attempt, cause, payload).
pub(crate) fn take_failure<'py>(py: Python<'py>, live: &Arc<Live>) -> PyResult<Option<Bound<'py, PyTuple>>> {
    enum Payload {
        Object(Object),
        Json(engine_core::value::Value),
        Text(String, String),
        None,
    }
    let take = |error: &mut Object| Payload::Object(std::mem::replace(error, py.None()));
    let (kind, node, attempt, cause, payload) = {
        let mut state = live.lock();
        match state.run.failure_mut() {
            None => return Ok(None),
            Some(Failure::Cancelled) => ("cancelled", None, 0, "", Payload::None),
            Some(Failure::TimedOut) => ("timeout", None, 0, "", Payload::None),
            Some(Failure::Aborted(error)) => ("aborted", None, 0, "", take(error)),
            Some(Failure::Node { node, attempt, cause, .. }) => {
                let (name, payload) = match cause {
                    Cause::Host(error) => ("host", take(error)),
                    Cause::Native(error) => {
                        ("native", Payload::Text(error.path.clone(), error.detail.clone()))
                    }
                    Cause::Unhandled(value) => ("unhandled", Payload::Json(value.clone())),
                    Cause::Timeout => ("timeout", Payload::None),
                    Cause::LoopLimit(limit) => ("loop-limit", Payload::Json(i64::from(*limit).into())),
                };
                ("node", Some(*node), *attempt, name, payload)
            }
        }
    };
    let payload = match payload {
        Payload::Object(error) => error.into_bound(py),
        Payload::Json(value) => convert::to_object(py, &value)?,
        Payload::Text(path, detail) => (path, detail).into_pyobject(py)?.into_any(),
        Payload::None => py.None().into_bound(py),
    };
    let node = node.map(|node| &*live.plan.core.node(node).name);
    Ok(Some((kind, node, attempt, cause, payload).into_pyobject(py)?))
}
