"""Upload, operate, poll, download: the published contract, with a real worker."""

from __future__ import annotations

import io
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient

from csvapi import config
from csvapi.app import create_app
from csvapi.csvio.pages import unique_names
from csvapi.native.loader import parser
from csvapi.services import links
from tests.stack import PASSWORD, Account

# A value is text and stays that text: what type guessing damages.
AWKWARD = (
    b"id,code,amount,flag,note\r\n"
    b"007,1.0,1e5,TRUE,\r\n"
    b'9007199254740993,NA,"1,5",false,"two\nlines and ""quotes"""\r\n'
    b"007,1.0,1e5,TRUE,\r\n"
    b"8,+1,-0,null,None\r\n"
)
LINES = AWKWARD.split(b"\r\n")
UNIQUE = b"\r\n".join([*LINES[:3], LINES[4], b""])


def stored(app: Flask) -> list[Path]:
    return sorted(path for path in app.extensions["csvapi"].storage.root.rglob("*") if path.is_file())


pytestmark = pytest.mark.usefixtures("worker")


def test_dedup_unique_and_filter_keep_bytes(account: Account) -> None:
    assert account.result(AWKWARD, "dedup") == UNIQUE
    assert account.result(AWKWARD, "unique", column="id") == UNIQUE
    kept = account.result(AWKWARD, "filter", filters=[{"column": "id", "operator": "==", "value": "9007199254740993"}])
    assert kept == b"\r\n".join([LINES[0], LINES[2], b""])


def test_task_status_shows_cells_as_text_and_empty_ones_too(account: Account) -> None:
    state = account.finished(account.start(account.upload(AWKWARD), "dedup"))
    assert state["result"]["data"] == [
        {"id": "007", "code": "1.0", "amount": "1e5", "flag": "TRUE", "note": ""},
        {"id": "9007199254740993", "code": "NA", "amount": "1,5", "flag": "false", "note": 'two\nlines and "quotes"'},
        {"id": "8", "code": "+1", "amount": "-0", "flag": "null", "note": "None"},
    ]


def test_absent_fields_are_null_and_extra_ones_are_shown(account: Account) -> None:
    state = account.finished(account.start(account.upload(b"a,b,a\n1\n1,2,3,4\n"), "dedup"))
    assert state["result"]["data"] == [
        {"a": "1", "b": None, "a.1": None},
        {"a": "1", "b": "2", "a.1": "3", "column_4": "4"},
    ]


def test_unique_names() -> None:
    assert unique_names(["a", "b", "a", "a"], 5) == ["a", "b", "a.1", "a.2", "column_5"]
    assert unique_names(["a", "a", "a.1"], 0) == ["a", "a.2", "a.1"]
    assert unique_names([], 0) == []


@pytest.mark.parametrize("n", [0, 1, 2])
def test_n_limits_the_records_shown(account: Account, n: int) -> None:
    state = account.finished(account.start(account.upload(b"a\n1\n2\n3\n"), "dedup"), n=n)
    assert len(state["result"]["data"]) == n


def test_filters_may_be_json_text_in_a_form(account: Account) -> None:
    file_id = account.upload(b"name,age\nAda,36\nBob,9\n")
    form = {"file_id": str(file_id), "operation": "filter", "filters": '[{"column":"age","operator":">","value":10}]'}
    for kind in ("application/x-www-form-urlencoded", "multipart/form-data"):
        answer = account.post("/api/perform-operation", data=form, content_type=kind)
        state = account.finished(answer.json["task_id"])
        assert state["result"]["data"] == [{"name": "Ada", "age": "36"}]


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("utf-8", "naïve"),
        ("utf-8-sig", "naïve"),
        ("cp1252", "naïve – señor café"),
        ("utf-16", "naïve"),
        ("utf-16-le", "naïve"),
    ],
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_encodings_and_delimiters_are_found_and_kept(
    account: Account, encoding: str, text: str, delimiter: str
) -> None:
    rows = [["name", "city", "age"], [text, "Zürich", "1"], [text, "Zürich", "1"], ["señor", "Köln", "23"]]
    content = "".join(delimiter.join(row) + "\r\n" for row in rows)
    expected = "".join(delimiter.join(row) + "\r\n" for row in [*rows[:2], rows[3]])
    state = account.finished(account.start(account.upload(content.encode(encoding)), "dedup"))
    assert state["status"] == "SUCCESS", state
    assert [list(row.values()) for row in state["result"]["data"]] == [rows[1], rows[3]]
    assert account.download(state["result"]["file_link"]).data == expected.encode(encoding)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("people.txt", b"a,b\n1,2\n", ".csv"),
        ("people.csv", b"", "empty"),
        ("people.csv", b"PK\x03\x04" + bytes(200), ""),
        ("people.csv", b"\x89PNG\r\n\x1a\n" + bytes(range(256)), ""),
        ("people.csv", bytes(range(256)) * 40, ""),
        ("", b"a,b\n", "file"),
    ],
)
def test_upload_refuses_what_is_no_csv_and_stores_nothing(
    account: Account, app: Flask, name: str, content: bytes, says: str
) -> None:
    before = stored(app)
    answer = account.post("/api/upload-csv/", data={"file": (io.BytesIO(content), name)})
    assert answer.status_code == 400
    assert says in answer.json["error"]
    assert stored(app) == before


