//! A plan with what only Python knows of each node.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

use engine_core::node::{BodyKind, Local};
use engine_core::plan::{EdgeKind, Lane, NodeIndex, Plan as CorePlan, PlanNode, Returns, Work};
use engine_core::run::Step;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyType};

use crate::context;
use crate::cursor::Cursor;
use crate::native::{self, TextForm};

/// Where an argument comes from.
#[derive(Debug)]
pub(crate) enum Input {
    /// The input: of the run, or of the sub-workflow that the node is in.
    Run,
    /// What a body gives a value itself, such as the item of a map.
    Local(Local),
    /// The output of a node.
    Node(NodeIndex),
    /// The output of a node, or this object when it was skipped.
    Optional(NodeIndex, Py<PyAny>),
    /// Always this object.
    Constant(Py<PyAny>),
    /// The node's `Context`.
    Context,
    /// A list of those that are there.
    List(Box<[Input]>),
    /// A dict of those that are there.
    Dict(Box<[(Py<PyAny>, Input)]>),
}

impl Input {
    fn reads_run(&self) -> bool {
        match self {
            Self::Run => true,
            Self::List(members) => members.iter().any(Self::reads_run),
            Self::Dict(members) => members.iter().any(|(_, member)| member.reads_run()),
            Self::Local(_) | Self::Node(_) | Self::Optional(..) | Self::Constant(_) | Self::Context => false,
        }
    }
}

/// How a node is called.
#[derive(Debug)]
pub(crate) struct HostNode {
    pub(crate) function: Py<PyAny>,
    pub(crate) inputs: Box<[Input]>,
    /// Types whose instances are taken as they are; `None` takes everything.
    pub(crate) exact: Option<Box<[Py<PyType>]>>,
    /// Makes the declared type of anything else.
    pub(crate) coerce: Option<Py<PyAny>>,
    /// Makes plain JSON types of an output that native nodes read.
    pub(crate) dump: Option<Py<PyAny>>,
    /// Whether an exception may be retried.
    pub(crate) retry_on: Option<Py<PyAny>>,
    pub(crate) asynchronous: bool,
    /// Seconds that an attempt on the event loop may take; threads are the core's matter.
    pub(crate) timeout: Option<f64>,
    /// What it is in exports.
    pub(crate) kind: &'static str,
}

impl HostNode {
    /// A node of the engine's own that is over at once.
    pub(crate) fn quick(kind: &'static str, function: Py<PyAny>, dump: Option<Py<PyAny>>) -> Self {
        Self {
            function,
            inputs: Box::default(),
            exact: None,
            coerce: None,
            dump,
            retry_on: None,
            asynchronous: false,
            timeout: None,
            kind,
        }
    }

    /// Whether an output needs `coerce`.
    pub(crate) fn must_coerce(&self, output: &Bound<'_, PyAny>) -> bool {
        let Some(exact) = &self.exact else { return false };
        let kind = output.get_type_ptr();
        !exact.iter().any(|accepted| accepted.as_ptr().cast() == kind)
    }
}

/// A plan and its Python side; native nodes have none.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) core: Arc<CorePlan>,
    pub(crate) hosts: Box<[Option<HostNode>]>,
    /// Of nodes with a body: whether an exception of an item or turn may be retried.
    pub(crate) retry_on: HashMap<NodeIndex, Py<PyAny>>,
    /// Makes plain JSON types of an input that native nodes read.
    pub(crate) input_dump: Option<Py<PyAny>>,
    /// Whether a node runs on the event loop.
    pub(crate) asynchronous: bool,
    /// Whether a node has a timeout or is tried again.
    pub(crate) has_timers: bool,
}

impl Shared {
    pub(crate) fn new(
        core: CorePlan,
        hosts: Box<[Option<HostNode>]>,
        retry_on: HashMap<NodeIndex, Py<PyAny>>,
        input_dump: Option<Py<PyAny>>,
    ) -> Self {
        let on_loop = |node: &PlanNode| matches!(node.work, Work::Host(Lane::Loop));
        let asynchronous = core.nodes.iter().any(on_loop);
        let has_timers = core.nodes.iter().any(|node| node.timeout.is_some() || node.retry.is_some());
        Self { core: Arc::new(core), hosts, retry_on, input_dump, asynchronous, has_timers }
    }

