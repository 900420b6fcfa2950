"""
People who have no batch become planned batches, each with its order id, in one go.
"""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import pandas as pd
import sqlalchemy as sa

from smsframe.journal.campaigns.ramps import in_later_stages
from smsframe.journal.campaigns.variants import no_longer_held_out
from smsframe.journal.orders import attempts
from smsframe.journal.orders.spending import read_spending
from smsframe.journal.people import recipients as recipient_rows
from smsframe.journal.people.people_groups import Group
from smsframe.journal.privacy.forgotten import erased_in, note_erased, without_waiting
from smsframe.journal.rows import (
    EPOCH,
    append_evidence,
    hours_text,
    instants_of,
    micros,
    moment,
    read_texts,
    terms_columns,
)
from smsframe.journal.sql import is_among
from smsframe.journal.tables import batches, recipients
from smsframe.orders.batching import order_id, split_into_runs
from smsframe.orders.records import Batch, BatchWithPeople, CampaignRecord, Evidence, Now, Stamp
from smsframe.orders.states import TAKEN, Doubt, State
from smsframe.outcomes.costs import predicted, reasons, within
from smsframe.phones.match import among, keys
from smsframe.timing.sending_times import local, sending_times, undone_until

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

UNKNOWN = "unknown"
"""The encoding of what another journal's orders held."""


def assign(
    connection: Connection,
    entry: CampaignRecord,
    owner: str,
    free: pd.DataFrame,
    when: Now | Batch,
) -> list[BatchWithPeople]:
    """
    In the caller's transaction: cut people into planned batches, each of one text, encoding and time.

    Who may not be texted by the hours or times that hold for them is written down as waiting, and why.

    Args:
        connection: The transaction.
        entry: Their campaign.
        owner: Whose the batches are.
        free: ``phone``, ``text`` (its key), ``fields``, ``encoding``, ``segments`` of people without a batch,
            and those of `people_groups.OWN` that there are.
        when: What the clocks show, and then the campaign's terms say how and when it goes out; or a batch
            whose terms and times these people keep.

    Raises:
        JournalError: Somebody has a batch already.
    """
    free = without_waiting(connection, entry.id, free)
    if free.empty:
        return []
    in_order = free.index
    free = free.assign(person=keys(free["phone"])).sort_values("phone", kind="stable")
    if isinstance(when, Now):
        free, later = in_later_stages(connection, entry, free)
        write_waiting(connection, entry, later)
        free = _timed(connection, entry, free, when)
        free = _within_budget(connection, entry, free, in_order)
    # What goes out at once leaves first.
    at = [free["schedule"].fillna(pd.Timestamp(EPOCH))] if "schedule" in free else []
    groups = [
        # Not of numpy, as they are on older pandas: SQLite stores those as bytes.
        (int(cast("int", text)), str(encoding), part)
        for (text, encoding, *_), group in free.groupby(["text", "encoding", *at])
        for part in split_into_runs(group, entry.batch_size)
    ]
    if not groups:
        return []
    sources = read_texts(connection, entry.id)
    used = set(connection.execute(sa.select(batches.c.order_id)).scalars())
    first = (connection.execute(sa.select(sa.func.max(batches.c.id))).scalar() or 0) + 1
    created: list[BatchWithPeople] = []
    rows = []
    for key, (text, encoding, part) in enumerate(groups, first):
        generation, order = _unused(used, entry, sources[text], part)
        batch = Batch(
            id=key,
            campaign=entry.id,
            order_id=order,
            state=State.PLANNED,
            doubt=Doubt.NONE,
            template=sources[text],
            encoding=encoding,
            terms=replace(entry.terms, hours=None, undo=None) if isinstance(when, Now) else when.terms,
            recipients=len(part),
            segments=int(part["segments"].sum()),
            claimed_at=None,
            not_before=entry.compared_at,
        )
        batch = _with_times(batch, entry, part, when) if isinstance(when, Now) else _same_window(batch, when)
        shared = ("id", "campaign", "order_id", "state", "encoding", "recipients", "segments", "hours")
        row = terms_columns(batch.terms) | {name: getattr(batch, name) for name in shared}
        instants = {name: getattr(batch, name) for name in ("not_before", "opens_at", "closes_at")}
        row |= {name: None if at is None else micros(at) for name, at in instants.items()}
        rows.append(row | {"text": text, "generation": generation, "owner": owner})
        created.append(BatchWithPeople(batch, part))
    connection.execute(sa.insert(batches), rows)
    given = zip(created, groups, strict=True)
    recipient_rows.write(connection, entry.id, [Group(one.batch.id, *group) for one, group in given])
    return created


