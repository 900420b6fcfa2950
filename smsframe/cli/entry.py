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
    said = "Stopped before anything was sent."
    try:
        from smsframe.cli.main import main as run  # noqa: PLC0415 - takes long, and may be interrupted

        said = "Stopped."  # a command says by itself what was sent, unless it is interrupted in that
        run()
    except KeyboardInterrupt:
        sys.stderr.write(f"\n{said}\n")
        sys.stderr.flush()
        os._exit(INTERRUPTED)  # what is half loaded may not be ended in an orderly way
