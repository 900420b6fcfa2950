"""
Messages as people will read them, but for the numbers of the people in the table.

A date, a hotline and a link are there to be proofread: they stay. What comes from the phone column is masked,
and so is what is the number of somebody in the table, however it is written, in a link too.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from smsframe.arrow import STRING, strings
from smsframe.masking import BULLET, SHOWN, mask_digits, revealed
from smsframe.phones.cells import numbers
from smsframe.phones.fast.metadata import calling_codes
from smsframe.planning.merge_values import unpacked, with_fields
from smsframe.texts.render import joined

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence

    import pandas as pd

    from smsframe.planning.plan import Plan
    from smsframe.texts.template import Field, Template

_FEWEST, _MOST = 7, 15
"""Digits of a number: fewer could be dialled nowhere, and more are none (ITU-T E.164)."""
_ENCODED: Final = "\0\0\0"
"""What a sign that a link encodes, such as %20, is read as: it takes three characters."""
# Whatever stands between two digits but a letter: people write numbers with dots, slashes and worse.
_RUN = re.compile(rf"\d(?:(?:{_ENCODED}|[\W_]){{0,3}}\d){{{_FEWEST - 1},}}")
_PERCENT = re.compile(r"%([0-9A-Fa-f]{2})")
_LINK = re.compile(r"(?:https?://|www\.)\S+|\b[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}/\S*", re.IGNORECASE)
_DATE = re.compile(
    r"(?<!\d)(?:[0-3]?\d([/.-])[01]?\d\1(?:19|20)\d\d|(?:19|20)\d\d([/.-])[01]?\d\2[0-3]?\d)(?!\d)"
)


class _Run(NamedTuple):
    """
    Digits that could be a number, with what is between them.

    Attributes:
        text: As they stand there.
        link: Whether they are part of a link.
        date: Which of the digits look like a date's; a number may have some that do, and others beside them.
    """

    text: str
    link: bool
    date: frozenset[int]


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
    _hidden: dict[_Run, frozenset[int]] = field(default_factory=dict, init=False, repr=False)

    def messages(self, template: Template, values: dict[Field, Any], rows: int) -> list[str]:
        """
        The messages of a few people.

        Args:
            template: Their text.
            values: The value of each slot, as Arrow arrays, as `smsframe.planning.merge_values.unpacked`.
            rows: How many there are.
        """
        if not revealed():
            values = {slot: self._without_phones(slot.name, column) for slot, column in values.items()}
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
        found = [[*_runs(text)] for text in texts]
        new = {run for runs in found for _, run in runs} - self._hidden.keys()
        if new:
            digits = {run: _digits(run.text) for run in new}
            known, tails = self._known({*digits.values()}), self._tails({*digits.values()})
            self._hidden.update({run: _hidden(run, digits[run], known, tails) for run in new})
        return [_replaced(text, runs, self._hidden) for text, runs in zip(texts, found, strict=True)]

    def _is_phone(self, label: Hashable) -> bool:
        return str(label) == str(self.column.name)  # as a field names a column

    def _without_phones(self, name: str, values: Any) -> Any:
        if not self._is_phone(name):
            return values
        return pa.array([cell and mask_digits(cell) for cell in values.to_pylist()], STRING)

    def _known(self, runs: set[str]) -> set[str]:
        """Parts of the runs that are somebody's number, with its country or without."""
        typed, whole = self._forms()
        sizes = range(_FEWEST, _MOST + 1)
        parts = {run[at : at + size] for run in runs for size in sizes for at in _places(run, size)}
        within = pa.array(parts, STRING)
        known: set[str] = set()
        national = pc.replace_substring_regex(whole, _calling_code(), "")
        for forms in (typed, whole, national, *_argentine(whole)):
            known.update(pc.unique(forms.filter(pc.is_in(forms, within))).to_pylist())
        return known

    def _tails(self, runs: set[str]) -> set[str]:
        """Runs that are the last digits of somebody's number: it may be written without its area."""
        found: set[str] = set()
        for size in {len(run) for run in runs}:
            ends = pa.array([run for run in runs if len(run) == size], STRING)
            for forms in self._forms():
                tails = pc.utf8_slice_codeunits(forms, -size)
                found.update(pc.unique(tails.filter(pc.is_in(tails, ends))).to_pylist())
        return found

    def _forms(self) -> tuple[Any, Any]:
        """The digits of the numbers, as they were typed and whole."""
        typed = pc.replace_substring_regex(numbers(self.column), r"[^0-9]", "")
        return typed, pc.utf8_slice_codeunits(strings(self.phones), 1)


