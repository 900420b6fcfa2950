"""A campaign over real HTTP: the frame that comes back is the truth, and the same call again texts nobody."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from helpers.sending import codes, each_once, posts, resume, send, statuses, table, texted

import smsframe
from smsframe import CampaignChanged, ConfirmationMismatch, ResultsSchema
from smsframe.outcomes.columns import COLUMNS, DTYPES

pytestmark = pytest.mark.both_journals

TEXT = "Ciao {name}"


def holds(out, contacts):
    """One output row per input row, same index, the user's columns as they were, ours as the schema says."""
    pd.testing.assert_index_equal(out.index, contacts.index)
    own = contacts.loc[:, ~contacts.columns.isin(COLUMNS)]
    pd.testing.assert_frame_equal(out.iloc[:, : own.shape[1]], own)
    assert tuple(out.columns[own.shape[1] :]) == COLUMNS
    ours = out.iloc[:, own.shape[1] :]
    assert ours.dtypes.to_dict() == DTYPES
    ResultsSchema.validate(ours)


INDEXES = {
    "repeated labels": ["x", "x", "y", "x"],
    "unordered": [3, 1, 2, 0],
    "all the same, and missing": [None, None, None, None],
    "several levels": pd.MultiIndex.from_tuples([("a", 1), ("a", 1), ("b", 2), ("a", 2)], names=["k", "n"]),
    "dates": pd.DatetimeIndex(["2026-01-02"] * 2 + ["2026-01-01"] * 2, name="day"),
}


@pytest.mark.parametrize("index", INDEXES.values(), ids=INDEXES)
def test_a_row_out_for_every_row_in_under_the_same_index(index, sandbox, gateway):
    contacts = table(4).set_index(pd.Index(index) if isinstance(index, list) else index)
    contacts.iloc[1, 1] = contacts.iloc[0, 1]
    contacts.iloc[2, 1] = "nothing to call"
    before = contacts.copy()
    out = send(contacts, gateway)
    holds(out, contacts)
    pd.testing.assert_frame_equal(contacts, before)
    assert out["sms_status"].tolist() == ["accepted", "duplicate", "invalid", "accepted"]
    assert each_once(sandbox, out)


def test_an_empty_frame_sends_nothing_and_keeps_the_types(sandbox, gateway):
    contacts = table(0).astype("string")
    out = send(contacts, gateway)
    holds(out, contacts)
    assert posts(sandbox) == 0


def test_the_users_columns_are_theirs_whatever_they_are_called(sandbox, gateway):
    """Repeated names, one called sms, columns that are not text; sms_* columns of before are replaced."""
    contacts = table(2).assign(sms=["a", "b"], sms_status="mine", sms_credits=5)
    contacts.insert(0, "name", ["other", "other"], allow_duplicates=True)
    contacts[7] = [1.5, None]
    out = send(contacts, gateway, "Ciao")
    holds(out, contacts)
    assert out["sms"].tolist() == ["a", "b"]
    assert statuses(out) == {"accepted": 2}
    again = send(out, gateway, "Ciao")
    assert list(again.columns) == list(out.columns)


def test_an_accepted_row_has_its_evidence(sandbox, gateway):
    began = datetime.now(UTC)
    out = send(table(5), gateway, "Ciao {name}", batch_size=3)
    ended = datetime.now(UTC)
    assert out["sms_code"].isna().all()
    assert out["sms_campaign"].eq("autumn").all()
    assert out["sms_order_id"].str.fullmatch(r"sf-[a-z2-7]{10}-[a-z2-7]{16}").all()
    assert set(out["sms_order_id"]) == set(sandbox.orders()["order_id"])
    assert out["sms_sent_at"].between(began, ended).all()
    assert out["sms_delivery"].isna().all()
    assert sorted(sandbox.inbox()["text"]) == [f"Ciao N{i}" for i in range(5)]


def test_the_credits_of_an_orders_rows_add_up_exactly_to_its_charge(sandbox, gateway):
    names = ["x" * n for n in (1, 156, 300, 10, 200, 460, 5)]
    out = send(table(7).assign(name=names), gateway)
    charged = out.groupby("sms_order_id")["sms_credits"].sum()
    assert charged.sum() == 10_000 - sandbox.credits["N"]
    assert out["sms_credits"].tolist() == out["sms_segments"].tolist()
    assert out["sms_segments"].tolist() == [1, 2, 2, 1, 2, 4, 1]


