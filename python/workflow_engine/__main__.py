"""The command line as ``python -m workflow_engine``."""

import sys

from workflow_engine.cli import main

sys.exit(main())
