"""Two machines that share a journal on PostgreSQL, one of which vanishes; and a server whose disk is full."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import tempfile
import threading
import time as machine_time
from pathlib import Path

import psycopg
import pytest
from helpers import postgres
from helpers.namespaces import FAR, NEAR, ip
from helpers.sending import each_once, send, statuses, table

import smsframe

pytestmark = [pytest.mark.postgres, pytest.mark.slow]

# The machine of the server, on which somebody looks at the journal: answers one question per line.
SERVER = f"""
import sys, tempfile
from pathlib import Path
import smsframe
from helpers.postgres import Cluster
hosts = Path(tempfile.mkdtemp(prefix="smsframe-hosts-"), "pg_hba.conf")
hosts.parent.chmod(0o755)
hosts.write_text("host all all 127.0.0.1/32 trust\\nhost all all {NEAR}/32 trust\\n")
cluster = Cluster(listen_addresses="'*'", hba_file=f"'{{hosts}}'")
print(cluster.port, flush=True)
for question in sys.stdin:
    if question == "stop\\n":
        print(smsframe.stop("autumn", journal=cluster.url()), flush=True)
        continue
    if question == "at work?\\n":
        locked = cluster.sql("SELECT 1 FROM pg_locks WHERE locktype = 'advisory'")
        print(bool(locked) and len(smsframe.campaigns(journal=cluster.url())) > 0, flush=True)
    elif question == "claimed?\\n":
        out = smsframe.results("autumn", journal=cluster.url())
        print(int(out["sms_status"].isin(["accepted", "unconfirmed"]).sum()), flush=True)
cluster.close()
"""

# The machine of somebody who sends: with a gateway of its own, as its network ends at the cable.
SENDER = f"""
import contextlib, sys
import smsframe
from helpers.sending import send, statuses, table
with smsframe.Sandbox() as sandbox:
    journal = f"postgresql://ada@{FAR}:{{sys.argv[1]}}/postgres"
    gateway = sandbox.gateway(journal=journal)
    try:
        out = send(table(400), gateway, batch_size=1, workers=1, rate=10.0, grace=0.5)
        print("ended", statuses(out), flush=True)
    except smsframe.SmsFrameError as error:
        print("stopped", type(error).__name__, flush=True)
    got = sandbox.inbox()["recipient"].value_counts()
    print(len(got), int(got.gt(1).sum()), flush=True)
"""


def asked(machine, question: str) -> str:
    machine.stdin.write(f"{question}\n")
    machine.stdin.flush()
    return machine.stdout.readline().strip()


def until(machine, question: str, answer: str, seconds: float) -> float:
    began = machine_time.monotonic()
    while asked(machine, question) != answer:
        assert machine_time.monotonic() - began < seconds, f"{question} is not {answer}"
        machine_time.sleep(0.2)
    return machine_time.monotonic() - began


def test_another_machine_sees_and_stops_a_campaign(cable, inside):
    near, far = cable
    server = inside(far, SERVER)
    sender = inside(near, SENDER, server.stdout.readline().strip())
    until(server, "at work?", "True", 60)
    assert asked(server, "stop") == "True"
    ended, counts = sender.stdout.readline(), sender.stdout.readline().split()
    assert re.match("ended .*'pending'", ended)
    assert 0 < int(counts[0]) < 400
    assert counts[1] == "0"
    assert asked(server, "claimed?") == counts[0]


def test_a_machine_that_vanishes_sends_nothing_unclaimed_and_frees_its_campaign(cable, inside):
    """Nobody hangs up: without probes of its own the server would hold its lock for hours."""
    near, far = cable
    server = inside(far, SERVER)
    sender = inside(near, SENDER, server.stdout.readline().strip())
    until(server, "at work?", "True", 60)
    ip("-n", far, "link", "set", "cable", "down")
    until(server, "at work?", "False", 60)
    stopped, counts = sender.stdout.readline(), sender.stdout.readline().split()
    assert stopped.startswith("stopped")
    assert counts[1] == "0"
    # The claim of the last one may be on disk there, without its request.
    assert int(counts[0]) <= int(asked(server, "claimed?")) <= int(counts[0]) + 1


@pytest.fixture
def small_disk():
    """A file system of 160 MB, which goes with the test."""
    place = Path(tempfile.mkdtemp(prefix="smsframe-disk-"))
    try:
        command = ["mount", "-t", "tmpfs", "-o", "size=160m,mode=755", "tmpfs", place]
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.SubprocessError) as error:
        if os.environ.get("CI"):
            pytest.fail(f"CI cannot mount a file system of its own: {error}")
        pytest.skip("needs Linux and root")
    yield place
    subprocess.run(["umount", "-l", place], check=True)
    place.rmdir()


def fill(disk, server):
    """Leave no room on a disk, also not in the files that the server keeps for what it writes next."""
    with contextlib.suppress(OSError), (disk / "ballast").open("wb", buffering=0) as file:
        while True:
            file.write(bytes(2**16))
    with contextlib.suppress(psycopg.Error):
        for _ in range(100):
            server.sql("SELECT pg_switch_wal()")
            server.sql("CREATE TABLE filler (a int); DROP TABLE filler")


def test_a_server_whose_disk_is_full_doubles_and_loses_nobody(small_disk, sandbox):
    folder = small_disk / "server"
    folder.mkdir()
    settings = {"max_wal_size": "'40MB'", "min_wal_size": "'32MB'", "shared_buffers": "'16MB'"}
    server = postgres.Cluster(folder, **settings)
    try:
        gateway = sandbox.gateway(journal=server.url())
        people = table(200)

        def fill_after_some():
            while len(sandbox.inbox()) < 10:
                machine_time.sleep(0.02)
            fill(small_disk, server)

        filled = threading.Thread(target=fill_after_some)
        filled.start()
        with pytest.raises(smsframe.SmsFrameError):
            send(people, gateway, batch_size=1, workers=2, rate=20.0)
        filled.join()
        assert 10 <= len(sandbox.inbox()) < 200
        (small_disk / "ballast").unlink()
        with contextlib.suppress(AssertionError):  # it may have stopped by itself
            server.stop()
        server.start()
        out = send(people, gateway, batch_size=20)
        assert statuses(out) == {"accepted": 200}
        assert each_once(sandbox, out)
        gateway.close()
    finally:
        server.close()
