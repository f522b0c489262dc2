//! Declarations from Python, gathered into a core graph.

use std::borrow::Cow;
use std::collections::HashMap;
use std::time::Duration;

use engine_core::graph::{Body as CoreBody, Graph as CoreGraph, Name, Node, Severity};
use engine_core::node::{
    Assert, BadExpression, Body, Cancel, Cases, Compute, Conditions, Constant, End, Fail, Join, Local,
    Native, OnError, Pick, Reads, Shape, Template, Transform,
};
use engine_core::plan::Source as CoreSource;
use engine_core::plan::{
    EdgeKind, Effect, First, Lane, NodeIndex, Plan as CorePlan, ROOT, RegionIndex, Returns, Work,
};
use engine_core::policy::{Jitter, Retry};
use engine_core::value::{DEPTH_MAX, Value};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString, PyTuple, PyType};

use crate::convert;
use crate::error;
use crate::expression;
use crate::expression_type;
use crate::json_schema::JsonSchema;
use crate::plan::{HostNode, Input, Plan, Shared};

/// An argument's source, with the names that a plan turns into indexes.
enum Source {
    Run,
    Local(Local),
    Node(String),
    Optional(String, Py<PyAny>),
    Constant(Py<PyAny>),
    Context,
    List(Vec<Source>),
    Dict(Vec<(Py<PyAny>, Source)>),
}

/// The Python side of a declared node.
struct Declared {
    sources: Vec<Source>,
    host: HostNode,
}

/// A policy of retries: attempts, delay, factor, longest delay, jitter, whether timeouts count.
type RetryArguments = (u32, f64, f64, f64, String, bool);

/// What a workflow declares: `call`, `route`, `join`, `constant`, `pick`, then `check` and `plan`.
#[pyclass(module = "workflow_engine._core")]
pub(crate) struct Graph {
    core: CoreGraph,
    declared: Vec<Option<Declared>>,
    /// Of nodes with a body, by their positions: whether an exception may be retried.
    retry_on: Vec<(usize, Py<PyAny>)>,
    input_dump: Option<Py<PyAny>>,
    bodies: Vec<Part>,
}

/// A body, declared in a graph of its own.
struct Part {
    graph: Py<Graph>,
    within: Option<RegionIndex>,
    shares_input: bool,
}

#[pymethods]
impl Graph {
    #[new]
    fn new(name: &str) -> Self {
        Self {
            core: CoreGraph::new(name),
            declared: Vec::new(),
            retry_on: Vec::new(),
            input_dump: None,
            bodies: Vec::new(),
        }
    }

    /// Takes another graph as a body for nodes of this one and of its bodies, and gives the number by which they
    /// name it; this graph itself is 0. `within` is the number of the graph around it, whose nodes it may read;
    /// `shares_input` says that its input is that one's, rather than the item or state.
    #[pyo3(signature = (graph, *, within=None, shares_input=false))]
    fn body(&mut self, graph: Py<Self>, within: Option<RegionIndex>, shares_input: bool) -> RegionIndex {
        self.bodies.push(Part { graph, within, shares_input });
        self.bodies.len() as RegionIndex
    }

