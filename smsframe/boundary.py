"""
Where errors leave smsframe: without the variables of our frames.

Notebooks can show tracebacks with every variable in them, and save them. Those variables are tables of
people. What an error has to say is in its text and its attributes; its way through our files is not needed
to act on it. Bugs of ours, which are other exceptions, keep their traceback.
"""

from __future__ import annotations

import inspect
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from smsframe.errors import SmsFrameError

if TYPE_CHECKING:
    from collections.abc import Callable

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def public(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """A function whose own errors come out as if raised by it alone."""

    @wraps(function)
    def call(*args: Arguments.args, **options: Arguments.kwargs) -> Result:
        try:
            return function(*args, **options)
        except (SmsFrameError, ValueError, KeyboardInterrupt) as error:
            told = _bare(error)
        args, options = (), {}  # type: ignore[assignment]  # this frame is the one that is shown
        raise told

    return call


def called_as(
    model: Callable[Arguments, Any],
) -> Callable[[Callable[..., Result]], Callable[Arguments, Result]]:
    """A function that is called as another one is: its arguments and their defaults are said once."""

    def called(function: Callable[..., Result]) -> Callable[Arguments, Result]:
        returns = inspect.signature(function).return_annotation
        signature = inspect.signature(model).replace(return_annotation=returns)
        function.__signature__ = signature  # type: ignore[attr-defined]  # what `inspect` shows instead
        return function

    return called


def _bare(error: BaseException) -> BaseException:
    """The error, and those it comes from, without tracebacks; only a cause that was meant is kept."""
    if error.__cause__ is not None:
        _bare(error.__cause__)
    error.__context__ = None
    return error.with_traceback(None)
