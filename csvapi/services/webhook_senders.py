"""Which messages are sent at the same time: a user's unresponsive receiver delays no other user's messages.

Users take turns, and each has at most a few messages under way, so that there are free threads for the others. If a
host let a user's message wait until its deadline, it gets no other message of that user for a while, which grows each
time, and then one at a time until it answers.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

import structlog
from flask import Flask
from sqlalchemy import select

from csvapi.errors import CsvapiError
from csvapi.extensions import transaction
from csvapi.models import Delivery, Sent, Webhook, now
from csvapi.services.in_threads import InThreads

SENDERS = 16  # threads
EACH = 2  # messages of one user under way
FORGOTTEN = 3600.0  # seconds after its pause that a host's silence is remembered
PAUSE, LONGEST_PAUSE = 10.0, 60.0  # seconds that a silent host is left alone: the first time, and at most

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Message:
    """A message to send, with the user and the host it counts for."""

    id: str
    user_id: int
    host: str


@dataclass(slots=True)
class _Silence:
    """How often in a row a host let messages wait, and until when none is sent to it."""

    times: int = 0
    until: float = 0.0


class Senders(InThreads[Message]):
    """The sender threads of one process.

    `send` tries a message once and returns whether its receiver was silent; None if another process has the message.
    """

    def __init__(self, app: Flask, send: Callable[[str], bool | None], senders: int = SENDERS) -> None:
        super().__init__(app, "sender")
        self._send, self._senders = send, senders
        self._turns: dict[int, float] = {}  # when a user had the last one
        self._silent: dict[tuple[int, str], _Silence] = {}

    def _next(self) -> list[Message]:
        """One message of each user who has one due, then a second one, while there are free threads."""
        with self._lock:
            free = self._senders - len(self._under_way)
            busy = Counter(each.user_id for each in self._under_way)
        if free <= 0:
            return []
        rounds: list[list[Message]] = [[] for _ in range(EACH)]
        for user_id in self._users([user_id for user_id, count in busy.items() if count >= EACH])[:free]:
            for turn, message in enumerate(self._due(user_id, EACH - busy[user_id])):
                rounds[turn].append(message)
        return [message for each in rounds for message in each][:free]

    def _users(self, full: list[int]) -> list[int]:
        """Users with messages due, except `full` ones; the one whose last turn is longest ago comes first."""
        due = (Delivery.status == Sent.PENDING, Delivery.next_at <= now(), Webhook.user_id.not_in(full))
        waiting = select(Webhook.user_id).join(Delivery, Delivery.webhook_id == Webhook.id).where(*due).distinct()
        with transaction() as session:
            found = session.scalars(waiting).all()
        return sorted(found, key=lambda user_id: self._turns.get(user_id, 0))

    def _due(self, user_id: int, most: int) -> list[Message]:
        """The user's oldest messages to hosts that are not paused."""
        sent = [message.id for message in list(self._under_way)]
        due = (Delivery.status == Sent.PENDING, Delivery.next_at <= now(), Delivery.id.not_in(sent))
        with transaction() as session:
            hooks = session.execute(select(Webhook.id, Webhook.url).where(Webhook.user_id == user_id)).all()
            hosts = {hook_id: urlsplit(url).hostname or "" for hook_id, url in hooks}
            open_hooks = [hook_id for hook_id, host in hosts.items() if not self._left_alone(user_id, host)]
            oldest = select(Delivery.id, Delivery.webhook_id).where(*due, Delivery.webhook_id.in_(open_hooks))
            found = session.execute(oldest.order_by(Delivery.next_at).limit(most)).all()
        return [Message(delivery_id, user_id, hosts[hook_id]) for delivery_id, hook_id in found]

    def _left_alone(self, user_id: int, host: str) -> bool:
        state = self._silent.get((user_id, host))
        return state is not None and state.until > time.monotonic()

    def _may_begin(self, item: Message) -> bool:
        """Unless its host is paused; a silent host gets one message at a time."""
        if self._left_alone(item.user_id, item.host):
            return False
        if state := self._silent.get((item.user_id, item.host)):
            state.until = time.monotonic() + LONGEST_PAUSE
        self._turns[item.user_id] = time.monotonic()
        return True

    def _do(self, item: Message) -> None:
        silent = None
        try:
            silent = self._send(item.id)
        except CsvapiError as error:  # a database that is away: the message is due again when its lease ends
            log.warning("message_waits", delivery=item.id, reason=str(error))
        finally:
            self._note(item, silent)

    def _note(self, message: Message, silent: bool | None) -> None:
        key = (message.user_id, message.host)
        with self._lock:
            if silent:
                past = time.monotonic() - FORGOTTEN
                self._silent = {each: state for each, state in self._silent.items() if state.until > past}
                state = self._silent.setdefault(key, _Silence())
                state.times += 1
                state.until = time.monotonic() + min(PAUSE * 2 ** (state.times - 1), LONGEST_PAUSE)
            elif silent is False:
                self._silent.pop(key, None)
            elif key in self._silent:
                self._silent[key].until = 0.0
