"""
Parameters of the public functions: for each its text, its group in docstrings, and what it may be.

An option object is a frozen dataclass of such parameters. A field has its text beside its type, as the
commands' options have (`typing.Annotated`), so that a new keyword is described and checked where it is
declared.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, fields
from datetime import timedelta
from enum import StrEnum
from numbers import Real
from typing import TYPE_CHECKING, Any, NamedTuple, Self, cast

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Group(StrEnum):
    """The sections of a docstring that describe parameters, in their order."""

    DAILY = "Args"
    SAFETY = "Args for safety"
    TUNING = "Args for tuning"


class Parameter(NamedTuple):
    """
    The description of a parameter.

    Attributes:
        text: Its description in docstrings.
        group: The section it is in.
        check: Called with its name and its value; raises ValueError for a value that makes no sense.
    """

    text: str
    group: Group = Group.DAILY
    check: Callable[[str, Any], None] | None = None


@dataclass(frozen=True, kw_only=True)
class Options:
    """The keywords of a public function, validated when made; subclasses declare them as annotated fields."""

    def __post_init__(self) -> None:
        for name, parameter in self.parameters().items():
            if parameter.check is not None:
                parameter.check(name, getattr(self, name))

    @classmethod
    def parameters(cls) -> dict[str, Parameter]:
        """The description of each field, by its name."""
        return {field.name: cast("Any", field.type).__metadata__[0] for field in fields(cls)}

    @classmethod
    def of(cls, keywords: Mapping[str, Any]) -> Self:
        """The options of this class among the keywords of a call; the other keywords are left alone."""
        return cls(**{name: keywords[name] for name in cls.parameters() if name in keywords})

    def given(self) -> list[str]:
        """The names of the options that are not left at their defaults."""
        values = {field.name: (getattr(self, field.name), field.default) for field in fields(self)}
        # Types first: comparing a frame or an array with a default gives no single answer.
        return [
            name
            for name, (value, default) in values.items()
            if value is not default and (type(value) is not type(default) or value != default)
        ]


def positive_integer(name: str, value: Any) -> None:
    """Refuse what is neither None nor a whole number of at least 1."""
    if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 1):
        raise ValueError(f"{name}={value!r} must be a whole number of at least 1")


def number_of_people(name: str, value: Any) -> None:
    """Refuse what is neither None nor a number; a number that is not the right one is refused later."""
    if value is not None and (not isinstance(value, Real) or isinstance(value, bool)):
        raise ValueError(f"{name}={value!r} must be a number of people")


def timespan(name: str, value: Any) -> timedelta:
    """
    A span of time that is longer than nothing.

    Args:
        name: Of the parameter, for the error.
        value: A timedelta, a number of seconds, or words that pandas reads, such as ``"5 min"``.

    Raises:
        ValueError: It is none.

    Example:
        >>> timespan("undo", "5 min")
        datetime.timedelta(seconds=300)
    """
    if isinstance(value, timedelta | int | float | str) and not isinstance(value, bool):
        with suppress(ValueError, OverflowError):
            span = pd.Timedelta(seconds=value) if isinstance(value, int | float) else pd.Timedelta(value)
            if span > pd.Timedelta(0):
                return span.to_pytimedelta()
    raise ValueError(f'{name}={value!r} must be a span of time, such as "5 min" or a timedelta')


def one_of(*values: str | None) -> Callable[[str, Any], None]:
    """A check that refuses everything but these values."""
    given = [value for value in values if value is not None]
    quoted = " or ".join(f'"{word}"' for word in given)
    choices = quoted if len(given) <= 2 else f"one of {', '.join(given)}"  # noqa: PLR2004 - "a or b" reads better than a list

    def check(name: str, value: Any) -> None:
        if value not in values:
            raise ValueError(f"{name}={value!r} must be {choices}")

    return check
