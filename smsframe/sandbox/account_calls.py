"""The calls about the account: login, token, checksession, status; and the keys every other call shows."""

import base64
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.responses import PlainTextResponse

from smsframe.sandbox import shapes
from smsframe.sandbox.description import BY_PASSWORD
from smsframe.sandbox.keys import Shown
from smsframe.sandbox.ledger import Ledger
from smsframe.sandbox.refusal import RefusedError
from smsframe.sandbox.wire_types import YesOrNo

router = APIRouter()

# Without typeAliases an Aruba client got the platform's internal GP for its brand's N; the other two are what
# sister brands call the same qualities. Off unless asked for (smSend docs, GET status).
INTERNAL_TYPES = {"N": "GP", "L": "TI", "LL": "SI"}


async def _ledger(request: Request) -> Ledger:
    ledger: Ledger = request.app.state.ledger
    return ledger


# `description` says what is shown for a call, which is more than a list of headers.
async def _shown(
    user_key: Annotated[str | None, Header(convert_underscores=False, include_in_schema=False)] = None,
    session_key: Annotated[str | None, Header(alias="Session_key", include_in_schema=False)] = None,
    access_token: Annotated[str | None, Header(alias="Access_token", include_in_schema=False)] = None,
) -> Shown:
    return Shown(user_key, session_key, access_token)


Open = Annotated[Ledger, Depends(_ledger)]
Keys = Annotated[Shown, Depends(_shown)]


async def _admitted(ledger: Open, shown: Keys) -> Ledger:
    ledger.admit(shown)
    return ledger


Admitted = Annotated[Ledger, Depends(_admitted)]


async def _credentials(
    request: Request,
    username: Annotated[str | None, Query(include_in_schema=False)] = None,
    password: Annotated[str | None, Query(include_in_schema=False)] = None,
) -> tuple[str, str]:
    # The query, or HTTP Basic as newer deployments of sister brands take it.
    if username is not None and password is not None:
        return username, password
    kind, _, encoded = request.headers.get("authorization", "").partition(" ")
    if kind.lower() == "basic":
        try:
            basic_name, colon, basic_password = (
                base64.b64decode(encoded, validate=True).decode().partition(":")
            )
        except ValueError:  # no base64, not even ASCII, or no UTF-8 in it
            colon = ""
        if colon:
            return basic_name, basic_password
    raise RefusedError("username and password are required")


Credentials = Annotated[tuple[str, str], Depends(_credentials)]


def _yes(given: str) -> bool:
    if given.lower() not in {"true", "false"}:
        raise RefusedError(f"{given[:50]!r} is neither true nor false")
    return given.lower() == "true"


@router.get("/login", response_class=PlainTextResponse, openapi_extra=BY_PASSWORD)
async def login(ledger: Open, credentials: Credentials) -> str:
    """Open a session: ``USER_KEY;SESSION_KEY`` (smSend docs, GET login)."""
    return ledger.login(*credentials)


@router.get("/token", response_class=PlainTextResponse, openapi_extra=BY_PASSWORD)
async def token(ledger: Open, credentials: Credentials) -> str:
    """The permanent pair: ``USER_KEY;ACCESS_TOKEN`` (smSend docs, GET token)."""
    return ledger.token(*credentials)


@router.get("/checksession", response_class=PlainTextResponse)
async def check_session(ledger: Open, shown: Keys) -> str:
    """Whether the session is alive, without renewing it (smSend docs, GET checksession)."""
    # No keys is 404 here, where every other call says 401.
    if not (shown.user_key and (shown.session_key or shown.access_token)):
        raise RefusedError("No keys were given", status=404)
    return "true" if ledger.alive(shown) else "false"


@router.get("/status", response_model=shapes.Status)
async def status(
    ledger: Admitted,
    get_money: Annotated[YesOrNo, Query(alias="getMoney", description="true or false")] = "false",
    type_aliases: Annotated[YesOrNo, Query(alias="typeAliases", description="true or false")] = "false",
) -> dict[str, object]:
    """Credits left, by message type (smSend docs, GET status)."""
    aliases, money = _yes(type_aliases), _yes(get_money)
    return {
        "money": 0.0 if money else None,  # an account that pays in credits has none
        "sms": [
            {"type": kind if aliases else INTERNAL_TYPES.get(kind, kind), "quantity": quantity}
            for kind, quantity in ledger.credit().items()
        ],
    }
