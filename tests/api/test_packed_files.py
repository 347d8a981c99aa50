"""Uploads that hold a CSV: workbooks, archives, compressed files; the whole way over HTTP."""

from __future__ import annotations

import base64
import hashlib
import io
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from csvapi.extensions import runtime, transaction
from csvapi.models import File
from tests.api.v1 import V1, problem
from tests.stack import Account
from tests.unpacking.files import (
    PEOPLE,
    encrypted,
    every_kind,
    gzipped,
    ods,
    protected_workbook,
    row,
    sheet,
    workbook,
    zipped,
    zstd,
)
from tests.unpacking.files import cell as ods_cell

DEDUP = {"op": "dedup"}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.fixture
def v1(account: Account) -> V1:
    return V1(account)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def send(
    v1: V1, content: bytes, name: str = "people.bin", kind: str = "application/octet-stream", **part: Any
) -> TestResponse:
    return v1.post("/files", query_string={"name": name, **part}, data=content, content_type=kind)


def uploaded(v1: V1, content: bytes, name: str = "people.bin", **part: Any) -> dict[str, Any]:
    answer = send(v1, content, name, **part)
    assert answer.status_code == 201, answer.text
    return dict(answer.json)


def book(*names: str) -> bytes:
    """A workbook with a sheet for each name."""

    def fill(made: Any) -> None:
        for name in names:
            page = made.add_worksheet(name)
            page.write_row(0, 0, ["id", name])
            for line in range(1, 4):
                page.write_row(line, 0, [f"{line % 2}", f"{name} {line % 2}"])

    return workbook(fill)


def csv_of(v1: V1, file: dict[str, Any]) -> bytes:
    return v1.get(f"{file['links']['content']}?as=csv").data


@pytest.mark.parametrize(
    ("form", "content", "kind"),
    [
        ("gzip", gzipped(PEOPLE), "application/gzip"),
        ("zstd", zstd(PEOPLE), "application/zstd"),
        ("zip", zipped({"people.csv": PEOPLE}), "application/zip"),
        ("zip", zipped({"people.csv": PEOPLE, "README.md": b"# what"}), "text/csv"),
    ],
)
def test_a_packed_csv_is_read_and_kept_as_it_was_sent(
    v1: V1, worker: None, form: str, content: bytes, kind: str
) -> None:
    answer = send(v1, content, "people.csv.gz", kind)
    assert answer.status_code == 201, answer.text
    file = dict(answer.json)
    assert (file["name"], file["kind"], file["columns"]) == ("people.csv.gz", "upload", ["id", "name"])
    assert (file["size"], file["sha256"]) == (len(content), sha256(content))
    reading = file["reading"]
    assert (reading["format"], reading["size"], reading["sha256"]) == (form, len(PEOPLE), sha256(PEOPLE))
    assert v1.ok("GET", f"/files/{file['id']}") == file
    original = v1.get(file["links"]["content"])
    assert (original.data, original.mimetype) == (content, file["media_type"])
    assert original.headers["Repr-Digest"] == f"sha-256=:{base64.b64encode(bytes.fromhex(sha256(content))).decode()}:"
    assert csv_of(v1, file) == PEOPLE
    rows = v1.ok("GET", f"/files/{file['id']}/rows")["items"]
    assert rows[1] == {"row": 2, "line": 3, "byte": 16, "values": ["8", "Bob"]}
    task = v1.finished(v1.submit(file["id"], {"op": "unique", "column": "name"})["id"])
    assert v1.result(task) == b"id,name\n007,Ada\n8,Bob\n"
    assert v1.ok("GET", f"/files/{task['result']}")["name"] == "people-unique.csv"
    receipt = v1.ok("GET", f"/tasks/{task['id']}/receipt")["receipt"]
    member = {"member": "people.csv"} if form == "zip" else {}
    original_facts = {"bytes": len(content), "sha256": sha256(content), "format": form, **member}
    assert receipt["input"] == {"bytes": len(PEOPLE), "sha256": sha256(PEOPLE), "original": original_facts}
    others = ["other_members"] if reading["others"] else []
    assert [each["code"] for each in file["warnings"]] == others
    assert [each["code"] for each in task["warnings"]] == others


