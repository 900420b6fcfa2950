"""
When advertising by text may go out, per country, as public sources say. Not legal advice.

Used only when `Hours` names ``rules="marketing"``. Where sources disagree the stricter one holds, and the
entry says so. A country that is not listed has no rules here: then only the hours of the user count, and the
plan says for how many people that is.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import date

READ: Final = "2026-11-28"
"""When the sources were read."""


@dataclass(frozen=True)
class Rule:
    """The hours of one country in local time, and who says so."""

    between: tuple[str, str]
    days: str
    holidays: bool
    """Whether public holidays are closed, also those of a part of the country only."""
    note: str
    sources: tuple[str, ...]


_KLAVIYO: Final = "help.klaviyo.com, article 4408737146651, 'Understanding SMS and MMS quiet hours in flows'"
_ZAP: Final = "kb.zap.co.uk, 'A guide to SMS quiet hours'"

MARKETING: Final[dict[str, Rule]] = {
    "DE": Rule(
        ("08:00", "20:00"),
        "Mon-Sun",
        holidays=False,
        note="Sources disagree: until 20:00 (Zap, sent.dm) or 21:00 (Klaviyo); the stricter holds.",
        sources=(_KLAVIYO, _ZAP, "sent.dm, 'Germany SMS Guide'"),
    ),
    "ES": Rule(
        ("08:00", "21:00"),
        "Mon-Sat",
        holidays=True,
        note="The source also advises against 14:00 to 16:00, which is not applied.",
        sources=("sent.dm, 'Spain SMS Messaging Guide'",),
    ),
    "FR": Rule(
        ("10:00", "20:00"),
        "Mon-Sat",
        holidays=True,
        note=(
            "Sources disagree: from 08:00 until 22:00 (Brevo, Klaviyo), from 08:30 until 20:00 (carriers), "
            "from 10:00 until 20:00 (CaptainVerify on the law of 2023); the stricter holds. All leave out "
            "Sundays and public holidays."
        ),
        sources=(
            "developers.brevo.com, 'Send SMS message asynchronously'",
            _KLAVIYO,
            "captainverify.com on the law of 2023",
            "element-web, no. 7672, on carriers",
        ),
    ),
    "GB": Rule(
        ("08:00", "20:00"),
        "Mon-Sun",
        holidays=False,
        note="Sources disagree: until 20:00 (Zap) or 21:00 (Klaviyo); the stricter holds.",
        sources=(_KLAVIYO, _ZAP),
    ),
    "IT": Rule(
        ("08:00", "22:00"),
        "Mon-Sat",
        holidays=False,
        note="Not on Sundays.",
        sources=("twilio.com, guidelines for Italy",),
    ),
    "US": Rule(
        ("08:00", "20:00"),
        "Mon-Sun",
        holidays=False,
        note=(
            "From 08:00 until 21:00, in Florida and Oklahoma until 20:00; a number does not tell the state, "
            "so the stricter holds for all."
        ),
        sources=("47 CFR 64.1200(c)(1)", _KLAVIYO, "twilio.com, error 30610"),
    ),
}


@cache
def closed(country: str, year: int) -> frozenset[date]:
    """
    The public holidays of a country in a year, also of parts of it, by the `holidays` package.

    Example:
        >>> from datetime import date
        >>> date(2027, 7, 14) in closed("FR", 2027), date(2027, 7, 15) in closed("FR", 2027)
        (True, False)
    """
    from holidays import country_holidays  # noqa: PLC0415 - a large package, for who asks for rules

    national = country_holidays(country, years=year)
    parts = [country_holidays(country, subdiv=part, years=year) for part in national.subdivisions]
    return frozenset(day for days in (national, *parts) for day in days)
