//! Fuzz targets: each takes any bytes, and panics if something is wrong with the engine.
//!
//! A target is a file with a function `run`, and a line below. `cargo test -p engine-fuzz` runs all of them
//! on random bytes, so many times as `WORKFLOW_ENGINE_FUZZ` says; the folder `fuzz` runs one with libFuzzer.

mod changes;
mod choices;
mod examine;
mod grammar;
mod json;
mod rules;
mod variables;

/// A target takes bytes.
pub type Target = fn(&[u8]);

macro_rules! targets {
    ($($name:ident,)*) => {
        $(mod $name;)*
        /// The targets by name.
        pub const TARGETS: &[(&str, Target)] = &[$((stringify!($name), $name::run)),*];
    };
}

targets! {
    document,
    expression,
    expression_text,
    schema,
    template,
}
