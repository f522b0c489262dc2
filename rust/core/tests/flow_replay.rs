//! Random workflows with maps, loops, sub-workflows, ends, cancellation and joins of the first: in random
//! orders, against a reference, and rebuilt from every prefix of what was written down.
#![allow(clippy::expect_used, clippy::panic)]

mod simulate;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use engine_core::graph::{Body as Part, Graph, Node};
use engine_core::node::{Body, Join, OnError, Reads, Shape};
use engine_core::plan::{EdgeKind, Effect, First, Lane, Plan, Returns, Work};
use engine_core::policy::{Jitter, Retry};
use engine_core::run::{Call, Cause, Entry, Failure, Members, Path, Run, RunState, Slot, Start, Verdict};
use engine_core::time::Time;
use engine_core::value::{Object, Value};
use proptest::prelude::*;
use proptest::sample::Index;
use simulate::scheduler::{Random, Scheduler as _};

const LANES: [Lane; 5] = [Lane::Quick, Lane::Any, Lane::Caller, Lane::Helper, Lane::Loop];

/// More steps than any run may need.
const STEPS_MAX: u32 = 20_000;

/// What a node does.
#[derive(Clone, Debug)]
enum Kind {
    /// Fails so many times at first, with a policy of its own; for good where its digest is a multiple of 5.
    Host {
        lane: Lane,
        fails: u32,
        has_faults: bool,
    },
    /// Gathers what it reads.
    Join,
    /// Gathers the first of what it reads.
    First {
        count: usize,
        cancels: bool,
    },
    Map {
        items: usize,
        concurrency: u32,
        on_error: OnError,
        attempts: u32,
        body: Box<Nodes>,
    },
    Loop {
        until: u32,
        limit: u32,
        keeps: bool,
        body: Box<Nodes>,
    },
    Sub {
        body: Box<Nodes>,
    },
}

#[derive(Clone, Debug)]
struct Spec {
    kind: Kind,
    /// Earlier nodes, of this part or one around it.
    reads: Vec<Index>,
    /// Ends its part, or cancels a node of it.
    effect: Option<(bool, Index)>,
}

type Nodes = Vec<Spec>;

/// Nodes; those that depend on the order of events only where `races`.
fn nodes(depth: u32, races: bool) -> BoxedStrategy<Nodes> {
    let lane = prop::sample::select(vec![Lane::Any, Lane::Loop, Lane::Quick]);
    let host = (lane, 0..3_u32, prop::bool::weighted(0.2)).prop_map(|(lane, fails, has_faults)| Kind::Host {
        lane,
        fails,
        has_faults,
    });
    let first = (1..3_usize, any::<bool>()).prop_map(|(count, cancels)| Kind::First { count, cancels });
    let leaf = prop_oneof![
        5 => host,
        2 => Just(Kind::Join),
        2 => if races { first.boxed() } else { Just(Kind::Join).boxed() },
    ];
    let kind = if depth == 0 {
        leaf.boxed()
    } else {
        let body = || nodes(depth - 1, races).prop_map(Box::new);
        let on_error = prop::sample::select(vec![OnError::Raise, OnError::Keep, OnError::Drop]);
        prop_oneof![
            3 => leaf,
            2 => (0..4_usize, 1..4_u32, on_error, 1..3_u32, body()).prop_map(
                |(items, concurrency, on_error, attempts, body)| Kind::Map { items, concurrency, on_error, attempts, body }
            ),
            1 => (1..5_u32, 1..5_u32, any::<bool>(), body())
                .prop_map(|(until, limit, keeps, body)| Kind::Loop { until, limit, keeps, body }),
            1 => body().prop_map(|body| Kind::Sub { body }),
        ]
        .boxed()
    };
    let effect = prop::option::weighted(0.15, (any::<bool>(), any::<Index>()));
    let effect = if races { effect.boxed() } else { Just(None).boxed() };
    let spec = (kind, prop::collection::vec(any::<Index>(), 0..3), effect)
        .prop_map(|(kind, reads, effect)| Spec { kind, reads, effect });
    prop::collection::vec(spec, 1..4).boxed()
}

/// Declares a part and its bodies; names tell all nodes apart.
struct Declaring {
    bodies: Vec<Part>,
}

