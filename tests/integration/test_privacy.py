"""What is old is erased, consent is kept and required, and files can have no numbers."""

# ruff: noqa: RUF001 - words of other alphabets, as they are written
from __future__ import annotations

import contextlib
import sqlite3
from datetime import timedelta

import pandas as pd
import pytest
from helpers.byte_scan import found_in, tables_with
from helpers.clocks import PassingTime
from helpers.sending import send, table
from typer.testing import CliRunner

import smsframe
from smsframe.cli.main import app
from smsframe.journal.privacy import hash_key
from smsframe.phones.keyed_hash import keyed_hashes
from smsframe.phones.match import keys
from smsframe.planning.consent import read_consent

BOTH = pytest.mark.both_journals
PEOPLE = table(4).assign(name=[f"Somebody Named {place}" for place in range(4)])


@pytest.fixture
def time():
    return PassingTime()


@pytest.fixture
def journal(gateway):
    return smsframe.Journal(gateway.journal, clock=gateway.clock)


def refused(call):
    with pytest.raises(smsframe.CampaignChanged, match=r"were erased on .* would text everybody again"):
        call()


@BOTH
def test_an_old_campaign_loses_its_people_and_texts_and_its_name_stays_closed(
    database, time, sandbox, gateway, journal
):
    send(PEOPLE, gateway, text="Ciao {name}, a secret word")
    seen = smsframe.plan(PEOPLE, "Ciao", campaign="autumn", phone="mobile", gateway=gateway)
    time.clock.sleep(timedelta(days=91).total_seconds())
    send(table(2, start=50), gateway, campaign="winter")
    policy = smsframe.Policy(keep="90 days")
    for found in (
        smsframe.purge(policy=policy, preview=True, gateway=gateway, journal=journal),
        smsframe.purge(policy=policy, gateway=gateway, journal=journal),
    ):
        assert found["campaign"].tolist() == ["autumn"]
        assert found["people"].tolist() == [4]
        assert found["why"].tolist() == [""]
    assert found["purged"].tolist() == [True]
    for phone in PEOPLE["mobile"]:
        assert tables_with(journal, phone, "secret word", "Somebody Named 3") == set()
    if journal.path is not None:
        assert found_in(journal.path.parent, PEOPLE["mobile"][0], "secret word") == []
    refused(lambda: send(PEOPLE, gateway))
    refused(lambda: send(seen, gateway))
    refused(lambda: send(PEOPLE, gateway, campaign="autumn", text="another"))
    refused(lambda: smsframe.plan(PEOPLE, "Ciao", campaign="autumn", phone="mobile", gateway=gateway))
    refused(lambda: smsframe.resume("autumn", gateway=gateway, progress=False))
    for read in (smsframe.results, smsframe.watch):
        with pytest.raises(smsframe.CampaignChanged, match=r"'autumn' were erased on .*smsframe\.costs"):
            read("autumn", gateway=gateway)
    assert len(sandbox.inbox()) == 6
    assert smsframe.purge(policy=policy, gateway=gateway, journal=journal).empty
    listed = smsframe.campaigns(gateway=gateway).set_index("campaign")
    assert listed["purged_at"].notna().to_dict() == {"autumn": True, "winter": False}
    assert abs(listed.loc["autumn", "purged_at"] - time.clock.now()) < timedelta(minutes=5)
    assert smsframe.costs("autumn", gateway=gateway)["credits"].sum() == 4  # what it cost is known still
    assert listed["credits"].to_dict() == {"autumn": 4.0, "winter": 2.0}
    assert listed["recipients"].to_dict() == {"autumn": 0, "winter": 2}
    send(table(2, start=50), gateway, campaign="winter")
    assert len(sandbox.inbox()) == 6


