"""
The documentation site, as `make docs` builds it: without a warning, whole, and without a dead link.

`make docs` names the folder of what it has built in ``SMSFRAME_SITE``; then only that is looked at. Otherwise
the site is built here, where Sphinx is installed. Where it is not, CI fails, and a laptop skips.
"""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pandas as pd
import pytest
import typer.main

import smsframe
from smsframe.cli.main import app

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = [
    path.relative_to(DOCS).with_suffix("")
    for path in sorted(DOCS.rglob("*.md"))
    if not path.is_relative_to(DOCS / "reference" / "generated")
]
NOTEBOOKS = [Path("notebooks") / path.stem for path in sorted((ROOT / "notebooks").glob("*.ipynb"))]
METHODS = [f"pandas.DataFrame.sms.{name}" for name in dir(pd.DataFrame().sms) if not name.startswith("_")]
METHODS += [f"pandas.Series.sms.{name}" for name in dir(pd.Series(dtype=object).sms) if name.isidentifier()]
PUBLIC = [f"smsframe.{name}" for name in smsframe.__all__]


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """The folder of the built site."""
    if built := os.environ.get("SMSFRAME_SITE"):
        return Path(built).resolve()
    if importlib.util.find_spec("sphinx") is None:
        if os.environ.get("CI"):
            pytest.fail("there is no Sphinx: `make docs` installs it, and runs these tests")
        pytest.skip("needs Sphinx: `make docs` installs it")
    target = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-q", "-E", "-n", "-W", "--keep-going", str(DOCS), str(target)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
    assert ran.returncode == 0, ran.stderr[-5000:]
    return target


@pytest.fixture(scope="session")
def inventory(site):
    """What the reference has an entry of."""
    from sphinx.util.inventory import InventoryFile  # noqa: PLC0415 - where it is installed

    raw = (site / "objects.inv").read_bytes()
    found = InventoryFile.loads(raw, uri="").data
    return {name for kind, names in found.items() if kind.startswith("py:") for name in names}


def links(page):
    """The links of a built page, without those to other hosts."""
    return re.findall(r'(?:href|src)="(?!https?:|mailto:|data:)([^"]*)"', page.read_text("utf-8"))


def test_there_is_something_to_look_at():
    assert len(PAGES) > 20
    assert len(NOTEBOOKS) > 5
    assert len(METHODS) > 15
    assert len(PUBLIC) > 50


def test_every_public_name_has_an_entry(inventory):
    assert [name for name in PUBLIC if name not in inventory] == []


def test_every_method_of_the_accessor_has_an_entry(inventory):
    public = {name for name in METHODS if not name.rpartition(".")[2].startswith("_")}
    assert sorted(public - inventory) == []


def test_no_entry_is_of_something_that_is_gone(inventory):
    """Of the front door and the accessor: members have names of their own."""
    named = {name for name in inventory if name.count(".") == 1 and name.startswith("smsframe.")}
    assert sorted(named - {*PUBLIC} - {"smsframe.errors"}) == []
    assert sorted({name for name in inventory if ".sms." in name} - {*METHODS}) == []


def test_every_page_is_built_and_can_be_reached_from_the_first(site):
    reached, waiting = set(), [site / "index.html"]
    while waiting:
        page = waiting.pop()
        if page in reached:
            continue
        reached.add(page)
        paths = {unquote(urlsplit(link).path) for link in links(page)} - {""}
        waiting += [
            target for path in paths if path.endswith(".html") and (target := (page.parent / path).resolve())
        ]
    missing = [str(each) for each in [*PAGES, *NOTEBOOKS] if site / f"{each}.html" not in reached]
    assert missing == []
    own = {path.resolve() for path in site.rglob("*.html") if "_static" not in path.parts}
    assert sorted(str(path) for path in own - reached if path.name != "search.html") == []


def test_no_link_leads_nowhere(site):
    names: dict[Path, set[str]] = {}
    broken = []
    for page in site.rglob("*.html"):
        if "_static" in page.parts:
            continue
        for link in links(page):
            parts = urlsplit(link.replace("&amp;", "&"))
            target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            if not target.exists():
                broken.append(f"{page.relative_to(site)}: {link}")
            elif parts.fragment and target.suffix == ".html":
                if target not in names:
                    names[target] = set(re.findall(r'\bid="([^"]+)"', target.read_text("utf-8")))
                if unquote(parts.fragment) not in names[target]:
                    broken.append(f"{page.relative_to(site)}: {link}")
    assert broken == []


def test_no_page_asks_another_host_for_anything(site):
    """It is read offline, and nobody is counted."""
    loads = re.compile(r'<(?:script|img|iframe|link)\b[^>]*\b(?:src|href)="(https?:)?//')
    asking = [page.name for page in site.rglob("*.html") if loads.search(page.read_text("utf-8"))]
    assert asking == []


def test_every_command_is_on_the_page_of_commands(site):
    page = (site / "reference" / "commands.html").read_text("utf-8")
    missing = [name for name in typer.main.get_command(app).commands if f"<h3>{name}<" not in page]
    assert missing == []


def test_no_markup_is_left_in_a_docstring(site):
    """A reference as it was written, or a section of a docstring that became a paragraph."""
    left = re.compile(
        r":(?:py|class|func|meth|ref|doc):|<p>(?:Args|Returns|Raises|Example|Attributes)[\w ]*:"
    )
    pages = [*(site / "reference").rglob("*.html")]
    assert pages
    assert [page.name for page in pages if left.search(page.read_text("utf-8"))] == []


def test_cells_were_executed(site):
    """An error in one ends the build; a page whose cells did not run has no output at all."""
    executed = [page for page in PAGES if "{code-cell}" in (DOCS / f"{page}.md").read_text("utf-8")]
    assert len(executed) > 5
    assert [
        page for page in executed if "cell_output" not in (site / f"{page}.html").read_text("utf-8")
    ] == []
