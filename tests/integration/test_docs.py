"""What the documentation shows is what happens."""

from __future__ import annotations

import contextlib
import inspect
import io
import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from nbclient import NotebookClient

import smsframe
from smsframe.outcomes.columns import COLUMNS, STATUSES

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
README = (ROOT / "README.md").read_text("utf-8")
BUILT = [DOCS / "reference" / "generated", DOCS / "notebooks", DOCS / "_build"]
PAGES = [
    ROOT / "README.md",
    *sorted(page for page in DOCS.rglob("*.md") if not any(page.is_relative_to(built) for built in BUILT)),
]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
BLOCK = re.compile(r"^```(\S*)(?: python)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CODE, OUTPUT, SHELL, SETTINGS = {"python", "{code-cell}"}, "text", "sh", "toml"
NO_CODE = {"", "{toctree}", "{eval-rst}", "sql"}
"""Drawings, what arranges the site, and rights that `test_postgres` gives."""


def blocks(text):
    """The fenced blocks of a page: language and body."""
    return BLOCK.findall(text)


def identity(page):
    """How a test of a page is called."""
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=identity)
def test_every_python_block_runs_and_prints_what_the_page_says(page, tmp_path, monkeypatch):
    shutil.copytree(ROOT / "data", tmp_path / "data")
    monkeypatch.chdir(tmp_path)
    for name in ("BASE_URL", "USERNAME", "PASSWORD"):
        monkeypatch.setenv(f"SMSFRAME_{name}", "")  # blocks may set them; they go with the test
    space: dict[str, object] = {"__name__": "readme"}
    printed = io.StringIO()
    for language, body in blocks(page.read_text("utf-8")):
        if language in CODE:
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                exec(compile(body, page.name, "exec", dont_inherit=True), space)
        elif language == OUTPUT:
            assert printed.getvalue().rstrip() == body.rstrip()


@pytest.mark.parametrize("page", PAGES, ids=identity)
def test_there_is_no_block_of_a_language_that_no_test_runs(page):
    text = page.read_text("utf-8")
    assert {language for language, _ in blocks(text)} <= {*CODE, OUTPUT, SHELL, SETTINGS} | NO_CODE
    assert 2 * len(blocks(text)) == len(re.findall(r"^```", text, re.MULTILINE))


def test_there_are_blocks_of_each_kind():
    found = {language for page in PAGES for language, _ in blocks(page.read_text("utf-8"))}
    assert found >= {*CODE, OUTPUT, SHELL, SETTINGS}
    assert sum("{code-cell}" in page.read_text("utf-8") for page in PAGES) > 5


SETTINGS_BLOCKS = [
    body for page in PAGES for language, body in blocks(page.read_text("utf-8")) if language == SETTINGS
]


@pytest.mark.parametrize("body", SETTINGS_BLOCKS)
def test_every_file_of_house_rules_can_be_read(body, tmp_path):
    (tmp_path / "smsframe.toml").write_text(body, "utf-8")
    rules = smsframe.Policy.from_file(tmp_path / "smsframe.toml")
    assert rules != smsframe.Policy()


SHELL_BLOCKS = [
    body for page in PAGES for language, body in blocks(page.read_text("utf-8")) if language == SHELL
]


