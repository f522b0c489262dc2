//! What happened in a run, for those who tell of it or write it down.

use std::collections::VecDeque;
use std::sync::Arc;

use super::cell::CellIndex;
use super::frame::ROOT_FRAME;
use super::{Entry, Failure, Path, Run, Slot, State};
use crate::plan::{NodeIndex, Plan, Work};
use crate::time::Time;
use crate::value::Value;

/// Something that happened to a node, or to the run.
#[derive(Clone, Debug)]
pub enum Fact<H> {
    /// The node, host or native, gave its output. In a frame of a body the output is here, because the frame
    /// may be over; a node of the workflow itself keeps it in the run.
    Completed(Site, Option<Arc<Slot<H>>>),
    /// The node was skipped.
    Skipped(Site),
    /// The node was stopped, or will not run, while the run goes on.
    Cancelled(Site),
    /// The attempt failed; the next one may start at this moment.
    Retrying(Site, Time),
    /// The item or turn, of this node and attempt, failed; the next attempt may start at this moment.
    Restarting(Site, u32, Time),
    /// The last attempt failed, and a map goes on without the item: the error as data.
    Excused(Site, Value),
    /// The run ends early; `failure` says why.
    Ended,
}

/// A node of a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// The frame.
    pub path: Path,
    /// The node.
    pub node: NodeIndex,
    /// Its attempt, from 1; 0 if there was none.
    pub attempt: u32,
}

/// The facts of a run, and who knows how many of them.
#[derive(Debug)]
pub(super) struct Record<H> {
    facts: VecDeque<Fact<H>>,
    /// How many facts were dropped, because nobody wants them any more.
    dropped: usize,
    /// How many facts were given out by `poll_fact`; none are kept for it if it is not asked.
    told: Option<usize>,
    /// How many facts `poll_entry` has been through.
    written: Option<usize>,
}

impl<H> Record<H> {
    /// A record for `poll_fact` or `poll_entry` or both; none for nobody.
    pub(super) fn new(tells: bool, writes: bool) -> Option<Box<Self>> {
        (tells || writes).then(|| {
            Box::new(Self {
                facts: VecDeque::new(),
                dropped: 0,
                told: tells.then_some(0),
                written: writes.then_some(0),
            })
        })
    }

    fn push(&mut self, fact: Fact<H>) {
        self.facts.push_back(fact);
    }

    fn trim(&mut self) {
        let known = [self.told, self.written].into_iter().flatten().min().unwrap_or_default();
        while self.dropped < known {
            self.facts.pop_front();
            self.dropped += 1;
        }
    }

    /// Takes what a replay came by as written, up to an end that is new.
    pub(super) fn take_as_written(&mut self, has_end: bool) {
        let end = self.facts.iter().position(|fact| matches!(fact, Fact::Ended)).filter(|_| !has_end);
        if let Some(written) = &mut self.written {
            *written = self.dropped + end.unwrap_or(self.facts.len());
        }
    }
}

impl<H> Run<H> {
    /// The next thing that happened, if the run keeps facts. It may hold the last reference to an output.
    pub fn poll_fact(&mut self) -> Option<Fact<H>> {
        let record = self.state.record.as_mut()?;
        let told = record.told.as_mut()?;
        if record.written.is_none() {
            record.facts.pop_front().inspect(|_| {
                *told += 1;
                record.dropped += 1;
            })
        } else {
            let fact = record.facts.get(*told - record.dropped)?.copy();
            *told += 1;
            record.trim();
            Some(fact)
        }
    }
}

impl<H> Fact<H> {
    fn copy(&self) -> Self {
        match self {
            Self::Completed(site, output) => Self::Completed(site.clone(), output.clone()),
            Self::Skipped(site) => Self::Skipped(site.clone()),
            Self::Cancelled(site) => Self::Cancelled(site.clone()),
            Self::Retrying(site, at) => Self::Retrying(site.clone(), *at),
            Self::Restarting(site, item, at) => Self::Restarting(site.clone(), *item, *at),
            Self::Excused(site, error) => Self::Excused(site.clone(), error.clone()),
            Self::Ended => Self::Ended,
        }
    }
}

impl<H: Clone> Run<H> {
    /// The next entry to write down, if the run keeps them.
    pub fn poll_entry(&mut self) -> Option<Entry<H>> {
        let state = &mut self.state;
        loop {
            let record = state.record.as_mut()?;
            let written = record.written.as_mut()?;
            let entry = match record.facts.get(*written - record.dropped)? {
                Fact::Completed(site, output) => is_host(&self.plan, site.node).then(|| {
                    let kept = || state.cells[site.node as usize].output.clone();
                    let output = output.as_ref().map_or_else(kept, |output| Slot::clone(output));
                    Entry::Completed { path: site.path.clone(), node: site.node, output }
                }),
                Fact::Retrying(site, at) => Some(Entry::Retrying {
                    path: site.path.clone(),
                    node: site.node,
                    attempt: site.attempt,
                    at: *at,
                }),
                Fact::Restarting(site, item, at) => {
                    let mut path = site.path.to_vec();
                    path.push(super::Step { node: site.node, item: *item });
                    Some(Entry::Restarting { path: path.into(), attempt: site.attempt, at: *at })
                }
                Fact::Excused(site, error) => is_host(&self.plan, site.node).then(|| Entry::Excused {
                    path: site.path.clone(),
                    node: site.node,
                    attempt: site.attempt,
                    error: error.clone(),
                }),
                // What a replay works out by itself is not written down.
                Fact::Skipped(_) | Fact::Cancelled(_) => None,
                Fact::Ended => match state.failure.as_deref() {
                    Some(Failure::Node { path, node, attempt, cause }) => Some(Entry::Failed {
                        path: path.clone(),
                        node: *node,
                        attempt: *attempt,
                        error: cause.clone(),
                    }),
                    Some(Failure::TimedOut) => Some(Entry::TimedOut),
                    Some(Failure::Cancelled) | None => Some(Entry::Cancelled),
                    // The run is taken up again as if the host had been killed.
                    Some(Failure::Aborted(_)) => None,
                },
            };
            *written += 1;
            record.trim();
            if entry.is_some() {
                return entry;
            }
        }
    }
}

fn is_host(plan: &Plan, node: NodeIndex) -> bool {
    matches!(plan.node(node).work, Work::Host(_))
}

impl<H> State<H> {
    /// Notes a fact about a node, if the run keeps facts.
    #[inline]
    pub(super) fn note(&mut self, cell: CellIndex, fact: impl FnOnce(Site) -> Fact<H>) {
        if self.record.is_some() {
            self.note_fact(cell, fact);
        }
    }

    #[cold]
    fn note_fact(&mut self, cell: CellIndex, fact: impl FnOnce(Site) -> Fact<H>) {
        let site = Site {
            path: self.path_of(self.cells[cell as usize].frame),
            node: self.node(cell),
            attempt: self.cells[cell as usize].attempt,
        };
        if let Some(record) = &mut self.record {
            record.push(fact(site));
        }
    }

    /// Notes that a node has its output.
    #[inline]
    pub(super) fn note_completed(&mut self, cell: CellIndex) {
        if self.record.is_none() {
            return;
        }
        let mut output = None;
        let at = &mut self.cells[cell as usize];
        if at.frame != ROOT_FRAME {
            let (kept, shared) = std::mem::take(&mut at.output).share();
            (at.output, output) = (kept, Some(shared));
        }
        self.note_fact(cell, |site| Fact::Completed(site, output));
    }

    pub(super) fn note_end(&mut self) {
        if let Some(record) = &mut self.record {
            record.push(Fact::Ended);
        }
    }
}
