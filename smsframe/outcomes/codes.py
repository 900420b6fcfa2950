"""
Why a row has its status: each code with a short and a long English sentence; and the delivery codes.

Codes are for programs and never change; sentences are for people and may be improved. The short one is what
``sms_reason`` says, next to the status on one screen; the long one says what happened and what to do.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from smsframe.arrow import STRING, TEXT, strings
from smsframe.orders.profile import known_codes
from smsframe.phones.codes import CODES as NUMBERS
from smsframe.texts.render import CODES as TEXTS


class Reason(NamedTuple):
    """The sentences of a code: ``short`` for the column ``sms_reason``, ``long`` with what to do."""

    short: str
    long: str


LONGEST_SHORT = 60
"""Longest short sentence, in characters, so that status and reason fit on one screen."""

LONGEST_REASON = 120
"""Longest reason, in characters, that also has facts: a rule, or what the gateway said."""

_MOBILE = "Texts go to mobile numbers: give the person's mobile number."

_NUMBERS = {
    "missing": "The cell of the phone column is empty. Fill it in.",
    "not_a_number": "The cell does not hold a phone number. Correct it.",
    "digits_lost": (
        "A spreadsheet or a reader rounded the number, so digits are lost and nobody can know them. "
        "Take the column from its source again and store it as text."
    ),
    "scientific": (
        "The number is in scientific notation, as spreadsheets show long numbers. Store the column as text."
    ),
    "masked_digits": (
        "Marks such as * or … stand where digits should be, or for a range, so that nobody can know the "
        "number. Take the whole number from its source."
    ),
    "decimals": (
        "Behind a whole number there are a dot and digits, as in 12.00 or 12.5. Take them away, or only the "
        "dot if they are digits of the number."
    ),
    "letters": "There are letters in the cell. Leave only the number.",
    "extension": "The number has an extension, which cannot receive a text. Give a direct mobile number.",
    "two_numbers": "There is more than one number in the cell. Keep one.",
    "two_readings": (
        "In the region of this row 00 may be the + before a country code, or the beginning of a longer exit "
        "code, and each reading is somebody's number. Write the number with + and its country code."
    ),
    "national_form": (
        "The number has no country code that fits, so it could be a number in several countries. "
        "Write it with + and its country code, or pass region= with the country or the column that has it."
    ),
    "unknown_region": (
        "The number has no country code, and its region is not a known one. Use the name or "
        "the ISO code of a country, such as Italy or IT."
    ),
    "unknown_country": "No country has this country code. Correct it.",
    "too_short": "The number has too few digits for its country. Complete it.",
    "too_long": "The number has too many digits for its country. Correct it.",
    "wrong_length": "No number of its country has this many digits. Correct it.",
    "not_in_use": "The length is right, but its country has no such numbers. Correct it.",
    "landline": f"The number is a landline. {_MOBILE}",
    "premium": f"The number is a premium-rate number. {_MOBILE}",
    "shared_cost": f"The number is a shared-cost service number. {_MOBILE}",
    "toll_free": f"The number is a free-phone service number. {_MOBILE}",
    "voip": f"The number is an internet telephony number. {_MOBILE}",
    "personal": f"The number is a personal forwarding number. {_MOBILE}",
    "pager": f"The number is a pager's. {_MOBILE}",
    "company": f"The number is a company-wide access number. {_MOBILE}",
    "voicemail": "The number is a voicemail box. Give the mobile number itself.",
}

_TEXTS = {
    "missing_value": (
        "A field of the text has no value in this row. Fill it in, or give the field a default, as in "
        "{name:friend}."
    ),
    "broken_text": (
        "A value of this row holds a broken or a control character, or is a list or an object instead of a "
        "word. Read the file with its right encoding, or make the value a text."
    ),
    "placeholder": (
        "The filled text has a dollar sign before a brace, which the gateway would read as one of its own "
        "fields. Change the value."
    ),
    "empty_text": "The text is empty, or nothing but spaces, once the values of this row are filled in.",
}

ROWS = {
    "text_too_long": Reason(
        "text longer than the gateway takes",
        "The filled text is longer than the gateway takes in this quality. Shorten it.",
    ),
    "too_many_segments": Reason(
        "text needs more segments than max_segments",
        "The filled text needs more segments than max_segments allows. Shorten it, or raise max_segments.",
    ),
    "rule": Reason(
        "breaks a rule of your schema",
        "The row breaks a rule of the schema that was given with schema=. The reason names the rule.",
    ),
    "suppressed": Reason(
        "on an opt-out list",
        "The number is on an opt-out list that was given with suppress=, so it is not texted.",
    ),
    "opted_out": Reason(
        "opted out of texts",
        "The person does not want texts, or was erased on request, which the reason says. Who opted out is "
        "on the list of this account, which smsframe.optouts() shows and which holds for every campaign.",
    ),
    "no_consent": Reason(
        "no consent in the columns of the policy",
        "The policy requires consent (consent=), and one of its columns is empty in this row. Fill it in "
        "where the person has consented, and leave the row out where not.",
    ),
    "held_out": Reason(
        "held out of the experiment, not texted on purpose",
        "The person belongs to the group of an experiment that gets no text, for comparison. Nothing is "
        "wrong with the row.",
    ),
    "missing_variant": Reason(
        "no variant of the experiment, so no text",
        "The text has variants, and this row has none of them in sms_variant: smsframe.assign gave it none, "
        "for want of a key, or the row was added later. Assign it, or leave the row out.",
    ),
    "frequency_cap": Reason(
        "reached the cap on texts per person",
        "The person already got as many texts in this period as the cap of the policy allows. Text them "
        "later, or raise the cap.",
    ),
    "not_allowed": Reason(
        "not on the list of allowed numbers",
        "The policy allows texts to listed numbers only, and this one is not listed.",
    ),
    "missing_time": Reason(
        "no time in the column of times",
        "The column that schedule= names has no time in this row, so that nobody knows when to text the "
        "person. Fill it in, or leave the row out.",
    ),
    "duplicate": Reason(
        "same number as an earlier row; first occurrence kept",
        "The number is the same as an earlier row's, perhaps in another spelling. A number gets one text in "
        "a campaign: that of the first row.",
    ),
    "duplicate_text": Reason(
        "same number, other text; first occurrence kept",
        "The number is the same as an earlier row's, and this row's text is another one. A number gets one "
        "text in a campaign: that of the first row. Keep the row whose text is the right one.",
    ),
}
"""Decided while checking and planning."""

OUTCOMES = {
    "already_texted": Reason(
        "sent earlier in this campaign",
        "The person was sent this text by an earlier call of this campaign. The row shows the outcome; "
        "nothing was sent again.",
    ),
    "already_texted_differently": Reason(
        "sent earlier in this campaign, with another text",
        "The person was sent another text than this row's by an earlier call of this campaign. The row shows "
        "the outcome of that text; nothing was sent again.",
    ),
    "not_sent": Reason(
        "not sent yet; send again or resume the campaign",
        "Nothing was sent to this person yet. The same call again, or smsframe.resume, sends it.",
    ),
    "not_accepted": Reason(
        "not accepted by the gateway; resume sends it again",
        "It is certain that the gateway did not accept the order of this row. The same call again, or "
        "smsframe.resume, sends it; nobody is texted twice.",
    ),
    "other_process": Reason(
        "another process is sending this",
        "Another process is sending this campaign, and this person is in one of its orders. Wait for it, or "
        "follow it with smsframe.watch.",
    ),
    "under_way": Reason(
        "about to be sent, or awaiting the gateway's answer",
        "The campaign is being sent. The order of this person is about to be sent, or awaits its answer.",
    ),
    "refused_number": Reason(
        "the gateway refused this number",
        "The gateway refused this number; the reason quotes it. Nothing was sent, and the same text is not "
        "tried again. Correct the number.",
    ),
    "unconfirmed": Reason(
        "may have been accepted; not confirmed yet",
        "The gateway's answer was lost, so the order of this row may have been accepted. It is not sent "
        "again before that is known. smsframe.resume asks the gateway.",
    ),
    "missing_from_order": Reason(
        "not listed in the gateway's order; resume asks again",
        "The gateway has the order of this row, but does not list this number in it, so nobody knows whether "
        "the person was texted. smsframe.resume asks again.",
    ),
    "not_delivered": Reason(
        "not delivered",
        "The gateway took the text, and it did not arrive; the reason says why and what to do. Where another "
        "try may help, smsframe.resend texts the person again.",
    ),
    "cancelled": Reason(
        "cancelled before its time; reschedule sends it at another",
        "The scheduled text was cancelled before its time, as the gateway confirmed or a person said, so it "
        "was not sent. smsframe.reschedule sends it at another time; no other call does.",
    ),
    "cancelling": Reason(
        "to be cancelled, not proven; cancel asks again",
        "The gateway was asked to cancel the scheduled order of this row, and it is not proven that it did: "
        "the text may still go out, and the person gets no other. smsframe.cancel asks again; what you know "
        "from the provider you say with cancel(unconfirmed=).",
    ),
}
"""Decided by what happened; read from the journal."""

WAITS = {
    "quiet_hours": Reason(
        "may not be texted by the sending hours",
        "The hours of schedule= allow no text to this person: no time zone of the number is known, or the "
        "hours of its zones have nothing in common. Give other hours, or a zone, with "
        "smsframe.resume(schedule=).",
    ),
    "time_passed": Reason(
        "its time passed before it was sent",
        "The time of this row passed before its text was sent, and smsframe never sends at once instead. "
        "Give the row a later time, or go on with smsframe.resume(schedule=).",
    ),
    "ramp": Reason(
        "waits for a later step of the ramp",
        "The campaign is sent in growing steps (ramp=), and this person belongs to a later one.",
    ),
    "budget": Reason(
        "the budget does not cover this text",
        "The budget of the policy does not cover this text, or its country has no price. Raise the budget, "
        "or add the price, then send again or resume the campaign with that policy.",
    ),
}
"""Decided by the options of a campaign: who waits though nothing is wrong."""

REASONS: dict[str, Reason] = {
    **{code: Reason(NUMBERS[code], long) for code, long in _NUMBERS.items()},
    **{code: Reason(TEXTS[code], long) for code, long in _TEXTS.items()},
    **ROWS,
    **OUTCOMES,
    **WAITS,
}
"""The sentences of each code, in the order of the categories of ``sms_code``."""

CODES: dict[str, str] = {code: reason.short for code, reason in REASONS.items()}
"""The short sentence of each code."""

EXPLANATIONS: dict[str, str] = {code: reason.long for code, reason in REASONS.items()}
"""The long sentence of each code: what happened, and what to do."""


def delivered_codes() -> list[str]:
    """The delivery codes of texts that arrived, of every gateway."""
    return [code for code, known in known_codes().items() if known.delivered]


def failed_codes() -> list[str]:
    """Those of texts that failed."""
    return [code for code, known in known_codes().items() if known.failed]


def retryable_codes() -> list[str]:
    """Those of failures that are worth another try."""
    return [code for code, known in known_codes().items() if known.failed and known.retryable]


def lost_codes() -> list[str]:
    """Those of texts that will not arrive: also a demo account's, which did not fail."""
    return [code for code, known in known_codes().items() if known.lost]


