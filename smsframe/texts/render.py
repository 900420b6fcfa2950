"""The text of every row: a template filled column by column, or the reason why a row has none."""

from __future__ import annotations

import difflib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from smsframe.arrow import BROKEN, STRING, by_parts, in_parts, strings
from smsframe.errors import TextError
from smsframe.masking import mask
from smsframe.texts.replacements import fixed_column
from smsframe.texts.segments import (
    Measure,
    counted,
    made_of,
    measure,
    not_gsm,
    segments,
)
from smsframe.texts.template import PLACEHOLDER, UNSENDABLE, Field, Template, parse
from smsframe.texts.values import is_short, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = [
    "CODES",
    "Field",
    "Rendered",
    "Template",
    "joined",
    "not_gsm",
    "parse",
    "render",
    "segments",
]

CODES: Final[dict[str, str]] = {
    "missing_value": "no value for a field, and no default",
    "broken_text": "broken or control character in a value, or no text",
    "placeholder": "dollar sign before a brace in the filled text",
    "empty_text": "the text is empty once its values are filled in",
}
"""Each code with its short sentence; the long ones are in ``outcomes.codes``."""

_SUSPECT = f"{UNSENDABLE}|[$]"
_HARMLESS = np.ones(256, dtype=bool)  # bytes that no match of it begins with
_HARMLESS[[*range(ord(" ")), 0x7F, ord("$"), "\x80".encode()[0], BROKEN.encode()[0]]] = False
_HARMLESS[[*b"\t\n\f\r"]] = True
_MANY = 10_000  # rows; of fewer a column is read in less time than a thread begins
_BLANK = r"^[\s\p{Z}\p{Cf}\x{85}]*$"


@dataclass(frozen=True, slots=True)
class Rendered:
    """
    The texts of a frame, by position (RangeIndex).

    A million texts take more memory than the table they are made from, so they are made when asked for.

    Attributes:
        template: What is filled.
        code: Why a row cannot be texted (string), missing where it can.
        reason: The same as a sentence (string).
        values: The merge values as text (string), one column per slot: ``f1``, ``f2``, …
        counted: The encoding, units and segments of the texts, as from `segments`.
    """

    template: Template
    code: pd.Series
    reason: pd.Series
    values: pd.DataFrame
    counted: pd.DataFrame

    @property
    def texts(self) -> pd.Series:
        """The filled texts (string), missing where a row cannot be texted."""
        columns = map(strings, (self.values[name] for name in self.values))
        values = dict(zip(self.template.slots, columns, strict=True))
        return _series(joined(self.template, values, len(self.code), strings(self.code).is_null()))


class Filled(NamedTuple):
    """
    A template filled, by position.

    Attributes:
        merged: The value of each slot, as an Arrow array of large strings; null where there is none.
        counted: The encoding, units and segments of the texts, as from `segments`.
    """

    merged: dict[Field, Any]
    counted: pd.DataFrame


def render(
    template: Template, frame: pd.DataFrame, fix: str | None = None, long: frozenset[str] = frozenset()
) -> Rendered:
    """
    Fill a template for every row of a frame, column by column.

    Args:
        template: From ``parse``.
        frame: Any frame; a field names a label that is no string by ``str(label)``.
        fix: As for `fill`.
        long: As for `merged`.

    Returns:
        Codes, reasons, values, counts and, when asked for, texts, by position.

    Raises:
        TextError: A field is no column of the frame, or the label of several.

    Example:
        >>> people = pd.DataFrame({"name": ["Ada", None], "table": [4.0, None]})
        >>> render(parse("{name:Guest}: table {table}"), people).texts.tolist()
        ['Ada: table 4', <NA>]
    """
    values, counted = fill(template, merged(template, frame, long), len(frame), fix)
    code, reason = _faults(template, values, len(frame))
    if code.null_count < len(code):
        has_fault = pc.is_valid(code)
        counted = pd.DataFrame({name: column.mask(_as_bool(has_fault)) for name, column in counted.items()})
    return Rendered(
        template=template,
        code=_series(code),
        reason=_series(reason),
        values=pd.DataFrame(
            {f"f{place}": _series(column) for place, column in enumerate(values.values(), 1)},
            index=pd.RangeIndex(len(frame)),
        ),
        counted=counted,
    )


