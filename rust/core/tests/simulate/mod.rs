//! Random workflows, run by a simulated host and held against a reference.
//!
//! A [`spec::Spec`] is a workflow with a script: what each node's attempts do. [`reference::settle`] works out from
//! the spec alone what must become of each node. A [`simulator::Simulator`] runs the spec under a virtual clock,
//! in an order that a [`scheduler::Scheduler`] chooses, and checks the machine's rules after every step.

#![allow(dead_code)] // Each test crate uses its own part.

pub(crate) mod reference;
pub(crate) mod scheduler;
pub(crate) mod simulator;
pub(crate) mod spec;
