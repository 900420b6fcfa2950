"""
Messages as people will read them, but for the numbers of the people in the table.

A date, a hotline and a link are there to be proofread: they stay. What comes from the phone column is masked,
and so is what is the number of somebody in the table, however it is written.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from smsframe.arrow import STRING, strings
from smsframe.masking import BULLET, SHOWN, mask_digits, revealed
from smsframe.phones.cells import numbers
from smsframe.planning.merge_values import unpacked
from smsframe.texts.render import joined

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence

    import pandas as pd

    from smsframe.planning.plan import Plan
    from smsframe.texts.template import Field, Template

_FEWEST, _MOST = 7, 15
"""Digits of a number: fewer could be dialled nowhere, and more are none (ITU-T E.164)."""
_CALLING_CODE: Final = 3  # digits at most; without them a number is found however its country is written
# Whatever stands between two digits but a letter: people write numbers with dots, slashes and worse.
_RUN = re.compile(rf"\d(?:[\W_]{{0,3}}\d){{{_FEWEST - 1},}}")
_DATE = re.compile(
    r"(?<!\d)(?:[0-3]?\d([/.-])[01]?\d\1(?:19|20)\d\d|(?:19|20)\d\d([/.-])[01]?\d\2[0-3]?\d)(?!\d)"
)


@dataclass(frozen=True, slots=True, eq=False)
class Previewer:
    """
    Shows messages whole, but for the numbers of a table's people.

    Attributes:
        column: The phone column.
        phones: The same numbers as E.164 (string), missing where a cell holds none.

    Example:
        >>> people = pd.DataFrame({"mobile": ["347 1234567"], "sms_phone": ["+393471234567"]})
        >>> previewer = Previewer(people["mobile"], people["sms_phone"])
        >>> previewer.shown(["On 03/12/2026 call 02 1234 5678, not (347) 123-4567"])
        ['On 03/12/2026 call 02 1234 5678, not (•••) •••-••67']
    """

    column: pd.Series[Any]
    phones: pd.Series[Any]
    _masked: dict[str, str] = field(default_factory=dict, init=False, repr=False)

    def messages(self, template: Template, values: dict[Field, Any], rows: int) -> list[str]:
        """
        The messages of a few people.

        Args:
            template: Their text.
            values: The value of each slot, as Arrow arrays, as `smsframe.planning.merge_values.unpacked`.
            rows: How many there are.
        """
        if not revealed():
            values = {slot: self._hidden(slot.name, column) for slot, column in values.items()}
        return self.shown(joined(template, values, rows).to_pylist())

    def values(self, label: Hashable, cells: Sequence[str]) -> list[str]:
        """A few values of a column: masked if it is the phone column, else as `shown`."""
        if revealed():
            return [*cells]
        return [mask_digits(cell) for cell in cells] if self._is_phone(label) else self.shown(cells)

    def shown(self, texts: Sequence[str]) -> list[str]:
        """A few texts, in which the numbers of the table's people are masked."""
        if revealed():
            return [*texts]
        runs = {match[0] for text in texts for match in _runs(text)}
        if new := {run: _digits(run) for run in runs - self._masked.keys()}:
            known = self._known({*new.values()})
            self._masked.update({run: _masked(run, digits, known) for run, digits in new.items()})
        return [_replaced(text, self._masked) for text in texts]

    def _is_phone(self, label: Hashable) -> bool:
        return str(label) == str(self.column.name)  # as a field names a column

    def _hidden(self, name: str, values: Any) -> Any:
        if not self._is_phone(name):
            return values
        return pa.array([cell and mask_digits(cell) for cell in values.to_pylist()], STRING)

    def _known(self, runs: set[str]) -> set[str]:
        """Parts of the runs that are, or end, somebody's number: the last digits of it are enough to know."""
        typed = pc.replace_substring_regex(numbers(self.column), r"[^0-9]", "")
        whole = pc.utf8_slice_codeunits(strings(self.phones), 1)
        sizes = range(_FEWEST, _MOST + 1)
        parts = {run[at : at + size] for run in runs for size in sizes for at in _places(run, size)}
        within = pa.array(parts, STRING)
        known: set[str] = set()
        for forms in (typed, whole, pc.utf8_slice_codeunits(whole, _CALLING_CODE), *_argentine(whole)):
            known.update(pc.unique(forms.filter(pc.is_in(forms, within))).to_pylist())
        # A local number, without its area: the last digits of somebody's.
        for size in {len(run) for run in runs}:
            ends = pa.array([run for run in runs if len(run) == size], STRING)
            for forms in (typed, whole):
                tails = pc.utf8_slice_codeunits(forms, -size)
                known.update(pc.unique(tails.filter(pc.is_in(tails, ends))).to_pylist())
        return known


