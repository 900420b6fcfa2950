"""
The one spelling of a gateway's address, by which accounts, campaigns and lists belong together.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit


def canonical_address(base_url: str) -> str:
    """
    An address in one spelling; but capitals of its path may mean something (RFC 3986, 6.2.2.1).

    Example:
        >>> canonical_address("https://Gateway.example:443//API/v1.0/REST")
        'https://gateway.example/API/v1.0/REST/'
    """
    parts = urlsplit(base_url)
    port = "" if parts.port in (None, {"https": 443, "http": 80}.get(parts.scheme)) else f":{parts.port}"
    host = (parts.hostname or "").rstrip(".")
    path = re.sub("/+", "/", f"/{parts.path}/")
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{port}{path}"
