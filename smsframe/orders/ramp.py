"""
A ramp: people texted in growing stages, and a stop when too many of them fail, that is fair to looking often.

Who is first is decided by a hash of the number, not by the order of rows: a table is often sorted by age or
by place. How many fail is looked at before each stage. A test that is meant for one look, made at every look,
would stop a healthy ramp again and again: at 100 looks in about a quarter of all runs at 5 %. The evidence
here is an e-value: by how much a gambler who bets against "at most ``limit`` fail" has multiplied the stake
(Ville's inequality: however often one looks, it ever reaches 20 in at most 1 of 20 runs in which that is
true). The bets are a mixture, by a beta distribution that is truncated to rates above the limit.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import timedelta
from math import exp, lgamma, log
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from smsframe.formatting import many
from smsframe.orders.chance import person_fractions
from smsframe.orders.names import alike

if TYPE_CHECKING:
    from numpy.typing import NDArray

STOP_AT: Final = 20.0
"""The e-value at which a ramp stops."""
KNOWN: Final = 0.9
"""The share of the people so far whose outcome is known before the next stage, unless ``wait`` passes."""
LIMIT, WAIT, LONGEST = 0.05, timedelta(hours=24), timedelta(days=366)

_SHARE = re.compile(r"(\d+(?:\.\d+)?)\s*%")
_WAIT = re.compile(r"(\d+(?:\.\d+)?)\s*(min|h|d)[a-z]*\.?", re.IGNORECASE)
_UNITS = {"min": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_HINT = "such as '1%, 10%, rest' or '1%, 10%, rest; limit 5%; wait 24 h'"


@dataclass(frozen=True, slots=True)
class Ramp:
    """
    The stages of a ramp.

    Attributes:
        ends: The share of the people that is texted once each stage is open; the last is 1.
        limit: The share of people who may fail.
        wait: How long after the last order of a stage the next one starts, though not enough is known.

    Example:
        >>> ramp_of("1%, 10%, rest").ends
        (0.01, 0.11, 1.0)
    """

    ends: tuple[float, ...]
    limit: float = LIMIT
    wait: timedelta = WAIT

    @property
    def text(self) -> str:
        """As it is written in the journal; `ramp_of` reads it."""
        begins = (0.0, *self.ends[:-1])
        shares = [f"{round(100 * (end - begin), 9):g}%" for begin, end in zip(begins, self.ends, strict=True)]
        return f"{', '.join([*shares[:-1], 'rest'])}; limit {100 * self.limit:g}%; wait {self.wait_words}"

    @property
    def wait_words(self) -> str:
        """The wait for people: whole hours, else minutes."""
        hours, minutes = self.wait / timedelta(hours=1), self.wait / timedelta(minutes=1)
        return f"{hours:g} h" if hours.is_integer() else f"{minutes:g} min"

    def stage_of(self, persons: NDArray[np.int64], campaign: str) -> NDArray[np.intp]:
        """The stage of each person, from 0, by a hash of the canonical number."""
        drawn = person_fractions(persons, f"ramp:{alike(campaign)}")
        return np.searchsorted(self.ends[:-1], drawn, side="right")


def ramp_of(text: str) -> Ramp:
    """
    Read a ramp.

    Raises:
        ValueError: It is not written as one.

    Example:
        >>> ramp_of("5%, rest; limit 2%; wait 30 min").text
        '5%, rest; limit 2%; wait 30 min'
    """
    stages, *rules = [part.strip() for part in text.split(";")]
    limit, wait = LIMIT, WAIT
    for rule in filter(None, rules):
        word, _, value = rule.partition(" ")
        share, span = _SHARE.fullmatch(value.strip()), _WAIT.fullmatch(value.strip())
        if word == "limit" and share:
            limit = float(share[1]) / 100
        elif word == "wait" and span:
            unit = _UNITS[span[2].lower()]
            if float(span[1]) > LONGEST / unit:
                raise ValueError(f"ramp={text!r}: the wait is longer than a year")
            wait = float(span[1]) * unit
        else:
            raise ValueError(f"ramp={text!r}: {rule!r} is neither a limit nor a wait, {_HINT}")
    *shares, last = [part.strip().casefold() for part in stages.split(",")]
    if last != "rest":
        raise ValueError(f"ramp={text!r} must end with 'rest', {_HINT}")
    ends, end = [], 0.0
    for share_text in shares:
        share = _SHARE.fullmatch(share_text)
        if share is None or not float(share[1]):
            raise ValueError(f"ramp={text!r}: {share_text!r} is no share of the people, {_HINT}")
        end = round(end + float(share[1]) / 100, 12)
        ends.append(end)
    if end >= 1:
        raise ValueError(f"ramp={text!r}: the stages before 'rest' are already everybody")
    if not 0 < limit < 1:
        raise ValueError(f"ramp={text!r}: the limit must be between 0% and 100%")
    return Ramp((*ends, 1.0), limit, wait)


class RampState(NamedTuple):
    """
    How far a campaign's ramp is, as the journal says.

    Attributes:
        ramp: The stages.
        stage: The one that is open, from 0.
        stopped: Why nobody more is texted, or None.
    """

    ramp: Ramp
    stage: int = 0
    stopped: str | None = None

    @property
    def complete(self) -> bool:
        """Whether everybody may be texted."""
        return self.stopped is None and self.stage >= len(self.ramp.ends) - 1

    @property
    def text(self) -> str:
        """As it is written in the journal."""
        return json.dumps({"ramp": self.ramp.text, "stage": self.stage, "stopped": self.stopped})

    def waits(self, persons: NDArray[np.int64], campaign: str) -> NDArray[np.bool_]:
        """Which people may not be texted yet, of those who were never texted."""
        if self.stopped is not None:
            return np.ones(len(persons), dtype=bool)
        if self.complete:
            return np.zeros(len(persons), dtype=bool)
        found: NDArray[np.bool_] = self.ramp.stage_of(persons, campaign) > self.stage
        return found

    def reasons(self, persons: NDArray[np.int64], campaign: str) -> list[str]:
        """Why each of them waits."""
        if self.stopped is not None:
            return [self.stopped] * len(persons)
        names = [f"stage {number} of {len(self.ramp.ends)}" for number in range(1, len(self.ramp.ends) + 1)]
        return [names[stage] for stage in self.ramp.stage_of(persons, campaign)]

    def given(self, ramp: Ramp) -> RampState:
        """
        The state once a call gives this ramp: the stage that is reached already, and a stop stays one.

        A ramp that is only ``rest`` is a person's word that everybody may be texted.
        """
        if len(ramp.ends) == 1:
            return RampState(ramp)
        reached = self.ramp.ends[self.stage]
        stage = sum(end <= reached for end in ramp.ends[:-1])
        return RampState(ramp, max(stage - 1, 0) if reached < 1 else len(ramp.ends) - 1, self.stopped)


def state_of(text: str | None) -> RampState | None:
    """What the journal says, or None."""
    if text is None:
        return None
    written: dict[str, Any] = json.loads(text)
    return RampState(ramp_of(written["ramp"]), written["stage"], written["stopped"])


def e_value(people: int, failed: int, limit: float) -> float:
    """
    The evidence that more than ``limit`` fail, when ``failed`` of so many people did.

    Bets on rates above the limit, by the density of a beta distribution with the parameters 1 and about
    1/limit, truncated to them; of integers, so that its integral is a sum of binomial probabilities.

    Example:
        >>> round(e_value(100, 5, 0.05), 2), e_value(100, 20, 0.05) > 20
        (0.47, True)
    """
    if people <= 0:
        return 1.0
    second = max(round(1 / limit), 1)
    log_p, log_q = log(limit), log(1 - limit)
    integral = _log_beta(1 + failed, second + people - failed) + _log_binomial_below(
        failed, people + second, limit
    )
    total = -log(second) + second * log_q  # B(1, second), above the limit
    logarithm = integral - total - failed * log_p - (people - failed) * log_q
    return exp(min(logarithm, 700.0))


def _log_beta(first: float, second: float) -> float:
    return lgamma(first) + lgamma(second) - lgamma(first + second)


def _log_binomial_below(most: int, trials: int, chance: float) -> float:
    """The logarithm of the probability of at most so many successes."""
    counts = np.arange(most, dtype=np.float64)
    steps = np.log((trials - counts) / (counts + 1)) + log(chance) - log(1 - chance)
    terms = trials * log(1 - chance) + np.concatenate([[0.0], np.cumsum(steps)])
    largest = float(terms.max())
    return min(largest + float(np.log(np.exp(terms - largest).sum())), 0.0)


class Outcomes(NamedTuple):
    """
    What became of the people of the open stages.

    Attributes:
        texted: To how many an order went, also one that was refused.
        failed: How many of them were refused, or have a delivery code that says that it will not arrive.
        known: Of how many the outcome is known.
    """

    texted: int
    failed: int
    known: int

    def stop(self, ramp: Ramp) -> str | None:
        """Why the ramp stops, or None."""
        if e_value(self.texted, self.failed, ramp.limit) < STOP_AT:
            return None
        return (
            f"stopped: {self.failed:,} of {many(self.texted, 'person', 'people')} failed, over the limit of "
            f"{100 * ramp.limit:g} %"
        )


def words(ramp: Ramp) -> list[str]:
    """The rules of a ramp, for people."""
    stop = (
        "when the share of people who were rejected, or whose text failed, is over "
        f"{100 * ramp.limit:g} % beyond doubt (e-value {STOP_AT:g}, fair to looking often)"
    )
    start = (
        f"with the next call, once {KNOWN:.0%} of the people so far have a last "
        f"delivery state, or {ramp.wait_words} after their last order"
    )
    return ["decided by a hash of the number, not by the order of rows", stop, start]
