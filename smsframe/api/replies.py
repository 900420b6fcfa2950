"""
`smsframe.replies`: what people wrote back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

import pandas as pd

from smsframe.api.docstrings import explained
from smsframe.api.options import journal_of
from smsframe.api.optouts import optouts
from smsframe.api.tracebacks import hide_frames
from smsframe.audience import replies as meaning
from smsframe.audience.received import aware, fetch, mapped, mapping
from smsframe.errors import warn
from smsframe.gateway.received import ReceivingGateway
from smsframe.gateway.retry import RetryPolicy
from smsframe.gateway.smsend import Gateway
from smsframe.journal.people.optout_rows import OptOutList
from smsframe.journal.people.replies import ReplySource
from smsframe.outcomes.summary import require_numbers
from smsframe.texts.stop_words import MEANINGS, SOURCES, words_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from smsframe.api.options import JournalLocation
    from smsframe.gateway.base import GatewayProtocol

LANGUAGES = tuple(SOURCES)

UNNAMED = (
    "nobody has named the fields of this gateway's received messages, so nobody opts out: "
    'name them with Gateway(reply_fields={"sender": ..., "text": ...}) or SMSFRAME_REPLY_FIELDS; '
    "they are the columns of this frame"
)


class Wanted(NamedTuple):
    """Which replies, and what is done with them: the options of `replies`, which explains them."""

    since: datetime | None = None
    until: datetime | None = None
    only: str | None = None
    languages: Sequence[str] = LANGUAGES
    push: bool = False
    ask: bool = True


class RepliesRead(NamedTuple):
    """
    What one call read.

    Attributes:
        found: As `replies` returns it.
        notes: What is to be known beside it, each a sentence.
    """

    found: pd.DataFrame
    notes: list[str]


@hide_frames
@explained(
    campaign="A campaign's name: only replies to its texts. Or results of `send`: the replies to the texts "
    "of these rows, each under the label of its row. All replies when not given.",
    gateway="The `Gateway` whose account received them; `Gateway.from_env` when not given.",
    since="Only what was received since then, a datetime with a time zone; also read if it is earlier than "
    "what was read before.",
    until="Only what was received before then.",
    only="``opt_out``, ``review`` or ``other``: only replies of that meaning.",
    languages="Whose stop words opt out.",
    push="Whether opt-outs go to the gateway's own list too.",
    ask="False asks the gateway nothing, and shows what is in the journal.",
)
def replies(
    campaign: str | pd.DataFrame | None = None,
    *,
    gateway: GatewayProtocol | None = None,
    journal: JournalLocation | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    only: Literal["opt_out", "review", "other"] | None = None,
    languages: Sequence[str] = LANGUAGES,
    push: bool = False,
    ask: bool = True,
) -> pd.DataFrame:
    """
    What people wrote back, with the campaign and the order that each of them answers.

    Replies are read from the gateway's history of received messages, from a day before what is known, and
    kept in the journal. A reply that is nothing but a stop word (`smsframe.texts.stop_words` has them with
    their sources) puts its sender on the list of opt-outs: who is taken off it later stays off it. A stop
    word inside a short reply is for a person to look at: ``only="review"``.

    No source names the fields of a received message. Where the gateway does not either
    (``Gateway(reply_fields=...)``), messages are kept and returned as they came, and nobody opts out by them.

    Returns:
        RangeIndex, the oldest first: ``received_at`` (datetime64[us, UTC], by the gateway's clock),
        ``sms_phone`` (string, E.164; missing of a name or a short code), ``sender``, ``text``, ``recipient``
        (string), ``meaning`` (categorical: ``opt_out``, ``review``, ``other``), ``word`` (string, the stop
        word), ``sms_campaign``, ``sms_order_id`` (string), ``sms_attempt`` (Int64) and ``sms_sent_at``
        (datetime64[us, UTC]) of the latest text to that number before it; missing where there was none.

    Raises:
        ContactsError: The frame has no campaign and numbers as smsframe writes them.
        GatewayError: The gateway did not say; what it said before is kept.
        ValueError: An option makes no sense, or the gateway cannot say what was received.
        JournalError: The journal cannot be written.

    Example:
        >>> smsframe.replies("spring", gateway=gateway)["text"].tolist()
        []
    """
    wanted = Wanted(since, until, only, languages, push, ask)
    read = read_replies(campaign, wanted, gateway=gateway, journal=journal)
    for sentence in read.notes:
        warn(sentence)
    return read.found


def read_replies(
    campaign: str | pd.DataFrame | None,
    wanted: Wanted,
    *,
    gateway: GatewayProtocol | None,
    journal: JournalLocation | None,
) -> RepliesRead:
    """As `replies`, with its warnings as sentences."""
    notes: list[str] = []
    if wanted.only is not None and wanted.only not in MEANINGS:
        raise ValueError(f"only={wanted.only!r} must be one of {', '.join(MEANINGS)}")
    if isinstance(campaign, pd.DataFrame):
        campaign = require_numbers(campaign, ("sms_campaign", "sms_phone"))
    words = words_of(tuple(wanted.languages))
    first, last = aware("since", wanted.since), aware("until", wanted.until)
    gateway = gateway or Gateway.from_env()
    memory = journal_of(journal, gateway)
    if not isinstance(gateway, ReceivingGateway):
        raise ValueError("this gateway does not say what an account received")  # noqa: TRY004 - what it is
    source = ReplySource(gateway.base_url, gateway.account)
    fields, date = gateway.profile.replies, None
    if wanted.ask:
        fetched = fetch(gateway, memory.replies, source, first, RetryPolicy(clock=gateway.clock))
        date = fetched.date
        if fetched.problem:
            notes.append(
                f"not all received messages could be read ({fetched.problem}): what came is kept, and the "
                "next call reads them again"
            )
    if fields is None:
        messages = memory.replies.frame(source)
        if len(messages):
            notes.append(UNNAMED)
        return RepliesRead(meaning.raw(messages), notes)
    memory.replies.map(source, mapping(fields), lambda raw: mapped(raw, fields))
    owner = OptOutList(gateway.base_url, gateway.account)
    ahead = meaning.clock_ahead(gateway.clock.now(), date)
    memory.replies.handle(source, owner, lambda messages: meaning.opting_out(messages, words, ahead))
    messages = memory.replies.frame(source)
    if wanted.push:
        optouts.sync(gateway=gateway, journal=memory)
    if date is not None and messages["received_at"].max() - date > meaning.CLOCKS:
        notes.append(
            "messages are dated later than the gateway's own clock: their dates may be of another time zone: "
            "name it as timezone in reply_fields"
        )
    texts = memory.replies.texts_to(source, messages["person"].dropna().unique().tolist())
    found = meaning.joined(messages, texts, words, ahead)
    return RepliesRead(_chosen(found, campaign, first, last, wanted.only), notes)


def _chosen(
    found: pd.DataFrame,
    campaign: str | pd.DataFrame | None,
    since: datetime | None,
    until: datetime | None,
    only: str | None,
) -> pd.DataFrame:
    if since is not None:
        found = found[found["received_at"].ge(since)]
    if until is not None:
        found = found[found["received_at"].lt(until)]
    if only is not None:
        found = found[found["meaning"].eq(only)]
    if isinstance(campaign, pd.DataFrame):
        return meaning.of_rows(found, campaign)
    if campaign is not None:
        found = found[found["sms_campaign"].eq(campaign).fillna(value=False)]
    return found.sort_values("received_at", kind="stable").reset_index(drop=True)
