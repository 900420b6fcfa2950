"""What the gateway accepts: the limits of an order, checked before anything is booked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from smsframe.sandbox import dates, segments
from smsframe.sandbox.brands import TYPES
from smsframe.sandbox.outcomes import REFUSED_AT_THE_POST
from smsframe.sandbox.refusal import RefusedError
from smsframe.sandbox.shapes import Order, ParamsmsOrder, SmsOrder

if TYPE_CHECKING:
    from datetime import datetime

    from smsframe.sandbox.questions import OpenQuestions

# smSend docs, two-factor and stop list: +39… or 0039…; some clients send bare digits. Length: E.164.
_NUMBER = re.compile(r"(?:\+|00)?([1-9][0-9]{6,14})")
_SENDER = re.compile(r"\+?[0-9]{6,16}|.{1,11}")  # a number, or 11 characters (clients of several brands)
_PLACEHOLDER = re.compile(r"\$\{([^{}]*)\}")  # smSend docs, POST paramsms


@dataclass(frozen=True)
class Draft:
    """
    An order that may be booked.

    Attributes:
        recipients: In E.164, in the order given; ``texts`` and ``segments`` run alongside.
        skipped: Refused recipients, with the state they show, when the caller allowed for them.
        scheduled: When to send, or None for now.
        counted: Texts that the answer counts.
        cost: Credits.
    """

    order: Order
    scheduled: datetime | None
    recipients: list[str]
    texts: list[str]
    segments: list[int]
    skipped: list[tuple[str, str]]
    counted: int
    cost: int


def number(given: str) -> str | None:
    """A phone number in the form of the gateway's answers, ``+`` and digits, or None."""
    found = _NUMBER.fullmatch(given)
    return f"+{found[1]}" if found else None


def stoppable(given: str) -> str:
    """A number for the opt-out list; refused when it is none (smSend docs, POST blacklist/sms)."""
    found = number(given)
    if found is None:
        raise RefusedError(f"Invalid number: {given[:50]}")
    return found


def draft(order: SmsOrder | ParamsmsOrder, now: datetime, questions: OpenQuestions) -> Draft:
    """Check an order against every limit."""
    _check_sender(order)
    scheduled = _schedule(order, now, questions)
    if isinstance(order, SmsOrder):
        text = _checked(order.message, order, questions)
        count = segments.segments(text, order.encoding)
        rows = [(given, text, count) for given in order.recipient]
    else:
        rows = []
        for index, values in order.recipients.items():
            text = _checked(_filled(order.message, index, values), order, questions)
            rows.append((values.get("recipient", ""), text, segments.segments(text, order.encoding)))

    taken: dict[str, None] = {}
    kept: list[tuple[str, str, int]] = []
    skipped: list[tuple[str, str, int]] = []
    for given, text, count in rows:
        recipient = number(given)
        if recipient is None or recipient.endswith(REFUSED_AT_THE_POST):
            if not order.allow_invalid_recipients:
                raise RefusedError(f"Invalid recipient: {given[:50]}")
            skipped.append((recipient or given, "INVALIDDST" if recipient else "UNKNRCPT", count))
        elif recipient not in taken or questions.duplicates == "send":
            taken[recipient] = None
            kept.append((recipient, text, count))
        elif questions.duplicates == "refuse":
            raise RefusedError(f"Duplicate recipient: {given}")
    if not kept and questions.all_left_out == "refuse":
        raise RefusedError("No valid recipient")
    counts = [row[2] for row in kept]
    charged = counts + [row[2] for row in skipped] if questions.left_out == "charged" else counts
    return Draft(
        order,
        scheduled,
        [row[0] for row in kept],
        [row[1] for row in kept],
        counts,
        [] if questions.left_out == "unlisted" else [row[:2] for row in skipped],
        counted=len(charged),
        cost=sum(charged),
    )


def _check_sender(order: Order) -> None:
    if not order.sender:
        return
    if not TYPES[order.message_type].sender:
        raise RefusedError("sender must be empty for this message_type")
    if not _SENDER.fullmatch(order.sender):
        raise RefusedError("sender has at most 11 characters, or is a number")


def _schedule(order: Order, now: datetime, questions: OpenQuestions) -> datetime | None:
    zone = dates.zone(order.scheduled_delivery_timezone or questions.timezone)
    if not order.scheduled_delivery_time:
        return None
    # The Node and C# quick starts send dates years ago and mean now.
    scheduled = dates.read_schedule(order.scheduled_delivery_time, zone)
    return scheduled if scheduled > now else None


def _filled(message: str, index: str, values: dict[str, str]) -> str:
    if "recipient" not in values:
        raise RefusedError(f"recipients.{index}: recipient is missing")
    try:
        return _PLACEHOLDER.sub(lambda found: values[found[1]], message)
    except KeyError as missing:
        raise RefusedError(f"recipients.{index}: no value for {missing.args[0]}") from None


def _checked(text: str, order: Order, questions: OpenQuestions) -> str:
    if order.encoding == "gsm" and not segments.ALPHABET.issuperset(text):
        if questions.outside_gsm == "refuse":
            raise RefusedError("message has characters outside the GSM alphabet; encoding must be ucs2")
        text = "".join(character if character in segments.ALPHABET else "?" for character in text)
    length = segments.units(text, order.encoding) if questions.length_in == "units" else len(text)
    longest = TYPES[order.message_type].longest(order.encoding)
    if length > longest:
        raise RefusedError(f"message is too long: {length}, at most {longest}")
    return text
