"""The plan: everything is seen before it is paid for."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pandas as pd
import pytest
from helpers import sending

import smsframe
from smsframe.orders.batching import batch_numbers, order_id, prefix

MOBILE, OTHER, THIRD = "+393471234567", "+393471234568", "+12125550142"


def table(**columns):
    return pd.DataFrame({"mobile": [MOBILE, OTHER, THIRD], "name": ["Ada", "Zoë ☕", "Bob"], **columns})


def plan(frame=None, text="Ciao {name}", **options):
    return (table() if frame is None else frame).sms.plan(text, phone="mobile", **options)


def test_a_plan_counts_people_texts_segments_credits_and_orders():
    made = plan(table(name=["Ada", "Zoë ☕", "x" * 200]), batch_size=1)
    assert (made.recipients, made.segments, made.credits) == (3, 4, 4)
    assert made.counts.to_dict() == {"ready": 3}
    assert made.encodings.to_dict() == {"gsm": 2, "ucs2": 1}
    assert made.batches["recipients"].tolist() == [1, 1, 1]
    assert made.batches["encoding"].tolist().count("ucs2") == 1
    assert made.longest == made.dearest == "Ciao " + "x" * 200


def test_it_names_the_character_that_forces_ucs2_and_how_many_rows_pay():
    made = plan(table(name=["ë", "ë☕", "Bob"]))
    assert made.ucs2.to_dict() == {"ë": 2, "☕": 1}


def test_its_frame_is_the_table_with_segments_and_reasons():
    made = plan(table(name=["Ada", None, "Bob"]))
    smsframe.PlannedSchema.validate(made.frame)
    assert made.frame["sms_status"].tolist() == ["ready", "invalid", "ready"]
    assert made.frame["sms_code"].tolist()[1] == "missing_value"
    assert made.frame["sms_segments"].tolist()[0] == 1
    assert made.reasons["rows"].tolist() == [1]


def test_it_is_a_snapshot():
    frame = table()
    made = plan(frame)
    frame.loc[:, "name"] = "changed"
    assert made.frame["name"].tolist() == ["Ada", "Zoë ☕", "Bob"]


def test_number_before_suppression_before_text_before_duplicate():
    frame = pd.DataFrame(
        {"mobile": ["no", MOBILE, OTHER, THIRD, THIRD, THIRD], "name": [None, None, None, None, "Ada", "Bob"]}
    )
    made = plan(frame, suppress=[MOBILE])
    assert made.frame["sms_status"].tolist() == [
        "invalid", "suppressed", "invalid", "invalid", "ready", "duplicate",
    ]  # fmt: skip
    assert made.frame["sms_code"].tolist()[2:] == [
        "missing_value", "missing_value", made.frame["sms_code"].tolist()[4], "duplicate_text",
    ]  # fmt: skip


TOO_MUCH = [
    ("x" * 1001, {}, "text_too_long"),
    ("😀" * 226, {}, "text_too_long"),
    ("x" * 161, {"quality": "medium"}, "text_too_long"),
    ("x" * 161, {"quality": "low"}, "text_too_long"),
    ("x" * 161, {"max_segments": 1}, "too_many_segments"),
]


@pytest.mark.parametrize(("name", "options", "code"), TOO_MUCH)
def test_limits_make_a_row_invalid(name, options, code):
    made = plan(table(name=["Ada", name, "Bob"]), "{name}", **options)
    assert made.frame["sms_code"].tolist()[1] == code
    assert made.recipients == 2


@pytest.mark.parametrize("name", ["x" * 1000, "😀" * 225, "€" * 500])
def test_a_text_just_within_the_limits_is_ready(name):
    assert plan(table(name=["Ada", name, "Bob"]), "{name}").recipients == 3


BAD_TEXTS = [
    "",
    "   \n",
    "Ciao {nome}",
    "Ciao {",
    "Ciao }",
    "Ciao {}",
    "${name}",
    "\ud83d",
    "x" * 1_000_000,
    5,
]


@pytest.mark.parametrize("text", BAD_TEXTS, ids=range(len(BAD_TEXTS)))
def test_a_text_that_cannot_be_sent_is_an_error_before_anything_happens(text):
    with pytest.raises(smsframe.TextError) as caught:
        plan(text=text)
    assert len(str(caught.value)) < 500


BAD_OPTIONS = [
    ({"batch_size": 0}, "batch_size=0"),
    ({"batch_size": -5}, "batch_size=-5"),
    ({"batch_size": 2.5}, "batch_size=2.5"),
    ({"max_segments": 0}, "max_segments=0"),
    ({"quality": "best"}, "high, medium, low"),
    ({"quality": "low", "sender": "Cafe"}, "takes no sender"),
    ({"sender": "MuchTooLongASender"}, "at most 11"),
    ({"schedule": datetime(2030, 1, 1)}, "time zone"),  # noqa: DTZ001 - the mistake
    ({"schedule": "tomorrow"}, "time zone"),
    ({"campaign": "  "}, "printable"),
    ({"campaign": "a\nb"}, "printable"),
]


@pytest.mark.parametrize(("options", "said"), BAD_OPTIONS)
def test_a_parameter_that_makes_no_sense_is_said_clearly(options, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        plan(**options)


def test_the_repr_is_one_line_without_anybodys_data():
    made = plan(table(name=["Ada", None, "Bob"]), campaign="autumn")
    assert repr(made) == ("<smsframe.Plan autumn: text 2 people, 2 segments, 2 credits, 1 order; 1 invalid>")


def test_an_empty_frame_is_a_plan_for_nobody():
    made = plan(table().iloc[:0])
    assert (made.recipients, made.segments, made.longest) == (0, 0, None)
    assert "Text 0 people" in made._repr_html_()


def test_the_card_shows_what_matters_masked_and_without_scripts():
    hostile = "<script>alert(1)</script>"
    made = plan(
        table(name=[hostile, "call +39 347 123 4567", "Bob"]), "Ciao {name}", campaign="<b>autumn</b>"
    )
    card = made._repr_html_()
    assert "Text 3 people for 3 credits" in card
    assert "<script" not in card
    assert "&lt;script&gt;" in card
    assert "<b>autumn" not in card
    assert "123 4567" not in card
    assert "1234567" not in card


def test_the_facts_hold_no_number():
    made = plan(table(name=[MOBILE, OTHER, "Bob"]))
    assert not re.search(r"\d{7}", str(made.facts()))


def test_the_summarys_card_is_escaped_too():
    out = plan(campaign="<i>x</i>").frame
    card = out.sms.summary()._repr_html_()
    assert "<i>x" not in card
    assert "3 rows" in card


def test_repairs_are_said():
    made = plan(table(mobile=["0039 347 1234567", "'+393471234568", "+12125550142"]))
    assert made.repairs.to_dict() == {"zeros": 1, "apostrophe": 1}


def people(*phones, fields=None):
    return pd.DataFrame({"phone": phones, "fields": fields or [None] * len(phones)}, dtype="string")


def test_an_order_id_is_the_same_for_the_same_people_and_texts_in_any_order():
    start = prefix("autumn", "https://g.example/", "me")
    one = order_id(start, "Ciao", people(MOBILE, OTHER), 0)
    assert one == order_id(start, "Ciao", people(OTHER, MOBILE), 0)
    assert re.fullmatch(r"sf-[a-z2-7]{10}-[a-z2-7]{16}", one)
    assert len(one) == 30


def test_an_order_id_differs_by_campaign_gateway_account_people_text_value_and_generation():
    starts = [
        prefix(*facts) for facts in [("a", "g", "m"), ("b", "g", "m"), ("a", "h", "m"), ("a", "g", "n")]
    ]
    ids = [order_id(start, "Ciao", people(MOBILE), 0) for start in starts]
    ids += [
        order_id(starts[0], "Ciao", people(OTHER), 0),
        order_id(starts[0], "Hey", people(MOBILE), 0),
        order_id(starts[0], "Ciao", people(MOBILE, fields=["Ada"]), 0),
        order_id(starts[0], "Ciao", people(MOBILE), 1),
    ]
    assert len(set(ids)) == len(ids)


def test_people_are_cut_by_encoding_and_size_in_their_order():
    frame = pd.DataFrame({"phone": list("abcde"), "encoding": ["gsm", "ucs2", "gsm", "gsm", "ucs2"]})
    assert batch_numbers(frame, 2).tolist() == [0, 1, 0, 2, 1]


def test_a_schedule_is_kept_in_whole_seconds_of_utc():
    when = datetime(2030, 5, 1, 9, 30, 15, 999, tzinfo=UTC)
    assert plan(schedule=when).terms.schedule == when.replace(microsecond=0)


@pytest.mark.filterwarnings("ignore:.*without a plus or a region")
def test_repairs_count_only_numbers_that_can_be_texted():
    assert plan(table(mobile=["0347 1234567", "393471234568", "+12125550142"])).repairs.to_dict() == {
        "plus": 1
    }


@pytest.mark.parametrize("spec", [",", "_", ">8", "*^10", "05d", "2f", "d", ".2f", "%d/%m"])
def test_a_format_is_refused_instead_of_texted_as_a_default(spec):
    with pytest.raises(smsframe.TextError, match="has a format"):
        plan(table(price=1234.5), f"EUR {{price:{spec}}}")


@pytest.mark.parametrize("default", ["0", "friend", "e", "100%", "n/a"])
def test_a_default_is_a_default(default):
    assert plan(table(x=None), f"{{x:{default}}}").longest == default


def test_a_misspelt_column_is_recognised():
    with pytest.raises(smsframe.ContactsError, match="Did you mean 'mobile'"):
        table().sms.plan("Ciao", phone="mobile ")


def test_something_that_is_no_gateway_is_refused():
    with pytest.raises(TypeError, match=r"must be a smsframe\.Gateway, not str"):
        plan(gateway="https://gateway.example/")


def test_people_are_counted_by_the_very_string_that_is_sent():
    names = ["Ada", "Zoë ☕", "€" * 160, "👋" * 100, "e\u0301", "a\r\nb", "[x]", "ж" * 134, "l\u2019ora"]
    frame = sending.table(len(names)).assign(name=names)
    made = plan(frame, "{name}, è {name} {name:nessuno}")
    said = made.people["text"].sms.segments().astype({"encoding": "string[pyarrow]"})
    pd.testing.assert_frame_equal(made.people[["encoding", "units", "segments"]], said)


def test_a_number_mended_twice_counts_for_both_repairs():
    numbers = ["'0039 347 1234567", "'+393471234568", "+12125550142"]
    assert plan(table(mobile=numbers)).repairs.to_dict() == {"apostrophe": 2, "zeros": 1}


def test_the_gateways_limit_comes_before_the_callers():
    made = plan(table(name=["x" * 1001, "x" * 200, "x"]), "{name}", max_segments=1)
    assert made.frame["sms_code"].tolist()[:2] == ["text_too_long", "too_many_segments"]
    assert made.frame["sms_reason"].tolist()[0] == "text has 1001 characters; the gateway takes 1000"
    assert made.frame["sms_reason"].tolist()[1] == "text needs 2 segments; max_segments is 1"
    assert made.recipients == 1


def test_the_row_that_is_texted_stands_for_its_number_else_the_first_that_could_be():
    frame = pd.DataFrame(
        {
            "mobile": [MOBILE, MOBILE, OTHER, OTHER, "no", THIRD, THIRD],
            "name": [None, "Ada", None, None, "x", "Bob", "Bea"],
        }
    )
    made = plan(frame)
    assert made.stands.tolist() == [False, True, True, False, False, True, False]
    assert plan(frame, suppress=[OTHER, THIRD]).stands.tolist() == made.stands.tolist()


def test_the_longest_and_the_dearest_are_the_first_of_their_kind():
    made = plan(table(name=["é" * 170, "ж" * 140, "x" * 170]), "{name}")
    assert made.longest == "é" * 170
    assert made.dearest == "ж" * 140


def test_texts_are_made_when_asked_for_of_the_values_that_were_there():
    rows = 150_000  # more than one block
    names = pd.Series(["Ada", "Łucja", "Zoë"] * (rows // 3))
    frame = pd.DataFrame({"mobile": [f"+39347{number:07}" for number in range(rows)], "name": names})
    made = smsframe.plan(frame, "Ciao {name}, {name}!", campaign="autumn", phone="mobile")
    frame["name"] = "somebody else"
    expected = ("Ciao " + names + ", " + names + "!").tolist()
    assert made.people["text"].tolist() == made.ready["text"].tolist() == expected
    assert [*made.ucs2.items()] == [("ë", rows // 3), ("Ł", rows // 3)]
