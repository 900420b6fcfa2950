"""
Experiments: people assigned to variants, and what came of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from smsframe.api.tracebacks import hide_frames
from smsframe.audience.assign import assign as assign_people
from smsframe.audience.lift import lift as compare_variants
from smsframe.contacts.tables import as_frame

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    import pandas as pd

    from smsframe.audience.lift import Lift
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
            column.

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
        ['long', 'hold-out', 'short', 'long']
    """
    return assign_people(as_frame(contacts), variants, by=by, seed=seed, region=region)


@hide_frames
def lift(
    results: pd.DataFrame,
    outcomes: pd.DataFrame | ArrowTable,
    *,
    on: Hashable,
    value: Hashable | None = None,
    control: str | None = None,
    level: float = 0.95,
) -> Lift:
    """
    Whether the texts of an experiment worked: each variant against the hold-out, with intervals.

    Everybody who was assigned counts, also who was not reached (intention to treat): to compare only who
    got a text would compare people who can be reached with people of whom nobody knows.

    Needs ``pip install "smsframe[stats]"``.

    Args:
        results: A frame of `send` or `refresh`, with ``sms_variant``; your own columns are in it.
        outcomes: What people did: a row for each person who did it, such as an order, with your key.
        on: The column of the key in both frames. ``7``, ``7.0`` and ``"7"`` are one key. The key of somebody
            in several rows counts once; in rows of several variants it is an error.
        value: A column of outcomes to compare the mean of, such as the revenue, or of true and false; who has
            no row has 0. When not given, who has a row has converted.
        control: The variant that the others are compared with; the hold-out when not given.
        level: Of the intervals.

    Returns:
        An object: ``.variants``, ``.comparisons``, ``.notes``, ``.to_frame()``; a notebook shows its card.
        Shares: Wilson's intervals, Newcombe's of a difference, Koopman's of a ratio. Means: Student's and
        Welch's, and of a ratio the delta method.

    Raises:
        ContactsError: No such column, no key in common, a key in several variants or twice among values, no
            hold-out and no ``control``.
        ImportError: statsmodels is not installed.

    Example:
        >>> people = pd.DataFrame({"id": range(200), "sms_variant": ["short", "hold-out"] * 100})
        >>> orders = pd.DataFrame({"id": [*range(0, 60, 2), *range(1, 21, 2)]})
        >>> smsframe.lift(people, orders, on="id")
        <smsframe.Lift converted, against hold-out: short +0.2 (+0.09 to +0.3058)>
    """
    return compare_variants(results, as_frame(outcomes), on=on, value=value, control=control, level=level)
