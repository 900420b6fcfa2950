"""
What a gateway does on each question that no source answers: asked of it, and said as settings of a sandbox.

Most questions are only asked. Those that need a text are asked with few texts to one number of one's own, and
only when that is allowed; before each it is certain that the credits of all of them are not exceeded.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

from smsframe.errors import GatewayError
from smsframe.formatting import many
from smsframe.gateway.received import the_list
from smsframe.gateway.wire_format import DATE

if TYPE_CHECKING:
    from collections.abc import Callable

    from smsframe.gateway.smsend import Gateway

ASKED, OK, ACCEPTED, REFUSED, UNKNOWN_ORDER = 30, 200, 201, 400, 404
NO_NUMBER = "+391"
"""A recipient that no gateway can take: too short for any country."""

ZONES = ("UTC", "Europe/Rome", "Europe/Paris", "Europe/London")
LONG_PAGE = 1000
UNSEEN = "not seen"
SENDERS = "the list of senders"


class Answer(NamedTuple):
    """
    What was found on one question.

    Attributes:
        question: The keyword of `smsframe.Sandbox`, or the question in words where it has none.
        value: As that keyword takes it; None where it could not be seen.
        seen: What was seen, in words.
        credits: The most that asking may cost.
    """

    question: str
    value: Any
    seen: str
    credits: int = 0


def settings(answers: list[Answer]) -> dict[str, Any]:
    """The answers as keywords of `smsframe.Sandbox`, which then does the same."""
    return {answer.question: answer.value for answer in answers if answer.value is not None}


def examine(
    gateway: Gateway,
    another: Callable[[str | None], Gateway],
    *,
    own_number: str | None = None,
    most_credits: int = 0,
) -> list[Answer]:
    """
    Ask a gateway every question.

    Args:
        gateway: Who is asked.
        another: Makes another gateway to the same account; given a name, one with that user name and a
            password that cannot be right.
        own_number: A number of one's own, to which a few texts may be sent; without it nothing is sent.
        most_credits: The most that all texts may cost together.

    Raises:
        GatewayError: The gateway did not answer the first question; what fails later is only not seen.
    """
    probes = _Probes(gateway, another, own_number or "")
    (_, first), *reading = probes.reading()
    answers = [first()]
    for question, look in reading:
        answers += _answers([question], 0, partial(_one, look))
    left = most_credits if own_number else 0
    for cost, question, ask in probes.sending():
        if cost > left:
            names = question.split()
            answers += [
                Answer(name, None, "not asked: it needs texts that may be sent", cost) for name in names
            ]
            continue
        left -= cost
        answers += _answers(question.split(), cost, ask)
    return answers


def _one(look: Callable[[], Answer]) -> list[Answer]:
    return [look()]


def _answers(questions: list[str], cost: int, ask: Callable[[], list[Answer]]) -> list[Answer]:
    """What is seen on these questions; one that fails takes none of the other answers with it."""
    try:
        return ask()
    except GatewayError as error:
        return [Answer(question, None, f"{UNSEEN}: {error}", cost) for question in questions]


class _Probes:
    def __init__(self, gateway: Gateway, another: Callable[[str | None], Gateway], to: str) -> None:
        self._gateway, self._another, self._to = gateway, another, to
        self._type = gateway.profile.message_type("high").code

    def reading(self) -> list[tuple[str, Callable[[], Answer]]]:
        """The questions that send nothing."""
        return [
            ("timezone", self._timezone),
            ("several_sessions", self._several_sessions),
            ("login_refused", self._login_refused),
            ("extra_values", self._extra_values),
            ("long_pages", self._long_pages),
            ("what a received message says", self._reply_fields),
            (SENDERS, self._senders),
        ]

    def sending(self) -> list[tuple[int, str, Callable[[], list[Answer]]]]:
        """The questions that send texts, with the most that each may cost, and their keywords."""
        return [
            (2, "repeated_order_id", self._repeated),
            (2, "duplicates", self._duplicates),
            (2, "left_out", self._left_out),
            (1, "all_left_out", self._all_left_out),
            (1, "outside_gsm", self._outside_gsm),
            (1, "paramsms_accepted", self._paramsms),
            (4, "cancelled_order refund_cancelled", self._cancelled),
            (7, "length_in", self._length),
        ]

    def _history(self, **more: str) -> tuple[int | None, Any]:
        since = (self._gateway.clock.now() - timedelta(days=ASKED)).strftime(DATE)
        return self._gateway.probe("GET", "smshistory", {"from": since, **more})

    def _timezone(self) -> Answer:
        _, plain = self._history()
        _, in_utc = self._history(timezone="UTC")
        known = {row.get("order_id"): row.get("create_time") for row in _rows(in_utc)}
        for row in _rows(plain):
            at, local = known.get(row.get("order_id")), row.get("create_time")
            if at and local:
                utc = datetime.strptime(str(at), DATE).replace(tzinfo=UTC)
                for zone in ZONES:
                    if utc.astimezone(ZoneInfo(zone)).strftime(DATE) == local:
                        return Answer("timezone", zone, f"a date without a zone is that of {zone}")
                return Answer(
                    "timezone", None, "dates without a zone are of none of the zones that are known"
                )
        return Answer("timezone", None, f"{UNSEEN}: no orders in {ASKED} days")

    def _several_sessions(self) -> Answer:
        self._gateway.probe("GET", "status")
        before = self._gateway.sessions
        if not before:
            return Answer("several_sessions", None, f"{UNSEEN}: this account has a token, and no sessions")
        other = self._another(None)
        try:
            other.probe("GET", "status")
        finally:
            other.close()
        self._gateway.probe("GET", "status")
        alive = self._gateway.sessions == before
        seen = "earlier sessions stay alive" if alive else "a new login ends the earlier session"
        return Answer("several_sessions", alive, seen)

    def _login_refused(self) -> Answer:
        stranger = self._another(f"nobody-{secrets.token_hex(6)}")
        try:
            stranger.probe("GET", "status")
        except GatewayError as error:
            value = error.status if error.status in (404, 401) else None
            return Answer("login_refused", value, f"a wrong login is answered with {error.status}")
        finally:
            stranger.close()
        return Answer("login_refused", None, UNSEEN)

    def _extra_values(self) -> Answer:
        status, _ = self._gateway.probe("GET", "status", {"smsframe": "1"})
        value = {OK: "ignore", REFUSED: "refuse"}.get(status or 0)
        return Answer("extra_values", value, f"a value that the call does not have: {status}")

    def _long_pages(self) -> Answer:
        status, body = self._history(pageSize=str(LONG_PAGE))
        if status == REFUSED:
            return Answer("long_pages", "refuse", f"pages of {LONG_PAGE} rows are refused")
        size = body.get("pageSize") if isinstance(body, dict) else None
        if not isinstance(size, int):
            return Answer("long_pages", None, f"{UNSEEN}: the answer does not say its pageSize")
        return Answer("long_pages", "whole" if size >= LONG_PAGE else "cut", f"pages have {size} rows")

    def _reply_fields(self) -> Answer:
        since = (self._gateway.clock.now() - timedelta(days=ASKED)).strftime(DATE)
        status, body = self._gateway.probe("GET", "srsmshistory", {"from": since})
        names = sorted({str(name)[:40] for row in _rows(body) for name in row})[:20]
        seen = f"fields {', '.join(names)}" if names else f"{UNSEEN}: no messages ({status})"
        return Answer("what a received message says", None, seen)

    def _senders(self) -> Answer:
        return Answer(SENDERS, None, f"{len(self._gateway.senders())} registered")

    def _post(self, recipients: list[str], text: str = "Test", **more: Any) -> tuple[int | None, Any, str]:
        order = f"sfc-{secrets.token_hex(10)}"
        body = {"message_type": self._type, "message": text, "recipient": recipients, "order_id": order}
        status, answer = self._gateway.probe("POST", "sms", json=body | {"returnCredits": True} | more)
        return status, answer, order

    def _listed(self, order: str) -> list[dict[str, Any]] | None:
        """The texts of an order, or None where there is none of that id; no rows where nobody can know."""
        status, body = self._gateway.probe("GET", f"sms/{order}")
        return None if status == UNKNOWN_ORDER else _rows(body) if status == OK else []

    def _repeated(self) -> list[Answer]:
        name = "repeated_order_id"
        first, answer, order = self._post([self._to])
        if not _taken(first, answer):
            return [Answer(name, None, f"the first order was answered with {first}", 2)]
        status, answer, _ = self._post([self._to], order_id=order)
        if status == REFUSED:
            return [Answer(name, "refuse", "a second order under one id is refused", 2)]
        texts = len(self._listed(order) or [])
        value = (None, "merge", "accept")[min(texts, 2)] if _taken(status, answer) else None
        return [Answer(name, value, f"answered with {status}; {many(texts, 'text')} listed", 2)]

    def _duplicates(self) -> list[Answer]:
        status, answer, order = self._post([self._to, self._to])
        if status == REFUSED:
            return [Answer("duplicates", "refuse", "a number twice in one order is refused", 2)]
        texts = len(self._listed(order) or [])
        value = (None, "merge", "send")[min(texts, 2)] if _taken(status, answer) else None
        return [Answer("duplicates", value, f"answered with {status}; {many(texts, 'text')} listed", 2)]

    def _left_out(self) -> list[Answer]:
        status, answer, order = self._post([self._to, NO_NUMBER], allowInvalidRecipients=True)
        if not _taken(status, answer):
            return [Answer("left_out", None, f"the order was answered with {status}", 2)]
        texts, charged = len(self._listed(order) or []), answer.get("total_sent")
        listed = "charged" if charged == 2 else "named"  # noqa: PLR2004 - both
        value = (None, "unlisted", listed)[min(texts, 2)]  # who can be texted is listed in any case
        return [Answer("left_out", value, f"{many(texts, 'text')} listed, {charged} charged", 2)]

    def _all_left_out(self) -> list[Answer]:
        status, answer, _ = self._post([NO_NUMBER], allowInvalidRecipients=True)
        value = _either(status, answer, "accept", "refuse")
        return [Answer("all_left_out", value, f"an order of refused numbers alone: {status}", 1)]

    def _outside_gsm(self) -> list[Answer]:
        status, answer, _ = self._post([self._to], "\u0416", encoding="gsm")
        value = _either(status, answer, "replace", "refuse")
        return [Answer("outside_gsm", value, f"a Cyrillic letter with encoding gsm: {status}", 1)]

    def _paramsms(self) -> list[Answer]:
        body = {"message_type": self._type, "message": "${f1}", "order_id": f"sfc-{secrets.token_hex(10)}"}
        people = {"0": {"recipient": self._to, "f1": "Test"}}
        status, answer = self._gateway.probe("POST", "paramsms", json=body | {"recipients": people})
        value = status if _taken(status, answer) else None
        return [Answer("paramsms_accepted", value, f"an accepted paramsms is {status}", 1)]

    def _cancelled(self) -> list[Answer]:
        when = (self._gateway.clock.now() + timedelta(days=2)).strftime(DATE)
        later = {"scheduled_delivery_time": when, "scheduled_delivery_timezone": "UTC"}
        before = self._credits()
        _, _, order = self._post([self._to], **later)
        taken = self._credits()
        status, _ = self._gateway.probe("DELETE", f"sms/{order}")
        if status != OK:
            seen = f"a scheduled order was not cancelled ({status}): cancel {order} by hand"
            return [Answer("cancelled_order", None, seen, 4), Answer("refund_cancelled", None, seen, 4)]
        after, listed = self._credits(), self._listed(order)
        value = "gone" if listed is None else "listed" if listed else None
        if listed and any(row.get("status") != "SCHEDULED" for row in listed):
            value = "partly_sent"
        refunded = None if before == taken else after == before
        return [
            Answer(
                "cancelled_order", value, f"a cancelled order is {(value or UNSEEN).replace('_', ' ')}", 4
            ),
            Answer("refund_cancelled", refunded, f"credits {before:g}, then {taken:g}, then {after:g}", 4),
        ]

    def _length(self) -> list[Answer]:
        longest = self._gateway.profile.message_type("high").gsm
        status, answer, _ = self._post([self._to], "\u20ac" * (longest // 2 + 1))  # two units each
        value = _either(status, answer, "characters", "units")
        return [Answer("length_in", value, f"{longest // 2 + 1} signs of two units: {status}", 7)]

    def _credits(self) -> float:
        left = self._gateway.credits()
        found = left["credits"][left["message_type"].eq(self._type)]
        return float(found.iloc[0]) if len(found) else 0.0


def _rows(body: Any) -> list[dict[str, Any]]:
    return (the_list(body) or []) if isinstance(body, dict) else []


def _taken(status: int | None, answer: Any) -> bool:
    """Whether an order was accepted: its status, and a body that says so."""
    return status in (OK, ACCEPTED) and isinstance(answer, dict) and answer.get("result") == "OK"


def _either(status: int | None, answer: Any, accepted: str, refused: str) -> str | None:
    """One word where an order was accepted, another where it was refused."""
    return accepted if _taken(status, answer) else refused if status == REFUSED else None
