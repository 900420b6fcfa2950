"""All campaigns of a journal in two statements: the same answers as one by one, however many there are."""

from __future__ import annotations

from itertools import count

import pandas as pd
import pytest
import sqlalchemy as sa
from helpers.sending import send, table
from hypothesis import given, settings
from hypothesis import strategies as st

import smsframe
from smsframe.journal import tables
from smsframe.journal.journal import Journal
from smsframe.journal.people.optout_rows import OptOutList
from smsframe.orders.states import State
from smsframe.outcomes.join import outcomes

STATUSES = ("accepted", "scheduled", "rejected", "unconfirmed", "cancelled", "pending", "suppressed")
PHONES = pd.Series(["+393470000000"])
BATCH = st.fixed_dictionaries(
    {
        "state": st.sampled_from([*State]),
        "owner": st.sampled_from(["living", "dead", "another"]),
        "schedule_at": st.sampled_from([None, 1_800_000_000_000_000]),
        "charged": st.sampled_from([None, 0.0, 1.0, 2.5]),
        # Whether its order lacks each of its people, and how their texts are; nobody in one that was split.
        "people": st.lists(
            st.tuples(st.booleans(), st.sampled_from([None, "SCHEDULED", "DLVRD", "BLACKLISTED", "DEMO"])),
            max_size=3,
        ),
    }
)
CAMPAIGN = st.fixed_dictionaries({"batches": st.lists(BATCH, max_size=5), "waiting": st.integers(0, 2)})


def one_by_one(journal):
    """What the journal says of each campaign, from the outcomes of its people."""
    rows = []
    for key, name in journal.campaigns()[["id", "name"]].itertuples(index=False):
        found = outcomes(journal.recipients(key, name), name)
        counts = found["sms_status"].value_counts()
        rows.append(
            [name, len(found), *(int(counts[status]) for status in STATUSES), found["sms_credits"].sum()]
        )
    return rows


def write(journal, campaigns, living):
    """Write campaigns into a new journal, as they are at one moment of their lives."""
    keys, numbers = count(1), (f"+3934700{i:05d}" for i in count())
    people, batches = [], []
    for place, campaign in enumerate(campaigns, 1):
        shared = {"campaign": place, "text": place, "encoding": "gsm"}

        def person(batch, missing, delivery=None, shared=shared):
            phone = next(numbers)
            who = {"person": int(phone), "phone": phone}
            facts = {"batch": batch, "missing": missing, "delivery": delivery}
            people.append({**shared, **who, "segments": 2, **facts})

        for batch in campaign["batches"]:
            key = next(keys)
            facts = {name: batch[name] for name in ("state", "schedule_at", "charged")}
            owner = living if batch["owner"] == "living" else batch["owner"]
            size = len(batch["people"])
            more = {"order_id": f"sf-{key}", "generation": 0, "recipients": size, "segments": 2 * size}
            batches.append({**shared, "id": key, **facts, **more, "owner": owner, "message_type": "N"})
            for missing, delivery in batch["people"]:
                person(key, missing, delivery)
        for _ in range(campaign["waiting"]):
            person(None, missing=False)
    with journal._store.transaction() as connection:
        for place in range(1, len(campaigns) + 1):
            names = {"name": f"c{place}", "base_url": "https://gateway.example/", "account": "demo"}
            more = {"prefix": "sf", "created_at": place, "message_type": "N", "batch_size": 9, "text": place}
            connection.execute(sa.insert(tables.campaigns), {"id": place, **names, **more})
            connection.execute(sa.insert(tables.texts), {"id": place, "campaign": place, "template": "Ciao"})
        for made, rows in ((tables.batches, batches), (tables.recipients, people)):
            if rows:
                connection.execute(sa.insert(made), rows)


def forget(journal):
    """Take everything out of a journal, which is quicker than to make another one."""
    with journal._store.transaction() as connection:
        for written in (tables.recipients, tables.batches, tables.texts, tables.campaigns):
            connection.execute(sa.delete(written))


@pytest.mark.slow
def test_all_at_once_they_are_what_they_are_one_by_one(tmp_path):
    journal = Journal(tmp_path / "journal.sqlite")

    @settings(max_examples=60, deadline=None)
    @given(st.lists(CAMPAIGN, min_size=1, max_size=4))
    def same(campaigns):
        forget(journal)
        write(journal, campaigns, living)
        expected = one_by_one(journal)
        found = smsframe.campaigns(journal=journal)
        for name, people, *counts, charged in expected:
            tally = journal.batches.tally(journal.get(name))
            assert [tally.counts[status] for status in STATUSES] == counts
            assert sum(tally.counts.values()) == people
            assert tally.credits == charged
        assert (
            found.drop(columns=["gateway", "account", "created_at", "purged_at"]).to_numpy().tolist()
            == expected
        )

    with journal.owner() as living:
        same()


