"""What a preview shows of a message: all of it, but for the numbers of the people in the table."""

from __future__ import annotations

import re
import unicodedata

import pandas as pd
import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import smsframe
from smsframe.form import html
from smsframe.form.excerpts import Messages
from smsframe.planning.previews import Previewer

PERSON, OTHER = "+393471234567", "+447700900123"  # reserved for fiction, or no number of anybody
SHOWN = [
    "On 03/12/2026 at 18:30",
    "From 03-12-2026 to 05-12-2026",
    "2026-12-03 18:30",
    "call 02 1234 5678",
    "call +39 02 1234 5678",
    "call 800-123-456 or (0)2 8765 4321",
    "https://ex.example/r/12345678",
    "https://ex.example/?order=123456789012",
    "order 20261203-0007741",
    "1.234.567,00 €",
    "IBAN IT60 X054 2811 1010 0000 0123 456",
    "4111 1111 1111 1111",
    "code 7654321",
]
# Ways to write a person's number.
WRITTEN = [
    "+393471234567",
    "+39 347 123 4567",
    "0039 347 1234567",
    "347 1234567",
    "347.123.45.67",
    "(347) 123-4567",
    "347/1234567",
    "347 - 123 - 4567",
    "347_123_4567",
    "+39 (0) 347 1234567",
    "3\u200b4\u200b7\u200b1\u200b2\u200b3\u200b4\u200b5\u200b6\u200b7",
    "\uff13\uff14\uff17 \uff11\uff12\uff13\uff14\uff15\uff16\uff17",
    "٣٤٧١٢٣٤٥٦٧",
    "1234567",
    "3\ufe0f\u20e34\ufe0f\u20e37\ufe0f\u20e31\ufe0f\u20e32\ufe0f\u20e33\ufe0f\u20e34\ufe0f\u20e35\ufe0f\u20e36\ufe0f\u20e37",
]


def table(**columns):
    frame = pd.DataFrame({"name": ["Ada", "Bea"], "mobile": ["347 1234567", "07700 900123"]})
    return frame.assign(region=["IT", "GB"], **columns)


def plan(text, frame=None, **options):
    made = {"phone": "mobile", "region": "region", "campaign": "autumn"} | options
    return smsframe.plan(table() if frame is None else frame, text, **made)


def previews(made):
    """Every place that shows what people read, as its words."""
    facts = made.facts()
    messages = Messages(made)
    steps = "".join(html.message(messages.at(place), place, len(messages)) for place in range(len(messages)))
    return [
        " ".join(facts["examples"]),
        facts["longest"],
        facts["dearest"],
        facts["template"],
        re.sub("<[^>]*>", " ", made._repr_html_()),
        re.sub("<[^>]*>", " ", re.sub("<figcaption>.*?</figcaption>", "", steps)),
    ]


def digits(text):
    return "".join(str(unicodedata.decimal(each)) for each in text if each.isdecimal())


@pytest.mark.parametrize("constant", SHOWN)
def test_constant_text_is_shown_whole(constant):
    for preview in previews(plan(f"Ciao! {constant}.")):
        assert constant.replace("&", "&amp;") in preview


@pytest.mark.parametrize("value", SHOWN)
def test_a_merge_value_is_shown_whole(value):
    made = plan("Ciao {name}: {note}", table(note=[value, value]))
    for place in (0, 1, 4, 5):
        assert value in previews(made)[place]


@pytest.mark.samples(4)
@pytest.mark.parametrize("written", WRITTEN)
def test_the_number_of_somebody_in_the_table_is_masked_however_it_is_written(written):
    for text, frame in (
        (f"Ciao! Call {written} on 03/12/2026.", None),
        ("Ciao {name}, call {friend} on 03/12/2026.", table(friend=[written, written])),
    ):
        made = plan(text, frame)
        with smsframe.reveal():
            assert written in made.facts()["examples"][0]
        for preview in previews(made):
            assert written not in preview
            assert "12345" not in digits(preview)
        assert all("03/12/2026" in preview for preview in previews(made))


def test_what_comes_from_the_phone_column_is_masked_also_where_it_is_no_number():
    frame = table()
    frame.loc[len(frame)] = ["Cid", "112-2233", "IT"]
    made = plan("{name}: {mobile}", frame, numbers="possible")
    assert made.facts()["examples"][:2] == ["Ada: 34• •••••67", "Bea: 07••• ••••23"]
    assert "112-2233" not in "".join(previews(made))


