"""
Authentication objects: a user name and password that log in, or keys.

Secrets travel in authentication objects, whose reprs say nothing, which a ``.netrc`` cannot replace, and that
can remove themselves from what a gateway echoes. Nothing here raises: what is wrong is returned as a
sentence, because the traceback of an error prints the variables of the statements it went through.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

from requests.auth import AuthBase, HTTPBasicAuth

if TYPE_CHECKING:
    from requests import PreparedRequest

_SURROGATES = re.compile("[\ud800-\udfff]")
_KEY = re.compile(
    r"[!#-&(-:=?-z|~]+"
)  # printable ASCII, but for space, quotes and what marks up or separates
_SHORT = 4

PARAMETERS = re.compile(r"((?:username|password|phoneNumber|recipient|number)=)[^&\s\"']*", re.IGNORECASE)
"""The parameters of the gateway's calls that are secret or personal."""


class Credentials(AuthBase):
    """The secrets of a request."""

    def __init__(self, *secrets: str) -> None:
        forms = {form for secret in secrets for form in (secret, quote(secret, safe=""), quote_plus(secret))}
        longest_first = sorted(forms, key=len, reverse=True)
        self._echo = re.compile("|".join(_unquoted(form) for form in longest_first))

    def hide(self, text: str) -> str:
        """The text without our secrets, plain or percent-encoded, and without those of any address in it."""
        return PARAMETERS.sub(r"\1•••", self._echo.sub("•••", text))


class QueryLogin(Credentials):
    """User name and password, percent-encoded in the query, as the documented login wants them."""

    def __init__(self, username: str, password: str) -> None:
        super().__init__(password)
        self._pair = {"username": username, "password": password}

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Add them to the address, last, so that no request object holds them before."""
        request.prepare_url(request.url, self._pair)
        return request


class BasicLogin(Credentials):
    """User name and password in a header, in UTF-8, where a brand wants HTTP Basic."""

    def __init__(self, username: str, password: str) -> None:
        super().__init__(password)
        self._basic = HTTPBasicAuth(username.encode(), password.encode())

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Add the header."""
        self._basic(request)
        return request


class Keys(Credentials):
    """The two headers of every other call; their names have underscores (quick-start page)."""

    def __init__(self, user_key: str, name: str, key: str) -> None:
        super().__init__(user_key, key)
        self._headers = {"user_key": user_key, name: key}
        self.account = "key " + hashlib.sha256(user_key.encode()).hexdigest()[:8]
        """A name of the account that does not show its key."""

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Add the headers."""
        request.headers.update(self._headers)
        return request


def validate_credentials(
    username: str | None, password: str | None, user_key: str | None, access_token: str | None
) -> str | None:
    """Why these are not one usable pair of credentials, or None."""
    by_login, by_token = (username, password), (user_key, access_token)
    if not (all(by_login) and not any(by_token)) and not (all(by_token) and not any(by_login)):
        return "a Gateway needs username= and password=, or user_key= and access_token="
    given = by_login if all(by_login) else by_token
    if not all(isinstance(secret, str) for secret in given):
        return "the credentials of a Gateway are strings"
    if any(_SURROGATES.search(str(secret)) for secret in given):
        return "username= and password= must be text that UTF-8 can write"
    if all(by_token) and not all(_KEY.fullmatch(str(key)) for key in given):
        return (
            "user_key= and access_token= must be letters, digits and signs without spaces: "
            "was a line break copied along?"
        )
    return None


def authentication(
    username: str | None, password: str | None, user_key: str | None, access_token: str | None, login: str
) -> tuple[str, Credentials | None, Keys | None]:
    """The account, and what logs in or the permanent keys, of a pair that is valid."""
    if username and password:
        return username, (BasicLogin if login == "basic" else QueryLogin)(username, password), None
    keys = Keys(str(user_key), "Access_token", str(access_token))
    return keys.account, None, keys


def session_keys(body: str) -> Keys | None:
    """The keys that a login was answered with (``USER_KEY;SESSION_KEY``), or None if it was anything else."""
    user_key, _, session_key = (part.strip() for part in body.partition(";"))
    valid = _KEY.fullmatch(user_key) and _KEY.fullmatch(session_key)
    return Keys(user_key, "Session_key", session_key) if valid else None


def _unquoted(form: str) -> str:
    """The pattern of a secret; a short one counts only where it stands alone, as ``1`` is in many reasons."""
    return re.escape(form) if len(form) >= _SHORT else rf"(?<!\w){re.escape(form)}(?!\w)"
