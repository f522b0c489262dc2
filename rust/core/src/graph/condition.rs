//! Under which choices of the routes a node runs, as far as the graph alone shows it.
//!
//! A condition is a list of alternatives; an alternative says for each route on the way which of
//! its cases must have been chosen. An empty list means never. Past [`ALTERNATIVES_MAX`] a
//! condition is widened to `Unknown`, which claims nothing.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::plan::NodeIndex;

/// How many alternatives are told apart.
const ALTERNATIVES_MAX: usize = 64;

/// Case numbers of one route, sorted.
type Choices = Rc<[u32]>;

/// For each route that matters, the cases one of which must have been chosen.
type Alternative = BTreeMap<NodeIndex, Choices>;

/// When a node runs.
#[derive(Clone, Debug)]
pub(super) enum Condition {
    /// In one of these alternatives.
    Any(Rc<[Alternative]>),
    /// Nothing is known.
    Unknown,
}

impl Condition {
    /// In every run.
    pub(super) fn always() -> Self {
        Self::Any(Rc::new([Alternative::new()]))
    }

    /// When `route` chose one of `cases`; a route that may choose several at once rules none out.
    pub(super) fn chosen(route: NodeIndex, cases: Vec<u32>) -> Self {
        Self::Any(Rc::new([Alternative::from([(route, cases.into())])]))
    }

    pub(super) fn is_always(&self) -> bool {
        matches!(self, Self::Any(alternatives) if alternatives.iter().any(BTreeMap::is_empty))
    }

    pub(super) fn is_never(&self) -> bool {
        matches!(self, Self::Any(alternatives) if alternatives.is_empty())
    }

    /// When both hold.
    pub(super) fn and(&self, other: &Self) -> Self {
        let (Self::Any(left), Self::Any(right)) = (self, other) else {
            // A contradiction stays one whatever the unknown part says.
            return if self.is_never() || other.is_never() { Self::Any(Rc::new([])) } else { Self::Unknown };
        };
        if self.is_always() && left.len() == 1 {
            return other.clone();
        }
        if (other.is_always() && right.len() == 1) || Rc::ptr_eq(left, right) {
            return self.clone();
        }
        if left.len() * right.len() > ALTERNATIVES_MAX {
            return Self::Unknown;
        }
        let both = left.iter().flat_map(|a| right.iter().filter_map(|b| merge(a, b)));
        Self::Any(both.collect())
    }

    /// When at least one holds.
    pub(super) fn or(&self, other: &Self) -> Self {
        if self.is_always() {
            return self.clone();
        }
        if other.is_always() {
            return other.clone();
        }
        let (Self::Any(left), Self::Any(right)) = (self, other) else {
            return Self::Unknown;
        };
        if left.len() + right.len() > ALTERNATIVES_MAX {
            return Self::Unknown;
        }
        Self::Any(left.iter().chain(right.iter()).cloned().collect())
    }
}

/// Both alternatives at once, or `None` if they contradict each other.
fn merge(a: &Alternative, b: &Alternative) -> Option<Alternative> {
    let mut merged = a.clone();
    for (route, cases) in b {
        let shared = match merged.get(route) {
            None => cases.clone(),
            Some(earlier) => earlier.iter().copied().filter(|case| cases.contains(case)).collect(),
        };
        if shared.is_empty() {
            return None;
        }
        merged.insert(*route, shared);
    }
    Some(merged)
}

/// How many branches [`is_certain`] follows before it gives up and claims nothing.
const BRANCHES_MAX: u32 = 4_096;

/// Whether every combination of choices makes one of the alternatives true, when `case_count` says
/// how many cases each route has. True also when that is too much work to find out.
pub(super) fn is_certain(condition: &Condition, case_count: &dyn Fn(NodeIndex) -> u32) -> bool {
    let Condition::Any(alternatives) = condition else { return true };
    let mut budget = BRANCHES_MAX;
    covers(&alternatives.iter().collect::<Vec<_>>(), &mut Vec::new(), case_count, &mut budget)
}

/// Whether the alternatives cover everything that is open once `decided` holds.
fn covers(
    alternatives: &[&Alternative],
    decided: &mut Vec<(NodeIndex, u32)>,
    case_count: &dyn Fn(NodeIndex) -> u32,
    budget: &mut u32,
) -> bool {
    if *budget == 0 {
        return true;
    }
    *budget -= 1;
    let is_decided = |route: &NodeIndex| decided.iter().any(|(known, _)| known == route);
    let Some(first) = alternatives.first() else { return false };
    let mut open: Option<NodeIndex> = first.keys().find(|route| !is_decided(route)).copied();
    for alternative in alternatives {
        match alternative.keys().find(|route| !is_decided(route)) {
            None => return true,
            Some(route) => open = open.or(Some(*route)),
        }
    }
    let Some(route) = open else { return true };
    (0..case_count(route)).all(|case| {
        let left: Vec<&Alternative> = alternatives
            .iter()
            .filter(|alternative| alternative.get(&route).is_none_or(|cases| cases.contains(&case)))
            .copied()
            .collect();
        decided.push((route, case));
        let covered = covers(&left, decided, case_count, budget);
        decided.pop();
        covered
    })
}
