"""
The plain way to read one number: repairs in Python's own words, the verdict by plain calls of libphonenumber.

Written from what smsframe promises, and slowly, so that it can be believed. It shares no line with smsframe.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from itertools import pairwise
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
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u20e3\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
BREAKS = "\n\r\v\f\x85\u2028\u2029"
DIVIDERS = "/;,|&"
DASHES = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u30fc\uff0d"
BULLETS = "*\u00b7\u2022\u2023\u2043\u25a0\u25aa\u25cb\u25cf\u25e6"
# A mark is known by its name in Unicode, so that no list of smsframe's is copied.
HIDING = re.compile(
    r"(?:.* )?(?:ASTERISK|ASTERISK OPERATOR|ASTERISKS ALIGNED VERTICALLY|QUESTION MARK|QUESTION MARK ORNAMENT"
    r"|INTERROBANG|ELLIPSIS|DOT LEADER|LOW LINE|BULLET|BULLET OPERATOR|MIDDLE DOT|DOT OPERATOR|PERCENT SIGN"
    r"|REPLACEMENT CHARACTER|SWUNG DASH|WAVE DASH|WAVY DASH|HALF BLOCK|FULL BLOCK|EIGHTH BLOCK|EIGHTHS BLOCK"
    r"|QUARTER BLOCK|QUARTERS BLOCK|SHADE|CROSS MARK|ASTERISM|QUESTION EXCLAMATION MARK|STAR OPERATOR"
    r"|(?:TRIPLE|THREE|FOUR|FIVE|TWO|ONE)(?: OVER TWO)? DOTS?(?: OVER (?:TWO|ONE) DOTS?)? (?:PUNCTUATION"
    r"|MARK)(?: MARK)?"
    r"|(?:VERTICAL|MONGOLIAN) FOUR DOTS|SQUARED FOUR DOT PUNCTUATION|FIVE POINTED STAR"
    r"|FLOWER PUNCTUATION MARK|TRICOLON|COMBINING ENCLOSING (?:CIRCLE|SQUARE|DIAMOND|SCREEN|.* TRIANGLE)"
    r"|(?:TWO|THREE)-EM DASH)"
    r"|(?:FULLWIDTH )?TILDE(?: OPERATOR)?|(?:HEAVY )?(?:MULTIPLICATION|BALLOT) X|MULTIPLICATION SIGN"
    r"|(?:(?:BLACK|WHITE|LARGE|MEDIUM|SMALL|RED|ORANGE|YELLOW|GREEN|BLUE|PURPLE|BROWN) )+(?:SQUARE|CIRCLE)"
    r"|(?:BLACK|WHITE|WHITE MEDIUM) STAR|HEAVY LARGE CIRCLE|DOTTED SQUARE|BALLOT BOX(?: WITH (?:CHECK|X))?"
    r"|(?:BLACK|WHITE) (?:VERTICAL )?RECTANGLE|SQUARE WITH .* FILL"
    r"|WHITE SQUARE (?:WITH ROUNDED CORNERS|CONTAINING BLACK SMALL SQUARE)"
    r"|(?:CIRCLED )?RING OPERATOR|SALTIRE|X IN A RECTANGLE BOX|APL FUNCTIONAL SYMBOL QUAD|DOUBLE VERTICAL BAR"
    r"|BLACK SQUARE FOR STOP|BLACK CIRCLE FOR RECORD|HALFWIDTH (?:BLACK SQUARE|WHITE CIRCLE)|GLOWING STAR"
    r"|BALLOT BOX WITH LIGHT X|DIAMOND SHAPE WITH A DOT INSIDE|RADIO BUTTON|WHITE CONCAVE-SIDED DIAMOND.*"
)
# Where Unicode has nothing but shapes: blocks, geometric shapes but triangles, ornaments, dots of Braille.
DRAWN = (
    *((0x2580, 0x259F), (0x25A0, 0x25B1), (0x25C6, 0x25FF), (0x271A, 0x2756), (0x27E0, 0x27E3)),
    *((0x2801, 0x28FF), (0x2B12, 0x2B2F), (0x2B50, 0x2B59), (0x2BC0, 0x2BCB), (0x1F532, 0x1F539)),
    *((0x1F780, 0x1F7EB), (0x1FB00, 0x1FB9F)),
)
CROSSED = re.compile(
    r"(?:DOUBLE |TRIPLE |TURNED )?DAGGER(?: WITH (?:LEFT|RIGHT) GUARD)?|(?:BLACK )?SKULL(?: AND CROSSBONES)?"
    r"|(?!SIGNWRITING|.* (?:ON|WITH|WITH WHITE) CROSS).*\b(?:CROSS|SALTIRE|CROSS PATTY WITH (?:LEFT"
    r"|RIGHT) CROSSBAR|CROSS POMMEE(?: WITH HALF-CIRCLE BELOW)?)"
    r"|CROSS OF (?:LORRAINE|JERUSALEM)|RUNIC CROSS PUNCTUATION|CIRCLED CROSS FORMEE.*|VECTOR OR CROSS PRODUCT"
    r"|WHITE HEAVY SALTIRE WITH ROUNDED CORNERS|COFFIN|FUNERAL URN|HEADSTONE(?: GRAVEYARD SYMBOL)?"
    r"|(?:CIRCLED )?CROSSING LANES|(?:RISING|FALLING) DIAGONAL CROSSING (?:RISING|FALLING) DIAGONAL"
    r"|NO ENTRY(?: SIGN)?|PROHIBITED SIGN|OCTAGONAL SIGN|NO (?:MOBILE PHONES|PEDESTRIANS|BICYCLES|PIRACY)"
    r"|(?:NO SMOKING|DO NOT LITTER|NON-POTABLE WATER|NO ONE UNDER EIGHTEEN) SYMBOL|FACE WITH NO GOOD GESTURE"
    r"|(?:HEAVY )?(?:MULTIPLICATION|BALLOT) X|CANCELLATION X|BALLOT (?:SCRIPT X|BOLD SCRIPT X)"
    r"|BALLOT BOX WITH (?:(?:BOLD )?SCRIPT |LIGHT )?X|CIRCLED (?:BOLD )?X|X IN A RECTANGLE BOX"
    r"|FRAME WITH AN X"
    r"|CIRCLE WITH SUPERIMPOSED X|HEAVY CIRCLED SALTIRE"
    r"|(?:CIRCLED )?MULTIPLICATION SIGN(?: WITH CIRCUMFLEX ACCENT)?"
    r"|(?:N-ARY )?(?:CIRCLED |SQUARED )?TIMES(?: OPERATOR)?|CIRCLED DIVISION (?:SLASH|SIGN)|EMPTY SET"
    r"|(?:PARENTHESIZED|CIRCLED|SQUARED|NEGATIVE CIRCLED|NEGATIVE SQUARED) LATIN (?:CAPITAL|SMALL) LETTER X"
    r"|(?:NEGATIVE SQUARED )?CROSS MARK|(?:SPEAKER|BELL) WITH CANCELLATION STROKE|WASTEBASKET"
    r"|(?:REVERSED )?THUMBS DOWN SIGN|(?:REVERSED )?RAISED HAND(?: WITH FINGERS SPLAYED)?|RAISED BACK OF HAND"
    r"|REVERSED HAND WITH MIDDLE FINGER EXTENDED|SQUARED CJK UNIFIED IDEOGRAPH-7981"
    r"|COMBINING (?:X (?:ABOVE|BELOW)|X-X BELOW|LATIN SMALL LETTER X|DELETION MARK)"
    r"|COMBINING ENCLOSING CIRCLE BACKSLASH"
    r"|COMBINING .*(?:STROKE|SOLIDUS|LINE|RING) OVERLAY"
)
OPENING, CLOSING = "([\uff08\uff3b", ")]\uff09\uff3d"
WORDS = {
    *(
        "p",
        "t",
        "m",
        "c",
        "ph",
        "tel",
        "telephone",
        "telefon",
        "telefono",
        "tel\u00e9fono",
        "t\u00e9l",
        "t\u00e9l\u00e9phone",
    ),
    *(
        "phone",
        "mob",
        "mobile",
        "mobil",
        "m\u00f3vil",
        "movil",
        "cell",
        "cel",
        "cellphone",
        "celular",
        "cellulare",
    ),
    *("handy", "natel", "portable", "gsm", "sms", "smsto", "callto", "whatsapp", "wa"),
    *("mobile phone", "mobile number", "phone number", "home", "work", "h", "w"),
    *("viber", "signal", "imessage", "facetime", "mms"),
}
CARD = {"cell", "mobile", "voice", "text", "msg", "home", "work", "pref"}
APOSTROPHES = "'`\u00b4\u02b9\u02bc\u2018\u2019\u201b\u2032\uff07"
NOTHING = {"", "nan", "none", "<na>", "nat", "null", "n/a", "#n/a"}
MARKS = re.compile(r"ext(?:ension|n)?|int|доб|[x\uff58#\uff03]", re.IGNORECASE)


class Answer(NamedTuple):
    """
    What is known of one cell: its kind (a type, or what is wrong), the number, and what is said of it.

    ``bare`` are its digits, where nothing says whether they are a whole number: the kind is that with a plus.
    """

    kind: str
    phone: str | None = None
    said: str | None = None  # where it is not the kind
    bare: str | None = None

    def at(self, level):
        """Phone and code, as ``numbers=`` counts what is usable."""
        return (self.phone, None) if self.kind in USABLE[level] else (None, self.said or self.kind)


def column(answers, level):
    """Phones and codes of the cells of one column: of bare digits, the whole column decides what they are."""
    bare = [one.bare and (7 <= len(one.bare) <= 15 or one.kind in USABLE[level]) for one in answers]
    different = {one.bare: one.kind for one, decides in zip(answers, bare, strict=True) if decides}
    proves = USABLE["mobile" if level == "mobile" else "valid"]
    usable = sum(kind in proves for kind in different.values())
    whole = usable >= 0.95 * len(different) and not any(
        may_be_of(code, different)
        for code in {library.country_code_for_region(region) for region in library.SUPPORTED_REGIONS}
        if len(different)
    )
    return [
        (None, "national_form") if decides and not whole else one.at(level)
        for one, decides in zip(answers, bare, strict=True)
    ]


def may_be_of(code, cells):
    """Whether so many of these cells would be somebody's mobiles at home that they get no plus."""
    theirs = [digits for digits in cells if national_mobile(digits, code)]
    if len(theirs) >= 0.95 * len(cells):
        return True
    suspect = 0
    for abroad in {begins_with(digits) for digits in theirs}:
        alike = sum(begins_with(digits) == abroad for digits in cells)
        read = sum(begins_with(digits) == abroad for digits in theirs)
        others = [digits for digits in cells if begins_with(digits) == abroad and digits not in theirs]
        beginnings = len({digits[:4] for digits in others})
        bunched = beginnings < 20 and 3 * beginnings <= 2 * len(others)
        suspect += read if read >= 0.75 * alike or (bunched and read >= len(cells) / 3) else 0
    return suspect >= len(cells) / 3