FORM = "multipart/form-data; boundary=x"


def nothing_chosen() -> bytes:
    """What a browser sends for a form whose file field was left empty."""
    head = b'Content-Disposition: form-data; name="file"; filename=""\r\nContent-Type: application/octet-stream'
    return b"--x\r\n" + head + b"\r\n\r\n\r\n--x--\r\n"


@pytest.mark.parametrize(
    ("name", "way_out"),
    [
        ("people.tsv", "Rename it to people.csv: the delimiter is detected"),
        ("people.tab", "Rename it to people.csv"),
        ("People.TXT", "Rename it to People.csv"),
        (
            "people.csv.gz",
            "Unpack it first, or send it to POST /api/v1/files?name=people.csv as the body itself, with the",
        ),
        ("people.gz", "Unpack it first, or send it to POST /api/v1/files?name=people.csv as the body itself, with the"),
        ("people.csv.zip", "Unpack it first"),
        ("people.xlsx", "Save or export the table as CSV"),
        ("people", "Save or export the table as CSV"),
    ],
)
def test_a_name_that_is_not_taken_says_the_way_out(account: Account, app: Flask, name: str, way_out: str) -> None:
    before = stored(app)
    answer = account.post("/api/upload-csv/", data={"file": (io.BytesIO(b"a\tb\n1\t2\n"), name)})
    assert answer.status_code == 400
    assert answer.json["error"].startswith(f"Invalid file format. Only CSV files are allowed. {way_out}")
    assert stored(app) == before


def test_other_content_under_the_name_begins_with_the_same_sentence(account: Account) -> None:
    answer = account.post("/api/upload-csv/", data={"file": (io.BytesIO(b"PK\x03\x04" + bytes(99)), "people.csv")})
    assert answer.status_code == 400
    assert answer.json["error"].startswith(
        "Invalid file format. Only CSV files are allowed. This file is a ZIP archive"
    )


@pytest.mark.parametrize("second", [(io.BytesIO, "b.csv"), (io.BytesIO, "a.csv"), None])
def test_two_files_in_one_form_are_refused(account: Account, app: Flask, second: tuple[Any, str] | None) -> None:
    before = stored(app)
    other = (second[0](b"c\n2\n"), second[1]) if second else "text"
    answer = account.post("/api/upload-csv/", data={"file": [(io.BytesIO(b"a\n1\n"), "a.csv"), other]})
    assert answer.status_code == 400
    assert "several parts named `file`" in answer.json["error"]
    assert stored(app) == before


def test_the_part_named_file_is_the_one_that_is_stored(account: Account) -> None:
    """Whatever other files stand before it in the form."""
    form = {"other": (io.BytesIO(b"wrong\n1\n"), "other.csv"), "file": (io.BytesIO(b"right\n2\n"), "people.csv")}
    answer = account.post("/api/upload-csv/", data=form)
    assert answer.status_code == 201, answer.text
    state = account.finished(account.start(answer.json["file_id"], "dedup"))
    assert state["result"]["data"] == [{"right": "2"}]


@pytest.mark.parametrize("kind", ["application/json", "text/csv", "application/vnd.api+json"])
def test_an_upload_that_is_no_form_is_415(account: Account, kind: str) -> None:
    answer = account.post("/api/upload-csv/", data=b'{"file": "x"}', content_type=kind)
    assert answer.status_code == 415
    assert answer.json.keys() == {"detail"}
    assert answer.json["detail"].startswith(f'Unsupported media type "{kind}" in request.')


