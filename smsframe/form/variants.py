"""
What a form says of a table with an experiment: who is in which variant, and that several texts are for code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from smsframe.masking import mask
from smsframe.orders.experiment import HOLD_OUT
from smsframe.planning.variants import COLUMN, table_variants

if TYPE_CHECKING:
    import pandas as pd

    from smsframe.planning.plan import Plan

SEVERAL = (
    "This table is an experiment with a text for each variant ({}): nothing of it is sent from here, but "
    "from a notebook, with df.sms.send({{{}}}, …), which texts nobody of the hold-out. If it is no "
    "experiment, take the column sms_variant out of the table."
)
"""Said of a table that `smsframe.assign` gave several variants with a text."""

NO_VARIANT = (
    "Nothing of this file is used: this campaign is an experiment, and the file does not say who is in which "
    "variant, so that somebody of the hold-out could be texted. Leave the columns that begin with sms_ as "
    "they were downloaded."
)
"""Said of corrected rows that lost the column of their variants."""

VARIANTS_SHOWN = 4
"""Variants that are named there."""


def text_variants(contacts: pd.DataFrame) -> list[str]:
    """
    The variants of a table that get a text, sorted.

    Example:
        >>> text_variants(pd.DataFrame({"sms_variant": ["short", "hold-out", None, "long"]}))
        ['long', 'short']
    """
    if contacts.columns.nlevels > 1 or (contacts.columns == COLUMN).sum() != 1:
        return []
    names = table_variants(contacts)
    return [] if names is None else sorted({*names.dropna()} - {HOLD_OUT})


def several_texts(variants: list[str]) -> str:
    """That the variants of a table have a text each, and what to do."""
    names = [mask(name) for name in variants[:VARIANTS_SHOWN]]
    more = [f"{len(variants) - VARIANTS_SHOWN:,} more"] if len(variants) > VARIANTS_SHOWN else []
    texts = [f'"{name}": "…"' for name in names] + ["…"] * bool(more)
    return SEVERAL.format(", ".join([*names, *more]), ", ".join(texts))


def people_of_variants(plan: Plan | None) -> tuple[tuple[str, int], ...]:
    """How many people of a plan are in each variant, the hold-out last."""
    if plan is None or plan.variants is None:
        return ()
    counts = plan.planned["variant"].value_counts()
    people = [(mask(name), int(counts.get(name, 0))) for name in plan.texts.by_variant]
    held = len(plan.held_out)
    return (*people, *([(HOLD_OUT, held)] if held else []))
