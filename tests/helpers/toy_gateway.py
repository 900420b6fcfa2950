"""The gateway of `docs/adding-a-gateway.md`, word for word: another vendor, of another shape."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from urllib.parse import quote

import pandas as pd

from smsframe.arrow import INSTANT, TEXT
from smsframe.clock import SYSTEM
from smsframe.errors import GatewayError
from smsframe.gateway import cache_bypass, transport
from smsframe.gateway.auth import Credentials
from smsframe.gateway.refusals import question_refused
from smsframe.masking import mask
from smsframe.orders.answers import Answer, StatusProof, interpret_response
from smsframe.orders.delivery_codes import DeliveryCode, Stage
from smsframe.orders.profile import GatewayProfile, MessageType, register_codes
from smsframe.orders.records import HistoryPage, OrderResponse, OrderState

ACME = GatewayProfile(
    "Acme",
    qualities={"high": MessageType("text", gsm=459, ucs2=201)},
    max_recipients=1,
    personalised=None,
    proves=StatusProof(accepted=frozenset({202}), refused=frozenset({422})),
    delivery={
        "queued": DeliveryCode(Stage.WAITING, "not sent yet"),
        "on_its_way": DeliveryCode(Stage.UNDER_WAY, "sent, waiting for the handset"),
        "arrived": DeliveryCode(Stage.DELIVERED, "on the handset"),
        "bounced": DeliveryCode(Stage.FAILED, "turned away by the network", retryable=True, advice="again"),
        "no_such_number": DeliveryCode(Stage.REFUSED, "nobody has this number", advice="correct the number"),
    },
    state_question="GET messages/%s",
    history_question="GET messages",
    identities=("account",),
)
register_codes(ACME)


class Token(Credentials):
    """The secret of every request."""

    def __init__(self, token: str) -> None:
        super().__init__(token)
        self._token = token

    def __call__(self, request):
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class AcmeGateway:
    """A way to Acme."""

    profile = ACME
    sessions = 0  # a token never ends

    def __init__(self, base_url, account, token, *, journal=None, timeout=(5.0, 30.0), clock=SYSTEM):
        self.base_url, self.account, self.journal, self.clock = base_url, account, journal, clock
        self.freshness = cache_bypass.Freshness()
        self._token, self._timeout = Token(token), timeout
        self._http = transport.session(
            base_url, pool=64, verify=True, proxies=None, read_timeout=timeout[1], clock=clock
        )

    @property
    def identities(self):
        return [self.account]

    @property
    def answers_itself(self):
        return self.freshness.proven

    def post(self, order, check=None):
        (phone,), (text,) = order.phones(), order.texts()
        unicode = order.encoding == "ucs2"
        message = {"to": phone, "body": text, "reference": order.order_id, "unicode": unicode}
        if order.terms.sender:
            message["from"] = order.terms.sender
        if order.terms.schedule:
            message["not_before"] = order.terms.schedule.isoformat()
        if check is not None:
            check()
        response = self._exchange("POST", "messages", json=message)
        body = response.json()
        body = body if isinstance(body, dict) else {}
        answer = Answer(
            status=response.status,
            connected=response.connected,
            ok=body.get("reference") == order.order_id,
            retry_after=response.retry_after is not None,
            page=response.body.lstrip().startswith("<"),
        )
        return OrderResponse(
            event=interpret_response(answer, ACME.proves),
            status=response.status,
            reason=mask(str(body.get("error") or response.failure or f"HTTP {response.status}")),
            sent_at=response.sent_at,
            charged=body.get("price"),
            retry_after=response.retry_after,
            call="messages",
        )

    def credits(self):
        left = float(self._ask("balance")["left"])
        return pd.DataFrame({"message_type": ["text"], "credits": [left]})

    def state(self, order_id):
        response = self._question(f"messages/{quote(order_id, safe='')}")
        if response.status == 404 and response.json() == {"error": "unknown reference"}:
            return OrderState(None, response.date)
        message = self._read(response, "to", "state", "changed")
        recipients = pd.DataFrame(
            {
                "phone": pd.Series([message["to"]], dtype=TEXT),
                "delivery": pd.Series([message["state"]], dtype=TEXT),
                "delivered_at": pd.to_datetime(pd.Series([message["changed"]]), utc=True).astype(INSTANT),
            }
        )
        return OrderState(recipients, response.date)

    def history_page(self, since, number, size):
        params = {"after": since.astimezone(UTC).isoformat(), "page": str(number), "most": str(size)}
        response = self._question("messages", params)
        page = self._read(response, "found", "messages")
        rows = [
            {
                "order_id": message["reference"],
                "create_time": f"{datetime.fromisoformat(message['taken']):%Y%m%d%H%M%S}",
                "schedule_time": "",
                "num_recipients": 1,
            }
            for message in page["messages"]
        ]
        return HistoryPage(rows, page["found"], response.date)

    def close(self):
        self._http.close()

    def _ask(self, path):
        return self._read(self._question(path), "left")

    def _question(self, path, params=None):
        send = partial(self._exchange, "GET", path, headers=cache_bypass.HEADERS)
        return self.freshness.ask(params or {}, lambda query: send(params=query))

    def _read(self, response, *fields):
        """The body of an answer that has all of some fields; anything less is an error."""
        if response.status != 200:
            raise question_refused(response, self.base_url)
        body = response.json()
        if not isinstance(body, dict) or not all(name in body for name in fields):
            raise GatewayError("the gateway's answer could not be read", status=response.status)
        return body

    def _exchange(self, method, path, **request):
        return transport.request(
            self._http,
            method,
            self.base_url + path,
            auth=self._token,
            timeout=self._timeout,
            clock=self.clock,
            **request,
        )

    def __repr__(self):
        return f"<AcmeGateway {self.base_url} as {self.account}>"