def test_upload_without_a_file(account: Account) -> None:
    for kwargs in (
        {},
        {"data": {"file": "text"}},
        {"data": {"file": "text"}, "content_type": "multipart/form-data"},
        {"data": {"other": (io.BytesIO(b"a"), "a.csv")}},
        {"data": nothing_chosen(), "content_type": FORM},
    ):
        answer = account.post("/api/upload-csv/", **kwargs)
        assert (answer.status_code, answer.json) == (400, {"error": "No file provided"})


def test_upload_over_the_limit_is_413_and_leaves_nothing(environ: dict[str, str], app: Flask, account: Account) -> None:
    small = create_app(config.load({**environ, "CSVAPI_MAX_UPLOAD": "1KiB"}))
    before = stored(small)
    form = {"file": (io.BytesIO(b"a,b\n" * 1000), "large.csv")}
    answer = small.test_client().post("/api/upload-csv/", headers=account.headers, data=form)
    assert answer.status_code == 413
    assert "1024" in answer.json["error"]
    assert stored(small) == before


def test_a_full_quota_is_429(environ: dict[str, str], app: Flask, account: Account) -> None:
    account.upload(b"a,b\n1,2\n")
    full = create_app(config.load({**environ, "CSVAPI_MAX_FILES": "1"})).test_client()
    form = {"file": (io.BytesIO(b"a,b\n"), "more.csv")}
    answer = full.post("/api/upload-csv/", headers=account.headers, data=form)
    assert answer.status_code == 429
    assert "1 file" in answer.json["error"]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({}, "file_id"),
        ({"file_id": "x", "operation": "dedup"}, "file_id"),
        ({"file_id": 2**70, "operation": "dedup"}, "file_id"),
        ({"file_id": 10**15, "operation": "dedup"}, "File not found or access denied"),
        ({"operation": "sort"}, '"sort" is not a valid choice. The operation must be one of: dedup, unique, filter.'),
        ({"operation": "Dedup"}, '"Dedup" is not a valid choice.'),
        ({"operation": ""}, '"" is not a valid choice.'),
        ({"operation": 5}, '"5" is not a valid choice.'),
        ({"operation": None}, '"null" is not a valid choice.'),
        ({"operation": ["dedup"]}, '"["dedup"]" is not a valid choice.'),
        ({"operation": "x" * 9999}, 'xxx" is not a valid choice.'),
        ({"operation": "filter", "filters": [{"column": "a", "operator": "!=", "value": None}]}, "not_empty"),
        ({"operation": "filter", "filters": [{"column": "a", "operator": "in", "value": [None]}]}, "is_empty"),
        ({"operation": "unique"}, "column"),
        ({"operation": "unique", "column": "nope"}, "nope"),
        ({"operation": "unique", "column": 3}, "column"),
        ({"operation": "filter"}, "filters"),
        ({"operation": "filter", "filters": "{"}, "JSON"),
        ({"operation": "filter", "filters": {"column": "a"}}, "list"),
        ({"operation": "filter", "filters": [1]}, ""),
        ({"operation": "filter", "filters": [{"column": "nope", "operator": "==", "value": "1"}]}, "nope"),
        ({"operation": "filter", "filters": [{"column": "a", "operator": "~", "value": "1"}]}, "operator"),
        ({"operation": "filter", "filters": [{"column": "a", "operator": "matches", "value": "("}]}, ""),
    ],
)
def test_perform_operation_refuses_and_names_the_field(account: Account, body: dict[str, object], says: str) -> None:
    if "file_id" not in body and body:
        body = {"file_id": account.upload(b"a,b\n1,2\n"), **body}
    answer = account.post("/api/perform-operation/", json=body)
    assert answer.status_code == 400, answer.text
    assert says in answer.json["error"]
    assert answer.json["error"].startswith('"') == ("choice" in says)
    assert len(answer.text) < 500