def test_a_workbook_is_read_by_sheet_and_range(v1: V1, worker: None) -> None:
    content = book("First", "Second")
    file = uploaded(v1, content, "book.xlsx")
    assert (file["reading"]["sheet"], file["reading"]["range"], file["reading"]["others"]) == (
        "First",
        "A1:B4",
        ["Second"],
    )
    assert file["media_type"] == XLSX
    assert file["columns"] == ["id", "First"]
    assert [each["code"] for each in file["warnings"]] == ["other_sheets"]
    task = v1.finished(v1.submit(file["id"], DEDUP)["id"])
    assert v1.result(task) == b"id,First\r\n1,First 1\r\n0,First 0\r\n"
    assert [each["code"] for each in task["warnings"]] == ["other_sheets"]
    receipt = v1.ok("GET", f"/tasks/{task['id']}/receipt")["receipt"]
    assert {name: receipt["input"]["original"][name] for name in ("format", "sheet", "range")} == {
        "format": "xlsx",
        "sheet": "First",
        "range": "A1:B4",
    }
    changed = v1.ok("PATCH", f"/files/{file['id']}", json={"sheet": "Second", "range": "B1:B3"})
    assert (changed["id"], changed["columns"], changed["sha256"]) == (file["id"], ["Second"], sha256(content))
    assert csv_of(v1, changed) == b"Second\r\nSecond 1\r\nSecond 0\r\n"
    assert v1.get(changed["links"]["content"]).data == content
    back = v1.ok("PATCH", f"/files/{file['id']}", json={"sheet": None, "range": None, "name": "other.xlsx"})
    assert (back["columns"], back["name"]) == (["id", "First"], "other.xlsx")
    assert v1.ok("PATCH", f"/files/{file['id']}", json={"sheet": 2})["columns"] == ["id", "Second"]


@pytest.mark.parametrize("way", ["query", "form"])
def test_the_part_is_chosen_at_the_upload(v1: V1, way: str) -> None:
    content = book("A", "B")
    part = {"sheet": "B", "range": "A1:B3"}
    if way == "query":
        file = uploaded(v1, content, **part)
    else:
        data = {**part, "file": (io.BytesIO(content), "book.xlsx")}
        file = v1.ok("POST", "/files", data=data, content_type="multipart/form-data")
    assert (file["reading"]["sheet"], file["reading"]["range"]) == ("B", "A1:B3")
    assert csv_of(v1, file) == b"id,B\r\n1,B 1\r\n0,B 0\r\n"


def test_every_cell_of_a_workbook_arrives_as_text(v1: V1) -> None:
    file = uploaded(v1, every_kind(), "types.xlsx")
    values = dict(tuple(each["values"]) for each in v1.ok("GET", f"/files/{file['id']}/rows")["items"])
    assert (values["text"], values["whole"], values["date"]) == ("007", "42", "2026-01-31")
    assert (values["error"], values["duration"]) == ("#DIV/0!", "PT26H30M")
    assert {each["code"] for each in file["warnings"]} == {"cell_errors", "cell_formats_not_applied"}
    assert file["dialect"]["line_end"] == "\r\n"


def test_an_opendocument_spreadsheet(v1: V1) -> None:
    rows = row(ods_cell("id"), ods_cell("name")) + row(ods_cell("7", "float", value="7"), ods_cell("Ada; or 'Eve'"))
    file = uploaded(v1, ods(("Data", rows)), "people.ods")
    assert (file["reading"]["format"], file["columns"]) == ("ods", ["id", "name"])
    assert v1.ok("GET", f"/files/{file['id']}/rows")["items"][0]["values"] == ["7", "Ada; or 'Eve'"]


