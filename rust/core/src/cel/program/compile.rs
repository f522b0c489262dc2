//! A syntax tree to a program: names become slots, and what is common becomes a step of its own.

use std::sync::Arc;

use super::Root;
use super::node::{Element, Entry, Field, Index, Looping, Node, Op, Path, Select};
use crate::cel::error::ErrorKind;
use crate::cel::functions::{self, Implementation, Lookup, PATTERNS_MAX, Pattern};
use crate::cel::syntax::{self, Binary, Comprehension, Expr, Kind, Literal, Relation, Unary};
use crate::cel::value::{Entries, Key, Map, Value, ValueType};

/// Works through one expression.
pub(super) struct Compiler<'e> {
    dotted: &'e [&'e str],
    roots: Vec<Root>,
    /// The variables of the macros around, the innermost last.
    locals: Vec<Arc<str>>,
    /// How many patterns were compiled.
    patterns: usize,
}

/// A name with fields behind it.
struct Chain<'e> {
    name: &'e Arc<str>,
    absolute: bool,
    offset: u32,
    fields: Vec<Field>,
    /// How many of the fields are written with dots, so that they can be part of the name.
    dotted: usize,
}

impl<'e> Compiler<'e> {
    pub(super) fn new(dotted: &'e [&'e str]) -> Self {
        Self { dotted, roots: Vec::new(), locals: Vec::new(), patterns: 0 }
    }

    pub(super) fn into_roots(self) -> Box<[Root]> {
        self.roots.into()
    }

    pub(super) fn node(&mut self, expr: &Expr) -> Node {
        Node::new(self.op(expr), expr.offset())
    }

    fn boxed(&mut self, expr: &Expr) -> Box<Node> {
        Box::new(self.node(expr))
    }

    fn nodes(&mut self, exprs: &[Expr]) -> Box<[Node]> {
        exprs.iter().map(|expr| self.node(expr)).collect()
    }

    fn op(&mut self, expr: &Expr) -> Op {
        if let Some(chain) = chain(expr) {
            return self.chain(chain, false);
        }
        match expr.kind() {
            Kind::Literal(literal) => Op::Constant(constant(literal)),
            // A name is a chain without fields.
            Kind::Name { name, .. } => self.variable(name.clone()),
            Kind::Select { operand, field, optional } => Op::Select(Box::new(Select {
                operand: self.node(operand),
                field: field.clone(),
                optional: *optional,
            })),
            Kind::Index { operand, index, optional } => self.index(operand, index, *optional),
            Kind::Call { function, receiver, arguments } => {
                self.call(function, receiver.as_deref(), arguments)
            }
            Kind::List(elements) => self.list(elements),
            Kind::Map(entries) => self.map(entries),
            Kind::Unary(Unary::Not, operand) => Op::Not(self.boxed(operand)),
            Kind::Unary(Unary::Negate, operand) => Op::Negate(self.boxed(operand)),
            Kind::Binary(operator, operands) => self.binary(*operator, operands),
            Kind::And(operands) => Op::And(self.nodes(operands)),
            Kind::Or(operands) => Op::Or(self.nodes(operands)),
            Kind::Conditional(parts) => {
                Op::Conditional(Box::new(parts.each_ref().map(|part| self.node(part))))
            }
            Kind::Has { operand, field } => self.has(operand, field, expr.offset()),
            Kind::Comprehension(comprehension) => self.comprehension(comprehension),
            Kind::Bind(bind) => {
                let value = self.node(&bind.value);
                Op::Bind(Box::new([value, self.within(&[&bind.name], &bind.body)]))
            }
            Kind::OptionalMap(map) => {
                let operand = self.node(&map.operand);
                Op::OptionalMap(Box::new([operand, self.within(&[&map.name], &map.body)]), map.flat)
            }
        }
    }

    /// Compiles where variables of a macro are known.
    fn within(&mut self, names: &[&Arc<str>], body: &Expr) -> Node {
        let outside = self.locals.len();
        self.locals.extend(names.iter().map(|name| Arc::clone(name)));
        let node = self.node(body);
        self.locals.truncate(outside);
        node
    }

    fn local(&self, name: &str) -> Option<u32> {
        self.locals.iter().rev().position(|local| &**local == name).map(|between| between as u32)
    }

    fn slot(&mut self, name: Arc<str>) -> usize {
        self.roots.iter().position(|root| root.name == name).unwrap_or_else(|| {
            self.roots.push(Root { name, whole: false, paths: Vec::new() });
            self.roots.len() - 1
        })
    }

    fn variable(&mut self, name: Arc<str>) -> Op {
        let slot = self.slot(name);
        if let Some(root) = self.roots.get_mut(slot) {
            root.whole = true;
        }
        Op::Variable(slot as u32)
    }

    /// The number of a path among those of its variable.
    fn path(&mut self, slot: usize, fields: &[Field]) -> usize {
        let names: Box<[Arc<str>]> = fields.iter().map(|field| field.name.clone()).collect();
        let Some(root) = self.roots.get_mut(slot) else { return 0 };
        root.paths.iter().position(|path| *path == names).unwrap_or_else(|| {
            root.paths.push(names);
            root.paths.len() - 1
        })
    }

    /// What a name with fields stands for: a macro's variable, a variable with dots in its name, a type,
    /// or a variable and a path in it.
    fn chain(&mut self, mut chain: Chain<'_>, is_test: bool) -> Op {
        if !chain.absolute
            && let Some(local) = self.local(chain.name)
        {
            return selects(Node::new(Op::Local(local), chain.offset), chain.fields, is_test);
        }
        let mut name = chain.name.clone();
        for count in (0..=chain.dotted).rev() {
            let before = chain.fields.iter().take(count);
            let joined = before.fold(chain.name.to_string(), |name, field| name + "." + &field.name);
            if self.dotted.contains(&joined.as_str()) {
                name = joined.into();
                chain.fields.drain(..count);
                break;
            }
            if let Some(known) = ValueType::named(&joined) {
                chain.fields.drain(..count);
                let node = Node::new(Op::Constant(Value::Type(known)), chain.offset);
                return selects(node, chain.fields, is_test);
            }
        }
        if chain.fields.is_empty() {
            return self.variable(name);
        }
        let slot = self.slot(name);
        let number = self.path(slot, &chain.fields);
        let fields = chain.fields.into();
        Op::Path(Box::new(Path { slot: slot as u32, number: number as u32, fields, is_test }))
    }

    fn has(&mut self, operand: &Expr, field: &Arc<str>, offset: u32) -> Op {
        if let Some(mut chain) = chain(operand) {
            chain.fields.push(Field { name: field.clone(), offset });
            return self.chain(chain, true);
        }
        Op::Has(Box::new(Select { operand: self.node(operand), field: field.clone(), optional: false }))
    }

    fn index(&mut self, operand: &Expr, index: &Expr, optional: bool) -> Op {
        let operand = self.node(operand);
        match index.kind() {
            Kind::Literal(Literal::String(field)) => {
                Op::Select(Box::new(Select { operand, field: field.clone(), optional }))
            }
            _ => Op::Index(Box::new(Index { operand, key: self.node(index), optional })),
        }
    }

    fn binary(&mut self, operator: Binary, operands: &[Expr; 2]) -> Op {
        let [left, right] = operands.each_ref().map(|operand| self.node(operand));
        match operator {
            Binary::In => Op::In(Box::new([left, right])),
            Binary::Arithmetic(operator) => Op::Arithmetic(operator, Box::new([left, right])),
            Binary::Relation(relation) => match (left.op, right.op) {
                (left_op, Op::Constant(constant)) => {
                    Op::Compare(relation, Box::new((Node::new(left_op, left.offset), constant)))
                }
                (Op::Constant(constant), right_op) => {
                    Op::Compare(turned(relation), Box::new((Node::new(right_op, right.offset), constant)))
                }
                (left_op, right_op) => {
                    let left = Node::new(left_op, left.offset);
                    Op::Relation(relation, Box::new([left, Node::new(right_op, right.offset)]))
                }
            },
        }
    }

    fn list(&mut self, elements: &[syntax::Element]) -> Op {
        let elements: Vec<Element> = elements
            .iter()
            .map(|element| Element { optional: element.optional, value: self.node(&element.value) })
            .collect();
        let constants = elements.iter().map(|element| match &element.value.op {
            Op::Constant(value) if !element.optional => Some(value.clone()),
            _ => None,
        });
        match constants.collect::<Option<Vec<Value>>>() {
            Some(items) => Op::Constant(items.into()),
            None => Op::List(elements.into()),
        }
    }

    fn map(&mut self, entries: &[syntax::Entry]) -> Op {
        let entries: Vec<Entry> = entries
            .iter()
            .map(|entry| Entry {
                optional: entry.optional,
                key: self.node(&entry.key),
                value: self.node(&entry.value),
            })
            .collect();
        let constants = entries.iter().map(|entry| match (&entry.key.op, &entry.value.op) {
            (Op::Constant(key), Op::Constant(value)) if !entry.optional => {
                Some((Key::of(key.view()).ok()?, value.clone()))
            }
            _ => None,
        });
        let constants: Option<Vec<(Key, Value)>> = constants.collect();
        match constants.and_then(|entries| Entries::try_new(entries).ok()) {
            Some(entries) => Op::Constant(Value::Map(Map::Entries(entries.into()))),
            None => Op::Map(entries.into()),
        }
    }

    fn comprehension(&mut self, comprehension: &Comprehension) -> Op {
        let Comprehension { operation, range, first, second, filter, body } = comprehension;
        let range = self.node(range);
        let names: Vec<&Arc<str>> = [first].into_iter().chain(second).collect();
        let filter = filter.as_ref().map(|filter| self.within(&names, filter));
        let body = self.within(&names, body);
        let has_two = second.is_some();
        Op::Loop(Box::new(Looping { operation: *operation, range, has_two, filter, body }))
    }

    fn call(&mut self, name: &str, receiver: Option<&Expr>, arguments: &[Expr]) -> Op {
        let namespace = receiver.and_then(|receiver| match receiver.kind() {
            Kind::Name { name, absolute } if *absolute || self.local(name).is_none() => Some(&**name),
            _ => None,
        });
        let (found, receiver) = functions::resolve(name, namespace, receiver, arguments.len());
        let function = match found {
            Lookup::Function(function) => function,
            Lookup::Fault(kind, message) => return Op::Fail(Box::new((kind, message))),
        };
        let nodes: Box<[Node]> = receiver.into_iter().chain(arguments).map(|expr| self.node(expr)).collect();
        match (function.implementation, nodes) {
            (Implementation::Strict(call), nodes) => self.strict(call, function.name, nodes),
            (Implementation::Timed(call), nodes) => {
                let is_given =
                    function.overloads.iter().all(|(parameters, _)| parameters.len() <= nodes.len());
                let time = (!is_given).then(|| Node::new(Op::Time, 0));
                Op::Call(call, nodes.into_iter().chain(time).collect())
            }
            (Implementation::Otherwise { unwraps }, nodes) => match <Box<[Node; 2]>>::try_from(nodes) {
                Ok(pair) => Op::Otherwise(pair, unwraps),
                Err(_) => Op::Fail(Box::new((ErrorKind::NoSuchOverload, format!("`{name}` takes a value")))),
            },
        }
    }

    /// A call; a pattern that is known is compiled once.
    fn strict(&mut self, call: functions::Call, name: &str, nodes: Box<[Node]>) -> Op {
        if let [text, Node { op: Op::Constant(Value::String(pattern)), .. }] = &*nodes
            && name == "matches"
            && self.patterns < PATTERNS_MAX
        {
            self.patterns += 1;
            if let Ok(pattern) = Pattern::new(pattern) {
                return Op::Matches(Box::new((text.clone(), pattern)));
            }
        }
        Op::Call(call, nodes)
    }
}