    /// A node that runs a body once, for each item, or until a condition holds. It begins with what `origin`
    /// tells: `("input",)`, `("node", name)`, or `("shape", shape)`. `kind` is `("subworkflow",)`,
    /// `("map", concurrency, on_error, until)` or `("loop", until, limit, keeps_at_limit)`.
    #[pyo3(signature = (name, body, kind, origin, *, shape=None, after=Vec::new(), retry=None, retry_on=None,
        timeout=None))]
    #[allow(clippy::too_many_arguments)] // One declaration, most of it keywords.
    fn run_body(
        &mut self,
        py: Python<'_>,
        name: &str,
        body: RegionIndex,
        kind: &Bound<'_, PyTuple>,
        origin: &Bound<'_, PyTuple>,
        shape: Option<&Bound<'_, PyAny>>,
        after: Vec<String>,
        retry: Option<RetryArguments>,
        retry_on: Option<Py<PyAny>>,
        timeout: Option<f64>,
    ) -> PyResult<()> {
        let mut reads = Reads::default();
        let mut made = body_of(py, body, kind, &mut reads)?;
        let first: String = origin.get_item(0)?.extract()?;
        made = match first.as_str() {
            "input" => made,
            "node" => made.over_read(reads.node(&origin.get_item(1)?.extract::<String>()?)),
            _ => made
                .over(&shape_of(&origin.get_item(1)?, 0)?, &mut reads)
                .map_err(|bad| bad_expression(py, &bad))?,
        };
        if let Some(shape) = shape {
            made = made.taking(&shape_of(shape, 0)?, &mut reads).map_err(|bad| bad_expression(py, &bad))?;
        }
        let mut node = Node::new(name, Work::Body(Box::new(made)));
        node.after = names(after);
        node.retry = retry.map(retry_policy).transpose()?;
        node.timeout = timeout.map(seconds).transpose()?;
        if let Some(retry_on) = retry_on {
            self.retry_on.push((self.core.nodes.len(), retry_on));
        }
        self.push_reading(node, &reads);
        Ok(())
    }

    /// Says how an input that is not made of plain JSON types becomes JSON.
    fn input(&mut self, dump: Py<PyAny>) {
        self.input_dump = Some(dump);
    }

    #[pyo3(signature = (name, function, inputs, *, after=Vec::new(), asynchronous=false, caller=false, exact=None,
        coerce=None, dump=None, retry=None, retry_on=None, timeout=None))]
    #[allow(clippy::too_many_arguments)] // One declaration, all of it keywords.
    fn call(
        &mut self,
        name: &str,
        function: Py<PyAny>,
        inputs: Vec<Bound<'_, PyTuple>>,
        after: Vec<String>,
        asynchronous: bool,
        caller: bool,
        exact: Option<Vec<Py<PyType>>>,
        coerce: Option<Py<PyAny>>,
        dump: Option<Py<PyAny>>,
        retry: Option<RetryArguments>,
        retry_on: Option<Py<PyAny>>,
        timeout: Option<f64>,
    ) -> PyResult<()> {
        let sources: Vec<Source> = inputs.iter().map(source).collect::<PyResult<_>>()?;
        let lane = match (asynchronous, caller, timeout) {
            (true, _, _) => Lane::Loop,
            (false, true, _) => Lane::Caller,
            (false, false, Some(_)) => Lane::Helper,
            (false, false, None) => Lane::Any,
        };
        let mut node = Node::new(name, Work::Host(lane));
        for source in &sources {
            collect_reads(source, false, &mut node.reads);
        }
        node.after = after.into_iter().map(Into::into).collect();
        node.retry = retry.map(retry_policy).transpose()?;
        node.timeout = timeout.map(seconds).transpose()?;
        self.core.nodes.push(node);
        let exact = exact.map(Into::into);
        let host = HostNode {
            function,
            inputs: Box::default(),
            exact,
            coerce,
            dump,
            retry_on,
            asynchronous,
            timeout,
            kind: "python",
        };
        self.declared.push(Some(Declared { sources, host }));
        Ok(())
    }

    #[allow(clippy::too_many_arguments)] // One declaration, most of it keywords.
    #[pyo3(signature = (name, source, cases, *, default, function=None, values=None, several=false))]
    fn route(
        &mut self,
        name: &str,
        source: &str,
        cases: Vec<(Bound<'_, PyAny>, Vec<String>)>,
        default: Option<Vec<String>>,
        function: Option<Py<PyAny>>,
        values: Option<Vec<Bound<'_, PyAny>>>,
        several: bool,
    ) -> PyResult<()> {
        let cases = cases_of(cases)?;
        let work = match function {
            Some(_) => Work::Host(Lane::Quick),
            None => Work::Native(Pick { from_input: source == "input", path: Box::default() }.into()),
        };
        let mut node = Node::new(name, work);
        if source != "input" {
            node.reads.push((source.into(), EdgeKind::Required));
        }
        node.cases = Some(Cases { cases, default: default.map(names) });
        node.several = several;
        node.values = values.map(|values| values.iter().map(json).collect::<PyResult<_>>()).transpose()?;
        self.core.nodes.push(node);
        self.declared.push(function.map(|function| Declared {
            sources: vec![if source == "input" { Source::Run } else { Source::Node(source.to_owned()) }],
            host: HostNode::quick("route", function, None),
        }));
        Ok(())
    }

    /// A join of objects calls `gathered` with them; without it all of them are JSON of native nodes.
    #[pyo3(signature = (name, sources, *, gathered=None, dump=None))]
    fn join(
        &mut self,
        py: Python<'_>,
        name: &str,
        sources: Vec<String>,
        gathered: Option<Py<PyAny>>,
        dump: Option<Py<PyAny>>,
    ) {
        let work = match &gathered {
            Some(_) => Work::Host(Lane::Quick),
            None => Work::Native(Join::new(sources.iter().map(|source| source.as_str().into())).into()),
        };
        let mut node = Node::new(name, work);
        node.only_read = true;
        node.reads = sources.iter().map(|source| (source.as_str().into(), EdgeKind::Member)).collect();
        self.core.nodes.push(node);
        self.declared.push(gathered.map(|gathered| {
            let key = |name: &str| PyString::new(py, name).into_any().unbind();
            let members = sources.into_iter().map(|name| (key(&name), Source::Node(name))).collect();
            Declared { sources: vec![Source::Dict(members)], host: HostNode::quick("join", gathered, dump) }
        }));
    }

    /// The node that was added last waits for some of its members only.
    fn first(&mut self, count: u32, cancels_rest: bool) {
        if let Some(node) = self.core.nodes.last_mut() {
            node.first = Some(First { count, cancels_rest });
            let members = node.reads.iter_mut().filter(|(_, kind)| *kind == EdgeKind::Member);
            members.for_each(|(_, kind)| *kind = EdgeKind::First);
        }
    }

    /// A node that fills a shape, for `ends`.
    fn end(&mut self, name: &str, shape: &Bound<'_, PyAny>) -> PyResult<()> {
        self.push_work(shape.py(), name, End::new(&shape_of(shape, 0)?))
    }

    /// The node that was added last ends the run with its output.
    fn ends(&mut self, after: Vec<String>) {
        self.act(Effect::End, after);
    }

    /// A node that gives null, for `cancels`.
    fn cancel(&mut self, name: &str) {
        self.push_native(Node::new(name, Work::Native(Cancel.into())));
    }

    /// The node that was added last cancels others.
    fn cancels(&mut self, nodes: Vec<String>, after: Vec<String>) {
        self.act(Effect::Cancel(names(nodes).into()), after);
    }

    fn constant(&mut self, name: &str, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let constant: Native = Constant(json(value)?).into();
        self.push_native(Node::new(name, Work::Native(constant)));
        Ok(())
    }

    fn pick(&mut self, name: &str, source: &str, path: Vec<Bound<'_, PyAny>>) -> PyResult<()> {
        let path = path.iter().map(convert::to_step).collect::<PyResult<_>>()?;
        let pick = Pick { from_input: source == "input", path };
        let reads_node = !pick.from_input;
        let mut node = Node::new(name, Work::Native(pick.into()));
        if reads_node {
            node = node.reading(source, EdgeKind::Required);
        }
        self.push_native(node);
        Ok(())
    }

    /// A node that works out an expression.
    fn compute(&mut self, py: Python<'_>, name: &str, source: &str) -> PyResult<()> {
        self.push_work(py, name, Compute::new(source))
    }

    /// A node that fills a shape: JSON in which a tuple of one text is an expression.
    fn transform(&mut self, name: &str, shape: &Bound<'_, PyAny>) -> PyResult<()> {
        self.push_work(shape.py(), name, Transform::new(&shape_of(shape, 0)?))
    }

    /// A node that fails with the message that an expression makes.
    fn fail(&mut self, py: Python<'_>, name: &str, message: &str) -> PyResult<()> {
        self.push_guard(py, name, Fail::new(message))
    }

    /// A node that fails unless an expression is true, or its value valid by a schema.
    #[pyo3(signature = (name, value, *, schema=None, message=None))]
    fn assertion(
        &mut self,
        py: Python<'_>,
        name: &str,
        value: &str,
        schema: Option<PyRef<'_, JsonSchema>>,
        message: Option<&str>,
    ) -> PyResult<()> {
        let made = Assert::new(value, schema.map(|schema| schema.0.clone()), message);
        self.push_guard(py, name, made)
    }

    /// A node that renders a template: a text, or the messages of a chat.
    fn template(&mut self, name: &str, source: &Bound<'_, PyAny>) -> PyResult<()> {
        let template = Template::compile(&json(source)?).map_err(|error| expression_type::refused(&error))?;
        let reads = template.reads();
        self.push_reading(Node::new(name, Work::Native(template.into())), &reads);
        Ok(())
    }

    /// A route whose value is the text of the first condition that holds, or null.
    fn conditions(
        &mut self,
        py: Python<'_>,
        name: &str,
        cases: Vec<(String, Vec<String>)>,
        default: Option<Vec<String>>,
    ) -> PyResult<()> {
        self.push_work(py, name, Conditions::new(cases.iter().map(|(condition, _)| &**condition)))?;
        let case = |(condition, targets): (String, _)| (Value::String(condition.into()), names(targets));
        let cases = cases.into_iter().map(case).collect();
        self.choose(Cases { cases, default: default.map(names) }, None, false);
        Ok(())
    }

    /// A route whose value is that of an expression.
    #[allow(clippy::too_many_arguments)] // One declaration, most of it keywords.
    #[pyo3(signature = (name, source, cases, *, default, values=None, several=false))]
    fn route_by(
        &mut self,
        py: Python<'_>,
        name: &str,
        source: &str,
        cases: Vec<(Bound<'_, PyAny>, Vec<String>)>,
        default: Option<Vec<String>>,
        values: Option<Vec<Bound<'_, PyAny>>>,
        several: bool,
    ) -> PyResult<()> {
        let values = values.map(|values| values.iter().map(json).collect::<PyResult<_>>()).transpose()?;
        let cases = Cases { cases: cases_of(cases)?, default: default.map(names) };
        self.push_work(py, name, Compute::new(source))?;
        self.choose(cases, values, several);
        Ok(())
    }

    fn returns(&mut self, shape: &Bound<'_, PyAny>) -> PyResult<()> {
        self.core.returns = Some(if shape.is_none() {
            Returns::Nothing
        } else if let Ok(name) = shape.cast::<PyString>() {
            Returns::One(name.to_str()?.into())
        } else if let Ok(entries) = shape.cast::<PyDict>() {
            let entry = |(key, name): (Bound<'_, PyAny>, Bound<'_, PyAny>)| {
                Ok((key.extract::<String>()?, name.extract::<String>()?.into()))
            };
            Returns::Object(entries.iter().map(entry).collect::<PyResult<_>>()?)
        } else {
            Returns::Either(shape.extract::<Vec<String>>()?.into_iter().map(Into::into).collect())
        });
        Ok(())
    }

    /// Every structural fault as (code, severity, node, message, remedy).
    fn check(&self, py: Python<'_>) -> Vec<(&'static str, &'static str, String, String, String)> {
        let fault = |fault: engine_core::graph::Fault| {
            let severity = match fault.code.severity() {
                Severity::Error => "error",
                Severity::Warning => "warning",
            };
            let node = fault.node.map(String::from).unwrap_or_default();
            (fault.code.name(), severity, node, fault.message, fault.remedy)
        };
        self.whole(py).check().into_iter().map(fault).collect()
    }

    fn plan(&self, py: Python<'_>) -> PyResult<Plan> {
        let core = self.whole(py).plan().map_err(|faults| error::faults(&faults))?;
        let (mut hosts, mut retry_on) = (Vec::with_capacity(core.nodes.len()), HashMap::new());
        self.add_hosts(py, &core, ROOT, &mut hosts, &mut retry_on);
        for (index, part) in self.bodies.iter().enumerate() {
            let graph = part.graph.borrow(py);
            graph.add_hosts(py, &core, index as RegionIndex + 1, &mut hosts, &mut retry_on);
        }
        let input_dump = self.input_dump.as_ref().map(|dump| dump.clone_ref(py));
        Ok(Plan { shared: Shared::new(core, hosts.into(), retry_on, input_dump).into() })
    }
}

impl Graph {
    /// The graph with its bodies.
    fn whole(&self, py: Python<'_>) -> Cow<'_, CoreGraph> {
        if self.bodies.is_empty() {
            return Cow::Borrowed(&self.core);
        }
        let body = |part: &Part| {
            let core = &part.graph.borrow(py).core;
            CoreBody {
                name: core.name.clone(),
                nodes: core.nodes.clone(),
                returns: core.returns.clone(),
                within: part.within,
                shares_input: part.shares_input,
            }
        };
        Cow::Owned(CoreGraph { bodies: self.bodies.iter().map(body).collect(), ..self.core.clone() })
    }

    /// Adds what only Python knows of the nodes of one region, which lie side by side in the plan.
    fn add_hosts(
        &self,
        py: Python<'_>,
        core: &CorePlan,
        region: RegionIndex,
        hosts: &mut Vec<Option<HostNode>>,
        retry_on: &mut HashMap<NodeIndex, Py<PyAny>>,
    ) {
        let nodes = core.region(region).nodes.clone();
        let index = nodes.clone().map(|node| (&*core.node(node).name, node)).collect();
        let names = Names { core, region, index };
        hosts.extend(self.declared.iter().map(|declared| {
            let declared = declared.as_ref()?;
            let inputs = declared.sources.iter().map(|source| resolve(py, source, &names)).collect();
            Some(clone_host(py, &declared.host, inputs))
        }));
        let own = self.retry_on.iter();
        retry_on.extend(own.map(|(position, on)| (nodes.start + *position as NodeIndex, on.clone_ref(py))));
    }
}

/// What the names of nodes mean in a region.
struct Names<'p> {
    core: &'p CorePlan,
    region: RegionIndex,
    index: HashMap<&'p str, NodeIndex>,
}

impl Names<'_> {
    fn find(&self, name: &str) -> NodeIndex {
        if let Some(node) = self.index.get(name) {
            return *node;
        }
        match self.core.resolve(self.region, name) {
            Some(CoreSource::Node(node) | CoreSource::Outer(node)) => node,
            // A graph that has a plan names no unknown node.
            _ => unreachable!("`{name}` is no node of a graph that was checked"),
        }
    }
}

