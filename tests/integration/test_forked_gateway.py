"""A process that is forked shares no connection with its parent: each would read the other's answers."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap

import pytest

ASKS = """
    import json, os, threading
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
    import smsframe

    ports = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            ports.append(self.client_address[1])
            body = b"4242;s3ss10n" if "/login" in self.path else json.dumps({"sms": []}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/"
    gateway = smsframe.Gateway(url, username="demo", password="demo")
    gateway.credits()
    if not (child := os.fork()):
        gateway.credits()
        os._exit(0)
    os.waitpid(child, 0)
    gateway.credits()
    parent, parents_too, childs, again = ports
    print(parent == parents_too == again, childs == parent)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_child_shares_no_connection_with_its_parent():
    run = [sys.executable, "-W", "ignore", "-c", textwrap.dedent(ASKS)]
    assert subprocess.run(run, capture_output=True, text=True, check=True).stdout == "True False\n"


HELD = """
    import os, signal, threading
    import smsframe

    sandbox = smsframe.Sandbox(speed=3600).__enter__()
    gateway = smsframe.Gateway(sandbox.url, username="demo", password="demo")
    lock = {lock}
    held, forked = threading.Event(), threading.Event()

    def hold():
        with lock:
            held.set()
            forked.wait()

    threading.Thread(target=hold, daemon=True).start()
    held.wait()
    if not (child := os.fork()):
        signal.alarm(20)
        os._exit(0 if len(gateway.credits()) else 1)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    forked.set()
    print(len(gateway.credits()) > 0)
"""

LOCKS = {
    "while another thread logs in": "gateway._lock.held",
    "while another thread looks at cookies": "gateway._http.cookies._cookies_lock",
    "while another thread takes a connection": "gateway._http.get_adapter(sandbox.url).poolmanager"
    ".connection_from_url(sandbox.url).pool.mutex",
    "while another thread looks for its connections": "gateway._http.get_adapter(sandbox.url).poolmanager"
    ".pools.lock",
}


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.parametrize("lock", LOCKS.values(), ids=LOCKS)
def test_a_child_that_is_forked_while_another_thread_holds_a_lock_waits_for_nobody(lock):
    """The thread that would release it is not there."""
    run = [sys.executable, "-W", "ignore", "-c", textwrap.dedent(HELD).replace("{lock}", lock)]
    done = subprocess.run(run, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "0\nTrue\n"
