"""Verbose tracebacks of IPython, taken apart."""

from __future__ import annotations

import re
from pathlib import Path


def without_frames_of(file, text):
    """A traceback without the frames of one file: a caller's own variables are the caller's."""
    # IPython writes the home directory as a tilde.
    begins = tuple(f"File {path}" for path in (file, file.replace(str(Path.home()), "~", 1)))
    blocks = re.split(r"(?m)^(?=File )", re.sub(r"\x1b\[[0-9;]*m", "", text))
    return "".join(block for block in blocks if not block.startswith(begins))
