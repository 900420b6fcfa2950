"""
The keywords of `smsframe.plan` as one object, which goes from the public functions to the plan whole.
"""

# Annotations are evaluated here, unlike elsewhere: `Options.parameters` reads them.

from collections.abc import Hashable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Literal

from smsframe.contacts.policy import Policy
from smsframe.orders.hours import Hours
from smsframe.orders.profile import SMSEND, GatewayProfile
from smsframe.orders.ramp import ramp_of
from smsframe.orders.terms import Terms, agree, aware
from smsframe.planning import savings
from smsframe.planning.parameters import Group, Options, Parameter, one_of, positive_integer, timespan

LONGEST_UNDO: Final = timedelta(days=1)


def _campaign_name(name: str, value: Any) -> None:
    if value is not None and not (isinstance(value, str) and value.strip() and value.isprintable()):
        raise ValueError(f"{name}= must be a name of printable characters, such as 'autumn'")


def _schedule(name: str, value: Any) -> None:
    """Refuse a time without a time zone, and what can be no column either."""
    if isinstance(value, datetime):
        aware(value)
    elif not isinstance(value, Hashable):
        raise ValueError(  # noqa: TRY004 - as every option that makes no sense
            f"{name}= must be a datetime with a time zone, the column that has them, or smsframe.Hours(...), "
            f"not {type(value).__name__}"
        )


def is_policy(name: str, value: Any) -> None:
    """Refuse what is neither None nor a `Policy`."""
    if value is not None and not isinstance(value, Policy):
        hint = (
            ": smsframe.Policy.from_file reads it"
            if isinstance(value, str) or hasattr(value, "__fspath__")
            else ""
        )
        raise ValueError(f"{name}= must be a smsframe.Policy, not {type(value).__name__}{hint}")


def check_undo(name: str, value: Any) -> None:
    """Refuse what is no span of time, or is longer than a day."""
    if value is not None and timespan(name, value) > LONGEST_UNDO:
        raise ValueError(f"{name}={value!r} must be a day at most: give a later time as schedule=")


def check_ramp(name: str, value: Any) -> None:
    """Refuse what is no ramp."""
    if value is not None:
        if not isinstance(value, str):
            raise ValueError(f"{name}= must be a text such as '1%, 10%, rest'")
        ramp_of(value)


LATER_RAMP = Parameter(
    "Other stages for the people who are pending: ``5%, rest``; ``rest`` texts all of them now, also after "
    "the ramp has stopped. When not given, the campaign's own ramp goes on.",
    Group.SAFETY,
    check_ramp,
)


def _text_fix(_name: str, value: Any) -> None:
    if value is not None:
        savings.check_fix(value)


