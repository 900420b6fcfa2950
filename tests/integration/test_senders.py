"""Registered senders: each state in words; a list of another shape, or one that is not whole, is an error."""

from __future__ import annotations

from itertools import count
from urllib.parse import parse_qs, urlsplit

import pytest
from helpers.faulty_server import answer
from helpers.sending import table
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

import smsframe
from smsframe.cli.main import app
from smsframe.errors import GatewayError
from smsframe.gateway.aliases import STATES
from smsframe.orders.profile import SMSEND

ACME = {"id": 1, "alias": "ACME", "alias-state": 2}


def head(rows, **more):
    return {"result": "OK", "total": len(rows), "pageNumber": 1, "pageSize": 10} | more


def asked(proxy, made):
    """The senders that a gateway shows whose answers about them are made by a function of each request."""
    proxy.always("GET", lambda request: made(parse_qs(urlsplit(request.target).query)), path="alias")


def test_each_state_is_said_in_words():
    senders = {f"S{state}": state for state in STATES}
    with smsframe.Sandbox(senders=senders) as sandbox:
        shown = sandbox.gateway().senders().set_index("sender")
    assert shown["state"].to_dict() == {f"S{state}": words for state, (words, _) in STATES.items()}
    assert shown.index[shown["confirmed"].astype(bool)].tolist() == ["S1", "S2"]
    assert shown["state_code"].tolist() == [*STATES]


def test_a_state_that_no_source_describes_is_neither_confirmed_nor_not():
    with smsframe.Sandbox(senders={"ACME": 7}) as sandbox:
        (row,) = sandbox.gateway().senders().itertuples()
    assert "state 7" in row.state
    assert row.state_code == 7
    assert str(row.confirmed) == "<NA>"


def test_an_account_without_senders_has_none():
    with smsframe.Sandbox() as sandbox:
        shown = sandbox.gateway().senders()
    assert shown.empty
    assert shown.dtypes.astype(str).tolist() == ["string", "string", "Int64", "boolean"]


def test_all_pages_are_read_and_capitals_are_kept(sandbox):
    senders = {f"{kind}{place}": place % 5 for place in range(600) for kind in ("A", "a")}
    sandbox._ledger.senders.update(senders)
    shown = sandbox.gateway().senders()
    assert dict(zip(shown["sender"], shown["state_code"], strict=True)) == senders


def test_a_list_under_another_name_and_states_as_text_are_read(proxy, through):
    rows = [{"alias": "ACME", "alias-state": "2"}, {"alias": "acme", "alias-state": 0, "note": None}]
    asked(proxy, lambda _: answer(200, head(rows) | {"tpoa": rows}))
    assert through.senders()["state"].tolist() == ["confirmed by AGCOM", "unconfirmed"]


SHAPES = [
    [ACME],
    "ACME",
    None,
    head([ACME]),
    head([ACME]) | {"aliases": {"ACME": 2}},
    head([ACME]) | {"aliases": ["ACME"]},
    head([ACME]) | {"aliases": [ACME], "more": [ACME]},
    head([ACME]) | {"aliases": [None]},
    *(
        head([ACME]) | {"aliases": [ACME | wrong]}
        for wrong in (
            {"alias": None},
            {"alias": ""},
            {"alias": 39347},
            {"alias-state": None},
            {"alias-state": "confirmed"},
            {"alias-state": True},
            {"alias-state": 2.5},
            {"alias-state": "\u0662"},
            {"alias-state": [2]},
        )
    ),
    *(
        head([ACME]) | {"aliases": [{name: value for name, value in ACME.items() if name != lost}]}
        for lost in ("alias", "alias-state")
    ),
    {"result": "ERROR", "aliases": [ACME]},
]


@pytest.mark.parametrize("body", SHAPES, ids=range(len(SHAPES)))
def test_a_list_of_another_shape_is_an_error_in_words(proxy, through, body):
    asked(proxy, lambda _: answer(200, body))
    with pytest.raises(GatewayError, match="senders"):
        through.senders()


def test_a_field_that_is_named_like_a_number_is_not_shown_whole(proxy, through):
    asked(proxy, lambda _: answer(200, head([ACME]) | {"aliases": [{"+393471234567": 1}]}))
    with pytest.raises(GatewayError) as caught:
        through.senders()
    assert "3471234567" not in str(caught.value)


def pages(rows, *, of=None):
    """A gateway that shows as many pages as are asked for, whatever it says of their number."""

    def made(query):
        number = int(query["pageNumber"][0])
        return answer(200, head(rows(number), total=of or 1_000) | {"aliases": rows(number)})

    return made


def test_pages_without_end_are_an_error(proxy, through):
    fresh = count()
    asked(
        proxy,
        pages(lambda _: [{"alias": f"S{next(fresh)}", "alias-state": 1} for _ in range(10)], of=10**9),
    )
    with pytest.raises(GatewayError, match="did not show all"):
        through.senders()


def test_pages_that_repeat_are_an_error(proxy, through):
    asked(proxy, pages(lambda _: [{"alias": f"S{place}", "alias-state": 1} for place in range(10)]))
    with pytest.raises(GatewayError, match="did not show all"):
        through.senders()


@pytest.mark.parametrize("total", [0, 2, 10**6])
def test_a_total_that_disagrees_is_an_error(proxy, through, total):
    asked(proxy, pages(lambda number: [ACME] if number == 1 else [], of=total or -1))
    with pytest.raises(GatewayError, match="did not show all"):
        through.senders()


def test_a_gateway_that_does_not_answer_says_so(sandbox):
    sandbox.misbehave("error_before", call="senders", status=500)
    with pytest.raises(GatewayError):
        sandbox.gateway().senders()


def test_the_command_shows_them(terminal):
    terminal._ledger.senders.update({"ACME": 2, "acme": 4})
    shown = CliRunner().invoke(app, ["senders"])
    assert shown.exit_code == 0, shown.output
    for words in ("2 senders", "ACME", "confirmed by AGCOM", "acme", "blocked by AGCOM"):
        assert words in shown.output


# A sender is checked before anything is sent, against what the sources say of it.

LETTERS = "ABCXYZabcxyz0189 .&_'-"


@given(st.text(LETTERS, max_size=14))
def test_a_name_is_at_most_eleven_signs_with_a_letter_and_a_number_six_to_sixteen_digits(sender):
    digits = sender.isdecimal() and 6 <= len(sender) <= 16
    name = 1 <= len(sender) <= 11 and any(map(str.isalpha, sender))
    assert SMSEND.takes_sender(sender) == (digits or name)


@given(st.integers(0, 20), st.booleans())
def test_the_length_of_a_number_is_held_to_its_bounds(length, plus):
    sender = "+" * plus + "3" * length
    assert SMSEND.takes_sender(sender) == (6 <= length <= 16)


@pytest.mark.parametrize(
    "sender",
    ["Caff\u00e8", "ACME\n", "\u0391CME", "\uff21CME", "+ACME", "12345", "++393471234567", "a" * 12, " "],
)
def test_what_no_source_allows_is_refused_before_anything_is_sent(sandbox, sender):
    with pytest.raises(ValueError, match="sender="):
        smsframe.send(
            table(2), "Ciao", campaign="autumn", phone="mobile", gateway=sandbox.gateway(), sender=sender
        )
    assert sandbox.inbox().empty
