//! A host with a virtual clock, which checks the machine's rules after every step.

use std::sync::Arc;
use std::time::Duration;

use engine_core::plan::{EdgeKind, Lane, NodeIndex, Plan, Returns, Work};
use engine_core::run::{Call, Cause, Entry, Fact, Failure, NodeState, Run, RunState, Slot, Start, Verdict};
use engine_core::time::Time;
use engine_core::value::Value;

use super::reference::{Settled, settle};
use super::scheduler::Scheduler;
use super::spec::{Fail, NodeSpec, Spec, WorkSpec};

const LANES: [Lane; 5] = [Lane::Any, Lane::Caller, Lane::Loop, Lane::Helper, Lane::Quick];

/// What randomness may give.
const RANDOM: [f64; 3] = [0.0, 0.4, 0.999];

/// More steps than any run may need.
const STEPS_MAX: u32 = 10_000;

/// What ends a run early, after so many steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// Somebody cancels it.
    Cancel(u32),
    /// The host itself fails.
    Abort(u32),
    /// Its deadline passes, so many milliseconds after its start.
    Deadline(u64),
}

/// What a run came to.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Outcome {
    pub(crate) state: RunState,
    pub(crate) nodes: Vec<NodeState>,
    pub(crate) attempts: Vec<u32>,
    pub(crate) outputs: Vec<Option<Value>>,
    pub(crate) returned: Returns,
}

/// An attempt that a node's function is carrying out.
#[derive(Clone, Copy, Debug)]
struct Flight {
    call: Call,
    place: usize,
    fail: Option<Fail>,
    /// When its time is up, if the machine looks after that.
    expires: Option<Time>,
    is_on_loop: bool,
}

/// Something that may happen next.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// A node of this lane starts.
    Start(Lane),
    /// An attempt comes back.
    Return(usize),
    /// Time passes until there is something to do.
    Wait(Time),
}

/// A run under a virtual clock.
pub(crate) struct Simulator<'s, S> {
    spec: &'s Spec,
    settled: Vec<Settled>,
    /// The place of each node of the plan, and the node of each place.
    places: Vec<usize>,
    nodes: Vec<NodeIndex>,
    run: Run<u64>,
    scheduler: S,
    now: Time,
    stop: Option<Stop>,
    steps: u32,
    in_flight: Vec<Flight>,
    /// Attempts whose outcome comes too late.
    stale: Vec<Call>,
    /// The attempt that was handed out last, by place.
    attempts: Vec<u32>,
    /// Whether a node's function ran to its end, by place; it must never be called again.
    is_done: Vec<bool>,
    /// The moment before which the next attempt must not start, by place.
    not_before: Vec<Time>,
    /// The host's form of each output that was seen, by place.
    seen: Vec<Option<u64>>,
    /// How many outcomes there were, of which each gets its number as the host's form.
    outcomes: u64,
    facts: Vec<Fact<u64>>,
    /// What would be written down, with the moments.
    pub(crate) journal: Vec<(Time, Entry<u64>)>,
}

impl<'s, S: Scheduler> Simulator<'s, S> {
    /// Starts a run.
    pub(crate) fn new(spec: &'s Spec, scheduler: S, stop: Option<Stop>) -> Self {
        Self::start(spec, scheduler, stop, Time(0), Vec::new())
    }

    /// Takes a run up again at a later time, from what was written down.
    pub(crate) fn resume(
        spec: &'s Spec,
        scheduler: S,
        stop: Option<Stop>,
        now: Time,
        journal: Vec<(Time, Entry<u64>)>,
    ) -> Self {
        Self::start(spec, scheduler, stop, now, journal)
    }