@pytest.mark.parametrize("body", SHELL_BLOCKS, ids=lambda body: body.partition(" #")[0].split("\n")[0])
def test_every_shell_block_runs_as_pasted(body, tmp_path):
    """On a free port: two tests at once must not share one. What `make` does, CI does."""
    commands = [line for line in body.splitlines() if not line.startswith("make ")]
    targets = re.findall(r"^make ([a-z-]+)", body, re.MULTILINE)
    makefile = (ROOT / "Makefile").read_text("utf-8")
    assert all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in targets)
    if not commands:
        return
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    shutil.copytree(ROOT / "data", tmp_path / "data")
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    ran = subprocess.run(
        ["bash", "-e", "-c", "\n".join(commands).replace("8025", port)],
        cwd=tmp_path,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert len(smsframe.read_contacts(tmp_path / "results.csv")) == 937


def section(page, heading):
    """The part of a page below a heading."""
    return page.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def spans(text):
    """What stands in backticks outside of blocks."""
    return re.findall(r"`([^`\n]+)`", BLOCK.sub("", text))


def test_the_readme_is_short_and_begins_with_code():
    lines = README.splitlines()
    assert len(lines) <= 120
    assert "```python" in lines[:10]
    assert len(re.findall(r"^!\[", README, re.MULTILINE)) == 1
    assert re.findall(r"^make (\w+)", README, re.MULTILINE) == ["demo", "test"]
    assert len(re.findall(r"(?<!!)\[[^]]+\]\([^)]+\)", README)) == 5


READ = [DOCS / "index.md", DOCS / "tutorial.md", DOCS / "privacy.md", *(DOCS / "how-to").glob("*.md")]
CALLS = "\n".join(
    "\n".join([*spans(text), *(body for language, body in blocks(text) if language in CODE)])
    for text in (page.read_text("utf-8") for page in READ)
)
FUNCTIONS = {name for name in smsframe.__all__ if name.islower()}
ERRORS = {
    name
    for name in smsframe.__all__
    if inspect.isclass(thing := getattr(smsframe, name))
    and issubclass(thing, smsframe.SmsFrameError | Warning)
}


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_every_public_function_is_called_in_a_page_that_people_read(name):
    """As code: most of their names are also words."""
    module_or_method = rf"(?:\bsmsframe|\.sms)\.{name}\b|\bfrom smsframe import [^\n]*\b{name}\b"
    assert re.search(module_or_method, CALLS)


def entries(page):
    """What a page of the reference lists."""
    text = (DOCS / "reference" / page).read_text("utf-8")
    listed = "\n".join(body for language, body in blocks(text) if "autosummary" in body)
    return re.findall(r"^   ~?([\w.]+)$", listed, re.MULTILINE)


def test_the_reference_lists_every_public_name_once():
    errors = re.findall(r"autoexception:: (\w+)", (DOCS / "reference/errors.md").read_text("utf-8"))
    assert sorted(entries("functions.md")) == sorted(FUNCTIONS)
    assert sorted(errors) == sorted(ERRORS)
    assert sorted(entries("objects.md")) == sorted({*smsframe.__all__} - FUNCTIONS - ERRORS)


def test_the_reference_lists_every_method_of_the_accessor_once():
    methods = {"DataFrame": pd.DataFrame().sms, "Series": pd.Series(dtype=object).sms}
    public = [
        f"pandas.{kind}.sms.{name}"
        for kind, accessor in methods.items()
        for name in dir(accessor)
        if not name.startswith("_")
    ]
    assert sorted(entries("accessor.md")) == sorted(public)


COLUMNS_PAGE = (DOCS / "columns.md").read_text("utf-8")


def test_the_page_of_the_columns_has_every_column_in_order_and_no_other():
    first = COLUMNS_PAGE.partition("\n## ")[0]
    assert re.findall(r"^\| `(sms_\w+)` \|", first, re.MULTILINE) == [*COLUMNS]


def test_the_page_of_the_columns_says_once_what_each_status_means_and_of_no_other():
    first, *told = re.findall(r"^\| `(\w+)` \|", section(COLUMNS_PAGE, "The statuses"), re.MULTILINE)
    assert first == "sms_status"
    assert sorted(told) == sorted(STATUSES)


def test_every_page_is_in_the_sites_contents_once():
    """Sphinx says which are not; this says so where there is no Sphinx."""
    text = (DOCS / "index.md").read_text("utf-8")
    listed = [
        line for _, body in blocks(text) for line in body.splitlines() if re.fullmatch(r"[\w/-]+", line)
    ]
    pages = [str(page.relative_to(DOCS).with_suffix("")) for page in PAGES[1:] if page.name != "index.md"]
    assert sorted(listed) == sorted(pages)


@pytest.mark.parametrize("page", PAGES, ids=identity)
def test_every_link_to_a_file_leads_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+?)\)", page.read_text("utf-8")):
        assert "://" in target or (page.parent / target).exists(), target


@pytest.mark.notebook
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_notebook_runs(path, tmp_path, monkeypatch):
    shutil.copytree(ROOT / "data", tmp_path / "data")
    (tmp_path / "notebooks").mkdir()
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(
        notebook, timeout=120, resources={"metadata": {"path": str(tmp_path / "notebooks")}}
    ).execute()


@pytest.mark.notebook
def test_papermill_runs_the_first_campaign_with_other_values(tmp_path, monkeypatch):
    papermill = pytest.importorskip("papermill")
    shutil.copytree(ROOT / "data", tmp_path / "data")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    out = papermill.execute_notebook(
        ROOT / "notebooks/01-first-campaign.ipynb",
        tmp_path / "spring.ipynb",
        {
            "campaign": "spring",
            "contacts_file": "data/samples/guests.csv",
            "text": "Ciao {name:friend}, ciao",
        },
        cwd=tmp_path,
        progress_bar=False,
        log_output=False,
    )
    plans = [cell.outputs[0].data["text/plain"] for cell in out.cells if cell.source.startswith("plan = ")]
    assert [plan.partition(", 937 segments")[0] for plan in plans] == [
        "<smsframe.Plan spring: text 937 people"
    ]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_are_committed_executed_and_without_widget_state(path):
    notebook = nbformat.read(path, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert any(cell.outputs for cell in code)
    assert "widgets" not in notebook.metadata
    assert "widget-view" not in path.read_text("utf-8")
    assert not any(output.output_type == "error" for cell in code for output in cell.outputs)