def test_cells_decide_nothing_about_the_dialect(v1: V1) -> None:
    """Cells full of other delimiters and quotes: the CSV that was written here is read as it was written."""
    cells = [["name", "note"], *(["x;y|z", "'what'"] for _ in range(30))]
    file = uploaded(v1, sheet(*cells), "odd.xlsx")
    assert (file["dialect"]["delimiter"], file["dialect"]["quote"]) == (",", '"')
    assert [each["values"] for each in v1.ok("GET", f"/files/{file['id']}/rows")["items"]] == cells[1:]
    again = v1.ok("POST", f"/files/{file['id']}/detect")
    assert again["dialect"] == file["dialect"]


def test_the_members_of_an_archive_are_listed_and_chosen(v1: V1) -> None:
    content = zipped({"a.csv": PEOPLE, "b.csv": b"x;y\n1;2\n"})
    refused = problem(send(v1, content), 422, "invalid_input", "/member")
    assert "'a.csv', 'b.csv'" in refused["detail"]
    file = uploaded(v1, content, member="b.csv")
    assert (file["columns"], file["dialect"]["delimiter"]) == (["x", "y"], ";")
    changed = v1.ok("PATCH", f"/files/{file['id']}", json={"member": "a.csv"})
    assert (changed["columns"], changed["reading"]["others"]) == (["id", "name"], ["b.csv"])
    problem(v1.call("PATCH", f"/files/{file['id']}", json={"member": "c.csv"}), 422, "invalid_input", "/member")
    problem(v1.call("PATCH", f"/files/{file['id']}", json={"sheet": "A"}), 422, "invalid_input", "/sheet")
    assert v1.ok("GET", f"/files/{file['id']}") == changed


def stored(app: Flask) -> tuple[int, set[str]]:
    with app.app_context(), transaction() as session:
        count = session.scalar(select(func.count()).select_from(File)) or 0
        temps = {path.name for path in runtime().storage.temps(0)}
    return count, temps


