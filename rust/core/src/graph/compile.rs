//! Names become indexes, and edges are turned round, from "waits for" to "is waited for by".

use super::Name;
use super::check::{Checked, Incoming};
use super::scope::{Part, Scope};
use crate::node::{Body, BodyKind, Cases, Local, OnError, Origin};
use crate::plan::{
    Edge, EdgeKind, Effect, NodeIndex, Plan, PlanNode, ROOT, Region, RegionIndex, Returns, Source, Work,
};

/// Compiles the parts of a graph, which have no errors.
pub(super) fn compile(scope: &Scope<'_>, checked: Vec<Checked>) -> Plan {
    let mut nodes = Vec::with_capacity(scope.nodes());
    let mut regions = Vec::with_capacity(checked.len());
    for (part, checked) in scope.parts.iter().zip(checked) {
        regions.push(region(part, &checked));
        compile_nodes(part, checked.incoming, &mut nodes);
    }
    let has_timeouts = nodes.iter().any(|node: &PlanNode| node.timeout.is_some());
    let mut plan = Plan {
        nodes: nodes.into(),
        regions: regions.into(),
        has_timeouts,
        wants_input_parts: false,
        may_stop: false,
    };
    mark_native(&mut plan);
    mark_sole(&mut plan);
    mark_forms(&mut plan);
    plan.may_stop = plan.nodes.iter().any(|node| may_stop(&plan, node));
    plan
}

fn region(part: &Part<'_>, checked: &Checked) -> Region {
    let of_plan = |node: &NodeIndex| part.start + node;
    let is_source =
        |node: &Incoming| node.reads.is_empty() && node.after.is_empty() && node.routes.is_empty();
    let sources = (part.start..).zip(&checked.incoming).filter(|(_, node)| is_source(node));
    Region {
        name: part.name.into(),
        nodes: part.start..part.start + part.nodes.len() as NodeIndex,
        returns: match &checked.returns {
            Returns::Nothing => Returns::Nothing,
            Returns::One(node) => Returns::One(of_plan(node)),
            Returns::Either(nodes) => Returns::Either(nodes.iter().map(of_plan).collect()),
            Returns::Object(entries) => {
                Returns::Object(entries.iter().map(|(key, node)| (key.clone(), of_plan(node))).collect())
            }
        },
        within: part.within,
        shares_input: part.shares_input,
        wants_json_input: false,
        is_native: true,
        sole: None,
        sources: sources.map(|(node, _)| node).collect(),
    }
}

fn compile_nodes(part: &Part<'_>, incoming: Vec<Incoming>, nodes: &mut Vec<PlanNode>) {
    let start = part.start;
    let mut edges: Vec<Vec<Edge>> = vec![Vec::new(); incoming.len()];
    for (target, node) in (start..).zip(&incoming) {
        let mut edge = |source: NodeIndex, kind| edges[source as usize].push(Edge { target, kind });
        node.reads.iter().for_each(|(source, kind)| edge(*source, *kind));
        node.after.iter().for_each(|source| edge(*source, EdgeKind::After));
        node.routes.iter().for_each(|route| edge(*route, EdgeKind::Case));
    }
    let of_plan = |nodes: Vec<NodeIndex>| nodes.into_iter().map(|node| start + node).collect();
    nodes.extend(part.nodes.iter().zip(incoming).zip(edges).map(|((node, incoming), edges)| {
        let members = incoming.reads.iter().filter(|(_, kind)| *kind == EdgeKind::First).count();
        let waits = incoming.reads.len() + incoming.after.len() - members + usize::from(members > 0);
        PlanNode {
            name: node.name.clone(),
            work: node.work.clone(),
            sources: incoming.sources.into(),
            reads: incoming.reads.into_iter().map(|(read, kind)| (start + read, kind)).collect(),
            after: of_plan(incoming.after),
            routes: of_plan(incoming.routes),
            cases: node.cases.as_ref().map(|cases| index_cases(cases, part)),
            retry: node.retry.clone(),
            timeout: node.timeout,
            first: node.first,
            effect: node.effect.as_ref().map(|effect| index_effect(effect, part)),
            wants_json: node.cases.is_some(),
            wants_parts: false,
            waits: waits as u16,
            members: members as u16,
            acts: node.cases.is_some() || node.effect.is_some(),
            edges: edges.into(),
        }
    }));
}

