//! Under which choices of the routes a node runs, as far as the graph alone shows it.
//!
//! A condition is a list of alternatives; an alternative gives answers to questions about what the
//! routes on the way chose. An empty list means never. Past [`ALTERNATIVES_MAX`] a condition is
//! widened to `Unknown`, which claims nothing.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::plan::NodeIndex;

/// How many alternatives are told apart.
const ALTERNATIVES_MAX: usize = 64;

/// What a route is asked. The answers to different questions are independent of each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Question {
    /// Which case did it choose? The answer is the case's number.
    Which(NodeIndex),
    /// Of a route that may choose several: did it choose this case? The answer is [`NO`] or [`YES`].
    Whether(NodeIndex, u32),
}

/// The answer that a case was not chosen.
pub(super) const NO: u32 = 0;

/// The answer that a case was chosen.
pub(super) const YES: u32 = 1;

/// For each question that matters, the answers one of which must be true, sorted.
type Alternative = BTreeMap<Question, Rc<[u32]>>;

/// When a node runs.
#[derive(Clone, Debug)]
pub(super) enum Condition {
    /// In one of these alternatives, of which none is a case of another.
    Any(Rc<[Alternative]>),
    /// Nothing is known.
    Unknown,
}

impl Condition {
    /// In every run.
    pub(super) fn always() -> Self {
        Self::Any(Rc::new([Alternative::new()]))
    }

    /// When `route`, which chooses one case, chose one of `cases`.
    pub(super) fn chosen(route: NodeIndex, cases: &[u32]) -> Self {
        Self::Any(Rc::new([Alternative::from([(Question::Which(route), cases.into())])]))
    }

    /// When `route`, which may choose several cases, chose one of `cases` or more.
    pub(super) fn chosen_among(route: NodeIndex, cases: &[u32]) -> Self {
        if cases.len() > ALTERNATIVES_MAX {
            return Self::Unknown;
        }
        let yes: Rc<[u32]> = Rc::new([YES]);
        let one = |case: &u32| Alternative::from([(Question::Whether(route, *case), yes.clone())]);
        Self::Any(cases.iter().map(one).collect())
    }

    pub(super) fn is_always(&self) -> bool {
        // Everything is a case of it, so it stands alone.
        matches!(self, Self::Any(alternatives) if alternatives.first().is_some_and(BTreeMap::is_empty))
    }

    pub(super) fn is_never(&self) -> bool {
        matches!(self, Self::Any(alternatives) if alternatives.is_empty())
    }

    /// Whether there is certainly a run in which both hold.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        matches!(self.and(other), Self::Any(alternatives) if !alternatives.is_empty())
    }

    /// When both hold.
    pub(super) fn and(&self, other: &Self) -> Self {
        let (Self::Any(left), Self::Any(right)) = (self, other) else {
            // A contradiction stays one whatever the unknown part says.
            return if self.is_never() || other.is_never() { Self::Any(Rc::new([])) } else { Self::Unknown };
        };
        if self.is_always() {
            return other.clone();
        }
        if other.is_always() || Rc::ptr_eq(left, right) {
            return self.clone();
        }
        if left.len() * right.len() > ALTERNATIVES_MAX {
            return Self::Unknown;
        }
        Self::any(left.iter().flat_map(|a| right.iter().filter_map(|b| merge(a, b))))
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
        Self::any(left.iter().chain(right.iter()).cloned())
    }

    /// When at least one of these alternatives holds.
    fn any(alternatives: impl Iterator<Item = Alternative>) -> Self {
        let mut kept: Vec<Alternative> = Vec::new();
        for alternative in alternatives {
            if !kept.iter().any(|wider| implies(&alternative, wider)) {
                kept.retain(|narrower| !implies(narrower, &alternative));
                kept.push(alternative);
            }
        }
        Self::Any(kept.into())
    }
}

/// Whether `wider` holds whenever `alternative` does.
fn implies(alternative: &Alternative, wider: &Alternative) -> bool {
    wider.iter().all(|(question, answers)| {
        let given = alternative.get(question);
        given.is_some_and(|given| given.iter().all(|answer| answers.contains(answer)))
    })
}

/// Both alternatives at once, or `None` if they contradict each other.
fn merge(a: &Alternative, b: &Alternative) -> Option<Alternative> {
    let mut merged = a.clone();
    for (question, answers) in b {
        let shared = match merged.get(question) {
            None => answers.clone(),
            Some(earlier) => earlier.iter().copied().filter(|answer| answers.contains(answer)).collect(),
        };
        if shared.is_empty() {
            return None;
        }
        merged.insert(*question, shared);
    }
    Some(merged)
}

/// How many branches [`is_certain`] follows before it gives up and claims nothing.
const BRANCHES_MAX: u32 = 4_096;

/// Whether every combination of answers makes one of the alternatives true, when `answers` gives
/// all that are possible. True also when that is too much work to find out.
pub(super) fn is_certain(condition: &Condition, answers: &dyn Fn(Question) -> Vec<u32>) -> bool {
    let Condition::Any(alternatives) = condition else { return true };
    let mut budget = BRANCHES_MAX;
    covers(&alternatives.iter().collect::<Vec<_>>(), &mut Vec::new(), answers, &mut budget)
}

/// Whether the alternatives, which agree with what is `decided`, cover everything that is open.
fn covers(
    alternatives: &[&Alternative],
    decided: &mut Vec<Question>,
    answers: &dyn Fn(Question) -> Vec<u32>,
    budget: &mut u32,
) -> bool {
    if *budget == 0 {
        return true;
    }
    *budget -= 1;
    let mut open = None;
    for alternative in alternatives {
        match alternative.keys().find(|question| !decided.contains(question)) {
            None => return true,
            Some(question) => open = open.or(Some(*question)),
        }
    }
    let Some(question) = open else { return false };
    decided.push(question);
    let covered = answers(question).into_iter().all(|answer| {
        let left: Vec<&Alternative> = alternatives
            .iter()
            .filter(|alternative| alternative.get(&question).is_none_or(|given| given.contains(&answer)))
            .copied()
            .collect();
        covers(&left, decided, answers, budget)
    });
    decided.pop();
    covered
}
