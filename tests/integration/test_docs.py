"""What the documentation shows is what happens."""

from __future__ import annotations

import contextlib
import inspect
import io
import re
import shutil
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

import smsframe
from smsframe.outcomes.columns import COLUMNS, STATUSES

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_python_block_runs_and_prints_what_the_page_says(page, tmp_path, monkeypatch):
    shutil.copytree(ROOT / "data", tmp_path / "data")
    monkeypatch.chdir(tmp_path)
    for name in ("BASE_URL", "USERNAME", "PASSWORD"):
        monkeypatch.setenv(f"SMSFRAME_{name}", "")  # blocks may set them; they go with the test
    space: dict[str, object] = {"__name__": "readme"}
    printed = io.StringIO()
    for language, body in BLOCK.findall(page.read_text("utf-8")):
        if language == "python":
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                exec(compile(body, page.name, "exec", dont_inherit=True), space)
        elif language == "text":
            assert printed.getvalue().rstrip() == body.rstrip()


def section(heading):
    """The part of the README below a heading."""
    return README.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def spans(text):
    """What stands in backticks outside of blocks."""
    return re.findall(r"`([^`\n]+)`", BLOCK.sub("", text))


def test_the_readme_begins_with_code():
    assert "```python" in README.splitlines()[:10]


CODE = "\n".join(
    [*spans(README), *(body for language, body in BLOCK.findall(README) if language == "python")]
)


@pytest.mark.parametrize("name", [n for n in smsframe.__all__ if n.islower()])
def test_every_public_function_is_called_in_the_readme(name):
    """As code: most of their names are also words."""
    module_or_method = rf"(?:\bsmsframe|\.sms)\.{name}\b|\bfrom smsframe import [^\n]*\b{name}\b"
    assert re.search(module_or_method, CODE)


def test_the_readme_has_every_result_column_and_no_other():
    assert {span for span in spans(section("The result columns")) if span.startswith("sms_")} == {*COLUMNS}


def test_the_readme_says_once_what_each_status_means_and_of_no_other():
    first, *told = re.findall(r"^\| `(\w+)` \|", section("The result columns"), re.MULTILINE)
    assert first == "sms_status"
    assert sorted(told) == sorted(STATUSES)


def test_every_error_is_in_the_tree_of_the_readme_and_no_other():
    (tree,) = re.findall(r"draws the tree: (.*?)\.\s", section("The result columns"), re.DOTALL)
    things = {name: getattr(smsframe, name) for name in smsframe.__all__}
    errors = [name for name, thing in things.items() if inspect.isclass(thing)]
    errors = [name for name in errors if issubclass(things[name], smsframe.SmsFrameError)]
    assert sorted(spans(tree)) == sorted({*errors} - {"SmsFrameError"})


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
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
    assert [plan.partition(", 936 segments")[0] for plan in plans] == [
        "<smsframe.Plan spring: text 936 people"
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
