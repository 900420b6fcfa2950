"""
The keywords of `smsframe.send` and `smsframe.resume` as objects, which go from the public functions to the
campaign whole.
"""

# Annotations are evaluated here, unlike elsewhere: `Options.parameters` reads them.

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import inf
from typing import Annotated, Any, Literal

from smsframe.contacts.policy import Policy
from smsframe.orders.hours import Hours, zone_named
from smsframe.orders.terms import Terms, aware
from smsframe.planning.options import LATER_RAMP, check_undo, is_policy
from smsframe.planning.parameters import Group, Options, Parameter, number_of_people, one_of, timespan

DAY = 24 * 60 * 60
MAX_WORKERS = 64

LONGEST_REFRESH = timedelta(days=3)
"""
The gateway gives up on a report after 48 hours (an older documentation of the same platform, for TIMEOUT).
"""

REFUSALS = (
    "What becomes of an order with numbers that the gateway refuses. ``split``: the whole order is refused, "
    "and halved until those numbers are found, at up to two orders per number and halving. ``skip``: the "
    "gateway leaves them out (``allowInvalidRecipients``), at one order and one look-up; only who is listed "
    "there as refused is ``rejected``, who is not listed stays ``unconfirmed``, and an order that is "
    "refused all the same stops the campaign. "
)


def _workers(name: str, value: Any) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= MAX_WORKERS:
        raise ValueError(f"{name}={value!r} must be a whole number from 1 to {MAX_WORKERS}")


def _seconds(name: str, value: Any) -> None:
    if not isinstance(value, int | float) or not 0 <= value <= DAY:
        raise ValueError(f"{name}={value!r} must be a number of seconds from 0 to {DAY:,}, which is a day")


def _rate(name: str, value: Any) -> None:
    if value is not None and (
        isinstance(value, bool) or not isinstance(value, int | float) or not 1 / DAY <= value < inf
    ):
        raise ValueError(f"{name}={value!r} must be a number of recipients per second, one a day at least")


def _time_or_hours(name: str, value: Any) -> None:
    if not isinstance(value, Hours):
        _ = None if value is None else aware(value, name)
    elif value.zone is not None and zone_named(value.zone) is None:
        raise ValueError(
            f"zone={value.zone!r} of the hours names a column, and there is no table: name an IANA time "
            "zone, or leave it out for the zones of the numbers"
        )


def at_another_time(terms: Terms, when: datetime | Hours) -> Terms:
    """
    Terms with another time, or other hours.

    Raises:
        ValueError, TypeError: It is no time with a zone, and no hours.
    """
    _time_or_hours("when", when)
    if isinstance(when, Hours):
        return replace(terms, schedule=None, hours=when)
    if not isinstance(when, datetime):
        raise TypeError("reschedule needs a time: a datetime with a time zone, or smsframe.Hours(...)")
    return replace(terms, schedule=aware(when), hours=None)


def _until(name: str, value: Any) -> None:
    if value in (None, "final"):
        return
    try:
        timespan(name, value)
    except ValueError as error:
        raise ValueError(f"{error}, or 'final'") from None


def _every(name: str, value: Any) -> None:
    if value is not None:
        timespan(name, value)


_WORKERS = Parameter("Orders under way at once, 1 to 64.", Group.TUNING, _workers)
_PROGRESS = Parameter("False draws no progress bar.", Group.TUNING)


@dataclass(frozen=True, kw_only=True)
class RunOptions(Options):
    """
    What sending and resuming have in common.

    Raises:
        ValueError: An option makes no sense.
    """

    adopt: Annotated[
        bool,
        Parameter(
            "Take over the orders of this campaign that the gateway has and this journal does not know, when "
            "the journal that they were sent from is lost or was put back from an older copy; such a "
            "campaign is refused otherwise.",
            Group.SAFETY,
        ),
    ] = False
    workers: Annotated[int, _WORKERS] = 4
    rate: Annotated[
        float | None,
        Parameter("Recipients per second at most; no limit when not given.", Group.TUNING, _rate),
    ] = None
    grace: Annotated[
        float,
        Parameter(
            "Seconds within which an order that the gateway took becomes visible to it.",
            Group.TUNING,
            _seconds,
        ),
    ] = 30.0
    progress: Annotated[bool, _PROGRESS] = True


