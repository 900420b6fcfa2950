"""Names are made of the words of `docs/glossary.md`, and what people read has none of those it refuses."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import json
import re
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest
import typer.main
from pandera.pandas import DataFrameModel

import smsframe
from smsframe.cli.main import app
from smsframe.outcomes.codes import CODES
from smsframe.outcomes.columns import COLUMNS, STATUSES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/glossary.md").read_text("utf-8")
ROWS = [[cell.strip() for cell in row.split("|")] for row in re.findall(r"^\| (`.*) \|$", PAGE, re.MULTILINE)]
TERMS = [term for cells in ROWS for term in re.findall(r"`([^`]+)`", cells[0])]
WORDS = {word for term in TERMS for word in re.split(r"[ -]", term)}
REFUSED = [phrase for cells in ROWS for phrase in cells[3].split(", ") if phrase]

PLAIN = set(
    """
    a after all already answers at
    before differently enough from in itself later many max no not now of on once
    outside short since several to too two under wrong

    columns begin broken call calls close done empty exists expected find forget frames get go guessed
    add knows sending fields allowing ask list only
    iterate known left lost needed normalize other post read test refund register repeated retry shown
    skip stop stopped use verify wait work yes

    access available base browser bytes certificate clock context csv digits doctor dtype entry env excel
    extra file files free identities interval kind latency length letters name options page parquet path
    json method pages params port proxies scientific seconds seed sep sheet size smsframe source
    speed timeout times timezone tls type tz url valid version way why

    o y paramsms
""".split()  # noqa: SIM905 - a list of words reads better than a list of strings
)
"""
Plain English beside the glossary: short words, verbs, nouns of computing, short options.

A word that means something of its own here belongs into the glossary instead.
"""

EARLIER = {"Plan.stands", "Plan.dearest"}
"""Attributes named before there was a glossary: a public name stays."""

NOT_MADE_BY_PEOPLE = {"Form", "Plan", "Run", "Summary"}
"""Classes that functions return: what their constructors take is not public."""


def parameters(function):
    """The names of parameters; none of a class that pandas or pandera makes."""
    return [name for name in inspect.signature(function).parameters if name not in {"self", "args", "kwargs"}]


def attributes(cls):
    """The public attributes of a class: documented, of a dataclass, methods and properties."""
    documented = re.search(r"Attributes:\n((?:    .*\n?|\n)*)", inspect.getdoc(cls) or "")
    found = re.findall(r"^    (\w+): ", documented[1], re.MULTILINE) if documented else []
    if dataclasses.is_dataclass(cls):
        found += [field.name for field in dataclasses.fields(cls)]
    return {*found, *(name for name in dir(cls) if not name.startswith("_"))}


def public_names():
    """Every name that people type or read, with where it is from."""
    for name in smsframe.__all__:
        thing = getattr(smsframe, name)
        yield name, name
        if inspect.isclass(thing):
            if issubclass(thing, DataFrameModel):
                continue  # its columns are the result columns; the rest is pandera's
            inherited = dir(BaseException) if issubclass(thing, BaseException) else []
            for attribute in attributes(thing) - {*inherited}:
                if thing is smsframe.Journal and inspect.isfunction(getattr(thing, attribute, None)):
                    continue  # people hand a journal on; its methods are for the engine
                yield f"{name}.{attribute}", attribute
                if inspect.isfunction(method := getattr(thing, attribute, None)):
                    yield from ((f"{name}.{attribute}({taken}=)", taken) for taken in parameters(method))
            if name in NOT_MADE_BY_PEOPLE or inherited:
                continue
        yield from ((f"{name}({taken}=)", taken) for taken in parameters(thing))
    for data in (pd.DataFrame(), pd.Series(dtype=object)):
        yield from ((f".sms.{name}", name) for name in dir(data.sms) if not name.startswith("_"))
    yield from ((f"column {name}", name) for name in COLUMNS)
    yield from ((f"status {name}", name) for name in STATUSES)
    yield from ((f"code {name}", name) for name in CODES)
    yield from commands(typer.main.get_command(app))


def commands(command):
    """The names of a command, its options and its commands."""
    yield f"smsframe {command.name}", command.name or ""
    for parameter in command.params:
        for option in [*parameter.opts, *parameter.secondary_opts]:
            yield f"smsframe {command.name} {option}", option.strip("-")
    for inner in getattr(command, "commands", {}).values():
        yield from commands(inner)


def words(name):
    """The words of a name, whichever way it is written."""
    return [word.lower() for word in re.findall(r"[A-Z]?[a-z]+[0-9]*", name)]


NAMES = dict(public_names())


def test_the_page_and_the_names_were_found():
    assert len(ROWS) > 70
    assert all(len(cells) == 4 for cells in ROWS)
    assert len(NAMES) > 300
    assert {"smsframe scan --strip", "status suppressed", "Plan.people", "send(grace=)"} <= NAMES.keys()


def test_each_word_is_there_once():
    assert [term for term, times in Counter(TERMS).items() if times > 1] == []


@pytest.mark.parametrize("where", sorted(NAMES.keys() - EARLIER))
def test_a_public_name_is_made_of_the_glossarys_words(where):
    assert [word for word in words(NAMES[where]) if word not in WORDS | PLAIN] == []


def test_what_is_excused_is_still_there_and_still_needs_it():
    assert NAMES.keys() >= EARLIER
    assert all(set(words(NAMES[where])) - WORDS - PLAIN for where in EARLIER)
    assert not PLAIN & WORDS


def test_statuses_and_columns_have_their_words_in_the_glossary_itself():
    named = {word for name in [*STATUSES, *COLUMNS] for word in words(name)}
    assert named - WORDS <= {"at"}


# What people read.

QUOTED = re.compile(r"`[^`\n]+`|\"\w+\"|\b(?:GET|POST) \S+|\S*/\S*|https?://\S+")
"""Code, calls and addresses, which are quoted as they are: `blacklist/sms` is the gateway's own name."""


