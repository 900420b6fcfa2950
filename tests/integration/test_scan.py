"""Saved notebooks: what is found, what is left in peace, and what is left of a notebook afterwards."""

from __future__ import annotations

import json
import stat
import sys
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from typer.testing import CliRunner

import smsframe
from smsframe.cli.main import app
from smsframe.scan import detect, notebooks

NUMBER, OTHER = "+393471234567", "+1 (415) 555-0106"
PHONE = "phone number"
SECRET = "pässw0rd&=%/ €+x"

NUMBERS = [
    NUMBER,
    OTHER,
    "+39 347 123 4567",
    "+39-347-123-4567",
    "+39.347.123.4567",
    "+39 (0) 347 123 4567",
    "+3\u200b9\u200b3\u200b4\u200b7\u200b1\u200b2\u200b3\u200b4\u200b5\u200b6\u200b7",
    "+٣٩٣٤٧١٢٣٤٥٦٧".replace("٣٩", "39", 1),
    "tel:+393471234567",
    "recipient=%2B393471234567",
    "phone=+393471234567",
    "<td>+393471234567</td>",
    "Ada,+393471234567,accepted",
    '"+393471234567"',
    "{'+393471234567': 1}",
    "\x1b[31m+39\x1b[0m3471234567",
]
NO_NUMBERS = [
    "3471234567",
    "393471234567",
    "sf-abcdef0123-0123456789abcdef",
    "2026-11-22 09:00:00.123456+00:00",
    "2026-11-22T09:00:00+0100",
    "+1.23456789e+00",
    "+1234567.5",
    "1e+10000000",
    "x +1.23456789",
    "3.141592653589793",
    "+12345678901234567890",
    "+39••••••••67",
    "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "iVBORw0KGgo+39347123456789/AAA+12345678==",
    "abc+393471234567abc",
    'f"+12125550{n}"',
    "+0393471234567",
    "+1,234,567 rows",
    "1763802000.123456",
]
SECRETS = [
    "https://gateway.example/login?username=maria&password=Zx81zx81",
    "https://gateway.example/x?a=1&access_token=Zx81zx81",
    "https://maria:Zx81zx81@gateway.example/",
    "Session_key: Zx81zx81Zx81",
    "user_key: Zx81zx81Zx81",
    "Authorization: Basic Zx81zx81==",
    'Gateway(url, username="maria", password="Zx81zx81")',
    "os.environ['SMSFRAME_PASSWORD'] = 'Zx81zx81'",
    "{'user_key': 'Zx81zx81'}",
    '{\\"access_token\\": \\"Zx81zx81\\"}',
    "api_key=&quot;Zx81zx81&quot;",
    "%env SMSFRAME_ACCESS_TOKEN=Zx81zx81",
    "monkeypatch.setenv('SMSFRAME_PASSWORD', 'Zx81zx81')",
    "password\x1b[38;5;241m=\x1b[39m\x1b[33m'Zx81zx81'\x1b[39m",
]
NO_SECRETS = [
    "password=os.environ['MY_PASSWORD']",
    "password = getpass()",
    'password="".join(["a", "b"])',
    'password="demo"',
    'password=""',
    'os.environ["SMSFRAME_PASSWORD"] = "your API password"',
    "login?password=•••",
    "login?password={password}",
    "user_key: the key that the gateway gave you",
    "access_token: Permanent keys",
    "https://gateway.example:8025/API/",
    "the password was refused",
    "export SMSFRAME_PASSWORD=$PASSWORD",
]


def found(text, **known):
    return [trace.what for trace in detect.Detector(**known).detections(notebooks._COLOUR.sub("", text))]


def executed(*sources, outputs=(), **metadata):
    cells = [new_code_cell(source) for source in sources] or [new_code_cell("1")]
    cells[-1].outputs = [*outputs]
    return new_notebook(cells=cells, metadata=metadata)


def shown(value):
    """What a cell displays of an object."""
    data = {"text/plain": repr(value)}
    if hasattr(value, "_repr_html_") and value._repr_html_():
        data["text/html"] = value._repr_html_()
    return new_output("execute_result", data)


def printed(text):
    return new_output("stream", name="stdout", text=text)


