"""
Experiments: people assigned to variants, and what came of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from smsframe.api.tracebacks import hide_frames
from smsframe.audience.assign import assign as assign_people
from smsframe.contacts.tables import as_frame

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    import pandas as pd

    from smsframe.contacts.tables import ArrowTable


@hide_frames
def assign(
    contacts: pd.DataFrame | ArrowTable,
    variants: Mapping[Any, float] | Sequence[Any],
    *,
    by: Hashable,
    seed: str | int,
    region: Hashable | None = None,
) -> pd.DataFrame:
    """
    Assign each person to a variant of an experiment, by a hash of a key: nobody has to keep a list.

    The same key and seed give the same variant in every frame, in any order of rows, on every machine. Give
    the result to `plan` and `send` with a text for each variant: ``text={"short": ..., "long": ...}``. Who is
    in the hold-out gets no text: `send` writes that down before anybody is texted, and from then on no call
    of that campaign texts them. In a campaign a person keeps the variant that the journal has.

    Args:
        contacts: The people, one per row, in any frame, which is not changed.
        variants: A list of names, for equal shares; a dict of weights by name; or a list of weights, of
            variants that are called A, B, ... ``None`` (or ``"hold-out"``) is the hold-out. Weights need not
            add up to 1.
        by: The column of the key: a customer number, say, or the phone column, in which the spellings of one
            number are one person. A row without a key gets no variant.
        seed: What this experiment is called, such as the name of the campaign. Another seed assigns people
            anew, independently of this one.
        region: The country of numbers in national form, or the column that has it, where ``by`` is the phone
            column; as in `plan`.

    Returns:
        The contacts, same rows, same index, with the column ``sms_variant`` (string).

    Raises:
        ContactsError: There is no such column.
        ValueError: Fewer than two variants, two of one name, or a weight that is no positive number.
        TypeError: The variants are neither a list nor a dict.

    Example:
        >>> customers = pd.DataFrame({"customer_id": [1001, 1002, 1003, 1004]})
        >>> assigned = smsframe.assign(customers, ["short", "long", None], by="customer_id", seed="autumn")
        >>> assigned["sms_variant"].tolist()
        ['long', 'hold-out', 'short', 'hold-out']
    """
    return assign_people(as_frame(contacts), variants, by=by, seed=seed, region=region)
