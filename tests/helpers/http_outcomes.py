"""What a client meets in words, and what a sandbox says of it."""

import time
from urllib.parse import urlsplit

import pandas as pd
import requests


def post(caller, order_id="one", recipient="+12125550101", timeout=10):
    """Post an order to the end; what the client met."""
    body = {"message_type": "N", "message": "Ciao", "recipient": [recipient], "order_id": order_id}
    return met(lambda: caller.post("sms", json=body, timeout=timeout, allow_redirects=False))


def met(ask):
    try:
        return ask().status_code
    except requests.exceptions.Timeout:
        return "timeout"
    except requests.exceptions.ChunkedEncodingError:
        return "half"
    except requests.exceptions.ConnectionError as error:
        words = {
            "ConnectionResetError": "reset",
            "RemoteDisconnected": "ended",
            "Connection refused": "refused",
        }
        return next((word for name, word in words.items() if name in str(error)), repr(error))


def done(sandbox):
    return sandbox.orders()["order_id"].tolist()


def recorded(sandbox, method="POST"):
    calls = sandbox.calls()
    return [None if pd.isna(status) else status for status in calls["status"][calls["method"].eq(method)]]


def place(sandbox):
    parts = urlsplit(sandbox.url)
    return parts.hostname, parts.port


def until(true):
    """Wait for what the server does in its own time."""
    deadline = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.005)
