//! A driver's place in a run: it takes outcomes in and hands the next call out.
//!
//! A driver is a loop in Python. It carries out the call it got and reports with `step` or `fail`,
//! which answer with the next call. Each cursor belongs to one thread or task at a time, so its own
//! fields are atomics only to be shareable, never to synchronise.

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use engine_core::plan::Lane;
use engine_core::run::{Call, Cause, FrameId, Slot, Start, Verdict};
use engine_core::value::Value;
use engine_host::helpers::{self, Task};
use engine_host::{clock, random};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyFloat, PyList, PyTuple};

use crate::arguments::{Gathered, Source, gather};
use crate::context::{self, At, Entered, Place};
use crate::convert;
use crate::event::{Data, Kind, Where};
use crate::exit;
use crate::host;
use crate::json;
use crate::live::{About, Live, Object, State, Wait};
use crate::outcome::{self, slot_of};
use crate::plan::{HostNode, Shared};
use crate::run::Run;

/// How long an event loop waits for a node on a helper thread before it turns to other tasks.
const LOOP_WAIT: Duration = Duration::from_micros(150);

/// How long a helper waits for the others in strict mode; longer only where threads are short.
const ARRIVAL_WAIT: Duration = Duration::from_millis(100);

/// How often a driver that may do without threads looks whether there are any.
const THREADS_CHECK: Duration = Duration::from_millis(20);

/// Who drives with a cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// The thread that called `run`.
    Driver,
    /// The task that called `arun`.
    LoopDriver,
    /// A further task of the same event loop.
    LoopTask,
    /// A helper thread.
    Helper,
}

/// What the driver was last told to call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Phase {
    /// Nothing.
    Idle = 0,
    /// The node's function.
    Function = 1,
    /// The node's `coerce`, with its output.
    Coerce = 2,
    /// The node's `dump`, with its output.
    Dump = 3,
}

/// A driver's place in a run.
#[pyclass(frozen, module = "workflow_engine._core")]
pub(crate) struct Cursor {
    live: Arc<Live>,
    at: At,
    /// The place that the nodes of a driver share, because they are too quick to pay for one each.
    place: Option<Py<Place>>,
    role: Role,
    phase: AtomicU8,
    /// Whether it gets no further call.
    retired: AtomicBool,
    /// The context that each node's own is copied from.
    base: Object,
    entered: Entered,
    /// The output whose JSON form `dump` is making.
    held: Mutex<Option<Object>>,
    /// What comes next, where the driver has not been told yet.
    told: Mutex<Option<Object>>,
}

/// What comes next for a driver.
enum Next<'py> {
    /// A call.
    Call { function: Bound<'py, PyAny>, arguments: Bound<'py, PyTuple>, how: How },
    /// The event loop may do other things for so many seconds.
    Park(f64),
    /// Nothing.
    Done,
}

/// How a function is called.
#[derive(Clone, Copy, Debug, PartialEq)]
enum How {
    /// As it is.
    InPlace,
    /// It gives a coroutine.
    Coroutine,
    /// It gives a coroutine that may take so many seconds.
    Limited(f64),
}

/// What Python is told comes next.
type Told<'py> = Option<Bound<'py, PyAny>>;

impl Cursor {
    fn new(py: Python<'_>, live: Arc<Live>, role: Role) -> PyResult<Self> {
        // The run's own context leads to its driver; whoever else takes part gets a copy.
        let base = match role {
            Role::Driver | Role::LoopDriver => live.context(py),
            Role::LoopTask | Role::Helper => context::copy(py, &live.context(py))?.unbind(),
        };
        let mut place = None;
        if role == Role::Driver {
            let shared = Place { live: Arc::downgrade(&live), at: At::start(), on_loop: false };
            let shared = context::untracked(py, shared)?;
            context::set_place(py, &base, &shared)?;
            place = Some(shared);
        }
        Ok(Self {
            live,
            at: At::start(),
            place,
            role,
            phase: AtomicU8::new(Phase::Idle as u8),
            retired: AtomicBool::new(false),
            base,
            entered: Entered::default(),
            held: Mutex::default(),
            told: Mutex::default(),
        })
    }

