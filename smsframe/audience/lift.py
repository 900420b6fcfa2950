"""
Whether a text worked: outcomes per variant, and their difference to the hold-out with an interval.

By intention to treat: everybody who was assigned counts, whatever became of their text. Who can be reached
differs from who cannot, and a hold-out has no deliveries that could be compared.
"""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from smsframe.arrow import TEXT
from smsframe.audience.intervals import difference, rate, ratio
from smsframe.audience.keys import key_column, key_texts
from smsframe.audience.lift_card import lift_card
from smsframe.errors import ContactsError
from smsframe.formatting import many
from smsframe.orders.experiment import HOLD_OUT, normalized, variant_name
from smsframe.phones.cells import labels

if TYPE_CHECKING:
    from collections.abc import Hashable

    from numpy.typing import NDArray

VARIANT = "sms_variant"


@dataclass(frozen=True, slots=True, repr=False)
class Lift:
    """
    What came of an experiment; `smsframe.lift` makes it, and a notebook shows its card.

    Attributes:
        variants: A row per variant (index ``variant``): ``people``, ``total`` (converted people, or the sum
            of the values), ``rate`` (share, or mean per person) with its interval ``low`` and ``high``.
        comparisons: A row per variant but the control (index ``variant``): ``difference`` of the rates, and
            ``relative`` lift (0.1 is 10 % more), each with ``_low`` and ``_high``; missing where it has none.
        control: What they are compared with.
        outcome: What was counted: ``converted``, or the column of values.
        level: Of the intervals, each by itself.
        notes: What was left out or put together, and how many.
    """

    variants: pd.DataFrame
    comparisons: pd.DataFrame
    control: str
    outcome: str
    level: float
    notes: tuple[str, ...]

    def to_frame(self) -> pd.DataFrame:
        """Variants and comparisons side by side, one row per variant."""
        return self.variants.join(self.comparisons)

    def facts(self) -> dict[str, Any]:
        """The same as a plain dictionary."""
        return {
            "control": self.control,
            "outcome": self.outcome,
            "level": self.level,
            "notes": [*self.notes],
            "variants": self.to_frame().reset_index().to_dict("records"),
        }

    def _repr_html_(self) -> str:
        return lift_card(self.facts())

    def __repr__(self) -> str:
        parts = [
            f"{row.Index} {row.difference:+.4g} ({row.difference_low:+.4g} to {row.difference_high:+.4g})"
            for row in self.comparisons.itertuples()
        ]
        return f"<smsframe.Lift {self.outcome}, against {self.control}: {'; '.join(parts)}>"


class _Units(NamedTuple):
    keys: NDArray[Any]
    variants: NDArray[Any]


def lift(
    results: pd.DataFrame,
    outcomes: pd.DataFrame,
    *,
    on: Hashable,
    value: Hashable | None = None,
    control: str | None = None,
    level: float = 0.95,
) -> Lift:
    """Compare the variants of an experiment; see `smsframe.lift`."""
    if isinstance(level, bool) or not isinstance(level, Real) or not 0 < level < 1:
        raise ValueError("level= must be between 0 and 1, such as 0.95")
    notes: list[str] = []
    units = _assigned(results, on, notes)
    values = _values(outcomes, on, value, notes)
    found = values.reindex(units.keys)
    strangers = int((~values.index.isin(units.keys)).sum())
    if len(values) and strangers == len(values):
        raise ContactsError(
            f"none of {many(len(values), 'key')} of the outcomes is in {on!r} of the results: is it the same "
            "key?"
        )
    if strangers:
        notes.append(f"{many(strangers, 'key')} of the outcomes not in the results, left out")
    measured = found.fillna(0.0).to_numpy(dtype=float)
    names = [str(name) for name in pd.unique(units.variants)]
    against = _control(names, control)
    order = [against, *sorted(name for name in names if name != against)]
    groups = {name: measured[units.variants == name] for name in order}
    binary = bool(np.isin(measured, (0.0, 1.0)).all())
    rates = {name: rate(group, level, binary=binary) for name, group in groups.items()}
    variants = pd.DataFrame(
        {
            "people": [len(group) for group in groups.values()],
            "total": [float(group.sum()) for group in groups.values()],
            "rate": [float(group.mean()) for group in groups.values()],
            "low": [interval.low for interval in rates.values()],
            "high": [interval.high for interval in rates.values()],
        },
        index=pd.Index(order, name="variant", dtype=object),
    )
    if binary:
        variants["total"] = variants["total"].astype("int64")
    others = order[1:]
    differences = [difference(groups[name], groups[against], level, binary=binary) for name in others]
    ratios = [ratio(groups[name], groups[against], level, binary=binary) for name in others]
    comparisons = pd.DataFrame(
        {
            "difference": [float(groups[name].mean() - groups[against].mean()) for name in others],
            "difference_low": [one.low for one in differences],
            "difference_high": [one.high for one in differences],
            "relative": [_relative(groups[name], groups[against]) for name in others],
            "relative_low": [one.low - 1 for one in ratios],
            "relative_high": [one.high - 1 for one in ratios],
        },
        index=pd.Index(others, name="variant", dtype=object),
    )
    if len(others) > 1:
        notes.append(f"{len(others)} comparisons, each with an interval of its own")
    outcome = "converted" if value is None else str(value)
    return Lift(variants, comparisons, against, outcome, level, tuple(notes))


