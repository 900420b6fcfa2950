"""
The journal's tables.

A campaign has texts; a recipient has one of them, with merge values, and at most one batch; a batch is one
order. A person who is texted again is one recipient still, with the latest attempt; the earlier ones are in
``attempts``. ``evidence`` is only ever added to: which question was asked about an order, and which answer
came. Instants are whole microseconds since 1970 in UTC.
"""

from __future__ import annotations

import sqlalchemy as sa

VERSION = 8
"""Of the tables, and of the states in them; kept with them: a newer journal is refused, and not misread."""

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
    sa.Column("skip_refused", sa.Boolean, nullable=False, server_default=sa.false()),
    # The hours in which its people may be texted, as JSON.
    sa.Column("hours", sa.Text),
    # How often somebody asked for its runs to stop. A run remembers what it began with, and stops at more.
    sa.Column("stop_requests", sa.Integer, nullable=False, server_default=sa.text("0")),
    # What its runs keep together: answers without proof in a row, and when the orders of the last second
    # leave, with their recipients, as JSON.
    sa.Column("unproven", sa.Integer, nullable=False, server_default=sa.text("0")),
    sa.Column("pace", sa.Text),
    # The stages in which its people are texted, and how far it is, as JSON (`orders.ramp`).
    sa.Column("ramp", sa.Text),
    # Part of what its order ids are digests of, so that nobody can test a guessed number against one; another
    # one once somebody was erased. None of campaigns of older versions.
    sa.Column("salt", sa.Text),
    # When its people and texts were erased: its name stays, and is closed.
    sa.Column("purged_at", sa.BigInteger),
)

texts = sa.Table(
    "texts",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("campaign", sa.ForeignKey("campaigns.id"), nullable=False),
    sa.Column("template", sa.Text, nullable=False),
    sa.UniqueConstraint("campaign", "template"),
)