    /// Starts a run without options and gives the cursor that drives it.
    pub(crate) fn start(
        py: Python<'_>,
        plan: &Arc<Shared>,
        input: &Bound<'_, PyAny>,
        on_loop: bool,
        steals: bool,
        run_id: Option<String>,
    ) -> PyResult<Self> {
        let start = Start::new(outcome::input_slot(plan, input)?);
        let about = About { steals, on_loop, ..About::default() };
        let live = Live::new(py, plan, start, about, run_id, None)?;
        Self::new(py, live, if on_loop { Role::LoopDriver } else { Role::Driver })
    }

    /// Runs without options as far as that goes without Python: gives the result of the run, or the
    /// cursor that drives it to its end. `as_json` asks for the result as JSON text; where it is not
    /// plain enough for that the cursor is given, too.
    pub(crate) fn run_through<'py>(
        py: Python<'py>,
        plan: &Arc<Shared>,
        input: &Bound<'py, PyAny>,
        steals: bool,
        run_id: Option<String>,
        as_json: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        let cursor = Self::start(py, plan, input, false, steals, run_id)?;
        match cursor.first(py) {
            Ok(None) => {
                let result = outcome::result(py, &cursor.live)?;
                let given =
                    if as_json { result.and_then(|result| json::plain_text(&result)) } else { result };
                if let Some(given) = given {
                    return Ok(given);
                }
            }
            Ok(Some(told)) => *engine_host::lock(&cursor.told) = Some(told.unbind()),
            Err(error) => {
                cursor.close(py);
                cursor.abort(py, error.value(py).clone().unbind().into_any());
                return Err(error);
            }
        }
        Ok(context::untracked(py, cursor)?.into_bound(py).into_any())
    }

    /// The cursor of a helper thread.
    pub(crate) fn for_job(py: Python<'_>, live: Arc<Live>, task: Task) -> PyResult<Self> {
        let role = match task {
            Task::Help => Role::Helper,
            Task::Drive => Role::Driver,
        };
        Self::new(py, live, role)
    }

    /// What a helper thread got this cursor for.
    pub(crate) fn task_of_job(&self) -> Task {
        if self.role == Role::Helper { Task::Help } else { Task::Drive }
    }

    fn on_loop(&self) -> bool {
        matches!(self.role, Role::LoopDriver | Role::LoopTask)
    }

    fn set_call(&self, call: Call) {
        self.at.set(call);
        if let Some(place) = &self.place {
            place.get().at.set(call);
        }
    }

    fn phase(&self) -> Phase {
        match self.phase.load(Ordering::Relaxed) {
            1 => Phase::Function,
            2 => Phase::Coerce,
            3 => Phase::Dump,
            _ => Phase::Idle,
        }
    }

    fn set_phase(&self, phase: Phase) {
        self.phase.store(phase as u8, Ordering::Relaxed);
    }

    fn lanes(&self) -> &'static [Lane] {
        match self.role {
            Role::Driver | Role::LoopDriver => self.live.driver_lanes(),
            Role::LoopTask => &[Lane::Quick, Lane::Caller, Lane::Loop],
            Role::Helper => &[Lane::Quick, Lane::Helper, Lane::Any],
        }
    }

    /// Turns a panic of the core into an error, so that it ends this run and nothing else.
    fn guarded<T>(&self, py: Python<'_>, work: impl FnOnce() -> PyResult<T>) -> PyResult<T> {
        let _inside = exit::Inside::new(py);
        match std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)) {
            Ok(result) => result,
            Err(panic) => {
                self.entered.exit(py);
                Err(crate::error::internal(py, &*panic))
            }
        }
    }

    /// Comes to the run as a helper. In strict mode all helpers that were called wait for each other,
    /// so that each sibling has a thread of its own.
    fn arrive(&self, py: Python<'_>) {
        if self.live.about.steals {
            let deadline = clock::now().after(ARRIVAL_WAIT);
            self.live.wait_quietly(py, deadline, |state| state.queued == 0);
        }
        {
            let mut state = self.live.lock();
            state.arriving -= 1;
            if self.live.about.steals {
                // No order of siblings may be the usual one.
                let ready = state.run.count_ready(Lane::Any, usize::MAX);
                state.run.rotate_ready(Lane::Any, random::below(ready));
            }
        }
        self.live.notify();
    }

    /// Looks for the next call, under a lock that is held already, and then prepares it.
    fn next<'py, 's>(&'s self, py: Python<'py>, mut state: MutexGuard<'s, State>) -> PyResult<Next<'py>> {
        let mut waited = false;
        loop {
            // In strict mode a helper's second node would share a thread with its first.
            let has_done_its_part =
                self.role == Role::Helper && self.live.about.steals && self.at.call().attempt > 0;
            let is_over = has_done_its_part || self.retired.load(Ordering::Relaxed);
            let lanes = if is_over { &[] } else { self.lanes() };
            let call = self.live.poll_call(py, &mut state, lanes);
            if let Some(call) = call {
                self.set_call(call);
                let Some(node) = self.live.plan.host(call.node) else {
                    unreachable!("only host nodes come out of `poll_call`")
                };
                let gathered = gather(py, &state, call.frame, &node.inputs);
                self.live.after_change(py, state);
                return self.prepare(py, call, node, gathered);
            }
            let finished = state.run.is_finished();
            match self.role {
                Role::Helper => {
                    state.working -= 1;
                    self.live.after_change(py, state);
                    return Ok(Next::Done);
                }
                Role::LoopTask => {
                    self.live.after_change(py, state);
                    return Ok(Next::Done);
                }
                Role::Driver | Role::LoopDriver if finished => {
                    self.live.after_change(py, state);
                    return Ok(Next::Done);
                }
                Role::Driver => {
                    self.live.after_change(py, state);
                    let lanes = self.lanes();
                    let look_again = self.live.may_do_without_threads();
                    let deadline = look_again.then(|| clock::now().after(THREADS_CHECK));
                    let is_done = |state: &mut State| state.run.is_finished() || can_poll(state, lanes);
                    self.live.wait(py, deadline, Wait::Change, is_done)?;
                }
                Role::LoopDriver => {
                    let on_threads =
                        state.working + state.queued > 0 || state.run.has_ready(&[Lane::Any, Lane::Helper]);
                    self.live.after_change(py, state);
                    let lanes = self.lanes();
                    let deadline = clock::now().after(LOOP_WAIT);
                    let is_done = |state: &mut State| state.run.is_finished() || can_poll(state, lanes);
                    if waited || !on_threads || !self.live.wait_quietly(py, deadline, is_done) {
                        return Ok(self.park());
                    }
                    waited = true;
                }
            }
            state = self.live.lock();
        }
    }

    fn park<'py>(&self) -> Next<'py> {
        let mut state = self.live.lock();
        let timer = state.run.poll_timer();
        state.reminder = timer;
        drop(state);
        Next::Park(timer.map_or(f64::INFINITY, |timer| clock::until(timer).as_secs_f64()))
    }

    /// Makes the call's arguments and enters its context.
    fn prepare<'py>(
        &self,
        py: Python<'py>,
        call: Call,
        node: &HostNode,
        gathered: Gathered,
    ) -> PyResult<Next<'py>> {
        if self.role == Role::Helper
            && node.timeout.is_some()
            && host::helpers().overruns() >= helpers::OVERRUNS_MAX
        {
            return self.refuse(py, call);
        }
        let arguments = gathered.into_arguments(py, &node.inputs, &self.live, call, self.on_loop())?;
        self.set_phase(Phase::Function);
        self.entered.enter_copy(py, &self.base)?;
        if self.place.is_none() {
            // A task or thread that the node leaves behind belongs to it for good.
            let live = Arc::downgrade(&self.live);
            let place = Place { live, at: At::new(call), on_loop: self.on_loop() };
            context::enter_place(py, &context::untracked(py, place)?)?;
        }
        let how = match (node.asynchronous, node.timeout) {
            (true, Some(seconds)) => How::Limited(seconds),
            (true, None) => How::Coroutine,
            (false, _) => How::InPlace,
        };
        Ok(Next::Call { function: node.function.bind(py).clone(), arguments, how })
    }

    /// A call that takes the output of the last one.
    fn call_with<'py>(
        py: Python<'py>,
        function: Bound<'py, PyAny>,
        output: Bound<'py, PyAny>,
    ) -> PyResult<Next<'py>> {
        Ok(Next::Call { function, arguments: PyTuple::new(py, [output])?, how: How::InPlace })
    }

    /// Tells the driver what comes next; see `step`.
    ///
    /// Calls are made here as long as they end at once: without the way through Python, which would
    /// cost more than all else. They are made with no lock held and nothing borrowed, as if Python had
    /// made them. A coroutine that suspends, and whatever was raised, is Python's again.
    fn tell<'py>(&self, py: Python<'py>, next: Next<'py>) -> PyResult<Told<'py>> {
        let mut next = next;
        while let Next::Call { function, arguments, how } = &next {
            let sent = match how {
                // Strict mode puts something between.
                _ if self.live.about.steals => break,
                How::Coroutine => match function.call1(arguments) {
                    Ok(coroutine) => send(coroutine),
                    Err(error) => Sent::Raised(error),
                },
                How::InPlace if exit::outlives_calls(py) => match function.call1(arguments) {
                    Ok(output) => Sent::Returned(output),
                    Err(error) => Sent::Raised(error),
                },
                How::InPlace | How::Limited(_) => break,
            };
            match sent {
                Sent::Returned(output) => next = self.take_output(py, output)?,
                other => return other.tell(py),
            }
        }
        Ok(match next {
            Next::Done => None,
            Next::Park(seconds) => Some(PyFloat::new(py, seconds).into_any()),
            Next::Call { function, arguments, .. } if !self.on_loop() => {
                Some(PyTuple::new(py, [function, arguments.into_any()])?.into_any())
            }
            Next::Call { function, arguments, how } => {
                let how = match how {
                    How::InPlace => PyBool::new(py, false).to_owned().into_any(),
                    How::Coroutine => PyBool::new(py, true).to_owned().into_any(),
                    How::Limited(seconds) => PyFloat::new(py, seconds).into_any(),
                };
                Some(PyTuple::new(py, [function, arguments.into_any(), how])?.into_any())
            }
        })
    }

    /// Fails a call because too many threads were left behind in nodes like it.
    fn refuse<'py>(&self, py: Python<'py>, call: Call) -> PyResult<Next<'py>> {
        let message = format!(
            "{} threads are still busy with nodes whose time was up; give those nodes timeouts of their own \
             (sockets, queries), or make them `async def`",
            helpers::OVERRUNS_MAX
        );
        let error = crate::error::limit(py, &message, "threads left behind", helpers::OVERRUNS_MAX);
        let error = error.into_value(py).into_bound(py).into_any();
        self.set_call(call);
        self.set_phase(Phase::Function);
        self.entered.enter_copy(py, &self.base)?;
        let function = py.import("workflow_engine.runner")?.getattr("throw")?;
        Self::call_with(py, function, error)
    }

    /// Takes an output: checks its type, makes its JSON form where that is wanted, and reports it.
    fn take_output<'py>(&self, py: Python<'py>, output: Bound<'py, PyAny>) -> PyResult<Next<'py>> {
        let call = self.at.call();
        let phase = self.phase();
        let Some(node) = self.live.plan.host(call.node) else { return Ok(Next::Done) };
        if phase == Phase::Function {
            if !node.asynchronous && is_awaitable(&output) {
                self.set_phase(Phase::Coerce);
                let refuse = py.import("workflow_engine.runner")?.getattr("refuse_awaitable")?;
                return Self::call_with(py, refuse, output);
            }
            if node.must_coerce(&output)
                && let Some(coerce) = &node.coerce
            {
                self.set_phase(Phase::Coerce);
                return Self::call_with(py, coerce.bind(py).clone(), output);
            }
        }
        let planned = self.live.plan.core.node(call.node);
        let slot = if planned.wants_json {
            match convert::to_value(&output) {
                Ok(value) => self.json_slot(value, output, planned.wants_parts),
                Err(error) => {
                    let dump = node.dump.as_ref().filter(|_| error.is_foreign() && phase != Phase::Dump);
                    let Some(dump) = dump else {
                        return self.report_failure(py, error.into_error().into_value(py).into_any(), false);
                    };
                    *engine_host::lock(&self.held) = Some(output.clone().unbind());
                    self.set_phase(Phase::Dump);
                    return Self::call_with(py, dump.bind(py).clone(), output);
                }
            }
        } else if planned.wants_parts {
            slot_of(None, output, true)
        } else {
            Slot::Host(output.unbind())
        };
        self.entered.exit(py);
        self.set_phase(Phase::Idle);
        let mut state = self.live.lock();
        let returned = state.run.handle_completed(call, slot);
        if let Some(returned) = returned {
            drop(state);
            self.came_back_late(returned);
            state = self.live.lock();
        }
        self.next(py, state)
    }

    /// The slot of an output with a JSON form; after `dump` the object is the one it was made of.
    fn json_slot(&self, value: Value, output: Bound<'_, PyAny>, wants_parts: bool) -> Slot<Object> {
        let py = output.py();
        let held = engine_host::lock(&self.held).take();
        slot_of(Some(value), held.map_or(output, |held| held.into_bound(py)), wants_parts)
    }

    fn came_back_late<T>(&self, outcome: T) {
        drop(outcome);
        // Only calls on threads are counted as left behind.
        if self.live.plan.lane(self.at.call().node) != Some(Lane::Loop) {
            host::helpers().end_overrun();
        }
    }

    fn report_failure<'py>(&self, py: Python<'py>, error: Object, retryable: bool) -> PyResult<Next<'py>> {
        self.report(py, Cause::Host(error), retryable)
    }

    fn report<'py>(&self, py: Python<'py>, cause: Cause<Object>, retryable: bool) -> PyResult<Next<'py>> {
        self.entered.exit(py);
        self.set_phase(Phase::Idle);
        drop(engine_host::lock(&self.held).take());
        let call = self.at.call();
        // Events tell of the error in words: an exception leads to frames, and they to the run.
        let watched = self.live.about.is_held && self.live.lock().watch.is_some();
        let words = watched.then(|| Data::of_cause(py, &cause));
        // A second reference, so that the core releases none under the lock.
        let _kept = match &cause {
            Cause::Host(error) => Some(error.clone_ref(py)),
            _ => None,
        };
        // Only what runs in a body can be excused.
        let wants_error = call.frame != FrameId::ROOT && self.live.lock().run.wants_error(call);
        let error = wants_error.then(|| Data::of_cause(py, &cause).to_error());
        let mut state = self.live.lock();
        let verdict = state.run.handle_failed(call, cause, retryable, error, clock::now, random::unit);
        match verdict {
            Verdict::Late => {
                let path = state.run.path(call.frame).unwrap_or_default();
                if let Some(watch) = &mut state.watch {
                    let place = Where { path, node: Some(call.node) };
                    watch.push(Kind::NodeFailed, Some(place), call.attempt, words.unwrap_or(Data::None));
                }
            }
            Verdict::Stale(cause) => {
                drop(state);
                self.came_back_late(cause);
                state = self.live.lock();
            }
            Verdict::Retry(_) | Verdict::Failed | Verdict::Excused => state.words = words.map(Box::new),
        }
        self.next(py, state)
    }
}

