//! Token counts and prices.

use std::time::{Duration, SystemTime};

use engine_host::clock;
use engine_models::{self as models, Count, PriceError, TextError, Usage};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyMapping, PyString, PyTuple};

use crate::{error, exit};

/// How long a text is, in bytes, for which other threads get the interpreter: it takes 50 us or more,
/// and getting the interpreter back may take as long.
const DETACHED_SIZE_MIN: usize = 4 << 10;

/// Counts the tokens of a text, and says whether that is an estimate.
#[pyfunction]
pub(crate) fn count_tokens(
    text: &Bound<'_, PyString>,
    model: &str,
    size_max: usize,
) -> PyResult<(usize, bool)> {
    let py = text.py();
    let Ok(string) = text.to_str() else {
        return count_tokens(&without_surrogates(text)?, model, size_max);
    };
    let count = || models::count_tokens(string, model, size_max);
    let counted = if string.len() < DETACHED_SIZE_MIN {
        count()
    } else {
        let _inside = exit::Inside::new(py);
        exit::detach(py, count)
    };
    counted.map(|Count { tokens, is_estimate }| (tokens, is_estimate)).map_err(|error| too_long(py, error))
}

/// Joins the surrogates of a text where two are a pair, and puts the character for what cannot be read
/// in the place of the others, as `tiktoken` does.
fn without_surrogates<'py>(text: &Bound<'py, PyString>) -> PyResult<Bound<'py, PyString>> {
    let bytes = text.call_method1("encode", ("utf-16", "surrogatepass"))?;
    Ok(bytes.call_method1("decode", ("utf-16", "replace"))?.cast_into()?)
}

fn too_long(py: Python<'_>, error: TextError) -> PyErr {
    error::limit(py, &error.to_string(), "bytes of text", error.size_max)
}

/// Gives the tokens of the vocabulary that a model is counted with, in the order of their ranks; an unused
/// rank has no bytes.
#[pyfunction]
pub(crate) fn vocabulary(model: &str) -> Option<Vec<&'static [u8]>> {
    models::tokens::Encoding::of(model).map(|encoding| encoding.vocabulary().tokens().collect())
}

/// What a use of a model costs, or that its model is not known.
#[pyclass(frozen, eq, hash, get_all, module = "workflow_engine._core")]
#[derive(PartialEq, Eq, Hash)]
pub(crate) struct Price {
    /// The amount in billionths of a US dollar.
    nanodollars: Option<u64>,
    /// Who runs the model.
    provider: Option<String>,
    /// The model that was found.
    model: Option<String>,
}

#[pymethods]
impl Price {
    #[new]
    #[pyo3(signature = (nanodollars=None, provider=None, model=None))]
    fn new(nanodollars: Option<u64>, provider: Option<String>, model: Option<String>) -> Self {
        Self { nanodollars, provider, model }
    }

    /// Whether the model is known; if not, there is no amount.
    #[getter]
    fn is_known(&self) -> bool {
        self.nanodollars.is_some()
    }

    /// The amount in US dollars, as a `Decimal`.
    #[getter]
    fn dollars<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        static DECIMAL: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let Some(nanodollars) = self.nanodollars else { return Ok(None) };
        let decimal = DECIMAL.import(py, "decimal", "Decimal")?;
        decimal.call1((nanodollars,))?.call_method1(intern!(py, "scaleb"), (-9,)).map(Some)
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let [nanodollars, provider, model] = [
            self.nanodollars.into_pyobject(py)?.repr()?,
            self.provider.as_deref().into_pyobject(py)?.repr()?,
            self.model.as_deref().into_pyobject(py)?.repr()?,
        ];
        Ok(format!("Price(nanodollars={nanodollars}, provider={provider}, model={model})"))
    }

    fn __getnewargs__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        (self.nanodollars, &self.provider, &self.model).into_pyobject(py)
    }
}

/// Gives the price of a use of a model at a time, now unless it is said.
#[pyfunction]
#[pyo3(signature = (usage, model, at=None))]
pub(crate) fn price(
    usage: &Bound<'_, PyMapping>,
    model: &str,
    at: Option<&Bound<'_, PyAny>>,
) -> PyResult<Price> {
    price_by(models::Prices::bundled().map_err(price_error)?, usage, model, at)
}

/// Prices of models, other than those that came with this version.
#[pyclass(frozen, module = "workflow_engine._core")]
pub(crate) struct Prices(models::Prices);

#[pymethods]
impl Prices {
    #[new]
    fn new(json: &[u8]) -> PyResult<Self> {
        models::Prices::from_json(json).map(Self).map_err(price_error)
    }

    /// Gives the price of a use of a model at a time, now unless it is said.
    #[pyo3(signature = (usage, model, at=None))]
    fn price(
        &self,
        usage: &Bound<'_, PyMapping>,
        model: &str,
        at: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Price> {
        price_by(&self.0, usage, model, at)
    }
}

fn price_by(
    prices: &models::Prices,
    usage: &Bound<'_, PyMapping>,
    model: &str,
    at: Option<&Bound<'_, PyAny>>,
) -> PyResult<Price> {
    let at = match at {
        Some(at) => moment(at)?,
        None => SystemTime::UNIX_EPOCH + Duration::from_secs_f64(clock::unix_seconds()),
    };
    let priced = prices.price(&usage_of(usage)?, model, at).map_err(price_error)?;
    Ok(match priced {
        Some(known) => Price::new(Some(known.nanodollars), Some(known.provider), Some(known.model)),
        None => Price::new(None, None, None),
    })
}

/// The counts of a mapping; what is `None` was not counted.
fn usage_of(mapping: &Bound<'_, PyMapping>) -> PyResult<Usage> {
    let mut usage = Usage::default();
    if let Ok(dict) = mapping.cast_exact::<PyDict>() {
        for (key, count) in dict {
            add(&mut usage, &key, &count)?;
        }
    } else {
        for item in mapping.items()? {
            let (key, count): (Bound<'_, PyAny>, Bound<'_, PyAny>) = item.extract()?;
            add(&mut usage, &key, &count)?;
        }
    }
    Ok(usage)
}

fn add(usage: &mut Usage, key: &Bound<'_, PyAny>, count: &Bound<'_, PyAny>) -> PyResult<()> {
    let key = key.cast::<PyString>()?.to_str()?;
    if count.is_none() {
        return Ok(());
    }
    let count: u64 = count.extract().map_err(|_| {
        PyTypeError::new_err(format!("`{key}` of a usage is no count, a whole number from 0 on: {count}"))
    })?;
    usage.set(key, count).map_err(price_error)
}

/// A time that has a zone.
fn moment(at: &Bound<'_, PyAny>) -> PyResult<SystemTime> {
    at.extract()
        .map_err(|_| PyValueError::new_err(format!("no datetime with a time zone from 1970 on: {at}")))
}

fn price_error(error: PriceError) -> PyErr {
    PyValueError::new_err(error.to_string())
}