@dataclass(frozen=True, kw_only=True)
class RefreshOptions(Options):
    """What is asked for when deliveries are."""

    until: Annotated[
        timedelta | str | None,
        Parameter(
            "Ask again until each text that may still arrive has its last state, or for so long at most: "
            "``final`` (three days at most), or a span of time such as ``10 min``. It is asked once when "
            "this is not given.",
            check=_until,
        ),
    ] = None
    every: Annotated[
        timedelta | str | float | None,
        Parameter(
            "The time between two rounds of questions, such as ``1 min``; when not given it grows from ten "
            "seconds to five minutes.",
            Group.TUNING,
            _every,
        ),
    ] = None
    workers: Annotated[int, Parameter("Questions under way at once, 1 to 64.", Group.TUNING, _workers)] = 4
    progress: Annotated[bool, _PROGRESS] = True

    @property
    def limit(self) -> timedelta | None:
        """For how long it is asked at most, or None when it is asked once."""
        if self.until is None:
            return None
        return LONGEST_REFRESH if self.until == "final" else timespan("until", self.until)


@dataclass(frozen=True, kw_only=True)
class SendOptions(RunOptions):
    """What sending is asked for, apart from what is in the plan."""

    confirm: Annotated[
        int | None,
        Parameter(
            "Refuse unless exactly so many people are ready or have an outcome in this campaign already.",
            Group.SAFETY,
            number_of_people,
        ),
    ] = None
    changed: Annotated[
        Literal["continue"] | None,
        Parameter(
            "``continue`` sends a changed text to those who have none of this campaign yet; a changed text "
            "is refused otherwise.",
            Group.SAFETY,
            one_of("continue", None),
        ),
    ] = None
    refusals: Annotated[
        Literal["split", "skip"],
        Parameter(
            REFUSALS + "Kept with each order, and for `resume`.", Group.SAFETY, one_of("split", "skip")
        ),
    ] = "split"

    def applied(self, terms: Terms) -> Terms:
        """The terms of a plan, with what this call says of them."""
        return terms.with_refusals(self.refusals)


_SUPPRESS = "Numbers that nobody may text as of now (opt-outs): a frame, series, list or file; "
_REGION = Parameter(
    "The country (an ISO code such as ``IT``) of the numbers in ``suppress`` that are in national form.",
    Group.SAFETY,
)


def _policy(more: str = "") -> Parameter:
    return Parameter(
        f"House rules: a `Policy`, as of `plan`{more}. People who wait for a larger budget go on waiting "
        "when it is not given.",
        Group.SAFETY,
        is_policy,
    )


