"""The installation that a command works on: the one in the environment, else that of `csvapi start`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from csvapi import config
from csvapi.start import programs
from csvapi.start.folder import CannotStart, own_secrets
from csvapi.start.queue import Valkey

if TYPE_CHECKING:
    from flask import Flask


def environment() -> dict[str, str]:
    """The variables of its programs. Raises CannotStart if none is named and none was ever started here."""
    settings = config.load()
    if settings.database_url and settings.redis_url:
        return dict(os.environ)
    folder = settings.data_dir.expanduser().absolute()
    if not (folder / "secrets.env").exists():
        raise CannotStart(
            f"There is no csvapi in the folder {folder}; "
            "name its folder (CSVAPI_DATA_DIR) or its servers (DATABASE_URL, REDIS_URL)"
        )
    secrets = own_secrets(folder)
    env = programs.environment(os.environ, settings, folder, secrets)
    env["REDIS_URL"] = settings.redis_url or Valkey.plan(folder / "queue", secrets["CSVAPI_QUEUE_PASSWORD"]).url
    return env


def application() -> Flask:
    """The application of the installation."""
    from csvapi.app import create_app

    return create_app(config.load(environment()), serves=False)
