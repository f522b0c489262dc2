//! Places inside of a value.

use std::fmt;
use std::sync::Arc;

/// One step into a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A key of an object.
    Key(Arc<str>),
    /// An index of a list, from 0.
    Index(usize),
}

/// Steps from a value, outermost first, spelled as users write them: `items[3].name`.
#[derive(Clone, Copy, Debug)]
pub struct Path<'p>(pub &'p [Step]);

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            match step {
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Key(key) if !is_name(key) => write!(f, "[{key:?}]")?,
                Step::Key(key) if position == 0 => f.write_str(key)?,
                Step::Key(key) => write!(f, ".{key}")?,
            }
        }
        Ok(())
    }
}

fn is_name(key: &str) -> bool {
    !key.is_empty()
        && !key.starts_with(|letter: char| letter.is_ascii_digit())
        && key.chars().all(|letter| letter.is_alphanumeric() || ['_', '$', '-'].contains(&letter))
}
