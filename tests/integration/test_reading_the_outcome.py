"""What became of everybody: in three groups, by a column, step by step, and the story of one recipient."""

from __future__ import annotations

import itertools

import pandas as pd
import pytest
from helpers.clocks import PassingTime
from helpers.sending import resume, send, table

import smsframe
from smsframe.campaign.reports.explain import STEPS
from smsframe.orders.delivery_codes import DELIVERY_CODES
from smsframe.orders.states import Event
from smsframe.outcomes.columns import STATUSES, results_for
from smsframe.outcomes.groups import GROUPS

FATES = ["01", "02", "75", "71", "82", "83", "76", "85"]


@pytest.fixture
def sandbox():
    with smsframe.Sandbox(speed=3600) as made:
        yield made


def guests():
    phones = [f"+3934700000{ending}" for ending in FATES] + ["+4915112345601", "12", "+393470000001"]
    return pd.DataFrame({"shop": [*"AABBAABBCCC"], "mobile": phones})


@pytest.fixture
def out(gateway):
    sent = guests().sms.send("Ciao", campaign="autumn", phone="mobile", gateway=gateway, progress=False)
    return sent.sms.refresh(gateway=gateway, until="1s", every=0.2, progress=False)


EACH = [
    (status, delivery)
    for status, delivery in itertools.product(STATUSES, [None, *DELIVERY_CODES, "NEWCODE"])
    if delivery is None or status in ("accepted", "scheduled")
]


@pytest.mark.parametrize(("status", "delivery"), EACH)
def test_each_status_with_each_code_is_in_exactly_one_group(status, delivery):
    rows = results_for(1, sms_status=status, sms_delivery=delivery, sms_phone="+393471234567")
    summary = smsframe.summary(rows)
    if status == "duplicate":
        assert summary.groups.empty
        return
    assert summary.groups["rows"].tolist() == [1]
    (group,) = summary.groups["group"]
    code = DELIVERY_CODES.get(delivery)
    arrived = code is not None and code.delivered
    lost = status in ("invalid", "rejected") or (code is not None and code.lost)
    unsent = status in ("ready", "pending", "suppressed", "cancelled")  # a delivery that nobody asked for
    assert group == (
        "delivered" if arrived else "not delivered" if lost else "not sent" if unsent else "awaiting"
    )


def test_the_groups_hold_every_row_but_duplicates_and_their_shares_add_up(out):
    groups = out.sms.summary().groups
    assert set(groups["group"]) == {*GROUPS} - {"not sent"}
    assert groups["rows"].sum() == len(out) - 1
    assert groups["share"].sum() == pytest.approx(1)
    rows = groups.groupby("group", observed=True)["rows"].sum()
    assert rows.to_dict() == {"delivered": 3, "awaiting": 2, "not delivered": 5}


def test_the_card_shows_the_groups_and_folds_the_codes(out):
    card = out.sms.summary()._repr_html_()
    head, folded = card.split("<details", 1)
    assert "3 of 10 delivered" in head
    for part in ("3 delivered (30%)", "2 awaiting (20%)", "5 not delivered (50%)"):
        assert part in head
    assert head.count("flex:") == 3  # the parts of one bar
    assert "Not delivered" in head
    assert "11 rows, 1 of them a duplicate" in head
    assert "DLVRD" not in head
    assert "DLVRD" in folded.split("</details>")[0]
    assert "BLACKLISTED" in folded.split("</details>")[0]


def test_who_is_held_out_is_not_sent_and_no_failure(gateway):
    people = guests().head(4).assign(sms_variant=["A", "A", "hold-out", "hold-out"])
    sent = people.sms.send("Ciao", campaign="winter", phone="mobile", gateway=gateway, progress=False)
    held = sent.sms.by("sms_variant").loc["hold-out"]
    assert held[["rows", "not_delivered", "not_sent"]].tolist() == [2, 0, 2]
    assert sent.sms.summary().groups.set_index("what").loc["suppressed", "group"] == "not sent"


def test_by_a_column_a_country_and_an_hour(out):
    shops = out.sms.by("shop")
    assert shops["rows"].sum() == len(out) - 1
    assert shops.loc["A"].to_dict() | {"median_seconds": 0} == {
        "rows": 4,
        "delivered": 2,
        "awaiting": 2,
        "not_delivered": 0,
        "not_sent": 0,
        "share_delivered": 0.5,
        "segments": 4,
        "credits": 4.0,
        "credits_per_delivered": 2.0,
        "median_seconds": 0,
    }
    assert shops["median_seconds"].notna().tolist() == (shops["delivered"] > 0).tolist()
    assert out.sms.by("country")["rows"].to_dict() == {"IT": 8, "DE": 1, "unknown": 1}
    hours = out.sms.by("hour", tz="Asia/Kolkata")
    now = pd.Timestamp.now("Asia/Kolkata").hour
    assert {*hours.index.dropna()} <= {now, (now - 1) % 24}
    own = out.assign(country="here")
    assert own.sms.by("country").index.tolist() == ["here"]


