"""What importing loads, and that everything is there when it is used, whatever was imported first."""

from __future__ import annotations

import ast
import os
import pickle
import pkgutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pandas as pd
import pytest

import smsframe

MODULES = sorted(
    found.name
    for found in pkgutil.walk_packages(smsframe.__path__, "smsframe.")
    if not found.name.endswith("__main__")
)

LOADED = """
import sys
import pandas as pd

before = set(sys.modules)

def loaded():
    new = {name.partition(".")[0] for name in set(sys.modules) - before}
    return sorted(new - sys.stdlib_module_names - {"smsframe"})

"""
"""What was loaded since pandas was, beyond the standard library."""


def fresh(code, *arguments, **environment):
    """What a program prints that starts from nothing and takes warnings for errors."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(code), *map(str, arguments)],
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONUTF8": "1", **environment},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout.split("\n")[:-1]


def test_importing_loads_nothing_but_pandas_until_a_public_name_is_used():
    code = """
    import smsframe
    print(loaded())
    print([name for name in dir(pd.DataFrame().sms) + dir(pd.Series(dtype=object).sms) if name[0] != "_"])
    assert "send" in dir(smsframe) and smsframe.__version__ and smsframe.SmsFrameError
    assert not hasattr(smsframe, "nonsense")
    print(loaded())
    pd.DataFrame.sms.send
    print(*loaded())
    """
    at_first, methods, after_looking, after_use = fresh(LOADED + textwrap.dedent(code))
    assert at_first == after_looking == "[]"
    of_frames = (
        "assign by cancel check compose explain failed lift plan plot problems refresh replies send start "
        "summary test to_csv to_excel to_parquet"
    )
    assert methods == str([*of_frames.split(), "normalize", "segments"])
    assert "requests" in after_use.split()
    assert not {"pandera", "fastapi", "uvicorn", "ipywidgets", "phonenumbers", "tqdm", "typer"} & set(
        after_use.split()
    )


HEAVY = {
    *("pandera", "sqlalchemy", "requests", "urllib3", "fastapi", "uvicorn", "ipywidgets", "IPython"),
    *(
        "matplotlib",
        "tqdm",
        "tenacity",
        "filelock",
        "psutil",
        "tzlocal",
        "voila",
        "openpyxl",
        "xlsxwriter",
        "hypothesis",
    ),
}
"""What takes long to load and belongs to what a command does not do: no command waits for it without need."""

COMMAND = """
import sys
import smsframe.cli.main
sys.argv = ["smsframe", *sys.argv[1:]]
try:
    smsframe.cli.main.main()
except SystemExit as end:
    print(end.code, *loaded())
