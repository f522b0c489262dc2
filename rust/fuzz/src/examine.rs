//! Everything that holds for each expression, whatever it says.

use engine_core::cel::check::{Checked, Type, check};
use engine_core::cel::syntax::{Binary, Expr, Kind, Relation, SOURCE_MAX, parse};
use engine_core::cel::value::View;
use engine_core::cel::{Error, ErrorKind, Fuel, Program};

use crate::variables::{TYPES, values};

/// Enough for most expressions, and soon used up.
const FUEL: u64 = 20_000;

/// Tries everything with an expression; gives what a check says, and the error of its evaluation.
pub(crate) fn examine(tree: &Expr, source: &str) -> (Checked, Option<Box<Error>>) {
    is_printed(tree, source);
    let program = Program::compile(tree, &[]);
    ends_alike(&program, source);
    let checked = check(tree, &TYPES);
    let scope = values(&program);
    let fuel = Fuel::new(FUEL);
    let seen = program.evaluate(&scope, &fuel);
    for shown in checked.faults.iter().chain(seen.as_ref().err().map(|error| &**error)) {
        assert!(shown.under(source).contains('^'), "{source} has a fault without a place: {shown}");
    }
    let Ok(seen) = seen else { return (checked, seen.err()) };
    match checked.faults.first() {
        None => {
            let known = &checked.result;
            assert!(is_of(seen.view(), known), "{source} gives {seen:?}, which is of no type {known}");
        }
        Some(fault) => {
            assert!(!is_eager(tree), "it gives {seen:?}, and is refused: {}", fault.under(source));
        }
    }
    (checked, None)
}

/// What is printed is read as the same.
fn is_printed(tree: &Expr, source: &str) {
    let printed = tree.to_string();
    match parse(&printed) {
        Ok(read) => assert!(read == *tree, "{source} is printed as {printed}"),
        // It has escapes and blanks that the text may do without.
        Err(error) => assert!(printed.len() > SOURCE_MAX, "of {source} is printed {}", error.under(&printed)),
    }
}

/// It ends the same each time, and with less fuel the same or with a limit.
fn ends_alike(program: &Program, source: &str) {
    let scope = values(program);
    let (all, again) = (Fuel::new(FUEL), Fuel::new(FUEL));
    let result = program.evaluate_json(&scope, &all);
    assert!(all.left() < FUEL, "{source} takes no fuel");
    assert!(program.evaluate_json(&scope, &again) == result, "{source} is not always the same");
    assert!(again.left() == all.left(), "{source} does not always take the same fuel");
    match program.evaluate_json(&scope, &Fuel::new((FUEL - all.left()) / 2)) {
        Err(error) if error.kind == ErrorKind::Limit => {}
        other => assert!(other == result, "{source} ends in another way with less fuel"),
    }
}

/// Whether a value is of a type.
fn is_of(view: View<'_>, known: &Type) -> bool {
    match (view, known) {
        (_, Type::Dyn) | (View::Optional(None), Type::Optional(_)) => true,
        (View::List(list), Type::List(item)) => list.iter().all(|view| is_of(view, item)),
        (View::Map(map), Type::Map(key, item)) => {
            map.iter().all(|(name, view)| is_of(name, key) && is_of(view, item))
        }
        (View::Map(map), Type::Object(object)) => map.iter().all(|(name, view)| match name {
            View::String(name) => object.field(name).map_or(object.open, |field| is_of(view, field)),
            _ => false,
        }),
        (View::Optional(Some(held)), Type::Optional(known)) => is_of(held.view(), known),
        (view, known) => known.value_type() == Some(view.value_type()),
    }
}

/// Whether each part of an expression is evaluated, and each fault of a check is an error then. Not so
/// beside what decides alone, and where a check warns of what is never equal or never there.
fn is_eager(expr: &Expr) -> bool {
    let mut is_eager_below = true;
    expr.kind().for_each_child(&mut |child| is_eager_below &= is_eager(child));
    is_eager_below
        && match expr.kind() {
            Kind::And(_)
            | Kind::Or(_)
            | Kind::Conditional(_)
            | Kind::Has { .. }
            | Kind::Comprehension(_)
            | Kind::Bind(_)
            | Kind::OptionalMap(_)
            | Kind::Select { optional: true, .. }
            | Kind::Index { optional: true, .. }
            | Kind::Binary(Binary::In | Binary::Relation(Relation::Equal | Relation::NotEqual), _) => false,
            Kind::Call { function, .. } => !["or", "orValue"].contains(&&**function),
            _ => true,
        }
}
