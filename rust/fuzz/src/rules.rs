//! Random texts by rules: a word has forms, in which other words stand behind an `@`.

use crate::choices::Choices;

/// How long a text grows before words get their first form.
const LENGTH_MAX: usize = 4_000;

/// Words and their forms. The first form of a word leads to an end.
pub(crate) type Rules<'r> = [(&'r str, &'r [&'r str])];

/// Writes a word as the choices say, with others nested in it so deep.
pub(crate) fn write(rules: &[&Rules<'_>], word: &str, depth: usize, choices: &mut Choices<'_>) -> String {
    let mut text = String::new();
    Writer { rules, choices, text: &mut text }.word(word, depth);
    text
}

struct Writer<'w, 'b> {
    rules: &'w [&'w Rules<'w>],
    choices: &'w mut Choices<'b>,
    text: &'w mut String,
}

impl Writer<'_, '_> {
    fn word(&mut self, word: &str, depth: usize) {
        let rule = self.rules.iter().copied().flatten().find(|(name, _)| *name == word);
        let (_, forms) = rule.unwrap_or_else(|| panic!("there is no rule for `{word}`"));
        let is_last = depth == 0 || self.choices.is_over() || self.text.len() > LENGTH_MAX;
        let form = if is_last { forms[0] } else { *self.choices.pick(forms) };
        let mut parts = form.split('@');
        self.text.push_str(parts.next().unwrap_or_default());
        for part in parts {
            let end = part.find(|letter: char| !letter.is_ascii_lowercase()).unwrap_or(part.len());
            self.word(&part[..end], depth.saturating_sub(1));
            self.text.push_str(&part[end..]);
        }
    }
}
