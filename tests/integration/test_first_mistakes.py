"""The mistakes that people make first: what each is told, and that nothing was sent."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
import textwrap
from types import SimpleNamespace

import nbformat
import pandas as pd
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

import smsframe

MORNING = dt.datetime(2030, 12, 24, 9)  # noqa: DTZ001 - that is the mistake


def guests():
    return pd.DataFrame({"name": ["Ada", "Bea"], "mobile": ["347 1234567", "347 1234568"]})


def send(frame, *text, **options):
    return frame.sms.send(*text, **{"campaign": "autumn", "phone": "mobile", "region": "IT", **options})


MISTAKES = {
    "no campaign": (
        lambda frame, gateway: frame.sms.send("Ciao", phone="mobile", gateway=gateway),
        ValueError,
        "send needs campaign=, the name under which nobody is texted twice, such as 'autumn'",
    ),
    "no phone column": (
        lambda frame, gateway: frame.sms.send("Ciao", campaign="autumn", gateway=gateway),
        smsframe.ContactsError,
        "send needs phone=, the column to text; did you mean phone='mobile'?",
    ),
    "a column that is not there": (
        lambda frame, gateway: send(frame, "Ciao", phone="moble", gateway=gateway),
        smsframe.ContactsError,
        "there is no column 'moble'. Did you mean 'mobile'? The columns are 'name', 'mobile'",
    ),
    "no text": (
        lambda frame, gateway: send(frame, gateway=gateway),
        TypeError,
        "send needs the text people read: send(contacts, text, campaign=..., phone=...)",
    ),
    "a field that is no column": (
        lambda frame, gateway: send(frame, "Ciao {nmae}", gateway=gateway),
        smsframe.TextError,
        (
            "The text has a field 'nmae', and there is no such column. Did you mean 'name'? The columns are: "
            "'name', 'mobile'."
        ),
    ),
    "a brace that is not closed": (
        lambda frame, gateway: send(frame, "Ciao {name", gateway=gateway),
        smsframe.TextError,
        (
            "The { at character 6 has no partner; a field is written {name}, and a brace that people should "
            "read {{."
        ),
    ),
    "a parameter that is misspelt": (
        lambda frame, gateway: send(frame, "Ciao", gateway=gateway, campaing="autumn"),
        TypeError,
        "send() has no parameter 'campaing'. Did you mean 'campaign'?",
    ),
    "a method that is misspelt": (
        lambda frame, gateway: frame.sms.chek(),
        AttributeError,
        "DataFrame.sms has no 'chek'. Did you mean 'check'?",
    ),
    "a function that is misspelt": (
        lambda frame, gateway: smsframe.sned(frame),
        AttributeError,
        "module 'smsframe' has no attribute 'sned'. Did you mean 'send'?",
    ),
    "a Series": (
        lambda frame, gateway: send(frame["mobile"], "Ciao", gateway=gateway),
        AttributeError,
        "Series.sms has no 'send'. That of a DataFrame has: a Series has the numbers alone.",
    ),
    "a Series to a function": (
        lambda frame, gateway: smsframe.plan(frame["mobile"], "Ciao"),
        smsframe.ContactsError,
        (
            "the contacts are one column, a Series: give the whole table and the column's name as phone=, or "
            "make a table of it by .to_frame()"
        ),
    ),
    "a path": (
        lambda frame, gateway: smsframe.check("guests.csv"),
        smsframe.ContactsError,
        "the contacts are the path of a file: read it with smsframe.read_contacts first",
    ),
    "a list": (
        lambda frame, gateway: smsframe.check(["347 1234567"]),
        smsframe.ContactsError,
        (
            "the contacts are of type list: give a pandas DataFrame, or what has the Arrow stream protocol, "
            "as polars, DuckDB and pyarrow do"
        ),
    ),
    "a column of texts": (
        lambda frame, gateway: send(frame, frame["name"], gateway=gateway),
        smsframe.TextError,
        "The text must be a string, not Series.",
    ),
    "no account": (
        lambda frame, gateway: send(frame, "Ciao"),
        smsframe.NotAuthorised,
        (
            "no gateway is set up, so nothing was sent. Set the environment variables SMSFRAME_BASE_URL, "
            "SMSFRAME_USERNAME and SMSFRAME_PASSWORD (or SMSFRAME_USER_KEY and SMSFRAME_ACCESS_TOKEN), or "
            "pass gateway=. To try without an account: with smsframe.Sandbox() as sandbox: ... "
            "gateway=sandbox.gateway()"
        ),
    ),
    "a time without a zone": (
        lambda frame, gateway: send(frame, "Ciao", schedule=MORNING, gateway=gateway),
        ValueError,
        (
            "schedule= must be a datetime with a time zone, such as datetime(2026, 12, 1, 9, "
            "tzinfo=ZoneInfo('Europe/Rome'))"
        ),
    ),
    "a country that is misspelt": (
        lambda frame, gateway: send(frame, "Ciao", region="Itlay", gateway=gateway),
        smsframe.ContactsError,
        (
            "region='Itlay' is neither a country (such as 'IT' or 'Italy') nor a column. Did you mean Italy "
            "(IT)? The columns are 'name', 'mobile'"
        ),
    ),
    "a campaign that is misspelt": (
        lambda frame, gateway: smsframe.results("autunm", gateway=gateway),
        smsframe.UnknownCampaign,
        "no campaign 'autunm' in",
    ),
    "a quality that there is not": (
        lambda frame, gateway: send(frame, "Ciao", quality="hihg", gateway=gateway),
        ValueError,
        "quality='hihg' must be one of high, medium, low",
    ),
    "a policy's rule that is misspelt": (
        lambda frame, gateway: smsframe.Policy(bugdet=1),
        TypeError,
        "Policy() has no parameter 'bugdet'. Did you mean 'budget'?",
    ),
    "hours that are misspelt": (
        lambda frame, gateway: smsframe.Hours(beween=("09:00", "20:00")),
        TypeError,
        "Hours() has no parameter 'beween'. Did you mean 'between'?",
    ),
    "a gateway's parameter that is misspelt": (
        lambda frame, gateway: smsframe.Gateway(gateway.base_url, usrname="demo", password="demo"),
        TypeError,
        "Gateway() has no parameter 'usrname'. Did you mean 'username'?",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_first_mistake_is_told_so_that_it_is_the_last(mistake, sandbox, gateway, monkeypatch):
    for name in ("SMSFRAME_BASE_URL", "SMSFRAME_USERNAME", "SMSFRAME_USER_KEY"):
        monkeypatch.delenv(name, raising=False)
    make, kind, message = MISTAKES[mistake]
    with pytest.raises(kind) as raised:
        make(guests(), gateway)
    assert str(raised.value).startswith(message)
    assert sandbox.inbox().empty


def test_numbers_of_a_country_that_nobody_named_are_told_so():
    reasons = guests().sms.check(phone="mobile")["sms_reason"]
    assert set(reasons) == {"no country code that fits; add it, or pass region="}


def test_dir_is_the_public_names():
    assert {*dir(smsframe)} == {*smsframe.__all__}
    assert all(hasattr(smsframe, name) for name in dir(smsframe))


def test_no_password_is_in_what_a_notebook_shows_of_a_misspelt_parameter(gateway):
    with pytest.raises(TypeError) as raised:
        smsframe.Gateway(gateway.base_url, usrname="demo", password="open-sesame")
    trace, held = raised.tb.tb_next, []
    while trace is not None:
        held += [repr(value) for value in trace.tb_frame.f_locals.values()]
        trace = trace.tb_next
    assert "open-sesame" not in "".join(held)


# A guess is one quiet line that points at the user's own cell.


def test_a_guess_in_a_notebook_is_one_line_with_the_number_of_the_cell():
    cells = [
        "import pandas as pd, smsframe",
        "people = pd.DataFrame({'mobile': ['+393471234567'], 'a': 1})\n\nchecked = people.sms.check()",
    ]
    notebook = NotebookClient(
        new_notebook(cells=[*map(new_code_cell, cells)]), kernel_name="python3"
    ).execute()
    (output,) = notebook.cells[1].outputs
    assert output.name == "stderr"
    assert output.text == (
        "Cell In[2]:3: PhoneGuessed: taking 'mobile' as the phone column; pass phone='mobile' to choose it "
        "yourself\n"
    )
    nbformat.validate(notebook)


def test_a_guess_in_a_program_points_at_its_line(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(
        textwrap.dedent(
            """
            import pandas as pd, smsframe
            people = pd.DataFrame({"name": ["Ada"], "mobile": ["+393471234567"]})
            people.sms.check()
            """
        )
    )
    ran = subprocess.run([sys.executable, program], capture_output=True, text=True, check=True, timeout=60)
    assert ran.stderr.splitlines()[0].startswith(f"{program}:4: PhoneGuessed: taking 'mobile'")
    assert len(ran.stderr.splitlines()) == 2


# Notebooks that cannot show a form, or cannot send.


def test_in_marimo_the_form_says_what_to_use_instead_and_cards_still_show(monkeypatch):
    monkeypatch.setitem(sys.modules, "marimo", SimpleNamespace(running_in_notebook=lambda: True))
    with pytest.raises(RuntimeError, match=r"marimo shows no ipywidgets.*plan and send.*smsframe app"):
        guests().sms.compose(phone="mobile", region="IT")
    plan = guests().sms.plan("Ciao", campaign="a", phone="mobile", region="IT")
    assert "Ciao" in plan._repr_html_()


def test_a_program_that_has_merely_loaded_marimo_gets_its_form(monkeypatch, sandbox):
    monkeypatch.setitem(sys.modules, "marimo", SimpleNamespace(running_in_notebook=lambda: False))
    form = guests().sms.compose(phone="mobile", region="IT", gateway=sandbox.gateway())
    assert form.wait(20)


def test_in_a_browser_nothing_is_sent_and_whatever_needs_no_gateway_works(monkeypatch):
    monkeypatch.setattr(sys, "platform", "emscripten")
    for needs_a_gateway in (
        lambda: smsframe.Gateway("https://gateway.example", username="a", password="b"),
        lambda: guests().sms.compose(phone="mobile", region="IT"),
    ):
        with pytest.raises(RuntimeError, match=r"browser.*check, plan, normalize and segments work here"):
            needs_a_gateway()
    assert guests().sms.check(phone="mobile", region="IT")["sms_status"].eq("ready").all()
    assert guests().sms.plan("Ciao", phone="mobile", region="IT").recipients == 2
