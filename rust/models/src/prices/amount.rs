//! Exact decimals and sums of money.

use super::unit::Per;

/// How many digits after the point a rate may have.
const DECIMALS_MAX: u32 = 24;
/// A billion nano-dollars are a dollar.
const NANO_DECIMALS: u32 = 9;

/// A decimal that is not negative: `digits / 10^decimals`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Decimal {
    digits: u64,
    decimals: u32,
}

impl Decimal {
    /// The shortest decimal that reads as this double, which is the one that was written; `None` if it is
    /// negative, not finite, very large or very small.
    pub(super) fn of(number: f64) -> Option<Self> {
        let text = format!("{number:e}");
        let (digits, exponent) = text.split_once('e')?;
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let digits: u64 = format!("{whole}{fraction}").parse().ok()?;
        let decimals = i32::try_from(fraction.len()).ok()? - exponent.parse::<i32>().ok()?;
        match u32::try_from(decimals) {
            Ok(decimals) if decimals <= DECIMALS_MAX => Some(Self { digits, decimals }),
            Ok(_) => (digits == 0).then_some(Self { digits, decimals: 0 }),
            Err(_) => {
                let digits = digits.checked_mul(10_u64.checked_pow(decimals.unsigned_abs())?)?;
                Some(Self { digits, decimals: 0 })
            }
        }
    }
}

/// A sum of money: `ninths / (9 * 10^decimals)` dollars.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Amount {
    ninths: u128,
    decimals: u32,
}

impl Amount {
    /// Adds what a count costs at a rate; `None` if that is too large.
    pub(super) fn add(self, count: u64, rate: Decimal, per: Per) -> Option<Self> {
        let ninths = u128::from(rate.digits).checked_mul(u128::from(count))?.checked_mul(per.factor)?;
        let added = Self { ninths, decimals: rate.decimals + per.decimals };
        let decimals = self.decimals.max(added.decimals);
        let ninths = self.scaled(decimals)?.checked_add(added.scaled(decimals)?)?;
        Some(Self { ninths, decimals })
    }

    fn scaled(self, decimals: u32) -> Option<u128> {
        self.ninths.checked_mul(10_u128.checked_pow(decimals - self.decimals)?)
    }

    /// The whole nano-dollars, rounded half to even.
    pub(super) fn nanodollars(self) -> Option<u64> {
        let decimals = self.decimals.max(NANO_DECIMALS);
        let one = 10_u128.checked_pow(decimals - NANO_DECIMALS)?.checked_mul(9)?;
        let ninths = self.scaled(decimals)?;
        let (whole, rest) = (ninths / one, ninths % one);
        let rounds_up = match (rest * 2).cmp(&one) {
            std::cmp::Ordering::Less => false,
            std::cmp::Ordering::Equal => whole % 2 == 1,
            std::cmp::Ordering::Greater => true,
        };
        u64::try_from(whole + u128::from(rounds_up)).ok()
    }

    /// The nearest double, or one beside it.
    #[expect(clippy::cast_precision_loss, reason = "it is only compared with what is near")]
    pub(super) fn dollars(self) -> f64 {
        self.ninths as f64 / (9.0 * 10_f64.powi(self.decimals.cast_signed()))
    }

    /// Whether a double can be this amount, worked out in doubles.
    pub(super) fn is_near(self, dollars: f64) -> bool {
        (self.dollars() - dollars).abs() <= dollars * 1e-12
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PER_MILLION: Per = Per { factor: 9, decimals: 6 };
    const PER_HOUR: Per = Per { factor: 25, decimals: 4 };

    #[test]
    fn decimals_are_those_that_were_written() {
        let cases = [
            (0.0, Some((0, 0))),
            (0.075, Some((75, 3))),
            (15.0, Some((15, 0))),
            (1e-7, Some((1, 7))),
            (120.0, Some((120, 0))),
            (0.300_000_000_000_000_04, Some((30_000_000_000_000_004, 17))),
            (1e30, None),
            (1e-30, None),
            (-1.0, None),
            (f64::NAN, None),
            (f64::INFINITY, None),
        ];
        for (number, expected) in cases {
            let expected = expected.map(|(digits, decimals)| Decimal { digits, decimals });
            assert_eq!(Decimal::of(number), expected, "{number}");
        }
    }

    #[test]
    fn halves_round_to_even() {
        // 0.0375 dollars a million are 37.5 nano-dollars each.
        let rate = Decimal::of(0.0375).unwrap_or_else(|| unreachable!());
        for (count, expected) in [(0, 0), (1, 38), (2, 75), (3, 112), (4, 150), (5, 188)] {
            let amount = Amount::default().add(count, rate, PER_MILLION);
            assert_eq!(amount.and_then(Amount::nanodollars), Some(expected), "{count}");
        }
    }

    #[test]
    fn seconds_of_an_hour_are_exact() {
        let rate = Decimal::of(0.36).unwrap_or_else(|| unreachable!());
        let amount = Amount::default().add(1, rate, PER_HOUR).and_then(|sum| sum.add(1, rate, PER_MILLION));
        assert_eq!(amount.and_then(Amount::nanodollars), Some(100_360));
    }
}
