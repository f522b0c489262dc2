//! Workflows with a script.

use std::fmt::Write as _;
use std::time::Duration;

use engine_core::graph::{Graph, Node};
use engine_core::node::{Cases, Constant, Join, Native, Pick};
use engine_core::plan::{EdgeKind, Lane, Returns, Work};
use engine_core::policy::{Jitter, Retry};
use engine_core::value::{Step, Value};
use proptest::prelude::*;
use proptest::sample::Index;

/// How long an attempt may take, where a node has a timeout.
const TIMEOUT: Duration = Duration::from_millis(50);

/// A workflow. Nodes are named by their place here, and depend only on earlier ones.
#[derive(Clone, Debug, Default)]
pub(crate) struct Spec {
    pub(crate) nodes: Vec<NodeSpec>,
    /// The places in the order in which they are declared.
    pub(crate) order: Vec<usize>,
    pub(crate) returns: Vec<usize>,
    pub(crate) given: Vec<usize>,
    pub(crate) only: Option<Vec<usize>>,
}

#[derive(Clone, Debug)]
pub(crate) struct NodeSpec {
    pub(crate) work: WorkSpec,
    pub(crate) reads: Vec<(usize, EdgeKind)>,
    pub(crate) after: Vec<usize>,
    pub(crate) route: Option<RouteSpec>,
    /// Attempts that its policy allows.
    pub(crate) attempts: u32,
    pub(crate) delay: Duration,
    /// Whether its policy has an attempt tried again that used up its time.
    pub(crate) retries_timeouts: bool,
    /// What the first attempts do; the one after them succeeds.
    pub(crate) fails: Vec<Fail>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WorkSpec {
    Host(Lane),
    Constant,
    Join,
    /// Gives what its first dependency gave, or the run's input.
    Pick,
    /// Picks what is not there.
    BadPick,
}

/// How a node chooses; its output is then a case value or a list of them.
#[derive(Clone, Debug)]
pub(crate) struct RouteSpec {
    /// The targets of each case.
    pub(crate) cases: Vec<Vec<usize>>,
    pub(crate) default: Option<Vec<usize>>,
    /// The cases it chooses; a number past the last case is a value that has none.
    pub(crate) outcome: Vec<usize>,
    pub(crate) is_list: bool,
}

/// How an attempt fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fail {
    /// With an error that is worth another attempt.
    Retryable,
    /// With an error that is not.
    Final,
    /// By never coming back.
    Hang,
}

/// The value of a case: all different to a route, though some look alike.
pub(crate) fn case_value(number: usize) -> Value {
    match number {
        0 => "1".into(),
        1 => 1.into(),
        2 => true.into(),
        3 => Value::Null,
        other => Value::Float(f64::from(other as u32 - 3)),
    }
}

impl RouteSpec {
    /// The output that chooses.
    pub(crate) fn output(&self) -> Value {
        if self.is_list {
            self.outcome.iter().copied().map(case_value).collect()
        } else {
            case_value(self.outcome.first().copied().unwrap_or_default())
        }
    }
}

impl NodeSpec {
    pub(crate) fn new(work: WorkSpec) -> Self {
        Self {
            work,
            reads: Vec::new(),
            after: Vec::new(),
            route: None,
            attempts: 1,
            delay: Duration::ZERO,
            retries_timeouts: true,
            fails: Vec::new(),
        }
    }

    /// Whether an attempt may only take so long.
    pub(crate) fn timeout(&self) -> Option<Duration> {
        self.fails.contains(&Fail::Hang).then_some(TIMEOUT)
    }

    /// Whether a failure is worth another attempt.
    pub(crate) fn retries(&self, fail: Fail) -> bool {
        match fail {
            Fail::Retryable => true,
            Fail::Final => false,
            Fail::Hang => self.retries_timeouts,
        }
    }

    /// The number of the last attempt, and how it fails if it does.
    pub(crate) fn last_attempt(&self) -> (u32, Option<Fail>) {
        for (number, fail) in (1..).zip(&self.fails) {
            if !self.retries(*fail) || number == self.attempts {
                return (number, Some(*fail));
            }
        }
        (self.fails.len() as u32 + 1, None)
    }

