"""Webhooks: messages about ended tasks, instead of polling."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from flask import g
from marshmallow import validate

from csvapi.api.body import Few
from csvapi.api.contract import signed_in
from csvapi.api.idempotency_key import idempotent
from csvapi.api.resource import LINK, NEXT, Paging, Resource, listed
from csvapi.models import Delivery, Sent, Webhook
from csvapi.services import webhooks

blp = Resource(
    "v1-webhooks",
    __name__,
    url_prefix="/api/v1/webhooks",
    description="Messages about ended tasks, after [Standard Webhooks](https://www.standardwebhooks.com)",
)
ONE = "/<int:webhook_id>"


class WebhookRequest(ma.Schema):
    """An address that is to be called, and for which events."""

    url = ma.fields.String(
        required=True,
        validate=validate.Length(1, 2000),
        metadata={"description": "https, at a public address; redirects are not followed", "format": "uri"},
    )
    events = Few(
        ma.fields.String(validate=validate.OneOf(webhooks.EVENTS)),
        10,
        load_default=list(webhooks.EVENTS),
        validate=validate.Length(1, 10),
        metadata={"description": "The events to send; without it, all of them"},
    )


class WebhookShape(ma.Schema):
    """A webhook as lists show it: everything but its secret; `disabled_at` once it was given up."""

    id = ma.fields.Integer(required=True, metadata={"description": "What other requests name it by"})
    url = ma.fields.String(required=True, metadata={"description": "Where messages are sent to"})
    events = ma.fields.List(ma.fields.String(), required=True, metadata={"description": "Which ones are sent"})
    created_at = ma.fields.AwareDateTime(required=True, metadata={"description": "When it was made"})
    disabled_at = ma.fields.AwareDateTime(
        required=True, allow_none=True, metadata={"description": "When it was given up; null while it works"}
    )
    disabled_reason = ma.fields.String(required=True, allow_none=True, metadata={"description": "Why it was given up"})


class NewWebhook(WebhookShape):
    """A webhook just made, the only answer that ever has its secret."""

    secret = ma.fields.String(required=True, metadata={"description": "Verifies the signatures; shown this once"})


class WebhookList(ma.Schema):
    """All webhooks of the user; there are too few for pages."""

    items = ma.fields.List(ma.fields.Nested(WebhookShape), required=True, metadata={"description": "The webhooks"})


class DeliveryAttempt(ma.Schema):
    """One attempt to deliver: when, what the address answered, and after how many milliseconds."""

    at = ma.fields.String(required=True, metadata={"description": "When it was made"})
    status = ma.fields.Integer(required=True, allow_none=True, metadata={"description": "Null when nothing answered"})
    ms = ma.fields.Integer(required=True, metadata={"description": "Milliseconds until the answer"})
    detail = ma.fields.String(metadata={"description": "What went wrong"})


class DeliveryShape(ma.Schema):
    """A message; `next_at` is when it is sent (again)."""

    id = ma.fields.String(required=True, metadata={"description": "The header webhook-id: the same in every attempt"})
    event = ma.fields.String(required=True, metadata={"description": "What it tells"})
    status = ma.fields.String(
        required=True,
        validate=validate.OneOf([str(status) for status in Sent]),
        metadata={"description": "`pending` while there will be another attempt"},
    )
    attempts = ma.fields.List(
        ma.fields.Nested(DeliveryAttempt), required=True, metadata={"description": "Those made so far"}
    )
    next_at = ma.fields.AwareDateTime(
        required=True, allow_none=True, metadata={"description": "When the next attempt is made"}
    )
    created_at = ma.fields.AwareDateTime(required=True, metadata={"description": "When it was made"})


class DeliveryPage(ma.Schema):
    """A page of deliveries, the newest first; `next` is the cursor of the following page."""

    items = ma.fields.List(ma.fields.Nested(DeliveryShape), required=True, metadata={"description": "The deliveries"})
    next = NEXT


_TIME = "2026-01-31T12:00:00+00:00"
_HOOK = {
    "id": 1,
    "url": "https://example.com/csvapi",
    "events": ["task.succeeded"],
    "created_at": _TIME,
    "disabled_at": None,
    "disabled_reason": None,
}
_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw5T3SSHrbhGM="  # noqa: S105 -- the example of the docs
_DELIVERY = {
    "id": "msg_5f0c1d2e3f405162738495a6b7c8d9e0",
    "event": "task.succeeded",
    "status": "delivered",
    "attempts": [{"at": _TIME, "status": 200, "ms": 41}],
    "next_at": None,
    "created_at": _TIME,
}


@blp.route("", "create_webhook", methods=["POST"])
@signed_in
@idempotent()
@blp.arguments(WebhookRequest, example={"url": "https://example.com/csvapi", "events": ["task.succeeded"]})
@blp.response(201, NewWebhook, example={**_HOOK, "secret": _SECRET})
@blp.refuses(401, 409, 413, 415, 422, 429, 503)
def create(body: dict[str, Any]) -> Any:
    """Register an address that gets a message when a task ends; the secret that verifies it is shown once.

    Each message is signed (`webhook-id`, `webhook-timestamp`, `webhook-signature`). A message that is not answered with
    2xx is sent again after 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h and 24 h; an answer 410 disables the webhook.
    """
    hook, secret = webhooks.create(g.user.id, body["url"], body["events"])
    return {**_hook(hook), "secret": secret}


def _hook(hook: Webhook) -> dict[str, Any]:
    return {name: getattr(hook, name) for name in WebhookShape().fields}


@blp.route("", "list_webhooks", methods=["GET"])
@signed_in
@blp.response(200, WebhookList, example={"items": [_HOOK]})
@blp.refuses(401, 503)
def index() -> Any:
    """List your webhooks, without their secrets."""
    return {"items": list(map(_hook, webhooks.mine(g.user.id)))}


@blp.route(ONE, "get_webhook", methods=["GET"])
@signed_in
@blp.response(200, WebhookShape, example=_HOOK)
@blp.refuses(401, 404, 503)
def show(webhook_id: int) -> Any:
    """Show a webhook, and why it is disabled if it is."""
    return _hook(webhooks.find(g.user.id, webhook_id))


@blp.route(ONE, "delete_webhook", methods=["DELETE"])
@signed_in
@blp.response(204)
@blp.refuses(401, 404, 503)
def delete(webhook_id: int) -> None:
    """Delete a webhook with its deliveries; no messages are sent from now on."""
    webhooks.delete(g.user.id, webhook_id)


@blp.route(f"{ONE}/test", "test_webhook", methods=["POST"])
@signed_in
@blp.response(202, DeliveryShape, example={**_DELIVERY, "event": webhooks.TEST, "status": "pending", "attempts": []})
@blp.refuses(401, 404, 409, 503)
def test(webhook_id: int) -> Any:
    """Send a test message, to see whether it arrives."""
    return _delivery(webhooks.test(g.user.id, webhook_id))


def _delivery(delivery: Delivery) -> dict[str, Any]:
    return {name: getattr(delivery, name) for name in DeliveryShape().fields}


@blp.route(f"{ONE}/deliveries", "list_deliveries", methods=["GET"])
@signed_in
@blp.arguments(Paging, location="query")
@blp.response(200, DeliveryPage, example={"items": [_DELIVERY], "next": None}, headers=LINK)
@blp.refuses(401, 404, 422, 503)
def deliveries(query: dict[str, Any], webhook_id: int) -> Any:
    """List past and future messages, with every attempt and its answer, the newest first."""
    found = webhooks.deliveries(g.user.id, webhook_id, query.get("cursor"))
    return listed(found, query["limit"], _delivery, webhooks.cursor_of)


@blp.route(f"{ONE}/deliveries/<string:delivery_id>/resend", "resend_delivery", methods=["POST"])
@signed_in
@blp.response(202, DeliveryShape, example={**_DELIVERY, "status": "pending", "next_at": _TIME})
@blp.refuses(401, 404, 409, 503)
def resend(webhook_id: int, delivery_id: str) -> Any:
    """Send a message again, now, with the same id: one that was delivered, given up, or waits for its next attempt.

    Where it is not answered with 2xx, the schedule goes on after the attempts that were made.
    """
    return _delivery(webhooks.resend(g.user.id, webhook_id, delivery_id))
