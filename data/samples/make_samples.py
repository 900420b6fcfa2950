"""
Writes ``guests.csv`` and ``damaged.csv``: invented people, the same ones every time.

Every number is one that nobody can have, so a sample that reaches a real gateway by mistake texts no one:

* North America: 555 0100 to 0199 of every area (NANPA, fictitious use)
* Australia: 0491 570 ..., 02 5550 ...., 1800 975 707, 1300 975 707 (ACMA, creative works)
* Sweden: 070-174 06 .., 08-465 004 .. (PTS, books and films)
* Germany: 0171 39200 .., 0152 28817386, 030 23125 ... (Bundesnetzagentur, drama numbers)
* Finland: 050 555 01 ..
* United Kingdom: 0909 879 0..., 0808 157 0..., 03069 990 ..., 020 7946 0..., 07700 900 ... (Ofcom, drama)
* Italy, which reserves none: the three of the gateway's own public samples

Run it with a folder to write elsewhere: ``python data/samples/make_samples.py /tmp/samples``.
"""

from __future__ import annotations

import csv
import random
import sys
from dataclasses import dataclass, replace
from pathlib import Path

SEED = 20261122
GUESTS = 1000
FAILING = range(71, 86)  # last two digits with which the sandbox plays a failed delivery, or a refusal (85)
FAILED_SHARE = 0.25  # of the people whose number would fail, those who stay
REFUSED = "+1 212 555 0185"  # the one number that the sandbox refuses outright

HEADER = ["name", "surname", "mobile", "country", "city", "table", "language", "note"]
DAMAGE_HEADER = ["what", "mobile", "region", "expected_status", "expected_code", "expected_phone"]


@dataclass(frozen=True)
class Country:
    """Where a guest lives: the words of the place, and how its numbers are written."""

    region: str
    code: str
    language: str
    trunk: str
    cities: tuple[str, ...]
    names: tuple[str, ...]
    surnames: tuple[str, ...]
    numbers: tuple[tuple[str, ...], ...]  # national number without trunk prefix, in its usual groups


@dataclass(frozen=True)
class Guest:
    """One row of ``guests.csv``."""

    name: str
    surname: str
    mobile: str
    country: str
    city: str
    table: str
    language: str
    note: str = ""


AMERICAN = (
    "212",
    "305",
    "312",
    "415",
    "503",
    "512",
    "617",
    "702",
    "713",
    "801",
    "206",
    "303",
    "404",
    "602",
    "919",
)
CANADIAN = ("416", "514", "604", "403", "613", "902")


