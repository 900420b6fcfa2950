"""
The gateway as an ASGI application: the calls, one way to refuse, and what the wire brings.

The application is layers, the outermost last: the calls, what misbehaves, the way that answers take, the
record of calls, single slashes. Outside of them is only what breaks connections (``connections``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from email.utils import format_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

from fastapi import Depends, FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from smsframe.sandbox import (
    account_calls,
    connections,
    description,
    order_calls,
    received_calls,
    stoplist_calls,
)
from smsframe.sandbox.misbehaving import Misbehaving
from smsframe.sandbox.queries import only_known_values
from smsframe.sandbox.refusal import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from fastapi import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from smsframe.sandbox.ledger import Ledger
    from smsframe.sandbox.switches import Switchboard

BASE = "/API/v1.0/REST"


@dataclass(eq=False)
class Call:
    """
    One call received; no query, because that of the login holds the password.

    Attributes:
        status: What was answered; None until then, and for ever when the client got no answer.
    """

    at: datetime
    method: str
    path: str
    status: int | None = None


def build(
    ledger: Ledger,
    switchboard: Switchboard,
    record: Callable[[Call], object],
    clock: Callable[[], datetime],
    latency: float,
) -> ASGIApp:
    """
    Join the layers.

    Args:
        ledger: What the gateway knows.
        switchboard: What it does wrong.
        record: Takes each call as it comes.
        clock: The time of the calls.
        latency: Seconds that every answer takes on its way.
    """
    # No pages of documentation: they would load their scripts from a public host. No redirect of a closing
    # slash, and JSON is read whatever its Content-Type says: nothing is documented about either.
    app = FastAPI(
        title="smSend REST gateway, sandbox",
        version="1.0",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        strict_content_type=False,
        responses=description.REFUSALS,
        generate_unique_id_function=description.operation_id,
    )
    app.state.ledger = ledger
    for calls in (account_calls, order_calls, stoplist_calls, received_calls):
        app.include_router(calls.router, prefix=BASE, dependencies=[Depends(only_known_values)])
    app.add_exception_handler(RefusedError, _refused)
    app.add_exception_handler(HTTPException, _no_such_call)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.openapi = lambda: description.describe(app)  # type: ignore[method-assign]  # FastAPI's documented way
    faulty = Misbehaving(app, BASE, switchboard.choose, ledger.forget_sessions)
    return _single_slashes(_recorded(_distant(faulty, latency), record, clock))


async def _refused(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RefusedError)  # noqa: S101 - what it is registered for
    return _refusal(error.reason, error.status)


async def _no_such_call(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - what it is registered for
    answer = _refusal(str(error.detail), error.status_code)
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:  # RFC 9110, 15.5.6: it says which are
        answer.headers["Allow"] = description.methods(request.app, request.scope["path"])
    return answer


async def _malformed(_request: Request, error: Exception) -> JSONResponse:
    # Bad input is always 400 (smSend docs, generic codes), where FastAPI would say 422.
    assert isinstance(error, RequestValidationError)  # noqa: S101 - what it is registered for
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"][1:]) or "body"
    reason = "The body is not JSON" if first["type"] == "json_invalid" else f"{where}: {first['msg']}"
    return _refusal(reason, 400)


def _refusal(reason: str, status: int) -> JSONResponse:
    # A reason may name what was sent: also half of a pair of UTF-16, which JSON can write and UTF-8 cannot.
    return JSONResponse({"result": reason.encode(errors="backslashreplace").decode()}, status)


def _single_slashes(app: ASGIApp) -> ASGIApp:
    # The Java quick start joins base and path into …/REST//login.
    async def layer(scope: Scope, receive: Receive, send: Send) -> None:
        while "//" in scope["path"]:
            scope["path"] = scope["path"].replace("//", "/")
        await app(scope, receive, send)

    return layer


def _distant(app: ASGIApp, latency: float) -> ASGIApp:
    # Each call waits by itself, so that calls at once wait no longer than one.
    async def layer(scope: Scope, receive: Receive, send: Send) -> None:
        there = True

        async def waiting(message: Message) -> None:
            nonlocal there
            if message["type"] == "http.response.start":
                there = await connections.stays(receive, latency)
            if there:
                await send(message)

        await app(scope, receive, waiting)

    return layer if latency else app


def _recorded(app: ASGIApp, record: Callable[[Call], object], clock: Callable[[], datetime]) -> ASGIApp:
    # Before anything is done, and the status before it leaves: who has an answer, or none, finds the call. An
    # answer has the date of the sandbox's own clock, by which its orders go out.
    async def layer(scope: Scope, receive: Receive, send: Send) -> None:
        call = Call(clock(), scope["method"], scope["path"].removeprefix(BASE + "/"))
        record(call)

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                call.status = message["status"]
                date = format_datetime(clock().astimezone(UTC), usegmt=True).encode()
                message["headers"] = [*message.get("headers", ()), (b"date", date)]
            await send(message)

        await app(scope, receive, noting)

    return layer
