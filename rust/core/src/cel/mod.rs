//! The expression language: CEL (Common Expression Language), over the core's own values.
//!
//! A text is parsed into a syntax tree ([`syntax`]), compiled into a [`program`] and evaluated over
//! variables that stay where they are ([`value::View`]).

// Boxed, an error makes no result of a value larger.
#![allow(clippy::unnecessary_box_returns)]

pub mod check;
pub mod error;
pub mod fuel;
pub mod functions;
pub mod program;
pub mod syntax;
pub mod time;
pub mod value;

pub use error::{Error, ErrorKind};
pub use fuel::Fuel;
pub use program::{Found, Program, Root, Scope};