    fn start(
        spec: &'s Spec,
        scheduler: S,
        stop: Option<Stop>,
        now: Time,
        journal: Vec<(Time, Entry<u64>)>,
    ) -> Self {
        let plan = plan(spec);
        let places: Vec<usize> = spec.order.clone();
        let mut nodes = vec![0; places.len()];
        for (index, place) in places.iter().enumerate() {
            assert_eq!(&*plan.nodes[index].name, Spec::name(*place));
            nodes[*place] = index as NodeIndex;
        }
        let all = |places: &[usize]| places.iter().map(|place| nodes[*place]).collect::<Vec<_>>();
        let given = spec
            .given
            .iter()
            .map(|place| (nodes[*place], Slot::Both(spec.given_value(*place), 1_000_000 + *place as u64)));
        let start = Start {
            input: Slot::Both("input".into(), 0),
            given: given.collect(),
            at: None,
            only: spec.only.as_deref().map(all),
            deadline: deadline(stop),
            record: true,
            journal: true,
        };
        let count = nodes.len();
        let mut simulator = Self {
            spec,
            settled: settle(spec),
            run: Run::replay(plan, start, journal.iter().map(|(_, entry)| entry.clone())),
            places,
            nodes,
            scheduler,
            now,
            stop,
            steps: 0,
            in_flight: Vec::new(),
            stale: Vec::new(),
            attempts: vec![0; count],
            is_done: vec![false; count],
            not_before: vec![Time(0); count],
            seen: vec![None; count],
            outcomes: 1_000 * journal.len() as u64,
            facts: Vec::new(),
            journal: Vec::new(),
        };
        for (_, entry) in &journal {
            simulator.remember(entry);
        }
        simulator.journal = journal;
        simulator.check();
        simulator
    }

    /// What an entry that was written down earlier says about the attempts before.
    fn remember(&mut self, entry: &Entry<u64>) {
        match entry {
            Entry::Completed { node, .. } => {
                let place = self.places[*node as usize];
                self.is_done[place] = true;
                self.attempts[place] += 1;
            }
            Entry::Retrying { node, attempt, at, .. } => {
                let place = self.places[*node as usize];
                self.attempts[place] = *attempt;
                self.not_before[place] = *at;
            }
            Entry::Failed { node, attempt, .. } => self.attempts[self.places[*node as usize]] = *attempt,
            Entry::Cancelled | Entry::TimedOut | Entry::Restarting { .. } | Entry::Excused { .. } => {}
        }
    }

    /// Runs to the end and checks it.
    pub(crate) fn finish(mut self) -> (Outcome, Vec<(Time, Entry<u64>)>) {
        while !self.run.is_finished() {
            self.step();
        }
        self.check_end();
        (self.outcome(), self.journal)
    }

    fn outcome(&self) -> Outcome {
        let of = |place: usize| self.nodes[place];
        let places = 0..self.nodes.len();
        Outcome {
            state: self.run.state(),
            nodes: places.clone().map(|place| self.run.node_state(of(place))).collect(),
            attempts: places.clone().map(|place| self.run.attempts(of(place))).collect(),
            outputs: places.map(|place| self.run.output(of(place)).json().cloned()).collect(),
            returned: self.run.returned(),
        }
    }

    fn step(&mut self) {
        self.steps += 1;
        assert!(self.steps < STEPS_MAX, "the run does not end");
        match self.stop {
            Some(Stop::Cancel(after)) if after <= self.steps && !self.run.is_stopping() => {
                self.leave_threads(Run::handle_cancelled);
            }
            Some(Stop::Abort(after)) if after <= self.steps && !self.run.is_stopping() => {
                self.leave_threads(|run| run.handle_aborted(999));
            }
            _ => {
                let steps = self.possible_steps();
                assert!(!steps.is_empty(), "nothing can happen, and the run has not finished");
                match steps[self.scheduler.choose(steps.len())] {
                    Step::Start(lane) => self.start_node(lane),
                    Step::Return(index) => self.return_outcome(index),
                    Step::Wait(until) => self.wait(until),
                }
            }
        }
        self.check();
    }

    fn possible_steps(&mut self) -> Vec<Step> {
        let mut steps: Vec<Step> =
            LANES.into_iter().filter(|lane| self.run.has_ready(&[*lane])).map(Step::Start).collect();
        for (index, flight) in self.in_flight.iter().enumerate() {
            if flight.fail != Some(Fail::Hang) || flight.is_on_loop {
                steps.push(Step::Return(index));
            }
        }
        if let Some(timer) = self.run.poll_timer() {
            // What comes back in time comes back before its time is up, so that an attempt's fate
            // is the script's and not the scheduler's.
            let until = timer.max(self.now);
            let is_missed = |flight: &Flight| {
                flight.fail != Some(Fail::Hang) && flight.expires.is_some_and(|expires| expires <= until)
            };
            if !self.in_flight.iter().any(is_missed) {
                steps.push(Step::Wait(until));
            }
        }
        steps
    }

