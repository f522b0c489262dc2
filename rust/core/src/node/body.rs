//! Nodes whose output comes from running a body of nodes: maps, loops and sub-workflows.
//!
//! The machine runs them ([`crate::run`]); here is what they evaluate themselves.

use super::expression::{Expression, Reads};
use super::{BadExpression, Local, Shape, Transform};
use crate::cel::Error;
use crate::plan::RegionIndex;

/// What a node with a body does.
#[derive(Clone, Debug)]
pub struct Body {
    /// The body: 0 is the workflow itself, others are its bodies, counted from 1.
    pub region: RegionIndex,
    /// How often the body runs, and what comes of it.
    pub kind: BodyKind,
    /// Where the list of a map, the first state of a loop or the input of a sub-workflow comes from.
    pub origin: Origin,
    /// What makes the body's input out of `item` and `index`, or `state` and `turn`; without it the input
    /// is the item or the state.
    pub shape: Option<Transform>,
}

/// The ways to run a body.
#[derive(Clone, Debug)]
pub enum BodyKind {
    /// Once for each item of a list.
    Map(Map),
    /// Again and again, each time over what the last time gave.
    Loop(Loop),
    /// Once.
    Subworkflow,
}

/// Where a value comes from that a body begins with.
#[derive(Clone, Debug)]
pub enum Origin {
    /// The input of the region that the node stands in.
    Input,
    /// The output of the dependency at this position, as it is, in the host's own form too.
    Read(usize),
    /// What a shape gives, which may be a single expression.
    Made(Box<Transform>),
}

/// Runs a body for each item; gives the list of what it gave, in the order of the items.
#[derive(Clone, Debug)]
pub struct Map {
    /// How many items are under way at a time, from 1.
    pub concurrency: u32,
    /// What a failed item means.
    pub on_error: OnError,
    /// Ends the map once it holds over `results`.
    pub until: Option<Expression>,
}

/// What becomes of a map when an item fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnError {
    /// It fails too.
    Raise,
    /// The error takes the place of the item's result, as `{"error": {...}}`.
    Keep,
    /// The item is left out.
    Drop,
}

/// Runs a body until a condition holds.
#[derive(Clone, Debug)]
pub struct Loop {
    /// Ends the loop once it holds over `state`, what the turn gave, and `turn`.
    pub until: Expression,
    /// How many turns there may be.
    pub limit: u32,
    /// Whether the state is the output when the limit is reached; else the node fails.
    pub keeps_at_limit: bool,
}

/// What the input of a map's body is made of, beside nodes.
const OF_MAP: &[Local] = &[Local::Item, Local::Index];
/// What the input and the end of a loop are made of, beside nodes.
const OF_LOOP: &[Local] = &[Local::State, Local::Turn];

/// How many turns a loop may be allowed.
pub const TURNS_MAX: u32 = 10_000;

impl Body {
    /// A body that runs once. Unless [`Self::over`] says otherwise, over the input of the region around.
    pub fn subworkflow(region: RegionIndex) -> Self {
        Self::new(region, BodyKind::Subworkflow)
    }

    /// A body that runs for each item of the input, or of what [`Self::over`] says. `concurrency` counts
    /// from 1.
    pub fn map(region: RegionIndex, concurrency: u32, on_error: OnError) -> Self {
        Self::new(region, BodyKind::Map(Map { concurrency, on_error, until: None }))
    }

    /// A map that ends once a condition over `results` holds.
    ///
    /// # Errors
    /// A condition that is no expression.
    pub fn map_until(
        region: RegionIndex,
        concurrency: u32,
        on_error: OnError,
        until: &str,
        reads: &mut Reads,
    ) -> Result<Self, Box<Error>> {
        let until = reads.among(&[Local::Results], |reads| Expression::compile(until, reads))?;
        Ok(Self::new(region, BodyKind::Map(Map { concurrency, on_error, until: Some(until) })))
    }

    /// A body that runs until a condition over `state` and `turn` holds, at most `limit` times, which lies
    /// between 1 and [`TURNS_MAX`]. The first state is the input, or what [`Self::over`] says.
    ///
    /// # Errors
    /// A condition that is no expression.
    pub fn repeat(
        region: RegionIndex,
        until: &str,
        limit: u32,
        keeps_at_limit: bool,
        reads: &mut Reads,
    ) -> Result<Self, Box<Error>> {
        let until = reads.among(OF_LOOP, |reads| Expression::compile(until, reads))?;
        Ok(Self::new(region, BodyKind::Loop(Loop { until, limit, keeps_at_limit })))
    }

    fn new(region: RegionIndex, kind: BodyKind) -> Self {
        Self { region, kind, origin: Origin::Input, shape: None }
    }

    /// The same body, beginning with what a shape gives: the list, the first state or the input.
    ///
    /// # Errors
    /// All expressions of the shape that are none.
    pub fn over(mut self, shape: &Shape, reads: &mut Reads) -> Result<Self, Vec<BadExpression>> {
        self.origin = Origin::Made(Box::new(Transform::with(shape, reads)?));
        Ok(self)
    }

    /// The same body, beginning with the output of the dependency at a position, as it is.
    #[must_use]
    pub fn over_read(mut self, position: usize) -> Self {
        self.origin = Origin::Read(position);
        self
    }

    /// The same body, its input made out of `item` and `index`, or `state` and `turn`.
    ///
    /// # Errors
    /// All expressions of the shape that are none.
    pub fn taking(mut self, shape: &Shape, reads: &mut Reads) -> Result<Self, Vec<BadExpression>> {
        let locals = match self.kind {
            BodyKind::Map(_) => OF_MAP,
            BodyKind::Loop(_) => OF_LOOP,
            BodyKind::Subworkflow => &[],
        };
        self.shape = Some(reads.among(locals, |reads| Transform::with(shape, reads))?);
        Ok(self)
    }

    fn until(&self) -> Option<&Expression> {
        match &self.kind {
            BodyKind::Map(map) => map.until.as_ref(),
            BodyKind::Loop(repeat) => Some(&repeat.until),
            BodyKind::Subworkflow => None,
        }
    }

    fn transforms(&self) -> impl Iterator<Item = &Transform> {
        let made = match &self.origin {
            Origin::Made(made) => Some(&**made),
            Origin::Input | Origin::Read(_) => None,
        };
        made.into_iter().chain(&self.shape)
    }

    /// Whether the node reads the input of the region that it stands in.
    pub fn reads_input(&self) -> bool {
        matches!(self.origin, Origin::Input) || self.evaluates_input()
    }

    /// Whether an expression reads the input of the region that the node stands in.
    pub(crate) fn evaluates_input(&self) -> bool {
        self.transforms().any(Transform::reads_input) || self.until().is_some_and(Expression::reads_input)
    }

    /// Whether an expression reads the dependency at a position.
    pub(crate) fn evaluates(&self, position: usize) -> bool {
        self.transforms().any(|transform| transform.reads_output(position))
            || self.until().is_some_and(|until| until.reads_output(position))
    }

    /// Whether the machine itself looks at what the body gives, which it then needs as JSON.
    pub(crate) fn looks_at_results(&self) -> bool {
        match &self.kind {
            BodyKind::Map(map) => map.until.is_some(),
            BodyKind::Loop(_) => true,
            BodyKind::Subworkflow => false,
        }
    }

    /// The name of the kind in exports.
    pub fn kind_name(&self) -> &'static str {
        match &self.kind {
            BodyKind::Map(_) => "map",
            BodyKind::Loop(_) => "loop",
            BodyKind::Subworkflow => "subworkflow",
        }
    }
}