/// The body of a node, as Python tells its kind.
fn body_of(
    py: Python<'_>,
    region: RegionIndex,
    kind: &Bound<'_, PyTuple>,
    reads: &mut Reads,
) -> PyResult<Body> {
    let name: String = kind.get_item(0)?.extract()?;
    match name.as_str() {
        "map" => {
            let (_, concurrency, on_error, until): (String, u32, String, Option<String>) = kind.extract()?;
            let on_error = match on_error.as_str() {
                "raise" => OnError::Raise,
                "keep" => OnError::Keep,
                "drop" => OnError::Drop,
                other => return Err(PyValueError::new_err(format!("no way to take errors: {other}"))),
            };
            match until {
                None => Ok(Body::map(region, concurrency, on_error)),
                Some(until) => Body::map_until(region, concurrency, on_error, &until, reads)
                    .map_err(|error| expression::raise(py, &error, &until)),
            }
        }
        "loop" => {
            let (_, until, limit, keeps_at_limit): (String, String, u32, bool) = kind.extract()?;
            Body::repeat(region, &until, limit, keeps_at_limit, reads)
                .map_err(|error| expression::raise(py, &error, &until))
        }
        "subworkflow" => Ok(Body::subworkflow(region)),
        other => Err(PyTypeError::new_err(format!("no such body: {other}"))),
    }
}

