"""
A network that can break, of the tests' own: two network namespaces joined by a cable.

That takes Linux, root and iproute2; where they are missing a test is skipped, but not in CI.
"""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NEAR, FAR = "198.51.100.1", "198.51.100.2"  # for examples only (RFC 5737)
HARDWARE = {NEAR: "02:00:00:00:00:01", FAR: "02:00:00:00:00:02"}


def ip(*words):
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True, timeout=10)


@pytest.fixture
def cable():
    """Two namespaces and what joins them, which goes with them."""
    near, far = [f"smsframe-{side}-{os.getpid()}" for side in ("near", "far")]
    with ExitStack() as stack:
        try:
            for name in (near, far):
                ip("netns", "add", name)
                stack.callback(ip, "netns", "del", name)
                ip("-n", name, "link", "set", "lo", "up")
            ip("link", "add", "cable", "netns", near, "type", "veth", "peer", "name", "cable", "netns", far)
            for name, address in ((near, NEAR), (far, FAR)):
                ip("-n", name, "link", "set", "cable", "address", HARDWARE[address])
                ip("-n", name, "addr", "add", f"{address}/30", "dev", "cable")
                ip("-n", name, "link", "set", "cable", "up")
            # What is sent while the kernel looks for a neighbour is kept for 3 s below TCP, out of its reach
            # (arp(7)); so each knows the other. The grace is there for such delays.
            for name, other in ((near, FAR), (far, NEAR)):
                ip("-n", name, "neigh", "add", other, "lladdr", HARDWARE[other], "dev", "cable")
        except (OSError, subprocess.SubprocessError) as error:
            if os.environ.get("CI"):
                pytest.fail(f"CI cannot make a network of its own, see .ci/run: {error}")
            pytest.skip("needs Linux, root and iproute2")
        yield near, far


@pytest.fixture
def inside():
    """Start Python programs in namespaces; they end with the test."""
    with ExitStack() as stack:

        def start(namespace, program, *words, **options):
            command = ["ip", "netns", "exec", namespace, sys.executable, "-c", program, *words]
            options = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True} | options
            started = subprocess.Popen(
                command,
                env=os.environ | {"PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "tests")))},
                **options,
            )
            stack.enter_context(started)
            stack.callback(started.kill)
            return started

        yield start
