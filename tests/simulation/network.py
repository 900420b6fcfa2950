"""
What lies between a process and the gateway: it loses, delays, repeats, cuts, and answers in another's place.

`SimulatedGateway` is the real client down to one HTTP exchange; from there on it is the `Network`. Within the
documented limits: what a network delivers after it was given up is there, and visible, within the grace.
"""

from __future__ import annotations

import json as json_
from typing import TYPE_CHECKING, Any, NamedTuple

from simulation.provider import Answer
from simulation.scheduler import Lock
from smsframe.gateway import Gateway
from smsframe.wire import Exchange

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from simulation.machines import Process
    from simulation.world import World

URL = "https://gateway.example/API/v1.0/REST/"
CONNECT, READ = 5.0, 30.0
"""The client's timeouts."""
LATENCY = 0.02

OF_ANY = ("closed", "unreachable", "request lost", "answer lost", "cut", "busy", "session ended")
OF_ORDERS = ("reset", "late", "broke", "redirected", "page", "wrong address", "repeated", "outage")
OF_QUESTIONS = ("broke", "wrong address", "cache", "aged cache", "slow")
HTML = "<html><body>Service unavailable</body></html>"
SLACK = 1.0
"""How much earlier than at the last moment allowed something happens at the latest."""


class Fault(NamedTuple):
    """
    What goes wrong with one exchange.

    Attributes:
        kind: Its name; "" if nothing does.
        arrives: Whether the request reaches the gateway.
        answer: What is answered in the gateway's place, if anything.
        after: Seconds after which it is.
    """

    kind: str = ""
    arrives: bool = True
    answer: Answer | None = None
    after: float = LATENCY


