"""A real JupyterLab and a real Chromium, on loopback, with folders of their own."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

PATIENCE = 30_000
"""Milliseconds for a condition to come true, on a machine that does much else."""
SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
"""A browser that asks nobody anything by itself."""

SETTINGS = {
    # No news: nothing that covers what is tested.
    "@jupyterlab/apputils-extension/notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    },
    # The careless way, which must be safe too.
    "@jupyter-widgets/jupyterlab-manager/plugin": {"saveState": True},
}


def chromium():
    """The path of the system's browser, or None."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next((found for name in names if (found := shutil.which(name))), None)


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


@contextlib.contextmanager
def program(command, home, **variables):
    """A program as a process group of its own, with folders of its own, until the end of the block."""
    own = {f"JUPYTER_{kind}_DIR": str(home / kind.lower()) for kind in ("CONFIG", "DATA", "RUNTIME")}
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    places = {"PATH": path, "IPYTHONDIR": str(home / "ipython"), "HOME": str(home)}
    with (
        (home / "errors.log").open("w") as errors,
        subprocess.Popen(
            command,
            env=os.environ | own | places | variables,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            start_new_session=True,
        ) as started,
    ):
        try:
            yield started
        finally:
            os.killpg(started.pid, signal.SIGTERM)


@contextlib.contextmanager
def jupyter(program_name, root, home, **variables):
    """``jupyterlab``, or ``notebook`` (Notebook 7), for the notebooks of a folder; gives its address."""
    port = free_port()
    for name, chosen in SETTINGS.items():
        file = home / f"config/lab/user-settings/{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True)
        file.write_text(json.dumps(chosen))
    command = [
        *(sys.executable, "-m", program_name, "--ip=127.0.0.1", f"--port={port}", "--no-browser"),
        *(
            "--allow-root",
            "--IdentityProvider.token=",
            "--ServerApp.password=",
            f"--ServerApp.root_dir={root}",
        ),
        "--LabApp.extension_manager=readonly",
        "--LabApp.expose_app_in_browser=True",
        "--JupyterNotebookApp.expose_app_in_browser=True",
    ]
    with program(command, home, **variables):
        url = f"http://127.0.0.1:{port}/"
        answering(url)
        yield url


def read_line(server, pattern):
    """The first match of a pattern in what a program says."""
    for line in server.stdout:
        if found := re.search(pattern, line):
            return found[0]
    raise RuntimeError(f"the program ended with {server.wait()}")


@retry(retry=retry_if_exception_type(OSError), wait=wait_fixed(0.05), stop=stop_after_delay(60), reraise=True)
def answering(url):
    """Wait until a port is served."""
    parts = urlsplit(url)
    socket.create_connection((parts.hostname, parts.port), timeout=5).close()


def loopback(url):
    """Whether a request stays on this machine."""
    parts = urlsplit(url)
    return parts.scheme in {"data", "blob", "about"} or parts.hostname in {"127.0.0.1", "localhost"}
