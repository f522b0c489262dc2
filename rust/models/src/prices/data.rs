//! The rates of all models, read from the data that the crate reads for itself.

use std::collections::HashMap;
use std::iter;

use rustc_hash::FxBuildHasher;
use serde_json::Value;

use super::PriceError;
use super::rates::Rates;

type Table<T> = HashMap<String, T, FxBuildHasher>;

/// The providers by their ids.
pub(super) struct Data(Table<Provider>);

struct Provider {
    /// Whose models it runs beside its own.
    fallbacks: Vec<String>,
    /// The rates of each model: one after the other with time, or by the time of day.
    models: Table<Vec<Rates>>,
}

impl Data {
    /// Reads data that the crate has found to be right.
    ///
    /// # Errors
    ///
    /// `PriceError::Data` if a rate has too many digits.
    pub(super) fn read(json: &[u8]) -> Result<Self, PriceError> {
        let value: Value =
            serde_json::from_slice(json).map_err(|error| PriceError::Data(error.to_string()))?;
        let providers = value.as_array().into_iter().flatten().map(|provider| {
            let models = array(provider, "models").map(|model| {
                let id = text(model, "id");
                let wrong = || PriceError::Data(format!("a rate of `{id}` is out of range"));
                rates(model).ok_or_else(wrong).map(|rates| (id.to_owned(), rates))
            });
            let fallbacks = array(provider, "fallback_model_providers");
            let provider_read = Provider {
                fallbacks: fallbacks.filter_map(Value::as_str).map(str::to_owned).collect(),
                models: models.collect::<Result<_, _>>()?,
            };
            Ok((text(provider, "id").to_owned(), provider_read))
        });
        Ok(Self(providers.collect::<Result<_, _>>()?))
    }

    /// Gives the rates that models of this id have, at this provider and those behind it.
    pub(super) fn rates_of(&self, provider: &str, model: &str) -> impl Iterator<Item = &Rates> {
        let own = self.0.get(provider);
        let behind = own.into_iter().flat_map(|own| &own.fallbacks).filter_map(|id| self.0.get(id));
        own.into_iter().chain(behind).filter_map(move |provider| provider.models.get(model)).flatten()
    }
}

/// The rates of a model, one set or a list of them with conditions.
fn rates(model: &Value) -> Option<Vec<Rates>> {
    match model.get("prices") {
        Some(Value::Array(list)) => list.iter().map(|item| Rates::read(item.get("prices")?)).collect(),
        Some(prices) => iter::once(Rates::read(prices)).collect(),
        None => Some(Vec::new()),
    }
}

fn array<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value.get(key).and_then(Value::as_array).into_iter().flatten()
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}