@cache
def begins_with(digits):
    """The calling code that digits begin with; 0 for none."""
    codes = [int(digits[:length]) for length in (1, 2, 3)]
    return next((code for code in codes if code in library.COUNTRY_CODE_TO_REGION_CODE), 0)


@cache
def national_mobile(digits, code):
    """Whether somebody with this calling code would write a mobile so, and mean another than with a plus."""
    main = library.region_code_for_country_code(code)
    try:
        number = library.parse(digits, main)
    except NumberParseException:
        return False
    mobile = TYPES.get(library.number_type(number)) == "mobile"
    return mobile and number.country_code == code and not _same_with_a_plus(digits, number)


def _same_with_a_plus(digits, number):
    """Whether the digits are that number with a plus, too; with a 0 that is not written abroad, they are."""
    try:
        return library.parse(f"+{digits}") == number
    except NumberParseException:
        return False


def answer(cell, region=None):
    """What smsframe should say of a cell; the region as it was given."""
    name = (region or "").strip()
    home = country(name)
    text = mended(cell)
    if text.lower() in NOTHING:
        return Answer("missing")
    if damage := damaged(text):
        return Answer(damage)
    as_plus = re.sub(r"^([^0-9+]*)\+? *00(?=[^0-9]*[1-9])", r"\1+", text)
    if home is None or dials_00(home):
        text = as_plus
    elif as_plus != text:
        return with_zeros(answer(as_plus), read(text, name, home), home)
    return read(text, name, home)