"""


def loaded_by(*arguments):
    """What a command prints, and the packages that it has loaded beside pandas."""
    *shown, last = fresh(LOADED + COMMAND, *arguments, COLUMNS="100")
    code, *packages = last.split()
    assert code == "0"
    assert "typer" in packages
    return "\n".join(shown), set(packages)


def test_help_loads_what_draws_it_and_no_more():
    shown, packages = loaded_by("--help")
    assert "Usage: smsframe" in shown
    assert not (HEAVY | {"phonenumbers"}) & packages
    assert loaded_by("--version")[1] <= packages | {"pydantic", "pydantic_core", "annotated_types"}


@pytest.mark.parametrize("options", [(), ("--out", "checked.csv"), ("--suppress", "stop.csv")])
def test_a_check_loads_neither_the_gateway_nor_the_journal_nor_pandera(tmp_path, monkeypatch, options):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "guests.csv").write_text("name,mobile\nAda,+39 347 123 4567\nBea,12\n", "utf-8")
    (tmp_path / "stop.csv").write_text("mobile\n+393471234568\n", "utf-8")
    shown, packages = loaded_by("check", "guests.csv", "--phone", "mobile", *options)
    assert "1  ready" in shown
    assert "1  invalid" in shown
    assert "phonenumbers" in packages
    assert not HEAVY & packages


def test_a_schema_of_the_users_own_is_validated_by_pandera(tmp_path):
    code = """
    import sys
    import pandas as pd
    import smsframe
    people = pd.DataFrame({"mobile": ["+393471234567", "+393471234568"], "age": [17, 18]})
    people.sms.check(phone="mobile")
    print("pandera" in sys.modules)
    import pandera.pandas as pa
    class Adults(smsframe.ContactsSchema):
        age: int = pa.Field(ge=18)
    print(people.sms.check(phone="mobile", schema=Adults)["sms_status"].tolist())
    """
    assert fresh(code) == ["False", "['invalid', 'ready']"]


def test_the_first_touch_of_a_method_finds_its_function():
    code = """
    import inspect
    import pandas as pd
    method = pd.DataFrame.sms.send
    frame = pd.DataFrame({"mobile": ["+393471234567"]})
    bound = frame.sms.plan
    import smsframe
    assert inspect.signature(method) == inspect.signature(smsframe.send)
    assert list(inspect.signature(bound).parameters) == list(inspect.signature(smsframe.plan).parameters)[1:]
    assert method.__doc__.splitlines()[0] == smsframe.send.__doc__.splitlines()[0]
    assert "    text: " in bound.__doc__ and "    contacts: " not in bound.__doc__
    assert inspect.getsource(method) == inspect.getsource(smsframe.send)
    assert method is pd.DataFrame.sms.send
    assert "347" not in repr(bound)
    print(bound("Ciao", phone="mobile"))
    """
    assert fresh("import smsframe\n" + textwrap.dedent(code)) == [
        "<smsframe.Plan (no campaign): text 1 person, 1 segment, 1 credit, 1 order>"
    ]


def test_many_threads_may_use_it_first():
    code = """
    from concurrent.futures import ThreadPoolExecutor
    from threading import Barrier
    import pandas as pd
    import smsframe
    names = [name for name in smsframe.__all__ if name != "Sandbox"][-16:]
    together = Barrier(len(names))

    def use(name):
        together.wait(30)
        return getattr(smsframe, name), pd.DataFrame.sms.send

    with ThreadPoolExecutor(len(names)) as threads:
        used = list(threads.map(use, names))
    assert [thing for thing, _ in used] == [getattr(smsframe, name) for name in names]
    assert {method.__doc__ for _, method in used} == {pd.DataFrame.sms.send.__doc__}
    assert "    confirm: " in pd.DataFrame.sms.send.__doc__
    print("ok")
    """
    assert fresh(code) == ["ok"]


def test_a_star_brings_all_names_and_help_shows_them():
    code = """
    import pydoc
    import smsframe
    print(pydoc.plain(pydoc.render_doc(smsframe)).count("texted twice") > 0)
    from smsframe import *
    print(set(smsframe.__all__) <= set(globals()))
    """
    assert fresh(code) == ["True", "True"]


def test_without_its_extra_the_sandbox_is_not_listed_and_help_goes_on():
    code = """
    import pydoc
    import sys
    sys.modules["fastapi"] = None
    import smsframe
    print("Sandbox" in dir(smsframe), "send" in dir(smsframe))
    print("Gateway" in pydoc.render_doc(smsframe))
    try:
        smsframe.Sandbox
    except ImportError as error:
        print(error)
    """
    listed, helped, told = fresh(code)
    assert (listed, helped) == ("False True", "True")
    assert 'pip install "smsframe[sandbox]"' in told


def test_a_plan_and_a_summary_from_a_pickle_have_their_cards(tmp_path):
    frame = pd.DataFrame({"mobile": ["+393471234567"]})
    things = smsframe.plan(frame, "Ciao", phone="mobile"), smsframe.summary(frame.sms.check(phone="mobile"))
    (tmp_path / "things").write_bytes(pickle.dumps(things))
    code = """
    import pathlib, pickle, sys
    for thing in pickle.loads(pathlib.Path(sys.argv[1]).read_bytes()):
        print(type(thing).__name__, "smsframe-card" in thing._repr_html_())
    """
    assert fresh(code, tmp_path / "things") == ["Plan True", "Summary True"]


@pytest.mark.slow
def test_every_module_may_be_the_first_to_be_imported():
    """One process that forgets smsframe after each: the libraries themselves need not be loaded again."""
    code = """
    import importlib, sys, warnings
    warnings.filterwarnings("ignore", "registration of accessor", UserWarning)
    for name in sys.argv[1:]:
        importlib.import_module(name)
        for known in [known for known in sys.modules if known.partition(".")[0] == "smsframe"]:
            del sys.modules[known]
        print(name)
    """
    assert fresh(code, *MODULES) == MODULES


def test_the_logger_is_silent_until_somebody_listens():
    assert fresh("import logging, smsframe; logging.getLogger('smsframe').warning('x'); print('ok')") == [
        "ok"
    ]


def test_no_module_can_hide_a_public_name():
    modules = {found.name for found in pkgutil.iter_modules(smsframe.__path__)}
    assert not modules & set(smsframe.__all__)


def test_each_public_name_has_one_module_for_type_checkers_and_for_its_first_use():
    tree = ast.parse(Path(smsframe.__file__).read_text("utf-8"))
    blocks = [
        node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    ]
    typed = {
        alias.name: node.module
        for block in blocks
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert typed == smsframe._MODULES
    errors = {name for name in smsframe.__all__ if hasattr(smsframe.errors, name)}
    assert typed.keys() | errors == set(smsframe.__all__)