    fn start_node(&mut self, lane: Lane) {
        let ready = self.run.count_ready(lane, usize::MAX);
        let now = self.now;
        let call = self.run.poll_call(&[lane], || now).expect("a node of this lane is ready");
        assert_eq!(self.run.count_ready(lane, usize::MAX), ready - 1);
        let place = self.places[call.node as usize];
        let spec = &self.spec.nodes[place];
        assert_eq!(spec.work, WorkSpec::Host(lane));
        assert_eq!(self.run.node_state(call.node), NodeState::Running);
        assert!(self.run.is_current(call));
        assert!(!self.is_done[place], "{} is called again", Spec::name(place));
        assert_eq!(call.attempt, self.attempts[place] + 1);
        assert!(call.attempt <= spec.attempts, "more attempts than allowed");
        assert!(self.not_before[place] <= self.now, "the attempt starts before its time");
        self.check_inputs(place);
        self.attempts[place] = call.attempt;
        let is_on_loop = lane == Lane::Loop;
        self.in_flight.push(Flight {
            call,
            place,
            fail: spec.fails.get(call.attempt as usize - 1).copied(),
            expires: spec.timeout().filter(|_| !is_on_loop).map(|timeout| now.after(timeout)),
            is_on_loop,
        });
    }

    /// All that a node waits for must have settled before it starts.
    fn check_inputs(&self, place: usize) {
        let spec = &self.spec.nodes[place];
        let state = |place: usize| self.run.node_state(self.nodes[place]);
        let required =
            spec.reads.iter().filter(|(_, kind)| *kind == EdgeKind::Required).map(|(read, _)| read);
        for source in required.chain(&spec.after) {
            assert!(matches!(state(*source), NodeState::Succeeded | NodeState::Given));
        }
        for (source, _) in &spec.reads {
            assert!(matches!(state(*source), NodeState::Succeeded | NodeState::Given | NodeState::Skipped));
        }
    }

    fn return_outcome(&mut self, index: usize) {
        let Flight { call, place, fail, .. } = self.in_flight.remove(index);
        let is_stopping = self.run.is_stopping();
        self.outcomes += 1;
        self.stale.push(call);
        if is_stopping && self.scheduler.choose(2) == 0 {
            return self.run.handle_stopped(call);
        }
        let Some(fail) = fail else {
            let value = {
                let spec = &self.spec.nodes[place];
                let output = |(read, _): &(usize, EdgeKind)| self.run.output(self.nodes[*read]).json();
                let inputs: Vec<Option<&Value>> = spec.reads.iter().map(output).collect();
                spec.body(place, &inputs)
            };
            self.is_done[place] = true;
            let refused = self.run.handle_completed(call, Slot::Both(value, self.outcomes));
            assert!(refused.is_none(), "the outcome of the attempt under way is taken");
            return;
        };
        let retryable = self.spec.nodes[place].retries(fail);
        let cause = if fail == Fail::Hang { Cause::Timeout } else { Cause::Host(self.outcomes) };
        let (now, random) = (self.now, RANDOM[self.scheduler.choose(RANDOM.len())]);
        let verdict = self.run.handle_failed(call, cause, retryable, None, || now, || random);
        let is_last = self.spec.nodes[place].last_attempt().0 == call.attempt;
        // A failure past the deadline comes from it, though nobody has told the run the time.
        let is_past = self.deadline().is_some_and(|deadline| deadline <= now);
        match verdict {
            Verdict::Late => {
                assert!(is_stopping || is_past);
                if !is_stopping {
                    self.leave_threads(|_| ());
                }
            }
            Verdict::Failed => assert!(!is_stopping && !is_past && is_last),
            Verdict::Retry(at) => {
                assert!(!is_stopping && !is_past && !is_last && at >= now);
                self.not_before[place] = at;
            }
            Verdict::Excused => panic!("there is no map"),
            Verdict::Stale(_) => panic!("the failure of the attempt under way is taken"),
        }
    }

    fn wait(&mut self, until: Time) {
        if until > self.now {
            // Nothing is due before.
            let early = Time(until.0 - 1);
            assert_eq!(self.run.handle_time(early, || 0.0), []);
            assert_eq!(self.run.poll_timer(), Some(until));
        }
        self.now = until;
        let random = RANDOM[self.scheduler.choose(RANDOM.len())];
        let timed_out = self.run.handle_time(until, || random);
        for call in timed_out {
            let index = self.in_flight.iter().position(|flight| flight.call == call);
            let flight = self.in_flight.remove(index.expect("an attempt under way timed out"));
            assert_eq!(flight.fail, Some(Fail::Hang));
            assert!(flight.expires.is_some_and(|expires| expires <= until));
            self.stale.push(call);
        }
        if self.deadline().is_some_and(|deadline| deadline <= until) {
            self.leave_threads(|_| ());
        }
    }