def test_plain_and_personalised_texts_of_either_alphabet_arrive_as_written(sandbox, gateway):
    contacts = table(4).assign(name=["Ada", "Łucja", "Ciao {€}", "🌶️"])
    send(contacts, gateway, "Hi {name}: 3{{€}}")
    assert sorted(sandbox.inbox()["text"]) == sorted(f"Hi {name}: 3{{€}}" for name in contacts["name"])
    assert set(sandbox.orders()["encoding"]) == {"gsm", "ucs2"}


# The same cell again.


def test_the_same_call_again_posts_nothing_and_returns_the_first_outcome_saying_so(sandbox, gateway):
    first = send(table(5), gateway)
    calls = len(sandbox.calls())
    again = send(table(5), gateway)
    assert len(sandbox.calls()) == calls
    same = ["sms_status", "sms_order_id", "sms_sent_at", "sms_credits", "sms_segments"]
    pd.testing.assert_frame_equal(first[same], again[same])
    assert codes(again) == {"already_texted": 5}


def test_a_new_process_and_a_new_gateway_know_it_too(sandbox, gateway):
    send(table(3), gateway)
    other = sandbox.gateway(journal=str(gateway.journal))
    assert codes(send(table(3), other)) == {"already_texted": 3}
    assert posts(sandbox) == 1


def test_added_rows_text_only_the_new_people(sandbox, gateway):
    first = send(table(3), gateway)
    more = pd.concat([table(2, start=10), table(3)])
    out = send(more, gateway)
    assert out["sms_order_id"].iloc[2:].tolist() == first["sms_order_id"].tolist()
    assert out["sms_code"].iloc[:2].isna().all()
    assert codes(out) == {"already_texted": 3}
    assert each_once(sandbox, out)


def test_a_changed_value_keeps_the_first_outcome_and_says_that_the_text_differs(sandbox, gateway):
    send(table(3), gateway)
    out = send(table(3).assign(name=["N0", "Other", "N2"]), gateway)
    assert out["sms_code"].tolist() == ["already_texted", "already_texted_differently", "already_texted"]
    assert posts(sandbox) == 1


def test_who_is_pending_gets_the_new_value_even_if_the_order_was_already_cut(sandbox, gateway):
    with pytest.raises(smsframe.NotAuthorised):  # when the first order is sent, all are cut
        _refused_at_the_post(sandbox, gateway, table(4), batch_size=2)
    assert statuses(smsframe.results("autumn", journal=gateway.journal)) == {"pending": 4}
    new = table(4).assign(name="New")
    assert statuses(send(new, gateway)) == {"accepted": 4}
    assert set(sandbox.inbox()["text"]) == {"Ciao New"}


def test_an_edited_text_is_refused_with_the_facts_and_goes_on_when_told(sandbox, gateway):
    send(table(3), gateway)
    more = table(5)
    with pytest.raises(CampaignChanged) as changed:
        send(more, gateway, "Hello {name}")
    facts = changed.value
    assert (facts.campaign, facts.recipients, facts.before, facts.now) == ("autumn", 3, TEXT, "Hello {name}")
    assert len(smsframe.results("autumn", journal=gateway.journal)) == 3
    out = send(more, gateway, "Hello {name}", changed=True)
    assert codes(out) == {"already_texted_differently": 3}
    assert sorted(sandbox.inbox()["text"]) == ["Ciao N0", "Ciao N1", "Ciao N2", "Hello N3", "Hello N4"]
    with pytest.raises(CampaignChanged):
        send(more, gateway)


def test_a_text_nobody_has_yet_may_be_edited(sandbox, gateway):
    send(table(2, bad=[0, 1]), gateway)
    out = send(table(3, bad=[0, 1]), gateway, "Hello {name}")
    assert statuses(out) == {"rejected": 2, "accepted": 1}


