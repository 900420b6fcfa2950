"""
Why a number cannot be texted, and what was repaired in one: each stable code with its short sentence.
"""

from __future__ import annotations

from typing import Final

OTHER_KINDS: Final = {
    "landline": "landline; a mobile number is needed",
    "premium": "premium-rate number; a mobile number is needed",
    "shared_cost": "shared-cost number; a mobile number is needed",
    "toll_free": "free-phone number; a mobile number is needed",
    "voip": "internet telephony number; a mobile number is needed",
    "personal": "personal forwarding number; a mobile number is needed",
    "pager": "pager; a mobile number is needed",
    "company": "company-wide number; a mobile number is needed",
    "voicemail": "voicemail box; the mobile number itself is needed",
}
CODES: Final[dict[str, str]] = {
    "missing": "no phone number",
    "not_a_number": "not a phone number",
    "digits_lost": "digits lost by rounding; store the column as text",
    "scientific": "in scientific notation; store the column as text",
    "masked_digits": "marks such as * stand where digits should be",
    "decimals": "what is behind the dot may be digits of the number",
    "letters": "letters in the number",
    "extension": "has an extension, which cannot receive a text",
    "two_numbers": "more than one number in the cell",
    "two_readings": "the zeros in front may be + or an exit code, for two numbers",
    "national_form": "no country code that fits; add it, or pass region=",
    "unknown_region": "no country code, and its region is not a known one",
    "unknown_country": "no country has this country code",
    "too_short": "too few digits for its country",
    "too_long": "too many digits for its country",
    "wrong_length": "no number of its country has this many digits",
    "not_in_use": "its country has no such numbers",
    **OTHER_KINDS,
}
"""Each code with its short sentence; the long ones are in ``outcomes.codes``."""

REPAIRS: Final[dict[str, str]] = {
    "invisible": "with invisible characters removed",
    "formula": 'with ="…" of a spreadsheet removed',
    "apostrophe": "with an apostrophe removed",
    "prefix": "with tel: or another prefix removed",
    "digits": "with digits of another script",
    "decimal": "with .0 dropped",
    "zeros": "with 00 read as +",
    "plus": "with a missing + supplied",
    "old_1": "with Mexico's old 1 after +52 dropped",
    "own_code": "with + supplied before the region's own country code",
}