    fn deadline(&self) -> Option<Time> {
        deadline(self.stop)
    }

    /// Ends the run without waiting for threads.
    fn leave_threads(&mut self, stop: impl FnOnce(&mut Run<u64>)) {
        stop(&mut self.run);
        let (stay, left): (Vec<_>, Vec<_>) = self.in_flight.drain(..).partition(|flight| flight.is_on_loop);
        self.in_flight = stay;
        self.stale.extend(left.into_iter().map(|flight| flight.call));
    }

    /// The rules that hold at any moment.
    fn check(&mut self) {
        self.check_stale();
        self.keep_journal();
        let on_loop = self.in_flight.iter().filter(|flight| flight.is_on_loop).count();
        assert_eq!(self.run.in_flight() as usize, self.in_flight.len());
        assert_eq!(self.run.on_loop() as usize, on_loop);
        let has_ready = self.run.has_ready(&LANES);
        let is_over = self.run.is_stopping();
        assert!(!(is_over && has_ready), "nothing starts after the first failure");
        let mut has_open = false;
        for place in 0..self.nodes.len() {
            self.check_node(place, is_over);
            let settled = matches!(
                self.run.node_state(self.nodes[place]),
                NodeState::Succeeded | NodeState::Skipped | NodeState::Given | NodeState::Excluded
            );
            has_open |= !settled;
        }
        let is_finished = (is_over || !has_open) && self.in_flight.is_empty();
        assert_eq!(self.run.is_finished(), is_finished);
        let state = self.run.state();
        let waits = !is_finished && self.in_flight.is_empty() && !has_ready;
        assert_eq!(state == RunState::Waiting, waits);
        assert_eq!(state == RunState::Running, !is_finished && !waits);
    }

    fn check_node(&mut self, place: usize, is_over: bool) {
        let node = self.nodes[place];
        let (state, settled) = (self.run.node_state(node), &self.settled[place]);
        let output = self.run.output(node);
        if matches!(self.spec.nodes[place].work, WorkSpec::Host(_)) {
            assert_eq!(self.run.attempts(node), self.attempts[place]);
        }
        match state {
            NodeState::Excluded => assert_eq!(*settled, Settled::Excluded),
            // A choice that comes when the run is over is not looked at.
            NodeState::Given if is_over && self.spec.nodes[place].route.is_some() => {}
            NodeState::Given => assert!(matches!(settled, Settled::Given(_))),
            NodeState::Skipped => assert_eq!(*settled, Settled::Skipped, "{}", Spec::name(place)),
            NodeState::Succeeded => {
                // A choice that comes when the run is over is not looked at.
                let may_fail = is_over && self.spec.nodes[place].route.is_some();
                let succeeds = matches!(settled, Settled::Succeeds(_));
                assert!(succeeds || (may_fail && *settled == Settled::Fails), "{}", Spec::name(place));
                assert!(self.run.attempts(node) >= 1);
            }
            NodeState::Failed | NodeState::Cancelled => assert!(is_over),
            NodeState::Ready | NodeState::Running | NodeState::Retrying => {
                assert!(matches!(settled, Settled::Succeeds(_) | Settled::Fails));
            }
            NodeState::Pending => {}
        }
        if let (NodeState::Succeeded | NodeState::Given, Some(value)) = (state, settled.output()) {
            assert_eq!(output.json(), Some(value), "{}", Spec::name(place));
        }
        if let Some(seen) = self.seen[place] {
            assert_eq!(output.host(), Some(&seen), "an output is written once");
        }
        self.seen[place] = output.host().copied();
    }

    /// Outcomes that come too late change nothing.
    fn check_stale(&mut self) {
        for call in &self.stale {
            let refused = self.run.handle_completed(*call, Slot::Host(7));
            assert!(matches!(refused, Some(Slot::Host(7))));
            let random = || panic!("nothing is decided for a stale attempt");
            let now = || panic!("nobody asks for the time");
            let verdict = self.run.handle_failed(*call, Cause::Host(7), true, None, now, random);
            assert!(matches!(verdict, Verdict::Stale(Cause::Host(7))));
            self.run.handle_stopped(*call);
        }
    }