def widgets(**state):
    model = {"model_name": "TextModel", "model_module": "@jupyter-widgets/controls", "state": state}
    return {
        "application/vnd.jupyter.widget-state+json": {
            "version_major": 2,
            "version_minor": 0,
            "state": {"a1": model},
        }
    }


def saved(path, notebook):
    nbformat.write(notebook, path)
    return path


def run(*arguments):
    return CliRunner().invoke(app, ["scan", *map(str, arguments)])


@pytest.mark.parametrize("text", NUMBERS)
def test_a_number_is_found_however_it_is_written(text):
    assert found(text) == ["phone number"]


@pytest.mark.parametrize("text", NO_NUMBERS)
def test_other_digits_are_left_in_peace(text):
    assert found(text) == []


@pytest.mark.parametrize("text", SECRETS)
def test_a_secret_is_found_where_it_stands(text):
    assert len(found(text)) == 1
    clean = notebooks._COLOUR.sub("", text)
    hidden = detect.Detector().detections(clean)[0]
    assert clean[hidden.start : hidden.end].startswith("Zx81zx81")
    assert "Zx81" not in hidden.masked


@pytest.mark.parametrize("text", NO_SECRETS)
def test_what_only_sounds_like_a_secret_is_left_in_peace(text):
    assert found(text) == []


@pytest.mark.parametrize(
    "form", [SECRET, "p%C3%A4ssw0rd%26%3D%25%2F%20%E2%82%AC%2Bx", "p%C3%A4ssw0rd%26%3D%25%2F+%E2%82%AC%2Bx"]
)
def test_the_secrets_of_the_environment_are_found_by_their_value(form, monkeypatch, tmp_path):
    path = saved(tmp_path / "a.ipynb", executed(outputs=[printed(f"x{form}y")]))
    assert run(path).exit_code == 0
    monkeypatch.setenv("SMSFRAME_PASSWORD", SECRET)
    told = run(path)
    assert told.exit_code == 1
    assert "known secret" in told.output
    assert "ssw0rd" not in told.output
    run("--strip", path)
    assert "ssw0rd" not in path.read_text("utf-8")


def test_the_numbers_of_a_frame_are_found_by_its_columns_and_then_everywhere():
    frame = pd.DataFrame(
        {"name": ["Ada", "Bea"], "mobile": ["347 1234567", "3471234568"], "order": [3471234599, 1]}
    )
    outputs = [shown(frame), printed("I called 3471234568 and 3471234599")]
    findings, cleaned = notebooks.search(executed(outputs=outputs), [])
    assert {finding.masked for finding in findings} == {"34••••••67", "34••••••68"}
    assert len(findings) == 5  # two in the page, two in the plain text, one in the print
    kept = json.dumps(cleaned)
    assert "3471234599" in kept
    assert "3471234568" not in kept


def test_a_series_of_numbers_is_found_by_its_name():
    outputs = [shown(pd.Series(["347 1234567", "3471234568"], name="mobile"))]
    assert len(notebooks.search(executed(outputs=outputs), [])[0]) == 2
    outputs = [shown(pd.Series(["347 1234567", "3471234568"], name="customer"))]
    assert notebooks.search(executed(outputs=outputs), [])[0] == []


def test_a_frame_with_a_multi_index_and_result_columns_is_read_from_the_right():
    frame = pd.DataFrame({"sms_phone": ["+393471234567"] * 2, "mobile": ["3471234567"] * 2})
    frame.index = pd.MultiIndex.from_tuples([("a", 1), ("a", 2)], names=["x", "y"])
    findings, _ = notebooks.search(executed(outputs=[shown(frame)]), [])
    assert {finding.masked for finding in findings} == {"+39••••••••67", "34••••••67"}


def test_pictures_are_not_searched():
    picture = new_output("display_data", {"image/png": f"AAAA {NUMBER}", "image/svg+xml": "<svg/>"})
    assert notebooks.search(executed(outputs=[picture]), [])[0] == []