def _assigned(results: pd.DataFrame, on: Hashable, notes: list[str]) -> _Units:
    """Each key once, with its variant."""
    if VARIANT not in results.columns:
        raise ContactsError("the results have no sms_variant: assign people with smsframe.assign, then send")
    variants = pd.Series(normalized(labels(results[VARIANT])), dtype=TEXT)
    keys = pd.Series(key_texts(key_column(results, on, "on")), dtype=TEXT)
    if without := int(variants.isna().sum()):
        notes.append(f"{many(without, 'row')} without a variant, left out")
    if missing := int((keys.isna() & variants.notna()).sum()):
        notes.append(f"{many(missing, 'row')} without {on!r}, left out")
    rows = pd.DataFrame({"key": keys, "variant": variants}).dropna()
    once = rows.drop_duplicates()
    if torn := int(once["key"].duplicated().sum()):
        raise ContactsError(
            f"{many(torn, 'key')} of {on!r} in rows of several variants: nobody can say which worked. "
            f"Assign with by={on!r}, or compare by the key that people were assigned by"
        )
    if repeated := len(rows) - len(once):
        notes.append(f"{many(repeated, 'further row')} of keys that have several, counted once")
    if once["variant"].nunique() < 2:  # noqa: PLR2004
        raise ContactsError("there are fewer than two variants in the results, so nothing to compare")
    return _Units(once["key"].astype(object).to_numpy(), once["variant"].astype(object).to_numpy())


def _values(outcomes: pd.DataFrame, on: Hashable, value: Hashable | None, notes: list[str]) -> pd.Series[Any]:
    """The value of each key, once."""
    keys = pd.Series(key_texts(key_column(outcomes, on, "on")), dtype=object)
    if missing := int(keys.isna().sum()):
        notes.append(f"{many(missing, 'outcome')} without {on!r}, left out")
    if value is None:
        there = keys.dropna()
        if repeated := int(there.duplicated().sum()):
            notes.append(
                f"{many(repeated, 'further outcome')} of keys that have several: each converted once"
            )
        return pd.Series(1.0, index=pd.Index(there.unique(), dtype=object))
    column = key_column(outcomes, value, "value").reset_index(drop=True)
    if not (pd.api.types.is_numeric_dtype(column.dtype) or pd.api.types.is_bool_dtype(column.dtype)):
        hint = ""
        if pd.to_numeric(column.dropna(), errors="coerce").notna().any():
            hint = ", but of text, as read_contacts reads every column: pd.to_numeric makes numbers of it"
        raise ContactsError(f"value={value!r} is no column of numbers, or of true and false{hint}")
    numbers = column.astype("Float64")
    if gaps := int((numbers.isna() & keys.notna()).sum()):
        notes.append(f"{many(gaps, 'outcome')} without a value, counted as 0")
    kept = numbers.fillna(0.0).astype(float)[keys.notna()]
    if not np.isfinite(kept).all():
        raise ContactsError(f"value={value!r} has infinite numbers")
    index = pd.Index(keys.dropna(), dtype=object)
    if twice := int(index.duplicated().sum()):
        raise ContactsError(
            f"{many(twice, 'further row')} of the outcomes with a key that is there already: add the values "
            "of each key up first, or keep the right one"
        )
    return pd.Series(kept.to_numpy(), index=index)


def _control(names: list[str], control: str | None) -> str:
    if control is None:
        if HOLD_OUT not in names:
            raise ContactsError(
                f"nobody was held out: say control=, which variant the others are compared with, one of "
                f"{', '.join(map(repr, sorted(names)))}"
            )
        return HOLD_OUT
    name = variant_name(control)
    if name not in names:
        raise ContactsError(
            f"control={control!r} is none of the variants {', '.join(map(repr, sorted(names)))}"
        )
    return name


def _relative(group: NDArray[np.float64], control: NDArray[np.float64]) -> float:
    base = float(control.mean())
    return float(group.mean()) / base - 1 if base > 0 else float("nan")
