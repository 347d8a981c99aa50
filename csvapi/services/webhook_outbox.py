"""Which messages go to webhooks, and when. The rows are authoritative, so none is lost with a process or with Redis.

Any scheduler announces the end of a task that is not announced yet, and sends a message that is due. Both are
compare-and-set updates, so any number of schedulers may run.
"""

from __future__ import annotations

import secrets
import time
from datetime import timedelta
from typing import Any

import structlog
from flask import Flask
from sqlalchemy import delete, exists, select, update
from sqlalchemy.orm import Session

from csvapi.extensions import changed, transaction
from csvapi.models import FINISHED, Delivery, Sent, Task, Webhook, now
from csvapi.services import webhook_delivery, webhooks
from csvapi.services.webhook_senders import Senders

# Standard Webhooks, "Retry schedule": seconds after each failure, the last one about three days after the first try.
SCHEDULE = (5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)
SPREAD = 0.1  # jitter, so that failures that happened together are not retried together
LEASE = timedelta(minutes=2)  # after which a message whose sender was lost is sent by another
BATCH = 50
GONE = 410
_NO_KEY = "The key that encrypted the secret is gone"

log = structlog.get_logger(__name__)


def announce() -> int:
    """Turn the ends of tasks into messages; returns the number of these tasks. Tasks of users without webhooks take one
    statement together."""
    hooked = exists().where(Webhook.user_id == Task.user_id, Webhook.disabled_at.is_(None))
    fresh = (Task.announced_at.is_(None), Task.status.in_(FINISHED))
    with transaction() as session:
        found = session.execute(select(Task.id, hooked).where(*fresh).limit(BATCH)).all()
        if silent := [task_id for task_id, heard in found if not heard]:
            session.execute(update(Task).where(Task.id.in_(silent)).values(announced_at=now()))
    for task_id in [task_id for task_id, heard in found if heard]:
        with transaction() as session:
            mine = update(Task).where(Task.id == task_id, Task.announced_at.is_(None)).values(announced_at=now())
            if changed(session.execute(mine)):
                _announce(session, session.get_one(Task, task_id))
    return len(found)


def _announce(session: Session, task: Task) -> None:
    event = f"task.{task.status}"
    for hook in session.scalars(select(Webhook).where(Webhook.user_id == task.user_id, Webhook.disabled_at.is_(None))):
        if event in hook.events:
            webhooks.enqueue(session, hook, event, _data(task))


def _data(task: Task) -> dict[str, Any]:
    return {
        "id": task.id,
        "status": task.status,
        "label": task.label,
        "input": task.file_id,
        "result": task.result_file_id,
        "records": (task.receipt or {}).get("records"),
        "error": {"code": task.error_code, "detail": task.error_detail} if task.error_code else None,
        "finished_at": task.finished_at.isoformat() if task.finished_at else None,
        "url": f"/api/v1/tasks/{task.id}",
    }


def senders(app: Flask) -> Senders:
    """The threads by which this process sends what is due, user by user."""

    def send(delivery_id: str) -> bool | None:
        answer = attempt(delivery_id)
        return answer.silent if answer else None

    return Senders(app, send)


def send_due(app: Flask) -> int:
    """Send what is due and has its turn, and wait for it; returns the number of attempts."""
    threads = senders(app)
    try:
        return threads.fill()
    finally:
        threads.finish()


def attempt(delivery_id: str) -> webhook_delivery.Answer | None:
    """Try once to send a message, and record the outcome; None if another process has the message."""
    with transaction() as session:
        due = (Delivery.id == delivery_id, Delivery.status == Sent.PENDING, Delivery.next_at <= now())
        if not changed(session.execute(update(Delivery).where(*due).values(next_at=now() + LEASE))):
            return None
        found = session.execute(
            select(Delivery, Webhook).join(Webhook, Webhook.id == Delivery.webhook_id).where(Delivery.id == delivery_id)
        ).one()
    delivery, hook = found.Delivery, found.Webhook
    signed = None if hook.disabled_at else webhooks.headers(hook, delivery, int(time.time()))
    if signed is None:
        reason = f"The webhook is disabled: {hook.disabled_reason}" if hook.disabled_at else _NO_KEY
        answer = webhook_delivery.Answer(0, reason, 0)
    else:
        answer = webhook_delivery.post(hook.url, delivery.payload.encode(), signed)
    _settle(delivery, hook, answer, last=signed is None)
    return answer


def _settle(delivery: Delivery, hook: Webhook, answer: webhook_delivery.Answer, *, last: bool = False) -> None:
    """Record an attempt: delivered, to be retried, or given up; 410 and the last retry disable the webhook."""
    tries = [*delivery.attempts, {"at": now().isoformat(), "status": answer.status or None, "ms": answer.ms}]
    if not answer.delivered:
        tries[-1]["detail"] = answer.detail
    values: dict[str, Any] = {"attempts": tries, "next_at": None}
    reason = None
    if answer.delivered:
        values["status"] = Sent.DELIVERED
    elif answer.status == GONE or last or len(tries) > len(SCHEDULE):
        values["status"] = Sent.FAILED
        reason = "it answered 410 Gone" if answer.status == GONE else "nothing was delivered for days"
    else:
        wait = SCHEDULE[len(tries) - 1] * (1 + SPREAD * secrets.randbelow(1000) / 1000)
        values["next_at"] = now() + timedelta(seconds=wait)
    with transaction() as session:
        session.execute(update(Delivery).where(Delivery.id == delivery.id).values(**values))
        if reason and not last and not _worked_since(session, delivery):
            off = {"disabled_at": now(), "disabled_reason": reason}
            session.execute(update(Webhook).where(Webhook.id == hook.id, Webhook.disabled_at.is_(None)).values(**off))
    log.info("webhook", webhook_id=hook.id, delivery=delivery.id, answer=answer.status, ms=answer.ms)


def _worked_since(session: Session, delivery: Delivery) -> bool:
    """Whether another message was delivered after this one was made."""
    others = select(Delivery.id).where(
        Delivery.webhook_id == delivery.webhook_id,
        Delivery.status == Sent.DELIVERED,
        Delivery.created_at > delivery.created_at,
    )
    return session.scalar(others.limit(1)) is not None


def forget_expired() -> int:
    """Delete old messages that are no longer pending; returns how many there were."""
    with transaction() as session:
        old = (Delivery.expires_at < now(), Delivery.status != Sent.PENDING)
        return changed(session.execute(delete(Delivery).where(*old)))
