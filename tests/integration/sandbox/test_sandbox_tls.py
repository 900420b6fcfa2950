"""TLS with a certificate that is thrown away: who trusts it is served, also while it misbehaves."""

import contextlib
import http.client
import re
import signal
import socket
import ssl
import subprocess
import sys
from pathlib import Path

import pytest
import requests
from helpers.http_outcomes import done, met, place, post, recorded, until

from smsframe import Gateway
from smsframe.gateway.balance import credits_of
from smsframe.sandbox import Sandbox

LONG = 60.0


@pytest.fixture
def caller(open_sandbox):
    """Logged in over TLS."""
    return open_sandbox(tls=True)


def test_who_trusts_the_certificate_is_served(caller):
    sandbox = caller.sandbox
    assert sandbox.url.startswith("https://127.0.0.1:")
    assert post(caller) == 201
    assert sandbox.inbox()["order_id"].tolist() == ["one"]
    localhost = sandbox.url.replace("127.0.0.1", "localhost")
    assert requests.get(localhost + "checksession", verify=sandbox.certificate, timeout=10).status_code == 404


def test_who_does_not_trust_it_never_connects(caller):
    calls = len(caller.sandbox.calls())
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(caller.sandbox.url + "status", timeout=10)
    plain = caller.sandbox.url.replace("https:", "http:")
    with pytest.raises(requests.exceptions.ConnectionError):
        requests.get(plain + "status", timeout=10)
    assert len(caller.sandbox.calls()) == calls


def test_its_own_gateway_trusts_it_and_options_win(caller):
    with contextlib.closing(caller.sandbox.gateway()) as gateway:
        assert credits_of(gateway.credits(), "N") == 10_000
    with pytest.raises(ValueError, match="no certificates at"):
        caller.sandbox.gateway(verify="/nowhere.pem")


def test_the_certificate_is_another_at_each_start_and_leaves_nothing_behind():
    sandbox = Sandbox(tls=True)
    with sandbox:
        first = Path(sandbox.certificate)
        text = first.read_text("ascii")
        assert len(list(first.parent.glob("*.pem"))) == 2
    assert not first.parent.exists()
    with sandbox.start():
        assert Path(sandbox.certificate).read_text("ascii") != text


def test_without_tls_there_is_none():
    with Sandbox() as sandbox:
        assert sandbox.certificate is None


@pytest.mark.parametrize(
    ("kind", "options", "client", "accepted"),
    [
        ("drop_before", {}, {"reset", "ended"}, False),
        ("drop_after", {}, {"reset", "ended"}, True),
        ("half_body", {}, {"half"}, True),
        ("html", {}, {200}, True),
        ("late_acceptance", {"seconds": LONG}, {"reset", "ended"}, False),
    ],
)
def test_a_connection_breaks_under_tls_as_without(caller, kind, options, client, accepted):
    """Python's ssl shows a reset as an end before 3.13."""
    caller.sandbox.misbehave(kind, **options)
    assert post(caller) in client
    assert done(caller.sandbox) == ["one"] * accepted


def test_a_port_is_refused_under_tls_and_opens_again(caller):
    caller.sandbox.misbehave("refuse", seconds=LONG)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(place(caller.sandbox), timeout=10)
    assert post(caller) == "refused"


def test_a_port_opens_again_with_tls(caller):
    caller.sandbox.misbehave("refuse", seconds=0.02)
    until(lambda: met(lambda: caller.get("status")) == 200)


def test_the_ruby_client_is_served(caller):
    """Its two requests as it writes them, each on a connection of its own, trusting what it is told to."""
    trust = ssl.create_default_context(cafile=caller.sandbox.certificate)
    base = "/API/v1.0/REST/"
    headers = {
        "Content-Type": "application/json",
        "Accept-Encoding": "gzip;q=1.0,deflate;q=0.6,identity;q=0.3",
        "Accept": "*/*",
        "User-Agent": "Ruby",
        "Connection": "close",
    }

    def exchange(method, path, more=(), body=None):
        with contextlib.closing(http.client.HTTPSConnection(*place(caller.sandbox), context=trust)) as line:
            line.request(method, base + path, body, headers | dict(more))
            answer = line.getresponse()
            return answer.status, answer.read().decode()

    status, keys = exchange("GET", "login?username=demo&password=demo")
    assert status == 200
    body = (
        '{"returnCredits":true,"recipient":["+393471234567","+393471234568"],"message":"Perché no?",'
        '"message_type":"N"}'
    )
    more = zip(("User_key", "Session_key"), keys.split(";"), strict=True)
    status, _ = exchange("POST", "sms", more, body.encode())
    assert status == 201
    assert caller.sandbox.inbox()["text"].tolist() == ["Perché no?"] * 2
    assert recorded(caller.sandbox) == [201]


def test_missing_trustme_names_the_install_line():
    program = "import sys; sys.modules['trustme'] = None\nfrom smsframe.sandbox import Sandbox\n"
    ended = subprocess.run(
        [sys.executable, "-c", program + "Sandbox(); print('plain'); Sandbox(tls=True)"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (1, "plain\n")
    assert "ImportError: TLS needs trustme" in ended.stderr
    assert 'pip install "smsframe[sandbox]"' in ended.stderr.splitlines()[-1]


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is sent another way there")
def test_the_command_serves_tls_misbehaves_and_is_late(monkeypatch):
    command = [sys.executable, "-m", "smsframe", "sandbox", "--tls", "--latency", "0.01", "--seed", "7"]
    faults = ["--fault", "busy call=status order=1 retry_after=3", "--fault", "magic"]
    with (
        subprocess.Popen(
            [*command, *faults], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as running,
        contextlib.ExitStack() as stack,
    ):
        stack.callback(running.kill)  # nothing is waited for where something is not as it should be
        said = ""
        while "smsframe send" not in said:
            said += running.stdout.readline()
        url = re.search("https://[^ \n]+", said)[0]
        trusted = re.search("SSL_CERT_FILE=(.+)", said)[1]
        answer = requests.get(url + "status", verify=trusted, timeout=10)
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, "3")
        assert requests.get(url + "status", verify=trusted, timeout=10).status_code == 401
        order = {"recipient": ["+12125550191"]}
        page = requests.post(url + "sms", json=order, verify=trusted, timeout=10)
        assert page.headers["Content-Type"].startswith("text/html")
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", re.search("REQUESTS_CA_BUNDLE=(.+)", said)[1])
        with contextlib.closing(
            Gateway(url, username="demo", password="demo")
        ) as gateway:  # as the commands make it
            assert credits_of(gateway.credits(), "N") == 10_000
        running.send_signal(signal.SIGINT)
        _, errors = running.communicate(timeout=10)
    assert running.returncode == 0, errors