@BOTH
def test_what_is_not_over_is_left_as_it_is(database, time, sandbox, gateway, journal):
    sandbox.misbehave("busy", status=503, retry_after=5000)
    with pytest.raises(smsframe.SmsFrameError):
        send(PEOPLE, gateway)
    sandbox.behave()
    send(PEOPLE, gateway, campaign="later", schedule=time.clock.now() + timedelta(days=60))
    time.clock.sleep(timedelta(days=40).total_seconds())
    found = smsframe.purge("30 days", gateway=gateway, journal=journal)
    assert found["campaign"].tolist() == ["autumn"]
    assert found["purged"].tolist() == [False]
    assert "not sent yet" in found["why"].iloc[0]
    assert len(smsframe.results("autumn", gateway=gateway)) == 4
    assert len(smsframe.results("later", gateway=gateway)) == 4


@pytest.mark.parametrize("keep", ["", "soon", "0 days", "3 hours", "-90 days", 90, True, pd.NaT])
def test_what_is_no_duration_erases_nothing(gateway, journal, keep):
    with pytest.raises(ValueError, match="keep="):
        smsframe.purge(keep, gateway=gateway, journal=journal)
    with pytest.raises(ValueError, match="keep="):
        smsframe.Policy(keep=keep)


def test_texts_are_not_erased_while_a_cap_counts_them(time, gateway):
    with pytest.raises(ValueError, match=r"keep='7 days' is shorter than the span of cap='1 per 30 days'"):
        smsframe.Policy(cap="1 per 30 days", keep="7 days")
    capped = smsframe.Policy(cap="1 per 30 days", keep="30 days")
    send(PEOPLE, gateway, campaign="a", policy=capped)
    time.passed += 29 * 86400
    with pytest.raises(ValueError, match="shorter than the span"):
        smsframe.purge("7 days", policy=capped, gateway=gateway)
    assert smsframe.purge(policy=capped, gateway=gateway).empty
    out = send(PEOPLE, gateway, campaign="b", policy=capped)
    assert set(out["sms_code"]) == {"frequency_cap"}


CONSENT = smsframe.Policy(consent="consent_at")


def waiting_people(sandbox, gateway, **options):
    """A campaign that nobody could be texted in yet: its people wait in the journal."""
    people = PEOPLE.assign(consent_at="2026-05-01")
    sandbox.misbehave("busy", status=503, retry_after=5000)
    with pytest.raises(smsframe.SmsFrameError):
        send(people, gateway, **options)
    sandbox.behave()
    return people


@BOTH
def test_who_withdraws_consent_waits_no_longer(database, sandbox, gateway, journal, capfd):
    people = waiting_people(sandbox, gateway, policy=CONSENT)
    people.loc[1:, "consent_at"] = None
    out = send(people, gateway, policy=CONSENT)
    assert out["sms_status"].astype(str).tolist() == ["accepted", *["suppressed"] * 3]
    assert set(out["sms_code"].dropna()) == {"no_consent"}
    assert "not in this frame" not in capfd.readouterr().err
    for policy in (CONSENT, None):
        smsframe.resume("autumn", gateway=gateway, policy=policy, grace=0, progress=False)
        assert sandbox.inbox()["recipient"].tolist() == [PEOPLE["mobile"][0]]
    people.loc[2, "consent_at"] = "2026-06-01"  # given again, to a later call
    assert send(people, gateway, policy=CONSENT)["sms_status"].eq("accepted").tolist() == [
        True,
        False,
        True,
        False,
    ]


@BOTH
def test_who_gives_consent_in_another_row_goes_on_waiting(database, time, sandbox, gateway, journal):
    people = pd.concat([PEOPLE.assign(consent_at="2026-05-01"), PEOPLE.head(2)], ignore_index=True)
    out = send(people, gateway, policy=CONSENT, ramp="25%, rest")
    assert out["sms_status"].iloc[:4].isin(["accepted", "pending"]).all()
    assert out["sms_status"].eq("pending").any()
    out = smsframe.resume("autumn", gateway=gateway, policy=CONSENT, ramp="rest", grace=0, progress=False)
    assert out["sms_status"].eq("accepted").sum() == 4


@BOTH
def test_a_resumption_that_requires_consent_texts_nobody_without(database, sandbox, gateway, journal):
    waiting_people(sandbox, gateway)  # by a call that kept none
    out = smsframe.resume("autumn", gateway=gateway, policy=CONSENT, grace=0, progress=False)
    assert set(out["sms_code"]) == {"no_consent"}
    assert sandbox.inbox().empty
    out = smsframe.resume("autumn", gateway=gateway, grace=0, progress=False)
    assert len(sandbox.inbox()) == 4


