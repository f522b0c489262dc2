//! The template language: the syntax of `MiniJinja` over the core's own values.
//!
//! The parser of `MiniJinja` reads a text, `lower` turns what it gives into a tree of our own in which
//! every name is a slot or a root, and that tree is rendered over values that stay where they are. The
//! interpreter of `MiniJinja` is not used, because a template may come from anywhere: its fuel does not
//! pay for comparing nested lists or for writing them (a template of 900 bytes compares for 24 seconds,
//! one of 500 bytes takes 800 MB), a call of `loop.cycle()` panics, and `true` prints as `True`. Here all
//! work burns [`Fuel`](crate::cel::Fuel), which pays for time and memory alike.

// Boxed, an error makes no result of a value larger.
#![allow(clippy::unnecessary_box_returns)]

mod error;
mod evaluate;
mod filters;
mod lower;
mod operators;
mod output;
mod predicates;
mod render;
mod scope;
mod syntax;
mod tree;

pub use error::TemplateError;
pub use output::OUTPUT_MAX;
pub use scope::Roots;
pub use syntax::{SOURCE_MAX, TAG_WORDS_MAX};

use crate::cel::Fuel;
use crate::value::Value;

/// The names of all filters.
pub fn filters() -> impl Iterator<Item = &'static str> {
    filters::names()
}

/// The names of all tests, which stand after `is`.
pub fn tests() -> impl Iterator<Item = &'static str> {
    predicates::names()
}

/// The names of what `loop` has.
pub fn loop_fields() -> impl Iterator<Item = &'static str> {
    tree::LoopField::NAMES.iter().map(|(name, _)| *name).chain(["cycle"])
}

/// A template that is ready to be rendered.
#[derive(Clone, Debug)]
pub struct Program {
    body: tree::Block,
    /// How many slots its own variables take.
    slots: usize,
}

impl Program {
    /// Compiles a text. The names that it reads and does not set itself, its roots, are added to `roots`
    /// unless they are there; the program finds their values by these positions.
    ///
    /// # Errors
    /// What is no template, names that no filter, test or function has, and texts past a limit.
    pub fn compile(source: &str, roots: &mut Roots) -> Result<Self, TemplateError> {
        let template = syntax::parse(source)?;
        lower::lower(&template, roots).map_err(|trouble| trouble.into_error())
    }

    /// Renders the template. `roots` has the value of each root, `None` for one that is undefined.
    ///
    /// # Errors
    /// Names and fields that are not there, operators and filters that do not take a value, and more
    /// work or output than is allowed.
    pub fn render(&self, roots: &[Option<&Value>], fuel: &Fuel) -> Result<String, TemplateError> {
        render::render(self, roots, fuel).map_err(|trouble| trouble.into_error())
    }
}
