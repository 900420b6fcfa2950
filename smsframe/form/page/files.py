"""
Files that come to a page and go from it. No number of anybody is in the state of a widget, or in a log.

What is uploaded is taken out of its widget at once. What is downloaded is written to a folder that only this
user can read, under a name nobody can guess; the server of the page sends it once, to who opened the page.
"""

from __future__ import annotations

import re
import secrets
import threading
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from smsframe.api.files import write_as_named
from smsframe.api.prepare import read_contacts
from smsframe.clock import SYSTEM
from smsframe.contacts.xlsx_files import sheets_of
from smsframe.errors import ContactsError, SmsFrameError
from smsframe.form import html
from smsframe.form.page.file_problems import file_sentence
from smsframe.form.preview import error_sentence
from smsframe.form.wording import in_form_words

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

LARGEST = 50_000_000
"""Bytes of a file that is uploaded; a page elsewhere says the same before it is sent."""

KEPT = 600.0
"""Seconds that a file waits to be downloaded."""

LONGEST_NAME, ENDING = 100, 10
"""Characters of a file's name without its suffix, and how many of them are the last of what it is made of."""


class Upload:
    """
    Chooses a file, and a sheet where the file has several, and hands over its table.

    Args:
        label: Of the button.
        done: Called with the table and the file's name; refuses it by a `ContactsError`, which is said.
    """

    def __init__(self, label: str, done: Callable[[pd.DataFrame, str], None]) -> None:
        self._done, self._content, self._name = done, b"", ""
        self._file = widgets.FileUpload(accept=".csv,.txt,.gz,.xlsx,.parquet", description=label)
        self._sheet = widgets.Dropdown(description="Sheet")
        self._take = widgets.Button(description="Use this sheet")
        self._choice = widgets.HBox([self._sheet, self._take])
        self._choice.add_class("sf-buttons")
        self._choice.layout.display = "none"
        self._message = widgets.HTML()
        self.box = widgets.VBox([self._file, self._choice, self._message])
        self.box.add_class("sf-part")
        self._file.observe(self._uploaded, "value")
        self._take.on_click(lambda _: self._read(self._sheet.value))

    def _uploaded(self, change: Any) -> None:
        if not change["new"]:
            return
        item = change["new"][0]
        self._content, self._name = bytes(item["content"]), str(item["name"])
        self._file.value = ()  # neither the file nor its name stays in the widget
        self._choice.layout.display = "none"
        if len(self._content) > LARGEST:
            self._content = b""
            self._say(f"The file is larger than {LARGEST // 1_000_000} MB: split it into several files.")
            return
        self._read(None)

    def _read(self, sheet: str | None) -> None:
        self._message.value = html.note("Reading the file …")
        try:
            with TemporaryDirectory(prefix="smsframe-") as folder:  # readable by this user only
                path = Path(folder) / (Path(self._name).name or "file")
                path.write_bytes(self._content)
                with path.open("rb") as file:
                    sheets = sheets_of(file, path.name) if sheet is None else []
                if len(sheets) > 1:
                    self._sheet.options = sheets
                    self._sheet.value = sheets[0]
                    self._choice.layout.display = None
                    self._say(f"The file has {len(sheets)} sheets: choose one.", problem=False)
                    return
                table = read_contacts(path, sheet=sheet)
        except (SmsFrameError, ValueError, OSError, ImportError) as error:
            sentence = file_sentence(error, Path(self._name).name or "The file", self._content)
            self._content = b""
            self._choice.layout.display = "none"
            self._say(sentence.replace(folder + "/", ""))
            return
        name, self._content = self._name, b""
        self._choice.layout.display, self._message.value = "none", ""
        if table.empty:
            self._say("The file has no rows.")
            return
        try:
            self._done(table, name)
        except ContactsError as error:
            self._say(error_sentence(error))

    def _say(self, sentence: str, *, problem: bool = True) -> None:
        self._message.value = html.problem(sentence) if problem else html.note(sentence)


class Download:
    """
    A button that makes a file, and the link by which the browser takes it.

    Args:
        label: Of the button.
        folder: Where the server of the page finds files; None where there is none.
        make: Makes the rows and the name of the file; called at each click.
    """

    def __init__(self, label: str, folder: Path | None, make: Callable[[], tuple[pd.DataFrame, str]]) -> None:
        self._folder, self._make = folder, make
        self.button = widgets.Button(description=label)
        self._link = widgets.HTML()
        self.box = widgets.HBox([self.button, self._link])
        self.box.add_class("sf-buttons")
        self.button.on_click(lambda _: self._write())
        self.box.layout.display = None if folder is not None else "none"

    def clear(self) -> None:
        """Take back the link, and what was wrong."""
        self._link.value = ""

    def show(self, *, shown: bool) -> None:
        """Show the button, or hide it."""
        self.box.layout.display = None if shown and self._folder is not None else "none"
        self._link.value = ""

    def _write(self) -> None:
        if self._folder is None:
            return
        try:
            rows, name = self._make()
            place = self._folder / secrets.token_urlsafe(24)
            place.mkdir(mode=0o700)
            path = place / f"{file_name(name)}.xlsx"
            write_as_named(_as_read(rows), path, index=False)
        except (SmsFrameError, ContactsError, ValueError, OSError, ImportError) as error:
            sentence = error_sentence(error)
            if isinstance(error, OSError) and str(self._folder) in str(error.filename):
                sentence = f"The file cannot be written: {error.strerror}."  # its path is of the server
            self._link.value = html.problem(sentence)
            return
        self._link.value = (
            f'<a class="sf-download" href="/smsframe/files/{place.name}" download>{path.name}</a>'
        )
        threading.Thread(target=_forget, args=(path,), daemon=True).start()


def _as_read(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with reasons and advice in the words of the page."""
    words = {
        label: rows[label].map(in_form_words, na_action="ignore").astype(rows[label].dtype)
        for label in ("sms_reason", "sms_todo")
        if label in rows.columns
    }
    return rows.assign(**words)


def file_name(campaign: str) -> str:
    """
    A campaign's name as part of a file's: letters and digits that every system takes, and not too many.

    What was put behind the name says what is in the file, so that a long one is cut before it.

    Example:
        >>> file_name("Autumn / 2026 results")
        'autumn-2026-results'
    """
    name = re.sub(r"[^\w]+", "-", campaign.lower(), flags=re.ASCII).strip("-") or "campaign"
    if len(name) <= LONGEST_NAME:
        return name
    return f"{name[: LONGEST_NAME - ENDING - 1].strip('-')}-{name[-ENDING:].strip('-')}"


def _forget(path: Path) -> None:
    """Delete a file that nobody has downloaded."""
    SYSTEM.sleep(KEPT)
    with suppress(OSError):
        path.unlink()
        path.parent.rmdir()
