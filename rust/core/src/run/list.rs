//! Queues of nodes that live in the run's cells, so that queueing allocates nothing.

use super::cell::{Cell, CellIndex};

/// No cell.
pub(super) const NONE: CellIndex = CellIndex::MAX;

/// First in, first out. A cell is in one list at a time, and in it once. One that is overtaken, because it was
/// cancelled or its outcome came out of a journal, stays in its list and is passed over when its turn comes.
#[derive(Clone, Copy, Debug)]
pub(super) struct List {
    first: CellIndex,
    last: CellIndex,
}

impl Default for List {
    fn default() -> Self {
        Self { first: NONE, last: NONE }
    }
}

impl List {
    pub(super) fn push<H>(&mut self, index: CellIndex, cells: &mut [Cell<H>]) {
        let cell = &mut cells[index as usize];
        if std::mem::replace(&mut cell.queued, true) {
            return;
        }
        cell.next = NONE;
        if self.first == NONE {
            self.first = index;
        } else {
            cells[self.last as usize].next = index;
        }
        self.last = index;
    }

    pub(super) fn pop<H>(&mut self, cells: &mut [Cell<H>]) -> Option<CellIndex> {
        if self.first == NONE {
            return None;
        }
        let index = self.first;
        let cell = &mut cells[index as usize];
        cell.queued = false;
        self.first = cell.next;
        Some(index)
    }
}
