//! One execution of a plan, as a machine: facts go in (`handle_*`), commands come out (`poll_*`).
//!
//! Rules:
//! - A node becomes ready when all it waits for has settled and, if routes name it, one of them
//!   chose it. It is skipped as soon as something it needs was skipped or all its routes decided
//!   against it. There is no barrier: nothing else is waited for.
//! - An output is written once. An outcome of an attempt that is no longer current is refused.
//! - Native nodes run inside `handle_*`; only host nodes come out of `poll_call`.
//! - The first failure, cancellation or deadline decides how the run ends. After it nothing starts.
//!   The run has finished when nothing is in flight either; cancellation and deadline do not wait
//!   for calls on threads, because those cannot be stopped.

mod entry;
mod list;
mod slot;
mod timer;

use std::sync::Arc;

pub use entry::{Cause, Entry};
pub use slot::Slot;

use crate::cel::time::Timestamp;
use crate::node::{Inputs, NativeError};
use crate::plan::{EdgeKind, LANES, Lane, NodeIndex, Plan, Returns, Work};
use crate::time::Time;
use crate::value::Value;
use list::List;
use timer::{Due, Timers};

/// What a node is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeState {
    /// Left out of this run by `only`.
    Excluded,
    /// Waits for other nodes.
    Pending,
    /// May start.
    Ready,
    /// An attempt is under way.
    Running,
    /// Waits for its next attempt.
    Retrying,
    /// Gave its output.
    Succeeded,
    /// Its last attempt failed.
    Failed,
    /// Was not chosen, or needed a node that was skipped.
    Skipped,
    /// Its output came with the start of the run.
    Given,
    /// Was stopped, or its late outcome will be dropped.
    Cancelled,
}

/// A node's place in a run.
#[derive(Debug)]
struct Cell<H> {
    output: Slot<H>,
    /// Number of the current attempt, from 1; grows when an attempt is handed out.
    attempt: u32,
    /// The next node in the list that this one is in.
    next: NodeIndex,
    /// Edges that have not settled.
    waits: u16,
    /// Routes that have not decided.
    undecided: u16,
    state: NodeState,
    /// Whether a route chose it (true from the start if none names it).
    chosen: bool,
    /// Whether something it needs was skipped.
    lacks: bool,
    /// Whether it is in a list.
    queued: bool,
}

/// A command: carry out this attempt of this node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    /// The node.
    pub node: NodeIndex,
    /// The attempt, from 1.
    pub attempt: u32,
}

/// How a run ended that did not succeed.
#[derive(Debug)]
pub enum Failure<H> {
    /// A node failed for good.
    Node {
        /// The node.
        node: NodeIndex,
        /// Its last attempt.
        attempt: u32,
        /// Why.
        cause: Cause<H>,
    },
    /// The run was cancelled.
    Cancelled,
    /// The run's deadline passed.
    TimedOut,
    /// The host gave up, with this error.
    Aborted(H),
}

/// What becomes of a failed attempt.
#[derive(Debug)]
pub enum Verdict<H> {
    /// There will be another attempt, not before this moment.
    Retry(Time),
    /// It was the last one, and ends the run.
    Failed,
    /// The run was ending already; the failure is kept beside the one that ended it.
    Late,
    /// The attempt was no longer current: the error comes back.
    Stale(Cause<H>),
}

/// The state of a whole run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunState {
    /// Nodes are ready or under way.
    Running,
    /// Nothing can be done before a moment comes.
    Waiting,
    /// Every node has settled.
    Succeeded,
    /// A node failed or the deadline passed.
    Failed,
    /// It was cancelled.
    Cancelled,
}

/// How a run starts.
#[derive(Debug)]
pub struct Start<H> {
    /// The input.
    pub input: Slot<H>,
    /// Outputs that are taken as they are; their nodes do not run.
    pub given: Vec<(NodeIndex, Slot<H>)>,
    /// If set, only these nodes and what they need run.
    pub only: Option<Vec<NodeIndex>>,
    /// When it was started, by the calendar; a run that is rebuilt was started when it first was.
    pub at: Option<Timestamp>,
    /// When the run must have ended.
    pub deadline: Option<Time>,
    /// Whether the run keeps the facts of which a journal's entries and events are made.
    pub record: bool,
}

