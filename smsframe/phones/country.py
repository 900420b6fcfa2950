"""
The country of E.164 numbers, as a column: read from distinct beginnings, not number by number.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from smsframe.arrow import STRING, strings

WORLD = "world"
"""Numbers of no country: satellites, freephone and others whose calling code is the world's."""

_E164 = r"^\+[1-9][0-9]{6,14}$"
_CODE = 4  # characters: the plus, and the longest calling code
_AREA = 5  # and with the plus, the 1 and the area code of North America, which names a country
_SHARED = 7  # enough of a number to tell apart the other countries that share a calling code


def countries(phones: pd.Series) -> pd.Series:
    """
    The two-letter ISO code of each number's country, with the same index.

    Args:
        phones: E.164 numbers.

    Returns:
        A string Series: ``world`` for calling codes of no country, missing where the number is missing or
        its calling code is nobody's. Territories that share numbers with their country may count as it.

    Example:
        >>> countries(pd.Series(["+393471234567", "+14165550123", None])).tolist()
        ['IT', 'CA', <NA>]
    """
    text = strings(phones)
    text = pc.if_else(pc.match_substring_regex(text, _E164), text, pa.scalar(None, STRING))
    code = pc.utf8_slice_codeunits(text, 0, _CODE)
    codes = code.dictionary_encode()
    shared = pa.array([len(_regions(begin)) > 1 for begin in codes.dictionary.to_pylist()], pa.bool_())
    exact = pc.if_else(
        pc.starts_with(text, "+1"),
        pc.utf8_slice_codeunits(text, 0, _AREA),
        pc.utf8_slice_codeunits(text, 0, _SHARED),
    )
    begins = pc.if_else(shared.take(codes.indices), exact, code).dictionary_encode()
    # One number stands for all that begin alike: libphonenumber reads them one by one, some 30 µs each.
    places = begins.indices.fill_null(0).to_numpy()
    first = np.zeros(len(begins.dictionary), dtype=np.int64)
    there = np.flatnonzero(begins.indices.is_valid().to_numpy(zero_copy_only=False))
    first[places[there]] = there
    known = pa.array([_country(phone) for phone in text.take(pa.array(first)).to_pylist()], STRING)
    named = known.take(begins.indices)
    return pd.Series(named, dtype="string[pyarrow]", index=phones.index, name=phones.name)


def _regions(phone: str) -> tuple[str, ...]:
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE  # noqa: PLC0415 - its metadata is slow to load

    found = (COUNTRY_CODE_TO_REGION_CODE.get(int(phone[1:end]), ()) for end in range(2, _CODE + 1))
    return next((regions for regions in found if regions), ())


def _country(phone: str) -> str | None:
    import phonenumbers as library  # noqa: PLC0415 - as above

    regions = _regions(phone)
    if regions == (library.REGION_CODE_FOR_NON_GEO_ENTITY,):
        return WORLD
    if len(regions) < 2:  # noqa: PLR2004 - nobody shares the calling code
        return next(iter(regions), None)
    # Of area codes the stand-in is a valid number, which the first one in a table may not be.
    stand_in = phone[:_AREA] + "2345678" if phone.startswith("+1") else phone
    return library.region_code_for_number(library.parse(stand_in)) or regions[0]
