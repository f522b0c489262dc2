//! What it costs to count tokens, beside the encoder of `tiktoken-rs`, and to price a use of a model.

use std::hint::black_box;
use std::thread;
use std::time::{Duration, SystemTime};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use engine_models::{TEXT_MAX, Usage, count_tokens, price};

/// Files of this project: prose, code and tables.
const TEXT: &str = concat!(
    include_str!("../ARCHITECTURE.md"),
    include_str!("../README.md"),
    include_str!("../rust/models/src/tokens/pieces.rs"),
    include_str!("../rust/models/src/prices/unit.rs"),
);

fn tokens(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("tokens");
    let count = |text: &str, model: &str| count_tokens(text, model, TEXT_MAX).map(|count| count.tokens);
    let floor = tiktoken_rs::o200k_base_singleton();
    assert_eq!(count(TEXT, "gpt-5"), Ok(floor.count_ordinary(TEXT)));
    group.throughput(Throughput::Bytes(TEXT.len() as u64));
    group.bench_function("o200k", |bencher| bencher.iter(|| count(black_box(TEXT), "gpt-5")));
    group.bench_function("o200k, floor", |bencher| bencher.iter(|| floor.count_ordinary(black_box(TEXT))));
    group.bench_function("cl100k", |bencher| bencher.iter(|| count(black_box(TEXT), "gpt-4")));
    group.throughput(Throughput::Bytes(2 * TEXT.len() as u64));
    group.bench_function("o200k, two threads", |bencher| {
        bencher.iter_custom(|turns| {
            let start = std::time::Instant::now();
            thread::scope(|scope| {
                for _ in 0..2 {
                    scope.spawn(|| {
                        for _ in 0..turns {
                            black_box(count(black_box(TEXT), "gpt-5")).expect("it is short");
                        }
                    });
                }
            });
            start.elapsed()
        });
    });
    // The worst for merging: one piece, as long as a text may be.
    let blanks = " ".repeat(TEXT_MAX);
    group.throughput(Throughput::Bytes(TEXT_MAX as u64)).sample_size(10);
    group.bench_function("a million blanks", |bencher| bencher.iter(|| count(black_box(&blanks), "gpt-5")));
    group.finish();
}

fn prices(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("a price");
    let mut usage = Usage::of_tokens(1_200, 80).expect("they are small");
    usage.set("cache_read_tokens", 1_000).expect("it is a unit");
    let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000);
    for model in ["gpt-4o", "gpt-5-mini", "claude-sonnet-4-5", "gemini-2.5-pro", "azure/gpt-4o"] {
        assert!(price(&usage, model, at).is_ok_and(|price| price.is_some()));
        group.bench_function(model, |bencher| bencher.iter(|| price(black_box(&usage), model, at)));
    }
    group.finish();
}

criterion_group!(benches, tokens, prices);
criterion_main!(benches);
