"""
The plain way to read one number: repairs in Python's own words, the verdict by plain calls of libphonenumber.

Written from what smsframe promises, and slowly, so that it can be believed. It shares no line with smsframe.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import NamedTuple

import phonenumbers as library
from phonenumbers import NumberParseException, PhoneMetadata, PhoneNumberType, ValidationResult

TYPES = {
    PhoneNumberType.MOBILE: "mobile",
    PhoneNumberType.FIXED_LINE_OR_MOBILE: "mobile",
    PhoneNumberType.FIXED_LINE: "landline",
    PhoneNumberType.PREMIUM_RATE: "premium",
    PhoneNumberType.SHARED_COST: "shared_cost",
    PhoneNumberType.TOLL_FREE: "toll_free",
    PhoneNumberType.VOIP: "voip",
    PhoneNumberType.PERSONAL_NUMBER: "personal",
    PhoneNumberType.PAGER: "pager",
    PhoneNumberType.UAN: "company",
    PhoneNumberType.VOICEMAIL: "voicemail",
}
LENGTHS = {
    ValidationResult.IS_POSSIBLE: "not_in_use",
    ValidationResult.IS_POSSIBLE_LOCAL_ONLY: "too_short",
    ValidationResult.TOO_SHORT: "too_short",
    ValidationResult.TOO_LONG: "too_long",
    ValidationResult.INVALID_LENGTH: "wrong_length",
}
USABLE = {
    "mobile": {"mobile"},
    "valid": set(TYPES.values()),
    "possible": {*TYPES.values(), "not_in_use"},
}

# Drawn as nothing, though Unicode does not call them format or control characters.
UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u20dd-\u20e0\u20e2-\u20e4\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
BREAKS = "\n\r\v\f\x85\u2028\u2029"
DIVIDERS = "/;,|&"
APOSTROPHES = "'`\u00b4\u02b9\u02bc\u2018\u2019\u201b\u2032\uff07"
NOTHING = {"", "nan", "none", "<na>", "nat", "null", "n/a", "#n/a"}
MARKS = re.compile(r"ext(?:ension|n)?|int|доб|[x\uff58#\uff03]", re.IGNORECASE)


class Answer(NamedTuple):
    """What is known of one cell: its kind (a type, or what is wrong), the number, and what is said of it."""

    kind: str
    phone: str | None = None
    said: str | None = None  # where it is not the kind

    def at(self, level):
        """Phone and code, as ``numbers=`` counts what is usable."""
        return (self.phone, None) if self.kind in USABLE[level] else (None, self.said or self.kind)


def answer(cell, region=None):
    """What smsframe should say of a cell; the region as it was given."""
    name = (region or "").strip().upper()
    home = name if name in library.SUPPORTED_REGIONS else None
    text = mended(cell)
    if text.lower() in NOTHING:
        return Answer("missing")
    if damage := damaged(text):
        return Answer(damage)
    if home is None or dials_00(home):
        text = re.sub(r"^([^0-9+]*)00(?=[^0-9]*[1-9])", r"\1+", text)
    guessed = not name and re.match(r"[^0-9+]*[1-9]", text) is not None
    if guessed:
        text = re.sub("([0-9])", r"+\1", text, count=1)
    found = verdict(text, home)
    # Of a number that got its plus from us, we do not know that its country code is wrong.
    unsure = guessed and 7 <= len(re.findall("[0-9]", text)) <= 15
    if unsure and found.kind in {*LENGTHS.values(), "unknown_country"}:
        return found._replace(said="national_form")
    return (
        found._replace(said="unknown_region")
        if name and not home and found.kind == "national_form"
        else found
    )


@cache
def dials_00(home):
    """Whether 00 is how one calls abroad from there, and not the beginning of another such prefix."""
    prefix = PhoneMetadata.metadata_for_region(home).international_prefix or ""
    longer = [f"00{more:0{places}}" for places in (1, 2, 3) for more in range(10**places)]
    return bool(re.fullmatch(prefix, "00")) and not any(re.fullmatch(prefix, dialled) for dialled in longer)


def mended(cell):
    """The repairs that need no region."""
    text = "".join(map(_seen, cell))
    text = re.sub(rf"[ \t]*[{BREAKS}][ \t{BREAKS}]*", "/", text)
    text = "".join(
        " " if character == "\t" or unicodedata.category(character) == "Zs" else character
        for character in text
    )
    text = text.strip(" " + DIVIDERS).lstrip(APOSTROPHES).lstrip()
    text = "".join(str(unicodedata.decimal(character, character)) for character in text)
    text = re.sub("[\uff0b\ufe62\u207a]", "+", text)
    if text[:4].lower() == "tel:":
        text = text[4:].lstrip(" /")
    float_ = re.fullmatch(r"([^.,]*[0-9])[.,]0|(\+?[0-9]+)[.,]00", text)
    return (float_[1] or float_[2]) if float_ else text


def _seen(character):
    hidden = unicodedata.category(character) in {"Cf", "Cc"} and character not in BREAKS + "\t"
    return "" if hidden or UNSEEN.match(character) else character


def damaged(text):
    """What nobody can undo, by its code."""
    if not re.search("[0-9]", text):
        return "not_a_number"
    if power := re.fullmatch(r"[+-]?[0-9]+(?:[.,]([0-9]*))?\s*[eE]\s*\+?(-?[0-9]{1,3})", text):
        return "digits_lost" if int(power[2]) > len(power[1] or "") else "scientific"
    if any(_extends(text, mark) for mark in MARKS.finditer(text)):
        return "extension"
    if any(unicodedata.category(character)[0] == "L" for character in text):
        return "letters"
    return "two_numbers" if re.search(r"[0-9][^+]*\+", text) else None


def _extends(text, mark):
    """Whether a mark such as "ext" stands between the number and a few last digits."""
    before, after = text[: mark.start()], text[mark.end() :]
    gap = re.split("[0-9]", before)[-1]
    if gap == before or any(
        character == "#" or unicodedata.category(character)[0] == "L" for character in gap
    ):
        return False
    last = re.fullmatch(r"([^0-9]*)[0-9]{1,9}[\s#]*", after)
    return last is not None and not any(unicodedata.category(character)[0] == "L" for character in last[1])


def verdict(text, home):
    """What libphonenumber says of a repaired number."""
    if len(text) > 250:
        return Answer("too_long")
    if two(text, home):
        return Answer("two_numbers")
    try:
        number = library.parse(text, home)
    except NumberParseException as error:
        if error.error_type == NumberParseException.INVALID_COUNTRY_CODE:
            return Answer("unknown_country" if "+" in text else "national_form")
        if error.error_type == NumberParseException.NOT_A_NUMBER:
            return Answer("not_a_number")
        return Answer("too_long" if error.error_type == NumberParseException.TOO_LONG else "too_short")
    if number.extension:
        return Answer("extension")
    phone = library.format_number(number, library.PhoneNumberFormat.E164)
    if len(phone) > len("+") + 15:
        return Answer("too_long")
    kind = TYPES.get(library.number_type(number))
    return Answer(kind or LENGTHS[library.is_possible_number_with_reason(number)], phone)


def two(text, home):
    """Whether there are two long runs of digits, or a whole number with something after it."""
    for divider in re.finditer(f"[{DIVIDERS}]", text):
        left, right = text[: divider.start()], text[divider.end() :]
        before, after = len(re.findall("[0-9]", left)), len(re.findall("[0-9]", right))
        if before < 7 or not after:
            continue
        if min(before, after) >= 6 and before + after > 15:
            return True
        try:
            whole = library.is_valid_number(library.parse(left, home))
        except NumberParseException:
            whole = False
        if whole:
            return True
    return False
