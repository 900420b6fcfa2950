"""
One order: its terms, how people are cut into it, the id it has for ever, and its body on the wire.

Pure: what is sent is decided here and carried elsewhere.
"""

from __future__ import annotations

import base64
import hashlib
import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smsframe.texts.template import Template

MESSAGE_TYPES = {"high": "N", "medium": "L", "low": "LL"}
"""Qualities of smSend and their types on the wire (quick-start page; smSend docs, POST sms)."""

SENDER = re.compile(r"\+?[0-9]{6,16}|[A-Za-z0-9 .&_'-]{1,11}")
"""A number, or at most 11 characters: all that the address field of 3GPP TS 23.040 §9.1.2.5 holds."""

REFUSALS = ("split", "skip")
"""Orders that hold refused numbers: found by halving, or left to the gateway to leave them out."""

FIELD_SEPARATOR = "\x1f"
"""Between the merge values of one person (ASCII's own unit separator)."""


DATE = "%Y%m%d%H%M%S"
"""How dates go in and come out (smSend docs, date format; captured answers)."""


@dataclass(frozen=True, slots=True)
class Terms:
    """
    How a text goes out, apart from who gets it.

    Attributes:
        message_type: The gateway's name of the quality: ``N``, ``L``, ``LL``, or a sister brand's.
        sender: The sender shown, or None for the account's own.
        schedule: When it goes out (UTC, whole seconds), or None for now.
        skip_refused: Whether the gateway may leave out numbers that it refuses; otherwise it refuses the
            whole order for one of them.
    """

    message_type: str = "N"
    sender: str | None = None
    schedule: datetime | None = None
    skip_refused: bool = False

    def with_refusals(self, refusals: str) -> Terms:
        """
        The same, with what is to become of numbers that the gateway refuses.

        Raises:
            ValueError: It is neither ``split`` nor ``skip``.
        """
        if refusals not in REFUSALS:
            raise ValueError(f'refusals={refusals!r} must be "split" or "skip"')
        return replace(self, skip_refused=refusals == "skip")


@dataclass(frozen=True, slots=True, repr=False)
class Order:
    """
    One request to text some people.

    Attributes:
        order_id: Ours, written before the request leaves.
        template: The text; a personalised one goes to ``paramsms``.
        encoding: ``gsm`` or ``ucs2``: the gateway does not detect it.
        terms: Quality, sender and time.
        people: ``phone`` and ``fields`` (merge values) of each recipient.
    """

    order_id: str
    template: Template
    encoding: str
    terms: Terms
    people: pd.DataFrame

    def path(self) -> str:
        """The call it goes to."""
        return "paramsms" if self.template.fields else "sms"

    def payload(self) -> dict[str, Any]:
        """The JSON body (smSend docs, POST sms and POST paramsms); what is not given is left out."""
        body: dict[str, Any] = {
            "message_type": self.terms.message_type,
            "message": self.template.wire(),
            "order_id": self.order_id,
            "encoding": self.encoding,
            "returnCredits": True,
            "returnRemaining": True,
            "allowInvalidRecipients": self.terms.skip_refused,
        }
        if self.terms.sender:
            body["sender"] = self.terms.sender
        if self.terms.schedule:
            body["scheduled_delivery_time"] = self.terms.schedule.strftime(DATE)
            body["scheduled_delivery_timezone"] = "UTC"
        numbers = self.people["phone"].tolist()
        if not self.template.fields:
            return body | {"recipient": numbers}
        # A JSON object per person is what the call takes, so this is one loop over the recipients.
        values = (packed.split(FIELD_SEPARATOR) for packed in self.people["fields"])
        names = [f"f{place}" for place in range(1, len(self.template.fields) + 1)]
        return body | {
            "recipients": {
                str(place): {"recipient": number, **dict(zip(names, filled, strict=True))}
                for place, (number, filled) in enumerate(zip(numbers, values, strict=True))
            }
        }

    def __repr__(self) -> str:
        return f"<Order {self.order_id}: {len(self.people)} recipients>"


