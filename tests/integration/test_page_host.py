"""The page answers to the names of this machine alone: a name elsewhere that points here is refused."""

from __future__ import annotations

import contextlib
import http.client
import re
import sys

import pandas as pd
import pytest
from helpers import browser_programs

pytest.importorskip("voila")


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The port and the token of a served page."""
    folder = tmp_path_factory.mktemp("page")
    pd.DataFrame({"mobile": ["+393471234567"]}).to_csv(folder / "contacts.csv", index=False)
    serve = [sys.executable, "-m", "smsframe", "app", str(folder / "contacts.csv"), "--no-browser"]
    with browser_programs.program(serve, folder) as served:
        url = browser_programs.read_line(served, r"http://127.0.0.1:\d+/\?token=\S+")
        browser_programs.answering(url)
        yield re.search(r":(\d+)/\?token=(\S+)", url).groups()


def asked(page, host, path, method="GET"):
    """The status of the answer."""
    port, token = page
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", int(port), timeout=30)) as connection:
        connection.request(method, f"{path}?token={token}", headers={"Host": host.format(port=port)})
        return connection.getresponse().status


PATHS = ["/", "/voila/static/voila.js", "/api/kernels", "/api/shutdown/x", "/nowhere"]


OTHERS = [
    *("evil.example", "evil.example:{port}", "127.0.0.1.evil.example:{port}"),
    *("127.0.0.1", "127.0.0.1:1", "[::1]:{port}", "localhost.", "", "127.0.0.1:{port}@evil.example"),
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("host", OTHERS)
def test_another_host_is_refused_whatever_is_asked_for(host, path, page):
    for method in ("GET", "POST", "DELETE"):
        assert asked(page, host, path, method) in {400, 403}  # 400: it is no name of a host


@pytest.mark.parametrize("host", ["127.0.0.1:{port}", "localhost:{port}", "LOCALHOST:{port}"])
def test_its_own_names_are_answered(host, page):
    assert asked(page, host, "/voila/static/voila.js") in (200, 404)
