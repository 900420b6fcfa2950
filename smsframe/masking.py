"""Phone numbers as they may be shown: enough to recognise, too little to call."""

from __future__ import annotations

import re
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

BULLET = "•"
# Invisible characters separate too: a reader does not see them, and dials what is left.
_SEPARATOR = r"[\s().\-\u2010-\u2015/\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
# Bounded separators keep this linear. Any script's digits count, since a reader can dial them.
_PHONE = re.compile(rf"(\+?)\d(?:{_SEPARATOR}{{0,3}}\d){{6,}}")
_DATE = re.compile(
    r"(?:19|20)[0-9]{2}-(?:0[1-9]|1[0-2])-[0-3][0-9](?: [0-2][0-9])?"
)  # people read those in texts
_NAMED_DATE = re.compile(
    r"(?:19|20)[0-9]{2}(-?)(?:0[1-9]|1[0-2])\1[0-3][0-9](?: [0-2][0-9])?"
)  # and these in names
SHOWN = 2  # digits left at each end
# Control characters, what turns the direction of all that follows, and halves of characters.
_UNRULY = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")

_revealed: ContextVar[bool] = ContextVar("smsframe_revealed", default=False)


@contextmanager
def reveal() -> Iterator[None]:
    """
    Inside this block, what smsframe displays shows phone numbers whole.

    For the displays that are made inside it, in this thread: a notebook that is saved afterwards keeps them.
    Errors and logs stay masked; frames are yours, and were never masked.

    Example:
        >>> people = pd.DataFrame({"mobile": ["+393471234567"]})
        >>> plan = people.sms.plan("Call {mobile}", phone="mobile")
        >>> plan.facts()["longest"]
        'Call +39••••••••67'
        >>> with smsframe.reveal():  # in a notebook: display(plan)
        ...     plan.facts()["longest"]
        'Call +393471234567'
    """
    token = _revealed.set(True)
    try:
        yield
    finally:
        _revealed.reset(token)


def shown(text: object, most: int | None = None) -> str:
    r"""
    Anything as smsframe displays it: masked unless inside `reveal`, unable to do harm, at most so long.

    Args:
        text: What comes out of somebody's table, or is about to go to somebody.
        most: Characters; a longer text ends in "…".

    Example:
        >>> shown("Ring\u202e 347 1234567\x07 now", most=20)
        'Ring� 34••••••67� n…'
    """
    return _cut(_UNRULY.sub("\ufffd", str(text) if _revealed.get() else mask(str(text))), most)


def shown_name(name: object, most: int = 80) -> str:
    """
    A name that somebody chose, on one line; as `shown`, but for a date without dashes, as names have them.

    Example:
        >>> shown_name("autumn-20261122"), shown_name("test of +39 347 1234567")
        ('autumn-20261122', 'test of +39••••••••67')
    """
    line = " ".join(str(name).split())
    kept = line if _revealed.get() else mask_name(line)
    return _cut(_UNRULY.sub("\ufffd", kept), most)


def mask(text: str) -> str:
    """
    Free text with everything that could be a phone number masked: any run of seven digits or more but a date.

    Example:
        >>> mask("Invalid recipient +39 347 1234567.")
        'Invalid recipient +39••••••••67.'
    """
    return _PHONE.sub(_masked, text)


def mask_name(name: str) -> str:
    """
    As `mask`, but for a date without dashes, as names of files and campaigns have them.

    Example:
        >>> mask_name("guests-20261122 of +393471234567.csv")
        'guests-20261122 of +39••••••••67.csv'
    """
    return _PHONE.sub(partial(_masked, kept=_NAMED_DATE), name)


def _masked(found: re.Match[str], kept: re.Pattern[str] = _DATE) -> str:
    if kept.fullmatch(found[0]):
        return found[0]
    digits = [character for character in found[0] if character.isdecimal()]
    hidden = BULLET * (len(digits) - 2 * SHOWN)
    return "".join([found[1], *digits[:SHOWN], hidden, *digits[-SHOWN:]])


def _cut(text: str, most: int | None) -> str:
    return text if most is None or len(text) <= most else text[: most - 1] + "…"
