//! One execution of a plan, as a machine: facts go in (`handle_*`), commands come out (`poll_*`).
//!
//! Rules:
//! - A node becomes ready when all it waits for has settled and, if routes name it, one of them
//!   chose it. It is skipped as soon as something it needs was skipped or all its routes decided
//!   against it. There is no barrier: nothing else is waited for.
//! - An output is written once. An outcome of an attempt that is no longer current is refused.
//! - Native nodes run inside `handle_*`; only host nodes come out of `poll_call`.
//! - A node with a body runs it in frames: the items of a map, in their order and so many at a time, the turns
//!   of a loop, a sub-workflow. All that a body reads outside has settled before its node is ready. A frame is
//!   over when all its nodes have settled, or one of them ends it.
//! - A failure goes outward from frame to frame until a policy has the item or turn begin again, a map does
//!   without the item, or the run ends.
//! - A cancelled node is a skipped one to those who read it. What is under way of it comes out of `poll_stop`;
//!   a call on the event loop is waited for until it is reported, one on a thread is not.
//! - The first failure, cancellation, deadline or end decides how the run ends. After it nothing starts.
//!   The run has finished when nothing is in flight either; cancellation, deadline and end do not wait
//!   for calls on threads, because those cannot be stopped.

mod advance;
mod alone;
mod body;
mod cell;
mod entry;
mod fail;
mod frame;
mod handle;
mod item;
mod list;
mod look;
mod map;
mod poll;
mod record;
mod replay;
mod slot;
mod stop;
mod timer;
mod view;

use std::collections::VecDeque;
use std::sync::Arc;

pub use cell::NodeState;
pub use entry::{Cause, Entry};
pub use frame::{DEPTH_MAX, FRAMES_BEGUN_MAX, FRAMES_MAX, FrameId, Path, Step};
pub use map::{ITEMS_MAX, ITEMS_UNTIL_MAX};
pub use record::{Fact, Site};
pub use slot::{Members, Parts, Slot};

use crate::cel::time::Timestamp;
use crate::plan::{LANES, NodeIndex, Plan, Returns};
use crate::time::Time;
use body::Bodies;
use cell::Cell;
use frame::{Frames, ROOT_FRAME};
use list::List;
use record::Record;
use timer::{Due, Timers};

/// A command: carry out this attempt of this node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Call {
    /// The frame that the node is in.
    pub frame: FrameId,
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
        /// The frame that it was in.
        path: Path,
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
    /// There will be another attempt, of the node or of the item or turn around it, not before this moment.
    Retry(Time),
    /// It was the last one, and ends an item of a map that goes on without it.
    Excused,
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
    /// Whether the run keeps facts for `poll_fact`.
    pub record: bool,
    /// Whether the run keeps facts for `poll_entry`.
    pub journal: bool,
}

impl<H> Start<H> {
    /// A plain start with an input.
    pub fn new(input: Slot<H>) -> Self {
        Self { input, given: Vec::new(), only: None, at: None, deadline: None, record: false, journal: false }
    }
}

/// One execution of a plan. `H` is the host's own kind of object.
#[derive(Debug)]
pub struct Run<H> {
    plan: Arc<Plan>,
    state: State<H>,
}

#[derive(Debug)]
struct State<H> {
    /// Those of the run itself come first, so that there a node and its cell have one index.
    cells: Vec<Cell<H>>,
    input: Slot<H>,
    /// When it was started, by the calendar.
    at: Option<Timestamp>,
    /// Nodes of the workflow itself that have not settled.
    unsettled: u32,
    frames: Frames<H>,
    bodies: Bodies<H>,
    /// Ready host nodes, by lane.
    ready: [List; LANES],
    /// How many of those in `ready` have not been overtaken.
    ready_counts: [u32; LANES],
    /// Ready native nodes, bodies that can go on, and skipped nodes whose edges have not been followed.
    internal: List,
    /// Attempts under way on the event loop, those that are `leaving` too.
    on_loop: u32,
    /// Attempts under way on threads, without those that are no longer waited for.
    on_threads: u32,
    /// Whether nothing starts any more: there is a failure, or a node ended the run.
    is_over: bool,
    failure: Option<Box<Failure<H>>>,
    deadline: Option<Time>,
    timers: Timers,
    /// What happened, if the run records; most do not.
    record: Option<Box<Record<H>>>,
    aside: Option<Box<Aside<H>>>,
}

