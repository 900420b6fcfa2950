"""
A real HTTP gateway on 127.0.0.1, as documented by smSend, to rehearse on without an account or a bill.

::

    with smsframe.sandbox.Sandbox() as sandbox:
        gateway = sandbox.gateway()
        ...
        sandbox.inbox()          # every text a person would have received

Nothing in here imports the rest of smsframe (but for the handle, which may build a ``Gateway``): a gateway
that shared the client's own rules would agree with the client's own mistakes.
"""

try:
    from smsframe.sandbox.server import Sandbox
except ModuleNotFoundError as missing:
    if missing.name not in {"fastapi", "uvicorn"}:
        raise
    message = (
        'The sandbox needs FastAPI and uvicorn, which are not installed: pip install "smsframe[sandbox]"'
    )
    raise ImportError(message) from missing

__all__ = ["Sandbox"]
