"""
``.sms`` on every DataFrame and Series: the public functions, spelled after the data.

Only forwards. Nothing is checked or kept here: pandas may build an accessor on every access, and one that
raised would break tab completion on frames that have nothing to do with texting. Nothing is loaded here
either: a method is a name until somebody touches it.
"""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

import pandas as pd

import smsframe
from smsframe.api.tracebacks import public

if TYPE_CHECKING:
    from collections.abc import Callable

Options = ParamSpec("Options")
Result = TypeVar("Result")


class Accessor:
    """Holds the data until a method is called."""

    def __init__(self, data: Any) -> None:
        self._data = data


class Forward:
    """The public function of the same name; from its first touch on an ordinary method."""

    def __set_name__(self, owner: type[Accessor], name: str) -> None:
        self._owner, self._name = owner, name

    def __get__(self, accessor: Accessor | None, owner: type[Accessor]) -> Callable[..., Any]:
        setattr(self._owner, self._name, method(getattr(smsframe, self._name)))
        touched: Callable[..., Any] = getattr(owner if accessor is None else accessor, self._name)
        return touched


def method(
    function: Callable[Concatenate[Any, Options], Result],
) -> Callable[Concatenate[Accessor, Options], Result]:
    """A method that calls a public function with the data: the same signature, types and docstring."""

    @public
    @wraps(function)
    def call(accessor: Accessor, /, *args: Options.args, **options: Options.kwargs) -> Result:
        return function(accessor._data, *args, **options)  # noqa: SLF001 - its own class

    return call


@pd.api.extensions.register_dataframe_accessor("sms")
class FrameAccessor(Accessor):
    """Text the people in this frame: ``check``, ``plan``, ``send``; on results ``summary`` and others."""

    check = Forward()
    plan = Forward()
    send = Forward()
    start = Forward()
    compose = Forward()
    refresh = Forward()
    summary = Forward()
    plot = Forward()
    failed = Forward()
    to_csv = Forward()


@pd.api.extensions.register_series_accessor("sms")
class SeriesAccessor(Accessor):
    """Phone numbers and texts as columns: ``normalize``, ``segments``."""

    normalize = Forward()
    segments = Forward()
