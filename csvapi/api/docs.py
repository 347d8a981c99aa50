"""The OpenAPI document at /swagger.json: what stands in it, and who describes it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Flask, Response
from flask_smorest import Api

import csvapi
from csvapi.api import (
    account,
    auth,
    classic,
    components,
    document,
    error_codes,
    events,
    file_rows,
    files,
    hash_keys,
    health,
    mailed_links,
    metrics,
    operations,
    own_account,
    path_ids,
    pipelines,
    results,
    resumable,
    saved_schemas,
    session,
    sources,
    tasks,
    webhooks,
)
from csvapi.api.contract import ErrorShape

CLASSIC = (auth.blp, classic.blp)
V1 = (
    files.blp,
    file_rows.blp,
    resumable.blp,
    operations.blp,
    tasks.blp,
    events.blp,
    results.blp,
    hash_keys.blp,
    pipelines.blp,
    saved_schemas.blp,
    webhooks.blp,
    sources.blp,
    account.blp,
    session.blp,
    own_account.blp,
    mailed_links.blp,
    error_codes.blp,
)
OPERATING = (health.blp, metrics.blp)
BLUEPRINTS = (*CLASSIC, *V1, *OPERATING)
_ENDPOINT = "api-docs.openapi_json"
TAGS = [{"name": blueprint.name, "description": blueprint.description} for blueprint in BLUEPRINTS]


class _Api(Api):
    ERROR_SCHEMA = ErrorShape

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
    plugin = MarshmallowPlugin(schema_name_resolver=components.name_of)
    api = _Api(app, spec_kwargs={"marshmallow_plugin": plugin})
    components.adapt(api.spec, plugin.converter)
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
    document.finish(api.spec, plugin.converter)
    _serve_once_made(app)


def _serve_once_made(app: Flask) -> None:
    """Make the document at its first request only, and let clients ask whether it has changed."""
    make: Callable[[], Response] = app.view_functions[_ENDPOINT]  # type: ignore[assignment]  # Flask allows more answers
    made = cache(lambda: make().get_data())

    def openapi_json() -> Response:
        response = Response(made(), mimetype="application/json")
        response.cache_control.no_cache = True
        response.add_etag()
        return response

    app.view_functions[_ENDPOINT] = openapi_json