def texts():
    """What people read: pages, notebooks, help, and every string of the package with more than one word."""
    pages = [
        page for page in (ROOT / "docs").rglob("*.md") if page.parent.name not in {"generated", "notebooks"}
    ]
    for page in [ROOT / "README.md", ROOT / "CHANGELOG.md", *pages]:
        if page.stem != "glossary":
            yield str(page.relative_to(ROOT)), page.read_text("utf-8")
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        cells = json.loads(path.read_text("utf-8"))["cells"]
        yield path.name, "\n".join(line for cell in cells for line in cell["source"])
    for path in (ROOT / "smsframe").rglob("*.py"):
        strings = [
            node.value
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value.strip()
        ]
        yield str(path.relative_to(ROOT)), "\n".join(strings)


TEXTS = dict(texts())


def refused_in(text):
    """The refused phrases of a text, outside of what it quotes; line breaks and plurals hide none."""
    plain = re.sub(r"\s+", " ", QUOTED.sub(" ", text))
    return [
        phrase for phrase in REFUSED if re.search(rf"\b{re.escape(phrase)}(?:e?s)?\b", plain, re.IGNORECASE)
    ]


def test_the_texts_were_found():
    assert len(REFUSED) > 25
    assert "Nobody is texted twice" in TEXTS["README.md"]
    assert "the gateway refused this number" in TEXTS["smsframe/outcomes/codes.py"]
    assert len(TEXTS) > 100


@pytest.mark.parametrize("phrase", REFUSED)
def test_a_refused_phrase_would_be_found(phrase):
    there = phrase.replace(" ", "\n")
    assert refused_in(f"It is\n{there}, here.")
    assert refused_in(f"{phrase.capitalize()}s of it")
    assert not refused_in(f"The call `{phrase}` is quoted.")


@pytest.mark.parametrize("place", sorted(TEXTS))
def test_what_people_read_says_none_of_the_refused_phrases(place):
    assert refused_in(TEXTS[place]) == []
