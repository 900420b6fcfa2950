"""
What one part of a table says of itself, for the other parts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from smsframe.contacts.columns import find_phone, find_region, place
from smsframe.orders.profile import SMSEND
from smsframe.phones import parse
from smsframe.phones.match import among
from smsframe.planning.build import carriers_of, judge_rows
from smsframe.planning.check import count_repairs, judge
from smsframe.planning.parts import ALONE, ColumnFacts, PartFacts, text_keys
from smsframe.planning.variants import Messages, assigned_persons, held_persons, table_variants

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from smsframe.orders.profile import GatewayProfile
    from smsframe.orders.records import Now
    from smsframe.outcomes.join import Known
    from smsframe.planning.check import BarredPeople
    from smsframe.planning.options import PlanOptions
    from smsframe.planning.parts import OtherParts


def column_facts(
    contacts: pd.DataFrame,
    message: str | Mapping[Any, str | None] | None,
    options: PlanOptions,
    profile: GatewayProfile = SMSEND,
) -> ColumnFacts:
    """
    What a part says of its columns; without a message only of the phone column.

    Raises:
        ContactsError, TextError: As `smsframe.plan`.
    """
    label, _ = find_phone(contacts, options.phone)
    column = contacts.iloc[:, place(contacts, label)]
    digits, proves = parse.bare_digits(column, find_region(contacts, options.region), options.numbers)
    if message is None:
        return ColumnFacts(digits=digits, proves=proves)
    messages = Messages.of(message, profile.longest)
    variants = table_variants(contacts) is not None
    long = messages.long_fields(contacts)
    return ColumnFacts(digits=digits, proves=proves, long=long, variants=variants)


def part_facts(
    contacts: pd.DataFrame,
    message: str | Mapping[Any, str | None],
    options: PlanOptions,
    *,
    suppressed: pd.Index[Any] | None = None,
    barred: BarredPeople | None = None,
    profile: GatewayProfile = SMSEND,
    now: Now,
    others: OtherParts,
    known: Known | None = None,
) -> PartFacts:
    """
    What a part says of its people; ``others`` says what is known of the columns.

    ``known``: what the journal knows of the campaign, whose variants stand.

    Raises:
        ContactsError, TextError, ValueError: As `smsframe.plan`.
    """
    rows = judge_rows(
        contacts,
        message,
        options,
        suppressed=suppressed,
        barred=barred,
        profile=profile,
        now=now,
        others=others,
        known=known,
    )
    judged = rows.judged
    ready = judged["status"].eq("ready")
    first = _first_ready(judged)
    carriers = carriers_of(judged, ready, rows.possible)
    carried = judged[carriers & ~ready]
    assigned, variant_of = assigned_persons(rows.variants, judged)
    of_journal = {}
    if rows.variants is not None:
        of_journal = {"other_variant": rows.variants.other, "same_variant": rows.variants.same}
    return PartFacts(
        ready=judged["person"].to_numpy()[first],
        texts=text_keys(rows.texts(first)),
        carried=carried.loc[~among(carried["phone"], judged["phone"][ready]), "person"].unique(),
        supplied=int(count_repairs(judged).get("plus", 0)),
        held_out=held_persons(rows.variants, judged),
        assigned=assigned,
        variant_of=variant_of,
        **of_journal,
    )


def checked_facts(
    contacts: pd.DataFrame,
    options: PlanOptions,
    *,
    suppressed: pd.Index[Any] | None = None,
    others: OtherParts = ALONE,
) -> PartFacts:
    """
    The same without a message, for a check.

    Raises:
        ContactsError: As `smsframe.check`.
    """
    label, _ = find_phone(contacts, options.phone)
    judged = judge(
        contacts,
        phone=label,
        region=options.region,
        numbers=options.numbers,
        schema=options.schema,
        suppressed=suppressed,
        others=others,
    )
    persons = judged["person"].to_numpy()[_first_ready(judged)]
    supplied = int(count_repairs(judged).get("plus", 0))
    return PartFacts(ready=persons, texts=np.zeros(len(persons), dtype=np.uint64), supplied=supplied)


def _first_ready(judged: pd.DataFrame) -> NDArray[np.intp]:
    """The position of the first ready row of each person."""
    ready = np.flatnonzero(judged["status"].eq("ready").to_numpy())
    return ready[~judged["person"].iloc[ready].duplicated().to_numpy()]
