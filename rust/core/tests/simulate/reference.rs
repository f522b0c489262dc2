//! What must become of each node, worked out without a machine: from the nodes it depends on.

use engine_core::plan::EdgeKind;
use engine_core::value::{Object, Value};

use super::spec::{NodeSpec, Spec, WorkSpec, case_value};

/// What becomes of a node.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Settled {
    /// Not asked for.
    Excluded,
    /// Its output came with the start.
    Given(Value),
    Skipped,
    Succeeds(Value),
    Fails,
    /// Waits for ever for a node that fails.
    Blocked,
}

impl Settled {
    pub(crate) fn output(&self) -> Option<&Value> {
        match self {
            Self::Given(value) | Self::Succeeds(value) => Some(value),
            _ => None,
        }
    }
}

/// What becomes of each node, by place.
pub(crate) fn settle(spec: &Spec) -> Vec<Settled> {
    let mut settled: Vec<Settled> = Vec::with_capacity(spec.nodes.len());
    for place in 0..spec.nodes.len() {
        let next = if !is_needed(spec, place) {
            Settled::Excluded
        } else if spec.given.contains(&place) {
            chosen(spec, place, spec.given_value(place), Settled::Given)
        } else {
            settle_node(spec, place, &settled)
        };
        settled.push(next);
    }
    settled
}

/// Whether `only` asks for a node, or for one that needs it.
fn is_needed(spec: &Spec, place: usize) -> bool {
    let Some(only) = &spec.only else { return true };
    only.contains(&place)
        || (place + 1..spec.nodes.len()).any(|later| {
            let node = &spec.nodes[later];
            let depends = node.reads.iter().any(|(read, _)| *read == place)
                || node.after.contains(&place)
                || names(&spec.nodes[place], later);
            depends && !spec.given.contains(&later) && is_needed(spec, later)
        })
}

/// Whether a case of `route` names the node at `place`.
fn names(route: &NodeSpec, place: usize) -> bool {
    route
        .route
        .as_ref()
        .is_some_and(|route| route.cases.iter().chain(&route.default).any(|targets| targets.contains(&place)))
}

fn settle_node(spec: &Spec, place: usize, settled: &[Settled]) -> Settled {
    let node = &spec.nodes[place];
    let required = node.reads.iter().filter(|(_, kind)| *kind == EdgeKind::Required).map(|(read, _)| read);
    if required.chain(&node.after).any(|source| settled[*source] == Settled::Skipped) {
        return Settled::Skipped;
    }
    let is_open = |source: usize| matches!(settled[source], Settled::Fails | Settled::Blocked);
    let routes: Vec<usize> = (0..place).filter(|route| names(&spec.nodes[*route], place)).collect();
    let is_chosen = routes.is_empty()
        || routes.iter().any(|route| {
            settled[*route].output().is_some_and(|value| {
                selected(&spec.nodes[*route], value).is_some_and(|targets| targets.contains(&place))
            })
        });
    if !is_chosen {
        return if routes.iter().any(|route| is_open(*route)) { Settled::Blocked } else { Settled::Skipped };
    }
    let mut sources = node.reads.iter().map(|(read, _)| *read).chain(node.after.iter().copied());
    if sources.any(is_open) {
        return Settled::Blocked;
    }
    let inputs: Vec<Option<&Value>> = node.reads.iter().map(|(read, _)| settled[*read].output()).collect();
    match output(spec, place, &inputs) {
        Some(value) => chosen(spec, place, value, Settled::Succeeds),
        None => Settled::Fails,
    }
}

/// What a node gives; none if it fails.
fn output(spec: &Spec, place: usize, inputs: &[Option<&Value>]) -> Option<Value> {
    let node = &spec.nodes[place];
    match node.work {
        WorkSpec::Host(_) => node.last_attempt().1.is_none().then(|| node.body(place, inputs)),
        WorkSpec::Constant => Some(spec.given_value(place)),
        WorkSpec::Join => {
            let entries =
                node.reads.iter().zip(inputs).filter_map(|((read, _), input)| {
                    Some((Spec::name(*read).into(), Value::clone((*input)?)))
                });
            Some(Value::Object(Object::try_new(entries.collect()).expect("reads differ").into()))
        }
        WorkSpec::Pick if inputs.is_empty() => Some("input".into()),
        WorkSpec::Pick => inputs[0].cloned(),
        WorkSpec::BadPick => None,
    }
}

/// A node that has its output fails all the same if that is a value without a case.
fn chosen(spec: &Spec, place: usize, value: Value, settled: fn(Value) -> Settled) -> Settled {
    if spec.nodes[place].route.is_some() && selected(&spec.nodes[place], &value).is_none() {
        Settled::Fails
    } else {
        settled(value)
    }
}

/// The nodes that a route's output chooses; none if a value has no case.
fn selected(route: &NodeSpec, value: &Value) -> Option<Vec<usize>> {
    let route = route.route.as_ref()?;
    let single = std::slice::from_ref(value);
    let values = if let Value::List(items) = value { items } else { single };
    let mut targets = Vec::new();
    for value in values {
        let case = (0..route.cases.len()).find(|number| case_value(*number) == *value);
        targets.extend(case.map(|number| &route.cases[number]).or(route.default.as_ref())?);
    }
    Some(targets)
}
