"""Variables of the system that csvapi replaces, translated into its own settings."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote


def database_url(environ: Mapping[str, str]) -> str:
    """DB_HOST, DB_PORT, DB_NAME, DB_USER and DB_PASSWORD as one URL, or ""."""
    host = environ.get("DB_HOST", "")
    if not host:
        return ""
    user, password = quote(environ.get("DB_USER", "csvapi"), safe=""), quote(environ.get("DB_PASSWORD", ""), safe="")
    name, port = quote(environ.get("DB_NAME", "csvapi"), safe=""), environ.get("DB_PORT", "3306")
    return f"mysql+pymysql://{user}:{password}@{host}:{port}/{name}?charset=utf8mb4"


def redis_url(environ: Mapping[str, str]) -> str:
    """REDIS_HOST, REDIS_PORT and REDIS_PASSWORD as one URL, or ""."""
    host = environ.get("REDIS_HOST", "")
    if not host:
        return ""
    password = environ.get("REDIS_PASSWORD", "")
    login = f":{quote(password, safe='')}@" if password else ""
    return f"redis://{login}{host}:{environ.get('REDIS_PORT', '6379')}/0"
