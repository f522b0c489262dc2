//! What `check` says about graphs: a table of faults, and its verdicts against trying every choice.

mod simulate;

use std::collections::BTreeSet;

use engine_core::graph::{Fault, FaultCode, Graph, Name, Node, Severity};
use engine_core::node::{Cases, Constant};
use engine_core::plan::{EdgeKind, Lane, NODES_MAX, Returns, Work};
use engine_core::value::Value;
use proptest::prelude::*;
use proptest::sample::Index;
use simulate::reference::{Settled, settle};
use simulate::spec::{NodeSpec, Spec, WorkSpec, case_value, specs};

/// Reads a graph, a node a line: its name (`#` before it: a native node), then
/// `a` reads a node, `a?` if it is there, `a*` as a member, `!a` waits for it,
/// `1->x,y` runs nodes for a value, `_->x` for all others, `values=1,2` are all that come,
/// `list` says that several may come at once. A last line `returns` gives `x`, `x|y`, `k=x` or nothing.
fn graph(lines: &str) -> Graph {
    let mut graph = Graph::new("the-graph");
    for line in lines.split(';').map(str::trim).filter(|line| !line.is_empty()) {
        let mut words = line.split_whitespace();
        let name = words.next().expect("the line is not empty");
        if name == "returns" {
            graph.returns = Some(returns(words.next()));
            continue;
        }
        let native = name.strip_prefix('#');
        let work = native.map_or(Work::Host(Lane::Any), |_| Work::Native(Constant(Value::Null).into()));
        let mut node = Node::new(native.unwrap_or(name), work);
        words.for_each(|word| add(&mut node, word));
        graph.nodes.push(node);
    }
    graph
}

fn returns(word: Option<&str>) -> Returns<Name> {
    let Some(word) = word else { return Returns::Nothing };
    if let Some((key, name)) = word.split_once('=') {
        return Returns::Object(vec![(key.into(), name.into())]);
    }
    match word.split('|').collect::<Vec<_>>()[..] {
        [name] => Returns::One(name.into()),
        ref names => Returns::Either(names.iter().map(|name| Name::from(*name)).collect()),
    }
}

fn value(text: &str) -> Value {
    Value::from_json(text.as_bytes()).unwrap_or_else(|_| text.into())
}

fn add(node: &mut Node, word: &str) {
    let names = |list: &str| list.split(',').filter(|name| !name.is_empty()).map(Name::from).collect();
    if let Some((case, targets)) = word.split_once("->") {
        let cases = node.cases.get_or_insert_with(|| Cases { cases: Vec::new(), default: None });
        match case {
            "_" => cases.default = Some(names(targets)),
            case => cases.cases.push((value(case), names(targets))),
        }
    } else if let Some(values) = word.strip_prefix("values=") {
        node.values = Some(values.split(',').map(value).collect());
    } else if word == "list" {
        node.several = true;
    } else if let Some(earlier) = word.strip_prefix('!') {
        node.after.push(earlier.into());
    } else if let Some(name) = word.strip_suffix('?') {
        node.reads.push((name.into(), EdgeKind::Optional));
    } else if let Some(name) = word.strip_suffix('*') {
        node.reads.push((name.into(), EdgeKind::Member));
    } else {
        node.reads.push((word.into(), EdgeKind::Required));
    }
}