    pub(crate) fn host(&self, node: NodeIndex) -> Option<&HostNode> {
        self.hosts[node as usize].as_ref()
    }

    pub(crate) fn lane(&self, node: NodeIndex) -> Option<Lane> {
        match self.core.node(node).work {
            Work::Host(lane) => Some(lane),
            Work::Native(_) | Work::Body(_) => None,
        }
    }

    /// How a node is told of: `name`, inside of bodies `outer/inner`, with `[item]` where a map or loop has several.
    /// Without a node it is what the path leads to.
    pub(crate) fn site_name(&self, path: &[Step], node: Option<NodeIndex>) -> String {
        let mut name = String::new();
        let sites = path.iter().map(|step| (step.node, Some(step.item)));
        let sites = sites.chain(node.map(|node| (node, None)));
        for (node, item) in sites {
            // What the engine itself has put between has no name to tell.
            if self.core.region(self.core.region_of(node)).name.starts_with('.') {
                continue;
            }
            let planned = self.core.node(node);
            if !name.is_empty() {
                name.push('/');
            }
            name.push_str(&planned.name);
            match (&planned.work, item) {
                (Work::Body(body), Some(item)) if !matches!(body.kind, BodyKind::Subworkflow) => {
                    // Writing to a text does not fail.
                    let _ = write!(name, "[{item}]");
                }
                _ => {}
            }
        }
        name
    }

    fn reads_input(&self, node: NodeIndex) -> bool {
        match &self.core.node(node).work {
            Work::Native(native) => native.reads_input(),
            Work::Body(body) => body.reads_input(),
            Work::Host(_) => self.host(node).is_some_and(|host| host.inputs.iter().any(Input::reads_run)),
        }
    }
}

/// A checked workflow, ready to run.
#[pyclass(frozen, module = "workflow_engine._core")]
pub(crate) struct Plan {
    pub(crate) shared: Arc<Shared>,
}

#[pymethods]
impl Plan {
    #[getter]
    fn name(&self) -> &str {
        &self.shared.core.root().name
    }

    #[getter]
    fn nodes(&self) -> Vec<&str> {
        let core = &self.shared.core;
        core.root().nodes.clone().map(|node| &*core.node(node).name).collect()
    }

    #[getter]
    fn asynchronous(&self) -> bool {
        self.shared.asynchronous
    }

    /// Whether all its nodes are native.
    #[getter]
    fn native(&self) -> bool {
        self.shared.hosts.iter().all(Option::is_none)
    }

