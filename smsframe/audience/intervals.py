"""
Intervals of rates, of their differences and of their ratios, by statsmodels.

Shares: Wilson's interval; Newcombe's hybrid score interval of a difference (Statistics in Medicine 17, 1998,
873-890, method 10); Koopman's score interval of a ratio (Biometrics 40, 1984, 513-517). Means: Student's
interval; Welch's of a difference; of a ratio the delta method on its logarithm.
"""

from __future__ import annotations

import warnings
from math import exp, log, nan, sqrt
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

FEWEST = 2
"""Values of which a mean has an interval."""


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
        counts = (group.sum(), len(group), control.sum(), len(control))
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")  # where nobody of the group converted its lower end is 0
            found = proportion.confint_proportions_2indep(
                *counts, method="score", compare="ratio", alpha=1 - level, correction=False
            )
        return _ends(found)
    if min(len(group), len(control)) < FEWEST or group.mean() <= 0:
        return NONE
    spread = sqrt(sum(part.var(ddof=1) / len(part) / part.mean() ** 2 for part in (group, control)))
    middle, reach = log(group.mean() / control.mean()), NormalDist().inv_cdf((1 + level) / 2) * spread
    return Interval(exp(middle - reach), exp(middle + reach))


def _ends(found: Any) -> Interval:
    low, high = (float(end) for end in found)
    return Interval(low, high)


def _statsmodels() -> tuple[Any, Any]:
    try:
        from statsmodels.stats import proportion, weightstats  # noqa: PLC0415 - an extra
    except ImportError:
        raise ImportError('lift needs statsmodels: pip install "smsframe[stats]"') from None
    return proportion, weightstats
