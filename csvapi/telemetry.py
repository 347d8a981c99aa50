"""Errors to Sentry and traces to OpenTelemetry, for those who ask for them; neither is imported otherwise."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from flask import Flask

import csvapi
from csvapi.config import Settings
from csvapi.errors import InvalidInput


def start(app: Flask, settings: Settings) -> None:
    """Begin to send what the settings ask for. Raises InvalidInput when what they need is not installed."""
    if settings.sentry_dsn:
        _sentry(settings)
    if settings.otel_endpoint:
        _traces(app, settings)


def _sentry(settings: Settings) -> None:
    """Unexpected errors with their tracebacks; no values of variables, no bodies, no addresses of users."""
    _needed("sentry_sdk", "CSVAPI_SENTRY_DSN", "sentry").init(
        dsn=settings.sentry_dsn,
        environment=settings.env,
        release=csvapi.__version__,
        include_local_variables=False,
        max_request_body_size="never",
        send_default_pii=False,
    )


def _traces(app: Flask, settings: Settings) -> None:
    """A span for each request, but for probes and scrapes."""
    name, extra = "CSVAPI_OTEL_ENDPOINT", "otel"
    sdk = _needed("opentelemetry.sdk.trace", name, extra)
    export = _needed("opentelemetry.sdk.trace.export", name, extra)
    otlp = _needed("opentelemetry.exporter.otlp.proto.http.trace_exporter", name, extra)
    resource = _needed("opentelemetry.sdk.resources", name, extra).Resource.create({"service.name": "csvapi"})
    provider = sdk.TracerProvider(resource=resource)
    exporter = otlp.OTLPSpanExporter(endpoint=f"{settings.otel_endpoint.rstrip('/')}/v1/traces")
    provider.add_span_processor(export.BatchSpanProcessor(exporter))
    _needed("opentelemetry.instrumentation.flask", name, extra).FlaskInstrumentor().instrument_app(
        app, tracer_provider=provider, excluded_urls="healthz,readyz,metrics"
    )


def _needed(module: str, variable: str, extra: str) -> Any:
    try:
        return import_module(module)
    except ImportError as error:
        raise InvalidInput(
            f"{variable} is set, but what it needs is not installed: pip install 'csv-processing-api[{extra}]'",
            pointer=variable,
        ) from error
