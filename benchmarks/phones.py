"""Numbers: read, validated and typed, beside `phonenumbers` called for each, and one pass of a pattern."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from benchmarks import people
from benchmarks.table import Aim
from benchmarks.turns import Call, apart, take_turns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pandas as pd

    from benchmarks.table import Row
    from benchmarks.turns import Scale, Seconds

E164 = r"^\+[1-9][0-9]{6,14}$"


class Measure(NamedTuple):
    """What is measured: a turn's people, the call, which gives a column, and how much faster it should be."""

    what: str
    make: Callable[[int, int], pd.DataFrame]
    ours: Callable[[pd.DataFrame], pd.Series]
    faster: float


class Turn(NamedTuple):
    """The people, and the same in the form each neighbour likes best."""

    frame: pd.DataFrame
    column: Any  # of pyarrow
    sample: tuple[list[str], list[str]]  # numbers and regions


def clean(rows: int, seed: int) -> pd.DataFrame:
    """E.164 of one country, all valid."""
    return people.numbers(rows, seed, countries=people.ITALY, good=people.CLEAN, share=0)


def mixed(rows: int, seed: int) -> pd.DataFrame:
    """One country in eleven spellings, 5 % invalid."""
    return people.numbers(rows, seed, countries=people.ITALY)


def abroad(rows: int, seed: int) -> pd.DataFrame:
    """Twelve countries in eleven spellings, 5 % invalid, in a frame of ten columns."""
    return people.frame(people.numbers(rows, seed), seed)


def hostile(rows: int, seed: int) -> pd.DataFrame:
    """As abroad, but 30 % are invalid or have a national prefix after the country code."""
    bad = people.INVALID + people.TRUNKS
    return people.frame(people.numbers(rows, seed, bad=bad, share=0.3), seed)


def everywhere(rows: int, seed: int) -> pd.DataFrame:
    """Every country that has mobiles, in E.164 and in national form, in a frame of ten columns."""
    return people.frame(people.everywhere(rows, seed), seed)


def normalized(frame: pd.DataFrame, region: str | None) -> pd.Series:
    """`normalize` a column whose numbers are of one country."""
    import smsframe

    return smsframe.normalize(frame["mobile"], region=region)


def checked(frame: pd.DataFrame) -> pd.Series:
    """The whole `check`, where each row says its country."""
    import smsframe

    return smsframe.check(frame, phone="mobile", region="country")["sms_phone"]


MEASURES = (
    Measure("normalize, clean E.164 of one country", clean, lambda frame: normalized(frame, None), 350),
    Measure("normalize, mixed spellings, 5 % invalid", mixed, lambda frame: normalized(frame, "IT"), 250),
    Measure("check, 12 countries, region= a column", abroad, checked, 100),
    Measure("check, all countries, region= a column", everywhere, checked, 40),
    Measure("check, 30 % invalid or trunk-prefixed", hostile, checked, 60),
)


def rows(scale: Scale) -> Iterator[Row]:
    """A row each, and one more for the floor of the first."""
    for place, (what, _, _, faster) in enumerate(MEASURES):
        seconds = apart(measure, place, scale)
        yield seconds.row(what, "phonenumbers", scale.rows, Aim(faster, faster=True))
        if place == 0:
            yield seconds.row(what, "one regex pass", scale.rows, Aim(3), theirs=["floor"])


def measure(place: int, scale: Scale) -> Seconds:
    """One of the measures, in the process it has for itself."""
    import smsframe  # noqa: F401 - importing it has a row of its own

    what, people_of, ours, _ = MEASURES[place]

    def make(seed: int) -> Turn:
        import pyarrow as pa

        frame = people_of(scale.rows, seed)
        head = frame.head(scale.sample)
        return Turn(frame, pa.array(frame["mobile"]), (head["mobile"].tolist(), head["country"].tolist()))

    def expect(_: Turn, answers: dict[str, Any]) -> None:
        given = answers["ours"].head(scale.sample).fillna("").tolist()
        wrong = sum(one != other for one, other in zip(given, answers["loop"], strict=True))
        if wrong:
            raise SystemExit(f"{what}: {wrong} of {len(given)} answers are not those of phonenumbers")

    calls = {
        "ours": Call(lambda turn: ours(turn.frame)),
        "loop": Call(lambda turn: loop(*turn.sample), share=scale.sample / scale.rows),
        "floor": Call(lambda turn: floor(turn.column)),
    }
    return take_turns(make, calls, scale.turns, expect)


def loop(numbers: list[str], regions: list[str]) -> list[str]:
    """What people write today: each number in E.164 if a mobile can have it, else nothing."""
    from phonenumbers import (
        NumberParseException,
        PhoneNumberFormat,
        PhoneNumberType,
        format_number,
        is_valid_number,
        number_type,
        parse,
    )

    mobile = {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}

    def one(number: str, region: str) -> str:
        try:
            parsed = parse(number, region)
        except NumberParseException:
            return ""
        usable = is_valid_number(parsed) and number_type(parsed) in mobile
        written = format_number(parsed, PhoneNumberFormat.E164)
        return written if usable else ""

    return [one(number, region) for number, region in zip(numbers, regions, strict=True)]


def floor(column: Any) -> Any:
    """The least that looking at every number can cost."""
    import pyarrow.compute as pc

    return pc.match_substring_regex(column, E164)
