//! Fuel: the work that an evaluation may still do.

use std::cell::Cell;

use super::error::{Error, ErrorKind, Result};

/// Enough for an expression over a hundred kilobytes of JSON, and used up within 100 ms whatever the text.
pub const FUEL_DEFAULT: u64 = 500_000;
/// What a list or map costs that is made, beside its items: it takes memory.
pub(super) const MAKING_COST: usize = 8;

/// The work that is left. A node, a character and an item cost one each.
#[derive(Debug)]
pub struct Fuel(Cell<u64>);

impl Fuel {
    /// So much work.
    pub fn new(amount: u64) -> Self {
        Self(Cell::new(amount))
    }

    /// What is left.
    pub fn left(&self) -> u64 {
        self.0.get()
    }

    /// Takes the cost of some work, before it is done.
    ///
    /// # Errors
    /// [`ErrorKind::Limit`] when less is left. Nothing is left then.
    #[inline]
    pub fn burn(&self, amount: u64) -> Result<()> {
        match self.0.get().checked_sub(amount) {
            Some(left) => {
                self.0.set(left);
                Ok(())
            }
            None => Err(self.exhausted()),
        }
    }

    /// The same for a length.
    ///
    /// # Errors
    /// As [`Self::burn`].
    #[inline]
    pub fn burn_length(&self, length: usize) -> Result<()> {
        self.burn(length as u64)
    }

    #[cold]
    fn exhausted(&self) -> Box<Error> {
        self.0.set(0);
        Error::new(ErrorKind::Limit, "this takes more work than is allowed")
    }
}

impl Default for Fuel {
    fn default() -> Self {
        Self::new(FUEL_DEFAULT)
    }
}
