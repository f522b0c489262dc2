//! Byte-pair encoding of a piece: its bytes are merged two by two, the pair of the lowest rank first, until
//! no two neighbours are a token.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::Vocabulary;
use super::vocabulary::NO_RANK;

/// Pieces up to this many bytes look through all of their pairs for the next one, which is quicker
/// than keeping them in order.
const SCANNED_MAX: usize = 64;

/// A part of a piece.
#[derive(Clone, Copy)]
struct Part {
    /// Where the part before it begins.
    previous: u32,
    /// Where it ends, and the next begins.
    end: u32,
    /// The rank of it and the next as one token.
    rank: u32,
}

/// Counts the tokens of pieces, with room that is kept from one to the next.
pub(super) struct Merger<'v> {
    vocabulary: &'v Vocabulary,
    /// For short pieces: where each part begins, and the rank of it and the next as one token.
    starts: Vec<(u32, u32)>,
    /// For long ones: the parts, at the place where each begins; what lies inside a part is not looked at.
    parts: Vec<Part>,
    /// The pairs of single bytes, the last one first to be merged: sorting them at once is quicker than
    /// keeping them with the others.
    first_pairs: Vec<Pair>,
    /// The pairs that came up by merging.
    pairs: BinaryHeap<Reverse<Pair>>,
}

/// Two parts that are a token together: its rank, and below it the place of the first; so pairs are in the
/// order in which they are merged. One whose rank is not its part's any more is passed over.
type Pair = u64;

fn pair_at(rank: u32, place: u32) -> Pair {
    Pair::from(rank) << u32::BITS | Pair::from(place)
}

impl<'v> Merger<'v> {
    pub(super) fn new(vocabulary: &'v Vocabulary) -> Self {
        Self {
            vocabulary,
            starts: Vec::new(),
            parts: Vec::new(),
            first_pairs: Vec::new(),
            pairs: BinaryHeap::new(),
        }
    }

    /// Counts the tokens of a piece.
    pub(super) fn count(&mut self, piece: &[u8]) -> usize {
        if piece.len() < 2 || self.vocabulary.rank(piece) != NO_RANK {
            return usize::from(!piece.is_empty());
        }
        if piece.len() <= SCANNED_MAX { self.count_short(piece) } else { self.count_long(piece) }
    }

    fn count_short(&mut self, piece: &[u8]) -> usize {
        let (vocabulary, starts) = (self.vocabulary, &mut self.starts);
        starts.clear();
        starts.extend(
            (0..).zip(piece.windows(2)).map(|(start, pair)| (start, vocabulary.pair_rank(pair[0], pair[1]))),
        );
        let size = piece.len() as u32;
        starts.extend([(size - 1, NO_RANK), (size, NO_RANK)]);
        let rank = |starts: &[(u32, u32)], first: usize, last: usize| match starts.get(last) {
            Some((end, _)) => vocabulary.rank(&piece[starts[first].0 as usize..*end as usize]),
            None => NO_RANK,
        };
        loop {
            let lowest = starts.iter().enumerate().min_by_key(|(_, (_, rank))| *rank);
            let Some((at, _)) = lowest.filter(|(_, (_, rank))| *rank != NO_RANK) else {
                return starts.len() - 1;
            };
            starts.remove(at + 1);
            starts[at].1 = rank(starts, at, at + 2);
            if let Some(before) = at.checked_sub(1) {
                starts[before].1 = rank(starts, before, at + 1);
            }
        }
    }

    fn count_long(&mut self, piece: &[u8]) -> usize {
        self.fill(piece);
        let mut count = piece.len();
        while let Some(pair) = self.next_pair() {
            let (rank, start) = ((pair >> u32::BITS) as u32, pair as u32);
            if self.parts[start as usize].rank != rank {
                continue;
            }
            count -= 1;
            let middle = self.parts[start as usize].end;
            let end = self.parts[middle as usize].end;
            self.parts[middle as usize].rank = NO_RANK;
            self.parts[start as usize].end = end;
            self.pair(piece, start);
            if let Some(next) = self.parts.get_mut(end as usize) {
                next.previous = start;
            }
            if start > 0 {
                self.pair(piece, self.parts[start as usize].previous);
            }
        }
        count
    }

    /// Makes every byte a part.
    fn fill(&mut self, piece: &[u8]) {
        self.parts.clear();
        for (place, byte) in (0_u32..).zip(piece) {
            let next = piece.get(place as usize + 1);
            let rank = next.map_or(NO_RANK, |next| self.vocabulary.pair_rank(*byte, *next));
            self.parts.push(Part { previous: place.saturating_sub(1), end: place + 1, rank });
            if rank != NO_RANK {
                self.first_pairs.push(pair_at(rank, place));
            }
        }
        self.first_pairs.sort_unstable_by(|a, b| b.cmp(a));
    }

    /// Takes the pair that is merged next.
    fn next_pair(&mut self) -> Option<Pair> {
        match (self.first_pairs.last(), self.pairs.peek()) {
            (Some(first), Some(Reverse(other))) if other < first => {
                self.pairs.pop().map(|Reverse(pair)| pair)
            }
            (Some(_), _) => self.first_pairs.pop(),
            (None, _) => self.pairs.pop().map(|Reverse(pair)| pair),
        }
    }

    /// Looks up the pair of a part and the next one.
    fn pair(&mut self, piece: &[u8], start: u32) {
        let middle = self.parts[start as usize].end as usize;
        let rank = self
            .parts
            .get(middle)
            .map_or(NO_RANK, |next| self.vocabulary.rank(&piece[start as usize..next.end as usize]));
        self.parts[start as usize].rank = rank;
        if rank != NO_RANK {
            self.pairs.push(Reverse(pair_at(rank, start)));
        }
    }
}
