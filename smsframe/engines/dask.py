"""
``.sms`` on the frames of Dask: ``import smsframe.engines.dask`` registers it.

Importing smsframe does so by itself where ``dask.dataframe`` was imported before. Nothing else is loaded
here: a method loads what it needs when it is first touched, as those of pandas frames do.
"""

from __future__ import annotations

import importlib
from types import MethodType
from typing import TYPE_CHECKING, Any

from smsframe.formatting import meant

if TYPE_CHECKING:
    from collections.abc import Callable

try:
    from dask.dataframe.extensions import register_dataframe_accessor
except ImportError as error:
    raise ImportError(
        'frames of Dask need the extra "dask": pip install "smsframe[dask]"', name=error.name
    ) from error

METHODS = ("check", "plan", "send")


class _Method:
    """A function of `smsframe.engines.dask_calls` as a method, loaded when it is first touched."""

    def __set_name__(self, owner: type[DaskAccessor], name: str) -> None:
        self._name = name

    def __get__(self, accessor: DaskAccessor | None, owner: type[DaskAccessor]) -> Callable[..., Any]:
        function = getattr(importlib.import_module("smsframe.engines.dask_calls"), self._name)
        if accessor is None:
            found: Callable[..., Any] = function
            return found
        return MethodType(function, accessor.frame)


@register_dataframe_accessor("sms")
class DaskAccessor:
    """Text the people in this frame of Dask: ``check``, ``plan``, ``send``."""

    def __init__(self, frame: Any) -> None:
        self.frame = frame

    check = _Method()
    plan = _Method()
    send = _Method()

    if not TYPE_CHECKING:  # a type checker that saw it would accept any name

        def __getattr__(self, name: str) -> Any:
            """Whatever is no method: most methods of pandas frames need the whole frame."""
            if name.startswith("_"):
                raise AttributeError(name)
            raise AttributeError(
                f"a frame of Dask has no .sms.{name}: it has {', '.join(METHODS)}.{meant(name, METHODS)} For "
                "others make it a frame of pandas first, by .compute()"
            )