@dataclass(frozen=True, kw_only=True)
class PlanOptions(Options):
    """
    What a plan is asked for, apart from the contacts and the text.

    Raises:
        ValueError: An option makes no sense.
    """

    campaign: Annotated[
        str | None,
        Parameter(
            "The name under which nobody is texted twice; may be left out to look only.", check=_campaign_name
        ),
    ] = None
    phone: Annotated[
        Hashable | None,
        Parameter("The column of phone numbers; guessed, with a warning, when exactly one fits."),
    ] = None
    region: Annotated[
        Hashable | None,
        Parameter(
            "The country of numbers in national form (an ISO code such as ``IT``), or the column that has "
            "it; a row without one needs a number in international form."
        ),
    ] = None
    sender: Annotated[
        str | None,
        Parameter(
            "What is shown as the sender: at most 11 letters, digits and simple signs, or a number of 6 to "
            "16 digits; high quality only. The account's own when not given."
        ),
    ] = None
    quality: Annotated[
        Literal["high", "medium", "low"],
        Parameter(
            "``high``, ``medium`` or ``low``: the gateway's types ``N``, ``L``, ``LL``; the lower two take "
            "160 characters at most.",
            check=one_of("high", "medium", "low"),
        ),
    ] = "high"
    schedule: Annotated[
        datetime | Hours | Hashable | None,
        Parameter(
            "When it goes out: a datetime with a time zone, the column that has one in each row, or `Hours`, "
            "for the hours of the day in each recipient's own time zone; now when not given. A time must not "
            "have passed for people who would go out now.",
            check=_schedule,
        ),
    ] = None
    undo: Annotated[
        timedelta | str | float | None,
        Parameter(
            "How long texts that would go out at once wait at the gateway, such as ``5 min``, so that they "
            "can be taken back: by `cancel`, by stopping the call (Ctrl-C) or the `Run`. Orders leave while "
            "half of it is left at least.",
            Group.SAFETY,
            check_undo,
        ),
    ] = None
    ramp: Annotated[
        str | None,
        Parameter(
            "Text people in growing stages: ``1%, 10%, rest``; with rules of your own ``1%, 10%, rest; limit "
            "5%; wait 24 h``. Each call looks at how the people so far fared, and starts the next stage, or "
            "stops for good when too many of them failed; the plan says how. Who is in a later stage is "
            "``pending``. ``rest`` texts everybody, also after a stop.",
            Group.SAFETY,
            check_ramp,
        ),
    ] = None
    numbers: Annotated[
        Literal["mobile", "valid", "possible"],
        Parameter(
            "What counts as a usable number: ``mobile`` (it can receive a text), ``valid`` (it can exist) or "
            "``possible`` (its length is right).",
            Group.SAFETY,
        ),
    ] = "mobile"
    schema: Annotated[
        type | None,  # a `ContactsSchema`, whose module loads pandera; not everybody has rules
        Parameter(
            "Rules of your own, a subclass of `ContactsSchema`; rows that break one are ``invalid``.",
            Group.SAFETY,
        ),
    ] = None
    suppress: Annotated[
        Any,
        Parameter(
            "Numbers that nobody may text (opt-outs): a frame, series, list or file; their rows are "
            "``suppressed``.",
            Group.SAFETY,
        ),
    ] = None
    policy: Annotated[
        Policy | None,
        Parameter(
            "House rules: a `Policy` with prices and a budget, a cap of texts per person, who alone may be "
            "texted, required consent or a required way to opt out. Rows that the budget of the campaign "
            "does not cover are ``pending``, and are sent by a later call with a larger one.",
            Group.SAFETY,
            is_policy,
        ),
    ] = None
    max_segments: Annotated[
        int | None,
        Parameter("Rows whose text needs more segments are ``invalid``.", Group.SAFETY, positive_integer),
    ] = None
    message_type: Annotated[
        str | None,
        Parameter(
            "The gateway's own name of the quality, for sister brands with other names; the limits of "
            "``quality`` still apply.",
            Group.TUNING,
        ),
    ] = None
    batch_size: Annotated[int, Parameter("Recipients per order at most.", Group.TUNING, positive_integer)] = (
        1000
    )
    text_fix: Annotated[
        Literal["gsm", "gsm+letters"] | None,
        Parameter(
            "Replace characters that make texts more expensive, as `Plan.cheaper` lists them: ``gsm`` "
            "replaces typography, ``gsm+letters`` also removes accents from letters. What it replaced is in "
            "``Plan.fixed``; a fixed text is another text.",
            Group.TUNING,
            _text_fix,
        ),
    ] = None

    def terms(self, profile: GatewayProfile = SMSEND) -> Terms:
        """
        The terms that a text goes out under, through a gateway of that profile.

        Raises:
            ValueError: There can be no such sender, or none at that quality, which is the gateway's rule.
        """
        schedule = self.schedule if isinstance(self.schedule, datetime) else None
        terms = agree(self.quality, self.message_type, self.sender, schedule, profile)
        undo = None if self.undo is None else timespan("undo", self.undo)
        hours = self.schedule if isinstance(self.schedule, Hours) else None
        return replace(terms, hours=hours, undo=undo)
