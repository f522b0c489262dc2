//! The rates of a model, exact, and what a usage costs at them.

use serde_json::Value;

use super::amount::{Amount, Decimal};
use super::unit::{self, Unit};
use super::usage::Usage;

/// The rates of a model that hold together, the narrow units first.
#[derive(Debug)]
pub(super) struct Rates(Vec<(&'static Unit, Rate)>);

/// What a unit costs, which may depend on the size of the whole input.
#[derive(Debug)]
struct Rate {
    base: Decimal,
    /// From more input tokens than these on, another rate holds for all of them; ascending.
    tiers: Vec<(u64, Decimal)>,
}

impl Rates {
    /// Reads the rates by their keys, those of units that are not known left out; `None` if one is no rate.
    pub(super) fn read(prices: &Value) -> Option<Self> {
        let mut rates = Vec::new();
        for (key, price) in prices.as_object()? {
            if let Some(unit) = unit::by_price_key(key) {
                rates.push((unit, Rate::read(price)?));
            }
        }
        rates.sort_by_key(|(unit, _)| std::cmp::Reverse(unit.narrowness()));
        Some(Self(rates))
    }

    /// What a usage costs, each count at the narrowest rate there is; `None` if that is too large.
    pub(super) fn amount(&self, usage: &Usage) -> Option<Amount> {
        let input = usage.count("input_tokens");
        let mut rests: Vec<(&Unit, u64)> = Vec::with_capacity(self.0.len());
        let mut amount = Amount::default();
        for (unit, rate) in &self.0 {
            let parts = rests.iter().filter(|(part, _)| part.is_part_of(unit)).map(|(_, rest)| rest).sum();
            // The crate has refused a usage whose parts are more than the whole.
            let rest = usage.count(unit.key()).saturating_sub(parts);
            rests.push((unit, rest));
            amount = amount.add(rest, rate.at(input), unit.per)?;
        }
        Some(amount)
    }
}

impl Rate {
    fn read(price: &Value) -> Option<Self> {
        if let Some(base) = price.as_f64() {
            return Some(Self { base: Decimal::of(base)?, tiers: Vec::new() });
        }
        let base = Decimal::of(price.get("base")?.as_f64()?)?;
        let tier =
            |tier: &Value| Some((tier.get("start")?.as_u64()?, Decimal::of(tier.get("price")?.as_f64()?)?));
        let mut tiers = price.get("tiers")?.as_array()?.iter().map(tier).collect::<Option<Vec<_>>>()?;
        tiers.sort_by_key(|(start, _)| *start);
        Some(Self { base, tiers })
    }

    fn at(&self, input: u64) -> Decimal {
        self.tiers.iter().rev().find(|(start, _)| input > *start).map_or(self.base, |(_, rate)| *rate)
    }
}
