"""The list of tests that take seconds names tests that there are."""

from __future__ import annotations

import ast

import pytest
from helpers import long_tests

FILES = sorted({name.partition("::")[0] for name in long_tests.listed()})


@pytest.mark.parametrize("file", FILES)
def test_what_is_listed_is_there(file):
    """A test that was renamed would be quick again, and nobody would know why `make test` takes longer."""
    tree = ast.parse((long_tests.TESTS / file).read_text("utf-8"))
    there = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    assert {name.partition("::")[2] for name in long_tests.listed() if name.startswith(f"{file}::")} <= there


def test_a_report_is_measured_by_function(tmp_path):
    report = tmp_path / "report.xml"
    report.write_text(
        """<testsuites><testsuite>
        <testcase classname="tests.unit.test_a" name="test_long[one]" time="0.4"/>
        <testcase classname="tests.unit.test_a" name="test_long[two]" time="2.0"/>
        <testcase classname="tests.unit.test_a" name="test_quick" time="0.9"/>
        </testsuite></testsuites>"""
    )
    assert long_tests.measured(report, 1.0) == ["unit/test_a.py::test_long"]
