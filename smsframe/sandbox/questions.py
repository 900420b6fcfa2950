"""What no source states about the gateway: a sandbox can play each both ways, and a client must bear both."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Literal, get_args, get_origin, get_type_hints

from smsframe.sandbox import dates
from smsframe.sandbox.refusal import RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping

REPLY_FIELDS = {
    "id": "id",
    "recipient": "recipient",
    "sender": "sender",
    "text": "text",
    "received_at": "received_at",
}
"""The names of the fields of a received message. No source has them: these are the sandbox's own."""


def reply_fields(given: Mapping[str, str]) -> dict[str, str]:
    """The names of all fields, those that were given instead of the sandbox's own."""
    made = REPLY_FIELDS | dict(given)
    if made.keys() != REPLY_FIELDS.keys() or len({*made.values()}) < len(made):
        raise ValueError(f"reply_fields names some of {', '.join(REPLY_FIELDS)}, each by another name")
    return made


@dataclass(frozen=True, kw_only=True)
class OpenQuestions:
    """
    One answer to each open question; ``Sandbox`` explains them one by one.

    ``login_refused`` and ``paramsms_accepted`` are no gaps but contradictions between the sources: smSend's
    documentation says 404 for a wrong login and 200 for ``paramsms``, clients of sister brands met 401 and
    201.
    """

    repeated_order_id: Literal["refuse", "merge", "accept"] = "refuse"
    duplicates: Literal["send", "merge", "refuse"] = "send"
    left_out: Literal["named", "charged", "unlisted"] = "named"
    all_left_out: Literal["accept", "refuse"] = "accept"
    outside_gsm: Literal["refuse", "replace"] = "refuse"
    length_in: Literal["characters", "units"] = "characters"
    timezone: str = "Europe/Rome"
    several_sessions: bool = True
    refund_cancelled: bool = False
    cancelled_order: Literal["gone", "listed", "partly_sent"] = "gone"
    stop_list_pages: Literal["whole", "repeated", "endless", "short", "uncounted"] = "whole"
    extra_values: Literal["ignore", "refuse"] = "ignore"
    login_refused: Literal[404, 401] = 404
    paramsms_accepted: Literal[200, 201] = 200
    long_pages: Literal["whole", "cut", "refuse"] = "whole"
    reply_fields: dict[str, str] = field(default_factory=lambda: {**REPLY_FIELDS})

    def __post_init__(self) -> None:
        hints = get_type_hints(type(self))
        for question in fields(self):
            if get_origin(hints[question.name]) is not Literal:
                continue
            choices, chosen = get_args(hints[question.name]), getattr(self, question.name)
            if chosen not in choices:
                raise ValueError(f"{question.name} is one of {', '.join(map(repr, choices))}, not {chosen!r}")
        try:
            dates.zone(self.timezone)
        except RefusedError as error:
            raise ValueError(error.reason) from None
