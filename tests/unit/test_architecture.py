"""The packages import each other as `docs/architecture.md` says."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import NamedTuple

import pytest

from smsframe.orders.states import TABLE, Event

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "smsframe"
PAGE = (ROOT / "docs/architecture.md").read_text("utf-8")
ROWS = re.findall(r"^\| (\d|top|apart) \| (`.*?`) \| (pure)? *\|", PAGE, re.MULTILINE)
LEVELS = {name: level for level, names, _ in ROWS for name in re.findall(r"\w+", names)}
PURE = {name for _, names, pure in ROWS for name in re.findall(r"\w+", names) if pure}
ORDER = [*sorted(set(LEVELS.values()) - {"top", "apart"}), "top"]
FILES = sorted(PACKAGE.rglob("*.py"))
MODULES = {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for path in FILES}
OURS = [path for path in FILES if LEVELS.get(path.relative_to(PACKAGE).parts[0]) != "apart"]

IMPURE = {
    "requests",
    "urllib3",
    "socket",
    "sqlalchemy",
    "random",
    "time",
    "threading",
    "os",
    "io",
    "pathlib",
    "uuid",
}
ALLOWED = {
    "contacts/policy_file": {"os", "pathlib"},
    "contacts/read": {"os", "pathlib"},  # it opens them,
    "contacts/csv_files": {"io"},  # and this decodes what is handed to it
    "contacts/file_limits": {"os"},  # of the environment
    "contacts/suppression": {"os"},  # only to know a path when it sees one
    "phones/fast/metadata": {"threading"},  # a lock: what several threads ask for is worked out once
    "outcomes/canvas": {"io"},  # a picture as bytes, to show it
}
OPENS = {"contacts/read", "contacts/xlsx_parts", "contacts/policy_file"}  # a file; a part of one


class Import(NamedTuple):
    """What a file imports, and whether only type checkers do."""

    module: str
    name: str
    typed: bool


def name_of(path: Path) -> str:
    """A file as the page names it, with its package."""
    return path.relative_to(PACKAGE).with_suffix("").as_posix()


def package_of(module: str) -> str:
    """The package, or the file beside them, that a module belongs to."""
    return module.split(".")[1] if "." in module else "__init__"


def imports(path: Path) -> list[Import]:
    """Every module that a file imports, also inside its functions."""
    tree = ast.parse(path.read_text("utf-8"))
    typed = {
        id(node)
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING"
        for statement in block.body
        for node in ast.walk(statement)
    }
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [Import(alias.name, "", id(node) in typed) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} imports relatively; imports are spelled one way"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                module, name = (whole, "") if whole in MODULES else (str(node.module), alias.name)
                found.append(Import(module, name, id(node) in typed))
    return found


def ours(path: Path) -> list[Import]:
    """What a file imports of smsframe."""
    return [found for found in imports(path) if found.module.split(".")[0] == "smsframe"]


def test_the_page_was_read():
    assert len(ROWS) >= 20
    assert {"errors", "phones", "journal", "sandbox", "accessor"} <= LEVELS.keys()
    assert {"phones", "planning"} <= PURE


def test_every_package_is_on_the_page_and_everything_on_the_page_is_there():
    assert set(LEVELS) == {path.relative_to(PACKAGE).parts[0].removesuffix(".py") for path in FILES}


def test_the_page_says_what_each_file_does():
    told = {
        f"{package}/{file}"
        for package, listed in re.findall(r"^### (\w+)\n\n((?:\* .*\n)+)", PAGE, re.MULTILINE)
        for file in re.findall(r"^\* `([\w/]+)`: ", listed, re.MULTILINE)
    }
    assert told == {name_of(path) for path in OURS if path.parent != PACKAGE and path.stem != "__init__"}


def test_where_something_is_changed_is_there():
    named = re.findall(r"`([\w/]+\.py)`", PAGE)
    assert len(named) > 20
    assert [name for name in named if not (PACKAGE / name).is_file() and not (ROOT / name).is_file()] == []


def test_ten_likely_changes_are_listed_each_with_its_files():
    (table,) = re.findall(r"## Where do I change …\?\n\n((?:\|.*\n)+)", PAGE)
    changes = table.splitlines()[2:]
    assert len(changes) == 10
    assert all(re.search(r"`[\w/]+\.py`", change) for change in changes)


def test_the_life_of_a_batch_is_that_of_the_code():
    told = set(re.findall(r"^\| `(\w+)` \| .* \| `(\w+)` \|$", PAGE, re.MULTILINE))
    ways = {
        (before.value, step.state.value) for (before, event), step in TABLE.items() if event != Event.LISTED
    }
    assert told == ways


def test_what_a_reader_needs_first_comes_before_the_list_of_files():
    headings = re.findall(r"^## (.*)$", PAGE, re.MULTILINE)
    assert headings[-1] == "The files of each package"
    first, _, _ = PAGE.partition("## The files of each package")
    assert len(re.findall(r"\w+", first)) < 1200  # a reader's two or three minutes, tables included


def test_there_are_few_levels_and_few_entries():
    assert len(ORDER) - 1 <= 7
    entries = [path for path in PACKAGE.iterdir() if path.name != "__pycache__"]
    assert len(entries) <= 28


@pytest.mark.parametrize("path", OURS, ids=name_of)
def test_a_file_imports_only_its_own_package_and_those_of_lower_levels(path):
    own = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    level = ORDER.index(LEVELS[own])
    for found in ours(path):
        package = package_of(found.module)
        if package == own or LEVELS[package] == "apart":
            continue
        if package == "__init__":  # the public names
            assert own in {"cli", "accessor"}
            assert not found.name, (
                "public names are used as smsframe.name, which loads them when they are needed"
            )
        elif own == "__init__" and package == "accessor":  # importing registers .sms
            continue
        else:
            assert ORDER.index(LEVELS[package]) < level, f"{name_of(path)} imports {found.module}"


def test_no_two_files_import_each_other_in_a_circle():
    graph: dict[str, set[str]] = {}
    for path in OURS:
        module = f"smsframe.{name_of(path).replace('/', '.')}".removesuffix(".__init__")
        if module != "smsframe":
            needs = {found.module for found in ours(path) if not found.typed}
            graph[module] = needs - {"smsframe", module}
    while free := [module for module, needs in graph.items() if not needs & graph.keys()]:
        for module in free:
            del graph[module]
    assert not graph


def test_packages_have_one_line_and_no_names():
    for path in OURS:
        if path.stem == "__init__" and path.parent != PACKAGE:
            assert re.fullmatch(r'""".*\."""\n', path.read_text("utf-8")), name_of(path)


@pytest.mark.parametrize(
    "path",
    [path for path in OURS if path.relative_to(PACKAGE).parts[0].removesuffix(".py") in PURE],
    ids=name_of,
)
def test_pure_files_know_no_network_disk_clock_or_randomness(path):
    modules = {found.module.split(".")[0] for found in imports(path) if not found.typed}
    assert not (modules & IMPURE) - ALLOWED.get(name_of(path), set())
    opens = "" if name_of(path) in OPENS else r"open\(|"
    assert not re.search(rf"\b(datetime\.now|today\(|{opens}print\()", path.read_text("utf-8"))


CLOCK = re.compile(
    r"(time\.(time|monotonic|perf_counter)(_ns)?|time\.sleep"
    r"|((pd|pandas)\.)?(dt|datetime|date|datetime\.datetime|datetime\.date|Timestamp)\.(now|utcnow|today))"
)


def clock_reads(path: Path) -> set[str]:
    """How a file reads the machine's time, or waits by it, instead of asking the clock it was handed."""
    tree = ast.parse(path.read_text("utf-8"))
    names = {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    return {name for name in names if CLOCK.fullmatch(name)} | {
        found.name for found in imports(path) if found.module == "time" and found.name
    }


@pytest.mark.parametrize("path", OURS, ids=name_of)
def test_only_the_clock_reads_the_time(path):
    # The sandbox imports nothing of ours; it has a clock= of its own.
    assert bool(clock_reads(path)) == (name_of(path) == "clock")


def test_no_test_replaces_the_time_of_a_module():
    patches = re.compile(r"setattr\([^)]*\b(time|datetime|monotonic|sleep|pause|now)\b", re.IGNORECASE)
    tests = [path for path in (ROOT / "tests").rglob("*.py") if path != Path(__file__)]
    assert not {path.name: found for path in tests if (found := patches.findall(path.read_text("utf-8")))}


@pytest.mark.parametrize(
    ("database", "only"),
    [
        (
            "sqlite",
            r"PRAGMA|BEGIN IMMEDIATE|dialects\.sqlite|json_each|json_group|import sqlite3|sqlite_\w+=",
        ),
        ("postgres", r"psycopg|\bpg_\w+|dialects\.postgresql|json_agg|advisory_|LISTEN|NOTIFY"),
    ],
)
def test_what_only_one_database_understands_stands_in_its_package(database, only):
    both = {"journal/sql", "journal/versions", "journal/tables"}  # the same, written as each of them wants it
    knowing = {name_of(path) for path in OURS if re.search(only, code_of(path))}
    assert knowing
    assert not {name for name in knowing - both if not name.startswith(f"journal/{database}/")}


def code_of(path):
    """A file without its docstrings and comments."""
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [
                each
                for each in body
                if not (isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant))
            ] or [ast.Pass()]
    return ast.unparse(tree)


def test_only_the_command_line_and_the_top_know_the_sandbox():
    knowing = {
        path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        for path in OURS
        if any(package_of(found.module) == "sandbox" for found in ours(path))
    }
    assert knowing <= {"cli", "__init__"}


def test_the_sandbox_imports_nothing_of_ours_but_the_gateway_its_handle_builds():
    for path in (PACKAGE / "sandbox").glob("*.py"):
        foreign = {
            (found.module, found.name) for found in ours(path) if package_of(found.module) != "sandbox"
        }
        assert foreign <= ({("smsframe.gateway.smsend", "Gateway")} if path.stem == "server" else set())


def test_no_file_is_long_enough_to_hide_a_second_job():
    long = {name_of(path): lines for path in FILES if (lines := path.read_text("utf-8").count("\n")) > 350}
    assert not long


def test_nothing_is_called_what_says_nothing():
    names = {path.stem for path in FILES} | {path.parent.name for path in FILES}
    assert not names & {"utils", "core", "helpers", "manager", "service", "common", "misc"}
