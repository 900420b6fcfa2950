"""The key of the keyed hashes in a keyring: kept there, read by other processes, and needed to send."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.sending import send, table
from typer.testing import CliRunner

import smsframe
from smsframe.cli.main import app
from smsframe.journal.privacy import hash_key

if os.environ.get("CI") == "true":
    import keyring
else:
    keyring = pytest.importorskip("keyring")

from helpers.file_keyring import FILE, LOCKED, FileKeyring

BOTH = pytest.mark.both_journals
PEOPLE = table(4)
BACKEND = "PYTHON_KEYRING_BACKEND"


@pytest.fixture
def ring(tmp_path, monkeypatch):
    """The file of a keyring that this process and those that it starts have."""
    path = tmp_path / "keyring.json"
    monkeypatch.setenv(FILE, str(path))
    monkeypatch.setenv(BACKEND, "helpers.file_keyring.FileKeyring")
    before = keyring.get_keyring()
    keyring.set_keyring(FileKeyring())
    yield path
    keyring.set_keyring(before)


def forget(gateway, *numbers):
    return smsframe.forget([*numbers], gateway=gateway)


def elsewhere(program, *arguments):
    """What a program of another process says, which has the same keyring."""
    paths = [str(Path(__file__).parents[1]), *sys.path]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths)}
    done = subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def refused(sandbox, gateway, secret):
    """Whatever texts, or erases, refuses and tells nobody the key; what is known can be read."""
    before = len(sandbox.inbox())
    for call in (
        lambda: send(PEOPLE, gateway),
        lambda: send(PEOPLE, gateway, campaign="winter"),
        lambda: smsframe.resume("autumn", gateway=gateway, progress=False),
        lambda: forget(gateway, PEOPLE["mobile"][1]),
    ):
        with pytest.raises(smsframe.JournalError, match="nothing was") as stopped:
            call()
        assert secret not in str(stopped.value)
    assert len(sandbox.inbox()) == before
    assert len(smsframe.results("autumn", gateway=gateway)) == 1


@BOTH
def test_the_key_is_kept_in_the_keyring_and_another_process_reads_it(database, ring, sandbox, gateway):
    assert hash_key.find() is None
    send(PEOPLE.head(2), gateway)
    forget(gateway, PEOPLE["mobile"][0])
    key = hash_key.find()
    assert key.place == "the keyring"
    assert [*json.loads(ring.read_text()).values()] == [key.text]
    assert not hash_key.default_file().exists()
    forget(gateway, PEOPLE["mobile"][3])
    assert hash_key.find() == key
    told = elsewhere(
        "from smsframe.journal.privacy.hash_key import find; key = find(); print(key.place, key.fingerprint)"
    )
    assert told == f"the keyring {key.fingerprint}"
    # A process that has nothing else sends to those who were not erased.
    sent = elsewhere(
        "import sys, smsframe, pandas as pd\n"
        "gateway = smsframe.Gateway(sys.argv[1], username='demo', password='demo', journal=sys.argv[2])\n"
        "people = pd.DataFrame({'mobile': sys.argv[3:]})\n"
        "out = smsframe.send(people, 'Ciao', campaign='w', phone='mobile', gateway=gateway, progress=False)\n"
        "print(*out['sms_status'])",
        sandbox.url,
        gateway.journal,
        *PEOPLE["mobile"],
    )
    assert sent.splitlines()[-1] == "suppressed accepted accepted suppressed"


@BOTH
def test_without_the_key_in_the_keyring_nothing_is_sent(database, ring, sandbox, gateway, monkeypatch):
    send(PEOPLE.head(2), gateway)
    forget(gateway, PEOPLE["mobile"][0])
    key, kept = hash_key.find(), ring.read_text()
    ring.unlink()
    refused(sandbox, gateway, key.text)
    assert not hash_key.default_file().exists()  # no new one was made
    ring.write_text(kept)
    monkeypatch.setenv(LOCKED, "yes")
    refused(sandbox, gateway, key.text)
    assert not hash_key.default_file().exists()
    monkeypatch.delenv(LOCKED)
    out = send(PEOPLE, gateway, campaign="winter")
    assert out["sms_status"].astype(str).tolist() == ["suppressed", *["accepted"] * 3]


@BOTH
def test_another_key_in_the_keyring_is_refused(database, ring, sandbox, gateway):
    send(PEOPLE.head(2), gateway)
    forget(gateway, PEOPLE["mobile"][0])
    key, other = hash_key.find(), hash_key.HashKey(bytes(range(32)), "")
    keyring.set_password(hash_key.SERVICE, hash_key.ENTRY, other.text)
    refused(sandbox, gateway, key.text)
    with pytest.raises(smsframe.JournalError, match=other.fingerprint):
        send(PEOPLE, gateway)
    keyring.set_password(hash_key.SERVICE, hash_key.ENTRY, "correct horse")
    with pytest.raises(smsframe.JournalError, match="what the keyring has is no key"):
        send(PEOPLE, gateway)
    refused(sandbox, gateway, key.text)


def test_a_key_is_carried_from_one_keyring_to_another(ring, gateway, tmp_path, monkeypatch):
    forget(gateway, PEOPLE["mobile"][0])
    key = hash_key.find()
    monkeypatch.chdir(tmp_path)
    run = CliRunner().invoke
    assert run(app, ["hash-key", "export", "carried.key"]).exit_code == 0
    monkeypatch.setenv(FILE, str(tmp_path / "of another machine.json"))
    assert hash_key.find() is None
    assert run(app, ["hash-key", "import", "carried.key"]).exit_code == 0
    assert (hash_key.find().value, hash_key.find().place) == (key.value, "the keyring")
    status = run(app, ["hash-key", "status"]).output
    assert "keyring" in status
    assert key.fingerprint in status
    assert key.text not in status


@pytest.mark.parametrize("kind", ["null", "fail", "locked"])
def test_without_a_keyring_the_key_is_a_file_of_its_owner_alone(ring, gateway, kind, monkeypatch):
    if kind == "locked":
        monkeypatch.setenv(LOCKED, "yes")
    else:
        from keyring.backends import fail, null  # noqa: PLC0415 - needs keyring

        keyring.set_keyring({"null": null, "fail": fail}[kind].Keyring())
    forget(gateway, PEOPLE["mobile"][0])
    key = hash_key.find()
    assert key.place == str(hash_key.default_file())
    if os.name == "posix":
        assert stat.S_IMODE(hash_key.default_file().stat().st_mode) == 0o600
        assert stat.S_IMODE(hash_key.default_file().parent.stat().st_mode) & 0o077 == 0
    assert not ring.exists()
    # A keyring that can be opened again takes no other key.
    keyring.set_keyring(FileKeyring())
    monkeypatch.delenv(LOCKED, raising=False)
    forget(gateway, PEOPLE["mobile"][1])
    assert hash_key.find() == key


def test_without_the_package_the_key_is_a_file(gateway, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "keyring", None)
    forget(gateway, PEOPLE["mobile"][0])
    assert hash_key.find().place == str(hash_key.default_file())
