"""
What makes a call another campaign than the one the journal has under that name.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import sqlalchemy as sa

from smsframe.errors import CampaignChanged
from smsframe.journal.campaigns.variants import read_variants
from smsframe.journal.privacy.purging import require_open
from smsframe.journal.tables import batches, campaigns, texts
from smsframe.masking import mask
from smsframe.orders.addresses import canonical_address
from smsframe.orders.names import UNKNOWN_TEXT, alike, difference
from smsframe.orders.states import TAKEN, State

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy.engine import Connection

    from smsframe.orders.records import CampaignRecord

MAYBE_TEXTED = (State.SENDING, *TAKEN, State.UNCONFIRMED)
"""Or may be, by another attempt, where the order was cancelled; and who is planned by somebody who is at
work, which `Registration.register` knows."""


class CampaignCall(NamedTuple):
    """
    What a call means by a campaign.

    Attributes:
        base_url: The gateway.
        account: And the account there.
        template: The text; of an experiment that of its first variant.
        changed: Whether who has none yet may get another text than the others have.
        variants: The text of each variant of an experiment.
        variants_stand: Whether who has another variant than the call gives keeps it, and the call goes on.
    """

    base_url: str
    account: str
    template: str
    changed: bool
    variants: Mapping[str, str] = MappingProxyType({})
    variants_stand: bool = False

    @property
    def templates(self) -> tuple[str, ...]:
        """All texts of the call, each once."""
        return tuple(dict.fromkeys([self.template, *self.variants.values()]))

    def check(self, connection: Connection, entry: CampaignRecord) -> None:
        """
        Refuse it where it means another campaign than this one.

        Raises:
            CampaignChanged: It belongs to another gateway or account, or somebody may have another text.
        """
        require_open(entry)
        require_same_gateway(entry, self.base_url, self.account)
        if not self.changed:
            require_same_text(connection, entry, self.templates, MAYBE_TEXTED)
            require_same_variants(connection, entry, self.variants, MAYBE_TEXTED)


def require_no_similar_name(connection: Connection, name: str) -> None:
    """Refuse a new name that people take for another one, see `smsframe.orders.names.alike`."""
    canonical = alike(name)
    for other in connection.execute(sa.select(campaigns.c.name)).scalars():
        if alike(other) == canonical:
            hardly_seen = difference(name, other)
            raise CampaignChanged(
                f"there is a campaign {other!r} already, and {name!r} would text its people again"
                f"{hardly_seen and f' (they differ by {hardly_seen})'}: write the name as it was, or choose "
                "another; nothing was sent",
                campaign=name,
                recipients=0,
                before=other,
                now=name,
            )


def require_same_gateway(entry: CampaignRecord, base_url: str, account: str) -> None:
    """Refuse another gateway or account than the campaign's."""
    before = f"{canonical_address(entry.base_url)} as {entry.account}"
    now = f"{canonical_address(base_url)} as {account}"
    if before != now:
        raise CampaignChanged(
            f"campaign {entry.name!r} belongs to {mask(before)}, and this call goes to {mask(now)}: "
            "choose another name for another gateway or account; nothing was sent",
            campaign=entry.name,
            recipients=0,
            before=before,
            now=now,
        )


def require_same_text(
    connection: Connection, entry: CampaignRecord, templates: Collection[str], states: tuple[State, ...]
) -> None:
    """Refuse texts when somebody may have another one."""
    query = (
        sa.select(texts.c.template, sa.func.sum(batches.c.recipients).label("people"))
        .join(texts, batches.c.text == texts.c.id)
        .where(batches.c.campaign == entry.id, texts.c.template.not_in([*templates, UNKNOWN_TEXT]))
        .where(batches.c.state.in_(states))
        .group_by(texts.c.template)
        .order_by(sa.desc("people"))
    )
    others = connection.execute(query).all()
    if others:
        people = sum(row.people for row in others)
        raise CampaignChanged(
            f"{people:,} people of campaign {entry.name!r} may already have another text "
            f'({mask(others[0].template)!r}); nothing was sent. changed="continue" sends this text to those '
            "who have none; for a second text to everybody choose another campaign name",
            campaign=entry.name,
            recipients=people,
            before=others[0].template,
            now=next(iter(templates)),
        )


def require_same_variants(
    connection: Connection, entry: CampaignRecord, variants: Mapping[str, str], states: tuple[State, ...]
) -> None:
    """Refuse another text of a variant when somebody may have the one that it had, also where two swap."""
    before = read_variants(connection, entry.id)
    for name, template in variants.items():
        had = before.get(name)
        if had is None or had == template:
            continue
        maybe = sa.select(sa.func.sum(batches.c.recipients)).join(texts, batches.c.text == texts.c.id)
        maybe = maybe.where(batches.c.campaign == entry.id, texts.c.template == had)
        people = connection.execute(maybe.where(batches.c.state.in_(states))).scalar_one() or 0
        if people:
            raise CampaignChanged(
                f"variant {name!r} of campaign {entry.name!r} had another text ({mask(had)!r}), which "
                f"{people:,} people may already have; nothing was sent. "
                'changed="continue" sends this text to those who have none',
                campaign=entry.name,
                recipients=int(people),
                before=had,
                now=template,
            )