/// What a step of a coroutine came to.
enum Sent<'py> {
    Returned(Bound<'py, PyAny>),
    Yielded(Bound<'py, PyAny>, Bound<'py, PyAny>),
    Raised(PyErr),
}

impl<'py> Sent<'py> {
    /// Tells the driver: a list of what the coroutine waits for and the coroutine, or its exception.
    fn tell(self, py: Python<'py>) -> PyResult<Told<'py>> {
        Ok(match self {
            Self::Yielded(wanted, coroutine) => Some(PyList::new(py, [wanted, coroutine])?.into_any()),
            Self::Raised(error) => Some(error.into_value(py).into_bound(py).into_any()),
            Self::Returned(_) => None,
        })
    }
}

/// Takes a coroutine's first step.
#[allow(unsafe_code)]
fn send(coroutine: Bound<'_, PyAny>) -> Sent<'_> {
    let py = coroutine.py();
    let mut result = std::ptr::null_mut();
    // SAFETY: both objects are alive; `result` is a new reference but for an error.
    unsafe {
        match pyo3::ffi::PyIter_Send(coroutine.as_ptr(), pyo3::ffi::Py_None(), &raw mut result) {
            pyo3::ffi::PySendResult::PYGEN_RETURN => Sent::Returned(Bound::from_owned_ptr(py, result)),
            pyo3::ffi::PySendResult::PYGEN_NEXT => {
                Sent::Yielded(Bound::from_owned_ptr(py, result), coroutine)
            }
            pyo3::ffi::PySendResult::PYGEN_ERROR => Sent::Raised(PyErr::fetch(py)),
        }
    }
}

/// Whether an object has to be awaited.
#[allow(unsafe_code)]
fn is_awaitable(object: &Bound<'_, PyAny>) -> bool {
    // SAFETY: a live object has a type, whose table of asynchronous methods lives as long.
    unsafe {
        let methods = (*object.get_type_ptr()).tp_as_async;
        !methods.is_null() && (*methods).am_await.is_some()
    }
}

/// Whether a thread that takes from `lanes` would get a call.
fn can_poll(state: &State, lanes: &[Lane]) -> bool {
    let paused = state.watch.as_ref().is_some_and(|watch| watch.is_full()) && !state.run.is_stopping();
    !paused && state.run.has_ready(lanes)
}

#[pymethods]
impl Cursor {
    /// The cursor that drives a run.
    #[staticmethod]
    fn of(py: Python<'_>, run: &Run) -> PyResult<Py<Self>> {
        let role = if run.live.about.on_loop { Role::LoopDriver } else { Role::Driver };
        context::untracked(py, Self::new(py, run.live.clone(), role)?)
    }

    /// A cursor for a further task of the event loop that drives the run.
    fn task(&self, py: Python<'_>) -> PyResult<Py<Self>> {
        context::untracked(py, Self::new(py, self.live.clone(), Role::LoopTask)?)
    }

    /// The run.
    #[getter]
    fn run(&self) -> Run {
        Run { live: self.live.clone() }
    }

    /// The first call, or the next one after a time without any.
    fn first<'py>(&self, py: Python<'py>) -> PyResult<Told<'py>> {
        if let Some(told) = engine_host::lock(&self.told).take() {
            return Ok(Some(told.into_bound(py)));
        }
        self.guarded(py, || {
            if self.role == Role::Helper {
                self.arrive(py);
            }
            let mut state = self.live.lock();
            state.begun = true;
            self.tell(py, self.next(py, state)?)
        })
    }

