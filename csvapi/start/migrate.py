"""`csvapi migrate`: update tables and bucket, create the administrator; safe to repeat."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

CREATED = "is an administrator now"


def build_parser() -> argparse.ArgumentParser:
    """The options of `csvapi migrate`."""
    parser = argparse.ArgumentParser("csvapi migrate", description=__doc__)
    parser.add_argument(
        "--first-admin", action="store_true", help="leave the settings' administrator out when there is another one"
    )
    return parser


def main(arguments: Sequence[str]) -> int:
    """Update tables and bucket, then create the configured administrator, or make that account one.

    With --first-admin nothing is created if there is an administrator already.
    """
    only_first = build_parser().parse_args(arguments).first_admin
    from flask_migrate import upgrade

    from csvapi import migrating
    from csvapi.app import create_app
    from csvapi.config import load
    from csvapi.extensions import runtime
    from csvapi.services.accounts import ensure_admin
    from csvapi.services.administration import first_admin

    settings = load()
    create = first_admin if only_first else ensure_admin
    app = create_app(settings, serves=False)
    migrating.use(app)
    with app.app_context():
        upgrade()
        runtime().storage.prepare()
        if settings.admin_email and create(settings.admin_email, settings.admin_password):
            print(f"{settings.admin_email} {CREATED}", flush=True)
    return 0
