"""
Saved notebooks, looked through for phone numbers and secrets, and cleaned of those that were not typed.

A notebook is JSON, so that json is all it takes to read one. What somebody typed (sources) is reported and
never changed. No copy of the file is kept: it would keep what had to go.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from smsframe.masking import shown_name
from smsframe.scan.detect import HIDDEN, SECRET_NAME, Detector, harmless, in_columns, is_number
from smsframe.scan.templates import message_texts

SECRETS = ("SMSFRAME_PASSWORD", "SMSFRAME_USER_KEY", "SMSFRAME_ACCESS_TOKEN")
"""Variables of the environment whose values are looked for as well."""
SHORTEST = 4
"""Characters of a secret that is looked for by its value; a shorter one is in many a word."""

FORMAT = 4
VIEW = "application/vnd.jupyter.widget-view+json"
_BINARY = re.compile(r"image/(?!svg)|audio/|video/|font/|application/(?:pdf|octet-stream)")
_COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


class Finding(NamedTuple):
    """
    A phone number or a secret in a notebook.

    Attributes:
        cell: The cell, counted from 1; None for what belongs to no cell.
        place: ``source``, ``output``, ``widget state`` or ``metadata``.
        what: ``phone number``, or what kind of secret.
        masked: What may be shown of it.
    """

    cell: int | None
    place: str
    what: str
    masked: str


def read(path: Path) -> dict[str, Any]:
    """
    A notebook as it is in its file.

    Raises:
        ValueError: It is no notebook of format 4, which Jupyter writes since 2015.
    """
    try:
        notebook: Any = json.loads(path.read_bytes())
    except ValueError:
        raise ValueError(f"{path} is not a notebook: it cannot be read as JSON") from None
    known = isinstance(notebook, dict) and notebook.get("nbformat") == FORMAT
    cells = notebook.get("cells") if known else None
    if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
        raise ValueError(f"{path} is not a notebook of format {FORMAT}, which Jupyter writes since 2015")
    return dict(notebook)


def write(path: Path, notebook: dict[str, Any]) -> None:
    """Replace a notebook in one step, so that a full disk leaves the old one; laid out as Jupyter does."""
    text = json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"
    try:
        content = text.encode()
    except UnicodeEncodeError:  # half a character, which JSON can say and UTF-8 cannot
        content = (json.dumps(notebook, indent=1) + "\n").encode()
    path = path.resolve()  # a link stays one
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        shutil.copymode(path, temporary)
        os.replace(temporary, path)  # noqa: PTH105 - as the rest of this block
    except BaseException:  # also Ctrl-C: no half a copy, with all that is in it, stays beside the notebook
        Path(temporary).unlink(missing_ok=True)
        raise


def secrets() -> list[str]:
    """The secrets that the environment names now."""
    values = [os.environ.get(name, "") for name in SECRETS]
    return [value for value in values if len(value) >= SHORTEST and not harmless(value)]


def search(notebook: dict[str, Any], known: list[str]) -> tuple[list[Finding], dict[str, Any]]:
    """
    What is in a notebook, and the notebook without it but for its sources.

    Args:
        notebook: As `read` gives it; it is not changed.
        known: Secrets that are known, as `secrets` gives them.

    Returns:
        The findings, and a notebook with numbers masked and secrets hidden in outputs and metadata, and
        without the state of its widgets if that holds any: a widget shows nothing after a restart anyway.
    """
    numbers: set[str] = set()
    for text in _texts([[cell.get("outputs") for cell in notebook["cells"]], notebook.get("metadata")]):
        numbers |= in_columns(text)
    code = [_joined(cell.get("source", "")) for cell in notebook["cells"] if cell.get("cell_type") == "code"]
    search_ = _Search(Detector(numbers, known, message_texts(filter(_is_text, code))))
    cells = [search_.cell(place, cell) for place, cell in enumerate(notebook["cells"], 1)]
    metadata = dict(notebook.get("metadata") or {})
    state = metadata.pop("widgets", None)
    metadata = search_.clean(metadata, None, "metadata")
    before = len(search_.findings)
    search_.widgets(state)
    if state is not None and len(search_.findings) == before:
        metadata["widgets"] = state
    elif state is not None:
        cells = [_without_views(cell) for cell in cells]
    return search_.findings, {**notebook, "cells": cells, "metadata": metadata}


class _Search:
    """Goes through a notebook, keeps the findings, and returns each part without them."""

    def __init__(self, detector: Detector) -> None:
        self.findings: list[Finding] = []
        self._detector = detector

    def cell(self, place: int, cell: dict[str, Any]) -> dict[str, Any]:
        self.clean(_joined(cell.get("source", "")), place, "source")
        cleaned = {**cell, "metadata": self.clean(cell.get("metadata", {}), place, "metadata")}
        if "outputs" in cell:
            cleaned["outputs"] = [self._output(place, output) for output in cell["outputs"]]
        return cleaned

    def _output(self, place: int, output: dict[str, Any]) -> dict[str, Any]:
        cleaned = {}
        for name, value in output.items():
            if name == "data":
                cleaned[name] = {
                    media_type: content if _BINARY.match(media_type) else self._lines(content, place)
                    for media_type, content in value.items()
                }
            else:
                cleaned[name] = (
                    self._lines(value, place) if name == "text" else self.clean(value, place, "output")
                )
        return cleaned

    def _lines(self, value: Any, place: int) -> Any:
        """A text that the format may cut into lines: one number could be in two of them."""
        whole = self.clean(_joined(value), place, "output")
        return (
            whole.splitlines(keepends=True) if isinstance(value, list) and isinstance(whole, str) else whole
        )

    def widgets(self, state: Any) -> None:
        """Look at the state of widgets, where a field holds what somebody typed into it."""
        self.clean(state, None, "widget state")
        for model in _dictionaries(state):
            value = (model.get("state") or {}).get("value") if isinstance(model.get("state"), dict) else None
            if not isinstance(value, str):
                continue
            if model.get("model_name") == "PasswordModel" and not harmless(value):
                self.findings.append(Finding(None, "widget state", "password field", HIDDEN))
            elif is_number(value.strip()) and "+" not in value:
                self.findings.append(Finding(None, "widget state", "phone number", shown_name(value)))

    def clean(self, value: Any, cell: int | None, place: str) -> Any:
        """The value with every text in it cleaned, also where texts are keys."""
        if isinstance(value, dict):
            return {
                self.clean(key, cell, place): self._named(key, kept, cell, place)
                for key, kept in value.items()
            }
        if isinstance(value, list):
            return [self.clean(item, cell, place) for item in value]
        return self._text(value, cell, place) if isinstance(value, str) else value

    def _named(self, name: str, value: Any, cell: int | None, place: str) -> Any:
        if isinstance(value, str) and SECRET_NAME.fullmatch(name) and not harmless(value):
            self.findings.append(Finding(cell, place, "secret by its name", HIDDEN))
            return HIDDEN
        return self.clean(value, cell, place)

    def _text(self, text: str, cell: int | None, place: str) -> str:
        plain = _COLOUR.sub("", text)  # a colour may stand inside a number
        detections = self._detector.detections(plain)
        self.findings += [Finding(cell, place, each.what, each.masked) for each in detections]
        for each in reversed(detections):
            plain = plain[: each.start] + each.masked + plain[each.end :]
        return plain if detections else text


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _joined(value: Any) -> Any:
    lines = isinstance(value, list) and all(isinstance(line, str) for line in value)
    return "".join(value) if lines else value


def _texts(value: Any) -> list[str]:
    """Every text in a value, lines joined."""
    value = _joined(value)
    if isinstance(value, str):
        return [value]
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for item in inside for text in _texts(item)]


def _dictionaries(value: Any) -> list[dict[str, Any]]:
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    own = [value] if isinstance(value, dict) else []
    return own + [dictionary for item in inside for dictionary in _dictionaries(item)]


def _without_views(cell: dict[str, Any]) -> dict[str, Any]:
    """The cell without the views of widgets whose state is gone; their plain text stays."""
    outputs = [
        {**output, "data": {kind: content for kind, content in output["data"].items() if kind != VIEW}}
        if "data" in output
        else output
        for output in cell.get("outputs", [])
    ]
    return {**cell, "outputs": outputs} if "outputs" in cell else cell
