"""
The gateway that environment variables describe.
"""

from __future__ import annotations

import os

from smsframe.orders.profile import BRANDS, SMSEND, GatewayProfile, brand

USERNAME, PASSWORD = "SMSFRAME_USERNAME", "SMSFRAME_PASSWORD"
USER_KEY, ACCESS_TOKEN = "SMSFRAME_USER_KEY", "SMSFRAME_ACCESS_TOKEN"
BASE_URL, PROFILE = "SMSFRAME_BASE_URL", "SMSFRAME_PROFILE"


def variable(name: str) -> str:
    """An environment variable, or ""; callers keep no secret in a variable, which a traceback would show."""
    return os.environ.get(name, "")


def has_login() -> bool:
    """Whether a user name and a password are set."""
    return bool(variable(USERNAME) and variable(PASSWORD))


def missing() -> str | None:
    """What to set, as a sentence; None when enough is."""
    if variable(BASE_URL) and (has_login() or (variable(USER_KEY) and variable(ACCESS_TOKEN))):
        return None
    return (
        f"no gateway is set up, so nothing was sent. Set the environment variables {BASE_URL}, "
        f"{USERNAME} and {PASSWORD} (or {USER_KEY} and {ACCESS_TOKEN}), or pass gateway=. "
        "To try without an account: with smsframe.Sandbox() as sandbox: ... gateway=sandbox.gateway()"
    )


def profile() -> GatewayProfile:
    """
    The brand that is named, smSend by default.

    Raises:
        ValueError: There is none of that name; says which there are.
    """
    name = variable(PROFILE)
    if name and name.lower() not in BRANDS:
        raise ValueError(f"{PROFILE} must be one of {', '.join(BRANDS)}, not {name!r}")
    return brand(name) if name else SMSEND
