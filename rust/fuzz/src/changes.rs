//! Texts that are changed a little: what was valid mostly no longer is, and looks so to its end.

use crate::choices::Choices;

/// Changes that are made at most.
const CHANGES_MAX: usize = 4;
/// Places in a text that a change can reach.
const REACHED: usize = 65_536;

/// A change: what is done, and two numbers that say where and how much.
pub(crate) type Change = [usize; 3];

/// A few changes, chosen before the text is, which may need all choices.
pub(crate) fn choose(choices: &mut Choices<'_>) -> Vec<Change> {
    (0..=choices.below(CHANGES_MAX))
        .map(|_| [choices.below(5), choices.below(REACHED), choices.below(4_096)])
        .collect()
}

/// The text with pieces put in, parts taken out, repeated, turned round or copied to another place.
pub(crate) fn apply(text: &str, changes: &[Change], pieces: &[&str]) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    for &[change, first, second] in changes {
        let start = first % (letters.len() + 1);
        let end = (start + second % 16).min(letters.len());
        match change {
            0 => drop(letters.splice(start..start, pieces[second % pieces.len()].chars())),
            1 => drop(letters.drain(start..end)),
            2 => {
                let part: Vec<char> = letters[start..end].iter().copied().cycle().take(second).collect();
                letters.splice(start..start, part);
            }
            3 => letters[start..end].reverse(),
            _ => {
                let part = letters[start..end].to_vec();
                let to = second % (letters.len() + 1);
                letters.splice(to..to, part);
            }
        }
    }
    letters.into_iter().collect()
}