class Request(NamedTuple):
    """One request, as it goes over the wire."""

    method: str
    path: str
    params: dict[str, str]
    key: str
    body: Any

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
        world, scheduler = self._world, self._world.scheduler
        what = f"{request.method} {request.path}"
        process.seam(what)
        left = process.machine.now()
        world.leaves(process, request)
        fault = self._fault(request)
        if fault.kind:
            world.happened(fault.kind, process.name, f"meets '{fault.kind}' at: {what}")
        if scheduler.now < self._down_until or fault.kind in ("closed", "unreachable"):
            process.wait(0.0 if fault.kind == "closed" else CONNECT)
            return Exchange(connected=False, failure="no connection", sent_at=left)
        box: list[Answer] = []
        if fault.arrives:
            delay = self._out(request, fault)
            scheduler.at(scheduler.now + delay, lambda: box.append(self._arrive(request, process)))
            if fault.kind == "repeated":
                scheduler.at(scheduler.now + delay + 1.0, lambda: self._arrive(request, process))
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
        process.seam(f"answer {answer.status} to {what}", told=answer.status >= 300 or request.method == "POST")
        body = answer.body[: len(answer.body) // 2] if fault.kind == "cut" else answer.body
        return exchanged(answer, body, left)

    def _arrive(self, request: Request, process: Process) -> Answer:
        """The request is at the gateway."""
        answer = self._world.provider.answer(request.method, request.path, request.params, request.key, request.body)
        if request.method == "GET" and request.path != "login":
            for question in {request.question, request.shorter_question}:
                self._cached.setdefault(question, (self._world.scheduler.now, answer))
        if request.method == "POST":
            self._world.tell("the gateway", f"answers {answer.status} to {process.name}'s order {request.body['order_id']}")
        return answer

    def _out(self, request: Request, fault: Fault) -> float:
        """Seconds until the request arrives."""
        choices, grace = self._world.choices, self._world.grace
        hidden = max(self._world.provider.manners.visible_after)
        latest = max(0.0, grace - hidden - SLACK)
        if fault.kind == "late":  # after it was given up, but visible within the grace
            return READ + latest * choices.one((0.1, 0.5, 1.0))
        if fault.kind == "outage":  # the line is down, and the kernel tries again when it is back
            lasts = choices.one((36.0, 44.0, 60.0))
            self._down_until = self._world.scheduler.now + lasts
            return lasts + latest * choices.one((0.1, 0.5, 1.0))
        if fault.kind == "slow":
            return choices.one((3.0, 20.0))
        return LATENCY * choices.one((1, 1, 10)) if request.method == "POST" else LATENCY

    def _fault(self, request: Request) -> Fault:
        world, choices = self._world, self._world.choices
        if not world.odds or not choices.happens(world.odds):
            return Fault()
        kinds = OF_ANY + (OF_ORDERS if request.method == "POST" else OF_QUESTIONS)
        kinds = [kind for kind in kinds if kind in world.kinds]
        kind = choices.one(kinds) if kinds else ""
        return _FAULTS.get(kind, lambda *_: Fault(kind))(self, request, kind)

    # Faults that answer in the gateway's place, or keep a request from arriving.

    def _request_lost(self, _request: Request, kind: str) -> Fault:
        return Fault(kind, arrives=False)

    def _busy(self, request: Request, kind: str) -> Fault:
        status = self._world.choices.one((429, 503, 413))
        seconds = str(self._world.choices.one((1, 20, 3600)))
        headers = {"Retry-After": seconds} if status != 413 else {}
        return Fault(kind, arrives=False, answer=Answer(status, "busy", headers))

    def _session_ended(self, _request: Request, kind: str) -> Fault:
        self._world.provider.end_sessions()
        return Fault(kind)

    def _wrong_address(self, _request: Request, kind: str) -> Fault:
        status = self._world.choices.one((404, 403, 307, 308))
        return Fault(kind, arrives=False, answer=Answer(status, HTML, {}))

    def _broke(self, _request: Request, kind: str) -> Fault:
        """Broken off somewhere behind, perhaps after the order was taken."""
        status = self._world.choices.one((500, 502, 504, 503))
        return Fault(kind, self._world.choices.happens(0.5), Answer(status, HTML, {}), after=1.0)

    def _redirected(self, _request: Request, kind: str) -> Fault:
        status = self._world.choices.one((303, 302, 301, 300))
        return Fault(kind, self._world.choices.happens(0.5), Answer(status, "", {}), after=1.0)

    def _page(self, _request: Request, kind: str) -> Fault:
        """A cache in front of a gateway that broke off."""
        return Fault(kind, self._world.choices.happens(0.5), Answer(503, HTML, {"Retry-After": "1"}), after=1.0)

    def _repeated(self, _request: Request, kind: str) -> Fault:
        """A proxy that sends a request again can only be borne by a gateway that knows it again."""
        return Fault(kind if self._world.provider.manners.repeated == "merge" else "")

    def _cache(self, request: Request, kind: str) -> Fault:
        """An old answer, from a cache that knows the whole question and does not say how old it is."""
        if found := self._cached.get(request.question):
            return Fault(kind, arrives=False, answer=found[1])
        return Fault()

    def _aged_cache(self, request: Request, kind: str) -> Fault:
        """An old answer, from a cache that overlooks what it does not know, and says how old it is."""
        if found := self._cached.get(request.shorter_question):
            at, answer = found
            age = {"Age": str(max(1, round(self._world.scheduler.now - at)))}
            return Fault(kind, arrives=False, answer=answer._replace(headers=answer.headers | age))
        return Fault()


_FAULTS: dict[str, Callable[[Network, Request, str], Fault]] = {
    "request lost": Network._request_lost,
    "busy": Network._busy,
    "session ended": Network._session_ended,
    "wrong address": Network._wrong_address,
    "broke": Network._broke,
    "redirected": Network._redirected,
    "page": Network._page,
    "repeated": Network._repeated,
    "cache": Network._cache,
    "aged cache": Network._aged_cache,
}


def exchanged(answer: Answer, body: str, left: Any) -> Exchange:
    """An answer as the client reads it off the wire."""
    after = answer.headers.get("Retry-After")
    return Exchange(
        status=answer.status,
        body=body,
        retry_after=float(after) if after else None,
        sent_at=left,
    )


class SimulatedGateway(Gateway):
    """The real client, whose exchanges go over the simulated network."""

    def __init__(self, process: Process) -> None:
        self.__dict__.update(_made().__dict__)
        self._process = process
        self._lock = Lock(process.world.scheduler)

    def _exchange(
        self,
        method: str,
        path: str,
        auth: Any,
        *,
        params: Mapping[str, str] | None = None,
        json: object = None,
    ) -> Exchange:
        key = getattr(auth, "_headers", {}).get("Session_key", "")
        body = None if json is None else json_.loads(json_.dumps(json))
        return self._process.world.network.carry(self._process, Request(method, path, dict(params or {}), key, body))


_ONE: list[Gateway] = []


def _made() -> Gateway:
    """One real client: making it reads the environment, which takes long and is the same for all."""
    if not _ONE:
        _ONE.append(Gateway(URL, username="demo", password="secret-of-demo"))
    return _ONE[0]