def test_what_replacing_characters_would_save_is_shown_so_too():
    long = "x" * 60
    text = f"“Ciao” {{name}}, 02 1234 5678, 03/12/2026, not {PERSON}: {{note}} {long}"
    made = plan(text, table(note=["\u2019 02 1234 5678 \u2019", "\u2019 347 1234567 \u2019"]))
    for cheaper in (made.cheaper(), plan(text, made.frame, text_fix="gsm").fixed):
        shown = str(cheaper.facts()) + cheaper._repr_html_() + cheaper.changed.to_csv()
        assert shown.count("02 1234 5678") > 4
        assert "03/12/2026" in shown
        assert "1234567" not in digits(shown).replace("0212345678", "")


def test_errors_logs_and_reprs_mask_every_number():
    with pytest.raises(smsframe.TextError) as raised:
        plan("Ciao {+39 02 12345678}")
    assert "02 12345678" not in str(raised.value)
    assert "5678" not in repr(plan("Ciao", campaign="call 02 1234 5678"))


def test_control_characters_do_not_reach_the_screen():
    made = plan("Ciao {name}", table(note=["x", "x"]).assign(name=["A\u202eda", "Bea"]))
    assert "\u202e" not in "".join(previews(made))


@pytest.mark.slow
@settings(deadline=None)
@given(
    national=st.integers(10**9, 10**10 - 1),
    region=st.sampled_from(["IT", "GB", "US", "FR", "DE", "BR", "AR", "MX", "LI", "IE", "NO", "ZA"]),
    style=st.sampled_from(
        [
            phonenumbers.PhoneNumberFormat.E164,
            phonenumbers.PhoneNumberFormat.INTERNATIONAL,
            phonenumbers.PhoneNumberFormat.NATIONAL,
            phonenumbers.PhoneNumberFormat.RFC3966,
        ]
    ),
    around=st.sampled_from(["{}", "a{}b", "1 {} 2", "3{}", "({})", "tel:{};", "{}{}"]),
)
def test_no_number_of_the_table_is_readable_in_any_style(national, region, style, around):
    number = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
    size = len(str(number.national_number))
    number.national_number = int(str(number.national_number)[:3] + str(national)[: size - 3])
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    written = phonenumbers.format_number(number, style)
    people = pd.DataFrame({"mobile": [e164, PERSON]})
    made = smsframe.plan(people, "Call " + around.replace("{}", written), phone="mobile", numbers="possible")
    for preview in previews(made):
        assert written not in preview
        # The last two digits of several numbers are no number.
        assert all(digits(e164)[-7:] not in digits(part) for part in preview.split("•"))


@settings(deadline=None)
@given(st.text(st.sampled_from("0123456789 ./-+ax"), min_size=1, max_size=40))
def test_what_is_nobody_s_is_shown_as_it_is(text):
    people = pd.DataFrame({"mobile": [PERSON, OTHER]})
    made = smsframe.plan(people, f"x{text}x", phone="mobile")
    ends = {e164[-7:] for e164 in (PERSON, OTHER)}
    if not any(end in digits(text) for end in ends):
        assert made.facts()["examples"] == [f"x{text}x"]


LINKS = [
    "https://wa.me/393471234567",
    "https://wa.me/393471234567?text=Ciao",
    "wa.me/393471234567",
    "https://api.whatsapp.com/send?phone=393471234567&text=1234567890",
    "https://api.whatsapp.com/send?phone=%2B393471234567",
    "https://ex.example/?m=+39%20347%20123%204567",
    "https://ex.example/?m=347%201234567",
    "https://ex.example/?m=347%20-%201234567",
    "https://ex.example/?m=%28347%29%20123%2D4567",
    "https://ex.example/?m=%33471234567",
    "https://ex.example/?m=34712%334567",
    "https://ex.example/?m=347+123+4567",
    "https://ex.example/347/123/4567",
    "https://ex.example/393471234567/12345678",
    "https://ex.example/u393471234567b",
    "https://ex.example/r/100%3471234567",
    "tel:+39-347-123-4567",
    "tel:3471234567,,1",
    "sms:+393471234567?body=Ciao",
    "callto://+393471234567",
    "https://t.example/#!/+393471234567",
]
"""A person's number as links have it."""

