"""
Everything a sandbox knows, behind one lock: keys, credits, orders, opt-out list.

The calls run one after another on the server's event loop and need no lock among themselves. But the notebook
reads the inbox and loses sessions from its own thread, so every method that is called from outside takes it.
"""

from __future__ import annotations

import secrets
import threading
import time
import uuid
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from smsframe.sandbox import rules
from smsframe.sandbox.orders import Accepted, Arrived, TextState
from smsframe.sandbox.refusal import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from smsframe.sandbox.keys import Keys, Shown
    from smsframe.sandbox.questions import OpenQuestions
    from smsframe.sandbox.shapes import ParamsmsOrder, SmsOrder


class Received(NamedTuple):
    """A message that somebody wrote to the account."""

    id: int
    sender: str
    recipient: str
    text: str
    at: datetime


class Ledger:
    """The books of one sandbox. Times are aware and come from ``clock``, but for how long a fault lasts."""

    def __init__(
        self,
        keys: Keys,
        credit: Mapping[str, int],
        questions: OpenQuestions,
        *,
        clock: Callable[[], datetime],
        speed: float,
    ) -> None:
        self.questions = questions
        self._keys = keys
        self._credit = dict(credit)
        self._clock = clock
        self._speed = speed
        self._orders: list[Accepted] = []
        self._by_id: defaultdict[str, list[Accepted]] = defaultdict(list)
        self._stopped: dict[str, datetime] = {}
        self.senders: dict[str, int] = {}
        self._received: list[Received] = []
        self._lock = threading.Lock()

    def login(self, username: str, password: str) -> str:
        """A new session's pair of keys, as text."""
        with self._lock:
            self._keys.check(username, password)
            return f"{self._keys.user_key};{self._keys.open(self._clock())}"

    def token(self, username: str, password: str) -> str:
        """The permanent pair of keys, as text."""
        with self._lock:
            self._keys.check(username, password)
            return f"{self._keys.user_key};{self._keys.access_token}"

    def admit(self, shown: Shown) -> None:
        """Let an authorised call pass; refuse any other."""
        with self._lock:
            self._keys.admit(shown, self._clock())

    def alive(self, shown: Shown) -> bool:
        """Whether the keys are good, without renewing the session."""
        with self._lock:
            return self._keys.alive(shown, self._clock())

    def forget_sessions(self) -> None:
        """Lose every session."""
        with self._lock:
            self._keys.forget_sessions()

    def credit(self) -> dict[str, int]:
        """The credits left, by message type."""
        with self._lock:
            return dict(self._credit)

    def accept(self, order: SmsOrder | ParamsmsOrder, *, hidden_for: float) -> dict[str, object]:
        """Book an order and answer it (smSend docs, POST sms); a fault may hide it for some seconds."""
        with self._lock:
            now = self._clock()
            if order.message_type not in self._credit:
                raise RefusedError(f"message_type must be one of {', '.join(self._credit)}")
            draft = rules.draft(order, now, self.questions)
            before = self._by_id.get(order.order_id or "")
            if before and self.questions.repeated_order_id != "accept":
                if self.questions.repeated_order_id == "merge":
                    return before[0].answer
                raise RefusedError(f"order_id {order.order_id} was used before")
            # One credit a segment. No source says when it is taken; now, as the answer can tell what remains.
            cost = draft.cost
            if cost > self._credit[order.message_type]:
                raise RefusedError(f"Not enough credit: {cost} needed")
            self._credit[order.message_type] -= cost
            answer: dict[str, object] = {
                "result": "OK",
                "order_id": order.order_id or secrets.token_hex(16).upper(),
                "internal_order_id": str(uuid.uuid4()),
                "total_sent": cost if order.return_credits else draft.counted,
            }
            if order.return_remaining:
                answer["remaining_credits"] = self._credit[order.message_type]
            hidden_until = time.monotonic() + hidden_for
            accepted = Accepted(str(answer["order_id"]), draft, now, answer, self._speed, hidden_until)
            self._orders.append(accepted)
            self._by_id[accepted.order_id].append(accepted)
            return answer

    def states(self, order_id: str) -> list[TextState]:
        """The state of every text of an order (of all of that id, where a repeated id is accepted)."""
        with self._lock:
            now = self._clock()
            return [text for order in self._known(order_id) for text in order.states(now, self._stopped)]

    def cancel(self, order_id: str) -> None:
        """Cancel an order that is still scheduled (smSend docs, DELETE sms/{order_id})."""
        with self._lock:
            now = self._clock()
            pending = [order for order in self._known(order_id) if order.pending(now)]
            if not pending:
                raise RefusedError(f"Order {order_id} can no longer be cancelled", status=404)
            for order in pending:
                order.cancel(now, self.questions.cancelled_order)
                if self.questions.refund_cancelled:
                    self._credit[order.draft.order.message_type] += order.unsent

    def history(self, since: datetime, until: datetime | None) -> list[Accepted]:
        """The orders of a time, newest first; its bounds and theirs are whole seconds, as on the wire."""
        with self._lock:
            until = until or self._clock()
            return [
                order
                for order in reversed(self._orders)
                if order.shown and since <= order.created_at.replace(microsecond=0) <= until
            ]

    def receive(self, messages: Iterable[tuple[str, str, str, datetime | None]]) -> None:
        """Write down what somebody wrote: ``sender``, ``recipient``, ``text``, and when, else now."""
        with self._lock:
            for sender, recipient, text, at in messages:
                number = len(self._received) + 1
                self._received.append(Received(number, sender, recipient, text, at or self._clock()))

    def received(
        self, since: datetime, until: datetime | None, recipients: set[str] | None
    ) -> list[Received]:
        """The messages of a time, newest first; its bounds and theirs are whole seconds, as on the wire."""
        with self._lock:
            until = until or self._clock()
            return [
                message
                for message in reversed(self._received)
                if since <= message.at.replace(microsecond=0) <= until
                and (recipients is None or message.recipient in recipients)
            ]

    def stop(self, given: Iterable[str]) -> int:
        """
        Put numbers on the opt-out list, all or none (smSend docs, POST blacklist/smsbatch).

        Returns:
            How many were not on it before.
        """
        numbers = [rules.stoppable(text) for text in given]
        with self._lock:
            before = len(self._stopped)
            for number in numbers:
                self._stopped.setdefault(number, self._clock())
            return len(self._stopped) - before

    def now(self) -> datetime:
        """The time by this sandbox's clock."""
        return self._clock()

    def stopped(self) -> dict[str, datetime]:
        """The opt-out list, with the time each number was put on it."""
        with self._lock:
            return dict(self._stopped)

    def arrived(self) -> list[Arrived]:
        """Every text a person has received by now, by order."""
        with self._lock:
            now = self._clock()
            return [order.arrived(now, self._stopped) for order in self._orders]

    def orders(self) -> list[Accepted]:
        """Every order, cancelled ones too, oldest first."""
        with self._lock:
            return list(self._orders)

    def _known(self, order_id: str) -> list[Accepted]:
        orders = [order for order in self._by_id.get(order_id, ()) if order.shown]
        if not orders:
            raise RefusedError(f"Order {order_id} not found", status=404)
        return orders
