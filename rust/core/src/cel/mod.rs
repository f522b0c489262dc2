//! CEL, the Common Expression Language, over the values of the core.

pub mod time;
