"""The house stands as `docs/architecture.md` draws it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "smsframe"
ROW = re.compile(r"^\| ([a-z ]+) \| `(\w+)` \|")
ROOMS = [
    found.groups()
    for line in (ROOT / "docs/architecture.md").read_text("utf-8").splitlines()
    if (found := ROW.match(line))
]
LAYERS = list(dict.fromkeys(layer for layer, _ in ROOMS))
LAYER = {room: LAYERS.index(layer) for layer, room in ROOMS}
FILES = sorted(path for path in PACKAGE.rglob("*.py") if path.parent.name != "sandbox")


def room_of(path: Path) -> str:
    """A file is a room; a folder is one, whatever files it has."""
    return path.stem if path.parent == PACKAGE else path.parent.name


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
    "contacts": {"os", "pathlib"},  # it opens them,
    "delimited": {"io"},  # and this decodes what is handed to it
    "file_limits": {"os"},  # of the environment
    "suppression": {"os"},  # only to know a path when it sees one
    "metadata": {"threading"},  # a lock: what several threads ask for is worked out once
}


def imports(path: Path) -> list[str]:
    """Every module that a file imports at run time, also inside its functions; not those only for types."""
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            node.body = []
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} imports relatively; imports are spelled one way"
            found += [f"{node.module}.{alias.name}" for alias in node.names]
    return found


def ours(path: Path) -> set[str]:
    """The rooms a file imports."""
    rooms = {name.split(".")[1] for name in imports(path) if name.startswith("smsframe.")}
    return {room for room in rooms if room in LAYER or room == "sandbox"} - {room_of(path)}


def test_every_room_is_on_the_page_and_every_room_on_the_page_is_there():
    assert set(LAYER) == {room_of(path) for path in FILES}


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_room_imports_only_its_own_layer_and_those_above(path):
    for room in ours(path) - {"sandbox"}:
        assert LAYER[room] <= LAYER[room_of(path)], (
            f"{path.stem} imports {room}, which is further down the page"
        )


def test_no_two_rooms_import_each_other_round_in_a_circle():
    graph: dict[str, set[str]] = {}
    for path in FILES:
        graph.setdefault(room_of(path), set()).update(ours(path) - {"sandbox", "__init__"})
    while free := [room for room, needs in graph.items() if not needs & graph.keys()]:
        for room in free:
            del graph[room]
    assert not graph


@pytest.mark.parametrize("path", [p for p in FILES if LAYER.get(room_of(p), 9) < 2], ids=room_of)
def test_pure_rooms_know_no_network_disk_clock_or_randomness(path):
    modules = {name.split(".")[0] for name in imports(path)}
    assert not (modules & IMPURE) - ALLOWED.get(path.stem, set())
    opens = r"open\(|" if path.stem not in ("contacts", "archives") else ""  # a file; a part of one
    assert not re.search(rf"\b(datetime\.now|today\(|{opens}print\()", path.read_text("utf-8"))


def test_only_the_faces_know_the_sandbox():
    knowing = {room_of(path) for path in FILES if "sandbox" in ours(path)}
    assert {LAYERS[LAYER[room]] for room in knowing} <= {"faces"}


def test_the_sandbox_imports_nothing_of_ours_but_the_gateway_its_handle_builds():
    for path in (PACKAGE / "sandbox").glob("*.py"):
        foreign = {name for name in imports(path) if name.startswith("smsframe.") and ".sandbox" not in name}
        assert foreign <= ({"smsframe.gateway.smsend.Gateway"} if path.stem == "server" else set())


def test_no_file_is_long_enough_to_hide_a_second_job():
    long = {
        str(path.relative_to(ROOT)): lines
        for path in PACKAGE.rglob("*.py")
        if (lines := path.read_text("utf-8").count("\n")) > 350
    }
    assert not long


def test_nothing_is_called_what_says_nothing():
    names = {path.stem for path in PACKAGE.rglob("*.py")}
    assert not names & {"utils", "core", "helpers", "manager", "service", "common", "misc"}
