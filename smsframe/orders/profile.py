"""
Gateway profiles: what a gateway has and has not, as data that plans, orders and results read from.

A sister brand of smSend is one more profile here; `docs/adding-a-gateway.md` says what else another vendor
needs. Whatever a source does not state is not in a profile: the defaults are what smSend's own documentation
says.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING

from smsframe.orders.answers import HTTP, StatusProof
from smsframe.orders.delivery_codes import DELIVERY_CODES, DeliveryCode, Stage

if TYPE_CHECKING:
    from collections.abc import Mapping

SENDER = r"\+?[0-9]{6,16}|(?=.*[A-Za-z])[A-Za-z0-9 .&_'-]{1,11}"
"""A number, or at most 11 characters: all that the address field of 3GPP TS 23.040 §9.1.2.5 holds."""


@dataclass(frozen=True, slots=True)
class MessageType:
    """
    A message type of a gateway.

    Attributes:
        code: Its name on the wire.
        gsm: Units that a text in the GSM alphabet may have.
        ucs2: Units (UTF-16) that any other text may have.
        sender: Whether an order may name its sender; otherwise the gateway shows its own.
        reports: Whether delivery reports come; without them the code that means "sent" is the last one.
    """

    code: str
    gsm: int
    ucs2: int
    sender: bool = True
    reports: bool = True

    def limits(self) -> dict[str, int]:
        """Units that a text may have, by encoding."""
        return {"gsm": self.gsm, "ucs2": self.ucs2}


@dataclass(frozen=True, slots=True)
class PersonalisedOrders:
    """
    How an order is written that has a text of its own for each recipient.

    Attributes:
        call: The call it goes to.
        placeholder: What stands in the text for the field ``%s``.
    """

    call: str = "paramsms"
    placeholder: str = "${%s}"


@dataclass(frozen=True, slots=True)
class ReplyFields:
    """
    Under which names a received message says what. No source that can be read in full names them, so a
    profile has them only once somebody has seen an answer (``smsframe conformance`` shows the names).

    Attributes:
        sender: Who wrote, as a number, or as the name that they send under.
        text: What.
        received_at: When, as ``yyyyMMddHHmmss``.
        id: What tells one message from another.
        recipient: To which number of the account.
        timezone: The zone of those dates. They are asked for in UTC; a gateway may not listen.

    Example:
        >>> ReplyFields.read("sender=from, text=body, received_at=date").text
        'body'
    """

    sender: str
    text: str
    received_at: str | None = None
    id: str | None = None
    recipient: str | None = None
    timezone: str = "UTC"

    @classmethod
    def read(cls, text: str) -> ReplyFields:
        """
        The names, as one text: ``sender=from,text=body,received_at=date,id=id``.

        Raises:
            ValueError: A name is missing, twice, or for nothing that a message says.
        """
        known = tuple(field.name for field in fields(cls))
        parts = [part.partition("=") for part in text.split(",") if part.strip()]
        names = {meaning.strip(): name.strip() for meaning, _, name in parts}
        if len(names) < len(parts) or not names.keys() <= {*known} or not all(names.values()):
            raise ValueError(f"{text!r} must be of {', '.join(f'{name}=...' for name in known)}, once each")
        if not {"sender", "text"} <= names.keys():
            raise ValueError(f"{text!r} must name the fields sender= and text=")
        return cls(**names)


PARAMSMS = PersonalisedOrders()
"""smSend docs, POST paramsms."""

HIGH = MessageType("N", gsm=1000, ucs2=450)
"""smSend docs, POST sms: at most 1000 characters, 450 in UCS-2, delivery reports, a sender of one's own."""


def _smsend_qualities() -> Mapping[str, MessageType]:
    # smSend docs, POST sms: the low types take 160 characters and no sender. Delivery reports: N alone.
    medium, low = (MessageType(code, gsm=160, ucs2=160, sender=False, reports=False) for code in ("L", "LL"))
    return {"high": HIGH, "medium": medium, "low": low}


