"""What a release needs: versions that agree, and the files that people look for."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
CHECK = ROOT / ".ci" / "release.py"
_SPEC = importlib.util.spec_from_file_location("release", CHECK)
release = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(release)


def repository(folder, version="1.2.3", cited="1.2.3", heading="1.2.3 - 2030-01-31"):
    (folder / "pyproject.toml").write_text(f'[project]\nversion = "{version}"\n')
    (folder / "CITATION.cff").write_text(f"cff-version: 1.2.0\nversion: {cited}\n")
    (folder / "CHANGELOG.md").write_text(f"# Changelog\n\n## {heading}\n\n- x\n\n## 1.0.0 - 2029-01-01\n")
    return folder


def test_this_repository_agrees_with_itself():
    ran = subprocess.run([sys.executable, CHECK], capture_output=True, text=True, timeout=60, check=False)
    assert (ran.returncode, ran.stdout) == (0, "changelog, version, citation and tag agree\n")


def test_a_release_that_agrees_passes(tmp_path):
    assert release.disagreements(repository(tmp_path), "v1.2.3") == []
    assert release.disagreements(repository(tmp_path, heading="[1.2.3] - 2030-01-31"), "v1.2.3") == []
    assert release.disagreements(repository(tmp_path, "1.3.dev0", "1.3.dev0", "Unreleased"), None) == []


@pytest.mark.parametrize(
    ("changed", "tag", "said"),
    [
        ({}, "v1.2.4", "the tag is v1.2.4"),
        ({}, "1.2.3", "the tag is 1.2.3"),
        ({"cited": "1.2.2"}, "v1.2.3", "CITATION.cff says 1.2.2"),
        ({"heading": "Unreleased"}, "v1.2.3", "newest entry is Unreleased"),
        ({"heading": "1.2.2 - 2030-01-31"}, "v1.2.3", "newest entry is 1.2.2"),
        ({"heading": "1.2.3"}, "v1.2.3", "has no day"),
        ({"heading": "1.2.3 - 2030-02-31"}, "v1.2.3", "has no day"),
        ({"version": "1.2.3.dev0", "cited": "1.2.3.dev0"}, "v1.2.3.dev0", "a development version"),
        ({}, None, "which is no development version"),
        ({"version": "1.3.dev0", "cited": "1.3.dev0"}, None, "not Unreleased"),
    ],
)
def test_what_disagrees_is_said(changed, tag, said, tmp_path):
    assert said in "\n".join(release.disagreements(repository(tmp_path, **changed), tag))


def test_the_classifiers_name_the_versions_that_are_tested():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    named = {each.rpartition(" ")[2] for each in project["classifiers"] if ":: 3." in each}
    tested = set(re.findall(r"\b3\.1[1-9]\b", (ROOT / ".ci" / "run").read_text("utf-8")))
    assert named == tested == {"3.11", "3.12", "3.13"}
    assert "Typing :: Typed" in project["classifiers"]
    assert (ROOT / "smsframe" / "py.typed").exists()


def test_the_templates_are_forms_that_can_be_read():
    for path in (ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"):
        form = yaml.safe_load(path.read_text("utf-8"))
        assert path.name == "config.yml" or {"name", "description", "body"} <= form.keys()
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert {"cff-version", "message", "title", "authors", "version", "license"} <= cited.keys()


@pytest.mark.parametrize("page", ["SECURITY.md", "CONTRIBUTING.md"])
def test_what_a_page_names_is_there(page):
    text = (ROOT / ".github" / page).read_text("utf-8")
    for link in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (ROOT / ".github" / link).exists()
    targets = (ROOT / "Makefile").read_text("utf-8")
    for command in re.findall(r"`make ([a-z -]+?)(?: [A-Z]+=\S+)?`", text):
        for target in command.split():
            assert re.search(rf"^{target}:", targets, re.MULTILINE), target
