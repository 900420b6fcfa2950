"""
What lies between a process and the gateway: it loses, delays, repeats, cuts, and answers in another's place.

The client is the real one down to one HTTP exchange; from there on it is the `Network`. Within the
documented limits: what a network delivers after it was given up is there, and visible, within the grace.
"""

from __future__ import annotations

import json as json_
from concurrent.futures import Future
from contextlib import contextmanager
from functools import cache, partial
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple

from simulation.promise import Meant
from simulation.provider import Answer
from simulation.scheduler import Lock
from smsframe.campaign.run import workers
from smsframe.gateway import transport
from smsframe.gateway.cache_bypass import Freshness
from smsframe.gateway.smsend import Gateway
from smsframe.gateway.transport import Exchange
from smsframe.orders.profile import GatewayProfile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from simulation.machines import Process
    from simulation.world import World

URL = "https://gateway.example/API/v1.0/REST/"
CONNECT, READ = 5.0, 30.0
"""The client's timeouts."""
LATENCY = 0.02

OF_ANY = ("closed", "unreachable", "request lost", "answer lost", "cut", "busy", "session ended")
OF_ORDERS = (
    *("reset", "late", "broke", "redirected", "page", "wrong address", "repeated", "said no", "outage"),
)
OF_CANCELS = ("reset", "late", "broke", "redirected", "page", "wrong address")
OF_QUESTIONS = ("broke", "wrong address", "deaf cache", "short cache", "aged cache", "slow")
HTML = "<html><body>Service unavailable</body></html>"
SLACK = 1.0
"""How much earlier than at the last moment allowed something happens at the latest."""


class Fault(NamedTuple):
    """
    What goes wrong with one exchange.

    Attributes:
        kind: Its name; "" if nothing does.
        arrives: How often the request reaches the gateway.
        heard: The answer to which of them is passed on.
        answer: What is answered in the gateway's place, if anything.
        after: Seconds after which it is.
    """

    kind: str = ""
    arrives: int = 1
    heard: int = 1
    answer: Answer | None = None
    after: float = LATENCY


class Request(NamedTuple):
    """One request, as it goes over the wire."""

    method: str
    path: str
    params: dict[str, str]
    key: str
    body: Any
    obeyed: bool = True
    """Whether it forbids caches to answer."""

    @property
    def question(self) -> str:
        """What a cache knows it by."""
        return f"{self.path}?{sorted(self.params.items())}"

    @property
    def shorter_question(self) -> str:
        """What a cache knows it by that looks only at the parameters that it knows."""
        known = {"from", "to", "timezone", "pageNumber", "pageSize"}
        return f"{self.path}?{sorted(item for item in self.params.items() if item[0] in known)}"