def test_what_is_not_yours_does_not_exist(account: Account, other: Account) -> None:
    file_id = account.upload(b"a,b\n1,2\n")
    refused = other.post("/api/perform-operation/", json={"file_id": file_id, "operation": "dedup"})
    absent = other.post("/api/perform-operation/", json={"file_id": 10**12, "operation": "dedup"})
    assert (refused.status_code, refused.json) == (absent.status_code, absent.json) == (400, refused.json)
    task_id = account.start(file_id, "dedup")
    theirs = other.get(f"/api/task-status/?task_id={task_id}")
    nobodys = other.get(f"/api/task-status/?task_id={uuid4()}")
    assert (
        (theirs.status_code, theirs.json) == (nobodys.status_code, nobodys.json) == (404, {"error": "Task not found"})
    )


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("", "task_id parameter is required"),
        ("task_id=x&n=-1", "n "),
        ("task_id=x&n=10001", "n "),
        ("task_id=x&n=z", "n"),
    ],
)
def test_task_status_refuses_bad_queries(account: Account, query: str, says: str) -> None:
    answer = account.get(f"/api/task-status/?{query}")
    assert answer.status_code == 400
    assert says in answer.json["error"]


def test_the_file_link_works_in_a_plain_browser(account: Account) -> None:
    state = account.finished(account.start(account.upload(AWKWARD, "Größe 1.CSV"), "dedup"))
    link = state["result"]["file_link"]
    assert link.startswith("http://localhost/")
    answer = account.download(link)
    assert answer.data == UNIQUE
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    part = account.download(link, Range="bytes=3-6")
    assert (part.status_code, part.data) == (206, UNIQUE[3:7])
    assert account.download(link, **{"If-None-Match": answer.headers["ETag"]}).status_code == 304
    beyond = account.download(link, Range="bytes=999999-")
    assert (beyond.status_code, beyond.headers["Content-Range"]) == (416, f"bytes */{len(UNIQUE)}")
    assert f"{len(UNIQUE)} bytes" in beyond.json["error"]
    for ignored in ("lines=1-2", "bytes=5-3", "bytes=0-1,3-4", "bytes=x"):
        assert account.download(link, Range=ignored).status_code == 200
    assert account.client.head(link, headers={"Range": "bytes=3-6"}).status_code == 200


def test_a_tampered_or_expired_link_opens_nothing(account: Account, app: Flask, environ: dict[str, str]) -> None:
    state = account.finished(account.start(account.upload(AWKWARD), "dedup"))
    link = state["result"]["file_link"].rstrip("/")
    flipped = link[:-1] + ("A" if link[-1] != "A" else "B")
    middle = link.rsplit(".", 1)
    for wrong in (flipped, f"{middle[0]}x.{middle[1]}", link[:-10]):
        assert account.client.get(wrong, buffered=True).status_code == 403
    hasty = create_app(config.load({**environ, "CSVAPI_LINK_TTL": "0"}))
    with hasty.app_context():
        token = links.sign(1)
    started = int(time.time())
    while int(time.time()) <= started:  # a link's life is counted in whole seconds
        pass
    assert account.client.get(f"/api/download/{token}/").status_code == 410


def test_a_broken_file_ends_in_a_clear_failure(account: Account, app: Flask) -> None:
    file_id = account.upload(b"a,b\n1,2\n")
    newest = max(stored(app), key=lambda path: path.stat().st_mtime_ns)
    newest.unlink()  # by hand, behind the service's back
    state = account.finished(account.start(file_id, "dedup"))
    assert state["status"] == "FAILURE"
    assert state["error"]


def test_the_queue_down_is_503_and_leaves_no_task(environ: dict[str, str], app: Flask, account: Account) -> None:
    from sqlalchemy import func, select

    from csvapi.extensions import transaction
    from csvapi.models import Task

    deaf = create_app(config.load({**environ, "REDIS_URL": "redis://127.0.0.1:9/0"})).test_client()
    file_id = account.upload(b"a,b\n1,2\n")
    body = {"file_id": file_id, "operation": "dedup"}
    answer = deaf.post("/api/perform-operation/", headers=account.headers, json=body)
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    with app.app_context(), transaction() as session:
        assert session.scalar(select(func.count()).where(Task.file_id == file_id)) == 0


def test_health(client: FlaskClient, environ: dict[str, str]) -> None:
    assert client.get("/healthz").json == {"status": "ok"}
    parts = dict.fromkeys(("status", "database", "queue", "storage"), "ok")
    assert client.get("/readyz").json == {**parts, "parser": parser()}
    deaf = create_app(config.load({**environ, "REDIS_URL": "redis://127.0.0.1:9/0"})).test_client()
    answer = deaf.get("/readyz")
    assert answer.status_code == 503
    assert "queue" in answer.json["queue"]


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/nope"), ("GET", "/api/login/"), ("DELETE", "/api/upload-csv"), ("POST", "/%ff%00")]
)
def test_every_refusal_is_json(client: FlaskClient, method: str, path: str) -> None:
    answer = client.open(path, method=method)
    assert answer.status_code in {404, 405}
    assert answer.mimetype == "application/json"
    assert answer.json["error"]