fn bad_expression(py: Python<'_>, bad: &[BadExpression]) -> PyErr {
    bad.first().map_or_else(
        || PyValueError::new_err("no expression"),
        |bad| expression::raise(py, &bad.error, &bad.source),
    )
}

fn local(name: &str) -> PyResult<Local> {
    let found = Local::OF_BODIES.into_iter().find(|local| local.name() == name);
    found.ok_or_else(|| PyValueError::new_err(format!("no value of a body is called `{name}`")))
}

impl Graph {
    /// Adds a node of the core that holds expressions.
    fn push_work<K: Into<Native>>(
        &mut self,
        py: Python<'_>,
        name: &str,
        made: Result<(K, Reads), Vec<BadExpression>>,
    ) -> PyResult<()> {
        match made {
            Ok((work, reads)) => {
                self.push_reading(Node::new(name, Work::Native(work.into())), &reads);
                Ok(())
            }
            Err(bad) => Err(bad_expression(py, &bad)),
        }
    }

    /// Adds a node that need not be read, because it may end the run.
    fn push_guard<K: Into<Native>>(
        &mut self,
        py: Python<'_>,
        name: &str,
        made: Result<(K, Reads), Vec<BadExpression>>,
    ) -> PyResult<()> {
        self.push_work(py, name, made)?;
        if let Some(node) = self.core.nodes.last_mut() {
            node.only_read = false;
        }
        Ok(())
    }