class Network:
    """The way to the gateway."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._cached: dict[str, tuple[float, Answer]] = {}
        self._down_until = 0.0

    def carry(self, process: Process, request: Request) -> Exchange:
        """Take one request to the gateway, and its answer back, as well as it goes."""
        world, what = self._world, f"{request.method} {request.path}"
        # Who is suspended in between is late, and nobody can help it.
        meant = Meant(process.machine.now(), frozenset(world.asked.opted_out))
        process.seam(what)
        left = process.machine.now()
        world.leaves(process, request, meant)
        process.under_way += request.method == "POST"
        try:
            return self._carry(process, request, what, left)
        finally:
            process.under_way -= request.method == "POST"

    def _carry(self, process: Process, request: Request, what: str, left: datetime) -> Exchange:
        world, scheduler = self._world, self._world.scheduler
        fault = self._fault(request)
        if fault.kind:
            world.happened(fault.kind, process.name, f"meets '{fault.kind}' at: {what}")
        if scheduler.now < self._down_until or fault.kind in ("closed", "unreachable"):
            process.wait(0.0 if fault.kind == "closed" else CONNECT)
            return Exchange(connected=False, failure="no connection", sent_at=left)
        box: list[Answer] = []
        if fault.arrives:
            delay = self._out(request, fault)
            for nth in range(1, fault.arrives + 1):
                at = scheduler.now + nth * delay
                scheduler.at(at, partial(self._deliver, request, process, box if nth == fault.heard else []))
        if fault.answer is not None:
            process.wait(fault.after)
            answer = fault.answer
        else:
            waits = LATENCY if fault.kind == "reset" else READ
            heard = fault.kind not in ("answer lost", "request lost", "late", "reset", "outage")
            scheduler.wait(scheduler.now + waits, (lambda: bool(box)) if heard else None)
            if not (heard and box):
                return Exchange(failure="no answer within the time limit", sent_at=left)
            answer = box[0]
        process.seam(
            f"answer {answer.status} to {what}", told=answer.status >= 300 or request.method == "POST"
        )
        return Exchange(
            status=answer.status,
            body=answer.body[: len(answer.body) // 2] if fault.kind == "cut" else answer.body,
            retry_after=answer.retry_after,
            sent_at=left,
            date=answer.date,
            age=answer.age,
        )

    def _deliver(self, request: Request, process: Process, box: list[Answer]) -> None:
        box.append(self._arrive(request, process))

    def _arrive(self, request: Request, process: Process) -> Answer:
        """The request is at the gateway."""
        answer = self._world.provider.answer(
            request.method, request.path, request.params, request.key, request.body
        )
        if request.method == "GET" and request.path != "login":
            for question in {request.question, request.shorter_question}:
                self._cached.setdefault(question, (self._world.scheduler.now, answer))
        if request.method == "POST":
            self._world.tell(
                "the gateway", f"answers {answer.status} to {process.name}'s order {request.body['order_id']}"
            )
        return answer

    def _out(self, request: Request, fault: Fault) -> float:
        """Seconds until the request arrives."""
        world, choices, grace = self._world, self._world.choices, self._world.grace
        hidden = max(self._world.provider.manners.visible_after)
        latest = max(0.0, grace - hidden - SLACK)
        if "handed on later" in world.kinds and fault.kind == "late":
            return READ + grace + 2 * SLACK
        if fault.kind == "late":  # after it was given up, but visible within the grace
            return READ + latest * choices.one((0.1, 0.5, 1.0))
        if fault.kind == "outage":  # the line is down, and the kernel tries again when it is back
            lasts = choices.one((33.0, 36.0, 44.0, 60.0))
            self._down_until = self._world.scheduler.now + lasts
            return lasts + latest * choices.one((0.1, 0.5, 1.0))
        if fault.kind == "slow":
            return choices.one((3.0, 20.0))
        return LATENCY * choices.one((1, 1, 10)) if request.method == "POST" else LATENCY

    def _fault(self, request: Request) -> Fault:
        world, choices = self._world, self._world.choices
        if not world.odds or not choices.happens(world.odds):
            return Fault()
        kinds = OF_ANY + {"POST": OF_ORDERS, "DELETE": OF_CANCELS}.get(request.method, OF_QUESTIONS)
        kinds = [kind for kind in kinds if kind in world.kinds]
        kind = choices.one(kinds) if kinds else ""
        return _FAULTS.get(kind, lambda *_: Fault(kind))(self, request, kind)

    # Faults that answer in the gateway's place, or keep a request from arriving.

    def _request_lost(self, _request: Request, kind: str) -> Fault:
        return Fault(kind, arrives=0)

    def _busy(self, request: Request, kind: str) -> Fault:
        status = self._world.choices.one((429, 503, 413))
        seconds = self._world.choices.one((1.0, 20.0, 60.0, 3600.0))
        return Fault(
            kind, arrives=0, answer=Answer(status, "busy", retry_after=None if status == 413 else seconds)
        )

    def _session_ended(self, _request: Request, kind: str) -> Fault:
        self._world.provider.end_sessions()
        return Fault(kind)

    def _wrong_address(self, _request: Request, kind: str) -> Fault:
        status = self._world.choices.one((404, 403, 307, 308))
        return Fault(kind, arrives=0, answer=Answer(status, HTML))

    def _broke(self, _request: Request, kind: str) -> Fault:
        """Broken off somewhere behind, perhaps after the order was taken."""
        status = self._world.choices.one((500, 502, 504, 503))
        return Fault(kind, self._perhaps(), answer=Answer(status, HTML), after=1.0)

    def _perhaps(self) -> int:
        return int(self._world.choices.happens(0.5))

    def _redirected(self, _request: Request, kind: str) -> Fault:
        status = self._world.choices.one((303, 302, 301, 300))
        return Fault(kind, self._perhaps(), answer=Answer(status, ""), after=1.0)

    def _page(self, _request: Request, kind: str) -> Fault:
        """A cache in front of a gateway that broke off."""
        return Fault(kind, self._perhaps(), answer=Answer(503, HTML, retry_after=1.0), after=1.0)

    def _repeated(self, _request: Request, kind: str) -> Fault:
        """A proxy sends an order again, and passes on the answer to either."""
        return Fault(kind, 2, self._world.choices.one((1, 2))) if self._knows_again() else Fault()

    def _said_no(self, request: Request, kind: str) -> Fault:
        """Something on the way says that an order was not taken, after it was."""
        if not self._knows_again():
            return Fault()
        self._world.asked.denied.add(request.body["order_id"])
        status = self._world.choices.one((401, 413, 429, 503))
        return Fault(kind, answer=Answer(status, "busy", retry_after=1.0 if status in (429, 503) else None))

    def _knows_again(self) -> bool:
        """Whether the gateway texts nobody for a used order id, and shows at once what it took."""
        manners = self._world.provider.manners
        return manners.repeated != "accept" and not any(manners.visible_after) and not manners.blind

    def _deaf_cache(self, request: Request, kind: str) -> Fault:
        """An old answer, from a cache that knows whole questions, and obeys nobody."""
        return self._old(kind, request.question)

    def _short_cache(self, request: Request, kind: str) -> Fault:
        """An old answer, from a cache that overlooks parameters it does not know, and obeys."""
        return Fault() if request.obeyed else self._old(kind, request.shorter_question)

    def _aged_cache(self, request: Request, kind: str) -> Fault:
        """An old answer, from a cache that does neither, but says how old it is."""
        return self._old(kind, request.shorter_question, aged=True)

    def _old(self, kind: str, question: str, *, aged: bool = False) -> Fault:
        if question not in self._cached:
            return Fault()
        at, answer = self._cached[question]
        # Some proxies put the date of now on what they have stored.
        date = answer.date and self._world.provider.now().replace(microsecond=0)
        age = max(1.0, self._world.scheduler.now - at) if aged else 0.0
        return Fault(kind, arrives=0, answer=answer._replace(age=age, date=date))


_FAULTS: dict[str, Callable[[Network, Request, str], Fault]] = {
    "request lost": Network._request_lost,
    "busy": Network._busy,
    "session ended": Network._session_ended,
    "wrong address": Network._wrong_address,
    "broke": Network._broke,
    "redirected": Network._redirected,
    "page": Network._page,
    "repeated": Network._repeated,
    "said no": Network._said_no,
    "deaf cache": Network._deaf_cache,
    "short cache": Network._short_cache,
    "aged cache": Network._aged_cache,
}


class Line:
    """
    A process's line to the gateway; stands where the real client keeps its pooled connections.

    Args:
        process: Whose it is.
    """

    def __init__(self, process: Process) -> None:
        self._process = process

    def request(self, method: str, url: str, options: dict[str, Any]) -> Exchange:
        """As `smsframe.gateway.transport.request`, whose connection stands at once."""
        if options.get("check") is not None:
            options["check"]()
        key = getattr(options["auth"], "_headers", {}).get("Session_key", "")
        body = options.get("json")
        request = Request(
            method=method,
            path=url.removeprefix(URL),
            params=dict(options.get("params") or {}),
            key=key,
            body=None if body is None else json_.loads(json_.dumps(body)),
            obeyed="no-cache" in (options.get("headers") or {}).get("Cache-Control", ""),
        )
        return self._process.world.network.carry(self._process, request)


class _Numbered(Future):
    """Futures in sets, which are otherwise in the order of their addresses in memory."""

    made = count()

    def __init__(self) -> None:
        super().__init__()
        self._number = next(self.made)

    def __hash__(self) -> int:
        return self._number


@contextmanager
def lines() -> Iterator[None]:
    """Let exchanges on a `Line` go over the simulated network; others stay real."""
    real, _Numbered.made = transport.request, count()

    def request(session: Any, method: str, url: str, **options: Any) -> Exchange:
        if isinstance(session, Line):
            return session.request(method, url, options)
        return real(session, method, url, **options)

    transport.request, workers.Future = request, _Numbered
    try:
        yield
    finally:
        transport.request, workers.Future = real, Future


def gateway(process: Process) -> Gateway:
    """The real client, on a line of the simulated network."""
    made = Gateway.__new__(Gateway)
    made.__dict__.update(_made().__dict__)
    made._http = Line(process)
    made._lock = Lock(process.world.scheduler)
    made.freshness = Freshness(token=process.world.token)
    made.profile = GatewayProfile("simulated", history=process.world.provider.manners.history)
    return made


@cache
def _made() -> Gateway:
    """One real client: making it reads the environment, which takes long and is the same for all."""
    return Gateway(URL, username="demo", password="secret-of-demo")
