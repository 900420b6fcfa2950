"""A journal on a drive that other machines may write to is refused, before anything is sent."""

from __future__ import annotations

import os
from typing import NamedTuple

import psutil
import pytest
from runs import posts, send, statuses, table

import smsframe
from smsframe.disks import network
from smsframe.errors import JournalError


class Disk(NamedTuple):
    """A mounted disk, as psutil tells of it."""

    mountpoint: str
    fstype: str = "ext4"
    opts: str = "rw,relatime"


ROOT = Disk("/")


def kind(place, *disks):
    return network(place / "journal.sqlite", [ROOT, *disks])


REMOTE = [
    "nfs", "nfs4", "cifs", "smb3", "smbfs", "afpfs", "davfs", "davfs2", "webdav", "ceph", "lustre",
    "glusterfs",
    "fuse.sshfs", "fuse.rclone", "fuse.davfs2", "fuse.s3fs", "fuse.gvfsd-fuse", "NFS4", "CIFS",
]  # fmt: skip
LOCAL = [
    "ext4",
    "xfs",
    "btrfs",
    "zfs",
    "apfs",
    "NTFS",
    "tmpfs",
    "overlay",
    "fuse.ntfs-3g",
    "fuseblk",
    "nfsd",
    "",
]


@pytest.mark.parametrize("fstype", REMOTE)
def test_a_network_drive_is_told_by_its_kind(fstype, tmp_path):
    assert kind(tmp_path, Disk(str(tmp_path), fstype)) == fstype


@pytest.mark.parametrize("fstype", LOCAL)
def test_a_local_disk_is_none(fstype, tmp_path):
    assert kind(tmp_path, Disk(str(tmp_path), fstype)) is None


@pytest.mark.parametrize("opts", ["rw,remote", "remote", "ro,remote,nosuid"])
def test_what_the_system_calls_remote_is_a_network_drive_of_whatever_kind(opts, tmp_path):
    """As Windows does of a letter that stands for a share."""
    assert kind(tmp_path, Disk(str(tmp_path), "NTFS", opts)) == "NTFS"
    assert kind(tmp_path, Disk(str(tmp_path), "", opts)) == "remote"


def test_an_option_that_only_contains_the_word_says_nothing(tmp_path):
    assert kind(tmp_path, Disk(str(tmp_path), "ext4", "rw,errors=remote-ro,noremote")) is None


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


def test_a_folder_that_is_a_link_to_the_network_is_on_the_network(tmp_path):
    share = tmp_path / "share"
    share.mkdir()
    (tmp_path / "home").symlink_to(share)
    assert kind(tmp_path / "home", Disk(str(share), "nfs4")) == "nfs4"


def test_a_journal_that_is_a_link_to_the_network_is_on_the_network(tmp_path):
    share = tmp_path / "share"
    share.mkdir()
    (tmp_path / "journal.sqlite").symlink_to(share / "journal.sqlite")
    assert kind(tmp_path, Disk(str(share), "nfs4")) == "nfs4"


def test_where_nothing_is_known_of_the_disks_nothing_is_refused(tmp_path):
    assert network(tmp_path / "journal.sqlite", []) is None


def test_the_disks_of_this_machine_are_asked_for(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(psutil, "disk_partitions", lambda **options: asked.append(options) or [ROOT])
    assert network(tmp_path / "journal.sqlite") is None
    assert asked == [{"all": True}]  # network drives are not among the physical ones


def test_a_campaign_is_not_sent_from_a_journal_on_a_network_drive(sandbox, gateway, tmp_path, monkeypatch):
    share = tmp_path / "share"
    share.mkdir()
    mounted = [ROOT, Disk(str(share), "cifs")]
    monkeypatch.setattr(psutil, "disk_partitions", lambda **_: mounted)
    for path in (share / "journal.sqlite", share / "new" / "journal.sqlite"):
        with pytest.raises(JournalError, match=r"network drive \(cifs\)") as refused:
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
    with pytest.raises(JournalError, match="network drive"):
        send(table(3), gateway, journal=path)
    assert posts(sandbox) == 1


@pytest.mark.skipif(os.name != "nt", reason="only Windows has such paths")
def test_a_share_by_its_own_name_needs_no_letter(tmp_path):  # pragma: no cover
    from pathlib import Path  # noqa: PLC0415

    assert network(Path(r"\\server\share\journal.sqlite"), []) == "a shared folder"
