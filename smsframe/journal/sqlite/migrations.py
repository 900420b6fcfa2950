"""
The version of the tables in an SQLite file, and what takes a file of each released version to the next.

By hand, because a file is upgraded in one transaction of the run that first writes to it, and an older one is
read as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from smsframe.errors import JournalError
from smsframe.journal.tables import VERSION, metadata

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

MOVED = -1
"""In place of the version of a file whose journal is elsewhere now (`smsframe.journal.campaigns.copies`)."""

APPLICATION = int.from_bytes(b"smsf")
"""Kept in the file too (SQLite's ``application_id``): other programs count their versions as well."""


_NUMBER = "CAST(substr(phone, 2) AS INTEGER)"
_PERSON = f"""CASE
WHEN {_NUMBER} / 10000000000 IN (549, 521)
THEN {_NUMBER} / 100000000000 * 10000000000 + {_NUMBER} % 10000000000
WHEN {_NUMBER} / 100000000 BETWEEN 5511 AND 5599 AND {_NUMBER} / 100000000 % 10 <> 0
AND {_NUMBER} / 10000000 % 10 IN (6, 8, 9)
THEN {_NUMBER} / 100000000 * 1000000000 + 900000000 + {_NUMBER} % 100000000
ELSE {_NUMBER} END"""
"""What `phones.person.people` says of a number, in SQL."""

_SECOND = 10**16
"""Added to the number of a second row of one person: no number is as large, so nobody is found by it."""

_KEPT = "phone, text, fields, encoding, segments, batch, missing, refused"

UPGRADES = {
    1: (
        "ALTER TABLE evidence ADD COLUMN question TEXT",
        (
            "CREATE TABLE people ("
            "campaign INTEGER NOT NULL, phone TEXT NOT NULL, text INTEGER NOT NULL, fields TEXT, "
            "encoding TEXT NOT NULL, segments INTEGER, batch INTEGER, missing BOOLEAN NOT NULL, "
            "PRIMARY KEY (campaign, phone)) WITHOUT ROWID"
        ),
        (
            "INSERT INTO people SELECT campaign, phone, text, fields, encoding, segments, batch, missing "
            "FROM recipients ORDER BY campaign, phone"
        ),
        "DROP TABLE recipients",
        "ALTER TABLE people RENAME TO recipients",
        "CREATE INDEX ix_recipients_batch ON recipients (batch)",
    ),
    2: (
        "ALTER TABLE campaigns ADD COLUMN compared_at BIGINT",
        "ALTER TABLE campaigns ADD COLUMN skip_refused BOOLEAN NOT NULL DEFAULT 0",
        "ALTER TABLE batches ADD COLUMN skip_refused BOOLEAN NOT NULL DEFAULT 0",
        "ALTER TABLE batches ADD COLUMN not_before BIGINT",
        "ALTER TABLE recipients ADD COLUMN refused TEXT",
    ),
    # A person may have two rows, of two spellings. What was not posted yet must not be posted to both: orders
    # that are only planned are dissolved, and of those who wait one stays. Rows with an order all stay.
    3: (
        (
            "CREATE TABLE people ("
            "campaign INTEGER NOT NULL, person BIGINT NOT NULL, phone TEXT NOT NULL, text INTEGER NOT NULL, "
            "fields TEXT, encoding TEXT NOT NULL, segments INTEGER, batch INTEGER, missing BOOLEAN NOT NULL, "
            "refused TEXT, PRIMARY KEY (campaign, person)) WITHOUT ROWID"
        ),
        (
            "CREATE TEMPORARY TABLE twice AS SELECT batch FROM recipients "  # noqa: S608 - of constants
            f"WHERE (campaign, {_PERSON}) IN (SELECT campaign, {_PERSON} FROM recipients "
            "GROUP BY 1, 2 HAVING count(*) > 1) "
            "AND batch IN (SELECT id FROM batches WHERE state = 'planned')"
        ),
        "UPDATE recipients SET batch = NULL WHERE batch IN (SELECT batch FROM twice)",
        "DELETE FROM batches WHERE id IN (SELECT batch FROM twice)",
        "DROP TABLE twice",
        (
            f"INSERT OR IGNORE INTO people SELECT campaign, {_PERSON}, {_KEPT} FROM recipients "  # noqa: S608 - of constants
            "ORDER BY 1, 2, batch IS NULL, phone"
        ),
        (
            f"INSERT INTO people SELECT campaign, {_NUMBER} + {_SECOND}, {_KEPT} FROM recipients AS others "  # noqa: S608 - of constants
            "WHERE batch IS NOT NULL AND NOT EXISTS (SELECT 1 FROM people "
            "WHERE people.campaign = others.campaign AND people.phone = others.phone)"
        ),
        "DROP TABLE recipients",
        "ALTER TABLE people RENAME TO recipients",
        "CREATE INDEX ix_recipients_batch ON recipients (batch)",
    ),
    4: (
        "ALTER TABLE campaigns ADD COLUMN hours TEXT",
        "ALTER TABLE batches ADD COLUMN closes_at BIGINT",
        "ALTER TABLE batches ADD COLUMN hours TEXT",
        "ALTER TABLE batches ADD COLUMN opens_at BIGINT",
        "ALTER TABLE recipients ADD COLUMN attempt INTEGER NOT NULL DEFAULT 1",
        "ALTER TABLE recipients ADD COLUMN delivery TEXT",
        "ALTER TABLE recipients ADD COLUMN delivered_at BIGINT",
        "ALTER TABLE recipients ADD COLUMN seen_at BIGINT",
        "ALTER TABLE recipients ADD COLUMN schedule_at BIGINT",
        "ALTER TABLE recipients ADD COLUMN zone TEXT",
        "ALTER TABLE recipients ADD COLUMN wait_code TEXT",
        "ALTER TABLE recipients ADD COLUMN wait_reason TEXT",
        (
            "CREATE TABLE attempts ("
            "campaign INTEGER NOT NULL, person BIGINT NOT NULL, attempt INTEGER NOT NULL, "
            "phone TEXT NOT NULL, text INTEGER NOT NULL, fields TEXT, encoding TEXT NOT NULL, "
            "segments INTEGER, batch INTEGER, missing BOOLEAN NOT NULL, refused TEXT, "
            "delivery TEXT, delivered_at BIGINT, seen_at BIGINT, "
            "schedule_at BIGINT, zone TEXT, wait_code TEXT, wait_reason TEXT, "
            "PRIMARY KEY (campaign, person, attempt)) WITHOUT ROWID"
        ),
        "CREATE INDEX attempts_by_batch ON attempts (batch)",
    ),
    5: ("ALTER TABLE campaigns ADD COLUMN stop_requests INTEGER NOT NULL DEFAULT 0",),
    6: (
        "ALTER TABLE campaigns ADD COLUMN unproven INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE campaigns ADD COLUMN pace TEXT",
    ),
    7: (
        "ALTER TABLE campaigns ADD COLUMN ramp TEXT",
        (
            "CREATE TABLE variants (campaign INTEGER NOT NULL, name TEXT NOT NULL, text INTEGER, "
            "PRIMARY KEY (campaign, name)) WITHOUT ROWID"
        ),
        "ALTER TABLE recipients ADD COLUMN variant TEXT",
        (
            "ALTER TABLE recipients ADD COLUMN held_out BOOLEAN NOT NULL DEFAULT 0 "
            "CONSTRAINT held_out_in_no_order CHECK (NOT held_out OR batch IS NULL)"
        ),
        "ALTER TABLE attempts ADD COLUMN variant TEXT",
        "ALTER TABLE attempts ADD COLUMN held_out BOOLEAN NOT NULL DEFAULT 0",
        "ALTER TABLE campaigns ADD COLUMN salt TEXT",
        "ALTER TABLE campaigns ADD COLUMN purged_at BIGINT",
        "ALTER TABLE recipients ADD COLUMN consent TEXT",
        "ALTER TABLE recipients ADD COLUMN erase BOOLEAN NOT NULL DEFAULT 0",
        "ALTER TABLE attempts ADD COLUMN consent TEXT",
        "ALTER TABLE attempts ADD COLUMN erase BOOLEAN NOT NULL DEFAULT 0",
        "CREATE TABLE forgotten (hash TEXT NOT NULL PRIMARY KEY, at BIGINT NOT NULL) WITHOUT ROWID",
        (
            "CREATE TABLE erased (campaign INTEGER NOT NULL, hash TEXT NOT NULL, attempt INTEGER NOT NULL, "
            "batch INTEGER, segments INTEGER, missing BOOLEAN NOT NULL DEFAULT 0, refused TEXT, "
            "PRIMARY KEY (campaign, hash, attempt)) WITHOUT ROWID"
        ),
        "CREATE INDEX ix_erased_batch ON erased (batch)",
        "CREATE TABLE privacy (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
        (
            "CREATE TABLE optout_lists (id INTEGER NOT NULL PRIMARY KEY, "
            "base_url TEXT NOT NULL, account TEXT NOT NULL, campaign INTEGER NOT NULL DEFAULT 0, "
            "changes INTEGER NOT NULL DEFAULT 0, synced_at BIGINT, UNIQUE (base_url, account, campaign))"
        ),
        (
            "CREATE TABLE optouts (list INTEGER NOT NULL, person BIGINT NOT NULL, phone TEXT, "
            "since BIGINT NOT NULL, why TEXT, source TEXT NOT NULL, at_gateway BIGINT, "
            "PRIMARY KEY (list, person)) WITHOUT ROWID"
        ),
        (
            "CREATE TABLE removed_optouts (id INTEGER NOT NULL PRIMARY KEY, list INTEGER NOT NULL, "
            "person BIGINT NOT NULL, phone TEXT, since BIGINT NOT NULL, why TEXT, source TEXT NOT NULL, "
            "removed_at BIGINT NOT NULL, removed_why TEXT NOT NULL)"
        ),
        "CREATE INDEX removed_optouts_by_person ON removed_optouts (list, person)",
        (
            "CREATE TABLE reply_sources (id INTEGER NOT NULL, base_url TEXT NOT NULL, account TEXT NOT NULL, "
            "read_until BIGINT, PRIMARY KEY (id), UNIQUE (base_url, account))"
        ),
        (
            "CREATE TABLE replies (id INTEGER NOT NULL, source INTEGER NOT NULL, key TEXT NOT NULL, "
            "raw TEXT NOT NULL, mapping TEXT, person BIGINT, phone TEXT, sender TEXT, received_at BIGINT, "
            "text TEXT, recipient TEXT, read_at BIGINT NOT NULL, handled BOOLEAN NOT NULL DEFAULT 0, "
            "PRIMARY KEY (id), UNIQUE (source, key))"
        ),
        "CREATE INDEX ix_replies_person ON replies (person)",
        "CREATE INDEX recipients_missing ON recipients (campaign, batch) WHERE missing = 1",
    ),
}
"""What takes a file of each released version to the next."""


def version(connection: Connection) -> int:
    """
    The version of the tables, 0 when there are none.

    Raises:
        JournalError: Another program's database, a newer smsframe's journal, or one that was moved.
    """
    application = connection.exec_driver_sql("PRAGMA application_id").scalar_one()
    current = int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())
    if application == APPLICATION and current == MOVED:
        place = connection.exec_driver_sql("SELECT place FROM moved_to").scalar_one()
        raise JournalError(f"this journal was moved to {place}: name that one; nothing was sent")
    if application != APPLICATION and (application or current or sa.inspect(connection).get_table_names()):
        raise JournalError("this file is another program's database: name another one with journal=")
    if current > VERSION:
        raise JournalError("this journal was written by a newer smsframe: upgrade smsframe to use it")
    return current


def prepare(connection: Connection) -> None:
    """
    Make the tables in a new file, or bring those of an older version up to date, in the caller's transaction.

    Raises:
        JournalError: As `version`.
    """
    current = version(connection)
    if not current:
        metadata.create_all(connection)
        connection.exec_driver_sql(f"PRAGMA application_id={APPLICATION}")
    for step in range(current or VERSION, VERSION):
        for statement in UPGRADES[step]:
            connection.exec_driver_sql(statement)
    connection.exec_driver_sql(f"PRAGMA user_version={VERSION}")


def close_for_good(connection: Connection, place: str) -> None:
    """In the caller's transaction: this journal is at another place from now on."""
    connection.exec_driver_sql("CREATE TABLE moved_to (place TEXT NOT NULL)")
    connection.exec_driver_sql("INSERT INTO moved_to VALUES (?)", (place,))
    connection.exec_driver_sql(f"PRAGMA user_version={MOVED}")
