//! Retry policies, alone and over a year of virtual time.

use std::sync::Arc;
use std::time::Duration;

use engine_core::graph::{Graph, Node};
use engine_core::plan::{Lane, Work};
use engine_core::policy::{ATTEMPTS_MAX, Jitter, Retry};
use engine_core::run::{Cause, Failure, Run, RunState, Slot, Start, Verdict};
use engine_core::time::Time;
use proptest::prelude::*;

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn policy(attempts: u32, delay: Duration, factor: f64, delay_max: Duration, jitter: Jitter) -> Retry {
    Retry { attempts, delay, factor, delay_max, jitter, timeouts: true }
}

fn no_random() -> f64 {
    panic!("nothing random is decided here")
}

/// The delays of a policy without jitter.
fn delays(policy: &Retry) -> Vec<Duration> {
    (1..).map_while(|failed| policy.delay_after(failed, no_random)).collect()
}

#[test]
fn delays_grow_up_to_the_longest() {
    let of = |attempts, factor| {
        delays(&policy(attempts, Duration::from_millis(500), factor, seconds(3), Jitter::None))
    };
    let millis = |all: &[u64]| all.iter().map(|one| Duration::from_millis(*one)).collect::<Vec<_>>();
    assert_eq!(of(1, 2.0), []);
    assert_eq!(of(2, 2.0), millis(&[500]));
    assert_eq!(of(6, 2.0), millis(&[500, 1_000, 2_000, 3_000, 3_000]));
    assert_eq!(of(4, 1.0), millis(&[500, 500, 500]));
    assert_eq!(of(4, 0.5), millis(&[500, 250, 125]));
}

/// However large the numbers are, a delay is one.
#[test]
fn delays_that_no_duration_holds() {
    for factor in [1e300, f64::MAX, f64::INFINITY, f64::NAN] {
        for longest in [seconds(60), Duration::MAX] {
            let policy = policy(ATTEMPTS_MAX, seconds(1), factor, longest, Jitter::None);
            for failed in [2, 3, 400, ATTEMPTS_MAX - 1] {
                let delay = policy.delay_after(failed, no_random).expect("there are attempts left");
                assert!(delay <= longest && delay >= seconds(60), "{delay:?} for {factor} after {failed}");
            }
        }
    }
    let zero = policy(ATTEMPTS_MAX, Duration::ZERO, f64::INFINITY, Duration::MAX, Jitter::Full);
    assert_eq!(zero.delay_after(ATTEMPTS_MAX - 1, no_random), Some(Duration::ZERO));
    assert_eq!(zero.delay_after(ATTEMPTS_MAX, no_random), None);
    let jittered = policy(9, Duration::MAX, 2.0, Duration::MAX, Jitter::Full);
    assert!(jittered.delay_after(8, || 0.999).expect("one is left") < Duration::MAX);
    assert_eq!(Time(u64::MAX - 1).after(Duration::MAX), Time(u64::MAX));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Full jitter lies between nothing and the delay without it, and spreads evenly.
    #[test]
    fn jitter_takes_a_part_of_the_delay(
        failed in 1..60_u32,
        millis in 0..100_000_u64,
        factor in 1.0..4.0_f64,
        random in 0.0..1.0_f64,
    ) {
        let plain = policy(60, Duration::from_millis(millis), factor, seconds(500), Jitter::None);
        let full = Retry { jitter: Jitter::Full, ..plain.clone() };
        let whole = plain.delay_after(failed, no_random);
        let part = full.delay_after(failed, || random);
        prop_assert_eq!(whole.is_some(), failed < 60);
        prop_assert_eq!(part.is_some(), failed < 60);
        let (Some(whole), Some(part)) = (whole, part) else { return Ok(()) };
        prop_assert!(part <= whole && whole <= seconds(500));
        let difference = part.as_secs_f64() - whole.as_secs_f64() * random;
        prop_assert!(difference.abs() < 1e-6);
        prop_assert_eq!(full.delay_after(failed, || 0.0), Some(Duration::ZERO));
    }
}

/// A year of failures passes at once, because time is what the machine is told.
#[test]
fn a_year_of_retries() {
    const HOUR: u64 = 3_600;
    const YEAR: u64 = 365 * 24 * HOUR;
    // 1 + 2 + ... + 2_048 = 4_095 seconds in 12 delays, then an hour each.
    let attempts = 13 + (YEAR - 4_095).div_ceil(HOUR) as u32;
    let mut node = Node::new("node", Work::Host(Lane::Any));
    node.retry = Some(policy(attempts, seconds(1), 2.0, seconds(HOUR), Jitter::None));
    let graph = Graph { nodes: vec![node], ..Graph::new("year") };
    let plan = Arc::new(graph.plan().expect("the graph has no faults"));
    let mut run: Run<()> = Run::new(plan, Start::new(Slot::Empty));
    let (mut now, mut made) = (Time(0), 0);
    loop {
        let call = run.poll_call(&[Lane::Any], || now).expect("the attempt is due");
        made += 1;
        assert_eq!(call.attempt, made);
        match run.handle_failed(call, Cause::Host(()), true, None, || now, no_random) {
            Verdict::Retry(at) => {
                assert_eq!((run.poll_timer(), run.state()), (Some(at), RunState::Waiting));
                now = at;
                assert_eq!(run.handle_time(now, no_random), []);
            }
            Verdict::Failed => break,
            verdict => panic!("{verdict:?}"),
        }
    }
    assert_eq!((made, attempts), (8_772, 8_772));
    assert_eq!(now.since(Time(0)), seconds(4_095 + 8_759 * HOUR));
    assert!(now.since(Time(0)) >= seconds(YEAR));
    assert!(matches!(run.failure(), Some(Failure::Node { attempt: 8_772, .. })));
}

#[test]
fn attempts_without_delay_need_no_timer() {
    let mut node = Node::new("node", Work::Host(Lane::Loop));
    node.retry = Some(policy(1_000, Duration::ZERO, 2.0, Duration::ZERO, Jitter::Full));
    let graph = Graph { nodes: vec![node], ..Graph::new("at-once") };
    let mut run: Run<()> = Run::new(Arc::new(graph.plan().expect("no faults")), Start::new(Slot::Empty));
    for attempt in 1..=1_000 {
        let call = run.poll_call(&[Lane::Loop], || Time(3)).expect("it is ready at once");
        assert_eq!((call.attempt, run.poll_timer()), (attempt, None));
        let verdict = run.handle_failed(call, Cause::Host(()), true, None, || Time(3), no_random);
        let expected = if attempt < 1_000 { "Retry(Time(3))" } else { "Failed" };
        assert_eq!(format!("{verdict:?}"), expected);
    }
    assert!(run.is_finished());
}