fn indexes(names: &[Name], part: &Part<'_>) -> Vec<NodeIndex> {
    names.iter().filter_map(|name| part.index.get(&**name)).map(|node| part.start + node).collect()
}

fn index_cases(cases: &Cases<Name>, part: &Part<'_>) -> Cases {
    Cases {
        cases: cases.cases.iter().map(|(value, names)| (value.clone(), indexes(names, part))).collect(),
        default: cases.default.as_deref().map(|names| indexes(names, part)),
    }
}

fn index_effect(effect: &Effect<Name>, part: &Part<'_>) -> Effect {
    match effect {
        Effect::End => Effect::End,
        Effect::Cancel(names) => Effect::Cancel(indexes(names, part).into()),
    }
}

/// Finds the regions in which, and in whose bodies, no host node runs.
fn mark_native(plan: &mut Plan) {
    loop {
        let is_native = |region: &Region| {
            region.is_native
                && region.nodes.clone().all(|node| match &plan.node(node).work {
                    Work::Host(_) => false,
                    Work::Native(_) => true,
                    Work::Body(body) => plan.region(body.region).is_native,
                })
        };
        let marks: Vec<bool> = plan.regions.iter().map(is_native).collect();
        let mut changed = false;
        for (region, is_native) in plan.regions.iter_mut().zip(marks) {
            changed |= std::mem::replace(&mut region.is_native, is_native) != is_native;
        }
        if !changed {
            return;
        }
    }
}

/// Finds the regions that are one native node.
fn mark_sole(plan: &mut Plan) {
    for region in &mut plan.regions {
        region.sole = match region.returns {
            Returns::One(node) if region.nodes.len() == 1 => Some(node),
            _ => None,
        };
        region.sole = region.sole.filter(|node| {
            let node = &plan.nodes[*node as usize];
            matches!(node.work, Work::Native(_)) && !node.acts
        });
    }
}

/// Whether calls beside a node, or of its body, may be stopped because of what it does.
fn may_stop(plan: &Plan, node: &PlanNode) -> bool {
    let Work::Body(body) = &node.work else {
        return node.effect.is_some() || node.first.is_some_and(|first| first.cancels_rest);
    };
    let (has_until, goes_on) = match &body.kind {
        BodyKind::Map(map) => (map.until.is_some(), map.on_error != OnError::Raise),
        BodyKind::Loop(_) | BodyKind::Subworkflow => (false, false),
    };
    // Where one call is all that there is of an item, nothing else is under way when it fails.
    has_until
        || node.timeout.is_some()
        || ((goes_on || node.retry.is_some()) && plan.region(body.region).nodes.len() > 1)
}

/// Finds which outputs and inputs are needed as JSON, and which lists in parts.
fn mark_forms(plan: &mut Plan) {
    let mut forms = Forms {
        json: plan.nodes.iter().map(|node| node.wants_json).collect(),
        parts: vec![false; plan.nodes.len()],
        inputs: vec![false; plan.regions.len()],
        values: vec![false; plan.regions.len()],
        input_parts: false,
        changed: true,
    };
    let nodes = || {
        let regions = plan.regions.iter().enumerate();
        regions.flat_map(|(at, region)| region.nodes.clone().map(move |node| (at as RegionIndex, node)))
    };
    while std::mem::take(&mut forms.changed) {
        nodes().for_each(|(at, node)| forms.mark_read(plan, at, node));
    }
    nodes().for_each(|(at, node)| forms.mark_parts(plan, at, node));
    for ((node, json), parts) in plan.nodes.iter_mut().zip(forms.json).zip(forms.parts) {
        (node.wants_json, node.wants_parts) = (json, parts);
    }
    for (region, json) in plan.regions.iter_mut().zip(forms.inputs) {
        region.wants_json_input = json;
    }
    plan.wants_input_parts = forms.input_parts;
}

/// Whether the input of a region is what the run is given, and nothing else: what a run of its own body is
/// given is not taken apart.
fn is_of_run(plan: &Plan, at: RegionIndex) -> bool {
    plan.region_of_input(at) == ROOT && !has_recursion(plan)
}

