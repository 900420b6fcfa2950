"""The vendor of `helpers.toy_gateway`: a small real HTTP server, which can lose requests and answers."""

from __future__ import annotations

import contextlib
import json
import threading
from collections import Counter
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

TOKEN = "acme-t0ken-acme-t0ken"

FATES = {"71": "bounced", "72": "no_such_number", "82": "on_its_way"}
"""By the last two digits of the number; all others arrive."""

REFUSED = "85"
"""The last two digits of numbers that are refused at once."""


class ToyServer:
    """
    Acme.

    Attributes:
        taken: The messages that it took, in their order; a person has one text for each.
        lose: What is lost of the next POSTs: ``request`` before, or ``answer`` after the message was taken.
        asked: How often each kind of call was made.
    """

    def __init__(self, credits_left=1000):
        self.taken: list[dict] = []
        self.lose: list[str] = []
        self.asked: Counter = Counter()
        self.left = credits_left
        self.lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.daemon_threads = True
        self._server.vendor = self
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/v2/"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    def take(self, message):
        """Take a message, or say why not: status and body."""
        missing = {"to", "body", "reference"} - message.keys()
        if missing or message["to"].endswith(REFUSED):
            return 422, {"error": f"cannot be sent: {', '.join(sorted(missing)) or 'to'}"}
        if any(known["reference"] == message["reference"] for known in self.taken):
            return 422, {"error": "reference was used before"}
        price = 1 + (len(message["body"]) > 160)
        if price > self.left:
            return 422, {"error": "no credit"}
        self.left -= price
        self.taken.append({**message, "taken": datetime.now(UTC).isoformat()})
        return 202, {"reference": message["reference"], "price": price}

    def texts(self):
        """How many texts each person has been sent."""
        return Counter(message["to"] for message in self.taken)


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_):
        pass  # a client that goes away is no error


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        vendor = self.server.vendor
        message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with vendor.lock:
            vendor.asked["post"] += 1
            lost = vendor.lose.pop(0) if vendor.lose else None
            status, body = (0, {}) if lost == "request" else vendor.take(message)
        if lost:
            self.close_connection = True
        else:
            self._answer(status, body)

    def do_GET(self):
        vendor = self.server.vendor
        path, query = urlsplit(self.path).path.removeprefix("/v2/"), parse_qs(urlsplit(self.path).query)
        with vendor.lock:
            if path == "balance":
                self._answer(200, {"left": vendor.left})
            elif path == "messages":
                vendor.asked["list"] += 1
                after = datetime.fromisoformat(query["after"][0])
                found = [one for one in vendor.taken if datetime.fromisoformat(one["taken"]) >= after]
                most, number = int(query["most"][0]), int(query["page"][0])
                shown = found[(number - 1) * most : number * most]
                self._answer(200, {"found": len(found), "messages": shown})
            else:
                vendor.asked["state"] += 1
                self._answer(*self._state(vendor, unquote(path.removeprefix("messages/"))))

    def _state(self, vendor, reference):
        for message in vendor.taken:
            if message["reference"] == reference:
                state = FATES.get(message["to"][-2:], "arrived")
                return 200, {"to": message["to"], "state": state, "changed": message["taken"]}
        return 404, {"error": "unknown reference"}

    def _answer(self, status, body):
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            status, body = 401, {"error": "who are you?"}
        written = json.dumps(body).encode()
        with contextlib.suppress(OSError):
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(written)))
            self.end_headers()
            self.wfile.write(written)

    def log_message(self, *_):
        pass
