//! What a use of a model costs, in whole nano-dollars.
//!
//! `genai-prices` finds the model and the rates that hold at a time, but it tells a price as a double. So
//! the price is worked out again, exactly, from each of the rates that the data has for that model; the
//! one that agrees with the double is the price.

mod amount;
mod data;
mod rates;
mod unit;
mod usage;

use std::fmt;
use std::sync::LazyLock;
use std::time::SystemTime;

use genai_prices::{Calculator, ErrorKind, PriceRequest};

use amount::Amount;
use data::Data;
pub use usage::{COUNT_MAX, Usage};

/// How long the name of a model may be, in bytes; a longer one is not known.
pub const MODEL_NAME_MAX: usize = 512;
/// How large price data may be, in bytes.
pub const DATA_SIZE_MAX: usize = 64 << 20;

/// The prices of models that came with this version.
static BUNDLED: LazyLock<Result<Prices, PriceError>> =
    LazyLock::new(|| Prices::from_json(include_bytes!("../../data/prices.json")));

/// What a use of a model costs.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Price {
    /// The amount in billionths of a US dollar, rounded half to even.
    pub nanodollars: u64,
    /// Who runs the model.
    pub provider: String,
    /// The model that was found.
    pub model: String,
}

/// Why there is no price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PriceError {
    /// The usage has a key that is no unit.
    Key(String),
    /// A count of the usage is larger than `COUNT_MAX`.
    Count(String),
    /// The counts of the usage contradict each other, such as more cached tokens than tokens.
    Usage(String),
    /// The price data cannot be read.
    Data(String),
    /// The amount is larger than a `u64` holds.
    Amount,
}

impl fmt::Display for PriceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(key) => {
                write!(f, "a usage has no `{key}`, but such as `input_tokens` and `output_tokens`")
            }
            Self::Count(key) => write!(f, "`{key}` is larger than {COUNT_MAX}"),
            Self::Usage(reason) => write!(f, "the usage contradicts itself: {reason}"),
            Self::Data(reason) => write!(f, "the price data cannot be used: {reason}"),
            Self::Amount => f.write_str("the price is larger than 64 bits hold"),
        }
    }
}

impl std::error::Error for PriceError {}

/// Gives the price of a use at a time, by the prices that came with this version; see `Prices::price`.
///
/// # Errors
///
/// Those of `Prices::price`.
pub fn price(usage: &Usage, model: &str, at: SystemTime) -> Result<Option<Price>, PriceError> {
    Prices::bundled()?.price(usage, model, at)
}

/// The prices of models, which change with time.
pub struct Prices {
    calculator: Calculator,
    data: Data,
}

impl Prices {
    /// Gives the prices that came with this version, which are read at the first call.
    ///
    /// # Errors
    ///
    /// `PriceError::Data`, if this version is broken.
    pub fn bundled() -> Result<&'static Self, PriceError> {
        BUNDLED.as_ref().map_err(Clone::clone)
    }

    /// Reads prices from the JSON that the project `genai-prices` publishes.
    ///
    /// # Errors
    ///
    /// `PriceError::Data` if it is something else, or larger than `DATA_SIZE_MAX`.
    pub fn from_json(json: &[u8]) -> Result<Self, PriceError> {
        if json.len() > DATA_SIZE_MAX {
            return Err(PriceError::Data(format!("it is larger than {DATA_SIZE_MAX} bytes")));
        }
        let calculator = Calculator::from_json(json)
            .map_err(|error| PriceError::Data(format!("it is not as published: {error}")))?;
        Ok(Self { calculator, data: Data::read(json)? })
    }

    /// Gives the price of a use of a model at a time, or `None` if the model is not known.
    ///
    /// The model is named as its provider does, in full or with its usual short names, or with the provider
    /// in front (`azure/gpt-4o`); without one the provider is who makes the model.
    ///
    /// # Errors
    ///
    /// `PriceError::Usage` if the counts contradict each other, `PriceError::Amount` if the price is too large.
    pub fn price(&self, usage: &Usage, model: &str, at: SystemTime) -> Result<Option<Price>, PriceError> {
        if model.len() > MODEL_NAME_MAX {
            return Ok(None);
        }
        let values = usage.values();
        let mut request = PriceRequest::new(model, &values).with_timestamp(at);
        if model.contains('/') {
            // For this provider, which is a proxy, the crate looks for another one in front of the name.
            request = request.with_provider_id("litellm");
        }
        let found = match self.calculator.calculate(&request) {
            Ok(found) => found,
            Err(error) => return not_found(&error),
        };
        let (provider, model) = (found.provider_id, found.model_id);
        let usage = usage.billed(&provider, &model);
        let nearest = self
            .data
            .rates_of(&provider, &model)
            .map(|rates| rates.amount(&usage))
            .min_by(|a, b| distance(*a, found.total_price).total_cmp(&distance(*b, found.total_price)));
        match nearest {
            Some(Some(amount)) if amount.is_near(found.total_price) => {
                let nanodollars = amount.nanodollars().ok_or(PriceError::Amount)?;
                Ok(Some(Price { nanodollars, provider, model }))
            }
            Some(None) => Err(PriceError::Amount),
            _ => Err(PriceError::Data(format!("it has no exact rates of `{model}` of `{provider}`"))),
        }
    }
}

/// How far an amount is from a double; one that cannot be worked out is farther than any.
fn distance(amount: Option<Amount>, dollars: f64) -> f64 {
    amount.map_or(f64::INFINITY, |amount| (amount.dollars() - dollars).abs())
}

/// What it means that the crate found no price.
fn not_found(error: &genai_prices::Error) -> Result<Option<Price>, PriceError> {
    match error.kind() {
        ErrorKind::ProviderNotFound | ErrorKind::ModelNotFound => Ok(None),
        ErrorKind::InvalidUsage => Err(PriceError::Usage(error.to_string())),
        _ => Err(PriceError::Data(error.to_string())),
    }
}
