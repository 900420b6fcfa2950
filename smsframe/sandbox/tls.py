"""A certificate for one sandbox, by an authority of its own; both are thrown away with their folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def require_trustme() -> None:
    """Say how to install what TLS needs, if it is not there."""
    try:
        import trustme  # noqa: F401, PLC0415 - only a sandbox with TLS needs it
    except ModuleNotFoundError as missing:
        if missing.name != "trustme":
            raise
        raise ImportError(
            'TLS needs trustme, which is not installed: pip install "smsframe[sandbox]"'
        ) from missing


def issue(folder: Path, *hosts: str) -> tuple[Path, Path]:
    """
    Make an authority and a certificate by it.

    Returns:
        The files of the authority's certificate, for clients to trust, and of the server's, with its key.
    """
    import trustme  # noqa: PLC0415 - as above

    authority, server = folder / "authority.pem", folder / "server.pem"
    made = trustme.CA(organization_name="smsframe sandbox")
    made.cert_pem.write_to_path(authority)
    made.issue_cert(*hosts).private_key_and_cert_chain_pem.write_to_path(server)
    return authority, server
