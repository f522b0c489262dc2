//! Bytes as choices: what a generator decides by.

/// The choices that are left. When there are none, each is the first.
#[derive(Debug)]
pub(crate) struct Choices<'b>(&'b [u8]);

impl<'b> Choices<'b> {
    /// The choices that these bytes make.
    pub(crate) fn new(bytes: &'b [u8]) -> Self {
        Self(bytes)
    }

    /// Whether none is left.
    pub(crate) fn is_over(&self) -> bool {
        self.0.is_empty()
    }

    /// The next byte.
    pub(crate) fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    /// All bytes that are left.
    pub(crate) fn rest(&mut self) -> &'b [u8] {
        std::mem::take(&mut self.0)
    }

    /// A number less than `end`, which is at most 65,536.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        let number = if end <= 256 {
            self.byte().into()
        } else {
            usize::from(self.byte()) << 8 | usize::from(self.byte())
        };
        number % end.max(1)
    }

    /// True once in so many times.
    pub(crate) fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == times - 1
    }

    /// One of these, of which there is one at least.
    pub(crate) fn pick<'i, I>(&mut self, items: &'i [I]) -> &'i I {
        &items[self.below(items.len())]
    }
}