impl<H> Start<H> {
    /// A plain start with an input.
    pub fn new(input: Slot<H>) -> Self {
        Self { input, given: Vec::new(), only: None, at: None, deadline: None, record: false }
    }
}

/// Something that happened, in short; entries and events are made of it and of what the run holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fact {
    /// The node, host or native, gave its output.
    Completed(NodeIndex),
    /// The node was skipped.
    Skipped(NodeIndex),
    /// The attempt failed; the next one may start at this moment.
    Retrying(NodeIndex, u32, Time),
    /// The run ends early; `failure` says why.
    Ended,
}

/// What happened in a run, and who knows how much of it.
#[derive(Debug, Default)]
struct Record {
    facts: Vec<Fact>,
    /// How many facts `poll_fact` has given out.
    told: usize,
    /// How many facts `poll_entry` has been through.
    written: usize,
}

/// One execution of a plan. `H` is the host's own kind of object.
#[derive(Debug)]
pub struct Run<H> {
    plan: Arc<Plan>,
    state: State<H>,
}

#[derive(Debug)]
struct State<H> {
    input: Slot<H>,
    at: Option<Timestamp>,
    cells: Box<[Cell<H>]>,
    /// Ready host nodes, by lane.
    ready: [List; LANES],
    /// Ready native nodes, and skipped nodes whose edges have not been followed.
    internal: List,
    /// Nodes that have not settled.
    unsettled: u32,
    /// Attempts under way on the event loop.
    on_loop: u32,
    /// Attempts under way on threads, without those that are no longer waited for.
    on_threads: u32,
    failure: Option<Box<Failure<H>>>,
    deadline: Option<Time>,
    /// Failures that came after the one that ended the run.
    late: Vec<(NodeIndex, u32, Cause<H>)>,
    timers: Timers,
    /// What happened, if the run records; most do not.
    record: Option<Box<Record>>,
}

impl<H> Run<H> {
    /// Starts a run. Native nodes that are ready have run when this returns.
    pub fn new(plan: Arc<Plan>, start: Start<H>) -> Self {
        let cells = plan.nodes.iter().map(|node| Cell {
            output: Slot::Empty,
            attempt: 0,
            next: list::NONE,
            waits: (node.reads.len() + node.after.len()) as u16,
            undecided: node.routes.len() as u16,
            state: NodeState::Pending,
            chosen: node.routes.is_empty(),
            lacks: false,
            queued: false,
        });
        let mut state = State {
            input: start.input,
            at: start.at,
            cells: cells.collect(),
            ready: [List::default(); LANES],
            internal: List::default(),
            unsettled: plan.nodes.len() as u32,
            on_loop: 0,
            on_threads: 0,
            failure: None,
            deadline: start.deadline,
            late: Vec::new(),
            timers: Timers::default(),
            record: start.record.then(Box::default),
        };
        if let Some(deadline) = start.deadline {
            state.timers.push(deadline, Due::Deadline);
        }
        let mut given: Vec<NodeIndex> = start.given.iter().map(|(node, _)| *node).collect();
        given.sort_unstable();
        given.dedup();
        if let Some(only) = start.only {
            let needed = plan.needs(&only, &given);
            for (cell, _) in state.cells.iter_mut().zip(needed).filter(|(_, needed)| !needed) {
                cell.state = NodeState::Excluded;
                state.unsettled -= 1;
            }
        }
        for (node, output) in start.given {
            let cell = &mut state.cells[node as usize];
            if cell.state == NodeState::Pending {
                cell.state = NodeState::Given;
                cell.output = output;
            }
        }
        for node in given {
            if state.cells[node as usize].state == NodeState::Given {
                state.settle(&plan, node);
            }
        }
        for node in &plan.sources {
            if state.cells[*node as usize].state == NodeState::Pending {
                state.make_ready(&plan, *node);
            }
        }
        state.advance(&plan);
        Self { plan, state }
    }