def sentences(codes: pd.Series[Any]) -> pd.Series[Any]:
    """
    The short sentence of each code; missing where there is none.

    Example:
        >>> sentences(pd.Series(["landline"])).tolist()
        ['landline; a mobile number is needed']
    """
    place = pc.index_in(strings(codes), pa.array([*CODES], STRING))
    return pd.Series(
        pa.array([*CODES.values()], STRING).take(place), index=codes.index, name=codes.name, dtype=TEXT
    )


def shortened(reasons: pd.Series[Any]) -> pd.Series[Any]:
    """
    Reasons with facts, each on one line, shortened to `LONGEST_REASON` characters.

    Shortened in the middle, because what is wrong is at the beginning, and what follows from it at the end.

    Example:
        >>> shortened(pd.Series(["one" + " and one" * 30], dtype="string")).str.len().tolist()
        [120]
    """
    coded = strings(reasons).dictionary_encode()  # many rows have the same reason
    lines = pd.Series(coded.dictionary, dtype=TEXT).str.replace(r"\s+", " ", regex=True)
    half_length = LONGEST_REASON // 2
    too_long = lines.str.len().gt(LONGEST_REASON).fillna(value=False)
    short = lines.mask(too_long, lines.str.slice(0, half_length - 1) + "…" + lines.str.slice(-half_length))
    return pd.Series(strings(short).take(coded.indices), index=reasons.index, name=reasons.name, dtype=TEXT)