fn turned(relation: Relation) -> Relation {
    match relation {
        Relation::Less => Relation::Greater,
        Relation::LessEqual => Relation::GreaterEqual,
        Relation::Greater => Relation::Less,
        Relation::GreaterEqual => Relation::LessEqual,
        same => same,
    }
}

fn constant(literal: &Literal) -> Value {
    match literal {
        Literal::Null => Value::Null,
        Literal::Bool(truth) => Value::Bool(*truth),
        Literal::Int(number) => Value::Int(*number),
        Literal::Uint(number) => Value::Uint(*number),
        Literal::Double(number) => Value::Double(*number),
        Literal::String(text) => Value::String(text.clone()),
        Literal::Bytes(bytes) => Value::Bytes(bytes.clone()),
    }
}

/// The name and the fields of an expression that is nothing else.
fn chain(expr: &Expr) -> Option<Chain<'_>> {
    let (operand, field) = match expr.kind() {
        Kind::Name { name, absolute } => {
            let (absolute, offset) = (*absolute, expr.offset());
            return Some(Chain { name, absolute, offset, fields: Vec::new(), dotted: 0 });
        }
        Kind::Select { operand, field, optional: false } => (operand, field),
        Kind::Index { operand, index, optional: false } => match index.kind() {
            Kind::Literal(Literal::String(field)) => (operand, field),
            _ => return None,
        },
        _ => return None,
    };
    let mut chain = chain(operand)?;
    if matches!(expr.kind(), Kind::Select { .. }) && chain.dotted == chain.fields.len() {
        chain.dotted += 1;
    }
    chain.fields.push(Field { name: field.clone(), offset: expr.offset() });
    Some(chain)
}

/// Fields of a value, one after the other.
fn selects(root: Node, fields: Vec<Field>, is_test: bool) -> Op {
    let last = fields.len().checked_sub(1);
    let node = fields.into_iter().enumerate().fold(root, |operand, (index, field)| {
        let select = Box::new(Select { operand, field: field.name, optional: false });
        let op = if is_test && Some(index) == last { Op::Has(select) } else { Op::Select(select) };
        Node::new(op, field.offset)
    });
    node.op
}
