//! The parts of a graph, the workflow itself and its bodies, and what one knows of the others.

use std::collections::HashMap;

use super::{Graph, Name, Node};
use crate::node::{BodyKind, Local};
use crate::plan::{EdgeKind, NodeIndex, ROOT, RegionIndex, Returns, Source, Work};

/// A part of a graph, which becomes a region of the plan.
pub(super) struct Part<'g> {
    pub(super) name: &'g str,
    pub(super) nodes: &'g [Node],
    pub(super) returns: Option<&'g Returns<Name>>,
    pub(super) within: Option<RegionIndex>,
    pub(super) shares_input: bool,
    /// The index of its first node in the plan.
    pub(super) start: NodeIndex,
    /// Its nodes by name, the first of a name.
    pub(super) index: HashMap<&'g str, NodeIndex>,
    /// What stands before the names of its nodes in faults: the way to the first node that it is a body of.
    pub(super) prefix: String,
    /// The nodes that run it.
    callers: Vec<&'g Node>,
    /// What its nodes, and the bodies in it, read of the parts around, by index in the plan.
    captures: Vec<(NodeIndex, EdgeKind)>,
}

/// All parts, the workflow itself first.
pub(super) struct Scope<'g> {
    pub(super) parts: Vec<Part<'g>>,
}

impl<'g> Scope<'g> {
    pub(super) fn new(graph: &'g Graph) -> Self {
        let mut parts = vec![Part::new(&graph.name, &graph.nodes, graph.returns.as_ref(), 0)];
        let mut start = graph.nodes.len() as NodeIndex;
        for body in &graph.bodies {
            // Only what comes before can be around, so that going outward comes to an end.
            let within = body.within.filter(|within| (*within as usize) < parts.len());
            let part = Part::new(&body.name, &body.nodes, body.returns.as_ref(), start);
            parts.push(Part { within, shares_input: body.shares_input && within.is_some(), ..part });
            start += body.nodes.len() as NodeIndex;
        }
        let mut scope = Self { parts };
        scope.find_callers();
        scope.find_captures();
        scope
    }

    /// How many nodes there are in all.
    pub(super) fn nodes(&self) -> usize {
        self.parts.iter().map(|part| part.nodes.len()).sum()
    }

    /// Follows bodies from the workflow on; the first node found that has a body gives it its prefix.
    fn find_callers(&mut self) {
        let mut open = vec![ROOT as usize];
        let mut next = 0;
        while let Some(at) = open.get(next).copied() {
            next += 1;
            let (nodes, prefix) = (self.parts[at].nodes, self.parts[at].prefix.clone());
            for node in nodes {
                let Work::Body(body) = &node.work else { continue };
                let Some(part) = self.parts.get_mut(body.region as usize) else { continue };
                part.callers.push(node);
                if body.region != ROOT && part.callers.len() == 1 {
                    part.prefix = format!("{prefix}{}/", node.name);
                    open.push(body.region as usize);
                }
            }
        }
    }

    fn find_captures(&mut self) {
        for at in 0..self.parts.len() {
            for (name, kind) in self.parts[at].nodes.iter().flat_map(|node| &node.reads) {
                if !self.parts[at].index.contains_key(&**name)
                    && let Some(Source::Outer(node)) = self.outside(at as RegionIndex, name)
                {
                    self.parts[at].capture(node, *kind);
                }
            }
        }
        // What a body reads beyond the part that it stands in, that part reads too.
        loop {
            let mut found = false;
            for at in 0..self.parts.len() {
                for node in self.parts[at].nodes {
                    let Work::Body(body) = &node.work else { continue };
                    let Some(inner) = self.parts.get(body.region as usize) else { continue };
                    for (read, kind) in inner.captures.clone() {
                        found |= !self.parts[at].has(read) && self.parts[at].capture(read, kind);
                    }
                }
            }
            if !found {
                return;
            }
        }
    }

    /// The part and those around it, from the inside out.
    fn outward(&self, at: RegionIndex) -> impl Iterator<Item = RegionIndex> {
        std::iter::successors(Some(at), |at| self.parts.get(*at as usize)?.within)
    }

    /// What a name means that is not of a node of this part.
    pub(super) fn outside(&self, at: RegionIndex, name: &str) -> Option<Source> {
        let around = self.outward(at).skip(1).filter_map(|around| self.parts.get(around as usize));
        let mut nodes = around.filter_map(|part| part.index.get(name).map(|node| part.start + node));
        if let Some(node) = nodes.next() {
            return Some(Source::Outer(node));
        }
        let local = Local::OF_BODIES.into_iter().find(|local| local.name() == name)?;
        self.has_local(at, local).then_some(Source::Local(local))
    }

    /// Whether a name has a value in this part: it has if every node that runs the part gives it one.
    fn has_local(&self, at: RegionIndex, local: Local) -> bool {
        let gives = |node: &&Node| match &node.work {
            Work::Body(body) => match body.kind {
                BodyKind::Map(_) => matches!(local, Local::Item | Local::Index),
                BodyKind::Loop(_) => matches!(local, Local::State | Local::Turn),
                BodyKind::Subworkflow => false,
            },
            Work::Host(_) | Work::Native(_) => false,
        };
        self.outward(at)
            .filter(|at| *at != ROOT)
            .filter_map(|at| self.parts.get(at as usize))
            .any(|part| !part.callers.is_empty() && part.callers.iter().all(gives))
    }

    /// What the nodes of a body read of `part`, by index in it. A member that may be missing may be missing here.
    pub(super) fn captures_of(&self, body: RegionIndex, part: &Part<'_>) -> Vec<(NodeIndex, EdgeKind)> {
        let Some(inner) = self.parts.get(body as usize) else { return Vec::new() };
        let captures = inner.captures.iter().filter(|(node, _)| part.has(*node));
        captures.map(|(node, kind)| (node - part.start, *kind)).collect()
    }

    /// Whether a node of a part can run a body: what the body reads must be around the node.
    pub(super) fn may_run(&self, at: RegionIndex, body: RegionIndex) -> bool {
        let Some(inner) = self.parts.get(body as usize) else { return false };
        inner.within.is_none_or(|within| self.outward(at).any(|around| around == within))
    }
}

impl<'g> Part<'g> {
    fn new(name: &'g str, nodes: &'g [Node], returns: Option<&'g Returns<Name>>, start: NodeIndex) -> Self {
        let mut index = HashMap::with_capacity(nodes.len());
        for (position, node) in nodes.iter().enumerate() {
            index.entry(&*node.name).or_insert(position as NodeIndex);
        }
        let (prefix, callers, captures) = (String::new(), Vec::new(), Vec::new());
        let (within, shares_input) = (None, false);
        Self { name, nodes, returns, within, shares_input, start, index, prefix, callers, captures }
    }

    /// Whether a node of the plan is one of this part.
    fn has(&self, node: NodeIndex) -> bool {
        node >= self.start && ((node - self.start) as usize) < self.nodes.len()
    }

    /// Notes that the part reads a node outside; true if that is new.
    fn capture(&mut self, node: NodeIndex, kind: EdgeKind) -> bool {
        let kind = if kind == EdgeKind::Required { kind } else { EdgeKind::Optional };
        match self.captures.iter_mut().find(|(known, _)| *known == node) {
            Some((_, known)) if *known != kind && kind == EdgeKind::Required => *known = kind,
            Some(_) => return false,
            None => self.captures.push((node, kind)),
        }
        true
    }
}