/// Whether the workflow is a body of its own nodes.
fn has_recursion(plan: &Plan) -> bool {
    plan.nodes.iter().any(|node| matches!(&node.work, Work::Body(body) if body.region == ROOT))
}

struct Forms {
    /// By node.
    json: Vec<bool>,
    parts: Vec<bool>,
    /// By region.
    inputs: Vec<bool>,
    /// The items or states that an execution begins with, by region.
    values: Vec<bool>,
    input_parts: bool,
    changed: bool,
}

impl Forms {
    fn mark(&mut self, plan: &Plan, at: RegionIndex, source: Source) {
        match source {
            Source::Node(node) | Source::Outer(node) => self.mark_output(node),
            Source::Local(Local::Item | Local::State) => {
                // It is the value of this region or of one around it.
                let outward = std::iter::successors(Some(at), |at| plan.region(*at).within);
                outward
                    .for_each(|at| self.changed |= !std::mem::replace(&mut self.values[at as usize], true));
            }
            Source::Local(_) => {}
        }
    }

    fn mark_output(&mut self, node: NodeIndex) {
        self.changed |= !std::mem::replace(&mut self.json[node as usize], true);
    }

    fn mark_input(&mut self, plan: &Plan, at: RegionIndex) {
        let region = plan.region_of_input(at) as usize;
        self.changed |= !std::mem::replace(&mut self.inputs[region], true);
    }

    /// Marks what a node reads as JSON.
    fn mark_read(&mut self, plan: &Plan, at: RegionIndex, node: NodeIndex) {
        let planned = plan.node(node);
        match &planned.work {
            Work::Host(_) => {}
            Work::Native(native) => {
                planned.sources.iter().for_each(|source| self.mark(plan, at, *source));
                if native.reads_input() {
                    self.mark_input(plan, at);
                }
            }
            Work::Body(body) => self.mark_body(plan, at, node, body),
        }
    }

    fn mark_body(&mut self, plan: &Plan, at: RegionIndex, node: NodeIndex, body: &Body) {
        let sources = &plan.node(node).sources;
        for (position, source) in sources.iter().enumerate() {
            if body.evaluates(position) {
                self.mark(plan, at, *source);
            }
        }
        let is_map = matches!(body.kind, BodyKind::Map(_));
        let wants_json = self.wants_value(body);
        match &body.origin {
            Origin::Input => {
                if wants_json || (is_map && !is_of_run(plan, at)) {
                    self.mark_input(plan, at);
                }
            }
            Origin::Read(position) => {
                // An item that is a list itself is taken apart as JSON.
                let is_wanted =
                    |source: &&Source| wants_json || (is_map && matches!(source, Source::Local(_)));
                if let Some(source) = sources.get(*position).filter(is_wanted) {
                    self.mark(plan, at, *source);
                }
            }
            Origin::Made(_) => {}
        }
        if body.evaluates_input() {
            self.mark_input(plan, at);
        }
        if self.json[node as usize] || body.looks_at_results() {
            let inner = plan.region(body.region);
            let ends = inner.nodes.clone().filter(|node| plan.node(*node).effect == Some(Effect::End));
            inner.returns.nodes().copied().chain(ends).for_each(|node| self.mark_output(node));
        }
    }
    /// Whether what a body begins with, or its items, are read as JSON.
    fn wants_value(&self, body: &Body) -> bool {
        let inner = body.region as usize;
        body.shape.is_some() || self.inputs[inner] || self.values[inner]
    }

    /// Marks the list of a map. Where only native nodes read its items they are found in its JSON.
    fn mark_parts(&mut self, plan: &Plan, at: RegionIndex, node: NodeIndex) {
        let Some(body) = plan.body(node).filter(|body| matches!(body.kind, BodyKind::Map(_))) else { return };
        if plan.region(body.region).is_native && self.wants_value(body) {
            return;
        }
        match &body.origin {
            Origin::Input => self.input_parts |= is_of_run(plan, at),
            Origin::Read(position) => {
                if let Some(Source::Node(read) | Source::Outer(read)) = plan.node(node).sources.get(*position)
                {
                    self.parts[*read as usize] = true;
                }
            }
            Origin::Made(_) => {}
        }
    }
}
