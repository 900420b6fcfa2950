"""
One HTTP exchange at a time, of which nothing secret gets into exceptions, logs and tracebacks.

`request` never raises for what the network does and returns facts instead: requests' exceptions carry
the address with the password of a login in it, and a traceback carries the exception.

What is said of a request without an answer rests on how its connection was made
(`smsframe.gateway.connections`); an answer is read only so far (`smsframe.gateway.response_limits`).
"""

from __future__ import annotations

import contextlib
import ipaddress
import json as json_
import logging
import math
import os
import weakref
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from email.utils import parsedate_to_datetime
from functools import partial
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
from requests.cookies import RequestsCookieJar
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    LocationValueError,
    ProxyError,
    ReadTimeoutError,
)

from smsframe.clock import SYSTEM, Clock
from smsframe.gateway import response_limits
from smsframe.gateway.auth import PARAMETERS
from smsframe.gateway.connections import Adapter, NotConnectedError, checked_before_leaving
from smsframe.gateway.surroundings import refuse_browser

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from smsframe.gateway.auth import Credentials


LONGEST = 6 * 3600.0
"""Seconds; a gateway that asks for more, in however many digits, asks for this much."""

_CHUNK_SIZE = 2**16
_DIGITS = 20


class Redaction(logging.Filter):
    """Removes the secret parameters of the gateway's calls from other libraries' logs."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass, without secrets."""
        message = record.getMessage()
        clean = PARAMETERS.sub(r"\1•••", message)
        if clean != message:
            record.msg, record.args = clean, ()
        return True


# urllib3 writes each request's path and query to its DEBUG log; a filter works only on the very logger.
_REDACTION = Redaction()
for _name in ("urllib3.connectionpool", "urllib3.connection", "urllib3.util.retry", "urllib3.poolmanager"):
    logging.getLogger(_name).addFilter(_REDACTION)


@dataclass(frozen=True, slots=True, repr=False)
class Exchange:
    """
    What an exchange came to.

    Attributes:
        status: The HTTP status, or None when no complete answer came.
        connected: Whether a connection stood, so that the request may have left.
        body: The body as text (UTF-8; the gateway names no charset).
        retry_after: Seconds the answer asks to wait, or None.
        failure: The kind of failure in words when there is no status.
        sent_at: When the request left (UTC), by the clock that was handed in.
        date: When the answer was made, by its maker's clock (the ``Date`` header, UTC), or None.
        age: Seconds that a cache has had the answer (the ``Age`` header), infinite if that is unreadable:
            above 0 the answer proves nothing of now.
        hide: Removes the secrets of the request from a text that echoes them.
    """

    status: int | None = None
    connected: bool = True
    body: str = ""
    retry_after: float | None = None
    failure: str = ""
    sent_at: datetime | None = None
    date: datetime | None = None
    age: float = 0.0
    hide: Callable[[str], str] = str

    def json(self) -> Any:
        """The body as JSON, or None when it is not."""
        try:
            return json_.loads(self.body)
        except (ValueError, RecursionError):  # the latter: brackets without end
            return None

    def __repr__(self) -> str:
        return f"<Exchange {self.status or self.failure}>"


_sessions: weakref.WeakSet[_Session] = weakref.WeakSet()


class _Session(requests.Session):
    """
    A session that looks at no redirect, so that none is followed and a malformed one raises nothing.

    Args:
        adapter: Makes what keeps its connections.
    """

    def __init__(self, adapter: Callable[[], Adapter]) -> None:
        super().__init__()
        self._adapter = adapter
        self.forget_connections()
        _sessions.add(self)

    def forget_connections(self) -> None:
        """Open new connections from here on, and hold no lock; those that are open are left as they are."""
        adapter = self._adapter()
        self.mount("https://", adapter)
        self.mount("http://", adapter)
        # A jar shared by threads is a race, so it takes none; its lock may be held by a thread while we fork.
        self.cookies = RequestsCookieJar(DefaultCookiePolicy(allowed_domains=[]))

    def get_redirect_target(self, resp: requests.Response) -> None:  # noqa: ARG002 - requests' signature
        return None


