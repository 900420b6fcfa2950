"""The text of every row: a template filled column by column, or the reason why there is none."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from smsframe.cells import STRING
from smsframe.encodings import LOW_QUALITY_MAX, MAX_UNITS, not_gsm, segments
from smsframe.errors import TextError
from smsframe.masking import mask
from smsframe.template import PLACEHOLDER, UNSENDABLE, Field, Template, parse
from smsframe.values import words

__all__ = [
    "CODES",
    "LOW_QUALITY_MAX",
    "MAX_UNITS",
    "Field",
    "Rendered",
    "Template",
    "not_gsm",
    "parse",
    "render",
    "segments",
]

CODES: Final[dict[str, str]] = {
    "missing_value": "no value for a field; fill it in, or give the field a default",
    "broken_text": "a value holds a broken or a control character; read the file with its right encoding",
    "placeholder": "the filled text has a dollar sign before a brace, which the gateway takes for a field",
    "empty_text": "the text is empty once its values are filled in",
}

_BLANK = r"^[\s\p{Z}\p{Cf}\x{85}]*$"


@dataclass(frozen=True, slots=True)
class Rendered:
    """
    The texts of a frame, by position (RangeIndex).

    Attributes:
        texts: The filled texts (string), missing where a row cannot be texted.
        code: Why not (string), missing where it can.
        reason: The same as a sentence (string).
        values: The merge values as text (string), one column per slot: ``f1``, ``f2``, …
    """

    texts: pd.Series
    code: pd.Series
    reason: pd.Series
    values: pd.DataFrame


def render(template: Template, frame: pd.DataFrame) -> Rendered:
    """
    Fill a template for every row of a frame, column by column.

    Args:
        template: From ``parse``.
        frame: Any frame; a label that is no string is meant by ``str(label)``.

    Returns:
        Texts, codes, reasons and values, by position.

    Raises:
        TextError: A field is no column of the frame, or the label of several.

    Example:
        >>> people = pd.DataFrame({"name": ["Ada", None], "table": [4.0, None]})
        >>> render(parse("{name:Guest}: table {table}"), people).texts.tolist()
        ['Ada: table 4', <NA>]
    """
    columns = [words(frame.iloc[:, _place(slot.name, frame.columns)]) for slot in template.slots]
    filled = {
        slot: column if slot.default is None else pc.fill_null(column, slot.default)
        for slot, column in zip(template.slots, columns, strict=True)
    }
    text = _joined(template, filled, len(frame))
    code, reason = _faults(text, filled, len(frame))
    return Rendered(
        texts=_series(pc.if_else(pc.is_valid(code), pa.scalar(None, STRING), text)),
        code=_series(code),
        reason=_series(reason),
        values=pd.DataFrame(
            {f"f{place}": _series(column) for place, column in enumerate(filled.values(), 1)},
            index=pd.RangeIndex(len(frame)),
        ),
    )


def _place(name: str, columns: pd.Index) -> int:
    """The position of the one column a field means."""
    labels = [str(label) for label in columns]
    places = [place for place, label in enumerate(labels) if label == name]
    if len(places) == 1:
        return places[0]
    # A file without a header makes labels of its first row, numbers included: hence the masks.
    field = mask(repr(name))
    if places:
        raise TextError(f"The field {field} is the label of {len(places)} columns; rename all but one.")
    near = difflib.get_close_matches(name, labels, n=1)
    hint = f" Did you mean {mask(repr(near[0]))}?" if near else ""
    shown = ", ".join(mask(repr(label)) for label in labels) or "none"
    raise TextError(
        f"The text has a field {field}, and there is no such column.{hint} The columns are: {shown}."
    )


def _joined(template: Template, filled: dict[Field, Any], rows: int) -> Any:
    parts = [pa.scalar(part, STRING) if isinstance(part, str) else filled[part] for part in template.parts]
    if not template.slots:
        return pa.repeat(parts[0], rows)
    return pc.binary_join_element_wise(*parts, pa.scalar("", STRING))


def _faults(text: Any, filled: dict[Field, Any], rows: int) -> tuple[Any, Any]:
    """Code and sentence of every row that cannot be texted."""
    none = pa.nulls(rows, STRING)
    absent = [
        pc.if_else(
            pc.is_null(column), f"no value for {{{mask(slot.name)}}}; fill it in, or give a default", none
        )
        for slot, column in filled.items()
    ]
    missing = pc.coalesce(none, *absent)
    found = [
        (pc.is_valid(missing), "missing_value"),
        (pc.match_substring_regex(text, UNSENDABLE), "broken_text"),
        (pc.match_substring(text, PLACEHOLDER), "placeholder"),
        (pc.match_substring_regex(text, _BLANK), "empty_text"),
    ]
    code = none
    for here, name in reversed(found):
        code = pc.if_else(pc.fill_null(here, fill_value=False), name, code)
    reason = pa.array(CODES.values(), STRING).take(pc.index_in(code, pa.array(CODES, STRING)))
    return code, pc.if_else(pc.fill_null(pc.equal(code, "missing_value"), fill_value=False), missing, reason)


def _series(array: Any) -> pd.Series:
    return pd.Series(array, dtype="string[pyarrow]")
