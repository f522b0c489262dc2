//! What goes into a run and what comes out of it: slots, its result, and why it has none.

use std::sync::Arc;

use engine_core::plan::{NodeIndex, Returns};
use engine_core::run::{Cause, Failure, Members, Parts, Slot};
use engine_core::value::Value;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple};

use crate::convert;
use crate::live::{Live, Object};
use crate::plan::Shared;

/// A slot's value, taken out from under the lock.
pub(crate) enum Form {
    Object(Object),
    Json(Value),
    /// A list or an object whose members have forms of their own.
    Parts(Arc<Parts<Object>>),
}

impl Form {
    pub(crate) fn of(py: Python<'_>, slot: &Slot<Object>) -> Option<Self> {
        if let Some(object) = slot.host() {
            return Some(Self::Object(object.clone_ref(py)));
        }
        // The members may be more than their JSON is.
        match slot.parts() {
            Some(parts) => Some(Self::Parts(parts.clone())),
            None => slot.json().cloned().map(Self::Json),
        }
    }

    pub(crate) fn into_object(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        match self {
            Self::Object(object) => Ok(object.into_bound(py)),
            Self::Json(value) => convert::to_object(py, &value),
            Self::Parts(parts) => gather(py, &parts),
        }
    }
}

/// Makes one object of a list or an object in parts.
fn gather<'py>(py: Python<'py>, parts: &Parts<Object>) -> PyResult<Bound<'py, PyAny>> {
    let member = |slot: &Slot<Object>| match Form::of(py, slot) {
        Some(form) => form.into_object(py),
        None => Ok(py.None().into_bound(py)),
    };
    Ok(match &parts.members {
        Members::List(items) => {
            let items = items.iter().map(member).collect::<PyResult<Vec<_>>>()?;
            PyList::new(py, items)?.into_any()
        }
        Members::Object(entries) => {
            let dict = PyDict::new(py);
            for (key, slot) in entries {
                dict.set_item(&**key, member(slot)?)?;
            }
            dict.into_any()
        }
    })
}

/// The slot of a value, and of its JSON form where that is wanted. A list that a map takes apart is in parts.
pub(crate) fn slot_of(json: Option<Value>, object: Bound<'_, PyAny>, wants_parts: bool) -> Slot<Object> {
    if wants_parts && let Some(slot) = in_parts(json.as_ref(), &object) {
        return slot;
    }
    match json {
        Some(json) => Slot::Both(json, object.unbind()),
        None => Slot::Host(object.unbind()),
    }
}

fn in_parts(json: Option<&Value>, object: &Bound<'_, PyAny>) -> Option<Slot<Object>> {
    let items: Vec<Bound<'_, PyAny>> = if let Ok(list) = object.cast::<PyList>() {
        list.iter().collect()
    } else {
        object.cast::<PyTuple>().ok()?.iter().collect()
    };
    let values = match json {
        Some(Value::List(values)) if values.len() == items.len() => Some(values),
        _ => None,
    };
    let member = |(index, item): (usize, Bound<'_, PyAny>)| match values.and_then(|values| values.get(index))
    {
        Some(value) => Slot::Both(value.clone(), item.unbind()),
        None => Slot::Host(item.unbind()),
    };
    let members = Members::List(items.into_iter().enumerate().map(member).collect());
    Some(Slot::Parts(Arc::new(Parts { json: json.cloned(), members }), Some(object.clone().unbind())))
}

/// The slot of an input.
pub(crate) fn input_slot(plan: &Shared, input: &Bound<'_, PyAny>) -> PyResult<Slot<Object>> {
    let core = &plan.core;
    let wanted = slot(input, core.root().wants_json_input, core.wants_input_parts, plan.input_dump.as_ref());
    wanted.map_err(|cause| {
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
    let planned = plan.core.node(node);
    slot(output, planned.wants_json, planned.wants_parts, dump)
}

/// A slot that holds an object and, where it is wanted, its JSON form.
fn slot(
    object: &Bound<'_, PyAny>,
    wants_json: bool,
    wants_parts: bool,
    dump: Option<&Object>,
) -> PyResult<Slot<Object>> {
    if !wants_json {
        return Ok(slot_of(None, object.clone(), wants_parts));
    }
    let value = convert::to_value(object).or_else(|error| match dump.filter(|_| error.is_foreign()) {
        Some(dump) => {
            let dumped = dump.bind(object.py()).call1((object,))?;
            convert::to_value(&dumped).map_err(convert::NoJson::into_error)
        }
        None => Err(error.into_error()),
    })?;
    Ok(slot_of(Some(value), object.clone(), wants_parts))
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

/// Takes out why a run did not succeed: (kind, node, attempt, cause, payload); the payload of a timeout is
/// that of the node, in seconds.
pub(crate) fn take_failure<'py>(py: Python<'py>, live: &Arc<Live>) -> PyResult<Option<Bound<'py, PyTuple>>> {
    enum Payload {
        Object(Object),
        Json(Value),
        Text(String, String),
        Seconds(f64),
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
            Some(Failure::Node { path, node, attempt, cause }) => {
                let timeout = live.plan.core.node(*node).timeout;
                let (name, payload) = match cause {
                    Cause::Host(error) => ("host", take(error)),
                    Cause::Native(error) => {
                        ("native", Payload::Text(error.path.clone(), error.detail.clone()))
                    }
                    Cause::Unhandled(value) => ("unhandled", Payload::Json(value.clone())),
                    Cause::Timeout => (
                        "timeout",
                        timeout.map_or(Payload::None, |timeout| Payload::Seconds(timeout.as_secs_f64())),
                    ),
                    Cause::LoopLimit(limit) => ("loop-limit", Payload::Json(i64::from(*limit).into())),
                };
                ("node", Some(live.plan.site_name(path, Some(*node))), *attempt, name, payload)
            }
        }
    };
    let payload = match payload {
        Payload::Object(error) => error.into_bound(py),
        Payload::Json(value) => convert::to_object(py, &value)?,
        Payload::Text(path, detail) => (path, detail).into_pyobject(py)?.into_any(),
        Payload::Seconds(seconds) => seconds.into_pyobject(py)?.into_any(),
        Payload::None => py.None().into_bound(py),
    };
    Ok(Some((kind, node, attempt, cause, payload).into_pyobject(py)?))
}