def session(
    base_url: str,
    *,
    pool: int,
    verify: bool | str,
    proxies: Mapping[str, str] | None,
    read_timeout: float | None = None,
    clock: Clock = SYSTEM,
) -> requests.Session:
    """
    A pooled session that reads the environment once, keeps no cookies and follows no redirects.

    Proxies and certificates of the environment hold, but no proxy for loopback, where it could only be a
    mistake; ``.netrc`` is never read, because its entry would replace the keys. ``read_timeout`` is how many
    seconds the kernel tries to deliver what was sent by a process that is stopped. ``clock`` measures
    how long an answer takes.

    Raises:
        RuntimeError: This Python runs in a browser.
    """
    refuse_browser()
    pooled = _Session(
        partial(Adapter, read_timeout, clock, pool_connections=1, pool_maxsize=pool, max_retries=0)
    )
    environment = pooled.merge_environment_settings(base_url, dict(proxies or {}), None, verify, None)
    pooled.verify = environment["verify"]
    pooled.proxies = dict(proxies or {}) if is_loopback(base_url) else environment["proxies"]
    pooled.trust_env = False
    pooled.headers["Accept-Encoding"] = response_limits.CODINGS
    return pooled


def _forked() -> None:
    """
    In a forked child: use no connection of the parent's.

    Both would write into one stream of bytes, and each could read the other's answer: an order would be
    called accepted by the answer to another one.
    """
    for session in [*_sessions]:
        session.forget_connections()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)


def request(
    session: requests.Session,
    method: str,
    url: str,
    *,
    auth: Credentials,
    timeout: tuple[float, float],
    params: Mapping[str, str] | None = None,
    json: object = None,
    headers: Mapping[str, str] | None = None,
    clock: Clock = SYSTEM,
    check: Callable[[], None] | None = None,
) -> Exchange:
    """
    Send one request and read its answer whole; says what happened, and raises only for bugs.

    The whole call is bounded: ``timeout[0]`` seconds to connect to an address of the name, as many for TLS,
    twice as many for a proxy's tunnel, as many to send; then `response_limits.ANSWER_TIMEOUTS` times
    ``timeout[1]`` seconds, and `response_limits.SIZE`, for the answer. ``check`` is called when a connection
    stands; what it raises is raised here, and nothing has left.
    """
    sent_at = clock.now()
    try:
        with checked_before_leaving(check):
            answer = session.request(
                method,
                url,
                params=params,
                json=json,
                headers=headers,
                auth=auth,
                timeout=timeout,
                allow_redirects=False,
                stream=True,
            )
        with contextlib.closing(answer.raw):  # closes the connection, unless the answer was read to its end
            body = _body(answer)
    except (requests.RequestException, HTTPError, response_limits.UnusableError) as error:
        return Exchange(
            connected=not _never_connected(error), failure=_kind(error), sent_at=sent_at, hide=auth.hide
        )
    except BaseException as error:  # noqa: BLE001 - Ctrl-C, or a bug: the frames below know the login
        error.__context__ = None
        raise error.with_traceback(None) from None
    after = answer.headers.get("Retry-After")
    return Exchange(
        status=answer.status_code,
        body=body.decode("utf-8-sig", "replace"),
        retry_after=_seconds(after, clock.now()) if after else None,
        sent_at=sent_at,
        date=_date(answer.headers.get("Date")),
        age=_age(answer.headers.get("Age")),
        hide=auth.hide,
    )


