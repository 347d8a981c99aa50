"""`csvapi worker`: a worker of the queue as a program, warm before its first job."""

from __future__ import annotations

import argparse
import gc
import logging
from collections.abc import Sequence
from contextlib import suppress

import redis
import structlog

from csvapi import logs
from csvapi.config import load
from csvapi.errors import CsvapiError, QueueDown
from csvapi.jobs.worker import TaskWorker
from csvapi.native.loader import parser as reads_by
from csvapi.process import memory
from csvapi.queue import heartbeats
from csvapi.queue.enqueue import KEEP, QUEUES, connect, serializer

NO_TASK = ""  # an id that no task has
MAINTENANCE = 60  # seconds between passes over jobs whose worker vanished (RQ's own: 600)
log = structlog.get_logger(__name__)


def warm_up() -> None:
    """Do once before any fork what every job would repeat: imports, mappers, compiled statements."""
    from csvapi import engines  # noqa: F401 -- what a job imports
    from csvapi.jobs import handlers
    from csvapi.operations import catalogue

    catalogue()
    logging.disable(logging.INFO)  # there is no such task, which need not be logged
    with suppress(CsvapiError):  # then the first jobs are only slower
        handlers.run(NO_TASK)
    logging.disable(logging.NOTSET)
    gc.collect()
    gc.freeze()  # what lives now lives on: no job's collection touches, and so copies, its memory


def build_parser() -> argparse.ArgumentParser:
    """The options of `csvapi worker`."""
    parser = argparse.ArgumentParser("csvapi worker", description=__doc__)
    parser.add_argument("--burst", action="store_true", help="stop when the queue is empty")
    return parser


def main(arguments: Sequence[str]) -> int:
    """Work until a signal. Raises QueueDown if the queue is lost; the supervisor then starts a new worker."""
    burst = build_parser().parse_args(arguments).burst
    from csvapi.app import create_app
    from csvapi.start import descriptors

    settings = load()
    memory.frugal_libraries()
    memory.keep_freed_memory()
    logs.configure(settings)
    descriptors.raise_limit()
    app = create_app(settings, serves=False)
    storage = app.extensions["csvapi"].storage
    storage.keep_out_of_process()
    app.app_context().push()
    warm_up()
    worker = TaskWorker(
        list(QUEUES),
        settings=settings,
        survives_fork=storage.survives_fork,
        connection=connect(settings.redis_url),
        serializer=serializer,
        default_result_ttl=KEEP,
        maintenance_interval=MAINTENANCE,
        log_job_description=False,
    )
    log.info("worker_started", worker=worker.name, parser=reads_by())
    heartbeats.begin(settings.redis_url, "worker", worker.name)
    try:
        worker.work(burst=burst, logging_level="WARNING")
    except redis.RedisError as error:
        raise QueueDown(f"The queue cannot be reached: {error}") from error
    finally:
        heartbeats.end()
    worker.begin_anew()
    return 0
