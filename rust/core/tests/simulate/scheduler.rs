//! Who decides what happens next.

/// Makes the choices of an interleaving.
pub(crate) trait Scheduler {
    /// Chooses one of `count` things, `count` being at least 1.
    fn choose(&mut self, count: usize) -> usize;
}

/// Chooses at random, the same for the same seed.
///
/// # Source
/// `SplitMix64`: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014.
#[derive(Debug)]
pub(crate) struct Random(pub(crate) u64);

impl Scheduler for Random {
    fn choose(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % count as u64) as usize
    }
}

/// Chooses everything in turn: each run takes a way that none took before.
#[derive(Debug, Default)]
pub(crate) struct Exhaustive {
    /// The choices of this run: which one, of how many.
    path: Vec<(usize, usize)>,
    position: usize,
}

impl Exhaustive {
    /// Turns to the next way; false when there is none left.
    pub(crate) fn advance(&mut self) -> bool {
        self.position = 0;
        while let Some((choice, count)) = self.path.pop() {
            if choice + 1 < count {
                self.path.push((choice + 1, count));
                return true;
            }
        }
        false
    }
}

impl Scheduler for Exhaustive {
    fn choose(&mut self, count: usize) -> usize {
        if self.position == self.path.len() {
            self.path.push((0, count));
        }
        let (choice, expected) = self.path[self.position];
        assert_eq!(expected, count, "the same choices must lead to the same place");
        self.position += 1;
        choice
    }
}

impl<S: Scheduler> Scheduler for &mut S {
    fn choose(&mut self, count: usize) -> usize {
        (**self).choose(count)
    }
}