def previewer_of(plan: Plan, column: pd.Series[Any] | None = None) -> Previewer:
    """A previewer that knows the people of a plan's table, or those of a longer phone column too."""
    return Previewer(plan.frame[plan.phone] if column is None else column, plan.frame["sms_phone"])


def previews(plan: Plan, rows: pd.Index[Any], previewer: Previewer | None = None) -> list[str]:
    """The texts of a few people of a plan, by their rows; by a previewer that may know some of them."""
    previewer = previewer_of(plan) if previewer is None else previewer
    people = with_fields(plan.planned.loc[rows], plan.field_values)
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


def _runs(text: str) -> Iterator[tuple[int, _Run]]:
    """Where runs of digits begin, as they stand there, and as they are read where a link encodes signs."""
    links = [match.span() for match in _LINK.finditer(text)]
    dates = {place for match in _DATE.finditer(text) for place in range(*match.span())}
    plain = _without_dates(text)
    for shown in dict.fromkeys((plain, text)):
        for read in {shown, _PERCENT.sub(_decoded, shown)}:
            for match in _RUN.finditer(read):
                places = [place for place in range(*match.span()) if read[place].isdecimal()]
                date = frozenset(at for at, place in enumerate(places) if place in dates and shown != plain)
                if date or shown == plain:
                    link = any(begin <= match.start() and match.end() <= end for begin, end in links)
                    yield match.start(), _Run(match[0], link, date)


def _without_dates(text: str) -> str:
    """The text with its dates as blanks that no run of digits goes across: few of them are a number's."""
    return _DATE.sub(lambda match: "x" * len(match[0]), text)


def _decoded(sign: re.Match[str]) -> str:
    """An encoded sign, as long as it is written: a digit, or what may stand between two."""
    character = chr(int(sign[1], 16))
    return f"\0\0{character}" if character.isdecimal() and character.isascii() else _ENCODED


@cache
def _calling_code() -> str:
    """Finds the calling code that a whole number begins with; none of them begins another one."""
    return f"^(?:{'|'.join(sorted({str(code) for code in calling_codes().tolist() if code}))})"


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
        # Without the 9 that only whole numbers have.
        pc.utf8_slice_codeunits(theirs.filter(pc.starts_with(theirs, "549")), 3),
        *local,
        *(pc.binary_join_element_wise(*parts, empty) for parts in zip(areas, local, strict=True)),
    ]


def _hidden(run: _Run, digits: str, known: set[str], tails: set[str]) -> frozenset[int]:
    """The places in a run of the digits that are to be masked."""
    hidden: set[int] = set()
    for size in range(_FEWEST, min(_MOST, len(digits)) + 1):
        for at in _places(digits, size):
            if digits[at : at + size] in known and not run.date.issuperset(range(at, at + size)):
                hidden.update(range(at, at + size - SHOWN))
    # The code in a link is no number without its area: nobody could call it.
    if digits in tails and not (run.link or run.date):
        hidden.update(range(len(digits) - SHOWN))
    places = [place for place, character in enumerate(run.text) if character.isdecimal()]
    return frozenset(places[at] for at in hidden)


def _replaced(text: str, runs: list[tuple[int, _Run]], hidden: dict[_Run, frozenset[int]]) -> str:
    masked = {begin + place for begin, run in runs for place in hidden[run]}
    return "".join(BULLET if place in masked else character for place, character in enumerate(text))