    /// The plan that is executed.
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// The run's input.
    pub fn input(&self) -> &Slot<H> {
        &self.state.input
    }

    /// The run's input, to add the host's form to it.
    pub fn input_mut(&mut self) -> &mut Slot<H> {
        &mut self.state.input
    }

    /// The output of a node.
    pub fn output(&self, node: NodeIndex) -> &Slot<H> {
        &self.state.cells[node as usize].output
    }

    /// The output of a node, to add the host's form to it.
    pub fn output_mut(&mut self, node: NodeIndex) -> &mut Slot<H> {
        &mut self.state.cells[node as usize].output
    }

    /// What a node is doing.
    pub fn node_state(&self, node: NodeIndex) -> NodeState {
        self.state.cells[node as usize].state
    }

    /// How many attempts of a node were made.
    pub fn attempts(&self, node: NodeIndex) -> u32 {
        self.state.cells[node as usize].attempt
    }

    /// Whether this attempt is the one under way.
    pub fn is_current(&self, call: Call) -> bool {
        self.state.is_current(call)
    }

    /// Whether a node of one of these lanes could start now.
    pub fn has_ready(&self, lanes: &[Lane]) -> bool {
        self.state.failure.is_none() && lanes.iter().any(|lane| !self.state.ready[*lane as usize].is_empty())
    }

    /// How many nodes of a lane could start now, counted up to `limit`.
    pub fn count_ready(&self, lane: Lane, limit: usize) -> usize {
        if self.state.failure.is_some() {
            return 0;
        }
        self.state.ready[lane as usize].iter(&self.state.cells).take(limit).count()
    }

    /// Lets the first `count` ready nodes of a lane wait behind the others, for a host that tries out
    /// orders: none is promised.
    pub fn rotate_ready(&mut self, lane: Lane, count: usize) {
        let State { ready, cells, .. } = &mut self.state;
        let list = &mut ready[lane as usize];
        for _ in 0..count {
            if let Some(node) = list.pop(cells) {
                list.push(node, cells);
            }
        }
    }

    /// Takes the next node that may start in one of these lanes, in their order. `now` is asked
    /// only where the node has a timeout.
    pub fn poll_call(&mut self, lanes: &[Lane], now: impl FnOnce() -> Time) -> Option<Call> {
        let state = &mut self.state;
        if state.failure.is_some() {
            return None;
        }
        for lane in lanes {
            let Some(node) = state.ready[*lane as usize].pop(&mut state.cells) else { continue };
            let cell = &mut state.cells[node as usize];
            cell.state = NodeState::Running;
            cell.attempt += 1;
            let call = Call { node, attempt: cell.attempt };
            *state.in_flight(*lane) += 1;
            if self.plan.has_timeouts
                && *lane != Lane::Loop
                && let Some(timeout) = self.plan.node(node).timeout
            {
                state.timers.push(now().after(timeout), Due::Timeout(node, call.attempt));
            }
            return Some(call);
        }
        None
    }

    /// The next moment at which `handle_time` has something to do.
    pub fn poll_timer(&mut self) -> Option<Time> {
        let state = &mut self.state;
        let (cells, failure) = (&state.cells, &state.failure);
        let (threads, unsettled) = (state.on_threads, state.unsettled);
        state.timers.next(|due| match due {
            Due::Retry(node, attempt) => {
                let cell = &cells[node as usize];
                cell.state == NodeState::Retrying && cell.attempt == attempt && failure.is_none()
            }
            Due::Timeout(node, attempt) => {
                let cell = &cells[node as usize];
                cell.state == NodeState::Running && cell.attempt == attempt
            }
            Due::Deadline => (failure.is_none() && unsettled > 0) || threads > 0,
        })
    }

    /// The next thing that happened, if the run records.
    pub fn poll_fact(&mut self) -> Option<Fact> {
        let record = self.state.record.as_mut()?;
        let fact = *record.facts.get(record.told)?;
        record.told += 1;
        Some(fact)
    }

