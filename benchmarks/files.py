"""A workbook of people, read, beside openpyxl on a part of it."""

from __future__ import annotations

import random
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from benchmarks.table import Aim
from benchmarks.turns import Call, apart, take_turns

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.table import Row
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
CITIES = ("Bolzano", "Trento", "Roma", "Milano", "Wien", "Graz", "Berlin", "Köln")


class Turn(NamedTuple):
    """The workbook, one of fewer rows, and the numbers in it."""

    path: Path
    sample: Path
    numbers: list[str]


def rows(scale: Scale) -> Iterator[Row]:
    """The one row."""
    seconds = apart(measure, scale)
    yield seconds.row("read_contacts, XLSX, 4 columns", "openpyxl", scale.rows, Aim(3, faster=True))


def measure(scale: Scale) -> Seconds:
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
