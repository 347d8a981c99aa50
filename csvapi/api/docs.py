"""The OpenAPI document at /swagger.json, completed with what the framework does not describe."""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask_smorest import Api

import csvapi
from csvapi.api import (
    account,
    auth,
    classic,
    error_codes,
    events,
    files,
    health,
    mailed_links,
    metrics,
    operations,
    own_account,
    path_ids,
    problems,
    resource,
    results,
    tasks,
    webhooks,
)
from csvapi.api.contract import FORBIDDEN, SAFE

CLASSIC = (auth.blp, classic.blp)
V1 = (
    files.blp,
    operations.blp,
    tasks.blp,
    events.blp,
    results.blp,
    webhooks.blp,
    account.blp,
    own_account.blp,
    mailed_links.blp,
    error_codes.blp,
)
OPERATING = (health.blp, metrics.blp)
BLUEPRINTS = (*CLASSIC, *V1, *OPERATING)
TAGS = [{"name": blueprint.name, "description": blueprint.description} for blueprint in BLUEPRINTS]


class _Api(Api):
    def _register_error_handlers(self) -> None:
        """Leave errors to `api.errors`, which has one table for every shape."""


def register(app: Flask) -> None:
    """Register the blueprints and describe them in OpenAPI 3.1."""
    app.config.update(
        API_TITLE="csvapi",
        API_VERSION=csvapi.__version__,
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/",
        OPENAPI_JSON_PATH="swagger.json",
        API_SPEC_OPTIONS={
            "info": {"description": csvapi.__doc__, "license": {"name": "MIT", "identifier": "MIT"}},
            "servers": [{"url": "/"}],
            "tags": TAGS,
        },
    )
    api = _Api(app)
    path_ids.describe(api)
    api.spec.components.security_scheme(
        "bearer",
        {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "The access_token of login"},
    )
    api.spec.components.security_scheme(
        "api_key",
        {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "A key of POST /api/v1/api-keys"},
    )
    for blueprint in BLUEPRINTS:
        api.register_blueprint(blueprint)
    _finish(api.spec.to_dict()["paths"])


def _finish(paths: dict[str, Any]) -> None:
    """Add what views do not describe: forms of classic bodies, scopes of keys; drop the framework's default answers."""
    for name, path in paths.items():
        for method, operation in path.items():
            if not isinstance(operation, dict):
                continue
            operation["responses"].pop("default", None)
            _scopes(name, method, operation)
            if "requestBody" in operation:
                operation["requestBody"]["required"] = True
            if name.startswith(problems.PREFIX):
                continue
            operation["responses"].pop("422", None)
            content = operation.get("requestBody", {}).get("content", {})
            if "application/json" in content:
                body = content["application/json"]
                for form in ("application/x-www-form-urlencoded", "multipart/form-data"):
                    content[form] = {"schema": body["schema"]}


def _scopes(path: str, method: str, operation: dict[str, Any]) -> None:
    """Name the scope that a key needs, and the refusal of a key without it or of any key."""
    security = operation.get("security", [])
    for way in security:
        if way.get("api_key") == []:
            way["api_key"] = ["read" if method.upper() in SAFE else "write"]
    if security:
        modern = path.startswith(problems.PREFIX)
        operation["responses"].setdefault("403", resource.FORBIDDEN if modern else FORBIDDEN)
