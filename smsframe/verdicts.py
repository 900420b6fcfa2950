"""
libphonenumber's verdict on repaired numbers: E.164 and kind, or what is wrong.

This is the one room that knows the ``phonenumbers`` package. Its metadata takes longer to load than the rest
of smsframe, so it is imported when the first number is read.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from smsframe.cells import STRING
from smsframe.damage import SEPARATORS

MOBILE: Final = "mobile"  # what libphonenumber calls mobile, or fixed-line-or-mobile (all of +1)
FEWEST: Final = 7  # digits that a number has at least, for what we say of shorter ones
MOST: Final = 15  # digits of an E.164 number (ITU-T E.164, 6.2)

_LONGEST = 250  # characters; libphonenumber refuses longer ones
_SEPARATOR = re.compile(f"[{SEPARATORS}]")


@cache
def regions() -> frozenset[str]:
    """
    The two-letter ISO codes that ``region=`` may be.

    Example:
        >>> "IT" in regions(), "UK" in regions()
        (True, False)
    """
    import phonenumbers  # noqa: PLC0415 - see above

    return frozenset(phonenumbers.SUPPORTED_REGIONS)


@cache
def dialling_00() -> tuple[str, ...]:
    """The regions where an international call begins with 00 and nothing else."""
    from phonenumbers import PhoneMetadata  # noqa: PLC0415 - see above

    known = ((name, PhoneMetadata.metadata_for_region(name)) for name in sorted(regions()))
    return tuple(name for name, data in known if data and re.fullmatch(data.international_prefix or "", "00"))


def verdicts(text: Any, home: Any) -> tuple[Any, Any]:
    """
    E.164 and kind (``mobile`` or a code) of every cell; null where there is no text.

    libphonenumber reads one number at a time, some 30 µs each; so each different one is read once.
    """
    keys = pc.binary_join_element_wise(
        pc.fill_null(home, ""), text, pa.scalar("\t", STRING)
    ).dictionary_encode()
    answers = [_verdict(*key.split("\t", 1)[::-1]) for key in keys.dictionary.to_pylist()]
    phones = pa.array([phone for phone, _ in answers], STRING)
    kinds = pa.array([kind for _, kind in answers], STRING)
    return phones.take(keys.indices), kinds.take(keys.indices)


def _verdict(text: str, home: str) -> tuple[str | None, str]:
    import phonenumbers as library  # noqa: PLC0415 - see above

    if len(text) > _LONGEST:
        return None, "too_long"
    if _several(text, home):
        return None, "two_numbers"
    try:
        number = library.parse(text, home or None)
    except library.NumberParseException as error:
        return None, _unparsed(error.error_type, text)
    if number.extension:
        return None, "extension"
    phone = library.format_number(number, library.PhoneNumberFormat.E164)
    if len(phone) > MOST + 1:
        return None, "too_long"
    kind = _kinds().get(library.number_type(number))
    return phone, kind or _lengths()[library.is_possible_number_with_reason(number)]


def _several(text: str, home: str) -> bool:
    """
    Whether the cell holds two numbers: two long runs of digits, or a whole number and something after it.

    Only the library can tell: ``0171/3920012`` is one number, ``01713920012/13`` are two.
    """
    import phonenumbers as library  # noqa: PLC0415 - see above

    for cut in _SEPARATOR.finditer(text):
        before, after = (sum(map(str.isdigit, part)) for part in (text[: cut.start()], text[cut.end() :]))
        if after and before >= FEWEST:
            if min(before, after) >= FEWEST - 1 and before + after > MOST:
                return True
            try:
                if library.is_valid_number(library.parse(text[: cut.start()], home or None)):
                    return True
            except library.NumberParseException:
                continue
    return False


def _unparsed(error: int, text: str) -> str:
    from phonenumbers import NumberParseException as Error  # noqa: PLC0415 - see above

    if error == Error.INVALID_COUNTRY_CODE:
        return "unknown_country" if "+" in text else "national_form"
    return {Error.NOT_A_NUMBER: "not_a_number", Error.TOO_LONG: "too_long"}.get(error, "too_short")


@cache
def _kinds() -> dict[int, str]:
    from phonenumbers import PhoneNumberType as Type  # noqa: PLC0415 - see above

    return {
        Type.MOBILE: MOBILE,
        Type.FIXED_LINE_OR_MOBILE: MOBILE,
        Type.FIXED_LINE: "landline",
        Type.PREMIUM_RATE: "premium",
        Type.SHARED_COST: "shared_cost",
        Type.TOLL_FREE: "toll_free",
        Type.VOIP: "voip",
        Type.PERSONAL_NUMBER: "personal",
        Type.PAGER: "pager",
        Type.UAN: "company",
        Type.VOICEMAIL: "voicemail",
    }


@cache
def _lengths() -> dict[int, str]:
    from phonenumbers import ValidationResult as Result  # noqa: PLC0415 - see above

    return {
        Result.IS_POSSIBLE: "not_in_use",
        Result.IS_POSSIBLE_LOCAL_ONLY: "too_short",
        Result.TOO_SHORT: "too_short",
        Result.TOO_LONG: "too_long",
        Result.INVALID_LENGTH: "wrong_length",
        Result.INVALID_COUNTRY_CODE: "unknown_country",
    }
