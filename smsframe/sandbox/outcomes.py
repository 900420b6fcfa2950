"""
What becomes of a text, decided by the last two digits of its recipient.

Two digits, so that every range of invented numbers has all outcomes. The states and their meanings:
smSend docs, GET sms/{order_id}.
"""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import NamedTuple

from smsframe.sandbox.brands import TYPES

HANDED_OVER = timedelta(seconds=2)  # from here the network has it, or the gateway has turned it down
SETTLED = timedelta(seconds=5)  # from here the network has answered
GIVEN_UP = timedelta(hours=48)  # smSend docs, TIMEOUT: no word from the operator in 48 h

REFUSED_AT_THE_POST = "85"

_BY_GATEWAY = {
    "71": "BLACKLISTED",
    "72": "UNKNRCPT",
    "73": "UNKNPFX",
    "74": "INVALIDDST",
    "78": "TOOM4USER",
    "79": "TOOM4NUM",
    "80": "INVALIDCONTENTS",
    "81": "DEMO",
}
_BY_NETWORK = {"75": ("KO", SETTLED), "76": ("ERROR", SETTLED), "77": ("TIMEOUT", GIVEN_UP)}
_STUCK = {"82": "WAIT4DLVR", "83": "WAITING", "84": "SENT"}

BLACKLISTED = "71"


class Stage(NamedTuple):
    """A state and how long after the text's time it begins."""

    after: timedelta
    state: str


class Outcome(NamedTuple):
    """
    The states a text goes through.

    Attributes:
        stages: In order of time; the last one stays.
        arrives: Whether a person gets the text.
    """

    stages: tuple[Stage, ...]
    arrives: bool

    def stage(self, elapsed: timedelta) -> Stage:
        """The stage after that much time; a text before its time is ``SCHEDULED``."""
        reached = [stage for stage in self.stages if stage.after <= elapsed]
        return reached[-1] if reached else Stage(timedelta(0), "SCHEDULED")


@cache  # few endings, many recipients
def outcome(ending: str, message_type: str) -> Outcome:
    """
    The outcome of a text.

    Args:
        ending: The last two digits of the recipient.
        message_type: ``N`` and ``GP`` get a delivery report. For the others nobody expects one and ``SENT``
            is final (smSend docs, message types).
    """
    waiting = Stage(timedelta(0), "WAITING")
    reported = TYPES[message_type].report
    underway = Stage(HANDED_OVER, "WAIT4DLVR" if reported else "SENT")
    if ending in _BY_GATEWAY:
        return Outcome((waiting, Stage(HANDED_OVER, _BY_GATEWAY[ending])), arrives=False)
    if ending in _BY_NETWORK:
        state, after = _BY_NETWORK[ending]
        return Outcome((waiting, underway, Stage(after, state)), arrives=False)
    if ending in _STUCK:
        state = _STUCK[ending]
        stuck = (waiting,) if state == "WAITING" else (waiting, Stage(HANDED_OVER, state))
        return Outcome(stuck, arrives=state == "SENT")
    if reported:
        return Outcome((waiting, underway, Stage(SETTLED, "DLVRD")), arrives=True)
    return Outcome((waiting, underway), arrives=True)
