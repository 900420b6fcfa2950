"""
Where errors leave smsframe: without the variables of our frames.

Notebooks can show tracebacks with every variable in them, and save them. Those variables are tables of
people. What an error has to say is in its text and its attributes; its way through our files is not needed
to act on it. What nobody foresaw, such as too little memory, leaves as an error of the same type, masked;
with ``SMSFRAME_DEBUG=1`` its way is in a file.
"""

from __future__ import annotations

import inspect
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from smsframe.campaign.unexpected_errors import bare, clean
from smsframe.errors import SmsFrameError

if TYPE_CHECKING:
    from collections.abc import Callable

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def public(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """A function whose errors come out as if raised by it alone, without anybody's number."""

    @wraps(function)
    def call(*args: Arguments.args, **options: Arguments.kwargs) -> Result:
        try:
            return function(*args, **options)
        except (SmsFrameError, Warning) as error:
            told = bare(error)
        except Exception as error:  # noqa: BLE001 - whatever it is, it holds our variables
            told = clean(error)
        except BaseException as error:  # noqa: BLE001 - Ctrl-C, and the end of the process, stay what they are
            told = bare(error)
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
