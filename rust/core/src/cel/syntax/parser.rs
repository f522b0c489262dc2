//! Tokens to a syntax tree.

use super::ast::{Arithmetic, Binary, Element, Entry, Expr, Kind, Literal, Relation, Unary};
use super::lexer::{self, NO_FIELDS, RESERVED, Token, TokenKind};
use super::{DEPTH_MAX, ITEMS_MAX, SOURCE_MAX, macros};
use crate::cel::error::{Error, ErrorKind, Result};

/// Reads an expression.
///
/// # Errors
/// The first thing in the text that is no CEL, and texts past [`SOURCE_MAX`], [`DEPTH_MAX`] or [`ITEMS_MAX`].
pub fn parse(source: &str) -> Result<Expr> {
    if source.len() > SOURCE_MAX {
        let message = format!("{} bytes are more than the limit of {SOURCE_MAX}", source.len());
        return Err(Error::new(ErrorKind::Limit, message));
    }
    let mut parser = Parser { tokens: lexer::tokens(source)?, position: 0, depth: 0 };
    let expr = parser.expression()?;
    match parser.peek() {
        TokenKind::End => Ok(expr),
        _ => Err(parser.unexpected("an operator or the end")),
    }
}

/// How tightly binary operators bind.
const TIGHTEST: u8 = 2;

fn binary_operator(token: &TokenKind) -> Option<(Binary, u8)> {
    Some(match token {
        TokenKind::Symbol(symbol) => match *symbol {
            "==" => (Binary::Relation(Relation::Equal), 0),
            "!=" => (Binary::Relation(Relation::NotEqual), 0),
            "<" => (Binary::Relation(Relation::Less), 0),
            "<=" => (Binary::Relation(Relation::LessEqual), 0),
            ">" => (Binary::Relation(Relation::Greater), 0),
            ">=" => (Binary::Relation(Relation::GreaterEqual), 0),
            "+" => (Binary::Arithmetic(Arithmetic::Add), 1),
            "-" => (Binary::Arithmetic(Arithmetic::Subtract), 1),
            "*" => (Binary::Arithmetic(Arithmetic::Multiply), TIGHTEST),
            "/" => (Binary::Arithmetic(Arithmetic::Divide), TIGHTEST),
            "%" => (Binary::Arithmetic(Arithmetic::Remainder), TIGHTEST),
            _ => return None,
        },
        TokenKind::Name(name) if &**name == "in" => (Binary::In, 0),
        _ => return None,
    })
}

struct Parser {
    tokens: Vec<Token>,
    position: usize,
    depth: usize,
}

impl Parser {
    fn peek(&self) -> &TokenKind {
        self.tokens.get(self.position).map_or(&TokenKind::End, |token| &token.kind)
    }

    fn offset(&self) -> u32 {
        self.tokens.get(self.position).map_or(0, |token| token.offset)
    }

    fn is_at(&self, symbol: &str) -> bool {
        matches!(self.peek(), TokenKind::Symbol(found) if *found == symbol)
    }

    fn takes(&mut self, symbol: &str) -> bool {
        let found = self.is_at(symbol);
        self.position += usize::from(found);
        found
    }

    fn expect(&mut self, symbol: &str) -> Result<()> {
        if self.takes(symbol) { Ok(()) } else { Err(self.unexpected(&format!("`{symbol}`"))) }
    }

