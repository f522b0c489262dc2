//! The parser's tree to ours: names become slots and roots, filters and tests are looked up, and what a
//! template from anywhere may not have is refused.

mod calls;

use minijinja::machinery::Span;
use minijinja::machinery::ast;
use minijinja::value::ValueKind;

use super::Program;
use super::error::{Place, Result, failed};
use super::scope::{Name, Roots, Scopes};
use super::tree::{Block, Expr, For, LoopField, Operator, Statement, Target};
use crate::cel::check::suggestion;
use crate::value::Value;

/// How many places of a template may put values into new lists or objects; so deep may these nest.
const BUILDERS_MAX: usize = 64;

/// Turns a whole template into a program.
pub(super) fn lower(template: &ast::Stmt<'_>, roots: &mut Roots) -> Result<Program> {
    let mut lowering = Lowering { scopes: Scopes::new(roots), loops: 0, builders: 0 };
    let ast::Stmt::Template(template) = template else { return Err(failed("no template")) };
    let body = lowering.block(&template.children)?;
    Ok(Program { body, slots: lowering.scopes.slots() })
}

struct Lowering<'s, 'r> {
    scopes: Scopes<'s, 'r>,
    /// How many loops are around.
    loops: usize,
    builders: usize,
}

fn place(span: Span) -> Place {
    Place { line: span.start_line.into(), column: u32::from(span.start_col) + 1 }
}

/// Where a statement begins, behind its `{%` or `{{`.
fn beginning(statement: &ast::Stmt<'_>) -> Place {
    match statement {
        ast::Stmt::Template(template) => place(template.span()),
        ast::Stmt::EmitExpr(print) => start(&print.expr),
        ast::Stmt::EmitRaw(text) => place(text.span()),
        ast::Stmt::ForLoop(each) => place(each.span()),
        ast::Stmt::IfCond(choice) => place(choice.span()),
        ast::Stmt::WithBlock(with) => place(with.span()),
        ast::Stmt::Set(set) => place(set.span()),
        ast::Stmt::SetBlock(set) => place(set.span()),
        ast::Stmt::AutoEscape(escape) => place(escape.span()),
        ast::Stmt::FilterBlock(filter) => place(filter.span()),
        ast::Stmt::Do(call) => place(call.span()),
    }
}

/// Where an expression begins. The spans of operators begin too early, those of later steps too late.
fn start(expr: &ast::Expr<'_>) -> Place {
    match expr {
        ast::Expr::BinOp(operation) => start(&operation.left),
        ast::Expr::Compare(chain) => start(&chain.expr),
        ast::Expr::IfExpr(choice) => start(&choice.true_expr),
        ast::Expr::Test(test) => start(&test.expr),
        ast::Expr::GetAttr(field) => start(&field.expr),
        ast::Expr::GetItem(item) => start(&item.expr),
        ast::Expr::Slice(slice) => start(&slice.expr),
        ast::Expr::Call(call) => start(&call.expr),
        ast::Expr::Filter(filter) => filter.expr.as_ref().map_or(place(filter.span()), start),
        ast::Expr::UnaryOp(operation) => match operation.op {
            ast::UnaryOpKind::Not => start(&operation.expr),
            ast::UnaryOpKind::Neg => place(operation.span()),
        },
        expr => place(expr.span()),
    }
}

