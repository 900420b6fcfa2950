"""
The gateway: a small model of smSend's that plays every question its documentation leaves open.

It is told what reaches it (`Provider.answer`), and remembers who was really texted. Networks, caches and
proxies are in front of it, in `simulation.network`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from simulation.machines import BEGINNING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from simulation.choices import Choices
    from simulation.world import World

DATE = "%Y%m%d%H%M%S"
ACCOUNT = "USER"
DAY = 86_400.0


class Answer(NamedTuple):
    """
    An answer on its way, as `smsframe.gateway.transport.Exchange` has it.

    Attributes:
        status: The HTTP status.
        body: The body.
        date: When it was made, by its maker's clock.
        retry_after: Seconds that it asks to wait.
        age: Seconds that a cache has had it.
    """

    status: int
    body: str
    date: datetime | None = None
    retry_after: float | None = None
    age: float = 0.0


@dataclass
class Manners:
    """
    How this gateway answers what no documentation says; all harmless by default.

    Attributes:
        repeated: What a repeated order id does: ``accept`` sends again, ``refuse`` is a 400, ``merge``
            answers as the first time.
        visible_after: Seconds until an order can be seen; one number per order, in turn.
        status: Of an accepted order.
        page: The most orders on a page of the history.
        extra: Whether a query parameter that it does not know is refused.
        history: Whether it has a history at all.
        sessions: Whether a login ends the sessions before it.
        wrong_by: Seconds by which its clock is ahead.
        dated: Whether it says what time it is.
        blind: Which of its two ways of looking at orders is as late as can be: ``state`` or ``history``.
        partial_for: Seconds for which an order's state lists only some of its people.
        loses: Numbers that it takes and drops without a word.
        refuses: Numbers for which it refuses a whole order.
        free: Whether it charges nothing, as on a flat rate.
        names: Whether it names the numbers that it left out of an order.
        fails: Numbers whose first texts do not arrive.
        failures: How many of them.
        cancels: Whether another program may call back an order while the history's pages are turned.
        cancelling: What a request to cancel a scheduled order does: ``gone`` takes it off all lists,
            ``listed`` does not, though nothing goes out; ``ignored`` says yes and sends all the same,
            ``partly`` has sent half of it before; ``denied`` says that there is no such order, and sends it;
            ``elsewhere`` says so because somebody else has cancelled it.
        ages: Whether an order that somebody wanted cancelled is listed no more once its time has come.
        leaves_out: Whether that may be one that goes out all the same.
    """

    repeated: str = "accept"
    visible_after: list[float] = field(default_factory=lambda: [0.0])
    status: int = 201
    page: int = 1000
    extra: bool = True
    history: bool = True
    sessions: bool = False
    wrong_by: float = 0.0
    dated: bool = True
    blind: str = ""
    partial_for: float = 0.0
    loses: frozenset[str] = frozenset()
    refuses: frozenset[str] = frozenset()
    free: bool = False
    names: bool = True
    fails: frozenset[str] = frozenset()
    failures: int = 1
    cancels: bool = False
    cancelling: str = "gone"
    ages: bool = False

    @property
    def leaves_out(self) -> bool:
        """As above."""
        return self.ages and self.cancelling in ("ignored", "partly", "denied")


def drawn(choices: Choices, may: Callable[[str, float], bool], people: tuple[str, ...]) -> Manners:
    """What manners a gateway has."""
    manners = Manners(status=choices.one((201, 200)), history=not may("no history", 0.05))
    if may("repeated id", 0.6):
        manners.repeated = choices.one(("accept", "refuse", "merge"))
    if may("hidden", 0.3):
        manners.visible_after = [choices.one((0.0, 2.0, 15.0, 28.0)) for _ in range(3)]
    if may("later than grace", 0.5):
        manners.visible_after = [0.0, 95.0]  # all alike would give themselves away
    if may("small pages", 0.3):
        manners.page = 1 + choices.below(3)
    if may("gateway clock", 0.2):
        manners.wrong_by = choices.one((-90.0, 90.0, 3 * DAY, -3 * DAY))
    if may("state blind", 0.05):
        manners.blind = "state"
    elif may("history late", 0.1):
        manners.blind = "history"
    manners.extra = not may("extra refused", 0.05)
    manners.dated = not may("no date", 0.05)
    manners.sessions = may("one session", 0.2)
    manners.names = not choices.below(3)
    manners.cancels = may("cancelled elsewhere", 0.2)
    manners.free = may("flat rate", 0.05)
    manners.cancelling, manners.ages = _cancelling(choices, may)
    manners.fails = frozenset(choices.some(people, 0.5) if may("not delivered", 0.3) else ())
    manners.failures = 1 + choices.below(2) if manners.fails else 1
    if may("partial list", 0.1):
        manners.partial_for = choices.one((10.0, 100.0, DAY))
    manners.loses = frozenset(choices.some(people, 0.3) if may("lost people", 0.1) else ())
    if may("lost everybody", 0.05):
        manners.loses = frozenset(people)
    refused = choices.some(people[:4], 0.3) if may("refused number", 0.2) else ()
    manners.refuses = frozenset(refused)  # of five alike, and nobody accepted, the request is to blame
    return manners


def _cancelling(choices: Choices, may: Callable[[str, float], bool]) -> tuple[str, bool]:
    """What a request to cancel does, and whether what it was about is listed after its time."""
    if not may("cancelling", 0.5):
        return "gone", False
    manner = choices.one(("gone", "listed", "ignored", "partly", "denied", "elsewhere"))
    return manner, bool(choices.below(2))


@dataclass
class Taken:
    """An order that it took."""

    order_id: str
    people: list[str]
    at: float
    visible_at: float
    schedule: str = ""
    refused: Sequence[str] = ()
    """Those it left out."""
    unsent: frozenset[str] = frozenset()
    """Those whose text was cancelled."""
    asked: bool = False
    """Whether somebody wanted it cancelled."""


class Provider:
    """
    The gateway of one account.

    Args:
        world: Where it stands, and who must know who was texted.
        manners: How it answers.
    """

    def __init__(self, world: World, manners: Manners) -> None:
        self._world, self.manners = world, manners
        self.orders: dict[str, Taken] = {}
        self.texted: list[tuple[float, str, str]] = []
        """Who was really texted, when, and by which order."""
        self.accepted = False
        """Whether it ever said yes to an order."""
        self.charged = 0
        """The credits that it charged for orders of the campaign, those that were cancelled included."""
        self._forgotten: dict[str, Taken] = {}
        self.cancelled: set[tuple[str, str]] = set()
        """Whose text was cancelled, and of which order."""
        self._session = 0
        self._open: dict[str, float] = {}
        """The sessions, and when each was last used."""

    def now(self) -> datetime:
        """What its clock shows."""
        return BEGINNING + timedelta(seconds=self._world.scheduler.now + self.manners.wrong_by)

    def had(self, order_id: str) -> bool:
        """Whether it ever took an order, forgotten or not."""
        cancelled = {order for _, order in self.cancelled}
        return order_id in self.orders or order_id in self._forgotten or order_id in cancelled

    def forget(self) -> None:
        """Lose what it had taken, as after a restart; who was texted was texted."""
        self._forgotten |= self.orders
        self.orders = {}

    def remember(self) -> None:
        """Have it again."""
        self.orders = self._forgotten | self.orders

    def end_sessions(self) -> None:
        """Forget who is logged in."""
        self._open.clear()

    def answer(self, method: str, path: str, params: Mapping[str, str], key: str, body: Any) -> Answer:
        """What one request is answered with, and all that it does."""
        now = self._world.scheduler.now
        if path == "login":
            self._session += 1
            if self.manners.sessions:
                self._open.clear()
            name = f"session-{self._session}"
            self._open[name] = now
            return self._said(200, f"{ACCOUNT};{name}")
        if now - self._open.get(key, -1000.0) > 300:  # five minutes without a call
            return self._json(401, {"result": "session ended"})
        self._open[key] = now
        if method == "POST":
            return self._order(body)
        if method == "DELETE":
            return self._cancel(path.partition("/")[2])
        if path == "status":
            return self._json(200, {"sms": [{"type": "N", "quantity": 100_000}]})
        known = {"from", "to", "timezone", "pageNumber", "pageSize"}
        if not self.manners.extra and path != "status" and params.keys() - known:
            return self._json(400, {"result": "unknown parameter"})
        if path == "smshistory":
            return self._history(params)
        return self._state(path.partition("/")[2])

    def failed(self, phone: str, order_id: str) -> bool:
        """Whether the text that an order had for somebody did not arrive."""
        orders = [key for key, order in self.orders.items() if phone in order.people]
        early = order_id in orders[: self.manners.failures]
        return phone in self.manners.fails and early

    def other_program(self, order_id: str) -> None:
        """An order of another program of the same account."""
        now = self._world.scheduler.now
        self.orders[order_id] = Taken(order_id, ["+390000000000"], now, now)

    def other_programs(self, more: int = 40) -> None:
        """Other programs of the account send now and then."""
        choices, scheduler = self._world.choices, self._world.scheduler
        self.other_program(f"X{more}")
        if more:
            moment = scheduler.now + choices.one((0.03, 0.5, 20.0, 400.0))
            scheduler.at(moment, lambda: self.other_programs(more - 1))

    def cancel_another(self) -> None:
        """Another program calls back its latest order, which is listed no more."""
        others = [order_id for order_id in self.orders if order_id.startswith("X")]
        if others:
            del self.orders[others[-1]]

    def _order(self, body: dict[str, Any]) -> Answer:
        manners, order_id = self.manners, body["order_id"]
        people = body.get("recipient") or [one["recipient"] for one in body["recipients"].values()]
        refused = [phone for phone in people if phone in manners.refuses]
        if refused and not (body["allowInvalidRecipients"] and len(refused) < len(people)):
            return self._json(400, {"result": "invalid recipient"})
        if order_id in self.orders and manners.repeated == "refuse":
            return self._json(400, {"result": "order_id already used"})
        taken = [phone for phone in people if phone not in manners.loses and phone not in refused]
        sent = 0 if manners.free else len(taken)
        if order_id not in self.orders or manners.repeated == "accept":
            self.charged += sent if order_id.startswith("sf-") else 0
            now = self._world.scheduler.now
            hidden = manners.visible_after[len(self.orders) % len(manners.visible_after)]
            schedule = body.get("scheduled_delivery_time") or ""
            self.orders.setdefault(order_id, Taken(order_id, taken, now, now + hidden, schedule, refused))
            for phone in taken:
                self.texted.append((now, phone, order_id))
            self._world.texted(order_id, taken)
        self.accepted = True
        answer = {"result": "OK", "order_id": order_id, "total_sent": sent, "remaining_credits": 9999}
        return self._json(manners.status, answer)

    def _cancel(self, order_id: str) -> Answer:
        """Cancel an order that is still to go out, by this gateway's manners; of others there is none."""
        order, manner = self.orders.get(order_id), self.manners.cancelling
        if order is None or order.unsent or not self._waits(order):
            return self._json(404, {"result": "no such order, or it can no longer be cancelled"})
        order.asked = True
        if manner in ("gone", "listed", "partly", "elsewhere"):
            kept = order.people[: len(order.people) // 2] if manner == "partly" else []
            self._take_back(order, frozenset(order.people) - frozenset(kept))
            if manner != "listed" and not kept:
                del self.orders[order_id]
        if manner in ("denied", "elsewhere"):
            return self._json(404, {"result": "no such order"})
        return self._json(200, {"result": "OK"})

    def _take_back(self, order: Taken, people: frozenset[str]) -> None:
        """These people of an order get no text of it."""
        order.unsent = people
        gone = {(phone, order.order_id) for phone in people}
        self.cancelled |= gone
        self.texted = [one for one in self.texted if (one[1], one[2]) not in gone]

    def _waits(self, order: Taken) -> bool:
        """Whether it is still to go out, by this gateway's clock."""
        return order.schedule > self.now().strftime(DATE)

    def _hidden(self, order: Taken) -> bool:
        """Whether it is listed no more, as its time has come."""
        return self.manners.ages and order.asked and not self._waits(order)

    def _word(self, order: Taken, phone: str) -> str:
        """The state of a text."""
        if phone in order.unsent or (self._waits(order) and not order.unsent):
            return "SCHEDULED"
        return "ERROR" if self.failed(phone, order.order_id) else "SENT"

    def _state(self, order_id: str) -> Answer:
        now = self._world.scheduler.now
        order = next((one for key, one in self.orders.items() if key.lower() == order_id.lower()), None)
        if order is None or order.visible_at > now or self.manners.blind == "state" or self._hidden(order):
            return self._json(404, {"result": "order not found"})
        told = order.people
        if order.unsent and len(order.unsent) < len(told):  # partly sent: the others are gone
            told = [phone for phone in told if phone not in order.unsent]
        if now - order.at < self.manners.partial_for:
            told = told[: len(told) // 2]
        listed = [
            {
                "destination": phone,
                "status": self._word(order, phone),
                "delivery_date": "",
            }
            for phone in told
        ]
        if self.manners.names:
            listed += [{"destination": phone, "status": "INVALIDDST"} for phone in order.refused]
        return self._json(200, {"result": "OK", "recipients": listed, "recipient_number": len(listed)})

    def _history(self, params: Mapping[str, str]) -> Answer:
        if not self.manners.history:
            return self._json(404, {"result": "no such call"})
        now = self._world.scheduler.now
        shown = [
            {
                "order_id": order.order_id,
                "create_time": self._date(order.at),
                "schedule_time": order.schedule,
                "message_type": "N",
                "sender": "",
                "num_recipients": len(order.people),
            }
            for order in reversed(self.orders.values())
            if self._listed(order, now) and self._date(order.at) >= params["from"]
        ]
        size = min(int(params["pageSize"]), self.manners.page)
        place = int(params["pageNumber"])
        page = shown[(place - 1) * size : place * size]
        if self.manners.cancels and len(page) < len(shown) and self._world.choices.happens(0.3):
            self._world.counted["cancelled elsewhere"] += 1
            self.cancel_another()
        body = {
            "result": "OK",
            "total": len(shown),
            "pageNumber": place,
            "pageSize": size,
            "smshistory": page,
        }
        return self._json(200, body)

    def _listed(self, order: Taken, now: float) -> bool:
        late = self._world.grace - 1 if self.manners.blind == "history" else 0.0
        return max(order.visible_at, order.at + late) <= now and not self._hidden(order)

    def _date(self, moment: float) -> str:
        return (BEGINNING + timedelta(seconds=moment + self.manners.wrong_by)).strftime(DATE)

    def _json(self, status: int, body: dict[str, Any]) -> Answer:
        return self._said(status, json.dumps(body))

    def _said(self, status: int, body: str) -> Answer:
        return Answer(status, body, self.now().replace(microsecond=0) if self.manners.dated else None)
