"""
The tables of a journal in PostgreSQL: made, brought up to date, and the rights that a role needs on them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from smsframe.errors import JournalError
from smsframe.journal.postgres.transactions import MARKED
from smsframe.journal.tables import VERSION, metadata

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

UPGRADES: dict[int, tuple[str, ...]] = {
    7: (
        "ALTER TABLE campaigns ADD COLUMN ramp TEXT",
        (
            "CREATE TABLE variants (campaign INTEGER NOT NULL, name TEXT NOT NULL, text INTEGER, "
            "PRIMARY KEY (campaign, name))"
        ),
        "ALTER TABLE recipients ADD COLUMN variant TEXT",
        (
            "ALTER TABLE recipients ADD COLUMN held_out BOOLEAN NOT NULL DEFAULT false "
            "CONSTRAINT held_out_in_no_order CHECK (NOT held_out OR batch IS NULL)"
        ),
        "ALTER TABLE attempts ADD COLUMN variant TEXT",
        "ALTER TABLE attempts ADD COLUMN held_out BOOLEAN NOT NULL DEFAULT false",
        "ALTER TABLE campaigns ADD COLUMN salt TEXT",
        "ALTER TABLE campaigns ADD COLUMN purged_at BIGINT",
        "ALTER TABLE recipients ADD COLUMN consent TEXT",
        "ALTER TABLE recipients ADD COLUMN erase BOOLEAN NOT NULL DEFAULT false",
        "ALTER TABLE attempts ADD COLUMN consent TEXT",
        "ALTER TABLE attempts ADD COLUMN erase BOOLEAN NOT NULL DEFAULT false",
        "CREATE TABLE forgotten (hash TEXT NOT NULL PRIMARY KEY, at BIGINT NOT NULL)",
        (
            "CREATE TABLE erased (campaign INTEGER NOT NULL, hash TEXT NOT NULL, attempt INTEGER NOT NULL, "
            "batch INTEGER, segments INTEGER, missing BOOLEAN NOT NULL DEFAULT false, refused TEXT, "
            "PRIMARY KEY (campaign, hash, attempt))"
        ),
        "CREATE INDEX ix_erased_batch ON erased (batch)",
        "CREATE TABLE privacy (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL)",
        (
            "CREATE TABLE optout_lists (id SERIAL PRIMARY KEY, "
            "base_url TEXT NOT NULL, account TEXT NOT NULL, campaign INTEGER NOT NULL DEFAULT 0, "
            "changes INTEGER NOT NULL DEFAULT 0, synced_at BIGINT, UNIQUE (base_url, account, campaign))"
        ),
        (
            "CREATE TABLE optouts (list INTEGER NOT NULL, person BIGINT NOT NULL, phone TEXT, "
            "since BIGINT NOT NULL, why TEXT, source TEXT NOT NULL, at_gateway BIGINT, "
            "PRIMARY KEY (list, person))"
        ),
        (
            "CREATE TABLE removed_optouts (id SERIAL PRIMARY KEY, list INTEGER NOT NULL, "
            "person BIGINT NOT NULL, phone TEXT, since BIGINT NOT NULL, why TEXT, source TEXT NOT NULL, "
            "removed_at BIGINT NOT NULL, removed_why TEXT NOT NULL)"
        ),
        "CREATE INDEX removed_optouts_by_person ON removed_optouts (list, person)",
        (
            "CREATE TABLE reply_sources (id SERIAL NOT NULL, base_url TEXT NOT NULL, account TEXT NOT NULL, "
            "read_until BIGINT, PRIMARY KEY (id), UNIQUE (base_url, account))"
        ),
        (
            "CREATE TABLE replies (id SERIAL NOT NULL, source INTEGER NOT NULL, key TEXT NOT NULL, "
            "raw TEXT NOT NULL, mapping TEXT, person BIGINT, phone TEXT, sender TEXT, received_at BIGINT, "
            "text TEXT, recipient TEXT, read_at BIGINT NOT NULL, handled BOOLEAN DEFAULT false NOT NULL, "
            "PRIMARY KEY (id), UNIQUE (source, key))"
        ),
        "CREATE INDEX ix_replies_person ON replies (person)",
        "CREATE INDEX recipients_missing ON recipients (campaign, batch) WHERE missing",
    ),
}
"""What takes the tables of each released version to the next; the first that was on PostgreSQL was 7."""

MAY_SEND = ("SELECT", "INSERT", "UPDATE", "DELETE")
"""What a role needs on each table to send; to read, the first."""

ENCODINGS = ("UTF8", "SQL_ASCII")
"""Of databases that hold every text; the second keeps the bytes that it is given."""

MARK = "CREATE TABLE journal (version integer NOT NULL, moved_to text)"

RIGHTS = (
    "SELECT relation, privilege FROM unnest(%(tables)s::text[]) AS tables (relation), "
    "unnest(%(rights)s::text[]) AS rights (privilege) "
    "WHERE NOT has_table_privilege(%(schema)s || '.' || relation, privilege)"
)


SEQUENCES = (
    "SELECT sequencename, 'USAGE' FROM pg_sequences WHERE schemaname = %(schema)s AND NOT "
    "has_sequence_privilege(quote_ident(schemaname) || '.' || quote_ident(sequencename), 'USAGE')"
)


def current(connection: Connection, schema: str, place: str) -> int:
    """
    The version of the tables, 0 when there are none.

    Raises:
        JournalError: Another program's schema, a newer smsframe's journal, or one that was moved.
    """
    tables = {
        *connection.exec_driver_sql(
            "SELECT tablename FROM pg_tables WHERE schemaname = %s", (schema,)
        ).scalars()
    }
    if not tables:
        return 0
    if "journal" not in tables:
        raise JournalError(
            f"the schema {schema} of {place} has tables of another program: name another one with ?schema="
        )
    if connection.exec_driver_sql("SELECT has_schema_privilege(%s, 'USAGE')", (schema,)).scalar_one():
        version, moved_to = connection.exec_driver_sql(MARKED).one()
    else:
        raise JournalError(
            f"this role may not use the schema {schema} of {place}: GRANT USAGE ON SCHEMA {schema}; "
            "docs/scale.md lists the rights"
        )
    require_usable(version, moved_to, place)
    return int(version)


def require_usable(version: int, moved_to: str | None, place: str) -> None:
    """
    Refuse a journal that is at another place by now, or that this smsframe does not know.

    Raises:
        JournalError: It is one.
    """
    if moved_to is not None:
        raise JournalError(f"the journal {place} was moved to {moved_to}: name that one; nothing was sent")
    if version > VERSION:
        raise JournalError(
            f"the journal {place} was written by a newer smsframe: upgrade smsframe to use it; "
            "nothing was sent"
        )


def require_encoding(connection: Connection, place: str) -> None:
    """
    Refuse a database that cannot hold every text: what it refuses may be the answer to an order that left.

    Raises:
        JournalError: It is one.
    """
    encoding = connection.exec_driver_sql("SELECT current_setting('server_encoding')").scalar_one()
    if encoding not in ENCODINGS:
        raise JournalError(
            f"the database of the journal {place} has the encoding {encoding}, which lacks most characters: "
            "make one with ENCODING 'UTF8'; nothing was sent"
        )


def prepare(connection: Connection, schema: str, place: str) -> None:
    """
    Make the tables, or bring those of an older version up to date, in the caller's transaction.

    Raises:
        JournalError: As `current`.
    """
    version = current(connection, schema, place)
    if not version:
        connection.exec_driver_sql(f'CREATE SCHEMA IF NOT EXISTS "{schema}"')
        metadata.create_all(connection, checkfirst=False)
        connection.exec_driver_sql(MARK)
        connection.exec_driver_sql("INSERT INTO journal (version) VALUES (%s)", (VERSION,))
        return
    for step in range(version, VERSION):
        for statement in UPGRADES[step]:
            connection.exec_driver_sql(statement)
    connection.exec_driver_sql("UPDATE journal SET version = %s", (VERSION,))


def require_rights(connection: Connection, schema: str, place: str) -> None:
    """
    Refuse a role that could not write everything that a campaign writes.

    Raises:
        JournalError: It lacks rights; says which.
    """
    given = {"tables": [*metadata.tables], "rights": [*MAY_SEND], "schema": schema}
    missing = [*connection.exec_driver_sql(RIGHTS, given), *connection.exec_driver_sql(SEQUENCES, given)]
    if missing:
        lacking = ", ".join(sorted(f"{right} on {table}" for table, right in missing))
        raise JournalError(
            f"this role may read the journal {place}, and not send: it lacks {lacking}; nothing was sent. "
            "docs/scale.md lists the rights"
        )
