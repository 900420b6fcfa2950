"""
National prefixes that are replaced, carrier codes, codes that dial abroad: what ranges of digits cannot say.

Argentina writes 0 11 15 and means 9 11; Brazil dials 0 15 for a carrier; Russia dials 8 10 abroad.
libphonenumber has a pattern and a replacement for each. Here they are applied to columns of digits at once,
by RE2 (``pyarrow.compute``); the rules are those of ``_maybe_strip_national_prefix_carrier_code``, ``parse``
and ``_parse_prefix_as_idd`` in the source of ``phonenumbers``.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from smsframe.arrow import STRING
from smsframe.phones.fast.metadata import calling_code, numbering_plan, sharing, wrong
from smsframe.phones.fast.patterns import longest, parse
from smsframe.phones.fast.ranges import LONGEST, POWERS

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEAST: Final = 40  # numbers; for fewer, reading the patterns takes longer than asking the library one by one


class Found(NamedTuple):
    """
    Numbers with what stood before them taken off.

    Attributes:
        value: Their digits as an integer (int64).
        length: How many digits (int64).
        sure: Whether this is what the library would find (bool); where not, it has to be asked.
    """

    value: NDArray[np.int64]
    length: NDArray[np.int64]
    sure: NDArray[np.bool_]

    def without_last(self, count: NDArray[np.int64]) -> Found:
        """Without so many of the last digits of each."""
        return self._replace(value=self.value // POWERS[count], length=self.length - count)


def national(region: str, code: int, value: NDArray[np.int64], length: NDArray[np.int64]) -> Found:
    """National numbers without their national prefix, of a region, or of a calling code (region ``001``)."""
    plan = numbering_plan(region, code)
    return _read(_national(_written(value, length), plan))


def after_own_code(region: str, value: NDArray[np.int64], length: NDArray[np.int64]) -> Found:
    """
    Numbers that begin with the calling code of their own region, though nobody wrote a plus.

    They are too long with it, or do not look like national ones: then the code is taken off, and perhaps a
    prefix after it.
    """
    plan = numbering_plan(region, 0)
    text = _written(value, length)
    rest = _without_prefix(pc.utf8_slice_codeunits(text, len(str(calling_code(region)))), plan)
    too_long = np.array([wrong(plan, size) == "too_long" for size in range(LONGEST + 2)])[length]
    better = pc.or_(pa.array(too_long), pc.match_substring_regex(rest, _whole(plan)))
    code = calling_code(region)
    main = numbering_plan(sharing(code)[0], code)  # whose rules the library goes on with
    return _read(pc.if_else(better, _national(rest, main), _national(text, plan)))


def dialled(
    region: str, value: NDArray[np.int64], length: NDArray[np.int64]
) -> tuple[Found, NDArray[np.bool_]]:
    """
    Numbers as one dials them out of a region, without the code that dials abroad; and which are none.

    Where a zero follows that code, the library leaves it.
    """
    pattern = numbering_plan(region, 0).international_prefix
    found = _read(
        pc.replace_substring_regex(_written(value, length), pattern=f"^(?:{pattern})", replacement="")
    )
    zero = found.value < POWERS[np.maximum(found.length - 1, 0)]
    begins = found.sure & (found.length < length)
    return found._replace(sure=begins & ~zero), begins & zero


@cache
def most_dropped(region: str, code: int) -> int:
    """
    How many digits at most the library drops for a national prefix of a number that is too long.

    Args:
        region: A region, or ``001`` for a calling code that belongs to none.
        code: The calling code.
    """
    plan = numbering_plan(region, code)
    pattern, rule = plan.national_prefix_for_parsing or "", plan.national_prefix_transform_rule or ""
    if kept := re.search(r"\\([0-9])", rule):
        pattern = _without_group(pattern, int(kept[1]))
    return longest(parse(pattern.replace("$", "")))


@cache
def shows_prefix(region: str, code: int, length: int) -> bool:
    """Whether the library drops a national prefix of so many digits exactly where it does of more digits."""
    plan = numbering_plan(region, code)
    left = (wrong(plan, length - dropped) for dropped in range(1, most_dropped(region, code) + 1))
    return length > plan.general_desc.possible_length[-1] and {*left} <= {"not_in_use", "too_long"}


def _without_group(pattern: str, number: int) -> str:
    """A pattern with nothing in one of its groups that are kept."""
    begin = [match.end() for match in re.finditer(r"\((?!\?)", pattern)][number - 1]
    depth, end = 1, begin
    while depth:
        depth += {"(": 1, ")": -1}.get(pattern[end], 0)
        end += 1
    return pattern[:begin] + pattern[end - 1 :]


def _national(text: Any, plan: Any) -> Any:
    short = _without_prefix(text, plan)
    sizes = [wrong(plan, size) in {"not_in_use", "too_long"} for size in range(LONGEST + 2)]
    size = np.minimum(np.asarray(pc.utf8_length(short)), LONGEST + 1)
    return pc.if_else(pa.array(np.array(sizes)[size]), short, text)


def _without_prefix(text: Any, plan: Any) -> Any:
    if not plan.national_prefix_for_parsing:
        return text
    begin, groups = _prefix(plan.national_prefix_for_parsing)
    short = pc.replace_substring_regex(text, pattern=begin, replacement="")
    if plan.national_prefix_transform_rule and groups:
        last = pc.struct_field(pc.extract_regex(text, begin), f"g{groups}")
        replaced = pc.replace_substring_regex(
            text, pattern=begin, replacement=plan.national_prefix_transform_rule
        )
        short = pc.if_else(pc.fill_null(pc.not_equal(last, ""), fill_value=False), replaced, short)
    whole = _whole(plan)
    spoils = pc.and_not(pc.match_substring_regex(text, whole), pc.match_substring_regex(short, whole))
    return pc.if_else(spoils, text, short)


@cache
def _prefix(pattern: str) -> tuple[str, int]:
    """A pattern at the beginning, its groups with names, as Arrow wants them; and how many."""
    groups = re.subn(r"\((?!\?)", "(?:", pattern)[1]
    number = iter(range(1, groups + 1))
    return "^(?:" + re.sub(r"\((?!\?)", lambda _: f"(?P<g{next(number)}>", pattern) + ")", groups


def _whole(plan: Any) -> str:
    return f"^(?:{plan.general_desc.national_number_pattern})$"


def _written(value: NDArray[np.int64], length: NDArray[np.int64]) -> Any:
    """Digits as text, with the zeros in front: a 1 before them keeps these, and is cut off again."""
    return pc.utf8_slice_codeunits(pa.array(value + POWERS[length]).cast(STRING), 1)


def _read(text: Any) -> Found:
    length = np.asarray(pc.utf8_length(text)).astype(np.int64)
    sure = (length > 0) & (length <= LONGEST)
    some = pc.if_else(pa.array(sure), text, pa.scalar("0", STRING))
    return Found(np.asarray(some.cast(pa.int64())), np.where(sure, length, 1), sure)