    /// What its function gives: a digest of what it was given.
    pub(crate) fn body(&self, place: usize, inputs: &[Option<&Value>]) -> Value {
        if let Some(route) = &self.route {
            return route.output();
        }
        let mut text = Vec::new();
        for input in inputs {
            match input {
                Some(value) => value.write_json(&mut text).expect("bodies give finite numbers"),
                None => text.push(b'-'),
            }
            text.push(b';');
        }
        // FNV-1a.
        let digest = text.iter().fold(0xcbf2_9ce4_8422_2325_u64 ^ place as u64, |digest, byte| {
            (digest ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Value::Int((digest >> 1).cast_signed())
    }
}

impl Spec {
    /// The name of the node at a place.
    pub(crate) fn name(place: usize) -> String {
        format!("n{place}")
    }

    /// What a node gives if its output comes with the start.
    pub(crate) fn given_value(&self, place: usize) -> Value {
        let route = self.nodes[place].route.as_ref();
        route.map_or(Value::Int(-1 - i64::from(place as u32)), RouteSpec::output)
    }

    /// The workflow as a user declares it.
    pub(crate) fn graph(&self) -> Graph {
        let names = |places: &[usize]| places.iter().map(|place| Self::name(*place).into()).collect();
        let mut graph = Graph::new("simulated");
        graph.nodes = self.order.iter().map(|place| self.node(*place)).collect();
        graph.returns = Some(if self.returns.is_empty() {
            Returns::Nothing
        } else {
            let entry = |place: &usize| (format!("key {place}"), Self::name(*place).into());
            Returns::Object(self.returns.iter().map(entry).collect())
        });
        for (node, place) in graph.nodes.iter_mut().zip(&self.order) {
            let Some(route) = &self.nodes[*place].route else { continue };
            let cases = route.cases.iter().enumerate();
            node.cases = Some(Cases {
                cases: cases.map(|(number, targets)| (case_value(number), names(targets))).collect(),
                default: route.default.as_deref().map(names),
            });
            // Without a default the values must be known; that they are wrong shows in the run.
            node.values = route.default.is_none().then(|| (0..route.cases.len()).map(case_value).collect());
            node.several = true;
        }
        graph
    }

    fn node(&self, place: usize) -> Node {
        let spec = &self.nodes[place];
        let native: Native = match spec.work {
            WorkSpec::Host(lane) => return self.finish(place, Work::Host(lane)),
            WorkSpec::Constant => Constant(self.given_value(place)).into(),
            WorkSpec::Join => Join::new(spec.reads.iter().map(|(read, _)| Self::name(*read).into())).into(),
            WorkSpec::Pick => Pick { from_input: spec.reads.is_empty(), path: Box::default() }.into(),
            WorkSpec::BadPick => {
                let path = [Step::Key("absent".into()), Step::Index(0)];
                Pick { from_input: spec.reads.is_empty(), path: path.into() }.into()
            }
        };
        self.finish(place, Work::Native(native))
    }

    fn finish(&self, place: usize, work: Work) -> Node {
        let spec = &self.nodes[place];
        let mut node = Node::new(Self::name(place), work);
        node.reads = spec.reads.iter().map(|(read, kind)| (Self::name(*read).into(), *kind)).collect();
        node.after = spec.after.iter().map(|earlier| Self::name(*earlier).into()).collect();
        node.timeout = spec.timeout();
        node.retry = (spec.attempts > 1).then(|| Retry {
            attempts: spec.attempts,
            delay: spec.delay,
            factor: 2.0,
            delay_max: Duration::from_secs(60),
            jitter: Jitter::Full,
            timeouts: spec.retries_timeouts,
        });
        node
    }

    /// The workflow in few words, for the message of a failed test.
    pub(crate) fn summary(&self) -> String {
        let mut text = String::new();
        for (place, node) in self.nodes.iter().enumerate() {
            // Writing to a `String` cannot fail.
            let _ = writeln!(text, "n{place}: {node:?}");
        }
        text
    }
}

/// What a node is made of before its neighbours are known.
#[derive(Clone, Debug)]
struct Draft {
    work: WorkSpec,
    reads: Vec<(Index, EdgeKind)>,
    after: Vec<Index>,
    /// Cases of earlier routes that name this node.
    chosen_by: Vec<(Index, Index)>,
    /// Number of cases, whether there is a default, what is chosen, whether as a list.
    route: Option<(usize, bool, Vec<usize>, bool)>,
    attempts: u32,
    /// Milliseconds, and whether timeouts are tried again.
    delay: (u64, bool),
    fails: Vec<Fail>,
    declared: u32,
    is_given: bool,
}

/// Workflows of 1 to `nodes_max` nodes.
pub(crate) fn specs(nodes_max: usize) -> impl Strategy<Value = Spec> {
    let drafts = prop::collection::vec(drafts(), 1..=nodes_max);
    let returns = prop::collection::vec(any::<Index>(), 0..3);
    let only = prop::option::weighted(0.2, prop::collection::vec(any::<Index>(), 1..3));
    (drafts, returns, only).prop_map(|(drafts, returns, only)| {
        let places = |indexes: Vec<Index>| {
            let mut places: Vec<usize> = indexes.iter().map(|index| index.index(drafts.len())).collect();
            places.sort_unstable();
            places.dedup();
            places
        };
        let (returns, only) = (places(returns), only.map(places));
        let mut order: Vec<usize> = (0..drafts.len()).collect();
        order.sort_by_key(|place| drafts[*place].declared);
        let given = (0..drafts.len()).filter(|place| drafts[*place].is_given).collect();
        let mut spec = Spec { nodes: Vec::new(), order, returns, given, only };
        for draft in drafts {
            add(&mut spec, draft);
        }
        spec
    })
}

fn add(spec: &mut Spec, draft: Draft) {
    let place = spec.nodes.len();
    let mut node = NodeSpec::new(draft.work);
    if place > 0 {
        for (index, kind) in draft.reads {
            let read = index.index(place);
            if node.reads.iter().all(|(earlier, _)| *earlier != read) {
                node.reads.push((read, kind));
            }
        }
        node.after = draft.after.iter().map(|index| index.index(place)).collect();
    }
    node.route = draft.route.map(|(count, has_default, outcome, is_list)| RouteSpec {
        cases: vec![Vec::new(); count],
        default: has_default.then(Vec::new),
        outcome,
        is_list,
    });
    if matches!(node.work, WorkSpec::Host(_)) {
        (node.attempts, node.fails) = (draft.attempts, draft.fails);
        (node.delay, node.retries_timeouts) = (Duration::from_millis(draft.delay.0), draft.delay.1);
    }
    spec.nodes.push(node);
    let routes: Vec<usize> = (0..place).filter(|earlier| spec.nodes[*earlier].route.is_some()).collect();
    for (index, case) in draft.chosen_by {
        if routes.is_empty() {
            continue;
        }
        let Some(route) = &mut spec.nodes[*index.get(&routes)].route else { continue };
        let lists = route.cases.len() + usize::from(route.default.is_some());
        let number = case.index(lists);
        if let Some(targets) = route.cases.get_mut(number).or(route.default.as_mut()) {
            targets.push(place);
        }
    }
}

fn drafts() -> impl Strategy<Value = Draft> {
    let lane = prop::sample::select(vec![Lane::Any, Lane::Caller, Lane::Loop, Lane::Helper, Lane::Quick]);
    let work = prop_oneof![
        20 => lane.prop_map(WorkSpec::Host),
        2 => Just(WorkSpec::Constant),
        4 => Just(WorkSpec::Join),
        3 => Just(WorkSpec::Pick),
        1 => Just(WorkSpec::BadPick),
    ];
    let kind = prop_oneof![
        3 => Just(EdgeKind::Required),
        2 => Just(EdgeKind::Optional),
        2 => Just(EdgeKind::Member),
    ];
    let index = any::<Index>;
    let outcome = prop::collection::vec(0..4_usize, 0..3);
    let route = prop::option::weighted(0.4, (1..4_usize, prop::bool::weighted(0.8), outcome, any::<bool>()));
    let fail = prop_oneof![4 => Just(Fail::Retryable), 2 => Just(Fail::Hang), 1 => Just(Fail::Final)];
    // Most nodes succeed, so that most workflows go on to their end.
    let script = prop_oneof![
        8 => Just((1, Vec::new())),
        3 => prop::collection::vec(prop::sample::select(vec![Fail::Retryable, Fail::Hang]), 1..3)
            .prop_map(|fails| (fails.len() as u32 + 1, fails)),
        1 => (1..4_u32, prop::collection::vec(fail, 1..3)),
    ];
    let edges = (
        prop::collection::vec((index(), kind), 0..4),
        prop_oneof![4 => Just(Vec::new()), 1 => prop::collection::vec(index(), 1..3)],
        prop_oneof![1 => Just(Vec::new()), 1 => prop::collection::vec((index(), index()), 1..3)],
    );
    let delay = (prop::sample::select(vec![0, 0, 1, 20, 700]), prop::bool::weighted(0.85));
    (work, edges, route, script, delay, any::<u32>(), prop::bool::weighted(0.06)).prop_map(
        |(work, (reads, after, chosen_by), route, (attempts, fails), delay, declared, is_given)| Draft {
            work,
            reads,
            after,
            chosen_by,
            route,
            attempts,
            delay,
            fails,
            declared,
            is_given,
        },
    )
}