impl Declaring {
    /// `around` are the names that may be read.
    fn nodes(&mut self, specs: &Nodes, prefix: &str, region: u32, around: &[String]) -> Vec<Node> {
        let mut known = around.to_vec();
        let own: Vec<String> = (0..specs.len()).map(|place| format!("{prefix}{place}")).collect();
        let mut nodes = Vec::new();
        for (place, spec) in specs.iter().enumerate() {
            let name = own[place].clone();
            let reads = read_names(spec, &known, &own);
            let mut node = match &spec.kind {
                Kind::Host { lane, .. } => Node::new(&*name, Work::Host(*lane)),
                Kind::Join | Kind::First { .. } => {
                    let join = Join::new(reads.iter().map(|read| read.as_str().into()));
                    Node::new(&*name, Work::Native(join.into()))
                }
                Kind::Map { body, .. } | Kind::Loop { body, .. } | Kind::Sub { body } => {
                    let at = self.bodies.len();
                    self.bodies.push(Part {
                        name: name.as_str().into(),
                        within: Some(region),
                        ..Part::default()
                    });
                    let inner = self.nodes(body, &format!("{name}_"), at as u32 + 1, &known);
                    self.bodies[at].returns = inner.last().map(|last| Returns::One(last.name.clone()));
                    self.bodies[at].nodes = inner;
                    Node::new(&*name, Work::Body(Box::new(body_of(&spec.kind, at as u32 + 1))))
                }
            };
            node.only_read = false;
            let kind = |read: &String| match spec.kind {
                Kind::First { .. } if own.contains(read) => EdgeKind::First,
                _ => EdgeKind::Member,
            };
            node.reads = reads.iter().map(|read| (read.as_str().into(), kind(read))).collect();
            self.policies(&mut node, spec, &own, place);
            nodes.push(node);
            known.push(name);
        }
        nodes
    }

    #[allow(clippy::unused_self)] // It belongs to what is declared.
    fn policies(&self, node: &mut Node, spec: &Spec, own: &[String], place: usize) {
        let retry = |attempts| Retry {
            attempts,
            delay: Duration::from_millis(7),
            factor: 1.0,
            delay_max: Duration::from_millis(7),
            jitter: Jitter::None,
            timeouts: true,
        };
        match &spec.kind {
            Kind::Host { fails, .. } => node.retry = Some(retry(fails + 1)),
            Kind::Map { attempts, .. } => node.retry = Some(retry(*attempts)),
            Kind::First { count, cancels } => {
                let members = node.reads.iter().filter(|(_, kind)| *kind == EdgeKind::First).count();
                let count = (*count).min(members) as u32;
                node.first = (members > 0).then_some(First { count, cancels_rest: *cancels });
            }
            _ => {}
        }
        // A native node acts only after something.
        let waits = node.reads.iter().any(|(read, _)| own.iter().any(|name| **name == **read));
        let may_act = waits || !matches!(node.work, Work::Native(_));
        node.effect = spec.effect.filter(|_| may_act).map(|(ends, target)| {
            let target = own[target.index(own.len())].as_str().into();
            if ends && place > 0 { Effect::End } else { Effect::Cancel([target].into()) }
        });
    }
}

