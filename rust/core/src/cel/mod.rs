//! The expression language: CEL (Common Expression Language), over the core's own values.
//!
//! A text is parsed into a tree ([`syntax`]), checked as far as types are known ([`mod@check`]), compiled
//! into a [`program`] and evaluated over variables that stay where they are ([`value::View`]). Source,
//! depth, work ([`fuel`]) and size are bounded: a text from anywhere ends soon and harms nothing.

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

pub use check::check;
pub use error::{Error, ErrorKind};
pub use fuel::Fuel;
pub use program::{Found, Program, Root, Scope};

/// Whether a name means something where a variable could stand, so that no variable should have it: a word
/// of the language, a type, a namespace, and a function or macro that is called without a receiver.
pub fn is_taken(name: &str) -> bool {
    syntax::RESERVED.contains(&name)
        || ["cel", "has"].contains(&name)
        || value::ValueType::named(name).is_some()
        || functions::is_namespace(name)
        || functions::all().any(|function| function.name == name && function.form != functions::Form::Method)
}
