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
    # FALSE in the languages of spreadsheets, as in `smsframe.texts.spreadsheet_errors`: English, German,
    # Italian, French, Spanish and Portuguese; Dutch, Polish, Swedish, Danish, Norwegian and Finnish; Turkish,
    # Russian, Czech and Slovak, Hungarian, Slovenian, Greek.
    *("false", "falsch", "falso", "faux", "onwaar", "fałsz", "falskt", "falsk", "usann", "epätosi"),
    *("yanlış", "ложь", "nepravda", "hamis", "napačno", "neresnično", "ψευδής", "ψευδές"),  # noqa: RUF001 - as is
    # No in the same languages, and its first letter where that is no other language's yes.
    *("no", "nein", "non", "não", "nee", "nie", "nej", "nei", "ei", "hayır", "нет", "ne", "nem", "όχι"),  # noqa: RUF001 - as is
    *("f", "n", "н", "h"),
    # Numbers and signs that mean no. An x, also in a box, is none of them: it may be a mark for yes.
    *("0", "0.0", "0,0", "✗", "✘", "✖", "❌", "☐", "⬜", "🚫", "⛔", "👎"),
    *("off", "refused", "declined", "denied", "rejected", "withdrawn", "revoked", "unsubscribed", "disagree"),
    *("disagreed", "opt-out", "opt out", "opted out", "optout", "not given", "not granted", "no consent"),
    # Of a gap that was made text, as by ``astype(str)``.
    *("nan", "none", "nat", "<na>", "null", "n/a", "-", "\u2013", "\u2014"),
)
"""Values that are no consent; capitals and accents do not matter, and neither does a full stop at the end."""
_ALIKE = (("\u0131", "i"), ("ł", "l"), ("\u03c2", "\u03c3"))  # letters that are no accented ones to Unicode


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
        nothing = pc.is_in(_compared(cells), _compared(pa.array(["", *NO_CONSENT], STRING)))
        cells = pc.if_else(nothing, pa.scalar(None, STRING), cells)
        parts.append(pc.binary_join_element_wise(pa.scalar(f"{name}=", STRING), cells, pa.scalar("", STRING)))
    together = pc.binary_join_element_wise(*parts, pa.scalar(FIELD_SEPARATOR, STRING))
    return pd.Series(together, dtype=TEXT)


def _compared(text: Any) -> Any:
    """Texts as they are compared: in small letters, without accents, and without a full stop at the end."""
    text = pc.replace_substring_regex(pc.utf8_normalize(pc.utf8_lower(text), "NFKD"), r"\pM+", "")
    for letter, other in _ALIKE:
        text = pc.replace_substring(text, letter, other)
    return pc.utf8_rtrim(text, " .!")


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
