//! Expressions in a workflow before it runs: what they read, and whether they fit the types around them.

use std::sync::Arc;

use engine_core::cel::check::Type;
use engine_core::cel::syntax;
use engine_core::node::{Expression, Reads, Template};
use engine_core::plan::EdgeKind;
use engine_core::template::TemplateError;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::convert;
use crate::expression;

/// What is known of a value's type in expressions.
#[pyclass(frozen, module = "workflow_engine._core")]
pub(crate) struct ExpressionType(Type);

#[pymethods]
impl ExpressionType {
    /// Of a value of which nothing is known.
    #[staticmethod]
    fn unknown() -> Self {
        Self(Type::Dyn)
    }

    /// Of the values that a JSON Schema takes.
    #[staticmethod]
    fn of_schema(schema: &Bound<'_, PyAny>) -> PyResult<Self> {
        Ok(Self(Type::of_schema(&json(schema)?)))
    }

    /// Of a JSON value that is always the same.
    #[staticmethod]
    fn of_value(value: &Bound<'_, PyAny>) -> PyResult<Self> {
        Ok(Self(Type::of_value(&json(value)?)))
    }

    /// Of an object with these fields.
    #[staticmethod]
    fn object(fields: &Bound<'_, PyDict>) -> PyResult<Self> {
        let field = |(key, field): (Bound<'_, PyAny>, Bound<'_, PyAny>)| {
            let key: String = key.extract()?;
            Ok((Arc::from(key), field.cast::<Self>()?.get().0.clone()))
        };
        Ok(Self(Type::object(fields.iter().map(field).collect::<PyResult<Vec<_>>>()?)))
    }

    /// Of a list with these items.
    #[staticmethod]
    fn list(items: Vec<PyRef<'_, Self>>) -> Self {
        Self(Type::list(Type::join_all(items.iter().map(|item| item.0.clone()))))
    }

    /// Of the items, if it is a list; of nothing that is known, if it may be one.
    #[getter]
    fn item(&self) -> Option<Self> {
        match &self.0 {
            Type::List(item) => Some(Self((**item).clone())),
            Type::Dyn => Some(Self(Type::Dyn)),
            _ => None,
        }
    }

    /// The name of the type, such as `string` or `list(int)`; `dyn` if it is not known.
    #[getter]
    fn name(&self) -> String {
        self.0.to_string()
    }

    fn __repr__(&self) -> String {
        format!("ExpressionType({})", self.0)
    }
}

/// The variables that an expression reads: (name, whether it may be missing).
#[pyfunction]
pub(crate) fn expression_reads(py: Python<'_>, source: &str) -> PyResult<Vec<(String, bool)>> {
    let mut reads = Reads::default();
    Expression::compile(source, &mut reads).map_err(|error| expression::raise(py, &error, source))?;
    Ok(listed(&reads))
}

/// The variables that a template reads: (name, whether it may be missing).
#[pyfunction]
pub(crate) fn template_reads(source: &Bound<'_, PyAny>) -> PyResult<Vec<(String, bool)>> {
    let reads = Template::compile(&json(source)?).map_err(|error| refused(&error))?.reads();
    Ok(listed(&reads))
}

/// The error of what is no template.
pub(crate) fn refused(error: &TemplateError) -> PyErr {
    PyValueError::new_err(error.to_string())
}

fn listed(reads: &Reads) -> Vec<(String, bool)> {
    let nodes = reads.nodes.iter().map(|(name, kind)| (name.to_string(), *kind == EdgeKind::Optional));
    reads.input.then(|| ("input".into(), false)).into_iter().chain(nodes).collect()
}

/// What is wrong with an expression: (kind, message, place in the text in characters).
type Wrong = (&'static str, String, Option<usize>);

/// Whether a name means something of its own in expressions, so that no node may have it.
#[pyfunction]
pub(crate) fn is_reserved(name: &str) -> bool {
    engine_core::node::is_reserved(name)
}

/// Checks an expression over these variables, all that there are: the type of its value, and all that is
/// wrong with it.
#[pyfunction]
pub(crate) fn check_expression(
    py: Python<'_>,
    source: &str,
    variables: &Bound<'_, PyDict>,
) -> PyResult<(ExpressionType, Vec<Wrong>)> {
    let tree = syntax::parse(source).map_err(|error| expression::raise(py, &error, source))?;
    let variable = |(name, known): (Bound<'_, PyAny>, Bound<'_, PyAny>)| {
        let name: String = name.extract()?;
        Ok((Arc::from(name), known.cast::<ExpressionType>()?.get().0.clone()))
    };
    let variables = variables.iter().map(variable).collect::<PyResult<Vec<_>>>()?;
    let checked = engine_core::cel::check(&tree, &variables);
    let wrong = |fault: &engine_core::cel::Error| -> Wrong {
        (fault.kind.code(), fault.message.clone(), expression::characters(fault, source))
    };
    Ok((ExpressionType(checked.result), checked.faults.iter().map(wrong).collect()))
}

fn json(value: &Bound<'_, PyAny>) -> PyResult<engine_core::value::Value> {
    convert::to_value(value).map_err(convert::NoJson::into_error)
}
