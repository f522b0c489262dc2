//! What a node sees of its run, and the context variables it runs in.
//!
//! Every node runs in its own copy of its cursor's context, and that one is a copy of the context
//! in which the run was started. A variable in it leads to the cursor's place in the run, so that
//! helper functions, log records and child runs find the node they belong to.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Weak};

use engine_core::node::BodyKind;
use engine_core::plan::{NodeIndex, Work};
use engine_core::run::{Call, FrameId, Path, Step};
use engine_core::time::Time;
use engine_host::clock;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyDict;

use crate::live::Live;
use crate::plan::Shared;

/// Where in a run a cursor is: the value of the context variable. The run keeps a context that leads
/// here, so it is not kept alive from here.
#[pyclass(frozen, module = "workflow_engine._core")]
pub(crate) struct Place {
    pub(crate) live: Weak<Live>,
    pub(crate) at: At,
    /// Whether the node runs on an event loop, where nothing may block.
    pub(crate) on_loop: bool,
}

/// The attempt that is carried out, or was carried out last.
#[derive(Debug)]
pub(crate) struct At {
    frame: AtomicU64,
    node: AtomicU32,
    attempt: AtomicU32,
}

impl At {
    /// At the attempt of a node.
    pub(crate) fn new(call: Call) -> Self {
        Self {
            frame: AtomicU64::new(call.frame.to_bits()),
            node: AtomicU32::new(call.node),
            attempt: AtomicU32::new(call.attempt),
        }
    }

    /// Before the first attempt.
    pub(crate) fn start() -> Self {
        Self::new(Call { frame: FrameId::ROOT, node: NodeIndex::MAX, attempt: 0 })
    }

    pub(crate) fn set(&self, call: Call) {
        self.frame.store(call.frame.to_bits(), Ordering::Relaxed);
        self.node.store(call.node, Ordering::Relaxed);
        self.attempt.store(call.attempt, Ordering::Relaxed);
    }

    pub(crate) fn call(&self) -> Call {
        Call {
            frame: FrameId::from_bits(self.frame.load(Ordering::Relaxed)),
            node: self.node.load(Ordering::Relaxed),
            attempt: self.attempt.load(Ordering::Relaxed),
        }
    }
}

/// What a node sees of its run. A node that has a parameter annotated `Context` gets one.
///
/// It does not keep the run alive: an exception of the node leads to it, and the run to the exception.
#[pyclass(frozen, module = "workflow_engine._core")]
pub(crate) struct Context {
    live: Weak<Live>,
    plan: Arc<Shared>,
    call: Call,
    path: Path,
    on_loop: bool,
    run_id: String,
    parent: Option<String>,
    tags: Option<Py<PyAny>>,
    caller: Option<Py<PyAny>>,
    deadline: Option<Time>,
}

impl Context {
    pub(crate) fn new(py: Python<'_>, live: &Arc<Live>, call: Call, on_loop: bool) -> Self {
        let about = &live.about;
        let clone = |object: &Option<Py<PyAny>>| object.as_ref().map(|object| object.clone_ref(py));
        Self {
            live: Arc::downgrade(live),
            plan: live.plan.clone(),
            call,
            path: if call.frame == FrameId::ROOT {
                Path::default()
            } else {
                live.lock().run.path(call.frame).unwrap_or_default()
            },
            on_loop,
            run_id: live.id().to_owned(),
            parent: about.parent.as_ref().map(|parent| parent.id().to_owned()),
            tags: clone(&about.tags),
            caller: clone(&about.caller),
            deadline: about.deadline,
        }
    }
}

#[pymethods]
impl Context {
    /// The context of the node that this code runs in, or `None` outside of a node.
    #[staticmethod]
    fn current(py: Python<'_>) -> PyResult<Option<Self>> {
        let Some(place) = ffi::current(py)? else { return Ok(None) };
        let place = place.get();
        let call = place.at.call();
        let live = place.live.upgrade().filter(|_| call.node != NodeIndex::MAX);
        Ok(live.map(|live| Self::new(py, &live, call, place.on_loop)))
    }

    /// Id of the run.
    #[getter]
    fn run_id(&self) -> &str {
        &self.run_id
    }

    /// Name of the workflow.
    #[getter]
    fn workflow(&self) -> &str {
        &self.plan.core.root().name
    }

    /// Name of the node; inside of sub-workflows, maps and loops `outer/inner` and `node[item]`.
    #[getter]
    fn node(&self) -> String {
        self.plan.site_name(&self.path, Some(self.call.node))
    }

