//! The name that a misspelt one was meant to be.

/// Names longer than this are not compared.
const LENGTH_MAX: usize = 64;

/// The known name that is nearest, if one is near.
pub(super) fn nearest<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let allowed = name.chars().count() / 3 + 1;
    let candidates = known.into_iter().map(|candidate| (distance(name, candidate), candidate));
    let (_, found) =
        candidates.filter(|(distance, _)| *distance <= allowed).min_by_key(|(distance, _)| *distance)?;
    Some(found)
}

/// As the end of a message.
pub(super) fn suggestion<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> String {
    nearest(name, known).map_or_else(String::new, |found| format!("; did you mean `{found}`?"))
}

/// How many letters have to be changed, added or left out; capitals count as the small letters.
fn distance(a: &str, b: &str) -> usize {
    if a.len().max(b.len()) > LENGTH_MAX {
        return usize::MAX;
    }
    let b: Vec<char> = b.to_lowercase().chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (line, letter) in a.to_lowercase().chars().enumerate() {
        let mut diagonal = line;
        let mut left = line + 1;
        let mut next = vec![left];
        for (column, other) in b.iter().enumerate() {
            let above = row.get(column + 1).copied().unwrap_or(usize::MAX);
            left = (diagonal + usize::from(letter != *other)).min(left + 1).min(above + 1);
            diagonal = above;
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or(usize::MAX)
}
