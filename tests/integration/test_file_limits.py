"""
Files that unpack to more than any machine holds are refused before anything is made of them.

Each is read in a process of its own, whose peak of resident memory is measured: most of them took gigabytes,
or the machine down.
"""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import sys
import zipfile

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import smsframe
from smsframe.contacts import file_limits
from smsframe.contacts.suppression import suppression

MIB = 2**20
PEAK = 500
"""MiB, of which Python with pandas, pyarrow and smsframe are some 200."""
NUMBER = "+393471234567"

READ = r"""
import json, os, re, resource, sys
resource.setrlimit(resource.RLIMIT_AS, (6 * 2**30, 6 * 2**30))
import smsframe
from smsframe.contacts.suppression import suppression
call = smsframe.read_contacts if sys.argv[2] == "contacts" else suppression
try:
    said = ["read", len(call(sys.argv[1]))]
except smsframe.ContactsError as error:
    said = ["refused", str(error)]
peak = int(re.search(r"VmHWM:\s*(\d+)", open("/proc/self/status").read())[1]) / 1024
print(json.dumps([*said, peak]), flush=True)
os._exit(0)  # with so few addresses, pyarrow's threads may abort the process when Python tidies up
"""


def apart(path, call="contacts"):
    """Read a file in a process of its own: what came of it, and the most MiB that were resident."""
    command = [sys.executable, "-W", "ignore", "-c", READ, str(path), call]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


LISTED = (
    b'<Override PartName="/xl/sharedStrings.xml" ContentType='
    b'"application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/></Types>'
)


def workbook(path, sheet=None, **parts):
    """A workbook whose parts are replaced by other bytes, or by chunks of them."""
    made = openpyxl.Workbook()
    made.active.append(["mobile"])
    made.active.append([NUMBER])
    plain = path.with_suffix(".plain")
    made.save(plain)
    places = {
        "xl/worksheets/sheet1.xml": sheet,
        "xl/sharedStrings.xml": parts.get("strings", [STRINGS, b"</sst>"]),
    }
    places |= {"xl/styles.xml": parts.get("styles"), "xl/workbook.xml": parts.get("book")}
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        kept = {name: [source.read(name)] for name in source.namelist()}
        kept["[Content_Types].xml"][0] = kept["[Content_Types].xml"][0].replace(b"</Types>", LISTED)
        for name, chunks in (kept | {name: part for name, part in places.items() if part}).items():
            with target.open(name, "w", force_zip64=True) as part:
                for chunk in chunks:
                    part.write(chunk)
    plain.unlink()
    return path


MAIN = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
SHEET, SHEET_END = b"<worksheet %s><sheetData>" % MAIN, b"</sheetData></worksheet>"
ONE = b'<row r="1"><c r="A1" t="inlineStr"><is><t>mobile</t></is></c></row>'


def gzipped(path, *chunks, level=6):
    with gzip.open(path, "wb", level) as file:
        for chunk in chunks:
            file.write(chunk)
    return path