def read(text, name, home):
    """What is said of a number that is mended."""
    unsigned = "+" not in text
    bare = not name and unsigned and re.match(r"[^0-9+]*[1-9]", text) is not None
    if bare:
        text = re.sub("([0-9])", r"+\1", text, count=1)
    decimals = re.fullmatch("([^.\uff0e]*[0-9][^.\uff0e]*)[.\uff0e]([ .\uff0e]*0)+[^0-9]*", text)
    if decimals and verdict(decimals[1], home).kind in TYPES.values():
        return Answer("decimals")
    found = verdict(text, home)
    if bare and found.kind not in {"two_numbers", "extension", "not_a_number"}:
        digits = "".join(re.findall("[0-9]", text))
        # Of a number that got its plus from us, we do not know that its country code is wrong.
        unsure = 7 <= len(digits) <= 15 and found.kind in {*LENGTHS.values(), "unknown_country"}
        return found._replace(bare=digits, said="national_form" if unsure else None)
    if (
        home
        and unsigned
        and found.kind in {*TYPES.values(), *LENGTHS.values(), "unknown_country", "national_form"}
    ):
        return with_own_code(text, home, found)
    return (
        found._replace(said="unknown_region")
        if name and not home and found.kind == "national_form"
        else found
    )


def with_zeros(plus, dialled, home):
    """What is said of 00 where that does not dial abroad: the readings with a plus, and as it is dialled."""
    exists, also = (found.kind in TYPES.values() and not found.said for found in (plus, dialled))
    own = plus.kind == "mobile" and plus.phone.startswith(f"+{library.country_code_for_region(home)}")
    if not exists or (also and plus.phone == dialled.phone):
        return dialled
    return plus if own or not also else Answer("two_readings")


