"""What a sandbox has to show, as frames: the same columns and types also when there is nothing to show."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from smsframe.sandbox.app import Call
    from smsframe.sandbox.orders import Accepted, Arrived

_TIME = "datetime64[us, UTC]"
_INBOX = {
    "order_id": "string",
    "recipient": "string",
    "sender": "string",
    "text": "string",
    "encoding": "string",
    "segments": "int64",
    "message_type": "string",
    "received_at": _TIME,
}
_ORDERS = {
    "order_id": "string",
    "created_at": _TIME,
    "scheduled_at": _TIME,
    "message_type": "string",
    "sender": "string",
    "encoding": "string",
    "recipients": "int64",
    "skipped": "int64",
    "segments": "int64",
    "cancelled": "bool",
}
_CALLS = {"at": _TIME, "method": "string", "path": "string", "status": "Int64"}


def inbox(arrived: Sequence[Arrived]) -> pd.DataFrame:
    """One row per text a person has received."""
    accepted = [texts.order for texts in arrived]
    of_order = {
        "order_id": [order.order_id for order in accepted],
        "sender": [order.draft.order.sender or "" for order in accepted],
        "encoding": [order.draft.order.encoding for order in accepted],
        "message_type": [order.draft.order.message_type for order in accepted],
        "received_at": [order.due for order in accepted],
    }
    of_text: dict[str, list[object]] = {
        "recipient": [recipient for texts in arrived for recipient in texts.recipients],
        "text": [text for texts in arrived for text in texts.texts],
        "segments": [count for texts in arrived for count in texts.segments],
    }
    # What an order says of all its texts is made once and repeated: the inbox may hold millions.
    place = [place for place, texts in enumerate(arrived) for _ in texts.recipients]
    series = {name: pd.Series(values, dtype=_INBOX[name]).take(place) for name, values in of_order.items()}
    series |= {name: pd.Series(values, dtype=_INBOX[name]) for name, values in of_text.items()}
    return pd.DataFrame({name: series[name].array for name in _INBOX})


def orders(accepted: Iterable[Accepted]) -> pd.DataFrame:
    """One row per accepted order."""
    rows = [
        (
            order.order_id,
            order.created_at,
            order.draft.scheduled,
            order.draft.order.message_type,
            order.draft.order.sender or "",
            order.draft.order.encoding,
            len(order.draft.recipients),
            len(order.draft.skipped),
            sum(order.draft.segments),
            order.cancelled,
        )
        for order in accepted
    ]
    return _frame(rows, _ORDERS)


def calls(received: Iterable[Call]) -> pd.DataFrame:
    """One row per call received; the status is missing where no answer was given."""
    return _frame([(call.at, call.method, call.path, call.status) for call in received], _CALLS)


def _frame(rows: Sequence[tuple[object, ...]], columns: Mapping[str, str]) -> pd.DataFrame:
    values = zip(*rows, strict=True) if rows else [()] * len(columns)
    return pd.DataFrame(
        {
            name: pd.Series(list(column), dtype=dtype)
            for (name, dtype), column in zip(columns.items(), values, strict=True)
        }
    )
