r"""
What keyboards, spreadsheets and exports do to a phone number: mended where that is certain, named where not.

Everything here is RE2 on whole columns (``pyarrow.compute``): linear in the length of the cell by
construction. Note that RE2's ``\d`` and ``\s`` are ASCII only, unlike Python's. A repair is only looked for
where one of its characters occurs in the column: so a clean column costs nothing, and a column with the same
oddity in every cell costs that oddity.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from smsframe.arrow import STRING, raw
from smsframe.phones.doubled import doubled
from smsframe.phones.marks import (
    BEFORE,
    HIDDEN,
    HIDING,
    MAY_REPEAT,
    REFUSING,
    REMARK,
    REPEATED,
    SEPARATING,
    TWO_LONG,
)
from smsframe.phones.scripts import PLUSES, SLASH, in_ascii

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Two numbers in a cell are written with one of these between them; a line break is turned into a slash.
SEPARATORS = "/;,|&"

INVISIBLE = (
    r"[\p{Cf}\x{034F}\x{115F}\x{1160}\x{17B4}\x{17B5}\x{3164}\x{FFA0}\x{20E3}"
    r"\x{180B}-\x{180F}\x{FE00}-\x{FE0F}\x{E0100}-\x{E01EF}\x00-\x08\x0E-\x1F\x7F]+"
)
_BREAKS = r"[\n\r\x0B\x0C\x{2028}\x{2029}]"
# Nobody types these: they are cp1252 that was read as Latin-1, where 95 was a bullet, and 85 was "…".
_CONTROLS = r"[\x{80}-\x{9F}]"
_OF_WINDOWS = {chr(byte): bytes([byte]).decode("cp1252", "replace") for byte in range(0x80, 0xA0)}
_LINES = rf"\s*{_BREAKS}+\s*"
_SPACES = r"[\t\p{Zs}]"
_ODD_SPACES = r"[\t\x{A0}\x{1680}\x{2000}-\x{200A}\x{202F}\x{205F}\x{3000}]"
_PADDING = " \t\n\r\x0b\x0c\xa0\u1680\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
APOSTROPHES = r"['`\x{B4}\x{2B9}\x{2BC}\x{2018}\x{2019}\x{201B}\x{2032}\x{FF07}]"
_APOSTROPHE = rf"^{APOSTROPHES}+\s*"
_FORMULA = r'^=\s*"+([^"]*)"+$'  # how a spreadsheet is made to keep the zeros in front
_SCHEME = (
    r"(?i)^(?:"
    # vCard (RFC 6350), with the type of the telephone; a fax stays what it is
    r'(?:item[0-9]{1,3}\.)?tel(?:;(?:type=|value=)?"?(?:cell|mobile|iphone|voice|text|msg|home|work|pref|main|'
    r'other|uri)(?:,(?:cell|mobile|voice|text|msg|home|work|pref))*"?|;pref=[0-9]+|;waid=[0-9]+)*:(?:tel:)?'
    # a scheme, or a word and a colon
    r"|(?:p|t|m|c|ph|tel|telephone|telefon|telefono|tel\x{E9}fono|t\x{E9}l|t\x{E9}l\x{E9}phone|phone|mob|mobile|mobil|"
    r"m\x{F3}vil|movil|cell|cel|cellphone|celular|cellulare|handy|natel|portable|gsm|sms|smsto|callto|whatsapp|wa|"
    r"mobile phone|mobile number|phone number|home|work|h|w|viber|signal|imessage|facetime|mms)"
    r"\.?(?: ?[0-9])?\s*:"
    r")[\s/]*"
)
_LINK_HEAD = (  # WhatsApp's links have the number in international form, without the plus
    r"(?i)^(?:(?:https?://)?(?:www\.)?wa\.me/|(?:https?://)?(?:api|web)\.whatsapp\.com/send/?\?phone=|"
    r"whatsapp://send/?\?phone=)(?:\+|%2B)?"
)
_LINK = rf"{_LINK_HEAD}([0-9]+)(?:[/?&].*)?$"
NO_WORD = rf"{HIDING}|{APOSTROPHES}|{_SPACES}|[{PLUSES}{SLASH}{SEPARATING}]"
"""What is more than a letter, though Unicode may call it one, as it does some apostrophes."""
_DECIMAL = r"^(\+?[0-9]+) ?[.,] ?0+$"  # of floats, and of databases that export decimals
_FRACTION = (  # what a spreadsheet writes of a number that is no whole one, and of what it made of that
    r"^[^.,\x{FF0E}\p{L}]*[0-9]{6,}(?: ?[.\x{FF0E}] ?|,)[0-9]{1,2}[^0-9+\p{L}]*$"
    r"|^[^.,\x{FF0E}\p{L}]*[0-9]{6,} ?[.\x{FF0E}][ .\x{FF0E}]*0[0 .\x{FF0E}]*[^0-9+\p{L}]*$"
)
_ENDS_IN_ZEROS = (  # a quotation mark may be behind them
    r"^([^.\x{FF0E}]*[0-9][^.\x{FF0E}]*)[.\x{FF0E}][ .\x{FF0E}]*0[0 .\x{FF0E}]*[^0-9]*$"
)
# One separator at an end is left over from a list; two of them stand for what is not there.
_DANGLING = (
    (rf"^[\s{SEPARATORS}]+$", ""),
    (rf"^\s*[{SEPARATORS}]\s*([^\s{SEPARATORS}])", r"\1"),
    (rf"([^\s{SEPARATORS}])\s*[{SEPARATORS}]\s*$", r"\1"),
)
_ABSENT = r"(?i)^(?:nan|none|<na>|nat|null|#?n/a)?$"

_POWER = r"^[+-]?[0-9]+(?:[.,](?P<fraction>[0-9]*))?\s*[eE]\s*[+]?(?P<power>-?[0-9]{1,3})$"
_EXTENSION = (
    r"(?i)[0-9][^\p{L}#]*(?:ext(?:ension|n)?|int|доб|[x\x{FF58}#\x{FF03}])[^\p{L}0-9]*[0-9]{1,9}[\s#]*$"
)
_LETTERS = r"[^\P{L}\x{30FC}]"
_SECOND_PLUS = r"[0-9][^+]*\+"
_MAY_HIDE = (
    rf"{HIDING}|[.!@\\\x{{A7}}\x{{B6}}\x{{2020}}\x{{2021}}\p{{Ps}}\p{{Pe}}\p{{No}}\p{{Nl}}]"
    rf"|[\-xX#\x{{FF0E}}\p{{Pd}}\x{{30FC}}\p{{So}}\p{{Sk}}\p{{Sc}}]|[^\P{{Sm}}+|]"
)
TELLING = (
    r"(?i)^(?:item|tel|type|value|cell|mobile|iphone|voice|text|msg|home|work|pref|main|other|uri|waid|"
    r"p|t|m|c|ph|telephone|telefon|telefono|tel\x{E9}fono|t\x{E9}l|t\x{E9}l\x{E9}phone|phone|mob|mobil|"
    r"m\x{F3}vil|movil|cel|cellphone|celular|cellulare|handy|natel|portable|gsm|sms|smsto|callto|whatsapp|wa|"
    r"number|h|w|viber|signal|imessage|facetime|mms|https?|www|me|api|web|com|send|b|nan|none|na|nat|null|n|a|e|ext|extn|extension|int|доб|\x{FF58})$"
    rf"|^[x\x{{FF58}}]|[x\x{{FF58}}]$|{INVISIBLE}|[\x{{10000}}-\x{{10FFFF}}]"
)
"""Runs of letters, of what is not seen and of characters of four bytes that may be one of the words above."""
_PLUSES = r"^\+[+ ]*\+"  # one plus, however often it was typed
_RUSSIAN_EXIT = r"^([^0-9+]*8) ?~ ?(10)"

_EXIT_CODE = r"^([^0-9+]*)\+? *00([^0-9]*[1-9])"  # also behind a plus: no country's code begins with 0
_FIRST_DIGIT = r"^([^0-9+]*)([1-9])"


class Characters:
    """The different characters of a column of text: what is not among them need not be looked for."""

    def __init__(self, text: Any) -> None:
        content = raw(text)[2]
        there = np.zeros(256, dtype=bool)
        there[content] = True
        ascii_ = [chr(point) for point in np.flatnonzero(there[:128])]
        other = content[content >= 128].tobytes().decode("utf-8", "replace") if there[128:].any() else ""  # noqa: PLR2004
        points = np.frombuffer(other.encode("utf-32-le"), dtype="<u4")
        self._each = pa.array([*ascii_, *map(chr, np.flatnonzero(np.bincount(points)))], STRING)

    def any(self, pattern: str) -> bool:
        """Whether one of them is of a class of characters."""
        return bool(pc.any(pc.match_substring_regex(self._each, pattern)).as_py())


def without_padding(text: Any) -> Any:
    """
    Cells without spaces around them, as databases pad them to a fixed width.

    Example:
        >>> without_padding(pa.array(["+39 347   ", None], STRING)).to_pylist()
        ['+39 347', None]
    """
    begins, ends, content = raw(text)
    if not len(content) or (seen := _visible(content)).all():
        return text
    there = slice(None) if (filled := ends > begins).all() else filled
    edges = seen[begins[there]], seen[ends[there] - 1]
    return text if all(edge.all() for edge in edges) else pc.utf8_trim(text, _PADDING)


def _visible(content: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Which bytes are characters that are seen, of ASCII."""
    return content - np.uint8(ord("!")) <= ord("~") - ord("!")


