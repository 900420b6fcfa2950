"""
Docstrings of the public functions: the text of each parameter is written once, and filled in here.

Whoever presses Shift-Tab on ``.sms.send`` reads what each parameter does there, without looking elsewhere.
The text stands with the option (`smsframe.planning.options`, `smsframe.campaign.options`) or in `SHARED`
below; what is true of one function only is given where that function is defined. Sections are filled in when
a module is loaded, so `help`, IPython, doctest and documentation tools that import smsframe all see the
whole docstring.
"""

from __future__ import annotations

import inspect
import re
import textwrap
from typing import TYPE_CHECKING, TypeVar

from smsframe.planning.parameters import Group, Parameter

if TYPE_CHECKING:
    from collections.abc import Callable

    from smsframe.planning.parameters import Options

Function = TypeVar("Function", bound="Callable[..., object]")

SHARED = {
    "contacts": Parameter("The people to text, one per row, in any frame; it is not changed."),
    "text": Parameter(
        "What people read: ``{column}`` and ``{column:default}`` are replaced by the value of that column; "
        "``{{`` and ``}}`` are braces. Or a mapping of variants to texts, of people who were given one by "
        "`smsframe.assign`."
    ),
    "campaign": Parameter("The campaign's name."),
    "gateway": Parameter("The `Gateway` that texts go to; `Gateway.from_env` when not given."),
    "journal": Parameter(
        "Where it is remembered who was texted: a path, URL or `Journal`; else the gateway's own, else "
        "``SMSFRAME_JOURNAL``, else a file in your data directory.",
        Group.SAFETY,
    ),
}
"""Parameters that are no options of a plan, a sending or a resumption."""

READS_ONLY = (
    "The gateway whose own journal is read, if it has one, as a sandbox's has; nothing is asked of it."
)
"""``gateway`` of functions that need the journal alone."""

WIDTH = 100
"""Characters of a line at most."""

_AFTER = re.compile(r"^(?:Returns|Raises|Example):$", re.MULTILINE)
"""The sections that come after those of parameters."""

_PARAMETER = r"^    \*{{0,2}}{name}: .*\n(?:        .*\n)*"
"""The lines of one parameter in a docstring without indentation."""

_EMPTY = re.compile(r"^Args[\w ]*:\n\n", re.MULTILINE)
"""A section from which all parameters were removed."""


def explained(*options: type[Options], **own: str) -> Callable[[Function], Function]:
    """
    Fill the parameters of a function into its docstring, before what it returns, raises and shows.

    Args:
        options: Option objects that have the texts; the first that knows a parameter explains it.
        own: Texts of this function alone, by parameter.

    Raises:
        LookupError: A parameter has no text, or a text no parameter, so that nobody can forget one.
    """
    known = dict(SHARED)
    for kind in reversed(options):
        known |= kind.parameters()

    def fill(function: Function) -> Function:
        names = list(inspect.signature(function).parameters)
        if unknown := [name for name in names if name not in known and name not in own]:
            raise LookupError(f"{function.__name__}() has parameters without a text: {', '.join(unknown)}")
        if unused := own.keys() - set(names):
            raise LookupError(f"{function.__name__}() has no parameters {', '.join(sorted(unused))}")
        if function.__doc__ is None:  # python -OO
            return function
        sections = dict.fromkeys(Group, "")
        for name in names:
            parameter = known.get(name, Parameter(""))
            sections[parameter.group] += _entry(name, own.get(name, parameter.text))
        filled = "".join(f"{group}:\n{entries}\n" for group, entries in sections.items() if entries)
        doc = inspect.cleandoc(function.__doc__) + "\n"
        after = _AFTER.search(doc)
        position = after.start() if after else len(doc)
        function.__doc__ = doc[:position] + filled + doc[position:]
        return function

    return fill


def without_parameter(doc: str | None, name: str) -> str | None:
    r"""
    A docstring without one of its parameters, for a method whose function has one more.

    Example:
        >>> print(without_parameter("Count.\n\nArgs:\n    texts: Any.\n    most: A limit.\n", "texts"))
        Count.
        <BLANKLINE>
        Args:
            most: A limit.
        <BLANKLINE>
    """
    if doc is None:  # python -OO
        return None
    without = re.sub(
        _PARAMETER.format(name=name), "", inspect.cleandoc(doc) + "\n", count=1, flags=re.MULTILINE
    )
    return _EMPTY.sub("", without)


def _entry(name: str, text: str) -> str:
    lines = textwrap.wrap(
        f"{name}: {text}",
        WIDTH,
        initial_indent=" " * 4,
        subsequent_indent=" " * 8,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "\n".join(lines) + "\n"
