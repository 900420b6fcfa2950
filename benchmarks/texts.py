"""Texts: filled, their encodings found and their segments counted, beside `smsutil` called for each."""

from __future__ import annotations

import importlib
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, NamedTuple

from benchmarks import people
from benchmarks.table import Aim, Row
from benchmarks.turns import Call, apart, take_turns

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from benchmarks.turns import Scale, Seconds
    from smsframe.texts.render import Rendered

FILLED = "texts filled, encodings and segments"
COUNTED = "encodings and segments, as a plan counts"
AIM = Aim(70, faster=True)
ENCODINGS = {"gsm0338": "gsm", "utf_16_be": "ucs2"}


def rows(scale: Scale) -> Iterator[Row]:
    """Two rows, without figures if there is nothing to compare with."""
    if find_spec("smsutil") is None:
        for what in (FILLED, COUNTED):
            yield Row(what, "smsutil", scale.rows, aim=AIM, missing="smsutil is not installed")
        return
    seconds = apart(measure, scale)
    yield seconds.row(FILLED, "smsutil", scale.rows, AIM, ours=["filled"])
    yield seconds.row(COUNTED, "smsutil", scale.rows, AIM, ours=["counted"])


def measure(scale: Scale) -> Seconds:
    """All, in a process of their own."""
    import smsframe  # noqa: F401 - as for numbers

    def make(seed: int) -> tuple[pd.DataFrame, list[dict[Any, Any]]]:
        frame = people.frame(people.numbers(scale.rows, seed), seed)
        return frame, frame.head(scale.sample).to_dict("records")

    def expect(_: Any, answers: dict[str, Any]) -> None:
        texts = answers["filled"].texts.head(scale.sample)
        for made in (answers["filled"].rendered.counted, answers["counted"].counted):
            head = made.head(scale.sample)
            given = list(zip(texts, head["encoding"], head["segments"], strict=True))
            if given != answers["loop"]:
                raise SystemExit("some texts are not counted as smsutil does")

    calls = {
        "filled": Call(lambda turn: filled(turn[0])),
        "counted": Call(lambda turn: render(turn[0])),
        "loop": Call(lambda turn: loop(turn[1]), share=scale.sample / scale.rows),
    }
    return take_turns(make, calls, scale.turns, expect)


class Filled(NamedTuple):
    """What is counted of texts, and the texts."""

    rendered: Rendered
    texts: pd.Series


def filled(frame: pd.DataFrame) -> Filled:
    """The texts of a frame, filled and counted."""
    rendered = render(frame)
    return Filled(rendered, rendered.texts)


def render(frame: pd.DataFrame) -> Rendered:
    """Texts judged and counted, not filled; `plan`, the public call for it, does a great deal more."""
    from smsframe.texts import render as text

    return text.render(text.parse(people.TEXT), frame)


def loop(records: list[dict[Any, Any]]) -> list[tuple[str, str, int]]:
    """What people write today: each text filled, its encoding found, its segments counted."""
    split = importlib.import_module("smsutil").split
    texts = [people.TEXT.format_map(record) for record in records]
    results = [split(text) for text in texts]
    return [
        (text, ENCODINGS[result.encoding], len(result.parts))
        for text, result in zip(texts, results, strict=True)
    ]
