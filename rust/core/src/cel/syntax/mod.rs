//! CEL text to a syntax tree and back.

mod ast;
mod lexer;
mod literal;
mod macros;
mod parser;
mod print;

pub use ast::{
    Arithmetic, Binary, Bind, Comprehension, Element, Entry, Expr, Kind, Literal, Loop, OptionalMap,
    Relation, Unary,
};
pub use lexer::{RESERVED, is_name};
pub use parser::parse;

/// How many bytes an expression may have.
pub const SOURCE_MAX: usize = 4 << 10;
/// How deep parentheses, lists and calls may nest, and how high a tree may grow.
pub const DEPTH_MAX: usize = 64;
/// How many items a list, a map or the arguments of a call may have.
pub const ITEMS_MAX: usize = 1_000;