def test_another_gateway_or_account_is_refused_naming_both(sandbox, gateway, tmp_path):
    send(table(2), gateway)
    with smsframe.Sandbox() as elsewhere:
        other = elsewhere.gateway(journal=gateway.journal)
        for call in (lambda: send(table(2), other), lambda: resume(other)):
            with pytest.raises(CampaignChanged) as changed:
                call()
            assert sandbox.url in str(changed.value)
            assert elsewhere.url in str(changed.value)
        assert posts(elsewhere) == 0
    account = smsframe.Gateway(sandbox.url, username="anna", password="x", journal=gateway.journal)
    with pytest.raises(CampaignChanged, match=r"as demo.*as anna"):
        send(table(2), account)


def test_two_campaigns_text_the_same_people_under_different_order_ids(sandbox, gateway):
    one, two = (send(table(2), gateway, campaign=name) for name in ("one", "two"))
    assert set(one["sms_order_id"]).isdisjoint(two["sms_order_id"])
    assert texted(sandbox).tolist() == [2, 2]


# Confirmed.


def test_confirm_refuses_another_number_with_nothing_written_and_passes_again_and_again(sandbox, gateway):
    contacts = pd.concat([table(3), table(1)])  # four rows, three people
    with pytest.raises(ConfirmationMismatch) as mismatch:
        send(contacts, gateway, confirm=4)
    assert (mismatch.value.expected, mismatch.value.recipients) == (4, 3)
    assert not smsframe.Journal(gateway.journal).exists
    for _ in range(3):
        assert statuses(send(contacts, gateway, confirm=3)) == {"accepted": 3, "duplicate": 1}
    assert posts(sandbox) == 1


def test_confirm_counts_the_refused_and_the_suppressed_who_were_texted(sandbox, gateway):
    contacts = table(4, bad=[2])
    send(contacts, gateway, confirm=4)
    out = send(contacts, gateway, confirm=4, suppress=[contacts["mobile"][0]])
    assert out["sms_status"].tolist() == ["accepted", "accepted", "rejected", "accepted"]


def test_confirm_of_a_resume_is_who_is_pending(sandbox, gateway):
    send(table(2), gateway)
    with pytest.raises(ConfirmationMismatch):
        resume(gateway, confirm=2)
    assert statuses(resume(gateway, confirm=0)) == {"accepted": 2}


# Later.


def test_a_scheduled_order_says_so_and_leaves_at_its_time(sandbox, gateway):
    when = datetime.now(UTC) + timedelta(days=30)
    out = send(table(2), gateway, schedule=when)
    assert statuses(out) == {"scheduled": 2}
    assert sandbox.orders()["scheduled_at"].tolist() == [pd.Timestamp(when).floor("s")] * 1
    assert sandbox.inbox().empty


def test_a_schedule_that_passed_stops_nobody_from_running_the_cell_again(sandbox, gateway):
    soon = datetime.now(UTC) + timedelta(seconds=30)
    send(table(2), gateway, schedule=soon)
    past = datetime.now(UTC) - timedelta(days=1)
    assert statuses(send(table(2), gateway, schedule=past)) == {"scheduled": 2}
    with pytest.raises(ValueError, match="1 people would still be texted"):
        send(table(3), gateway, schedule=past)
    assert len(smsframe.results("autumn", journal=gateway.journal)) == 2


def test_a_schedule_without_a_time_zone_is_refused(sandbox, gateway):
    with pytest.raises(ValueError, match="time zone"):
        send(table(2), gateway, schedule=datetime(2030, 1, 1))  # noqa: DTZ001 - that is what is refused
    assert len(sandbox.calls()) == 0


# Suppressed.


def test_who_said_stop_is_not_texted_and_who_was_texted_before_keeps_the_outcome(sandbox, gateway):
    contacts = table(3)
    first = send(contacts.iloc[:1], gateway)
    out = send(contacts, gateway, suppress=contacts["mobile"].iloc[:2])
    assert out["sms_status"].tolist() == ["accepted", "suppressed", "accepted"]
    assert out["sms_order_id"].iloc[0] == first["sms_order_id"].iloc[0]
    assert contacts["mobile"][1] not in set(texted(sandbox).index)


# Said before.


def test_send_wants_its_campaign_and_its_phone_column_and_names_the_guess(sandbox, gateway):
    with pytest.raises(ValueError, match="campaign="):
        smsframe.send(table(2), TEXT, phone="mobile", gateway=gateway)
    with pytest.raises(smsframe.ContactsError, match="phone='mobile'"):
        smsframe.send(table(2), TEXT, campaign="autumn", gateway=gateway)
    with pytest.raises(TypeError, match="text people read"):
        smsframe.send(table(2), campaign="autumn", phone="mobile", gateway=gateway)
    assert len(sandbox.calls()) == 0