def _timed(connection: Connection, entry: CampaignRecord, free: pd.DataFrame, now: Now) -> pd.DataFrame:
    """
    People with the times by which they are cut, first those whose hours end first; nobody who must wait.

    A campaign for which one time holds is cut by nothing but text and encoding.
    """
    free = free.drop(columns=["wait_code", "wait_reason"], errors="ignore")
    own_time = "schedule_at" in free and free["schedule_at"].notna().any()
    undone = entry.terms.undo is not None and entry.terms.schedule is None
    if entry.terms.hours is None and not own_time and not undone:
        return free
    asked = (
        free.assign(schedule_at=instants_of(free["schedule_at"]))
        if own_time
        else free.drop(columns="schedule_at", errors="ignore")
    )
    times = sending_times(asked, entry.terms, now)
    free = free.assign(
        **{name: times[name] for name in ("schedule", "opens", "closes", "zones")},
        wait_code=times["code"],
        wait_reason=times["reason"],
    )
    waits = free["wait_code"].notna()
    write_waiting(connection, entry, free[waits])
    return free[~waits].sort_values("closes", kind="stable")


def _within_budget(
    connection: Connection, entry: CampaignRecord, free: pd.DataFrame, in_order: pd.Index[Any]
) -> pd.DataFrame:
    """Those whom the budget of this call covers, the first of ``in_order`` first; the others wait."""
    budget = entry.budget
    if budget is None or budget.limit is None or free.empty:
        return free
    spending = read_spending(connection, entry, budget)
    rows = free.loc[in_order[in_order.isin(free.index)]]
    costs = predicted(rows["phone"], rows["segments"], entry.terms.message_type, budget)
    fits = pd.Series(within(costs, budget, spending), index=rows.index)
    if fits.all():
        return free
    why = reasons(costs, fits.to_numpy(), budget, spending).set_axis(rows.index)
    waiting = rows[~fits].assign(wait_code="budget", wait_reason=why[~fits])
    write_waiting(connection, entry, waiting)
    return free[fits.reindex(free.index)]


def write_waiting(connection: Connection, entry: CampaignRecord, waiting: pd.DataFrame) -> None:
    """Write down people who wait, and why; in a few groups: one per text and encoding."""
    groups = [
        Group(None, int(cast("int", text)), str(encoding), group)
        for (text, encoding), group in waiting.groupby(["text", "encoding"])
    ]
    recipient_rows.write(connection, entry.id, groups)


def _with_times(batch: Batch, entry: CampaignRecord, part: pd.DataFrame, now: Now) -> Batch:
    """A batch with the time that its people have in common, and the hours in which it may leave."""
    if "schedule" not in part:
        return batch
    schedule, opens, closes = part["schedule"].iloc[0], part["opens"].max(), part["closes"].min()
    scheduled = None if pd.isna(schedule) else schedule.to_pydatetime()
    evidence = None
    if entry.terms.hours is not None and not pd.isna(closes):
        zones = sorted({zone for names in part["zones"].dropna().unique() for zone in names.split()})
        evidence = json.dumps(
            {
                "hours": json.loads(hours_text(entry.terms.hours)),
                "zones": zones,
                "local": [local(scheduled or now.latest, zone) for zone in zones],
                "clocks": [shown.isoformat() for shown in now],
            }
        )
    undo = entry.terms.undo
    if undo is not None and scheduled != undone_until(undo, now):
        undo = None  # its time is another's, and may be nearer
    return replace(
        batch,
        terms=replace(batch.terms, schedule=scheduled, undo=undo),
        opens_at=moment(_instant(opens)),
        closes_at=moment(_instant(closes)),
        hours=evidence,
    )


def _same_window(batch: Batch, other: Batch) -> Batch:
    """A batch that may leave when another may."""
    return replace(batch, opens_at=other.opens_at, closes_at=other.closes_at, hours=other.hours)


