"""
Every error smsframe raises, named for what to do next; and how it warns.

::

    SmsFrameError
    ├── ContactsError            the table cannot be read as people to text   (also ValueError)
    ├── TextError                the text cannot be sent as written           (also ValueError)
    ├── UnknownCampaign          no campaign of that name in this journal
    ├── CampaignChanged          the campaign of that name has another text, gateway or account
    ├── ConfirmationMismatch     ``confirm=`` is not the number of people
    ├── NotEnoughCredit          the balance does not cover the plan
    ├── CampaignStopped          stopped before everybody was texted; ``.results`` is the full frame
    ├── JournalError             the journal cannot be read or written
    └── GatewayError             the gateway, or the connection to it
        ├── NotAuthorised        credentials, session or address refused
        ├── Rejected             the gateway said no: nothing was sent, do not repeat
        ├── Unavailable          certainly not accepted: safe to repeat
        └── Unconfirmed          nobody can know yet: never repeated before it is looked up

`PhoneGuessed` is the one warning that has a class of its own.

Other errors, such as `MemoryError`, keep their type and lose their stack frames; with ``SMSFRAME_DEBUG=1``
they name a file with a masked trace, for a bug report. During a run they become `CampaignStopped`.

Each keeps its facts as attributes. None carries a phone number, a password or a key in its text or in
its chain, because tracebacks are pasted into tickets and saved in notebooks.
"""

from __future__ import annotations

import sys
import warnings
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Hashable
    from types import FrameType

    import pandas as pd


class SmsFrameError(Exception):
    """The base of all errors; never raised itself."""

    def __reduce__(self) -> tuple[Any, ...]:
        """As it is copied to another process, with its attributes."""
        return _copied, (type(self), self.args, self.__dict__)


def _copied(kind: type[SmsFrameError], words: tuple[Any, ...], attributes: dict[str, Any]) -> SmsFrameError:
    """An error that came from another process; some cannot be made of their words alone."""
    error = kind.__new__(kind, *words)
    error.args = words
    error.__dict__.update(attributes)
    return error


class ContactsError(SmsFrameError, ValueError):
    """
    The table cannot be read as people to text. Nothing was sent.

    Attributes:
        failures: The rows or rules concerned, or None when it is not about rows.
    """

    def __init__(self, message: str, *, failures: pd.DataFrame | None = None) -> None:
        super().__init__(message)
        self.failures = failures


class TextError(SmsFrameError, ValueError):
    """
    The text cannot be sent as written. Nothing was sent.

    Attributes:
        failures: The rows concerned, or None when it is the template itself.
    """

    def __init__(self, message: str, *, failures: pd.DataFrame | None = None) -> None:
        super().__init__(message)
        self.failures = failures


class UnknownCampaign(SmsFrameError):
    """
    No campaign of that name is in this journal. Nothing was sent.

    Attributes:
        campaign: The name asked for.
    """

    def __init__(self, message: str, *, campaign: str) -> None:
        super().__init__(message)
        self.campaign = campaign


class CampaignChanged(SmsFrameError):
    """
    The campaign of that name has another text, gateway or account. Nothing was sent by this call.

    Attributes:
        campaign: The name of the campaign.
        recipients: How many may already have the earlier text.
        before: What the journal has: the earlier template, or gateway.
        now: What this call asks for.
        orders: The gateway's orders of a campaign that this journal does not know, else None: ``order_id``,
            ``create_time`` (UTC), ``num_recipients``.
    """

    def __init__(
        self,
        message: str,
        *,
        campaign: str,
        recipients: int,
        before: str,
        now: str,
        orders: pd.DataFrame | None = None,
    ) -> None:
        super().__init__(message)
        self.orders = orders
        self.campaign = campaign
        self.recipients = recipients
        self.before = before
        self.now = now


class ConfirmationMismatch(SmsFrameError):
    """
    ``confirm=`` is not the number of people this call is about. Nothing was sent by this call.

    Attributes:
        expected: What the caller confirmed.
        recipients: How many distinct recipients are ready or already have an outcome.
    """

    def __init__(self, message: str, *, expected: int, recipients: int) -> None:
        super().__init__(message)
        self.expected = expected
        self.recipients = recipients


class NotEnoughCredit(SmsFrameError):
    """
    The balance does not cover what is left to send. Nothing was sent by this call.

    Attributes:
        needed: Credits the unsent texts need, as segments.
        available: Credits the gateway says are left for this quality.
    """

    def __init__(self, message: str, *, needed: int, available: float) -> None:
        super().__init__(message)
        self.needed = needed
        self.available = available


class CampaignStopped(SmsFrameError):
    """
    The campaign stopped after something may have been accepted, or because of an unforeseen error.

    The cause is ``__cause__``; of an unforeseen error, such as too little memory, it is one of the same type,
    and the message says whether anything was sent.

    Attributes:
        campaign: The name of the campaign, for ``smsframe.resume``.
        results: The full frame, one row per row of the call, with what is known of each.
    """

    def __init__(self, message: str, *, campaign: str, results: pd.DataFrame) -> None:
        super().__init__(message)
        self.campaign = campaign
        self.results = results


class JournalError(SmsFrameError):
    """The journal cannot be read or written; nothing is sent without its record."""


class GatewayError(SmsFrameError):
    """
    The gateway, or the connection to it.

    Attributes:
        status: The HTTP status of the answer, or None when there was none.
        order_id: The order the call was about, or None.
    """

    def __init__(self, message: str, *, status: int | None = None, order_id: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.order_id = order_id


class NotAuthorised(GatewayError):
    """Credentials, session or address were refused; check them before trying again."""


class Rejected(GatewayError):
    """The gateway said no: nothing was sent, and the same request would be refused again."""


class Unavailable(GatewayError):
    """
    Certainly not accepted, so safe to repeat.

    Attributes:
        retry_after: Seconds the gateway asks to wait, or None.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        order_id: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, status=status, order_id=order_id)
        self.retry_after = retry_after


class Unconfirmed(GatewayError):
    """Nobody can know yet whether the order was accepted; it is looked up before anything is repeated."""


class PhoneGuessed(UserWarning):
    """
    smsframe guessed the phone column; `send` requires ``phone=``.

    Attributes:
        column: Its label.
    """

    def __init__(self, column: Hashable) -> None:
        super().__init__(
            f"taking {column!r} as the phone column; pass phone={column!r} to choose it yourself"
        )
        self.column = column


def warn(said: str | Warning) -> None:
    """Warn at the caller's line; in a notebook by the number of the cell, in one line without its code."""
    frame = _caller()
    warnings.warn_explicit(
        said if isinstance(said, Warning) else UserWarning(said),
        None,  # the category is that of the warning
        _cell(frame.f_code.co_filename) or frame.f_code.co_filename,
        frame.f_lineno,
        module=frame.f_globals.get("__name__"),
        registry=frame.f_globals.setdefault("__warningregistry__", {}),
    )


def _caller() -> FrameType:
    """The call in whose code smsframe was called."""
    frame = sys._getframe(1)  # noqa: SLF001 - as pandas does for its warnings
    while frame.f_back is not None and frame.f_globals.get("__name__", "").split(".")[0] == "smsframe":
        frame = frame.f_back
    return frame


def _cell(filename: str) -> str | None:
    """What IPython calls the cell whose code has this name of a file, or None outside of its cells."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    named = getattr(getattr(shell, "compile", None), "format_code_name", lambda _: None)(filename)
    return " ".join(named) if named else None