    /// Reports what the last call gave, and tells what comes next: (function, arguments), on an event
    /// loop also how to call it: `False` in place, `True` as a coroutine, a number as a coroutine with
    /// so many seconds. `None`: nothing is left for this driver. Only on an event loop: a number, so
    /// many seconds to do other things; a list, a coroutine that was begun and what it waits for; an
    /// exception, what a coroutine that was begun has raised.
    fn step<'py>(&self, py: Python<'py>, output: Bound<'py, PyAny>) -> PyResult<Told<'py>> {
        self.guarded(py, || self.tell(py, self.take_output(py, output)?))
    }

    /// Takes the first step of the coroutine that the last call gave, and tells what comes next.
    fn begin<'py>(&self, py: Python<'py>, coroutine: Bound<'py, PyAny>) -> PyResult<Told<'py>> {
        self.guarded(py, || match send(coroutine) {
            Sent::Returned(output) => self.tell(py, self.take_output(py, output)?),
            other => other.tell(py),
        })
    }

    /// Reports that the last call raised, and whether the kind of error may be retried.
    fn fail<'py>(&self, py: Python<'py>, error: Object, retryable: bool) -> PyResult<Told<'py>> {
        self.guarded(py, || self.tell(py, self.report_failure(py, error, retryable)?))
    }

    /// Reports that the last call used up its time.
    fn time_out<'py>(&self, py: Python<'py>) -> PyResult<Told<'py>> {
        let retryable = self.retries();
        self.guarded(py, || self.tell(py, self.report(py, Cause::Timeout, retryable)?))
    }

    /// Reports that the last call was stopped because the run is ending.
    fn stopped<'py>(&self, py: Python<'py>) -> PyResult<Told<'py>> {
        self.guarded(py, || {
            self.entered.exit(py);
            self.set_phase(Phase::Idle);
            let mut state = self.live.lock();
            state.run.handle_stopped(self.at.call());
            self.tell(py, self.next(py, state)?)
        })
    }

    /// The node's own word on which errors may be retried, else that of the map or loop around it; `None` if
    /// none may.
    #[getter]
    fn retry_on(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        if self.phase() != Phase::Function {
            return None;
        }
        let (call, plan) = (self.at.call(), &self.live.plan);
        if let Some(retry_on) = &plan.host(call.node)?.retry_on {
            return Some(retry_on.clone_ref(py));
        }
        if plan.retry_on.is_empty() || call.frame == FrameId::ROOT {
            return None;
        }
        let path = self.live.lock().run.path(call.frame)?;
        let around = path.iter().rev().find_map(|step| plan.retry_on.get(&step.node));
        around.map(|retry_on| retry_on.clone_ref(py))
    }

    /// Whether the last call was stopped while the run goes on. True once: then its task is to be cancelled, and
    /// gets no further call.
    fn retire(&self) -> bool {
        if self.phase() == Phase::Idle || self.retired.load(Ordering::Relaxed) {
            return false;
        }
        let is_stopped = !self.live.lock().run.is_current(self.at.call());
        self.retired.store(is_stopped, Ordering::Relaxed);
        is_stopped
    }

    /// Whether `retire` was true.
    #[getter]
    fn retired(&self) -> bool {
        self.retired.load(Ordering::Relaxed)
    }

    /// Whether coroutines are left to further tasks, which can be stopped one by one.
    #[getter]
    fn delegates(&self) -> bool {
        self.live.delegates()
    }

    /// Whether the last call was to check an output rather than to make it.
    #[getter]
    fn checks_output(&self) -> bool {
        matches!(self.phase(), Phase::Coerce | Phase::Dump)
    }

    /// The node of the last call, its attempt, and where each argument comes from: the name of a node,
    /// `input`, `None`, or a list of these for the members of a list or dict.
    fn describe_call<'py>(&self, py: Python<'py>) -> PyResult<(String, u32, Vec<Bound<'py, PyAny>>)> {
        let call = self.at.call();
        let inputs = self.live.plan.host(call.node).map(|node| {
            let state = self.live.lock();
            node.inputs.iter().map(|input| Source::of(input, &state, call.frame)).collect::<Vec<_>>()
        });
        let core = &self.live.plan.core;
        let sources = inputs.unwrap_or_default().into_iter();
        let sources = sources.map(|source| source.into_object(py, core)).collect::<PyResult<_>>()?;
        let path = self.live.lock().run.path(call.frame).unwrap_or_default();
        Ok((self.live.plan.site_name(&path, Some(call.node)), call.attempt, sources))
    }

    /// Leaves the node's context before the task is suspended. False if nothing else of this run
    /// can happen meanwhile.
    fn suspend(&self) -> bool {
        self.entered.pause();
        let about = &self.live.about;
        let lanes = [Lane::Quick, Lane::Caller, Lane::Loop, Lane::Any, Lane::Helper];
        let run = &self.live.lock().run;
        about.is_held
            || about.deadline.is_some()
            || run.in_flight() > 1
            || run.is_stopping()
            || run.has_ready(&lanes)
    }

    /// Comes back to the node's context.
    fn resume(&self, py: Python<'_>) -> PyResult<()> {
        self.entered.resume(py)
    }

    /// How many nodes could start on the event loop, up to `limit`.
    fn ready(&self, limit: usize) -> usize {
        let state = self.live.lock();
        let lanes = [Lane::Quick, Lane::Caller, Lane::Loop];
        lanes.iter().map(|lane| state.run.count_ready(*lane, limit)).sum::<usize>().min(limit)
    }

    /// Sets what wakes the loop. False if it need not wait: something has come up.
    fn set_waker(&self, waker: Option<Py<PyAny>>) -> bool {
        let mut state = self.live.lock();
        let before = std::mem::replace(&mut state.waker, waker);
        state.woken = false;
        let idle = !self.is_due(&state);
        drop(state);
        drop(before);
        idle
    }

    /// Looks at the clock for the loop: (whether the run is ending, whether calls were stopped, whether its
    /// driver has something to do, seconds to the next timer).
    fn tick(&self, py: Python<'_>) -> (bool, bool, bool, Option<f64>) {
        // Nothing that changes from here on to the last look has to wake the loop.
        self.live.lock().woken = true;
        self.live.serve_time(py);
        let mut state = self.live.lock();
        state.woken = false;
        let timer = state.run.poll_timer();
        state.reminder = timer;
        let seconds = timer.map(|timer| clock::until(timer).as_secs_f64());
        let has_stopped = std::mem::take(&mut state.has_stopped);
        (state.run.is_stopping(), has_stopped, self.is_due(&state), seconds)
    }

    /// Whether a call of this cursor is under way.
    #[getter]
    fn calling(&self) -> bool {
        self.phase() != Phase::Idle
    }

    /// Whether the last call gives a coroutine.
    #[getter]
    fn awaits_call(&self) -> bool {
        self.live.plan.host(self.at.call().node).is_some_and(|node| node.asynchronous)
    }

    /// Whether the run is in strict mode.
    #[getter]
    fn strict(&self) -> bool {
        self.live.about.steals
    }

    /// Whether the run is ending early.
    #[getter]
    fn stopping(&self) -> bool {
        self.live.lock().run.is_stopping()
    }

    /// What the run gives; the class `Cursor` itself if it did not succeed.
    fn result<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        outcome::result(py, &self.live)
            .map(|result| result.unwrap_or_else(|| py.get_type::<Self>().into_any()))
    }

    /// Cancels the run.
    fn cancel(&self, py: Python<'_>) -> bool {
        self.live.cancel(py)
    }

    /// Ends the run because its driver cannot go on.
    fn abort(&self, py: Python<'_>, error: Object) {
        self.live.abort(py, error);
    }

    /// Lets go of a call that will not be reported any more, and of its context.
    fn close(&self, py: Python<'_>) {
        self.entered.exit(py);
        if self.phase() == Phase::Idle {
            return;
        }
        self.set_phase(Phase::Idle);
        let call = self.at.call();
        let _inside = exit::Inside::new(py);
        let mut state = self.live.lock();
        let was_waited_for = state.run.is_current(call);
        state.run.handle_stopped(call);
        self.live.after_change(py, state);
        if !was_waited_for {
            self.came_back_late(());
        }
    }

    /// Forgets the context of a call that was suspended for good.
    fn forget(&self, py: Python<'_>) {
        self.entered.exit(py);
    }
}

impl Cursor {
    /// Whether the driver of the loop has something to do.
    fn is_due(&self, state: &State) -> bool {
        state.run.is_finished() || can_poll(state, self.live.driver_lanes())
    }

    /// Whether the node of the last call is tried again when its time is up.
    fn retries(&self) -> bool {
        self.live.plan.core.node(self.at.call().node).retry.as_ref().is_some_and(|retry| retry.timeouts)
    }
}