/// The names that a node reads, each once. Nodes that race read only their own part.
fn read_names(spec: &Spec, known: &[String], own: &[String]) -> Vec<String> {
    let from: Vec<&String> = match spec.kind {
        Kind::First { .. } => known.iter().filter(|name| own.contains(name)).collect(),
        _ => known.iter().collect(),
    };
    let mut names: Vec<String> = Vec::new();
    for index in &spec.reads {
        if !from.is_empty() {
            let name: String = (*index.get(&from)).clone();
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    names
}

fn body_of(kind: &Kind, region: u32) -> Body {
    let mut reads = Reads::default();
    let (body, source) = match kind {
        Kind::Map { items, concurrency, on_error, .. } => {
            let items: Vec<String> = (0..*items).map(|item| item.to_string()).collect();
            (Body::map(region, *concurrency, *on_error), format!("[{}]", items.join(",")))
        }
        Kind::Loop { until, limit, keeps, .. } => {
            let until = format!("turn >= {until}");
            (Body::repeat(region, &until, *limit, *keeps, &mut reads).expect("CEL"), "0".into())
        }
        _ => (Body::subworkflow(region), "9".into()),
    };
    body.over(&Shape::Expression(source.as_str().into()), &mut reads).expect("CEL")
}

fn plan(specs: &Nodes) -> Arc<Plan> {
    let mut declaring = Declaring { bodies: Vec::new() };
    let nodes = declaring.nodes(specs, "n", 0, &[]);
    let returns = nodes.last().map(|last| Returns::One(last.name.clone()));
    let graph = Graph { name: "random".into(), nodes, returns, bodies: declaring.bodies };
    Arc::new(graph.plan().unwrap_or_else(|faults| panic!("{faults:?} in {specs:#?}")))
}

fn text(value: &Value) -> Vec<u8> {
    let mut json = Vec::new();
    value.write_json(&mut json).expect("finite");
    json
}

/// What a host node gives: a digest of its name, its input and what it reads.
fn digest(name: &str, input: &Value, reads: &[Option<Value>]) -> u64 {
    let mut all = name.as_bytes().to_vec();
    for value in std::iter::once(Some(input)).chain(reads.iter().map(Option::as_ref)) {
        all.extend(plain(value).unwrap_or_default().as_bytes());
        all.push(b';');
    }
    // FNV-1a.
    all.iter().fold(0xcbf2_9ce4_8422_2325_u64, |digest, byte| {
        (digest ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    }) % 100_000
}

/// What a part gives, worked out without a machine; an error as data if one of its nodes fails.
fn settle(specs: &Nodes, prefix: &str, input: &Value, around: &[(String, Value)]) -> Result<Value, ()> {
    let mut known = around.to_vec();
    let mut failed = false;
    for (place, spec) in specs.iter().enumerate() {
        let name = format!("{prefix}{place}");
        let names: Vec<String> = known.iter().map(|(name, _)| name.clone()).collect();
        let reads = read_names(spec, &names, &[]);
        let value_of =
            |name: &String| known.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
        let values: Vec<Option<Value>> = reads.iter().map(value_of).collect();
        let value = match &spec.kind {
            Kind::Host { has_faults, .. } => {
                let digest = digest(&name, input, &values);
                if *has_faults && digest.is_multiple_of(5) {
                    Err(())
                } else {
                    Ok(Value::Int(digest.cast_signed()))
                }
            }
            Kind::Join | Kind::First { .. } => {
                let members = reads.iter().zip(&values);
                let members =
                    members.map(|(name, value)| (name.as_str().into(), value.clone().unwrap_or_default()));
                Ok(Value::Object(Object::try_new(members.collect()).expect("names differ").into()))
            }
            Kind::Map { items, on_error, body, .. } => {
                let mut results = Vec::new();
                let mut broken = false;
                for item in 0..*items {
                    let item = Value::Int(i64::from(item as u32));
                    match (settle(body, &format!("{name}_"), &item, &known), on_error) {
                        (Ok(value), _) => results.push(value),
                        (Err(()), OnError::Raise) => broken = true,
                        (Err(()), OnError::Keep) => results.push(kept()),
                        (Err(()), OnError::Drop) => {}
                    }
                }
                if broken { Err(()) } else { Ok(results.into_iter().collect()) }
            }
            Kind::Loop { until, limit, keeps, body } => {
                let mut state = Ok(Value::Int(0));
                for _ in 0..*until.min(limit) {
                    state = state.and_then(|state| settle(body, &format!("{name}_"), &state, &known));
                }
                if until <= limit || *keeps { state } else { Err(()) }
            }
            Kind::Sub { body } => settle(body, &format!("{name}_"), &Value::Int(9), &known),
        };
        // Others may still run, but the part fails.
        failed |= value.is_err();
        known.push((name, value.unwrap_or_default()));
    }
    let last = known.pop().map(|(_, value)| value).ok_or(())?;
    if failed { Err(()) } else { Ok(last) }
}

fn kept() -> Value {
    Value::from_json(br#"{"error":{"type":"Fault"}}"#).expect("JSON")
}

/// A host with a virtual clock. What it counts outlives the run.
struct Host<'s> {
    specs: HashMap<String, &'s Spec>,
    /// The items that a node has broken, each once.
    broken: HashSet<Path>,
    random: Random,
    now: Time,
}

impl<'s> Host<'s> {
    fn new(specs: &'s Nodes, seed: u64) -> Self {
        let mut named = HashMap::new();
        collect(specs, "n", &mut named);
        Self { specs: named, broken: HashSet::new(), random: Random(seed), now: Time(0) }
    }

    /// Runs to the end; gives what was written down.
    fn finish(&mut self, run: &mut Run<u64>) -> Vec<Entry<u64>> {
        let (mut flights, mut leaving, mut stale) = (Vec::new(), Vec::new(), Vec::new());
        let mut entries = Vec::new();
        for step in 0.. {
            assert!(step < STEPS_MAX, "the run does not end");
            while let Some(call) = run.poll_stop() {
                flights.retain(|flight| *flight != call);
                let on_loop = matches!(run.plan().node(call.node).work, Work::Host(Lane::Loop));
                if on_loop { leaving.push(call) } else { stale.push(call) }
            }
            entries.extend(std::iter::from_fn(|| run.poll_entry()));
            while run.poll_fact().is_some() {}
            drop(run.take_released());
            assert_eq!(run.in_flight() as usize, flights.len() + leaving.len());
            for call in &stale {
                assert!(!run.is_current(*call) && run.handle_completed(*call, Slot::Host(1)).is_some());
            }
            if run.is_finished() {
                break;
            }
            let has_ready = run.has_ready(&LANES);
            let ways = usize::from(has_ready) + flights.len() + leaving.len();
            if ways == 0 {
                self.now = run.poll_timer().expect("something can happen");
                run.handle_time(self.now, || 0.0);
                continue;
            }
            let way = self.random.choose(ways);
            if way < flights.len() {
                let call = flights.swap_remove(way);
                self.report(run, call);
                stale.push(call);
            } else if way < flights.len() + leaving.len() {
                let call: Call = leaving.swap_remove(way - flights.len());
                run.handle_stopped(call);
                stale.push(call);
            } else {
                let call = run.poll_call(&LANES, || Time(0)).expect("a node is ready");
                assert!(run.is_current(call));
                flights.push(call);
            }
        }
        entries
    }

    /// Whether a call is to fail because the item that it is in, which may begin again, has not been broken.
    fn breaks(&mut self, run: &Run<u64>, call: Call) -> bool {
        let path = run.path(call.frame).expect("its frame is there");
        for length in (1..=path.len()).rev() {
            let name = &*run.plan().node(path[length - 1].node).name;
            match &self.specs[name].kind {
                Kind::Map { attempts: 2.., .. } => return self.broken.insert(path[..length].into()),
                Kind::Map { on_error: OnError::Keep | OnError::Drop, .. } => return false,
                _ => {}
            }
        }
        false
    }

    /// Takes note of what happened before the run was taken up again.
    fn remember(&mut self, journal: &[Entry<u64>]) {
        self.broken.extend(journal.iter().filter_map(|entry| match entry {
            Entry::Restarting { path, .. } => Some(path.clone()),
            _ => None,
        }));
    }

    fn report(&mut self, run: &mut Run<u64>, call: Call) {
        let planned = run.plan().node(call.node);
        let (name, sources) = (planned.name.to_string(), planned.sources.clone());
        let Kind::Host { fails, has_faults, .. } = self.specs[&name].kind else { panic!("{name} is native") };
        let now = self.now;
        let is_broken = fails == 0 && self.breaks(run, call);
        if is_broken || call.attempt <= fails {
            let verdict = run.handle_failed(call, Cause::Host(1), true, None, || now, || 0.0);
            assert!(matches!(verdict, Verdict::Retry(_) | Verdict::Late), "{verdict:?}");
            return;
        }
        let input = value_of(run.input_of(call.frame)).unwrap_or_default();
        let reads: Vec<Option<Value>> = sources
            .iter()
            .map(|source| match source {
                engine_core::plan::Source::Node(node) | engine_core::plan::Source::Outer(node) => {
                    value_of(run.output_of(call.frame, *node))
                }
                engine_core::plan::Source::Local(_) => None,
            })
            .collect();
        let digest = digest(&name, &input, &reads);
        if has_faults && digest.is_multiple_of(5) {
            let error = run.wants_error(call).then(kept);
            // An error that is not to be tried again.
            run.handle_failed(call, Cause::Host(2), false, error, || now, || 0.0);
        } else {
            let refused = run.handle_completed(call, Slot::Both(Value::Int(digest.cast_signed()), digest));
            assert!(refused.is_none());
        }
    }
}

fn collect<'s>(specs: &'s Nodes, prefix: &str, named: &mut HashMap<String, &'s Spec>) {
    for (place, spec) in specs.iter().enumerate() {
        let name = format!("{prefix}{place}");
        if let Kind::Map { body, .. } | Kind::Loop { body, .. } | Kind::Sub { body } = &spec.kind {
            collect(body, &format!("{name}_"), named);
        }
        named.insert(name, spec);
    }
}

fn start() -> Start<u64> {
    Start { journal: true, record: true, ..Start::new(Slot::Both("input".into(), 0)) }
}

/// A value as the host sees it, which puts lists together that the machine has in parts.
fn value_of(slot: &Slot<u64>) -> Option<Value> {
    match slot.parts().map(|parts| &parts.members) {
        Some(Members::List(items)) => {
            Some(items.iter().map(|item| value_of(item).unwrap_or_default()).collect())
        }
        Some(Members::Object(_)) => panic!("no part returns an object"),
        None => slot.json().cloned(),
    }
}

/// What a run gave; none if it failed. A map's own errors, of loops that did not end, are like others.
fn result(run: &Run<u64>) -> Option<Value> {
    if run.state() != RunState::Succeeded {
        assert!(matches!(run.failure(), Some(Failure::Node { .. })), "{:?}", run.failure());
        return None;
    }
    let Returns::One(node) = run.returned() else { panic!("one node is returned") };
    Some(value_of(run.output(node)).unwrap_or_default())
}

/// The text of a value in which all errors look alike.
fn plain(value: Option<&Value>) -> Option<String> {
    let text = String::from_utf8(text(value?)).expect("UTF-8");
    let native = r#"{"error":{"type":"LoopLimitError","message":"not over after "#;
    let mut parts = text.split(native);
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain += r#"{"error":{"type":"Fault"}}"#;
        plain += part.split_once("}}").map_or("", |(_, rest)| rest);
    }
    Some(plain)
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config(2_000))]

    /// Whatever the order, and wherever the host dies, the run comes to what the reference says.
    #[test]
    fn every_order_and_every_prefix_gives_what_the_reference_says(specs in nodes(2, false), seed in any::<u64>()) {
        let plan = plan(&specs);
        let expected = plain(settle(&specs, "n", &"input".into(), &[]).ok().as_ref());
        let mut host = Host::new(&specs, seed);
        let mut run = Run::new(plan.clone(), start());
        let journal = host.finish(&mut run);
        prop_assert_eq!(plain(result(&run).as_ref()), expected.clone());
        let step = 1 + journal.len() / 12;
        for length in (0..=journal.len()).step_by(step) {
            let mut host = Host::new(&specs, seed ^ length as u64);
            let mut run = Run::replay(plan.clone(), start(), journal[..length].to_vec());
            host.remember(&journal[..length]);
            host.finish(&mut run);
            prop_assert_eq!(plain(result(&run).as_ref()), expected.clone(), "after {} entries", length);
        }
    }

    /// Where the order decides, what was written down decides it again.
    #[test]
    fn what_was_written_down_leads_to_the_same_end(specs in nodes(2, true), seed in any::<u64>()) {
        let plan = plan(&specs);
        let mut host = Host::new(&specs, seed);
        let mut run = Run::new(plan.clone(), start());
        let journal = host.finish(&mut run);
        for length in 0..=journal.len() {
            let mut again = Run::replay(plan.clone(), start(), journal[..length].to_vec());
            if length < journal.len() {
                let mut host = Host::new(&specs, seed ^ length as u64);
                host.remember(&journal[..length]);
                host.finish(&mut again);
            }
            prop_assert!(length < journal.len() || again.is_finished());
            if length == journal.len() {
                prop_assert_eq!(again.state(), run.state());
                for node in plan.root().nodes.clone() {
                    let output = |run: &Run<u64>| value_of(run.output(node)).as_ref().map(text);
                    prop_assert_eq!(output(&again), output(&run));
                    prop_assert!(run.is_stopping() || again.node_state(node) == run.node_state(node));
                }
            }
        }
    }
}
