"""
A network that breaks, of the test's own: what was given up must not arrive once the network is back.

Two network namespaces joined by a cable. Orders are sent while its far end is down, which comes up again.
That takes Linux, root and iproute2; where they are missing this is skipped, but not in CI.
"""

from __future__ import annotations

import signal
import time

from helpers.namespaces import FAR, ip

READ_TIMEOUT = 1.0
WAYS = ("timed-out", "killed", "stopped")

SERVER = f"""
import contextlib, os, socket, threading
listener = socket.create_server(("{FAR}", 80))
print("listening", flush=True)
def attend(connection):
    with contextlib.suppress(ConnectionResetError):
        while came := connection.recv(65536):
            if not came.startswith(b"POST /"): continue
            os.write(1, came.split()[1] + b"\\n")
            connection.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\n{{}}")
while True:
    threading.Thread(target=attend, args=listener.accept()[:1], daemon=True).start()
"""

# One session as smsframe makes it, and one whose sockets are as urllib3 makes them, which shows that the test
# can fail. A process that is to be killed or stopped waits for its answers longer than the test. Only for the
# one that is stopped the kernel gives up early: the others must not need it.
CLIENT = f"""
import sys, threading
from smsframe.gateway import connections as http_connections
from smsframe.gateway import transport as wire
from smsframe.gateway.auth import Keys
way = sys.argv[1]
patience = {READ_TIMEOUT} if way == "timed-out" else 60.0
kernel = {READ_TIMEOUT} if way == "stopped" else 60.0
URL = "http://{FAR}/"
def made(options):
    http_connections.socket_options = options
    return wire.session(URL, pool=1, verify=True, proxies=None, read_timeout=kernel)
sessions = {{
    "ours": made(http_connections.socket_options),
    "plain": made(lambda _: http_connections.HTTPConnection.default_socket_options),
}}
def ask(name, path, seconds):
    keys = Keys("4242", "Access_token", "t0ken")
    return wire.request(sessions[name], "POST", URL + path, auth=keys, timeout=(5.0, seconds), json={{}})
assert all(ask(name, "before", 5.0).status == 200 for name in sessions)
print("connected", flush=True)
sys.stdin.readline()
threads = [threading.Thread(target=ask, args=(name, f"{{way}}/{{name}}", patience)) for name in sessions]
for thread in threads: thread.start()
print("sending", flush=True)
for thread in threads: thread.join()
print("over", flush=True)
"""


def test_what_was_given_up_never_arrives(cable, inside, tmp_path):
    """
    Neither after a time-out nor from a process that was killed or stopped: it would be an order that arrives
    after it was looked up, found absent, and repeated.
    """
    near, far = cable
    with (tmp_path / "arrived").open("w") as log:
        server = inside(far, SERVER, stdout=log)
    arrived = lambda: (tmp_path / "arrived").read_text().split()  # noqa: E731 - one line, used here only
    while "listening" not in arrived():
        assert server.poll() is None
        time.sleep(0.02)
    clients = {way: inside(near, CLIENT, way) for way in WAYS}
    assert {client.stdout.readline() for client in clients.values()} == {"connected\n"}

    ip("-n", far, "link", "set", "cable", "down")
    for client in clients.values():
        client.stdin.write("send\n")
        client.stdin.flush()
    assert {client.stdout.readline() for client in clients.values()} == {"sending\n"}
    time.sleep(0.8)
    clients["killed"].kill()
    clients["stopped"].send_signal(signal.SIGSTOP)
    assert clients["timed-out"].stdout.readline() == "over\n"
    time.sleep(READ_TIMEOUT)
    ip("-n", far, "link", "set", "cable", "up")

    plain = {f"/{way}/plain" for way in WAYS}
    until = time.monotonic() + 20
    while not plain <= set(arrived()) and time.monotonic() < until:
        time.sleep(0.1)
    time.sleep(1.0)  # those of ours were last tried when the plain ones were
    assert set(arrived()) == plain | {"listening", "/before"}
