//! The targets on random bytes, each so many times as `WORKFLOW_ENGINE_FUZZ` says: a release is tried with
//! 1,000,000. Which bytes these are depends only on their number.

use std::panic;
use std::thread;

use engine_fuzz::TARGETS;

/// How many times without the variable: a matter of seconds.
const TIMES: u64 = 5_000;
const LENGTH_MAX: u64 = 600;
/// Half of what threads have where nobody says otherwise.
const STACK: usize = 1 << 20;

/// Random bytes by their number.
fn bytes(number: u64) -> Vec<u8> {
    let mut state = number;
    let mut next = || {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    };
    let length = next() % LENGTH_MAX;
    (0..length).map(|_| next() as u8).collect()
}

#[test]
fn no_random_bytes_break_anything() {
    let times = std::env::var("WORKFLOW_ENGINE_FUZZ").map_or(TIMES, |times| times.parse().expect("a number"));
    thread::scope(|scope| {
        for (name, target) in TARGETS {
            let thread = thread::Builder::new().name((*name).into()).stack_size(STACK);
            let work = move || {
                for number in 0..times {
                    let bytes = bytes(number);
                    panic::catch_unwind(|| target(&bytes))
                        .unwrap_or_else(|_| panic!("target {name} breaks with bytes {number}"));
                }
            };
            thread.spawn_scoped(scope, work).expect("a thread starts");
        }
    });
}
