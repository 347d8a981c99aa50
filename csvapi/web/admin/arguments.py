"""Checks on the query of administrators' pages, which Flask-Admin hands to the database as it is."""

from __future__ import annotations

import logging
from typing import Any

from flask import Blueprint, Response, jsonify
from sqlalchemy.exc import DataError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from csvapi.api.errors import handle_error
from csvapi.errors import DatabaseDown

log = logging.getLogger(__name__)

MOST_PAGES = 1_000_000
SEARCHED = 200  # characters of a search
WORDS = 10
UNREADABLE = (ValueError, OverflowError, DataError)
AWAY = (OperationalError, PoolTimeout)


def refuse(blueprint: Blueprint) -> Blueprint:
    """Answer 400 if the query has values that no number, date or row can have.

    The library would hand them to the database, whose error would become a 500. The traceback is logged. A database
    that cannot be reached is a 503, as everywhere.
    """
    for kind in UNREADABLE:
        blueprint.register_error_handler(kind, _refusal)
    for other in AWAY:
        blueprint.register_error_handler(other, _away)
    return blueprint


def _away(error: Exception) -> Response:
    log.warning("the database cannot be reached: %r", error)
    return handle_error(DatabaseDown("The database cannot be reached; try again in a moment"))


def _refusal(error: Exception) -> Response:
    log.warning("unreadable address of a page", exc_info=error)
    response = jsonify({"error": "The address of the page, or its form, holds a value that nothing has"})
    response.status_code = 400
    return response


def bounded(arguments: Any) -> Any:
    """Flask-Admin's view of the query, with a valid page number and a search of bounded length.

    It would hand names other than its own on to `url_for`, where some have another meaning.
    """
    arguments.extra_args = {}
    arguments.page = min(max(arguments.page or 0, 0), MOST_PAGES)
    if arguments.search:
        arguments.search = " ".join(arguments.search[:SEARCHED].replace("\0", " ").split()[:WORDS])
    return arguments


def number(text: str) -> int | None:
    """The id in a text; None for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
