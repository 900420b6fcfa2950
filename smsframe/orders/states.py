"""
The life of a batch as one pure table: (state, event) → (state, action).

::

    planned ──claimed──▶ sending ──accepted──▶ accepted
       ▲                    │ ├────refused────▶ refused
       │                    │ └────no proof───▶ unconfirmed ──found──▶ accepted
       └──proven not sent───┴──────────absent twice──┘

A scheduled order that a person calls back, before its time::

    accepted ──claimed──▶ cancelling ──taken──▶ cancel_taken ──absent twice──▶ cancelled
        ▲                    │  │                   │  │ └────never sent──────────▲
        └──────has left──────┴──┼───────────────────┘  │                          │
                                └──still scheduled, or no answer: as it was ──────┘

Everything that decides whether a person may be texted (again) is in this file and knows no network,
disk or clock: what each answer of the gateway proves (`interpret_response`), and what follows from it
(`transition`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import NamedTuple


class State(StrEnum):
    """What the journal says of a batch."""

    PLANNED = "planned"
    """Cut, with its order id; no request that could have been accepted is under way."""
    SENDING = "sending"
    """Claimed by an owner: a request may leave, or have left, at any moment."""
    ACCEPTED = "accepted"
    """The gateway has it; final."""
    REFUSED = "refused"
    """The gateway said no to it; final. Its people are rejected, or have moved to other batches."""
    UNCONFIRMED = "unconfirmed"
    """A request may have been accepted, and nobody can know yet."""
    CANCELLING = "cancelling"
    """Accepted; a request to cancel it may leave, or have left, at any moment. Nobody knows whether it goes out."""
    CANCEL_TAKEN = "cancel_taken"
    """The gateway said yes to cancelling it, which is half of the proof."""
    CANCELLED = "cancelled"
    """Accepted, and proven cancelled before its time; final. Its people have no text of it."""


class Event(StrEnum):
    """What can happen to a batch."""

    CLAIMED = "claimed"
    """An owner took it, on disk, and is about to send."""

    # What the answer to a POST proves.
    ACCEPTED = "accepted"
    NOT_SENT = "not_sent"
    """Proven not accepted, and worth repeating after a pause."""
    GAVE_UP = "gave_up"
    """As NOT_SENT, and it was repeated often enough."""
    UNAUTHORISED = "unauthorised"
    """Credentials refused, also after logging in again; not accepted."""
    WRONG_ADDRESS = "wrong_address"
    """Something answered that is not this gateway, or not for this account; not accepted."""
    REFUSED = "refused"
    NO_PROOF = "no_proof"
    """Timed out, cut off or unreadable: it may have been accepted."""

    # What a look-up found.
    FOUND = "found"
    """The order is there with exactly our recipients."""
    FOUND_PART = "found_part"
    """The order is there without some of our recipients."""
    FOUND_OTHER = "found_other"
    """The order id belongs to an order of other people."""
    ABSENT = "absent"
    """Not there, completely asked, once."""
    ABSENT_TWICE = "absent_twice"
    """Not there, completely asked twice, at least the grace period apart."""
    ABSENT_RETIRED = "absent_retired"
    """As ABSENT_TWICE, of an order that may no longer go out as it is: it is late, or somebody in it may not
    be texted any more."""
    UNANSWERED = "unanswered"
    """The gateway could not, or did not, answer the questions completely."""
    LISTED = "listed"
    """The gateway's history lists an order that was never sent, or was refused, by this journal: the journal
    is an older copy, or an answer was wrong."""

    # What the answer to a request to cancel proves.
    CANCEL_TAKEN = "cancel_taken"
    CANCEL_NOT_SENT = "cancel_not_sent"
    """Proven not processed: no connection, or turned away at the door."""
    CANCEL_NO_PROOF = "cancel_no_proof"
    """Anything else, also "not found": the order may be cancelled, on its way, or still waiting."""

    # What a look-up found of an order that is being cancelled.
    STILL_SCHEDULED = "still_scheduled"
    """The gateway lists it as waiting for its time."""
    NEVER_SENT = "never_sent"
    """The gateway lists all of its people, each with a state that means never sent."""
    HAS_LEFT = "has_left"
    """The gateway lists a text of it that has left."""

    # What processes and people do.
    CANCEL_CLAIMED = "cancel_claimed"
    """A person wants it cancelled; on disk, before the request leaves."""
    OWNER_DIED = "owner_died"
    PERSON_ACCEPTS = "person_accepts"
    PERSON_SENDS = "person_sends"


class Action(StrEnum):
    """What is to be done next."""

    POST = "post"
    REPEAT = "repeat"
    """POST again, after a pause, under the same order id."""
    RECORD = "record"
    """Nothing more than to write it down."""
    STOP = "stop"
    """Stop the campaign; what was not accepted stays as the state says."""
    NARROW = "narrow"
    """Find out what was refused: the credit, one number, or the whole request."""
    LOOK_UP = "look_up"
    LOOK_UP_AGAIN = "look_up_again"
    """Once more, when the grace period is over."""
    NEXT_GENERATION = "next_generation"
    """Release its people, to be cut again under another order id."""
    DELETE = "delete"
    """Ask the gateway to cancel it."""
    ASK_PERSON = "ask_person"
    """It stays unconfirmed; only a later look-up or a person can settle it."""


class Doubt(IntEnum):
    """Whether an attempt under the batch's order id may have been accepted; it only ever grows."""

    NONE = 0
    MAYBE = 1
    """An attempt ended without proof."""
    REFUSED = 2
    """And a later one was refused, which then proves nothing: the order id may be taken, by ourselves."""