@cache
def country(name):
    """The region that is meant; for the spellings that are drawn here, in plain words."""
    known = {"uk": "GB", "italy": "IT"}.get(name.lower(), name.upper())
    return known if known in library.SUPPORTED_REGIONS else None


def with_own_code(text, home, found):
    """A number that cannot get a text as it stands, with a plus, if it is a mobile of its own region then."""
    digits = "".join(re.findall("[0-9]", text))
    code = str(library.country_code_for_region(home))
    if found.kind == "mobile" or not digits.startswith(code) or len(digits) <= len(code):
        return found
    other = verdict(f"+{digits}", None)
    if other.kind != "mobile":
        return found
    return other if library.region_code_for_number(library.parse(other.phone)) == home else found


@cache
def dials_00(home):
    """Whether 00 is how one calls abroad from there, and not the beginning of another such prefix."""
    prefix = PhoneMetadata.metadata_for_region(home).international_prefix or ""
    longer = [f"00{more:0{places}}" for places in (1, 2, 3) for more in range(10**places)]
    return bool(re.fullmatch(prefix, "00")) and not any(re.fullmatch(prefix, dialled) for dialled in longer)


def mended(cell):
    """The repairs that need no region."""
    # Controls from 80 to 9F are Windows' characters that were read as Latin-1.
    text = "".join(
        bytes([ord(character)]).decode("cp1252", "replace") if "\x80" <= character <= "\x9f" else character
        for character in cell
    )
    text = "".join(map(_seen, text.strip()))
    text = re.sub(rf"[ \t]*[{BREAKS}][ \t{BREAKS}]*", "/", text)
    text = "".join(
        " " if character == "\t" or unicodedata.category(character) == "Zs" else character
        for character in text
    )
    if formula := re.fullmatch(r'=[ ]*"+([^"]*)"+', text.strip()):
        text = formula[1]
    text = without_divider(without_divider(text.strip())[::-1])[::-1].lstrip(APOSTROPHES).strip()
    text = "".join(str(unicodedata.decimal(character, character)) for character in text)
    text = re.sub("[\uff0b\ufe62\u207a]", "+", text).replace("\uff0f", "/")
    text = introduced(text)
    if float_ := re.fullmatch(r"(\+?[0-9]+) ?[.,] ?0+", text):
        return float_[1]
    text = re.sub(r"^\+[+ ]*\+", "+", text)
    return re.sub(r"^([^0-9+]*8) ?~ ?10", r"\g<1>10", text)