@dataclass(frozen=True, kw_only=True)
class ResendOptions(RunOptions):
    """What sending again is asked for, apart from whom."""

    confirm: Annotated[
        int | None,
        Parameter(
            "Refuse unless exactly so many people are to be texted again, or were by the same call before.",
            Group.SAFETY,
            number_of_people,
        ),
    ] = None
    suppress: Annotated[Any, Parameter(_SUPPRESS + "those people are not texted again.", Group.SAFETY)] = None
    region: Annotated[str | None, _REGION] = None
    policy: Annotated[
        Policy | None,
        _policy(", in which all attempts count. Whom it does not cover is not texted again"),
    ] = None
    maybe_arrived: Annotated[
        Literal["send"] | None,
        Parameter(
            "What *you* say of texts that may have arrived (``TIMEOUT``): ``send`` texts those people again "
            "too, who may then have the text twice; they are left out otherwise.",
            Group.SAFETY,
            one_of("send", None),
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class CancelOptions(Options):
    """What cancelling is asked for."""

    unconfirmed: Annotated[
        Literal["cancelled", "accept"] | None,
        Parameter(
            "What *you* say of orders that were to be cancelled and stay ``unconfirmed`` after they were "
            "asked for again: ``cancelled``, as you have seen at the provider, or ``accept``: they went out, "
            "or will. It is recorded, and nothing else of the campaign is cancelled by that call.",
            Group.SAFETY,
            one_of("cancelled", "accept", None),
        ),
    ] = None
    workers: Annotated[int, Parameter("Requests under way at once, 1 to 64.", Group.TUNING, _workers)] = 4
    grace: Annotated[
        float,
        Parameter(
            "Seconds between the two looks that prove that an order is gone; within so many before its time "
            "it is too late to cancel.",
            Group.TUNING,
            _seconds,
        ),
    ] = 30.0
    progress: Annotated[bool, _PROGRESS] = True


@dataclass(frozen=True, kw_only=True)
class RescheduleOptions(RunOptions):
    """What sending at another time is asked for."""

    confirm: Annotated[
        int | None,
        Parameter(
            "Refuse unless exactly so many people are to be texted at another time, or were by the same call "
            "before.",
            Group.SAFETY,
            number_of_people,
        ),
    ] = None
    suppress: Annotated[Any, Parameter(_SUPPRESS + "those people are not texted.", Group.SAFETY)] = None
    region: Annotated[str | None, _REGION] = None
    policy: Annotated[
        Policy | None,
        _policy(", in which cancelled orders count too. Whom it does not cover is not texted"),
    ] = None


@dataclass(frozen=True, kw_only=True)
class ResumeOptions(RunOptions):
    """What resuming is asked for, apart from what is in the journal."""

    confirm: Annotated[
        int | None,
        Parameter("Refuse unless exactly so many people are pending.", Group.SAFETY, number_of_people),
    ] = None
    suppress: Annotated[
        Any,
        Parameter(_SUPPRESS + "those people stay pending.", Group.SAFETY),
    ] = None
    region: Annotated[str | None, _REGION] = None
    unconfirmed: Annotated[
        Literal["send", "accept"] | None,
        Parameter(
            "What *you* say of orders that stay unconfirmed after they were looked up: ``send`` texts their "
            "people (again, if they were texted), ``accept`` takes them as accepted. It is recorded.",
            Group.SAFETY,
            one_of("send", "accept", None),
        ),
    ] = None
    policy: Annotated[Policy | None, _policy()] = None
    schedule: Annotated[
        datetime | Hours | None,
        Parameter(
            "Another time for the people who are pending: a datetime with a time zone, for example when the "
            "campaign's own has passed, or `Hours`. It takes the place of the campaign's, also for later "
            "calls; when not given, the campaign's own time or hours hold.",
            check=_time_or_hours,
        ),
    ] = None
    ramp: Annotated[str | None, LATER_RAMP] = None
    undo: Annotated[
        timedelta | str | float | None,
        Parameter(
            "How long the texts of people who are pending wait at the gateway when they would go out at "
            "once, such as ``5 min``, so that they can be taken back. What `send` was given is not kept.",
            Group.SAFETY,
            check_undo,
        ),
    ] = None
    refusals: Annotated[
        Literal["split", "skip"] | None,
        Parameter(
            REFUSALS
            + "It is for the people who are pending; the campaign's last call decides when not given. "
            "Orders that may have left keep what they were sent with.",
            Group.SAFETY,
            one_of("split", "skip", None),
        ),
    ] = None

    def applied(self, terms: Terms) -> Terms:
        """The terms of a campaign, with what this call says of them."""
        if isinstance(self.schedule, Hours):
            terms = replace(terms, schedule=None, hours=self.schedule)
        elif self.schedule is not None:
            terms = replace(terms, schedule=aware(self.schedule), hours=None)
        if self.undo is not None:
            terms = replace(terms, undo=timespan("undo", self.undo))
        return terms if self.refusals is None else terms.with_refusals(self.refusals)
