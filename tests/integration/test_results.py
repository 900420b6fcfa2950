"""Outcomes as frames: shares of a charge, summaries, failures, and files a spreadsheet cannot run."""

from __future__ import annotations

import pandas as pd
import pytest
from helpers.sending import send, table

import smsframe
from smsframe.arrow import INSTANT, TEXT
from smsframe.outcomes.columns import COLUMNS
from smsframe.outcomes.join import Known, outcomes

pytestmark = pytest.mark.both_journals


def journalled(*, missing=False, batch=0, segments=(1, 2, 4), **facts):
    """What the journal knows of one order of three people, with other facts on top."""
    people = pd.DataFrame(
        {
            "phone": ["+12125550101", "+12125550102", "+12125550103"],
            "template": pd.Categorical(["Ciao"] * 3),
            "fields": pd.Series([None] * 3, dtype=TEXT),
            "segments": pd.Series([*segments], dtype="Int64"),
            "missing": missing,
            "refused": pd.Series([None] * 3, dtype=TEXT),
            "attempt": pd.Series([1] * 3, dtype="Int64"),
            "delivery": pd.Series([None] * 3, dtype=TEXT),
            "delivered_at": pd.Series([None] * 3, dtype=INSTANT),
            "seen_at": pd.Series([None] * 3, dtype=INSTANT),
            "wait_code": pd.Series([None] * 3, dtype=TEXT),
            "wait_reason": pd.Series([None] * 3, dtype=TEXT),
            "variant": pd.Series([None] * 3, dtype=TEXT),
            "held_out": False,
            "batch": batch,
        }
    )
    order = {
        "order_id": "sf-x",
        "state": "accepted",
        "doubt": 0,
        "owner": "me",
        "owner_alive": False,
        "attempts": 1,
        "schedule_at": None,
        "sent_at": None,
        "charged": 7.0,
        "reason": None,
        "message_type": "N",
        "sender": None,
        "template": "Ciao",
    }
    orders = pd.DataFrame([order | facts]).astype({"schedule_at": INSTANT, "sent_at": INSTANT})
    return Known(people, orders)


@pytest.mark.parametrize("charge", [7, 0.1, 1 / 3, 12.345678, 1e6 + 0.7, 0])
def test_shares_add_up_exactly_and_follow_the_segments(charge):
    shares = outcomes(journalled(charged=charge), "autumn")["sms_credits"]
    assert shares.sum() == charge
    assert shares.to_numpy(dtype=float) == pytest.approx(
        [charge / 7, charge * 2 / 7, charge * 4 / 7], abs=1e-5
    )


def test_who_is_missing_from_an_order_has_no_share_of_its_charge():
    out = outcomes(journalled(charged=5, missing=[False, True, False]), "autumn")
    assert out["sms_credits"].sum() == 5
    assert out["sms_credits"].isna().tolist() == [False, True, False]
    assert out["sms_status"].tolist() == ["accepted", "unconfirmed", "accepted"]


STATES = {
    "accepted": ({}, ("accepted", None)),
    "for later": ({"schedule_at": pd.Timestamp("2030-01-01", tz="UTC")}, ("scheduled", None)),
    "refused": ({"state": "refused"}, ("rejected", "refused_number")),
    "unconfirmed": ({"state": "unconfirmed"}, ("unconfirmed", "unconfirmed")),
    "planned": ({"state": "planned", "attempts": 0}, ("pending", "not_sent")),
    "planned again": ({"state": "planned"}, ("pending", "not_accepted")),
    "in no batch": ({"batch": -1}, ("pending", "not_sent")),
    "sent by a dead run": ({"state": "sending"}, ("unconfirmed", "unconfirmed")),
    "sent by another run": ({"state": "sending", "owner_alive": True}, ("pending", "other_process")),
    "planned by another run": ({"state": "planned", "owner_alive": True}, ("pending", "other_process")),
}


@pytest.mark.parametrize(("columns", "said"), STATES.values(), ids=STATES)
def test_every_state_of_a_batch_has_one_reading(columns, said):
    out = outcomes(journalled(**columns), "autumn")
    assert out["sms_status"].eq(said[0]).all()
    assert out["sms_code"].astype(object).where(out["sms_code"].notna(), None).eq(said[1]).all() or (
        said[1] is None and out["sms_code"].isna().all()
    )
    smsframe.ResultsSchema.validate(out)


def test_what_a_run_was_sending_when_it_ended_is_unconfirmed_not_unsent():
    out = outcomes(journalled(state="sending", owner_alive=True), "autumn", run="me")
    assert out["sms_status"].eq("unconfirmed").all()


def test_a_summary_has_the_facts_and_fits_a_line(sandbox, gateway):
    contacts = table(5, bad=[1])
    contacts.loc[4, "mobile"] = "12"
    out = send(contacts, gateway)
    made = out.sms.summary()
    facts = made.facts()
    assert facts["statuses"] == {"accepted": 3, "rejected": 1, "invalid": 1}
    assert (facts["campaign"], facts["rows"], facts["segments"], facts["credits"]) == ("autumn", 5, 3, 3.0)
    assert facts["credits_unknown"] == 0
    assert repr(made).startswith("<smsframe.Summary autumn: 3 accepted, 1 ")
    assert repr(made).endswith("; 3 credits>")
    assert made.to_frame().set_index("what")["value"]["rows accepted"] == 3
    assert "3934" not in repr(made)


def test_failed_is_who_will_not_be_reached_and_never_who_may_have_been(sandbox, gateway):
    contacts = table(4, bad=[1])
    contacts.loc[2, "mobile"] = "+12125550175"  # not delivered: the sandbox's KO
    out = send(contacts, gateway)
    assert out.sms.failed().index.tolist() == [1]
    late = pd.DataFrame(out).assign(sms_delivery=pd.Series(["DLVRD", None, "KO", "WAITING"], dtype="string"))
    assert late.sms.failed().index.tolist() == [1, 2]
    assert late.assign(sms_status="unconfirmed", sms_delivery=None).sms.failed().empty


