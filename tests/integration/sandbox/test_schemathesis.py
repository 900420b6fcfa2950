"""
Schemathesis reads the OpenAPI description and calls the sandbox by it, over HTTP, with good and bad data.

It fails on an answer that is an error of the server or is not described (status, content type, shape), on
bad data that is accepted, on good data that is refused for a reason that could have been described, on a call
that does not ask for its keys, and on an order that is not found after its POST, or found after its DELETE.
"""

import base64
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests

from smsframe.sandbox import Sandbox

CONFIGURATION = Path(__file__).with_name("schemathesis.toml")
TESTS = CONFIGURATION.parents[2]
BASIC = "Authorization: Basic " + base64.b64encode(b"demo:demo").decode()

KEYS = {"login": "Session_key", "token": "Access_token"}
QUICK = 10
# Another order of the same id may have left before one was cancelled.
ONE_ID_FOR_MANY = ("--exclude-checks", "use_after_free")

REFUSED = {400, 401}
# What must have been answered, or the run has tested less than it seems.
ANSWERED = {
    "GET login": {200},
    "GET token": {200},
    "GET checksession": {200, 404},
    "GET status": {200} | REFUSED,
    "POST sms": {201} | REFUSED,
    "POST paramsms": REFUSED,
    "GET sms/{order_id}": {200, 401, 404},
    "DELETE sms/{order_id}": {401, 404},
    "GET smshistory": {200} | REFUSED,
    "POST blacklist/sms": {200} | REFUSED,
    "POST blacklist/smsbatch": {200} | REFUSED,
    "GET blacklist/sms": {200} | REFUSED,
}


# And what differs between brands.
OWN = {
    "smsend": {"GET login": {404}, "GET token": {404}, "POST paramsms": {200}},
    "skebby": {"GET login": {401}, "GET token": {401}, "POST paramsms": {201}},
}


def run(sandbox, call, cwd, *, examples, seed=1, options=()):
    """Let schemathesis call everything, with the keys of a login; the statuses by call, and a report."""
    keys = requests.get(sandbox.url + call, params={"username": "demo", "password": "demo"}, timeout=5).text
    user_key, key = keys.split(";")
    found = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIGURATION), "run"),
            sandbox.url.removesuffix("API/v1.0/REST/") + "openapi.json",
            *("--header", f"user_key: {user_key}", "--header", f"{KEYS[call]}: {key}", "--header", BASIC),
            *("--max-examples", str(examples), "--seed", str(seed), "--continue-on-failure", "--no-color"),
            *options,
        ],
        cwd=cwd,  # it leaves notes
        env=os.environ | {"PYTHONPATH": str(TESTS), "SCHEMATHESIS_HOOKS": "helpers.api_checks"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stdout + found.stderr
    calls = sandbox.calls()
    calls["path"] = calls["path"].str.replace(r"^sms/.+", "sms/{order_id}", regex=True)
    statuses = calls.groupby(calls["method"] + " " + calls["path"])["status"].agg(set)
    return statuses, found.stdout


def passes(sandbox, call, cwd, *, brand="smsend", **options):
    statuses, report = run(sandbox, call, cwd, **options)
    for name, codes in [*ANSWERED.items(), *OWN[brand].items()]:
        assert codes <= statuses[name], f"{name} is never {codes - statuses[name]}\n{report}"


@pytest.mark.slow
def test_every_answer_is_as_described(tmp_path):
    with Sandbox(credits=10**9) as sandbox:
        passes(sandbox, "login", tmp_path, examples=QUICK)


@pytest.mark.slow
def test_every_answer_is_as_described_where_order_ids_may_repeat(tmp_path):
    """Otherwise an order that is refused for its id hides what else should have refused it."""
    with Sandbox(credits=10**9, repeated_order_id="accept") as sandbox:
        passes(sandbox, "token", tmp_path, examples=QUICK, options=ONE_ID_FOR_MANY)


def test_keys_that_are_not_valid_are_401_for_every_call(tmp_path):
    now = [datetime(2026, 11, 22, 12, tzinfo=UTC)]

    def clock():
        now[0] += timedelta(minutes=6)  # a session ends after five
        return now[0]

    with Sandbox(clock=clock) as sandbox:
        options = ["--phases", "fuzzing", "--mode", "positive"]  # a body that is no JSON is 400 before that
        statuses, _ = run(sandbox, "login", tmp_path, examples=5, options=options)
    for name in ANSWERED.keys() - {"GET login", "GET token", "GET checksession"}:
        assert statuses[name] == {401}, name
    assert statuses["GET checksession"] == {200}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("brand", "call", "repeated"),
    [
        ("smsend", "login", "refuse"),
        ("smsend", "token", "accept"),
        ("skebby", "login", "accept"),
        ("skebby", "token", "merge"),
    ],
)
def test_every_answer_of_every_brand_is_as_described(brand, call, repeated, tmp_path):
    with Sandbox(credits=10**9, brand=brand, repeated_order_id=repeated) as sandbox:
        options = ONE_ID_FOR_MANY if repeated == "accept" else ()
        passes(sandbox, call, tmp_path, brand=brand, examples=100, seed=2, options=options)
