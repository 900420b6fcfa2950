"""
The consent of people, row by row: kept with each of them, and required where the policy says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from smsframe.arrow import STRING, TEXT
from smsframe.contacts.columns import place
from smsframe.errors import ContactsError
from smsframe.orders.batching import FIELD_SEPARATOR
from smsframe.planning.check import refuse
from smsframe.texts.values import words

if TYPE_CHECKING:
    from smsframe.contacts.policy import Policy

NO_CONSENT = (
    # Of a column of yes and no, in the languages of spreadsheets: false and no.
    *("false", "falso", "falsch", "faux", "f", "no", "non", "nein", "n", "0", "0.0"),
    # Of a gap that was made text, as by ``astype(str)``.
    *("nan", "none", "nat", "<na>", "null", "n/a", "-"),
)
"""Values that are no consent, in small letters."""


def read_consent(contacts: pd.DataFrame, policy: Policy | None) -> pd.Series[Any] | None:
    r"""
    What the columns of the policy say of each row's consent, as one text; None where it names no columns.

    Returns:
        By position: ``name=value`` of each column, with `FIELD_SEPARATOR` between; missing where one of them
        has no value, or one that says no.

    Raises:
        ContactsError: The table has no such column, or several of that name.

    Example:
        >>> from smsframe.contacts.policy import Policy
        >>> rows = pd.DataFrame({"consent_at": ["2026-05-01", None], "consent_source": ["web form", "shop"]})
        >>> read_consent(rows, Policy(consent=("consent_at", "consent_source"))).tolist()
        ['consent_at=2026-05-01\x1fconsent_source=web form', <NA>]
    """
    if policy is None or policy.consent is None:
        return None
    parts = []
    for name in policy.consent:
        if [*contacts.columns].count(name) != 1:
            raise ContactsError(
                f"the policy names the column {name!r} for consent, and the table has "
                f"{'no such column' if name not in contacts.columns else 'several of that name'}: add it, or "
                "change consent= of the policy"
            )
        cells = words(contacts.iloc[:, place(contacts, name)])
        cells = pc.replace_substring(pc.utf8_trim_whitespace(cells), FIELD_SEPARATOR, " ")
        nothing = pc.is_in(pc.utf8_lower(cells), pa.array(["", *NO_CONSENT], STRING))
        cells = pc.if_else(nothing, pa.scalar(None, STRING), cells)
        parts.append(pc.binary_join_element_wise(pa.scalar(f"{name}=", STRING), cells, pa.scalar("", STRING)))
    together = pc.binary_join_element_wise(*parts, pa.scalar(FIELD_SEPARATOR, STRING))
    return pd.Series(together, dtype=TEXT)


def kept_consent(
    judged: pd.DataFrame, contacts: pd.DataFrame, policy: Policy | None
) -> pd.Series[Any] | None:
    """As `read_consent`; rows without it are refused, in place, where the policy requires it."""
    consent = read_consent(contacts, policy)
    if consent is not None and policy is not None and policy.consent_required:
        refuse(judged, consent.isna(), "suppressed", "no_consent")
    return consent


def consent_words(consent: str) -> str:
    r"""
    What is kept of a person's consent, for people.

    Example:
        >>> consent_words("consent_at=2026-05-01\x1fconsent_source=web form")
        'consent_at: 2026-05-01, consent_source: web form'
    """
    pairs = (part.partition("=") for part in consent.split(FIELD_SEPARATOR))
    return ", ".join(f"{name}: {value}" for name, _, value in pairs)
