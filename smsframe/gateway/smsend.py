"""
The gateway's client: speaks HTTP, and turns every answer into a record or an error.

The calls and their fields are those of the smSend documentation (REST API) and of its quick-start page. What
an answer to a POST proves is decided in `smsframe.orders.answers`; here it is only read.
"""

from __future__ import annotations

import logging
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NoReturn
from urllib.parse import quote
from zoneinfo import ZoneInfo

from smsframe.clock import SYSTEM, Clock
from smsframe.errors import GatewayError, NotAuthorised
from smsframe.formatting import suggest_parameters
from smsframe.gateway import (
    auth,
    cache_bypass,
    environment,
    order_responses,
    responses,
    transport,
    wire_format,
)
from smsframe.gateway.aliases import AliasCalls
from smsframe.gateway.auth import Credentials, Keys, session_keys
from smsframe.gateway.cache_bypass import Freshness
from smsframe.gateway.journal_location import pinned
from smsframe.gateway.process_lock import ProcessLock
from smsframe.gateway.received import HistoryCalls
from smsframe.gateway.refusals import login_refused, question_refused
from smsframe.gateway.stop_list import StopListCalls
from smsframe.masking import mask
from smsframe.orders.addresses import canonical_address
from smsframe.orders.profile import SMSEND, GatewayProfile, PersonalisedOrders, brand
from smsframe.orders.records import OrderState, not_authorised

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd

    from smsframe.gateway.order import Order
    from smsframe.orders.records import OrderResponse

log = logging.getLogger("smsframe")