def without_divider(text):
    """Without one divider at the end; two of them stand for something."""
    if not text.strip(" " + DIVIDERS):
        return ""
    rest = text[:-1].rstrip()
    return rest if text[-1] in DIVIDERS and rest[-1] not in DIVIDERS else text


def introduced(text):
    """A number without the word, the card's field or the link before it."""
    link = re.match(
        r"(?i)(?:(?:https?://)?(?:www\.)?wa\.me/"
        r"|(?:(?:https?://)?(?:api|web)\.whatsapp\.com/|whatsapp://)send/?\?phone=)(?:\+"
        r"|%2b)?([0-9]+)(?:[/?&].*)?$",
        text,
    )
    if link:
        return "+" + link[1]
    head, colon, rest = text.partition(":")
    word = re.fullmatch(r"([^.0-9]*?)\.?(?: ?[0-9])?\s*", head.lower())
    if colon and word and word[1] in WORDS:
        return rest.lstrip(" /")
    field, *kinds = re.sub(r"^item[0-9]{1,3}\.", "", head.lower()).split(";")
    if colon and field == "tel" and all(map(_is_kind_of_card, kinds)):
        return re.sub("(?i)^tel:", "", rest).lstrip(" /")
    return text


def _is_kind_of_card(kind):
    if re.fullmatch("(?:pref|waid)=[0-9]+", kind):
        return True
    named = re.sub("^(?:type=|value=)", "", kind).removeprefix('"').removesuffix('"').split(",")
    return named[0] in CARD | {"iphone", "main", "other", "uri"} and CARD.issuperset(named[1:])


def _seen(character):
    hidden = unicodedata.category(character) in {"Cf", "Cc"} and character not in BREAKS + "\t"
    return "" if hidden or UNSEEN.match(character) else character


def damaged(text):
    """What nobody can undo, by its code."""
    if not re.search("[0-9]", text):
        return "not_a_number"
    if power := re.fullmatch(r"[+-]?[0-9]+(?:[.,]([0-9]*))?\s*[eE]\s*\+?(-?[0-9]{1,3})", text):
        return "digits_lost" if int(power[2]) > len(power[1] or "") else "scientific"
    if hidden(text):
        return "masked_digits"
    if fraction(text):
        return "decimals"
    if remarked(text):
        return "two_numbers"
    if any(CROSSED.fullmatch(unicodedata.name(character, "")) for character in text):
        return "masked_digits"
    if any(_extends(text, mark) for mark in MARKS.finditer(text)):
        return "extension"
    if any(unicodedata.category(character)[0] == "L" and character != "\u30fc" for character in text):
        return "letters"
    return _repeated_or_two(text)


