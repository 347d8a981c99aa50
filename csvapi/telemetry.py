"""Errors to Sentry and traces to OpenTelemetry, if configured; neither library is imported otherwise."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from flask import Flask

import csvapi
from csvapi import tracing
from csvapi.config import Settings
from csvapi.errors import InvalidInput


def start(app: Flask, settings: Settings) -> None:
    """Start what the settings ask for. Raises InvalidInput if a library it needs is not installed."""
    if settings.sentry_dsn:
        _sentry(settings)
    if settings.otel_endpoint:
        tracing.start(app, settings, lambda module: _needed(module, "CSVAPI_OTEL_ENDPOINT", "otel"))


def _sentry(settings: Settings) -> None:
    """Unexpected errors with tracebacks; no values of variables, no bodies, no addresses of users."""
    _needed("sentry_sdk", "CSVAPI_SENTRY_DSN", "sentry").init(
        dsn=settings.sentry_dsn,
        environment=settings.env,
        release=csvapi.__version__,
        include_local_variables=False,
        max_request_body_size="never",
        send_default_pii=False,
    )


def _needed(module: str, variable: str, extra: str) -> Any:
    try:
        return import_module(module)
    except ImportError as error:
        raise InvalidInput(
            f"{variable} is set, but what it needs is not installed: pip install 'csv-processing-api[{extra}]'",
            pointer=variable,
        ) from error
