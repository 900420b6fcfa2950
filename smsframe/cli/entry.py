"""
Where the command line begins: Ctrl-C while it is still being loaded ends as it does later.

The command line itself is loaded inside, so that nothing takes long before that.
"""

from __future__ import annotations

import os
import sys

INTERRUPTED = 130


def main() -> None:
    """Load the command line and run it."""
    try:
        from smsframe.cli.main import main as run  # noqa: PLC0415 - takes long, and may be interrupted

        run()
    except KeyboardInterrupt:  # no command has begun, which would have said what was sent
        sys.stderr.write("\nStopped before anything was sent.\n")
        sys.stderr.flush()
        os._exit(INTERRUPTED)  # what is half loaded may not be ended in an orderly way
