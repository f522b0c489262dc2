//! Prices: exact amounts, names of models, times, and data from outside. The Python tests hold them
//! against the decimals of the Python package.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::time::{Duration, SystemTime};

use engine_models::prices::{COUNT_MAX, Price, PriceError, Prices, Usage, price};
use proptest::prelude::*;

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

fn usage(counts: &[(&str, u64)]) -> Usage {
    let mut usage = Usage::default();
    for (key, count) in counts {
        usage.set(key, *count).unwrap();
    }
    usage
}

fn prices(models: &str) -> Prices {
    let json = format!(
        r#"[{{"id": "acme", "name": "Acme", "api_pattern": "acme", "model_match": {{"starts_with": "a"}}, "models": {models}}}]"#
    );
    Prices::from_json(json.as_bytes()).unwrap()
}

fn nanodollars(prices: &Prices, counts: &[(&str, u64)], seconds: u64) -> u64 {
    prices.price(&usage(counts), "a", at(seconds)).unwrap().unwrap().nanodollars
}

#[test]
fn models_are_found_by_their_names() {
    let used = Usage::of_tokens(1_000, 100).unwrap();
    for (model, provider, found) in [
        ("gpt-4o", "openai", "gpt-4o"),
        ("GPT-4o-2024-08-06", "openai", "gpt-4o"),
        ("openai/gpt-4o", "openai", "gpt-4o"),
        ("azure/gpt-4o", "azure", "gpt-4o"),
        ("claude-sonnet-4-5-20250929", "anthropic", "claude-sonnet-4-5"),
    ] {
        let price = price(&used, model, at(1_790_000_000)).unwrap().unwrap();
        assert_eq!((price.provider.as_str(), price.model.as_str()), (provider, found), "{model}");
        assert!(price.nanodollars > 0);
    }
    let expected = Price { nanodollars: 3_500_000, provider: "openai".into(), model: "gpt-4o".into() };
    assert_eq!(price(&used, "gpt-4o", at(1_790_000_000)).unwrap(), Some(expected));
    for model in ["no-such-model", "", "/", "openai/", "openai/nothing", &"gpt-4o".repeat(1_000)] {
        assert_eq!(price(&used, model, at(0)).unwrap(), None, "{model}");
    }
}

#[test]
fn parts_with_a_price_are_taken_out_of_the_whole() {
    let prices = prices(
        r#"[{"id": "a", "match": {"equals": "a"}, "prices": {"input_mtok": 2, "cache_read_mtok": 0.5,
        "input_audio_mtok": 8, "cache_audio_read_mtok": 1, "output_mtok": 10, "requests_kcount": 3}}]"#,
    );
    let used = [
        ("input_tokens", 1_000),
        ("cache_read_tokens", 400),
        ("input_audio_tokens", 200),
        ("cache_audio_read_tokens", 50),
        ("output_tokens", 10),
        ("output_reasoning_tokens", 5),
    ];
    // In nano-dollars: 450 plain, 350 read, 150 heard, 50 heard before, 10 out, and the request.
    let expected = 450 * 2_000 + 350 * 500 + 150 * 8_000 + 50 * 1_000 + 10 * 10_000 + 3_000_000;
    assert_eq!(nanodollars(&prices, &used, 0), expected);
}

#[test]
fn rates_depend_on_size_and_time() {
    let prices = prices(
        r#"[{"id": "a", "match": {"equals": "a"}, "prices": [
        {"prices": {"input_mtok": {"base": 1, "tiers": [{"start": 200, "price": 2}, {"start": 100, "price": 1.5}]}}},
        {"constraint": {"start_date": "2026-01-01"}, "prices": {"input_mtok": 3}},
        {"constraint": {"start_time": "00:30:00Z", "end_time": "16:30:00Z"}, "prices": {"input_mtok": 5}}]}]"#,
    );
    let (old, new, night) = (1_767_139_200, 1_767_225_600, 1_767_229_200);
    for (count, time, expected) in [
        (100, old, 100_000),
        (101, old, 151_500),
        (201, old, 402_000),
        (201, new, 603_000),
        (201, night, 1_005_000),
    ] {
        assert_eq!(nanodollars(&prices, &[("input_tokens", count)], time), expected);
    }
}

#[test]
fn usages_are_checked() {
    let mut used = Usage::default();
    assert_eq!(used.set("total_tokens", 1), Err(PriceError::Key("total_tokens".into())));
    assert_eq!(used.set("requests", 1), Err(PriceError::Key("requests".into())));
    assert_eq!(used.set("input_tokens", COUNT_MAX + 1), Err(PriceError::Count("input_tokens".into())));
    used.set("cache_read_tokens", 5).unwrap();
    for more in [0, 4] {
        used.set("input_tokens", more).unwrap();
        assert!(matches!(price(&used, "gpt-4o", at(0)), Err(PriceError::Usage(_))));
    }
    assert_eq!(price(&Usage::default(), "gpt-4o", at(0)).unwrap().unwrap().nanodollars, 0);
    let most = Usage::of_tokens(COUNT_MAX, COUNT_MAX).unwrap();
    assert!(price(&most, "gpt-4o", at(1_790_000_000)).unwrap().unwrap().nanodollars > COUNT_MAX);
}

#[test]
fn data_from_outside_is_checked() {
    for json in ["", "{", "{}", "[{}]", "[1]", "\u{feff}[]"] {
        assert!(matches!(Prices::from_json(json.as_bytes()), Err(PriceError::Data(_))), "{json}");
    }
    let tiny = r#"[{"id": "p", "name": "P", "api_pattern": "p", "models":
        [{"id": "m", "match": {"equals": "m"}, "prices": {"input_mtok": 1e-200}}]}]"#;
    assert!(matches!(Prices::from_json(tiny.as_bytes()), Err(PriceError::Data(_))));
    assert!(Prices::from_json(b"[]").unwrap().price(&Usage::default(), "gpt-4o", at(0)).unwrap().is_none());
}

proptest! {
    #[test]
    fn names_and_times_break_nothing(model in ".{0,40}", seconds in any::<u32>(), count in 0..=COUNT_MAX) {
        let used = usage(&[("input_tokens", count), ("output_tokens", count)]);
        for name in [model.clone(), format!("openai/{model}"), format!("gpt-4o{model}"), format!("claude-{model}")] {
            prop_assert!(price(&used, &name, at(seconds.into())).is_ok());
        }
    }
}
