//! A run as handles see it.

use std::sync::Arc;
use std::time::Duration;

use engine_core::plan::NodeIndex;
use engine_core::run::{Cause, NodeState, Start};
use engine_core::time::Time;
use engine_host::helpers::Task;
use engine_host::{clock, lock};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::context;
use crate::event::Watch;
use crate::exit;
use crate::explain::explain;
use crate::host;
use crate::live::{About, Live, Wait, node_state_name, state_name};
use crate::outcome::{Form, input_slot, output_slot, result, take_failure};
use crate::plan::Plan;

/// A run, seen from outside.
#[pyclass(frozen, module = "workflow_engine._core")]
pub(crate) struct Run {
    pub(crate) live: Arc<Live>,
}

#[pymethods]
impl Run {
    /// Makes a run. Nothing happens before a cursor drives it.
    #[new]
    #[pyo3(signature = (plan, input, *, run_id=None, tags=None, caller=None, timeout=None,
        given=None, only=None, watch=None, steals=false, on_loop=false))]
    #[allow(clippy::too_many_arguments)] // One start, all of it keywords.
    fn new(
        py: Python<'_>,
        plan: &Plan,
        input: &Bound<'_, PyAny>,
        run_id: Option<String>,
        tags: Option<Py<PyAny>>,
        caller: Option<Py<PyAny>>,
        timeout: Option<f64>,
        given: Option<Bound<'_, PyDict>>,
        only: Option<Vec<String>>,
        watch: Option<&str>,
        steals: bool,
        on_loop: bool,
    ) -> PyResult<Self> {
        let core = &plan.shared.core;
        let find =
            |name: &str| core.find(name).ok_or_else(|| PyValueError::new_err(format!("no node `{name}`")));
        let mut start = Start::new(input_slot(&plan.shared, input)?);
        if let Some(given) = given {
            for (name, output) in given {
                let node = find(&name.extract::<String>()?)?;
                start.given.push((node, output_slot(&plan.shared, node, &output)?));
            }
        }
        start.only =
            only.map(|names| names.iter().map(|name| find(name)).collect::<PyResult<_>>()).transpose()?;
        let deadline = timeout
            .map(|seconds| {
                let timeout = Duration::try_from_secs_f64(seconds.max(0.0));
                timeout
                    .map(|timeout| clock::now().after(timeout))
                    .map_err(|error| PyValueError::new_err(error.to_string()))
            })
            .transpose()?;
        let about = About { tags, caller, deadline, steals, on_loop, is_held: true, ..About::default() };
        let watch = watch.map(|kind| Watch::new(core.nodes.len(), kind == "stream"));
        Ok(Self { live: Live::new(py, &plan.shared, start, about, run_id, watch)? })
    }

    #[getter]
    fn id(&self) -> &str {
        self.live.id()
    }

    #[getter]
    fn state(&self) -> &'static str {
        state_name(&self.live.lock())
    }

    #[getter]
    fn finished(&self) -> bool {
        self.live.lock().ended
    }

    /// Whether it ends, or has ended, without success.
    #[getter]
    fn stopping(&self) -> bool {
        self.live.lock().run.is_stopping()
    }

    #[getter]
    fn on_loop(&self) -> bool {
        self.live.about.on_loop
    }

    #[getter]
    fn parent(&self) -> Option<&str> {
        self.live.about.parent.as_ref().map(|parent| parent.id())
    }

    #[getter]
    fn tags<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
        self.live.about.tags.as_ref().map(|tags| tags.bind(py).clone())
    }

    /// Per node: (name, state, attempts, started, ended), the times in seconds since 1970 or `None`.
    fn nodes<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyTuple>>> {
        type Row = (&'static str, u32, Option<f64>, Option<f64>);
        let core = &self.live.plan.core;
        let rows: Vec<Row> = {
            let state = self.live.lock();
            let time = |time: f64| (time > 0.0).then_some(time);
            let root = core.root().nodes.clone();
            root.map(|node| {
                let times = state.watch.as_ref().map(|watch| watch.times[node as usize]).unwrap_or_default();
                let name = node_state_name(&state, node);
                (name, state.run.attempts(node), time(times.started), time(times.ended))
            })
            .collect()
        };
        let nodes = core.root().nodes.clone().map(|node| core.node(node)).zip(rows);
        nodes
            .map(|(node, (state, attempts, started, ended))| {
                (&*node.name, state, attempts, started, ended).into_pyobject(py)
            })
            .collect()
    }

    /// The outputs of the nodes that have one, by name.
    fn outputs<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let slots: Vec<(NodeIndex, Form)> = {
            let state = self.live.lock();
            let nodes = self.live.plan.core.root().nodes.clone();
            let has_output = |node: &NodeIndex| {
                matches!(state.run.node_state(*node), NodeState::Succeeded | NodeState::Given)
            };
            nodes
                .filter(has_output)
                .filter_map(|node| Some((node, Form::of(py, state.run.output(node))?)))
                .collect()
        };
        let outputs = PyDict::new(py);
        for (node, form) in slots {
            outputs.set_item(&*self.live.plan.core.node(node).name, form.into_object(py)?)?;
        }
        Ok(outputs)
    }

    /// What the run gives; `None` also if it did not succeed.
    fn result<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        result(py, &self.live)
    }

    /// Takes out why the run did not succeed: (kind, node, attempt, cause, payload), or `None`. An
    /// exception comes once: it leads to frames, and they may lead to the run.
    fn take_failure<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyTuple>>> {
        take_failure(py, &self.live)
    }

    /// Takes out the later failures: (node, attempt, error).
    fn take_late_failures(&self) -> Vec<(String, u32, Option<Py<PyAny>>)> {
        let late = self.live.lock().run.take_late_failures();
        let late = late.into_iter().map(|(path, node, attempt, cause)| {
            let error = match cause {
                Cause::Host(error) => Some(error),
                _ => None,
            };
            (self.live.plan.site_name(&path, Some(node)), attempt, error)
        });
        late.collect()
    }

    /// Waits until the run has finished; false if `timeout` seconds pass first.
    #[pyo3(signature = (timeout=None))]
    fn wait(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<bool> {
        let _inside = exit::Inside::new(py);
        let deadline = deadline(timeout);
        self.live.wait_for_end(py, deadline)
    }

    /// Waits for an event from `sequence` on; false if `timeout` seconds pass first.
    #[pyo3(signature = (sequence, timeout=None))]
    fn wait_event(&self, py: Python<'_>, sequence: u64, timeout: Option<f64>) -> PyResult<bool> {
        let _inside = exit::Inside::new(py);
        let deadline = deadline(timeout);
        self.live.wait(py, deadline, Wait::Event, |state| {
            state.ended || state.watch.as_ref().is_none_or(|watch| watch.read(sequence).is_some())
        })
    }

    /// The first event from `sequence` on: (sequence, time, type, node, attempt, data), or `None`.
    /// A stream forgets the events before it.
    fn read_event<'py>(&self, py: Python<'py>, sequence: u64) -> PyResult<Option<Bound<'py, PyTuple>>> {
        let mut state = self.live.lock();
        let Some(watch) = &mut state.watch else { return Ok(None) };
        let was_full = watch.is_full();
        let released = watch.pass(sequence);
        let found = watch.read(sequence).map(|(number, event)| {
            (number, event.time, event.kind, event.node.clone(), event.attempt, event.data.again(py))
        });
        if was_full && !watch.is_full() {
            self.live.after_change(py, state);
        } else {
            drop(state);
        }
        drop(released);
        let Some((number, time, kind, node, attempt, data)) = found else { return Ok(None) };
        let node = node.map(|place| self.live.plan.site_name(&place.path, place.node));
        Ok(Some((number, time, kind.name(), node, attempt, data.to_object(py)?).into_pyobject(py)?))
    }

    /// Has `waker` called once when there is something new to read. False if there is already.
    fn on_event(&self, sequence: u64, waker: Py<PyAny>) -> bool {
        let mut state = self.live.lock();
        let ended = state.ended;
        let Some(watch) = &mut state.watch else { return false };
        if ended || watch.read(sequence).is_some() {
            return false;
        }
        watch.wakers.push(waker);
        true
    }

    /// Has `waker` called once when the run has finished. False if it has already.
    fn on_finish(&self, waker: Py<PyAny>) -> bool {
        let mut state = self.live.lock();
        if !state.ended {
            state.followers().finish_wakers.push(waker);
        }
        !state.ended
    }

    /// Cancels the run; false if it was ending already.
    fn cancel(&self, py: Python<'_>) -> bool {
        self.live.cancel(py)
    }

    /// Ends the run because its driver cannot go on.
    fn abort(&self, py: Python<'_>, error: Py<PyAny>) -> bool {
        self.live.abort(py, error)
    }

    /// Takes the current context for the one in which the run was started.
    fn capture_context(&self, py: Python<'_>) -> PyResult<()> {
        let fresh = context::copy_current(py)?;
        let before = std::mem::replace(&mut *lock(&self.live.context), fresh);
        drop(before);
        Ok(())
    }

    /// Has a helper thread drive the run.
    fn drive(&self, py: Python<'_>) {
        host::push(py, &self.live, Task::Drive);
    }

    /// Why each node ran, waits or was skipped, as (name, state, reason).
    fn explain(&self) -> Vec<(String, &'static str, String)> {
        let state = self.live.lock();
        let core = &self.live.plan.core;
        let nodes = core.root().nodes.clone();
        nodes
            .map(|node| {
                (
                    core.node(node).name.to_string(),
                    node_state_name(&state, node),
                    explain(&state, &self.live, node),
                )
            })
            .collect()
    }
}

fn deadline(timeout: Option<f64>) -> Option<Time> {
    let timeout = Duration::try_from_secs_f64(timeout?.max(0.0)).unwrap_or(Duration::MAX);
    Some(clock::now().after(timeout))
}
