//! What the arguments of a call are made of: gathered under the run's lock, put together outside of it.

use std::sync::Arc;

use engine_core::plan::{NodeIndex, Plan};
use engine_core::run::{Call, Slot};
use engine_core::value::Value;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple};
use smallvec::SmallVec;

use crate::context::Context;
use crate::convert;
use crate::live::{Live, Object, State};
use crate::plan::Input;

/// A value, if it is there.
type Maybe<'py> = Option<Bound<'py, PyAny>>;

/// What the arguments of a call are made of.
pub(crate) enum Gathered {
    /// The arguments themselves, as nearly always.
    Arguments(SmallVec<[Object; 6]>),
    /// Something is to be converted or put together outside of the lock.
    Leaves(Leaves),
}

impl Gathered {
    /// Makes the arguments.
    pub(crate) fn into_arguments<'py>(
        self,
        py: Python<'py>,
        inputs: &[Input],
        live: &Arc<Live>,
        call: Call,
        on_loop: bool,
    ) -> PyResult<Bound<'py, PyTuple>> {
        match self {
            Self::Arguments(arguments) => PyTuple::new(py, arguments),
            Self::Leaves(leaves) => {
                let who = Who { live, call, on_loop };
                let mut values = leaves.into_objects(py, live)?;
                let made: SmallVec<[Bound<'py, PyAny>; 8]> = inputs
                    .iter()
                    .map(|input| argument(&who, py, input, &mut values))
                    .collect::<PyResult<_>>()?;
                PyTuple::new(py, made)
            }
        }
    }
}

/// Whom the arguments are for.
struct Who<'a> {
    live: &'a Arc<Live>,
    call: Call,
    on_loop: bool,
}

fn argument<'py>(
    who: &Who<'_>,
    py: Python<'py>,
    input: &Input,
    values: &mut Values<'py>,
) -> PyResult<Bound<'py, PyAny>> {
    Ok(match input {
        Input::Run | Input::Node(_) => values.take(py),
        Input::Optional(_, default) => values.next().unwrap_or_else(|| default.bind(py).clone()),
        Input::Constant(object) => object.bind(py).clone(),
        Input::Context => Bound::new(py, Context::new(py, who.live, who.call, who.on_loop))?.into_any(),
        Input::List(members) => {
            let list = PyList::empty(py);
            for member in members {
                if let Some(value) = take_member(who, py, member, values)? {
                    list.append(value)?;
                }
            }
            list.into_any()
        }
        Input::Dict(members) => {
            let dict = PyDict::new(py);
            for (key, member) in members {
                if let Some(value) = take_member(who, py, member, values)? {
                    dict.set_item(key, value)?;
                }
            }
            dict.into_any()
        }
    })
}

/// A member of a list or dict: `None` if its node was skipped.
fn take_member<'py>(
    who: &Who<'_>,
    py: Python<'py>,
    input: &Input,
    values: &mut Values<'py>,
) -> PyResult<Maybe<'py>> {
    match input {
        Input::Run | Input::Node(_) => Ok(values.next()),
        other => argument(who, py, other, values).map(Some),
    }
}

/// Gathers under the lock what the arguments of a call are made of.
pub(crate) fn gather(py: Python<'_>, state: &State, inputs: &[Input]) -> Gathered {
    let mut arguments = SmallVec::new();
    for input in inputs {
        let object = match input {
            Input::Run => state.run.input().host(),
            Input::Node(node) => state.run.output(*node).host(),
            Input::Optional(node, default) => match state.run.output(*node) {
                slot if slot.is_empty() => Some(default),
                slot => slot.host(),
            },
            Input::Constant(object) => Some(object),
            Input::Context | Input::List(_) | Input::Dict(_) => None,
        };
        let Some(object) = object else {
            let mut leaves = Leaves(SmallVec::new());
            for input in inputs {
                leaves.gather(py, state, input);
            }
            return Gathered::Leaves(leaves);
        };
        arguments.push(object.clone_ref(py));
    }
    Gathered::Arguments(arguments)
}

/// Where an argument comes from.
pub(crate) enum Source {
    Input,
    Node(NodeIndex),
    Other,
    Members(Vec<Source>),
}

