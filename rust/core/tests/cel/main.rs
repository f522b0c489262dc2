//! Expressions: their syntax, their evaluation, their faults, and the specification's own tests.

mod conformance;
mod expressions;
mod syntax;
