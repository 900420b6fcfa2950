"""
No number is read otherwise than libphonenumber reads it: every region, every type, every alternative of every
pattern, in every spelling. `make agreement` goes on for ten million.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from itertools import islice, product

import numpy as np
import pandas as pd
import phonenumbers as library
import pytest
from helpers import phone_reference
from helpers.phone_ranges import KINDS, NEAR, TYPES, WIDTH, Dice, everywhere, expand, metadata, ranges
from helpers.phone_spellings import DRESSES, FORMS, GIVEN, READ_OVER
from helpers.samples import damaged
from hypothesis import given, settings
from hypothesis import strategies as st
from searches import agreement

from smsframe.phones import parse

SEED = 4
LEVELS = st.sampled_from(parse.NUMBERS)


@cache
def table():
    """Numbers of every place, made once: each kind 50 times, or once for each of its ranges."""
    frame = agreement.of_places({*everywhere()}, 50, SEED)
    return frame, frame.groupby("place", observed=True).indices


def agree(frame, ways=None):
    """Fail with a table of the disagreements, in which no number can be read; else the answers."""
    answers = agreement.expected(frame)
    bad = agreement.compare(frame, answers, ways)
    if len(bad):
        pytest.fail(f"{len(bad)} disagreements\n{agreement.summary(bad)}", pytrace=False)
    return answers


# Numbers ------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("place", everywhere())
def test_each_place_is_read_as_by_libphonenumber(place):
    frame, places = table()
    rows = frame.iloc[places[place]].reset_index(drop=True)
    answers = agree(rows, [*agreement.whole(rows, ["mobile"]), *islice(agreement.apart(rows), 1, 2)])
    described = ((kind, getattr(metadata(place), name)) for kind, name in TYPES.items())
    kinds = {kind for kind, known in described if known and known.national_number_pattern}
    reached = {answer.kind for answer in answers}
    assert kinds - {"landline"} <= reached
    assert {"landline", "mobile"} & reached or not {"landline"} & kinds  # the same numbers in North America


@pytest.mark.slow
def test_numbers_of_everywhere_in_one_column_are_read_as_by_libphonenumber():
    agree(agreement.mixed(0, 20_000, SEED))


@pytest.mark.slow
def test_each_character_of_unicode_in_a_number_is_read_as_by_libphonenumber():
    unassigned = {"Cn", "Co", "Cs"}
    points = [*range(0x1, 0x3400), *range(0x3400, 0xA000, 97), *range(0xA000, 0x20000), 0xE0001, 0xE0100]
    characters = [chr(point) for point in points if unicodedata.category(chr(point)) not in unassigned]
    ways = [
        "+39 347{}1234567",
        "{}00393471234567{}",
        "+3934{}712345{}67",
        "+39 347 1234567{}2",
        "393471234567{}3",
    ]
    cells = pd.Series([ways[n % len(ways)].format(*[c] * 2) for n, c in enumerate(characters)])
    frame = pd.DataFrame({"cell": cells, "region": pd.NA}, dtype="string[pyarrow]")
    frame = frame.assign(form=[f"U+{ord(c):04X}" for c in characters], place="", kind="", dress="", over="")
    assert len(frame) > 40_000
    agree(frame, agreement.whole(frame, ["mobile"]))


def prefixes(place, number):
    """Some national prefixes of a place, and carrier codes with what follows them."""
    pattern = metadata(place).national_prefix_for_parsing
    ways = expand(pattern) if pattern else []
    chosen = ways if len(ways) <= number else [ways[at * len(ways) // number] for at in range(number)]
    highest = ("".join(str(bits.bit_length() - 1) for bits in way) for way in chosen)
    return [*dict.fromkeys(["", "0", *highest])]


@pytest.mark.slow
def test_numbers_of_too_many_digits_are_read_as_by_libphonenumber():
    """Whatever stands before them: of so many only the first digits are looked at, where these decide."""
    drawn = np.random.default_rng(SEED)
    rows = []
    for place in sorted(library.SUPPORTED_REGIONS):
        code = str(metadata(place).country_code)
        exits = ["", "+", "00", "011", "8~10"]
        for start, own, prefix in product(exits, ["", code], prefixes(place, 6)):
            for size in drawn.choice([16, 17, 18, 18, 19, 20, 22, 25, 40], 4):
                cell = start + own + prefix
                missing = max(0, size - sum(character.isdigit() for character in cell))
                rows.append((cell + "".join(map(str, drawn.integers(0, 10, missing))), place))
    frame = pd.DataFrame(rows, columns=["cell", "region"], dtype="string[pyarrow]")
    frame = frame.assign(form="long", place=frame["region"], kind="", dress="", over="")
    assert len(frame) > 20_000
    answers = agree(frame, agreement.whole(frame, ["mobile"]))
    assert len({answer.kind for answer in answers}) > 5


@st.composite
def spellings(draw):
    """A number of any range, or not quite, with anything before, in and after it; and any region."""
    known = ranges()
    group = draw(st.integers(0, len(known.places) - 1))
    dice = Dice([draw(st.integers(0, 2**64 - 1))])
    digits, _ = known.draw(np.array([group]), np.array([draw(st.integers(0, 2000))]), dice)
    place = known.places[group]
    number = "".join(map(str, digits[0][digits[0] >= 0]))
    start = draw(st.sampled_from(["+", "", "00", "0", "+0", "011", "8~10"]))
    code = draw(st.sampled_from([str(metadata(place).country_code), ""]))
    odd = st.one_of(
        st.sampled_from([*READ_OVER, *"+()x/;,0123#*"]), st.characters(exclude_categories=["Cs", "Cn", "Co"])
    )
    cell = start + code + number
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(cell)))
        cell = cell[:at] + draw(odd) + cell[at + draw(st.integers(0, 1)) :]
    home = [] if place.isdigit() else [place]
    return cell, draw(st.sampled_from([None, *home, *home, "IT", "US", "gb", "ZZ"]))


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(st.lists(spellings(), min_size=1, max_size=8), LEVELS)
def test_whatever_is_written_into_a_number_it_is_read_as_by_libphonenumber(rows, level):
    cells, regions = (pd.Series(column, dtype=object) for column in zip(*rows, strict=True))
    with agreement.by_columns():
        read = parse.read(cells, regions, level)
    ours = read[["phone", "code"]].astype(object).where(read[["phone", "code"]].notna(), None)
    answers = [phone_reference.answer(*row) for row in rows]
    assert [*ours.itertuples(index=False, name=None)] == phone_reference.column(answers, level)


# Versions -----------------------------------------------------------------------------------------------


def test_an_answer_that_a_new_libphonenumber_changes_is_noticed():
    """If this fails with a new version: ``python -m searches.agreement --renew`` says what it changed."""
    version = library.__version__
    before = agreement.recorded(version)
    if before is None and version != agreement.locked():
        pytest.skip(f"no digests of phonenumbers {version}; the locked {agreement.locked()} has some")
    assert before, f"no digests of the locked phonenumbers {version}: renew them"
    assert agreement.changed(before, agreement.digests()) == []


def test_a_changed_answer_is_named_by_place_and_kind():
    before = {"IT": {"mobile": "a", "pager": "b"}, "800": {"toll_free": "c"}}
    after = {"IT": {"mobile": "a", "pager": "x"}, "FR": {"mobile": "d"}}
    assert agreement.changed(before, after) == ["800 toll_free", "FR mobile", "IT pager"]
    assert agreement.changed(before, before) == []


# The judge ----------------------------------------------------------------------------------------------


def test_a_wrong_answer_is_seen_and_shown_without_its_number(monkeypatch):
    frame = agreement.mixed(0, 2_000, SEED)
    answers = agreement.expected(frame)
    place = next(n for n, answer in enumerate(answers) if answer.kind == "mobile")

    def wrong(cells, regions, level):
        read = pd.DataFrame(phone_reference.column(answers, level), columns=["phone", "code"])
        read.loc[place, "phone"] = read["phone"][place][:-1]
        return read

    monkeypatch.setattr(parse, "read", wrong)
    bad = agreement.compare(frame, answers, agreement.whole(frame))
    assert bad["way"].tolist() == [f"numbers={level}" for level in parse.NUMBERS]
    assert {*bad["cell"]} == {frame["cell"][place]}
    shown = agreement.summary(bad)
    assert frame["place"][place] in shown
    assert not re.search(r"[0-9]{3}", shown)


@pytest.mark.parametrize("row", damaged())
def test_the_reference_reads_the_damaged_sample_as_it_says(row):
    phone, code = phone_reference.answer(row["mobile"], row["region"]).at("mobile")
    assert (phone or code) == (row["expected_phone"] or row["expected_code"])


def test_the_ranges_of_a_pattern_are_all_that_it_matches():
    pattern = r"0?(?:[3-5]\d|7(?:0|12?)){1,2}"
    numbers = set()
    for found in expand(pattern):
        digits = [[str(digit) for digit in range(10) if mask >> digit & 1] for mask in found]
        numbers |= {"".join(number) for number in product(*digits)}
    every = {f"{n:0{width}}" for width in range(1, 6) for n in range(10**width)}
    assert {number for number in numbers if len(number) < 6} == {n for n in every if re.fullmatch(pattern, n)}


def test_a_pattern_with_something_new_in_it_is_an_error():
    with pytest.raises(NotImplementedError, match="ASSERT_NOT"):
        expand("7(?!0)[0-9]")


def test_numbers_are_drawn_from_every_range_and_those_inside_match_their_pattern():
    known = ranges()
    assert {*known.places} == {*everywhere()}
    assert {*known.kinds} == {*KINDS}
    groups = np.repeat(np.arange(len(known.places)), known.count)
    turns = np.concatenate([np.arange(count) for count in known.count])
    digits, near = known.draw(groups, turns, Dice(known.seeds(groups, turns, SEED)))
    assert digits.shape == (len(known.masks), WIDTH)
    for row in np.flatnonzero(near == NEAR.index("inside"))[::5]:
        place, kind = known.places[groups[row]], known.kinds[groups[row]]
        if kind in TYPES:
            number = "".join(map(str, digits[row][digits[row] >= 0]))
            assert re.fullmatch(getattr(metadata(place), TYPES[kind]).national_number_pattern, number), place


def test_every_form_dress_and_region_is_among_the_rows():
    frame = agreement.mixed(0, 20_000, SEED)
    assert {*frame["form"]} == {*FORMS}
    assert {*frame["dress"]} == {*frame["over"]} == {*DRESSES}
    assert {*frame["near"]} == {*NEAR}
    given_ = frame["region"].fillna("none")
    assert len(GIVEN) == 6  # own, none, of the same code, another, spelled oddly, unknown
    assert {"none", "UK", "it", "IT", "GB", "ZZ"} <= {*given_}


def test_the_same_seed_makes_the_same_rows_and_another_makes_others():
    rows = agreement.mixed(100, 300, SEED)["cell"]
    assert rows.equals(agreement.mixed(0, 300, SEED)["cell"].iloc[100:].reset_index(drop=True))
    assert not rows.equals(agreement.mixed(100, 300, SEED + 1)["cell"])