class Step(NamedTuple):
    """Where an event leads, and what to do there."""

    state: State
    action: Action
    doubt: Doubt = Doubt.NONE


# fmt: off
TABLE: dict[tuple[State, Event], Step] = {
    (State.PLANNED, Event.CLAIMED):            Step(State.SENDING, Action.POST),

    (State.SENDING, Event.ACCEPTED):           Step(State.ACCEPTED, Action.RECORD),
    (State.SENDING, Event.NOT_SENT):           Step(State.SENDING, Action.REPEAT),
    (State.SENDING, Event.GAVE_UP):            Step(State.PLANNED, Action.STOP),
    (State.SENDING, Event.UNAUTHORISED):       Step(State.PLANNED, Action.STOP),
    (State.SENDING, Event.WRONG_ADDRESS):      Step(State.PLANNED, Action.STOP),
    (State.SENDING, Event.REFUSED):            Step(State.REFUSED, Action.NARROW),
    (State.SENDING, Event.NO_PROOF):           Step(State.UNCONFIRMED, Action.LOOK_UP, Doubt.MAYBE),
    (State.SENDING, Event.OWNER_DIED):         Step(State.UNCONFIRMED, Action.LOOK_UP, Doubt.MAYBE),

    (State.UNCONFIRMED, Event.FOUND):          Step(State.ACCEPTED, Action.RECORD),
    (State.UNCONFIRMED, Event.FOUND_PART):     Step(State.ACCEPTED, Action.RECORD),
    (State.UNCONFIRMED, Event.FOUND_OTHER):    Step(State.REFUSED, Action.NEXT_GENERATION),
    (State.UNCONFIRMED, Event.ABSENT):         Step(State.UNCONFIRMED, Action.LOOK_UP_AGAIN),
    (State.UNCONFIRMED, Event.ABSENT_TWICE):   Step(State.SENDING, Action.REPEAT),
    (State.UNCONFIRMED, Event.ABSENT_RETIRED): Step(State.REFUSED, Action.NEXT_GENERATION),
    (State.UNCONFIRMED, Event.UNANSWERED):     Step(State.UNCONFIRMED, Action.ASK_PERSON),
    (State.UNCONFIRMED, Event.PERSON_ACCEPTS): Step(State.ACCEPTED, Action.RECORD),
    (State.UNCONFIRMED, Event.PERSON_SENDS):   Step(State.REFUSED, Action.NEXT_GENERATION),

    (State.PLANNED, Event.LISTED):             Step(State.UNCONFIRMED, Action.LOOK_UP, Doubt.MAYBE),
    (State.REFUSED, Event.LISTED):             Step(State.UNCONFIRMED, Action.LOOK_UP, Doubt.MAYBE),

    # Nothing here leads back to where a batch may be sent: what was cancelled is texted only as another attempt.
    (State.ACCEPTED, Event.CANCEL_CLAIMED):      Step(State.CANCELLING, Action.DELETE),
    (State.CANCELLING, Event.CANCEL_CLAIMED):    Step(State.CANCELLING, Action.DELETE, Doubt.MAYBE),
    (State.CANCEL_TAKEN, Event.CANCEL_CLAIMED):  Step(State.CANCEL_TAKEN, Action.DELETE, Doubt.MAYBE),

    (State.CANCELLING, Event.CANCEL_TAKEN):      Step(State.CANCEL_TAKEN, Action.LOOK_UP),
    (State.CANCELLING, Event.CANCEL_NOT_SENT):   Step(State.ACCEPTED, Action.STOP),
    (State.CANCELLING, Event.CANCEL_NO_PROOF):   Step(State.CANCELLING, Action.LOOK_UP, Doubt.MAYBE),
    (State.CANCEL_TAKEN, Event.CANCEL_TAKEN):    Step(State.CANCEL_TAKEN, Action.LOOK_UP),
    (State.CANCEL_TAKEN, Event.CANCEL_NOT_SENT): Step(State.CANCEL_TAKEN, Action.STOP),
    (State.CANCEL_TAKEN, Event.CANCEL_NO_PROOF): Step(State.CANCEL_TAKEN, Action.LOOK_UP),

    (State.CANCEL_TAKEN, Event.ABSENT):          Step(State.CANCEL_TAKEN, Action.LOOK_UP_AGAIN),
    (State.CANCEL_TAKEN, Event.ABSENT_TWICE):    Step(State.CANCELLED, Action.RECORD),
    (State.CANCEL_TAKEN, Event.NEVER_SENT):      Step(State.CANCELLED, Action.RECORD),
    (State.CANCEL_TAKEN, Event.STILL_SCHEDULED): Step(State.CANCEL_TAKEN, Action.ASK_PERSON),
    (State.CANCEL_TAKEN, Event.HAS_LEFT):        Step(State.ACCEPTED, Action.RECORD),
    (State.CANCEL_TAKEN, Event.UNANSWERED):      Step(State.CANCEL_TAKEN, Action.ASK_PERSON),

    # Without a yes an absence proves nothing: somebody else may have cancelled it, or it was never visible.
    (State.CANCELLING, Event.ABSENT):            Step(State.CANCELLING, Action.ASK_PERSON),
    (State.CANCELLING, Event.ABSENT_TWICE):      Step(State.CANCELLING, Action.ASK_PERSON),
    (State.CANCELLING, Event.NEVER_SENT):        Step(State.CANCELLED, Action.RECORD),
    (State.CANCELLING, Event.STILL_SCHEDULED):   Step(State.CANCELLING, Action.ASK_PERSON),
    (State.CANCELLING, Event.HAS_LEFT):          Step(State.ACCEPTED, Action.RECORD),
    (State.CANCELLING, Event.UNANSWERED):        Step(State.CANCELLING, Action.ASK_PERSON),
}
"""The life of a batch whose order id is not in doubt; the doubt it gives is what the event adds."""

