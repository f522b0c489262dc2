//! The tokens of a vocabulary and their ranks, in few allocations: a tenth of what the maps of the crate
//! take that they come from, which is let go once they are read.

use std::hash::Hasher;
use std::ops::Range;

use hashbrown::HashTable;
use rustc_hash::FxHasher;
use tiktoken_rs::{CoreBPE, Rank};

/// Tokens by rank, and ranks by token.
pub struct Vocabulary {
    /// The tokens, one after the other in the order of their ranks.
    bytes: Vec<u8>,
    /// Where in `bytes` the token of each rank ends; an unused rank has no bytes.
    ends: Vec<u32>,
    /// The ranks, found by their tokens.
    ranks: HashTable<Rank>,
    /// The ranks of the tokens of two bytes, by these bytes: each merge begins with them.
    pairs: Box<[Rank]>,
}

/// The rank of what is no token: it is merged last, that is, never.
pub(super) const NO_RANK: Rank = Rank::MAX;

impl Vocabulary {
    /// Reads the vocabulary of an encoder. One that cannot be made is empty: its data lies inside the
    /// crate and is tested, so this is not met; every byte would be a token.
    pub(super) fn load<E>(encoder: Result<CoreBPE, E>) -> Self {
        let (mut bytes, mut ends) = (Vec::new(), Vec::new());
        if let Ok(encoder) = encoder {
            let special = encoder.special_tokens();
            // Of the special ranks some lie among the others; after the last one nothing is known.
            for token in (0..).map_while(|rank| encoder.decode_bytes(&[rank]).ok()) {
                if !str::from_utf8(&token).is_ok_and(|text| special.contains(text)) {
                    bytes.extend_from_slice(&token);
                }
                ends.push(bytes.len() as u32);
            }
        }
        let mut ranks = HashTable::with_capacity(ends.len());
        let mut pairs: Box<[Rank]> = vec![NO_RANK; 1 << 16].into();
        for rank in 0..ends.len() as Rank {
            match bytes[span(&ends, rank)] {
                [] => continue,
                [first, second] => pairs[pair_of(first, second)] = rank,
                _ => (),
            }
            ranks.insert_unique(hash(&bytes[span(&ends, rank)]), rank, |rank| {
                hash(&bytes[span(&ends, *rank)])
            });
        }
        Self { bytes, ends, ranks, pairs }
    }

    /// Gives the tokens in the order of their ranks; an unused rank has no bytes.
    pub fn tokens(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.ends.len()).map(|rank| &self.bytes[span(&self.ends, rank as Rank)])
    }

    /// Gives the rank of a token, or `NO_RANK`.
    pub(super) fn rank(&self, token: &[u8]) -> Rank {
        let found = self.ranks.find(hash(token), |rank| &self.bytes[span(&self.ends, *rank)] == token);
        found.copied().unwrap_or(NO_RANK)
    }

    /// Gives the rank of a token of two bytes, or `NO_RANK`.
    pub(super) fn pair_rank(&self, first: u8, second: u8) -> Rank {
        self.pairs[pair_of(first, second)]
    }
}

/// Where the token of a rank lies.
fn span(ends: &[u32], rank: Rank) -> Range<usize> {
    let rank = rank as usize;
    let start = rank.checked_sub(1).map_or(0, |before| ends[before]);
    start as usize..ends[rank] as usize
}

fn pair_of(first: u8, second: u8) -> usize {
    usize::from(u16::from_le_bytes([first, second]))
}

fn hash(token: &[u8]) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(token);
    hasher.finish()
}
