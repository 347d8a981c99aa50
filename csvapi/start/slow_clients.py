"""Serving slow clients without occupying threads.

gunicorn's threads read a request at the pace of its client: a few clients that send a byte now and then occupy all of
them. Here a connection waits in the poller, and its data in the kernel's buffer, until the whole request has arrived,
if it is no larger than HELD. Only a larger one is read by a thread, at a lowest rate (`request_body`), and by at most
half of the threads. If a request was answered before it was read (413, 401), the rest is read and discarded, so that a
client that still sends receives the answer instead of a reset connection (RFC 9112 section 9.6).
"""

from __future__ import annotations

import errno
import re
import socket
import struct
import time
from collections import deque
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from selectors import EVENT_READ
from typing import Any

from gunicorn import util
from gunicorn.workers.gthread import TConn, ThreadWorker

from csvapi.process.interpreter import INTERPRETER, LONGEST, Turn
from csvapi.start.request_body import SteadyReader
from csvapi.start.request_size import request_size

HELD = 128 * 1024  # bytes of a request, head and body, that wait in the kernel
ARRIVAL = 20.0  # seconds for a request that is held
NO_ROOM = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}  # for one more connection, at the moment
NOTIFY = 1.0  # seconds, of the 60 in which the master must hear something
PAUSE = 1.0  # seconds without accepting then; who waits is in the kernel's queue
TURN = 30.0  # seconds a larger body waits for a thread
STALLED = 60  # seconds without progress after which an answer nobody reads is given up
LINGER, LINGER_BYTES = 20.0, 512 * 1024 * 1024  # bounds on what is read only to be thrown away
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_EXPECT = re.compile(rb"\r\nexpect:", re.IGNORECASE)


class Connection(TConn):  # type: ignore[misc]  # gunicorn has no types
    """A client's connection; `streams` while a thread reads its body, `seen` counts bytes that had arrived before."""

    def __init__(self, worker: SlowClientWorker, *args: Any) -> None:
        super().__init__(worker.cfg, *args)
        self.worker = worker
        self.streams = False
        self.seen = 0
        self.continued = False
        self.drained = 0
        self.data_ready = True  # gunicorn's own wait, in a thread, has nothing left to wait for

    def init(self) -> None:
        """Prepare for the first request: reads and writes are bounded in time."""
        if not self.initialized:
            super().init()
            self.parser.unreader = SteadyReader(self.sock)
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", STALLED, 0))

    def close(self, graceful: bool = False) -> None:
        """Close the connection, `graceful` only after what the client still sends was read away."""
        if graceful:
            self.worker.linger(self)
        else:
            super().close()


