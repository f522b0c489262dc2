//! A text to the parser's tree, within limits that keep its recursive parser from the end of the stack.

use minijinja::Error;
use minijinja::machinery::{Token, ast, parse as parse_template, tokenize};
use minijinja::syntax::SyntaxConfig;

use super::error::TemplateError;

/// How many bytes a template may have.
pub const SOURCE_MAX: usize = 64 << 10;
/// How many words and signs may stand in one tag; operators, filters and calls nest as deep at most.
pub const TAG_WORDS_MAX: usize = 500;
/// How many `elif` a template may have; each nests in the one before.
const ELIFS_MAX: usize = 100;

/// Reads a template.
pub(super) fn parse(source: &str) -> Result<ast::Stmt<'_>, TemplateError> {
    if source.len() > SOURCE_MAX {
        let message = format!("{} bytes are more than the {SOURCE_MAX} a template may have", source.len());
        return Err(TemplateError::new(message, 1, 1));
    }
    check_limits(source)?;
    parse_template(source, "template", SyntaxConfig::default()).map_err(|error| refusal(&error, source))
}

fn check_limits(source: &str) -> Result<(), TemplateError> {
    let (mut words, mut elifs) = (0, 0);
    for token in tokenize(source, false, SyntaxConfig::default()) {
        let (token, span) = token.map_err(|error| refusal(&error, source))?;
        match token {
            Token::TemplateData(_) | Token::VariableStart | Token::BlockStart => words = 0,
            Token::Ident("elif") if words == 0 => elifs += 1,
            _ => words += 1,
        }
        let message = if words > TAG_WORDS_MAX {
            format!("a tag of more than {TAG_WORDS_MAX} words and signs; `set` parts of it first")
        } else if elifs > ELIFS_MAX {
            format!("more than {ELIFS_MAX} `elif`")
        } else {
            continue;
        };
        let (line, column) = (span.start_line.into(), u32::from(span.start_col) + 1);
        return Err(TemplateError::new(message, line, column));
    }
    Ok(())
}

fn refusal(error: &Error, source: &str) -> TemplateError {
    let start = error.range().map(|range| range.start).and_then(|start| source.get(..start));
    let column =
        start.map_or(1, |before| before.chars().rev().take_while(|letter| *letter != '\n').count() + 1);
    let message = error.detail().map_or_else(|| error.kind().to_string(), Into::into);
    TemplateError::new(message, error.line().unwrap_or(1) as u32, column as u32)
}
