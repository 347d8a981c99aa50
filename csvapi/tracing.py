"""OpenTelemetry traces: what a request caused, from the web server through the queue to the worker.

A request and a task start a trace, or continue the one they were given; their queries to the database and to Redis are
spans of it. What the programs do on their own is not traced. The trace travels in the job, beside the task's id; a job
that is queued later, when its turn comes or by the reaper, starts a trace of its own, and `request_id` connects the
two. Only attributes in ATTRIBUTES leave the process: no address of a client, no path, no value.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import structlog
from flask import Flask

from csvapi.config import Settings

ATTRIBUTES = {
    *("http.method", "http.request.method", "http.route", "http.status_code", "http.response.status_code"),
    *("http.scheme", "url.scheme", "db.system", "db.system.name", "db.statement", "db.query.text", "exception.type"),
    *("request_id", "task_id", "operation", "attempt", "worker"),
}
LAST = 2000  # milliseconds that a work-horse takes, at most, to send its spans before it ends

Load = Callable[[str], Any]


class _Exporter:
    """Sends spans with the allowed attributes, over connections that no fork has shared."""

    def __init__(self, make: Callable[[], Any], load: Load) -> None:
        self._make, self._process = make, os.getpid()
        self._sdk, self._status = load("opentelemetry.sdk.trace"), load("opentelemetry.trace").Status
        self._exporter = make()

    def export(self, spans: Sequence[Any]) -> Any:
        if os.getpid() != self._process:
            self._exporter, self._process = self._make(), os.getpid()
        return self._exporter.export([self._clean(span) for span in spans])

    def shutdown(self) -> None:
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = LAST) -> bool:
        return bool(self._exporter.force_flush(timeout_millis))

    def _clean(self, span: Any) -> Any:
        of_database = "db.system" in span.attributes or "db.system.name" in span.attributes
        return self._sdk.ReadableSpan(
            name=span.name.split(" ")[0] if of_database else span.name,  # what follows is the database's name
            context=span.context,
            parent=span.parent,
            resource=span.resource,
            attributes=_allowed(span.attributes),
            events=[self._sdk.Event(event.name, _allowed(event.attributes), event.timestamp) for event in span.events],
            kind=span.kind,
            instrumentation_scope=span.instrumentation_scope,
            status=self._status(span.status.status_code),  # without its text, which may hold values
            start_time=span.start_time,
            end_time=span.end_time,
        )


def _allowed(attributes: Mapping[str, Any] | None) -> dict[str, Any]:
    return {name: value for name, value in (attributes or {}).items() if name in ATTRIBUTES}


class _Roots:
    """Samples the traces that a request or a task starts, and no others."""

    def __init__(self, load: Load) -> None:
        sampling, kinds = load("opentelemetry.sdk.trace.sampling"), load("opentelemetry.trace").SpanKind
        self._yes, self._no, self._kinds = sampling.ALWAYS_ON, sampling.ALWAYS_OFF, {kinds.SERVER, kinds.CONSUMER}

    def should_sample(self, *, kind: Any, **rest: Any) -> Any:
        return (self._yes if kind in self._kinds else self._no).should_sample(kind=kind, **rest)

    def get_description(self) -> str:
        return "requests and tasks"


class _Tracing:
    """The provider of this process, which a forked work-horse inherits."""

    def __init__(self, endpoint: str, load: Load) -> None:
        sdk, export = load("opentelemetry.sdk.trace"), load("opentelemetry.sdk.trace.export")
        otlp = load("opentelemetry.exporter.otlp.proto.http.trace_exporter")
        sampler = load("opentelemetry.sdk.trace.sampling").ParentBased(root=_Roots(load))
        resource = load("opentelemetry.sdk.resources").Resource.create({"service.name": "csvapi"})
        self.process = os.getpid()
        self.provider = sdk.TracerProvider(resource=resource, sampler=sampler)
        sending = _Exporter(lambda: otlp.OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces"), load)
        self.provider.add_span_processor(export.BatchSpanProcessor(sending))
        self.tracer = self.provider.get_tracer("csvapi")


_tracing: _Tracing | None = None


def start(app: Flask, settings: Settings, load: Load) -> None:
    """Trace the application's requests except probes and scrapes; `load` imports modules of the libraries."""
    global _tracing
    _tracing = tracing = _Tracing(settings.otel_endpoint, load)
    load("opentelemetry.instrumentation.flask").FlaskInstrumentor().instrument_app(
        app, tracer_provider=tracing.provider, excluded_urls="healthz,readyz,metrics"
    )
    load("opentelemetry.instrumentation.redis").RedisInstrumentor.instrument_client(
        app.extensions["csvapi"].redis, tracer_provider=tracing.provider
    )
    from csvapi.extensions import db

    with app.app_context():
        load("opentelemetry.instrumentation.sqlalchemy").SQLAlchemyInstrumentor().instrument(
            engines=list(db.engines.values()), tracer_provider=tracing.provider, skip_dep_check=True
        )

    @app.before_request
    def name_the_request() -> None:
        note(request_id=structlog.contextvars.get_contextvars().get("request_id"))


def carrier() -> dict[str, str]:
    """What continues the present trace elsewhere: W3C's `traceparent`; empty if nothing is traced."""
    found: dict[str, str] = {}
    if _tracing is not None:
        import_module("opentelemetry.propagate").inject(found)
    return found


@contextmanager
def of_task(carried: Mapping[str, Any] | None, task_id: str) -> Iterator[None]:
    """A span for a task, in the trace of its job; a forked process sends it before the process ends.

    None outside of a job, and if nothing is traced.
    """
    if _tracing is None or carried is None:
        yield
        return
    parent = import_module("opentelemetry.propagate").extract(carried)
    kind = import_module("opentelemetry.trace").SpanKind.CONSUMER
    try:
        with _tracing.tracer.start_as_current_span("task", parent, kind, attributes={"task_id": task_id}):
            yield
    finally:
        if os.getpid() != _tracing.process:
            _tracing.provider.force_flush(LAST)


def note(**attributes: str | int | None) -> None:
    """Add attributes to the present span; nothing if nothing is traced."""
    if _tracing is not None:
        span = import_module("opentelemetry.trace").get_current_span()
        span.set_attributes({name: value for name, value in attributes.items() if value is not None})


def trace_id() -> str | None:
    """The id of the present trace, for the log."""
    if _tracing is None:
        return None
    context = import_module("opentelemetry.trace").get_current_span().get_span_context()
    return f"{context.trace_id:032x}" if context.is_valid else None
