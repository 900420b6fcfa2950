"""
`Policy`: prices and a budget that hold for every call which is given them, read once and checked.
"""

from __future__ import annotations

import re
from copy import copy
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, overload

import numpy as np
import pandas as pd

from smsframe.arrow import TEXT
from smsframe.contacts.optout_text import optout_text_of
from smsframe.contacts.policy_file import read_policy
from smsframe.contacts.privacy_rules import consent_of, keep_of, require_kept
from smsframe.contacts.suppression import suppression
from smsframe.formatting import suggests_parameters
from smsframe.orders.caps import Cap, read_cap
from smsframe.orders.prices import ANY_COUNTRY, Budget, Prices, amount_of, units_of
from smsframe.phones.match import keys
from smsframe.phones.region_names import region_of

if TYPE_CHECKING:
    import os
    from datetime import timedelta
    from decimal import Decimal

    from numpy.typing import NDArray

    from smsframe.orders.profile import GatewayProfile

COLUMNS = ("country", "quality", "price", "currency")
_CURRENCY = re.compile(r"[A-Z]{3}")


@suggests_parameters
@dataclass(frozen=True, kw_only=True)
class Policy:
    """
    House rules that hold for every call that they are given to, as ``policy=``.

    Args:
        prices: What one segment costs: a frame with ``country`` (an ISO code, or ``*`` for every other),
            ``quality`` (``high``, ``medium``, ``low``, or the gateway's own name of a message type),
            ``price`` (a Decimal, a whole number, or text such as ``"0.05"``; a float is taken as Python
            writes it) and ``currency`` (the same ISO 4217 code in each row).
        budget: The most that all orders of one campaign may cost together: in the currency of the prices, or
            in credits where there are none. Orders that were charged count as they were charged, the others
            as they are predicted; who no longer fits stays ``pending``.
        keep: For how long texts and numbers of a campaign are kept, such as ``"90 days"``: older ones are
            erased by `smsframe.purge`. It must be as long as the span of ``cap`` at least: erased texts do
            not count any more.
        consent: The columns that say when and how a person has consented, such as ``("consent_at",
            "consent_source")``. They are kept in the journal with each person, as they are when the text is
            planned.
        consent_required: Whether a row in which one of them is empty, or says no, is not texted
            (``suppressed``, ``no_consent``).
        optout_text: The words by which people learn how to opt out, such as ``"STOP: reply STOP"``: a text
            without them is refused before anybody is texted. They stand in the text that you write, so that
            the plan shows them and counts them in its segments; nothing is appended unseen. Capitals and the
            number of spaces do not matter.

        cap: How many texts one person may get in a span of time, such as ``"2 per 7 days"`` (hours, days or
            weeks): from all campaigns of the account in the journal, as they are accepted, scheduled or
            unconfirmed. Who would get more in any such span is ``suppressed`` (code ``frequency_cap``).
        allow_only: The only numbers that may be texted, for trials: a frame, series, list or file of numbers
            in international form; others are ``suppressed`` (code ``not_allowed``). Those of the variable
            ``SMSFRAME_ALLOW_ONLY`` (with commas between them, or the path of a file) hold where none are
            given.

    Raises:
        ContactsError: A line of ``allow_only`` cannot be read as a number.
        ValueError: A price or a budget that is no exact amount, a country that there is not, two currencies,
            two prices for the same country and quality, no duration, no names of columns, or a ``keep`` that
            is shorter than the span of ``cap``.

    Example:
        >>> prices = pd.DataFrame(
        ...     {"country": ["IT", "*"], "quality": "high", "price": ["0.05", "0.09"], "currency": "EUR"}
        ... )
        >>> Policy(prices=prices, budget="250")
        Policy(prices=<2 in EUR>, budget=Decimal('250.00'))
    """

    prices: pd.DataFrame | None = field(default=None, compare=False)
    budget: Decimal | int | str | None = None
    cap: str | None = None
    allow_only: Any = field(default=None, compare=False)
    keep: timedelta | str | None = None
    consent: tuple[str, ...] | list[str] | str | None = None
    consent_required: bool = True
    optout_text: str | None = None
    price_units: Prices | None = field(init=False)
    """The prices, as they were read."""
    most: Cap | None = field(init=False, compare=False)
    """The cap, as it was read."""
    allowed: NDArray[np.int64] | None = field(init=False, compare=False)
    """The canonical numbers of the only people who may be texted, or None."""
    file: str | None = field(init=False, default=None, compare=False)
    """What it was read from, or None."""
    allowed_from_env: bool = field(init=False, default=False, compare=False)
    """Whether whom it allows was taken from the environment."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "price_units", None if self.prices is None else read_prices(self.prices))
        if self.prices is not None:
            object.__setattr__(self, "prices", self.prices.copy())
        object.__setattr__(self, "most", None if self.cap is None else read_cap(self.cap))
        object.__setattr__(self, "allowed", None if self.allow_only is None else only(self.allow_only))
        if self.budget is not None:
            try:
                limit = units_of(self.budget)
            except ValueError as error:
                raise ValueError(f"budget={self.budget!r}: {error}") from None
            object.__setattr__(self, "budget", amount_of(limit))
        if self.keep is not None:
            span = keep_of(self.keep)
            require_kept(span, self.most)
            object.__setattr__(self, "keep", span)
        if self.consent is not None:
            object.__setattr__(self, "consent", consent_of(self.consent))
        if self.optout_text is not None:
            object.__setattr__(self, "optout_text", optout_text_of(self.optout_text))

    @classmethod
    def from_file(cls, path: str | os.PathLike[str]) -> Policy:
        """
        A policy as a team writes it once: a TOML file with the keywords of `Policy`.

        ::

            budget = "250.00"
            cap = "2 per 7 days"
            allow_only = ["+393471234567"]

            [[prices]]
            country = "IT"
            quality = "high"
            price = "0.05"
            currency = "EUR"

        Instead of the tables ``prices = "prices.csv"`` names a file beside it, with these columns, and
        instead of the numbers ``allow_only = "testers.csv"`` a file of them.
        Amounts are read as they are written: ``price = 0.05`` is 0.05.

        Raises:
            ValueError: It is no TOML in UTF-8, or has a key or a value that makes no sense; says where.
            OSError: It cannot be read.

        Example:
            >>> import pathlib, tempfile
            >>> with tempfile.TemporaryDirectory() as folder:
            ...     file = pathlib.Path(folder, "smsframe.toml")
            ...     _ = file.write_text('budget = "250"')
            ...     Policy.from_file(file)
            Policy(budget=Decimal('250.00'))
        """
        settings = read_policy(path, COLUMNS)
        try:
            policy = cls(**settings)
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from None
        object.__setattr__(policy, "file", str(path))
        return policy

    def allowing_only(self, numbers: Any) -> Policy:
        """
        The same policy, for these numbers alone, as the environment allows them now; of those that it allowed
        before for whom it still does.
        """
        policy = replace(self, allow_only=numbers)
        if self.allowed_from_env and self.allowed is not None and policy.allowed is not None:
            object.__setattr__(policy, "allowed", np.intersect1d(self.allowed, policy.allowed))
        object.__setattr__(policy, "file", self.file)
        object.__setattr__(policy, "allowed_from_env", True)
        return policy

    def __repr__(self) -> str:
        prices = (
            ""
            if self.price_units is None
            else f"<{len(self.price_units.units)} in {self.price_units.currency}>"
        )
        parts = [
            f"prices={prices}" if prices else "",
            "" if self.budget is None else f"budget={self.budget!r}",
            "" if self.cap is None else f"cap={self.cap!r}",
            "" if self.allowed is None else f"allow_only=<{len(self.allowed)}>",
            "" if self.keep is None else f"keep={str(pd.Timedelta(self.keep)).removesuffix(' 00:00:00')!r}",
            "" if self.consent is None else f"consent={self.consent!r}",
            "" if self.consent_required else "consent_required=False",
            "" if self.optout_text is None else f"optout_text={self.optout_text!r}",
        ]
        return f"Policy({', '.join(filter(None, parts))})"


def has_budget(policy: Policy | None) -> bool:
    """
    Whether a policy limits what a campaign may cost.

    Example:
        >>> has_budget(Policy(budget=5)), has_budget(Policy(cap="1 per 7 days")), has_budget(None)
        (True, False, False)
    """
    return policy is not None and policy.budget is not None


def without_budget(policy: Policy) -> Policy:
    """The same policy without a budget; nothing of it is read again."""
    same = copy(policy)
    object.__setattr__(same, "budget", None)
    return same


def for_oneself(policy: Policy) -> Policy:
    """What of a policy holds for a text that somebody sends to their own number."""
    same = copy(policy)
    for name in ("cap", "most", "consent"):
        object.__setattr__(same, name, None)
    return same


def only(numbers: Any) -> NDArray[np.int64]:
    """
    The canonical numbers of people who may be texted, sorted.

    Raises:
        ContactsError: A line cannot be read as a number.
    """
    return np.sort(keys(pd.Series(suppression(numbers, name="allow_only", extra_digits="keep"), dtype=TEXT)))


@overload
def costs_of(policy: Policy, profile: GatewayProfile, segments: pd.Series[Any] | None = None) -> Budget: ...
@overload
def costs_of(
    policy: Policy | None, profile: GatewayProfile, segments: pd.Series[Any] | None = None
) -> Budget | None: ...
def costs_of(
    policy: Policy | None, profile: GatewayProfile, segments: pd.Series[Any] | None = None
) -> Budget | None:
    """
    How costs are counted at a gateway of that profile; None without a policy.

    ``segments`` of the texts that a call is about: a text of the campaign of which nobody knows how many it
    has, as of an order that another journal sent, counts as the longest of them.
    """
    if policy is None:
        return None
    limit = None if policy.budget is None else units_of(policy.budget)
    longest = None if segments is None else segments.max()
    unknown = 1 if longest is None or pd.isna(longest) else max(int(longest), 1)
    return Budget(limit, policy.price_units, profile.quality_names, unknown)


def read_prices(frame: Any) -> Prices:
    """
    A table of prices, checked.

    Raises:
        ValueError: It cannot be used; says why and in which row.
    """
    if not isinstance(frame, pd.DataFrame):
        raise ValueError(  # noqa: TRY004 - as every option that makes no sense
            f"prices= must be a frame with the columns {', '.join(COLUMNS)}"
        )
    missing = [name for name in COLUMNS if list(frame.columns).count(name) != 1]
    if missing or frame.empty:
        raise ValueError(f"prices= needs the columns {', '.join(COLUMNS)} once each, and at least one row")
    currencies = {str(value).strip().upper() for value in frame["currency"]}
    if len(currencies) > 1 or not _CURRENCY.fullmatch(min(currencies)):
        raise ValueError(f"prices= must be in one currency, such as EUR: {', '.join(sorted(currencies))}")
    units: dict[tuple[str, str], int] = {}
    # Row by row: there are a few hundred countries, and each message names its row.
    for country, quality, price in zip(frame["country"], frame["quality"], frame["price"], strict=True):
        known = (
            ANY_COUNTRY
            if country == ANY_COUNTRY
            else region_of(country)
            if isinstance(country, str)
            else None
        )
        if known is None:
            raise ValueError(f"prices=: {country!r} is no country; use an ISO code such as IT, or '*'")
        if not isinstance(quality, str) or not quality.strip():
            raise ValueError(f"prices=: the quality of {known} is {quality!r}; use high, medium or low")
        key = (known, quality.strip())
        if key in units:
            raise ValueError(f"prices=: there are two prices for {known} at quality {key[1]!r}")
        try:
            units[key] = units_of(price)
        except ValueError as error:
            raise ValueError(f"prices=: the price of {known} at quality {key[1]!r}: {error}") from None
    return Prices(min(currencies), units)
