"""What is in a file: its records as text, and what is odd about them."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from flask import g, make_response
from marshmallow import validate

from csvapi.api.contract import signed_in
from csvapi.api.raw_json import ready
from csvapi.api.resource import LINK, MAX_ID, RETRY, Paging, Resource, page
from csvapi.api.schemas import IssuePage, RowPage, RowsLater
from csvapi.models import File
from csvapi.services import file_contents, files, row_indices

blp = Resource("v1-rows", __name__, url_prefix="/api/v1/files/<int:file_id>", description="What is in a file")
ROW = {"row": 1, "line": 2, "byte": 8, "values": ["007", "Ada"]}
ROWS = {"columns": ["id", "name"], "items": [ROW], "total": 1, "next": None}
LATER = {"state": "indexing", "detail": "The places of the file's records are being noted; ask again in a moment"}
comes_later = blp.alt_response(
    202,
    schema=RowsLater,
    description="The records' places are being noted: ask again",
    example=LATER,
    headers=RETRY,
    success=True,
)


class RowPaging(Paging):
    """Where a page of records begins and how long it is."""

    from_row = ma.fields.Integer(
        validate=validate.Range(1, MAX_ID),
        metadata={"description": "The number of the record to begin with, from 1; not with `cursor`"},
    )


@blp.route("/rows", "list_rows", methods=["GET"])
@signed_in
@blp.arguments(RowPaging, location="query")
@blp.response(200, RowPage, example=ROWS, headers=LINK)
@comes_later
@blp.refuses(401, 404, 413, 422, 429, 503)
def show_rows(query: dict[str, Any], file_id: int) -> Any:
    """Show records as text: exactly the cells, null where a field is absent, with row, line and byte of each.

    A page costs what it shows, wherever in the file its cursor or `from_row` is. For the first `from_row` that is far
    into a file, the places of its records are noted; the answer is 202 until that is done: ask again after
    `Retry-After` seconds.
    """
    return rows_of(files.find(g.user.id, file_id), query)


def rows_of(file: File, query: dict[str, Any]) -> Any:
    """The response with a page of a file's records."""
    found = file_contents.rows(file, query["limit"], query.get("cursor"), query.get("from_row"))
    if found is None:
        return make_response(LATER, 202, {"Retry-After": str(row_indices.WAIT)})
    _, _, headers = page((), found.next)
    return ready("items", found.records, {"columns": found.columns, "total": found.total, "next": found.next}, headers)


ISSUE = {
    "code": "ragged",
    "kind": "ragged",
    "row": 7,
    "line": 8,
    "byte": 210,
    "detail": "it has 2 fields, the header has 3",
}


@blp.route("/issues", "list_issues", methods=["GET"])
@signed_in
@blp.arguments(Paging, location="query")
@blp.response(200, IssuePage, example={"items": [ISSUE], "next": None}, headers=LINK)
@blp.refuses(401, 404, 413, 422, 429, 503)
def issues(query: dict[str, Any], file_id: int) -> Any:
    """List ragged records, bytes that are no text, NULs, odd quotes and the like, each with row, line and byte.

    `code` is that of the warnings, and `kind` the same word.
    A page looks at a part of a large file: go on while `next` is not null, also when a page is empty.
    """
    found, cursor = file_contents.issues(files.find(g.user.id, file_id), query["limit"], query.get("cursor"))
    _, _, headers = page((), cursor)
    return ready("items", found, {"next": cursor}, headers)