/// The code of a fault, its node and a part of its text.
type Expected = (&'static str, &'static str, &'static str);

/// Graphs and their faults.
const FAULTS: &[(&str, &[Expected])] = &[
    ("", &[("no-nodes", "", "there are no nodes; add a node")]),
    ("a; b; a; returns b", &[("duplicate-name", "a", "two nodes are named `a`; rename one of them")]),
    ("b a", &[("unknown-node", "b", "no node `a`, named by `b`")]),
    ("b !a", &[("unknown-node", "b", "no node `a`, named by `after` of `b`")]),
    ("b 1->a _->", &[("unknown-node", "b", "no node `a`, named by a case of `b`")]),
    ("b 1-> _->a", &[("unknown-node", "b", "no node `a`, named by a case of `b`")]),
    ("b; returns a", &[("unknown-node", "", "no node `a`, named by `returns`")]),
    ("b; returns b|a", &[("unknown-node", "", "no node `a`, named by `returns`")]),
    ("b; returns k=a", &[("unknown-node", "", "no node `a`, named by `returns`")]),
    // Cycles, with those who only come after them left out.
    ("a a", &[("cycle", "a", "these nodes wait for each other: `a` → `a`; remove one of these edges")]),
    ("a b; b a", &[("cycle", "a", "`a` → `b` → `a`")]),
    ("d c; c a; a b?; b !a", &[("cycle", "a", "`a` → `b` → `a`")]),
    (
        "a b; b c; c d; d e; e f; f g; g h; h i; i j; j k; k l; l m; m a",
        &[(
            "cycle",
            "a",
            "`a` → `m` → `l` → `k` → `j` → `i` → (2 more) → `f` → `e` → `d` → `c` → `b` → `a`;",
        )],
    ),
    ("a; r x 1->x _->; x a", &[("cycle", "r", "`r` → `x` → `r`")]),
    ("a b; b a; c d*; d c", &[("cycle", "a", "`a` → `b` → `a`"), ("cycle", "c", "`c` → `d` → `c`")]),
    ("a b x; b a", &[("unknown-node", "a", "no node `x`"), ("cycle", "a", "`a` → `b` → `a`")]),
    // What no run has together.
    (
        "r 1->x 2->y values=1,2; x; y; j x y; returns",
        &[(
            "unreachable",
            "j",
            "`j` can never run: it needs nodes that no run has together; give a parameter",
        )],
    ),
    ("r 1->x 2->y values=1,2; x; y; j x !y; returns", &[("unreachable", "j", "")]),
    (
        "r true->x,s false->y values=true,false; x; s 1->z _-> values=1,2; z y; y; returns",
        &[("unreachable", "z", "")],
    ),
    // Only where it begins, wherever that is declared.
    ("l k; k j; j x y; r 1->x 2->y values=1,2; x; y; returns", &[("unreachable", "j", "")]),
    ("r 1->x 2->y values=1,2; x; y; s x y 1->z _->; z; returns", &[("unreachable", "s", "")]),
    (
        "r 1->x 2->y values=1,2; x; y; i x y; j y x; returns",
        &[("unreachable", "i", ""), ("unreachable", "j", "")],
    ),
    // Several values at once, or values that nobody knows, may run both.
    ("r 1->x 2->y values=1,2 list; x; y; j x y; returns", &[]),
    ("r 1->x 2->y _->; x; y; j x y; returns", &[]),
    ("r 1->x 2->y values=1,2; x; y; j x? y?; k x* y*; returns", &[]),
    ("r 1->x,y 2->y values=1,2; x; y; j x y; returns", &[]),
    ("r 1->x 2->y values=1,2; s 1->y _->; x; y; j x y; returns", &[]),
    // Cases.
    (
        "r 1->x 2->x values=1,2,3; x; returns",
        &[("unhandled-value", "r", "3 is not handled; add `3: node`, or `default=None` to run nothing")],
    ),
    ("r true->x values=true,false; x; returns", &[("unhandled-value", "r", "add `False: node`")]),
    (
        "r a->x values=a,b,null; x; returns",
        &[
            ("unhandled-value", "r", "\"b\" is not handled; add `\"b\": node`"),
            ("unhandled-value", "r", "add `None: node`"),
        ],
    ),
    ("r 1->x true-> values=1,true,1.0; x; returns", &[("unhandled-value", "r", "1.0 is not handled")]),
    (
        "r 1->x 2-> 3-> values=1,2; x; returns",
        &[("needless-value", "r", "3 never comes; the values are 1, 2")],
    ),
    ("r 1->x; x; returns", &[("missing-default", "r", "the values are not known before the run")]),
    ("r 1->x 2-> 1->y _->; x; y; returns", &[("duplicate-case", "r", "1 has two cases")]),
    ("r 1->x true->y _->; x; y; returns", &[]),
    // Results.
    ("a; b", &[("ambiguous-result", "", "`a` and `b` both end the workflow; write `the_graph.returns(b)`")]),
    (
        "a; b; c",
        &[("ambiguous-result", "", "`a`, `b` and `c` all end the workflow; write `the_graph.returns(c)`")],
    ),
    ("a; b a; c a? b*", &[]),
    ("a; b a; c !b", &[]),
    ("a 1-> _->", &[]),
    (
        "a; b; returns a|b",
        &[(
            "returns-overlap",
            "b",
            "`a` and `b` can run in one run, so neither is the result; write `returns({\"a\": a, \"b\": b})`",
        )],
    ),
    ("r 1->x 2->x,y _->y; x; y; returns x|y", &[("returns-overlap", "y", "`x` and `y` can run")]),
    (
        "r 1->x 2->y values=1,2 list; x; y; returns x|y",
        &[
            ("returns-overlap", "y", "`x` and `y` can run"),
            // An empty list runs neither.
            ("return-may-be-skipped", "", "some runs reach none of the nodes in `returns`"),
        ],
    ),
    (
        "r 1->x 2->y _->; x; y; returns x|y",
        &[(
            "return-may-be-skipped",
            "",
            "some runs reach none of the nodes in `returns`; their result is None",
        )],
    ),
    (
        "r 1->x _->; x; returns x",
        &[(
            "return-may-be-skipped",
            "x",
            "`x` is returned, and some runs skip it; their result is None; give",
        )],
    ),
    ("r 1->x _->; x; returns k=x", &[("return-may-be-skipped", "x", "")]),
    ("r 1->x _->; x; j x?; returns j", &[]),
    ("r 1->x 2->y _->y; x; y; returns x|y", &[]),
    ("r 1->x 2->y values=1,2; x; y; returns x|y", &[]),
    // A default that never comes takes nothing away.
    ("r 1->x 2->y _-> values=1,2; x; y; returns x|y", &[]),
    ("r 1->x 2->y _-> values=1,2,3; x; y; returns x|y", &[("return-may-be-skipped", "", "")]),
    ("r 1->x,z 2->y,z values=1,2; x; y; z; returns z", &[]),
    // Nested routes: the inner one covers its part.
    ("r 1->s 2->z _->z; s 1->x _->y; x; y; z; returns x|y|z", &[]),
    ("z; y; x; s 1->x _->y; r 1->s 2->z _->z; returns x|y|z", &[]),
    ("r 1->s 2->z _->z; s 1->x _->; x; z; returns x|z", &[("return-may-be-skipped", "", "")]),
    ("r 1->s 2->z _->z; s 1->x _->y; x; y; z; j x? y? z?; returns j", &[]),
    ("r 1->s 2->t values=1,2; s 1->x 2->y values=1,2; t 1->x 2->y values=1,2; x; y; returns x|y", &[]),
    (
        "r 1->x 2->y values=1,2; s 1->x 2->y values=1,2; x; y; returns x|y",
        &[("returns-overlap", "y", "`x` and `y` can run")],
    ),
    // Needed in many ways, which come to the same.
    (
        "r 1->a 2->a 3->a _-> list; a; b !a; c a b; d a b c; e a b c d; returns e",
        &[("return-may-be-skipped", "e", "")],
    ),
    // Native nodes are there to be read.
    ("#c; a; returns a", &[("unused-node", "c", "nobody reads `c`; read it, return it or remove it")]),
    ("#c; a c; b; returns b", &[]),
    ("#c; a !c; returns a", &[]),
    ("#c", &[]),
    ("#c 1-> _->; a; returns a", &[]),
];

#[test]
fn faults_are_found_and_named() {
    for (lines, expected) in FAULTS {
        let graph = graph(lines);
        let found = graph.check();
        let codes: Vec<(&str, &str)> = found
            .iter()
            .map(|fault| (fault.code.name(), fault.node.as_deref().unwrap_or_default()))
            .collect();
        let wanted: Vec<(&str, &str)> = expected.iter().map(|(code, node, _)| (*code, *node)).collect();
        assert_eq!(codes, wanted, "{lines}: {found:?}");
        for (fault, (code, _, part)) in found.iter().zip(*expected) {
            let text = fault.to_string();
            assert!(text.starts_with(&format!("{code}: ")) && text.contains(part), "{lines}: {text}");
        }
        let is_broken = found.iter().any(|fault| fault.code.severity() == Severity::Error);
        match graph.plan() {
            Ok(plan) => assert!(!is_broken && plan.nodes.len() == graph.nodes.len(), "{lines}"),
            Err(faults) => assert!(is_broken && faults == found, "{lines}"),
        }
    }
}

#[test]
fn errors_come_before_warnings() {
    let found = graph("#c; r 1->x 2-> values=1; x; a a; returns x").check();
    let severities: Vec<Severity> = found.iter().map(|fault| fault.code.severity()).collect();
    assert_eq!(severities, [Severity::Error, Severity::Warning]);
}

#[test]
fn as_many_nodes_as_there_may_be() {
    let mut graph = Graph { returns: Some(Returns::Nothing), ..Graph::new("large") };
    graph.nodes =
        (0..NODES_MAX).map(|number| Node::new(format!("n{number}"), Work::Host(Lane::Any))).collect();
    assert_eq!(graph.check(), []);
    graph.nodes.push(Node::new("one more", Work::Host(Lane::Any)));
    let found = graph.check();
    assert_eq!(found.iter().map(|fault| fault.code).collect::<Vec<_>>(), [FaultCode::TooManyNodes]);
    assert_eq!(found[0].message, "10001 nodes are more than the limit of 10000");
}

/// Where there are too many ways to a node to tell them apart, nothing is claimed.
#[test]
fn what_is_not_known_is_no_fault() {
    use std::fmt::Write as _;

    let mut lines = String::from("x; y;");
    for number in 0..70 {
        let _ = write!(lines, "r{number} 1->x _->; s{number} 1->y _->;");
    }
    assert_eq!(graph(&(lines + "j x y; returns x|y")).check(), []);
}

// Verdicts against trying every choice.

/// What is known of a route's values.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Known {
    /// All of them, one at a time.
    Single,
    /// That they come in lists.
    List,
    Nothing,
}

