"""
The journal's tables.

A campaign has texts; a recipient has one of them, with merge values, and at most one batch; a batch is one
order. ``evidence`` is only ever added to: which question was asked about an order, and which answer came.
Instants are whole microseconds since 1970 in UTC.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from smsframe.errors import JournalError

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

VERSION = 3
"""Of the tables below; kept in the file, so that a newer file is refused instead of misread."""

APPLICATION = int.from_bytes(b"smsf")
"""Kept in the file too (SQLite's ``application_id``): other programs count their versions as well."""

metadata = sa.MetaData()

campaigns = sa.Table(
    "campaigns",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("base_url", sa.Text, nullable=False),
    sa.Column("account", sa.Text, nullable=False),
    sa.Column("prefix", sa.Text, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    # How the last call wanted it sent: what `resume` goes on with.
    sa.Column("message_type", sa.Text, nullable=False),
    sa.Column("sender", sa.Text),
    sa.Column("schedule_at", sa.BigInteger),
    sa.Column("batch_size", sa.Integer, nullable=False),
    sa.Column("text", sa.Integer),
    # By the gateway's clock: when its history was last compared with this journal, completely.
    sa.Column("compared_at", sa.BigInteger),
    # Whether the gateway may leave out the numbers it refuses (``refusals="skip"``).
    sa.Column("skip_refused", sa.Boolean, nullable=False, server_default=sa.text("0")),
)

texts = sa.Table(
    "texts",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("campaign", sa.ForeignKey("campaigns.id"), nullable=False),
    sa.Column("template", sa.Text, nullable=False),
    sa.UniqueConstraint("campaign", "template"),
)

batches = sa.Table(
    "batches",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("campaign", sa.ForeignKey("campaigns.id"), nullable=False),
    sa.Column("text", sa.ForeignKey("texts.id"), nullable=False),
    sa.Column("order_id", sa.Text, nullable=False, unique=True),
    sa.Column("generation", sa.Integer, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("doubt", sa.Integer, nullable=False, default=0),
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("encoding", sa.Text, nullable=False),
    sa.Column("recipients", sa.Integer, nullable=False),
    sa.Column("segments", sa.Integer, nullable=False),
    sa.Column("message_type", sa.Text, nullable=False),
    sa.Column("sender", sa.Text),
    sa.Column("schedule_at", sa.BigInteger),
    sa.Column("claimed_at", sa.BigInteger),
    sa.Column("sent_at", sa.BigInteger),
    sa.Column("charged", sa.Float),
    sa.Column("reason", sa.Text),
    sa.Column("skip_refused", sa.Boolean, nullable=False, server_default=sa.text("0")),
    # By the gateway's clock: nothing of this order can be older there.
    sa.Column("not_before", sa.BigInteger),
    sa.Index("batches_by_campaign", "campaign", "state"),
)

recipients = sa.Table(
    "recipients",
    metadata,
    # Keys without foreign keys: they are written in the transaction that makes what they name, and a million
    # rows are not looked up three times each.
    sa.Column("campaign", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("phone", sa.Text, primary_key=True),
    sa.Column("text", sa.Integer, nullable=False),
    sa.Column("fields", sa.Text),
    sa.Column("encoding", sa.Text, nullable=False),
    sa.Column("segments", sa.Integer),  # unknown of orders that were adopted for others than these rows
    sa.Column("batch", sa.Integer, index=True),
    sa.Column("missing", sa.Boolean, nullable=False, default=False),
    # The delivery code with which the gateway says that it left this person out of an accepted order.
    sa.Column("refused", sa.Text),
    sqlite_with_rowid=False,
)

evidence = sa.Table(
    "evidence",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("campaign", sa.ForeignKey("campaigns.id"), nullable=False),
    # By order id, not by batch: a batch that was never sent may go, what was asked about it stays.
    sa.Column("order_id", sa.Text, nullable=False, index=True),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("process", sa.Text, nullable=False),
    sa.Column("event", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("answer", sa.Text),
    sa.Column("question", sa.Text),
)


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
}
"""What takes a file of each released version to the next."""


def columns(connection: Connection, table: sa.Table) -> list[sa.ColumnElement[Any]]:
    """The columns of a table; those that a file of an older version does not have yet are null."""
    if connection.exec_driver_sql("PRAGMA user_version").scalar_one() == VERSION:
        return [*table.c]
    there = {column["name"] for column in sa.inspect(connection).get_columns(table.name)}
    return [column if column.name in there else sa.null().label(column.name) for column in table.c]


def refused(connection: Connection) -> sa.ColumnElement[Any]:
    """With which code somebody was left out of an accepted order; null in a file of an older version."""
    return columns(connection, recipients)[[*recipients.c].index(recipients.c.refused)]


def version(connection: Connection) -> int:
    """
    The version of the tables, 0 when there are none.

    Raises:
        JournalError: Another program's database, or a newer smsframe's journal.
    """
    application = connection.exec_driver_sql("PRAGMA application_id").scalar_one()
    found = int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())
    if application != APPLICATION and (application or found or sa.inspect(connection).get_table_names()):
        raise JournalError("this file is another program's database: name another one with journal=")
    if found > VERSION:
        raise JournalError("this journal was written by a newer smsframe: upgrade smsframe to use it")
    return found


def prepare(connection: Connection) -> None:
    """
    Make the tables in a new file, or bring those of an older version up to date, in the caller's transaction.

    Raises:
        JournalError: As `version`.
    """
    found = version(connection)
    if not found:
        metadata.create_all(connection)
        connection.exec_driver_sql(f"PRAGMA application_id={APPLICATION}")
    for step in range(found or VERSION, VERSION):
        for statement in UPGRADES[step]:
            connection.exec_driver_sql(statement)
    connection.exec_driver_sql(f"PRAGMA user_version={VERSION}")
