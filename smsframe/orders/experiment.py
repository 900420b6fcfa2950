"""
The names of an experiment's variants, and which of them is the hold-out.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from smsframe.arrow import STRING

if TYPE_CHECKING:
    from collections.abc import Iterable

HOLD_OUT: Final = "hold-out"
"""The variant of those who get no text, for comparison."""

_SPELLED = r"(?i)^\s*hold[\s_-]*out\s*$"


def variant_name(name: object) -> str:
    """
    The name of a variant; None, and every spelling of it, is the hold-out.

    Raises:
        ValueError: No string, or an empty one.

    Example:
        >>> variant_name(" short "), variant_name(None), variant_name("Holdout")
        ('short', 'hold-out', 'hold-out')
    """
    if name is None or (isinstance(name, str) and re.search(_SPELLED, name)):
        return HOLD_OUT
    if not isinstance(name, str) or not name.strip():
        raise ValueError(f"a variant needs a name, such as 'short', not {name!r}")
    return name.strip()


def variant_names(names: Iterable[object]) -> list[str]:
    """
    The names of several variants.

    Raises:
        ValueError: One is no name, or there twice.
    """
    found = [variant_name(name) for name in names]
    if twice := [name for name in dict.fromkeys(found) if found.count(name) > 1]:
        raise ValueError(f"the variant {twice[0]!r} is there twice")
    return found


def normalized(column: Any) -> Any:
    """A column of names of variants as Arrow strings; gaps, and empty cells, as nulls."""
    text = pc.utf8_trim_whitespace(column.cast(STRING))
    text = pc.if_else(pc.equal(text, ""), pa.scalar(None, STRING), text)
    held = pc.fill_null(pc.match_substring_regex(text, _SPELLED), fill_value=False)
    return pc.if_else(held, pa.scalar(HOLD_OUT, STRING), text)