def merged(template: Template, frame: pd.DataFrame, long: frozenset[str] = frozenset()) -> dict[Field, Any]:
    """
    The value of each slot for every row, as text; null where there is no value and no default.

    ``long``: the fields that other parts of the table do not write in short (`long_fields`).
    """
    template.refuse_two_readings({str(label) for label in frame.columns})
    cells = [frame.iloc[:, _place(slot.name, frame.columns)] for slot in template.slots]
    short = [slot.name not in long for slot in template.slots]
    with ThreadPoolExecutor(pa.cpu_count()) as threads:  # NumPy and Arrow release the GIL while they work
        each = threads.map if len(frame) > _MANY else map
        columns = each(lambda column, short: words(column, short=short), cells, short)
    return {
        slot: column if slot.default is None else pc.fill_null(column, slot.default)
        for slot, column in zip(template.slots, columns, strict=True)
    }


def long_fields(template: Template, frame: pd.DataFrame) -> frozenset[str]:
    """The fields whose column in this part of a table has fractions, or times of day."""
    return frozenset(
        slot.name for slot in template.slots if not is_short(frame.iloc[:, _place(slot.name, frame.columns)])
    )


def fill(template: Template, values: dict[Field, Any], rows: int, fix: str | None = None) -> Filled:
    """
    Count the texts that values in a template make; `joined` makes them.

    Args:
        template: From ``parse``; ``fix`` does not touch it.
        values: From `merged`.
        rows: How many there are.
        fix: ``gsm`` or ``gsm+letters``: values are written with the replacements of that name, but only where
            this brings the whole text into GSM and saves a segment. A row that has to stay in UCS-2, for an
            emoji say, keeps every value as it is, and so does one that would cost as much.

    Returns:
        The values, with the replacements made, and the counts of the texts.
    """
    missing = np.zeros(rows, dtype=bool)
    for column in values.values():
        if column.null_count:
            missing |= _as_bool(pc.is_null(column))
    filled = Filled(
        values,
        counted(
            _measured(template, values, rows),
            missing,
            lambda some: joined(template, _taken(values, some), len(some)).combine_chunks(),
        ),
    )
    if fix is None:
        return filled
    expensive = np.flatnonzero(_costly(filled.counted))
    replaced = {slot: fixed_column(column, fix) for slot, column in _taken(values, expensive).items()}
    with_replacements = fill(template, replaced, len(expensive)).counted
    fewer = with_replacements["segments"].to_numpy() < filled.counted["segments"].to_numpy()[expensive]
    cheaper = (fewer & with_replacements["encoding"].eq("gsm").to_numpy()).astype(bool)
    if not cheaper.any():
        return filled
    chosen = np.zeros(rows, dtype=bool)
    chosen[expensive[cheaper]] = True
    mixed_values = {
        slot: pc.replace_with_mask(column, pa.array(chosen), replaced[slot].filter(pa.array(cheaper)))
        for slot, column in values.items()
    }
    return fill(template, mixed_values, rows)


def _costly(counted: pd.DataFrame) -> NDArray[np.bool_]:
    """Which texts cost more as UCS-2 than they would as GSM, or may."""
    several = counted["segments"].gt(1).to_numpy(dtype=bool, na_value=False)
    return several & counted["encoding"].eq("ucs2").to_numpy()


def _place(name: str, columns: pd.Index) -> int:
    """The position of the one column a field means."""
    labels = [str(label) for label in columns]
    places = [place for place, label in enumerate(labels) if label == name]
    if len(places) == 1:
        return places[0]
    # In a file without a header the labels are its first row, with phone numbers: hence the masks.
    field = mask(repr(name))
    if places:
        raise TextError(f"The field {field} is the label of {len(places)} columns; rename all but one.")
    similar = difflib.get_close_matches(name, labels, n=1)
    hint = f" Did you mean {mask(repr(similar[0]))}?" if similar else ""
    # A name with a colon, which was read as a name and a default.
    if quoted := [label for label in labels if label.startswith(f"{name}:")]:
        hint = f" Write {mask(Field(quoted[0]).written())} if you mean the column {mask(repr(quoted[0]))}."
    shown = ", ".join(mask(repr(label)) for label in labels) or "none"
    raise TextError(
        f"The text has a field {field}, and there is no such column.{hint} The columns are: {shown}."
    )


