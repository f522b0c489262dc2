//! What the arguments of a call are made of: gathered under the run's lock, put together outside of it.

use std::sync::Arc;

use engine_core::node::Local;
use engine_core::plan::{NodeIndex, Plan};
use engine_core::run::{Call, FrameId, Slot};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple};
use smallvec::SmallVec;

use crate::context::Context;
use crate::live::{Live, Object, State};
use crate::outcome::Form;
use crate::plan::Input;

/// A value, if it is there.
type Maybe<'py> = Option<Bound<'py, PyAny>>;

/// What the arguments of a call are made of.
pub(crate) enum Gathered {
    /// The arguments themselves, as nearly always.
    Arguments(SmallVec<[Object; 6]>),
    /// Something is to be converted or put together outside of the lock. Boxed, because the others are handed
    /// on at every call.
    Leaves(Box<Leaves>),
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
                let mut values = leaves.into_objects(py, live, call.frame)?;
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
        Input::Run | Input::Local(_) | Input::Node(_) => values.take(py),
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
        Input::Run | Input::Local(_) | Input::Node(_) => Ok(values.next()),
        other => argument(who, py, other, values).map(Some),
    }
}

/// Gathers under the lock what the arguments of a call are made of.
pub(crate) fn gather(py: Python<'_>, state: &State, frame: FrameId, inputs: &[Input]) -> Gathered {
    let mut arguments = SmallVec::new();
    for input in inputs {
        let object = match input {
            Input::Run => state.run.input_of(frame).host(),
            Input::Local(local @ (Local::Item | Local::State)) => state.run.value_of(frame, *local).host(),
            Input::Node(node) => state.run.output_of(frame, *node).host(),
            Input::Optional(node, default) => match state.run.output_of(frame, *node) {
                slot if slot.is_empty() => Some(default),
                slot => slot.host(),
            },
            Input::Constant(object) => Some(object),
            Input::Local(_) | Input::Context | Input::List(_) | Input::Dict(_) => None,
        };
        let Some(object) = object else {
            let mut leaves = Leaves(SmallVec::new());
            for input in inputs {
                leaves.gather(py, state, frame, input);
            }
            return Gathered::Leaves(Box::new(leaves));
        };
        arguments.push(object.clone_ref(py));
    }
    Gathered::Arguments(arguments)
}

/// Where an argument comes from.
pub(crate) enum Source {
    Input,
    Local(Local),
    Node(NodeIndex),
    Other,
    Members(Vec<Source>),
}

impl Source {
    /// Members whose node was skipped are not in the argument, and not here.
    pub(crate) fn of(input: &Input, state: &State, frame: FrameId) -> Self {
        let is_there = |input: &&Input| match input {
            Input::Node(node) => !state.run.output_of(frame, *node).is_empty(),
            _ => true,
        };
        match input {
            Input::Run => Self::Input,
            Input::Local(local) => Self::Local(*local),
            Input::Node(node) | Input::Optional(node, _) => Self::Node(*node),
            Input::Constant(_) | Input::Context => Self::Other,
            Input::List(members) => {
                let members = members.iter().filter(is_there);
                Self::Members(members.map(|member| Self::of(member, state, frame)).collect())
            }
            Input::Dict(members) => {
                let members = members.iter().map(|(_, member)| member).filter(is_there);
                Self::Members(members.map(|member| Self::of(member, state, frame)).collect())
            }
        }
    }

    pub(crate) fn into_object<'py>(self, py: Python<'py>, plan: &Plan) -> PyResult<Bound<'py, PyAny>> {
        Ok(match self {
            Self::Input => "input".into_pyobject(py)?.into_any(),
            Self::Local(local) => local.name().into_pyobject(py)?.into_any(),
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
    /// What Python sees for the first time, and where it lies.
    Fresh(Form, Home),
    Absent,
}

/// Where a value lies, seen from a frame.
#[derive(Clone, Copy)]
enum Home {
    Input,
    Local(Local),
    Node(NodeIndex),
}

impl Leaves {
    fn gather(&mut self, py: Python<'_>, state: &State, frame: FrameId, input: &Input) {
        let run = &state.run;
        match input {
            Input::Run => self.push(py, run.input_of(frame), Home::Input),
            Input::Local(local @ (Local::Index | Local::Turn)) => {
                let number = run.number_of(frame, *local).cloned().map(Form::Json);
                self.0.push(number.map_or(Leaf::Absent, |number| Leaf::Fresh(number, Home::Local(*local))));
            }
            Input::Local(local) => self.push(py, run.value_of(frame, *local), Home::Local(*local)),
            Input::Node(node) | Input::Optional(node, _) => {
                self.push(py, run.output_of(frame, *node), Home::Node(*node));
            }
            Input::Constant(_) | Input::Context => {}
            Input::List(members) => members.iter().for_each(|member| self.gather(py, state, frame, member)),
            Input::Dict(members) => {
                members.iter().for_each(|(_, member)| self.gather(py, state, frame, member));
            }
        }
    }

    fn push(&mut self, py: Python<'_>, slot: &Slot<Object>, home: Home) {
        self.0.push(match Form::of(py, slot) {
            Some(Form::Object(object)) => Leaf::Object(object),
            Some(fresh) => Leaf::Fresh(fresh, home),
            None => Leaf::Absent,
        });
    }

    /// Makes objects of what has none, and keeps them in the run for the next reader.
    fn into_objects<'py>(self, py: Python<'py>, live: &Live, frame: FrameId) -> PyResult<Values<'py>> {
        let mut values = Values { values: SmallVec::new(), next: 0 };
        for leaf in self.0 {
            values.values.push(match leaf {
                Leaf::Object(object) => Some(object.into_bound(py)),
                Leaf::Absent => None,
                Leaf::Fresh(fresh, home) => {
                    let object = fresh.into_object(py)?;
                    let mut state = live.lock();
                    let run = &mut state.run;
                    let slot = match home {
                        Home::Input => run.input_mut_of(frame),
                        Home::Node(node) => run.output_mut_of(frame, node),
                        Home::Local(Local::Index | Local::Turn) => None,
                        Home::Local(local) => run.value_mut_of(frame, local),
                    };
                    // Another thread may have been first; then all use its object.
                    let (kept, lost) = match slot {
                        Some(slot) => {
                            let lost = slot.add_host(object.clone().unbind());
                            (slot.host().map(|object| object.clone_ref(py)), lost)
                        }
                        None => (None, None),
                    };
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
