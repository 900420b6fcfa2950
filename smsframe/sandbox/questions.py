"""What no source states about the gateway: a sandbox can play each both ways, and a client must bear both."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal, get_args, get_type_hints

from smsframe.sandbox import dates
from smsframe.sandbox.refusal import RefusedError


@dataclass(frozen=True, kw_only=True)
class OpenQuestions:
    """
    One answer to each open question; ``Sandbox`` explains them one by one.

    The last two are no gaps but contradictions between the sources: smSend's documentation says 404 for a
    wrong login and 200 for ``paramsms``, clients of sister brands met 401 and 201.
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

    def __post_init__(self) -> None:
        hints = get_type_hints(type(self))
        for field in fields(self):
            choices, chosen = get_args(hints[field.name]), getattr(self, field.name)
            if choices and chosen not in choices:
                raise ValueError(f"{field.name} is one of {', '.join(map(repr, choices))}, not {chosen!r}")
        try:
            dates.zone(self.timezone)
        except RefusedError as error:
            raise ValueError(error.reason) from None
