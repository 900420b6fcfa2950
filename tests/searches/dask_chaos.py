"""
The chaos run over Dask: random tables in random cuts and orders, sent by worker processes that are killed.

A *story* is what one seed chooses: people, some of them twice; how they are cut, and in which order; how many
workers are killed while they are sent, and what the gateway loses meanwhile. Then the same people are sent
again in another order and cut. It is judged from outside: the results against what the sandbox gave people.

``python -m searches.chaos --engine dask``, from ``tests/``.
"""

from __future__ import annotations

import itertools
import os
import random
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import dask
import dask.dataframe as dd
import pandas as pd
from helpers.dask_cluster import Killer, cluster
from helpers.sending import table

import smsframe
import smsframe.engines.dask

GRACE = 0.6
ROUNDS = 6
"""How often the same call is made until everybody is texted, at most."""


def cut(people, dice):
    """A frame of Dask of these people in another order, in up to a dozen partitions, which may be empty."""
    people = people.sample(frac=1, random_state=dice.randrange(10**6))
    at = sorted(dice.randrange(len(people) + 1) for _ in range(dice.randrange(12)))
    edges = [0, *at, len(people)]
    pieces = [people.iloc[begin:end] for begin, end in itertools.pairwise(edges)]
    return dd.from_delayed([dask.delayed(piece) for piece in pieces], meta=people.iloc[:0], verify_meta=False)


def story(seed, folder, server=None):
    """Tell one story; what came of it, counted. ``server`` names a PostgreSQL server for the journal."""
    dice, told = random.Random(seed), Counter()
    people = table(dice.randrange(100, 500))
    rows = pd.concat([people, people.sample(dice.randrange(30), random_state=seed)])
    with smsframe.Sandbox(
        latency=dice.choice((0.02, 0.1)), repeated_order_id="accept", credits=10**6
    ) as sandbox:
        environment = {"BASE_URL": sandbox.url, "USERNAME": "demo", "PASSWORD": "demo"}
        os.environ.update({f"SMSFRAME_{name}": value for name, value in environment.items()})
        if dice.random() < 0.5:
            sandbox.misbehave(
                dice.choice(("drop_after", "late_answer", "drop_before")), times=dice.randrange(1, 4)
            )
        moments = sorted(dice.randrange(len(people)) for _ in range(dice.randrange(4)))
        steps = [lambda least=least: len(sandbox.inbox()) >= least for least in moments]
        with cluster({}, workers=3) as made, Killer(made, steps) as killer:
            for _ in range(ROUNDS):
                frame = cut(rows, dice)
                with suppress(smsframe.SmsFrameError):
                    out = frame.sms.send(
                        "Ciao {name}",
                        campaign="autumn",
                        phone="mobile",
                        journal=f"{server}?schema=story_{seed}"
                        if server
                        else Path(folder) / f"{seed}.sqlite",
                        batch_size=dice.choice((5, 20, 100)),
                        grace=GRACE,
                        progress=False,
                    ).compute()
                    if set(out["sms_status"]) <= {"accepted", "duplicate"}:
                        break
        got = sandbox.inbox()["recipient"].value_counts()
        told["people"], told["killed"] = len(people), len(killer.killed)
        told["doubled"] = int(got.gt(1).sum())
        told["forgotten"] = len(set(people["mobile"]) - set(got.index))
    return told


def run(first, stories, minutes, server=None):
    """Tell stories, and print what came of them; whether something is wrong."""
    began, total, seed = time.monotonic(), Counter(), first
    with tempfile.TemporaryDirectory() as folder:
        while seed < first + stories and time.monotonic() - began < 60 * minutes:
            told = story(seed, folder, server)
            wrong = told["doubled"] or told["forgotten"]
            print(f"seed {seed}: {dict(told)}{' WRONG' if wrong else ''}", file=sys.stderr, flush=True)
            total.update(told)
            seed += 1
    print(
        f"{seed - first} stories, {total['people']:,} people, {total['killed']} workers killed: "
        f"doubled {total['doubled']}, forgotten {total['forgotten']}"
    )
    return bool(total["doubled"] or total["forgotten"])
