"""What a node sees of its run, and what its log records say about it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from workflow_engine._core import Context

if TYPE_CHECKING:
    import logging
    from collections.abc import MutableMapping

__all__ = ["Context", "label_log_records", "logger"]


def logger(context: Context) -> logging.Logger:
    """Give the logger `workflow_engine.<workflow>.<node>`.

    Its records carry `run_id`, `workflow`, `node` and `attempt`, as do all records that are made
    inside a node.
    """
    import logging

    label_log_records()
    return logging.getLogger(f"workflow_engine.{context.workflow}.{context.node}")


def label_log_records() -> None:
    """Have log records carry the node that they are made in.

    This sets a log record factory, which is logging's own way to add attributes, around the one
    that is there; only once, and only where logging is in use.
    """
    if "logging" not in sys.modules:
        return
    import logging

    make = logging.getLogRecordFactory()
    if getattr(make, "labels_workflow_nodes", False):
        return

    def make_labelled(*args: Any, **kwargs: Any) -> logging.LogRecord:
        record = make(*args, **kwargs)
        context = Context.current()
        if context is not None:
            attributes: MutableMapping[str, Any] = record.__dict__
            attributes.setdefault("run_id", context.run_id)
            attributes.setdefault("workflow", context.workflow)
            attributes.setdefault("node", context.node)
            attributes.setdefault("attempt", context.attempt)
        return record

    make_labelled.labels_workflow_nodes = True  # type: ignore[attr-defined]
    logging.setLogRecordFactory(make_labelled)
