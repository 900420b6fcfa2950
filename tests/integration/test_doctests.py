"""Every example in a docstring runs, and shows what it says."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import shutil
from pathlib import Path

import pandas as pd
import pytest

import smsframe

ROOT = Path(__file__).parents[2]
MODULES = sorted(
    found.name
    for found in pkgutil.walk_packages(smsframe.__path__, "smsframe.")
    if not found.name.endswith("__main__")
)


@pytest.fixture
def space(gateway, monkeypatch, tmp_path):
    """What examples may use: a gateway, a journal in which one person was texted in spring, the samples."""
    shutil.copytree(ROOT / "data", tmp_path / "data")
    monkeypatch.chdir(tmp_path)  # what they write is gone afterwards
    people = pd.DataFrame({"mobile": ["+393471234567"]})
    smsframe.send(people, "Ciao", campaign="spring", phone="mobile", gateway=gateway, progress=False)
    return {"smsframe": smsframe, "pd": pd, "gateway": gateway, "journal": gateway.journal}


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_are_true(name, request):
    module = importlib.import_module(name)
    if not any(test.examples for test in doctest.DocTestFinder().find(module)):
        return  # and needs nobody who was texted
    space = request.getfixturevalue("space")
    ran = doctest.testmod(module, extraglobs=space, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert ran.failed == 0


def test_the_public_functions_have_examples_that_ran():
    found = [test for name in MODULES for test in doctest.DocTestFinder().find(importlib.import_module(name))]
    with_examples = {test.name.rsplit(".", 1)[-1] for test in found if test.examples}
    assert {"check", "plan", "send", "resume", "refresh", "results", "campaigns", "withdraw"} <= with_examples
