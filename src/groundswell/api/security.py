"""Says in the OpenAPI document which key each route needs."""

from collections.abc import Iterable
from typing import Any

from fastapi import APIRouter

from groundswell.api.access.guards import SESSION_COOKIE
from groundswell.api.errors import ErrorAnswer, errors
from groundswell.api.permissions import declared

SCHEMES = {
    "key": {
        "type": "http",
        "scheme": "bearer",
        "description": "A key, as `groundswell keys create` shows it.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": SESSION_COOKIE,
        "description": "A browser that logged in.",
    },
}


def described(document: dict[str, Any], routers: Iterable[APIRouter]) -> dict[str, Any]:
    """Add to every operation which scope its caller needs, and the answers to one who has not."""
    components = document.setdefault("components", {})
    components["securitySchemes"] = SCHEMES
    for router in routers:
        for route in router.routes:
            operations = document["paths"].get(getattr(route, "path_format", ""), {})
            for method in getattr(route, "methods", None) or ():
                if operation := operations.get(method.lower()):
                    _describe(operation, declared(route)[0])
    return document


def _describe(operation: dict[str, Any], level: str) -> None:
    if level == "open":
        operation["security"] = []
        return
    operation["security"] = [{"key": []}, {"session": []}]
    operation["x-scope"] = level
    for status, answer in errors(401, 403).items():
        schema = {"$ref": f"#/components/schemas/{ErrorAnswer.__name__}"}
        operation["responses"].setdefault(
            str(status),
            {
                "description": answer["description"],
                "content": {"application/json": {"schema": schema}},
            },
        )
