"""
The merge values of each person as one text, as the journal keeps them; and the texts out of them.

A text can be made of its values at any time, and a million texts take more memory than the table they are
made from: so what a plan keeps are the values, mostly in the memory of that table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from smsframe.arrow import STRING, TEXT, strings
from smsframe.orders.batching import FIELD_SEPARATOR
from smsframe.texts.render import joined

if TYPE_CHECKING:
    from smsframe.texts.template import Field, Template


def packed(values: pd.DataFrame) -> pd.Series[Any]:
    r"""
    The values of each row as one text, missing where a value is, or where the text has no fields.

    Args:
        values: A column of strings per slot of the template, in their order.

    Example:
        >>> packed(pd.DataFrame({"f1": ["Ada", None], "f2": ["7", "8"]})).tolist()
        ['Ada\x1f7', <NA>]
    """
    if not len(values.columns):
        return pd.Series(pa.nulls(len(values), STRING), index=values.index, dtype=TEXT)
    columns = [strings(values[name]) for name in values.columns]
    together = pc.binary_join_element_wise(*columns, pa.scalar(FIELD_SEPARATOR, STRING))
    return pd.Series(together, index=values.index, dtype=TEXT)


def fields_of(values: pd.DataFrame, rows: pd.Index[Any]) -> pd.Series[Any]:
    r"""
    What `packed` makes of some rows, by position; the index are these.

    Example:
        >>> fields_of(pd.DataFrame({"f1": ["Ada", "Bob"], "f2": ["7", "8"]}), pd.Index([1])).to_dict()
        {1: 'Bob\x1f8'}
    """
    if rows.equals(values.index):
        return packed(values)
    if 2 * len(rows) > len(values):  # one column is taken, and not all of them
        return packed(values).take(rows.to_numpy())
    return packed(values.take(rows.to_numpy()))


def with_fields(people: pd.DataFrame, values: pd.DataFrame) -> pd.DataFrame:
    """People of a plan (the index is the row's position) with ``fields``, by the values of all rows."""
    together = people.copy(deep=False)
    together.insert(1, "fields", fields_of(values, people.index))
    return together


def unpacked(fields: pd.Series[Any], template: Template) -> dict[Field, Any]:
    """The values of each slot, as Arrow arrays, out of what `packed` made of them."""
    if not template.slots:
        return {}
    split = pc.split_pattern(strings(fields), FIELD_SEPARATOR)
    return {slot: pc.list_element(split, place) for place, slot in enumerate(template.slots)}


def texts(fields: pd.Series[Any], template: Template) -> pd.Series[Any]:
    """
    The texts of people, out of what `packed` made of their values; missing where that is.

    Example:
        >>> from smsframe.texts.template import parse
        >>> texts(pd.Series(["Ada", "Bob"], index=[3, 5]), parse("Ciao {name}")).to_dict()
        {3: 'Ciao Ada', 5: 'Ciao Bob'}
    """
    text = joined(template, unpacked(fields, template), len(fields))
    return pd.Series(text, index=fields.index, dtype=TEXT)
