"""
A column of messy phone numbers → E.164, or the reason why not.

The verdict is libphonenumber's (the ``phonenumbers`` package) on the repaired string; what is repaired and
what is refused before it is asked stands in ``damage.py``. Nothing here reaches for the network or a clock.
"""

from __future__ import annotations

import difflib
from typing import Any, Final

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from smsframe import cells
from smsframe.cells import STRING
from smsframe.damage import damage, international, mend
from smsframe.errors import ContactsError
from smsframe.masking import mask, mask_column
from smsframe.verdicts import FEWEST, MOBILE, MOST, dialling_00, regions, verdicts

__all__ = ["CODES", "NUMBERS", "looks_like_phones", "mask", "mask_column", "normalize", "read", "regions"]

NUMBERS: Final = ("mobile", "valid", "possible")

_TYPES: Final = {
    "landline": "this is a landline; give a mobile number",
    "premium": "this is a premium-rate number; give a mobile number",
    "shared_cost": "this is a shared-cost service number; give a mobile number",
    "toll_free": "this is a free-phone service number; give a mobile number",
    "voip": "this is an internet telephony number; give a mobile number",
    "personal": "this is a personal forwarding number; give a mobile number",
    "pager": "this is a pager; give a mobile number",
    "company": "this is a company-wide access number; give a mobile number",
    "voicemail": "this is a voicemail box; give the mobile number itself",
}
CODES: Final[dict[str, str]] = {
    "missing": "there is no phone number; fill it in",
    "not_a_number": "this is not a phone number; correct it",
    "digits_lost": "a spreadsheet or a reader rounded it and digits are lost; take the column from its "
    "source again and store it as text",
    "scientific": "this is in scientific notation; store the column as text",
    "letters": "there are letters in it; leave only the number",
    "extension": "it has an extension, which cannot receive a text; give a direct mobile number",
    "two_numbers": "there is more than one number in the cell; keep one",
    "national_form": "no country code that fits; write it with + and its country code, or pass region=",
    "unknown_region": "it has no country code and its region is not a known one; use a two-letter ISO code, "
    "such as GB or IT",
    "unknown_country": "no country has this country code; correct it",
    "too_short": "it has too few digits for its country; complete it",
    "too_long": "it has too many digits for its country; correct it",
    "wrong_length": "no number of its country has this many digits; correct it",
    "not_in_use": "its length is right, but its country has no such numbers; correct it",
    **_TYPES,
}

REPAIRS: Final[dict[str, str]] = {
    "invisible": "with invisible characters removed",
    "apostrophe": "with an apostrophe removed",
    "digits": "with digits of another script",
    "decimal": "with .0 dropped",
    "zeros": "with 00 read as +",
    "plus": "with a missing + supplied",
}

_USABLE: Final = {
    "mobile": frozenset({MOBILE}),
    "valid": frozenset({MOBILE, *_TYPES}),
    "possible": frozenset({MOBILE, *_TYPES, "not_in_use"}),
}
# Said of a number to which we gave the plus ourselves, these would mislead: it probably is a national one.
_MISLEADING: Final = pa.array(
    ["unknown_country", "too_short", "too_long", "wrong_length", "not_in_use"], STRING
)

_PLAIN = r"^\+[1-9][0-9]{6,14}$"
_WRITTEN = r"^[+0-9 ()\[\]./~\x{2010}-\x{2015}\x{2212}\x{FF0D}-]+$"
_ROUNDED = r"^[0-9][.,]?[0-9]*E\+?(?:9|1[0-4])$"
_DATE = r"^(?:[12][0-9]{3}(?:[-./][0-9]{1,2}){2}|(?:[0-9]{1,2}[-./]){2}[12][0-9]{3})(?: |$)"
_AMOUNT = r"^[0-9]+\.[0-9]{1,2}$"


