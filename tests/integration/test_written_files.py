"""Files that smsframe writes are there whole or not at all."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap

import pandas as pd
import pytest

import smsframe

NUMBERS = [f"+3934712345{last}" for last in range(10, 14)]
WRITERS = {"csv": smsframe.to_csv, "xlsx": smsframe.to_excel, "parquet": smsframe.to_parquet}

FULL_DISK = """
import resource, signal, sys
import numpy as np, pandas as pd, smsframe
frame = pd.DataFrame({"a": np.random.default_rng(1).random(50_000).astype(str)})
write = getattr(smsframe, sys.argv[1])
write(frame.head(1), sys.argv[2] + ".other." + sys.argv[3])  # everything is loaded
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    write(frame, sys.argv[2])
except OSError:
    print("refused")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="limits files as POSIX does")
@pytest.mark.parametrize("kind", WRITERS)
def test_a_full_disk_leaves_the_file_that_was_there(tmp_path, kind):
    path = tmp_path / f"a.{kind}"
    path.write_text("old")
    name = {"csv": "to_csv", "xlsx": "to_excel", "parquet": "to_parquet"}[kind]
    command = [sys.executable, "-c", textwrap.dedent(FULL_DISK), name, str(path), kind]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout == "refused\n"
    assert path.read_text() == "old"
    assert sorted(file.name for file in tmp_path.iterdir()) == [path.name, f"{path.name}.other.{kind}"]


@pytest.mark.parametrize("kind", WRITERS)
def test_a_file_is_replaced_and_stays_what_it_was_to_the_system(tmp_path, kind):
    there = tmp_path / "there"
    there.mkdir()
    (there / f"a.{kind}").write_text("old")
    (there / f"a.{kind}").chmod(0o640)
    link = tmp_path / f"link.{kind}"
    link.symlink_to(there / f"a.{kind}")
    WRITERS[kind](pd.DataFrame({"mobile": NUMBERS}), link)
    assert link.is_symlink()
    assert (there / f"a.{kind}").stat().st_mode & 0o777 == 0o640
    assert smsframe.read_contacts(link)["mobile"].tolist() == NUMBERS
    assert [file.name for file in there.iterdir()] == [f"a.{kind}"]


@pytest.mark.parametrize("kind", WRITERS)
def test_a_folder_that_is_not_there_is_named(tmp_path, kind):
    with pytest.raises(FileNotFoundError) as raised:
        WRITERS[kind](pd.DataFrame({"a": [1]}), tmp_path / "none" / f"a.{kind}")
    assert raised.value.filename == str(tmp_path / "none" / f"a.{kind}")


def test_a_pipe_and_a_compressed_file_are_written_as_before(tmp_path):
    frame = pd.DataFrame({"mobile": NUMBERS})
    for name in ("a.csv.gz", "a.csv.zip"):
        frame.sms.to_csv(tmp_path / name)
        assert pd.read_csv(tmp_path / name, dtype=str)["mobile"].tolist() == NUMBERS
    if sys.platform != "win32":
        os.mkfifo(tmp_path / "pipe")
        with subprocess.Popen(["cat", tmp_path / "pipe"], stdout=subprocess.PIPE) as reader:
            frame.sms.to_csv(tmp_path / "pipe")
            assert NUMBERS[0].encode() in reader.communicate(timeout=60)[0]