HOTLINES = [
    "https://wa.me/390212345678",
    "https://wa.me/3902%2012345678?text=Ciao%20347",
    "https://ex.example/r/1234567",  # the last digits of somebody's number, and no number
    "ex.example/r/1234567?u=20261203",
    "https://ex.example/r/71234567/8",
    "call 02 1234567 or +39 800 1234567",
    "tel:+39-02-1234567",
    "+39 06 471234567",
    "50%20 off, 800 123 4567",
]
"""Numbers and codes that end as somebody's number does, and are nobody's."""


@pytest.mark.samples(4)
@pytest.mark.parametrize("link", LINKS)
def test_a_persons_number_in_a_link_is_masked(link):
    for text, frame in ((f"Ciao, {link} !", None), ("Ciao {l} !", table(l=[link, link]))):
        made = plan(text, frame)
        for preview in previews(made):
            assert link.replace("&", "&amp;") not in preview
            assert "347123" not in digits(preview.replace("%20", "").replace("%2D", "").replace("%29", ""))
        assert made.facts()["examples"][0].startswith("Ciao")


@pytest.mark.samples(4)
@pytest.mark.parametrize("hotline", HOTLINES)
def test_a_hotline_that_ends_as_somebodys_number_is_shown_whole(hotline):
    for preview in previews(plan(f"Ciao: {hotline} !")):
        assert hotline.replace("&", "&amp;") in preview


def test_that_a_local_number_is_masked_masks_no_hotline_that_ends_so():
    """The last digits that one run was known by were looked for in all others."""
    for text in ("1234567 or 02 1234567", "02 1234567 or 1234567"):
        for preview in previews(plan(f"Call x {text}")):
            assert "02 1234567" in preview
            assert re.sub(r"02 1234567", "", preview).count("1234567") == 0


def test_a_number_is_known_without_the_code_of_its_country_and_no_shorter():
    people = pd.DataFrame({"mobile": ["+33612345678", "+4520123456", "+12025550123"], "name": "A"})
    for shown in ("https://ex.example/r/12345678", "call 01 12345678", "call 70 123456", "+45 70 12 34 56"):
        made = smsframe.plan(people, f"Ciao, {shown} !", phone="mobile", numbers="possible")
        assert shown in made.facts()["examples"][0]
    for hidden in ("06 12 34 56 78", "20 12 34 56", "(202) 555-0123", "1-202-555-0123"):
        made = smsframe.plan(people, f"Ciao, {hidden} !", phone="mobile", numbers="possible")
        assert hidden not in made.facts()["examples"][0]


@given(
    before=st.integers(0, 99),
    date=st.tuples(st.integers(1, 39), st.integers(1, 19), st.sampled_from([1900, 1999, 2026])),
    after=st.integers(0, 999).map("{:03}".format),
    order=st.sampled_from(["{0}{3}{1}{3}{2}", "{2}{3}{1}{3}{0}"]),
    separator=st.sampled_from("/.-"),
    between=st.tuples(*[st.sampled_from(["", " ", "-", ".", "/", "%20"])] * 2),
)
def test_a_number_of_which_some_digits_look_like_a_date_is_masked(
    before, date, after, order, separator, between
):
    written = f"+39{before}{between[0]}{order.format(*date, separator)}{between[1]}{after}"
    whole = "+" + digits(written.replace("%20", " "))
    previewer = Previewer(pd.Series([whole]), pd.Series([whole], dtype="string"))

    text = f"Call {written} today"
    (shown,) = previewer.shown([text])

    blank = text.replace("%20", "   ")  # of a sign that a link encodes a digit may be masked as well
    hidden = [shown[place] == "•" for place, sign in enumerate(blank) if sign.isdecimal()]
    assert hidden == [True] * (len(hidden) - 2) + [False] * 2  # the last two are shown


@pytest.mark.parametrize("date", ["03/12/2026", "03.12.2026", "2026-12-03"])
@pytest.mark.parametrize("beside", ["", " 18:30", " at 18:30", ", 9"])
def test_a_date_is_shown_where_somebodys_number_has_its_digits(date, beside):
    typed = f"+4520{digits(date)}"
    previewer = Previewer(pd.Series([digits(date)]), pd.Series([typed], dtype="string"))

    assert previewer.shown([f"On {date}{beside} in town"]) == [f"On {date}{beside} in town"]