    /// Position of the item of a map, from 0, or number of the turn of a loop, from 1, that the node runs for;
    /// `None` elsewhere.
    #[getter]
    fn item(&self) -> Option<u32> {
        let is_body = |step: &&Step| match &self.plan.core.node(step.node).work {
            Work::Body(body) => !matches!(body.kind, BodyKind::Subworkflow),
            Work::Host(_) | Work::Native(_) => false,
        };
        self.path.iter().rev().find(is_body).map(|step| step.item)
    }

    /// The attempt, from 1.
    #[getter]
    fn attempt(&self) -> u32 {
        self.call.attempt
    }

    /// Tags of the run.
    #[getter]
    fn tags<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        match &self.tags {
            Some(tags) => tags.bind(py).clone(),
            None => PyDict::new(py).into_any(),
        }
    }

    /// Who asked for the run, over HTTP; else `None`.
    #[getter]
    fn caller<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        match &self.caller {
            Some(caller) => caller.bind(py).clone(),
            None => py.None().into_bound(py),
        }
    }

    /// The id of the run whose node started this run.
    #[getter]
    fn parent(&self) -> Option<&str> {
        self.parent.as_deref()
    }

    /// When the run must have ended, in seconds since 1970.
    #[getter]
    fn deadline(&self) -> Option<f64> {
        self.remaining().map(|left| clock::unix_seconds() + left)
    }

    /// Seconds until the run's deadline, not below zero; `None` without one.
    fn remaining(&self) -> Option<f64> {
        self.deadline.map(|deadline| clock::until(deadline).as_secs_f64())
    }

    /// Whether this attempt's outcome is not wanted any more.
    #[getter]
    fn cancelled(&self) -> bool {
        self.live.upgrade().is_none_or(|live| {
            let state = live.lock();
            state.run.is_stopping() || !state.run.is_current(self.call)
        })
    }

    /// The same for every attempt of this node in this run, and different from all others.
    #[getter]
    fn idempotency_key(&self) -> String {
        format!("{}/{}", self.run_id(), self.node())
    }

    /// Sends data to whoever watches the run, as an event `node.emitted`.
    fn emit(&self, py: Python<'_>, data: Py<PyAny>) -> PyResult<()> {
        match self.live.upgrade() {
            Some(live) => live.emit(py, self.call, data, self.on_loop),
            None => Ok(()),
        }
    }

    /// A logger whose records carry run, node and attempt.
    #[getter]
    fn log<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        slf.py().import("workflow_engine.context")?.getattr("logger")?.call1((slf,))
    }

    fn __repr__(&self) -> String {
        format!(
            "Context(run_id={:?}, workflow={:?}, node={:?}, attempt={})",
            self.run_id(),
            self.workflow(),
            self.node(),
            self.attempt()
        )
    }
}

/// The context variable that leads to the current place.
static VARIABLE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

pub(crate) use ffi::{Entered, copy, copy_current, current, enter_place, set_place, untracked};

