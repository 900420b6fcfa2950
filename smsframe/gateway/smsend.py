"""
The gateway's client: speaks HTTP, and turns every answer into a record or an error.

The calls and their fields are those of the smSend documentation (REST API: login, token, status, sms,
paramsms, sms/{order_id}, smshistory) and of its quick-start page. What an answer to a POST proves is
decided in `smsframe.orders.states`; here it is only read.
"""

from __future__ import annotations

import logging
import os
import threading
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NoReturn
from urllib.parse import quote
from zoneinfo import ZoneInfo

from smsframe.clock import SYSTEM, Clock
from smsframe.errors import GatewayError, NotAuthorised, Rejected, Unavailable
from smsframe.gateway import auth as credentials
from smsframe.gateway import cache_bypass, responses, transport
from smsframe.gateway.auth import Credentials, Keys, session_keys
from smsframe.gateway.cache_bypass import Freshness
from smsframe.gateway.responses import number, said
from smsframe.gateway.wire_format import DATE, Order
from smsframe.orders.profile import SMSEND, GatewayProfile
from smsframe.orders.records import HistoryPage, OrderState, Reply, not_authorised
from smsframe.orders.states import Answer, Event, proof

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

log = logging.getLogger("smsframe")

USERNAME, PASSWORD = "SMSFRAME_USERNAME", "SMSFRAME_PASSWORD"
USER_KEY, ACCESS_TOKEN = "SMSFRAME_USER_KEY", "SMSFRAME_ACCESS_TOKEN"
BASE_URL = "SMSFRAME_BASE_URL"


