"""
People assigned to the variants of an experiment, by a hash of their key: the same person, the same variant.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from smsframe.arrow import STRING, TEXT
from smsframe.audience.keys import key_column, key_texts
from smsframe.contacts.columns import find_region
from smsframe.contacts.headings import SOUNDS_LIKE_PHONE
from smsframe.orders.chance import fractions
from smsframe.orders.experiment import HOLD_OUT, variant_names
from smsframe.outcomes.columns import DTYPES, PHONE_KEY
from smsframe.phones import parse
from smsframe.phones.likeness import looks_like_phones

if TYPE_CHECKING:
    from collections.abc import Hashable

FEWEST = 2
LARGEST = 1e300
"""Weights up to here add up to a number."""
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def assign(
    contacts: pd.DataFrame,
    variants: Mapping[Any, float] | Sequence[Any],
    *,
    by: Hashable,
    seed: str | int,
    region: Hashable | None = None,
) -> pd.DataFrame:
    """Assign people to variants; see `smsframe.assign`."""
    shares = shares_of(variants)
    column = key_column(contacts, by, "by")
    keys = _phone_keys(contacts, column, by, region)
    if keys is None:
        keys = key_texts(column)
    names = variants_of(keys, shares, str(seed))
    rest = contacts.loc[:, contacts.columns != "sms_variant"]
    return rest.assign(sms_variant=names.set_axis(contacts.index))


def shares_of(variants: Mapping[Any, float] | Sequence[Any]) -> dict[str, float]:
    """
    The share of each variant.

    Raises:
        ValueError: Fewer than two variants, two of one name, or a weight that is no positive number.
        TypeError: They are neither a list nor a dict.

    Example:
        >>> shares_of({"short": 45, "long": 45, None: 10}), shares_of([1, 1])
        ({'short': 0.45, 'long': 0.45, 'hold-out': 0.1}, {'A': 0.5, 'B': 0.5})
    """
    if isinstance(variants, Mapping):
        given, weights = [*variants], [*variants.values()]
    elif isinstance(variants, str) or not isinstance(variants, Sequence):
        raise TypeError("variants= is a list of names, a list of weights, or a dict of weights by name")
    elif variants and all(isinstance(one, Real) and not isinstance(one, bool) for one in variants):
        if len(variants) > len(LETTERS):
            raise ValueError("more than 26 weights: give a dict, with a name for each variant")
        given, weights = [*LETTERS[: len(variants)]], [*variants]
    else:
        given, weights = [*variants], [1] * len(variants)
    names = variant_names(given)
    for name, weight in zip(names, weights, strict=True):
        number = isinstance(weight, Real) and not isinstance(weight, bool)
        if not number or not 0 < weight <= LARGEST:
            raise ValueError(f"the weight of {name!r} must be a number above 0, up to 1e300, not {weight!r}")
    if len(names) < FEWEST:
        raise ValueError(
            "an experiment has two variants at least, such as ['short', None]: None gets no text"
        )
    total = float(sum(weights))
    return {name: float(weight) / total for name, weight in zip(names, weights, strict=True)}


def variants_of(keys: Any, shares: Mapping[str, float], seed: str) -> pd.Series[Any]:
    """
    The variant of each key, missing where the key is.

    The order in which variants were named does not matter. The hold-out has the lowest numbers, so that it
    stays who it is whatever becomes of the other variants, as long as its share does.
    """
    names = sorted(shares, key=lambda name: (name != HOLD_OUT, name))
    limits = np.cumsum([shares[name] for name in names])[:-1]
    # A null has no number of its own, and gets no variant.
    drawn = fractions(pc.fill_null(keys, ""), seed)
    chosen = np.searchsorted(limits, drawn, side="right")
    found = pa.array(names, STRING).take(pa.array(chosen, mask=np.asarray(pc.is_null(keys))))
    return pd.Series(found, dtype=TEXT).astype(DTYPES["sms_variant"])


def _phone_keys(
    contacts: pd.DataFrame, column: pd.Series[Any], by: Hashable, region: Hashable | None
) -> Any | None:
    """
    Of a column of phone numbers the canonical number of each person as text, else None.

    It is one if a region is given, if it was checked as one, or by its name and content. A cell that is no
    number keeps its own text: it gets a variant, and no message.
    """
    known = region is not None or by in (contacts.attrs.get(PHONE_KEY), "sms_phone")
    # However many words stand where a number should be: the same people get the same variants.
    digits = pc.fill_null(pc.match_substring_regex(key_texts(column), "[0-9]"), fill_value=False)
    numbered = column[np.asarray(digits)]
    if not known and not (SOUNDS_LIKE_PHONE.search(str(by)) and looks_like_phones(numbered)):
        return None
    read = parse.read(column, find_region(contacts, region))
    persons = pa.array(read["person"].to_numpy()).cast(STRING)
    numbers = np.asarray(read["phone"].notna().to_numpy(dtype=bool))
    plus, nothing = pa.scalar("+", STRING), pa.scalar("", STRING)
    written = pc.binary_join_element_wise(plus, persons, nothing)
    return pc.if_else(pa.array(numbers), written, key_texts(column))
