"""The application factory."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from csvapi import config, settings_check, telemetry
from csvapi.extensions import READS, Runtime, db, jwt, runtime
from csvapi.keys import Keys
from csvapi.models import ApiKey, RefreshFamily, User
from csvapi.process.pool import Pool
from csvapi.queue.enqueue import Jobs, connect, connect_briefly
from csvapi.rates import rates_of
from csvapi.recent import RecentAccess, watch
from csvapi.storage import storage_of
from csvapi.throttle import Throttle

watch((User, RefreshFamily, ApiKey), lambda: runtime().recent.announce())
READERS = 4  # connections that only read: fewer than threads, since each is held for one SELECT
TASK_GRACE = 30  # seconds after which the queue stops a task that did not stop by itself


class _Application(Flask):
    """Flask without a look at each function whether it is a coroutine: here none is, and a request calls a dozen."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The function as it is."""
        return func


def create_app(settings: config.Settings | None = None, *, serves: bool = True) -> Flask:
    """Build the application from settings, by default those of the environment.

    With `serves` it answers HTTP. The worker, the scheduler and commands only use its services, and start faster
    without importing the API and the pages. Raises InvalidInput with the name of the variable for a setting that
    is missing, weak or malformed.
    """
    settings = settings or config.load()
    settings_check.check(settings)
    app = _Application("csvapi", static_folder=None)
    app.config.update(_flask_config(settings))
    redis, counts = connect(settings.redis_url), connect_briefly(settings.redis_url)
    app.extensions["csvapi"] = Runtime(
        settings=settings,
        storage=storage_of(settings),
        redis=redis,
        jobs=Jobs(redis, settings.longest_task + TASK_GRACE, settings.task_time + TASK_GRACE),
        throttle=Throttle(counts, enabled=settings.rate_limits),
        rates=rates_of(settings, counts),
        keys=Keys.of(settings),
        pool=Pool(settings),
        recent=RecentAccess(counts),
    )
    db.init_app(app)
    jwt.init_app(app)
    if serves:
        _serve(app, settings)
    telemetry.start(app, settings)
    if settings.proxies:
        n = settings.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=n, x_proto=n, x_host=n, x_prefix=n)  # type: ignore[method-assign]
    return app


def _serve(app: Flask, settings: config.Settings) -> None:
    """The API, its documentation, and the pages for people, whose libraries take time and memory to import."""
    from csvapi import migrating
    from csvapi.api import docs as api_docs
    from csvapi.api import errors, path_ids, request_hooks
    from csvapi.api.body import Request
    from csvapi.web import admin, console, docs, mailed_links, rq, single_sign_on

    app.request_class = Request
    app.url_map.merge_slashes = False
    path_ids.use(app)
    app.json.sort_keys = False  # type: ignore[attr-defined]  # of the default provider
    migrating.use(app)
    api_docs.register(app)
    errors.register(app)
    app.register_blueprint(console.blp)  # before the documentation, which has `/` where there is no console
    app.register_blueprint(docs.blp)
    admin.register(app)
    mailed_links.register(app)
    single_sign_on.register(app)
    rq.register(app, app.extensions["csvapi"].redis)
    request_hooks.register(app, settings)


def _flask_config(settings: config.Settings) -> dict[str, Any]:
    https = settings.public_url.startswith("https://")
    return {
        "SECRET_KEY": settings.secret_key,
        "SECRET_KEY_FALLBACKS": list(filter(None, [settings.secret_key_previous])),
        "MAX_CONTENT_LENGTH": settings.max_body,
        "MAX_FORM_MEMORY_SIZE": settings.max_body,
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": _engine_options(settings),
        "SQLALCHEMY_BINDS": _engine_of_reads(settings),
        "JWT_TOKEN_LOCATION": ["headers"],
        "JWT_IDENTITY_CLAIM": "user_id",
        "JWT_ENCODE_NBF": False,
        "JWT_COOKIE_CSRF_PROTECT": False,  # tokens travel in headers only
        "JWT_ACCESS_TOKEN_EXPIRES": timedelta(seconds=settings.access_ttl),
        "JWT_REFRESH_TOKEN_EXPIRES": timedelta(seconds=settings.refresh_ttl),
        "JWT_ALGORITHM": settings.jwt_algorithm,
        "SESSION_COOKIE_NAME": "__Host-csvapi" if https else "csvapi",
        "SESSION_COOKIE_SECURE": https,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
    }


def _engine_options(settings: config.Settings) -> dict[str, Any]:
    """A connection per thread; those to a server are READ COMMITTED, and renewed hourly (see `extensions`, too).

    A returned connection is not rolled back once more: whoever opened a transaction has ended it (see `transaction`).
    """
    pool = {
        "pool_size": settings.web_threads,
        "max_overflow": 4,
        "pool_reset_on_return": None,
        "pool_use_lifo": True,  # the connection used last is the least likely to need a sign of life
    }
    if settings.database_url.startswith("sqlite"):
        return pool
    return {
        **pool,
        "pool_recycle": 3600,
        "pool_timeout": 10,
        "isolation_level": "READ COMMITTED",
        "connect_args": {"connect_timeout": 5},
    }


def _engine_of_reads(settings: config.Settings) -> dict[str, Any]:
    """A few more connections to a server, for `extensions.one_select`; SQLite has no trip to save, and needs none."""
    if settings.database_url.startswith("sqlite"):
        return {}
    own = {"pool_size": READERS, "max_overflow": 0, "isolation_level": "AUTOCOMMIT", "skip_autocommit_rollback": True}
    return {READS: {**_engine_options(settings), **own, "url": settings.database_url}}
