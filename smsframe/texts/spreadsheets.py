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

ROWS_SHEET = "sms_rows"
SUMMARY_SHEET = "sms_summary"
"""The sheets of the workbooks that smsframe writes; a reader knows them by these names."""
OWN_HEADING = "sms_reason"
"""A column that every frame of smsframe has: by it its files are known, also saved by another program."""

_START = r"(^|[,;|\t\n\r])"
"""Where a cell may begin: at the start, and behind whatever somebody may take for a delimiter."""
_RUNS = r"[=+\-@\x{FF1D}\x{FF0B}\x{FF0D}\x{FF20}]"
_DROPPED = r"""["' ]*"""
"""What a reader of quotation marks, or one that trims cells, may drop before it."""
_NUMBER = r"^[+\-]?[0-9]+(?:[ .,][0-9]+)*$"
"""A number and no arithmetic: ``+39347…``, ``-5``, ``+39 347 1234567``, but not ``+39-347-1234567``."""


def inert(text: Any) -> Any:
    """
    Texts in which nothing would run as a formula.

    Returns:
        As a large-string array; `original` gives the texts back, whatever they were.

    Example:
        >>> inert(["=1+1", "+393471234567", "a;@b", "'=1"]).to_pylist()
        ["'=1+1", '+393471234567', "a;'@b", "''=1"]
    """
    return _replaced(text, f"{_START}({_DROPPED}{_RUNS})", r"\1'\2", unless=_NUMBER)


def runs(text: Any) -> bool:
    """
    Whether anything in a column of texts would run: then `inert` has not written it.

    Example:
        >>> runs(["Ada", "=1+1"]), runs(["'=1+1", "+393471234567"])
        (True, False)
    """
    column = strings(text)
    running = pc.match_substring_regex(column, f'{_START}[" ]*{_RUNS}')
    return bool(pc.any(pc.and_not(running, pc.match_substring_regex(column, _NUMBER))).as_py())


def original(text: Any, *, inside: bool = True) -> Any:
    """
    The texts that `inert` was given.

    Args:
        text: A column of texts.
        inside: Also behind what somebody may take for a delimiter, not only at the start of a cell.

    Example:
        >>> original(["'=1+1", "a;'@b", "''=1", "'Ndrangheta"]).to_pylist()
        ['=1+1', 'a;@b', "'=1", "'Ndrangheta"]
    """
    return _replaced(text, f"{_START if inside else '(^)'}'({_DROPPED}{_RUNS})", r"\1\2")


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
