r"""
Patterns of digits, walked digit by digit: which numbers match which, as ranges.

A numbering plan is written as regular expressions over digits (``(?:3[1-9]\d|4[0-4])\d{6}``). The numbers of
one length stand in a tree of ten branches a level; where every number below a branch matches the same
patterns, they are one range. Walking the tree once turns any question about a number into a binary search for
an integer, with nothing left out: it asks the patterns themselves, not a sample of numbers.

They are stepped through by partial derivatives (V. Antimirov, 1996): what is left to match after a digit is
a set of patterns again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterator, Mapping
from functools import cache
from typing import Final, TypeAlias, TypeVar

Label = TypeVar("Label")

Choice: TypeAlias = "frozenset[Sequence]"
"""Alternatives. What is left to match is one; without any, nothing can match any more."""

Sequence: TypeAlias = "tuple[str | Choice, ...]"
"""Parts, one after the other: the digits that one place may have, or a choice."""

Question: TypeAlias = Callable[[frozenset[Hashable]], Label]
"""What the patterns that a number matches mean, given their names."""

DIGITS: Final = "0123456789"

_TOKEN: Final = re.compile(r"\(\?:|[()|?]|\[[\d-]+\]|\\d|\d|\{\d+(?:,\d+)?\}")
_END: Final[Sequence] = ()


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
            parts.append("".join(re.findall(token, DIGITS)))
    return frozenset([*done, tuple(parts)])


def _repeated(part: str | Choice, fewest: int, most: int) -> Sequence:
    perhaps: Sequence = _END
    for _ in range(most - fewest):
        perhaps = (frozenset([_END, (part, *perhaps)]),)
    return (part,) * fewest + perhaps


@cache
def after(left: Choice, digit: str) -> Choice:
    """What is left to match after a digit."""
    return frozenset(rest for way in left for rest in _after(way, digit))


def _after(way: Sequence, digit: str) -> Iterator[Sequence]:
    if not way:
        return
    first, rest = way[0], way[1:]
    if isinstance(first, str):
        if digit in first:
            yield rest
    else:
        for choice in first:
            yield from _after((*choice, *rest), digit)


@cache
def matched(left: Choice) -> bool:
    """Whether a string may end here."""
    return any(all(not isinstance(part, str) and matched(part) for part in way) for way in left)


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


def ranges(
    whole: Mapping[Hashable, str],
    begin: Mapping[Hashable, tuple[str, int]],
    length: int,
    means: Question[Label],
) -> list[tuple[int, Label]]:
    """
    What every string of so many digits means, as ranges.

    Args:
        whole: Patterns that the whole string may match, by name.
        begin: Patterns that its first digits may match, by name; and how many digits are too few for that.
        length: Digits.
        means: Called with the names of what matches; equal answers side by side become one range.

    Returns:
        How many strings, in order, have which meaning; the counts add up to 10 ** length.

    Raises:
        NotDigits: As in ``parse``.

    Example:
        >>> ranges({"a": "1[0-4]"}, {}, 2, bool)
        [(10, False), (5, True), (85, False)]
    """

    @cache
    def below(lefts: frozenset[tuple[Hashable, Choice]], met: frozenset[Hashable], rest: int) -> Runs[Label]:
        if not rest or not lefts:
            ended = {name for name, left in lefts if name in whole and matched(left)}
            return ((10**rest, means(met | ended)),)
        runs: list[tuple[int, Label]] = []
        at = length - rest + 1
        for digit in DIGITS:
            nexts = {(name, left) for name, before in lefts if (left := after(before, digit))}
            begun = {name for name, left in nexts if name in begin and at > begin[name][1] and matched(left)}
            going = frozenset((name, left) for name, left in nexts if name not in begun)
            _extend(runs, below(going, met | begun, rest - 1))
        return tuple(runs)

    patterns = {**whole, **{name: pattern for name, (pattern, _) in begin.items()}}
    start = frozenset((name, parse(pattern)) for name, pattern in patterns.items())
    return [*below(start, frozenset(), length)]


Runs: TypeAlias = tuple[tuple[int, Label], ...]


def _extend(runs: list[tuple[int, Label]], more: Runs[Label]) -> None:
    """Append ranges; what means the same as its neighbour joins it."""
    for count, label in more:
        if runs and runs[-1][1] == label:
            runs[-1] = (runs[-1][0] + count, label)
        else:
            runs.append((count, label))