@pytest.mark.parametrize(
    "raw",
    [
        b"[",
        b"[]",
        b'"x"',
        b"NaN",
        b'{"email": NaN}',
        b'{"email":"\\ud800"}',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"email": {"a": 1}}',
        b"null",
    ],
)
def test_malformed_json_is_400(client: FlaskClient, raw: bytes) -> None:
    answer = client.post("/api/register/", data=raw, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json["error"]


def test_malformed_multipart_and_large_bodies(client: FlaskClient, account: Account) -> None:
    for path in ("/api/register/", "/api/upload-csv/"):
        broken = account.post(path, data=b"--x\r\nnonsense", content_type="multipart/form-data; boundary=x")
        assert broken.status_code == 400
        assert account.post(path, data=b"x", content_type="multipart/form-data").status_code == 400
    large = client.post(
        "/api/register/", data=b'{"email":"' + b"x" * 2_000_000 + b'"}', content_type="application/json"
    )
    assert large.status_code == 413
    assert "limit of 1048576 bytes" in large.json["error"]


def test_what_is_cut_off_or_empty_is_refused(account: Account) -> None:
    file_id = account.upload(b"a\n1\n")
    start = {"operation": "dedup", "file_id": file_id}
    fraction = account.post("/api/perform-operation/", json={**start, "file_id": file_id + 0.5})
    assert (fraction.status_code, fraction.json["error"]) == (400, "file_id: Not a valid integer.")
    unread = account.post("/api/perform-operation/", data={**start, "operation": "filter", "filters": "["})
    assert unread.json["error"].startswith("filters is not valid JSON: ")
    nameless = account.get("/api/task-status/?task_id=")
    assert (nameless.status_code, nameless.json["error"]) == (400, "task_id parameter is required")
    for wrong in (None, "", 4, ["x"]):
        answer = account.post("/api/token/refresh/", json={"refresh": wrong})
        assert answer.status_code == 400
        assert isinstance(answer.json["refresh"][0], str)


def test_every_sentence_that_clients_compare(account: Account, client: FlaskClient) -> None:
    """The published list, each sentence whole and asked of the running service; a hint may follow three of them."""
    new = {"email": f"{uuid4().hex}@example.com", "password": PASSWORD, "confirm_password": PASSWORD}
    file_id = account.upload(b"a\n1\n")
    dedup = {"file_id": file_id, "operation": "dedup"}
    at = "/api/perform-operation/"
    chosen = {"file": (io.BytesIO(b"a\n1\n"), "a.csv")}
    wrong_name = {"file": (io.BytesIO(b"a\n1\n"), "a.txt")}
    for answer, status, key, sentence in (
        (client.post("/api/register/", json=new), 201, "message", "Registration successful"),
        (client.post("/api/login/", json=new), 200, "message", "Login successful"),
        (account.post("/api/upload-csv/", data=chosen), 201, "message", "File uploaded successfully"),
        (account.post(at, json=dedup), 201, "message", "Operation started"),
        (
            client.post("/api/register/", json={**new, "confirm_password": "another one"}),
            400,
            "error",
            "Password and confirm password do not match",
        ),
        (client.post("/api/login/", json={**new, "password": "x"}), 401, "error", "Invalid email or password"),
        (client.post("/api/login/", json={}), 401, "error", "Invalid email or password"),
        (account.post("/api/upload-csv/"), 400, "error", "No file provided"),
        (account.post(at, json={**dedup, "file_id": 10**12}), 400, "error", "File not found or access denied"),
        (account.get("/api/task-status/"), 400, "error", "task_id parameter is required"),
        (account.get(f"/api/task-status/?task_id={uuid4()}"), 404, "error", "Task not found"),
    ):
        assert (answer.status_code, answer.json[key]) == (status, sentence)
    for answer, sentence in (
        (account.post("/api/upload-csv/", data=wrong_name), "Invalid file format. Only CSV files are allowed."),
        (account.post(at, json={**dedup, "operation": "sort"}), '"sort" is not a valid choice.'),
        (account.post(at, data={**dedup, "operation": "sort"}), '"sort" is not a valid choice.'),
    ):
        assert answer.status_code == 400
        assert answer.json["error"].startswith(f"{sentence} ")
