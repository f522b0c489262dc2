"""Serve workflows of `served` as the keyword arguments in the first argument say."""

from __future__ import annotations

import json
import sys

import served

from workflow_engine.server import leave, serve

settings = json.loads(sys.argv[1])
by_name = {each.name: each for each in [*served.ALL, served.faulty]}
named = [by_name[name] for name in sys.argv[2:]]
serve(named or served.ALL, **{"port": 0, **settings})
print("serve returned", flush=True)  # noqa: T201
leave(0)
