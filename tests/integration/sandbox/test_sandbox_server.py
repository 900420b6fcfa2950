"""The handle: it starts, stops, leaves nothing behind, and says clearly what it cannot do."""

import gc
import socket
import subprocess
import sys
import threading
import types
import warnings
from datetime import datetime
from pathlib import Path

import pytest
import requests

from smsframe.sandbox import Sandbox


def test_start_returns_once_calls_are_answered_and_stop_leaves_nothing_behind():
    """A thread, a socket or a folder that outlived its sandbox would add up in a notebook's kernel."""
    before = threading.active_count()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with Sandbox() as sandbox:
            port = int(sandbox.url.split(":")[2].split("/")[0])
            idle = socket.create_connection(("127.0.0.1", port))
            half = socket.create_connection(("127.0.0.1", port))
            half.sendall(b"POST /API/v1.0/REST/sms HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
            with requests.get(sandbox.url + "login", params={"username": "demo"}, timeout=5) as answer:
                assert answer.status_code == 400
        gc.collect()
    assert threading.active_count() == before
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))
    idle.close()
    half.close()


def test_url_is_the_base_url_on_loopback(caller):
    assert caller.sandbox.url.startswith("http://127.0.0.1:")
    assert caller.sandbox.url.endswith("/API/v1.0/REST/")


def test_it_listens_on_loopback_only(caller):
    """Nobody else on the network may find the sandbox."""
    port = int(caller.sandbox.url.split(":")[2].split("/")[0])
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", port), timeout=1)


def test_repr_shows_the_url_and_never_the_password():
    sandbox = Sandbox(password="hush-hush")
    assert repr(sandbox) == "<Sandbox (stopped)>"
    with sandbox:
        assert repr(sandbox) == f"<Sandbox {sandbox.url}>"


def test_a_port_in_use_is_an_error_that_names_it():
    with Sandbox() as first:
        port = int(first.url.split(":")[2].split("/")[0])
        with pytest.raises(OSError, match=f"cannot listen on 127.0.0.1:{port}"):
            Sandbox(port=port).start()


def test_a_stopped_sandbox_says_so_and_goes_on_where_it_was(clock):
    """Stop and start is a gateway that was away for a while: orders, credits and keys are still there."""
    sandbox = Sandbox(clock=clock)
    with pytest.raises(RuntimeError, match="not running"):
        _ = sandbox.url
    with sandbox:
        login = requests.get(sandbox.url + "token?username=demo&password=demo", timeout=5).text
    with sandbox.start():
        assert requests.get(sandbox.url + "token?username=demo&password=demo", timeout=5).text == login


@pytest.mark.parametrize(
    "options",
    [
        {"port": -1},
        {"port": 70_000},
        {"latency": -1},
        {"latency": float("inf")},
        {"speed": 0},
        {"speed": float("inf")},
        {"speed": float("nan")},
        {"credits": -1},
        {"credits": {"XXL": 1}},
        {"timezone": "Mars/Olympus"},
        {"repeated_order_id": "maybe"},
        {"login_refused": 403},
        {"extra_values": "accept"},
        {"clock": datetime.now},
    ],
    ids=lambda options: next(iter(options)),
)
def test_an_option_that_cannot_be_is_refused_at_once(options):
    with pytest.raises(
        ValueError, match=next(iter(options)) if options != {"timezone": "Mars/Olympus"} else "zone"
    ):
        Sandbox(**options)


def test_gateway_passes_login_and_a_temporary_journal_and_options_win(monkeypatch):
    """What is asked of ``Gateway`` is all there is to it, so a stand-in shows it exactly."""
    stand_in = types.SimpleNamespace(Gateway=lambda url, **options: (url, options))
    monkeypatch.setitem(sys.modules, "smsframe.gateway.smsend", stand_in)
    with Sandbox(username="ada", password="p") as sandbox:
        url, options = sandbox.gateway(timeout=(1, 1))
        folder = Path(options.pop("journal")).parent
        assert folder.is_dir()
        names = ("id", "recipient", "sender", "text", "received_at")
        here = {"profile": "smsend", "reply_fields": {name: name for name in names}}
        account = {"username": "ada", "password": "p"} | here
        assert (url, options) == (sandbox.url, account | {"timeout": (1, 1)})
        assert sandbox.gateway(password="other")[1]["password"] == "other"
        keys = {"user_key": "1", "access_token": "t", "journal": "j"}
        assert sandbox.gateway(**keys)[1] == keys | here
    assert not folder.exists()


@pytest.mark.parametrize("module", ["fastapi", "uvicorn"])
def test_a_missing_extra_names_its_install_line(module):
    program = f"import sys; sys.modules[{module!r}] = None\nfrom smsframe.sandbox import Sandbox"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "ImportError: The sandbox needs FastAPI" in ended.stderr
    assert 'pip install "smsframe[sandbox]"' in ended.stderr.splitlines()[-1]


def test_calls_are_recorded_without_their_query(caller):
    """The record answers "was anything posted?" and does not hold the password."""
    caller.get("nothing/here")
    calls = caller.sandbox.calls()
    assert calls[["method", "path", "status"]].to_numpy().tolist() == [
        ["GET", "login", 200],
        ["GET", "nothing/here", 404],
    ]
    assert "demo" not in calls.to_csv()


def test_frames_have_the_same_columns_and_types_when_empty(caller):
    sandbox = caller.sandbox
    empty = {"inbox": sandbox.inbox().dtypes.to_dict(), "orders": sandbox.orders().dtypes.to_dict()}
    caller.sms(sender="Ada", scheduled_delivery_time="20200101000000")
    assert {"inbox": sandbox.inbox().dtypes.to_dict(), "orders": sandbox.orders().dtypes.to_dict()} == empty
    assert str(empty["inbox"]["received_at"]) == "datetime64[us, UTC]"
    assert list(empty["inbox"]) == [
        "order_id", "recipient", "sender", "text", "encoding", "segments", "message_type", "received_at",
    ]  # fmt: skip
