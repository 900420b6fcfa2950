"""The life of a batch, held to the promise over all of its table: nobody twice, nobody forgotten."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from smsframe.journal.tables import VERSION
from smsframe.orders.answers import Answer, interpret_response
from smsframe.orders.cancellation import interpret_cancel, listed_as
from smsframe.orders.profile import SMSEND
from smsframe.orders.states import (
    CALLED_BACK,
    CANCEL_OPEN,
    IN_DOUBT,
    REFUSED_IN_DOUBT,
    TABLE,
    TAKEN,
    Action,
    Doubt,
    Event,
    State,
    transition,
)

FINAL = {State.ACCEPTED, State.REFUSED, State.CANCELLED}
ANSWERS = {  # what a POST can come to
    Event.ACCEPTED, Event.NOT_SENT, Event.GAVE_UP, Event.UNAUTHORISED, Event.WRONG_ADDRESS, Event.REFUSED,
    Event.NO_PROOF,
}  # fmt: skip
FINDINGS = {
    Event.FOUND, Event.FOUND_PART, Event.FOUND_OTHER, Event.ABSENT, Event.ABSENT_TWICE, Event.ABSENT_RETIRED,
    Event.UNANSWERED,
}  # fmt: skip
PERSON = {Event.PERSON_ACCEPTS, Event.PERSON_SENDS}
CANCEL_PERSON = {Event.PERSON_ACCEPTS, Event.PERSON_CANCELS}
CANCEL_ANSWERS = {Event.CANCEL_TAKEN, Event.CANCEL_NOT_SENT, Event.CANCEL_NO_PROOF}
CANCEL_FINDINGS = {
    Event.ABSENT, Event.NEVER_SENT, Event.HAS_LEFT, Event.PART_LEFT, Event.STILL_SCHEDULED, Event.UNANSWERED,
}  # fmt: skip
LOOKED_UP = {State.CANCEL_ASKED, State.CANCEL_TAKEN}
CANCELS = CANCEL_ANSWERS | CANCEL_FINDINGS - FINDINGS | {Event.CANCEL_CLAIMED, Event.PERSON_CANCELS}
POSTS = {Action.POST, Action.REPEAT}


def steps():
    """Every step that can be taken: (state, event, doubt) and where it leads."""
    for state, event, doubt in product(State, Event, Doubt):
        try:
            yield state, event, doubt, transition(state, event, doubt)
        except ValueError:
            continue


def reachable():
    """Every (state, doubt) that a batch can get to from being cut."""
    found, new = set(), {(State.PLANNED, Doubt.NONE)}
    while new:
        found |= new
        new = {(to.state, to.doubt) for state, _, doubt, to in steps() if (state, doubt) in new} - found
    return found


# What an answer proves -----------------------------------------------------------------------------------


PAGE = (Path(__file__).parents[2] / "docs" / "promise.md").read_text("utf-8")
FACTS = {
    "`result` OK": ("ok", True),
    "with `Retry-After`": ("retry_after", True),
    "HTML page": ("page", False),
}
"""How the page names what else an answer must, or must not, have."""


def rows(heading):
    """The first two cells of the rows below a heading of the page that begin with a status."""
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"^\| (\d{3}[^|]*) \| ([^|]*) \|", section, re.MULTILINE)


def statuses(cell):
    """The statuses that a cell names, each with the words that follow it."""
    named = cell.partition(" and any other ")[0]
    return [(int(one[:3]), one[3:]) for one in re.split(r"(?:,|,? or) (?=\d{3}\b)", named)]


def proofs():
    """What an answer proves by the page of the promise: by status, the event and the facts it takes."""
    said = re.findall(r"^A (\d{3}) means \*\*\w+\*\*, `(\w+)`", PAGE, re.MULTILINE)
    for cell, proves in rows("The gateway answers"):
        said += [(cell, event) for event in re.findall(r"^(?:not )?taken, `(\w+)`$", proves)]
    unless = {status: words for cell, _ in rows("Nobody can know") for status, words in statuses(cell)}
    found = {}
    for cell, event in said:
        for status, words in statuses(cell):
            conditions = words + (unless[status] if status == 503 else "")
            found[status] = Event(event), {fact for name, fact in FACTS.items() if name in conditions}
    return found


PROOFS = proofs()


def expected(status, facts):
    """What an answer proves by the page; whatever is not there proves nothing."""
    event, needed = PROOFS.get(status, (Event.NO_PROOF, ()))
    return event if all((fact in facts) is there for fact, there in needed) else Event.NO_PROOF


def test_the_page_says_of_every_proof_which_answers_are_one():
    assert {event for event, _ in PROOFS.values()} == ANSWERS - {Event.GAVE_UP, Event.NO_PROOF}
    assert PROOFS[503] == (Event.NOT_SENT, {("retry_after", True), ("page", False)})


def test_an_answer_that_the_page_calls_no_proof_is_none():
    named = {status for cell, _ in rows("Nobody can know") for status, _ in statuses(cell)}
    assert {301, 302, 303, 408, 409, 500, 502, 504} <= named
    assert named & set(PROOFS) == {200, 201, 503}  # and of these what else it takes is above


@pytest.mark.parametrize("status", range(100, 600))
def test_every_status_proves_what_the_design_says_with_and_without_ok_and_retry_after(status):
    for given in product((False, True), repeat=3):
        facts = dict(zip(("ok", "retry_after", "page"), given, strict=True))
        assert interpret_response(Answer(status=status, **facts)) is expected(
            status, {fact for fact in facts if facts[fact]}
        )


@pytest.mark.parametrize("status", [s for s in range(300, 400) if s not in (307, 308)])
def test_a_redirection_that_may_answer_a_processed_post_proves_nothing(status):
    """POST, then 303 to a page that shows what came of it, is the custom of the web; so are 301 and 302."""
    for given in product((False, True), repeat=3):
        assert interpret_response(Answer(status, True, *given)) is Event.NO_PROOF


def test_no_answer_proves_something_only_if_no_connection_ever_stood():
    for ok, retry_after in product((False, True), repeat=2):
        assert (
            interpret_response(Answer(None, connected=False, ok=ok, retry_after=retry_after))
            is Event.NOT_SENT
        )
        assert (
            interpret_response(Answer(None, connected=True, ok=ok, retry_after=retry_after)) is Event.NO_PROOF
        )


@pytest.mark.parametrize("status", [-1, 0, 99, 600, 999, 2**31])
def test_a_status_that_http_does_not_know_proves_nothing(status):
    assert interpret_response(Answer(status=status, ok=True, retry_after=True)) is Event.NO_PROOF


# The table ------------------------------------------------------------------------------------------------


def test_every_pair_is_in_the_table_or_an_error():
    for state, event, doubt in product(State, Event, Doubt):
        if (state, event) in TABLE:
            assert transition(state, event, doubt).doubt >= doubt
        else:
            with pytest.raises(ValueError, match=f"{state} cannot be {event}"):
                transition(state, event, doubt)


def test_the_tables_of_doubt_only_sharpen_what_the_first_says():
    assert set(IN_DOUBT) <= set(TABLE)
    assert set(REFUSED_IN_DOUBT) <= set(TABLE)


def test_every_answer_to_a_post_and_every_finding_has_its_place():
    """No answer may find the table without a line for it: an exception there would lose its record."""
    for doubt in Doubt:
        assert all(transition(State.SENDING, event, doubt) for event in ANSWERS | {Event.OWNER_DIED})
        assert all(transition(State.UNCONFIRMED, event, doubt) for event in FINDINGS | PERSON)
    assert all(transition(state, Event.LISTED) for state in (State.PLANNED, State.REFUSED))
    assert all(transition(state, event) for state in CANCEL_OPEN for event in CANCEL_ANSWERS)
    assert all(transition(state, event) for state in LOOKED_UP for event in CANCEL_FINDINGS | CANCEL_PERSON)
    assert all(transition(state, Event.CANCEL_CLAIMED) for state in (State.ACCEPTED, *CANCEL_OPEN))
    others = {Event.CLAIMED, Event.OWNER_DIED, Event.LISTED}
    assert ANSWERS | FINDINGS | PERSON | CANCELS | others == set(Event)


def test_whatever_an_answer_proves_a_batch_being_sent_can_take_it():
    answers = [
        Answer(status, connected, ok, after_)
        for status in (None, *range(100, 600))
        for connected, ok, after_ in product((False, True), repeat=3)
    ]
    assert {interpret_response(answer) for answer in answers} <= ANSWERS


def test_what_is_final_stays_so_unless_a_person_cancels_it_or_the_gateway_has_what_it_refused():
    assert {step[:2] for step in steps() if step[0] in FINAL} == {
        (State.REFUSED, Event.LISTED),
        (State.ACCEPTED, Event.CANCEL_CLAIMED),
    }


def test_another_state_takes_another_version_of_the_journal():
    """An older smsframe would misread it, and must say instead that it is to be upgraded."""
    states = {"planned", "sending", "accepted", "refused", "unconfirmed"}
    states |= {"cancelling", "cancel_asked", "cancel_taken", "cancelled"}
    assert (VERSION, {*State}) == (8, states)


def test_doubt_never_shrinks():
    assert all(to.doubt >= doubt for _, _, doubt, to in steps())


def test_a_batch_posts_only_while_it_is_being_sent():
    """What posts has been claimed on disk: the state that goes with a POST is always ``sending``."""
    assert {to.state for *_, to in steps() if to.action in POSTS} == {State.SENDING}


def test_an_unconfirmed_batch_is_posted_again_only_after_two_absences():
    again = {event for state, event, _, to in steps() if state is State.UNCONFIRMED and to.action in POSTS}
    assert again == {Event.ABSENT_TWICE}
    back = {
        event for state, event, _, to in steps() if state is State.UNCONFIRMED and to.state is State.PLANNED
    }
    assert not back


def test_only_two_absences_or_proof_lead_to_another_post_of_the_same_order():
    """From every state: a POST follows being claimed, proof of not being sent, or two absences."""
    why = {(state, event) for state, event, _, to in steps() if to.action in POSTS}
    assert why == {
        (State.PLANNED, Event.CLAIMED),
        (State.SENDING, Event.NOT_SENT),
        (State.UNCONFIRMED, Event.ABSENT_TWICE),
    }


def test_people_get_another_order_id_only_by_a_person_a_collision_or_a_proven_refusal():
    freed = {
        (state, event, to.action)
        for state, event, doubt, to in steps()
        if to.action in (Action.NEXT_GENERATION, Action.NARROW) and (state, doubt) in reachable()
    }
    assert freed == {
        (State.UNCONFIRMED, Event.PERSON_SENDS, Action.NEXT_GENERATION),
        (State.UNCONFIRMED, Event.FOUND_OTHER, Action.NEXT_GENERATION),
        (State.UNCONFIRMED, Event.ABSENT_RETIRED, Action.NEXT_GENERATION),
        (State.SENDING, Event.REFUSED, Action.NARROW),
    }


def test_a_batch_in_doubt_is_never_split_nor_refused_by_the_gateway():
    for state, event, doubt, to in steps():
        if doubt is not Doubt.NONE:
            assert to.action is not Action.NARROW
            if to.state is State.REFUSED:
                assert event in (Event.PERSON_SENDS, Event.FOUND_OTHER, Event.ABSENT_RETIRED), state


def test_a_batch_in_doubt_never_counts_as_not_sent():
    """``planned`` batches are dissolved and cut anew, so none may have left something behind."""
    assert (State.PLANNED, Doubt.MAYBE) not in reachable()
    assert (State.PLANNED, Doubt.REFUSED) not in reachable()


def test_an_unconfirmed_batch_is_always_in_doubt_and_a_claimed_one_never_is_at_first():
    assert (State.UNCONFIRMED, Doubt.NONE) not in reachable()
    assert transition(State.PLANNED, Event.CLAIMED).doubt is Doubt.NONE


def test_once_refused_in_doubt_it_is_never_posted_again():
    found, new = set(), {(State.UNCONFIRMED, Doubt.REFUSED)}
    while new:
        found |= new
        taken = [to for state, _, doubt, to in steps() if (state, doubt) in new]
        assert not [to for to in taken if to.action in POSTS]
        new = {(to.state, to.doubt) for to in taken} - found


def test_accepted_takes_a_yes_of_the_gateway_or_a_person():
    said = {
        event for state, event, _, to in steps() if to.state is State.ACCEPTED and state not in CANCEL_OPEN
    }
    assert said == {Event.ACCEPTED, Event.FOUND, Event.FOUND_PART, Event.PERSON_ACCEPTS}


def test_one_absence_changes_nothing_but_the_question():
    for doubt in Doubt:
        assert transition(State.UNCONFIRMED, Event.ABSENT, doubt) == (
            State.UNCONFIRMED,
            Action.LOOK_UP_AGAIN,
            doubt,
        )


def test_nobody_is_forgotten():
    """From everywhere a batch can get to there is a way to a final state, or back to being cut."""
    ends = FINAL | {State.PLANNED}
    for start in reachable():
        found, new = set(), {start}
        while new:
            found |= new
            new = {(to.state, to.doubt) for state, _, doubt, to in steps() if (state, doubt) in new} - found
        assert ends & {state for state, _ in found}, start


def test_a_person_always_has_the_last_word_on_what_stays_unconfirmed():
    for doubt in Doubt:
        assert transition(State.UNCONFIRMED, Event.PERSON_ACCEPTS, doubt).state is State.ACCEPTED
        assert transition(State.UNCONFIRMED, Event.PERSON_SENDS, doubt).action is Action.NEXT_GENERATION


def test_a_person_has_the_last_word_on_whatever_stays_to_be_cancelled():
    asked = {to.state for *_, to in steps() if to.action is Action.ASK_PERSON and to.state in CANCEL_OPEN}
    assert asked == LOOKED_UP
    for state, doubt in product(asked, Doubt):
        assert transition(state, Event.PERSON_CANCELS, doubt).state is State.CANCELLED
        assert transition(state, Event.PERSON_ACCEPTS, doubt).state is State.ACCEPTED


def test_a_dead_owner_leaves_doubt():
    for doubt in Doubt:
        step = transition(State.SENDING, Event.OWNER_DIED, doubt)
        assert (step.state, step.action) == (State.UNCONFIRMED, Action.LOOK_UP)
        assert step.doubt is not Doubt.NONE


# What a person wants cancelled ----------------------------------------------------------------------------


def test_what_was_accepted_is_never_posted_again_nor_freed():
    """Its people are texted only by another attempt, which a person asks for."""
    for state, event, _, to in steps():
        if state in TAKEN:
            assert to.state in TAKEN, (state, event)
            assert to.action not in {*POSTS, Action.NARROW, Action.NEXT_GENERATION}


def test_only_two_proofs_a_state_that_means_never_sent_or_a_persons_word_make_it_cancelled():
    ways = {(state, event) for state, event, _, to in steps() if to.state is State.CANCELLED}
    assert ways == {
        (State.CANCEL_TAKEN, Event.ABSENT_TWICE),
        (State.CANCEL_TAKEN, Event.NEVER_SENT),
        (State.CANCEL_ASKED, Event.NEVER_SENT),
        (State.CANCEL_TAKEN, Event.PERSON_CANCELS),
        (State.CANCEL_ASKED, Event.PERSON_CANCELS),
    }
    assert {
        event for state, event, _, to in steps() if to.state is State.CANCEL_TAKEN and to.state != state
    } == {Event.CANCEL_TAKEN}


def test_it_is_accepted_again_only_if_no_request_was_processed_all_of_it_has_left_or_a_person_says_so():
    ways = {
        (state, event)
        for state, event, _, to in steps()
        if state in CANCEL_OPEN and to.state is State.ACCEPTED
    }
    assert ways == {
        (State.CANCELLING, Event.CANCEL_NOT_SENT),
        (State.CANCEL_ASKED, Event.HAS_LEFT),
        (State.CANCEL_TAKEN, Event.HAS_LEFT),
        (State.CANCEL_ASKED, Event.PERSON_ACCEPTS),
        (State.CANCEL_TAKEN, Event.PERSON_ACCEPTS),
    }


@pytest.mark.parametrize("doubt", [*Doubt])
def test_a_claim_whose_process_died_may_have_asked_so_a_later_request_that_never_left_proves_nothing(doubt):
    first = transition(State.ACCEPTED, Event.CANCEL_CLAIMED, doubt).state
    assert transition(first, Event.CANCEL_NOT_SENT, doubt).state is State.ACCEPTED
    again = transition(first, Event.CANCEL_CLAIMED, doubt).state
    assert transition(again, Event.CANCEL_NOT_SENT, doubt).state is State.CANCEL_ASKED


def test_what_asks_for_an_order_to_be_cancelled_is_on_disk_before():
    asks = {(event, to.state) for _, event, _, to in steps() if to.action is Action.DELETE}
    assert asks == {(Event.CANCEL_CLAIMED, state) for state in CANCEL_OPEN}


def test_nothing_but_another_cancelling_leads_on_from_what_stays_open():
    for state, event, _, to in steps():
        if state in CALLED_BACK and to.action is Action.ASK_PERSON:
            assert to.state is state, event


@pytest.mark.parametrize("status", [None, *range(100, 600)])
def test_a_request_to_cancel_is_taken_only_by_a_200_and_undone_only_by_proof(status):
    for connected, ok, after_, page in product((False, True), repeat=4):
        event = interpret_cancel(Answer(status, connected, ok, after_, page))
        assert (event is Event.CANCEL_TAKEN) is (status == 200 and ok and not page)
        if status is None:
            not_processed = not connected
        else:
            not_processed = status in (307, 308, 401, 403, 413, 415, 429) or (
                status == 503 and after_ and not page
            )
        assert (event is Event.CANCEL_NOT_SENT) is not_processed


LEFT = [code for code, known in SMSEND.delivery.items() if known.left]
WAITING = ["WAITING", "SCHEDULED"]
NEVER = ["DEMO", "UNKNRCPT", "UNKNPFX", "INVALIDDST"]


def proof(listed, people):
    """What a list of texts proves: pairs of a person and a code."""
    who = np.array([person for person, _ in listed], dtype=np.intp)
    return listed_as(who, pd.Series([code for _, code in listed], dtype="string"), people, SMSEND)


def test_every_list_of_states_of_two_people_proves_no_more_than_it_says():
    kinds = {"left": "DLVRD", "waits": "SCHEDULED", "never": "DEMO", "unknown": "CANCELLED", "absent": None}
    for kinds_of in product(kinds, repeat=2):
        listed = [(place, kinds[kind]) for place, kind in enumerate(kinds_of) if kinds[kind]]
        event, there = proof(listed, 2), set(kinds_of)
        if "left" in there:
            expected = Event.HAS_LEFT if there <= {"left", "never"} else Event.PART_LEFT
        elif "waits" in there:
            expected = Event.STILL_SCHEDULED
        else:
            expected = Event.NEVER_SENT if there == {"never"} else Event.UNANSWERED
        assert event is expected, kinds_of


def test_a_number_that_is_listed_twice_is_what_is_worst():
    """A gateway that takes an order id twice lists its people twice."""
    assert proof([(0, "DEMO"), (0, "SCHEDULED")], 1) is Event.STILL_SCHEDULED
    assert proof([(0, "DEMO"), (0, "DLVRD")], 1) is Event.HAS_LEFT
    assert proof([(0, "DEMO"), (0, "CALLED OFF")], 1) is Event.UNANSWERED
    assert proof([(0, "DLVRD"), (0, "SCHEDULED")], 1) is Event.PART_LEFT


@pytest.mark.parametrize("code", [*SMSEND.delivery])
def test_every_documented_state_is_left_waiting_or_never_sent(code):
    event = proof([(0, code)], 1)
    assert event is (
        Event.HAS_LEFT if code in LEFT else Event.STILL_SCHEDULED if code in WAITING else Event.NEVER_SENT
    )
    assert (code in LEFT) + (code in WAITING) + (code in NEVER) == 1
