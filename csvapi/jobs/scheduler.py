"""`csvapi scheduler`: the reaper every two seconds, the clean-up every minute, by one process at a time."""

from __future__ import annotations

import argparse
import select
import signal
import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

import redis
import structlog

if TYPE_CHECKING:
    from flask import Flask

    from csvapi.config import Settings

MESSAGES = 1.0  # seconds between looks for messages to send
TICK = 2.0  # seconds from the end of one round to the next
CLEAN_UP = 60.0  # at most, seconds between rounds that clean up, too
LEASE = 10.0  # seconds after which a round whose process vanished no longer holds back another one
LOCK = "csvapi:scheduler"

log = structlog.get_logger(__name__)


def build_parser() -> argparse.ArgumentParser:
    """The options of `csvapi scheduler`: none."""
    return argparse.ArgumentParser("csvapi scheduler", description=__doc__)


def main(arguments: Sequence[str]) -> int:
    """Run rounds, messages and mail until a signal; exit code 1 if a thread of them ended."""
    build_parser().parse_args(arguments)
    from csvapi.app import create_app
    from csvapi.config import load
    from csvapi.logs import configure
    from csvapi.queue import heartbeats
    from csvapi.queue.enqueue import connect

    settings = load()
    configure(settings)
    connection = connect(settings.redis_url)
    every = min(CLEAN_UP, settings.sweep_grace)
    stop = _stop_signals()
    app = create_app(settings, serves=False)
    beside = [threading.Thread(target=target, args=[app], daemon=True) for target in senders(settings)]
    for thread in beside:
        thread.start()
    heartbeats.begin(settings.redis_url, "scheduler", heartbeats.name_of_process())
    with app.app_context():
        cleaned = -every
        while True:
            heartbeats.give()
            if not all(thread.is_alive() for thread in beside):  # its traceback is in the log
                log.error("sending_ended", reason="what nobody foresaw; a new scheduler sends again")
                heartbeats.end()
                return 1
            due = time.monotonic() - cleaned >= every
            if tick(connection, clean_up=due) and due:
                cleaned = time.monotonic()
            if select.select([stop], [], [], TICK)[0]:
                heartbeats.end()
                return 0


def _stop_signals() -> socket.socket:
    """A socket that becomes readable when the process is to stop; a round, which is short, is finished first.

    Not sigtimedwait: Python 3.11 takes the SIGCONT after a SIGSTOP for one of the signals it waits for.
    """
    stop, told = socket.socketpair()
    told.setblocking(False)
    signal.set_wakeup_fd(told.detach())
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: None)
    return stop


def senders(settings: Settings) -> list[Callable[[Flask], None]]:
    """What runs in a thread of its own: messages and, where they are configured, mail and sources."""
    mail, sources = ([send_mail] if settings.smtp_host else []), ([read_sources] if settings.source_places else [])
    return [send_messages, *mail, *sources]


def send_messages(app: Flask) -> None:
    """Announce the ends of tasks and send webhook messages, every second, independently of the rounds."""
    from csvapi.errors import CsvapiError
    from csvapi.services import webhook_outbox

    with app.app_context():
        senders = webhook_outbox.senders(app)
        while True:
            try:
                busy = webhook_outbox.announce() + senders.fill()
            except CsvapiError as error:
                busy = 0
                log.warning("messages_wait", reason=str(error))
            if not busy:
                senders.wait(MESSAGES)


def send_mail(app: Flask) -> None:
    """Send mail, independently of the rounds and the messages, which a slow mail server must not delay."""
    from csvapi.services import mailing

    with app.app_context():
        mailing.serve()


def read_sources(app: Flask) -> None:
    """Read the folders of sources and go on with their files, every second, independently of everything else."""
    from csvapi.services import source_rounds

    with app.app_context():
        source_rounds.serve(app, lambda transfers: transfers.wait(MESSAGES))


def tick(connection: redis.Redis, *, clean_up: bool = True) -> bool:
    """Run one round unless another process does; returns whether it was run. Failures are logged, not raised.

    A clean-up may outlast the lock; two at the same time are harmless, they only do the same work twice. It therefore
    also runs if the lock cannot be taken, as when the queue's disk is full: what it deletes frees space.
    """
    lock = connection.lock(LOCK, timeout=LEASE, blocking=False)
    try:
        if not lock.acquire():
            return False
    except redis.RedisError as error:
        log.warning("round_without_the_queue", reason=str(error))
        return clean_up and _done(reap=False, clean_up=True)
    try:
        return _done(reap=True, clean_up=clean_up)
    finally:
        with suppress(redis.RedisError):  # it took longer than the lock lasts, or the queue is away
            lock.release()


def _done(*, reap: bool, clean_up: bool) -> bool:
    from csvapi.errors import CsvapiError
    from csvapi.services import recovery, retention, sweep

    try:
        reaped = recovery.reap() if reap else 0
        gone = retention.delete_expired() if clean_up else 0
        swept = sweep.sweep() if clean_up else 0
    except (CsvapiError, redis.RedisError, OSError) as error:
        log.warning("round_failed", reason=str(error))
        return False
    if reaped or gone or swept:
        log.info("round", reaped=reaped, expired=gone, swept=swept)
    return True