def joined(template: Template, values: dict[Field, Any], rows: int, which: Any = None) -> Any:
    """
    The texts, as a chunked Arrow array of large strings; null where a value is. As in `fill` otherwise.

    ``which``: Where there is to be one (an Arrow array of booleans); everywhere unless given.
    """
    wanted = pa.repeat(True, rows) if which is None else which  # noqa: FBT003 - a value
    none = pa.scalar(None, STRING)

    def fill(*columns: Any) -> tuple[Any]:
        *merged, wanted = columns
        text = _joined(template, merged) if merged else pa.repeat(template.constant, len(wanted)).cast(STRING)
        return (text if wanted.true_count == len(wanted) else pc.if_else(wanted, text, none),)

    return pa.chunked_array([part for (part,) in by_parts(fill, *values.values(), wanted)], STRING)


def _joined(template: Template, columns: Sequence[Any]) -> Any:
    by_slot = dict(zip(template.slots, columns, strict=True))
    parts = [pa.scalar(part, STRING) if isinstance(part, str) else by_slot[part] for part in template.parts]
    return pc.binary_join_element_wise(*parts, pa.scalar("", STRING))


def _taken(values: dict[Field, Any], rows: NDArray[np.intp]) -> dict[Field, Any]:
    return {slot: column.take(pa.array(rows)) for slot, column in values.items()}


def _measured(template: Template, values: dict[Field, Any], rows: int) -> Measure:
    """The measure of each text: the constant part is measured once, and the values of each slot once."""
    constant = measure(pa.array([template.constant], STRING))
    if not values:
        return constant.repeated(rows)

    def add(*columns: Any) -> Measure:
        total = constant.repeated(len(columns[0]))
        for slot, column in zip(values, columns, strict=True):
            each = measure(column)
            for _ in range(template.parts.count(slot)):
                total += each
        return total

    return Measure(*in_parts(add, *values.values()))


def _faults(template: Template, filled: dict[Field, Any], rows: int) -> tuple[Any, Any]:
    """Code and sentence of every row that cannot be texted."""
    # The most serious last: a later one overwrites an earlier one.
    of_texts = ("empty_text", "placeholder", "broken_text")

    def look(*columns: Any) -> tuple[NDArray[np.bool_], ...]:
        text = _joined(template, columns)
        return (
            _as_bool(pc.match_substring_regex(text, _BLANK)),
            _as_bool(pc.match_substring(text, PLACEHOLDER)),
            _as_bool(pc.match_substring_regex(text, UNSENDABLE)),
        )

    kinds: list[tuple[str | None, str | None]] = [(None, None), *((code, CODES[code]) for code in of_texts)]
    kind = np.zeros(rows, dtype=np.int32)
    suspects = _suspect(template, filled, rows)
    if len(suspects):
        for place, has_fault in enumerate(in_parts(look, *_taken(filled, suspects).values()), 1):
            kind[suspects[has_fault]] = place
    for slot, column in filled.items():
        if (no_word := _as_bool(pc.equal(column, BROKEN))).any():
            kind[no_word] = len(kinds)
            kinds.append(
                ("broken_text", f"{{{mask(slot.name)}}} is a list, a table or an object, or cannot be read")
            )
    for slot, column in reversed(filled.items()):
        kind[_as_bool(pc.is_null(column))] = len(kinds)
        kinds.append(("missing_value", f"no value for {{{mask(slot.name)}}}, and no default"))
    if not kind.any():
        return pa.nulls(rows, STRING), pa.nulls(rows, STRING)
    codes, reasons = (pa.array(listed, STRING) for listed in zip(*kinds, strict=True))
    return codes.take(pa.array(kind)), reasons.take(pa.array(kind))


def _suspect(template: Template, filled: dict[Field, Any], rows: int) -> NDArray[np.intp]:
    """
    The rows whose texts have to be checked.

    The constant part was checked when the template was parsed, and refused where it is blank and there is no
    field: only a text without constant words can be blank, and only a value can have a broken character, or
    the dollar sign of a placeholder.
    """
    if pc.match_substring_regex(pa.array([template.constant], STRING), _BLANK)[0].as_py():
        return np.arange(rows)
    if not filled:
        return np.arange(0)

    def look(*columns: Any) -> tuple[NDArray[np.bool_]]:
        suspect = np.zeros(len(columns[0]), dtype=bool)
        for column in columns:
            if not made_of(column, _HARMLESS):
                suspect |= _as_bool(pc.match_substring_regex(column, _SUSPECT))
        return (suspect,)

    return np.flatnonzero(*in_parts(look, *filled.values()))


def _as_bool(array: Any) -> NDArray[np.bool_]:
    return np.asarray(pc.fill_null(array, fill_value=False))


def _series(array: Any) -> pd.Series:
    return pd.Series(array, dtype="string[pyarrow]")
