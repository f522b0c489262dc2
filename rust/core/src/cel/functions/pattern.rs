//! Regular expressions, with a price: matching takes time linear in the text, and the worst of that
//! grows with the size of the compiled pattern.

use regex::{Regex, RegexBuilder};

use super::shapes::{BOOL, STRING};
use super::{Form, Function, invalid, no_overload};
use crate::cel::error::{Error, ErrorKind, Result};
use crate::cel::fuel::Fuel;
use crate::cel::value::{Value, View};

/// How many bytes a compiled pattern may take.
pub const PATTERN_SIZE_MAX: usize = 256 << 10;
/// How many of an expression's patterns are looked at and compiled before it is evaluated, which takes no
/// fuel; the others are compiled when they are needed.
pub const PATTERNS_MAX: usize = 16;
/// The sizes that are told apart; a character costs as much as there are kilobytes in them, which keeps
/// the worst patterns within about ten times the time of other work of that price.
const SIZES: [usize; 3] = [16 << 10, 64 << 10, PATTERN_SIZE_MAX];
/// How many characters compiling a pattern counts for.
const COMPILE_COST: u64 = 100;
const NESTING_MAX: u32 = 64;

pub(super) const FUNCTIONS: &[Function] =
    &[Function::new("matches", Form::Either, &[(&[STRING, STRING], BOOL)], matches)];

/// A compiled pattern.
#[derive(Clone, Debug)]
pub struct Pattern {
    regex: Regex,
    /// What a character of a text costs.
    cost: u64,
}

impl Pattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// What is no pattern, and what would be larger than [`PATTERN_SIZE_MAX`].
    pub fn new(text: &str) -> Result<Self> {
        for size in SIZES {
            let mut builder = RegexBuilder::new(text);
            match builder.size_limit(size).nest_limit(NESTING_MAX).build() {
                Ok(regex) => return Ok(Self { regex, cost: (size >> 10) as u64 }),
                Err(regex::Error::CompiledTooBig(_)) => {}
                Err(error) => {
                    let text = error.to_string();
                    let cause = text.lines().last().unwrap_or_default().trim_start_matches("error: ");
                    return Err(invalid(format!("no pattern: {cause}")));
                }
            }
        }
        Err(Error::new(ErrorKind::Limit, "the pattern is too large"))
    }

    /// Whether it is found in a text.
    ///
    /// # Errors
    /// Only when there is too little fuel.
    pub fn is_match(&self, text: &str, fuel: &Fuel) -> Result<bool> {
        fuel.burn((text.len() as u64).saturating_mul(self.cost))?;
        Ok(self.regex.is_match(text))
    }
}

fn matches(fuel: &Fuel, arguments: &[View<'_>]) -> Result<Value> {
    let [View::String(text), View::String(pattern)] = arguments else {
        return Err(no_overload("matches", arguments));
    };
    fuel.burn_length(pattern.len())?;
    let pattern = Pattern::new(pattern)?;
    fuel.burn(pattern.cost * COMPILE_COST)?;
    Ok(pattern.is_match(text, fuel)?.into())
}
