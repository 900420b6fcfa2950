"""
The gateway's history of received messages, read into the journal: bounded, and nothing of it lost.

Each page is written down as it comes, before anything is made of it. A time is only noted as read when its
pages add up; what does not is read again by the next call. A span with more pages than are read at once is
halved, so that a storm of replies is read part by part, each of which is noted.
"""

from __future__ import annotations

import hashlib
import json
import re
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from smsframe.arrow import TEXT
from smsframe.gateway.paging import PAGES, PagedReading
from smsframe.gateway.responses import instants
from smsframe.phones.match import keys

if TYPE_CHECKING:
    from collections.abc import Iterable

    from smsframe.gateway.received import ReceivingGateway
    from smsframe.gateway.retry import RetryPolicy
    from smsframe.journal.people.replies import Replies, ReplySource
    from smsframe.orders.profile import ReplyFields
    from smsframe.orders.records import HistoryPage

AGAIN = timedelta(days=1)
"""How far before what was read the next call begins: messages may come late into a history, and the zone of
its dates is not certain. What is known already is not written again."""

FIRST = timedelta(days=30)
"""How far back the first call reads, unless the account has an older campaign."""

AT_ONCE = 200
"""Pages of a span of time that are read without halving it."""

SHORTEST = timedelta(seconds=2)
"""Dates have whole seconds, so a shorter span cannot be halved."""

MOST = 20_000
"""Pages of one call at most."""

WHOLE = r"^[^0-9+]*(?:\+|00)"
"""A sender's number that says its country: bare digits may be of any."""

_PROBE = 4
"""Pages after which a span is judged: three may be refused for their size."""


class Fetched(NamedTuple):
    """
    What one call read.

    Attributes:
        problem: Why messages may be missing, in words; empty when none are.
        date: The gateway's time when it first answered (UTC), or None.
        messages: How many it listed.
    """

    problem: str
    date: datetime | None
    messages: int


