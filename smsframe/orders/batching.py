"""
How people are cut into batches, the order id of a batch, which never changes, and how refused batches are
split.

The gateway refuses an order whole and need not say why (smSend docs: ``allowInvalidRecipients`` is false by
default). Halving finds a refused number in few requests; people tried apart tell a refused request.
"""

from __future__ import annotations

import base64
import hashlib
import re
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from smsframe.orders.addresses import canonical_address
from smsframe.orders.names import alike, alike_before, normalize_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smsframe.orders.records import Batch

FIELD_SEPARATOR = "\x1f"
"""Between the merge values of one person (ASCII's own unit separator)."""

_OURS = re.compile("sf-[a-z2-7]{10}-[a-z2-7]{16}")
"""What `order_id` makes."""

SAME_REFUSALS = 5
"""Single recipients refused alike, with nothing ever accepted: then it is the request that is refused."""

PROBE_AFTER = 4
"""Refused batches, with nothing ever accepted, after which single recipients are tried apart."""


def split_refused(people: pd.DataFrame, *, probe: bool) -> list[pd.DataFrame]:
    """Halves; or, when all of several places were refused, one person apart from the others."""
    at = 1 if probe else len(people) // 2
    return [people.iloc[:at], people.iloc[at:]]


def same_reason(refused: list[tuple[Batch, str]], reason: str) -> list[Batch]:
    """The refused batches whose reason is this one, apart from what differs from number to number."""
    return [batch for batch, other in refused if _words(other) == _words(reason)]


def _words(reason: str) -> str:
    """A reason without what differs from number to number."""
    return re.sub(r"[\W\d_]+", " ", reason)


def split_into_runs(people: pd.DataFrame, batch_size: int) -> Iterator[pd.DataFrame]:
    """People of one text and encoding in runs of at most ``batch_size``, in their order."""
    return (people.iloc[at : at + batch_size] for at in range(0, len(people), batch_size))


def batch_numbers(people: pd.DataFrame, batch_size: int) -> pd.Series[int]:
    """The batch of each person: runs of at most ``batch_size`` of one encoding and time, in their order."""
    kind = pd.factorize(people["encoding"])[0]
    if "schedule" in people:
        moment, moments = pd.factorize(people["schedule"], use_na_sentinel=False)
        kind = pd.factorize(kind * len(moments) + moment)[0]
    place = pd.Series(kind).groupby(kind).cumcount().to_numpy() // batch_size
    batch: pd.Series[int] = pd.Series(
        place * (kind.max(initial=0) + 1) + kind, index=people.index, name="batch"
    )
    return batch.groupby(batch, sort=False).ngroup().rename("batch")  # numbered as they appear


def prefix(campaign: str, gateway: str, account: str) -> str:
    """
    The first half of the order ids of a new campaign: ``sf-`` and 10 characters of a digest.

    What is the same for people has the same one, so that the gateway's history tells of it in a new journal:
    names that are `alike`, capitals of the account, spelling of the address.

    Example:
        >>> gateway = "https://gateway.example/API/v1.0/REST/"
        >>> prefix("Autumn", "https://Gateway.example:443//API/v1.0/REST", "Demo") == prefix(
        ...     "autumn", gateway, "demo"
        ... )
        True
    """
    return _prefix(alike(campaign), canonical_address(gateway), account.casefold())


def prefixes(campaign: str, gateway: str, account: str) -> tuple[str, ...]:
    """All first halves that the order ids of a campaign may have; earlier versions took names otherwise."""
    address, holder = canonical_address(gateway), account.casefold()
    names = (alike(campaign), alike_before(campaign), normalize_name(campaign).casefold())
    return tuple(
        dict.fromkeys(
            (*(_prefix(name, address, holder) for name in names), _prefix(campaign, gateway, account))
        )
    )


def _prefix(*names: str) -> str:
    return f"sf-{_digest(*names)[:10]}"


def order_id(
    prefix: str, template: str, people: pd.DataFrame, generation: int, salt: str | None = None
) -> str:
    """
    The order id of a batch: 30 of the 32 allowed characters, the same for the same people and texts.

    Args:
        prefix: As from `prefix`.
        template: The text's template.
        people: ``phone`` and ``fields`` of its recipients, in any order.
        generation: 0, and one more after each proven refusal of the same people and texts.
        salt: The campaign's, which nobody can guess: without one, the id of an order of one person tells
            whether a guessed number is theirs. None of campaigns of older versions.
    """
    text = pa.large_string()
    phones, fields = (pc.cast(pa.array(people[name], from_pandas=True), text) for name in ("phone", "fields"))
    fields = pc.fill_null(fields, pa.scalar("", text))
    texts = pc.binary_join_element_wise(phones, fields, pa.scalar(FIELD_SEPARATOR, text))
    salted = () if salt is None else (salt,)
    return f"{prefix}-{_digest(template, *sorted(texts.to_pylist()), str(generation), *salted)[:16]}"


def another(order_id: str, answered: str | None) -> bool:
    """
    Whether an answer to one order names another one of smsframe's, so that it is the answer to that.

    Example:
        >>> one, two = "sf-aaaaaaaaaa-bbbbbbbbbbbbbbbb", "sf-aaaaaaaaaa-cccccccccccccccc"
        >>> another(one, two), another(one, one.upper()), another(one, "4711"), another(one, None)
        (True, False, False, False)
    """
    name = (answered or "").strip().lower()
    return name != order_id.lower() and _OURS.fullmatch(name) is not None


def _digest(*parts: str) -> str:
    joined = "\x1e".join(parts).encode("utf-8", "surrogatepass")
    return base64.b32encode(hashlib.sha256(joined).digest()).decode("ascii").lower()
