"""
Anything in any order: a campaign lived through at random, and held to the promise after each step.

Hypothesis draws what happens: calls, a changed table or text, processes killed at a point, two at once, a
gateway that misbehaves. Each call is a process of its own (`killable`). What people really got is in the
sandbox's inbox, and what is said of them must agree with it. ``SMSFRAME_CHAOS=1`` draws many more lives.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections import defaultdict
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pytest
from helpers import killable
from helpers.sending import resume, send, statuses, table, texted
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

import smsframe
from smsframe.journal.journal import Journal
from smsframe.orders.states import Doubt, Event, State, transition

pytestmark = pytest.mark.slow

CHAOS = bool(os.environ.get("SMSFRAME_CHAOS"))
LIVES = settings(
    max_examples=300 if CHAOS else 8,
    stateful_step_count=25 if CHAOS else 14,
    derandomize=True,
    deadline=None,
    phases=[Phase.generate, Phase.shrink] if CHAOS else [Phase.generate],
    suppress_health_check=[*HealthCheck],
)

TEXTS = ("Uno", "Due {name}", "Tre {name}")
NAMES = ("Ada", "Bea")
PHONES = table(7, bad=[1, 5])["mobile"].tolist()
REFUSED = {phone for phone in PHONES if phone.endswith("85")}

GRACE = 0.08
LATE = 0.02
"""What the gateway does late, or hides, it has done and shows within the grace; so much is assumed."""

KINDS = [
    *({"kind": kind} for kind in ("drop_before", "drop_after", "error_before", "error_after", "half_body")),
    *({"kind": kind} for kind in ("html", "redirect", "session_lost")),
    *({"kind": "busy", "retry_after": seconds} for seconds in (0, 5000)),
    *({"kind": kind, "seconds": LATE} for kind in ("late_answer", "refuse")),
]
KINDS_OF_ORDERS = [{"kind": kind, "seconds": LATE} for kind in ("late_acceptance", "blind")]
CALLS = ("order", "order", "state", "history", "status", "login", "any")
FAULT = st.builds(
    lambda kind, often: kind | often,
    st.sampled_from(KINDS_OF_ORDERS)
    | st.builds(lambda kind, call: kind | {"call": call}, st.sampled_from(KINDS), st.sampled_from(CALLS)),
    st.sampled_from([{}, {"times": 1}, {"order": 1}, {"order": 2}, {"rate": 0.5}]),
)
DEATH = st.just({}) | st.one_of(
    st.fixed_dictionaries({"among": st.just(among), "fatal": st.integers(0, last)})
    for among, last in {"commit": 12, "POST": 12, "GET": 20, "open|mkdir|unlink": 30, "": 250}.items()
)
SOME = st.sets(st.sampled_from(PHONES), max_size=2)
WORKERS = st.integers(1, 3)
BATCH_SIZE = st.integers(1, 4)


class Seen(NamedTuple):
    """
    What can be seen of a campaign from the outside, and what it tells of itself.

    Attributes:
        inbox: Every text that a person got, as (order id, phone, text).
        status: What is said of each person.
        order: The order id of each person who has one.
        evidence: What happened to each order, as (order id, event, state).
    """

    inbox: list[tuple[str, str, str]]
    status: dict[str, str]
    order: dict[str, str]
    evidence: list[tuple[str, str, str]]

    def having(self, status: str) -> set[str]:
        return {phone for phone, said in self.status.items() if said == status}


class Campaign(RuleBasedStateMachine):
    """One life of a campaign."""

    repeated = "accept"

    def __init__(self):
        super().__init__()
        self.sandbox = smsframe.Sandbox(repeated_order_id=self.repeated, speed=3600).start()
        self.folder = tempfile.TemporaryDirectory()
        self.where = self.sandbox.url, Path(self.folder.name) / "journal.sqlite"
        self.people = dict.fromkeys(PHONES[:4], NAMES[0])
        self.text = TEXTS[0]
        self.late = False
        self.meant = defaultdict(set)
        """The texts of the calls that somebody was in."""
        self.listed = set()
        """Who was in a call that came to its end, and was not withdrawn since."""
        self.told = set()
        """Whom a call that came to its end was told to suppress: later calls know it."""
        self.perhaps_told = set()
        """Whom any call was."""
        self.sent_again = set()
        """Order ids that a person knew to be unconfirmed, and said to send again."""

    # What happens around the calls.

    @rule(phone=st.sampled_from(PHONES), name=st.sampled_from([*NAMES, None]))
    def the_table_changes(self, phone, name):
        """Somebody comes, goes, or is renamed."""
        self.people[phone] = name
        self.people = {phone: name for phone, name in self.people.items() if name is not None}

    @rule(text=st.sampled_from(TEXTS))
    def the_text_is_edited(self, text):
        self.text = text

    @rule(faults=st.lists(FAULT, max_size=2))
    def the_gateway_goes_wrong_or_behaves(self, faults):
        self.sandbox.behave()
        for fault in faults:
            self.sandbox.misbehave(**fault)
        self.late = any(fault["kind"] == "late_acceptance" for fault in faults)

    # Calls.

    @rule(workers=WORKERS, batch_size=BATCH_SIZE, suppress=SOME, changed=st.booleans(), death=DEATH)
    def send(self, workers, batch_size, suppress, changed, death):
        before = self.look()
        self.perhaps_told |= suppress
        told = self.sends(
            self.people, workers, batch_size, suppress=[*suppress], changed=changed, **death
        ).wait()
        refused = told.value == "CampaignChanged" if isinstance(told.value, str) else False
        if not refused:
            self.means(self.people)
        seen = self.hold(before, may_be_texted={*self.people} - suppress, fresh=self.texts(self.people))
        self.remembers(suppress, told)
        if told.killed:
            return
        somebody_has_another, somebody_may = self.other_texts(before)
        assert somebody_may or not refused
        assert refused or changed or not somebody_has_another
        assert not (refused and changed)
        if not isinstance(told.value, str):
            self.agree(told.value, seen, suppress)

    @rule(
        workers=WORKERS,
        batch_size=BATCH_SIZE,
        others=SOME,
        text=st.none() | st.sampled_from(TEXTS),
        deaths=st.tuples(DEATH, DEATH),
    )
    def two_send_at_once(self, workers, batch_size, others, text, deaths):
        """On tables that overlap, and perhaps with two texts."""
        before = self.look()
        another = dict([*self.people.items()][1:]) | dict.fromkeys(others, NAMES[0])
        two = (
            self.sends(self.people, workers, batch_size, **deaths[0]),
            self.sends(another, workers, batch_size, text=text, changed=text is not None, **deaths[1]),
        )
        for victim in two:
            victim.wait()
        self.means(self.people)
        self.means(another, text)
        self.hold(before, may_be_texted={*self.people, *another})

    @rule(workers=WORKERS, suppressed=SOME, death=DEATH)
    def resume(self, workers, suppressed, death):
        before = self.look()
        self.perhaps_told |= suppressed
        told = self.resumes(workers=workers, suppressed=suppressed, **death)
        self.hold(before, may_be_texted={*before.status} - suppressed)
        self.remembers(suppressed, told)

    @rule(workers=WORKERS, suppressed=SOME, death=DEATH)
    def a_person_says_to_send_again(self, workers, suppressed, death):
        before = self.look()
        self.perhaps_told |= suppressed
        told = self.resumes(workers=workers, suppressed=suppressed, unconfirmed="send", **death)
        known = {before.order[phone] for phone in before.having("unconfirmed")}
        self.hold(before, may_be_texted={*before.status} - suppressed, known_to_a_person=known)
        self.remembers(suppressed, told)

    @rule(death=DEATH)
    def withdraw(self, death):
        before = self.look()
        told = killable.run(killable.withdraw, *self.where, **death)
        self.listed -= before.having("pending") | before.having("suppressed")
        seen = self.hold(before, may_be_texted=set())
        if isinstance(told.value, pd.DataFrame):
            assert {*told.value["sms_phone"]} == {*before.status} - {*seen.status}
            assert not seen.having("pending") | seen.having("suppressed")

    # How calls are made.

    def sends(self, people, workers, batch_size, *, text=None, **options):
        contacts = pd.DataFrame({"name": [*people.values()], "mobile": [*people]}, dtype="string")
        program = partial(killable.send, workers=workers, batch_size=batch_size, grace=GRACE)
        return killable.KillableProcess(program, *self.where, contacts, text or self.text, **options)

    def resumes(self, **options):
        return killable.run(partial(killable.resume, grace=GRACE), *self.where, **options)

    def texts(self, people, text=None):
        return {phone: (text or self.text).format(name=name) for phone, name in people.items()}

    def means(self, people, text=None):
        for phone, said in self.texts(people, text).items():
            self.meant[phone].add(said)

    def remembers(self, suppressed, told):
        """Later calls know whom a call was told to suppress; of one that was killed, perhaps."""
        if not told.killed and not isinstance(told.value, str):
            self.told |= suppressed

    # What is seen, and what must hold.

    def look(self):
        inbox = self.sandbox.inbox()[["order_id", "recipient", "text"]]
        seen = Seen([*inbox.itertuples(index=False, name=None)], {}, {}, [])
        _, journal = self.where
        try:
            results = smsframe.results("autumn", journal=journal)
        except smsframe.UnknownCampaign:
            return seen
        status = dict(zip(results["sms_phone"], results["sms_status"], strict=True))
        order = results.dropna(subset="sms_order_id").set_index("sms_phone")["sms_order_id"].to_dict()
        evidence = Journal(journal).evidence(1)[["order_id", "event", "state"]]
        return seen._replace(
            status=status, order=order, evidence=[*evidence.itertuples(index=False, name=None)]
        )

    def other_texts(self, before):
        """Whether somebody has another text than the one of now; and whether anybody may have."""

        def other(text):
            return text.split()[0] != self.text.split()[0]

        has = any(other(text) for order, _, text in before.inbox if order not in self.sent_again)
        unsure = [self.meant[phone] for phone in before.having("unconfirmed")]
        has |= any(all(map(other, texts)) for texts in unsure)
        got = any(other(text) for _, _, text in before.inbox)
        return has, has or got or any(any(map(other, texts)) for texts in unsure)

    def agree(self, frame, seen, suppressed):
        """What a call returns is what the journal says."""
        status = dict(zip(frame["mobile"], frame["sms_status"], strict=True))
        assert status.keys() == self.people.keys()
        out = {phone for phone, said in status.items() if said == "suppressed"}
        assert out <= suppressed | self.perhaps_told
        assert {*self.people} & self.told <= out | seen.having("accepted") | seen.having(
            "rejected"
        ) | seen.having("unconfirmed")
        assert {phone: status[phone] for phone in status.keys() - out} == {
            phone: seen.status.get(phone) for phone in status.keys() - out
        }
        self.listed |= status.keys() - out

    def hold(self, before, *, may_be_texted, fresh=None, known_to_a_person=frozenset()):
        """The promise."""
        time.sleep(2 * LATE * self.late)  # until what is late is there
        seen = self.look()
        self.sent_again |= known_to_a_person & {
            order for order, event, _ in seen.evidence if event == Event.PERSON_SENDS
        }
        old = {order for order, _, _ in before.evidence}
        # Proven absent, of people of whom this call has only some: these go out in another order.
        retired = {order for order, event, _ in seen.evidence if event == Event.ABSENT_RETIRED}
        assert not retired & {order for order, _, _ in seen.inbox}, "an order called absent was taken"
        for order, phone, text in seen.inbox[len(before.inbox) :]:
            assert phone in may_be_texted - self.told, f"{phone} was texted, and should not be"
            assert text in self.meant[phone], f"{phone} got {text!r}, which nobody wrote"
            if fresh is not None and order not in old:
                assert text == fresh[phone], f"{phone} got the text of another time: {text!r}"
            replaced = self.sent_again | retired
            if phone in before.having("unconfirmed") and before.order[phone] not in replaced:
                assert order == before.order[phone], (
                    f"{phone} was unconfirmed, and sent again as another order"
                )
        assert self.listed <= seen.status.keys(), "somebody is forgotten"
        for phone in PHONES:
            self.hold_for(phone, seen)
        live(seen.evidence)
        return seen

    def hold_for(self, phone, seen):
        """Of one person."""
        orders = [order for order, to, _ in seen.inbox if to == phone]
        status, order = seen.status.get(phone), seen.order.get(phone)
        said = f"{phone}, {status} by {order}, got {orders}; a person sent {self.sent_again} again"
        assert len(orders) == len({*orders}), said
        taken = {*orders} - self.sent_again
        if status == "accepted":
            assert order in orders, said
            assert taken <= {order}, said
        else:
            assert taken <= ({order} if status == "unconfirmed" else set()), said
        assert status in ("accepted", "unconfirmed", "pending", "rejected", "suppressed", None), said
        assert status != "suppressed" or phone in self.perhaps_told, said
        assert phone not in REFUSED or not orders, said

    def teardown(self):
        try:
            if sys.exc_info()[0] is None:  # otherwise the promise is broken already
                self.end()
        finally:
            self.sandbox.stop()
            self.folder.cleanup()

    def end(self):
        """With a gateway that behaves everybody comes to an end, and a person can settle what is unsure."""
        self.sandbox.behave()
        everybody = {*PHONES}
        before = self.look()
        self.resumes()
        told = self.sends(self.people, 2, 3, changed=True).wait()
        self.means(self.people)
        seen = self.hold(before, may_be_texted=everybody)
        self.agree(told.value, seen, set())
        assert seen.having("rejected") <= REFUSED
        assert not seen.having("pending")
        unsure = {seen.order[phone] for phone in seen.having("unconfirmed")}
        assert unsure <= {seen.order.get(phone) for phone in REFUSED}, "unconfirmed without need"
        if unsure:
            self.resumes(unconfirmed="send")
            seen = self.hold(seen, may_be_texted=everybody, known_to_a_person=unsure)
        # A call that was told to suppress somebody is remembered, also one that was killed (`hold_for`).
        others = {*seen.status} - seen.having("accepted") - seen.having("suppressed")
        assert others <= REFUSED & seen.having("rejected")


def live(evidence):
    """Every change of every order is one that the table of `smsframe.orders.states` knows."""
    now = defaultdict(lambda: (State.PLANNED, Doubt.NONE))
    for order, event, state in evidence:
        before, doubt = now[order]
        if before is State.ACCEPTED:  # what is found later changes nothing
            assert state == State.ACCEPTED
            continue
        step = transition(before, Event(event), doubt)
        assert state == step.state, f"{order} was {before}, and became {state} when {event}"
        now[order] = step.state, step.doubt


@pytest.mark.parametrize("repeated", ["accept", "refuse", "merge"])
def test_whatever_happens_nobody_is_texted_twice_and_nobody_is_forgotten(repeated):
    lived = type("Lived", (Campaign,), {"repeated": repeated})
    run_state_machine_as_test(seed(repeated)(lived), settings=LIVES)


def test_what_a_person_says_holds_for_the_orders_that_were_unconfirmed_then(tmp_path):
    """And not for those that the same call loses: of these nobody has said anything."""
    with smsframe.Sandbox(speed=3600) as sandbox:
        gateway = sandbox.gateway(journal=tmp_path / "journal.sqlite")
        sandbox.misbehave("drop_after", order=[1, 2])
        sandbox.misbehave("error_before", call="state")
        people = table(1)
        assert statuses(send(people, gateway, "Ciao")) == {"unconfirmed": 1}
        assert statuses(resume(gateway, unconfirmed="send")) == {"unconfirmed": 1}
        assert texted(sandbox).tolist() == [2]
