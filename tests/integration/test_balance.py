"""A balance that does not cover a campaign, or no other like it, is said before it is sent."""

from __future__ import annotations

import pytest
from helpers.sending import gateway_at, table
from typer.testing import CliRunner

import smsframe
from smsframe.cli import exit_codes
from smsframe.cli.main import app
from smsframe.planning.balance import balance_words, too_little

pytestmark = pytest.mark.both_journals

SAYS = [
    (5, "the balance of 5 credits does not cover this: 1 are missing"),
    (6, "0 credits of 6 would be left"),
    (11, "5 credits of 11 would be left"),
    (12, ""),
    (10_000, ""),
]


@pytest.mark.parametrize(("left", "words"), SAYS)
def test_the_plan_its_card_and_the_form_say_what_is_known(left, words, tmp_path):
    with smsframe.Sandbox(credits=left) as sandbox:
        gateway = gateway_at(sandbox.url, tmp_path / "journal.sqlite")

        def plan():
            return smsframe.plan(table(6), "Ciao", campaign="autumn", phone="mobile", gateway=gateway)

        def form():
            made = smsframe.compose(table(6), "Ciao", campaign="autumn", gateway=gateway)
            return made._controls.messages["total"].value

        assert (plan().balance, plan().facts()["balance"]) == (None, "")
        assert "credits" not in form()
        assert len(sandbox.calls()) == 0  # a plan asks nobody
        gateway.credits()
        asked = len(sandbox.calls())
        assert plan().facts()["balance"] == words
        for shown in (repr(plan()), plan()._repr_html_(), form()):
            assert (words[1:] in shown) == bool(words) or not words
            assert bool(words) == ("would be left" in shown or "does not cover this" in shown)
        assert ("sf-problem" in form()) == (left < 6)
        assert len(sandbox.calls()) == asked


def test_what_an_order_left_is_known_to_the_next_plan(tmp_path):
    with smsframe.Sandbox(credits=10) as sandbox:
        gateway = gateway_at(sandbox.url, tmp_path / "journal.sqlite")
        smsframe.send(table(6), "Ciao", campaign="autumn", phone="mobile", gateway=gateway, progress=False)
        others = smsframe.plan(table(6, start=6), "Ciao", campaign="winter", phone="mobile", gateway=gateway)
        assert "the balance of 4 credits does not cover this: 2 are missing" in repr(others)
        same = smsframe.plan(table(6), "Ciao", campaign="autumn", phone="mobile", gateway=gateway)
        assert "credits of 4" not in repr(same)  # nobody is left to be texted


def test_the_command_asks_before_it_shows_the_plan(terminal, tmp_path):
    table(6).to_csv(tmp_path / "people.csv", index=False)
    command = ("send", "people.csv", "--campaign", "autumn", "--text", "Ciao", "--phone", "mobile", "--yes")
    with smsframe.Sandbox(credits=5) as sandbox:
        environment = {"SMSFRAME_BASE_URL": sandbox.url}
        done = CliRunner().invoke(app, command, env=environment)
        assert done.exit_code == exit_codes.GATEWAY
        assert "does not cover this: 1 are missing" in " ".join(done.output.split())
        assert sandbox.orders().empty


def test_no_balance_is_nothing_to_say():
    assert not too_little(None, 5)
    assert balance_words(None, 5) == balance_words(0, 0) == ""
