//! Expressions by the grammar: they are read, printed, checked and evaluated as they should be.

use engine_core::cel::ErrorKind;
use engine_core::cel::syntax::parse;

use crate::choices::Choices;
use crate::examine::examine;
use crate::grammar::Grammar;
use crate::variables::type_of;

const DEPTH_MAX: usize = 8;
/// Of expressions that need not be well typed: once in how many times a place is of another kind.
const WILD: usize = 12;

/// Writes an expression as the bytes choose, and tries everything with it.
pub(crate) fn run(bytes: &[u8]) {
    let mut choices = Choices::new(bytes);
    let wild = if choices.once_in(2) { WILD } else { 0 };
    let depth = 1 + choices.below(DEPTH_MAX);
    let (source, kind) = Grammar::new(&mut choices, wild).write(depth);
    let tree = match parse(&source) {
        Ok(tree) => tree,
        Err(error) => {
            let is_expected = error.kind == ErrorKind::Limit || wild > 0;
            assert!(is_expected, "it is an expression: {}", error.under(&source));
            return;
        }
    };
    let (checked, error) = examine(&tree, &source);
    if wild > 0 {
        return;
    }
    // What is well typed has no fault of types, and gives no error of types.
    let mut faults = checked.faults.iter().chain(error.as_deref());
    if let Some(fault) = faults.find(|fault| is_of_types(fault.kind)) {
        panic!("it is well typed: {}", fault.under(&source));
    }
    let (found, wanted) = (checked.result.to_string(), type_of(&kind).to_string());
    let head = |known: &str| known.split('(').next().unwrap_or_default().replace("object", "map");
    assert!(found == "dyn" || head(&found) == head(&wanted), "{source} is of {wanted}, not {found}");
}

/// Whether a kind of errors is one of those that types rule out.
fn is_of_types(kind: ErrorKind) -> bool {
    use ErrorKind::{NoSuchField, NoSuchOverload, Syntax, UnknownFunction, UnknownVariable};
    matches!(kind, NoSuchField | NoSuchOverload | Syntax | UnknownFunction | UnknownVariable)
}
