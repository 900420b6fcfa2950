"""Clocks to hand in."""

from __future__ import annotations

from smsframe.clock import Clock

NO_WAITS = Clock(pause=lambda _stop, _seconds: None)
"""The machine's clock, by which nobody waits."""