def _delivery_codes() -> Mapping[str, DeliveryCode]:
    return DELIVERY_CODES


@dataclass(frozen=True, slots=True, repr=False)
class GatewayProfile:
    """
    What a gateway has and has not; what is left out is as smSend documents itself.

    Attributes:
        name: Its name.
        qualities: The message type that each of ``high``, ``medium`` and ``low`` means; one that it does not
            have is left out.
        sender: The senders that it takes, as a regular expression of the whole.
        max_recipients: Recipients of one order at most; None when no source states a limit.
        personalised: How an order is written that has a text of its own for each recipient; None when its
            client fills the texts itself.
        proves: What each HTTP status proves of an order that was posted.
        delivery: What each of its delivery codes means.
        history: Whether it has a history of orders. Without one nobody can prove that an order is absent, nor
            see what another journal has sent: such orders stay unconfirmed, and a lost journal is noticed by
            nobody.
        cancels: Whether a scheduled order can be cancelled.
        state_question: How it is asked for the state of an order, as the journal's evidence names it; ``%s``
            is the order id.
        history_question: The same of its history.
        replies: Under which names a received message says what; None while nobody knows: then messages are
            kept as they came, and mean nothing.
        identities: By what an account is known, each of which may stand in front of its order ids: the user
            name it logs in with, and its user key.
    """

    name: str
    qualities: Mapping[str, MessageType] = field(default_factory=_smsend_qualities)
    sender: str = SENDER
    max_recipients: int | None = None
    personalised: PersonalisedOrders | None = PARAMSMS
    proves: StatusProof = HTTP
    delivery: Mapping[str, DeliveryCode] = field(default_factory=_delivery_codes)
    history: bool = True
    cancels: bool = True
    state_question: str = "GET sms/%s"
    history_question: str = "GET smshistory"
    replies: ReplyFields | None = None
    identities: tuple[str, ...] = ("username", "user_key")

    @property
    def quality_names(self) -> Mapping[str, str]:
        """The quality of each message type that is one."""
        return {known.code: quality for quality, known in self.qualities.items()}

    def __repr__(self) -> str:
        return f"<GatewayProfile {self.name}>"  # it is a default, and so a part of signatures that are read

    def message_type(self, quality: str, code: str | None = None) -> MessageType:
        """
        The message type of a quality, or the one that is named; one that is not in the profile is taken to be
        as that quality, but for its name.

        Raises:
            ValueError: There is no such quality; says which there are.

        Example:
            >>> SMSEND.message_type("low").gsm
            160
        """
        if quality not in self.qualities:
            raise ValueError(f"quality={quality!r} must be one of {', '.join(self.qualities)}")
        if code is None:
            return self.qualities[quality]
        known = {known.code: known for known in self.qualities.values()}
        standard = self.qualities[quality]
        return known.get(code) or replace(standard, code=code)

    @property
    def longest(self) -> int:
        """Units of the longest text that it takes, of any type in any encoding."""
        return max(max(known.limits().values()) for known in self.qualities.values())

    def takes_sender(self, sender: object) -> bool:
        """Whether an order may name this sender, under a message type that takes one."""
        return isinstance(sender, str) and re.fullmatch(self.sender, sender) is not None

    def codes(self, *stages: Stage) -> list[str]:
        """
        The delivery codes of some stages.

        Example:
            >>> SMSEND.codes(Stage.DELIVERED)
            ['DLVRD']
        """
        return [code for code, known in self.delivery.items() if known.stage in stages]

    @property
    def final(self) -> list[str]:
        """The delivery codes after which the gateway says nothing else."""
        return [code for code, known in self.delivery.items() if known.final]

    @property
    def last_without_reports(self) -> list[str]:
        """The delivery codes after which it says nothing else of message types without delivery reports."""
        return [code for code, known in self.delivery.items() if known.last_without_reports]

    @property
    def types_without_reports(self) -> list[str]:
        """The message types for which no delivery reports come."""
        return [known.code for known in self.qualities.values() if not known.reports]

    @property
    def refused(self) -> frozenset[str]:
        """The delivery codes of numbers that were left out of an order: nothing was ever sent to them."""
        return frozenset(self.codes(Stage.REFUSED))

    @property
    def opted_out(self) -> list[str]:
        """The delivery codes of people who are on its list of opt-outs."""
        return [code for code, known in self.delivery.items() if known.opted_out]


