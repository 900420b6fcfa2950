"""
Writes down what a call wants sent, and reads what its run begins with, in one transaction.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from smsframe.errors import JournalError
from smsframe.journal.campaigns.conflicts import (
    MAYBE_TEXTED,
    require_no_similar_name,
    require_same_gateway,
    require_same_text,
    require_same_variants,
)
from smsframe.journal.campaigns.ramps import give_ramp
from smsframe.journal.campaigns.variants import hold_out, keep_variants, write_variants
from smsframe.journal.orders import shared_limits
from smsframe.journal.orders.attempts import begin_next
from smsframe.journal.orders.batch_creation import adopt, assign
from smsframe.journal.people import recipients as recipient_rows
from smsframe.journal.people.recipients import persons, taken
from smsframe.journal.privacy.purging import require_open
from smsframe.journal.rows import micros, micros_of, read_campaign, terms_columns
from smsframe.journal.sql import insert, is_among
from smsframe.journal.tables import batches, campaigns, recipients, texts
from smsframe.orders.batching import prefix
from smsframe.orders.experiment import HOLD_OUT
from smsframe.orders.records import BatchWithPeople, CampaignRecord, Comparison, Registered
from smsframe.orders.states import State
from smsframe.phones.match import among

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    from sqlalchemy.engine import Connection

    from smsframe.clock import Clock
    from smsframe.journal.campaigns.conflicts import CampaignCall
    from smsframe.journal.orders.batches import Batches
    from smsframe.journal.orders.known_orders import KnownOrders
    from smsframe.journal.privacy.forgotten import Forgotten
    from smsframe.journal.store import JournalStore
    from smsframe.orders.prices import Budget
    from smsframe.orders.ramp import Ramp
    from smsframe.orders.records import Now
    from smsframe.orders.terms import Terms


class Registration:
    """The beginning of a run, in one journal."""

    def __init__(
        self,
        store: JournalStore,
        batches: Batches,
        orders: KnownOrders,
        forgotten: Forgotten,
        clock: Clock,
        salt: Callable[[], str],
    ) -> None:
        self._store, self._batches, self._orders, self._clock = store, batches, orders, clock
        self._forgotten, self._salt = forgotten, salt

    def register(
        self,
        name: str,
        owner: str,
        call: CampaignCall,
        *,
        terms: Terms,
        batch_size: int,
        at_once: int,
        phones: pd.Series[Any],
        waiting: pd.DataFrame,
        compared: Comparison,
        now: Now,
        budget: Budget | None = None,
        given: pd.DataFrame | None = None,
        ramp: Ramp | None = None,
        covered_beside: Callable[[int], None] | None = None,
    ) -> Registered:
        """
        Write down a campaign and people to text, and cut them into batches of this owner, in one transaction.

        ``phones``: whom this run may text; ``waiting``: those of them without an outcome.
        Orders have ``at_once`` people at most, those of later runs ``batch_size``. Who has a batch already,
        of whatever run, keeps it, and the first text and outcome. So does who is in an order that the gateway
        lists and this journal did not know. Whom the budget does not cover is written down as waiting;
        ``ramp`` is the campaign's from now on; who is in a later stage waits. Who is held out by ``given``
        (the variants of an experiment) is written down before anybody is cut, and never cut.
        ``covered_beside`` is called with the credits that runs at work have planned, and refuses, so that
        nothing is written, if the balance does not cover this call beside them.

        Raises:
            CampaignChanged: It belongs to another gateway or account, or somebody may have another text.
            NotEnoughCredit: As ``covered_beside`` says.
        """
        fresh = len(waiting) > 0 or compared.found
        if "schedule_at" in waiting:
            waiting = waiting.assign(schedule_at=micros_of(waiting["schedule_at"]))
        with self._store.transaction() as connection:
            latest = {**terms_columns(terms), "batch_size": batch_size}
            new = {
                "name": name,
                "base_url": call.base_url,
                "account": call.account,
                "created_at": micros(self._clock.now()),
                "prefix": prefix(name, call.base_url, call.account),
                "salt": self._salt(),
            }
            # Somebody who was erased since the call looked must not be written down again.
            waiting = waiting[~self._forgotten.within(connection, waiting["phone"])]
            before = read_campaign(connection, name)
            if before is not None:
                require_open(before)
                require_same_gateway(before, call.base_url, call.account)
                self._orders.doubt(connection, before, owner, compared.doubted)
                self._batches.dissolve(connection, before.id)  # unsent, so the latest call decides
                if not call.changed:
                    states = (*MAYBE_TEXTED, State.PLANNED)
                    require_same_text(connection, before, call.templates, states)
                    require_same_variants(connection, before, call.variants, states)
            else:
                require_no_similar_name(connection, name)
            connection.execute(insert(connection, campaigns).on_conflict_do_nothing(), new | latest)
            campaign = connection.execute(sa.select(campaigns.c.id).filter_by(name=name)).scalar_one()
            keys = _text_keys(connection, campaign, call)
            latest["text"] = keys[call.template]
            connection.execute(sa.update(campaigns).where(campaigns.c.id == campaign).values(**latest))
            if ramp is not None:
                give_ramp(connection, campaign, ramp)
            if before is not None:
                _free_refused(connection, campaign, latest, [*keys.values()], waiting["phone"])
                others = taken(connection, campaign, waiting["phone"])
                waiting = waiting[~among(waiting["phone"], others)]
                text, stand = call.template, call.changed or call.variants_stand
                waiting = keep_variants(connection, campaign, name, waiting, given, text, stand=stand)
            if given is not None:
                held_out = given["phone"][given["variant"].eq(HOLD_OUT).to_numpy(dtype=bool, na_value=False)]
                held_out = held_out[~self._forgotten.within(connection, held_out)]
                hold_out(connection, campaign, keys[call.template], held_out)
            entry = self._take_over(connection, name, owner, compared, waiting)
            terms = replace(entry.terms, undo=terms.undo)
            entry = replace(entry, batch_size=at_once, terms=terms, budget=budget)
            waiting = waiting[~among(waiting["phone"], compared.adopted["phone"])]
            text_of = {variant: keys[template] for variant, template in call.variants.items()}
            own = waiting["variant"].astype(object).map(text_of) if text_of else entry.text
            created = assign(connection, entry, owner, waiting.assign(text=own), now)
            if before is None and not compared.found:  # a new campaign: there is nothing else to read
                return Registered(entry, created, fresh)
            return self._begun(
                connection, entry, owner, phones, created, now, fresh=fresh, covered_beside=covered_beside
            )

    def register_resumption(
        self,
        entry: CampaignRecord,
        owner: str,
        compared: Comparison,
        *,
        phones: pd.Series[Any],
        waiting: pd.DataFrame,
        confirmed_complete: bool,
        rescheduled: bool,
        now: Now,
        covered_beside: Callable[[int], None] | None = None,
    ) -> Registered:
        """
        Write down what the gateway lists of a campaign and this journal did not know, before it is resumed.

        Args:
            entry: The campaign, with the terms and the batch size of this call.
            owner: The run.
            compared: What the gateway's history has that the journal has not.
            phones: Whom this run may text.
            waiting: ``phone``, ``fields``, ``segments`` of those of them who have no outcome.
            confirmed_complete: Whether a person says that nobody else is in the orders that were taken over
                before.
            rescheduled: Whether the terms have another time, or other hours, than before: they take the place
                of the campaign's, and of those of its people who wait.
            now: What the clocks show.
            covered_beside: As in `register`.
        """
        fresh = len(waiting) > 0 or compared.found
        with self._store.transaction() as connection:
            self._forgotten.require_key(connection)
            self._orders.doubt(connection, entry, owner, compared.doubted)
            # What the person says is not about the orders that this call is only now taking over.
            with_unnamed = self._orders.with_unnamed(connection, entry) if confirmed_complete else []
            stored = self._take_over(connection, entry.name, owner, compared, waiting)
            self._orders.confirm_complete(connection, entry, with_unnamed)
            entry = replace(entry, compared_at=stored.compared_at, stop_requests=stored.stop_requests)
            if rescheduled:
                self._reschedule(connection, entry)
            return self._begun(
                connection, entry, owner, phones, [], now, fresh=fresh, covered_beside=covered_beside
            )

    def register_attempts(
        self,
        entry: CampaignRecord,
        owner: str,
        compared: Comparison,
        *,
        again: pd.DataFrame,
        phones: pd.Series[Any],
        now: Now,
        covered_beside: Callable[[int], None],
        after: State = State.ACCEPTED,
    ) -> Registered:
        """
        Begin the next attempt of people whom the last one did not reach, or whose last one was cancelled, and
        cut them into batches.

        Args:
            entry: The campaign, with the terms and the batch size of this call.
            owner: The run.
            compared: What the gateway's history has that the journal has not.
            again: ``phone``, ``order_id``: people, and the order of the attempt that is to be followed.
            phones: Whom this run may text: these people, and those of an earlier call like this one that
                ended before they were sent to.
            now: What the clocks show.
            covered_beside: As in `register`.
            after: The state of the orders that are followed. After `State.CANCELLED` the time of the terms
                becomes that of these people, and the hours those of the campaign.
        """
        with self._store.transaction() as connection:
            self._forgotten.require_key(connection)
            self._orders.doubt(connection, entry, owner, compared.doubted)
            nobody = again[["phone"]].iloc[:0].assign(fields=None, segments=None)
            stored = self._take_over(connection, entry.name, owner, compared, nobody)
            begin_next(connection, entry.id, again, after)
            entry = replace(entry, compared_at=stored.compared_at, stop_requests=stored.stop_requests)
            if after is State.CANCELLED:
                self._batches.dissolve(connection, entry.id)
                self._move(connection, entry, phones)
            return self._begun(
                connection, entry, owner, phones, [], now, fresh=True, covered_beside=covered_beside
            )

    def _move(self, connection: Connection, entry: CampaignRecord, phones: pd.Series[Any]) -> None:
        """In the caller's transaction: the time of these terms is that of those of them in no order."""
        own = {"schedule_at": terms_columns(entry.terms)["schedule_at"]}
        waiting = (recipients.c.campaign == entry.id) & recipients.c.batch.is_(None)
        waiting &= is_among(recipients.c.person, persons(phones)) & (recipients.c.attempt > 1)
        connection.execute(sa.update(recipients).where(waiting).values(**own))
        if entry.terms.hours is not None:
            hours = {"hours": terms_columns(entry.terms)["hours"]}
            connection.execute(sa.update(campaigns).where(campaigns.c.id == entry.id).values(**hours))

    def _reschedule(self, connection: Connection, entry: CampaignRecord) -> None:
        """In the caller's transaction: the time or the hours of these terms hold from now on."""
        times = {name: terms_columns(entry.terms)[name] for name in ("schedule_at", "hours")}
        connection.execute(sa.update(campaigns).where(campaigns.c.id == entry.id).values(**times))
        unsent = sa.select(batches.c.id).where(
            batches.c.campaign == entry.id, batches.c.state == State.PLANNED
        )
        waiting = (recipients.c.campaign == entry.id) & (
            recipients.c.batch.is_(None) | recipients.c.batch.in_(unsent)
        )
        connection.execute(sa.update(recipients).where(waiting).values(schedule_at=None))

    def _begun(
        self,
        connection: Connection,
        entry: CampaignRecord,
        owner: str,
        phones: pd.Series[Any],
        created: list[BatchWithPeople],
        now: Now,
        *,
        fresh: bool,
        covered_beside: Callable[[int], None] | None,
    ) -> Registered:
        """In the caller's transaction: what else a run begins with, of a campaign that was there before."""
        if covered_beside is not None:  # runs that register at once would each find the whole balance
            covered_beside(shared_limits.planned_by_others(connection, entry, owner, self._batches.alive))
        shared_limits.begin(connection, entry.id, owner, self._batches.alive)
        in_doubt = self._batches.take_over(connection, entry, owner)
        created = [*created, *self._batches.create_batches_within(connection, entry, owner, phones, now)]
        accepted = self._batches.accepted(connection, entry)
        return Registered(
            entry,
            created,
            fresh,
            unlisted=self._orders.unlisted(connection, entry),
            in_doubt=in_doubt,
            incomplete=self._batches.incomplete(connection, entry),
            accepted=accepted,
            refused=[] if accepted else self._batches.refused(connection, entry),
        )

    def _take_over(
        self, connection: Connection, name: str, owner: str, compared: Comparison, waiting: pd.DataFrame
    ) -> CampaignRecord:
        """In the caller's transaction: the campaign once orders that were found are taken over."""
        if compared.date is not None:
            date = {"compared_at": micros(compared.date)}
            connection.execute(sa.update(campaigns).where(campaigns.c.name == name).values(**date))
        entry = read_campaign(connection, name)
        if entry is None:  # but this call wrote or read it
            raise JournalError(f"the journal {self._store.place} was replaced by another: put it back")
        if len(compared.adopted):
            listed = compared.adopted["phone"][compared.adopted["refused"].isna()].dropna()
            self._batches.free_texted_elsewhere(connection, entry.id, listed)
            adopted = self._forgotten.separate(connection, entry.id, compared.adopted)
            adopt(connection, entry, owner, adopted, waiting, self._batches.stamp())
        return entry


