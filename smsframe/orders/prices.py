"""
What texts cost: prices and budgets as whole numbers, so that every sum is exact.

All amounts are counted in hundred-millionths, of a currency or of a credit.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, Final, TypeGuard

if TYPE_CHECKING:
    from collections.abc import Mapping

DECIMALS: Final = 8
"""Decimal places that a price may have."""
UNIT: Final = 10**DECIMALS
"""Units of one credit, or of one of the currency."""
ANY_COUNTRY: Final = "*"
"""In a table of prices: every country that has no price of its own."""

_LARGEST_EXPONENT: Final = 12


def units_of(value: Any) -> int:
    """
    An amount in units, exactly.

    A float is read as Python writes it, which is what somebody typed: 0.05 is 0.05. What was computed in
    floats is seldom written in eight decimal places, and is refused then.

    Raises:
        ValueError: It is no number, negative, not finite, too large, or has more than eight decimal places.

    Example:
        >>> units_of("0.05"), units_of(0.05), units_of(2)
        (5000000, 5000000, 200000000)
    """
    number = _decimal(value)
    if number is None or not number.is_finite() or number < 0:
        raise ValueError(f"{value!r} is no amount: write it as in Decimal('0.05') or '0.05'")
    if not number:
        return 0
    if number.adjusted() >= _LARGEST_EXPONENT:
        raise ValueError(f"{value!r} is too large for an amount")
    _, digits, exponent = number.as_tuple()
    whole = "".join(map(str, digits))
    surplus = -(int(exponent) + DECIMALS)
    if surplus <= 0:
        return int(whole + "0" * -surplus)
    if surplus >= len(whole) or whole[-surplus:].strip("0"):
        raise ValueError(
            f"{value!r} has more than {DECIMALS} decimal places: round it first, and give it as a Decimal"
        )
    return int(whole[:-surplus])


def amount_of(units: int) -> Decimal:
    """
    Units as a Decimal, exactly, in two decimal places or as many as are needed.

    Example:
        >>> amount_of(5_000_000), amount_of(1_250_000_000)
        (Decimal('0.05'), Decimal('12.50'))
    """
    whole, part = divmod(abs(units), UNIT)
    decimals = f"{part:0{DECIMALS}d}".rstrip("0").ljust(2, "0")
    return Decimal(f"{'-' if units < 0 else ''}{whole}.{decimals}")


@dataclass(frozen=True, slots=True)
class Prices:
    """
    What one segment costs.

    Attributes:
        currency: Of all of them, such as ``EUR``.
        units: The price by country (ISO alpha-2, or `ANY_COUNTRY`) and quality, or message type.
    """

    currency: str
    units: Mapping[tuple[str, str], int]

    def of(self, *names: str) -> dict[str, int]:
        """The price by country of the first of these names that has one there: a message type, a quality."""
        return {
            country: price
            for name in reversed(names)
            for (country, quality), price in self.units.items()
            if quality == name
        }


@dataclass(frozen=True, slots=True)
class Budget:
    """
    What a campaign may cost, and how that is counted.

    Attributes:
        limit: The most that all orders of the campaign may cost together, in units; None for no limit.
        prices: The prices; None counts credits, one for each segment.
        qualities: The quality of each message type of the gateway.
        unknown: As how many segments a text counts of which nobody knows it.
        costs: The segments and the predicted cost of orders, as far as a run has computed them, by key and
            charge (-1 before there is one): an order keeps its people, and which of them count follows from
            its charge.
    """

    limit: int | None = None
    prices: Prices | None = None
    qualities: Mapping[str, str] = field(default_factory=dict)
    unknown: int = 1
    costs: dict[tuple[int, float], tuple[int, int | None]] = field(
        default_factory=dict, repr=False, compare=False
    )

    def per_segment(self, message_type: str) -> dict[str, int]:
        """The price of a segment by country, in units; `ANY_COUNTRY` for the others, where they have one."""
        if self.prices is None:
            return {ANY_COUNTRY: UNIT}
        return self.prices.of(message_type, self.qualities.get(message_type, message_type))

    def words(self, units: int) -> str:
        """
        An amount with its currency.

        Example:
            >>> Budget().words(3 * UNIT), Budget(prices=Prices("EUR", {})).words(UNIT)
            ('3 credits', '1.00 EUR')
        """
        value = amount_of(units)
        if self.prices is not None:
            return f"{value:,f} {self.prices.currency}"
        whole = f"{units // UNIT:,}" if units % UNIT == 0 else f"{value:,f}"
        return f"{whole} credit{'' if units == UNIT else 's'}"


def limited(budget: Budget | None) -> TypeGuard[Budget]:
    """Whether there is a budget with a limit."""
    return budget is not None and budget.limit is not None


def _decimal(value: Any) -> Decimal | None:
    """A number as it is written, or None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, Decimal):
        return value
    if isinstance(value, Integral):
        return Decimal(int(value))
    if isinstance(value, Real):
        return Decimal(repr(float(value)))
    try:
        return Decimal(value.strip()) if isinstance(value, str) else None
    except InvalidOperation:
        return None
