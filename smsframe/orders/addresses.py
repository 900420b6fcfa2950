"""
The one spelling of a gateway's address, by which accounts, campaigns and lists belong together.
"""

from __future__ import annotations

import posixpath
import re
from urllib.parse import urlsplit

_UNRESERVED = re.compile("%(2[dDeE]|3[0-9]|4[1-9a-fA-F]|5[0-9aAfF]|6[1-9a-fA-F]|7[0-9aAeE])")


def _decoded(escaped: re.Match[str]) -> str:
    return chr(int(escaped[1], 16))


def canonical_address(base_url: str) -> str:
    """
    An address in one spelling; but capitals of its path may mean something (RFC 3986, 6.2.2.1).

    Example:
        >>> canonical_address("https://Gateway.example:443//API/v1.0/REST")
        'https://gateway.example/API/v1.0/REST/'
        >>> canonical_address("https://gateway.example/%41PI/./v1.0/x/../REST")
        'https://gateway.example/API/v1.0/REST/'
    """
    parts = urlsplit(base_url)
    port = "" if parts.port in (None, {"https": 443, "http": 80}.get(parts.scheme)) else f":{parts.port}"
    host = (parts.hostname or "").rstrip(".")
    # Percent signs and dots that mean nothing (RFC 3986, 6.2.2.2 and 6.2.2.3).
    path = (
        posixpath.normpath(re.sub("/+", "/", f"/{_UNRESERVED.sub(_decoded, parts.path)}/")).rstrip("/") + "/"
    )
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{port}{path}"