@BOTH
def test_who_was_cancelled_and_has_no_consent_gets_no_other_time(database, time, sandbox, gateway, journal):
    at = time.clock.now() + timedelta(days=4)  # the sandbox's hours are seconds
    send(PEOPLE, gateway, schedule=at)
    smsframe.cancel("autumn", gateway=gateway, grace=0, progress=False)
    later = at + timedelta(hours=3)
    out = smsframe.reschedule("autumn", later, policy=CONSENT, gateway=gateway, grace=0, progress=False)
    assert set(out["sms_status"]) == {"cancelled"}


@BOTH
def test_consent_is_kept_with_each_person_and_required(database, sandbox, gateway, journal):
    people = PEOPLE.assign(
        consent_at=["2026-05-01 10:00", None, "2026-05-02", " "], source=["web form", "shop", None, "shop"]
    )
    policy = smsframe.Policy(consent=("consent_at", "source"))
    planned = smsframe.plan(people, "Ciao", campaign="autumn", phone="mobile", policy=policy, gateway=gateway)
    assert planned.frame["sms_code"].astype(object).fillna("").tolist() == ["", *["no_consent"] * 3]
    assert "3 rows without" in planned.facts()["privacy"]
    out = smsframe.send(planned, gateway=gateway, progress=False)
    assert out["sms_status"].astype(str).tolist() == ["accepted", *["suppressed"] * 3]
    assert len(sandbox.inbox()) == 1
    story = smsframe.explain(out, 0, gateway=gateway)
    (kept,) = story["evidence"][story["step"].str.startswith("consent")]
    assert kept == "consent_at: 2026-05-01 10:00, source: web form"
    # What the table says later does not change what was kept.
    later = smsframe.send(
        people.assign(source="changed"),
        "Ciao",
        campaign="autumn",
        phone="mobile",
        policy=policy,
        gateway=gateway,
        progress=False,
    )
    assert later["sms_status"].astype(str).tolist() == ["accepted", "suppressed", "accepted", "suppressed"]
    assert "changed" not in smsframe.explain(later, 0, gateway=gateway)["evidence"].str.cat(na_rep="")
    smsframe.forget([people["mobile"][0]], gateway=gateway)
    assert tables_with(journal, people["mobile"][0], "web form") == set()


@pytest.mark.parametrize(
    "said",
    [
        [True, False, True, False],
        pd.array([True, None, True, False], "boolean"),
        [1, 0, 1, 0],
        [1.0, 0.0, 1.0, None],
        ["Sì", "No", "web form", "FALSE"],
        ["VERO", "FALSO", "x", " nein "],
        pd.Series(["shop", None, "shop", float("nan")], dtype=object).astype(str),
        pd.to_datetime(pd.Series(["2026-05-01", None, "2026-05-02", None])).astype(str),
    ],
    ids=str,
)
def test_a_value_that_says_no_is_no_consent(said, gateway):
    plan = smsframe.plan(
        PEOPLE.assign(agreed=said),
        "Ciao",
        campaign="autumn",
        phone="mobile",
        policy=smsframe.Policy(consent="agreed"),
        gateway=gateway,
    )
    assert plan.frame["sms_status"].astype(str).tolist() == ["ready", "suppressed"] * 2


