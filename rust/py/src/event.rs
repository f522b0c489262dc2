//! What happened in a run that is watched, kept for its readers.

use std::collections::VecDeque;
use std::sync::Arc;

use engine_core::plan::NodeIndex;
use engine_core::run::{Cause, Parts, Path, Site, Slot, Step};
use engine_core::value::{Object, Value};
use engine_host::clock;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::outcome::Form;

/// How many events a stream holds before its run waits for the reader.
pub(crate) const EVENTS_MAX: usize = 1_000;
/// How many events a handle keeps, the newest ones.
pub(crate) const EVENTS_KEPT: usize = 10_000;

/// What an event says. The names are the public vocabulary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    RunStarted,
    NodeStarted,
    NodeEmitted,
    NodeRetrying,
    NodeFinished,
    NodeFailed,
    NodeSkipped,
    NodeCancelled,
    RunFinished,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::RunStarted => "run.started",
            Self::NodeStarted => "node.started",
            Self::NodeEmitted => "node.emitted",
            Self::NodeRetrying => "node.retrying",
            Self::NodeFinished => "node.finished",
            Self::NodeFailed => "node.failed",
            Self::NodeSkipped => "node.skipped",
            Self::NodeCancelled => "node.cancelled",
            Self::RunFinished => "run.finished",
        }
    }
}

/// What an event carries.
#[derive(Debug)]
pub(crate) enum Data {
    None,
    Object(Py<PyAny>),
    /// A value of the core.
    Json(Value),
    /// A list or an object in parts.
    Parts(Arc<Parts<Py<PyAny>>>),
    /// The delay in seconds before the next attempt.
    Delay(f64),
    /// The state that the run ended in.
    State(&'static str),
    /// The class and the message of an error.
    Error(String, String),
}

impl Data {
    pub(crate) fn to_object<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        Ok(match self {
            Self::None => py.None().into_bound(py),
            Self::Object(object) => object.bind(py).clone(),
            Self::Json(value) => crate::convert::to_object(py, value)?,
            Self::Parts(parts) => Form::Parts(parts.clone()).into_object(py)?,
            Self::Delay(seconds) => one(py, "delay", *seconds)?,
            Self::State(state) => one(py, "state", *state)?,
            Self::Error(class, message) => {
                let error = one(py, "error", class.as_str())?;
                error.set_item("message", message.as_str())?;
                error
            }
        })
    }

    /// The error as a map puts it in the place of an item's result: `{"error": {"type": .., "message": ..}}`.
    pub(crate) fn to_error(&self) -> Value {
        let (class, message) = match self {
            Self::Error(class, message) => (class.as_str(), message.as_str()),
            _ => ("", ""),
        };
        let object = |entries: Vec<(Arc<str>, Value)>| {
            Object::try_new(entries).map_or(Value::Null, |object| Value::Object(object.into()))
        };
        let error = object(vec![("type".into(), class.into()), ("message".into(), message.into())]);
        object(vec![("error".into(), error)])
    }

    /// An output; its host's form where there is one. Under the lock.
    pub(crate) fn of_slot(py: Python<'_>, slot: &Slot<Py<PyAny>>) -> Self {
        match Form::of(py, slot) {
            Some(Form::Object(object)) => Self::Object(object),
            Some(Form::Json(value)) => Self::Json(value),
            Some(Form::Parts(parts)) => Self::Parts(parts),
            None => Self::None,
        }
    }

    /// The same again.
    pub(crate) fn again(&self, py: Python<'_>) -> Self {
        match self {
            Self::None => Self::None,
            Self::Object(object) => Self::Object(object.clone_ref(py)),
            Self::Json(value) => Self::Json(value.clone()),
            Self::Parts(parts) => Self::Parts(parts.clone()),
            Self::Delay(seconds) => Self::Delay(*seconds),
            Self::State(state) => Self::State(state),
            Self::Error(class, message) => Self::Error(class.clone(), message.clone()),
        }
    }

    /// Why a node failed, in words. Runs Python code: not under the lock.
    pub(crate) fn of_cause(py: Python<'_>, cause: &Cause<Py<PyAny>>) -> Self {
        match cause {
            Cause::Host(error) => {
                let error = error.bind(py);
                let class = class_name(error);
                Self::Error(class, error.str().map_or_else(|_| String::new(), |text| text.to_string()))
            }
            Cause::Native(error) => Self::Error("NodeError".into(), error.to_string()),
            Cause::Unhandled(_) => Self::Error("RouteError".into(), "no case for this value".into()),
            Cause::LoopLimit(limit) => {
                Self::Error("LoopLimitError".into(), format!("not over after {limit} turns"))
            }
            Cause::Timeout => Self::Error("NodeTimeoutError".into(), "took longer than its timeout".into()),
        }
    }
}

/// The class by which users know an exception.
fn class_name(error: &Bound<'_, PyAny>) -> String {
    let told_as = error.getattr("told_as").and_then(|name| name.extract());
    told_as.unwrap_or_else(|_| error.get_type().name().map_or_else(|_| "?".into(), |name| name.to_string()))
}