def test_by_of_what_is_not_there_is_refused(out):
    with pytest.raises(smsframe.ContactsError, match="no column 'town'"):
        out.sms.by("town")
    with pytest.raises(ValueError, match="tz="):
        out.sms.by("hour", tz="Rome")


def test_the_funnel_is_what_the_figure_draws(out):
    steps = out.sms.summary().funnel()
    kept = steps[~steps["lost"]]
    assert kept["step"].tolist() == ["rows", "ready", "accepted", "delivered"]
    assert kept["rows"].tolist()[0] == len(out)
    assert kept["rows"].tolist()[-1] == 3
    assert kept["rows"].is_monotonic_decreasing
    assert steps["share"].iloc[0] == 1


def test_refusals_are_grouped_by_their_reason_and_not_by_number(gateway):
    out = send(table(70, bad=(3, 7, 20, 55)), gateway)
    assert out["sms_status"].eq("rejected").sum() == 4
    reasons = out.sms.summary().reasons
    assert reasons["rows"].tolist() == [4]


# One recipient.


def test_every_event_has_its_sentence():
    assert {*Event} <= {*STEPS}


def test_the_story_of_a_text_that_failed_and_was_sent_again():
    time = PassingTime()
    with smsframe.Sandbox(clock=time.now) as sandbox:
        gateway = sandbox.gateway(clock=time.clock)
        people = pd.DataFrame({"mobile": ["+393470000176"]}, index=["ada"])
        out = people.sms.send("Ciao", campaign="autumn", phone="mobile", gateway=gateway, progress=False)
        time.passed += 10
        out = out.sms.refresh(gateway=gateway, progress=False)
        out = smsframe.resend("autumn", out, gateway=gateway, progress=False)
        story = out.sms.explain("ada", gateway=gateway)
        gateway.close()
    assert story["attempt"].tolist() == [1, 1, 1, 2, 2]
    assert story["step"].str.split(":").str[0].tolist() == [
        "about to be sent",
        "the gateway accepted the order",
        "the gateway says ERROR",
        "about to be sent",
        "the gateway accepted the order",
    ]
    assert story["at"].is_monotonic_increasing
    assert story["evidence"].str.contains("POST sms: HTTP 201", regex=False).fillna(value=False).sum() == 2
    assert not story.to_csv().count("39347")


def test_the_story_of_a_row_that_was_never_sent(out, gateway):
    label = out.index[out["sms_status"].eq("invalid").to_numpy()][0]
    story = out.sms.explain(label, gateway=gateway)
    assert story["step"].str.startswith("invalid: ").tolist() == [True]


def test_the_story_of_a_row_whose_campaign_is_in_another_journal_is_not_taken_for_told(out, tmp_path):
    with pytest.raises(smsframe.UnknownCampaign, match="autumn"):
        smsframe.explain(out, 0, journal=tmp_path / "other.sqlite")


def test_the_story_of_a_text_that_was_cancelled_does_not_say_that_it_is_sent_again(gateway):
    when = pd.Timestamp.now("UTC").to_pydatetime() + pd.Timedelta(hours=5).to_pytimedelta()
    options = {"campaign": "later", "phone": "mobile", "gateway": gateway, "progress": False}
    sent = guests().head(2).sms.send("Ciao", schedule=when, **options)
    out = sent.sms.cancel(gateway=gateway, grace=0.2, progress=False)
    assert out["sms_status"].eq("cancelled").all()
    steps = out.sms.explain(0, gateway=gateway)["step"]
    assert steps.str.contains("which proves it").any()
    assert not steps.str.contains("sent again").any()


def test_the_story_of_a_lost_answer(gateway, sandbox):
    sandbox.misbehave("drop_after", order=1)
    send(table(1), gateway)
    resume(gateway)
    results = smsframe.results("autumn", gateway=gateway)
    steps = results.sms.explain(0, gateway=gateway)["step"].str.split(":").str[0].tolist()
    assert steps == ["about to be sent", "the answer was lost", "looked up"]


@pytest.mark.parametrize("row", [99, "ada", None])
def test_a_label_that_is_not_there_is_refused(row, out, gateway):
    with pytest.raises(smsframe.ContactsError, match="no row has this label"):
        out.sms.explain(row, gateway=gateway)


def test_a_label_of_several_rows_is_refused(out, gateway):
    with pytest.raises(smsframe.ContactsError, match="2 rows have this label"):
        out.set_axis([1, 1, *range(2, len(out))]).sms.explain(1, gateway=gateway)