@pytest.mark.parametrize(
    ("notebook", "place", "what"),
    [
        (executed(f"x = '{NUMBER}'"), "source", PHONE),
        (new_notebook(cells=[new_markdown_cell(f"Call {OTHER}")]), "source", PHONE),
        (executed(outputs=[printed(f"Ciao {NUMBER}\n")]), "output", PHONE),
        (executed(outputs=[new_output("error", ename="", evalue=NUMBER, traceback=[])]), "output", PHONE),
        (executed(outputs=[new_output("error", ename="", evalue="", traceback=[NUMBER])]), "output", PHONE),
        (executed(outputs=[new_output("display_data", {"application/json": {NUMBER: 1}})]), "output", PHONE),
        (executed(papermill={"parameters": {"test": NUMBER}}), "metadata", PHONE),
        (executed(papermill={"parameters": {"password": "Zx81zx81"}}), "metadata", "secret by its name"),
        (executed(widgets=widgets(value=f"Text me: {NUMBER}")), "widget state", PHONE),
        (executed(widgets=widgets(value="347 123 4567")), "widget state", PHONE),
    ],
)  # fmt: skip
def test_every_place_is_searched_and_cleaned_but_for_sources(notebook, place, what, tmp_path):
    path = saved(tmp_path / "a.ipynb", notebook)
    told = run(path)
    assert (told.exit_code, place in told.output, what in told.output) == (1, True, True)
    assert "1234567" not in told.output
    assert "555-0106" not in told.output
    before = path.read_bytes()
    told = run("--strip", path)
    nbformat.validate(nbformat.read(path, as_version=4))
    if place == "source":
        assert told.exit_code == 1
        assert path.read_bytes() == before
    else:
        assert told.exit_code == 0
        assert run(path).exit_code == 0


def test_a_password_field_is_found_by_its_kind():
    state = widgets(value="hunter22")
    next(iter(state.values()))["state"]["a1"]["model_name"] = "PasswordModel"
    findings, cleaned = notebooks.search(executed(widgets=state), [])
    assert [finding.what for finding in findings] == ["password field"]
    assert "widgets" not in cleaned["metadata"]


def test_widgets_without_a_trace_stay_and_others_go_with_their_views():
    view = new_output(
        "display_data", {notebooks.VIEW: {"model_id": "a1", "version_major": 2}, "text/plain": "Text()"}
    )
    _, cleaned = notebooks.search(
        executed(outputs=[view], widgets=widgets(value="Ciao", max=2_000_000_000)), []
    )
    assert "widgets" in cleaned["metadata"]
    assert notebooks.VIEW in cleaned["cells"][0]["outputs"][0]["data"]
    _, cleaned = notebooks.search(executed(outputs=[view], widgets=widgets(value=NUMBER)), [])
    assert "widgets" not in cleaned["metadata"]
    assert cleaned["cells"][0]["outputs"][0]["data"] == {"text/plain": "Text()"}


def test_stripping_changes_nothing_else_and_keeps_who_may_read(tmp_path):
    notebook = executed(
        "a = 1\n",
        "b",
        outputs=[printed(f"one\n{NUMBER}\nthree è\n")],
        kernelspec={"name": "x", "display_name": "X"},
    )
    path = saved(tmp_path / "a.ipynb", notebook)
    path.chmod(0o640)
    before = path.read_text("utf-8")
    assert run("--strip", path).exit_code == 0
    assert path.read_text("utf-8") == before.replace(NUMBER, "+39••••••••67")
    assert sys.platform == "win32" or stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [file.name for file in tmp_path.iterdir()] == ["a.ipynb"]


def test_a_clean_notebook_is_not_even_written(tmp_path):
    path = saved(tmp_path / "a.ipynb", executed(outputs=[printed("fine")]))
    path.write_text(path.read_text("utf-8").replace(" ", "  "), "utf-8")
    before = path.read_bytes()
    assert "nothing found" in run("--strip", path).output
    assert path.read_bytes() == before


