"""Server-Sent Events of a task: its states and its progress, as they come (WHATWG HTML, section 9.2)."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Callable, Iterator
from typing import Any

from flask import Response, g, request

from csvapi.api.contract import signed_in
from csvapi.api.resource import Resource
from csvapi.api.streams import EventStream
from csvapi.api.task_examples import SUCCEEDED
from csvapi.api.task_shapes import TaskItem, TaskProgress, task_item
from csvapi.errors import TooManyRequests
from csvapi.extensions import runtime
from csvapi.models import FINISHED, Task
from csvapi.services import task_events, tasks

blp = Resource("v1-events", __name__, url_prefix="/api/v1/tasks", description="How a task goes, as it goes")
RETRY = 2000  # milliseconds after which a client that lost its stream comes back
_LAST = {
    "in": "header",
    "name": "Last-Event-ID",
    "description": "What was seen last; it is not sent again (204 when nothing can follow)",
    "schema": {"type": "string"},
}
EVENT: dict[str, Any] = {
    "type": "object",
    "title": "Task event",
    "description": "An event of the stream, as a parser of Server-Sent Events gives it.",
    "required": ["event", "id", "data"],
    "properties": {
        "event": {"type": "string", "enum": ["state", "progress"], "description": "Which of the two `data` is"},
        "id": {"type": "string", "description": "What a client that comes back sends as Last-Event-ID"},
        "data": {
            "type": "string",
            "description": "JSON: of `state` the task as lists show it, of `progress` its figures",
            "contentMediaType": "application/json",
            "contentSchema": {"anyOf": [{"$ref": TaskItem}, {"$ref": TaskProgress}]},
        },
    },
}
_STREAM = {  # a client gets the text of the stream, of which each event is described
    "type": "string",
    "description": "Server-Sent Events (WHATWG HTML, section 9.2).",
    "contentMediaType": "text/event-stream",
    "contentSchema": {"$ref": "#/components/schemas/TaskEvent"},
}
_EXAMPLE = f"event: state\nid: 1.succeeded\ndata: {json.dumps({**SUCCEEDED, 'truncated': False})}\n\n"


class Listening:
    """One client's stream: turns task changes into events, and ends with the task.

    The request that begins it and the hub may tell it of the same end at the same time: one of them after the other, so
    that it never ends before its last event was written.
    """

    def __init__(self, user_id: int, seen: str, write: Callable[[bytes], bool], end: Callable[[], None]) -> None:
        self.user_id = user_id
        self._seen, self._write, self._end = seen, write, end
        self._telling = threading.Lock()

    def moved(self, task: Task) -> bool:
        """Send the state if the client has not seen it; ends the stream once the task has finished."""
        with self._telling:
            return self._moved(task)

    def _moved(self, task: Task) -> bool:
        state = f"{task.attempt}.{task.status}"
        alive = True
        if self._seen != state and not self._seen.startswith(f"{state}."):
            self._seen = state
            alive = self._event("state", state, TaskItem().dump(task_item(task)))
        if alive and task.status not in FINISHED:
            return True
        self._end()
        return False

    def progressed(self, figures: dict[str, Any]) -> bool:
        """Send the progress as an event that a later one replaces."""
        state = ".".join(self._seen.split(".")[:2])
        return self._sent(self._event("progress", f"{state}.{figures.get('bytes_done', 0)}", figures))

    def beat(self) -> bool:
        """Send a comment, so that a connection that is gone is noticed and proxies keep this one."""
        return self._sent(self._write(b": still here\n\n"))

    def fail(self) -> None:
        """End the stream: its client comes back, and gets the state."""
        self._end()

    def _event(self, kind: str, name: str, data: Any) -> bool:
        return self._write(f"event: {kind}\nid: {name}\ndata: {json.dumps(data)}\n\n".encode())

    def _sent(self, alive: bool) -> bool:
        if not alive:
            self._end()
        return alive


@blp.route("/<string:task_id>/events", "follow_task", methods=["GET"])
@signed_in
@blp.doc(parameters=[_LAST])
@blp.alt_response(
    200,
    schema=_STREAM,
    content_type="text/event-stream",
    description="`state` has the task, `progress` its figures; a comment every 15 seconds; ends with the task",
    example=_EXAMPLE,
    success=True,
)
@blp.alt_response(204, description="The task has ended and its last event has been seen", success=True)
@blp.refuses(401, 404, 429, 503)
def events(task_id: str) -> Response:
    """Follow a task: its state now, then every change and its progress four times a second, until it has ended."""
    task, user_id = tasks.find(g.user.id, task_id), g.user.id
    seen = request.headers.get("Last-Event-ID", "")
    if task.status in FINISHED and seen == f"{task.attempt}.{task.status}":
        return Response(status=204)
    hub, release = task_events.hub(), _place(user_id)
    hub.start()

    def begin(write: Callable[[bytes], bool], end: Callable[[], None]) -> None:
        """Register first, then send the present state, so that no change is missed."""
        listening = Listening(user_id, seen, write, end)
        write(f"retry: {RETRY}\n\n".encode())
        hub.join(task_id, listening, release)

    stream = EventStream(begin, lambda: _by_thread(hub, begin))
    stream.call_on_close(release)
    return stream


def _place(user_id: int) -> Callable[[], None]:
    """Reserve a place for a stream. Raises TooManyRequests if the user has as many as allowed."""
    limit = runtime().settings.max_streams
    release = task_events.hub().admit(user_id, limit)
    if release is None:
        raise TooManyRequests(f"You have {limit} event streams open, the most there may be", limit=limit, retry_after=5)
    return release


def _by_thread(
    hub: task_events.Hub, begin: Callable[[Callable[[bytes], bool], Callable[[], None]], None]
) -> Iterator[bytes]:
    """The stream on a server that cannot hand over its connection: occupies a thread, while one is free."""
    pieces: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    gone = False

    def write(data: bytes) -> bool:
        pieces.put(data)
        return not gone

    with hub.thread() as free:
        if not free:
            yield f"retry: {RETRY * 5}\n\n".encode()
            return
        begin(write, lambda: pieces.put(b""))
        try:
            while data := pieces.get():
                yield data
        finally:
            gone = True
