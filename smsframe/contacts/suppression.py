"""
Lists of numbers that nobody may text, whatever they come as.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from smsframe.arrow import TEXT, dense, frame_without_views, is_view, strings
from smsframe.contacts.headings import SOUNDS_LIKE_PHONE
from smsframe.contacts.read import read_as_written
from smsframe.errors import ContactsError, warn
from smsframe.formatting import many
from smsframe.phones import parse
from smsframe.phones.cells import labels
from smsframe.phones.codes import CODES
from smsframe.phones.extra_digits import without_extra_digits
from smsframe.phones.fast.ranges import LONGEST
from smsframe.phones.likeness import looks_like_phones
from smsframe.phones.match import different, keys, together
from smsframe.phones.spelling import FEWEST
from smsframe.texts.spreadsheet_errors import errors

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class OptoutList:
    """
    A list of opt-outs for ``suppress=``, with the day until which it may be used.

    Lists that are bought or fetched from a register get old: who opted out since is not on them. A call that
    is given one after that day texts nobody.

    Args:
        source: A frame, series, file or list of numbers, as ``suppress=`` takes it.
        valid_until: The last day on which it may be used (a date, or ``"2026-12-31"``); as long as one likes
            when not given.

    Raises:
        ValueError: That is no day.

    Example:
        >>> OptoutList(["+393471234567"], valid_until="2026-12-31").valid_until
        datetime.date(2026, 12, 31)
    """

    source: Any = field(repr=False)
    valid_until: date | str | None = None

    def __post_init__(self) -> None:
        until = self.valid_until
        if isinstance(until, str):
            try:
                until = date.fromisoformat(until)
            except ValueError:
                raise ValueError(f"valid_until={until!r} must be a day, such as 2026-12-31") from None
        if isinstance(until, datetime):
            until = until.date()
        if until is not None and (not isinstance(until, date) or pd.isna(until)):
            raise ValueError(f"valid_until={until!r} must be a day, such as 2026-12-31")
        object.__setattr__(self, "valid_until", until)


def lists_of(suppress: Any) -> list[Any]:
    """Several lists, where ``suppress=`` is a list of `OptoutList`, else the one that it is."""
    if isinstance(suppress, list | tuple) and any(isinstance(each, OptoutList) for each in suppress):
        return [*suppress]
    return [suppress]


def valid_until(suppress: Any) -> date | None:
    """The first of the last days of the lists that have one, or None."""
    lists = [] if suppress is None else lists_of(suppress)
    days = [each.valid_until for each in lists if isinstance(each, OptoutList)]
    return min((day for day in days if isinstance(day, date)), default=None)


def require_valid(until: date | None, now: datetime) -> None:
    """
    Refuse a list of opt-outs after its last day: once that is over in UTC, or by the zone of this machine.

    Raises:
        ContactsError: It is later.
    """
    today = max(now.date(), now.astimezone().date())
    if until is not None and today > until:
        raise ContactsError(
            f"the opt-out list was valid until {until}, and today is {today}: get the current one, and give "
            "it as suppress=smsframe.OptoutList(..., valid_until=...); nothing was sent"
        )


def suppression(
    source: pd.DataFrame | pd.Series[Any] | str | os.PathLike[str] | Iterable[Any],
    region: str | None = None,
    *,
    name: str = "the opt-out list",
    done: str = "nothing was sent",
    extra_digits: str = "both",
) -> pd.Index[str]:
    """
    The numbers nobody may text, in E.164.

    Any number that could be a person's counts, mobile or not. A line that cannot be read as a number could
    be somebody who said stop, so it is an error, not something to pass over. Numbers that nobody can have,
    such as those of an old numbering plan, stay in the list, and a warning says how many there are.

    Args:
        source: A frame (its phone column is found by name, or else by content), a series, a file that
            `read_contacts` reads, with or without a heading, or a list of numbers.
        region: ISO code of the country of numbers in national form.
        name: What errors call the list.
        done: What errors say was not done.
        extra_digits: What a line means that would be a mobile without a zero or a country code too many
            (`phones.extra_digits`): ``both`` numbers; ``certain``, both where the number as it is written is
            not in use, and an error where it is; ``keep``, only the number as it is written.

    Raises:
        ContactsError: A line cannot be read, or may be two numbers where ``extra_digits`` is ``certain``;
            ``failures`` has them.
    """
    headless = False
    if isinstance(source, str | os.PathLike):
        try:
            source = read_as_written(source, header=None)
        except FileNotFoundError:
            if not _is_number(str(source)):
                raise
            raise ContactsError(
                f"{name} is a number and no file: write it as a list, [number]; {done}"
            ) from None
        headless = pd.api.types.is_integer_dtype(source.columns)  # Parquet always has names
    if isinstance(source, pd.DataFrame):
        source = _column(frame_without_views(source), name, headless=headless)
    column = _lines(source, name, done)
    read, unused = _read(column, region)
    bad = read["code"].notna() & read["code"].ne("missing")
    bad |= _spreadsheet_errors(column, read)
    if region is None:
        bad |= _national(read, unused)
    if headless:
        bad &= ~_headings(column, read["code"])
    if bad.any():
        first = int(bad.to_numpy().argmax()) + 1
        raise ContactsError(
            f"{many(int(bad.sum()), 'line')} of {name} cannot be read as a phone number "
            f"({', '.join(sorted(read.loc[bad, 'code'].unique()))}; the first is line {first:,}): write it "
            "in international form, or pass region= if the whole list is of one country (a column that is "
            f"passed there says nothing of this list); {done}",
            failures=read.loc[bad, ["code", "reason"]].assign(line=column[bad]),
        )
    mobiles = read["phone"].iloc[:0]
    if extra_digits != "keep":
        mobiles = _without_extra_digits(column, read["phone"], unused)
    if extra_digits == "certain":
        _refuse_ambiguous(column, mobiles[~unused[mobiles.index]], name, done)
    not_known = read["phone"][unused].drop(mobiles.index, errors="ignore")
    _warn_of_unused(pd.Series(not_known.dropna().unique(), dtype=TEXT))
    usable = read[["phone", "person"]].dropna() if read["phone"].hasnans else read
    once = different(usable["phone"], usable["person"].to_numpy())
    numbers: pd.Index[str] = pd.Index(usable["phone"].array[once])
    return together(numbers, mobiles).unique() if len(mobiles) else numbers


def _refuse_ambiguous(column: pd.Series[Any], mobiles: pd.Series[Any], name: str, done: str) -> None:
    """Refuse lines that are numbers in use and would be mobiles without extra digits."""
    if len(mobiles):
        raise ContactsError(
            f"{many(len(mobiles), 'line')} of {name} may be two different numbers, a landline's and a mobile "
            f"(the first is line {mobiles.index[0] + 1:,}): write it in international form, without a zero "
            f"or a country code too many; {done}",
            failures=pd.DataFrame({"line": column[mobiles.index]}),
        )


_ZERO_APART = r"^[^0-9]*(?:0{0,2}[0-9]{1,3}[^0-9]+)?0[^0-9]"
_FROM_ABROAD = r"^[^0-9+]*(?:\+|00)"


def _without_extra_digits(
    column: pd.Series[Any], phones: pd.Series[Any], unused: NDArray[np.bool_]
) -> pd.Series[Any]:
    """The mobiles that lines are without extra digits, by line."""
    asked = phones.dropna()
    found = without_extra_digits(asked, np.ones(len(asked), dtype=bool)).set_axis(asked.index).dropna()
    if len(found):
        apart = _written(column, found.index).str.contains(_ZERO_APART).to_numpy(dtype=bool)
        found = without_extra_digits(asked[found.index], apart).set_axis(found.index).dropna()
    if not unused.any():
        return found
    # Of a number that is in no use, what was dropped as a carrier's code may be its country's.
    lines = _written(column, pd.Index(np.flatnonzero(unused)).difference(found.index))
    lines = lines[lines.str.contains(_FROM_ABROAD)].str.replace(r"[^0-9]", "", regex=True).str.lstrip("0")
    whole = lines[lines.str.len().between(FEWEST, LONGEST)].radd("+")
    read = parse.normalize(whole).fillna(
        without_extra_digits(whole, np.ones(len(whole), dtype=bool)).set_axis(whole.index)
    )
    both: pd.Series[Any] = pd.concat([found, read.dropna()]).sort_index()
    return both


def _written(column: pd.Series[Any], lines: pd.Index[Any]) -> pd.Series[Any]:
    """Some lines as text, none missing."""
    return pd.Series(strings(labels(column[lines])), index=lines, dtype=TEXT).fillna("")


def _lines(source: object, name: str, done: str) -> pd.Series[Any]:
    """The lines of a series or of a list of numbers."""
    if isinstance(source, pd.Series):
        return (dense(source) if is_view(source.dtype) else source).reset_index(drop=True)
    if isinstance(source, bytes) or not isinstance(source, Iterable):
        raise TypeError(
            f"{name} must be a frame, a series, a list or the name of a file of numbers, not "
            f"{type(source).__name__}; {done}"
        )
    return pd.Series(list(source), dtype=object)


def _read(column: pd.Series[Any], region: str | None) -> tuple[pd.DataFrame, NDArray[np.bool_]]:
    """
    A list as `parse.read` reads possible numbers, and which lines are no number that is in use.

    Nearly all lines are numbers in use: only the others are read a second time, or all lines where what one
    of them is depends on the others.
    """
    read = parse.read(column, region, "valid")
    unused = (read["phone"].isna() & read["code"].ne("missing")).to_numpy(dtype=bool)
    if not unused.any():
        return read, unused
    if read["code"].eq("national_form").any() or read["repair"].str.contains("plus").any():
        return parse.read(column, region, "possible"), unused
    again = parse.read(column[unused], region, "possible")
    for name in again:
        values = read[name].array.copy()
        values[unused] = again[name].array
        read[name] = values
    return read, unused


def _spreadsheet_errors(column: pd.Series[Any], read: pd.DataFrame) -> NDArray[np.bool_]:
    """Mark lines in which a spreadsheet has written an error; they are no numbers, and no gaps."""
    wrong = read["phone"].isna().to_numpy(dtype=bool, copy=True)
    if wrong.any():
        wrong[wrong] = np.asarray(errors(strings(labels(column[wrong]))), dtype=bool)
        read.loc[wrong, ["code", "reason"]] = "not_a_number", "a spreadsheet has written an error here"
    return wrong


def _warn_of_unused(unused: pd.Series[Any]) -> None:
    """
    Say how many of some numbers that are not in use nobody can have.

    Vietnam's +84 162 … became +84 32 … in 2018: a list may have the old number, and the table the new one.
    """
    # Another spelling of theirs may be in use, as a Brazilian's with a 9.
    people = pd.Series(keys(unused), dtype=TEXT, index=unused.index).radd("+")
    if count := int(parse.normalize(people, None, "valid").isna().sum()):
        warn(
            f"{many(count, 'number')} of the opt-out list {'is' if count == 1 else 'are'} in no use in any "
            "country: an old form, or mistyped. Whoever it was is only left out where the table has the same "
            "number; correct it, or write it as the table does",
        )


def _is_number(name: str) -> bool:
    """Whether the name of a file is a number: digits and usual punctuation."""
    like = re.fullmatch(r"\s*(?:tel:)?[+0-9()./\s\u2010-\u2015-]+", name)
    return like is not None and sum(map(str.isdecimal, name)) >= FEWEST


def _national(read: pd.DataFrame, unused: NDArray[np.bool_]) -> pd.Series[bool]:
    """
    Mark numbers that got their plus from us and are in no use abroad; they are somebody's at home.

    One in use, such as 393471234567, is what a spreadsheet makes of +39 347 1234567.
    """
    if not unused.any():  # as of most lists, of which each line would be looked at
        return pd.Series(unused, index=read.index)
    doubtful = read["repair"].str.contains("plus").fillna(value=False).astype(bool) & read["phone"].notna()
    doubtful &= unused
    read.loc[doubtful, "code"] = "national_form"
    read.loc[doubtful, "reason"] = CODES["national_form"]
    return doubtful


def _headings(column: pd.Series[Any], code: pd.Series[Any]) -> pd.Series[bool]:
    """Where a first line is no number at all; a damaged one, such as 347I234567, is not passed over."""
    digits = pd.Series(labels(column.head(1)), dtype=TEXT).str.count("[0-9]")
    first = code.head(1).isin(["letters", "not_a_number"]) & digits.lt(FEWEST).fillna(value=False)
    return first.reindex(column.index, fill_value=False)


def _column(frame: pd.DataFrame, name: str, *, headless: bool) -> pd.Series[Any]:
    if frame.shape[1] == 1:
        return frame.iloc[:, 0]
    names = frame.iloc[0].astype("string").fillna("") if headless and len(frame) else frame.columns
    candidates = [place for place, name in enumerate(names) if SOUNDS_LIKE_PHONE.search(str(name))]
    if not candidates:
        rest = frame.iloc[1:] if headless else frame  # in a short list a heading is half of it
        candidates = sorted({*_candidates(frame), *_candidates(rest)})
        others = [place for place in range(frame.shape[1]) if place not in candidates]
        candidates += [place for place in others if parse.normalize(frame.iloc[:, place]).notna().any()]
    if len(candidates) != 1:
        raise ContactsError(
            f"{len(candidates)} columns of {name} look like phone numbers: pass the one to use"
        )
    return frame.iloc[:, candidates[0]]


def _candidates(frame: pd.DataFrame) -> list[int]:
    return [place for place in range(frame.shape[1]) if looks_like_phones(frame.iloc[:, place])]
