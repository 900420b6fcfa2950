"""
The gateway that environment variables describe.
"""

from __future__ import annotations

import os
from dataclasses import replace

from smsframe.orders.profile import BRANDS, SMSEND, GatewayProfile, ReplyFields, brand

USERNAME, PASSWORD = "SMSFRAME_USERNAME", "SMSFRAME_PASSWORD"
USER_KEY, ACCESS_TOKEN = "SMSFRAME_USER_KEY", "SMSFRAME_ACCESS_TOKEN"
BASE_URL, PROFILE = "SMSFRAME_BASE_URL", "SMSFRAME_PROFILE"
REPLY_FIELDS = "SMSFRAME_REPLY_FIELDS"


PREFIX = "SMSFRAME"
"""What the names of all these variables begin with; a second account has variables with another prefix."""


def named(name: str, prefix: str) -> str:
    """
    The name of a variable with another prefix.

    Example:
        >>> named("SMSFRAME_USERNAME", "SPRING")
        'SPRING_USERNAME'
    """
    return prefix + name.removeprefix(PREFIX)


def variable(name: str, prefix: str = PREFIX) -> str:
    """An environment variable, or ""; callers keep no secret in a variable, which a traceback would show."""
    return os.environ.get(named(name, prefix), "")


def has_login(prefix: str = PREFIX) -> bool:
    """Whether a user name and a password are set."""
    return bool(variable(USERNAME, prefix) and variable(PASSWORD, prefix))


def missing(prefix: str = PREFIX) -> str | None:
    """What to set, as a sentence; None when enough is."""
    has_keys = variable(USER_KEY, prefix) and variable(ACCESS_TOKEN, prefix)
    if variable(BASE_URL, prefix) and (has_login(prefix) or has_keys):
        return None
    url, username, password, user_key, access_token = (
        named(name, prefix) for name in (BASE_URL, USERNAME, PASSWORD, USER_KEY, ACCESS_TOKEN)
    )
    return (
        f"no gateway is set up, so nothing was sent. Set the environment variables {url}, "
        f"{username} and {password} (or {user_key} and {access_token}), or pass gateway=. "
        "To try without an account: with smsframe.Sandbox() as sandbox: ... gateway=sandbox.gateway()"
    )


def profile(prefix: str = PREFIX) -> GatewayProfile:
    """
    The brand that is named, smSend by default, with the names of the fields of its received messages.

    Raises:
        ValueError: There is none of that name, or the fields cannot be; says which there are.
    """
    name = variable(PROFILE, prefix)
    if name and name.lower() not in BRANDS:
        raise ValueError(f"{named(PROFILE, prefix)} must be one of {', '.join(BRANDS)}, not {name!r}")
    named_brand = brand(name) if name else SMSEND
    fields = variable(REPLY_FIELDS, prefix)
    if not fields:
        return named_brand
    try:
        return replace(named_brand, replies=ReplyFields.read(fields))
    except ValueError as error:
        raise ValueError(f"{named(REPLY_FIELDS, prefix)}: {error}") from None
