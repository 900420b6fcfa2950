"""A journal that other machines, or other people, may write to is refused before anything is sent."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import psutil
import pytest
from helpers.sending import posts, send, statuses, table

import smsframe
from smsframe.errors import JournalError
from smsframe.journal.sqlite import disks

POSIX = pytest.mark.skipif(os.name != "posix", reason="modes and owners are POSIX")


class Disk(NamedTuple):
    """A mounted disk, as psutil tells of it."""

    mountpoint: str
    fstype: str = "ext4"
    opts: str = "rw,relatime"


ROOT = Disk("/")


@pytest.fixture
def tmp_path():
    """A folder on a disk: temporary folders may be in memory, and kinds of disks are what this is about."""
    with tempfile.TemporaryDirectory(dir="/var/tmp" if os.name == "posix" else None) as made:
        yield Path(made).resolve()


@pytest.fixture(autouse=True)
def nothing_added(monkeypatch):
    monkeypatch.delenv("SMSFRAME_LOCAL_DISKS")


def kind(place, *mounted):
    """The kind of disk that a refusal names; None where there is none."""
    try:
        disks.check(place / "journal.sqlite", [ROOT, *mounted])
    except JournalError as error:
        return str(error).partition("SMSFRAME_LOCAL_DISKS=")[2]
    return None


REFUSED = [
    "nfs", "nfs4", "cifs", "smb3", "smbfs", "afpfs", "davfs", "webdav", "ceph", "lustre", "glusterfs", "afs",
    "9p", "virtiofs", "vboxsf", "prl_fs", "fuse.grpcfuse", "drvfs", "nfsd", "autofs", "ncpfs", "gpfs",
    "fuse.sshfs", "fuse.rclone", "fuse.s3fs", "fuse.gvfsd-fuse", "fuse.osxfs", "macfuse", "pvfs2", "ocfs2",
    "beegfs", "gfs2", "vfat", "exfat", "FAT32", "tmpfs", "ramfs", "what nobody knows",
]  # fmt: skip
LOCAL = [
    "ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "apfs", "hfs", "hfsplus", "NTFS", "ntfs3", "ReFS",
    "overlay", "overlayfs", "fuseblk",
]  # fmt: skip


@pytest.mark.parametrize("fstype", REFUSED)
def test_a_disk_that_is_not_known_to_be_local_is_refused_and_its_kind_is_told(fstype, tmp_path):
    assert kind(tmp_path, Disk(str(tmp_path), fstype)) == fstype.lower()


@pytest.mark.parametrize("fstype", LOCAL)
def test_a_local_disk_is_taken(fstype, tmp_path):
    assert kind(tmp_path, Disk(str(tmp_path), fstype)) is None


@pytest.mark.parametrize("said", ["vfat", " VFAT , tmpfs", "nilfs2,vfat,"])
def test_another_kind_may_be_called_local(said, tmp_path, monkeypatch):
    monkeypatch.setenv("SMSFRAME_LOCAL_DISKS", said)
    assert kind(tmp_path, Disk(str(tmp_path), "vfat")) is None
    assert kind(tmp_path, Disk(str(tmp_path), "9p")) == "9p"


@pytest.mark.parametrize("opts", ["rw,remote", "remote", "ro,remote,nosuid"])
@pytest.mark.parametrize("fstype", ["NTFS", ""])
def test_what_the_system_calls_remote_is_refused_of_whatever_kind(fstype, opts, tmp_path):
    """As Windows does of a letter that stands for a share."""
    assert kind(tmp_path, Disk(str(tmp_path), fstype, opts)) == "remote"


@pytest.mark.parametrize("opts", ["rw,errors=remote-ro,noremote", "rw,fixed"])
def test_other_options_say_nothing(opts, tmp_path):
    assert kind(tmp_path, Disk(str(tmp_path), "NTFS", opts)) is None


def test_of_nested_mounts_the_nearest_counts_in_whatever_order_they_are_listed(tmp_path):
    outer, inner = tmp_path / "share", tmp_path / "share" / "disk"
    inner.mkdir(parents=True)
    share, disk = Disk(str(outer), "nfs4"), Disk(str(inner), "xfs")
    for mounted in ([share, disk], [disk, share]):
        assert kind(outer, *mounted) == "nfs4"
        assert kind(inner, *mounted) is None  # a local disk within the share
    share_within = Disk(str(inner), "cifs")
    assert kind(inner, Disk(str(outer), "xfs"), share_within) == "cifs"


def test_of_two_on_one_place_the_later_one_is_seen(tmp_path):
    local, share = Disk(str(tmp_path), "ext4"), Disk(str(tmp_path), "nfs4")
    assert kind(tmp_path, local, share) == "nfs4"
    assert kind(tmp_path, share, local) is None


def test_a_neighbour_whose_name_begins_alike_is_another_place(tmp_path):
    (tmp_path / "shared").mkdir()
    assert kind(tmp_path / "shared", Disk(str(tmp_path / "share"), "nfs4")) is None


def test_a_folder_or_a_file_that_is_a_link_to_the_network_is_on_the_network(tmp_path):
    share, here = tmp_path / "share", tmp_path / "here"
    share.mkdir()
    here.mkdir()
    (tmp_path / "home").symlink_to(share)
    (here / "journal.sqlite").symlink_to(share / "journal.sqlite")
    for folder in (tmp_path / "home", here):
        with pytest.raises(JournalError, match="nfs4"):
            disks.check(folder / "journal.sqlite", [ROOT, Disk(str(share), "nfs4")])


def test_where_nothing_is_known_of_the_disks_somebody_has_to_say_that_they_are_local(tmp_path, monkeypatch):
    with pytest.raises(JournalError, match="SMSFRAME_LOCAL_DISKS=unknown"):
        disks.check(tmp_path / "journal.sqlite", [])
    monkeypatch.setenv("SMSFRAME_LOCAL_DISKS", "unknown")
    disks.check(tmp_path / "journal.sqlite", [])


def test_the_disks_of_this_machine_are_asked_for(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(psutil, "disk_partitions", lambda **options: asked.append(options) or [ROOT])
    disks.check(tmp_path / "journal.sqlite")
    assert asked == [{"all": True}]  # network drives are not among the physical ones


@pytest.mark.parametrize("fstype", ["cifs", "9p", "virtiofs"])
def test_a_campaign_is_not_sent_from_a_journal_on_a_disk_that_may_be_shared(
    fstype, sandbox, gateway, tmp_path, monkeypatch
):
    share = tmp_path / "share"
    share.mkdir()
    mounted = [ROOT, Disk(str(share), fstype)]
    monkeypatch.setattr(psutil, "disk_partitions", lambda **_: mounted)
    for path in (share / "journal.sqlite", share / "new" / "journal.sqlite"):
        with pytest.raises(JournalError, match=f"of the kind {fstype}") as refused:
            send(table(2), gateway, journal=path)
        assert "local disk" in str(refused.value)
        assert not path.exists()
    assert posts(sandbox) == 0
    assert statuses(send(table(2), gateway, journal=tmp_path / "journal.sqlite")) == {"accepted": 2}


def test_a_journal_that_comes_to_be_on_a_network_drive_may_be_read_but_nothing_is_sent(
    sandbox, gateway, tmp_path, monkeypatch
):
    path = tmp_path / "journal.sqlite"
    send(table(2), gateway, journal=path)
    monkeypatch.setattr(psutil, "disk_partitions", lambda **_: [ROOT, Disk(str(tmp_path), "nfs4")])
    assert len(smsframe.results("autumn", journal=path)) == 2
    with pytest.raises(JournalError, match="nfs4"):
        send(table(3), gateway, journal=path)
    assert posts(sandbox) == 1


@pytest.mark.parametrize("fstype", ["tmpfs", "ramfs"])
def test_a_sandboxs_journal_may_be_in_memory_and_no_other(fstype, sandbox, gateway, tmp_path, monkeypatch):
    memory = [ROOT, Disk(str(gateway.journal.parent), fstype), Disk(str(tmp_path), fstype)]
    monkeypatch.setattr(psutil, "disk_partitions", lambda **_: memory)
    assert statuses(send(table(2), gateway)) == {"accepted": 2}
    with pytest.raises(JournalError, match=fstype):
        send(table(2), gateway, journal=tmp_path / "journal.sqlite", campaign="other")
    assert posts(sandbox) == 1


# A file that is mounted.


def test_a_journal_that_is_mounted_by_itself_is_refused(sandbox, gateway, tmp_path, monkeypatch):
    path = tmp_path / "journal.sqlite"
    send(table(2), gateway, journal=path)
    monkeypatch.setattr(psutil, "disk_partitions", lambda **_: [ROOT, Disk(str(path), "ext4")])
    with pytest.raises(JournalError, match="mount the folder"):
        send(table(3), gateway, journal=path)
    assert posts(sandbox) == 1


MOUNTED = """
import sys
from pathlib import Path
from smsframe.journal.sqlite import disks
disks.check(Path(sys.argv[1]))
print("fine")
"""


@pytest.mark.skipif(not shutil.which("unshare"), reason="needs unshare")
def test_a_file_that_is_really_mounted_is_seen(tmp_path, monkeypatch):
    monkeypatch.setenv("SMSFRAME_LOCAL_DISKS", "tmpfs")
    source, place = tmp_path / "outside.sqlite", tmp_path / "journal.sqlite"
    for path in (source, place):
        path.touch(0o600)
    check = [sys.executable, "-c", MOUNTED, str(place)]
    mount = f'mount --bind "{source}" "{place}" && exec "$@"'
    run = subprocess.run(
        ["unshare", "-m", "sh", "-c", mount, "sh", *check], capture_output=True, text=True, check=False
    )
    if "mount" in run.stderr and "Traceback" not in run.stderr:
        if os.environ.get("CI"):
            pytest.fail(f"CI cannot mount: {run.stderr.strip()}")
        pytest.skip(f"mounting is not allowed here: {run.stderr.strip()}")
    assert "mount the folder" in run.stderr
    assert subprocess.run(check, capture_output=True, text=True, check=True).stdout == "fine\n"


# A folder that a program copies to other machines.


@pytest.mark.parametrize(
    ("folder", "program"),
    [
        ("OneDrive", "OneDrive"),
        ("OneDrive - Example GmbH", "OneDrive"),
        ("Library/CloudStorage/OneDrive-Example/x", "OneDrive"),
        ("Library/Mobile Documents/com~apple~CloudDocs", "iCloud"),
        ("iCloudDrive", "iCloudDrive"),
        ("Dropbox (Example)/lists", "Dropbox"),
        ("Library/CloudStorage/GoogleDrive-ada@example.com", "GoogleDrive"),
        ("google drive", "google drive"),
    ],
)
def test_a_journal_in_a_synchronised_folder_is_warned_of_once(folder, program, tmp_path, capsys):
    path = tmp_path / folder / "journal.sqlite"
    path.parent.mkdir(parents=True)
    for _ in range(2):
        disks.check(path, [ROOT])
    said = capsys.readouterr().err
    assert said.count("warning") == 1
    assert f"in a folder of {program}:" in said


@pytest.mark.parametrize("folder", ["OneDriver", "My Dropboxes", "cloud"])
def test_a_folder_whose_name_is_only_similar_is_not(folder, tmp_path, capsys):
    path = tmp_path / folder / "journal.sqlite"
    path.parent.mkdir(parents=True)
    disks.check(path, [ROOT])
    assert capsys.readouterr().err == ""


def test_a_campaign_from_a_synchronised_folder_is_sent_all_the_same(gateway, tmp_path, capsys):
    assert statuses(send(table(2), gateway, journal=tmp_path / "Dropbox" / "journal.sqlite")) == {
        "accepted": 2
    }
    assert "in a folder of Dropbox" in capsys.readouterr().err


# A file that others may write to.


@POSIX
@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_journal_that_others_may_write_to_sends_nothing(mode, sandbox, gateway, tmp_path):
    path = tmp_path / "journal.sqlite"
    send(table(2), gateway, journal=path)
    path.chmod(mode)
    with pytest.raises(JournalError, match="chmod 600"):
        send(table(3), gateway, journal=path)
    assert posts(sandbox) == 1
    for fine in (0o600, 0o644):  # who may read it is its owner's affair
        path.chmod(fine)
        assert statuses(send(table(3), gateway, journal=path)) == {"accepted": 3}


@POSIX
def test_a_folder_in_which_anybody_may_exchange_the_journal_sends_nothing(sandbox, gateway, tmp_path):
    folder = tmp_path / "open"
    folder.mkdir()
    folder.chmod(0o777)
    with pytest.raises(JournalError, match="o-w"):
        send(table(2), gateway, journal=folder / "journal.sqlite")
    assert posts(sandbox) == 0
    folder.chmod(0o1777)  # as /tmp, where nobody may rename what is another's
    assert statuses(send(table(2), gateway, journal=folder / "journal.sqlite")) == {"accepted": 2}


FOREIGN = """
import os, sys
from pathlib import Path
from smsframe.journal.sqlite import disks
from smsframe.errors import JournalError
os.setuid(65534)
disks.check(Path(sys.argv[1]))
"""


@POSIX
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root becomes somebody else")
def test_a_journal_of_somebody_else_is_refused_but_not_to_root(tmp_path, monkeypatch):
    monkeypatch.setenv("SMSFRAME_LOCAL_DISKS", "tmpfs")
    tmp_path.chmod(0o755)  # a temporary folder is its user's alone
    theirs = tmp_path / "journal.sqlite"
    theirs.touch(0o600)
    run = [sys.executable, "-c", FOREIGN, str(theirs)]
    assert (
        "belongs to another user" in subprocess.run(run, capture_output=True, text=True, check=False).stderr
    )
    os.chown(theirs, 65534, 65534)
    assert subprocess.run(run, capture_output=True, text=True, check=False).stderr == ""
    disks.check(theirs)  # root is


@pytest.mark.skipif(os.name != "nt", reason="only Windows has such paths")
def test_a_share_by_its_own_name_needs_no_letter():  # pragma: no cover
    assert disks.kind(Path(r"\\server\share\journal.sqlite"), []) == ("remote", None)
