"""
The life of a batch as one pure table: (state, event) → (state, action).

::

    planned ──claimed──▶ sending ──accepted──▶ accepted
       ▲                    │ ├────refused────▶ refused
       │                    │ └────no proof───▶ unconfirmed ──found──▶ accepted
       └──proven not sent───┴──────────absent twice──┘

A scheduled order that a person cancels, before its time::

    accepted ──claimed──▶ cancelling ──taken──▶ cancel_taken ──absent twice, or never sent──▶ cancelled
        ▲                    │   │                  ▲    │                                        ▲
        ├──proven not asked──┘   └──no proof──▶ cancel_asked ────────────never sent───────────────┘
        └──────────────────has left───────────────┴──────┘

Everything that decides whether a person may be texted (again) is in this file and knows no network,
disk or clock: what follows (`transition`) from what an answer of the gateway proves
(`smsframe.orders.answers`, `smsframe.orders.cancellation`).
"""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import Final, NamedTuple


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
    """Accepted; the first request to cancel it may leave, or have left, at any moment."""
    CANCEL_ASKED = "cancel_asked"
    """A request to cancel it may have been taken: nobody knows whether it goes out."""
    CANCEL_TAKEN = "cancel_taken"
    """The gateway confirmed the cancellation; a look-up must confirm it too."""
    CANCELLED = "cancelled"
    """Accepted, and cancelled before its time, proven or by a person's word; final. Nobody has its text."""


CANCEL_OPEN: Final = (State.CANCELLING, State.CANCEL_ASKED, State.CANCEL_TAKEN)
"""A person wanted it cancelled, and nobody can know yet whether it goes out."""

CALLED_BACK: Final = (*CANCEL_OPEN, State.CANCELLED)
"""A person wanted it cancelled. It is never sent again: its people are texted only by another attempt."""

TAKEN: Final = (State.ACCEPTED, *CALLED_BACK)
"""The gateway took it, whatever became of it since."""


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
    """The gateway lists all of its people, and nobody as waiting."""
    PART_LEFT = "part_left"
    """The gateway lists texts of it that have left, and not all of them."""

    # What processes and people do.
    CANCEL_CLAIMED = "cancel_claimed"
    """A person wants it cancelled; on disk, before the request leaves."""
    OWNER_DIED = "owner_died"
    PERSON_ACCEPTS = "person_accepts"
    PERSON_SENDS = "person_sends"
    PERSON_CANCELS = "person_cancels"
    """A person knows that an order, which was to be cancelled, was."""


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

    # Nothing here leads back to where a batch may be sent: its people are texted only by another attempt.
    (State.ACCEPTED, Event.CANCEL_CLAIMED):      Step(State.CANCELLING, Action.DELETE),
    (State.CANCELLING, Event.CANCEL_CLAIMED):    Step(State.CANCEL_ASKED, Action.DELETE),
    (State.CANCEL_ASKED, Event.CANCEL_CLAIMED):  Step(State.CANCEL_ASKED, Action.DELETE),
    (State.CANCEL_TAKEN, Event.CANCEL_CLAIMED):  Step(State.CANCEL_TAKEN, Action.DELETE),

    (State.CANCELLING, Event.CANCEL_TAKEN):      Step(State.CANCEL_TAKEN, Action.LOOK_UP),
    (State.CANCELLING, Event.CANCEL_NOT_SENT):   Step(State.ACCEPTED, Action.RECORD),
    (State.CANCELLING, Event.CANCEL_NO_PROOF):   Step(State.CANCEL_ASKED, Action.LOOK_UP),
    (State.CANCEL_ASKED, Event.CANCEL_TAKEN):    Step(State.CANCEL_TAKEN, Action.LOOK_UP),
    (State.CANCEL_ASKED, Event.CANCEL_NOT_SENT): Step(State.CANCEL_ASKED, Action.LOOK_UP),
    (State.CANCEL_ASKED, Event.CANCEL_NO_PROOF): Step(State.CANCEL_ASKED, Action.LOOK_UP),
    (State.CANCEL_TAKEN, Event.CANCEL_TAKEN):    Step(State.CANCEL_TAKEN, Action.LOOK_UP),
    (State.CANCEL_TAKEN, Event.CANCEL_NOT_SENT): Step(State.CANCEL_TAKEN, Action.LOOK_UP),
    (State.CANCEL_TAKEN, Event.CANCEL_NO_PROOF): Step(State.CANCEL_TAKEN, Action.LOOK_UP),

    (State.CANCEL_TAKEN, Event.ABSENT):          Step(State.CANCEL_TAKEN, Action.LOOK_UP_AGAIN),
    (State.CANCEL_TAKEN, Event.ABSENT_TWICE):    Step(State.CANCELLED, Action.RECORD),
    (State.CANCEL_TAKEN, Event.NEVER_SENT):      Step(State.CANCELLED, Action.RECORD),
    (State.CANCEL_TAKEN, Event.HAS_LEFT):        Step(State.ACCEPTED, Action.RECORD),
    (State.CANCEL_TAKEN, Event.PART_LEFT):       Step(State.CANCEL_TAKEN, Action.ASK_PERSON),
    (State.CANCEL_TAKEN, Event.STILL_SCHEDULED): Step(State.CANCEL_TAKEN, Action.ASK_PERSON),
    (State.CANCEL_TAKEN, Event.UNANSWERED):      Step(State.CANCEL_TAKEN, Action.ASK_PERSON),

    # Without a yes an absence proves nothing: somebody else may have cancelled it, or it is hidden.
    (State.CANCEL_ASKED, Event.ABSENT):          Step(State.CANCEL_ASKED, Action.ASK_PERSON),
    (State.CANCEL_ASKED, Event.NEVER_SENT):      Step(State.CANCELLED, Action.RECORD),
    (State.CANCEL_ASKED, Event.HAS_LEFT):        Step(State.ACCEPTED, Action.RECORD),
    (State.CANCEL_ASKED, Event.PART_LEFT):       Step(State.CANCEL_ASKED, Action.ASK_PERSON),
    (State.CANCEL_ASKED, Event.STILL_SCHEDULED): Step(State.CANCEL_ASKED, Action.ASK_PERSON),
    (State.CANCEL_ASKED, Event.UNANSWERED):      Step(State.CANCEL_ASKED, Action.ASK_PERSON),

    (State.CANCEL_TAKEN, Event.PERSON_CANCELS):  Step(State.CANCELLED, Action.RECORD),
    (State.CANCEL_TAKEN, Event.PERSON_ACCEPTS):  Step(State.ACCEPTED, Action.RECORD),
    (State.CANCEL_ASKED, Event.PERSON_CANCELS):  Step(State.CANCELLED, Action.RECORD),
    (State.CANCEL_ASKED, Event.PERSON_ACCEPTS):  Step(State.ACCEPTED, Action.RECORD),
}
"""The life of a batch whose order id is not in doubt; the doubt it gives is what the event adds."""

IN_DOUBT: dict[tuple[State, Event], Step] = {
    # What would prove that nothing was accepted proves it only of this attempt, not of the earlier one.
    (State.SENDING, Event.GAVE_UP):            Step(State.UNCONFIRMED, Action.STOP),
    (State.SENDING, Event.UNAUTHORISED):       Step(State.UNCONFIRMED, Action.STOP),
    (State.SENDING, Event.WRONG_ADDRESS):      Step(State.UNCONFIRMED, Action.STOP),
    (State.SENDING, Event.REFUSED):            Step(State.UNCONFIRMED, Action.LOOK_UP, Doubt.REFUSED),
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