def test_who_is_at_work_is_told_even_where_nobody_is_in_hand(tmp_path):
    journal = Journal(tmp_path / "journal.sqlite")
    batch = {"schedule_at": None, "charged": None, "people": []}
    dead, living = (batch | {"state": State.PLANNED, "owner": owner} for owner in ("dead", "living"))
    with journal.owner() as owner:
        write(journal, [{"batches": [one], "waiting": 1} for one in (dead, living)], owner)
        at_work = {key: tally.at_work for key, tally in journal.batches.tallies().items()}
        assert at_work == {1: False, 2: True}


def test_the_frame_keeps_its_columns_and_types(sandbox, gateway, tmp_path):
    columns = {
        **dict.fromkeys(("campaign", "gateway", "account"), "string"),
        "created_at": "datetime64[us, UTC]",
        **dict.fromkeys(("recipients", *STATUSES), "Int64"),
        "credits": "Float64",
        "purged_at": "datetime64[us, UTC]",
    }
    none = smsframe.campaigns(journal=tmp_path / "none.sqlite")
    send(table(3), gateway)
    one = smsframe.campaigns(gateway=gateway)
    for found in (none, one):
        assert found.dtypes.astype(str).to_dict() == columns
    assert none.empty
    assert isinstance(one.index, pd.RangeIndex)
    assert one[["campaign", "recipients", "accepted", "credits"]].to_numpy().tolist() == [
        ["autumn", 3, 3, 3.0]
    ]


@pytest.mark.parametrize("many", [1, 40])
def test_a_journal_is_asked_as_often_for_many_campaigns_as_for_one(tmp_path, many):
    journal = Journal(tmp_path / "journal.sqlite")
    with journal.owner() as living:
        write(journal, [{"batches": [], "waiting": 1}] * many, living)
    asked = []
    sa.event.listen(
        journal._store._connections.reader, "before_cursor_execute", lambda *told: asked.append(told[2])
    )
    assert len(smsframe.campaigns(journal=journal)) == many
    assert len([statement for statement in asked if "FROM recipients" in statement]) == 3
    smsframe.Journal(journal.place).optouts.add(
        OptOutList("https://gateway.example/", "demo"), PHONES, source=""
    )
    asked.clear()
    assert smsframe.campaigns(journal=journal)["suppressed"].sum() == 1
    assert len([statement for statement in asked if "FROM recipients" in statement]) == 4


@pytest.mark.both_journals
def test_who_waits_and_may_not_be_texted_is_suppressed_as_in_results(database, sandbox, gateway):
    variants = {"text": 3, None: 1}
    sandbox.misbehave("busy", status=503, retry_after=5_000)
    for campaign, start in (("autumn", 0), ("winter", 100), ("spring", 200)):
        people = table(20, start=start)
        if campaign == "spring":
            people = smsframe.assign(people, variants, by="mobile", seed="s")
        with pytest.raises(smsframe.Unavailable):
            send(people, gateway, campaign=campaign)
        sandbox.behave()
        if campaign != "spring":
            sandbox.misbehave("busy", status=503, retry_after=5_000)
    smsframe.optouts.add([*table(3)["mobile"], *table(2, start=100)["mobile"]], gateway=gateway)
    smsframe.forget([*table(2, start=118)["mobile"]], gateway=gateway)
    sandbox.misbehave("busy", status=503, retry_after=5_000)
    with pytest.raises(smsframe.Unavailable):
        smsframe.resume("winter", gateway=gateway, suppress=table(1, start=105), progress=False, grace=0.02)
    found = smsframe.campaigns(gateway=gateway).set_index("campaign")
    for campaign in found.index:
        known = smsframe.results(campaign, gateway=gateway)["sms_status"].value_counts()
        assert found.loc[campaign, [*STATUSES]].tolist() == [int(known[status]) for status in STATUSES]
        assert found.loc[campaign, "recipients"] == known.sum()
    assert found["suppressed"].tolist()[:2] == [3, 3]
    assert found.loc["spring", "suppressed"] > 0