@pytest.mark.parametrize(
    ("content", "status", "code", "says"),
    [
        (gzipped(PEOPLE)[:-9], 422, "not_csv", "cut off"),
        (zstd(PEOPLE)[:-2], 422, "not_csv", "cut off"),
        (b"PK\x03\x04" + bytes(99), 422, "not_csv", "damaged"),
        (encrypted("a.csv", PEOPLE), 422, "not_csv", "password"),
        (protected_workbook(), 422, "not_csv", "password"),
        (gzipped(b"a,b\n" * 5_000_000, 9), 413, "too_large", "200 times"),
        (zipped({"a.csv": b"a,b\n" * 5_000_000}), 413, "too_large", "200 times"),
        (zipped({"a.zip": zipped({"a.csv": PEOPLE})}), 422, "not_csv", "In a ZIP archive: This file is a ZIP archive"),
        (gzipped(zipped({"a.csv": PEOPLE})), 422, "not_csv", "In a gzip file: This file is a ZIP archive"),
        (gzipped(b"%PDF-1.7 \x01"), 422, "not_csv", "PDF"),
        (gzipped(b""), 422, "invalid_input", "empty"),
        (sheet(), 422, "invalid_input", "is empty"),
        (b"7z\xbc\xaf\x27\x1c" + bytes(99), 422, "not_csv", "7-Zip"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_and_leaves_nothing(
    v1: V1, app: Flask, content: bytes, status: int, code: str, says: str
) -> None:
    before = stored(app)
    assert says in problem(send(v1, content, "people.csv"), status, code)["detail"]
    assert stored(app) == before


def test_a_transfer_coding_is_no_part_of_the_file(v1: V1) -> None:
    packed = gzipped(PEOPLE)
    plain = v1.upload(packed, **{"Content-Encoding": "gzip"})
    assert (plain["reading"], plain["sha256"]) == (None, sha256(PEOPLE))
    twice = v1.upload(gzipped(packed), **{"Content-Encoding": "gzip"})
    assert (twice["reading"]["format"], twice["sha256"]) == ("gzip", sha256(packed))


def test_a_csv_under_another_name_is_told_its_own(v1: V1) -> None:
    for name in ("people.xlsx", "people.csv.gz"):
        assert "send it as people.csv" in problem(send(v1, PEOPLE, name), 422, "invalid_input", "/file")["detail"]


def test_a_csv_has_no_parts(v1: V1) -> None:
    problem(send(v1, PEOPLE, "people.csv", sheet="A"), 422, "invalid_input", "/sheet")
    file = v1.upload(PEOPLE)
    problem(v1.call("PATCH", f"/files/{file['id']}", json={"member": "a.csv"}), 422, "invalid_input", "/member")
    problem(v1.call("PATCH", f"/files/{file['id']}", json={"member": None}), 422, "invalid_input", "/member")
    content = v1.get(f"{file['links']['content']}?as=csv")
    assert (content.data, content.headers["ETag"]) == (PEOPLE, f'"{sha256(PEOPLE)}"')
    problem(v1.get(f"{file['links']['content']}?as=xlsx"), 422, "invalid_input", "/as")


def test_both_forms_take_ranges_and_conditions(v1: V1) -> None:
    content = gzipped(PEOPLE)
    at = uploaded(v1, content, "people.csv.gz")["links"]["content"]
    for path, whole in ((at, content), (f"{at}?as=csv", PEOPLE)):
        part = v1.get(path, headers={"Range": "bytes=3-9"})
        assert (part.status_code, part.data) == (206, whole[3:10])
        assert v1.get(path, headers={"If-None-Match": f'"{sha256(whole)}"'}).status_code == 304
    assert "people.csv.gz" in v1.get(at).headers["Content-Disposition"]
    assert "people.csv" in v1.get(f"{at}?as=csv").headers["Content-Disposition"]
    assert ".gz" not in v1.get(f"{at}?as=csv").headers["Content-Disposition"]


def use(v1: V1) -> tuple[int, int]:
    usage = v1.ok("GET", "/me/usage")
    return usage["stored_bytes"]["used"], usage["files"]["used"]


def test_both_count_and_both_are_deleted(v1: V1, app: Flask) -> None:
    content = gzipped(PEOPLE)
    file = uploaded(v1, content)
    assert use(v1) == (len(content) + len(PEOPLE), 2)
    assert [each["id"] for each in v1.ok("GET", "/files")["items"]] == [file["id"]]
    with app.app_context():
        with transaction() as session:
            rows = session.scalars(select(File).where(File.user_id == v1.account.id)).all()
        keys = [each.storage_key for each in rows]
        (original,) = [each.id for each in rows if each.kind == "original"]
        assert all(map(runtime().storage.has, keys))
    problem(v1.get(f"/files/{original}"), 404, "not_found")
    problem(v1.call("DELETE", f"/files/{original}"), 404, "not_found")
    problem(v1.post("/tasks", json={"input": original, "steps": [DEDUP]}), 404, "not_found")
    assert v1.call("DELETE", f"/files/{file['id']}").status_code == 204
    assert use(v1) == (0, 0)
    with app.app_context():
        assert not any(map(runtime().storage.has, keys))


def test_another_part_replaces_the_one_before(v1: V1, app: Flask) -> None:
    file = uploaded(v1, book("A", "B"), sheet="A")
    before = use(v1)
    with app.app_context(), transaction() as session:
        key = session.get_one(File, file["id"]).storage_key
    changed = v1.ok("PATCH", f"/files/{file['id']}", json={"sheet": "B", "range": "A1:B2"})
    with app.app_context():
        assert not runtime().storage.has(key)
    assert use(v1) == (before[0] - file["reading"]["size"] + changed["reading"]["size"], 2)


def test_the_part_stays_while_a_task_reads_it(v1: V1) -> None:
    """Without a worker the task waits."""
    file = uploaded(v1, book("A", "B"))
    task = v1.submit(file["id"], DEDUP)
    try:
        problem(v1.call("PATCH", f"/files/{file['id']}", json={"sheet": "B"}), 409, "in_use")
    finally:
        v1.post(f"/tasks/{task['id']}/cancel")


def test_a_part_and_a_dialect_are_not_changed_at_once(v1: V1) -> None:
    file = uploaded(v1, book("A", "B"))
    both = {"sheet": "B", "dialect": {"header": False}}
    problem(v1.call("PATCH", f"/files/{file['id']}", json=both), 422, "invalid_input", "/dialect")
    v1.ok("PATCH", f"/files/{file['id']}", json={"dialect": {"header": False}})
    assert v1.ok("GET", f"/files/{file['id']}")["columns"] == ["column_1", "column_2"]


def test_both_are_kept_as_long(v1: V1, app: Flask) -> None:
    from datetime import UTC, datetime, timedelta

    end = (datetime.now(UTC) + timedelta(days=30)).replace(microsecond=0)
    file = uploaded(v1, gzipped(PEOPLE))
    v1.ok("PATCH", f"/files/{file['id']}", json={"expires_at": end.isoformat()})
    with app.app_context(), transaction() as session:
        ends = session.scalars(select(File.expires_at).where(File.user_id == v1.account.id)).all()
    assert ends == [end, end]


def test_a_file_of_somebody_else_is_none(v1: V1, other: Account) -> None:
    file = uploaded(v1, book("A", "B"))
    stranger = V1(other)
    problem(stranger.get(f"/files/{file['id']}/content?as=csv"), 404, "not_found")
    problem(stranger.call("PATCH", f"/files/{file['id']}", json={"sheet": "B"}), 404, "not_found")


def test_a_quota_holds_for_both(v1: V1, app: Flask) -> None:
    from csvapi.models import User

    content = gzipped(PEOPLE * 1000)
    with app.app_context(), transaction() as session:
        session.get_one(User, v1.account.id).max_stored = len(content) + len(PEOPLE) * 1000 - 1
    refused = problem(send(v1, content), 429, "quota_exceeded")
    assert "unpacks to more than" in refused["detail"]
    assert use(v1) == (0, 0)
    with app.app_context(), transaction() as session:
        session.get_one(User, v1.account.id).max_stored = len(content) + len(PEOPLE) * 1000
    uploaded(v1, content)


def test_a_workbook_as_the_second_input(v1: V1, worker: None) -> None:
    second = uploaded(v1, book("A", "B"))
    first = v1.upload(b"id,x\n1,a\n5,b\n")
    step = {"op": "join", "file": second["id"], "on": ["id"], "how": "semi"}
    task = v1.finished(v1.submit(first["id"], step)["id"])
    assert v1.result(task) == b"id,x\n1,a\n"
    assert [(each["code"], each["file"]) for each in task["warnings"]] == [("other_sheets", second["id"])]


def test_a_key_is_for_one_part(v1: V1) -> None:
    content = book("A", "B")
    headers = {"Idempotency-Key": "once"}
    first = v1.post("/files", query_string={"sheet": "A"}, data=content, content_type=XLSX, headers=headers)
    same = v1.post("/files", query_string={"sheet": "A"}, data=content, content_type=XLSX, headers=headers)
    assert (first.status_code, same.json) == (201, first.json)
    other = v1.post("/files", query_string={"sheet": "B"}, data=content, content_type=XLSX, headers=headers)
    problem(other, 422, "idempotency_key_reused")


@pytest.mark.parametrize("content", [gzipped(PEOPLE), zipped({"a.csv": PEOPLE}), sheet(["a"], ["1"])])
def test_the_classic_endpoint_takes_csv_only(account: Account, content: bytes) -> None:
    answer = account.post("/api/upload-csv/", data={"file": (io.BytesIO(content), "people.csv")})
    assert answer.status_code == 400
    assert answer.json["error"].startswith("Invalid file format. Only CSV files are allowed. This file is ")
