"""What a frame costs beyond its columns: `check` beside `normalize`, `plan` beside the sum of its parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks import people
from benchmarks.table import Aim
from benchmarks.texts import render
from benchmarks.turns import Call, apart, take_turns

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from benchmarks.table import Row
    from benchmarks.turns import Scale, Seconds

PARTS = ("check", "count texts")


def rows(scale: Scale) -> Iterator[Row]:
    """Two rows, each measured apart."""
    check = apart(measure_check, scale)
    what = "check, 10 columns, a rule, doubles"
    yield check.row(what, "normalize", scale.rows, Aim(4), ours=["check"], theirs=["normalize"])
    plan = apart(measure_plan, scale)
    yield plan.row("plan, 10 columns", " + ".join(PARTS), scale.rows, Aim(1.3), ours=["plan"], theirs=PARTS)


def measure_check(scale: Scale) -> Seconds:
    """`check` with a rule in pandera, one row in twenty a duplicate, and `normalize` of the same column."""
    import pandera.pandas as pa

    import smsframe

    class Guests(smsframe.ContactsSchema):
        table: int = pa.Field(ge=1)

    calls = {
        "check": Call(lambda frame: smsframe.check(frame, phone="mobile", region="IT", schema=Guests)),
        "normalize": Call(lambda frame: smsframe.normalize(frame["mobile"], region="IT")),
    }
    return take_turns(lambda seed: italians(scale.rows, seed), calls, scale.turns)


def measure_plan(scale: Scale) -> Seconds:
    """`plan`, and what it is made of: texts are judged and counted, as a plan does, and filled by neither."""
    import smsframe

    calls = {
        "plan": Call(lambda frame: smsframe.plan(frame, people.TEXT, phone="mobile", region="IT")),
        "check": Call(lambda frame: smsframe.check(frame, phone="mobile", region="IT")),
        "count texts": Call(render),
    }
    return take_turns(lambda seed: italians(scale.rows, seed), calls, scale.turns)


def italians(rows: int, seed: int) -> pd.DataFrame:
    """Ten columns; one country in eleven spellings, 5 % invalid, 5 % twice."""
    return people.frame(people.numbers(rows, seed, countries=people.ITALY, twice=0.05), seed)
