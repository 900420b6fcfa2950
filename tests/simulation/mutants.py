"""
The protective lines of the engine, taken out one by one: ``python -m simulation.mutants``, from ``tests/``.

Each mutant is a small change of the real code's text, made while it is imported, in a process of its own. The
simulation must notice it within some seeds, or the test of a real fault that is named must fail; a line that
nobody misses has no right to be there.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import io
import multiprocessing
import os
import sys
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence
    from multiprocessing.pool import Pool
    from types import CodeType, ModuleType

ROOT = Path(__file__).parents[2]
SEEDS = int(os.environ.get("SMSFRAME_MUTANT_SEEDS") or 3_000)
"""Within how many seeds a mutant must be noticed."""


class Edit(NamedTuple):
    """
    A piece of a module's text and what stands there instead.
    """

    module: str
    old: str
    new: str


class Mutant(NamedTuple):
    """
    A protection that is taken out.

    Attributes:
        name: Which one.
        edits: How.
        kinds: What may go wrong in its histories; everything when empty.
        seeds: Within how many it must be noticed.
        witness: Instead of histories, the test of a real fault that fails without it: what the simulation
            does not come by, or the journal's other protections make up for.
    """

    name: str
    edits: tuple[Edit, ...]
    kinds: tuple[str, ...] = ()
    seeds: int = SEEDS
    witness: str = ""


class Noticed(NamedTuple):
    """
    What came of a mutant.

    Attributes:
        name: Which one.
        seed: The first seed that broke, or None.
        seeds: How many were lived through.
        what: What broke; or that it no longer applies.
    """

    name: str
    seed: int | None
    seeds: int
    what: str


class _Changed(importlib.machinery.SourceFileLoader):
    """Loads a module with some of its text changed."""

    def __init__(self, name: str, path: str, edits: Sequence[Edit]) -> None:
        super().__init__(name, path)
        self._edits = edits

    def get_code(self, fullname: str) -> CodeType:
        source = self.get_data(self.get_filename(fullname)).decode()
        for edit in self._edits:
            if source.count(edit.old) != 1:
                raise LookupError(f"{edit.module} has this {source.count(edit.old)} times: {edit.old}")
            source = source.replace(edit.old, edit.new)
        return compile(source, self.get_filename(fullname), "exec")


class _Finder(importlib.abc.MetaPathFinder):
    """Finds the modules that are to be changed before anybody else does."""

    def __init__(self, edits: Sequence[Edit]) -> None:
        self._edits = defaultdict(list)
        for edit in edits:
            self._edits[f"smsframe.{edit.module}"].append(edit)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, _target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname not in self._edits:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path)
        assert spec is not None
        assert spec.origin is not None
        loader = _Changed(fullname, spec.origin, self._edits[fullname])
        return importlib.util.spec_from_file_location(fullname, spec.origin, loader=loader)


def tried(mutant: Mutant, start: int = 0) -> Noticed:
    """Live with a mutant until it is noticed; only in a process that has not imported the engine."""
    assert "smsframe" not in sys.modules
    sys.meta_path.insert(0, _Finder(mutant.edits))
    if mutant.witness:
        return _witnessed(mutant)
    try:
        from simulation import faults  # noqa: PLC0415 - the engine is imported here, changed
        from simulation.history import History  # noqa: PLC0415
    except LookupError as gone:
        return Noticed(mutant.name, None, 0, f"no longer applies: {gone}")
    kinds = frozenset(mutant.kinds) or faults.ALL
    for count, seed in enumerate(range(start, start + min(mutant.seeds, SEEDS)), 1):
        if broken := History(seed, kinds).live():
            return Noticed(mutant.name, seed, count, str(broken).splitlines()[0])
    return Noticed(mutant.name, None, count, "NOT NOTICED")


def _witnessed(mutant: Mutant) -> Noticed:
    """Whether the test of a real fault fails; not for another reason, such as that there is no such test."""
    import pytest  # noqa: PLC0415 - the tests import the engine, changed

    options = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--rootdir", str(ROOT)]
    with contextlib.redirect_stdout(io.StringIO()):
        code = pytest.main([*options, str(ROOT / mutant.witness)])
    fails = code == pytest.ExitCode.TESTS_FAILED
    return Noticed(
        mutant.name, 0 if fails else None, 0, mutant.witness if fails else f"NOT NOTICED, {code!r}"
    )


def _broken_anyway(pool: Pool, mutant: Mutant, seed: int) -> bool:
    """Whether the engine as it is breaks at a seed too."""
    untouched = mutant._replace(edits=(), seeds=1)
    return pool.apply(tried, (untouched, seed)).seed is not None


def try_all(names: Sequence[str] = ()) -> list[Noticed]:
    """Try mutants, all by default, on all cores; tell of each as it is noticed."""
    from simulation.protections import MUTANTS  # noqa: PLC0415 - they are written in terms of this module

    wanted = [mutant for mutant in MUTANTS if not names or mutant.name in names]
    found = []
    context = multiprocessing.get_context("spawn")
    with (
        context.Pool(os.cpu_count(), maxtasksperchild=1) as pool,
        context.Pool(1, maxtasksperchild=1) as other,
    ):
        for mutant, one in zip(wanted, pool.imap(tried, wanted, chunksize=1), strict=True):
            anyway = one.seed is not None and _broken_anyway(other, mutant, one.seed)
            noticed = one._replace(seed=None, what=f"seed {one.seed} breaks anyway") if anyway else one
            found.append(noticed)
            print(f"{noticed.name:<58} {noticed.seeds:>6,}  {noticed.what[:90]}", flush=True)
    return found


def main() -> int:
    print(f"{'what is taken out':<58} {'seeds':>6}  what was noticed")
    found = try_all(sys.argv[1:])
    missed = [noticed.name for noticed in found if noticed.seed is None]
    print(f"{len(found) - len(missed)} of {len(found)} noticed")
    return bool(missed)


if __name__ == "__main__":
    sys.exit(importlib.import_module("simulation.mutants").main())  # not ``__main__``: processes import it