    /// Makes a route of the node that was added last.
    fn choose(&mut self, cases: Cases<Name>, values: Option<Vec<Value>>, several: bool) {
        if let Some(node) = self.core.nodes.last_mut() {
            node.cases = Some(cases);
            node.values = values;
            node.several = several;
        }
    }

    /// Gives the node that was added last an effect, and nodes to wait for.
    fn act(&mut self, effect: Effect<Name>, after: Vec<String>) {
        if let Some(node) = self.core.nodes.last_mut() {
            node.effect = Some(effect);
            node.after = names(after);
        }
    }

    fn push_reading(&mut self, node: Node, reads: &Reads) {
        let reads = reads.nodes.iter();
        self.push_native(reads.fold(node, |node, (read, kind)| node.reading(&**read, *kind)));
    }

    fn push_native(&mut self, node: Node) {
        self.core.nodes.push(node);
        self.declared.push(None);
    }
}

fn clone_host(py: Python<'_>, host: &HostNode, inputs: Box<[Input]>) -> HostNode {
    let clone = |object: &Option<Py<PyAny>>| object.as_ref().map(|object| object.clone_ref(py));
    HostNode {
        function: host.function.clone_ref(py),
        inputs,
        exact: host.exact.as_ref().map(|types| types.iter().map(|kind| kind.clone_ref(py)).collect()),
        coerce: clone(&host.coerce),
        dump: clone(&host.dump),
        retry_on: clone(&host.retry_on),
        asynchronous: host.asynchronous,
        timeout: host.timeout,
        kind: host.kind,
    }
}

