"""
Why a number cannot be texted, and what was repaired in one: each stable code with its sentence.
"""

from __future__ import annotations

from typing import Final

OTHER_KINDS: Final = {
    "landline": "this is a landline; give a mobile number",
    "premium": "this is a premium-rate number; give a mobile number",
    "shared_cost": "this is a shared-cost service number; give a mobile number",
    "toll_free": "this is a free-phone service number; give a mobile number",
    "voip": "this is an internet telephony number; give a mobile number",
    "personal": "this is a personal forwarding number; give a mobile number",
    "pager": "this is a pager; give a mobile number",
    "company": "this is a company-wide access number; give a mobile number",
    "voicemail": "this is a voicemail box; give the mobile number itself",
}

CODES: Final[dict[str, str]] = {
    "missing": "there is no phone number; fill it in",
    "not_a_number": "this is not a phone number; correct it",
    "digits_lost": "a spreadsheet or a reader rounded it and digits are lost; take the column from its "
    "source again and store it as text",
    "scientific": "this is in scientific notation; store the column as text",
    "letters": "there are letters in it; leave only the number",
    "extension": "it has an extension, which cannot receive a text; give a direct mobile number",
    "two_numbers": "there is more than one number in the cell; keep one",
    "national_form": "no country code that fits; write it with + and its country code, or pass region=",
    "unknown_region": "it has no country code and its region is not a known one; use a two-letter ISO code, "
    "such as GB or IT",
    "unknown_country": "no country has this country code; correct it",
    "too_short": "it has too few digits for its country; complete it",
    "too_long": "it has too many digits for its country; correct it",
    "wrong_length": "no number of its country has this many digits; correct it",
    "not_in_use": "its length is right, but its country has no such numbers; correct it",
    **OTHER_KINDS,
}

REPAIRS: Final[dict[str, str]] = {
    "invisible": "with invisible characters removed",
    "apostrophe": "with an apostrophe removed",
    "digits": "with digits of another script",
    "decimal": "with .0 dropped",
    "zeros": "with 00 read as +",
    "plus": "with a missing + supplied",
}
