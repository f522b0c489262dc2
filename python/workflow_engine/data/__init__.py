"""Workflows as data: read from YAML, JSON or plain values, and written as such.

A kind of node is one entry of `kinds.KINDS`, which says how it is read, how it is written, and which JSON
Schema its keys have.
"""

from __future__ import annotations

from workflow_engine.data.load import from_dict, from_file
from workflow_engine.data.write import to_dict

__all__ = ["VERSION", "from_dict", "from_file", "to_dict"]

VERSION = 1
"""Version of the format."""