class Gateway(StopListCalls, HistoryCalls, AliasCalls):
    """
    The client of the gateway for one account; makes no request before one of its methods is called.

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
        journal: The journal of what goes through this gateway, when no other is given to a call. A relative
            path is one of the folder of now, also when the process changes to another.
        profile: The brand: ``"smsend"``, ``"skebby"``, or a ``GatewayProfile`` of your own for another one.
            It decides message types, lengths of texts and recipients of an order; `smsframe.orders.profile`
            has the source of each.
        clock: The time, by which campaigns through this gateway wait, too.
        reply_fields: Under which names a received message says what: ``{"sender": ..., "text": ...}``, and
            ``received_at``, ``id``, ``recipient``. No source has them; ``smsframe conformance`` shows them.

    Raises:
        ValueError: Half a pair of credentials, both pairs, an address in clear, or no such profile.

    Example:
        >>> Gateway("https://gateway.example/API/v1.0/REST/", username="demo", password="secret")
        <smsframe.Gateway https://gateway.example/API/v1.0/REST/ as demo>
    """

    @suggest_parameters
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
        profile: str | GatewayProfile = SMSEND,
        clock: Clock = SYSTEM,
        reply_fields: Mapping[str, str] | None = None,
    ) -> None:
        reason = transport.validate_base_url(base_url) or auth.validate_credentials(
            username, password, user_key, access_token
        )
        if not reason:
            self.base_url = canonical_address(base_url)
            self.account, self._login, self._keys = auth.authentication(
                username, password, user_key, access_token, login
            )
        # Tracebacks may print the arguments of the calls they went through.
        base_url, username, password, user_key, access_token = "", None, None, None, None
        if reason:
            raise ValueError(reason)
        if login not in ("query", "basic"):
            raise ValueError(f'login={login!r} must be "query" or "basic"')
        self.timeout = timeout
        self.timezone = ZoneInfo(timezone)
        self.journal = pinned(journal)
        self.profile = brand(profile, reply_fields)
        self.clock = clock
        self.sessions = 0
        self._known_credits: dict[str, float] = {}
        self._lock = ProcessLock()
        self.freshness = Freshness()
        self._http = transport.session(
            self.base_url, pool=64, verify=verify, proxies=proxies, read_timeout=timeout[1], clock=clock
        )
        certificates = self._http.verify
        if isinstance(certificates, str) and not Path(certificates).exists():
            raise ValueError(f"there are no certificates at {certificates}")

    @classmethod
    def from_env(cls, prefix: str = environment.PREFIX) -> Gateway:
        """
        The gateway that the environment names.

        Args:
            prefix: What the names of its variables begin with; those of a second account may be
                ``SPRING_USERNAME`` and so on.

        Raises:
            NotAuthorised: The variables are not set; says which, and how to try without an account.
            ValueError: ``SMSFRAME_PROFILE`` names a brand that there is not.
        """
        if reason := environment.missing(prefix):
            raise NotAuthorised(reason)
        profile, variable = environment.profile(prefix), partial(environment.variable, prefix=prefix)
        # No variable holds what was read, also no address, which may have secrets: a traceback would show it.
        names = ("username", "password") if environment.has_login(prefix) else ("user_key", "access_token")
        return cls(
            variable(environment.BASE_URL),
            profile=profile,
            **{name: variable(f"{environment.PREFIX}_{name.upper()}") for name in names},  # type: ignore[arg-type]
        )

    @property
    def identities(self) -> list[str]:
        """Its user name, and its user key once a session is open: it may have sent by the other elsewhere."""
        keys = self._keys
        known = {} if keys is None else {"user_key": keys.account}
        if self._login is not None:
            known["username"] = self.account
        others = [known[name] for name in self.profile.identities if name in known]
        return [*dict.fromkeys([self.account, *others])]

    @property
    def knows_user_name(self) -> bool:
        """Whether it can say its user name; a permanent pair cannot, so any account there may be its own."""
        return self._login is not None

    @property
    def answers_itself(self) -> bool:
        """Whether no cache can have answered its questions."""
        return self.freshness.proven

    def post(self, order: Order, check: Callable[[], None] | None = None) -> OrderResponse:
        """
        Send one order, once; logs in again, and repeats, only after a 401, which proves it was not taken.

        Never raises for what the gateway or the network does: the reply says what happened.

        Args:
            order: Who gets which text, under which order id.
            check: Called immediately before each request, after any login; what it raises keeps it from
                leaving.
        """
        personalised = self.profile.personalised or PersonalisedOrders()
        call = wire_format.call(order, personalised)
        try:
            response = self._call("POST", call, json=wire_format.body(order, personalised), check=check)
        except GatewayError as error:
            return order_responses.not_posted(error)
        reply = order_responses.posted(response, call, order.order_id, self.profile.proves)
        if reply.remaining is not None:
            self._known_credits[order.terms.message_type] = reply.remaining
        return reply

    def cancel(self, order_id: str, check: Callable[[], None] | None = None) -> OrderResponse:
        """
        Ask for a scheduled order to be cancelled (DELETE ``sms/{order_id}``), once.

        Never raises for what the gateway or the network does. A 200 alone proves no cancellation; see
        `smsframe.orders.cancellation`.

        Args:
            order_id: As in ``sms_order_id``.
            check: As in `post`.
        """
        call = f"sms/{quote(order_id, safe='')}"
        try:
            answer = self._call("DELETE", call, check=check)
            return order_responses.cancelled(answer, call, order_id, self.profile.proves)
        except GatewayError as error:
            return order_responses.not_cancelled(error)

    def credits(self) -> pd.DataFrame:
        """
        Credits left by message type (``status``, with ``typeAliases`` as its documentation recommends).

        Returns:
            RangeIndex: ``message_type`` and ``quality`` (string; ``high``, ``medium``, ``low``, or missing
            where a type is none of them) and ``credits`` (Float64).

        Raises:
            GatewayError: The gateway did not say.

        Example:
            >>> with smsframe.Sandbox(credits=500) as sandbox:
            ...     sandbox.gateway().credits()["credits"].tolist()
            [500.0, 500.0, 500.0]
        """
        response = self._get("status", getMoney="false", typeAliases="true")
        left = responses.credits_left(response, self.profile.quality_names)
        self._known_credits.update(zip(left["message_type"], left["credits"].tolist(), strict=True))
        return left

    def known_credits(self, message_type: str) -> float | None:
        """The credits of a message type that were left when the gateway last said so; None before it did."""
        return self._known_credits.get(message_type)

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
        response = self._call("GET", f"sms/{quote(order_id, safe='')}")
        if response.status == 404:  # noqa: PLR2004 - "order not found" in its documentation
            return OrderState(None, response.date, own=isinstance(response.json(), dict))
        if response.status != 200:  # noqa: PLR2004 - an HTTP status
            raise question_refused(response, self.base_url, order_id)
        return OrderState(responses.recipients(response, self.timezone, order_id), response.date)

    def close(self) -> None:
        """Close the pooled connections; the next call opens new ones."""
        self._http.close()

    def __repr__(self) -> str:
        return f"<smsframe.Gateway {self.base_url} as {mask(self.account)}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Gateway holds credentials and is not pickled; make one where it is needed")

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
        exchange = partial(self._exchange, method, path, params=params, json=json, check=check)
        session, keys = self._session()
        response = exchange(keys)
        if response.status == 401 and self._login is not None:  # noqa: PLR2004 - an HTTP status
            response = exchange(self._session(ended=session)[1])
        return response

    def _exchange(
        self,
        method: str,
        path: str,
        auth: Credentials,
        *,
        params: Mapping[str, str] | None = None,
        json: object = None,
        check: Callable[[], None] | None = None,
    ) -> transport.Exchange:
        def send(
            query: Mapping[str, str] | None, headers: Mapping[str, str] | None = None
        ) -> transport.Exchange:
            return transport.request(
                self._http,
                method,
                self.base_url + path,
                auth=auth,
                timeout=self.timeout,
                params=query,
                json=json,
                headers=headers,
                clock=self.clock,
                check=check,
            )

        if method == "GET":
            return self.freshness.ask(params or {}, partial(send, headers=cache_bypass.HEADERS))
        return send(params)

    def _session(self, ended: int | None = None) -> tuple[int, Keys]:
        """The number and keys of the open session; opens one if there is none, or the known one ended."""
        with self._lock.held:
            if self._keys is None or ended == self.sessions:
                self._keys = None
                self._keys = self._open(self._login)
                self.sessions += 1
            return self.sessions, self._keys

    def _open(self, login: Credentials | None) -> Keys:
        if login is None:  # pragma: no branch - a token has keys from the start
            raise NotAuthorised(not_authorised("no way to log in"))
        response = self._exchange("GET", "login", login)
        if response.status == 200:  # noqa: PLR2004 - an HTTP status
            if keys := session_keys(response.body):
                log.info("logged in")
                return keys
            raise NotAuthorised(
                f"{self.base_url} is not this gateway: what answers a login is not USER_KEY;SESSION_KEY",
                status=response.status,
            )
        raise login_refused(response, self.base_url)