class SlowClientWorker(ThreadWorker):  # type: ignore[misc]  # likewise
    """gunicorn's thread worker, extended between its poller and its threads."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.most_streams = max(self.cfg.threads // 2, 1)
        self.streams = 0
        self.waiting: deque[Connection] = deque()  # larger bodies, for a thread
        self.lingering: deque[Connection] = deque()
        self.paused_until = self.notified = 0.0

    def notify(self) -> None:
        """Tell the master that the loop turns, once a second: it turns several times for each request."""
        if (at := time.monotonic()) - self.notified >= NOTIFY:
            self.notified = at
            super().notify()

    def set_accept_enabled(self, enabled: bool) -> None:
        """Called at each turn of the loop; accepts nothing during a pause."""
        super().set_accept_enabled(enabled and time.monotonic() >= self.paused_until)

    def accept(self, listener: socket.socket) -> None:
        """Take a connection, and have it wait for its first request."""
        try:
            sock, client = listener.accept()
        except OSError as error:
            if error.errno in NO_ROOM:
                self._pause(error)
            elif error.errno not in (errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK):
                raise
            return
        self.nr_conns += 1
        self._await(Connection(self, sock, client, listener.getsockname()))

    def _pause(self, error: OSError) -> None:
        """No descriptors are left: close the idle connections, and accept none for a moment."""
        self.log.warning("connections wait for %s s: %s (%s are open)", PAUSE, error.strerror, self.nr_conns)
        self.paused_until = time.monotonic() + PAUSE
        self.set_accept_enabled(False)
        self.murder_keepalived(force=True)

    def on_client_socket_readable(self, conn: Connection, client: socket.socket) -> None:
        """The next request on a kept connection."""
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        self._await(conn)

    def on_pending_socket_readable(self, conn: Connection, client: socket.socket) -> None:
        """More of a request has arrived: begin with it if it is enough."""
        if self._arrived(conn):
            self.poller.unregister(client)
            self.pending_conns.remove(conn)
            self._begin(conn)

    def _await(self, conn: Connection) -> None:
        """Hand the connection to a thread once its request has arrived, now or later."""
        conn.seen, conn.streams, conn.continued = 0, False, False
        if self._arrived(conn):
            self._begin(conn)
        else:
            conn.timeout = time.monotonic() + ARRIVAL
            self.pending_conns.append(conn)
            self.poller.register(conn.sock, EVENT_READ, partial(self.on_pending_socket_readable, conn))

    def _arrived(self, conn: Connection) -> bool:
        """Whether the request can be served: it has arrived, is too large to wait for, or its client sends no more.

        Otherwise the poller is asked to wake when the rest has arrived, as far as its size is known.
        """
        try:
            data = conn.sock.recv(HELD, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        except OSError:
            return True  # the thread will find out
        need = request_size(data)
        conn.streams = need > HELD
        if need <= len(data) or conn.streams or len(data) == conn.seen:  # the same again: the client sends no more
            conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, 1)
            return True
        if not conn.continued and _EXPECT.search(data):
            conn.continued = True
            with suppress(OSError):
                conn.sock.send(_CONTINUE)
        conn.seen = len(data)
        conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, need)
        return False

    def _begin(self, conn: Connection) -> None:
        if conn.streams and self.streams >= self.most_streams:
            conn.timeout = time.monotonic() + TURN
            self.waiting.append(conn)
            return
        self.streams += conn.streams
        self.enqueue_req(conn)

    def finish_request(self, conn: Connection, future: Any) -> None:
        """A request is done: begin with those that waited for a thread that reads bodies."""
        self.streams -= conn.streams
        conn.streams = False
        while self.waiting and self.streams < self.most_streams:
            self._begin(self.waiting.popleft())
        super().finish_request(conn, future)

    def enqueue_req(self, conn: Connection) -> None:
        """Serve the request by a thread, in its turn; one whose body is read at the pace of its client has none."""
        if conn.streams:
            self.tpool.submit(self._serve, conn)
        else:
            INTERPRETER.line_up(Turn(partial(self._in_a_thread, conn), conn))

    def _in_a_thread(self, conn: Connection, turn: Turn) -> None:
        with suppress(RuntimeError):  # this process ends, and its threads take nothing more
            self.tpool.submit(self._serve, conn, turn)

    def _serve(self, conn: Connection | None, turn: Turn | None = None) -> None:
        """Serve a request, and those whose turn comes when it has ended."""
        if turn:
            INTERPRETER.mine(turn)
        while conn:
            done: Future[Any] = Future()
            try:
                done.set_result(self.handle(conn))
            except BaseException as error:  # noqa: BLE001 -- as a pool of threads does
                done.set_exception(error)
            self.method_queue.defer(self.finish_request, conn, done)
            conn = INTERPRETER.follow()

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """Look for what has arrived, but not while requests that have arrived are served one after another."""
        super().wait_for_and_dispatch_events(timeout if INTERPRETER.rest() else min(timeout, LONGEST))

    def _keepalive_after(self, conn: Connection, keepalive: bool) -> bool:
        """Keep a connection whose body was read or has arrived; the others linger without a thread."""
        return bool(keepalive and conn.parser.finish_body(deadline=time.monotonic() + 0.05))

    def linger(self, conn: Connection) -> None:
        """End our side of the connection, then read until the client has gone or a limit is reached."""
        try:
            conn.sock.setblocking(False)
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            TConn.close(conn)
            return
        self.nr_conns += 1
        conn.timeout = time.monotonic() + LINGER
        self.lingering.append(conn)
        self.poller.register(conn.sock, EVENT_READ, partial(self._drain, conn))

    def _drain(self, conn: Connection, sock: socket.socket) -> None:
        try:
            size = len(sock.recv(1024 * 1024))
        except BlockingIOError:
            return
        except OSError:
            size = 0
        conn.drained += size
        if not size or conn.drained > LINGER_BYTES:
            self.lingering.remove(conn)
            self._drop(conn)

    def murder_pending(self) -> None:
        """Close what took too long to arrive, to be served or to linger; called every second."""
        if not self.alive:
            for conn in (*self.pending_conns, *self.lingering):
                conn.timeout = min(conn.timeout, time.monotonic() + 1)
        super().murder_pending()
        for conn in _overdue(self.waiting):
            util.write_error(conn.sock, HTTPStatus.SERVICE_UNAVAILABLE, "", "")
            self.nr_conns -= 1
            self.linger(conn)
        for conn in _overdue(self.lingering):
            self._drop(conn)

    def _drop(self, conn: Connection) -> None:
        self.poller.unregister(conn.sock)
        self.nr_conns -= 1
        TConn.close(conn)


def _overdue(conns: deque[Connection]) -> list[Connection]:
    """Remove and return the connections whose time is over; the oldest are on the left."""
    found = []
    while conns and conns[0].timeout < time.monotonic():
        found.append(conns.popleft())
    return found