IN_DOUBT: dict[tuple[State, Event], Step] = {
    # What would prove that nothing was accepted proves it only of this attempt, not of the earlier one.
    (State.SENDING, Event.GAVE_UP):            Step(State.UNCONFIRMED, Action.STOP),
    (State.SENDING, Event.UNAUTHORISED):       Step(State.UNCONFIRMED, Action.STOP),
    (State.SENDING, Event.WRONG_ADDRESS):      Step(State.UNCONFIRMED, Action.STOP),
    (State.SENDING, Event.REFUSED):            Step(State.UNCONFIRMED, Action.LOOK_UP, Doubt.REFUSED),
    (State.CANCELLING, Event.CANCEL_NOT_SENT): Step(State.CANCELLING, Action.STOP),
}
"""What differs once an attempt may have been accepted: never split, never given another order id."""

REFUSED_IN_DOUBT: dict[tuple[State, Event], Step] = {
    # Refused once under this id, and not there: sending it again would be refused again.
    (State.UNCONFIRMED, Event.ABSENT_TWICE):   Step(State.UNCONFIRMED, Action.ASK_PERSON),
    (State.UNCONFIRMED, Event.ABSENT_RETIRED): Step(State.UNCONFIRMED, Action.ASK_PERSON),
}
"""What differs further once an attempt in doubt was refused."""
# fmt: on


def transition(state: State, event: Event, doubt: Doubt = Doubt.NONE) -> Step:
    """
    Where ``event`` leads a batch in ``state``, what to do there, and how much doubt there is then.

    Raises:
        ValueError: The event cannot happen in that state; carrying on would be guessing with people.

    Example:
        >>> transition(State.SENDING, Event.NO_PROOF).action
        <Action.LOOK_UP: 'look_up'>
        >>> transition(State.SENDING, Event.REFUSED, Doubt.MAYBE).state
        <State.UNCONFIRMED: 'unconfirmed'>
    """
    tables = [TABLE, IN_DOUBT, REFUSED_IN_DOUBT][: doubt + 1]
    for table in reversed(tables):
        if step := table.get((state, event)):
            return step._replace(doubt=max(doubt, step.doubt))
    raise ValueError(f"a batch that is {state} cannot be {event}")


