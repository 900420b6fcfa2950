"""
Why something was not done, or a run stopped early, as people at a form or page read it, with what to do.

Whoever clicks needs three facts: what is wrong, whether anything was sent, and what to do now.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from smsframe.errors import (
    CampaignStopped,
    JournalError,
    NotAuthorised,
    NotEnoughCredit,
    Unavailable,
    Unconfirmed,
)
from smsframe.form.preview import error_sentence
from smsframe.formatting import amount, duration

if TYPE_CHECKING:
    from collections.abc import Mapping

LOGIN = (
    "the gateway refused the login: the user name, the password or the address is wrong. Have it corrected "
    "where smsframe was set up, then"
)
GO_ON = "Continue texts who is waiting, and nobody twice."

_AGAIN: Mapping[bool, str] = {True: GO_ON, False: "try again. Nothing was sent."}


def said_of(error: Exception) -> str:
    """
    An error as a sentence for somebody who clicks; masked, and without Python.

    Example:
        >>> said_of(NotAuthorised("the gateway refused ada", status=401)).rpartition(": ")[0]
        'The gateway refused the login'
    """
    stopped = isinstance(error, CampaignStopped)
    cause = error.__cause__ if stopped else error
    if not isinstance(cause, Exception):
        return error_sentence(error)
    again = _AGAIN[stopped]
    match cause:
        case NotAuthorised(status=int()):
            words = f"{LOGIN} {again}"
        case Unavailable() if stopped:
            words = f"{_out_of_reach(cause)}. Later, {again}"
        case NotEnoughCredit() if stopped:
            words = (
                f"the credit is used up: {amount(cause.available)} left, and what is next needs "
                f"{amount(cause.needed)}. Top up, then {again}"
            )
        case Unconfirmed() if stopped:
            words = (
                "answers of the gateway were lost, so some people may have been texted. Later, Continue asks "
                "the gateway first, and texts nobody twice."
            )
        case JournalError():
            words = error_sentence(cause)
        case _ if stopped:
            words = f"{error_sentence(cause).rstrip('.')}. {GO_ON}"
        case _:
            words = error_sentence(cause)
    if stopped:
        return f"Stopped: {words[:1].lower()}{words[1:]}"
    return words[:1].upper() + words[1:]


def _out_of_reach(error: Unavailable) -> str:
    if error.status is None:
        return "the gateway can no longer be reached; check the network"
    wait = f" and asks to wait {duration(error.retry_after)}" if error.retry_after else ""
    return f"the gateway takes no orders now{wait}"