fn names(targets: Vec<String>) -> Vec<Name> {
    targets.into_iter().map(Name::from).collect()
}

fn cases_of(cases: Vec<(Bound<'_, PyAny>, Vec<String>)>) -> PyResult<Vec<(Value, Vec<Name>)>> {
    cases.into_iter().map(|(value, targets)| Ok((json(&value)?, names(targets)))).collect()
}

/// A shape in which a tuple of one text is an expression. What holds none is a constant.
fn shape_of(object: &Bound<'_, PyAny>, depth: usize) -> PyResult<Shape> {
    if depth > DEPTH_MAX {
        return Err(PyValueError::new_err(format!("nested deeper than {DEPTH_MAX}")));
    }
    if let Ok(expression) = object.cast_exact::<PyTuple>() {
        let (source,): (String,) = expression.extract()?;
        return Ok(Shape::Expression(source.into()));
    }
    if let Ok(list) = object.cast_exact::<PyList>() {
        let items = list.iter().map(|item| shape_of(&item, depth + 1)).collect::<PyResult<Vec<_>>>()?;
        if !items.iter().all(|item| matches!(item, Shape::Constant(_))) {
            return Ok(Shape::List(items));
        }
    } else if let Ok(dict) = object.cast_exact::<PyDict>() {
        let entry = |(key, item): (Bound<'_, PyAny>, Bound<'_, PyAny>)| {
            let key: String = key.extract()?;
            Ok((key.into(), shape_of(&item, depth + 1)?))
        };
        let entries = dict.iter().map(entry).collect::<PyResult<Vec<_>>>()?;
        if !entries.iter().all(|(_, item)| matches!(item, Shape::Constant(_))) {
            return Ok(Shape::Object(entries));
        }
    }
    Ok(Shape::Constant(json(object)?))
}

fn json(object: &Bound<'_, PyAny>) -> PyResult<Value> {
    convert::to_value(object).map_err(convert::NoJson::into_error)
}

fn seconds(seconds: f64) -> PyResult<Duration> {
    Duration::try_from_secs_f64(seconds)
        .map_err(|error| PyValueError::new_err(format!("{seconds} seconds: {error}")))
}

fn retry_policy(policy: RetryArguments) -> PyResult<Retry> {
    let (attempts, delay, factor, delay_max, jitter, timeouts) = policy;
    let jitter = match jitter.as_str() {
        "full" => Jitter::Full,
        "none" => Jitter::None,
        other => return Err(PyValueError::new_err(format!("unknown jitter `{other}`"))),
    };
    Ok(Retry { attempts, delay: seconds(delay)?, factor, delay_max: seconds(delay_max)?, jitter, timeouts })
}

fn source(input: &Bound<'_, PyTuple>) -> PyResult<Source> {
    let kind = input.get_item(0)?;
    let kind = kind.cast::<PyString>()?.to_str()?;
    Ok(match (kind, input.len()) {
        ("input", 1) => Source::Run,
        ("context", 1) => Source::Context,
        ("local", 2) => Source::Local(local(&input.get_item(1)?.extract::<String>()?)?),
        ("node", 2) => Source::Node(input.get_item(1)?.extract()?),
        ("node", 3) => Source::Optional(input.get_item(1)?.extract()?, input.get_item(2)?.unbind()),
        ("constant", 2) => Source::Constant(input.get_item(1)?.unbind()),
        ("list", 2) => {
            let members: Vec<Bound<'_, PyTuple>> = input.get_item(1)?.extract()?;
            Source::List(members.iter().map(source).collect::<PyResult<_>>()?)
        }
        ("dict", 2) => {
            let members = input.get_item(1)?;
            let member = |(key, member): (Bound<'_, PyAny>, Bound<'_, PyAny>)| {
                Ok((key.unbind(), source(member.cast::<PyTuple>()?)?))
            };
            Source::Dict(members.cast::<PyDict>()?.iter().map(member).collect::<PyResult<_>>()?)
        }
        (kind, _) => return Err(PyTypeError::new_err(format!("no such input: {kind}"))),
    })
}

/// The edges that an argument makes. A node read twice gives one edge, of the strictest kind.
fn collect_reads(source: &Source, member: bool, reads: &mut Vec<(Name, EdgeKind)>) {
    let (name, kind) = match source {
        Source::Node(name) if member => (name, EdgeKind::Member),
        Source::Node(name) => (name, EdgeKind::Required),
        Source::Optional(name, _) => (name, EdgeKind::Optional),
        Source::List(members) => return members.iter().for_each(|source| collect_reads(source, true, reads)),
        Source::Dict(members) => {
            return members.iter().for_each(|(_, source)| collect_reads(source, true, reads));
        }
        Source::Run | Source::Local(_) | Source::Constant(_) | Source::Context => return,
    };
    match reads.iter_mut().find(|(read, _)| **read == **name) {
        Some((_, earlier)) if kind == EdgeKind::Required => *earlier = kind,
        Some(_) => {}
        None => reads.push((name.as_str().into(), kind)),
    }
}

fn resolve(py: Python<'_>, source: &Source, names: &Names<'_>) -> Input {
    let node = |name: &String| names.find(name);
    match source {
        Source::Run => Input::Run,
        Source::Local(local) => Input::Local(*local),
        Source::Node(name) => Input::Node(node(name)),
        Source::Optional(name, default) => Input::Optional(node(name), default.clone_ref(py)),
        Source::Constant(object) => Input::Constant(object.clone_ref(py)),
        Source::Context => Input::Context,
        Source::List(members) => {
            Input::List(members.iter().map(|member| resolve(py, member, names)).collect())
        }
        Source::Dict(members) => Input::Dict(
            members.iter().map(|(key, member)| (key.clone_ref(py), resolve(py, member, names))).collect(),
        ),
    }
}
