"""
The layer that misbehaves: each fault as a client meets it, before, after or instead of what the gateway does.

A call that gets no fault passes untouched.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.responses import HTMLResponse, JSONResponse, Response

from smsframe.sandbox import bad_pages, connections

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from smsframe.sandbox.faults import Fault
    from smsframe.sandbox.switches import Chosen

_DONE_FIRST = {"drop_after", "error_after", "late_answer", "half_body", "html"}

PAGE = "<!DOCTYPE html><html><title>Please wait</title><p>This service will be back shortly.</html>"


class Misbehaving:
    """
    The layer.

    Args:
        app: The gateway.
        base: What the paths of its calls begin with.
        choose: What happens to a call of this name with this body.
        lose_sessions: Makes the gateway forget every session.
    """

    def __init__(
        self,
        app: ASGIApp,
        base: str,
        choose: Callable[[str, bytes], Chosen],
        lose_sessions: Callable[[], object],
    ) -> None:
        self._app = app
        self._base = f"{base}/"
        self._choose = choose
        self._lose_sessions = lose_sessions
        self._underway: set[asyncio.Task[None]] = set()  # a task that nobody holds may be collected

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a call pass, or play its fault."""
        body = await _whole(receive)
        if body is None:  # the client went before it had asked
            return
        name = _name(scope["method"], scope["path"].removeprefix(self._base))
        fault, scope["state"]["hidden_for"] = self._choose(name, body)
        again = _again(body, receive)
        if fault is None:
            await self._app(scope, again, send)
        elif fault.kind in bad_pages.KINDS:
            asked = bad_pages.number(scope)
            first = bad_pages.asks_for_the_first(scope) if fault.kind in bad_pages.FROM_THE_FIRST else scope
            answer = await _answer(self._app, first, again)
            if (made := bad_pages.altered(fault.kind, answer, asked)) is not None:
                await made(scope, again, send)
            else:
                for message in answer:
                    await send(message)
        elif fault.kind in _DONE_FIRST:
            answer = await _answer(self._app, scope, again)
            await self._after(fault, answer, scope, receive, send)
        else:
            await self._before(fault, scope, again, send)

    async def _before(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        match fault.kind:
            case "drop_before":
                await send({"type": connections.RESET})
            case "refuse":
                await send({"type": connections.REFUSE, "seconds": fault.seconds})
                await send({"type": connections.RESET})
            case "late_acceptance":
                await send({"type": connections.RESET})
                late = asyncio.create_task(_later(self._app, scope, receive, fault.seconds))
                self._underway.add(late)
                late.add_done_callback(self._underway.discard)
            case "session_lost":
                self._lose_sessions()
                await _instead(fault)(scope, receive, send)
            case _:
                await _instead(fault)(scope, receive, send)

    async def _after(
        self, fault: Fault, answer: list[Message], scope: Scope, receive: Receive, send: Send
    ) -> None:
        match fault.kind:
            case "drop_after":
                await send({"type": connections.RESET})
            case "late_answer":
                if await connections.stays(receive, fault.seconds):
                    for message in answer:
                        await send(message)
            case "half_body":
                start, whole = answer[0], b"".join(message["body"] for message in answer[1:])
                await send(start)
                await send(
                    {"type": "http.response.body", "body": whole[: len(whole) // 2], "more_body": True}
                )
                await send({"type": connections.HANG_UP})
            case _:
                await _instead(fault)(scope, receive, send)


def _name(method: str, path: str) -> str:
    """The word by which a switch knows a call; the empty one for those that only ``any`` means."""
    match method, path.split("/"):
        case "POST", ["sms" | "paramsms"]:
            return "order"
        case "GET", ["sms", _]:
            return "state"
        case "DELETE", ["sms", _]:
            return "cancel"
        case "GET", ["smshistory"]:
            return "history"
        case "GET", ["srsmshistory", *_]:
            return "replies"
        case "GET", ["alias"]:
            return "senders"
        case "GET", ["status" | "login" as name]:
            return name
        case _:
            return ""


def _instead(fault: Fault) -> Response:
    """What is answered in place of the gateway."""
    match fault.kind:
        case "html":
            return HTMLResponse(PAGE)
        case "session_lost":
            return JSONResponse({"result": "The session has expired"}, HTTPStatus.UNAUTHORIZED)
        case "redirect":
            return Response(status_code=fault.status, headers={"Location": "/elsewhere"})
        case "busy":
            return JSONResponse(
                {"result": "Too many requests"}, fault.status, {"Retry-After": str(fault.retry_after)}
            )
        case _:
            return JSONResponse({"result": "Something went wrong"}, fault.status)


async def _whole(receive: Receive) -> bytes | None:
    """The body of a request, or None when the client goes before it is complete."""
    parts: list[bytes] = []
    while (message := await receive())["type"] == "http.request":
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)
    return None


def _again(body: bytes, receive: Receive) -> Receive:
    """What the gateway receives: the body that was read already, and then what comes."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return waiting.pop() if waiting else await receive()

    return replay


async def _answer(app: ASGIApp, scope: Scope, receive: Receive) -> list[Message]:
    """Let the gateway do it, and keep its answer."""
    answer: list[Message] = []

    async def keep(message: Message) -> None:
        answer.append(message)

    await app(scope, receive, keep)
    return answer


async def _later(app: ASGIApp, scope: Scope, receive: Receive, seconds: float) -> None:
    await asyncio.sleep(seconds)
    await _answer(app, scope, receive)