/// A workflow of functions that never fail.
fn choosing_specs() -> impl Strategy<Value = (Spec, Vec<Known>)> {
    let known = prop::sample::select(vec![Known::Single, Known::Single, Known::List, Known::Nothing]);
    (specs(7), prop::collection::vec(known, 7)).prop_map(|(mut spec, mut known)| {
        (spec.given, spec.only) = (Vec::new(), None);
        let mut routes = 0;
        for node in &mut spec.nodes {
            let route = node.route.take().filter(|_| routes < 3);
            routes += usize::from(route.is_some());
            let (reads, after) = (std::mem::take(&mut node.reads), std::mem::take(&mut node.after));
            *node = NodeSpec { reads, after, route, ..NodeSpec::new(WorkSpec::Host(Lane::Any)) };
        }
        known.truncate(spec.nodes.len());
        // One list is enough: several have more ways than are told apart.
        let lists = known.iter_mut().filter(|known| **known == Known::List);
        lists.skip(1).for_each(|known| *known = Known::Single);
        for (known, node) in known.iter_mut().zip(&spec.nodes) {
            // Without a default, the values must be known.
            if node.route.as_ref().is_some_and(|route| route.default.is_none()) && *known == Known::Nothing {
                *known = Known::Single;
            }
        }
        (spec, known)
    })
}