def fetch(
    gateway: ReceivingGateway,
    replies: Replies,
    source: ReplySource,
    since: datetime | None,
    retry_policy: RetryPolicy,
) -> Fetched:
    """
    Read what an account received into the journal.

    Args:
        gateway: Who is asked.
        replies: Where it is kept.
        source: Whose messages they are.
        since: From when on, if earlier than what was never read.
        retry_policy: For pages that may be asked for again.

    Raises:
        GatewayError: The gateway did not say; what it said before is kept.
        JournalError: The journal cannot be written.
    """
    fields = gateway.profile.replies
    now = retry_policy.clock.now()
    spans: list[tuple[datetime, datetime | None]] = [(begin(replies, source, since, now), None)]
    date: datetime | None = None
    pages = listed = 0

    def keep(page: HistoryPage) -> None:
        nonlocal listed
        listed += len(page.rows)
        replies.keep(source, messages(page.rows, fields))

    while spans:
        first, last = spans.pop()
        reading = PagedReading(
            partial(_page, gateway, first, last),
            _digest,
            retry_policy,
            of="messages",
            pages=_PROBE,
            seen=keep,
        )
        reading.turn_pages()
        date = date or reading.date
        end = last or reading.date or now
        if reading.problem and not reading.unusable:
            per_page = max(len(reading.rows) // max(reading.pages, 1), 1)
            if reading.total > per_page * AT_ONCE and end - first > SHORTEST:
                middle = first + (end - first) / 2
                spans += [(end, None)] if last is None else []
                spans += [(middle, end), (first, middle)]
                continue
            reading.most = min(PAGES, MOST - pages)
            reading.read()
        pages += reading.pages
        if reading.problem or pages >= MOST:
            return Fetched(reading.problem or f"there are more than {MOST:,} pages", date, listed)
        if last is not None or reading.date is not None:
            replies.whole(source, end)
    return Fetched("", date, listed)


def _page(
    gateway: ReceivingGateway, first: datetime, last: datetime | None, number: int, size: int
) -> HistoryPage:
    return gateway.received_page(first, number, size, last)


def begin(replies: Replies, source: ReplySource, since: datetime | None, now: datetime) -> datetime:
    """From when on it is read: a day before what is not known yet, or an earlier time that is named."""
    read_until = replies.read_until(source)
    if read_until is not None:
        due = read_until - AGAIN
    else:
        due = min(now - FIRST, (replies.first_campaign(source) or now) - AGAIN)
    return due if since is None else min(due, since)


def mapping(fields: ReplyFields) -> str:
    """The names of fields as one text, by which the journal knows what its columns were read with."""
    return ",".join(f"{name}={getattr(fields, name)}" for name in type(fields).__dataclass_fields__)


def messages(rows: Iterable[dict[str, Any]], fields: ReplyFields | None) -> pd.DataFrame:
    """
    Messages as `smsframe.journal.people.replies.Replies.keep` takes them.

    Args:
        rows: As the gateway gives them.
        fields: Under which names they say what, or None while nobody knows.
    """
    given = [*rows]
    raw = [json.dumps(row, sort_keys=True) for row in given]
    found = pd.DataFrame({"raw": raw, "key": [_digest(row) for row in given]}, dtype=object)
    names = ("phone", "person", "sender", "received_at", "text", "recipient", "mapping")
    if fields is None:
        return found.assign(**dict.fromkeys(names))
    cells = {
        name: [_cell(row.get(getattr(fields, name))) for row in given]
        for name in ("sender", "text", "received_at", "recipient", "id")
    }
    phone = pd.Series([phone_of(sender) for sender in cells["sender"]], dtype=TEXT)
    at = instants(pd.Series(cells["received_at"], dtype=TEXT), fields.timezone)
    person = pd.Series(keys(phone)).astype("Int64")
    if fields.id is not None:
        identities = zip(cells["recipient"], cells["id"], found["key"], strict=True)
        found["key"] = [f"id:{to or ''}/{number}" if number else key for to, number, key in identities]
    return found.assign(
        phone=phone,
        person=person.mask(person.eq(0)),
        sender=pd.Series(cells["sender"], dtype=TEXT),
        received_at=at.astype("int64").astype("Int64").mask(at.isna()),
        text=pd.Series(cells["text"], dtype=TEXT),
        recipient=pd.Series(cells["recipient"], dtype=TEXT),
        mapping=mapping(fields),
    )


def mapped(raw: pd.Series[Any], fields: ReplyFields) -> pd.DataFrame:
    """As `messages`, of messages that the journal has."""
    return messages(map(json.loads, raw.tolist()), fields)


def phone_of(sender: str | None) -> str | None:
    """
    The number of a sender in E.164, or None: a name, a short code, or no number that can be read.

    Example:
        >>> phone_of("0039 347 1234567"), phone_of("393471234567"), phone_of("ACME"), phone_of("4040")
        ('+393471234567', '+393471234567', None, None)
    """
    if sender is None:
        return None
    digits = re.sub(r"[\s().\-/\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]", "", sender)
    found = re.fullmatch(r"(?:\+|00)?([1-9][0-9]{6,14})", digits)
    return f"+{found[1]}" if found else None


def _cell(value: object) -> str | None:
    """A value as text that any database takes."""
    if value is None or isinstance(value, bool | list | dict):
        return None
    written = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    return written.replace("\x00", "").encode("utf-8", "replace").decode()


def _digest(row: dict[str, Any]) -> str:
    """What tells a message from every other one that is not the same in all it says."""
    return hashlib.sha256(json.dumps(row, sort_keys=True).encode()).hexdigest()[:40]


def aware(name: str, value: datetime | None) -> datetime | None:
    """
    A time with a zone, or None.

    Raises:
        ValueError: It has no zone.
    """
    if value is not None and (not isinstance(value, datetime) or value.tzinfo is None):
        raise ValueError(f"{name}= must be a datetime with a time zone, such as datetime.now(timezone.utc)")
    return None if value is None else value.astimezone(UTC)