FALSE_AND_NO = (
    *("false", "falsch", "falso", "faux", "onwaar", "fałsz", "falskt", "falsk", "usann", "epätosi"),
    *(
        "ложь",
        "nepravda",
        "hamis",
        "napačno",
        "ψευδής",
        "no",
        "nein",
        "non",
        "não",
        "nee",
        "nie",
        "nej",
        "nei",
    ),
    *(
        "nee",
        "nie",
        "nej",
        "nei",
        "ei",
        "hayır",
        "нет",
        "ne",
        "nem",
        "όχι",
        "off",
        "refused",
        "declined",
        "withdrawn",
    ),
    *("✗", "✘", "✖", "❌", "☐", "f", "n", "н", "h"),
)
YES = (
    *("true", "wahr", "vero", "vrai", "waar", "prawda", "sant", "sann", "tosi", "doğru", "истина", "pravda"),
    *("igaz", "αληθής", "yes", "ja", "sì", "sí", "oui", "sim", "tak", "da", "да", "kyllä", "evet", "igen"),
    *(
        "áno",
        "ναι",
        "x",
        "☒",
        "✓",
        "✔",
        "☑",
        "✅",
        "on",
        "given",
        "granted",
        "1",
        "y",
        "j",
        "s",
        "2026-05-01",
        "shop",
    ),
)
PLAIN = str.maketrans("ãłäışčήόÃŁÄIİŞČ", "alaiscηοALAIISC")
WRITTEN = [str, str.upper, str.title, "{} ".format, "{}.".format, "{}\ufe0f".format]


@pytest.mark.parametrize("written", WRITTEN)
@pytest.mark.parametrize("accents", [True, False])
def test_no_is_no_consent_in_every_language_of_spreadsheets_and_yes_is_some(written, accents):
    words = [word if accents else word.translate(PLAIN) for word in [*FALSE_AND_NO, *YES]]
    rows = pd.DataFrame({"agreed": [*map(written, words)]})
    consent = read_consent(rows, smsframe.Policy(consent="agreed"))
    assert consent.isna().tolist() == [True] * len(FALSE_AND_NO) + [False] * len(YES)


def test_consent_may_be_kept_and_not_required(sandbox, gateway):
    people = PEOPLE.assign(source=["web form", None, "shop", "shop"])
    policy = smsframe.Policy(consent="source", consent_required=False)
    out = smsframe.send(
        people, "Ciao", campaign="autumn", phone="mobile", policy=policy, gateway=gateway, progress=False
    )
    assert out["sms_status"].astype(str).tolist() == ["accepted"] * 4
    with pytest.raises(smsframe.ContactsError, match="no such column"):
        smsframe.plan(PEOPLE, "Ciao", phone="mobile", policy=policy)


def test_a_policy_file_says_the_same(tmp_path):
    file = tmp_path / "smsframe.toml"
    file.write_text('keep = "90 days"\nconsent = ["at", "source"]\nconsent_required = false\n')
    policy = smsframe.Policy.from_file(file)
    assert policy.keep == timedelta(days=90)
    assert (policy.consent, policy.consent_required) == (("at", "source"), False)
    for line in (
        "keep = 90",
        "consent = 5",
        'consent_required = "no"',
        "consent = []",
        'consent = ["a", "a"]',
    ):
        file.write_text(line)
        with pytest.raises(ValueError, match=r"smsframe.toml"):
            smsframe.Policy.from_file(file)


def test_files_without_numbers_can_be_joined(sandbox, gateway, tmp_path):
    people = PEOPLE.assign(
        other=[f"call {phone[3:6]} {phone[6:]}" for phone in PEOPLE["mobile"]],
        whole=[int(phone[1:]) for phone in PEOPLE["mobile"]],
        age=[20, 30, 40, 50],
        joined=["2026-05-01"] * 4,
        script=[
            *("".join(chr(0x660 + int(each)) for each in phone[1:]) for phone in PEOPLE["mobile"][:1]),
            *"abc",
        ],
        **{PEOPLE["mobile"][1]: 1},  # as of a table that was turned round
    )
    out = smsframe.send(people, "Ciao", campaign="autumn", phone="mobile", gateway=gateway, progress=False)
    key = hash_key.find() or hash_key.create()
    expected = keyed_hashes(keys(out["sms_phone"]), key.value)
    for name, write, read in (
        ("out.csv", smsframe.to_csv, smsframe.read_contacts),
        ("out.xlsx", smsframe.to_excel, smsframe.read_contacts),
        ("out.parquet", smsframe.to_parquet, pd.read_parquet),
    ):
        path = tmp_path / name
        write(out, path, hashed=True)
        back = read(path)
        assert back["sms_person"].tolist() == expected
        assert {"name", "age", "joined", "sms_status"} <= {*back.columns}
        assert not {"mobile", "other", "whole", "script", "sms_phone", *PEOPLE["mobile"]} & {*back.columns}
        for phone in PEOPLE["mobile"]:
            assert (
                not back.astype(str)
                .apply(lambda cells, tail=phone[-7:]: cells.str.contains(tail))
                .any()
                .any()
            )
    results = smsframe.results("autumn", hashed=True, gateway=gateway)
    assert results["sms_person"].tolist() == expected
    indexed = out.set_index("mobile")
    smsframe.to_parquet(indexed, tmp_path / "indexed.parquet", hashed=True)
    assert "mobile" not in pd.read_parquet(tmp_path / "indexed.parquet").reset_index().columns
    with pytest.raises(smsframe.ContactsError, match="sms_phone"):
        smsframe.to_csv(PEOPLE, tmp_path / "none.csv", hashed=True)


