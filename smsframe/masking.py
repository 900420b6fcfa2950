"""Phone numbers as they may be shown: enough to recognise, too little to call."""

from __future__ import annotations

import re

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from smsframe.cells import STRING, strings

_BULLET = "•"
# Bounded separators keep this linear. Any script's digits count, since a reader can dial them.
_PHONE = re.compile(r"(\+?)\d(?:[\s().\-\u2010-\u2015/]{0,3}\d){6,}")
_DATE = re.compile(r"(?:19|20)[0-9]{2}-(?:0[1-9]|1[0-2])-[0-3][0-9]")  # people read those in texts
_SHOWN = 2  # digits left at each end


def mask(text: str) -> str:
    """
    Free text with everything that could be a phone number masked: any run of seven digits or more but a date.

    Example:
        >>> mask("Invalid recipient +39 347 1234567.")
        'Invalid recipient +39••••••••67.'
    """
    return _PHONE.sub(_masked, text)


def _masked(found: re.Match[str]) -> str:
    if _DATE.fullmatch(found[0]):
        return found[0]
    digits = [character for character in found[0] if character.isdecimal()]
    hidden = _BULLET * (len(digits) - 2 * _SHOWN)
    return "".join([found[1], *digits[:_SHOWN], hidden, *digits[-_SHOWN:]])


def mask_column(phones: pd.Series) -> pd.Series:
    """
    A column of E.164 numbers masked, with the same index and name.

    Example:
        >>> mask_column(pd.Series(["+393471234567", None])).tolist()
        ['+39••••••••67', <NA>]
    """
    text = strings(phones)
    hidden = pc.max_element_wise(pc.subtract(pc.utf8_length(text), 1 + 2 * _SHOWN), 0)
    masked = pc.binary_join_element_wise(
        pc.utf8_slice_codeunits(text, 0, 1 + _SHOWN),
        pc.binary_repeat(pa.scalar(_BULLET, STRING), hidden),
        pc.if_else(pc.greater(hidden, 0), pc.utf8_slice_codeunits(text, -_SHOWN), pa.scalar("", STRING)),
        pa.scalar("", STRING),
    )
    return pd.Series(masked, dtype="string[pyarrow]", index=phones.index, name=phones.name)
