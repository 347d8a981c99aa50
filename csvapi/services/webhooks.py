"""Webhooks: addresses that get a message about tasks, signed after Standard Webhooks (standardwebhooks.com)."""

from __future__ import annotations

import base64
import hmac
import json
import secrets
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy import delete as delete_rows
from sqlalchemy.orm import Session, defer

from csvapi.errors import Conflict, NotFound, QuotaExceeded
from csvapi.extensions import changed, runtime, transaction
from csvapi.models import Action, Delivery, Sent, Webhook, now
from csvapi.services import audit, cursors, listing, quotas, webhook_delivery
from csvapi.services.encryption import decrypt, encrypt
from csvapi.services.files import MAX_ID
from csvapi.services.listing import Long

EVENTS = ("task.succeeded", "task.failed", "task.cancelled")
TEST = "webhook.test"
MOST = 20  # webhooks of a user
MOST_TESTS = 20  # test messages of a user that wait
MOST_ATTEMPTS = 50  # to send one message
SOON = 120  # seconds; longer than an attempt may take
PREFIX = "whsec_"


def create(user_id: int, url: str, events: list[str]) -> tuple[Webhook, str]:
    """Create a webhook; returns it with its secret. Raises InvalidInput for the address, and QuotaExceeded."""
    webhook_delivery.check_url(url)
    secret = PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()
    hook = Webhook(user_id=user_id, url=url, events=events, secret=encrypt(secret))
    with transaction() as session:
        quotas.place(session, user_id, Webhook, MOST, "webhooks")
        session.add(hook)
    return hook, secret


def mine(user_id: int) -> list[Webhook]:
    """The user's webhooks, the newest first."""
    with transaction() as session:
        return list(session.scalars(select(Webhook).where(Webhook.user_id == user_id).order_by(Webhook.id.desc())))


def find(user_id: int, hook_id: int) -> Webhook:
    """The user's webhook. Raises NotFound if there is none or if it belongs to somebody else."""
    with transaction() as session:
        known = select(Webhook).where(Webhook.id == hook_id, Webhook.user_id == user_id)
        hook = session.scalar(known) if hook_id <= MAX_ID else None
    if hook is None:
        raise NotFound("Webhook not found")
    return hook


def delete(user_id: int, hook_id: int) -> None:
    """Delete the webhook; no messages are sent from now on. Raises NotFound."""
    hook = find(user_id, hook_id)
    with transaction() as session:
        if not changed(session.execute(delete_rows(Webhook).where(Webhook.id == hook.id))):
            raise NotFound("Webhook not found")
        audit.add(session, Action.WEBHOOK_DELETED, user_id, f"webhook:{hook.id}")


def test(user_id: int, hook_id: int) -> Delivery:
    """Send a test message. Raises NotFound, Conflict for a disabled webhook, and QuotaExceeded."""
    hook = find(user_id, hook_id)
    if hook.disabled_at:
        raise Conflict(f"The webhook is disabled: {hook.disabled_reason}; make a new one")
    with transaction() as session:
        quotas.lock(session, user_id)
        waiting = tests_waiting(session, user_id)
        if waiting >= MOST_TESTS:
            full = f"{waiting} test messages wait to be sent, the most there may be; see whether the receiver answers"
            raise QuotaExceeded(full, limit=MOST_TESTS, retry_after=SOON)
        return enqueue(session, hook, TEST, {"webhook": hook.id})


def tests_waiting(session: Session, user_id: int) -> int:
    """The user's test messages under way or due soon; not those that wait longer for a retry."""
    tests = select(func.count()).select_from(Delivery).join(Webhook, Webhook.id == Delivery.webhook_id)
    soon = Delivery.next_at <= now() + timedelta(seconds=SOON)
    mine = (Webhook.user_id == user_id, Delivery.event == TEST, Delivery.status == Sent.PENDING, soon)
    return session.scalar(tests.where(*mine)) or 0