def test_a_failed_write_leaves_the_old_notebook(tmp_path, monkeypatch):
    path = saved(tmp_path / "a.ipynb", executed(outputs=[printed(NUMBER)]))
    before = path.read_bytes()

    def full(*_arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        notebooks.write(path, {})
    assert path.read_bytes() == before
    assert len([*tmp_path.iterdir()]) == 1


def test_half_a_character_is_written_as_it_was_read(tmp_path):
    path = saved(tmp_path / "a.ipynb", executed(outputs=[printed(NUMBER)]))
    path.write_text(path.read_text("utf-8").replace(NUMBER, NUMBER + " \\ud83d"), "utf-8")
    assert run("--strip", path).exit_code == 0
    assert "\\ud83d" in path.read_text("utf-8")


def test_the_checkpoint_beside_a_notebook_is_one_too(tmp_path):
    path = saved(tmp_path / "a.ipynb", executed(outputs=[printed("fine")]))
    (tmp_path / ".ipynb_checkpoints").mkdir()
    copy = saved(tmp_path / ".ipynb_checkpoints" / "a-checkpoint.ipynb", executed(outputs=[printed(NUMBER)]))
    assert run(path).exit_code == 1
    assert run("--strip", path).exit_code == 0
    assert NUMBER not in copy.read_text("utf-8")


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"nbformat": 3, "worksheets": []}', '{"nbformat": 4, "cells": [1]}', "\udcff"]
)
def test_what_is_no_notebook_is_refused(content, tmp_path):
    path = tmp_path / "a.ipynb"
    path.write_bytes(content.encode("utf-8", "surrogateescape"))
    told = run(path)
    assert told.exit_code == 2
    assert "not a notebook" in told.output


SEND = """
import pandas as pd, smsframe
sandbox = smsframe.Sandbox().start()
gateway = smsframe.Gateway(sandbox.url, username="demo", password=str(81) * 4)
"""
FAIL = """
smsframe.read_contacts("guests.csv").sms.send(
    "Ciao {mobile}", campaign="c", phone="mobile", gateway=gateway, progress=False
)
"""
HOLDING = """
guests = smsframe.read_contacts("guests.csv")
guests.sms.send("Ciao {nobody}", campaign="c", phone="mobile", gateway=gateway, progress=False)
"""
TWICE = """
import matplotlib.pyplot as plt
smsframe.read_contacts("guests.csv").sms.check("mobile").sms.plot("funnel")
"""


@pytest.mark.notebook
def test_a_notebook_with_verbose_tracebacks_is_safe_after_an_error(tmp_path, monkeypatch):
    """What is ours shows nobody. A cell's own variables are the user's, and `scan --strip` takes them out."""
    pytest.importorskip("matplotlib")  # one cell draws a picture
    (tmp_path / "guests.csv").write_text(f"mobile\n{NUMBER}\n+393471234568\n", "utf-8")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    notebook = new_notebook(
        cells=[
            new_code_cell(source)
            for source in ("%xmode Verbose", SEND, FAIL, TWICE, HOLDING, "sandbox.stop()")
        ]
    )
    resources = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(notebook, timeout=120, resources=resources, allow_errors=True).execute()
    errors = [output for cell in notebook.cells for output in cell.outputs if output.output_type == "error"]
    assert [error.ename for error in errors] == ["NotAuthorised", "TextError"]
    assert "NotAuthorised" in "".join(errors[0].traceback)
    images = [output for output in notebook.cells[3].outputs if "image/png" in output.get("data", {})]
    assert len(images) == 1  # once, also where pyplot is at hand

    safe = saved(tmp_path / "safe.ipynb", new_notebook(cells=notebook.cells[:4]))
    assert run(safe).exit_code == 0
    assert "81818181" not in safe.read_text("utf-8")
    assert NUMBER[3:] not in safe.read_text("utf-8")
    whole = saved(tmp_path / "whole.ipynb", notebook)
    run("--strip", whole)
    assert NUMBER[3:] not in whole.read_text("utf-8")
    assert run(whole).exit_code == 0
    nbformat.validate(nbformat.read(whole, as_version=4))


def test_the_notebook_on_deliveries_gives_nobody_away_and_shows_each_picture_once():
    path = Path(__file__).parents[2] / "notebooks" / "05-understand-delivery.ipynb"
    notebook = notebooks.read(path)
    assert notebooks.search(notebook, [])[0] == []
    pictures = [
        sum("image/png" in output.get("data", {}) for output in cell.get("outputs", []))
        for cell in notebook["cells"]
        if ".plot(" in "".join(cell["source"]) and cell["cell_type"] == "code"
    ]
    assert pictures == [1, 1]