    /// Runs without further options, as far as that goes without Python: gives the result of the run,
    /// with `as_json` as JSON text, or the cursor that drives it to its end.
    #[pyo3(signature = (input, steals, run_id=None, as_json=false))]
    fn run<'py>(
        &self,
        input: &Bound<'py, PyAny>,
        steals: bool,
        run_id: Option<String>,
        as_json: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        Cursor::run_through(input.py(), &self.shared, input, steals, run_id, as_json)
    }

    /// Runs from JSON text to JSON text where all nodes are native, without holding the interpreter; `None`
    /// where that gives no result. The input must be as `taken` says, the result as `given` does.
    #[pyo3(signature = (text, taken, given=None))]
    fn run_text<'py>(
        &self,
        text: &Bound<'py, PyAny>,
        taken: &TextForm,
        given: Option<&TextForm>,
    ) -> PyResult<Option<Bound<'py, PyBytes>>> {
        native::run_text(&self.shared.core, text, taken, given)
    }

    /// Starts a run without further options on an event loop, and gives the cursor that drives it.
    #[pyo3(signature = (input, steals, run_id=None))]
    fn start(&self, input: &Bound<'_, PyAny>, steals: bool, run_id: Option<String>) -> PyResult<Py<Cursor>> {
        let py = input.py();
        context::untracked(py, Cursor::start(py, &self.shared, input, true, steals, run_id)?)
    }

    /// The names of the nodes that make up the result.
    #[getter]
    fn returns(&self) -> Vec<&str> {
        let core = &self.shared.core;
        core.root().returns.nodes().map(|node| &*core.node(*node).name).collect()
    }

    /// What makes the declared type of a node's output, or checks it; `None` if everything passes.
    fn coerce(&self, py: Python<'_>, name: &str) -> Option<Py<PyAny>> {
        let host = self.shared.host(self.shared.core.find(name)?)?;
        host.coerce.as_ref().map(|coerce| coerce.clone_ref(py))
    }

    /// Nodes and edges, for exports.
    fn describe<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let core = &self.shared.core;
        let nodes = PyList::empty(py);
        for index in core.root().nodes.clone() {
            let node = core.node(index);
            let described = PyDict::new(py);
            described.set_item("name", &*node.name)?;
            let kind = match (&node.work, self.shared.host(index)) {
                _ if node.cases.is_some() => "route",
                (Work::Native(native), _) => native.kind(),
                (Work::Body(body), _) => body.kind_name(),
                (Work::Host(_), host) => host.map_or("python", |host| host.kind),
            };
            described.set_item("kind", kind)?;
            let edges = PyList::empty(py);
            let edge = |from: NodeIndex, kind: EdgeKind, label: Option<String>| -> PyResult<()> {
                let edge = PyDict::new(py);
                edge.set_item("from", &*core.node(from).name)?;
                edge.set_item("kind", kind.name())?;
                if let Some(label) = label {
                    edge.set_item("label", label)?;
                }
                edges.append(edge)
            };
            if self.shared.reads_input(index) {
                let edge = PyDict::new(py);
                edge.set_item("from", "input")?;
                edge.set_item("kind", EdgeKind::Required.name())?;
                edges.append(edge)?;
            }
            for (read, kind) in &node.reads {
                edge(*read, *kind, None)?;
            }
            for earlier in &node.after {
                edge(*earlier, EdgeKind::After, None)?;
            }
            for route in &node.routes {
                edge(*route, EdgeKind::Case, Some(case_labels(core, *route, &node.name)))?;
            }
            described.set_item("edges", edges)?;
            nodes.append(described)?;
        }
        Ok(nodes)
    }

    /// How the result is made: `None`, a name, a tuple of names, or a dict of names.
    #[getter]
    fn shape<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let core = &self.shared.core;
        let name = |node: &NodeIndex| &*core.node(*node).name;
        Ok(match &core.root().returns {
            Returns::Nothing => py.None().into_bound(py),
            Returns::One(node) => name(node).into_pyobject(py)?.into_any(),
            Returns::Either(nodes) => pyo3::types::PyTuple::new(py, nodes.iter().map(name))?.into_any(),
            Returns::Object(entries) => {
                let dict = PyDict::new(py);
                for (key, node) in entries {
                    dict.set_item(key, name(node))?;
                }
                dict.into_any()
            }
        })
    }
}

/// The values for which `route` chooses a node, as they are written in JSON.
fn case_labels(core: &CorePlan, route: NodeIndex, target: &str) -> String {
    let Some(cases) = &core.node(route).cases else { return String::new() };
    let names = |targets: &Vec<NodeIndex>| targets.iter().any(|index| &*core.node(*index).name == target);
    let mut labels: Vec<String> = Vec::new();
    for (value, targets) in &cases.cases {
        if names(targets) {
            let label = match value {
                engine_core::value::Value::String(text) => text.to_string(),
                other => {
                    let mut json = Vec::new();
                    // Case values came in as JSON, so they can be written.
                    let _ = other.write_json(&mut json);
                    String::from_utf8_lossy(&json).into_owned()
                }
            };
            labels.push(label);
        }
    }
    if cases.default.as_ref().is_some_and(names) {
        labels.push("default".into());
    }
    labels.join(", ")
}
