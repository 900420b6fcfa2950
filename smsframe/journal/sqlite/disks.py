"""
Where a journal may be: on which kinds of disk, and whose.

SQLite's write-ahead log needs shared memory and locks that hold between processes; over a network neither is
certain (SQLite documentation, "Write-Ahead Logging", "How To Corrupt An SQLite Database File"). There are
more kinds of file systems that share a disk than anybody can list, so those are listed that do not.
"""

from __future__ import annotations

import os
import re
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from smsframe.errors import JournalError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Protocol

    class Partition(Protocol):
        """A mounted disk, as psutil tells."""

        mountpoint: str
        fstype: str
        opts: str


VARIABLE = "SMSFRAME_LOCAL_DISKS"
"""Names more kinds of local disks, separated by commas."""

LOCAL = frozenset(
    {"ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "apfs", "hfs", "hfsplus", "ntfs", "ntfs3", "refs"}
    | {"overlay", "overlayfs"}  # a container's own
    | {
        "fuseblk"
    }  # a disk of this machine by a driver outside of the kernel, as ntfs-3g: locks are the kernel's
)
"""Kinds of file systems that one machine has to itself, as the system calls them, in small letters."""

MEMORY = frozenset(("tmpfs", "ramfs"))
"""Good for a journal that may be gone after a restart."""

SANDBOX = "smsframe-sandbox-"
"""How the folder of a running sandbox begins: its journal goes with it anyway."""

SYNCED = re.compile(
    r"(OneDrive|Dropbox|Google ?Drive|iCloud ?Drive|Mobile Documents)(?![a-z0-9]).*", re.IGNORECASE
)
"""Folders that a program copies to other machines, by the names that those programs give them."""

_warned: set[Path] = set()


def check(path: Path, partitions: Iterable[Partition] | None = None) -> None:
    """
    Refuse a place where a journal is not safe; warn of one that is synchronised.

    Args:
        path: The file, which may be missing; its folder exists.
        partitions: The mounted disks; asked of the system when not given.

    Raises:
        JournalError: It is, or would be, on a disk that may be shared, is mounted all by itself, or others
            may write to it.
    """
    place = path.resolve()
    disk_kind, mounted = kind(place, partitions)
    if mounted == place:
        raise JournalError(
            f"the journal {path} is mounted by itself, so its log, which SQLite keeps beside it, would be "
            "somewhere else, and be lost: mount the folder it is in"
        )
    local = LOCAL | {each.strip().lower() for each in os.environ.get(VARIABLE, "").split(",")}
    if place.parent.name.startswith(SANDBOX):
        local |= MEMORY
    if disk_kind not in local:
        raise JournalError(
            f"the journal {path} would be on a disk of the kind {disk_kind}, which is not known to be local: "
            "over a network locks may not hold, and somebody could be texted twice; what is in memory is "
            "gone after a restart. Name a file on a local disk with journal= or SMSFRAME_JOURNAL, or, if "
            f"this disk stays and no other machine uses it, say so: {VARIABLE}={disk_kind}"
        )
    if os.name == "posix":
        _private(place)
    if place not in _warned and (program := synced(place)):
        _warned.add(place)
        print(  # noqa: T201 - as every warning about people who may be texted again
            f"warning: the journal {path} is in a folder of {program}: what another machine writes there, or "
            "an older version that is put back, could text people again; name a file elsewhere with journal= "
            "or SMSFRAME_JOURNAL",
            file=sys.stderr,
        )


def kind(place: Path, partitions: Iterable[Partition] | None = None) -> tuple[str, Path | None]:
    """
    The kind of disk that a resolved path is on, in small letters, and where that is mounted.

    Example:
        >>> kind(Path("/data/journal.sqlite"), [])
        ('unknown', None)
    """
    if place.drive.startswith("\\\\"):  # \\server\share
        return "remote", None
    mounted = psutil.disk_partitions(all=True) if partitions is None else partitions
    holding = [each for each in mounted if place.is_relative_to(Path(each.mountpoint))]
    # Of two mounted on the same place the later one is seen.
    nearest = [None, *sorted(holding, key=lambda each: len(Path(each.mountpoint).parts))][-1]
    if nearest is None:
        return "unknown", None
    remote = "remote" in nearest.opts.split(",")  # as Windows says of a letter that stands for a share
    return "remote" if remote else nearest.fstype.lower() or "unknown", Path(nearest.mountpoint)


def synced(place: Path) -> str | None:
    """
    The program that copies a file to other machines, by the names of its folders; None if there is none.

    Example:
        >>> synced(Path("/home/ada/OneDrive - Example/journal.sqlite"))
        'OneDrive'
    """
    for part in place.parent.parts:
        if service := SYNCED.fullmatch(part):
            return "iCloud" if service[1].lower() == "mobile documents" else service[1]
    return None


def _private(place: Path) -> None:
    """Refuse a file that somebody else could have changed, or exchanged."""
    folder = place.parent.stat().st_mode
    if folder & stat.S_IWOTH and not folder & stat.S_ISVTX:
        raise JournalError(
            f"everybody may write to the folder {place.parent}, so anybody could exchange the journal there: "
            "`chmod o-w` the folder, or name a file elsewhere with journal= or SMSFRAME_JOURNAL"
        )
    if not place.exists():
        return
    status = place.stat()
    if os.geteuid() not in (0, status.st_uid):
        raise JournalError(
            f"the journal {place} belongs to another user, who could change it: name a file of your own with "
            "journal= or SMSFRAME_JOURNAL"
        )
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise JournalError(
            f"others may write to the journal {place}, and so make somebody be texted twice or never: "
            "`chmod 600` it, and look whether it is as you left it"
        )
