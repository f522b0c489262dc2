//! The binding: the only crate that knows Python. Python asks and the core answers; a method
//! converts in, calls the core and converts out.

mod arguments;
mod context;
mod convert;
mod cursor;
mod document;
mod error;
mod event;
mod exit;
mod explain;
mod expression;
mod expression_type;
mod graph;
mod host;
mod json;
mod json_schema;
mod layout;
mod live;
mod models;
mod native;
mod outcome;
mod plan;
mod run;
mod text;

use pyo3::prelude::*;

/// The compiled part of `workflow_engine`.
#[pymodule(gil_used = false)]
mod _core {
    use pyo3::prelude::*;

    #[pymodule_export]
    use crate::context::Context;
    #[pymodule_export]
    use crate::cursor::Cursor;
    #[pymodule_export]
    use crate::document::{Places, read_document, to_yaml};
    #[pymodule_export]
    use crate::exit::{prepare_exit, trust_thread};
    #[pymodule_export]
    use crate::expression::Expression;
    #[pymodule_export]
    use crate::expression_type::{
        ExpressionType, check_expression, expression_reads, is_reserved, template_reads,
    };
    #[pymodule_export]
    use crate::graph::Graph;
    #[pymodule_export]
    use crate::host::{
        after_fork, helper_counts, job_done, keep_time, pin_thread, set_thread_starters, take_job,
    };
    #[pymodule_export]
    use crate::json::{check_json, parse_json, to_json};
    #[pymodule_export]
    use crate::json_schema::JsonSchema;
    #[pymodule_export]
    use crate::layout::layout;
    #[pymodule_export]
    use crate::models::{Price, Prices, count_tokens, price, vocabulary};
    #[pymodule_export]
    use crate::native::TextForm;
    #[pymodule_export]
    use crate::plan::Plan;
    #[pymodule_export]
    use crate::run::Run;

    /// A fresh run id.
    #[pyfunction]
    fn run_id() -> String {
        engine_host::random::run_id()
    }

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("version", env!("CARGO_PKG_VERSION"))?;
        module.add("NODES_MAX", engine_core::plan::NODES_MAX)?;
        module.add("JSON_DEPTH_MAX", engine_core::value::DEPTH_MAX)?;
        module.add("INPUT_SIZE_MAX", engine_core::value::SIZE_MAX)?;
        module.add("ATTEMPTS_MAX", engine_core::policy::ATTEMPTS_MAX)?;
        module.add("EVENTS_MAX", crate::event::EVENTS_MAX)?;
        module.add("EVENTS_KEPT", crate::event::EVENTS_KEPT)?;
        module.add("HELPERS_MAX", engine_host::helpers::HELPERS_MAX)?;
        module.add("DRIVERS_MAX", engine_host::helpers::DRIVERS_MAX)?;
        module.add("OVERRUNS_MAX", engine_host::helpers::OVERRUNS_MAX)?;
        module.add("DOCUMENT_SIZE_MAX", engine_core::document::SIZE_MAX)?;
        module.add("TEXT_MAX", engine_models::TEXT_MAX)
    }
}
