//! Statements: what a template writes, and the variables it sets on the way.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use super::Program;
use super::error::{Place, Result, failed};
use super::evaluate::Frame;
use super::operators::is_true;
use super::output::{Output, burn_items};
use super::tree::{For, Statement, Target};
use crate::cel::Fuel;
use crate::value::Value;

/// Renders a whole template.
pub(super) fn render(program: &Program, roots: &[Option<&Value>], fuel: &Fuel) -> Result<String> {
    let mut renderer = Renderer { frame: Frame::new(roots, program.slots, fuel), output: Output::new(fuel) };
    renderer.block(&program.body)?;
    renderer.output.into_string()
}

/// A template on its way.
struct Renderer<'v> {
    frame: Frame<'v>,
    output: Output<'v>,
}

/// A place in a loop.
#[derive(Clone, Copy, Debug)]
pub(super) struct Turn {
    pub(super) index: usize,
    pub(super) length: usize,
}

impl<'v> Renderer<'v> {
    fn block(&mut self, statements: &'v [(Place, Statement)]) -> Result<()> {
        statements.iter().try_for_each(|(place, statement)| {
            self.statement(statement).map_err(|trouble| trouble.or_at(*place))
        })
    }

    fn statement(&mut self, statement: &'v Statement) -> Result<()> {
        match statement {
            Statement::Text(text) => self.output.text(text),
            Statement::Print(expr) => {
                let value = self.frame.evaluate(expr)?;
                self.output.value(&value)
            }
            Statement::For(each) => self.each(each),
            Statement::If { condition, then, otherwise } => {
                let holds = is_true(&*self.frame.evaluate(condition)?);
                self.block(if holds { then } else { otherwise })
            }
            Statement::With { slots, body } => {
                self.frame.clear(slots.clone());
                self.block(body)
            }
            Statement::Set(target, expr) => {
                let value = self.frame.evaluate(expr)?;
                self.set(target, value)
            }
            Statement::Capture { body, slot, then } => {
                let outer = std::mem::replace(&mut self.output, Output::new(self.frame.fuel));
                self.block(body)?;
                let captured = std::mem::replace(&mut self.output, outer).finish()?;
                self.frame.set(*slot, Cow::Owned(Value::String(captured)));
                self.statement(then)
            }
        }
    }

    fn each(&mut self, each: &'v For) -> Result<()> {
        let items = self.frame.evaluate(&each.items)?;
        let items = items_of(items, self.frame.fuel).map_err(|trouble| trouble.or_at(each.place))?;
        let items = self.chosen(each, items)?;
        if items.is_empty() {
            return self.block(&each.otherwise);
        }
        let length = items.len();
        for (index, item) in items.into_iter().enumerate() {
            self.begin_turn(&each.slots, &each.target, item)?;
            self.frame.turns.push(Turn { index, length });
            self.block(&each.body)?;
            self.frame.turns.pop();
        }
        Ok(())
    }

    /// The items of a loop for which its condition holds.
    fn chosen(&mut self, each: &'v For, items: Vec<Cow<'v, Value>>) -> Result<Vec<Cow<'v, Value>>> {
        let Some(condition) = &each.condition else { return Ok(items) };
        let mut chosen = Vec::new();
        for item in items {
            self.begin_turn(&each.slots, &each.target, item.clone())?;
            if is_true(&*self.frame.evaluate(condition)?) {
                chosen.push(item);
            }
        }
        Ok(chosen)
    }

    fn begin_turn(&mut self, slots: &Range<usize>, target: &Target, item: Cow<'v, Value>) -> Result<()> {
        self.frame.fuel.burn_length(1 + slots.len())?;
        self.frame.clear(slots.clone());
        self.set(target, item)
    }

    fn set(&mut self, target: &Target, value: Cow<'v, Value>) -> Result<()> {
        match target {
            Target::Slot(slot) => {
                self.frame.set(*slot, value);
                Ok(())
            }
            Target::Each(targets, place) => {
                let kind = value.type_name();
                let items = match &*value {
                    Value::List(_) => items_of(value, self.frame.fuel)?,
                    _ => Vec::new(),
                };
                if items.len() != targets.len() {
                    let message = format!(
                        "{} names need a list of as many values, not {kind} of {}",
                        targets.len(),
                        items.len()
                    );
                    return Err(failed(message).or_at(*place));
                }
                targets.iter().zip(items).try_for_each(|(target, item)| self.set(target, item))
            }
        }
    }
}

/// What a loop runs over: the items of a list, the keys of an object, the letters of a text.
pub(super) fn items_of<'v>(value: Cow<'v, Value>, fuel: &Fuel) -> Result<Vec<Cow<'v, Value>>> {
    let text = |text: &str| Cow::Owned(Value::from(text));
    Ok(match value {
        Cow::Borrowed(Value::List(items)) => {
            burn_items(fuel, items.len())?;
            items.iter().map(Cow::Borrowed).collect()
        }
        value => match &*value {
            Value::List(items) => {
                burn_items(fuel, items.len())?;
                items.iter().cloned().map(Cow::Owned).collect()
            }
            Value::Object(object) => {
                burn_items(fuel, object.len())?;
                object.iter().map(|(key, _)| Cow::Owned(Value::String(Arc::clone(key)))).collect()
            }
            Value::String(letters) => {
                // Each is a text of its own.
                burn_items(fuel, letters.len().saturating_mul(2))?;
                letters.chars().map(|letter| text(letter.encode_utf8(&mut [0; 4]))).collect()
            }
            other => return Err(failed(format!("{} has no items to loop over", other.type_name()))),
        },
    })
}
