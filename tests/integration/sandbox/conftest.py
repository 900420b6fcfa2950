"""A clock to hand in, and a plain HTTP caller: what every test of the sandbox needs."""

from datetime import UTC, datetime, timedelta

import pytest
import requests

from smsframe.sandbox import Sandbox


class Clock:
    """A time that stands still until it is told to pass."""

    def __init__(self):
        self.now = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

    def __call__(self):
        return self.now

    def sleep(self, **duration):
        self.now += timedelta(**duration)


class Caller(requests.Session):
    """A session that is logged in at a sandbox and takes paths relative to its base URL."""

    def __init__(self, sandbox):
        super().__init__()
        self.trust_env = False
        self.verify = sandbox.certificate or True
        self.sandbox = sandbox
        self.log_in()

    def log_in(self):
        answer = self.get("login", params={"username": "demo", "password": "demo"})
        user_key, session_key = answer.text.split(";")
        self.headers.update({"user_key": user_key, "Session_key": session_key})

    def request(self, method, url, *args, **options):
        return super().request(method, self.sandbox.url + url, *args, **options)

    def sms(self, *recipients, **fields):
        order = {"message_type": "N", "message": "Ciao", "recipient": list(recipients or ["+393471234567"])}
        return self.post("sms", json=order | fields)

    def states(self, order):
        answer = self.get(f"sms/{order.json()['order_id']}").json()
        return {text["destination"]: text["status"] for text in answer["recipients"]}


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def open_sandbox(clock):
    """Start a sandbox with these options and log in; everything is closed afterwards."""
    callers = []

    def start(**options):
        callers.append(Caller(Sandbox(**{"clock": clock, **options}).start()))
        return callers[-1]

    yield start
    for caller in callers:
        caller.close()
        caller.sandbox.stop()


@pytest.fixture
def caller(open_sandbox):
    """Logged in at a sandbox of its own."""
    return open_sandbox()


@pytest.fixture(scope="module")
def shared():
    """Logged in at one sandbox for a whole file, for tests that leave nothing behind."""
    with Sandbox(credits=1_000_000, clock=Clock()) as sandbox, Caller(sandbox) as caller:
        yield caller