def fiction(areas: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """The hundred reserved numbers of each North American area."""
    return tuple((area, "555", f"01{last:02}") for area in areas for last in range(100))


COUNTRIES = (
    Country(
        "US", "1", "en", "", ("New York", "Miami", "Chicago", "San José", "Portland", "Boston", "Seattle"),
        ("James", "Mary", "Noah", "Olivia", "Liam", "Emma", "Ava", "Ethan", "Sofía", "Mateo", "Grace"),
        ("Smith", "Johnson", "O'Neill", "García", "Brown", "Nguyen", "Davis", "Muñoz", "Clark", "Young"),
        fiction(AMERICAN),
    ),
    Country(
        "CA", "1", "fr", "", ("Toronto", "Montréal", "Vancouver", "Calgary", "Ottawa", "Halifax"),
        ("Étienne", "Chloé", "Logan", "Zoë", "Benoît", "Amélie", "Lucas", "Maëlle", "Oliver", "Charlotte"),
        ("Tremblay", "Roy", "Gagné", "Bouchard", "Côté", "MacDonald", "Wilson", "Lefèvre"),
        fiction(CANADIAN),
    ),
    Country(
        "DE", "49", "de", "0", ("Berlin", "München", "Köln", "Hamburg", "Düsseldorf"),
        ("Jürgen", "Anna", "Björn", "Käthe", "Lukas", "Mia", "Günther", "Sönke", "Lea", "Paul"),
        ("Müller", "Schmidt", "Weiß", "Groß", "Schröder", "Becker", "Köhler", "Öztürk"),
        (*((("171"), f"39200{last:02}") for last in range(100)), ("152", "28817386")),
    ),
    Country(
        "SE", "46", "sv", "0", ("Stockholm", "Göteborg", "Malmö", "Umeå"),
        ("Åsa", "Lars", "Ingrid", "Björn", "Märta", "Elsa", "Nils", "Örjan"),
        ("Andersson", "Åkesson", "Lindström", "Berg", "Sjöberg", "Öberg"),
        tuple(("70", "174", "06", f"{last:02}") for last in range(5, 100)),
    ),
    Country(
        "FI", "358", "fi", "0", ("Helsinki", "Tampere", "Turku", "Jyväskylä"),
        ("Aino", "Väinö", "Eero", "Päivi", "Jyrki", "Helmi"),
        ("Virtanen", "Mäkinen", "Nieminen", "Hämäläinen", "Korhonen"),
        tuple(("50", "555", f"01{last:02}") for last in range(100)),
    ),
    Country(
        "AU", "61", "en", "0", ("Sydney", "Melbourne", "Perth", "Hobart"),
        ("Jack", "Isla", "Lachlan", "Ruby"), ("Wilson", "Taylor", "Kelly", "Walker"),
        tuple(("491", "570", last) for last in ("006", "110", "156", "157", "158", "159", "313", "737")),
    ),
    Country(
        "IT", "39", "it", "", ("Torino", "Roma", "Napoli", "Forlì"),
        ("Giulia", "Nicolò", "Niccolò", "Mario"), ("Rossi", "D'Angelo", "Bianchi", "Dalcò"),
        (("347", "123", "4567"), ("347", "123", "4568")),
    ),
)  # fmt: skip
NOTES = (
    "",
    "",
    "",
    "",
    "vegetarian",
    "comes late",
    "brings a friend",
    "wheelchair",
    "window seat",
    "no nuts",
)
OUTSIDE_GSM = {"Zoë": "Zoë 🌸", "Päivi": "Päivi 👩‍🎤", "Lukas": "Łukasz", "Mario": "Mario “Super”"}


def spelled(country: Country, number: tuple[str, ...], draw: random.Random) -> str:
    """One of the ways in which people write a number."""
    plus, digits = f"+{country.code}", "".join(number)
    ways = [plus + digits] * 12 + [
        f"{plus} {' '.join(number)}",
        f"{plus} {'-'.join(number)}",
        f"{plus}.{'.'.join(number)}",
        f"{plus} ({number[0]}) {' '.join(number[1:])}",
        f"{plus}\u00a0{' '.join(number)}",
        f"'{plus}{digits}",
        f"tel:{plus}-{'-'.join(number)}",
        f"{country.trunk}{' '.join(number)}",
        f"{country.trunk}{number[0]}/{''.join(number[1:])}",
        f"{country.trunk}{digits}",
    ]
    if country.code != "1":
        ways += [f"00{country.code} {' '.join(number)}", f"00{country.code}{digits}"]
    return draw.choice(ways)


def people(draw: random.Random) -> list[Guest]:
    """Guests whose every number is good, in a random order."""
    guests = []
    for country in COUNTRIES:
        for number in country.numbers:
            failing = int("".join(number)[-2:]) in FAILING
            if failing and (number[-1].endswith("85") or draw.random() > FAILED_SHARE):
                continue
            guests.append(
                Guest(
                    name=draw.choice(country.names),
                    surname=draw.choice(country.surnames),
                    mobile=spelled(country, number, draw),
                    country=country.region,
                    city=draw.choice(country.cities),
                    table="",
                    language=country.language,
                    note=draw.choice(NOTES),
                )
            )
    common = [guest for guest in guests if guest.country in {"US", "CA"}]
    rare = [guest for guest in guests if guest.country not in {"US", "CA"}]
    return draw.sample(common, GUESTS - len(rare)) + rare


TROUBLES = (
    "", "", "n/a", "ask her sister", "+1 305 555 01",  # nothing, words, half a number
    "1.30556E+10", "1.2125550142E+10",  # a spreadsheet's
    "+46 8 465 004 12", "+49 30 23125 007", "020 7946 0018", "+61 2 5550 1234",  # landlines
    "+44 909 879 0123", "+61 1800 975 707", "+39349123456789",  # premium, free-phone, voicemail
    "+44 7700 900123", "+1 415 555 0143 ext. 7", "+1 800 GUESTS",
    "+49 171 3920017 / +49 171 3920018", "+999 555 0100",
)  # fmt: skip


def troubled(guests: list[Guest], draw: random.Random) -> list[Guest]:
    """The same people with a few of each kind of trouble."""
    troubles = (*TROUBLES * 3, REFUSED)
    places = draw.sample(range(len(guests)), len(troubles))
    for place, mobile in zip(places, troubles, strict=True):
        where = {"country": "GB", "city": "London"} if mobile.startswith("020") else {}
        guests[place] = replace(guests[place], mobile=mobile, **where)
    untouched = [place for place in range(len(guests)) if place not in set(places)]
    for place in draw.sample(untouched, 8):
        guests[place] = replace(guests[place], name="")
    national = [place for place in untouched if guests[place].mobile[0] in "0123456789"]
    # Of those written as one dials them at home, without their country only the ones with 00 can be read.
    for place in draw.sample(untouched, 6) + draw.sample(national, 6):
        guests[place] = replace(guests[place], country="")
    for place in draw.sample(untouched, 15):  # the same person again, in another spelling
        twin = guests[place]
        country = next(
            each for each in COUNTRIES if twin.country in {each.region, ""} and owns(each, twin.mobile)
        )
        number = owns(country, twin.mobile)
        again = f"+{country.code} {'.'.join(number)}"
        guests.append(replace(twin, mobile=again, country=country.region, note="second entry"))
    draw.shuffle(guests)
    return [
        replace(
            guest,
            name=draw.choice([guest.name, OUTSIDE_GSM.get(guest.name, guest.name)]),
            table=str(1 + i // 8),
        )
        for i, guest in enumerate(guests)
    ]


def owns(country: Country, mobile: str) -> tuple[str, ...]:
    """The number of this country that a spelling means, or nothing."""
    digits = "".join(filter(str.isdigit, mobile))
    return next((number for number in country.numbers if digits.endswith("".join(number))), ())


READY, INVALID = "ready", "invalid"
ITALY, OTHER_ITALY, US = "+393471234567", "+393471234568", "+12125550142"
GERMANY, FINLAND = "+4917139200", "+3585055501"  # and two digits, so that no row is a duplicate of another
DAMAGED = [
    ("nothing wrong", ITALY, "", READY, "", ITALY),
    ("spaces", "+49 171 39200 01", "", READY, "", GERMANY + "01"),
    ("dashes", "+49-171-3920002", "", READY, "", GERMANY + "02"),
    ("dots", "+49.171.392.00.03", "", READY, "", GERMANY + "03"),
    ("brackets", "(+49) 171 (3920004)", "", READY, "", GERMANY + "04"),
    ("slash", "+49 171/3920005", "", READY, "", GERMANY + "05"),
    ("national form with a region", "347 1234568", "IT", READY, "", OTHER_ITALY),
    ("national form with a trunk zero", "0171/3920012", "DE", READY, "", GERMANY + "12"),
    ("trunk zero kept in brackets", "+49 (0)171 3920013", "", READY, "", GERMANY + "13"),
    ("national form without a region", "0171 3920012", "", INVALID, "national_form", ""),
    ("national form with an unknown region", "0171 3920012", "Atlantis", INVALID, "unknown_region", ""),
    ("region in small letters", "050 555 0123", "fi", READY, "", FINLAND + "23"),
    ("00 for the plus", "0049 171 3920014", "", READY, "", GERMANY + "14"),
    ("00 for the plus, seen from Germany", "00358 50 555 0124", "DE", READY, "", FINLAND + "24"),
    ("011 for the plus, seen from the US", "011 358 50 555 0125", "US", READY, "", FINLAND + "25"),
    ("no plus", "491713920015", "", READY, "", GERMANY + "15"),
    ("no plus, with a region", "358505550126", "FI", READY, "", FINLAND + "26"),
    ("lost leading zero", "1713920017", "DE", READY, "", GERMANY + "17"),
    ("apostrophe of a spreadsheet", "'+491713920018", "", READY, "", GERMANY + "18"),
    ("typographic apostrophe", "’491713920019", "", READY, "", GERMANY + "19"),  # noqa: RUF001 - the damage itself
    ("byte order mark", "\ufeff+491713920020", "", READY, "", GERMANY + "20"),
    ("no-break spaces", "+49\u00a0171\u202f3920021", "", READY, "", GERMANY + "21"),
    ("zero-width space", "+49171\u200b3920022", "", READY, "", GERMANY + "22"),
    ("bidirectional marks", "\u202a+491713920023\u202c", "", READY, "", GERMANY + "23"),
    ("soft hyphen", "+49171\u00ad3920024", "", READY, "", GERMANY + "24"),
    ("full-width digits and plus", "＋４９１７１３９２００２５", "", READY, "", GERMANY + "25"),  # noqa: RUF001 - as above
    ("Arabic-Indic digits", "٤٩١٧١٣٩٢٠٠٢٦", "", READY, "", GERMANY + "26"),
    ("Devanagari digits", "४९१७१३९२००२७", "", READY, "", GERMANY + "27"),
    ("tel: link", "tel:+49-171-3920028", "", READY, "", GERMANY + "28"),
    ("line break inside", "+49 171\n3920029", "", READY, "", GERMANY + "29"),
    ("pandas float", "491713920030.0", "", READY, "", GERMANY + "30"),
    ("currency format", "12125550142.00", "", READY, "", US),
    ("trailing separator", "+491713920031;", "", READY, "", GERMANY + "31"),
    ("scientific notation, digits lost", "3.93471E+11", "", INVALID, "digits_lost", ""),
    ("scientific notation with a comma", "3,93471E+11", "", INVALID, "digits_lost", ""),
    ("scientific notation, all digits", "3.93471234567E+11", "", INVALID, "scientific", ""),
    ("empty", "", "", INVALID, "missing", ""),
    ("only spaces", "   ", "", INVALID, "missing", ""),
    ("nan as text", "nan", "", INVALID, "missing", ""),
    ("words", "ask her sister", "", INVALID, "not_a_number", ""),
    ("letters among digits", "+1 800 GUESTS 1", "", INVALID, "letters", ""),
    ("a name beside it", "Anna +393471234567", "", INVALID, "letters", ""),
    ("extension x", "+1 212 555 0142 x12", "", INVALID, "extension", ""),
    ("extension in words", "+1 212 555 0142 ext. 5", "", INVALID, "extension", ""),
    ("extension with a hash", "+1 212 555 0142 #12", "", INVALID, "extension", ""),
    ("extension of a link", "tel:+1-212-555-0142;ext=5", "", INVALID, "extension", ""),
    ("two numbers with a slash", "+393471234567/+393471234568", "", INVALID, "two_numbers", ""),
    ("two numbers with a comma", "393471234567, 393471234568", "", INVALID, "two_numbers", ""),
    ("two numbers in two lines", "+393471234567\n3471234568", "", INVALID, "two_numbers", ""),
    ("two numbers, the second shortened", "01713920012/13", "DE", INVALID, "two_numbers", ""),
    ("unknown country code", "+999 555 0100", "", INVALID, "unknown_country", ""),
    ("too few digits", "+1 212 555 01", "", INVALID, "too_short", ""),
    ("too many digits", "+1 212 555 01421", "", INVALID, "too_long", ""),
    ("no such range", "+44 7700 900123", "", INVALID, "not_in_use", ""),
    ("landline", "+46 8 465 004 12", "", INVALID, "landline", ""),
    ("premium rate", "0909 879 0123", "GB", INVALID, "premium", ""),
    ("shared cost", "1300 975 707", "AU", INVALID, "shared_cost", ""),
    ("free-phone", "1800 975 707", "AU", INVALID, "toll_free", ""),
    ("company-wide number", "+44 3069 990123", "", INVALID, "company", ""),
    ("voicemail", "+39349123456789", "", INVALID, "voicemail", ""),
]


def write(path: Path, header: list[str], rows: list[tuple[str, ...]]) -> None:
    """A CSV file in UTF-8, with the same line ends on every system."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def main(folder: Path) -> None:
    """Write both files into a folder."""
    draw = random.Random(SEED)
    guests = troubled(people(draw), draw)
    write(
        folder / "guests.csv",
        HEADER,
        [tuple(getattr(guest, column) for column in HEADER) for guest in guests],
    )
    write(folder / "damaged.csv", DAMAGE_HEADER, DAMAGED)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
