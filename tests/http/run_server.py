"""Serve workflows of `served` as the keyword arguments in the first argument say."""

from __future__ import annotations

import json
import sys

import served

from workflow_engine.server import serve

settings = json.loads(sys.argv[1])
names = sys.argv[2:]
serve([getattr(served, name) for name in names] or served.ALL, **{"port": 0, **settings})
print("serve returned", flush=True)  # noqa: T201