def read(column: pd.Series, region: str | pd.Series | None = None, numbers: str = "mobile") -> pd.DataFrame:
    """
    Read a column of phone numbers, however they arrived.

    Args:
        column: Any dtype: strings, integers, floats, categories, mixed objects.
        region: Whose national forms are meant: a two-letter ISO code for all rows, or one per row, aligned by
            position, where a gap means none.
        numbers: What counts as usable: ``mobile`` (can receive a text), ``valid`` (exists), ``possible`` (has
            a right length).

    Returns:
        One row per cell, with a RangeIndex: all columns strings: ``phone`` (E.164, missing unless usable),
        ``code`` and ``reason`` (missing where usable), ``repair`` (``invisible``, ``apostrophe``, ``digits``,
        ``decimal``, ``zeros``, ``plus``, joined by commas; missing where none was made).

    Raises:
        ContactsError: ``region`` or ``numbers`` is not one of the allowed, or there are more or fewer regions
            than cells.

    Example:
        >>> read(pd.Series(["0039 347 1234567", "3.93471E+11"]))[["phone", "code"]]
                   phone         code
        0  +393471234567         <NA>
        1           <NA>  digits_lost
    """
    if numbers not in NUMBERS:
        raise ContactsError(f"numbers={mask(repr(numbers))} is not one of {', '.join(map(repr, NUMBERS))}.")
    raw = cells.numbers(column)
    home, stranger = _homes(region, len(raw))

    # Most cells of a good table are plain E.164 already: only the others are looked at closely.
    odd = pc.invert(pc.fill_null(pc.match_substring_regex(raw, _PLAIN), fill_value=False))
    text, found, repair, supplied = _mended(raw.filter(odd), home.filter(odd), stranger.filter(odd))
    text = _fill(raw, odd, text)
    code = _fill(pa.nulls(len(raw), STRING), odd, found)
    repair = _fill(pa.nulls(len(raw), STRING), odd, repair)
    supplied = _fill(pa.repeat(pa.scalar(value=False), len(raw)), odd, supplied)

    phone, kind = verdicts(text, home)
    usable = pc.is_in(kind, pa.array(_USABLE[numbers], STRING))
    code = pc.coalesce(
        code, pc.if_else(usable, pa.scalar(None, STRING), _honest(kind, text, supplied, stranger))
    )
    reason = pa.array(CODES.values(), STRING).take(pc.index_in(code, pa.array(CODES, STRING)))
    return pd.DataFrame(
        {
            "phone": _series(pc.if_else(usable, phone, pa.scalar(None, STRING))),
            "code": _series(code),
            "reason": _series(reason),
            "repair": _series(repair),
        }
    )


def normalize(column: pd.Series, region: str | pd.Series | None = None, numbers: str = "mobile") -> pd.Series:
    """
    The numbers of a column in E.164, missing where they are not usable.

    Args:
        column: Any dtype, as in ``read``.
        region: As in ``read``.
        numbers: As in ``read``.

    Returns:
        A string Series with the index and name of the column.

    Raises:
        ContactsError: As in ``read``.

    Example:
        >>> normalize(pd.Series(["347 123 4567", None], name="mobile"), region="IT").tolist()
        ['+393471234567', <NA>]
    """
    phones = read(column, region, numbers)["phone"]
    return pd.Series(phones.array, index=column.index, name=column.name)