@pytest.mark.parametrize(
    "wrong", [{"workers": 0}, {"workers": 2.5}, {"grace": -1}, {"batch_size": -5}, {"batch_size": 0}], ids=str
)
def test_a_parameter_that_makes_no_sense_is_refused_before_anything(wrong, sandbox, gateway):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        smsframe.send(table(2), TEXT, campaign="autumn", phone="mobile", gateway=gateway, **wrong)
    assert len(sandbox.calls()) == 0


def test_a_plan_is_sent_as_it_was_seen_though_the_frame_changed_since(sandbox, gateway):
    contacts = table(3)
    plan = smsframe.plan(contacts, TEXT, campaign="autumn", phone="mobile", gateway=gateway)
    contacts["name"] = "changed"
    contacts.loc[0, "mobile"] = "+12125550169"
    out = smsframe.send(plan, gateway=gateway, progress=False)
    holds(out, table(3))
    assert sorted(sandbox.inbox()["text"]) == ["Ciao N0", "Ciao N1", "Ciao N2"]
    with pytest.raises(TypeError, match="sent as it was seen"):
        smsframe.send(plan, TEXT, gateway=gateway)


def test_a_plan_sent_twice_texts_once(sandbox, gateway):
    plan = smsframe.plan(table(3), TEXT, campaign="autumn", phone="mobile", gateway=gateway)
    one, two = (send(plan, gateway) for _ in range(2))
    assert one["sms_order_id"].tolist() == two["sms_order_id"].tolist()
    assert posts(sandbox) == 1


def test_a_plan_without_a_campaign_is_not_sent(sandbox, gateway):
    plan = smsframe.plan(table(3), TEXT, phone="mobile")
    with pytest.raises(ValueError, match="campaign="):
        smsframe.send(plan, gateway=gateway)


def test_a_plan_knows_who_was_texted_before(sandbox, gateway):
    send(table(3, bad=[1]), gateway)
    plan = smsframe.plan(table(4, bad=[1]), TEXT, campaign="autumn", phone="mobile", gateway=gateway)
    assert (plan.recipients, plan.already, plan.credits) == (1, 3, 1)
    everybody = smsframe.plan(table(3, bad=[1]), TEXT, campaign="autumn", phone="mobile", gateway=gateway)
    assert (everybody.recipients, everybody.already, everybody.credits, everybody.longest) == (0, 3, 0, None)
    assert len(everybody.batches) == 0


# Whom a call is about.


def test_pending_people_who_are_not_in_the_frame_are_counted_and_not_texted(sandbox, gateway, capsys):
    send(table(2), gateway)
    with pytest.raises(smsframe.NotAuthorised):
        _refused_at_the_post(sandbox, gateway, table(6))
    out = send(table(4), gateway)
    assert statuses(out) == {"accepted": 4}
    assert "2 people of campaign 'autumn' are not in this frame and still pending" in capsys.readouterr().err
    assert len(texted(sandbox)) == 4
    assert statuses(resume(gateway, confirm=2)) == {"accepted": 6}
    assert each_once(sandbox, resume(gateway))


def test_withdraw_drops_who_was_not_texted_and_nobody_else(sandbox, gateway):
    send(table(2, bad=[1]), gateway)
    with pytest.raises(smsframe.NotAuthorised):
        _refused_at_the_post(sandbox, gateway, table(5, bad=[1]))
    gone = smsframe.withdraw("autumn", journal=gateway.journal)
    assert gone["sms_phone"].tolist() == table(5)["mobile"].tolist()[2:]
    assert statuses(gone) == {"pending": 3}
    assert statuses(resume(gateway)) == {"accepted": 1, "rejected": 1}
    assert statuses(send(table(5, bad=[1]), gateway)) == {"accepted": 4, "rejected": 1}


def _refused_at_the_post(sandbox, gateway, contacts, **options):
    """A send that is registered, and whose first POST is refused for its credentials."""
    sandbox.misbehave("error_before", status=401)
    try:
        return send(contacts, gateway, **options)
    finally:
        sandbox.behave()
