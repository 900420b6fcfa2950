r"""
Patterns of digits, walked digit by digit: which numbers match which, as ranges.

A numbering plan is written as regular expressions over digits (``(?:3[1-9]\d|4[0-4])\d{6}``). The numbers of
one length stand in a tree of ten branches a level; where every number below a branch matches, they are one
span. Walking the tree once turns any question about a number into a binary search for an integer, with
nothing left out: it asks the patterns themselves, not a sample of numbers. What is left to match after some
digits is often the same in other places, also of other patterns, so its spans are found once.

They are stepped through by partial derivatives (V. Antimirov, 1996): what is left to match after a digit is
a set of patterns again.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Choice: TypeAlias = "frozenset[Sequence]"
"""Alternatives. What is left to match is one; without any, nothing can match any more."""

Sequence: TypeAlias = "tuple[str | Choice, ...]"
"""Parts, one after the other: the digits that one place may have, or a choice."""

Spans: TypeAlias = "tuple[tuple[int, int], ...]"
"""Integers in order: the first of each run, and the one after its last."""

DIGITS: Final = "0123456789"

_TOKEN: Final = re.compile(r"\(\?:|[()|?]|\[[\d-]+\]|\\d|\d|\{\d+(?:,\d+)?\}")
_END: Final[Sequence] = ()
NOTHING: Final[Choice] = frozenset()
"""Nothing can match any more."""


class NotDigits(ValueError):
    """A pattern has more in it than digits, such as a look-ahead."""


@cache
def parse(pattern: str) -> Choice:
    r"""
    Read a pattern that a whole string of digits is to match.

    Raises:
        NotDigits: It has more than digits, their classes, groups, alternatives and bounded repeats.

    Example:
        >>> left = parse(r"4[1-3](?:\d{2})?")
        >>> matched(after(after(left, "4"), "2")), after(left, "5")
        (True, frozenset())
    """
    tokens = _TOKEN.findall(pattern)
    if "".join(tokens) != pattern:
        raise NotDigits("a pattern has more than digits in it")
    return _alternatives(iter([*tokens, ")"]))


def _alternatives(tokens: Iterator[str]) -> Choice:
    done: list[Sequence] = []
    parts: list[str | Choice] = []
    for token in tokens:
        if token == ")":  # noqa: S105 - no password
            break
        if token == "|":  # noqa: S105 - as above
            done.append(tuple(parts))
            parts = []
        elif token[0] == "(":
            parts.append(_alternatives(tokens))
        elif token[0] in "?{":
            fewest, _, most = ("0", "", "1") if token == "?" else token[1:-1].partition(",")  # noqa: S105 - as above
            parts[-1:] = _repeated(parts[-1], int(fewest), int(most or fewest))
        else:
            parts.append(_digits(token))
    return frozenset([*done, tuple(parts)])


@cache
def _digits(token: str) -> str:
    return "".join(re.findall(token, DIGITS))


def _repeated(part: str | Choice, fewest: int, most: int) -> Sequence:
    perhaps: Sequence = _END
    for _ in range(most - fewest):
        perhaps = (frozenset([_END, (part, *perhaps)]),)
    return (part,) * fewest + perhaps


@cache
def steps(left: Choice) -> tuple[tuple[int, int, Choice], ...]:
    """
    What is left to match after each digit, as runs: first digit, last digit, what is left.

    Digits after which nothing can match any more are in no run.
    """
    rests: dict[str, set[Sequence]] = {digit: set() for digit in DIGITS}
    for way in left:
        _step(way, rests)
    runs: list[tuple[int, int, Choice]] = []
    for place, digit in enumerate(DIGITS):
        if not rests[digit]:
            continue
        rest = frozenset(rests[digit])
        if runs and runs[-1][1] == place - 1 and runs[-1][2] == rest:
            runs[-1] = (runs[-1][0], place, runs[-1][2])
        else:
            runs.append((place, place, rest))
    return tuple(runs)


def _step(way: Sequence, rests: dict[str, set[Sequence]]) -> None:
    if not way:
        return
    first, rest = way[0], way[1:]
    if isinstance(first, str):
        for digit in first:
            rests[digit].add(rest)
    else:
        for choice in first:
            _step((*choice, *rest), rests)


def after(left: Choice, digit: str) -> Choice:
    """What is left to match after a digit."""
    place = int(digit)
    return next((rest for first, last, rest in steps(left) if first <= place <= last), NOTHING)


@cache
def matched(left: Choice) -> bool:
    """Whether a string may end here."""
    return any(all(not isinstance(part, str) and matched(part) for part in way) for way in left)


@cache
def longest(left: Choice) -> int:
    """How many digits the longest string has that matches."""
    return max(
        (sum(1 if isinstance(part, str) else longest(part) for part in way) for way in left), default=0
    )


def words(pattern: str, most: int = 64) -> tuple[list[str], int]:
    r"""
    The shorter strings that match a pattern.

    Args:
        pattern: As in ``parse``.
        most: Where more beginnings than this are possible, nothing longer is looked for.

    Returns:
        The strings, and up to how many digits they are all there are.

    Example:
        >>> words("0|18(?:00)?"), words(r"0(?:[12]\d{7})?")
        ((['0', '18', '1800'], 4), (['0'], 3))
    """
    found: list[str] = []
    ways = [("", parse(pattern))]
    length = -1
    while 0 < len(ways) <= most:
        found += [written for written, left in ways if matched(left)]
        ways = [
            (written + digit, rest)
            for written, left in ways
            for digit in DIGITS
            if (rest := after(left, digit))
        ]
        length += 1
    return found, length


@cache
def whole(left: Choice, length: int) -> Spans:
    r"""
    The strings of so many digits that match, as spans of integers.

    Example:
        >>> whole(parse(r"1[0-4]|3\d"), 2)
        ((10, 15), (30, 40))
    """
    if not length:
        return ((0, 1),) if matched(left) else ()
    return _spans(left, length, lambda rest: whole(rest, length - 1))


@cache
def beginning(left: Choice, length: int, fewest: int = 1) -> Spans:
    """
    The strings of so many digits of which the first ones match, at least ``fewest`` of them.

    Example:
        >>> beginning(parse("1|23"), 2)
        ((10, 20), (23, 24))
    """
    if fewest < 1 and matched(left):
        return ((0, 10**length),)
    if not length:
        return ()
    return _spans(left, length, lambda rest: beginning(rest, length - 1, fewest - 1))


def _spans(left: Choice, length: int, below: Callable[[Choice], Spans]) -> Spans:
    """The spans of a tree of digits, from those of its branches; neighbours are joined."""
    size = 10 ** (length - 1)
    found: list[tuple[int, int]] = []
    for first, last, rest in steps(left):
        spans = below(rest)
        if spans == ((0, size),):
            found.append((first * size, (last + 1) * size))
            continue
        for digit in range(first, last + 1):
            found += [(start + digit * size, stop + digit * size) for start, stop in spans]
    joined: list[tuple[int, int]] = []
    for start, stop in found:
        if joined and joined[-1][1] == start:
            joined[-1] = (joined[-1][0], stop)
        else:
            joined.append((start, stop))
    return tuple(joined)
