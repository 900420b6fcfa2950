"""Mask phone numbers in whatever is displayed: enough is left to recognise, too little to call."""

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
)  # dates in texts are no phone numbers
_NAMED_DATE = re.compile(
    r"(?:19|20)[0-9]{2}(-?)(?:0[1-9]|1[0-2])\1[0-3][0-9](?: [0-2][0-9])?"
)  # nor are these in names of files and campaigns
SHOWN = 2  # digits left at each end
# Control characters, marks that turn the direction of all text after them, and lone surrogates.
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")

MESSAGE_CLASS = "smsframe-message"
"""The class of an element with a message in which people's numbers are masked: what is left is nobody's."""

_revealed: ContextVar[bool] = ContextVar("smsframe_revealed", default=False)


@contextmanager
def reveal() -> Iterator[None]:
    """
    Inside this block, what smsframe displays shows phone numbers whole.

    It holds for what is displayed inside the block, in this thread; a notebook that is saved afterwards keeps
    the numbers. Errors and logs stay masked; frames are yours, and are never masked.

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


def revealed() -> bool:
    """Whether this is inside `reveal`."""
    return _revealed.get()


def message_class() -> str:
    """The class that says so to `smsframe scan`, or nothing inside `reveal`."""
    return "" if revealed() else MESSAGE_CLASS


def visible(text: str, most: int | None = None) -> str:
    r"""
    A text whose numbers need no mask, or have theirs: without control characters, shortened as by `shown`.

    Example:
        >>> visible("On 03/12/2026\u202e call 02 1234 5678")
        'On 03/12/2026� call 02 1234 5678'
    """
    return _cut(_CONTROL.sub("\ufffd", text), most)


def shown(text: object, most: int | None = None) -> str:
    r"""
    Any value as smsframe displays it: masked unless inside `reveal`, without control characters, shortened.

    Args:
        text: A value of the user's table, or a text.
        most: The most characters; a longer text ends in "…".

    Example:
        >>> shown("Ring\u202e 347 1234567\x07 now", most=20)
        'Ring� 34••••••67� n…'
    """
    return visible(str(text) if _revealed.get() else mask(str(text)), most)


def shown_name(name: object, most: int = 80) -> str:
    """
    A name that somebody chose, on one line; as `shown`, but for a date without dashes, as names have them.

    Example:
        >>> shown_name("autumn-20261122"), shown_name("test of +39 347 1234567")
        ('autumn-20261122', 'test of +39••••••••67')
    """
    line = " ".join(str(name).split())
    unmasked = line if _revealed.get() else mask_name(line)
    return visible(unmasked, most)


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
    return _PHONE.sub(partial(_masked, unmasked=_NAMED_DATE), name)


def mask_digits(cell: str) -> str:
    """
    A cell of a phone column with its digits masked but for two at each end; its other characters stay.

    `mask` finds what looks like a number in a sentence; here the whole cell is one, also when letters or
    invisible characters stand between its digits.

    Example:
        >>> mask_digits("0171 392-00 08")
        '01•• •••-•• 08'
    """
    digits = [position for position, character in enumerate(cell) if character.isdecimal()]
    masked = {*digits[SHOWN:-SHOWN]}
    return "".join(BULLET if position in masked else character for position, character in enumerate(cell))


def _masked(match: re.Match[str], unmasked: re.Pattern[str] = _DATE) -> str:
    if unmasked.fullmatch(match[0]):
        return match[0]
    digits = [character for character in match[0] if character.isdecimal()]
    bullets = BULLET * (len(digits) - 2 * SHOWN)
    return "".join([match[1], *digits[:SHOWN], bullets, *digits[-SHOWN:]])


def _cut(text: str, most: int | None) -> str:
    return text if most is None or len(text) <= most else text[: most - 1] + "…"
