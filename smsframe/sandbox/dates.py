"""Dates as the gateway reads and writes them."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import MAXYEAR, MINYEAR, UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from smsframe.sandbox.refusal import RefusedError

STAMP = "%Y%m%d%H%M%S"  # yyyyMMddHHmmss: every date the gateway gives, and most it takes
STOPLIST = "%Y-%m-%d %H:%M:%S"  # smSend docs, GET blacklist/sms: unlike the history

# Of each, as the description says it. Not left to strptime, which takes "1" for "01" and the digits of every
# script.
_MONTH_DAY = r"(0[1-9]|1[0-2]){0}(0[1-9]|[12][0-9]|3[01])"
_CLOCK = r"([01][0-9]|2[0-3]){0}[0-5][0-9]{0}[0-5][0-9]"
PATTERNS = {
    STAMP: rf"^[0-9]{{4}}{_MONTH_DAY.format('')}{_CLOCK.format('')}$",
    STOPLIST: rf"^[0-9]{{4}}-{_MONTH_DAY.format('-')} {_CLOCK.format(':')}$",
}

# smSend docs, date formats of POST sms: the four of digits only are told apart by their length.
_BY_LENGTH = {6: "%d%m%y", 8: "%Y%m%d", 10: "%d%m%y%H%M", 14: STAMP}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# The Java quick start sends Gson's default, "Nov 22, 2026, 7:47:01 AM". Other JDKs drop the second comma, or
# put a narrow no-break space before AM. Not strptime: its %b and %p follow the locale of the machine.
_US_LONG = re.compile(
    r"(?P<month>[A-Za-z]{3}) (?P<day>[0-9]{1,2}), (?P<year>[0-9]{4}),? "
    r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2})[ \u202f](?P<half>[AP])M"
)
# The Python and C# quick starts send ISO with a T. "HH:mm.0" is documented and means the minute itself.
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}.*")


def zone(name: str) -> ZoneInfo:
    """The time zone of an IANA name."""
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):  # unknown, malformed, the name of a folder
        raise RefusedError(f"Unknown time zone {name[:50]!r}") from None


def read_schedule(text: str, zone: tzinfo) -> datetime:
    """
    A ``scheduled_delivery_time`` as a moment in UTC.

    Args:
        text: One of the six documented formats, or one the quick-start clients send.
        zone: What a date without an offset is in.
    """
    moment = _read_digits(text) if text.isascii() and text.isdecimal() else _read_words(text)
    if moment is None:
        raise RefusedError(f"Invalid date {text[:50]!r}")
    return _to_utc(moment, zone)


def read(text: str, form: str, zone: tzinfo) -> datetime:
    """A date of exactly one form (``STAMP`` or ``STOPLIST``) as a moment in UTC."""
    moment = None
    if re.fullmatch(PATTERNS[form], text):
        with suppress(ValueError):  # a day that its month does not have
            moment = datetime.strptime(text, form)  # noqa: DTZ007 - the zone is put on in the last line
    if moment is None:
        raise RefusedError(f"Invalid date {text[:50]!r}")
    return _to_utc(moment, zone)


def write(moment: datetime, zone: tzinfo) -> str:
    """A moment as ``yyyyMMddHHmmss`` in a zone."""
    return moment.astimezone(zone).strftime(STAMP)


def _read_digits(text: str) -> datetime | None:
    form = _BY_LENGTH.get(len(text))
    try:
        return datetime.strptime(text, form) if form else None  # noqa: DTZ007 - the caller puts the zone on
    except ValueError:
        return None


def _read_words(text: str) -> datetime | None:
    try:
        if _ISO.fullmatch(text):
            return datetime.fromisoformat(text.removesuffix(".0"))
        found = _US_LONG.fullmatch(text)
        if found is None or not 1 <= int(found["hour"]) <= 12:  # noqa: PLR2004 - a clock face
            return None
        return datetime(  # noqa: DTZ001 - the caller puts the zone on
            int(found["year"]),
            _MONTHS.index(found["month"].lower()) + 1,
            int(found["day"]),
            int(found["hour"]) % 12 + (12 if found["half"] == "P" else 0),
            int(found["minute"]),
            int(found["second"]),
        )
    except ValueError:
        return None


def _to_utc(moment: datetime, zone: tzinfo) -> datetime:
    if not MINYEAR < moment.year < MAXYEAR:  # at the ends, another time zone would leave the calendar
        raise RefusedError("The date is outside the calendar")
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