/// `contextvars` has no wrappers in `PyO3`. Every function here is called with the interpreter
/// attached (the `Python` token or a bound object says so) and passes pointers of live objects.
#[allow(unsafe_code)]
mod ffi {
    use std::ptr;
    use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};

    use pyo3::prelude::*;
    use pyo3::{PyClass, PyClassInitializer, ffi};

    use super::{Place, VARIABLE};

    /// Makes an object that the collector of garbage does not go through: there is nothing that it could
    /// see in one, and with many runs asleep its rounds are a large part of their cost.
    pub(crate) fn untracked<T>(py: Python<'_>, value: T) -> PyResult<Py<T>>
    where
        T: PyClass<BaseType = PyAny> + Into<PyClassInitializer<T>>,
    {
        let object = Py::new(py, value)?;
        // SAFETY: a live object; its deallocation minds that it may be untracked already.
        unsafe { ffi::PyObject_GC_UnTrack(object.as_ptr().cast()) };
        Ok(object)
    }

    fn variable(py: Python<'_>) -> PyResult<&Py<PyAny>> {
        VARIABLE.get_or_try_init(py, || {
            // SAFETY: the name is a C string; the result is a new reference or null with an error set.
            unsafe {
                let name = c"workflow_engine.place".as_ptr();
                Bound::from_owned_ptr_or_err(py, ffi::PyContextVar_New(name, ptr::null_mut()))
                    .map(Bound::unbind)
            }
        })
    }

    /// A copy of the current context.
    pub(crate) fn copy_current(py: Python<'_>) -> PyResult<Py<PyAny>> {
        // SAFETY: a new reference or null with an error set.
        unsafe { Bound::from_owned_ptr_or_err(py, ffi::PyContext_CopyCurrent()).map(Bound::unbind) }
    }

    /// A copy of a context.
    pub(crate) fn copy<'py>(py: Python<'py>, context: &Py<PyAny>) -> PyResult<Bound<'py, PyAny>> {
        // SAFETY: `context` came from one of the functions here, so it is a context.
        unsafe { Bound::from_owned_ptr_or_err(py, ffi::PyContext_Copy(context.as_ptr())) }
    }

    /// The place that the current context leads to.
    pub(crate) fn current(py: Python<'_>) -> PyResult<Option<Py<Place>>> {
        let mut value: *mut ffi::PyObject = ptr::null_mut();
        // SAFETY: on success `value` is a new reference, or null where the variable is not set.
        let found = unsafe {
            if ffi::PyContextVar_Get(variable(py)?.as_ptr(), ptr::null_mut(), &raw mut value) < 0 {
                return Err(PyErr::fetch(py));
            }
            Bound::from_owned_ptr_or_opt(py, value)
        };
        Ok(found.and_then(|value| Some(value.cast_into::<Place>().ok()?.unbind())))
    }

    /// Makes the variable lead to `place` in a context that is entered nowhere.
    pub(crate) fn set_place(py: Python<'_>, context: &Py<PyAny>, place: &Py<Place>) -> PyResult<()> {
        // SAFETY: `context` came from one of the functions here, so it is a context; it is left again
        // before this returns.
        unsafe {
            if ffi::PyContext_Enter(context.as_ptr()) < 0 {
                return Err(PyErr::fetch(py));
            }
            let entered = enter_place(py, place);
            ffi::PyContext_Exit(context.as_ptr());
            entered
        }
    }

    /// Makes the variable lead to `place` in the current context.
    pub(crate) fn enter_place(py: Python<'_>, place: &Py<Place>) -> PyResult<()> {
        // SAFETY: both are live objects; the token is a new reference or null with an error set.
        let token = unsafe {
            let token = ffi::PyContextVar_Set(variable(py)?.as_ptr(), place.as_ptr());
            Bound::from_owned_ptr_or_err(py, token)
        };
        token.map(drop)
    }

    /// The context that a cursor's node runs in.
    #[derive(Debug, Default)]
    pub(crate) struct Entered {
        /// A reference that this owns, or null.
        context: AtomicPtr<ffi::PyObject>,
        /// Whether the thread is in it now.
        inside: AtomicBool,
    }

    impl Entered {
        /// Enters a fresh copy of `base`.
        pub(crate) fn enter_copy(&self, py: Python<'_>, base: &Py<PyAny>) -> PyResult<()> {
            self.context.store(copy(py, base)?.into_ptr(), Ordering::Relaxed);
            self.resume(py)
        }

        /// Leaves the context for good; does nothing if none is kept.
        pub(crate) fn exit(&self, py: Python<'_>) {
            self.pause();
            let context = self.context.swap(ptr::null_mut(), Ordering::Relaxed);
            // SAFETY: this owned the reference, if there is one.
            drop(unsafe { Bound::from_owned_ptr_or_opt(py, context) });
        }

        /// Leaves the context, keeping it to come back to.
        pub(crate) fn pause(&self) {
            if self.inside.swap(false, Ordering::Relaxed) {
                let context = self.context.load(Ordering::Relaxed);
                // SAFETY: a live context that was entered. A failure means that foreign code left
                // another one entered; there is nothing better to do than to go on.
                unsafe {
                    if ffi::PyContext_Exit(context) < 0 {
                        ffi::PyErr_Clear();
                    }
                }
            }
        }

        /// Comes back to the context that was left.
        pub(crate) fn resume(&self, py: Python<'_>) -> PyResult<()> {
            let context = self.context.load(Ordering::Relaxed);
            // SAFETY: a live context that is entered nowhere.
            if !context.is_null() {
                if unsafe { ffi::PyContext_Enter(context) } < 0 {
                    return Err(PyErr::fetch(py));
                }
                self.inside.store(true, Ordering::Relaxed);
            }
            Ok(())
        }
    }

    impl Drop for Entered {
        fn drop(&mut self) {
            // SAFETY: a cursor is dropped by Python, so attached.
            self.exit(unsafe { Python::assume_attached() });
        }
    }
}