def looks_like_phones(column: pd.Series, sample: int = 1000) -> bool:
    """
    Whether most cells at the head of a column read like phone numbers.

    Seven to fifteen digits once the usual separators are gone, and neither dates nor amounts. It looks at the
    content only: a column of long customer numbers looks like phones too.

    Args:
        column: Any dtype.
        sample: How many cells to look at.

    Example:
        >>> looks_like_phones(pd.Series(["347 123 4567", None])), looks_like_phones(pd.Series(["2026-11-22"]))
        (True, False)
    """
    present = column[column.notna()].head(sample)
    text, _ = mend(cells.numbers(present))
    text = text.drop_null()
    digits = pc.count_substring_regex(text, pattern="[0-9]")
    like = pc.and_(
        pc.and_(pc.greater_equal(digits, FEWEST), pc.less_equal(digits, MOST)),
        pc.and_not(
            pc.match_substring_regex(text, _WRITTEN), pc.match_substring_regex(text, f"{_DATE}|{_AMOUNT}")
        ),
    )
    like = pc.or_(like, pc.match_substring_regex(text, _ROUNDED))
    return bool(2 * (pc.sum(like).as_py() or 0) > len(present))


def _series(array: Any) -> pd.Series:
    return pd.Series(array, dtype="string[pyarrow]")


def _fill(base: Any, where: Any, values: Any) -> Any:
    return pc.replace_with_mask(base, where, values)


def _homes(region: str | pd.Series | None, length: int) -> tuple[Any, Any]:
    """Per row the supported region or null, and whether something else stood there."""
    if region is None or isinstance(region, str):
        home = pa.scalar(_supported(region), STRING)
        return pa.repeat(home, length), pa.repeat(pa.scalar(value=False), length)
    if len(region) != length:
        raise ContactsError(f"There are {len(region)} regions for {length} phone numbers; give one per row.")
    given = cells.labels(region).dictionary_encode()
    names = [name.strip().upper() for name in given.dictionary.to_pylist()]
    known = pa.array([name if name in regions() else None for name in names], STRING)
    strange = pa.array([bool(name) and name not in regions() for name in names], pa.bool_())
    return known.take(given.indices), pc.fill_null(strange.take(given.indices), fill_value=False)


def _supported(region: str | None) -> str | None:
    if region is None:
        return None
    if (name := region.strip().upper()) in regions():
        return name
    near = difflib.get_close_matches(name, regions(), n=3, cutoff=0.5)
    hint = {"UK": ["GB"], "EL": ["GR"]}.get(name, near) or ["IT", "US"]
    raise ContactsError(
        f"region={mask(repr(region))} is none of the {len(regions())} two-letter ISO codes it may be, "
        f"such as {', '.join(hint)}."
    )


def _mended(raw: Any, home: Any, stranger: Any) -> tuple[Any, Any, Any, Any]:
    """Repaired cells (null if damaged), codes of damage, repairs, and where the plus is ours."""
    text, made = mend(raw)
    code = pc.if_else(pc.is_null(text), "missing", damage(text))
    text = pc.if_else(pc.is_valid(code), pa.scalar(None, STRING), text)
    nowhere = pc.is_null(home)
    dials_00 = pc.or_(nowhere, pc.is_in(home, pa.array(dialling_00(), STRING)))
    text, more = international(text, dials_00, pc.and_not(nowhere, stranger))
    made |= more
    names = [pc.if_else(pc.fill_null(here, fill_value=False), f"{name},", "") for name, here in made.items()]
    repair = pc.utf8_rtrim(pc.binary_join_element_wise(*names, "").cast(STRING), characters=",")
    repair = pc.if_else(pc.equal(repair, ""), pa.scalar(None, STRING), repair)
    return text, code, repair, pc.fill_null(made["plus"], fill_value=False)


def _honest(kind: Any, text: Any, supplied: Any, stranger: Any) -> Any:
    """Kinds as codes, without blaming the digits for a country code that was ours or never there."""
    digits = pc.count_substring_regex(text, pattern="[0-9]")
    likely = pc.and_(pc.greater_equal(digits, FEWEST), pc.less_equal(digits, MOST))
    guessed = pc.and_(pc.and_(supplied, likely), pc.is_in(kind, _MISLEADING))
    kind = pc.if_else(pc.fill_null(guessed, fill_value=False), "national_form", kind)
    return pc.if_else(pc.and_(stranger, pc.equal(kind, "national_form")), "unknown_region", kind)
