"""What a run keeps of the costs of orders is what it would compute again, whatever became of them since."""

from __future__ import annotations

import pandas as pd
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import smsframe
from smsframe.journal.orders.spending import read_spending
from smsframe.journal.tables import batches, recipients
from smsframe.orders.prices import Budget, Prices
from smsframe.orders.states import State

PEOPLE = pd.DataFrame({"mobile": [f"+39347000{place:04d}" for place in range(4)] + ["+4915207829731"] * 1})
PRICES = [None, Prices("EUR", {("IT", "N"): 5, ("DE", "N"): 90}), Prices("EUR", {("IT", "N"): 5})]

PEOPLE_BEFORE = st.lists(
    st.one_of(
        st.tuples(st.just("missing"), st.integers(0, 4), st.just(value=True)),
        st.tuples(st.just("refused"), st.integers(0, 4), st.just("Invalid recipient")),
    ),
    max_size=4,
)
"""Who was not listed, or left out, when the costs were computed first."""

CHANGES = st.lists(
    st.one_of(
        st.tuples(st.just("charged"), st.integers(0, 2), st.sampled_from([None, 0.0, 1.0, 2.0, 3.5])),
        st.tuples(st.just("missing"), st.integers(0, 4), st.just(value=False)),  # found after all
        st.tuples(st.just("state"), st.integers(0, 2), st.sampled_from([*State])),
    ),
    min_size=1,
    max_size=8,
)


@pytest.fixture
def journal(sandbox, gateway):
    """With a campaign of three orders."""
    options = {"phone": "mobile", "gateway": gateway, "batch_size": 2, "progress": False}
    out = smsframe.send(PEOPLE, "Ciao", campaign="autumn", **options)
    assert out["sms_order_id"].nunique() == 3
    return smsframe.Journal(gateway.journal)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(before=PEOPLE_BEFORE, changes=CHANGES, prices=st.sampled_from(PRICES))
@example([("missing", 1, True)], [("charged", 0, 2.0), ("missing", 1, False)], None)  # seed 2000001138
def test_what_is_kept_of_costs_is_what_would_be_computed_again(journal, before, changes, prices):
    entry = journal.get("autumn")
    kept = {planned: Budget(limit=5, prices=prices) for planned in (True, False)}
    with journal._store.transaction() as connection, connection.begin_nested() as undone:
        orders = connection.scalars(sa.select(batches.c.id).order_by(batches.c.id)).all()
        people = connection.scalars(sa.select(recipients.c.person).order_by(recipients.c.person)).all()

        def change(column, place, value):
            if column in ("charged", "state"):
                which = sa.update(batches).where(batches.c.id == orders[place])
            else:
                which = sa.update(recipients).where(recipients.c.person == people[place])
            connection.execute(which.values({column: value}))

        for step in before:
            change(*step)
        for step in [("charged", 0, 2.0), *changes]:
            change(*step)
            for planned, budget in kept.items():
                again = read_spending(connection, entry, Budget(limit=5, prices=prices), planned=planned)
                assert read_spending(connection, entry, budget, planned=planned) == again
                assert read_spending(connection, entry, budget, planned=planned) == again
        undone.rollback()
