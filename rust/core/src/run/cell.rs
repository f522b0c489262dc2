//! A node's place in a run.

use super::Slot;
use super::list::NONE;
use crate::plan::{First, PlanNode};

/// Index of a cell among all cells of a run.
pub(super) type CellIndex = u32;

/// Index of a frame among all frames of a run.
pub(super) type FrameIndex = u32;

/// What a node is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeState {
    /// Left out of this run by `only`.
    Excluded,
    /// Waits for other nodes.
    Pending,
    /// May start.
    Ready,
    /// An attempt is under way, or its body.
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
    /// Was stopped, or its late outcome will be dropped. To those who read it, it was skipped.
    Cancelled,
}

impl NodeState {
    /// Whether it is not known yet what becomes of it.
    pub(super) fn is_open(self) -> bool {
        matches!(self, Self::Pending | Self::Ready | Self::Running | Self::Retrying)
    }

    /// Whether it is over without an output.
    pub(super) fn is_skipped(self) -> bool {
        matches!(self, Self::Skipped | Self::Cancelled)
    }
}

/// A node of a frame.
#[derive(Debug)]
pub(super) struct Cell<H> {
    pub(super) output: Slot<H>,
    /// Number of the current attempt, from 1; grows when an attempt is handed out.
    pub(super) attempt: u32,
    /// The next cell in the list that this one is in.
    pub(super) next: CellIndex,
    pub(super) frame: FrameIndex,
    /// Of a node whose body is under way, its index; of one that waits for some of its members only, how
    /// many have settled, and in the upper half how many of these have an output.
    pub(super) extra: u32,
    /// Edges that have not settled; the members of which only some are waited for are one edge.
    pub(super) waits: u16,
    /// Routes that have not decided.
    pub(super) undecided: u16,
    pub(super) state: NodeState,
    /// Whether a route chose it (true from the start if none names it).
    pub(super) chosen: bool,
    /// Whether something it needs was skipped.
    pub(super) lacks: bool,
    /// Whether it is in a list.
    pub(super) queued: bool,
}

impl<H> Cell<H> {
    pub(super) fn new(node: &PlanNode, frame: FrameIndex) -> Self {
        Self {
            output: Slot::Empty,
            attempt: 0,
            next: NONE,
            frame,
            extra: 0,
            waits: node.waits,
            undecided: node.routes.len() as u16,
            state: NodeState::Pending,
            chosen: node.routes.is_empty(),
            lacks: false,
            queued: false,
        }
    }

    /// Begins again, without leaving the list that it is in: the list of a node is always the same.
    pub(super) fn reset(&mut self, node: &PlanNode) {
        let fresh = Self::new(node, self.frame);
        *self = Self { next: self.next, queued: self.queued, ..fresh };
    }

    /// Notes that a member has settled; true when that decides what is waited for.
    pub(super) fn hear_member(&mut self, first: First, members: u16, has_output: bool) -> bool {
        let was_decided = self.is_decided(first, members);
        self.extra += 1 + (u32::from(has_output) << 16);
        !was_decided && self.is_decided(first, members)
    }

    fn is_decided(&self, first: First, members: u16) -> bool {
        self.extra >> 16 >= first.count || self.extra & 0xffff >= u32::from(members)
    }
}
