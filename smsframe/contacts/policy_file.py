"""
House rules in a TOML file, read key by key: whatever is not understood is refused, with its line.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from smsframe.contacts.read import read_contacts

if TYPE_CHECKING:
    import os

KEYS = ("allow_only", "budget", "cap", "consent", "consent_required", "keep", "optout_text", "prices")
LARGEST = 1_000_000
"""Bytes of a policy; prices of all countries and qualities take a tenth of that."""


def read_policy(path: str | os.PathLike[str], price_columns: tuple[str, ...]) -> dict[str, Any]:
    """
    The keys of a policy file as keywords of `Policy`, whose values are still to be checked.

    Args:
        path: The file.
        price_columns: The keys that each price needs.

    Raises:
        ValueError: It is no TOML, or has a key or a kind of value that is not known; says where.
        OSError: It cannot be read.
    """
    file = Path(path).expanduser()
    with file.open("rb") as opened:
        raw = opened.read(LARGEST + 1)
    if len(raw) > LARGEST:
        raise ValueError(f"{file} is larger than {LARGEST:,} bytes: it is no policy")
    try:
        text = raw.decode("utf-8-sig")
        found = tomllib.loads(text, parse_float=Decimal)
    except UnicodeDecodeError:
        raise ValueError(f"{file} is no UTF-8: save it again as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{file} is no TOML: {error}") from None
    for key in found:
        if key not in KEYS:
            raise ValueError(
                f"{file}, {_line(text, key)}: unknown key {key!r}; this version of smsframe knows "
                f"{', '.join(KEYS)}"
            )
    budget = found.get("budget", 0)
    if isinstance(budget, bool) or not isinstance(budget, int | str | Decimal):
        raise ValueError(  # noqa: TRY004 - as everything that is wrong with a policy
            f'{file}, {_line(text, "budget")}: budget must be an amount, such as 250 or "250.00", not '
            f"{_kind(budget)}"
        )
    _people(found, file, text)
    for key, kinds, wanted in (
        ("keep", str, 'a duration, such as "90 days"'),
        ("consent", str | list, "the name of a column, or an array of names"),
        ("consent_required", bool, "true or false"),
        ("optout_text", str, 'words, such as "STOP: reply STOP"'),
    ):
        if key in found and not isinstance(found[key], kinds):
            raise ValueError(f"{file}, {_line(text, key)}: {key} must be {wanted}, not {_kind(found[key])}")
    if "prices" in found:
        found["prices"] = _prices(found["prices"], file, text, price_columns)
    return found


def _people(found: dict[str, Any], file: Path, text: str) -> None:
    """The rules about people, in place: the cap, and the numbers that are allowed."""
    cap, allowed = found.get("cap", ""), found.get("allow_only", [])
    if not isinstance(cap, str):
        raise ValueError(  # noqa: TRY004 - as everything that is wrong with a policy
            f'{file}, {_line(text, "cap")}: cap must be text, such as "2 per 7 days", not {_kind(cap)}'
        )
    if isinstance(allowed, str):
        found["allow_only"] = file.parent / allowed
    elif not isinstance(allowed, list) or not all(isinstance(number, str) for number in allowed):
        raise ValueError(
            f"{file}, {_line(text, 'allow_only')}: allow_only must be numbers, each as text, or the name of "
            f"a file, not {_kind(allowed)}"
        )


def _prices(prices: Any, file: Path, text: str, columns: tuple[str, ...]) -> pd.DataFrame:
    """The table of prices: tables of the file, or another file beside it, whose name it is."""
    if isinstance(prices, str):
        try:
            return read_contacts(file.parent / prices)
        except OSError as error:
            raise ValueError(
                f"{file}, {_line(text, 'prices')}: the file of prices cannot be read: {error}"
            ) from None
    if not isinstance(prices, list) or not all(isinstance(price, Mapping) for price in prices) or not prices:
        raise ValueError(
            f"{file}, {_line(text, 'prices')}: prices must be tables, each under [[prices]], or the name "
            f"of a file, not {_kind(prices)}"
        )
    for number, price in enumerate(prices):
        place = f"{file}, {_line(text, 'prices', number)}: price {number + 1}"
        for key in price:
            if key not in columns:
                raise ValueError(f"{place} has the unknown key {key!r}; a price has {', '.join(columns)}")
        for key in columns:
            if key not in price:
                raise ValueError(f"{place} needs {key}; a price has {', '.join(columns)}")
            allowed = int | str | Decimal if key == "price" else str
            if isinstance(price[key], bool) or not isinstance(price[key], allowed):
                wanted = "an amount" if key == "price" else "text"
                raise ValueError(  # noqa: TRY004 - as everything that is wrong with a policy
                    f"{place}: {key} must be {wanted}, not {_kind(price[key])}"
                )
    return pd.DataFrame(prices, dtype=object)


def _line(text: str, key: str, number: int = 0) -> str:
    """Where a key, or a table of that name, stands: that number of it, else the first."""
    name = rf"""(?:{re.escape(key)}|"{re.escape(key)}"|'{re.escape(key)}')"""
    pattern = re.compile(rf"\s*(?:{name}\s*[=.]|\[+\s*{name}\s*[\].])")
    lines = [place for place, line in enumerate(text.splitlines(), 1) if pattern.match(line)]
    return f"line {lines[number] if number < len(lines) else lines[0]}" if lines else "somewhere"


def _kind(value: Any) -> str:
    """What a value is, in words of TOML."""
    names = {bool: "true or false", dict: "a table", list: "an array", str: "text", int: "a number"}
    return names.get(type(value), "a number" if isinstance(value, Decimal) else "a date or a time")