def mend(text: Any) -> tuple[Any, dict[str, Any], Any]:
    """
    The certain repairs that need no region.

    Args:
        text: Cells as a large-string array.

    Returns:
        The repaired cells, empty and "nan"-like ones as nulls; for every kind of repair that was looked for,
        a boolean array that says where it was made; and how many digits were dropped in front. Trimming and
        line breaks are spelling, not damage.
    """
    left_out = pa.array(np.zeros(len(text), dtype=np.int64))
    text, there = _decoded(text)
    repairs: dict[str, Any] = {}
    if there.any(r"[\s\p{Z}\x1C-\x1F]"):
        text = _trim(text)
    if there.any(rf"{INVISIBLE}|{_BREAKS}|{_ODD_SPACES}"):
        before, text = text, _trim(_sub(_sub(_sub(text, INVISIBLE, ""), _LINES, "/"), _SPACES, " "))
        repairs["invisible"] = pc.and_(
            pc.not_equal(before, text), pc.match_substring_regex(before, rf"{INVISIBLE}|[^\x00-\x7F\PZ]")
        )
    if there.any("="):
        before, text = text, _trim(_sub(text, _FORMULA, r"\1"))
        repairs["formula"] = pc.not_equal(before, text)
    text = _without_dangling(text, there)
    if there.any(APOSTROPHES):
        before, text = text, _trim(_sub(text, _APOSTROPHE, ""))
        repairs["apostrophe"] = pc.not_equal(before, text)
    if there.any(rf"[^\x00-\x7F\P{{Nd}}]|[{PLUSES}{SLASH}]"):
        before, text = text, in_ascii(text)
        repairs["digits"] = pc.not_equal(before, text)
    if there.any(":|(?i)w"):
        before, headless = text, _sub(_sub(text, _LINK_HEAD, ""), _SCHEME, "")
        text = _sub(_sub(text, _LINK, r"+\1"), _SCHEME, "")
        headless = pc.if_else(pc.match_substring_regex(before, _LINK), headless, text)
        left_out = pc.subtract(digits_in(before), digits_in(headless))
        repairs["prefix"] = pc.not_equal(before, text)
    if there.any("[.,]"):
        before, text = text, _sub(text, _DECIMAL, r"\1")
        repairs["decimal"] = pc.not_equal(before, text)
    if there.any("[+~]"):
        text = _sub(_sub(text, _PLUSES, "+"), _RUSSIAN_EXIT, r"\1\2")
    absent = pc.match_substring_regex(text, _ABSENT)
    return pc.if_else(absent, pa.scalar(None, STRING), text), repairs, left_out


