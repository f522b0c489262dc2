//! Runs that are taken up again from what was written down of them.

use std::sync::Arc;

use super::cell::{CellIndex, FrameIndex, NodeState};
use super::frame::ROOT_FRAME;
use super::{Call, Cause, Entry, Failure, Run, Start, State, Step};
use crate::plan::{NodeIndex, Plan};

impl<H: Clone> Run<H> {
    /// Rebuilds a run from its start and the entries that were written down before it stopped.
    /// Attempts that were under way start again: a node body runs at least once. Entries that do not belong
    /// to this plan are passed over.
    pub fn replay(plan: Arc<Plan>, start: Start<H>, entries: impl IntoIterator<Item = Entry<H>>) -> Self {
        let mut run = Self::new(plan, start);
        let Self { plan, state } = &mut run;
        let mut has_end = false;
        for entry in entries {
            has_end |= matches!(entry, Entry::Failed { .. } | Entry::Cancelled | Entry::TimedOut);
            state.replay(plan, entry);
            state.advance(plan);
        }
        // Nothing that the replay stopped was under way.
        if let Some(aside) = &mut state.aside {
            aside.stops.clear();
        }
        if let Some(record) = &mut state.record {
            // The run may have come to its end here and not before it stopped: then that is new.
            record.take_as_written(has_end);
        }
        run
    }
}

impl<H> State<H> {
    fn replay(&mut self, plan: &Plan, entry: Entry<H>) {
        match entry {
            Entry::Completed { path, node, output } => {
                let Some(cell) = self.take_up(plan, &path, node) else { return };
                self.cells[cell as usize].attempt += 1;
                self.complete(plan, cell, output);
            }
            Entry::Retrying { path, node, attempt, at } => {
                let Some(cell) = self.take_up(plan, &path, node) else { return };
                self.cells[cell as usize].attempt = attempt;
                let frame = self.frames.id(self.cells[cell as usize].frame);
                self.wait_for_retry(Call { frame, node, attempt }, cell, at);
            }
            Entry::Restarting { path, attempt, at } => {
                let Some(frame) = self.locate(plan, &path).filter(|frame| *frame != ROOT_FRAME) else {
                    return;
                };
                self.frames.get_mut(frame).attempt = attempt;
                self.restart(plan, frame, at, false);
            }
            Entry::Excused { path, node, attempt, error } => {
                let Some(cell) = self.take_up(plan, &path, node) else { return };
                self.cells[cell as usize].attempt = attempt;
                // The cause is of no use any more: the error stands for it.
                self.fail(plan, cell, Cause::Timeout, Some(error), &mut |_, _| None);
            }
            Entry::Failed { path, node, attempt, error } => {
                let frame = self.locate(plan, &path).unwrap_or(ROOT_FRAME);
                if plan.region(self.frames.region(frame)).nodes.contains(&node) {
                    let cell = self.cell(frame, node);
                    self.leave_ready(plan, cell);
                    self.cells[cell as usize].attempt = attempt;
                    self.cells[cell as usize].state = NodeState::Failed;
                }
                let around = self.owners(frame);
                self.end(Failure::Node { path, node, attempt, cause: error });
                for cell in around {
                    self.cells[cell as usize].state = NodeState::Failed;
                }
            }
            Entry::Cancelled => self.stop(plan, Failure::Cancelled),
            Entry::TimedOut => self.stop(plan, Failure::TimedOut),
        }
    }

    /// The cell of a node that had not settled, out of the list in which it is ready.
    fn take_up(&mut self, plan: &Plan, path: &[Step], node: NodeIndex) -> Option<CellIndex> {
        let frame = self.locate(plan, path)?;
        if !plan.region(self.frames.region(frame)).nodes.contains(&node) {
            return None;
        }
        let cell = self.cell(frame, node);
        if !self.cells.get(cell as usize)?.state.is_open() {
            return None;
        }
        self.leave_ready(plan, cell);
        Some(cell)
    }

    /// The frame at the end of a path, which begins again if it was waiting for that.
    fn locate(&mut self, plan: &Plan, path: &[Step]) -> Option<FrameIndex> {
        let mut frame = ROOT_FRAME;
        for step in path {
            if !plan.region(self.frames.region(frame)).nodes.contains(&step.node) {
                return None;
            }
            let cell = self.cells.get(self.cell(frame, step.node) as usize)?;
            if cell.state != NodeState::Running {
                return None;
            }
            let running = self.bodies.get(cell.extra)?;
            let frames = &mut running.frames.iter().copied();
            frame = frames.find(|frame| self.frames.get(*frame).item == step.item)?;
            if self.frames.waits(self.frames.id(frame)) {
                self.open_frame(plan, frame);
                self.advance(plan);
            }
        }
        Some(frame)
    }
}