SMSEND = GatewayProfile("smSend")
"""As smSend documents itself (quick-start page; smSend docs, REST API)."""

SKEBBY = GatewayProfile(
    "Skebby",
    qualities={
        "high": MessageType("GP", gsm=1530, ucs2=450),
        "medium": MessageType("TI", gsm=1530, ucs2=450, sender=False, reports=False),
        "low": MessageType("SI", gsm=160, ucs2=160, sender=False, reports=False),
    },
    max_recipients=10_000,
)
"""
Skebby, a sister brand: the same calls under other message types, with longer texts.

Types (``GP`` Classic+, ``TI`` Classic, ``SI`` Basic): clients of Skebby.
1530 characters for ``GP`` and ``TI``, 160 for ``SI``: README of the client LeandroLuccerini/skebby-bundle and
the older Skebby documentation. That 450 in UCS-2 hold as on smSend is inferred. Recipients: that client
refuses more than 10,000 in one order. Delivery reports for ``GP`` alone: README of the same client. That
``TI`` and ``SI`` take no sender is smSend's rule for its lower types.

Two answers differ from smSend's documentation, and are read alike for both: an accepted ``paramsms`` is 201
(Skebby's and TextAnywhere's samples) or 200 (smSend), a refused login 401 (clients of Aruba) or 404 (smSend).
"""

BRANDS = {profile.name.lower(): profile for profile in (SMSEND, SKEBBY)}
"""The brands of smSend's API that a `smsframe.Gateway` knows by name."""

_known = dict(DELIVERY_CODES)


def brand(
    name: str | GatewayProfile, reply_fields: Mapping[str, str] | ReplyFields | None = None
) -> GatewayProfile:
    """
    The profile of a brand of smSend's API, with other names of the fields of received messages if given.

    Raises:
        ValueError: There is none of that name, or no such fields; says which there are.

    Example:
        >>> brand("skebby").message_type("high").code
        'GP'
    """
    if reply_fields is not None:
        if not isinstance(reply_fields, ReplyFields):
            reply_fields = ReplyFields.read(",".join(f"{key}={field}" for key, field in reply_fields.items()))
        return replace(brand(name), replies=reply_fields)
    if isinstance(name, GatewayProfile):
        return name
    if not isinstance(name, str) or name.lower() not in BRANDS:
        raise ValueError(
            f"unknown gateway profile {name!r}: choose {' or '.join(map(repr, BRANDS))} (SMSFRAME_PROFILE in "
            "the environment), or hand in a GatewayProfile of your own"
        )
    return BRANDS[name.lower()]


def register_codes(profile: GatewayProfile) -> None:
    """
    Make the delivery codes of another vendor known, so that summaries and figures can say what they mean.

    A frame of results does not name its gateway, so a code means one thing: a vendor whose ``SENT`` is
    another one has its client write, for instance, ``acme:SENT``.

    Raises:
        ValueError: Another gateway has one of the codes with another meaning; none is registered then.
    """
    if other := [code for code, known in profile.delivery.items() if _known.get(code, known) != known]:
        raise ValueError(
            f"another gateway has the delivery codes {', '.join(other)} with another meaning: "
            f"have the client of {profile.name} write them with a prefix"
        )
    _known.update(profile.delivery)


def known_codes() -> Mapping[str, DeliveryCode]:
    """Every delivery code that may be in a frame of results."""
    return _known
