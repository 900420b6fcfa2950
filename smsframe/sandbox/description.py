"""The OpenAPI description: what FastAPI reads from the calls, and what it cannot know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi.openapi.utils import get_openapi
from starlette.routing import compile_path

from smsframe.sandbox import shapes

if TYPE_CHECKING:
    from fastapi import FastAPI
    from fastapi.routing import APIRoute

# smSend docs, generic codes: 400 bad input, 401 keys missing or invalid, 404 no such login, order or path.
# Not as a "model", which FastAPI would describe as text where the success is text.
_REFUSAL: dict[str, Any] = {
    "description": "Refused; the reason is in the body",
    "content": {"application/json": {"schema": shapes.Refusal.model_json_schema()}},
}
REFUSALS: dict[int | str, dict[str, Any]] = {400: _REFUSAL, 401: _REFUSAL, 404: _REFUSAL}

# smSend docs, authentication: user_key with one of two. FastAPI would list each as enough by itself.
_SCHEMES = {
    "user_key": {"type": "apiKey", "in": "header", "name": "user_key"},
    "Session_key": {"type": "apiKey", "in": "header", "name": "Session_key", "description": "of GET login"},
    "Access_token": {"type": "apiKey", "in": "header", "name": "Access_token", "description": "of GET token"},
    "username": {"type": "apiKey", "in": "query", "name": "username"},
    "password": {"type": "apiKey", "in": "query", "name": "password"},
    "basic": {"type": "http", "scheme": "basic", "description": "as newer deployments of sister brands"},
}
_BY_KEYS: list[dict[str, list[str]]] = [
    {"user_key": [], "Session_key": []},
    {"user_key": [], "Access_token": []},
]
BY_PASSWORD: dict[str, Any] = {"security": [{"username": [], "password": []}, {"basic": []}]}


def order_links() -> dict[str, Any]:
    """What can be called next for an order that was accepted."""
    return {
        name: {"operationId": name, "parameters": {"order_id": "$response.body#/order_id"}}
        for name in ("state", "cancel")
    }


def operation_id(route: APIRoute) -> str:
    """The name of a call, by which links and generated clients know it: that of its function."""
    return route.name


def methods(app: FastAPI, path: str) -> str:
    """What may be done with a path, as the header ``Allow`` lists it."""
    return ", ".join(
        sorted(
            method.upper()
            for template, operations in describe(app)["paths"].items()
            if compile_path(template)[0].match(path)
            for method in operations
        )
    )


def describe(app: FastAPI) -> dict[str, Any]:
    """The description, made once."""
    if app.openapi_schema is None:
        schema = get_openapi(title=app.title, version=app.version, routes=app.routes)
        for path in schema["paths"].values():
            for operation in path.values():
                operation["responses"].pop("422", None)
                for parameter in operation.get("parameters", ()):
                    _without_null(parameter["schema"])
        for unused in ("HTTPValidationError", "ValidationError"):
            schema["components"]["schemas"].pop(unused, None)
        for order in (shapes.SmsOrder, shapes.ParamsmsOrder):
            # The model has those of every brand, and a sandbox plays one.
            described = schema["components"]["schemas"][order.__name__]["properties"]["message_type"]
            described["enum"] = list(app.state.ledger.credit())
        schema["components"]["securitySchemes"] = _SCHEMES
        schema["security"] = _BY_KEYS
        app.openapi_schema = schema
    return app.openapi_schema


def _without_null(schema: dict[str, Any]) -> None:
    # No query and no path holds null; what is not given is absent.
    choices = [choice for choice in schema.pop("anyOf", ()) if choice != {"type": "null"}]
    if choices:
        (only,) = choices
        schema.update(only)