def test_the_commands(terminal, tmp_path):
    run = CliRunner().invoke
    with contextlib.closing(smsframe.Gateway.from_env()) as gateway:
        smsframe.send(PEOPLE, "Ciao", campaign="autumn", phone="mobile", gateway=gateway, progress=False)
    assert "No key yet" in run(app, ["hash-key", "status"]).output
    done = run(app, ["forget", "--region", "IT"], input="\n".join(PEOPLE["mobile"][:2]) + "\n\n")
    assert done.exit_code == 0
    assert "campaign 'autumn': 2 people erased" in done.output
    assert not any(phone[3:] in done.output for phone in PEOPLE["mobile"])
    assert "Nobody of them" in run(app, ["forget"], input="+393489999999").output
    assert run(app, ["hash-key", "export", "carried.key"]).exit_code == 0
    assert hash_key.find().text not in run(app, ["hash-key", "status"]).output
    assert run(app, ["hash-key", "import", "carried.key"]).exit_code == 0
    assert run(app, ["export", "autumn", "out.csv", "--hashed"]).exit_code == 0
    assert "sms_person" in (tmp_path / "out.csv").read_text("utf-8-sig")
    assert "Nothing to be erased" in run(app, ["purge", "--keep", "1 day"]).output
    empty = run(app, ["forget"], input="\n").output
    assert "there was nothing to erase" in empty


def test_commands_say_what_was_erased_and_what_was_not(terminal, tmp_path):
    run = CliRunner().invoke
    with contextlib.closing(smsframe.Gateway.from_env()) as gateway:
        smsframe.send(PEOPLE, "Ciao", campaign="autumn", phone="mobile", gateway=gateway, progress=False)
    with contextlib.closing(sqlite3.connect(smsframe.Journal.default().path)) as file, file:
        file.execute("UPDATE campaigns SET created_at = 0")
        file.execute("UPDATE batches SET sent_at = 0, claimed_at = 0")
    no = run(app, ["purge", "--keep", "90 days"], input="n\n")
    assert (no.exit_code, "Usage" in no.output, "Nothing was erased" in no.output) == (2, False, True)
    assert run(app, ["purge", "--keep", "90 days", "--yes"]).exit_code == 0
    (tmp_path / "p.csv").write_text("kept")
    for command in (["status", "autumn"], ["export", "autumn", "p.csv"]):
        refusal = run(app, command)
        assert refusal.exit_code == 2
        assert "were erased on" in " ".join(refusal.output.split())
    assert (tmp_path / "p.csv").read_text() == "kept"


def test_errors_name_the_list_that_cannot_be_read(monkeypatch, gateway):
    with pytest.raises(smsframe.ContactsError, match=r"1 line of the numbers to erase .* nobody was erased"):
        smsframe.forget(["347 12"], gateway=gateway)
    with pytest.raises(smsframe.ContactsError, match="1 line of allow_only cannot be read"):
        smsframe.Policy(allow_only=["347 12"])
    monkeypatch.setenv("SMSFRAME_ALLOW_ONLY", "nosuch.csv")
    with pytest.raises(ValueError, match="SMSFRAME_ALLOW_ONLY cannot be used: it names a file that does not"):
        send(PEOPLE, gateway)
