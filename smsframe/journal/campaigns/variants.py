"""
The variants of an experiment: their texts, whose they are, and who is held out; written once for each person.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import sqlalchemy as sa

from smsframe.arrow import TEXT
from smsframe.errors import CampaignChanged
from smsframe.formatting import many
from smsframe.journal.people import recipients as recipient_rows
from smsframe.journal.people.people_groups import Group
from smsframe.journal.sql import frame, insert, is_among
from smsframe.journal.tables import recipients, texts, variants
from smsframe.journal.versions import has_people_over_time
from smsframe.orders.experiment import HOLD_OUT
from smsframe.outcomes.variants import differing
from smsframe.phones.match import among

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.engine import Connection


def read_variants(connection: Connection, campaign: int) -> dict[str, str]:
    """The text of each variant of a campaign that has one; none in a journal of an older version."""
    if not has_people_over_time(connection):
        return {}
    query = sa.select(variants.c.name, texts.c.template).join(texts, variants.c.text == texts.c.id)
    return {
        row.name: row.template for row in connection.execute(query.where(variants.c.campaign == campaign))
    }


def write_variants(connection: Connection, campaign: int, keys: Mapping[str, int | None]) -> None:
    """In the caller's transaction: the key of the text of each variant; the hold-out has none."""
    for name, text in keys.items():
        new = insert(connection, variants).values(campaign=campaign, name=name, text=text)
        connection.execute(
            new.on_conflict_do_update(index_elements=["campaign", "name"], set_={"text": new.excluded.text})
        )


def keep_variants(
    connection: Connection,
    campaign: int,
    name: str,
    waiting: pd.DataFrame,
    given: pd.DataFrame | None,
    text: str,
    *,
    stand: bool,
) -> pd.DataFrame:
    """
    In the caller's transaction: those of these people whom the call gives the variant that they have here.

    Who has another one keeps it, with its text, and who is held out gets none: the call that would change
    that is refused, or, where the variants here ``stand``, leaves them as they are.

    Args:
        connection: Of the transaction.
        campaign: Its key.
        name: And its name.
        waiting: The people whom the call would text.
        given: ``phone`` and ``variant`` of everybody to whom it gives one, texted before or held out too;
            None of a call with one text for all.
        text: That one text.
        stand: Whether it is not refused.

    Raises:
        CampaignChanged: Somebody has another variant here, or waits for another text than that for all.
    """
    query = sa.select(recipients.c.phone, recipients.c.variant, recipients.c.held_out).where(
        recipients.c.campaign == campaign,
        sa.or_(recipients.c.variant.is_not(None), recipients.c.held_out),
    )
    if waiting.empty and given is None:
        return waiting
    assigned = frame(connection, query)
    if assigned.empty:
        return waiting
    if given is not None and not stand and (people := int(differing(given, assigned).sum())):
        raise other_variant(name, people)
    waiting = waiting[~among(waiting["phone"], assigned["phone"][assigned["held_out"].astype(bool)])]
    if given is None:
        own = assigned["variant"].map(read_variants(connection, campaign))
        theirs = among(waiting["phone"], assigned["phone"][(own.notna() & own.ne(text)).to_numpy(dtype=bool)])
        if theirs.any() and not stand:
            raise other_variant(name, int(theirs.sum()))
        waiting = waiting[~theirs]
    return waiting[~differing(waiting, assigned)] if "variant" in waiting else waiting


def other_variant(campaign: str, people: int) -> CampaignChanged:
    """The error of people who would change from one variant to another."""
    return CampaignChanged(
        f"{many(people, 'person', 'people')} of campaign {campaign!r} had another variant than this call "
        "gives them (another seed, key or list of variants?); nothing was sent. Assign them as before, or "
        'changed="continue" leaves each with the variant that the campaign has',
        campaign=campaign,
        recipients=people,
        before="the variants in the journal",
        now="the variants of this call",
    )


def hold_out(connection: Connection, campaign: int, text: int, people: pd.Series[Any]) -> None:
    """
    In the caller's transaction: write down people who get no text, but for those who may have one, or wait
    for that of another variant.

    From then on nobody can put them into an order: the statement that writes people does not, and the
    database refuses it.
    """
    if people.empty:
        return
    assigned = frame(
        connection,
        sa.select(recipients.c.phone).where(
            recipients.c.campaign == campaign, recipients.c.variant.is_not(None), ~recipients.c.held_out
        ),
    )["phone"]
    people = people[~among(people, recipient_rows.taken(connection, campaign, people))]
    people = people[~among(people, assigned)]
    held = pd.DataFrame({"phone": people.astype(TEXT).array, "fields": None, "segments": None})
    held = held.assign(variant=HOLD_OUT, held_out=True)
    recipient_rows.write(connection, campaign, [Group(None, text, "gsm", held)])


def no_longer_held_out(connection: Connection, campaign: int, phones: pd.Series[Any]) -> None:
    """
    In the caller's transaction: people whom an order of the gateway lists were texted, by another journal.
    """
    listed = is_among(recipients.c.person, recipient_rows.persons(phones)) & (
        recipients.c.campaign == campaign
    )
    held = sa.update(recipients).where(listed, recipients.c.held_out)
    connection.execute(held.values(held_out=False, variant=None))  # nobody knows which text they had