def adopt(
    connection: Connection,
    entry: CampaignRecord,
    owner: str,
    earlier: pd.DataFrame,
    waiting: pd.DataFrame,
    stamp: Stamp,
) -> None:
    """
    In the caller's transaction: take over orders that the gateway has of a campaign, as accepted.

    What was in them is unknown but for who got them: text and segments are those of this call's people. One
    that was taken over before gets those who were not listed then; one that was refused here is accepted.

    Args:
        connection: The transaction.
        entry: The campaign.
        owner: This run.
        earlier: As `smsframe.journal.privacy.forgotten.Forgotten.separate` gives `Comparison.adopted`.
        waiting: ``phone``, ``fields``, ``segments`` of this call's people.
        stamp: When, and in which process.
    """
    _dissolve(connection, entry, earlier["phone"].dropna())
    query = sa.select(batches.c.id, batches.c.order_id, batches.c.state, batches.c.encoding)
    here = {row.order_id.lower(): row for row in connection.execute(query)}
    known = earlier.merge(waiting[["phone", "fields", "segments"]], on="phone", how="left")
    for order, part in known.groupby("order_id", sort=False):
        phones = part["phone"].dropna()
        listed = part[part["phone"].notna()]
        listed = listed[~pd.Index(keys(listed["phone"])).duplicated()]  # one person, perhaps in two spellings
        row, before = here.get(str(order).lower()), empty_recipients()
        if row is None:
            # Whoever is in an order that the gateway has already was texted again from the other journal.
            texted = part["phone"][part["refused"].isna()].dropna()
            before = _texted_again(connection, entry.id, owner, texted)
        free = listed[~among(listed["phone"], recipient_rows.taken(connection, entry.id, phones))]
        if row is None:
            key = _taken_over(connection, entry, owner, part)
        elif row.state == State.REFUSED or row.encoding == UNKNOWN:
            key = row.id
        else:
            continue  # another process was faster
        no_longer_held_out(connection, entry.id, free["phone"])
        again = among(free["phone"], before["phone"])
        groups = [Group(key, entry.text, UNKNOWN, free[~again])]
        for (text, encoding), members in before.groupby(["text", "encoding"]):
            again_here = members[among(members["phone"], free["phone"])]
            groups.append(Group(key, int(cast("int", text)), str(encoding), again_here))
        recipient_rows.write(connection, entry.id, [group for group in groups if len(group.people)])
        note_erased(connection, entry.id, key, part)
        refused = part[part["refused"].notna() & part["phone"].notna()].set_index("phone")["refused"]
        recipient_rows.mark(connection, key, None, refused)
        unlisted = int(part["unlisted"].iloc[0])
        in_batch = (recipients.c.batch == key) & recipients.c.refused.is_(None)
        linked = sa.select(sa.func.count()).where(in_batch).scalar_subquery() + erased_in(key)
        segments = sa.select(sa.func.coalesce(sa.func.sum(recipients.c.segments), 0)).where(in_batch)
        values: dict[str, Any] = {"recipients": linked + unlisted, "segments": segments.scalar_subquery()}
        values |= {"encoding": UNKNOWN}
        if row is None or row.state == State.REFUSED:
            values["state"] = State.ACCEPTED
        connection.execute(sa.update(batches).where(batches.c.id == key).values(**values))
        adoption = Evidence(
            f"GET smshistory, GET sms/{order}",
            f"{len(phones)} recipients"
            + (f", {len(refused)} of them left out, being refused" if len(refused) else "")
            + (f", and {unlisted} whom it counts and does not list" if unlisted else ""),
        )
        append_evidence(connection, entry.id, str(order), "adopted", State.ACCEPTED, stamp, adoption)


def empty_recipients() -> pd.DataFrame:
    """Nobody, with the columns of `recipients.read`."""
    return pd.DataFrame({name: pd.array([], dtype) for name, dtype in recipient_rows.DTYPES.items()})


def _texted_again(connection: Connection, campaign: int, owner: str, phones: pd.Series[Any]) -> pd.DataFrame:
    """
    Begin the next attempt of those of these people who are in another order that the gateway took, also if it
    was cancelled since, or that its history has just shown to this run; returns what they were.
    """
    listed = (batches.c.state == State.UNCONFIRMED) & (batches.c.owner == owner)
    sent = sa.or_(batches.c.state.in_(TAKEN), listed)
    taken = sa.select(batches.c.id).where(batches.c.campaign == campaign, sent)
    which = is_among(recipients.c.person, recipient_rows.persons(phones)) & recipients.c.batch.in_(taken)
    which &= ~recipients.c.missing & recipients.c.refused.is_(None)
    before = recipient_rows.read(connection, campaign, which)
    attempts.step(connection, (recipients.c.campaign == campaign) & which)
    return before


def _dissolve(connection: Connection, entry: CampaignRecord, phones: pd.Series[Any]) -> None:
    """Free everybody who is planned together with one of these; a run that works on it finds it gone."""
    with_them = sa.select(recipients.c.batch).where(
        recipients.c.campaign == entry.id, is_among(recipients.c.person, recipient_rows.persons(phones))
    )
    planned = sa.select(batches.c.id).where(batches.c.state == State.PLANNED, batches.c.id.in_(with_them))
    keys = connection.execute(planned).scalars().all()
    recipient_rows.free(connection, recipients.c.batch.in_(keys))
    connection.execute(sa.delete(batches).where(batches.c.id.in_(keys)))


def _taken_over(connection: Connection, entry: CampaignRecord, owner: str, part: pd.DataFrame) -> int:
    """An order of another journal, which nobody is in yet."""
    at, schedule = (_instant(part[name].iloc[0]) for name in ("create_time", "schedule_time"))
    row = {
        "campaign": entry.id,
        "text": entry.text,
        "order_id": part["order_id"].iloc[0],
        "generation": 0,
        "state": State.ACCEPTED,
        "owner": owner,
        "attempts": 1,
        "encoding": UNKNOWN,
        **dict.fromkeys(("recipients", "segments"), 0),
        **terms_columns(entry.terms),
        "hours": None,
        "schedule_at": schedule,
        "claimed_at": at,
        "sent_at": at,
    }
    (key,) = connection.execute(sa.insert(batches).returning(batches.c.id), row).one()
    return int(key)


def _instant(moment: pd.Timestamp) -> int | None:
    return None if pd.isna(moment) else micros(moment.to_pydatetime())


def _unused(used: set[str], entry: CampaignRecord, template: str, part: pd.DataFrame) -> tuple[int, str]:
    """The first generation whose order id was never used, and that id; it is used from here on."""
    for generation in itertools.count():
        candidate = order_id(entry.prefix, template, part, generation, entry.salt)
        if candidate not in used:
            break
    used.add(candidate)
    return generation, candidate
