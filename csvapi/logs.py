"""Logs: one line for each event, JSON for machines or text for people, with the request and the task it belongs to.

Libraries log through the standard library and come out in the same form. The last step over every line takes out what
looks like a token or a password, should one ever get into a message.
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
    """Name the trace that the line belongs to, where there is one."""
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
    """Send every log line of this process to standard error, in the form that the settings ask for."""
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
    """For people as short as it can be; tracebacks never show the values of variables."""
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
    """The line without what looks like a token, a signed link or a password in an address."""
    for pattern, instead in _SECRETS:
        line = pattern.sub(instead, line)
    return line


def request_id() -> str | None:
    """The name of the request that is being answered or worked for, if there is one."""
    found: str | None = structlog.contextvars.get_contextvars().get("request_id")
    return found


def of_task(task_id: str, request: str | None) -> AbstractContextManager[None]:
    """Put the task, and the request that asked for it, on every line that is logged in the block."""
    names = {"task_id": task_id, "request_id": request}
    return structlog.contextvars.bound_contextvars(**{k: v for k, v in names.items() if v})
