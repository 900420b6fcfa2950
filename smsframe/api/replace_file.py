"""
Files that are written whole or not at all.
"""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def replaced(path: str | os.PathLike[str]) -> Iterator[Path]:
    """
    A new file, which takes the place of ``path`` when all of it is on the disk; an error leaves the old one.

    It is written in a folder of its own beside ``path``, under the same name, which says how it is
    compressed. Written in place are devices and pipes, and files in folders where nothing can be made.

    Args:
        path: The file to be written; a link stays one.

    Raises:
        OSError: The file cannot be written.
    """
    target = Path(path).resolve()
    if not target.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
    if target.exists() and not target.is_file():
        yield target
        return
    try:
        folder = tempfile.mkdtemp(prefix=f".{target.name[:100]}.", dir=target.parent)
    except PermissionError:
        yield target
        return
    try:
        new = Path(folder, target.name)
        yield new
        with new.open("rb+") as file:
            os.fsync(file.fileno())
        if target.exists():
            shutil.copymode(target, new)
        new.replace(target)
    finally:  # also after Ctrl-C: no half a copy stays beside the file
        shutil.rmtree(folder, ignore_errors=True)
