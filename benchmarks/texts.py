"""Texts: filled, their encodings found and their segments counted, beside `smsutil` called for each."""

from __future__ import annotations

import importlib
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from benchmarks import people
from benchmarks.table import Aim, Row
from benchmarks.turns import Call, apart, take_turns

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from benchmarks.turns import Scale, Seconds

WHAT = "render and segments, all texts different"
AIM = Aim(60, faster=True)
ENCODINGS = {"gsm0338": "gsm", "utf_16_be": "ucs2"}


def rows(scale: Scale) -> Iterator[Row]:
    """The one row, without figures if there is nothing to compare with."""
    if find_spec("smsutil") is None:
        yield Row(WHAT, "smsutil", scale.rows, aim=AIM, missing="smsutil is not installed")
        return
    yield apart(measure, scale).row(WHAT, "smsutil", scale.rows, AIM)


def measure(scale: Scale) -> Seconds:
    """Both, in a process of their own."""
    import smsframe  # noqa: F401 - as for numbers

    def make(seed: int) -> tuple[pd.DataFrame, list[dict[Any, Any]]]:
        frame = people.frame(people.numbers(scale.rows, seed), seed)
        return frame, frame.head(scale.sample).to_dict("records")

    def expect(_: Any, answers: dict[str, Any]) -> None:
        head = answers["ours"].head(scale.sample)
        given = list(zip(head["encoding"], head["segments"], strict=True))
        if given != answers["loop"]:
            raise SystemExit(f"{WHAT}: some answers are not those of smsutil")

    calls = {
        "ours": Call(lambda turn: render(turn[0])),
        "loop": Call(lambda turn: loop(turn[1]), share=scale.sample / scale.rows),
    }
    return take_turns(make, calls, scale.turns, expect)


def render(frame: pd.DataFrame) -> pd.DataFrame:
    """The texts of a frame, filled and counted; `plan`, the public call for it, does a great deal more."""
    from smsframe.texts import render as text

    return text.render(text.parse(people.TEXT), frame).counted


def loop(records: list[dict[Any, Any]]) -> list[tuple[str, int]]:
    """What people write today: each text filled, its encoding found, its segments counted."""
    split = importlib.import_module("smsutil").split
    results = [split(people.TEXT.format_map(record)) for record in records]
    return [(ENCODINGS[result.encoding], len(result.parts)) for result in results]