class Answer(NamedTuple):
    """
    The facts of an answer to a POST that decide what it proves.

    Attributes:
        status: The HTTP status, or None when no answer came.
        connected: Whether a TCP (and TLS) connection stood, so that the request may have left.
        ok: Whether the body was readable and its ``result`` was ``OK``.
        retry_after: Whether the answer named a time to come back.
        page: Whether the body is a page for people (HTML), as a proxy's own answers are.
    """

    status: int | None
    connected: bool = True
    ok: bool = False
    retry_after: bool = False
    page: bool = False


@dataclass(frozen=True, slots=True)
class StatusProof:
    """
    What each HTTP status proves of an order that was posted; one that is nowhere here proves nothing.

    Those that a gateway documents are its own; the others are HTTP's, for every gateway (see
    `interpret_response`).

    Attributes:
        accepted: Taken, if the body says so too.
        refused: Refused, as an order that cannot be sent.
        unauthorised: Not taken, for lack of valid credentials.
        wrong_address: Not taken, by something that is not this gateway or not for this account.
        not_taken: Not taken, safe to repeat.
        busy: The same, if the answer names a time to come back and is no page for people.
    """

    accepted: frozenset[int] = frozenset({200, 201})
    refused: frozenset[int] = frozenset({400})
    unauthorised: frozenset[int] = frozenset({401})
    wrong_address: frozenset[int] = frozenset({307, 308, 403, 404})
    not_taken: frozenset[int] = frozenset({413, 415, 429})
    busy: frozenset[int] = frozenset({503})


HTTP = StatusProof()
"""What smSend documents, and HTTP defines."""


def interpret_response(answer: Answer, proves: StatusProof = HTTP) -> Event:
    """
    What an answer to a POST proves, read the way that texts nobody twice.

    ``proves`` is a gateway's own; what follows are the reasons of smSend's.

    A 201 is success by the quick-start page, a 200 by the documentation of ``paramsms``; both only with
    ``result`` = ``OK``. 400, 401 and 404 are documented per call. The others are documented nowhere: they are
    read as HTTP defines them, and count as proof only where no honest server or proxy could mean them of an
    order that was processed. (Numbers are sections of RFC 9110 unless another is named.)

    ===========  ============================================================================================
    1xx          Interim: the final answer is still to come (15.2). No proof.
    200, 201     Accepted, if the body says so; else yes and no at once. Any other 2xx says that something was
                 done, but not what (202: perhaps later, 15.3.3). No proof.
    307, 308     The same request is to be made elsewhere (15.4.8, 15.4.9), so it was not processed here.
    other 3xx    303 answers a POST *after* it was processed (15.4.4), and by custom so do 301 and 302, which
                 clients turn into a GET (15.4.2, 15.4.3). No proof.
    400          Refused, as documented for this call.
    401          Not applied, for lack of valid credentials (15.5.2).
    403, 404     Understood and refused (15.5.4); nothing is here, or nobody says so (15.5.5).
    413, 415     The server refuses to process so much (15.5.14), or this kind (15.5.16).
    429          Too many requests, come back later (RFC 6585, 4): turned away at the door.
    other 4xx    Mostly not processed either, but also 409 (perhaps with our own earlier attempt) and 408 and
                 499, which say that somebody stopped waiting. No proof: a look-up costs a moment.
    503          Not able to handle it now (15.6.4), where it names a time to come back. Without one, or as a
                 page for people, proxies and caches say so too when the gateway broke off after it had the
                 request. No proof then.
    other 5xx    It may have broken afterwards; 502 and 504 are by a proxy about a gateway that had it
                 (15.6.3, 15.6.5). No proof.
    no answer    Not sent if no connection ever stood, else no proof.
    ===========  ============================================================================================

    Example:
        >>> interpret_response(Answer(status=500))
        <Event.NO_PROOF: 'no_proof'>
    """
    match answer:
        case Answer(status=None, connected=False):
            return Event.NOT_SENT
        case Answer(status=status, ok=True) if status in proves.accepted:
            return Event.ACCEPTED
        case Answer(status=status) if status in proves.refused:
            return Event.REFUSED
        case Answer(status=status) if status in proves.unauthorised:
            return Event.UNAUTHORISED
        case Answer(status=status) if status in proves.wrong_address:
            return Event.WRONG_ADDRESS
        case Answer(status=status) if status in proves.not_taken:
            return Event.NOT_SENT
        case Answer(status=status, retry_after=True, page=False) if status in proves.busy:
            return Event.NOT_SENT
        case _:
            return Event.NO_PROOF
