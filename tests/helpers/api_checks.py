"""
What schemathesis loads to test the sandbox: values of the formats that the description names, and a check.

A text that fits a pattern is rarely a time zone, or a time that is still to come; without these, few orders
would be accepted.
"""

import re

import schemathesis
from hypothesis import strategies as st

SCHEDULES = [
    *("310168", "20971231", "3101681000", "20971231235959", "2097-12-31 23:59", "2097-12-31 23:59.0"),
    *("2097-12-31T23:59:59.123456", "Dec 31, 2097, 11:59:59 PM", "20200101000000", ""),
]
VALUES = {
    "phone-number": st.from_regex(r"(\+|00)?[1-9][0-9]{6,14}", fullmatch=True),
    "iana-time-zone": st.sampled_from(["Europe/Rome", "Asia/Kathmandu", "UTC"]),
    "gateway-stamp": st.sampled_from(["20200101000000", "20971231235959"]),
    "order-id": st.text("0123456789ABCDEF", min_size=32, max_size=32)
    | st.text("aZ09_-.", min_size=2, max_size=32),
    "gateway-schedule": st.sampled_from(SCHEDULES),
    "sms-text": st.text("aZ 5.\n@£à€{}$", min_size=1, max_size=200) | st.text(min_size=1),
}
for name, values in VALUES.items():
    schemathesis.openapi.format(name, values)

# Why a request may be refused although it fits the description.
NO_SCHEMA_SAYS = [
    r"order_id \S+ was used before",
    r"Invalid recipient: \+?[0-9]+85",  # the sandbox's own, see docs/sandbox.md
    r"Invalid date '.*'",  # 30 February
    r"The date is outside the calendar",
    r"Unknown time zone '.*'",
    r"sender must be empty for this message_type",
    r"message is too long: .*",  # by type and encoding
    r"message has characters outside the GSM alphabet; encoding must be ucs2",
    r"recipients\..*: no value for .*",  # a placeholder of the text
]


@schemathesis.check
def refused_only_for_what_no_schema_can_say(context, response, case):
    if case.meta is not None and case.meta.generation.mode.is_positive and response.status_code == 400:
        reason = response.json()["result"]
        allowed = any(re.fullmatch(pattern, reason, re.DOTALL) for pattern in NO_SCHEMA_SAYS)
        assert allowed, f"Refused, which the description does not say: {reason}"
