"""
``.sms`` on every DataFrame and Series: the public functions as methods of the data.

It only calls them. Nothing is checked or kept here: pandas may make an accessor on every access, and one that
raised would break tab completion on frames that have nothing to do with texting. Nothing is loaded here
either: a function is looked up when its method is first touched.
"""

from __future__ import annotations

import importlib
import inspect
import sys
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

import pandas as pd

import smsframe
from smsframe.api.docstrings import without_parameter
from smsframe.api.tracebacks import hide_frames
from smsframe.formatting import meant

if TYPE_CHECKING:
    from collections.abc import Callable

Options = ParamSpec("Options")
Result = TypeVar("Result")


class Accessor:
    """Holds the data until a method is called."""

    def __init__(self, data: Any) -> None:
        self._data = data

    if not TYPE_CHECKING:  # a type checker that saw it would accept any name

        def __getattr__(self, name: str) -> Any:
            """Whatever is no method: notebooks do not say by themselves what may have been meant."""
            if name.startswith("_"):  # pandas, IPython and pickle ask
                raise AttributeError(name)
            hint = meant(name, vars(type(self)))
            if name in vars(FrameAccessor):
                hint = " That of a DataFrame has: a Series has the numbers alone."
            raise AttributeError(f"{type(self._data).__name__}.sms has no {name!r}.{hint}")


class Forward:
    """The public function of the same name; replaced by an ordinary method when it is first touched."""

    def __set_name__(self, owner: type[Accessor], name: str) -> None:
        self._owner, self._name = owner, name

    def __get__(self, accessor: Accessor | None, owner: type[Accessor]) -> Callable[..., Any]:
        setattr(self._owner, self._name, as_method(getattr(smsframe, self._name)))
        bound: Callable[..., Any] = getattr(owner if accessor is None else accessor, self._name)
        return bound


def as_method(
    function: Callable[Concatenate[Any, Options], Result],
) -> Callable[Concatenate[Accessor, Options], Result]:
    """
    A method that calls a public function with the data: the same signature, types and docstring without them.

    Its errors leave as those of the function do; `hide_frames` sees to it that they are cleaned once.
    """

    @hide_frames
    @wraps(function)
    def call(accessor: Accessor, /, *args: Options.args, **options: Options.kwargs) -> Result:
        return function(accessor._data, *args, **options)  # noqa: SLF001 - its own class

    call.__doc__ = without_parameter(function.__doc__, next(iter(inspect.signature(function).parameters)))
    return call


@pd.api.extensions.register_dataframe_accessor("sms")
class FrameAccessor(Accessor):
    """Text the people in this frame: ``check``, ``plan``, ``send``; on results ``summary`` and others."""

    check = Forward()
    assign = Forward()
    plan = Forward()
    test = Forward()
    send = Forward()
    start = Forward()
    compose = Forward()
    refresh = Forward()
    cancel = Forward()
    replies = Forward()
    summary = Forward()
    plot = Forward()
    failed = Forward()
    by = Forward()
    explain = Forward()
    lift = Forward()
    problems = Forward()
    to_csv = Forward()
    to_excel = Forward()
    to_parquet = Forward()


@pd.api.extensions.register_series_accessor("sms")
class SeriesAccessor(Accessor):
    """Phone numbers and texts as columns: ``normalize``, ``segments``."""

    normalize = Forward()
    segments = Forward()


if "dask.dataframe" in sys.modules:  # otherwise `import smsframe.engines.dask` does it, and loads Dask
    importlib.import_module("smsframe.engines.dask")