def _without_dangling(text: Any, there: Characters) -> Any:
    if not there.any(rf"[{SEPARATORS}]|{_BREAKS}"):
        return text
    for pattern, left in _DANGLING:
        text = _sub(text, pattern, left)
    return text


def damage(text: Any) -> Any:
    """
    The code of damage nobody can undo, for mended cells; null where there is none.

    ``3.93471E+11`` has lost digits; ``3.93471234567E+11`` has all of them, but is refused alike, since the
    next one in the column may not.
    """
    there = Characters(text)
    findings = [(pc.invert(pc.match_substring_regex(text, "[0-9]")), "not_a_number")]
    letters = there.any(r"\p{L}")
    if there.any("[eE]"):
        parts = pc.extract_regex(text, _POWER)
        power = pc.struct_field(parts, "power").cast(pa.int64())
        written = pc.utf8_length(pc.struct_field(parts, "fraction"))
        findings += [(pc.greater(power, written), "digits_lost"), (pc.is_valid(power), "scientific")]
    if there.any(_MAY_HIDE):
        shown = _sub(text, BEFORE, "") if there.any(r"[+ ]") else text
        findings.append((pc.match_substring_regex(shown, HIDDEN), "masked_digits"))
    if there.any(r"[.,\x{FF0E}]"):
        findings.append((pc.match_substring_regex(text, _FRACTION), "decimals"))
    if there.any(r"[)\]\x{FF09}\x{FF3D}]"):
        findings.append((pc.match_substring_regex(text, REMARK), "two_numbers"))
    if there.any(REFUSING):
        findings.append((pc.match_substring_regex(text, REFUSING), "masked_digits"))
    if letters or there.any(r"[#\x{FF03}]"):
        findings.append((pc.match_substring_regex(text, _EXTENSION), "extension"))
    if letters:
        findings.append((pc.match_substring_regex(text, _LETTERS), "letters"))
    if there.any(r"\+"):
        findings.append((pc.match_substring_regex(text, _SECOND_PLUS), "two_numbers"))
    findings += _repeated(text, there)
    code = pa.nulls(len(text), STRING)
    for here, name in reversed(findings):
        code = pc.if_else(pc.fill_null(here, fill_value=False), name, code)
    return code


