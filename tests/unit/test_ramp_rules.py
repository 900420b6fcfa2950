"""The stop of a ramp: fair to looking often, sure to come at twice the limit; and who is in which stage."""

from __future__ import annotations

from datetime import timedelta
from math import comb

import numpy as np
import pandas as pd
import pytest

from smsframe.orders.ramp import STOP_AT, Outcomes, RampState, e_value, ramp_of, state_of

LOOKS = 100


def looked_at(rate, *, limit=0.05, people=2_000, runs=400, seed=11):
    """For simulated ramps, looked at 100 times: how many people at the first look that stops, or 0."""
    rng = np.random.default_rng(seed)
    at = np.linspace(people / LOOKS, people, LOOKS).astype(int)
    failed = np.cumsum(rng.random((runs, people)) < rate, axis=1)[:, at - 1]
    known = {}
    stops = np.zeros(runs, dtype=int)
    for run in range(runs):
        for count, bad in zip(at.tolist(), failed[run].tolist(), strict=True):
            if (count, bad) not in known:
                known[count, bad] = e_value(count, bad, limit)
            if known[count, bad] >= STOP_AT:
                stops[run] = count
                break
    return stops, at, failed


def test_a_healthy_ramp_is_hardly_ever_stopped_though_it_is_looked_at_a_hundred_times():
    """At the limit itself, where it is hardest to tell; below it never, in as many runs."""
    at_the_limit, at, failed = looked_at(0.05, runs=1_000)
    assert (at_the_limit > 0).mean() < 0.035
    below, *_ = looked_at(0.03)
    assert (below > 0).mean() < 0.005
    # What a test for one look would do, p < 0.05 by the normal distribution, at the same looks.
    scores = (failed - 0.05 * at) / np.sqrt(at * 0.05 * 0.95)
    naive = (scores[:, at >= 100] > 1.645).any(axis=1).mean()
    assert naive > 0.2


def test_twice_the_limit_is_always_found_and_soon():
    stops, *_ = looked_at(0.1)
    assert (stops > 0).all()
    assert np.median(stops) <= 300


@pytest.mark.parametrize("limit", [0.01, 0.05, 0.2])
def test_the_evidence_is_never_expected_to_grow_when_the_limit_is_kept(limit):
    """What makes it an e-value: over all outcomes of so many people its mean is 1 at most (Ville)."""
    for people in (1, 7, 60):
        chances = [
            comb(people, bad) * limit**bad * (1 - limit) ** (people - bad) for bad in range(people + 1)
        ]
        mean = sum(
            chance * e_value(people, bad, limit)
            for bad, chance in zip(range(people + 1), chances, strict=True)
        )
        assert mean == pytest.approx(1, rel=1e-6)


@pytest.mark.parametrize(
    ("people", "failed", "limit", "expected"),
    # By numerical integration of the beta density (scipy.integrate.quad), not by this code.
    [
        (100, 5, 0.05, 0.4700810926),
        (300, 30, 0.05, 161.462975),
        (50, 0, 0.02, 0.5),
        (20, 3, 0.1, 1.0156905674),
    ],
)
def test_the_evidence_is_the_integral_that_it_says(people, failed, limit, expected):
    assert e_value(people, failed, limit) == pytest.approx(expected, rel=1e-6)


def test_a_stage_of_many_people_is_no_problem_for_it():
    assert e_value(1_000_000, 49_000, 0.05) < 1e-3
    assert e_value(1_000_000, 100_000, 0.05) > STOP_AT
    assert e_value(0, 0, 0.05) == 1


def test_the_stages_are_shares_by_the_number_not_by_the_order():
    ramp = ramp_of("1%, 10%, rest")
    persons = np.arange(447_700_900_000, 447_701_000_000)
    stages = ramp.stage_of(persons, "autumn")
    shares = np.bincount(stages) / len(persons)
    assert shares.round(2).tolist() == [0.01, 0.1, 0.89]
    assert (ramp.stage_of(persons[::-1], "Autumn")[::-1] == stages).all()  # a name in capitals is the same
    assert (ramp.stage_of(persons, "winter") == 0).nonzero()[0].tolist() != (stages == 0).nonzero()[
        0
    ].tolist()


@pytest.mark.parametrize(
    ("text", "ends", "limit", "hours"),
    [
        ("1%, 10%, rest", (0.01, 0.11, 1.0), 0.05, 24),
        ("0.5 %,rest; limit 2%", (0.005, 1.0), 0.02, 24),
        ("20%, 30%, rest; wait 30 min; limit 12.5%", (0.2, 0.5, 1.0), 0.125, 0.5),
        ("rest", (1.0,), 0.05, 24),
        ("1%, REST; wait 2 days", (0.01, 1.0), 0.05, 48),
    ],
)
def test_a_ramp_is_read_and_written(text, ends, limit, hours):
    ramp = ramp_of(text)
    assert (ramp.ends, ramp.limit, ramp.wait) == (ends, limit, timedelta(hours=hours))
    assert ramp_of(ramp.text) == ramp
    state = RampState(ramp, 1 if len(ends) > 1 else 0, 'stopped: "why"')
    assert state_of(state.text) == state


@pytest.mark.parametrize(
    "text",
    [
        "", "1%", "1%, 10%", "rest, 1%", "0%, rest", "60%, 40%, rest", "x%, rest", "1, rest",
        "1%, rest; limit 0%", "1%, rest; limit 100%", "1%, rest; limit", "1%, rest; pause 2 h", "-1%, rest",
    ],
)  # fmt: skip
def test_what_is_no_ramp_is_refused(text):
    with pytest.raises(ValueError, match="ramp="):
        ramp_of(text)


@pytest.mark.parametrize(("wait", "words"), [("10 min", "10 min"), ("120 min", "2 h"), ("1.5 h", "90 min")])
def test_a_wait_reads_as_people_say_it(wait, words):
    ramp = ramp_of(f"10%, rest; wait {wait}")
    assert ramp_of(ramp.text) == ramp
    plan = pd.DataFrame({"mobile": ["+393471234501"]}).sms.plan("Ciao", phone="mobile", ramp=ramp.text)
    assert f"or {words} after" in plan._repr_html_()


def test_a_stop_stays_until_a_person_says_rest():
    stopped = RampState(ramp_of("1%, rest"), 0, "stopped")
    assert stopped.given(ramp_of("5%, rest")).stopped == "stopped"
    assert stopped.given(ramp_of("rest")).complete
    assert RampState(ramp_of("rest")).given(ramp_of("1%, rest")).complete  # nobody who could be texted waits
    half = RampState(ramp_of("1%, 10%, rest"), 1)
    assert half.given(ramp_of("1%, 10%, rest; limit 2%")).stage == 1


def test_who_fails_beyond_doubt_stops_it_and_says_so():
    ramp = ramp_of("1%, rest")
    assert Outcomes(200, 20, 200).stop(ramp) == "stopped: 20 of 200 people failed, over the limit of 5 %"
    assert Outcomes(200, 12, 200).stop(ramp) is None
