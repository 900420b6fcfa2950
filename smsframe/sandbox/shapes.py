"""
The JSON that comes in and goes out, as models: they check the shape and write the OpenAPI description.

What a value may be (lengths, dates, numbers) is in ``rules``. Names are the wire's.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, Strict, WithJsonSchema
from pydantic.config import JsonDict

from smsframe.sandbox.wire_types import NUMBER_PATTERN, Recipient, ScheduleTime, Sender, Text, ZoneName


def _flag(value: object) -> object:
    # Several clients send booleans as strings; null means "not given" (smSend quick start).
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.lower())
    return False if value is None else value


def _encoding(value: object) -> object:
    # Lower case in smSend's documentation, upper case in a client.
    return value.lower() if isinstance(value, str) else "gsm" if value is None else value


def _integer(value: object) -> object:
    # JSON does not tell 7.0 from 7 (RFC 8259, 6).
    return int(value) if isinstance(value, float) and value.is_integer() else value


# Strict: otherwise `false` is the number 0, and 1 is `true`, as no source says.
Integer = Annotated[int, BeforeValidator(_integer), Strict()]
Flag = Annotated[
    bool,
    BeforeValidator(_flag),
    Strict(),
    WithJsonSchema(
        {"anyOf": [{"type": "boolean"}, {"enum": ["true", "false"]}, {"type": "null"}], "default": False}
    ),
]


MergeValues = Annotated[
    dict[str, str],
    WithJsonSchema(
        {
            "type": "object",
            "properties": {"recipient": {"type": "string", "format": "phone-number"}},
            "additionalProperties": {"type": "string"},
            "required": ["recipient"],
        }
    ),
]


def _unless_left_out(properties: JsonDict) -> JsonDict:
    """What a description says more when no invalid recipient may be left out."""
    allowed: JsonDict = {"allowInvalidRecipients": {"enum": [True, "true"]}}
    return {
        "if": {"properties": allowed, "required": ["allowInvalidRecipients"]},
        "else": {"properties": properties},
    }


class Order(BaseModel):
    """The fields that POST ``sms`` and POST ``paramsms`` share (smSend docs, POST sms)."""

    message_type: Literal["N", "L", "LL", "GP", "TI", "SI"] = Field(
        description="N, or GP of Skebby: high quality with delivery report; L, TI: medium; LL, SI: low cost"
    )
    message: Text = Field(min_length=1, description="at most 1000 characters (gsm), 450 (ucs2), 160 (L, LL)")
    sender: Sender | None = Field(default=None, description="N only; at most 11 characters unless a number")
    scheduled_delivery_time: ScheduleTime | None = Field(
        default=None,
        description="ddMMyy, yyyyMMdd, ddMMyyHHmm, yyyyMMddHHmmss, yyyy-MM-dd HH:mm, yyyy-MM-dd HH:mm.0; as "
        "the quick-start clients send it also ISO and the US long form; a past time means now",
    )
    scheduled_delivery_timezone: ZoneName | None = Field(default=None, description="IANA name")
    order_id: str | None = Field(
        default=None, pattern=r"^[A-Za-z0-9_.-]{1,32}$", json_schema_extra={"format": "order-id"}
    )
    return_credits: Flag = Field(
        default=False, alias="returnCredits", description="total_sent counts credits"
    )
    return_remaining: Flag = Field(
        default=False, alias="returnRemaining", description="adds remaining_credits"
    )
    allow_invalid_recipients: Flag = Field(
        default=False,
        alias="allowInvalidRecipients",
        description="leave invalid recipients out, instead of refusing the order",
    )
    encoding: Annotated[
        Literal["gsm", "ucs2"], BeforeValidator(_encoding), WithJsonSchema({"enum": ["gsm", "ucs2", None]})
    ] = Field(default="gsm", description="in any case")
    # Taken without effect: what they do is documented for features a sandbox has no use for, or not at all.
    id_landing: Integer | None = None
    campaign_name: str | None = None
    short_link_url: str | None = None
    max_fragments: Integer | None = None
    truncate: Flag = False
    validity_period_min: Integer | None = None
    richsms_url: str | None = None


class SmsOrder(Order):
    """POST ``sms``: one text to many (smSend docs, POST sms)."""

    model_config = ConfigDict(
        json_schema_extra=_unless_left_out({"recipient": {"items": {"pattern": NUMBER_PATTERN}}})
    )

    recipient: list[Recipient] = Field(min_length=1)


class ParamsmsOrder(Order):
    """POST ``paramsms``: each value holds a ``recipient`` and what replaces ``${name}``."""

    model_config = ConfigDict(
        json_schema_extra=_unless_left_out(
            {
                "recipients": {
                    "additionalProperties": {"properties": {"recipient": {"pattern": NUMBER_PATTERN}}}
                }
            }
        )
    )

    recipients: dict[str, MergeValues] = Field(
        min_length=1, examples=[{"0": {"recipient": "+393471234567", "name": "Mark"}}]
    )
    richsms_mode: Literal["DIRECT_URL", "RECIPIENT"] | None = None


class Refusal(BaseModel):
    """Any answer but a success."""

    result: str = Field(description="the reason")


class Done(BaseModel):
    """A success with nothing to tell."""

    result: Literal["OK"]


class Accepted(BaseModel):
    """Accepted for delivery, which is not yet sent (smSend docs, POST sms)."""

    result: Literal["OK"]
    order_id: str = Field(description="the caller's, or 32 upper-case hexadecimal digits")
    internal_order_id: str
    total_sent: int = Field(description="texts, or credits with returnCredits")
    remaining_credits: int | None = Field(default=None, description="only with returnRemaining")


class Quantity(BaseModel):
    """What is left of one message type."""

    type: str
    quantity: int


class Status(BaseModel):
    """GET ``status``; the parts about e-mail and landing pages are left out."""

    money: float | None
    sms: list[Quantity]


class RecipientState(BaseModel):
    """The state of one text of an order."""

    destination: str
    status: str
    delivery_date: str = Field(description="yyyyMMddHHmmss, empty unless delivered")


class OrderState(BaseModel):
    """GET ``sms/{order_id}``."""

    result: Literal["OK"]
    recipient_number: int
    recipients: list[RecipientState]


class Page(BaseModel):
    """What every paged answer begins with (smSend docs, paging)."""

    result: Literal["OK"]
    page_number: int = Field(alias="pageNumber")
    page_size: int = Field(alias="pageSize")
    total: int


class HistoryEntry(BaseModel):
    """One order of the history."""

    order_id: str
    create_time: str
    schedule_time: str = Field(description="empty unless scheduled")
    message_type: str
    sender: str
    num_recipients: int


class History(Page):
    """GET ``smshistory``, newest first."""

    smshistory: list[HistoryEntry]


class StopEntry(BaseModel):
    """One number of the opt-out list."""

    number: str
    origin: Literal["API", "WEB", "STOPSMS"]
    date: str


class StopPage(Page):
    """GET ``blacklist/sms``; no source shows the list's key or fields, these are the sandbox's own."""

    total: int | None  # type: ignore[assignment]  # null where the sandbox plays a list that is not counted
    blacklist: list[StopEntry]


class ReceivedPage(Page):
    """GET ``srsmshistory``; no source shows the list's key or fields, these are the sandbox's own."""

    messages: list[dict[str, str | int]]


class Alias(BaseModel):
    """A registered sender."""

    model_config = ConfigDict(populate_by_name=True)

    id: int
    alias: str
    state: int = Field(alias="alias-state", description="0, 1, 2, 3, 4 or 9")


class AliasPage(Page):
    """GET ``alias``; no source shows the list's key, this one is the sandbox's own."""

    aliases: list[Alias]