def _repeated_or_two(text):
    if re.search(r"[0-9][^+]*\+", text):
        return "two_numbers"
    if any(
        _digits(text[: m.start()]) >= 7 and _digits(text[m.end() :]) >= 6 for m in re.finditer("/ */", text)
    ):
        return "two_numbers"
    return "masked_digits" if repeated(text) else None


def fraction(text):
    """Whether six digits or more end in a dot and one or two more, or in a dot, zeros and dots."""
    found = re.fullmatch(
        "([^.,\uff0e]*[0-9]{6,})( ?[.\uff0e] ?|,)([0-9][0-9]?)([^0-9+]*)", text
    ) or re.fullmatch("([^.,\uff0e]*[0-9]{6,})( ?[.\uff0e][ .\uff0e]*)(0[0 .\uff0e]*)([^0-9+]*)", text)
    return found is not None and not any(unicodedata.category(c)[0] == "L" for c in found[1] + found[4])


def repeated(text):
    """Whether a mark that only says something when it is repeated is repeated, or a number is doubted."""
    before = re.match(r"[^0-9+]*(?=\+)", text)
    hiding = [character for character in before[0] if _hides(character)] if before else []
    if len(hiding) > 1 or any(map(_doubts, hiding)) or re.search("/ */", text):
        return True
    outside = re.match("[^0-9]*", text)[0], re.search("[^0-9]*$", text)[0]
    if any(re.search(f"[{divider}] *[{divider}]", end) for divider in ",;|&" for end in outside):
        return True
    seen = shown_of(text).replace(" ", "")
    return any(
        one == other
        and unicodedata.category(one)[0] in "PSM"
        and one not in f"+().[]/,;|&{DASHES}\uff08\uff09\uff0e\uff3b\uff3d"
        for one, other in pairwise(seen)
    )


def _doubts(character):
    """Whether what hides a digit is no bullet before a plus either, as a question mark is none."""
    words = (
        "QUESTION|INTERROBANG|ELLIPSIS|DOT LEADER|LOW LINE|TIE|UNDERTIE|TILDE|SWUNG DASH|WAVE DASH|WAVY DASH"
    )
    more = "PERCENT SIGN|EM DASH|MULTIPLICATION SIGN|TRIPLE DOT"
    return re.search(rf"\b(?:{words}|{more})\b", unicodedata.name(character)) is not None


def _ends_in_signs(text):
    """Whether two signs or more follow the last digit, with neither a plus nor a letter behind them."""
    tail = re.search(r"[^0-9]*$", text)[0]
    if not tail or tail == text or "+" in tail or any(unicodedata.category(c)[0] == "L" for c in tail):
        return False
    rest = re.sub(rf"^[{DASHES} ()\[\].]*", "", tail).replace(" ", "")
    pair = rest[:2]
    return len(pair) == 2 and all(map(_is_sign, pair))


def _ends_in_dashes(text):
    """Whether two dashes follow the last digit, with neither a plus nor a letter beside them."""
    plain = "".join("L" if unicodedata.category(c)[0] == "L" and c != "\u30fc" else c for c in text)
    return re.search(rf"[0-9][^0-9+L\u30fc]*[{DASHES}] *[{DASHES}][^0-9+L\u30fc]*$", plain) is not None


def _is_sign(character):
    sign = unicodedata.category(character) in {"So", "Sk", "Sc", "Sm"} and character not in "+|\u2212"
    return sign or character in "!@=^$\\§¶†‡"


