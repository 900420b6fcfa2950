"""A workbook of people: read, beside openpyxl on a part of it; written, beside XlsxWriter alone."""

from __future__ import annotations

import random
import tempfile
import zipfile
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple

from benchmarks import people
from benchmarks.table import Aim, Row
from benchmarks.turns import Call, apart, take_turns

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from benchmarks.turns import Scale, Seconds

SPREADSHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
PARTS = {
    "[Content_Types].xml": f"""<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="{KIND}.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="{KIND}.worksheet+xml"/><Override PartName="/xl/sharedStrings.xml" ContentType="{KIND}.sharedStrings+xml"/></Types>""",  # noqa: E501
    "_rels/.rels": f"""<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" Type="{RELATION}/officeDocument" Target="xl/workbook.xml"/></Relationships>""",  # noqa: E501
    "xl/workbook.xml": f"""<workbook xmlns="{SPREADSHEET}" xmlns:r="{RELATION}"><sheets><sheet name="guests" sheetId="1" r:id="rId1"/></sheets></workbook>""",  # noqa: E501
    "xl/_rels/workbook.xml.rels": f"""<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" Type="{RELATION}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="{RELATION}/sharedStrings" Target="sharedStrings.xml"/></Relationships>""",  # noqa: E501
}
MILLION = 1_000_000
LIMIT = 20  # seconds for a million rows
WRITTEN = 100_000  # rows, of which each cell costs microseconds
CITIES = ("Bolzano", "Trento", "Roma", "Milano", "Wien", "Graz", "Berlin", "Köln")


class Turn(NamedTuple):
    """The workbook, one of fewer rows, and the numbers in it."""

    path: Path
    sample: Path
    numbers: list[str]


def rows(scale: Scale) -> Iterator[Row]:
    """Three rows, of two measures."""
    read = apart(measure_reading, scale)
    yield read.row("read_contacts, XLSX, 4 columns", "openpyxl", scale.rows, Aim(3, faster=True))
    seconds = median(read.warm["ours"])
    limit = LIMIT * scale.rows / MILLION
    what = "read_contacts, XLSX, 4 columns, at most"
    yield Row(what, f"{limit:g} s", scale.rows, seconds, limit, seconds / limit, Aim(1), read.cold["ours"])
    count = min(scale.rows, WRITTEN)
    written = apart(measure_writing, scale)
    yield written.row("to_excel, 10 columns", "XlsxWriter", count, Aim(1.1))


def measure_writing(scale: Scale) -> Seconds:
    """`to_excel`, and a loop over the finished cells, in a process of their own."""
    import smsframe

    with tempfile.TemporaryDirectory() as folder:
        ours, loop = Path(folder, "ours.xlsx"), Path(folder, "loop.xlsx")

        def make(seed: int) -> tuple[pd.DataFrame, list[tuple[Any, ...]]]:
            table = people.frame(people.numbers(min(scale.rows, WRITTEN), seed), seed)
            return table, list(zip(*(table[name].tolist() for name in table), strict=True))

        def expect(turn: tuple[pd.DataFrame, list[tuple[Any, ...]]], _: dict[str, Any]) -> None:
            found, other = smsframe.read_contacts(ours), smsframe.read_contacts(loop)
            if found["mobile"].tolist() != turn[0]["mobile"].tolist() or not found.equals(other):
                raise SystemExit("the two workbooks are not alike")

        calls = {
            "ours": Call(lambda turn: smsframe.to_excel(turn[0], ours)),
            "loop": Call(lambda turn: xlsxwriter_rows(loop, list(turn[0]), turn[1])),
        }
        return take_turns(make, calls, scale.turns, expect)


def xlsxwriter_rows(path: Path, heading: list[str], cells: list[tuple[Any, ...]]) -> None:
    """What people write who know what each cell is: each by the call for its kind, nothing kept in memory."""
    import xlsxwriter

    book = xlsxwriter.Workbook(path, {"constant_memory": True})
    text, date = book.add_format({"num_format": "@"}), book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    sheet = book.add_worksheet()
    for place, name in enumerate(heading):
        sheet.write_string(0, place, name, text)
    for row, values in enumerate(cells, 1):
        for place, value in enumerate(values):
            if isinstance(value, str):
                sheet.write_string(row, place, value, text)
            elif isinstance(value, datetime):
                sheet.write_datetime(row, place, value, date)
            else:
                sheet.write_number(row, place, value)
    book.close()


def measure_reading(scale: Scale) -> Seconds:
    """Both, in a process of their own."""
    import smsframe

    with tempfile.TemporaryDirectory() as folder:

        def make(seed: int) -> Turn:
            path, sample = Path(folder, "all.xlsx"), Path(folder, "sample.xlsx")
            numbers = write(path, scale.rows, seed)
            write(sample, scale.sample, seed)
            return Turn(path, sample, numbers)

        def expect(turn: Turn, answers: dict[str, Any]) -> None:
            if answers["ours"]["mobile"].tolist() != turn.numbers:
                raise SystemExit("the numbers of the workbook are not those that were written")
            if [f"+{row[1]}" for row in answers["loop"][1:]] != turn.numbers[: scale.sample]:
                raise SystemExit("openpyxl has read another workbook")

        calls = {
            "ours": Call(lambda turn: smsframe.read_contacts(turn.path)),
            "loop": Call(lambda turn: openpyxl_rows(turn.sample), share=scale.sample / scale.rows),
        }
        return take_turns(make, calls, scale.turns, expect)


def openpyxl_rows(path: Path) -> list[tuple[Any, ...]]:
    """What people write today: the rows as openpyxl reads them fastest."""
    import openpyxl  # type: ignore[import-untyped]  # it has no types of its own

    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    found = [
        tuple(str(cell).removeprefix("+") for cell in row) for row in book.active.iter_rows(values_only=True)
    ]
    book.close()
    return found


def write(path: Path, count: int, seed: int) -> list[str]:
    """Write a workbook as spreadsheet programs do, texts shared, and return its numbers."""
    pick = random.Random(seed)  # noqa: S311 - invented people
    numbers = [f"+39347{pick.randrange(10**7):07d}" for _ in range(count)]
    heading = ("name", "mobile", "city", "age")
    texts = [*heading, *CITIES, *(f"Guest {row}" for row in range(count)), *numbers]
    first = len(heading) + len(CITIES)
    lines = (
        f'<row r="{row + 2}"><c r="A{row + 2}" t="s"><v>{first + row}</v></c>'
        f'<c r="B{row + 2}" t="s"><v>{first + count + row}</v></c>'
        f'<c r="C{row + 2}" t="s"><v>{4 + pick.randrange(8)}</v></c>'
        f'<c r="D{row + 2}"><v>{18 + row % 70}</v></c></row>'
        for row in range(count)
    )
    top = "".join(f'<c r="{letter}1" t="s"><v>{place}</v></c>' for place, letter in enumerate("ABCD"))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as book:
        for name, part in PARTS.items():
            book.writestr(name, part)
        shared = "".join(f"<si><t>{text}</t></si>" for text in texts)
        book.writestr("xl/sharedStrings.xml", f'<sst xmlns="{SPREADSHEET}">{shared}</sst>')
        sheet = f'<worksheet xmlns="{SPREADSHEET}"><sheetData><row r="1">{top}</row>{"".join(lines)}'
        book.writestr("xl/worksheets/sheet1.xml", f"{sheet}</sheetData></worksheet>")
    return numbers
