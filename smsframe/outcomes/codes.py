"""
Why a row is as it is: each stable code with its English sentence, in one list; and the delivery codes.

Codes are for programs and never change; sentences are for people and may be improved.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from smsframe.orders.profile import known_codes
from smsframe.phones.codes import CODES as NUMBERS
from smsframe.texts.render import CODES as TEXTS

ROWS = {
    "text_too_long": "the text is longer than the gateway takes; shorten it",
    "too_many_segments": "the text needs more segments than max_segments",
    "rule": "breaks a rule of your schema",
    "suppressed": "on the suppression list",
    "duplicate": "the same number as an earlier row, which stands for both",
    "duplicate_text": "the same number as an earlier row with another text; only the earlier one goes out",
}
"""Decided while checking and planning."""

OUTCOMES = {
    "already_texted": "already texted in this campaign; this is the outcome of that time",
    "already_texted_differently": (
        "already texted in this campaign, with another text than this row's; this is the outcome of that time"
    ),
    "not_sent": "not sent yet; send again or resume the campaign",
    "not_accepted": "not accepted by the gateway, provably; send again or resume the campaign",
    "other_process": "another process is sending this",
    "under_way": "about to be sent, or waiting for the gateway's answer",
    "refused_number": "the gateway refused this number",
    "unconfirmed": (
        "the gateway's answer was lost and it may have been accepted; it is not sent again, "
        "resume the campaign to ask the gateway"
    ),
    "missing_from_order": "the gateway lists the order without this number; resume the campaign to ask again",
    "cancelled": "called back before its time",
}
"""Decided by what happened; read from the journal."""

CODES: dict[str, str] = {**NUMBERS, **TEXTS, **ROWS, **OUTCOMES}


def delivered_codes() -> list[str]:
    """The delivery codes of texts that arrived, of every gateway."""
    return [code for code, known in known_codes().items() if known.delivered]


def failed_codes() -> list[str]:
    """Those of texts that failed."""
    return [code for code, known in known_codes().items() if known.failed]


def lost_codes() -> list[str]:
    """Those of texts that will not arrive: also a demo account's, which did not fail."""
    return [code for code, known in known_codes().items() if known.lost]


def sentences(codes: pd.Series[Any]) -> pd.Series[Any]:
    """
    The sentence of each code; missing where there is none.

    Example:
        >>> sentences(pd.Series(["suppressed"])).tolist()
        ['on the suppression list']
    """
    return codes.astype(object).map(CODES).astype(pd.StringDtype("pyarrow"))
