"""The result columns: which call has which, in which order and dtypes; older frames are read by name."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pandera.pandas as pa
import pytest
from helpers.sending import resume, send, table

import smsframe
from smsframe.orders.delivery_codes import DELIVERY_CODES
from smsframe.outcomes import codes as reasons
from smsframe.outcomes.columns import CHECKED, COLUMNS, DTYPES, PLANNED, results_for, validated
from smsframe.outcomes.join import outcomes

SCHEMAS = {
    CHECKED: smsframe.CheckedSchema,
    PLANNED: smsframe.PlannedSchema,
    COLUMNS: smsframe.ResultsSchema,
}

OLD = (
    "sms_campaign", "sms_phone", "sms_status", "sms_code", "sms_reason", "sms_segments", "sms_credits",
    "sms_order_id", "sms_sent_at", "sms_delivery", "sms_delivered_at",
)  # fmt: skip
"""The columns of every version before this order, in theirs."""

SEVERAL = pd.MultiIndex.from_tuples([("a", 1), ("a", 1), ("b", 2), ("b", 3)], names=["k", "n"])
FRAMES = {
    "rows": table(4),
    "repeated labels": table(4).set_axis(["x", "x", "y", "y"]),
    "several levels": table(4).set_axis(SEVERAL),
    "empty": table(4).iloc[:0],
    "empty of several levels": table(4).set_axis(SEVERAL).iloc[:0],
}


def holds(out, contacts, names):
    """A frame has the contacts, and after them these result columns and no other, as their schema says."""
    own = contacts.loc[:, ~contacts.columns.astype(str).str.startswith("sms_")]
    assert tuple(out.columns) == (*own.columns, *names)
    pd.testing.assert_frame_equal(out[[*own.columns]], own)
    assert out[list(names)].dtypes.to_dict() == {name: DTYPES[name] for name in names}
    SCHEMAS[names].validate(out)


# Which call has which -------------------------------------------------------------------------------------


@pytest.mark.parametrize("contacts", FRAMES.values(), ids=FRAMES)
def test_each_call_has_its_columns_in_the_contracts_order_and_dtypes(contacts, sandbox, gateway):
    if len(contacts):
        contacts = contacts.assign(mobile=[*contacts["mobile"][:2], "12", contacts["mobile"].iloc[0]])
    holds(contacts.sms.check(phone="mobile"), contacts, CHECKED)
    planned = contacts.sms.plan("Ciao {name}", campaign="autumn", phone="mobile", gateway=gateway)
    holds(planned.frame, contacts, PLANNED)
    out = send(contacts, gateway)
    holds(out, contacts, COLUMNS)
    holds(send(contacts, gateway), contacts, COLUMNS)
    holds(smsframe.refresh(out, gateway=gateway, progress=False), contacts, COLUMNS)
    again = contacts.sms.plan("Ciao {name}", campaign="autumn", phone="mobile", gateway=gateway)
    holds(again.frame, contacts, PLANNED)
    nobody = pd.DataFrame(index=pd.RangeIndex(2 if len(contacts) else 0), columns=pd.Index([], dtype="str"))
    holds(smsframe.results("autumn", journal=gateway.journal), nobody, COLUMNS)
    holds(resume(gateway), nobody, COLUMNS)


def test_a_run_in_the_background_has_all_columns_before_and_after(gateway):
    contacts = table(3)
    run = smsframe.start(contacts, "Ciao", campaign="autumn", phone="mobile", gateway=gateway, progress=False)
    holds(run.results(), contacts, COLUMNS)
    holds(run.wait(), contacts, COLUMNS)


def test_each_result_replaces_all_result_columns_of_an_earlier_one(gateway):
    contacts = table(3)
    out = send(contacts, gateway)
    holds(out.sms.check(phone="mobile"), contacts, CHECKED)
    made = out.sms.plan("Ciao", phone="mobile")
    holds(made.frame, contacts, PLANNED)
    holds(send(out, gateway), contacts, COLUMNS)
    mine = contacts.assign(sms_status="mine", sms_attempt="mine")
    holds(mine.sms.check(phone="mobile"), contacts, CHECKED)


def test_only_variants_that_were_assigned_stay_when_rows_are_checked():
    contacts = table(3)
    assigned = contacts.sms.assign(["short", "long"], by="mobile", seed="autumn")
    checked = assigned.sms.check(phone="mobile")
    assert tuple(checked.columns) == (*assigned.columns, *CHECKED)
    pd.testing.assert_series_equal(checked["sms_variant"], assigned["sms_variant"])
    holds(assigned.assign(sms_variant=None).sms.check(phone="mobile"), contacts, CHECKED)


def test_a_frame_in_another_order_is_not_as_the_schema_says(gateway):
    out = send(table(1), gateway)
    other = out[[*OLD, *(name for name in COLUMNS if name not in OLD)]]
    # pandera raises all at once, or the first: it depends on its version.
    with pytest.raises((pa.errors.SchemaError, pa.errors.SchemaErrors), match=r"column_ordered|out-of-order"):
        smsframe.ResultsSchema.validate(other)
    with pytest.raises(RuntimeError, match="another order"):
        validated("ResultsSchema", other)


# What they say --------------------------------------------------------------------------------------------


def test_the_attempt_is_the_first_for_whom_the_campaign_knows_and_missing_for_others(sandbox, gateway):
    contacts = pd.DataFrame({"mobile": [*table(3, bad=[1])["mobile"], "12", table(1)["mobile"][0]]})
    out = send(contacts, gateway, "Ciao")
    assert out["sms_status"].tolist() == ["accepted", "rejected", "accepted", "invalid", "duplicate"]
    assert out["sms_attempt"].fillna(0).tolist() == [1, 1, 1, 0, 0]
    assert smsframe.results("autumn", journal=gateway.journal)["sms_attempt"].eq(1).all()
    assert out["sms_variant"].isna().all()
    assert out["sms_campaign"].eq("autumn").all()


def test_a_scheduled_text_says_when_it_goes_out_and_one_sent_at_once_does_not(sandbox, gateway):
    later = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=3)
    out = send(table(3, bad=[2]), gateway, schedule=later)
    assert out["sms_status"].tolist() == ["scheduled", "scheduled", "rejected"]
    assert out["sms_scheduled_at"].tolist()[:2] == [later, later]
    assert out["sms_scheduled_at"].isna().tolist() == [False, False, True]
    assert send(table(3), gateway, campaign="now")["sms_scheduled_at"].isna().all()


def test_who_may_have_a_scheduled_text_has_its_time_too():
    from test_results import journalled  # noqa: PLC0415 - what a journal knows of one order

    later = pd.Timestamp("2030-01-01", tz="UTC")
    for state, there in (("accepted", True), ("unconfirmed", True), ("planned", False), ("refused", False)):
        out = outcomes(journalled(state=state, schedule_at=later), "autumn")
        assert out["sms_scheduled_at"].notna().eq(there).all(), state
    lacking = outcomes(journalled(schedule_at=later, missing=True), "autumn")
    assert lacking["sms_scheduled_at"].eq(later).all()


# Older frames and files -----------------------------------------------------------------------------------


@pytest.fixture
def sent(sandbox, gateway):
    contacts = pd.DataFrame({"name": [*"abcd"], "mobile": [*table(3, bad=[1])["mobile"], "12"]})
    return send(contacts, gateway, "Ciao")


def through_a_file(frame, path):
    frame.sms.to_csv(path)
    return smsframe.read_contacts(path)


def through_pandas(frame, path):
    frame.to_csv(path, index=False)
    return pd.read_csv(path, dtype={"sms_phone": str, "mobile": str})


OLDER = {
    "a frame": lambda frame, _: frame,
    "a file": through_a_file,
    "a file of pandas": through_pandas,
}


@pytest.mark.parametrize("older", OLDER.values(), ids=OLDER)
def test_a_frame_in_the_old_order_is_read_by_name(older, sent, gateway, tmp_path):
    old = older(sent[["name", "mobile", *OLD]], tmp_path / "old.csv")
    assert repr(old.sms.summary()) == repr(sent.sms.summary())
    assert old.sms.summary().facts() == sent.sms.summary().facts()
    assert old.sms.failed()["name"].tolist() == sent.sms.failed()["name"].tolist() == ["b", "d"]
    assert tuple(old.sms.failed().columns) == ("name", "mobile", *OLD)  # its rows, as they are
    now = smsframe.refresh(old, gateway=gateway, progress=False)
    assert tuple(now.columns) == ("name", "mobile", *COLUMNS)
    assert now[list(COLUMNS)].dtypes.to_dict() == DTYPES
    smsframe.ResultsSchema.validate(now)
    assert now["sms_delivery"].notna().tolist() == [True, False, True, False]
    assert now["sms_attempt"].isna().all()  # unknown: that version did not write it
    old.sms.to_csv(tmp_path / "again.csv")
    assert [*smsframe.read_contacts(tmp_path / "again.csv").columns] == ["name", "mobile", *OLD]
    with pytest.warns(smsframe.PhoneGuessed, match="'mobile'"):
        holds(old.sms.check(), old[["name", "mobile"]], CHECKED)
    again = send(old, gateway, "Ciao")
    assert again["sms_order_id"].fillna("").tolist() == sent["sms_order_id"].fillna("").tolist()


@pytest.mark.parametrize("older", OLDER.values(), ids=OLDER)
def test_a_frame_with_fewer_columns_is_read_too(older, sent, gateway, tmp_path):
    few = older(sent[["name", "sms_status", "sms_order_id", "sms_phone"]], tmp_path / "few.csv")
    assert few.sms.failed()["name"].tolist() == ["b", "d"]
    summary = few.sms.summary()
    assert summary.statuses.to_dict() == {"accepted": 2, "rejected": 1, "invalid": 1}
    assert (summary.campaign, summary.segments, summary.credits_unknown) == ("", 0, 2)
    now = smsframe.refresh(few, gateway=gateway, progress=False)
    assert tuple(now.columns) == ("name", *COLUMNS)
    assert now[list(COLUMNS)].dtypes.to_dict() == DTYPES
    assert now["sms_delivery"].notna().tolist() == [True, False, True, False]


def test_the_frames_of_check_and_plan_are_summarised_as_they_are(gateway):
    contacts = pd.DataFrame({"mobile": [*table(2)["mobile"], "12"]}, index=["x", "x", "y"])
    checked = contacts.sms.check(phone="mobile")
    assert checked.sms.summary().statuses.to_dict() == {"ready": 2, "invalid": 1}
    assert checked.sms.failed().index.tolist() == ["y"]
    made = contacts.sms.plan("Ciao", campaign="autumn", phone="mobile", gateway=gateway)
    assert made.frame.sms.summary().statuses.to_dict() == {"ready": 2, "invalid": 1}
    with pytest.raises(
        smsframe.ContactsError, match="no sms_order_id: use one that smsframe's send or results"
    ):
        checked.sms.refresh(gateway=gateway, progress=False)


def test_a_frame_without_a_status_is_no_result(sent):
    with pytest.raises(smsframe.ContactsError, match="no sms_status"):
        sent.drop(columns="sms_status").sms.summary()


# Reasons --------------------------------------------------------------------------------------------------

NEW = {
    "held_out": "suppressed", "frequency_cap": "suppressed", "not_allowed": "suppressed",
    "quiet_hours": "pending", "time_passed": "pending", "missing_time": "invalid",
    "ramp": "pending", "budget": "pending",
}  # fmt: skip


@pytest.mark.parametrize("code", reasons.CODES)
def test_every_code_has_a_short_sentence_and_a_long_one(code):
    short, long = reasons.CODES[code], reasons.EXPLANATIONS[code]
    assert 0 < len(short) <= reasons.LONGEST_SHORT == 60
    assert len(long) > len(short)
    assert "\n" not in short + long
    assert not {*"()"} & {*short}
    assert not short.endswith(".")
    assert long.endswith(".")
    assert long[0].isupper()


def test_the_page_has_every_column_in_order_and_every_code_with_both_sentences():
    page = (Path(__file__).parents[2] / "docs" / "columns.md").read_text("utf-8")
    columns = re.findall(r"^\| `(sms_\w+)` \| [A-Za-z].* \| ", page, re.MULTILINE)
    assert columns == [*COLUMNS]
    rows = re.findall(r"^\| `(\w+)` \| `.*?` \| ([^`].*) \| (.*) \|$", page, re.MULTILINE)
    assert {code: (short, long) for code, short, long in rows} == reasons.REASONS
    deliveries = re.findall(r"^\| `([A-Z0-9]+)` \|(.*) \|$", page, re.MULTILINE)
    assert {code: [cell.strip() for cell in cells.split(" | ")] for code, cells in deliveries} == {
        code: [
            known.meaning,
            "of `medium` and `low`" if known.last_without_reports else yes_or_no(known.final),
            "perhaps"
            if known.maybe_arrived
            else {True: "yes", False: "no"}.get(known.delivered)
            if known.final
            else "not yet",
            yes_or_no(known.failed),
            "on your word" if known.maybe_arrived else yes_or_no(known.retryable),
            known.advice or "nothing",
        ]
        for code, known in DELIVERY_CODES.items()
    }


def yes_or_no(value):
    return "yes" if value else "no"


def test_codes_are_those_of_the_fixed_categories():
    assert list(DTYPES["sms_code"].categories) == list(reasons.CODES) == list(reasons.EXPLANATIONS)
    assert {*reasons.NUMBERS, *reasons.TEXTS} < {*reasons.CODES}
    assert len({*reasons.CODES.values()}) == len({*reasons.EXPLANATIONS.values()}) == len(reasons.CODES)


@pytest.mark.parametrize(("code", "status"), NEW.items(), ids=NEW)
def test_codes_of_what_is_to_come_have_their_place(code, status):
    made = results_for(
        1, sms_status=status, sms_code=code, sms_reason=reasons.CODES[code], sms_phone="+393471234567"
    )
    smsframe.ResultsSchema.validate(made)
    assert made["sms_code"].tolist() == [code]


def test_a_reason_with_facts_is_short_and_keeps_both_ends():
    facts = pd.Series(["first " + "word " * 200 + "\n\tlast", "short", None], dtype="string[pyarrow]")
    said = reasons.shortened(facts)
    assert said.str.len().tolist()[:2] == [reasons.LONGEST_REASON, 5]
    assert said[0].startswith("first word ")
    assert said[0].endswith(" word last")
    assert said.isna().tolist() == [False, False, True]
    assert said.dtype == facts.dtype


def test_reasons_that_carry_facts_stay_informative_and_short(sandbox, gateway):
    class Rules(smsframe.ContactsSchema):
        age: int = pa.Field(isin=list(range(18, 400)))
        name: str = pa.Field(str_length=3)

    contacts = table(3).assign(age=[17, 18, 19], name=["Ada", "Bea", "x"])
    checked = contacts.sms.check(phone="mobile", schema=Rules)
    assert checked["sms_reason"].str.len().max() <= reasons.LONGEST_REASON
    assert "of 'age'" in checked["sms_reason"][0]
    assert "str_length" in checked["sms_reason"][2]
    send(contacts, gateway)
    other = send(contacts.assign(name="Zoe"), gateway)
    assert other["sms_reason"].unique().tolist() == ["sent earlier in this campaign, with another text"]
    texts = pd.DataFrame({"mobile": [table(1)["mobile"][0]] * 3, "name": ["a", "b", None]})
    made = texts.sms.plan("Ciao {name}", phone="mobile").frame
    assert made["sms_reason"].tolist()[1:] == [
        "same number, other text; first occurrence kept",
        "no value for {name}, and no default",
    ]
