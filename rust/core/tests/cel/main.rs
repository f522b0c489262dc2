//! Expressions: their syntax, their faults, and the specification's own tests.

mod expressions;
mod syntax;