/// The graph, with what is known of the values.
fn declare(spec: &Spec, known: &[Known], returns: Returns<Name>) -> Graph {
    let mut graph = spec.graph();
    for (node, place) in graph.nodes.iter_mut().zip(&spec.order) {
        let Some(route) = &spec.nodes[*place].route else { continue };
        let count = route.cases.len() + usize::from(route.default.is_some());
        node.values = (known[*place] == Known::Single).then(|| (0..count).map(case_value).collect());
        if known[*place] == Known::List && route.default.is_none() {
            node.values = Some((0..count).map(case_value).collect());
        }
        node.several = known[*place] == Known::List;
    }
    graph.returns = Some(returns);
    graph
}

/// For every combination of choices, which nodes run, by place.
fn all_runs(spec: &Spec, chooses_several: impl Fn(usize) -> bool) -> BTreeSet<Vec<bool>> {
    let mut runs = BTreeSet::new();
    let mut spec = spec.clone();
    let places: Vec<usize> =
        (0..spec.nodes.len()).filter(|place| spec.nodes[*place].route.is_some()).collect();
    let ways: Vec<usize> = places
        .iter()
        .map(|place| {
            let route = spec.nodes[*place].route.as_ref().expect("it is a route");
            let count = route.cases.len() + usize::from(route.default.is_some());
            if chooses_several(*place) { 1 << count } else { count }
        })
        .collect();
    for mut number in 0..ways.iter().product::<usize>() {
        for (place, ways) in places.iter().zip(&ways) {
            let (way, several) = (number % ways, chooses_several(*place));
            number /= ways;
            let route = spec.nodes[*place].route.as_mut().expect("it is a route");
            route.is_list = several;
            route.outcome =
                if several { (0..8).filter(|case| way >> case & 1 == 1).collect() } else { vec![way] };
        }
        let settled = settle(&spec);
        runs.insert(settled.iter().map(|settled| matches!(settled, Settled::Succeeds(_))).collect());
    }
    runs
}