    /// Takes the output of an attempt. One that is no longer current gives the output back.
    pub fn handle_completed(&mut self, call: Call, output: Slot<H>) -> Option<Slot<H>> {
        if !self.state.is_current(call) {
            return Some(output);
        }
        let Self { plan, state } = self;
        state.leave(plan, call.node);
        state.complete(plan, call.node, output);
        None
    }

    /// Takes a failed attempt. Whether its kind of error may be retried is the host's word; when,
    /// and whether there is an attempt left, is decided here. `random` lies in [0, 1).
    pub fn handle_failed(
        &mut self,
        call: Call,
        cause: Cause<H>,
        retryable: bool,
        now: impl Fn() -> Time,
        random: impl FnOnce() -> f64,
    ) -> Verdict<H> {
        if !self.state.is_current(call) {
            return Verdict::Stale(cause);
        }
        let Self { plan, state } = self;
        state.leave(plan, call.node);
        let verdict = state.fail_attempt(plan, call, cause, retryable, now, random);
        state.advance(plan);
        verdict
    }

    /// Takes note that this attempt was stopped because the run is ending.
    pub fn handle_stopped(&mut self, call: Call) {
        if self.state.is_current(call) {
            let Self { plan, state } = self;
            state.leave(plan, call.node);
            state.cells[call.node as usize].state = NodeState::Cancelled;
        }
    }

    /// Takes note of the time: retries that are due become ready, attempts on threads whose time
    /// is up fail, and a run past its deadline ends. Gives the attempts that timed out.
    pub fn handle_time(&mut self, now: Time, mut random: impl FnMut() -> f64) -> Vec<Call> {
        let Self { plan, state } = self;
        let mut timed_out = Vec::new();
        while let Some(due) = state.timers.pop_due(now) {
            match due {
                Due::Retry(node, attempt) => {
                    let cell = &state.cells[node as usize];
                    // A replay sets a timer for each failed attempt, of which the last one counts.
                    let is_current = cell.state == NodeState::Retrying && cell.attempt == attempt;
                    if is_current && state.failure.is_none() {
                        state.make_ready(plan, node);
                    }
                }
                Due::Timeout(node, attempt) => {
                    let call = Call { node, attempt };
                    if state.is_current(call) {
                        state.leave(plan, node);
                        timed_out.push(call);
                        let retryable = plan.node(node).retry.as_ref().is_some_and(|retry| retry.timeouts);
                        state.fail_attempt(plan, call, Cause::Timeout, retryable, || now, &mut random);
                    }
                }
                Due::Deadline => state.stop(plan, Failure::TimedOut),
            }
        }
        state.advance(plan);
        timed_out
    }

    /// Cancels the run.
    pub fn handle_cancelled(&mut self) {
        let Self { plan, state } = self;
        state.stop(plan, Failure::Cancelled);
    }

    /// Whether the run is ending early, so that what is under way should stop.
    pub fn is_stopping(&self) -> bool {
        self.state.failure.is_some()
    }

    /// Gives up because of a fault of the host itself.
    pub fn handle_aborted(&mut self, error: H) {
        let Self { plan, state } = self;
        state.stop(plan, Failure::Aborted(error));
    }

    /// Whether nothing is left to do or to wait for.
    pub fn is_finished(&self) -> bool {
        let state = &self.state;
        (state.failure.is_some() || state.unsettled == 0) && state.on_loop + state.on_threads == 0
    }

    /// Attempts that are under way and waited for.
    pub fn in_flight(&self) -> u32 {
        self.state.on_loop + self.state.on_threads
    }

    /// Attempts that are under way on the event loop.
    pub fn on_loop(&self) -> u32 {
        self.state.on_loop
    }

    /// The state of the run as a whole.
    pub fn state(&self) -> RunState {
        match self.state.failure.as_deref() {
            _ if !self.is_finished() => {
                let idle = self.in_flight() == 0 && self.state.ready.iter().all(|list| list.is_empty());
                if idle { RunState::Waiting } else { RunState::Running }
            }
            None => RunState::Succeeded,
            Some(Failure::Cancelled) => RunState::Cancelled,
            Some(_) => RunState::Failed,
        }
    }