    fn keep_journal(&mut self) {
        while let Some(entry) = self.run.poll_entry() {
            if let Entry::Retrying { node, at, .. } = entry {
                self.not_before[self.places[node as usize]] = at;
            }
            self.journal.push((self.now, entry));
        }
        while let Some(fact) = self.run.poll_fact() {
            self.facts.push(fact);
        }
    }

    fn check_end(&mut self) {
        assert_eq!(self.run.poll_timer(), None);
        assert_eq!(self.run.poll_call(&LANES, || Time(0)), None);
        self.run.handle_cancelled();
        self.check();
        self.check_facts();
        let fails = self.settled.contains(&Settled::Fails);
        match self.run.failure() {
            None => {
                assert!(!fails);
                assert_eq!(self.run.state(), RunState::Succeeded);
                assert_eq!(self.run.late_failures().len(), 0);
            }
            Some(Failure::Cancelled) => assert!(matches!(self.stop, Some(Stop::Cancel(_)))),
            Some(Failure::TimedOut) => assert!(matches!(self.stop, Some(Stop::Deadline(_)))),
            Some(Failure::Aborted(999)) => assert!(matches!(self.stop, Some(Stop::Abort(_)))),
            Some(Failure::Aborted(other)) => panic!("{other} is no failure of this host"),
            Some(Failure::Node { node, attempt, cause, .. }) => {
                let place = self.places[*node as usize];
                assert_eq!(self.settled[place], Settled::Fails);
                assert_eq!(self.run.node_state(*node), NodeState::Failed);
                check_cause(&self.spec.nodes[place], *attempt, cause);
            }
        }
        let ended_by = matches!(self.run.failure(), Some(Failure::Cancelled));
        assert_eq!(self.run.state() == RunState::Cancelled, ended_by);
    }

    /// Every change of a node is told once.
    fn check_facts(&self) {
        for place in 0..self.nodes.len() {
            let node = self.nodes[place];
            let state = self.run.node_state(node);
            let completed = |fact: &&Fact<u64>| matches!(fact, Fact::Completed(site, _) if site.node == node);
            let skipped = |fact: &&Fact<u64>| matches!(fact, Fact::Skipped(site) if site.node == node);
            let has_made = !matches!(self.run.output(node), Slot::Empty) && !self.spec.given.contains(&place);
            assert_eq!(self.facts.iter().filter(completed).count(), usize::from(has_made));
            let skips = self.facts.iter().filter(skipped).count();
            // Skips that nobody followed, because the run ended, are not told.
            assert!(
                skips == usize::from(state == NodeState::Skipped) || (skips == 0 && self.run.is_stopping())
            );
        }
        let ends = self.facts.iter().filter(|fact| matches!(fact, Fact::Ended)).count();
        assert_eq!(ends, usize::from(self.run.is_stopping()));
    }
}

fn check_cause(spec: &NodeSpec, attempt: u32, cause: &Cause<u64>) {
    let (last, fail) = spec.last_attempt();
    match (cause, spec.work, fail) {
        (Cause::Unhandled(_), _, _) => assert!(spec.route.is_some()),
        (Cause::Native(_), WorkSpec::BadPick | WorkSpec::Pick, _) => assert_eq!(attempt, 1),
        (Cause::Timeout, WorkSpec::Host(_), Some(Fail::Hang))
        | (Cause::Host(_), WorkSpec::Host(_), Some(Fail::Retryable | Fail::Final)) => {
            assert_eq!(attempt, last);
        }
        other => panic!("{other:?} is not what the script says"),
    }
}

fn deadline(stop: Option<Stop>) -> Option<Time> {
    match stop {
        Some(Stop::Deadline(millis)) => Some(Time(0).after(Duration::from_millis(millis))),
        _ => None,
    }
}

/// The plan of a spec, which has no faults.
pub(crate) fn plan(spec: &Spec) -> Arc<Plan> {
    let plan = spec.graph().plan().unwrap_or_else(|faults| panic!("{faults:?} in\n{}", spec.summary()));
    assert!(plan.nodes.iter().all(|node| !matches!(node.work, Work::Native(_)) || node.timeout.is_none()));
    Arc::new(plan)
}