/// The nodes that can never run and are to blame for it, by name.
fn unreachable(spec: &Spec, known: &[Known]) -> BTreeSet<String> {
    let runs = all_runs(spec, |place| known[place] != Known::Single);
    let is_never = |place: usize| runs.iter().all(|run| !run[place]);
    let is_root = |place: usize| {
        let node = &spec.nodes[place];
        let required =
            node.reads.iter().filter(|(_, kind)| *kind == EdgeKind::Required).map(|(read, _)| *read);
        let mut needed = required.chain(node.after.iter().copied());
        let mut routes = (0..place).filter(|route| {
            let route = spec.nodes[*route].route.as_ref();
            route
                .is_some_and(|route| route.cases.iter().chain(&route.default).any(|all| all.contains(&place)))
        });
        let first = routes.next();
        let follows_routes = first.is_some_and(|first| is_never(first) && routes.all(is_never));
        is_never(place) && !needed.any(is_never) && !follows_routes
    };
    (0..spec.nodes.len()).filter(|place| is_root(*place)).map(Spec::name).collect()
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 4_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn verdicts_are_what_trying_every_choice_shows(
        (spec, known) in choosing_specs(),
        first in any::<Index>(),
        second in any::<Index>(),
    ) {
        let (first, second) = (first.index(spec.nodes.len()), second.index(spec.nodes.len()));
        let (one, two): (Name, Name) = (Spec::name(first).into(), Spec::name(second).into());
        let returns = if first == second { Returns::One(one) } else { Returns::Either(vec![one, two.clone()]) };
        let found = declare(&spec, &known, returns).check();
        let has = |code: FaultCode| found.iter().any(|fault: &Fault| fault.code == code);
        let nodes = |code: FaultCode| -> BTreeSet<String> {
            let faults = found.iter().filter(|fault| fault.code == code);
            faults.filter_map(|fault| fault.node.as_deref().map(str::to_owned)).collect()
        };

        let runs = all_runs(&spec, |place| known[place] == Known::List);
        let overlap = first != second && runs.iter().any(|run| run[first] && run[second]);
        let skipped = runs.iter().any(|run| !run[first] && !run[second]);
        prop_assert_eq!(nodes(FaultCode::Unreachable), unreachable(&spec, &known), "{:?}", known);
        prop_assert_eq!(has(FaultCode::ReturnsOverlap), overlap, "{:?}: {:?}", known, found);
        prop_assert_eq!(has(FaultCode::ReturnMayBeSkipped), skipped, "{:?}: {:?}", known, found);
        let others = found.iter().filter(|fault| !matches!(
            fault.code,
            FaultCode::Unreachable | FaultCode::ReturnsOverlap | FaultCode::ReturnMayBeSkipped
        ));
        prop_assert_eq!(others.count(), 0);
    }
}
