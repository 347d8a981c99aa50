"""Liveness and readiness."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from flask import jsonify

from csvapi.api.contract import Blueprint
from csvapi.services import health

blp = Blueprint("health", __name__, description="For load balancers and monitoring")


class Health(ma.Schema):
    """That the process answers; nothing else is looked at."""

    status = ma.fields.String(required=True, metadata={"description": "`ok`"})


class Readiness(ma.Schema):
    """What the service needs to work: each part is `ok`, or says what is wrong with it."""

    status = ma.fields.String(required=True, metadata={"description": "`ok` or `unavailable`"})
    database = ma.fields.String(required=True, metadata={"description": "`ok`, or what is wrong with it"})
    queue = ma.fields.String(required=True, metadata={"description": "`ok`, or what is wrong with it"})
    storage = ma.fields.String(required=True, metadata={"description": "`ok`, or what is wrong with it"})
    parser = ma.fields.String(required=True, metadata={"description": "What reads CSV here; no reason to be unready"})


@blp.route("/healthz", "get_health", methods=["GET"])
@blp.response(200, Health, example={"status": "ok"})
def healthz() -> dict[str, str]:
    """Show that the process answers."""
    return {"status": "ok"}


_READY = {
    "status": "ok",
    "database": "ok",
    "queue": "ok",
    "storage": "ok",
    "parser": "native kernel (built by cc, AVX2)",
}


@blp.route("/readyz", "get_readiness", methods=["GET"])
@blp.response(200, Readiness, example=_READY)
@blp.alt_response(
    503,
    schema=Readiness,
    description="One of them cannot be reached",
    example=_READY | {"status": "unavailable", "queue": "The queue cannot be reached"},
)
def readyz() -> Any:
    """Show whether database, queue and storage can be reached, and which parser reads."""
    report = health.report()
    return (report, 200) if report["status"] == "ok" else (jsonify(report), 503)