variants = sa.Table(
    "variants",
    metadata,
    # The variants of an experiment, and which text each gets; the hold-out gets none.
    sa.Column("campaign", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("text", sa.Integer),
    sqlite_with_rowid=False,
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
    sa.Column("skip_refused", sa.Boolean, nullable=False, server_default=sa.false()),
    # By the gateway's clock: nothing of this order can be older there.
    sa.Column("not_before", sa.BigInteger),
    # It may neither leave nor go out from this instant on: the hours of one of its people end then.
    sa.Column("closes_at", sa.BigInteger),
    # The hours by which its time was chosen, with the zones, the local time and the clocks, as JSON.
    sa.Column("hours", sa.Text),
    # It may not leave before.
    sa.Column("opens_at", sa.BigInteger),
    sa.Index("batches_by_campaign", "campaign", "state"),
)

recipients = sa.Table(
    "recipients",
    metadata,
    # Keys without foreign keys: they are written in the transaction that makes what they name, and a million
    # rows are not looked up three times each.
    sa.Column("campaign", sa.Integer, primary_key=True, autoincrement=False),
    # The canonical number of who it is (`phones.person`): one person is there once, however it is spelled.
    sa.Column("person", sa.BigInteger, primary_key=True, autoincrement=False),
    # The number that is texted.
    sa.Column("phone", sa.Text, nullable=False),
    sa.Column("text", sa.Integer, nullable=False),
    sa.Column("fields", sa.Text),
    sa.Column("encoding", sa.Text, nullable=False),
    sa.Column("segments", sa.Integer),  # unknown of orders that were adopted for others than these rows
    sa.Column("batch", sa.Integer, index=True),
    sa.Column("missing", sa.Boolean, nullable=False, default=False),
    # The delivery code with which the gateway says that it left this person out of an accepted order.
    sa.Column("refused", sa.Text),
    # 1, and one more each time that a person asks for another text to somebody whom the last did not reach.
    sa.Column("attempt", sa.Integer, nullable=False, server_default=sa.text("1")),
    # The gateway's code as it was last seen, when it was delivered by the gateway, when this was seen.
    sa.Column("delivery", sa.Text),
    sa.Column("delivered_at", sa.BigInteger),
    sa.Column("seen_at", sa.BigInteger),
    # The time that was asked for this person, and the time zone that was named, row by row.
    sa.Column("schedule_at", sa.BigInteger),
    sa.Column("zone", sa.Text),
    # Why who is in no order waits, though nothing stopped the run: a code, and a sentence.
    sa.Column("wait_code", sa.Text),
    sa.Column("wait_reason", sa.Text),
    # Of an experiment; never changed once it is written.
    sa.Column("variant", sa.Text),
    # Gets no text for comparison; the database refuses an order for them.
    sa.Column("held_out", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.CheckConstraint("NOT held_out OR batch IS NULL", name="held_out_in_no_order"),
    # The person's consent as it was when the row was written, as JSON by the names of the columns.
    sa.Column("consent", sa.Text),
    # Whether the person is to be erased as soon as the order that they are in is no longer open.
    sa.Column("erase", sa.Boolean, nullable=False, server_default=sa.false()),
    sqlite_with_rowid=False,
)

# Few are missing of an order, and every run asks who: without this index it reads the whole campaign.
sa.Index(
    "recipients_missing",
    recipients.c.campaign,
    recipients.c.batch,
    sqlite_where=sa.text("missing = 1"),  # as it asks itself
    postgresql_where=recipients.c.missing,
)

attempts = sa.Table(
    "attempts",
    metadata,
    # What a recipient was before the next attempt began; never changed again.
    sa.Column("campaign", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("person", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("attempt", sa.Integer, primary_key=True, autoincrement=False),
    *(
        sa.Column(
            column.name,
            column.type,
            nullable=column.nullable,
            server_default=sa.false() if column.name in ("held_out", "erase") else None,
        )
        for column in recipients.c
        if column.name not in ("campaign", "person", "attempt")
    ),
    sa.Index("attempts_by_batch", "batch"),
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

forgotten = sa.Table(
    "forgotten",
    metadata,
    # The keyed hash of the canonical number of a person who was erased, and must not be texted.
    sa.Column("hash", sa.Text, primary_key=True),
    sa.Column("at", sa.BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

erased = sa.Table(
    "erased",
    metadata,
    # What is left of a recipient, or of an earlier attempt, who was erased: that there was one in that order.
    sa.Column("campaign", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("hash", sa.Text, primary_key=True),
    sa.Column("attempt", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("batch", sa.Integer, index=True),
    sa.Column("segments", sa.Integer),
    sa.Column("missing", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("refused", sa.Text),
    sqlite_with_rowid=False,
)

privacy = sa.Table(
    "privacy",
    metadata,
    # The fingerprint of the key of the hashes; whether erased rows may still be in free space.
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
    sqlite_with_rowid=False,
)

optout_lists = sa.Table(
    "optout_lists",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    # One list per account of a gateway; and one per campaign, with the suppress= of its calls.
    sa.Column("base_url", sa.Text, nullable=False),
    sa.Column("account", sa.Text, nullable=False),
    # The key of the campaign, or 0 of the list of the account.
    sa.Column("campaign", sa.Integer, nullable=False, server_default=sa.text("0")),
    # One more with each change: who has read the list knows by it that it is as it was.
    sa.Column("changes", sa.Integer, nullable=False, server_default=sa.text("0")),
    # When the gateway's own list was last read completely.
    sa.Column("synced_at", sa.BigInteger),
    sa.UniqueConstraint("base_url", "account", "campaign"),
)

optouts = sa.Table(
    "optouts",
    metadata,
    sa.Column("list", sa.Integer, primary_key=True, autoincrement=False),
    # The canonical number of who it is, as in `recipients`.
    sa.Column("person", sa.BigInteger, primary_key=True, autoincrement=False),
    # The number as it was listed, where it is another spelling than the canonical one.
    sa.Column("phone", sa.Text),
    sa.Column("since", sa.BigInteger, nullable=False),
    sa.Column("why", sa.Text),
    sa.Column("source", sa.Text, nullable=False),
    # When the gateway's own list was known to have this number.
    sa.Column("at_gateway", sa.BigInteger),
    sqlite_with_rowid=False,
)

removed_optouts = sa.Table(
    "removed_optouts",
    metadata,
    # What an opt-out was before somebody took it off the list; never changed again.
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("list", sa.Integer, nullable=False),
    sa.Column("person", sa.BigInteger, nullable=False),
    sa.Column("phone", sa.Text),
    sa.Column("since", sa.BigInteger, nullable=False),
    sa.Column("why", sa.Text),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("removed_at", sa.BigInteger, nullable=False),
    sa.Column("removed_why", sa.Text, nullable=False),
    sa.Index("removed_optouts_by_person", "list", "person"),
)

reply_sources = sa.Table(
    "reply_sources",
    metadata,
    # One account at one gateway, whose received messages are kept.
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("base_url", sa.Text, nullable=False),
    sa.Column("account", sa.Text, nullable=False),
    # By the gateway's clock: everything that it received before was read, completely.
    sa.Column("read_until", sa.BigInteger),
    sa.UniqueConstraint("base_url", "account"),
)

replies = sa.Table(
    "replies",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("source", sa.Integer, nullable=False),
    # What tells one message from another: the gateway's number of it, or a digest of all that it says.
    sa.Column("key", sa.Text, nullable=False),
    # The message as the gateway gave it, as JSON: what its fields mean may be found out later.
    sa.Column("raw", sa.Text, nullable=False),
    # By which mapping of fields the columns below were read from it; null until there is one.
    sa.Column("mapping", sa.Text),
    sa.Column("person", sa.BigInteger, index=True),
    sa.Column("phone", sa.Text),
    sa.Column("sender", sa.Text),
    sa.Column("received_at", sa.BigInteger),
    sa.Column("text", sa.Text),
    sa.Column("recipient", sa.Text),
    sa.Column("read_at", sa.BigInteger, nullable=False),
    # Whether it put its sender on the list of opt-outs, or found them on it; all others are judged anew.
    sa.Column("handled", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.UniqueConstraint("source", "key"),
)