fn one<'py, T: IntoPyObject<'py>>(py: Python<'py>, key: &str, value: T) -> PyResult<Bound<'py, PyAny>> {
    let dict = PyDict::new(py);
    dict.set_item(key, value)?;
    Ok(dict.into_any())
}

/// One event.
#[derive(Debug)]
pub(crate) struct Event {
    /// Seconds since 1970.
    pub(crate) time: f64,
    pub(crate) kind: Kind,
    pub(crate) node: Option<Where>,
    pub(crate) attempt: u32,
    pub(crate) data: Data,
}

/// Which node, in which frame.
#[derive(Clone, Debug)]
pub(crate) struct Where {
    pub(crate) path: Path,
    /// `None` for what the path leads to itself: an item or a turn.
    pub(crate) node: Option<NodeIndex>,
}

impl Where {
    /// The item or turn of a node with a body.
    pub(crate) fn item(site: Site, item: u32) -> Self {
        let mut path = site.path.into_vec();
        path.push(Step { node: site.node, item });
        Self { path: path.into(), node: None }
    }
}

impl From<Site> for Where {
    fn from(site: Site) -> Self {
        Self { path: site.path, node: Some(site.node) }
    }
}

/// When a node's last attempt began and ended, in seconds since 1970; 0 for not yet.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Times {
    pub(crate) started: f64,
    pub(crate) ended: f64,
}

/// The events of a watched run.
#[derive(Debug)]
pub(crate) struct Watch {
    events: VecDeque<Event>,
    /// Sequence number of the oldest event that is kept; numbers start at 1.
    first: u64,
    /// Whether one reader takes the events, so that the run waits for it and read events are dropped.
    pub(crate) is_stream: bool,
    pub(crate) times: Box<[Times]>,
    /// Called once when there is something new.
    pub(crate) wakers: Vec<Py<PyAny>>,
    /// Events that were dropped unread, to be released outside of the lock.
    dropped: Vec<Event>,
    /// Outputs that facts have held, to be released outside of the lock.
    told: Vec<Arc<Slot<Py<PyAny>>>>,
}

impl Watch {
    pub(crate) fn new(nodes: usize, is_stream: bool) -> Self {
        Self {
            events: VecDeque::new(),
            first: 1,
            is_stream,
            times: vec![Times::default(); nodes].into(),
            wakers: Vec::new(),
            dropped: Vec::new(),
            told: Vec::new(),
        }
    }

    pub(crate) fn push(&mut self, kind: Kind, node: Option<Where>, attempt: u32, data: Data) {
        let time = clock::unix_seconds();
        // Of what runs in a body there may be many at a time.
        if let Some(Where { path, node: Some(node) }) = &node
            && path.is_empty()
            && let Some(times) = self.times.get_mut(*node as usize)
        {
            match kind {
                Kind::NodeStarted => *times = Times { started: time, ended: 0.0 },
                Kind::NodeFinished | Kind::NodeFailed | Kind::NodeRetrying => {
                    // A native node begins and ends at once.
                    if times.started == 0.0 {
                        times.started = time;
                    }
                    times.ended = time;
                }
                _ => {}
            }
        }
        if !self.is_stream && self.events.len() == EVENTS_KEPT {
            self.dropped.extend(self.events.pop_front());
            self.first += 1;
        }
        self.events.push_back(Event { time, kind, node, attempt, data });
    }

    /// Keeps an output that a fact has held, until it can be released.
    pub(crate) fn keep_told(&mut self, output: Arc<Slot<Py<PyAny>>>) {
        self.told.push(output);
    }

    pub(crate) fn has_told(&self) -> bool {
        !self.told.is_empty()
    }

    pub(crate) fn take_told(&mut self) -> Vec<Arc<Slot<Py<PyAny>>>> {
        std::mem::take(&mut self.told)
    }

    /// Whether the reader is so far behind that the run waits.
    pub(crate) fn is_full(&self) -> bool {
        self.is_stream && self.events.len() >= EVENTS_MAX
    }

    pub(crate) fn len(&self) -> usize {
        self.events.len()
    }

    /// The first event from `sequence` on, with its number.
    pub(crate) fn read(&self, sequence: u64) -> Option<(u64, &Event)> {
        let sequence = sequence.max(self.first);
        let index = usize::try_from(sequence - self.first).ok()?;
        self.events.get(index).map(|event| (sequence, event))
    }

    /// Drops what a stream's reader has passed. Returns what can be released outside of the lock.
    pub(crate) fn pass(&mut self, sequence: u64) -> Vec<Event> {
        if self.is_stream {
            while self.first < sequence {
                let Some(event) = self.events.pop_front() else { break };
                self.dropped.push(event);
                self.first += 1;
            }
        }
        std::mem::take(&mut self.dropped)
    }
}
