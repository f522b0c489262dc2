//! How much of a model was used.

use std::borrow::Cow;

use super::PriceError;
use super::unit::{self, Unit};

/// The largest count of a usage.
pub const COUNT_MAX: u64 = 1_000_000_000_000;

/// Counts by unit. `input_tokens` are all of the input, those that were read from or written to a cache
/// among them (`cache_read_tokens`, `cache_write_tokens`); `output_tokens` likewise. What is left out is 0.
#[derive(Debug, Clone, Default)]
pub struct Usage(Vec<(&'static Unit, u64)>);

impl Usage {
    /// A usage of input and output tokens.
    ///
    /// # Errors
    ///
    /// `PriceError::Count` if one is larger than `COUNT_MAX`.
    pub fn of_tokens(input: u64, output: u64) -> Result<Self, PriceError> {
        let mut usage = Self::default();
        usage.set("input_tokens", input)?;
        usage.set("output_tokens", output)?;
        Ok(usage)
    }

    /// Sets the count of a unit, such as `input_tokens`, `output_tokens`, `cache_read_tokens`,
    /// `cache_write_tokens`, `output_reasoning_tokens`, `input_audio_tokens`, `web_searches`.
    ///
    /// # Errors
    ///
    /// `PriceError::Key` if there is no such unit, `PriceError::Count` if the count is larger than `COUNT_MAX`.
    pub fn set(&mut self, key: &str, count: u64) -> Result<(), PriceError> {
        // Every use is one request; nobody counts it.
        let unit = unit::by_usage_key(key).filter(|unit| unit.key() != REQUESTS);
        let unit = unit.ok_or_else(|| PriceError::Key(key.to_owned()))?;
        if count > COUNT_MAX {
            return Err(PriceError::Count(key.to_owned()));
        }
        self.put(unit, count);
        Ok(())
    }

    fn put(&mut self, unit: &'static Unit, count: u64) {
        match self.0.iter_mut().find(|(known, _)| known.key() == unit.key()) {
            Some((_, known)) => *known = count,
            None => self.0.push((unit, count)),
        }
    }

    /// The count of a unit.
    pub(super) fn count(&self, key: &str) -> u64 {
        if key == REQUESTS {
            return 1;
        }
        self.0.iter().find(|(unit, _)| unit.key() == key).map_or(0, |(_, count)| *count)
    }

    /// The counts as the crate takes them; all are exact as doubles.
    #[expect(clippy::cast_precision_loss, reason = "counts have at most 40 bits")]
    pub(super) fn values(&self) -> genai_prices::Usage {
        self.0.iter().map(|(unit, count)| (unit.usage_key.clone(), *count as f64)).collect()
    }

    /// What the provider bills for: one of them bills ten seconds of speech at least.
    pub(super) fn billed(&self, provider: &str, model: &str) -> Cow<'_, Self> {
        const AUDIO: [&str; 2] = ["audio_seconds", "input_audio_seconds"];
        const SECONDS_MIN: u64 = 10;
        let seconds = AUDIO.into_iter().map(|key| self.count(key)).find(|seconds| *seconds > 0);
        match seconds {
            Some(seconds) if provider == "groq" && model.starts_with("whisper-large-v3") => {
                let mut billed = self.clone();
                for unit in AUDIO.into_iter().filter_map(unit::by_usage_key) {
                    billed.put(unit, seconds.max(SECONDS_MIN));
                }
                Cow::Owned(billed)
            }
            _ => Cow::Borrowed(self),
        }
    }
}

const REQUESTS: &str = "requests";
