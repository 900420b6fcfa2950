"""
Words of messages: numbers, credits, durations; and what may have been meant.
"""

from __future__ import annotations

import difflib
import inspect
from functools import wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")
Kind = TypeVar("Kind")

MINUTE, HOUR, LONG = 60, 3600, 10


def many(count: float, one: str, more: str | None = None) -> str:
    """
    A number of things in words.

    Example:
        >>> many(1, "order"), many(1200, "person", "people")
        ('1 order', '1,200 people')
    """
    return f"{amount(count)} {one if count == 1 else more or one + 's'}"


def amount(credits_: float) -> str:
    """
    Credits in full, however many.

    Example:
        >>> amount(1234567.0), amount(12.5)
        ('1,234,567', '12.50')
    """
    return f"{credits_:,.{0 if float(credits_).is_integer() else 2}f}"


def duration(seconds: float) -> str:
    """
    Seconds in words, rounded as people would.

    Example:
        >>> duration(4.2), duration(95), duration(5400)
        ('4 s', '1 min 35 s', '1 h 30 min')
    """
    whole = round(seconds)
    if whole < MINUTE:
        return f"{whole} s"
    if whole < LONG * MINUTE:
        seconds_left = f" {whole % MINUTE} s" if whole % MINUTE else ""
        return f"{whole // MINUTE} min{seconds_left}"
    return f"{whole // MINUTE} min" if whole < HOUR else f"{whole // HOUR} h {whole % HOUR // MINUTE} min"


def meant(name: str, known: Iterable[str]) -> str:
    """
    A sentence with what may have been meant by a name, after another one; empty where nothing is like it.

    Example:
        >>> meant("phne", ["phone", "region"])
        " Did you mean 'phone'?"
    """
    hint = [] if name.startswith("_") else difflib.get_close_matches(name, known, n=1)
    return f" Did you mean {hint[0]!r}?" if hint else ""


def suggest_parameters(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """
    A function that says which parameter may have been meant by one that it has not, before it does anything.

    Example:
        >>> suggest_parameters(many)(2, "order", mor="orders")
        Traceback (most recent call last):
        TypeError: many() has no parameter 'mor'. Did you mean 'more'?
    """
    known = inspect.signature(function).parameters
    if any(each.kind is each.VAR_KEYWORD for each in known.values()):
        return function

    @wraps(function)
    def call(*args: Arguments.args, **options: Arguments.kwargs) -> Result:
        try:
            if unknown := sorted(options.keys() - known.keys()):
                hints = "".join(meant(name, known) for name in unknown)
                name = function.__qualname__.removesuffix(".__init__")
                raise TypeError(f"{name}() has no parameter {' nor '.join(map(repr, unknown))}.{hints}")
            return function(*args, **options)
        finally:
            del args, options  # notebooks show, and save, the variables of what raised: tables, and passwords

    return call


def suggests_parameters(kind: type[Kind]) -> type[Kind]:
    """A class, such as a dataclass, that is made as by `suggest_parameters`."""
    kind.__init__ = suggest_parameters(kind.__init__)  # type: ignore[method-assign]  # the same signature
    return kind
