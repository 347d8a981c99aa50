"""The application factory."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from csvapi import config, settings_check, telemetry
from csvapi.api import docs as api_docs
from csvapi.api import errors as api_errors
from csvapi.api import path_ids, request_hooks
from csvapi.api.body import Request
from csvapi.extensions import Runtime, db, jwt, migrate
from csvapi.keys import Keys
from csvapi.process.pool import Pool
from csvapi.queue.enqueue import Jobs, connect, connect_briefly
from csvapi.rates import rates_of
from csvapi.storage import storage_of
from csvapi.throttle import Throttle
from csvapi.web import docs

TASK_GRACE = 30  # seconds after which the queue stops a task that did not stop by itself


class CsvapiFlask(Flask):
    """Flask with the request class of this project."""

    request_class = Request


def create_app(settings: config.Settings | None = None, *, pages: bool = True) -> Flask:
    """Build the application from settings, by default those of the environment; `pages` adds the pages for people.

    Raises InvalidInput with the name of the variable for a setting that is missing, weak or malformed.
    """
    settings = settings or config.load()
    settings_check.check(settings)
    app = CsvapiFlask("csvapi", static_folder=None)
    app.config.update(_flask_config(settings))
    app.url_map.merge_slashes = False
    path_ids.use(app)
    app.json.sort_keys = False  # type: ignore[attr-defined]  # of the default provider
    redis, counts = connect(settings.redis_url), connect_briefly(settings.redis_url)
    app.extensions["csvapi"] = Runtime(
        settings=settings,
        storage=storage_of(settings),
        redis=redis,
        jobs=Jobs(redis, settings.task_time + TASK_GRACE),
        throttle=Throttle(counts, enabled=settings.rate_limits),
        rates=rates_of(settings, counts),
        keys=Keys.of(settings),
        pool=Pool(settings),
    )
    db.init_app(app)
    migrate.init_app(app, db)
    jwt.init_app(app)
    api_docs.register(app)
    api_errors.register(app)
    app.register_blueprint(docs.blp)
    if pages:
        _register_pages(app)
    request_hooks.register(app, settings)
    telemetry.start(app, settings)
    if settings.proxies:
        n = settings.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=n, x_proto=n, x_host=n, x_prefix=n)  # type: ignore[method-assign]
    return app


def _register_pages(app: Flask) -> None:
    """The administrators' pages, whose libraries take time and memory to import."""
    from csvapi.web import admin, mailed_links, rq

    admin.register(app)
    mailed_links.register(app)
    rq.register(app, app.extensions["csvapi"].redis)


def _flask_config(settings: config.Settings) -> dict[str, Any]:
    https = settings.public_url.startswith("https://")
    return {
        "SECRET_KEY": settings.secret_key,
        "SECRET_KEY_FALLBACKS": list(filter(None, [settings.secret_key_previous])),
        "MAX_CONTENT_LENGTH": settings.max_body,
        "MAX_FORM_MEMORY_SIZE": settings.max_body,
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": _engine_options(settings),
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
    """A connection per thread; those to a server are checked before use, renewed hourly, and READ COMMITTED."""
    if settings.database_url.startswith("sqlite"):
        return {"pool_size": settings.web_threads, "max_overflow": 4}
    return {
        "pool_size": settings.web_threads,
        "max_overflow": 4,
        "pool_pre_ping": True,
        "pool_recycle": 3600,
        "pool_timeout": 10,
        "isolation_level": "READ COMMITTED",
        "connect_args": {"connect_timeout": 5},
    }