impl<'s> Lowering<'s, '_> {
    fn block(&mut self, statements: &[ast::Stmt<'s>]) -> Result<Block> {
        statements.iter().map(|statement| Ok((beginning(statement), self.statement(statement)?))).collect()
    }

    fn statement(&mut self, statement: &ast::Stmt<'s>) -> Result<Statement> {
        let refuse = |message| Err(failed(message).or_at(beginning(statement)));
        Ok(match statement {
            ast::Stmt::EmitRaw(text) => Statement::Text(text.raw.into()),
            ast::Stmt::EmitExpr(print) => Statement::Print(self.expr(&print.expr)?),
            ast::Stmt::ForLoop(each) => self.each(each)?,
            ast::Stmt::IfCond(choice) => Statement::If {
                condition: self.expr(&choice.expr)?,
                then: self.block(&choice.true_body)?,
                otherwise: self.block(&choice.false_body)?,
            },
            ast::Stmt::WithBlock(with) => {
                let (body, slots) = self.nested(|lowering| {
                    let mut body = Vec::new();
                    for (target, value) in &with.assignments {
                        let at = start(target);
                        let value = lowering.expr(value)?;
                        body.push((at, Statement::Set(lowering.target(target)?, value)));
                    }
                    body.extend(lowering.block(&with.body)?);
                    Ok(body.into())
                });
                Statement::With { slots, body: body? }
            }
            ast::Stmt::Set(set) => {
                let value = self.expr(&set.expr)?;
                Statement::Set(self.target(&set.target)?, value)
            }
            ast::Stmt::SetBlock(set) => {
                let body = self.block(&set.body)?;
                let slot = self.scopes.slot();
                let value = self.filtered(set.filter.as_ref(), slot)?;
                let then = Box::new(Statement::Set(self.target(&set.target)?, value));
                Statement::Capture { body, slot, then }
            }
            ast::Stmt::FilterBlock(filter) => {
                let body = self.block(&filter.body)?;
                let slot = self.scopes.slot();
                let then = Box::new(Statement::Print(self.filtered(Some(&filter.filter), slot)?));
                Statement::Capture { body, slot, then }
            }
            ast::Stmt::AutoEscape(_) => {
                return refuse("nothing is escaped here, so there is no `autoescape`");
            }
            ast::Stmt::Do(_) => return refuse("there is nothing to `do`; print or `set` it"),
            ast::Stmt::Template(_) => return refuse("a template in a template"),
        })
    }

    /// Does something in a scope of its own.
    fn nested<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T>,
    ) -> (Result<T>, std::ops::Range<usize>) {
        let start = self.scopes.open();
        let done = work(self);
        (done, self.scopes.close(start))
    }

    fn each(&mut self, each: &ast::ForLoop<'s>) -> Result<Statement> {
        if each.recursive {
            return Err(failed("a loop cannot be `recursive`").or_at(start(&each.iter)));
        }
        let items = self.expr(&each.iter)?;
        let (inner, slots) = self.nested(|lowering| {
            let target = lowering.target(&each.target)?;
            let condition =
                each.filter_expr.as_ref().map(|condition| lowering.expr(condition)).transpose()?;
            lowering.loops += 1;
            let body = lowering.block(&each.body);
            lowering.loops -= 1;
            Ok((target, condition, body?))
        });
        let (target, condition, body) = inner?;
        let otherwise = self.block(&each.else_body)?;
        let place = start(&each.iter);
        Ok(Statement::For(Box::new(For { target, items, place, condition, body, otherwise, slots })))
    }

    fn target(&mut self, target: &ast::Expr<'s>) -> Result<Target> {
        match target {
            ast::Expr::Var(variable) => Ok(Target::Slot(self.scopes.declare(variable.id))),
            ast::Expr::List(list) => {
                let parts = list.items.iter().map(|item| self.target(item)).collect::<Result<_>>()?;
                Ok(Target::Each(parts, place(list.span())))
            }
            other => Err(failed("only a name can be set").or_at(start(other))),
        }
    }

    fn exprs(&mut self, exprs: &[ast::Expr<'s>]) -> Result<Box<[Expr]>> {
        exprs.iter().map(|expr| self.expr(expr)).collect()
    }

    fn pair(&mut self, left: &ast::Expr<'s>, right: &ast::Expr<'s>) -> Result<Box<(Expr, Expr)>> {
        Ok(Box::new((self.expr(left)?, self.expr(right)?)))
    }

    fn optional(&mut self, expr: Option<&ast::Expr<'s>>) -> Result<Option<Expr>> {
        expr.map(|expr| self.expr(expr)).transpose()
    }

    fn expr(&mut self, expr: &ast::Expr<'s>) -> Result<Expr> {
        let at = start(expr);
        Ok(match expr {
            ast::Expr::Const(constant) => Expr::Constant(
                literal(&constant.value)
                    .ok_or_else(|| failed("a number that no JSON number is").or_at(at))?,
            ),
            ast::Expr::Var(variable) => self.variable(variable.id, at)?,
            ast::Expr::GetAttr(field) => match &field.expr {
                ast::Expr::Var(variable) if variable.id == "loop" => self.loop_field(field.name, at)?,
                inner => Expr::Field(Box::new(self.expr(inner)?), field.name.into(), at),
            },
            ast::Expr::GetItem(item) => Expr::Item(self.pair(&item.expr, &item.subscript_expr)?, at),
            ast::Expr::Slice(slice) => {
                let value = self.expr(&slice.expr)?;
                let bounds = [
                    self.optional(slice.start.as_ref())?,
                    self.optional(slice.stop.as_ref())?,
                    self.optional(slice.step.as_ref())?,
                ];
                Expr::Slice(Box::new((value, bounds)), at)
            }
            ast::Expr::UnaryOp(operation) => {
                let value = Box::new(self.expr(&operation.expr)?);
                match operation.op {
                    ast::UnaryOpKind::Not => Expr::Not(value),
                    ast::UnaryOpKind::Neg => Expr::Negate(value, at),
                }
            }
            ast::Expr::BinOp(operation) => {
                let operands = self.pair(&operation.left, &operation.right)?;
                match operator(operation.op) {
                    Some(operator) => Expr::Binary(operator, operands, at),
                    None if matches!(operation.op, ast::BinOpKind::ScAnd) => Expr::And(operands),
                    None => Expr::Or(operands),
                }
            }
            ast::Expr::Compare(chain) => {
                let first = Box::new(self.expr(&chain.expr)?);
                let rest = chain.ops.iter().map(|link| Ok((comparison(link.op), self.expr(&link.expr)?)));
                Expr::Chain(first, rest.collect::<Result<_>>()?, at)
            }
            ast::Expr::IfExpr(choice) => {
                let condition = self.expr(&choice.test_expr)?;
                let then = self.expr(&choice.true_expr)?;
                let otherwise = self.optional(choice.false_expr.as_ref())?;
                Expr::Choice(Box::new((condition, then, otherwise.unwrap_or(Expr::Constant("".into())))))
            }
            ast::Expr::List(list) => self.list(&list.items, at)?,
            ast::Expr::Tuple(tuple) => self.list(&tuple.items, at)?,
            ast::Expr::Map(map) => {
                self.count_builder().map_err(|trouble| trouble.or_at(at))?;
                let entries = map.keys.iter().zip(&map.values);
                let entries = entries.map(|(key, value)| Ok((self.expr(key)?, self.expr(value)?)));
                Expr::Object(entries.collect::<Result<_>>()?, at)
            }
            ast::Expr::Filter(filter) => {
                let Some(inner) = &filter.expr else { return Err(failed("a filter of nothing").or_at(at)) };
                let value = self.expr(inner)?;
                self.filter(filter.name, value, &filter.args, place(filter.span()))?
            }
            ast::Expr::Test(test) => self.test(test, place(test.span()))?,
            ast::Expr::Call(call) => self.call(call, at)?,
        })
    }

    fn variable(&mut self, name: &str, place: Place) -> Result<Expr> {
        match name {
            "null" => return Ok(Expr::Constant(Value::Null)),
            "loop" => {
                let message = "`loop` is no value; take what you need of it, such as `loop.index`";
                return Err(failed(message).or_at(place));
            }
            _ => {}
        }
        let name_of = || name.into();
        Ok(match self.scopes.resolve(name) {
            Name::Slots(slots) => Expr::Variable { name: name_of(), slots, place },
            Name::Root(position) => Expr::Root { name: name_of(), position, place },
        })
    }

    fn loop_field(&mut self, name: &str, at: Place) -> Result<Expr> {
        if self.loops == 0 {
            return Err(failed("`loop` is known only inside of a loop").or_at(at));
        }
        let names = || LoopField::NAMES.iter().map(|(name, _)| *name);
        if let Some((_, field)) = LoopField::NAMES.iter().find(|(known, _)| *known == name) {
            return Ok(Expr::Loop(*field));
        }
        let known: Vec<_> = names().chain(["cycle(...)"]).collect();
        let message = format!("`loop` has no `{name}`, it has {}", known.join(", "));
        Err(failed(message + &suggestion(name, names())).or_at(at))
    }

    fn list(&mut self, items: &[ast::Expr<'s>], at: Place) -> Result<Expr> {
        let items = self.exprs(items)?;
        let values = items.iter().map(|item| match item {
            Expr::Constant(value) => Some(value.clone()),
            _ => None,
        });
        if let Some(constant) = values.collect::<Option<Vec<_>>>() {
            return Ok(Expr::Constant(constant.into_iter().collect()));
        }
        self.count_builder().map_err(|trouble| trouble.or_at(at))?;
        Ok(Expr::List(items))
    }

    fn count_builder(&mut self) -> Result<()> {
        self.builders += 1;
        if self.builders <= BUILDERS_MAX {
            return Ok(());
        }
        Err(failed(format!("more than {BUILDERS_MAX} places where lists or objects are made")))
    }
}

/// A constant of a template: `null`, a boolean, a number or text.
fn literal(value: &minijinja::Value) -> Option<Value> {
    Some(match value.kind() {
        ValueKind::None => Value::Null,
        ValueKind::Bool => Value::Bool(value.is_true()),
        ValueKind::String => value.as_str()?.into(),
        ValueKind::Number if value.is_integer() => Value::integer(i128::try_from(value.clone()).ok()?.into()),
        ValueKind::Number => {
            Value::Float(f64::try_from(value.clone()).ok().filter(|number| number.is_finite())?)
        }
        _ => return None,
    })
}

fn operator(operator: ast::BinOpKind) -> Option<Operator> {
    Some(match operator {
        ast::BinOpKind::Eq => Operator::Equal,
        ast::BinOpKind::Ne => Operator::NotEqual,
        ast::BinOpKind::Lt => Operator::Less,
        ast::BinOpKind::Lte => Operator::LessOrEqual,
        ast::BinOpKind::Gt => Operator::Greater,
        ast::BinOpKind::Gte => Operator::GreaterOrEqual,
        ast::BinOpKind::In => Operator::In,
        ast::BinOpKind::Add => Operator::Add,
        ast::BinOpKind::Sub => Operator::Subtract,
        ast::BinOpKind::Mul => Operator::Multiply,
        ast::BinOpKind::Div => Operator::Divide,
        ast::BinOpKind::FloorDiv => Operator::FloorDivide,
        ast::BinOpKind::Rem => Operator::Remainder,
        ast::BinOpKind::Pow => Operator::Power,
        ast::BinOpKind::Concat => Operator::Concatenate,
        ast::BinOpKind::ScAnd | ast::BinOpKind::ScOr => return None,
    })
}

fn comparison(operator: ast::CompareOpKind) -> Operator {
    match operator {
        ast::CompareOpKind::Eq => Operator::Equal,
        ast::CompareOpKind::Ne => Operator::NotEqual,
        ast::CompareOpKind::Lt => Operator::Less,
        ast::CompareOpKind::Lte => Operator::LessOrEqual,
        ast::CompareOpKind::Gt => Operator::Greater,
        ast::CompareOpKind::Gte => Operator::GreaterOrEqual,
        ast::CompareOpKind::In => Operator::In,
        ast::CompareOpKind::NotIn => Operator::NotIn,
    }
}