def remarked(text):
    """Whether a few digits in brackets, or before one that closes, follow seven digits or more."""
    if not text.endswith(tuple(CLOSING)):
        return False
    begins = [place for place, character in enumerate(text) if character in OPENING]
    if not begins:
        last = re.fullmatch(r"(.*)[ ]([0-9]{1,2})", text[:-1], re.DOTALL)
        return last is not None and not set(last[1]) & set(CLOSING[:2]) and _digits(last[1]) >= 7
    before, inside = text[: begins[-1]], text[begins[-1] + 1 : -1]
    inside = inside.removeprefix(" ").removesuffix(" ")
    gaps = re.split("[0-9]", inside)
    few = 2 <= len(gaps) <= 5 and gaps[0] == gaps[-1] == ""
    return (
        few and _digits(before) >= 7 and all(re.fullmatch("[ .:\\-\u2010-\u2015]{0,3}", gap) for gap in gaps)
    )


def _digits(text):
    return sum(character in "0123456789" for character in text)


def shown_of(text):
    """Without what stands before the plus, or one bullet."""
    return re.sub(rf"^(?:[^0-9+]*\+|[{re.escape(BULLETS)}] +)", "", text, count=1)


def _empty_brackets(text):
    """Whether a bracket is closed without a digit in it, or two are opened or closed outside the digits."""
    kinds = "".join(map(_kind, text))
    around = re.search("< *<[^0+Ll]*$", kinds) or re.search("^[^0+Ll]*> *>", kinds)
    return around is not None or re.search("<[ _l]*>", kinds) is not None


def _kind(character):
    if character in "0123456789":
        return "0"
    if character in ".,:;/|'\u2800\uff0e" or (character in DASHES and character != "\u30fc"):
        return "_"
    category = unicodedata.category(character)
    letter = "l" if character == "ー" else "L"
    return {"Ps": "<", "Pe": ">"}.get(category) or (
        letter if category[0] == "L" else character if character in " +" else "-"
    )


def hidden(text):
    """Whether marks stand where digits should be; what is before the plus is a bullet at most."""
    shown = shown_of(text)
    if any(_hides(character) for character in shown):
        return True
    if re.search(r"[.\uff0e] *[.\uff0e]", shown) or re.search(rf"[{DASHES}](?: *[{DASHES}]){{2}}", shown):
        return True
    # The frame of an area code that nobody filled in; dashes at the end; digits of another kind.
    if _empty_brackets(shown) or _ends_in_dashes(shown):
        return True
    if any(unicodedata.category(character) in {"No", "Nl"} for character in shown):
        return True
    if _ends_in_signs(shown) or _ends_in_signs(shown[::-1]):
        return True
    gap = rf"[{DASHES} ()\[\].]*"
    if re.search(rf"[0-9]{gap}(?:[xX]{{2}}|##)|(?:[xX]{{2}}|##){gap}[0-9]", shown):
        return True
    # A price, a degree, or one last digit with its own mark.
    if any(unicodedata.category(c) == "Sc" or c == "\xb0" for c in re.findall(rf"(?<=[0-9]){gap}(.)", shown)):
        return True
    own = re.search(rf"[0-9][ (\[]+[0-9]{gap}(.)[ )\]]*$", shown)
    if own and _is_sign(own[1]):
        return True
    # Any symbol between two digits, with neither a plus nor a letter on the way.
    return any(
        unicodedata.category(character) in {"So", "Sm", "Sk", "Sc", "Pc"} and character not in "|\u2212"
        for run in re.split(r"\+|[^\W\d_]", shown)
        for between in re.findall("[0-9](.*)[0-9]", run)
        for character in between
    )


@cache
def _hides(character):
    category = unicodedata.category(character)
    return category == "Pc" or (
        category in {"Po", "So", "Sm", "Pd", "Me"}
        and (
            HIDING.fullmatch(unicodedata.name(character, "")) is not None
            or any(first <= ord(character) <= last for first, last in DRAWN)
        )
    )


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
    if re.fullmatch(r"\+521[0-9]{10}", phone) and verdict(f"+52{phone[4:]}", None).kind == "mobile":
        return Answer("mobile", f"+52{phone[4:]}")  # the 1 went in 2019
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
