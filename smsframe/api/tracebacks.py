"""
Errors leave the public functions without the variables of smsframe's frames.

Notebooks can show tracebacks with every variable in them, and save them. Those variables are tables of
people. What an error has to say is in its text and its attributes; the calls inside smsframe that led to it
are not needed to act on it. An unexpected error, such as too little memory, leaves as an error of the same
type with a masked text; with ``SMSFRAME_DEBUG=1`` the calls that led to it are written to a file.
"""

from __future__ import annotations

import inspect
from contextvars import ContextVar
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from smsframe.campaign.run.unexpected_errors import clean, without_frames
from smsframe.errors import SmsFrameError
from smsframe.formatting import suggest_parameters

if TYPE_CHECKING:
    from collections.abc import Callable

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

_inside: ContextVar[bool] = ContextVar("_inside", default=False)
"""Whether a public call is under way in this thread: calls inside it leave its errors to it."""


def hide_frames(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """
    A function whose errors appear to be raised by it alone, without anybody's phone number.

    One call cleans an error once: where such a function calls another one, as an accessor's method does, the
        outer
    one does it. Twice would say twice where the trace for a bug report is.
    """
    checked = suggest_parameters(function)

    @wraps(function)
    def call(*args: Arguments.args, **options: Arguments.kwargs) -> Result:
        if _inside.get():
            return checked(*args, **options)
        token = _inside.set(True)
        try:
            return checked(*args, **options)
        except (SmsFrameError, Warning) as raised:
            error = without_frames(raised)
        except Exception as raised:  # noqa: BLE001 - raised below: whatever it is, its frames hold tables of people
            error = clean(raised)
        except BaseException as raised:  # noqa: BLE001 - raised below: Ctrl-C and SystemExit stay what they are
            error = without_frames(raised)
        finally:
            _inside.reset(token)
        args, options = (), {}  # type: ignore[assignment]  # this frame is the one that is shown
        raise error

    return call


def with_signature_of(
    model: Callable[Arguments, Any],
) -> Callable[[Callable[..., Result]], Callable[Arguments, Result]]:
    """
    A function that is called as another one is: its parameters and their defaults are written once.

    It gets all of them by name, those at their defaults too.
    """
    parameters = inspect.signature(model)

    def decorate(function: Callable[..., Result]) -> Callable[Arguments, Result]:
        @wraps(function)
        def call(*args: Arguments.args, **keywords: Arguments.kwargs) -> Result:
            try:
                bound = parameters.bind(*args, **keywords)
            except TypeError as error:
                raise TypeError(f"{function.__name__}() {error}") from None
            bound.apply_defaults()
            return function(**bound.arguments)

        returns = inspect.signature(function).return_annotation
        call.__signature__ = parameters.replace(return_annotation=returns)  # type: ignore[attr-defined]  # inspect reads it
        return call

    return decorate
