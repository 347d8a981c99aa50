"""Settings: one frozen dataclass, read from the environment once (every one is in docs/settings.md)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from csvapi import original_variables
from csvapi.errors import InvalidInput
from csvapi.setting_forms import FORMS, GIB, KIB, MIB, read, setting
from csvapi.sign_on_settings import SignOnSettings
from csvapi.unpacking.limits import MOST_TIMES, MOST_UNPACKED


@dataclass(frozen=True, slots=True)
class Settings(SignOnSettings):
    """What an operator can configure; sizes in bytes, times in seconds."""

    env: str = setting("production", "CSVAPI_ENV", "`production` or `development`")
    host: str = setting("127.0.0.1", "CSVAPI_HOST", "Address the web server listens on")
    port: int = setting(8000, "CSVAPI_PORT", "Port the web server listens on", read="count")
    data_dir: Path = setting(Path("var"), "CSVAPI_DATA_DIR", "Folder for everything that is stored", read="path")
    workers: int = setting(0, "CSVAPI_WORKERS", "Worker processes; 0: one a core, at most 4", read="count")
    web_workers: int = setting(1, "CSVAPI_WEB_WORKERS", "Web server processes", read="count")
    web_threads: int = setting(16, "CSVAPI_WEB_THREADS", "Threads in each web server process", read="count")
    public_url: str = setting("", "CSVAPI_PUBLIC_URL", "Address clients see, for links; empty: the request's own")
    trusted_hosts: str = setting(
        "",
        "CSVAPI_TRUSTED_HOSTS",
        "More names this service is reached by, with commas; `.example.com` with its subdomains",
    )
    cors_origins: str = setting(
        "", "CSVAPI_CORS_ORIGINS", "Web pages elsewhere that may call the API, with commas; empty: none"
    )
    proxies: int = setting(0, "CSVAPI_PROXIES", "Reverse proxies whose X-Forwarded headers are trusted", read="count")
    rate_limits: bool = setting(
        True, "CSVAPI_RATE_LIMITS", "Throttle register, login and refresh, and requests in general", read="switch"
    )
    rate: int = setting(
        100, "CSVAPI_RATE", "Requests a second of a user, or of an address without one; 0: no limit", read="count"
    )
    rate_burst: int = setting(1_000, "CSVAPI_RATE_BURST", "Requests at once, before that rate holds", read="count")

    database_url: str = setting(
        "", "DATABASE_URL", "SQLAlchemy URL; wins over the DB_ variables; else SQLite", read="text"
    )
    redis_url: str = setting("", "REDIS_URL", "Redis or Valkey URL; wins over the REDIS_ variables")

    secret_key: str = setting("", "CSVAPI_SECRET_KEY", "Signs download links; at least 32 characters", read="secret")
    jwt_key: str = setting(
        "", "CSVAPI_JWT_KEY", "Signs access and refresh tokens; at least 32 characters", read="secret"
    )
    secret_key_previous: str = setting(
        "", "CSVAPI_SECRET_KEY_PREVIOUS", "The key before it, whose links still open", read="spare secret"
    )
    jwt_key_previous: str = setting(
        "", "CSVAPI_JWT_KEY_PREVIOUS", "The key before it, whose tokens are still accepted", read="spare secret"
    )
    jwt_algorithm: str = setting(
        "HS256", "CSVAPI_JWT_ALGORITHM", "`HS256`; or `RS256`, `EdDSA` with a private key in PEM"
    )
    access_ttl: int = setting(3600, "CSVAPI_ACCESS_TTL", "Life of an access token", read="seconds")
    refresh_ttl: int = setting(7 * 86400, "CSVAPI_REFRESH_TTL", "Life of a refresh token", read="seconds")
    link_ttl: int = setting(3600, "CSVAPI_LINK_TTL", "Life of a signed download link", read="seconds")
    key_ttl: int = setting(
        365 * 86400, "CSVAPI_KEY_TTL", "Life of an API key that is made without an end of its own", read="seconds"
    )

    registration: str = setting(
        "open", "CSVAPI_REGISTRATION", "Who may register: `open`, `invite` (with an administrator's code) or `closed`"
    )
    invitation_ttl: int = setting(7 * 86400, "CSVAPI_INVITATION_TTL", "Life of an invitation", read="seconds")
    verify_email: bool = setting(
        False, "CSVAPI_VERIFY_EMAIL", "Let new accounts log in only once a mailed link was followed", read="switch"
    )
    smtp_host: str = setting("", "CSVAPI_SMTP_HOST", "Server that takes mail; empty: no mail is sent")
    smtp_port: int = setting(587, "CSVAPI_SMTP_PORT", "Its port", read="count")
    smtp_user: str = setting("", "CSVAPI_SMTP_USER", "Its login; empty: none")
    smtp_password: str = setting("", "CSVAPI_SMTP_PASSWORD", "The password that belongs to the login")
    smtp_tls: str = setting("starttls", "CSVAPI_SMTP_TLS", "`starttls`, `tls` from the first byte, or `off`")
    smtp_from: str = setting("", "CSVAPI_SMTP_FROM", "Address that the mail is from")
    admin_totp: str = setting(
        "optional", "CSVAPI_ADMIN_TOTP", "Second factor of administrators: `optional`, or `required` by every page"
    )
    audit_retention: int = setting(
        365 * 86400, "CSVAPI_AUDIT_RETENTION", "How long the audit log is kept", read="seconds"
    )

    admin_email: str = setting(
        "", "CSVAPI_ADMIN_EMAIL", "An administrator to create when the database is brought up to date"
    )
    admin_password: str = setting("", "CSVAPI_ADMIN_PASSWORD", "The administrator's password; at least 12 characters")

    max_upload: int = setting(MOST_UNPACKED, "CSVAPI_MAX_UPLOAD", "Largest upload", read="bytes")
    max_body: int = setting(MIB, "CSVAPI_MAX_BODY", "Largest request body that is not an upload", read="bytes")
    max_steps_size: int = setting(
        256 * KIB, "CSVAPI_MAX_STEPS_SIZE", "Largest steps of a request, as JSON", read="bytes"
    )
    max_page: int = setting(MIB, "CSVAPI_MAX_PAGE", "Longest page of a list; one item may be longer", read="bytes")
    max_record: int = setting(16 * MIB, "CSVAPI_MAX_RECORD", "Longest record", read="bytes")
    max_columns: int = setting(100_000, "CSVAPI_MAX_COLUMNS", "Most columns in a file", read="count")
    max_ratio: int = setting(
        MOST_TIMES, "CSVAPI_MAX_RATIO", "How many times its size a compressed upload may unpack to", read="count"
    )
    max_stored: int = setting(50 * GIB, "CSVAPI_MAX_STORED", "Stored bytes per user", read="bytes")
    max_stored_total: int = setting(
        0, "CSVAPI_MAX_STORED_TOTAL", "Stored bytes of all users together; 0: as much as there is room", read="bytes"
    )
    max_files: int = setting(10_000, "CSVAPI_MAX_FILES", "Stored files per user", read="count")
    max_uploads: int = setting(
        20, "CSVAPI_MAX_UPLOADS", "Resumable uploads of a user that may be open at once", read="count"
    )
    max_hash_keys: int = setting(100, "CSVAPI_MAX_HASH_KEYS", "Keys of hashes per user", read="count")
    max_queued: int = setting(1_000, "CSVAPI_MAX_QUEUED_TASKS", "Tasks of a user that may wait", read="count")
    max_kept: int = setting(
        100_000, "CSVAPI_MAX_KEPT_TASKS", "Tasks kept per user; beyond it the oldest finished ones go", read="count"
    )
    max_pipelines: int = setting(1_000, "CSVAPI_MAX_PIPELINES", "Saved pipelines per user", read="count")
    max_schemas: int = setting(1_000, "CSVAPI_MAX_SCHEMAS", "Saved schemas per user", read="count")
    max_versions: int = setting(
        100, "CSVAPI_MAX_VERSIONS", "Versions of a saved pipeline or schema that are kept", read="count"
    )
    max_saved: int = setting(
        64 * MIB, "CSVAPI_MAX_SAVED", "Bytes of all saved pipelines and schemas of a user, as JSON", read="bytes"
    )
    max_running: int = setting(
        8, "CSVAPI_MAX_RUNNING_TASKS", "Tasks of a user on the queue or running at once; the others wait", read="count"
    )
    max_streams: int = setting(
        20, "CSVAPI_MAX_STREAMS", "Event streams of a user that may be open in a web process", read="count"
    )
    max_wait: int = setting(
        30, "CSVAPI_MAX_WAIT", "Longest time a request may wait for its task (`Prefer: wait`)", read="seconds"
    )
    previews: int = setting(
        4, "CSVAPI_PREVIEWS", "Previews and pages of records that each web process reads at once", read="count"
    )
    previews_per_user: int = setting(
        2, "CSVAPI_PREVIEWS_PER_USER", "Those of one user; others wait, or are refused", read="count"
    )
    preview_memory: int = setting(128 * MIB, "CSVAPI_PREVIEW_MEMORY", "Memory that each of them may take", read="bytes")
    preview_time: int = setting(10, "CSVAPI_PREVIEW_TIME", "Time that each of them may take", read="seconds")
    unpack_memory: int = setting(256 * MIB, "CSVAPI_UNPACK_MEMORY", "Memory that unpacking may take", read="bytes")
    unpack_time: int = setting(120, "CSVAPI_UNPACK_TIME", "Time that unpacking may take", read="seconds")
    webhook_private: bool = setting(
        False, "CSVAPI_WEBHOOK_PRIVATE", "Let webhooks go to private, loopback and link-local addresses", read="switch"
    )
    task_memory: int = setting(
        256 * MIB, "CSVAPI_TASK_MEMORY", "Memory for a task's keys before it spills", read="bytes"
    )
    max_output: int = setting(
        50 * GIB,
        "CSVAPI_MAX_OUTPUT",
        "Most bytes a task may write as its results, and as its temporary files",
        read="bytes",
    )
    disk_reserve: int = setting(
        GIB,
        "CSVAPI_DISK_RESERVE",
        "Room that tasks leave free on a disk, but no more than a twentieth of it",
        read="bytes",
    )
    task_time: int = setting(3600, "CSVAPI_TASK_TIME", "Longest run of a task", read="seconds")
    processes: int = setting(0, "CSVAPI_PROCESSES", "Processes a task may use; 0: its share of the cores", read="count")
    max_attempts: int = setting(3, "CSVAPI_MAX_ATTEMPTS", "Workers a task may lose before it fails", read="count")
    lease: int = setting(60, "CSVAPI_LEASE", "Silence after which a running task's worker is lost", read="seconds")
    stop_grace: int = setting(
        5, "CSVAPI_STOP_GRACE", "Time a stopping worker has to finish its task before it hands it back", read="seconds"
    )
    fork_above: int = setting(
        MIB, "CSVAPI_FORK_ABOVE", "Input from which on a task gets a process of its own", read="bytes"
    )
    retention: int = setting(7 * 86400, "CSVAPI_RETENTION", "How long uploads and results are kept", read="seconds")
    upload_ttl: int = setting(
        86400, "CSVAPI_UPLOAD_TTL", "How long a resumable upload waits for its next part", read="seconds"
    )
    max_retention: int = setting(
        90 * 86400, "CSVAPI_MAX_RETENTION", "How far ahead a user may set the end of a file", read="seconds"
    )
    sweep_grace: int = setting(
        3600, "CSVAPI_SWEEP_GRACE", "Age at which a stored object that no row owns is removed", read="seconds"
    )

    log_format: str = setting("", "CSVAPI_LOG_FORMAT", "`json` or `text`; empty: `text` on a terminal, else `json`")
    log_level: str = setting("INFO", "CSVAPI_LOG_LEVEL", "`DEBUG`, `INFO`, `WARNING` or `ERROR`")
    metrics_token: str = setting("", "CSVAPI_METRICS_TOKEN", "The Bearer token /metrics asks for; empty: it is open")
    sentry_dsn: str = setting("", "CSVAPI_SENTRY_DSN", "Where Sentry takes errors; needs the extra `sentry`")
    otel_endpoint: str = setting(
        "", "CSVAPI_OTEL_ENDPOINT", "Where OpenTelemetry takes traces (OTLP); needs the extra `otel`"
    )

    @property
    def origins(self) -> list[str]:
        """The web pages that may call the API (CORS), as a list."""
        return names(self.cors_origins)

    @property
    def worker_count(self) -> int:
        """Worker processes that `csvapi start` runs: by default one for each core, at most four."""
        return self.workers or min(os.cpu_count() or 1, 4)

    @property
    def task_processes(self) -> int:
        """Processes for one task: by default its share of the cores when every worker is busy, at least one."""
        return self.processes or max(1, (os.cpu_count() or 1) // self.worker_count)

    @property
    def longest_task(self) -> int:
        """The longest that any task may run, here or on the cluster."""
        return max(self.task_time, self.cluster_task_time) if self.cluster else self.task_time

    @property
    def files_dir(self) -> Path:
        """The folder of the stored files, where there is no bucket."""
        return self.data_dir / "files"

    @property
    def cache_dir(self) -> Path:
        """The folder of the copies of a bucket's files."""
        return self.data_dir / "cache"

    @property
    def workspace_dir(self) -> Path:
        """The folder of what tasks write while they run."""
        return self.data_dir / "workspace"


def names(text: str) -> list[str]:
    """The parts of a comma-separated list."""
    return [part.strip() for part in text.split(",") if part.strip()]


def load(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings. Raises InvalidInput with the name of a malformed variable and the form it takes."""
    values: dict[str, Any] = {}
    for item in fields(Settings):
        name, kind = item.metadata["env"], item.metadata["read"]
        text = environ.get(name, "").strip()
        if not text:
            continue
        values[item.name] = value = read(kind, text)
        if value is None:
            raise InvalidInput(f"{name} must be {FORMS[kind]}, not {text!r}", pointer=name)
    values.setdefault("database_url", original_variables.database_url(environ))
    values.setdefault("redis_url", original_variables.redis_url(environ))
    if read("switch", environ.get("DEBUG", "").strip()):
        values.setdefault("env", "development")
    if password := environ.get("ADMIN_PASSWORD", "").strip():  # without one nobody can be created
        values.setdefault("admin_email", environ.get("ADMIN_EMAIL", "").strip())
        values.setdefault("admin_password", password)
    return Settings(**values)