    /// Why the run ends early, if it does.
    pub fn failure(&self) -> Option<&Failure<H>> {
        self.state.failure.as_deref()
    }

    /// Why the run ends early, for a host that takes its error out and leaves another.
    pub fn failure_mut(&mut self) -> Option<&mut Failure<H>> {
        self.state.failure.as_deref_mut()
    }

    /// Takes the failures that came after the one that ended the run.
    pub fn take_late_failures(&mut self) -> Vec<(NodeIndex, u32, Cause<H>)> {
        std::mem::take(&mut self.state.late)
    }

    /// Failures that came after the one that ended the run.
    pub fn late_failures(&self) -> &[(NodeIndex, u32, Cause<H>)] {
        &self.state.late
    }

    /// The nodes whose outputs are the result: of `Either`, the first that ran.
    pub fn returned(&self) -> Returns {
        match &self.plan.returns {
            Returns::Either(nodes) => {
                let ran = nodes.iter().find(|node| !matches!(self.output(**node), Slot::Empty));
                ran.map_or(Returns::Nothing, |node| Returns::One(*node))
            }
            other => other.clone(),
        }
    }
}

/// The journal's side.
impl<H: Clone> Run<H> {
    /// The next entry to write down, if the run records.
    pub fn poll_entry(&mut self) -> Option<Entry<H>> {
        let state = &mut self.state;
        loop {
            let record = state.record.as_mut()?;
            let fact = *record.facts.get(record.written)?;
            record.written += 1;
            let entry = match fact {
                Fact::Completed(node) if matches!(self.plan.node(node).work, Work::Host(_)) => {
                    Entry::Completed { node, output: state.cells[node as usize].output.clone() }
                }
                // What a replay works out by itself is not written down.
                Fact::Completed(_) | Fact::Skipped(_) => continue,
                Fact::Retrying(node, attempt, at) => Entry::Retrying { node, attempt, at },
                Fact::Ended => match state.failure.as_deref() {
                    Some(Failure::Node { node, attempt, cause }) => {
                        Entry::Failed { node: *node, attempt: *attempt, error: cause.clone() }
                    }
                    Some(Failure::TimedOut) => Entry::TimedOut,
                    Some(Failure::Cancelled) | None => Entry::Cancelled,
                    // The run is taken up again as if the host had been killed.
                    Some(Failure::Aborted(_)) => continue,
                },
            };
            return Some(entry);
        }
    }

    /// Rebuilds a run from its start and the entries that were written down before it stopped.
    /// Attempts that were under way start again: a node body runs at least once.
    pub fn replay(plan: Arc<Plan>, start: Start<H>, entries: impl IntoIterator<Item = Entry<H>>) -> Self {
        let mut run = Self::new(plan, start);
        let Self { plan, state } = &mut run;
        let mut has_end = false;
        for entry in entries {
            has_end |= matches!(entry, Entry::Failed { .. } | Entry::Cancelled | Entry::TimedOut);
            match entry {
                Entry::Completed { node, output } => {
                    state.cells[node as usize].attempt += 1;
                    state.complete(plan, node, output);
                }
                Entry::Retrying { node, attempt, at } => {
                    state.cells[node as usize].attempt = attempt;
                    state.wait_for_retry(node, at);
                }
                Entry::Failed { node, attempt, error } => {
                    state.cells[node as usize].attempt = attempt;
                    state.cells[node as usize].state = NodeState::Failed;
                    state.end(Failure::Node { node, attempt, cause: error });
                }
                Entry::Cancelled => state.stop(plan, Failure::Cancelled),
                Entry::TimedOut => state.stop(plan, Failure::TimedOut),
            }
        }
        state.drop_overtaken();
        if let Some(record) = &mut state.record {
            let facts = &record.facts;
            // The run may have come to its end here and not before it stopped: then that is new.
            let end = facts.iter().position(|fact| *fact == Fact::Ended).filter(|_| !has_end);
            record.written = end.unwrap_or(facts.len());
        }
        run
    }
}