def resend(user_id: int, hook_id: int, delivery_id: str) -> Delivery:
    """Send a message again, now; it has the same id, and is repeated by the schedule where it fails.

    Raises NotFound, Conflict for a disabled webhook and for a message that is sent now or soon, and QuotaExceeded.
    """
    hook = find(user_id, hook_id)
    if hook.disabled_at:
        raise Conflict(f"The webhook is disabled: {hook.disabled_reason}; make a new one")
    with transaction() as session:
        quotas.lock(session, user_id)
        known = select(Delivery).where(Delivery.id == delivery_id, Delivery.webhook_id == hook.id)
        delivery = session.scalar(known)
        if delivery is None:
            raise NotFound("Delivery not found")
        _check_resending(session, user_id, delivery)
        unmoved = (Delivery.status == delivery.status, Delivery.next_at.is_not_distinct_from(delivery.next_at))
        mine = update(Delivery).where(Delivery.id == delivery.id, *unmoved)
        if not changed(session.execute(mine.values(status=Sent.PENDING, next_at=now()))):
            raise Conflict("The message is being sent; look at its attempts")
        session.refresh(delivery)
        return delivery


def _check_resending(session: Session, user_id: int, delivery: Delivery) -> None:
    if len(delivery.attempts) >= MOST_ATTEMPTS:
        often = f"The message was sent {len(delivery.attempts)} times, the most there may be"
        raise QuotaExceeded(often, limit=MOST_ATTEMPTS)
    if delivery.next_at is not None and delivery.next_at <= now() + timedelta(seconds=SOON):
        raise Conflict("The message is sent now or within two minutes; look at its attempts")
    soon = Delivery.next_at <= now() + timedelta(seconds=SOON)
    mine = select(func.count()).select_from(Delivery).join(Webhook, Webhook.id == Delivery.webhook_id)
    waiting = session.scalar(mine.where(Webhook.user_id == user_id, Delivery.status == Sent.PENDING, soon)) or 0
    if waiting >= MOST_TESTS:
        full = f"{waiting} messages wait to be sent, and {MOST_TESTS} may, to send one again; try it later"
        raise QuotaExceeded(full, limit=MOST_TESTS, retry_after=SOON)


def deliveries(user_id: int, hook_id: int, cursor: str | None = None) -> Iterator[Delivery | None]:
    """Past and future messages from a cursor on, the newest first, as `listing.read` yields them."""
    hook = find(user_id, hook_id)
    query = select(Delivery).where(Delivery.webhook_id == hook.id).options(defer(Delivery.payload))
    if cursor:
        created, delivery_id = cursors.read("sent", cursor)
        query = query.where(_older(datetime.fromisoformat(created), delivery_id))
    ordered = query.order_by(Delivery.created_at.desc(), Delivery.id.desc())
    return listing.read(ordered, lambda each: _older(each.created_at, each.id), [Long(Delivery.attempts)])


def _older(at: datetime, delivery_id: str) -> ColumnElement[bool]:
    return or_(Delivery.created_at < at, and_(Delivery.created_at == at, Delivery.id < delivery_id))


def cursor_of(delivery: Delivery) -> str:
    """The cursor of the messages after this one."""
    return cursors.write("sent", [delivery.created_at.isoformat(), delivery.id])


def enqueue(session: Session, hook: Webhook, event: str, data: dict[str, Any]) -> Delivery:
    """Add a message to the transaction; it will be sent if the transaction commits."""
    at = now()
    payload = {"type": event, "timestamp": at.isoformat(), "data": data}
    delivery = Delivery(
        id=f"msg_{uuid4().hex}",
        webhook_id=hook.id,
        event=event,
        payload=json.dumps(payload, separators=(",", ":")),
        attempts=[],
        next_at=at,
        expires_at=at + timedelta(seconds=runtime().settings.retention),
    )
    session.add(delivery)
    return delivery


def headers(hook: Webhook, delivery: Delivery, at: int) -> dict[str, str] | None:
    """The headers of an attempt; None if the secret can no longer be decrypted because its key is gone."""
    secret = decrypt(hook.secret)
    if secret is None:
        return None
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = hmac.digest(key, f"{delivery.id}.{at}.{delivery.payload}".encode(), "sha256")
    return {
        "Content-Type": "application/json",
        "User-Agent": "csvapi-webhooks/1",
        "webhook-id": delivery.id,
        "webhook-timestamp": str(at),
        "webhook-signature": f"v1,{base64.b64encode(signed).decode()}",
    }
