//! What a native node sees of its run.

use super::State;
use super::cell::FrameIndex;
use crate::cel::time::Timestamp;
use crate::node::{Inputs, Local};
use crate::plan::{Plan, PlanNode, Source};
use crate::value::Value;

/// A node's view of the frame that it is in.
pub(super) struct View<'r, H> {
    pub(super) plan: &'r Plan,
    pub(super) state: &'r State<H>,
    pub(super) node: &'r PlanNode,
    pub(super) frame: FrameIndex,
    pub(super) locals: Locals<'r>,
}

/// What the machine itself gives a name, while it evaluates for a body.
#[derive(Clone, Copy, Default)]
pub(super) struct Locals<'r> {
    /// The item, the state or the results.
    pub(super) value: Option<&'r Value>,
    /// The index or the turn.
    pub(super) number: Option<&'r Value>,
}

impl<H> Inputs for View<'_, H> {
    fn input(&self) -> &Value {
        self.state.input_of(self.plan, self.frame).and_then(super::Slot::json).unwrap_or(&Value::Null)
    }

    #[inline]
    fn output(&self, position: usize) -> Option<&Value> {
        match *self.node.sources.get(position)? {
            Source::Node(node) => self.state.cells[self.state.cell(self.frame, node) as usize].output.json(),
            Source::Local(local @ (Local::Index | Local::Turn)) => {
                let frame = self.state.frame_with(self.plan, self.frame, local)?;
                Some(&self.state.frames.get(frame).number)
            }
            source => self.state.read(self.plan, self.frame, source)?.json(),
        }
    }

    fn name(&self, position: usize) -> &str {
        match self.node.sources.get(position) {
            Some(Source::Node(node) | Source::Outer(node)) => &self.plan.node(*node).name,
            Some(Source::Local(local)) => local.name(),
            None => "input",
        }
    }

    fn time(&self) -> Option<Timestamp> {
        self.state.at
    }

    fn local(&self, local: Local) -> Option<&Value> {
        match local {
            Local::Item | Local::State | Local::Results => self.locals.value,
            Local::Index | Local::Turn => self.locals.number,
        }
    }
}