impl<H> State<H> {
    fn is_current(&self, call: Call) -> bool {
        let cell = &self.cells[call.node as usize];
        cell.attempt == call.attempt && cell.state == NodeState::Running
    }

    fn in_flight(&mut self, lane: Lane) -> &mut u32 {
        if lane == Lane::Loop { &mut self.on_loop } else { &mut self.on_threads }
    }

    /// An attempt is no longer under way.
    fn leave(&mut self, plan: &Plan, node: NodeIndex) {
        if let Work::Host(lane) = plan.node(node).work {
            *self.in_flight(lane) -= 1;
        }
    }

    fn note(&mut self, fact: Fact) {
        if let Some(record) = &mut self.record {
            record.facts.push(fact);
        }
    }

    fn make_ready(&mut self, plan: &Plan, node: NodeIndex) {
        self.cells[node as usize].state = NodeState::Ready;
        let list = match plan.node(node).work {
            Work::Host(lane) => &mut self.ready[lane as usize],
            Work::Native(_) => &mut self.internal,
        };
        list.push(node, &mut self.cells);
    }

    /// Takes nodes out of the ready lists that a replayed outcome has overtaken there.
    fn drop_overtaken(&mut self) {
        for list in &mut self.ready {
            let mut all = std::mem::take(list);
            while let Some(node) = all.pop(&mut self.cells) {
                if self.cells[node as usize].state == NodeState::Ready {
                    list.push(node, &mut self.cells);
                }
            }
        }
    }

    /// Writes a node's output down and follows what comes of it.
    fn complete(&mut self, plan: &Plan, node: NodeIndex, output: Slot<H>) {
        let cell = &mut self.cells[node as usize];
        cell.output = output;
        cell.state = NodeState::Succeeded;
        self.note(Fact::Completed(node));
        if self.failure.is_none() {
            self.settle(plan, node);
            self.advance(plan);
        }
    }

    /// Runs native nodes and follows skipped ones until nothing is left but host nodes.
    fn advance(&mut self, plan: &Plan) {
        while self.failure.is_none() {
            let Some(node) = self.internal.pop(&mut self.cells) else { return };
            match (self.cells[node as usize].state, &plan.node(node).work) {
                (NodeState::Ready, Work::Native(native)) => {
                    self.cells[node as usize].attempt += 1;
                    let view = View { plan, state: self, node };
                    match native.evaluate(&view) {
                        Ok(value) => {
                            let cell = &mut self.cells[node as usize];
                            cell.output = Slot::Json(value);
                            cell.state = NodeState::Succeeded;
                            self.note(Fact::Completed(node));
                            self.settle(plan, node);
                        }
                        Err(error) => self.fail_native(node, Cause::Native(error)),
                    }
                }
                (NodeState::Skipped, _) => {
                    self.note(Fact::Skipped(node));
                    self.settle(plan, node);
                }
                _ => {}
            }
        }
    }

    /// Tells a node's dependents that it has settled: with an output, or skipped.
    fn settle(&mut self, plan: &Plan, node: NodeIndex) {
        self.unsettled -= 1;
        let planned = plan.node(node);
        let skipped = self.cells[node as usize].state == NodeState::Skipped;
        if let (Some(cases), false) = (&planned.cases, skipped) {
            // The clone is of a pointer at most; it frees `cells` for the marks.
            let value = self.cells[node as usize].output.json().cloned().unwrap_or(Value::Null);
            let cells = &mut self.cells;
            if let Err(unhandled) = cases.select(&value, |target| cells[target as usize].chosen = true) {
                return self.fail_native(node, Cause::Unhandled(unhandled.0));
            }
        }
        for edge in &planned.edges {
            let cell = &mut self.cells[edge.target as usize];
            if edge.kind == EdgeKind::Case {
                cell.undecided -= 1;
            } else {
                cell.waits -= 1;
                cell.lacks |= skipped && edge.kind.passes_skips();
            }
            if cell.state != NodeState::Pending {
                continue;
            }
            if cell.lacks || (cell.undecided == 0 && !cell.chosen) {
                cell.state = NodeState::Skipped;
                self.internal.push(edge.target, &mut self.cells);
            } else if cell.waits == 0 && cell.chosen {
                self.make_ready(plan, edge.target);
            }
        }
    }

