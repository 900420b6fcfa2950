"""
What kind of disk a file is on.

SQLite's write-ahead log needs shared memory and locks that hold between processes; over a network neither is
certain (SQLite documentation, "Write-Ahead Logging", "How To Corrupt An SQLite Database File").
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Protocol

    class Partition(Protocol):
        """A mounted disk, as psutil tells."""

        mountpoint: str
        fstype: str
        opts: str


REMOTE = re.compile(
    r"nfs\d*|cifs|smb\d*|smbfs|afpfs|davfs2?|webdav|ncpfs|coda|ceph|lustre|gpfs|beegfs|glusterfs|ocfs2|gfs2|"
    r"fuse\.(sshfs|rclone|gvfsd-fuse|glusterfs|davfs2?|s3fs|gcsfuse|curlftpfs|smbnetfs|ceph)",
    re.IGNORECASE,
)
"""Kinds of disks that other machines may write to as well."""


def network(path: Path, partitions: Iterable[Partition] | None = None) -> str | None:
    """
    The kind of network drive that a file is, or would be, on; None when it is on none.

    Args:
        path: The file; its folder exists.
        partitions: The mounted disks; asked of the system when not given.

    Example:
        >>> network(Path(__file__).parent / "journal.sqlite") is None
        True
    """
    place = path.resolve()
    if place.drive.startswith("\\\\"):  # \\server\share
        return "a shared folder"
    mounted = psutil.disk_partitions(all=True) if partitions is None else partitions
    holding = [each for each in mounted if place.is_relative_to(Path(each.mountpoint))]
    # Of two mounted on the same place the later one is seen.
    nearest = [None, *sorted(holding, key=lambda each: len(Path(each.mountpoint).parts))][-1]
    if nearest is None or not (REMOTE.fullmatch(nearest.fstype) or "remote" in nearest.opts.split(",")):
        return None
    return nearest.fstype or "remote"
