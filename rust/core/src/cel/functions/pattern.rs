//! Regular expressions, with a price: matching takes time linear in the text, and the worst of that
//! grows with the size of the compiled pattern. Compiling has a price too: what stands for large classes of
//! characters is counted before.

use regex::{Regex, RegexBuilder};
use regex_syntax::ast::{self, Ast};

use super::shapes::{BOOL, STRING};
use super::{Form, Function, invalid, no_overload};
use crate::cel::error::{Error, ErrorKind, Result};
use crate::cel::fuel::Fuel;
use crate::cel::value::{Value, View};

/// How many bytes a compiled pattern may take.
pub const PATTERN_SIZE_MAX: usize = 256 << 10;
/// How many bytes of text a pattern may have.
pub const PATTERN_LENGTH_MAX: usize = 8 << 10;
/// How many of an expression's patterns are looked at and compiled before it is evaluated, which takes no
/// fuel; the others are compiled when they are needed.
pub const PATTERNS_MAX: usize = 16;
/// The sizes that are told apart; a character costs as much as there are kilobytes in them, which keeps
/// the worst patterns within about ten times the time of other work of that price.
const SIZES: [usize; 3] = [16 << 10, 64 << 10, PATTERN_SIZE_MAX];
/// How many characters compiling a pattern counts for.
const COMPILE_COST: u64 = 100;
const NESTING_MAX: u32 = 64;
/// How many large classes of characters a pattern may name, and how many of these one counts for whose
/// capitals do not matter: each of its characters is looked up.
const CLASSES_MAX: u64 = 192;
const FOLDED_COST: u64 = 32;
/// How many characters working out a large class counts for.
const CLASS_COST: u64 = 50;
/// A range of so many characters makes a class a large one.
const WIDE: u32 = 1_000;

pub(super) const FUNCTIONS: &[Function] =
    &[Function::new("matches", Form::Either, &[(&[STRING, STRING], BOOL)], matches)];

/// A compiled pattern.
#[derive(Clone, Debug)]
pub struct Pattern {
    regex: Regex,
    /// What a character of a text costs.
    cost: u64,
    /// What compiling the pattern costs.
    price: u64,
}

impl Pattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// What is no pattern, what would be larger than [`PATTERN_SIZE_MAX`], is longer than
    /// [`PATTERN_LENGTH_MAX`], or names too many large classes of characters.
    pub fn new(text: &str) -> Result<Self> {
        let classes = if text.len() > PATTERN_LENGTH_MAX { u64::MAX } else { classes(text) };
        if classes > CLASSES_MAX {
            return Err(too_large());
        }
        for size in SIZES {
            let mut builder = RegexBuilder::new(text);
            match builder.size_limit(size).nest_limit(NESTING_MAX).build() {
                Ok(regex) => {
                    let cost = (size >> 10) as u64;
                    return Ok(Self { regex, cost, price: cost * COMPILE_COST + classes * CLASS_COST });
                }
                Err(regex::Error::CompiledTooBig(_)) => {}
                Err(error) => {
                    let text = error.to_string();
                    let cause = text.lines().last().unwrap_or_default().trim_start_matches("error: ");
                    return Err(invalid(format!("no pattern: {cause}")));
                }
            }
        }
        Err(too_large())
    }

    /// Whether it is found in a text.
    ///
    /// # Errors
    /// Only when there is too little fuel.
    pub fn is_match(&self, text: &str, fuel: &Fuel) -> Result<bool> {
        fuel.burn((text.len() as u64).saturating_mul(self.cost))?;
        Ok(self.regex.is_match(text))
    }
}

fn matches(fuel: &Fuel, arguments: &[View<'_>]) -> Result<Value> {
    let [View::String(text), View::String(pattern)] = arguments else {
        return Err(no_overload("matches", arguments));
    };
    fuel.burn_length(pattern.len())?;
    let pattern = Pattern::new(pattern)?;
    fuel.burn(pattern.price)?;
    Ok(pattern.is_match(text, fuel)?.into())
}

#[cold]
fn too_large() -> Box<Error> {
    Error::new(ErrorKind::Limit, "the pattern is too large")
}

/// How many large classes of characters a pattern names; none if it is no pattern.
fn classes(text: &str) -> u64 {
    let parsed = ast::parse::ParserBuilder::new().nest_limit(NESTING_MAX).build().parse(text);
    let counted = parsed.ok().and_then(|ast| ast::visit(&ast, Classes::default()).ok());
    counted.unwrap_or(0)
}

/// Counts classes. From the first `i` among the flags on capitals are taken not to matter.
#[derive(Default)]
struct Classes {
    count: u64,
    is_folded: bool,
    /// How many classes were counted where each of the open brackets began.
    open: Vec<u64>,
}

impl Classes {
    fn add(&mut self) {
        self.count += if self.is_folded { FOLDED_COST } else { 1 };
    }

    fn flags(&mut self, flags: &ast::Flags) {
        self.is_folded |= flags.flag_state(ast::Flag::CaseInsensitive) == Some(true);
    }

    /// The end of a class in which others stand: its capitals are worked out once more.
    fn close(&mut self, is_negated: bool) {
        let before = self.open.pop().unwrap_or(self.count);
        if is_negated || self.count > before {
            self.add();
        }
    }
}

impl ast::Visitor for Classes {
    type Output = u64;
    type Err = ();

    fn finish(self) -> std::result::Result<u64, ()> {
        Ok(self.count)
    }

    fn visit_pre(&mut self, ast: &Ast) -> std::result::Result<(), ()> {
        match ast {
            Ast::Flags(set) => self.flags(&set.flags),
            Ast::Group(group) => group.flags().into_iter().for_each(|flags| self.flags(flags)),
            Ast::ClassUnicode(_) => self.add(),
            // Their capitals belong to them.
            Ast::ClassPerl(_) => self.count += 1,
            Ast::ClassBracketed(_) => self.open.push(self.count),
            _ => {}
        }
        Ok(())
    }

    fn visit_post(&mut self, ast: &Ast) -> std::result::Result<(), ()> {
        if let Ast::ClassBracketed(class) = ast {
            self.close(class.negated);
        }
        Ok(())
    }

    fn visit_class_set_item_pre(&mut self, item: &ast::ClassSetItem) -> std::result::Result<(), ()> {
        match item {
            ast::ClassSetItem::Unicode(_) => self.add(),
            ast::ClassSetItem::Perl(_) => self.count += 1,
            ast::ClassSetItem::Range(range) if width(range) > WIDE => self.count += 1,
            ast::ClassSetItem::Bracketed(_) => self.open.push(self.count),
            _ => {}
        }
        Ok(())
    }

    fn visit_class_set_item_post(&mut self, item: &ast::ClassSetItem) -> std::result::Result<(), ()> {
        if let ast::ClassSetItem::Bracketed(class) = item {
            self.close(class.negated);
        }
        Ok(())
    }

    fn visit_class_set_binary_op_in(&mut self, _: &ast::ClassSetBinaryOp) -> std::result::Result<(), ()> {
        // Both sides are worked out by themselves.
        self.add();
        self.add();
        Ok(())
    }
}

fn width(range: &ast::ClassSetRange) -> u32 {
    u32::from(range.end.c).saturating_sub(range.start.c.into())
}
