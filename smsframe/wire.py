"""
One HTTP exchange at a time, and nothing about it that could leak.

`exchange` never raises for what the network does and returns facts instead: requests' exceptions carry
the address with the password of a login in it, and a traceback carries the exception. Secrets travel in
authentication objects, whose reprs say nothing and which a ``.netrc`` cannot replace.
"""

from __future__ import annotations

import ipaddress
import json as json_
import logging
import re
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase
from urllib3.exceptions import ConnectTimeoutError, InvalidHeader, NewConnectionError, ProxyError
from urllib3.util import Retry

if TYPE_CHECKING:
    from collections.abc import Mapping

SECRET_PARAMETERS = re.compile(
    r"((?:username|password|phoneNumber|recipient|number)=)[^&\s\"']*", re.IGNORECASE
)


class Redaction(logging.Filter):
    """Blanks the parameters of the gateway's calls that are nobody's business in other libraries' logs."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass, without secrets."""
        message = record.getMessage()
        clean = SECRET_PARAMETERS.sub(r"\1•••", message)
        if clean != message:
            record.msg, record.args = clean, ()
        return True


# urllib3 writes each request's path and query to its DEBUG log; a filter works only on the very logger.
_REDACTION = Redaction()
for _name in ("urllib3.connectionpool", "urllib3.connection", "urllib3.util.retry", "urllib3.poolmanager"):
    logging.getLogger(_name).addFilter(_REDACTION)


class QueryLogin(AuthBase):
    """User name and password, percent-encoded in the query, as the documented login wants them."""

    def __init__(self, username: str, password: str) -> None:
        self._pair = {"username": username, "password": password}

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Add them to the address, last, so that no request object holds them before."""
        request.prepare_url(request.url, self._pair)
        return request


class Keys(AuthBase):
    """The two headers of every other call; their names have underscores (quick-start page)."""

    def __init__(self, user_key: str, name: str, key: str) -> None:
        self._headers = {"user_key": user_key, name: key}

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Add the headers."""
        request.headers.update(self._headers)
        return request


@dataclass(frozen=True, slots=True, repr=False)
class Exchange:
    """
    What came back.

    Attributes:
        status: The HTTP status, or None when no complete answer came.
        connected: Whether a connection stood, so that the request may have left.
        body: The body as text (UTF-8; the gateway names no charset).
        retry_after: Seconds the answer asks to wait, or None.
        failure: The kind of failure in words when there is no status.
    """

    status: int | None = None
    connected: bool = True
    body: str = ""
    retry_after: float | None = None
    failure: str = ""

    def json(self) -> Any:
        """The body as JSON, or None when it is not."""
        try:
            return json_.loads(self.body)
        except ValueError:
            return None

    def __repr__(self) -> str:
        return f"<Exchange {self.status or self.failure}>"


def session(
    base_url: str, *, pool: int, verify: bool | str, proxies: Mapping[str, str] | None
) -> requests.Session:
    """
    A pooled session that reads the environment once, keeps no cookies and follows nothing.

    Proxies and certificates of the environment hold, but not for loopback, where a proxy could only be a
    mistake; ``.netrc`` is never read, because its entry would replace the keys.
    """
    made = requests.Session()
    if not is_loopback(base_url):
        found = made.merge_environment_settings(base_url, dict(proxies or {}), None, verify, None)
        made.proxies, made.verify = found["proxies"], found["verify"]
    else:
        made.proxies, made.verify = dict(proxies or {}), verify
    made.trust_env = False
    made.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))  # a jar shared by threads is a race
    adapter = requests.adapters.HTTPAdapter(pool_connections=1, pool_maxsize=pool, max_retries=0)
    made.mount("https://", adapter)
    made.mount("http://", adapter)
    return made


def exchange(
    session: requests.Session,
    method: str,
    url: str,
    *,
    auth: AuthBase,
    timeout: tuple[float, float],
    params: Mapping[str, str] | None = None,
    json: object = None,
) -> Exchange:
    """Send one request and read its answer whole; says what happened, and raises only for bugs."""
    try:
        answer = session.request(
            method, url, params=params, json=json, auth=auth, timeout=timeout, allow_redirects=False
        )
    except requests.RequestException as error:
        return Exchange(connected=not _never_connected(error), failure=_kind(error))
    after = answer.headers.get("Retry-After")
    return Exchange(
        status=answer.status_code,
        body=answer.content.decode("utf-8", "replace"),
        retry_after=_seconds(after) if after else None,
    )


def is_loopback(url: str) -> bool:
    """Whether an address can only be this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _never_connected(error: requests.RequestException) -> bool:
    """Whether no connection ever stood; anything less certain counts as connected."""
    cause = error.args[0] if error.args else None
    reason = getattr(cause, "reason", cause)
    if isinstance(reason, ProxyError):
        reason = reason.original_error
    if isinstance(reason, NewConnectionError | ConnectTimeoutError):
        return True
    # The certificate is judged in the handshake, before the first byte of the request.
    return "CERTIFICATE_VERIFY_FAILED" in str(reason) and isinstance(error, requests.exceptions.SSLError)


def _kind(error: requests.RequestException) -> str:
    kinds = {
        requests.exceptions.ConnectTimeout: "no connection within the time limit",
        requests.exceptions.ReadTimeout: "no answer within the time limit",
        requests.exceptions.SSLError: "no trusted TLS connection",
        requests.exceptions.ProxyError: "the proxy failed",
        requests.exceptions.ConnectionError: "the connection failed",
    }
    return next((words for kind, words in kinds.items() if isinstance(error, kind)), "the answer broke off")


def _seconds(header: str) -> float | None:
    try:
        return Retry().parse_retry_after(header)
    except (InvalidHeader, ValueError, OverflowError):
        return None
