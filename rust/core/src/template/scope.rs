//! Which slot or root a name means. Scopes nest; a loop and a `with` open one.

use std::ops::Range;

/// The names that are known at a point of a template.
pub(super) struct Scopes<'s, 'r> {
    /// Names set so far and their slots, scope by scope, outermost first.
    open: Vec<Vec<(&'s str, usize)>>,
    slots: usize,
    roots: &'r mut Roots,
}

/// The names that templates read and do not set themselves.
#[derive(Clone, Debug, Default)]
pub struct Roots(Vec<(Box<str>, bool)>);

impl Roots {
    /// The names in the order of their positions, and whether a template asks if there is such a thing, by
    /// `is defined` or `default`.
    pub fn iter(&self) -> impl Iterator<Item = (&str, bool)> {
        self.0.iter().map(|(name, asked)| (&**name, *asked))
    }
}

/// What a name means.
pub(super) enum Name {
    /// Slots, innermost first. An inner one may be unset, if it is set under a condition.
    Slots(Box<[usize]>),
    /// Position among the roots.
    Root(usize),
}

impl<'s, 'r> Scopes<'s, 'r> {
    pub(super) fn new(roots: &'r mut Roots) -> Self {
        Self { open: vec![Vec::new()], slots: 0, roots }
    }

    /// How many slots have been given out.
    pub(super) fn slots(&self) -> usize {
        self.slots
    }

    /// Opens a scope; gives the first slot that may be given out in it.
    pub(super) fn open(&mut self) -> usize {
        self.open.push(Vec::new());
        self.slots
    }

    /// Closes a scope; gives the slots that were given out since `start`.
    pub(super) fn close(&mut self, start: usize) -> Range<usize> {
        self.open.pop();
        start..self.slots
    }

    /// A slot without a name.
    pub(super) fn slot(&mut self) -> usize {
        self.slots += 1;
        self.slots - 1
    }

    /// The slot of a name in the innermost scope, where it is set.
    pub(super) fn declare(&mut self, name: &'s str) -> usize {
        let known = self.open.last().and_then(|scope| scope.iter().find(|(known, _)| *known == name));
        if let Some((_, slot)) = known {
            return *slot;
        }
        let slot = self.slot();
        if let Some(scope) = self.open.last_mut() {
            scope.push((name, slot));
        }
        slot
    }

    /// What a name that is read means here.
    pub(super) fn resolve(&mut self, name: &str) -> Name {
        let in_scope = |scope: &Vec<(&str, usize)>| {
            scope.iter().find(|(known, _)| *known == name).map(|(_, slot)| *slot)
        };
        let slots: Box<[usize]> = self.open.iter().rev().filter_map(in_scope).collect();
        if !slots.is_empty() {
            return Name::Slots(slots);
        }
        let roots = &mut self.roots.0;
        let position = roots.iter().position(|(root, _)| **root == *name).unwrap_or_else(|| {
            roots.push((name.into(), false));
            roots.len() - 1
        });
        Name::Root(position)
    }

    /// Takes note that the template asks whether there is a root.
    pub(super) fn ask(&mut self, position: usize) {
        if let Some((_, asked)) = self.roots.0.get_mut(position) {
            *asked = true;
        }
    }
}