class Gateway:
    """
    A way to the gateway; makes no request before it is asked something.

    Args:
        base_url: As the provider names it, ending in ``/API/v1.0/REST/``. ``http://`` only to loopback.
        username: With ``password``: the account; a session is opened by ``login`` and renewed when it ends.
        password: The API password.
        user_key: With ``access_token``: the permanent pair from ``token`` or the web panel.
        access_token: As above.
        timeout: Seconds to connect, and to wait for an answer.
        verify: As in requests: False, or the path of a certificate bundle; True is the only safe choice.
        proxies: As in requests; those of the environment hold otherwise.
        login: ``"query"`` as documented, or ``"basic"`` where a brand wants HTTP Basic.
        timezone: The zone of dates that the gateway returns without one. No source names it; Italian
            local time is inferred.
        journal: The journal of what goes through this gateway, when no other is given to a call.
        profile: What this brand of the gateway has and has not.
        clock: The time, by which campaigns through this gateway wait, too.

    Raises:
        ValueError: Half a pair of credentials, both pairs, or an address that would send them in clear.

    Example:
        >>> Gateway("https://gateway.example/API/v1.0/REST/", username="demo", password="secret")
        <smsframe.Gateway https://gateway.example/API/v1.0/REST/ as demo>
    """

    def __init__(
        self,
        base_url: str,
        *,
        username: str | None = None,
        password: str | None = None,
        user_key: str | None = None,
        access_token: str | None = None,
        timeout: tuple[float, float] = (5.0, 30.0),
        verify: bool | str = True,
        proxies: Mapping[str, str] | None = None,
        login: Literal["query", "basic"] = "query",
        timezone: str = "Europe/Rome",
        journal: str | Path | None = None,
        profile: GatewayProfile = SMSEND,
        clock: Clock = SYSTEM,
    ) -> None:
        wrong = transport.complaint(base_url) or credentials.complaint(
            username, password, user_key, access_token
        )
        if not wrong:
            self.base_url = base_url.rstrip("/") + "/"
            self.account, self._login, self._keys = credentials.read(
                username, password, user_key, access_token, login
            )
        # Tracebacks may print the arguments of the calls they went through.
        base_url, username, password, user_key, access_token = "", None, None, None, None
        if wrong:
            raise ValueError(wrong)
        if login not in ("query", "basic"):
            raise ValueError(f'login={login!r} must be "query" or "basic"')
        self.timeout = timeout
        self.timezone = ZoneInfo(timezone)
        self.journal = journal
        self.profile = profile
        self.clock = clock
        self.sessions = 0
        self._lock = threading.RLock()
        self.freshness = Freshness()
        self._http = transport.session(
            self.base_url, pool=64, verify=verify, proxies=proxies, read_timeout=timeout[1], clock=clock
        )
        certificates = self._http.verify
        if isinstance(certificates, str) and not Path(certificates).exists():
            raise ValueError(f"there are no certificates at {certificates}")

    @classmethod
    def from_env(cls) -> Gateway:
        """
        The gateway that the environment names.

        Raises:
            NotAuthorised: The variables are not set; says which, and how to try without an account.
        """
        by_login = bool(_told(USERNAME) and _told(PASSWORD))
        by_token = bool(_told(USER_KEY) and _told(ACCESS_TOKEN))
        if not _told(BASE_URL) or not (by_login or by_token):
            raise NotAuthorised(
                f"no gateway is set up, so nothing was sent. Set the environment variables {BASE_URL}, "
                f"{USERNAME} and {PASSWORD} (or {USER_KEY} and {ACCESS_TOKEN}), or pass gateway=. "
                "To try without an account: with smsframe.Sandbox() as sandbox: ... gateway=sandbox.gateway()"
            )
        # No variable holds what was read: a traceback would show it.
        if by_login:
            return cls(_told(BASE_URL), username=_told(USERNAME), password=_told(PASSWORD))
        return cls(_told(BASE_URL), user_key=_told(USER_KEY), access_token=_told(ACCESS_TOKEN))

    @property
    def identities(self) -> list[str]:
        """
        Every name of the account that is known here: how it logs in, and its user key once a session is open.

        The same account may have sent a campaign by its user name elsewhere, and by its keys here.
        """
        keys = self._keys
        return [*dict.fromkeys([self.account] if keys is None else [self.account, keys.account])]

    def post(self, order: Order, check: Callable[[], None] | None = None) -> Reply:
        """
        Send one order, once; logs in again, and repeats, only after a 401, which proves it was not taken.

        Never raises for what the gateway or the network does: the reply says what happened.

        Args:
            order: Who gets which text, under which order id.
            check: Called immediately before each request, after any login; what it raises keeps it from
                leaving.
        """
        try:
            came = self._call("POST", order.path(), json=order.payload(), check=check)
        except GatewayError as refused:  # logging in failed: nothing left
            event = Event.UNAUTHORISED if isinstance(refused, NotAuthorised) else Event.NOT_SENT
            after = getattr(refused, "retry_after", None)
            return Reply(event, refused.status, str(refused), retry_after=after, call="login")
        body = came.json()
        body = body if isinstance(body, dict) else {}
        event = proof(
            Answer(
                status=came.status if came.age == 0 else None,  # out of a store: it is about another order
                connected=came.connected,
                ok=responses.is_ok(body),
                retry_after=came.retry_after is not None,
                page=came.body.lstrip().startswith("<"),
            )
        )
        log.info("order %s: %s (HTTP %s)", order.order_id, event, came.status)
        return Reply(
            event=event,
            status=came.status,
            reason=said(came),
            sent_at=came.sent_at,
            charged=number(body.get("total_sent"), least=0.0),
            remaining=number(body.get("remaining_credits")),
            retry_after=came.retry_after,
            call=order.path(),
            order_id=body["order_id"] if isinstance(body.get("order_id"), str) else None,
        )

    def credits(self) -> dict[str, float]:
        """
        Credits left by message type (``status``, with ``typeAliases`` as its documentation recommends).

        Raises:
            GatewayError: The gateway did not say.

        Example:
            >>> with smsframe.Sandbox(credits=500) as sandbox:
            ...     sandbox.gateway().credits()["N"]
            500.0
        """
        return responses.left(self._get("status", getMoney="false", typeAliases="true"))

    def state(self, order_id: str) -> OrderState:
        """
        The delivery state of each recipient of an order.

        Args:
            order_id: As in ``sms_order_id``.

        Returns:
            ``recipients``: ``phone`` (E.164), ``delivery`` (the gateway's code) and ``delivered_at`` (UTC),
            or None when the gateway knows no such order; ``date``: the gateway's time.

        Raises:
            GatewayError: The gateway did not say.
        """
        came = self._call("GET", f"sms/{quote(order_id, safe='')}")
        if came.status == 404:  # noqa: PLR2004 - "order not found" in its documentation
            return OrderState(None, came.date)
        if came.status != 200:  # noqa: PLR2004
            self._refuse(came, order_id)
        return OrderState(responses.states(came, self.timezone, order_id), came.date)

    def history_page(self, since: datetime, number: int, size: int) -> HistoryPage:
        """
        One page of the orders created since a time (``smshistory``).

        Args:
            since: An aware time.
            number: From 1.
            size: Orders per page; the default of the gateway is 10, and a maximum is documented nowhere.

        Raises:
            GatewayError: The gateway did not say.
        """
        start = since.astimezone(UTC).strftime(DATE)
        came = self._get(
            "smshistory", **{"from": start}, timezone="UTC", pageNumber=str(number), pageSize=str(size)
        )
        return responses.listed(came)

    def close(self) -> None:
        """Close the pooled connections; the next call opens new ones."""
        self._http.close()

    def __repr__(self) -> str:
        return f"<smsframe.Gateway {self.base_url} as {self.account}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Gateway holds credentials and is not pickled; make one where it is needed")

    def _get(self, path: str, **params: str) -> transport.Exchange:
        came = self._call("GET", path, params=params)
        if came.status != 200:  # noqa: PLR2004
            self._refuse(came)
        return came

    def _call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        json: object = None,
        check: Callable[[], None] | None = None,
    ) -> transport.Exchange:
        """One call with keys; a 401 opens a new session, once, whichever thread meets it first."""
        session, keys = self._session()
        if check is not None:
            check()
        came = self._exchange(method, path, keys, params=params, json=json)
        if came.status == 401 and self._login is not None:  # noqa: PLR2004
            _, keys = self._session(ended=session)
            if check is not None:  # the process may have been suspended, or the login slow
                check()
            came = self._exchange(method, path, keys, params=params, json=json)
        return came

    def _exchange(
        self,
        method: str,
        path: str,
        auth: Credentials,
        *,
        params: Mapping[str, str] | None = None,
        json: object = None,
    ) -> transport.Exchange:
        def send(
            query: Mapping[str, str] | None, headers: Mapping[str, str] | None = None
        ) -> transport.Exchange:
            return transport.exchange(
                self._http,
                method,
                self.base_url + path,
                auth=auth,
                timeout=self.timeout,
                params=query,
                json=json,
                headers=headers,
                clock=self.clock,
            )

        if method == "GET":
            return self.freshness.ask(params or {}, partial(send, headers=cache_bypass.HEADERS))
        return send(params)

    def _session(self, ended: int | None = None) -> tuple[int, Keys]:
        """The number and keys of the open session; opens one if there is none, or the known one ended."""
        with self._lock:
            if self._keys is None or ended == self.sessions:
                self._keys = None
                self._keys = self._open(self._login)
                self.sessions += 1
            return self.sessions, self._keys

    def _open(self, login: Credentials | None) -> Keys:
        if login is None:  # pragma: no branch - a token has keys from the start
            raise NotAuthorised(not_authorised("no way to log in"))
        came = self._exchange("GET", "login", login)
        if came.status == 200:  # noqa: PLR2004
            if keys := session_keys(came.body):
                log.info("logged in")
                return keys
            raise NotAuthorised(
                f"{self.base_url} is not this gateway: what answers a login is not USER_KEY;SESSION_KEY",
                status=came.status,
            )
        if came.status in (400, 401, 403, 404):
            raise NotAuthorised(
                f"the gateway refused the user name and password, or {self.base_url} is not its address "
                f"(HTTP {came.status}); nothing was sent",
                status=came.status,
            )
        return self._refuse(came)

    def _refuse(self, came: transport.Exchange, order_id: str | None = None) -> NoReturn:
        """Raise the error that an answer to a question (never a POST) is."""
        reason = said(came)
        if came.status in (401, 403, 404) or (came.status is not None and 300 <= came.status < 400):  # noqa: PLR2004
            raise NotAuthorised(not_authorised(reason), status=came.status, order_id=order_id)
        if came.status is not None and 400 <= came.status < 500 and came.status != 429:  # noqa: PLR2004
            raise Rejected(
                f"the gateway refused the question: {reason}", status=came.status, order_id=order_id
            )
        raise Unavailable(
            f"the gateway at {self.base_url} does not answer ({reason}): check the address and the network, "
            "then call again; nobody is texted twice by that",
            status=came.status,
            order_id=order_id,
            retry_after=came.retry_after,
        )


def _told(name: str) -> str:
    return os.environ.get(name, "")
