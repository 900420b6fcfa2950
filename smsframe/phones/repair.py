r"""
What keyboards, spreadsheets and readers do to a phone number: mended where that is certain, named where not.

Everything here is RE2 on whole columns (``pyarrow.compute``): linear in the length of the cell by
construction. Note that RE2's ``\d`` and ``\s`` are ASCII only, unlike Python's.
"""

from __future__ import annotations

import sys
import unicodedata
from functools import cache
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from smsframe.arrow import STRING

# Two numbers in a cell are written with one of these between them; a line break is turned into a slash.
SEPARATORS = "/;,|&"

_INVISIBLE = (
    r"[\p{Cf}\x{034F}\x{115F}\x{1160}\x{17B4}\x{17B5}\x{3164}\x{FFA0}\x{20DD}-\x{20E0}\x{20E2}-\x{20E4}"
    r"\x{180B}-\x{180F}\x{FE00}-\x{FE0F}\x{E0100}-\x{E01EF}\x00-\x08\x0E-\x1F\x7F\x{80}-\x{84}\x{86}-\x{9F}]+"
)
_LINES = r"\s*[\n\r\x0B\x0C\x{85}\x{2028}\x{2029}]+\s*"
_SPACES = r"[\t\p{Zs}]"
_APOSTROPHE = r"^['`\x{B4}\x{2B9}\x{2BC}\x{2018}\x{2019}\x{201B}\x{2032}\x{FF07}]+\s*"
_SCHEME = r"(?i)^tel:[\s/]*"
_PLUSES = r"[\x{FF0B}\x{FE62}\x{207A}]"  # full-width, small, superscript
_DECIMAL = r"^(?:([^.,]*[0-9])[.,]0|(\+?[0-9]+)[.,]00)$"
_DANGLING = rf"^[\s{SEPARATORS}]+|[\s{SEPARATORS}]+$"
_ABSENT = r"(?i)^(?:nan|none|<na>|nat|null|#?n/a)?$"

_POWER = r"^[+-]?[0-9]+(?:[.,](?P<fraction>[0-9]*))?\s*[eE]\s*[+]?(?P<power>-?[0-9]{1,3})$"
_EXTENSION = (
    r"(?i)[0-9][^\p{L}#]*(?:ext(?:ension|n)?|int|доб|[x\x{FF58}#\x{FF03}])[^\p{L}0-9]*[0-9]{1,9}[\s#]*$"
)
_LETTERS = r"\p{L}"
_SECOND_PLUS = r"[0-9][^+]*\+"

_EXIT_CODE = r"^([^0-9+]*)00([^0-9]*[1-9])"
_FIRST_DIGIT = r"^([^0-9+]*)([1-9])"


def mend(text: Any) -> tuple[Any, dict[str, Any]]:
    """
    The certain repairs that need no region.

    Args:
        text: Cells as a large-string array.

    Returns:
        The repaired cells, empty and "nan"-like ones as nulls; and, for every kind of repair, a boolean
        array that says where it was made. Trimming, line breaks and ``tel:`` are spelling, not damage.
    """
    made = {}
    text = _trim(text)
    before, text = text, _sub(_sub(_sub(text, _INVISIBLE, ""), _LINES, "/"), _SPACES, " ")
    made["invisible"] = pc.and_(
        pc.not_equal(before, text), pc.match_substring_regex(before, rf"{_INVISIBLE}|[^\x00-\x7F\PZ]")
    )
    before = text = _sub(text, _DANGLING, "")
    text = _trim(_sub(text, _APOSTROPHE, ""))
    made["apostrophe"] = pc.not_equal(before, text)
    before, text = text, _ascii_digits(text)
    made["digits"] = pc.not_equal(before, text)
    before = text = _sub(text, _SCHEME, "")
    text = _sub(text, _DECIMAL, r"\1\2")
    made["decimal"] = pc.not_equal(before, text)
    absent = pc.match_substring_regex(text, _ABSENT)
    return pc.if_else(absent, pa.scalar(None, STRING), text), made


def damage(text: Any) -> Any:
    """
    The code of damage nobody can undo, for mended cells; null where there is none.

    ``3.93471E+11`` has lost digits; ``3.93471234567E+11`` has all of them, but is refused alike, since the
    next one in the column may not.
    """
    parts = pc.extract_regex(text, _POWER)
    power = pc.struct_field(parts, "power").cast(pa.int64())
    written = pc.utf8_length(pc.struct_field(parts, "fraction"))
    found = [
        (pc.invert(pc.match_substring_regex(text, "[0-9]")), "not_a_number"),
        (pc.greater(power, written), "digits_lost"),
        (pc.is_valid(power), "scientific"),
        (pc.match_substring_regex(text, _EXTENSION), "extension"),
        (pc.match_substring_regex(text, _LETTERS), "letters"),
        (pc.match_substring_regex(text, _SECOND_PLUS), "two_numbers"),
    ]
    code = pa.nulls(len(text), STRING)
    for here, name in reversed(found):
        code = pc.if_else(pc.fill_null(here, fill_value=False), name, code)
    return code


def international(text: Any, dials_00: Any, no_region: Any) -> tuple[Any, dict[str, Any]]:
    """
    The repairs that depend on the region: ``00`` read as ``+``, and a missing ``+``.

    Args:
        text: Mended cells.
        dials_00: Where an international call begins with 00, or no region says otherwise.
        no_region: Where there is nothing but the number itself to go by.

    Returns:
        The repaired cells, and where each repair was made.
    """
    made = {}
    before, text = text, pc.if_else(dials_00, _sub(text, _EXIT_CODE, r"\1+\2"), text)
    made["zeros"] = pc.not_equal(before, text)
    before, text = text, pc.if_else(no_region, _sub(text, _FIRST_DIGIT, r"\1+\2"), text)
    made["plus"] = pc.not_equal(before, text)
    return text, made


def _sub(text: Any, pattern: str, replacement: str) -> Any:
    return pc.replace_substring_regex(text, pattern=pattern, replacement=replacement)


def _trim(text: Any) -> Any:
    return pc.utf8_trim_whitespace(text)


def _ascii_digits(text: Any) -> Any:
    """Every script's digits, and the wide forms of the plus, as ASCII."""
    foreign = pc.match_substring_regex(text, rf"[^\x00-\x7F\P{{Nd}}]|{_PLUSES}")
    if not pc.any(foreign).as_py():
        return text
    text = _sub(text, _PLUSES, "+")
    for digit, others in _digits().items():
        text = _sub(text, others, digit)
    return text


@cache
def _digits() -> dict[str, str]:
    """ASCII digit → a character class of the same digit in every other script Unicode knows."""
    others: dict[str, list[str]] = {str(digit): [] for digit in range(10)}
    for point in range(0x80, sys.maxunicode + 1):
        if (character := chr(point)).isdecimal():
            others[str(unicodedata.decimal(character))].append(character)
    return {digit: f"[{''.join(characters)}]" for digit, characters in others.items()}
