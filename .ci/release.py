"""
Does a release agree with itself? Changelog, version, citation and tag must say the same.

    python .ci/release.py v1.2.3     a release: the changelog's newest entry is of that version, with its day
    python .ci/release.py            between releases: a development version, and what is new is "Unreleased"

Ends with 1 and says what disagrees, or with 0.
"""

from __future__ import annotations

import re
import sys
import tomllib
from datetime import date
from pathlib import Path

ROOT = Path(__file__).parents[1]
_HEADING = re.compile(r"^## (?:\[?(?P<version>[^\]\s]+)\]?)(?: - (?P<day>\S+))?$", re.MULTILINE)


def disagreements(root: Path, tag: str | None) -> list[str]:
    """What the files of a repository, and the tag of a release if it is one, disagree about."""
    version = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    cited = re.search(r"^version: (\S+)$", (root / "CITATION.cff").read_text("utf-8"), re.MULTILINE)
    newest = _HEADING.search((root / "CHANGELOG.md").read_text("utf-8"))
    found = []
    if cited is None or cited[1] != version:
        found.append(f"CITATION.cff says {cited and cited[1]}, pyproject.toml says {version}")
    if newest is None:
        return [*found, "CHANGELOG.md has no entry"]
    if tag is None:
        if ".dev" not in version:
            found.append(
                f"pyproject.toml says {version}, which is no development version, and there is no tag"
            )
        if newest["version"] != "Unreleased":
            found.append(f"the changelog's newest entry is {newest['version']}, not Unreleased")
        return found
    if tag != f"v{version}":
        found.append(f"the tag is {tag}, pyproject.toml says {version}")
    if ".dev" in version:
        found.append(f"pyproject.toml says {version}, a development version")
    if newest["version"] != version:
        found.append(f"the changelog's newest entry is {newest['version']}, pyproject.toml says {version}")
    elif not _is_day(newest["day"]):
        found.append(f"the changelog's entry {version} has no day, as in '## {version} - 2030-01-31'")
    return found


def _is_day(text: str | None) -> bool:
    try:
        date.fromisoformat(text or "")
    except ValueError:
        return False
    return True


if __name__ == "__main__":
    problems = disagreements(ROOT, next(iter(sys.argv[1:]), None))
    print(*(problems or ["changelog, version, citation and tag agree"]), sep="\n")
    sys.exit(bool(problems))