def agree(quality: str, message_type: str | None, sender: str | None, schedule: datetime | None) -> Terms:
    """
    The terms a text goes out under.

    Raises:
        ValueError: An unknown quality, a sender that cannot be, or a schedule without time zone.
    """
    if quality not in MESSAGE_TYPES:
        raise ValueError(f"quality={quality!r} must be one of {', '.join(MESSAGE_TYPES)}")
    if sender is not None and not (isinstance(sender, str) and SENDER.fullmatch(sender)):
        raise ValueError(
            "sender= must be at most 11 letters, digits and simple signs, or a number of 6 to 16 digits"
        )
    if sender is not None and quality != "high":
        raise ValueError(
            f"quality={quality!r} takes no sender: the gateway shows its own (leave sender= out)"
        )
    schedule = None if schedule is None else aware(schedule)
    return Terms(message_type or MESSAGE_TYPES[quality], sender, schedule)


def aware(schedule: datetime) -> datetime:
    """
    A time with a zone, in whole seconds of UTC, as the gateway takes it.

    Raises:
        ValueError: It has no zone: 9 o'clock somewhere is not a time.
    """
    if not isinstance(schedule, datetime) or schedule.tzinfo is None or schedule.utcoffset() is None:
        raise ValueError(
            "schedule= must be a datetime with a time zone, such as "
            "datetime(2026, 12, 1, 9, tzinfo=ZoneInfo('Europe/Rome'))"
        )
    return datetime.fromtimestamp(int(schedule.timestamp()), UTC)


def parts(people: pd.DataFrame, batch_size: int) -> Iterator[pd.DataFrame]:
    """People of one text and encoding in runs of at most ``batch_size``, in their order."""
    return (people.iloc[at : at + batch_size] for at in range(0, len(people), batch_size))


def cut(people: pd.DataFrame, batch_size: int) -> pd.Series[int]:
    """The batch of each person: runs of at most ``batch_size`` of one encoding, in their order."""
    kind = pd.factorize(people["encoding"])[0]
    place = pd.Series(kind).groupby(kind).cumcount().to_numpy() // batch_size
    batch: pd.Series[int] = pd.Series(
        place * (kind.max(initial=0) + 1) + kind, index=people.index, name="batch"
    )
    return batch.groupby(batch, sort=False).ngroup().rename("batch")  # numbered as they appear


def named(campaign: str) -> str:
    """A campaign's name as it is kept: the same letters are the same name, however a keyboard wrote them."""
    return unicodedata.normalize("NFC", campaign).strip()


def prefix(campaign: str, gateway: str, account: str) -> str:
    """The first half of the order ids of a campaign: ``sf-`` and 10 characters of a digest."""
    return f"sf-{_digest(campaign, gateway, account)[:10]}"


def order_id(prefix: str, template: str, people: pd.DataFrame, generation: int) -> str:
    """
    The order id of a batch: 30 of the 32 allowed characters, the same for the same people and texts.

    Args:
        prefix: As from `prefix`.
        template: The text's template.
        people: ``phone`` and ``fields`` of its recipients, in any order.
        generation: 0, and one more after each proven refusal of the same people and texts.
    """
    text = pa.large_string()
    phones, fields = (pc.cast(pa.array(people[name], from_pandas=True), text) for name in ("phone", "fields"))
    fields = pc.fill_null(fields, pa.scalar("", text))
    texts = pc.binary_join_element_wise(phones, fields, pa.scalar(FIELD_SEPARATOR, text))
    return f"{prefix}-{_digest(template, *sorted(texts.to_pylist()), str(generation))[:16]}"


def _digest(*parts: str) -> str:
    joined = "\x1e".join(parts).encode("utf-8", "surrogatepass")
    return base64.b32encode(hashlib.sha256(joined).digest()).decode("ascii").lower()
