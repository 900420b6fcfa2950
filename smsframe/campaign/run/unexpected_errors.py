"""
Errors that nobody foresaw, made fit to be shown: their type and what they say, without frames and numbers.

An error holds the frames that it went through, with tables of people in their variables, and notebooks can
show and save those. What is left of it here is of the same type where that can be made, so that it is caught
by the same ``except``. With ``SMSFRAME_DEBUG=1`` its way is written to a file, for a bug report.
"""

from __future__ import annotations

import os
import platform
import tempfile
import traceback
from importlib.metadata import PackageNotFoundError, version
from typing import Any, cast

from smsframe.masking import mask, mask_name

DEBUG = "SMSFRAME_DEBUG"
PACKAGES = ("smsframe", "pandas", "pyarrow", "sqlalchemy", "pandera", "requests")


def clean(error: BaseException) -> BaseException:
    """
    An error of the same type as another, or of one that it derives from, and nothing else of it.

    Its text is masked, and names the type where the type is lost, or nothing was said. A cause that was meant
    is kept, as clean as itself.
    """
    kind = type(error)
    message = _message(error) or f"{kind.__name__} inside smsframe"
    file = _trace(error)
    more = f" (a trace for a bug report is in {file})" if file else ""
    error_like_it = _same_type(error, message + more) or RuntimeError(
        f"{kind.__module__}.{kind.__qualname__}: {message}{more}"
    )
    if error.__cause__ is not None and error.__cause__ is not error:
        error_like_it.__cause__ = RuntimeError(_named(error.__cause__))
    return error_like_it


def without_frames(error: BaseException) -> BaseException:
    """The error itself, and those it comes from, without frames; only a cause that was meant is kept."""
    if error.__cause__ is not None:
        without_frames(error.__cause__)
    error.__context__ = None
    return error.with_traceback(None)


def _same_type(error: BaseException, message: str) -> BaseException | None:
    """An error that says this, of the first type that can say it; only that of the system keeps its parts."""
    if isinstance(error, OSError) and error.errno is not None:
        name = error.filename
        parts = (error.errno, mask(error.strerror or "") + message.removeprefix(_message(error)))
        return OSError(*parts, *([] if name is None else [mask_name(str(name))]))
    for kind in type(error).__mro__:
        if kind in (Exception, BaseException):
            break
        try:
            error_like_it = cast("BaseException", kind.__new__(kind, message))
            error_like_it.args = (message,)
            if str(error_like_it) in (message, repr(message)):  # a KeyError shows what it was looking for
                return error_like_it
        except Exception:  # noqa: BLE001, S112 - such a type wants more than words
            continue
    return None


def _message(error: BaseException) -> str:
    """What an error says, masked; a KeyError without its quotes."""
    try:
        if isinstance(error, KeyError) and len(error.args) == 1:
            return mask(str(error.args[0]))
        if isinstance(error, OSError) and error.filename is not None:
            return f"[Errno {error.errno}] {mask(error.strerror or '')}: {mask_name(str(error.filename))!r}"
        return mask(str(error))
    except Exception:  # noqa: BLE001 - it cannot even say what it is
        return ""


def _named(error: BaseException) -> str:
    return ": ".join(part for part in (type(error).__name__, _message(error)) if part)


def _trace(error: BaseException) -> str | None:
    """Write down where an error came by, if that is asked for; the file, which only its owner may read."""
    if os.environ.get(DEBUG, "") in ("", "0"):
        return None
    lines = [f"Python {platform.python_version()}, {platform.system()} {platform.machine()}"]
    lines += [f"{name} {_version(name)}" for name in PACKAGES]
    for one in _chain(error):
        lines += ["", _named(one)]
        for place in traceback.StackSummary.extract(traceback.walk_tb(one.__traceback__), lookup_lines=False):
            lines.append(f'  File "{mask_name(place.filename)}", line {place.lineno}, in {place.name}')
    try:
        handle, file = tempfile.mkstemp(prefix="smsframe-trace-", suffix=".txt")
        with os.fdopen(handle, "w", encoding="utf-8", errors="replace") as written:
            written.write("\n".join(lines) + "\n")
    except OSError:  # a full disk: the error is worth more than its trace
        return None
    return file


def _chain(error: BaseException) -> list[BaseException]:
    """An error and those it comes from, each once."""
    found: list[BaseException] = []
    left: list[Any] = [error]
    while left:
        one = left.pop()
        if one is not None and not any(one is other for other in found):
            found.append(one)
            left += [one.__context__, one.__cause__]
    return found


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "unknown"
