//! Token counts and prices of language models. Pure: no Python, clock, file, network or thread; what it
//! knows lies inside, and newer prices come in as bytes.
//!
//! - `tokens`: how many tokens a text has for a model.
//! - `prices`: what a use of a model costs, exactly, in whole nano-dollars.

pub mod prices;
pub mod tokens;

pub use prices::{Price, PriceError, Prices, Usage, price};
pub use tokens::{Count, TEXT_MAX, TextError, count_tokens};
