"""
``.sms`` on every DataFrame and Series: the public functions, spelled after the data.

Only forwards. Nothing is checked or kept here: pandas may build an accessor on every access, and one that
raised would break tab completion on frames that have nothing to do with texting.
"""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, TypeVar

import pandas as pd

from smsframe import afterwards, beforehand, composing, sending
from smsframe.boundary import public

if TYPE_CHECKING:
    from collections.abc import Callable

Data_co = TypeVar("Data_co", covariant=True)
Options = ParamSpec("Options")
Result = TypeVar("Result")


class Accessor(Generic[Data_co]):
    """Holds the data until a method is called."""

    def __init__(self, data: Data_co) -> None:
        self._data: Data_co = data


def forward(
    function: Callable[Concatenate[Data_co, Options], Result],
) -> Callable[Concatenate[Accessor[Data_co], Options], Result]:
    """A method that calls a public function with the data: the same signature, types and docstring."""

    @public
    @wraps(function)
    def method(accessor: Accessor[Data_co], /, *args: Options.args, **options: Options.kwargs) -> Result:
        return function(accessor._data, *args, **options)  # noqa: SLF001 - its own class

    return method


@pd.api.extensions.register_dataframe_accessor("sms")
class FrameAccessor(Accessor[pd.DataFrame]):
    """Text the people in this frame: ``check``, ``plan``, ``send``; on results ``summary`` and others."""

    check = forward(beforehand.check)
    plan = forward(beforehand.plan)
    send = forward(sending.send)
    start = forward(sending.start)
    compose = forward(composing.compose)
    refresh = forward(afterwards.refresh)
    summary = forward(afterwards.summary)
    plot = forward(afterwards.plot)
    failed = forward(afterwards.failed)
    to_csv = forward(afterwards.to_csv)


@pd.api.extensions.register_series_accessor("sms")
class SeriesAccessor(Accessor[Any]):
    """Phone numbers and texts as columns: ``normalize``, ``segments``."""

    normalize = forward(beforehand.normalize)
    segments = forward(beforehand.segments)
