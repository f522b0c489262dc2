//! One target of `engine-fuzz`, which `FUZZ_TARGET` names: `FUZZ_TARGET=expression cargo +nightly fuzz run target`.
#![no_main]

use std::sync::LazyLock;

use engine_fuzz::{TARGETS, Target};
use libfuzzer_sys::fuzz_target;

static TARGET: LazyLock<Target> = LazyLock::new(|| {
    let wanted = std::env::var("FUZZ_TARGET").unwrap_or_else(|_| "expression".into());
    let found = TARGETS.iter().find(|(name, _)| *name == wanted);
    found
        .unwrap_or_else(|| {
            panic!(
                "no target `{wanted}`; there are {:?}",
                TARGETS.iter().map(|(name, _)| name).collect::<Vec<_>>()
            )
        })
        .1
});

fuzz_target!(|bytes: &[u8]| TARGET(bytes));