    /// What was meant, if other languages write that here.
    fn hint(&self) -> &'static str {
        let before = self.position.checked_sub(1).and_then(|position| self.tokens.get(position));
        let after = self.tokens.get(self.position + 1).map(|token| &token.kind);
        match (before.map(|token| &token.kind), self.peek()) {
            (_, TokenKind::Symbol("=")) if matches!(after, Some(TokenKind::Symbol(">"))) => {
                "; at least is `>=`"
            }
            (_, TokenKind::Symbol("=")) => "; equality is `==`",
            (Some(TokenKind::Symbol("<")), TokenKind::Symbol(">")) => "; unequal is `!=`",
            (Some(TokenKind::Symbol("?")), TokenKind::Symbol("?")) => {
                "; for what may be missing write `a.?b.orValue(c)`"
            }
            (Some(TokenKind::Name(name)), TokenKind::String(_)) if &**name == "f" => {
                "; join text by `+`, or write `'%s'.format([x])`"
            }
            (Some(TokenKind::Name(name)), _) if &**name == "not" => "; not is `!`",
            (Some(TokenKind::Name(name)), _) if &**name == "lambda" => {
                "; there are macros: `xs.map(x, x + 1)`"
            }
            (_, TokenKind::Name(name)) => match &**name {
                "and" => "; and is `&&`",
                "or" => "; or is `||`",
                "not" => "; not is `!`",
                "is" => "; equality is `==`",
                "if" | "else" => "; a choice is `condition ? a : b`",
                "for" => "; a list of what is in another is `xs.map(x, x + 1)`",
                _ => "",
            },
            (_, TokenKind::Symbol("}")) if matches!(after, Some(TokenKind::Symbol("}"))) => {
                "; braces around an expression are of templates"
            }
            _ => "",
        }
    }

    #[cold]
    fn unexpected(&self, wanted: &str) -> Box<Error> {
        let found = match self.peek() {
            TokenKind::End => "the end".into(),
            TokenKind::Name(name) | TokenKind::Quoted(name) => format!("`{name}`"),
            TokenKind::Symbol(symbol) => format!("`{symbol}`"),
            TokenKind::String(_) => "a string".into(),
            TokenKind::Bytes(_) => "bytes".into(),
            TokenKind::Int(_) | TokenKind::Uint(_) | TokenKind::Double(_) => "a number".into(),
        };
        Error::at(
            ErrorKind::Syntax,
            self.offset(),
            format!("expected {wanted}, found {found}{}", self.hint()),
        )
    }

    fn expression(&mut self) -> Result<Expr> {
        if self.depth >= DEPTH_MAX {
            let message = format!("nested deeper than {DEPTH_MAX}");
            return Err(Error::at(ErrorKind::Limit, self.offset(), message));
        }
        self.depth += 1;
        let condition = self.disjunction()?;
        let offset = self.offset();
        let expr = if self.takes("?") {
            let then = self.disjunction()?;
            self.expect(":")?;
            let otherwise = self.expression()?;
            Expr::new(Kind::Conditional(Box::new([condition, then, otherwise])), offset)?
        } else {
            condition
        };
        self.depth -= 1;
        Ok(expr)
    }

    fn disjunction(&mut self) -> Result<Expr> {
        self.chain("||", Self::conjunction, Kind::Or)
    }

    fn conjunction(&mut self) -> Result<Expr> {
        self.chain("&&", |parser| parser.binary(0), Kind::And)
    }

    fn chain(
        &mut self,
        symbol: &str,
        operand: impl Fn(&mut Self) -> Result<Expr>,
        kind: impl Fn(Vec<Expr>) -> Kind,
    ) -> Result<Expr> {
        let first = operand(self)?;
        let offset = self.offset();
        if !self.is_at(symbol) {
            return Ok(first);
        }
        let mut operands = vec![first];
        while self.takes(symbol) {
            operands.push(operand(self)?);
        }
        Expr::new(kind(operands), offset)
    }

    fn binary(&mut self, level: u8) -> Result<Expr> {
        let mut left = if level == TIGHTEST { self.unary()? } else { self.binary(level + 1)? };
        while let Some((operator, _)) = binary_operator(self.peek()).filter(|(_, binds)| *binds == level) {
            let offset = self.offset();
            self.position += 1;
            let right = if level == TIGHTEST { self.unary()? } else { self.binary(level + 1)? };
            left = Expr::new(Kind::Binary(operator, Box::new([left, right])), offset)?;
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Expr> {
        let mut operators = Vec::new();
        loop {
            let offset = self.offset();
            if self.is_at("-") && matches!(self.after_next(), TokenKind::Int(_) | TokenKind::Double(_)) {
                break;
            }
            if self.takes("-") {
                operators.push((Unary::Negate, offset));
            } else if self.takes("!") {
                operators.push((Unary::Not, offset));
            } else {
                break;
            }
        }
        let mut expr = self.member()?;
        for (operator, offset) in operators.into_iter().rev() {
            expr = Expr::new(Kind::Unary(operator, Box::new(expr)), offset)?;
        }
        Ok(expr)
    }

    fn after_next(&self) -> &TokenKind {
        self.tokens.get(self.position + 1).map_or(&TokenKind::End, |token| &token.kind)
    }

    fn member(&mut self) -> Result<Expr> {
        let mut expr = self.primary()?;
        loop {
            if self.takes(".") {
                let optional = self.takes("?");
                expr = self.selection(expr, optional)?;
            } else if self.is_at("[") {
                let offset = self.offset();
                self.position += 1;
                let optional = self.takes("?");
                let (operand, index) = (Box::new(expr), Box::new(self.expression()?));
                self.expect("]")?;
                expr = Expr::new(Kind::Index { operand, index, optional }, offset)?;
            } else {
                return Ok(expr);
            }
        }
    }

    fn selection(&mut self, operand: Expr, optional: bool) -> Result<Expr> {
        let offset = self.offset();
        let (name, is_quoted) = match self.peek() {
            TokenKind::Name(name) if !NO_FIELDS.contains(&&**name) => (name.clone(), false),
            TokenKind::Quoted(name) => (name.clone(), true),
            _ => return Err(self.unexpected("a field's name")),
        };
        self.position += 1;
        if self.is_at("(") && !optional && !is_quoted {
            let arguments = self.arguments()?;
            return macros::method(operand, name, arguments, offset);
        }
        Expr::new(Kind::Select { operand: Box::new(operand), field: name, optional }, offset)
    }

    fn arguments(&mut self) -> Result<Vec<Expr>> {
        self.expect("(")?;
        let mut arguments = Vec::new();
        if self.takes(")") {
            return Ok(arguments);
        }
        loop {
            self.check_count(arguments.len())?;
            arguments.push(self.expression()?);
            if self.takes(")") {
                return Ok(arguments);
            }
            if !self.takes(",") {
                return Err(self.unexpected("`,` or `)`"));
            }
        }
    }

    fn check_count(&self, count: usize) -> Result<()> {
        if count < ITEMS_MAX {
            return Ok(());
        }
        Err(Error::at(ErrorKind::Limit, self.offset(), format!("more than {ITEMS_MAX} items")))
    }

    fn primary(&mut self) -> Result<Expr> {
        let offset = self.offset();
        let literal = match self.peek() {
            TokenKind::Symbol("(") => {
                self.position += 1;
                let expr = self.expression()?;
                self.expect(")")?;
                return Ok(expr);
            }
            TokenKind::Symbol("[") => return self.list(),
            TokenKind::Symbol("{") => return self.map(),
            TokenKind::Symbol(".") => {
                self.position += 1;
                return self.name(true);
            }
            TokenKind::Symbol("-") => self.negative()?,
            TokenKind::Name(name) => match &**name {
                "null" => Literal::Null,
                "true" => Literal::Bool(true),
                "false" => Literal::Bool(false),
                _ => return self.name(false),
            },
            TokenKind::Int(magnitude) => Literal::Int(self.int(*magnitude, false)?),
            TokenKind::Uint(number) => Literal::Uint(*number),
            TokenKind::Double(number) => Literal::Double(*number),
            TokenKind::String(text) => Literal::String(text.clone()),
            TokenKind::Bytes(bytes) => Literal::Bytes(bytes.clone()),
            _ => return Err(self.unexpected("a value")),
        };
        self.position += 1;
        Expr::new(Kind::Literal(literal), offset)
    }

    /// A minus before a number belongs to it, so that the least integer can be written.
    fn negative(&mut self) -> Result<Literal> {
        let literal = match self.after_next() {
            TokenKind::Int(magnitude) => Literal::Int(self.int(*magnitude, true)?),
            TokenKind::Double(number) => Literal::Double(-number),
            _ => return Err(self.unexpected("a value")),
        };
        self.position += 1;
        Ok(literal)
    }

    fn int(&self, magnitude: u64, is_negative: bool) -> Result<i64> {
        let wide = i128::from(magnitude);
        i64::try_from(if is_negative { -wide } else { wide }).map_err(|_| {
            Error::at(
                ErrorKind::Syntax,
                self.offset(),
                "an int ends at 2^63-1; write `u` behind it for a uint",
            )
        })
    }

    fn name(&mut self, absolute: bool) -> Result<Expr> {
        let offset = self.offset();
        let TokenKind::Name(name) = self.peek().clone() else { return Err(self.unexpected("a name")) };
        if RESERVED.contains(&&*name) {
            let message = format!("`{name}` is a word of the language and no name");
            return Err(Error::at(ErrorKind::Syntax, offset, message));
        }
        self.position += 1;
        if self.is_at("(") {
            let arguments = self.arguments()?;
            return macros::function(name, arguments, offset);
        }
        if self.is_at("{") {
            let message = format!("`{name}` cannot be made here; write a map without a name");
            return Err(Error::at(ErrorKind::Syntax, offset, message));
        }
        Expr::new(Kind::Name { name, absolute }, offset)
    }

    fn list(&mut self) -> Result<Expr> {
        let offset = self.offset();
        self.expect("[")?;
        let mut elements = Vec::new();
        while !self.takes("]") {
            self.check_count(elements.len())?;
            let optional = self.takes("?");
            elements.push(Element { optional, value: self.expression()? });
            if !self.takes(",") && !self.is_at("]") {
                return Err(self.unexpected("`,` or `]`"));
            }
        }
        Expr::new(Kind::List(elements), offset)
    }

    fn map(&mut self) -> Result<Expr> {
        let offset = self.offset();
        self.expect("{")?;
        let mut entries = Vec::new();
        while !self.takes("}") {
            self.check_count(entries.len())?;
            let optional = self.takes("?");
            let key = self.expression()?;
            self.expect(":")?;
            entries.push(Entry { optional, key, value: self.expression()? });
            if !self.takes(",") && !self.is_at("}") {
                return Err(self.unexpected("`,` or `}`"));
            }
        }
        Expr::new(Kind::Map(entries), offset)
    }
}
