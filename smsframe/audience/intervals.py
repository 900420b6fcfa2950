"""
Intervals of rates, of their differences and of their ratios, by statsmodels.

Shares: Wilson's interval; Newcombe's hybrid score interval of a difference (Statistics in Medicine 17, 1998,
873-890, method 10); Koopman's score interval of a ratio (Biometrics 40, 1984, 513-517). Means: Student's
interval; Welch's of a difference; of a ratio the delta method on its logarithm.
"""

from __future__ import annotations

from math import exp, log, nan, sqrt
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

FEWEST = 2
"""Values of which a mean has an interval."""

SMALLEST, FARTHEST, HALVINGS = 1e-9, 64.0, 60
"""Of the search for the ends of an interval: what stands for no people, how far away the ends are looked for
on the logarithmic scale, and how often what is left is halved."""


class Interval(NamedTuple):
    """
    An interval; missing numbers where there is none.

    Attributes:
        low: Its lower end.
        high: Its upper end.
    """

    low: float
    high: float


NONE = Interval(nan, nan)


def rate(group: NDArray[np.float64], level: float, *, binary: bool) -> Interval:
    """The interval of a share, or of a mean."""
    proportion, weights = _statsmodels()
    if binary:
        return _ends(proportion.proportion_confint(group.sum(), len(group), 1 - level, method="wilson"))
    if len(group) < FEWEST:
        return NONE
    return _ends(weights.DescrStatsW(group).tconfint_mean(1 - level))


def difference(
    group: NDArray[np.float64], control: NDArray[np.float64], level: float, *, binary: bool
) -> Interval:
    """The interval of the difference of two shares, or of two means."""
    proportion, weights = _statsmodels()
    if binary:
        counts = (group.sum(), len(group), control.sum(), len(control))
        found = proportion.confint_proportions_2indep(
            *counts, method="newcomb", compare="diff", alpha=1 - level
        )
        return _ends(found)
    if min(len(group), len(control)) < FEWEST or (np.ptp(group) == 0 and np.ptp(control) == 0):
        return NONE
    means = weights.CompareMeans(weights.DescrStatsW(group), weights.DescrStatsW(control))
    return _ends(means.tconfint_diff(1 - level, usevar="unequal"))


def ratio(
    group: NDArray[np.float64], control: NDArray[np.float64], level: float, *, binary: bool
) -> Interval:
    """The interval of the ratio of two shares, or of two means above 0; none where the control has 0."""
    proportion, _ = _statsmodels()
    if control.sum() <= 0:
        return NONE
    if binary:
        counts = (int(group.sum()), len(group), int(control.sum()), len(control))
        with np.errstate(all="ignore"):  # at the estimate a test may divide 0 by 0
            return _score_interval(counts, level, proportion.score_test_proportions_2indep)
    if min(len(group), len(control)) < FEWEST or group.mean() <= 0:
        return NONE
    spread = sqrt(sum(part.var(ddof=1) / len(part) / part.mean() ** 2 for part in (group, control)))
    middle, reach = log(group.mean() / control.mean()), NormalDist().inv_cdf((1 + level) / 2) * spread
    return Interval(exp(middle - reach), exp(middle + reach))


def _score_interval(counts: tuple[int, int, int, int], level: float, test: Any) -> Interval:
    """
    The ratios of two shares that their score test does not refuse.

    The closed form of these ends in statsmodels is another root where a whole group converted: 2 of 2 against
    2 of 10 would be 3.0 to 17.6 times as many, instead of 1.2 to 17.6; so its test is asked.
    """
    largest = NormalDist().inv_cdf((1 + level) / 2)

    def refused(logarithm: float) -> bool:
        found = test(*counts, value=exp(logarithm), compare="ratio", correction=False, return_results=False)
        return bool(abs(found[0]) > largest)  # a missing number, at the estimate, is not

    converted, people, converted_control, people_control = counts
    # Of a group in which nobody converted any ratio near enough to 0 is inside.
    inside = log(max(converted, SMALLEST) / people / (converted_control / people_control))
    ends = []
    for direction in (-1.0, 1.0):
        near, step = inside, 1.0
        while not refused(near + direction * step) and step < FARTHEST:
            step *= 2
        far = near + direction * step
        for _ in range(HALVINGS):
            middle = (near + far) / 2
            near, far = (near, middle) if refused(middle) else (middle, far)
        ends.append(exp(near))
    return Interval(ends[0] if converted else 0.0, ends[1])


def _ends(found: Any) -> Interval:
    low, high = (float(end) for end in found)
    return Interval(low, high)


def _statsmodels() -> tuple[Any, Any]:
    try:
        from statsmodels.stats import proportion, weightstats  # noqa: PLC0415 - an extra
    except ImportError:
        raise ImportError('lift needs statsmodels: pip install "smsframe[stats]"') from None
    return proportion, weightstats
