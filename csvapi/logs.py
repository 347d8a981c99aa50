"""Logs: one line per event, JSON for machines or text for people, with the request and the task it belongs to.

Libraries log through the standard library, in the same format. The last processor removes from every line what looks
like a token or a password, in case one gets into a message.
"""

from __future__ import annotations

import logging
import re
import sys
from contextlib import AbstractContextManager
from typing import Any

import structlog

from csvapi import tracing
from csvapi.config import Settings

_SECRETS = (
    (re.compile(r"\beyJ[\w-]{5,}\.[\w-]+\.[\w-]*"), "[token]"),
    (re.compile(r"(?<=/api/download/)[^/\s\"']+"), "[link]"),
    (re.compile(r"(?<=\?token=)[\w-]+"), "[token]"),
    (re.compile(r"(?<=://)([^:/@\s]*):[^/@\s]+@"), r"\1:[password]@"),
    (re.compile(r"\b(csvapi_|whsec_|invite_)[\w+/=-]{20,}"), r"\1[secret]"),
    (re.compile(r"(?i)(bearer )[\w.~+/-]{8,}=*"), r"\1[token]"),
)


def _traced(_logger: Any, _method: str, line: Any) -> Any:
    """Add the trace that the line belongs to, if there is one."""
    if found := tracing.trace_id():
        line["trace_id"] = found
    return line


_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    _traced,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def configure(settings: Settings) -> None:
    """Send every log line of this process to standard error, in the configured format."""
    text = settings.log_format == "text" or (not settings.log_format and sys.stderr.isatty())
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*_SHARED, structlog.stdlib.ExtraAdder(["path"])],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_renderer(text), _redacted],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level)
    logging.getLogger("alembic").setLevel(logging.WARNING)  # it lists its plug-ins at every start
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def _renderer(text: bool) -> list[Any]:
    """As short as possible for people; tracebacks never show the values of variables."""
    if text:
        return [
            structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=False),
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(), pad_event_to=20, exception_formatter=structlog.dev.plain_traceback
            ),
        ]
    return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=True)]


def _redacted(_logger: Any, _method: str, line: Any) -> str:
    return redact(line)


def redact(line: str) -> str:
    """The line without anything that looks like a token, a signed link or a password in an address."""
    for pattern, instead in _SECRETS:
        line = pattern.sub(instead, line)
    return line


def request_id() -> str | None:
    """The id of the request that is being answered or worked on, if there is one."""
    found: str | None = structlog.contextvars.get_contextvars().get("request_id")
    return found


def of_task(task_id: str, request: str | None) -> AbstractContextManager[None]:
    """Add the task, and the request that submitted it, to every line that is logged in the block."""
    names = {"task_id": task_id, "request_id": request}
    return structlog.contextvars.bound_contextvars(**{k: v for k, v in names.items() if v})
