"""
What a public function tells the user beside its result: a line that points at their own code.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from smsframe.arrow import strings
from smsframe.errors import PhoneGuessed, warn
from smsframe.formatting import many
from smsframe.outcomes.columns import COLUMNS, PROBLEM_COLUMNS
from smsframe.phones.region_names import INTERNATIONAL
from smsframe.planning.rules import rule_columns
from smsframe.texts.values import words

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence

    import pandas as pd

    from smsframe.planning.options import PlanOptions

log = logging.getLogger("smsframe")
_OUR_NAMES = frozenset((*COLUMNS, *PROBLEM_COLUMNS))


def warn_of_other_lists(accounts: Sequence[str], own: Sequence[str]) -> None:
    """Warn that opt-outs of other names are applied, which may be this account's."""
    others = {account for account in accounts if account not in own}
    if others and own:
        warn(
            f"this login by user key does not say its user name, so that the opt-outs of "
            f"{many(len(others), 'other account')} of the gateway in this journal are applied too"
        )


def warn_if_guessed(phone: Hashable, *, guessed: bool) -> None:
    """Warn which column was taken for the phone column, at the caller's line."""
    if guessed:
        warn(PhoneGuessed(phone))


def warn_if_supplied(numbers: int, region: Hashable | None) -> None:
    """Warn that numbers without a country were read as whole ones, unless the caller said so."""
    if numbers and str(region).strip().lower() != INTERNATIONAL:
        warn(
            f"{many(numbers, 'number')} without a plus or a region read as whole numbers, because nearly "
            "all of the column are: pass region= if they are of one country, or region='international' "
            "if you know that they are whole"
        )


def warn_if_replaced(use: str, labels: Iterable[Hashable]) -> None:
    """
    Warn of columns that a call uses and that the result has not, at the caller's line.

    Args:
        use: What is done with them, such as "the text is filled".
        labels: The columns; those with names of smsframe's own are said.
    """
    names = [label for label in dict.fromkeys(labels) if label in _OUR_NAMES]
    if names:
        listed = ", ".join(map(repr, names))
        warn(
            f"{use} from {listed}, which is a name of smsframe's own: in the result your "
            "column is replaced or left out; rename it to keep it"
        )


def warn_of_our_names(
    contacts: pd.DataFrame, results: pd.DataFrame, phone: Hashable, options: PlanOptions
) -> None:
    """Warn of columns that numbers, countries, times and rules are of, and that the result has not."""
    if phone != "sms_phone" or not words(contacts[phone]).equals(strings(results[phone])):
        warn_if_replaced("the numbers are read", [phone])
    warn_if_replaced("the countries are read", [options.region])
    if isinstance(options.schedule, str):
        warn_if_replaced("the times are read", [options.schedule])
    warn_if_replaced("the rules of the schema are decided", rule_columns(contacts, options.schema))


def log_if_at_night(sentence: str) -> None:
    """Say in the log that a time is at night where people are; the plan says it too."""
    if sentence:
        log.warning("%s", sentence)