@pytest.mark.parametrize(
    "text",
    [
        "https://127.0.0.1/x?token=ABCDEF1234567890",
        "https://127.0.0.1/x?key=ABCDEF1234567890",
        "password=pippo99x",
        "MY_TOKEN=ABCDEF1234567890",
        "token: ABCDEF1234567890",
        "token = 'abc123def456'",
    ],
)
def test_whatever_is_called_token_key_or_password_is_a_secret(text):
    (found,) = detect.Detector().detections(text)
    assert found.what.startswith("secret")


def test_when_only_what_was_typed_is_left_it_says_so(tmp_path):
    path = tmp_path / "typed.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell(f"phone = '{NUMBER}'")]), path)
    done = CliRunner().invoke(app, ["scan", str(path)])
    assert done.exit_code == 1
    assert "in what you typed" in done.stderr


# A hotline is nobody's number.

HOTLINE = "+39 02 1234 5678"
TEXT = f"Ciao {{name}}, call {HOTLINE}"
PEOPLE = pd.DataFrame({"name": ["Ada"], "mobile": [NUMBER]})


def test_a_hotline_in_what_a_plan_shows_is_no_person_s_number():
    plan = PEOPLE.sms.plan(TEXT + f" not {NUMBER}", phone="mobile", sender="+390287654321")
    assert HOTLINE in plan._repr_html_()
    assert "+390287654321" in plan._repr_html_()
    assert notebooks.search(executed(outputs=[shown(plan)]), [])[0] == []
    assert notebooks.search(executed(outputs=[shown(plan.cheaper())]), [])[0] == []
    with smsframe.reveal():
        revealed = shown(plan)
    assert {each.masked for each in notebooks.search(executed(outputs=[revealed]), [])[0]} >= {
        "+39••••••••67"
    }


def test_a_hotline_in_the_form_s_widgets_is_no_person_s_number():
    with smsframe.Sandbox() as sandbox:
        form = PEOPLE.sms.compose("Ciao {name}, 02 1234 5678 / {mobile}", gateway=sandbox.gateway())
        assert form.wait(20)
        state = form.widget.get_manager_state(widgets=None)
        assert HOTLINE[4:] in json.dumps(state, default=str)
        assert [*detect.Detector().detections(json.dumps(state, default=str))] == []


@pytest.mark.parametrize(
    "code",
    [
        f"people.sms.send('{TEXT}', phone='mobile')",
        f"TEXT = '{TEXT}'\nplan = people.sms.plan(TEXT)",
        f"smsframe.send(people, '{TEXT}', gateway=gateway)",
        f"smsframe.plan(people, text='{TEXT}')",
        f"%time people\nrun = people.sms.start(f'Ciao {{day}} ' 'call {HOTLINE}')",
        f"people.sms.compose('Ciao ' + 'call {HOTLINE}')",
        f"people.sms.plan({{'a': '{TEXT}', 'b': 'Ciao'}})",
    ],
)
def test_a_hotline_in_a_text_is_told_from_a_number_that_was_typed(code):
    assert notebooks.search(executed(code), [])[0] == []
    assert notebooks.search(executed(code, outputs=[printed(f"Call {HOTLINE}\n")]), [])[0] == []
    typed = executed(code, f"gateway.test(to='{OTHER}')")
    assert [each.place for each in notebooks.search(typed, [])[0]] == ["source"]
    frame = pd.DataFrame({"mobile": [HOTLINE]})
    assert {each.place for each in notebooks.search(executed(code, outputs=[shown(frame)]), [])[0]} >= {
        "output"
    }


@pytest.mark.parametrize(
    "code",
    [
        f"client.send('{NUMBER}', 'Ciao')",
        f"# people.sms.send('{NUMBER} is mine')",
        f"print('call {NUMBER}')",
        f"people.sms.send('Ciao', campaign='of {NUMBER}')",
        f"people.sms.send('Ciao {NUMBER}'",
    ],
)
def test_a_number_that_is_in_no_text_is_still_found(code):
    assert [each.what for each in notebooks.search(executed(code), [])[0]] == [PHONE]
