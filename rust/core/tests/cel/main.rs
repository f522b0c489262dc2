//! Expressions: their syntax, their evaluation, their faults, and the specification's own tests.

mod check;
mod conformance;
mod evaluation;
mod expressions;
mod syntax;