    fn fail_attempt(
        &mut self,
        plan: &Plan,
        call: Call,
        cause: Cause<H>,
        retryable: bool,
        now: impl Fn() -> Time,
        random: impl FnOnce() -> f64,
    ) -> Verdict<H> {
        let Call { node, attempt } = call;
        if self.failure.is_some() {
            self.cells[node as usize].state = NodeState::Failed;
            self.late.push((node, attempt, cause));
            return Verdict::Late;
        }
        if self.deadline.is_some_and(|deadline| deadline <= now()) {
            // Whatever it raised, it is because the time was up.
            self.cells[node as usize].state = NodeState::Cancelled;
            self.stop(plan, Failure::TimedOut);
            self.late.push((node, attempt, cause));
            return Verdict::Late;
        }
        let policy = plan.node(node).retry.as_ref().filter(|_| retryable);
        if let Some(delay) = policy.and_then(|retry| retry.delay_after(attempt, random)) {
            let at = now().after(delay);
            self.note(Fact::Retrying(node, attempt, at));
            if delay.is_zero() {
                self.make_ready(plan, node);
            } else {
                self.wait_for_retry(node, at);
            }
            return Verdict::Retry(at);
        }
        self.cells[node as usize].state = NodeState::Failed;
        self.end(Failure::Node { node, attempt, cause });
        Verdict::Failed
    }

    fn fail_native(&mut self, node: NodeIndex, cause: Cause<H>) {
        let cell = &mut self.cells[node as usize];
        cell.state = NodeState::Failed;
        let attempt = cell.attempt.max(1);
        self.end(Failure::Node { node, attempt, cause });
    }

    fn wait_for_retry(&mut self, node: NodeIndex, at: Time) {
        let cell = &mut self.cells[node as usize];
        cell.state = NodeState::Retrying;
        self.timers.push(at, Due::Retry(node, cell.attempt));
    }

    /// The first reason to end is the one that counts.
    fn end(&mut self, failure: Failure<H>) {
        if self.failure.is_none() {
            self.failure = Some(Box::new(failure));
            self.note(Fact::Ended);
        }
    }

    /// Ends the run without waiting for calls on threads.
    fn stop(&mut self, plan: &Plan, failure: Failure<H>) {
        if self.unsettled == 0 && self.failure.is_none() {
            return;
        }
        self.end(failure);
        self.on_threads = 0;
        for (cell, planned) in self.cells.iter_mut().zip(&plan.nodes) {
            let on_loop = matches!(planned.work, Work::Host(Lane::Loop));
            if cell.state == NodeState::Running && !on_loop {
                cell.state = NodeState::Cancelled;
            }
        }
    }
}

/// What a native node sees of its run.
struct View<'r, H> {
    plan: &'r Plan,
    state: &'r State<H>,
    node: NodeIndex,
}

impl<H> Inputs for View<'_, H> {
    fn input(&self) -> &Value {
        self.state.input.json().unwrap_or(&Value::Null)
    }

    fn output(&self, position: usize) -> Option<&Value> {
        let (read, _) = self.plan.node(self.node).reads.get(position)?;
        self.state.cells[*read as usize].output.json()
    }

    fn name(&self, position: usize) -> &str {
        let read = self.plan.node(self.node).reads.get(position);
        read.map_or("input", |(read, _)| &self.plan.node(*read).name)
    }

    fn time(&self) -> Option<Timestamp> {
        self.state.at
    }
}

impl<H> From<NativeError> for Cause<H> {
    fn from(error: NativeError) -> Self {
        Self::Native(error)
    }
}