def repeated(chunk, size):
    """A chunk again and again, so many bytes of it."""
    block = chunk * (MIB // len(chunk))
    return (block for _ in range(size // len(block)))


# Workbooks ------------------------------------------------------------------------------------------------


def far_cell(path):
    return workbook(path, [SHEET, ONE, b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>', SHEET_END])


def two_far_cells(path):
    """Each is far in one direction only."""
    rows = [
        b'<row r="2"><c r="XFD2"><v>1</v></c></row>',
        b'<row r="1048576"><c r="A1048576"><v>1</v></c></row>',
    ]
    return workbook(path, [SHEET, ONE, *rows, SHEET_END])


def formatted_to_the_end(path):
    """Cells that are only formatted, everywhere, and a value in the last of them."""
    made = openpyxl.Workbook()
    sheet = made.active
    sheet.append(["mobile"])
    for row in range(3, 20_000):
        sheet.cell(row, 3000).number_format = "0.00"
    sheet.cell(20_000, 3000, "x")
    made.save(path)
    return path


def row_beyond_all(path):
    return workbook(path, [SHEET, ONE, b'<row r="999999999"><c><v>1</v></c></row>', SHEET_END])


def cells_in_one_row(path):
    return workbook(path, [SHEET, b"<row>", *repeated(b"<c/>", 400 * MIB), b"</row>", SHEET_END])


def rows_in_a_row(path):
    return workbook(path, [SHEET, b"<row>", *repeated(b"<row/>", 400 * MIB), b"</row>", SHEET_END])


def unknown_elements(path):
    return workbook(path, [SHEET, ONE, b"</sheetData>", *repeated(b"<x/>", 400 * MIB), b"</worksheet>"])


def merged_ranges(path):
    merged = [b"<mergeCells>", *repeated(b'<mergeCell ref="A1:XFD1048576"/>', 100 * MIB), b"</mergeCells>"]
    return workbook(path, [SHEET, ONE, b"</sheetData>", *merged, b"</worksheet>"])


def spaces_in_a_sheet(path):
    return workbook(path, [SHEET, ONE, *repeated(b" ", 300 * MIB), SHEET_END])


def one_attribute(path):
    return workbook(path, [SHEET, b'<row r="1" x="', *repeated(b"x", 300 * MIB), b'"></row>', SHEET_END])


def one_comment(path):
    return workbook(path, [SHEET, b"<!--", *repeated(b"x", 300 * MIB), b"-->", ONE, SHEET_END])


def one_text(path):
    cell = b'<row r="2"><c r="A2" t="inlineStr"><is><t>'
    return workbook(path, [SHEET, ONE, cell, *repeated(b"x", 300 * MIB), b"</t></is></c></row>", SHEET_END])


STRINGS = b"<sst %s>" % MAIN


def one_shared_string(path):
    strings = [STRINGS, b"<si><t>", *repeated(b"x", 300 * MIB), b"</t></si></sst>"]
    return workbook(path, strings=strings)


def parts_of_a_shared_string(path):
    return workbook(path, strings=[STRINGS, b"<si>", *repeated(b"<r/>", 400 * MIB), b"</si></sst>"])


def entities(path):
    """A billion laughs: each entity is ten of the one before."""
    declared = [b'<!ENTITY a0 "haha">']
    declared += [b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 10)]
    strings = [b"<!DOCTYPE sst [", *declared, b"]>", STRINGS, b"<si><t>&a9;</t></si></sst>"]
    return workbook(path, strings=strings)


def entities_in_styles(path):
    styles = [b'<!DOCTYPE styleSheet [<!ENTITY a "haha">]>', b"<styleSheet %s/>" % MAIN]
    return workbook(path, styles=styles)


def elements_in_styles(path):
    """Also such as would end a row in a sheet: of styles everything is kept."""
    rows = repeated(b"<row/>", 400 * MIB)
    return workbook(path, styles=[b"<styleSheet %s><a>" % MAIN, *rows, b"</a></styleSheet>"])


def one_name_in_the_book(path):
    return workbook(path, book=[b"<workbook %s><a>" % MAIN, *repeated(b"x", 300 * MIB), b"</a></workbook>"])


def nested(path):
    return workbook(
        path, styles=[b"<styleSheet %s>" % MAIN, b"<a>" * 300_000, b"</a>" * 300_000, b"</styleSheet>"]
    )


BOOKS = [
    *(far_cell, two_far_cells, formatted_to_the_end, row_beyond_all, cells_in_one_row, rows_in_a_row),
    *(unknown_elements, merged_ranges, spaces_in_a_sheet, one_attribute, one_comment, one_text),
    *(one_shared_string, parts_of_a_shared_string, entities, entities_in_styles, elements_in_styles),
    *(one_name_in_the_book, nested),
]


# Text -----------------------------------------------------------------------------------------------------


def gigabytes_of_rows(path):
    return gzipped(path, b"mobile,name\n", *repeated(b"+393471234567,Ada\n", 1200 * MIB), level=1)


def gigabytes_of_nothing(path):
    return gzipped(path, b"mobile\n", *repeated(b"\n", 1200 * MIB), level=1)


def endless_line(path):
    return gzipped(path, b"mobile,name\n", *repeated(b"x", 1200 * MIB), level=1)


def endless_columns(path):
    return gzipped(path, *repeated(b"a,", 12 * MIB), b"\n1\n")


def many_columns(path):
    """Wide at the heading, with rows that leave out nearly all of it."""
    return gzipped(path, b",".join(b"c%d" % n for n in range(10_000)), b"\n", *repeated(b"1\n", 2 * MIB))


def a_stray_quote(path):
    """In the middle of a cell it is none, whatever it does to those who count them."""
    heading = b",".join([b'a"b', *(b"c%d" % n for n in range(10_000))])
    return gzipped(path, heading, b"\n", *repeated(b"1\n", 2 * MIB))


def gzip_in_gzip(path):
    inner = gzip.compress(b"mobile\n" + b"\n" * MIB)
    return gzipped(path, inner)


def gzipped_workbook(path):
    return gzipped(path, workbook(path.with_suffix(".xlsx")).read_bytes())


TEXTS = [
    *(gigabytes_of_rows, gigabytes_of_nothing, endless_line, endless_columns, many_columns, a_stray_quote),
    *(gzip_in_gzip, gzipped_workbook),
]


# Parquet --------------------------------------------------------------------------------------------------


def billion_rows(path):
    """The same row again and again is hardly written down at all."""
    part = pa.table({"mobile": pa.nulls(10_000_000, pa.int8())})
    with pq.ParquetWriter(path, part.schema) as file:
        for _ in range(10):
            file.write_table(part)
    return path


def one_text_in_every_row(path):
    """Kept once, and counted: ten megabytes, thirty thousand times."""
    text = pa.DictionaryArray.from_arrays(pa.array([0] * 30_000, pa.int32()), pa.array(["x" * 10 * MIB]))
    plain = pa.schema([("mobile", pa.string())])
    table = pa.table({"mobile": text})
    with pq.ParquetWriter(path, table.schema, dictionary_pagesize_limit=32 * MIB, store_schema=False) as file:
        file.write_table(table)
    assert pq.read_schema(path).equals(plain)
    return path


def packed_texts(path):
    """Texts that differ, and nearly vanish when they are compressed."""
    table = pa.table({"mobile": [f"{n}" + "x" * MIB for n in range(50)]})
    with pq.ParquetWriter(path, table.schema, use_dictionary=False, compression="zstd") as file:
        for _ in range(25):
            file.write_table(table)
    return path


def values_in_a_list(path):
    lists = pa.ListArray.from_arrays([0, 60_000_000], pa.nulls(60_000_000, pa.int8()))
    pq.write_table(pa.table({"mobile": lists}), path)
    return path


def wide_table(path):
    pq.write_table(pa.table({f"c{n}": pa.nulls(1, pa.int8()) for n in range(20_000)}), path)
    return path


PARQUETS = [billion_rows, one_text_in_every_row, packed_texts, values_in_a_list, wide_table]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="peaks are read from /proc")
@pytest.mark.parametrize("bomb", [*BOOKS, *TEXTS, *PARQUETS], ids=lambda bomb: bomb.__name__)
def test_a_file_that_unpacks_without_end_is_refused_in_little_memory(bomb, tmp_path):
    path = bomb(tmp_path / "bomb")
    assert path.stat().st_size < 20 * MIB
    came, said, peak = apart(path)
    assert came == "refused", said
    assert str(path) in said
    assert re.search(
        r"say max_(bytes|cells)=|a document type|more than 1,048,576 rows|<row> where|unpack it", said
    )
    assert peak < PEAK


@pytest.mark.skipif(sys.platform != "linux", reason="peaks are read from /proc")
@pytest.mark.parametrize("bomb", [far_cell, gigabytes_of_rows, gzip_in_gzip, one_text_in_every_row])
def test_so_is_a_suppression_list(bomb, tmp_path, monkeypatch):
    """It is read up to a smaller limit here; one that is unpacked whole takes as much memory all the same."""
    monkeypatch.setenv("SMSFRAME_MAX_BYTES", str(64 * MIB))
    came, said, peak = apart(bomb(tmp_path / "bomb"), "suppression")
    assert came == "refused", said
    assert peak < PEAK


# What is no bomb ------------------------------------------------------------------------------------------


def people(rows, columns):
    """A table as offices have it: a number of its own in each row, and words that come again."""
    table = {f"column {n}": [f"word {n} {row % 97}" for row in range(rows)] for n in range(columns - 1)}
    return pd.DataFrame({"mobile": [f"+39347{row:07d}" for row in range(rows)], **table})


PART = 300
WRITERS = {
    "csv": lambda frame, path: frame.to_csv(path, index=False),
    "csv.gz": lambda frame, path: frame.to_csv(path, index=False),
    "xlsx": lambda frame, path: frame.to_excel(path, index=False),
    "parquet": lambda frame, path: frame.to_parquet(path, index=False),
}


@pytest.mark.parametrize("kind", WRITERS)
def test_a_million_rows_of_thirty_columns_are_far_from_a_limit(kind, tmp_path):
    """A part of them, by the same part of the limits."""
    made = people(1_000_000 // PART, 30)
    WRITERS[kind](made, path := tmp_path / f"people.{kind}")
    part = {"max_bytes": file_limits.BYTES // PART, "max_cells": file_limits.CELLS // PART}
    found = smsframe.read_contacts(path, **part)
    assert found.shape == made.shape
    assert found["mobile"].tolist() == made["mobile"].tolist()


@pytest.mark.parametrize("kind", WRITERS)
def test_a_limit_is_named_and_moved(kind, tmp_path, monkeypatch):
    WRITERS[kind](people(3500, 20), path := tmp_path / f"people.{kind}")
    for limit, least in (("max_bytes", 100), ("max_cells", 50_000)):
        variable = f"SMSFRAME_{limit.upper()}"
        with pytest.raises(smsframe.ContactsError, match=f"say {limit}=, or {variable}"):
            smsframe.read_contacts(path, **{limit: least})
        with monkeypatch.context() as patch:
            patch.setenv(variable, str(least))
            with pytest.raises(smsframe.ContactsError, match=variable):
                smsframe.read_contacts(path)
            assert len(smsframe.read_contacts(path, **{limit: 10_000_000})) == 3500


def test_a_limit_of_the_environment_holds_for_suppression_lists_too(tmp_path, monkeypatch):
    path = tmp_path / "stop.csv"
    path.write_text(f"mobile\n{NUMBER}\n")
    monkeypatch.setenv("SMSFRAME_MAX_CELLS", "2999")
    with pytest.raises(smsframe.ContactsError, match="SMSFRAME_MAX_CELLS"):
        suppression(path)
    monkeypatch.setenv("SMSFRAME_MAX_CELLS", "3000")
    assert suppression(path).tolist() == [NUMBER]


@pytest.mark.parametrize("wrong", ["0", "-1", "many", "1e6"])
def test_a_limit_that_is_no_number_is_refused(wrong, tmp_path, monkeypatch):
    (tmp_path / "a.csv").write_text("mobile\n1\n")
    monkeypatch.setenv("SMSFRAME_MAX_BYTES", wrong)
    with pytest.raises(ValueError, match="SMSFRAME_MAX_BYTES must be a whole number above 0"):
        smsframe.read_contacts(tmp_path / "a.csv")
    with pytest.raises(ValueError, match="max_cells must be a whole number above 0"):
        smsframe.read_contacts(tmp_path / "a.csv", max_bytes=1, max_cells=0)


def test_a_column_that_is_formatted_to_the_last_row_is_only_as_long_as_what_is_in_it(tmp_path):
    cell = b'<row r="%d"><c r="A%d"%s</c></row>'
    rows = [cell % (row, row, b"/><c>" if row > 2 else b"><v>393471234567</v>") for row in (1, 2, 1_048_576)]
    path = workbook(tmp_path / "a.xlsx", [SHEET, *rows, SHEET_END])
    assert smsframe.read_contacts(path, header=None)[0].tolist() == ["393471234567"] * 2


def test_shared_strings_are_read(tmp_path):
    strings = [STRINGS, b"<si><t>mobile</t></si><si><r><t>+39</t></r><r><t>3471234567</t></r></si></sst>"]
    rows = b'<row r="1"><c r="A1" t="s"><v>0</v></c></row><row r="2"><c r="A2" t="s"><v>1</v></c></row>'
    path = workbook(tmp_path / "a.xlsx", [SHEET, rows, SHEET_END], strings=strings)
    assert smsframe.read_contacts(path)["mobile"].tolist() == [NUMBER]


def test_cells_of_many_lines_are_one_row_each(tmp_path):
    """Lines are more than rows here, and lines times columns more than the limit."""
    path = tmp_path / "a.csv"
    text = "line\n" * 20
    rows = "".join(f'{NUMBER},"{text}",{row}\n' for row in range(2000))
    path.write_text("mobile,note,row\n" + rows)
    assert len(smsframe.read_contacts(path, max_cells=10_000)) == 2000
    with pytest.raises(smsframe.ContactsError, match="max_cells="):
        smsframe.read_contacts(path, max_cells=5000)
