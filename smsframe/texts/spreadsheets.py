"""
Text that a spreadsheet would run as a formula, made inert, and back.

A spreadsheet runs what begins with ``=``, ``+``, ``-`` or ``@`` (OWASP, "CSV Injection"), in East Asian
settings the full-width forms too. It may also split a file elsewhere than at its delimiter: at a ``;`` in
half of Europe, at a tab when pasted, at a line break where quotation marks are not understood; what follows
there begins a cell of its own. An apostrophe in such a place makes it text.
"""

from __future__ import annotations

from typing import Any

import pyarrow.compute as pc

from smsframe.arrow import strings

_RUNS = r"[=+\-@\x{FF1D}\x{FF0B}\x{FF0D}\x{FF20}]"
_DROPPED = r"""["' ]*"""
"""What a reader of quotation marks, or one that trims cells, may drop before it."""
_NUMBER = r"^[+\-]?[0-9]+(?:[ .,][0-9]+)*$"
"""A number and no arithmetic: ``+39347…``, ``-5``, ``+39 347 1234567``, but not ``+39-347-1234567``."""


def inert(text: Any, sep: str = ",") -> Any:
    """
    Texts in which nothing would run as a formula.

    Args:
        text: A column of texts.
        sep: The delimiter of the file that they go to: who splits there sees the quotation marks.

    Returns:
        As a large-string array; `original` gives the texts back, whatever they were.

    Example:
        >>> inert(["=1+1", "+393471234567", "a;@b", "'=1"]).to_pylist()
        ["'=1+1", '+393471234567', "a;'@b", "''=1"]
    """
    return _replaced(text, rf"{_start(sep)}({_DROPPED}{_RUNS})", r"\1'\2", unless=_NUMBER)


def original(text: Any, sep: str = ",") -> Any:
    """
    The texts that `inert` was given.

    Example:
        >>> original(["'=1+1", "a;'@b", "''=1", "'Ndrangheta"]).to_pylist()
        ['=1+1', 'a;@b', "'=1", "'Ndrangheta"]
    """
    return _replaced(text, rf"{_start(sep)}'({_DROPPED}{_RUNS})", r"\1\2")


def _start(sep: str) -> str:
    """Where a cell may begin: at the start, and behind what somebody else takes for a delimiter."""
    others = "".join(mark for mark in ",;|" if mark != sep)
    return rf"(^|[{others}\t\n\r])"


def _replaced(text: Any, pattern: str, by: str, unless: str | None = None) -> Any:
    column = strings(text)
    if unless is None and not pc.any(pc.match_substring(column, "'")).as_py():  # most columns, and fast
        return column
    meant = pc.match_substring_regex(column, pattern)
    if unless is not None:
        meant = pc.and_not(meant, pc.match_substring_regex(column, unless))
    if not pc.any(meant).as_py():
        return column
    return pc.if_else(meant, pc.replace_substring_regex(column, pattern, by), column)
