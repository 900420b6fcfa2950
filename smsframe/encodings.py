r"""
Which encoding a text needs, and how many segments it is billed as.

The GSM 7-bit default alphabet and its extension table are those of 3GPP TS 23.038 §6.2.1 and §6.2.1.1; a text
with any other character goes as UCS-2 (§6.2.3, in practice UTF-16). One segment carries 140 octets: 160 GSM
characters or 70 of UCS-2. Concatenated segments give six of them to the header of 3GPP TS 23.040 §9.2.3.24.1
and carry 153 or 67. A character of the extension table takes two units, as does one outside the basic
multilingual plane; neither is cut by the border of a segment (TS 23.038 §6.2.1.1).
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from smsframe.cells import STRING, strings
from smsframe.errors import TextError

GSM: Final = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""The default alphabet in the order of its codes, without the escape at 27, which is no character."""

GSM_EXTENSION: Final = "\f^{}\\[~]|€"
"""The extension table: two units each."""

MAX_UNITS: Final = {"gsm": 1000, "ucs2": 450}
"""Longest text the gateway takes, by encoding (smSend docs, POST sms)."""

LOW_QUALITY_MAX: Final = 160
"""Longest text of the qualities ``medium`` and ``low`` (smSend docs, POST sms)."""

ENCODINGS: Final = pd.CategoricalDtype(["gsm", "ucs2"])

_WHOLE: Final = {"gsm": 160, "ucs2": 70}  # units of a text that needs no header
_PART: Final = {"gsm": 153, "ucs2": 67}

_OUTSIDE = f"[^{re.escape(GSM + GSM_EXTENSION)}]"
_WIDE: Final = {"gsm": f"[{re.escape(GSM_EXTENSION)}]", "ucs2": r"[\x{10000}-\x{10FFFF}]"}
_LEAD = "\x1b"  # marks the first unit of a wide character; no text keeps an escape of its own beside it


def segments(texts: pd.Series) -> pd.DataFrame:
    """
    Count the very strings that are sent.

    Args:
        texts: Strings of any dtype, with gaps.

    Returns:
        A frame with the same index: ``encoding`` (categorical, ``gsm`` or ``ucs2``), ``units`` and
        ``segments`` (Int64); all are missing where the text is. An empty text is one segment of no units.

    Raises:
        TextError: The column holds something that is not text.

    Example:
        >>> segments(pd.Series(["Ciao", "Ciao 👋", "€" * 80 + "."]))
          encoding  units  segments
        0      gsm      4         1
        1     ucs2      7         1
        2      gsm    161         2
    """
    text = _texts(texts)
    ucs2 = pc.match_substring_regex(text, _OUTSIDE)
    wide = _by_encoding(ucs2, lambda name: pc.count_substring_regex(text, pattern=_WIDE[name]))
    units = pc.add(pc.utf8_length(text).cast(pa.int64()), wide.cast(pa.int64()))
    part = _by_encoding(ucs2, lambda name: _PART[name])
    fewest, most = _rounded_up(units, part), _rounded_up(units, pc.subtract(part, 1))
    # A border moves back by one unit when it would cut a wide character, so the count lies between dividing
    # by 153 and by 152; only where these differ are the texts looked at.
    unsure = pc.fill_null(pc.and_(pc.not_equal(fewest, most), pc.greater(wide, 0)), fill_value=False)
    count = pc.replace_with_mask(fewest, unsure, _packed(text.filter(unsure), ucs2.filter(unsure)))
    alone = pc.less_equal(units, _by_encoding(ucs2, lambda name: _WHOLE[name]))
    return pd.DataFrame(
        {
            "encoding": pd.Categorical.from_codes(
                pc.fill_null(ucs2.cast(pa.int8()), -1).to_numpy(zero_copy_only=False), dtype=ENCODINGS
            ),
            "units": _integers(units),
            "segments": _integers(pc.if_else(alone, pa.scalar(1, pa.int64()), count)),
        },
        index=texts.index,
    )


def not_gsm(texts: pd.Series) -> pd.Series:
    """
    The characters that force UCS-2, and how many texts carry each.

    Args:
        texts: Strings of any dtype, with gaps.

    Returns:
        Rows (int64) by character, the most frequent first.

    Raises:
        TextError: As in ``segments``.

    Example:
        >>> not_gsm(pd.Series(["già", "è già “ora”", "“sì”"])).to_dict()
        {'“': 2, '”': 2}
    """
    inside = f"[{re.escape(GSM + GSM_EXTENSION)}]+"
    left = pc.replace_substring_regex(_texts(texts).drop_null(), pattern=inside, replacement="")
    rows: Counter[str] = Counter()
    # What is left of a text is short and repeats itself, so this loops over a few different strings.
    for counted in pc.value_counts(left).to_pylist():
        rows.update(dict.fromkeys(counted["values"], counted["counts"]))
    ordered = sorted(rows.items(), key=lambda item: (-item[1], item[0]))
    index = pd.Index([character for character, _ in ordered], dtype=object, name="character")
    return pd.Series([count for _, count in ordered], index=index, name="rows", dtype="int64")


def _texts(texts: pd.Series) -> Any:
    if texts.isna().all():
        return pa.nulls(len(texts), STRING)
    try:
        if pd.api.types.infer_dtype(texts, skipna=True) in {"string", "categorical"}:
            return strings(texts)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        pass
    raise TextError(
        f"The texts must be strings, and this column is {texts.dtype}; convert it with .astype(str)."
    )


def _by_encoding(ucs2: Any, value: Any) -> Any:
    return pc.if_else(ucs2, value("ucs2"), value("gsm"))


def _rounded_up(units: Any, part: Any) -> Any:
    return pc.divide(pc.subtract(pc.add(units, part), 1), part)


def _packed(text: Any, ucs2: Any) -> Any:
    """
    Segments counted exactly, by regular expression.

    Each wide character is written as two, the first marked; then a segment is 153 units of which the last is
    unmarked, or else 152, and matching from left to right fills them as a phone does.
    """
    counts = np.zeros(len(text), dtype=np.int64)
    for name, here in (("gsm", pc.invert(ucs2)), ("ucs2", ucs2)):
        plain = pc.replace_substring(text.filter(here), pattern=_LEAD, replacement=".")
        marked = pc.replace_substring_regex(plain, pattern=_WIDE[name], replacement=f"{_LEAD}.")
        full = _PART[name]
        pattern = f"(?s).{{{full - 1}}}[^{_LEAD}]|.{{{full - 1}}}|.{{1,{full - 2}}}"
        found = pc.count_substring_regex(marked, pattern=pattern)
        counts[here.to_numpy(zero_copy_only=False)] = found.to_numpy(zero_copy_only=False)
    return pa.array(counts)


def _integers(array: Any) -> pd.arrays.IntegerArray:
    missing = pc.is_null(array).to_numpy(zero_copy_only=False)
    return pd.arrays.IntegerArray(
        pc.fill_null(array, 0).to_numpy(zero_copy_only=False).astype("int64"), missing
    )
