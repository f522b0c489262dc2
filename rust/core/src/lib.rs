//! The workflow machine, without Python, clock, file, socket, thread or environment.
//!
//! Data flows one way: a [`graph::Graph`] is declared, checked into a [`plan::Plan`], and a plan is
//! executed by a [`run::Run`], which is fed facts and answers with commands. Time and randomness
//! are parameters.
//!
//! Modules in the order of dependence; none names one that stands below it:
//! [`time`], [`value`], [`document`], [`cel`], [`template`], [`schema`], [`policy`], [`node`], [`plan`], [`graph`],
//! [`run`].

pub mod cel;
pub mod document;
pub mod graph;
pub mod node;
pub mod plan;
pub mod policy;
pub mod run;
pub mod schema;
pub mod template;
pub mod time;
pub mod value;
