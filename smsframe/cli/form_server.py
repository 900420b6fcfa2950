"""
The page, for people who never see code: a notebook of one cell that Voilà serves to this machine.

Each page that is opened has a kernel of its own, and the journal is what they share: a page that is closed or
reloaded in the middle stops its run, after the browser has asked, and the next one says how far it came and
goes on. A page that only
loses its connection, as under a closed lid, keeps its kernel, and so its run.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

PAGE = Path(__file__).parent / "page"
"""Where Voilà finds how the page looks: as its own template, without anything from other hosts."""

SETTLING = 40
"""Seconds that the process of a closed page has until its orders under way have their record."""


def serve(
    file: Path | None,
    *,
    port: int = 0,
    shown: bool = True,
    say: Callable[[str], None],
    policy: Path | None = None,
    **options: Any,
) -> None:
    """
    Serve the page, until Ctrl-C.

    The address has a secret in it: other users of this machine cannot open the page and send.

    Args:
        file: The table that it begins with, as for `smsframe.read_contacts`; None to upload one.
        port: The port, or 0 for a free one.
        shown: Whether to open a browser.
        say: Told the address.
        policy: The file of a policy, or None.
        options: Of `smsframe.compose`: ``phone``, ``region`` and ``journal``.

    Raises:
        ImportError: Voilà is not there; says how to install it.
    """
    try:
        from jupyter_core.paths import jupyter_data_dir  # noqa: PLC0415 - comes with it

        from smsframe.cli.page_server import PageServer  # noqa: PLC0415 - a web server that only this command needs
    except ImportError:
        raise ImportError('the app needs Voilà: pip install "smsframe[app]"') from None
    port = port or _free_port()
    secret = secrets.token_urlsafe(24)
    places = [str(PAGE), *os.environ.get("JUPYTER_PATH", "").split(os.pathsep)]
    os.environ["JUPYTER_PATH"] = os.pathsep.join(filter(None, places))
    Path(jupyter_data_dir()).mkdir(
        parents=True, exist_ok=True
    )  # where Jupyter was never used, Voilà would fail
    with TemporaryDirectory() as folder:
        notebook = Path(folder) / "smsframe.ipynb"
        downloads, rows = Path(folder) / "downloads", Path(folder) / "rows"
        for place in (downloads, rows):
            place.mkdir(mode=0o700)
        notebook.write_text(json.dumps(_notebook(file, downloads, rows, options, policy)), "utf-8")
        say(f"The form is at http://127.0.0.1:{port}/?token={secret}")
        say("Ctrl-C stops it. What was sent is in the journal.")
        PageServer.launch_instance(
            [
                str(notebook),
                "--Voila.ip=127.0.0.1",
                f"--port={port}",
                f"--token={secret}",
                "--template=smsframe",
                "--Voila.log_level=ERROR",
                f"--PageServer.downloads={downloads}",
                f"--KernelManager.shutdown_wait_time={SETTLING}",
                *([] if shown else ["--no-browser"]),
            ]
        )


def _notebook(
    file: Path | None, downloads: Path, rows: Path, options: dict[str, Any], policy: Path | None = None
) -> dict[str, Any]:
    keywords = "".join(f", {name}={value!r}" for name, value in options.items() if value is not None)
    if policy is not None:
        keywords += f", policy=smsframe.Policy.from_file({str(policy.absolute())!r})"
    begin = None if file is None else str(file.absolute())
    source = (
        "import smsframe\nfrom smsframe.form.page.page import Page\n"
        f"Page({begin!r}, downloads={str(downloads)!r}, rows={str(rows)!r}{keywords})"
    )
    cell: dict[str, Any] = {
        "cell_type": "code",
        "execution_count": None,
        "metadata": {},
        "outputs": [],
        "source": source,
    }
    python = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {
        "cells": [cell],
        "metadata": {"kernelspec": python},
        "nbformat": 4,
        "nbformat_minor": 4,
    }


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