@pytest.mark.parametrize("call", ["summary", "failed"])
def test_a_frame_without_results_is_refused_by_name(call):
    with pytest.raises(smsframe.ContactsError, match="sms_status"):
        getattr(table(1).sms, call)()


def test_an_exported_file_is_read_back_with_the_same_numbers_and_no_formula_runs(tmp_path, sandbox, gateway):
    risky = ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "Ada", "007", "1e5"]
    contacts = table(8).assign(name=risky)
    out = send(contacts, gateway, "Ciao")
    path = tmp_path / "results.csv"
    out.sms.to_csv(path)
    back = smsframe.read_contacts(path)
    assert list(back.columns) == list(out.columns)
    assert back["mobile"].tolist() == contacts["mobile"].tolist()
    assert back["sms_phone"].tolist() == out["sms_phone"].tolist()
    assert back["sms_order_id"].tolist() == out["sms_order_id"].tolist()
    assert back["name"].tolist() == risky
    cells = pd.read_csv(path, dtype=str)["name"].tolist()
    assert not any(cell.startswith(("=", "@", "\t=", "+", "-")) for cell in cells)
    again = send(back, gateway, "Ciao")
    assert again["sms_order_id"].tolist() == out["sms_order_id"].tolist()


def test_formulas_in_column_names_categories_and_the_index_are_inert_too(tmp_path):
    frame = pd.DataFrame(
        {"=HYPERLINK(1)": ["x"], "kind": pd.Categorical(["=1+1"])}, index=pd.Index(["=2+2"], name="@id")
    )
    path = tmp_path / "out.csv"
    frame.sms.to_csv(path)
    for cell in path.read_text("utf-8-sig").replace("\n", ",").split(","):
        assert not cell.strip('"').startswith(("=", "@")), cell


def test_results_and_campaigns_are_frames_of_the_journal(sandbox, gateway):
    send(table(3, bad=[0]), gateway)
    send(table(2), gateway, campaign="other")
    found = smsframe.results("autumn", journal=gateway.journal)
    assert isinstance(found.index, pd.RangeIndex)
    assert tuple(found.columns) == COLUMNS
    smsframe.ResultsSchema.validate(found)
    listed = smsframe.campaigns(journal=gateway.journal).set_index("campaign")
    assert listed.loc["autumn", ["recipients", "accepted", "rejected"]].tolist() == [3, 2, 1]
    assert listed.loc["other", "credits"] == 2
    assert listed["gateway"].eq(sandbox.url).all()


def test_results_that_went_through_a_file_still_have_all_their_methods(tmp_path, people, sandbox, gateway):
    out = people.sms.send("Ciao", campaign="c", phone="mobile", region="IT", gateway=gateway, progress=False)
    out.sms.to_csv(tmp_path / "out.csv", sep=";", index=False)
    back = smsframe.read_contacts(tmp_path / "out.csv")
    assert repr(back.sms.summary()) == repr(out.sms.summary())
    assert back.sms.failed()["sms_status"].tolist() == out.sms.failed()["sms_status"].tolist()
    again = back.sms.refresh(gateway=gateway, progress=False)
    smsframe.ResultsSchema.validate(again)
    assert again["sms_delivery"].dropna().tolist() == ["DLVRD", "DLVRD"]


def calls(gateway):
    """What takes a frame of results."""
    return {
        "failed": smsframe.failed,
        "summary": smsframe.summary,
        "refresh": lambda rows: smsframe.refresh(rows, gateway=gateway, progress=False),
        "resend": lambda rows: smsframe.resend("autumn", rows, gateway=gateway, progress=False),
        "cancel": lambda rows: smsframe.cancel(rows, gateway=gateway, progress=False),
        "explain": lambda rows: smsframe.explain(rows, 0, gateway=gateway),
        "replies": lambda rows: smsframe.replies(rows, gateway=gateway),
    }


@pytest.mark.parametrize("call", ["failed", "summary", "refresh", "resend", "cancel", "explain"])
@pytest.mark.parametrize("column", ["sms_status", "sms_code"])
@pytest.mark.parametrize("word", ["Rejected", "abgelehnt", 1.0])
def test_a_word_that_smsframe_does_not_write_is_refused(call, column, word, gateway):
    rows = send(table(3), gateway).astype({column: object})
    rows.loc[0, column] = word
    with pytest.raises(
        smsframe.ContactsError, match=f"column {column} has values that smsframe does not write"
    ):
        calls(gateway)[call](rows)


@pytest.mark.parametrize("call", ["refresh", "resend", "cancel", "explain", "replies"])
@pytest.mark.parametrize("kind", ["int64", "float64"])
def test_numbers_that_lost_their_plus_are_refused(call, kind, gateway):
    rows = send(table(3), gateway)
    rows["sms_phone"] = rows["sms_phone"].str[1:].astype("int64").astype(kind)
    with pytest.raises(smsframe.ContactsError, match="as smsframe writes them, with a plus"):
        calls(gateway)[call](rows)


@pytest.mark.parametrize("call", ["failed", "summary", "refresh", "resend", "cancel", "explain", "replies"])
def test_a_result_column_that_is_there_twice_is_refused(call, gateway):
    rows = send(table(3), gateway)
    rows = pd.concat([rows, rows[["sms_phone"]]], axis=1)
    with pytest.raises(smsframe.ContactsError, match="has the column sms_phone twice"):
        calls(gateway)[call](rows)