impl Source {
    /// Members whose node was skipped are not in the argument, and not here.
    pub(crate) fn of(input: &Input, state: &State) -> Self {
        let is_there = |input: &&Input| match input {
            Input::Node(node) => !state.run.output(*node).is_empty(),
            _ => true,
        };
        match input {
            Input::Run => Self::Input,
            Input::Node(node) | Input::Optional(node, _) => Self::Node(*node),
            Input::Constant(_) | Input::Context => Self::Other,
            Input::List(members) => {
                Self::Members(members.iter().filter(is_there).map(|member| Self::of(member, state)).collect())
            }
            Input::Dict(members) => {
                let members = members.iter().map(|(_, member)| member).filter(is_there);
                Self::Members(members.map(|member| Self::of(member, state)).collect())
            }
        }
    }

    pub(crate) fn into_object<'py>(self, py: Python<'py>, plan: &Plan) -> PyResult<Bound<'py, PyAny>> {
        Ok(match self {
            Self::Input => "input".into_pyobject(py)?.into_any(),
            Self::Node(node) => (*plan.node(node).name).into_pyobject(py)?.into_any(),
            Self::Other => py.None().into_bound(py),
            Self::Members(members) => {
                let members: Vec<_> = members
                    .into_iter()
                    .map(|member| member.into_object(py, plan))
                    .collect::<PyResult<_>>()?;
                PyList::new(py, members)?.into_any()
            }
        })
    }
}

/// Values under the lock: what each argument is made of, in the order of the inputs.
pub(crate) struct Leaves(SmallVec<[Leaf; 6]>);

enum Leaf {
    Object(Object),
    /// JSON that Python sees for the first time, and the node it came from (or the input).
    Json(Value, Option<NodeIndex>),
    Absent,
}

impl Leaves {
    fn gather(&mut self, py: Python<'_>, state: &State, input: &Input) {
        match input {
            Input::Run => self.push(py, state.run.input(), None),
            Input::Node(node) | Input::Optional(node, _) => {
                self.push(py, state.run.output(*node), Some(*node));
            }
            Input::Constant(_) | Input::Context => {}
            Input::List(members) => members.iter().for_each(|member| self.gather(py, state, member)),
            Input::Dict(members) => members.iter().for_each(|(_, member)| self.gather(py, state, member)),
        }
    }

    fn push(&mut self, py: Python<'_>, slot: &Slot<Object>, node: Option<NodeIndex>) {
        self.0.push(match (slot.host(), slot.json()) {
            (Some(object), _) => Leaf::Object(object.clone_ref(py)),
            (None, Some(value)) => Leaf::Json(value.clone(), node),
            (None, None) => Leaf::Absent,
        });
    }

    /// Makes objects of JSON, and keeps them in the run for the next reader.
    fn into_objects<'py>(self, py: Python<'py>, live: &Live) -> PyResult<Values<'py>> {
        let mut values = Values { values: SmallVec::new(), next: 0 };
        for leaf in self.0 {
            values.values.push(match leaf {
                Leaf::Object(object) => Some(object.into_bound(py)),
                Leaf::Absent => None,
                Leaf::Json(value, node) => {
                    let object = convert::to_object(py, &value)?;
                    let mut state = live.lock();
                    let slot = match node {
                        Some(node) => Some(state.run.output_mut(node)),
                        None => state.run.input_mut(),
                    };
                    // Another thread may have been first; then all use its object.
                    let Some(slot) = slot else {
                        values.values.push(Some(object));
                        continue;
                    };
                    let lost = slot.add_host(object.clone().unbind());
                    let kept = slot.host().map(|object| object.clone_ref(py));
                    drop(state);
                    drop(lost);
                    Some(kept.map_or(object, |kept| kept.into_bound(py)))
                }
            });
        }
        Ok(values)
    }
}

/// Objects for arguments, in the order of the inputs.
struct Values<'py> {
    values: SmallVec<[Maybe<'py>; 6]>,
    next: usize,
}

impl<'py> Values<'py> {
    fn next(&mut self) -> Maybe<'py> {
        let value = self.values.get_mut(self.next).and_then(Option::take);
        self.next += 1;
        value
    }

    /// A value that is there: a node with a required input runs only then.
    fn take(&mut self, py: Python<'py>) -> Bound<'py, PyAny> {
        self.next().unwrap_or_else(|| py.None().into_bound(py))
    }
}
