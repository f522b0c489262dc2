//! Queues of nodes that live in the run's cells, so that queueing allocates nothing.

use super::Cell;
use crate::plan::NodeIndex;

/// No node.
pub(super) const NONE: NodeIndex = NodeIndex::MAX;

/// First in, first out. A node is in one list at a time, and in it once.
#[derive(Clone, Copy, Debug)]
pub(super) struct List {
    first: NodeIndex,
    last: NodeIndex,
}

impl Default for List {
    fn default() -> Self {
        Self { first: NONE, last: NONE }
    }
}

impl List {
    pub(super) fn is_empty(self) -> bool {
        self.first == NONE
    }

    pub(super) fn push<H>(&mut self, node: NodeIndex, cells: &mut [Cell<H>]) {
        let cell = &mut cells[node as usize];
        if std::mem::replace(&mut cell.queued, true) {
            return;
        }
        cell.next = NONE;
        if self.first == NONE {
            self.first = node;
        } else {
            cells[self.last as usize].next = node;
        }
        self.last = node;
    }

    pub(super) fn pop<H>(&mut self, cells: &mut [Cell<H>]) -> Option<NodeIndex> {
        if self.first == NONE {
            return None;
        }
        let node = self.first;
        let cell = &mut cells[node as usize];
        cell.queued = false;
        self.first = cell.next;
        Some(node)
    }

    pub(super) fn iter<H>(self, cells: &[Cell<H>]) -> impl Iterator<Item = NodeIndex> + '_ {
        let first = (self.first != NONE).then_some(self.first);
        std::iter::successors(first, |node| Some(cells[*node as usize].next).filter(|next| *next != NONE))
    }
}
