"""A PostgreSQL cluster of the tests' own: in a temporary folder, on a free port, gone with them."""

from __future__ import annotations

import contextlib
import itertools
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

PLACES = ("/usr/lib/postgresql", "/usr/local/pgsql", "/opt/homebrew/opt/postgresql")
NUMBERS = itertools.count(1)

QUICK = {
    "max_connections": "200",
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",
}


def programs() -> Path | None:
    """The folder of PostgreSQL's programs: the newest that is here, or None."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    found = [place for root in PLACES for place in Path(root).glob("*/bin") if (place / "initdb").exists()]
    return max(found, key=lambda place: float(place.parent.name), default=None)


def required() -> Path:
    """The same; where it is missing the test is skipped, in CI it fails."""
    place = programs()
    if place is None:
        if os.environ.get("CI") == "true":
            pytest.fail("PostgreSQL is not installed")
        pytest.skip("PostgreSQL is not installed")
    return place


class Cluster:
    """
    A server that is started and stopped by its own programs.

    As root they run as another user, as PostgreSQL refuses root.
    """

    def __init__(self, folder: Path | None = None, **settings: str) -> None:
        self.programs = required()
        self.folder = folder or Path(tempfile.mkdtemp(prefix="smsframe-postgres-"))
        self.data = self.folder / "data"
        self.user = {"user": "postgres"} if os.getuid() == 0 else {}
        if self.user:
            self.folder.chmod(0o755)
            owner = pwd.getpwnam("postgres")
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._run("initdb", "-D", self.data, "-U", "ada", "-A", "trust", "--no-sync", "-E", "UTF8")
        settings = QUICK | {"listen_addresses": "'127.0.0.1'", "port": str(self.port)} | settings
        settings |= {"unix_socket_directories": f"'{self.folder}'"}
        lines = "".join(f"{name} = {value}\n" for name, value in settings.items())
        (self.data / "smsframe.conf").write_text(lines)
        with (self.data / "postgresql.conf").open("a") as file:
            file.write("include 'smsframe.conf'\n")
        self.start()

    def _run(self, program: str, *arguments: object) -> None:
        made = subprocess.run(
            [self.programs / program, *map(str, arguments)],
            capture_output=True,
            text=True,
            cwd=self.folder,
            check=False,
            **self.user,
        )
        assert made.returncode == 0, made.stdout + made.stderr

    def start(self) -> None:
        """Start it, and wait until it answers."""
        log = self.folder / "log"
        self._run("pg_ctl", "-D", self.data, "-l", log, "-w", "-t", "60", "start")

    def stop(self, mode: str = "immediate") -> None:
        """Stop it as after a crash, or otherwise."""
        self._run("pg_ctl", "-D", self.data, "-m", mode, "-w", "stop")

    def url(self, database: str = "postgres", user: str = "ada", **query: str) -> str:
        """How a journal on it is named."""
        tail = "&".join(f"{name}={value}" for name, value in query.items())
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}" + (f"?{tail}" if tail else "")

    def new(self) -> str:
        """The URL of a schema that nobody has used."""
        return self.url(schema=f"journal_{os.getpid()}_{next(NUMBERS)}")

    def sql(self, statement: str, database: str = "postgres") -> list[tuple]:
        """Run a statement as the administrator."""
        import psycopg  # noqa: PLC0415 - an extra, which a laptop may not have

        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def wait_for_locks(self) -> None:
        """Wait until the server has noticed that those who held locks are dead."""
        for _ in range(500):
            if not self.sql("SELECT 1 FROM pg_locks WHERE locktype = 'advisory'"):
                return
            time.sleep(0.01)
        pytest.fail("a dead session still holds its lock")

    def close(self) -> None:
        """Stop it, and delete its folder."""
        with contextlib.suppress(AssertionError):
            self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


@contextlib.contextmanager
def pooler(cluster: Cluster) -> Iterator[str]:
    """PgBouncer in front of a cluster, in transaction mode; the URL that leads through it."""
    program = shutil.which("pgbouncer", path=os.environ.get("PATH", "") + ":/usr/sbin")
    if program is None:
        if os.environ.get("CI") == "true":
            pytest.fail("PgBouncer is not installed")
        pytest.skip("PgBouncer is not installed")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = cluster.folder / "pgbouncer.ini"
    settings.write_text(
        f"[databases]\n* = host=127.0.0.1 port={cluster.port} user=ada\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nauth_type = any\n"
        "pool_mode = transaction\nunix_socket_dir =\n"
    )
    server = subprocess.Popen([program, settings], stderr=subprocess.DEVNULL, **cluster.user)
    try:
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.1):
                break
            time.sleep(0.02)
        yield f"postgresql://ada@127.0.0.1:{port}/postgres"
    finally:
        server.terminate()
        server.wait()
