"""What exists only while a sandbox serves: a socket, a thread, a folder."""

from __future__ import annotations

import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from smsframe.sandbox import app, connections, tls

if TYPE_CHECKING:
    from starlette.types import ASGIApp


class Running:
    """
    One stretch of serving.

    Args:
        application: What answers.
        port: The port, or 0 for a free one.
        secure: Whether to speak TLS.

    Attributes:
        url: The base URL.
        folder: A folder that goes when the serving ends.
        certificate: The file of the authority that signed the server's certificate, or None without TLS.
    """

    def __init__(self, application: ASGIApp, port: int, *, secure: bool) -> None:
        listener = connections.take(port, listening=True)
        scheme = "https" if secure else "http"
        self.url = f"{scheme}://{connections.HOST}:{listener.getsockname()[1]}{app.BASE}/"
        self._folder = tempfile.TemporaryDirectory(prefix="smsframe-sandbox-", ignore_cleanup_errors=True)
        self.folder = Path(self._folder.name)
        self.certificate: Path | None = None
        options: dict[str, Any] = {}
        if secure:
            self.certificate, options["ssl_certfile"] = tls.issue(self.folder, connections.HOST, "localhost")
        self._server = connections.Server(
            application,
            loop="asyncio",
            http="h11",  # answers Expect: 100-continue and keeps header names with underscores
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,  # the login URL has the password in it
            date_header=False,  # the application has its own clock
            proxy_headers=False,  # a client is who connects, not who a header names
            timeout_keep_alive=75,  # the default of 5 s closes pooled connections under a slow notebook
            **options,
        )
        # A daemon, so that a forgotten stop() does not keep a program from ending.
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [listener]}, name="smsframe-sandbox", daemon=True
        )
        self._thread.start()
        if not self._server.serving.wait(timeout=10):
            self.stop()
            raise RuntimeError("The sandbox did not start within 10 seconds")

    def refuse(self, seconds: float) -> None:
        """Close the port for so long."""
        self._server.refuse(seconds)

    def stop(self) -> None:
        """Stop serving, close every connection, and remove the folder."""
        self._server.end()
        self._thread.join()
        self._folder.cleanup()