def previewer_of(plan: Plan, column: pd.Series[Any] | None = None) -> Previewer:
    """A previewer that knows the people of a plan's table, or those of a longer phone column too."""
    return Previewer(plan.frame[plan.phone] if column is None else column, plan.frame["sms_phone"])


def previews(plan: Plan, fields: pd.Series[Any], previewer: Previewer | None = None) -> list[str]:
    """The texts of a few people of a plan, by their ``fields``; by a previewer that may know some of them."""
    previewer = previewer_of(plan) if previewer is None else previewer
    people = plan.planned.loc[fields.index]
    shown = {
        row: text
        for template, part in plan.texts.parts(people)
        for row, text in zip(
            part.index,
            previewer.messages(template, unpacked(part["fields"], template), len(part)),
            strict=True,
        )
    }
    return [shown[row] for row in people.index]


def _runs(text: str) -> Iterable[re.Match[str]]:
    return (match for match in _RUN.finditer(_without_dates(text)))


def _without_dates(text: str) -> str:
    """The text with its dates, which are nobody's number, as blanks that no run of digits goes across."""
    return _DATE.sub(lambda match: "x" * len(match[0]), text)


def _digits(run: str) -> str:
    return "".join(str(unicodedata.decimal(character)) for character in run if character.isdecimal())


def _places(run: str, size: int) -> range:
    return range(len(run) - size + 1)


def _argentine(whole: Any) -> list[Any]:
    """
    Mobile numbers of Argentina as they are written there, with a 15 within: 011 15-1234-5678.

    Nowhere else does the national form have digits within (libphonenumber's national_prefix_transform_rule).
    Area codes have 2 to 4 of the ten digits, and neighbours leave them out.
    """
    theirs = whole.filter(pc.starts_with(whole, "54"))
    fifteen, empty = pa.scalar("15", STRING), pa.scalar("", STRING)
    tails = [(size, pc.utf8_slice_codeunits(theirs, -size)) for size in (6, 7, 8)]
    local = [pc.binary_join_element_wise(fifteen, tail, empty) for _, tail in tails]
    areas = [pc.utf8_slice_codeunits(theirs, -10, -size) for size, _ in tails]
    return [
        *local,
        *(pc.binary_join_element_wise(*parts, empty) for parts in zip(areas, local, strict=True)),
    ]


def _masked(run: str, digits: str, known: set[str]) -> str:
    hidden: set[int] = set()
    for size in range(_FEWEST, min(_MOST, len(digits)) + 1):
        for at in _places(digits, size):
            if digits[at : at + size] in known:
                hidden.update(range(at, at + size - SHOWN))
    places = [place for place, character in enumerate(run) if character.isdecimal()]
    masked = {places[at] for at in hidden}
    return "".join(BULLET if place in masked else character for place, character in enumerate(run))


def _replaced(text: str, masked: dict[str, str]) -> str:
    parts, at = [], 0
    for match in _runs(text):
        parts += [text[at : match.start()], masked[match[0]]]
        at = match.end()
    return "".join([*parts, text[at:]])
