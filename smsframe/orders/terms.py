"""
The terms of an order: its quality, its sender, its time, and what becomes of refused numbers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime

MESSAGE_TYPES = {"high": "N", "medium": "L", "low": "LL"}
"""Qualities of smSend and their types on the wire (quick-start page; smSend docs, POST sms)."""

SENDER = re.compile(r"\+?[0-9]{6,16}|[A-Za-z0-9 .&_'-]{1,11}")
"""A number, or at most 11 characters: all that the address field of 3GPP TS 23.040 §9.1.2.5 holds."""

REFUSALS = ("split", "skip")
"""Orders that hold refused numbers: found by halving, or left to the gateway to leave them out."""


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
