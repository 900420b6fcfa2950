"""
The one spelling of a gateway's address, by which accounts, campaigns and lists belong together.
"""

from __future__ import annotations

import posixpath
import re
from ipaddress import IPv6Address, ip_address
from urllib.parse import urlsplit

_UNRESERVED = re.compile("%(2[dDeE]|3[0-9]|4[1-9a-fA-F]|5[0-9aAfF]|6[1-9a-fA-F]|7[0-9aAeE])")


def _decoded(escaped: re.Match[str]) -> str:
    return chr(int(escaped[1], 16))


def _written(host: str) -> str:
    """A host in one spelling: without the root's dot, an address of IPv6 as short as it can be."""
    host = host.rstrip(".")
    try:
        return str(ip_address(host))
    except ValueError:
        return host


def canonical_address(base_url: str) -> str:
    """
    An address in one spelling; but capitals of its path may mean something (RFC 3986, 6.2.2.1).

    Example:
        >>> canonical_address("https://Gateway.example:443//API/v1.0/REST")
        'https://gateway.example/API/v1.0/REST/'
        >>> canonical_address("https://gateway.example/%41PI/./v1.0/x/../REST")
        'https://gateway.example/API/v1.0/REST/'
        >>> canonical_address("https://[2001:DB8:0:0::1]/REST")
        'https://[2001:db8::1]/REST/'
    """
    parts = urlsplit(base_url)
    port = "" if parts.port in (None, {"https": 443, "http": 80}.get(parts.scheme)) else f":{parts.port}"
    host = _written(parts.hostname or "")
    # Percent signs and dots that mean nothing (RFC 3986, 6.2.2.2 and 6.2.2.3).
    path = (
        posixpath.normpath(re.sub("/+", "/", f"/{_UNRESERVED.sub(_decoded, parts.path)}/")).rstrip("/") + "/"
    )
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{port}{path}"


def gateway_identity(base_url: str) -> str:
    """
    The identity of a gateway for lists of opt-outs: its address, with one name for this machine.

    A list too many holds back a text. For what is connected to, and for campaigns, it is too little: a server
    on this machine may listen on one of these addresses alone, and another one on the other.

    Example:
        >>> gateway_identity("http://LOCALHOST.:8080/REST"), gateway_identity("http://[0::1]:8080/REST/")
        ('http://127.0.0.1:8080/REST/', 'http://127.0.0.1:8080/REST/')
        >>> gateway_identity("http://127.0.0.2:8080/REST")
        'http://127.0.0.2:8080/REST/'
    """
    address = canonical_address(base_url)
    parts = urlsplit(address)
    host = parts.hostname or ""
    if host != "localhost":
        try:
            found = ip_address(host)
        except ValueError:
            return address
        if isinstance(found, IPv6Address):
            found = found.ipv4_mapped or found
        if str(found) not in _THIS_MACHINE:
            return address
    return parts._replace(netloc="127.0.0.1" + (f":{parts.port}" if parts.port else "")).geturl()


_THIS_MACHINE = ("127.0.0.1", "::1")