def _text_keys(connection: Connection, campaign: int, call: CampaignCall) -> dict[str, int]:
    """In the caller's transaction: the key of each text of a call, and whose text each is."""
    keys: dict[str, int] = {}
    for template in call.templates:
        text = {"campaign": campaign, "template": template}
        connection.execute(insert(connection, texts).on_conflict_do_nothing(), text)
        keys[template] = connection.execute(sa.select(texts.c.id).filter_by(**text)).scalar_one()
    write_variants(connection, campaign, {name: keys[text] for name, text in call.variants.items()})
    return keys


def _free_refused(
    connection: Connection,
    campaign: int,
    latest: dict[str, Any],
    text_keys: list[int],
    phones: pd.Series[Any],
) -> None:
    """In the caller's transaction: free those of them who were refused another text, type or sender."""
    other = sa.or_(
        batches.c.text.not_in(text_keys),
        *(batches.c[name].is_distinct_from(latest[name]) for name in ("message_type", "sender")),
    )
    others = (batches.c.campaign == campaign) & other
    in_ = {
        state: recipients.c.batch.in_(sa.select(batches.c.id).where(others, batches.c.state == state))
        for state in (State.REFUSED, State.ACCEPTED)
    }
    left_out = in_[State.ACCEPTED] & recipients.c.refused.is_not(None)
    refused_people = is_among(recipients.c.person, recipient_rows.persons(phones)) & (
        in_[State.REFUSED] | left_out
    )
    recipient_rows.free(connection, refused_people)
