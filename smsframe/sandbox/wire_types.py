"""
Texts that have a form: what the OpenAPI description says of each, for queries and bodies.

They are only described here. ``rules`` and ``dates`` check them, and say why one is refused.
"""

from typing import Annotated

from pydantic import WithJsonSchema

from smsframe.sandbox import dates

NUMBER_PATTERN = r"^(\+|00)?[1-9][0-9]{6,14}$"
_SCHEDULE_PATTERN = (
    r"^([0-9]{6}|[0-9]{8}|[0-9]{10}|[0-9]{14}|[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}.*"
    r"|[A-Za-z]{3} [0-9]{1,2}, [0-9]{4},? [0-9]{1,2}:[0-9]{2}:[0-9]{2}[ \u202f][AP]M)?$"
)

PhoneNumber = Annotated[
    str, WithJsonSchema({"type": "string", "format": "phone-number", "pattern": NUMBER_PATTERN})
]
# A number that the order may leave out is any text at all: ``shapes`` says when it is not.
Recipient = Annotated[str, WithJsonSchema({"type": "string", "format": "phone-number"})]
ZoneName = Annotated[str, WithJsonSchema({"type": "string", "format": "iana-time-zone"})]
Stamp = Annotated[
    str, WithJsonSchema({"type": "string", "format": "gateway-stamp", "pattern": dates.PATTERNS[dates.STAMP]})
]
StopListTime = Annotated[str, WithJsonSchema({"type": "string", "pattern": dates.PATTERNS[dates.STOPLIST]})]
ScheduleTime = Annotated[
    str, WithJsonSchema({"type": "string", "format": "gateway-schedule", "pattern": _SCHEDULE_PATTERN})
]
Text = Annotated[str, WithJsonSchema({"type": "string", "minLength": 1, "format": "sms-text"})]
Sender = Annotated[str, WithJsonSchema({"type": "string", "pattern": r"^([^\n]{0,11}|\+?[0-9]{6,16})$"})]
YesOrNo = Annotated[str, WithJsonSchema({"enum": ["true", "false"]})]
Origins = Annotated[
    str,
    WithJsonSchema({"type": "string", "pattern": "^(API|WEB|STOPSMS)(,(API|WEB|STOPSMS))*$"}),
]