def _body(answer: requests.Response) -> bytes:
    """
    The body, unpacked.

    After an interim answer (1xx) the final one is still to come (RFC 9110, 15.2), and http.client knows only
    100: the connection is not used again, or the next order would take that answer for its own.
    """
    if answer.status_code < 200:  # noqa: PLR2004 - an HTTP status
        return b""
    chunks = answer.raw.stream(_CHUNK_SIZE, decode_content=False)
    return response_limits.unpacked(chunks, answer.headers.get("Content-Encoding", ""))


def validate_base_url(base_url: object) -> str | None:
    """Why an address may not be used, or None; a sentence and no error, whose frame would show it."""
    if not isinstance(base_url, str) or not base_url.startswith(("https://", "http://")):
        return "base_url (SMSFRAME_BASE_URL) must start with https:// (or, on this machine, http://)"
    if any(mark in base_url for mark in "?#@\\") or not base_url.isprintable() or " " in base_url:
        return "base_url must be an address only: credentials go into their own parameters"
    try:
        host, _ = urlsplit(base_url).hostname, urlsplit(base_url).port
    except ValueError:
        host = None
    if not host or not all(0 < len(label) < 64 for label in host.rstrip(".").split(".")):  # noqa: PLR2004 - RFC 1035
        return "base_url must name a host, as in https://gateway.example/API/v1.0/REST/"
    if base_url.startswith("http://") and not is_loopback(base_url):
        return "http:// would send the password in clear: use https:// (http:// only to 127.0.0.1)"
    return None


def is_loopback(url: str) -> bool:
    """Whether an address can only be this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _never_connected(error: Exception) -> bool:
    """Whether no connection ever stood; anything less certain counts as connected."""
    unusable = requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema, LocationValueError
    return isinstance(_reason(error), ConnectTimeoutError) or isinstance(error, unusable)


def _reason(error: Exception) -> object:
    """What urllib3 says went wrong, under the wraps of requests and of a proxy."""
    cause = error.args[0] if error.args else None
    reason = getattr(cause, "reason", cause)
    return reason.original_error if isinstance(reason, ProxyError) else reason


def _kind(error: Exception) -> str:
    if isinstance(_reason(error), NotConnectedError):
        return "no trusted TLS connection, or none through the proxy"
    if unusable := _unusable(error):
        return str(unusable)
    kinds = {
        requests.exceptions.ConnectTimeout: "no connection within the time limit",
        requests.exceptions.ReadTimeout: "no answer within the time limit",
        ReadTimeoutError: "no whole answer within the time limit",
        requests.exceptions.ProxyError: "the proxy failed",
        requests.exceptions.ConnectionError: "the connection failed",
    }
    return next((words for kind, words in kinds.items() if isinstance(error, kind)), "the answer broke off")


def _unusable(error: BaseException | None) -> response_limits.UnusableError | None:
    """What was wrong with the answer itself, under the wraps of urllib3 and requests."""
    while error is not None and not isinstance(error, response_limits.UnusableError):
        error = error.__cause__ or error.__context__
    return error


def _seconds(header: str, now: datetime) -> float | None:
    """What ``Retry-After`` asks for: seconds, or a date (RFC 9110, 10.2.3), counted from ``now``."""
    text = header.strip()
    if text.isascii() and text.isdigit():
        return min(float(text), LONGEST)
    date = _utc(text, UTC)  # the oldest of the three forms of a date names no zone (RFC 9110, 5.6.7)
    return None if date is None else min(max((date - now).total_seconds(), 0.0), LONGEST)


def _date(header: str | None) -> datetime | None:
    return _utc(header or "")


def _utc(text: str, zone: tzinfo | None = None) -> datetime | None:
    """A date as HTTP writes it, in UTC; None if it is none, or names no zone and none is given."""
    try:
        date = parsedate_to_datetime(text)
        if date.tzinfo is None and zone is None:
            return None
        return date.replace(tzinfo=date.tzinfo or zone).astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _age(header: str | None) -> float:
    if header is None:
        return 0.0
    digits = header.strip()
    return float(digits[:_DIGITS]) if digits.isascii() and digits.isdigit() else math.inf
