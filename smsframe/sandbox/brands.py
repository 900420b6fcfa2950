"""
The brands that a sandbox plays: smSend, and a sister brand of the same API.

smSend: its documentation of POST sms. Skebby: what clients of Skebby know and say (README of
LeandroLuccerini/skebby-bundle: 1530 characters for GP and TI, 160 for SI); 450 in UCS-2 are smSend's, no
source has Skebby's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class MessageType:
    """How long a text of one type may be, and whether it has a sender of its own and a delivery report."""

    gsm: int
    ucs2: int
    sender: bool
    report: bool

    def longest(self, encoding: Literal["gsm", "ucs2"]) -> int:
        """Units of a text at most."""
        return self.gsm if encoding == "gsm" else self.ucs2


TYPES = {
    "N": MessageType(1000, 450, sender=True, report=True),
    "L": MessageType(160, 160, sender=False, report=False),
    "LL": MessageType(160, 160, sender=False, report=False),
    "GP": MessageType(1530, 450, sender=True, report=True),
    "TI": MessageType(1530, 450, sender=False, report=False),
    "SI": MessageType(160, 160, sender=False, report=False),
}
"""By name; no two brands call different types alike."""


@dataclass(frozen=True)
class Brand:
    """What one brand has, and how it answers where the sources of the brands differ."""

    types: tuple[str, ...]
    login_refused: Literal[404, 401]
    paramsms_accepted: Literal[200, 201]


BRANDS = {
    "smsend": Brand(("N", "L", "LL"), login_refused=404, paramsms_accepted=200),
    "skebby": Brand(("GP", "TI", "SI"), login_refused=401, paramsms_accepted=201),
}


def brand(name: str) -> Brand:
    """
    A brand by its name.

    Raises:
        ValueError: There is none of that name; says which there are.
    """
    if name not in BRANDS:
        raise ValueError(f"brand is one of {', '.join(map(repr, BRANDS))}, not {name!r}")
    return BRANDS[name]
