"""A user's limits, and how much of each is used."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from csvapi.extensions import runtime, transaction
from csvapi.models import ApiKey, HashKey, Task, Upload, Webhook
from csvapi.services import api_keys, idempotency, quotas, saved_kinds, task_events, webhooks
from csvapi.steps.filter_params import MAX_VALUES


def of(user_id: int) -> dict[str, Any]:
    """Every limit with its present use, and how long things are kept."""
    settings = runtime().settings
    with transaction() as session:
        stored, count, own = quotas.stored_by(session, user_id)
        made, _, _ = quotas.stored_by(session, user_id, on_cluster=True)
        active = quotas.active(session, user_id)
        kept = session.scalar(select(func.count()).where(Task.user_id == user_id)) or 0
        keys = session.scalar(select(func.count()).where(ApiKey.user_id == user_id)) or 0
        hash_keys = session.scalar(select(func.count()).where(HashKey.user_id == user_id)) or 0
        coming = session.scalar(select(func.count()).where(Upload.user_id == user_id, quotas.OPEN)) or 0
        tests = webhooks.tests_waiting(session, user_id)
        hooks = session.scalar(select(func.count()).where(Webhook.user_id == user_id)) or 0
        saved = saved_kinds.usage(session, user_id)
    return {
        "stored_bytes": _use(stored, settings.max_stored if own is None else own),
        "cluster_bytes": _use(made, settings.cluster_max_stored),
        "files": _use(count, settings.max_files),
        "uploads": _use(coming, settings.max_uploads),
        "queued_tasks": _use(active.queued, settings.max_queued),
        "running_tasks": _use(active.handed_over, settings.max_running),
        "kept_tasks": _use(kept, settings.max_kept),
        "api_keys": _use(keys, api_keys.MOST),
        "hash_keys": _use(hash_keys, settings.max_hash_keys),
        "webhooks": _use(hooks, webhooks.MOST),
        "webhook_tests": _use(tests, webhooks.MOST_TESTS),
        **{name: _use(*figures) for name, figures in saved.items()},
        "event_streams": _use(task_events.hub().open_for(user_id), settings.max_streams),
        "limits": {
            "upload_bytes": settings.max_upload,
            "body_bytes": settings.max_body,
            "stored_bytes_of_all_users": settings.max_stored_total,
            "steps_bytes": settings.max_steps_size,
            "list_values": MAX_VALUES,
            "versions": settings.max_versions,
            "page_bytes": settings.max_page,
            "record_bytes": settings.max_record,
            "columns": settings.max_columns,
            "unpack_ratio": settings.max_ratio,
            "output_bytes": settings.max_output,
            "disk_reserve_bytes": settings.disk_reserve,
            "task_seconds": settings.task_time,
            "cluster_file_bytes": settings.cluster_max_file,
            "cluster_task_seconds": settings.cluster_task_time,
            "wait_seconds": settings.max_wait,
            **_rate(),
            "unpack_bytes": settings.unpack_memory,
            "unpack_seconds": settings.unpack_time,
            "preview_bytes": settings.preview_memory,
            "preview_seconds": settings.preview_time,
            "previews_at_once": settings.previews_per_user,
        },
        "retention": {
            "files": settings.retention,
            "longest": settings.max_retention,
            "uploads": settings.upload_ttl,
            "idempotency_keys": int(idempotency.KEPT.total_seconds()),
        },
    }


def _rate() -> dict[str, int]:
    rates = runtime().rates
    policy = rates.policy if rates else None
    return {
        "requests_per_second": policy.rate if policy else 0,
        "requests_at_once": policy.burst if policy else 0,
    }


def _use(used: int, limit: int) -> dict[str, int]:
    return {"used": used, "limit": limit}
