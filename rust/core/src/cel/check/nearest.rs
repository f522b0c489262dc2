//! The name that a misspelt one was meant to be.

/// Names longer than this are not compared.
const LENGTH_MAX: usize = 64;

/// The known name that is nearest, if one is near.
pub(super) fn nearest<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let length = name.chars().count();
    let allowed = length / 3 + 1;
    // With two of its three letters changed a short name is another one.
    let begins_alike = |candidate: &str| length > 3 || candidate.chars().next() == name.chars().next();
    let candidates = known.into_iter().filter(|candidate| begins_alike(candidate));
    let candidates = candidates.map(|candidate| (distance(name, candidate), candidate));
    let (_, found) =
        candidates.filter(|(distance, _)| *distance <= allowed).min_by_key(|(distance, _)| *distance)?;
    Some(found)
}

/// As the end of a message.
pub(crate) fn suggestion<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> String {
    nearest(name, known).map_or_else(String::new, |found| format!("; did you mean `{found}`?"))
}

/// How many letters have to be changed, added or left out; capitals count as the small letters.
fn distance(a: &str, b: &str) -> usize {
    if a.len().max(b.len()) > LENGTH_MAX {
        return usize::MAX;
    }
    strsim::levenshtein(&a.to_lowercase(), &b.to_lowercase())
}