/// What few runs have, so that the others need no room for it.
#[derive(Debug)]
struct Aside<H> {
    /// Calls to be stopped of which the host has not been told.
    stops: VecDeque<Call>,
    /// Calls on the event loop that were stopped and have not been reported.
    leaving: Vec<Call>,
    /// The node that ended the run, with success.
    ended_by: Option<NodeIndex>,
    /// Failures that came after the one that ended the run.
    late: Vec<LateFailure<H>>,
    /// What frames that are over held of the host's.
    released: Vec<Slot<H>>,
}

/// A failure that came after the one that ended the run: the frame, the node, the attempt and why.
pub type LateFailure<H> = (Path, NodeIndex, u32, Cause<H>);

impl<H> State<H> {
    fn ended_by(&self) -> Option<NodeIndex> {
        self.aside.as_ref()?.ended_by
    }

    #[cold]
    fn aside(&mut self) -> &mut Aside<H> {
        self.aside.get_or_insert_with(|| {
            Box::new(Aside {
                stops: VecDeque::new(),
                leaving: Vec::new(),
                ended_by: None,
                late: Vec::new(),
                released: Vec::new(),
            })
        })
    }
}

impl<H> Run<H> {
    /// Starts a run. Native nodes that are ready have run when this returns.
    pub fn new(plan: Arc<Plan>, start: Start<H>) -> Self {
        let nodes = plan.root().nodes.clone();
        let cells = nodes.clone().map(|node| Cell::new(plan.node(node), ROOT_FRAME));
        let mut state = State {
            cells: cells.collect(),
            input: start.input,
            at: start.at,
            unsettled: nodes.end,
            frames: Frames::new(),
            bodies: Bodies::new(),
            ready: [List::default(); LANES],
            ready_counts: [0; LANES],
            internal: List::default(),
            on_loop: 0,
            on_threads: 0,
            is_over: false,
            failure: None,
            deadline: start.deadline,
            timers: Timers::default(),
            record: Record::new(start.record, start.journal),
            aside: None,
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
            if state.cells[node as usize].state == NodeState::Given && !state.is_over {
                state.settle(&plan, node);
            }
        }
        if !state.is_over {
            for node in &plan.root().sources {
                if state.cells[*node as usize].state == NodeState::Pending {
                    state.make_ready(&plan, *node, *node);
                }
            }
        }
        state.advance(&plan);
        Self { plan, state }
    }

    /// Whether the run is ending early, so that what is under way should stop.
    pub fn is_stopping(&self) -> bool {
        self.state.failure.is_some()
    }

    /// Whether a node has ended the run, with success and its own output as the result.
    pub fn is_ended(&self) -> bool {
        self.state.ended_by().is_some()
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
                let idle = self.in_flight() == 0 && self.state.ready_counts.iter().all(|count| *count == 0);
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
    pub fn take_late_failures(&mut self) -> Vec<LateFailure<H>> {
        self.state.aside.as_mut().map(|aside| std::mem::take(&mut aside.late)).unwrap_or_default()
    }

    /// Failures that came after the one that ended the run.
    pub fn late_failures(&self) -> &[LateFailure<H>] {
        self.state.aside.as_ref().map_or(&[], |aside| &aside.late)
    }

    /// Takes what frames that are over held of the host's, for a host that cannot drop its objects anywhere.
    pub fn take_released(&mut self) -> Vec<Slot<H>> {
        self.state.aside.as_mut().map(|aside| std::mem::take(&mut aside.released)).unwrap_or_default()
    }

    /// The nodes whose outputs are the result: of `Either`, the first that ran; the node that ended the
    /// run, if one did.
    pub fn returned(&self) -> Returns {
        if let Some(node) = self.state.ended_by() {
            return Returns::One(node);
        }
        match &self.plan.root().returns {
            Returns::Either(nodes) => {
                let ran = nodes.iter().find(|node| !self.output(**node).is_empty());
                ran.map_or(Returns::Nothing, |node| Returns::One(*node))
            }
            other => other.clone(),
        }
    }
}