def _repeated(text: Any, there: Characters) -> list[tuple[Any, str]]:
    """What is found last: marks that only say something where they are repeated."""
    if not there.any(MAY_REPEAT):
        return []
    shown = _sub(text, BEFORE, "") if there.any(r"[+ ]") else text
    twice = pc.or_(pa.array(doubled(shown)), pc.match_substring_regex(text, REPEATED))
    return [(pc.match_substring_regex(text, TWO_LONG), "two_numbers"), (twice, "masked_digits")]


def before_decimals(text: Any) -> Any:
    """What stands before the only dot, where nothing but zeros is behind it: ``+43 664 123456.00``."""
    return pc.struct_field(pc.extract_regex(text, _ENDS_IN_ZEROS.replace("(", "(?P<head>", 1)), "head")


def international(text: Any, dials_00: Any, no_region: Any) -> tuple[Any, dict[str, Any]]:
    """
    The repairs that depend on the region: ``00`` read as ``+``, and a missing ``+``.

    Args:
        text: Mended cells.
        dials_00: Where an international call begins with 00, or no region says otherwise.
        no_region: Where there is nothing but the number itself to go by.

    Returns:
        The repaired cells, and where each repair was made. The two zeros are the first digits.
    """
    before, text = text, pc.if_else(dials_00, _sub(text, _EXIT_CODE, r"\1+\2"), text)
    repairs = {"zeros": pc.not_equal(before, text)}
    if pc.any(no_region).as_py():
        before, text = text, pc.if_else(no_region, _sub(text, _FIRST_DIGIT, r"\1+\2"), text)
        repairs["plus"] = pc.not_equal(before, text)
    return text, repairs


def begin_with_00(text: Any) -> Any:
    """Which mended cells begin with 00 and more, also behind a plus: a boolean array, null in gaps."""
    return pc.match_substring_regex(text, _EXIT_CODE)


def _decoded(text: Any) -> tuple[Any, Characters]:
    """The cells with what Windows means by ``_CONTROLS``, and their characters."""
    there = Characters(text)
    if not there.any(_CONTROLS):
        return text, there
    for control, character in _OF_WINDOWS.items():
        text = pc.replace_substring(text, pattern=control, replacement=character)
    return text, Characters(text)


def digits_in(text: Any) -> Any:
    """How many digits each cell has; none in a gap."""
    return pc.fill_null(pc.count_substring_regex(text, "[0-9]"), 0).cast(pa.int64())


def _sub(text: Any, pattern: str, replacement: str) -> Any:
    return pc.replace_substring_regex(text, pattern=pattern, replacement=replacement)


def _trim(text: Any) -> Any:
    return pc.utf8_trim_whitespace(text)
