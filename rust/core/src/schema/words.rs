//! What was expected, in words.

use super::keyword::{Bound, Type};
use super::place::shown;
use crate::value::Value;

/// How many expected values a message lists.
pub(super) const LISTED_MAX: usize = 8;

pub(super) fn worded(bound: Bound, limit: &Value) -> String {
    let words = match bound {
        Bound::AtLeast => "at least",
        Bound::MoreThan => "more than",
        Bound::AtMost => "at most",
        Bound::LessThan => "less than",
    };
    format!("{words} {}", shown(limit))
}

pub(super) fn span(least: u64, most: u64) -> String {
    match (least, most) {
        (least, u64::MAX) => format!("at least {least}"),
        (0, most) => format!("at most {most}"),
        (least, most) if least == most => least.to_string(),
        (least, most) => format!("{least} to {most}"),
    }
}

pub(super) fn either(types: &[Type]) -> String {
    types.iter().map(|kind| kind.word()).collect::<Vec<_>>().join(" or ")
}

pub(super) fn one_of(values: &[Value]) -> String {
    let listed: Vec<_> = values.iter().take(LISTED_MAX).map(shown).collect();
    let more = if values.len() > LISTED_MAX { ", ..." } else { "" };
    format!("one of {}{more}", listed.join(", "))
}
