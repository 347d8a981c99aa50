"""Files of v1: what comes in, what is shown of it, and what is refused."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from flask import Flask

from csvapi import config
from csvapi.api.upload import RAW
from csvapi.app import create_app
from csvapi.csvio.data_warnings import CODES
from csvapi.csvio.locations import KINDS
from tests.api.rows import stored_task
from tests.api.v1 import V1, problem
from tests.stack import Account

PEOPLE = b"id,name\n007,Ada\n8,Bob\n"


@pytest.fixture
def v1(account: Account) -> V1:
    return V1(account)


def digest(content: bytes, name: str = "sha-256") -> str:
    value = hashlib.new(name.replace("-", ""), content).digest()
    return f"{name}=:{base64.b64encode(value).decode()}:"


def test_a_raw_body_and_a_form_store_the_same_bytes(v1: V1) -> None:
    raw = v1.upload(PEOPLE)
    form = v1.ok("POST", "/files", data={"file": (io.BytesIO(PEOPLE), "people.csv")})
    assert raw["sha256"] == form["sha256"] == hashlib.sha256(PEOPLE).hexdigest()
    assert raw["columns"] == ["id", "name"]
    assert raw["detection"]["evidence"]
    shown = v1.get(raw["links"]["self"])
    assert shown.json == raw
    answer = v1.get(raw["links"]["content"])
    assert answer.data == PEOPLE
    assert answer.headers["Repr-Digest"] == digest(PEOPLE)
    part = v1.get(raw["links"]["content"], headers={"Range": "bytes=3-6"})
    assert (part.status_code, part.data) == (206, PEOPLE[3:7])
    same = v1.get(raw["links"]["content"], headers={"If-None-Match": answer.headers["ETag"]})
    assert same.status_code == 304
    other = v1.get(raw["links"]["content"], headers={"If-Match": '"other"'})
    assert other.status_code == 412
    problem(v1.get(raw["links"]["content"], headers={"Range": "bytes=999-"}), 416, "range_not_satisfiable")


def test_a_header_longer_than_the_head_is_kept_whole(v1: V1) -> None:
    names = [f"a_column_with_a_long_name_{number}" for number in range(3000)]
    assert v1.upload((",".join(names) + "\n" + ",".join(["1"] * 3000) + "\n").encode())["columns"] == names


def test_location_names_the_new_file(v1: V1) -> None:
    answer = v1.post("/files?name=a.csv", data=PEOPLE, content_type="text/csv")
    assert answer.status_code == 201
    assert v1.ok("GET", answer.headers["Location"])["name"] == "a.csv"


def test_a_compressed_body_is_stored_unpacked(v1: V1) -> None:
    twice = gzip.compress(PEOPLE) + gzip.compress(b"9,Eve\n")  # members follow each other
    file = v1.upload(twice, **{"Content-Encoding": "gzip", "Content-Digest": digest(twice)})
    assert v1.get(file["links"]["content"]).data == PEOPLE + b"9,Eve\n"


def test_a_bomb_is_cut_off(v1: V1, app: Flask) -> None:
    bomb = gzip.compress(b"a,b\n" * 5_000_000, 9)
    answer = v1.post("/files", data=bomb, content_type="text/csv", headers={"Content-Encoding": "gzip"})
    body = problem(answer, 413, "too_large")
    assert body["limit"] == app.extensions["csvapi"].settings.max_ratio


@pytest.mark.parametrize(
    "broken",
    [b"nonsense", gzip.compress(PEOPLE)[:-9], gzip.compress(PEOPLE) + b"more"],
    ids=["nonsense", "cut short", "with more behind"],
)
def test_what_is_not_gzip_is_refused(v1: V1, broken: bytes) -> None:
    answer = v1.post("/files", data=broken, content_type="text/csv", headers={"Content-Encoding": "gzip"})
    problem(answer, 422, "invalid_input")


def test_the_digest_is_checked_and_nothing_stored_when_it_is_wrong(v1: V1) -> None:
    both = f"{digest(PEOPLE)}, {digest(PEOPLE, 'sha-512')}, unixsum=:AAAA:"
    v1.upload(PEOPLE, **{"Content-Digest": both})
    for wrong, code in ((digest(b"other"), "digest_mismatch"), ("sha-256=abc", "invalid_input")):
        answer = v1.post("/files", data=PEOPLE, content_type="text/csv", headers={"Content-Digest": wrong})
        problem(answer, 422, code)
    assert len(v1.ok("GET", "/files")["items"]) == 1


def test_other_bodies_are_refused(v1: V1) -> None:
    problem(v1.post("/files", data="<a/>", content_type="text/xml"), 415, "unsupported_media_type")
    problem(v1.post("/files", json={"a": 1}), 422, "invalid_input", "/object")
    problem(v1.post("/files", data=PEOPLE, headers={"Content-Encoding": "br"}), 415, "unsupported_media_type")
    problem(v1.post("/files", data=b"", content_type="text/csv"), 422, "invalid_input", "/file")
    problem(v1.post("/files", data={"file": "text"}, content_type="multipart/form-data"), 422, "invalid_input", "/file")
    problem(v1.post("/files", data=b"PK\x03\x04" + bytes(99), content_type="text/csv"), 422, "not_csv")
    picture = problem(v1.post("/files", data=b"\x89PNG\r\n\x1a\n" + bytes(99), content_type="text/csv"), 422, "not_csv")
    assert not picture.keys() & {"row", "line", "byte"}, "together or not at all"
    problem(v1.post("/files?name=a.txt", data=PEOPLE, content_type="text/csv"), 422, "invalid_input", "/file")


@pytest.mark.parametrize("kind", ["", *RAW, "text/csv; charset=utf-8; header=present", "TEXT/CSV"])
def test_a_raw_body_may_be_called_what_programs_call_it(v1: V1, kind: str) -> None:
    content = b"id\tname\n007\tAda\n8\tBob\n"
    answer = v1.post("/files?name=people.csv", data=content, headers={"Content-Type": kind} if kind else {})
    assert answer.status_code == 201, answer.text
    assert answer.json["columns"] == ["id", "name"]
    for magic in (b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\x1f\x8b\x08\0"):
        foreign = v1.post("/files", data=magic + bytes(999), headers={"Content-Type": kind} if kind else {})
        problem(foreign, 422, "not_csv")


def test_the_document_lists_the_types_of_a_body(v1: V1) -> None:
    document = v1.account.get("/swagger.json").json
    body = document["paths"]["/api/v1/files"]["post"]["requestBody"]
    assert body["content"].keys() == {"multipart/form-data"}
    assert [kind for kind in RAW if f"`{kind}`" not in body["description"]] == []


def test_forms_with_no_file_or_two_say_so(v1: V1) -> None:
    empty = b'--x\r\nContent-Disposition: form-data; name="file"; filename=""\r\n\r\n\r\n--x--\r\n'
    answer = v1.post("/files", data=empty, content_type="multipart/form-data; boundary=x")
    assert "No file was chosen" in problem(answer, 422, "invalid_input", "/file")["detail"]
    two = {"file": [(io.BytesIO(PEOPLE), "a.csv"), (io.BytesIO(PEOPLE), "b.csv")]}
    assert "several parts named `file`" in problem(v1.post("/files", data=two), 400, "bad_request")["detail"]
    first = {"other": (io.BytesIO(b"wrong\n1\n"), "other.csv"), "file": (io.BytesIO(PEOPLE), "people.csv")}
    assert v1.ok("POST", "/files", data=first)["sha256"] == hashlib.sha256(PEOPLE).hexdigest()
    assert len(v1.ok("GET", "/files")["items"]) == 1


def test_the_way_out_for_a_packed_file_works(v1: V1) -> None:
    """What the refusal of people.csv.gz proposes is done here."""
    packed = gzip.compress(PEOPLE)
    form = {"file": (io.BytesIO(packed), "people.csv.gz")}
    refused = v1.account.post("/api/upload-csv/", data=form).json["error"]
    assert "POST /api/v1/files?name=people.csv" in refused
    assert "Content-Encoding: gzip" in refused
    kind = "application/octet-stream"
    taken = v1.post("/files?name=people.csv", data=packed, content_type=kind, headers={"Content-Encoding": "gzip"})
    assert (taken.status_code, taken.json["columns"]) == (201, ["id", "name"])
    renamed = problem(v1.post("/files?name=people.tsv", data=PEOPLE), 422, "invalid_input", "/file")
    assert "Rename it to people.csv" in renamed["detail"]


def test_files_are_listed_page_by_page(v1: V1) -> None:
    ids = [v1.upload(PEOPLE)["id"] for _ in range(5)]
    seen, path = [], "/files?limit=2&kind=upload"
    while path:
        answer = v1.get(path)
        seen += [item["id"] for item in answer.json["items"]]
        link = answer.headers.get("Link", "")
        assert bool(link) == bool(answer.json["next"])
        path = link.split(">")[0].lstrip("<")
    assert seen == ids[::-1]
    for wrong in ("x", "x.y", v1.ok("GET", "/files?limit=1")["next"][:-1]):
        problem(v1.get("/files", query_string={"cursor": wrong}), 422, "invalid_input", "/cursor")


def test_files_are_found_by_a_part_of_their_name(v1: V1) -> None:
    names = ("Größen.csv", "people.csv", "GRÖSSEN 2.csv", "50%.csv")
    ids = {name: v1.upload(PEOPLE, quote(name))["id"] for name in names}
    for part, found in (("größen", (names[2], names[0])), ("%", (names[3],)), ("nobody", ()), ("", names[::-1])):
        items = v1.ok("GET", "/files", query_string={"name": part, "limit": 10})["items"]
        assert [item["id"] for item in items] == [ids[name] for name in found], part
    page = v1.ok("GET", "/files", query_string={"name": "ssen", "limit": 1})
    assert [item["name"] for item in page["items"]] == ["GRÖSSEN 2.csv"]
    items = v1.ok("GET", "/files", query_string={"name": "ssen", "cursor": page["next"]})["items"]
    assert [item["name"] for item in items] == ["Größen.csv"]


def test_rows_are_text_with_their_places(v1: V1) -> None:
    content = 'sep=;\nid;note\n007;"two\nlines"\n\n8;ä\n9\n'.encode("cp1252")
    file = v1.upload(content)
    page = v1.ok("GET", file["links"]["rows"])
    assert page["columns"] == ["id", "note"]
    assert [row["values"] for row in page["items"]] == [["007", "two\nlines"], ["8", "ä"], ["9", None]]
    assert [(row["row"], row["line"]) for row in page["items"]] == [(1, 3), (2, 6), (3, 7)]
    for row in page["items"]:
        assert content[row["byte"] :].decode("cp1252").lstrip('"').startswith(row["values"][0])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-be", "utf-32-le", "cp1252"])
def test_pages_of_rows_join_to_the_whole(v1: V1, encoding: str) -> None:
    text = "id,name\r\n" + "".join(f'{n},"Zoë, {n}"\r\n' if n % 3 else f"{n},plain\r\n" for n in range(1, 60))
    file = v1.upload(text.encode(encoding))
    path, rows = f"{file['links']['rows']}?limit=7", []
    while path:
        answer = v1.get(path)
        assert answer.status_code == 200, answer.text
        rows += answer.json["items"]
        path = answer.headers.get("Link", "").split(">")[0].lstrip("<")
    assert [row["values"][0] for row in rows] == [str(n) for n in range(1, 60)]
    assert [row["row"] for row in rows] == list(range(1, 60))
    assert rows == v1.ok("GET", f"{file['links']['rows']}?limit=1000")["items"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252"])
def test_a_page_begins_with_any_record(v1: V1, encoding: str) -> None:
    lines = (f'{n},"Zoë\r\n{n}"\r\n\r\n' if n % 3 else f"{n},{'x' * (n % 700)}\r\n" for n in range(1, 3001))
    at = v1.upload(("id,name\r\n" + "".join(lines)).encode(encoding))["links"]["rows"]
    whole = [row for n in range(3) for row in v1.ok("GET", f"{at}?limit=1000&from_row={1000 * n + 1}")["items"]]
    assert [row["row"] for row in whole] == list(range(1, 3001))
    assert [row["values"][0] for row in whole] == [str(n) for n in range(1, 3001)]
    assert whole[:1000] == v1.ok("GET", f"{at}?limit=1000")["items"]
    for row in (1, 2, 1234, 2999, 3000):
        answer = v1.get(f"{at}?limit=2&from_row={row}")
        assert answer.json["items"] == whole[row - 1 : row + 1], row
        if answer.json["next"]:
            following = answer.headers["Link"].split(">")[0].lstrip("<")
            assert v1.ok("GET", following)["items"] == whole[row + 1 : row + 3], row
    beyond = {"columns": ["id", "name"], "items": [], "total": 3000, "next": None}
    assert v1.ok("GET", f"{at}?from_row=3001") == beyond
    for wrong in ("0", "-1", "x", "9" * 30):
        problem(v1.get(f"{at}?from_row={wrong}"), 422, "invalid_input", "/from_row")


def test_a_late_page_reads_no_more_than_an_early_one(v1: V1) -> None:
    """Counted in bytes read from the file, which do not depend on how busy the machine is."""

    def read() -> int:
        return int(Path("/proc/self/io").read_text().split()[1])

    file = v1.upload(b"id,name\n" + b"".join(b"%d,name %d\n" % (n, n) for n in range(300_000)))
    path = f"{file['links']['rows']}?limit=1000"
    costs = []
    for _ in range(200):
        before = read()
        answer = v1.get(path)
        costs.append(read() - before)
        path = answer.headers["Link"].split(">")[0].lstrip("<")
    assert max(costs[-20:]) < 2 * max(costs[:20])


def test_a_cursor_is_for_one_file_read_one_way(v1: V1) -> None:
    one, two = v1.upload(PEOPLE), v1.upload(PEOPLE)
    cursor = v1.ok("GET", f"{one['links']['rows']}?limit=1")["next"]
    problem(v1.get(f"{two['links']['rows']}?cursor={cursor}"), 422, "invalid_input", "/cursor")
    v1.ok("PATCH", one["links"]["self"], json={"dialect": {"delimiter": ";"}})
    problem(v1.get(f"{one['links']['rows']}?cursor={cursor}"), 422, "invalid_input", "/cursor")


def test_issues_have_a_kind_and_a_place(v1: V1) -> None:
    content = b"a,b\n1,2\n3\n4,\x00\n5,6,7\n" + b"8,9\n" * 20 + b"\xff,1\n"
    file = v1.upload(content)
    if file["dialect"]["encoding"] != "utf-8":
        file = v1.ok("PATCH", file["links"]["self"], json={"dialect": {"encoding": "utf-8"}})
    found, path = [], f"{file['links']['issues']}?limit=2"
    while path:
        answer = v1.get(path)
        found += answer.json["items"]
        path = answer.headers.get("Link", "").split(">")[0].lstrip("<")
    assert [(each["kind"], each["row"], each["line"]) for each in found] == [
        ("ragged", 2, 3),
        ("nul", 3, 4),
        ("ragged", 4, 5),
        ("undecodable", 25, 26),
    ]
    assert content[found[3]["byte"]] == 0xFF
    assert all(each["code"] == each["kind"] for each in found)


def test_every_kind_of_issue_has_a_code_that_the_document_lists(v1: V1) -> None:
    content = b'a,b\n1,2\n3\n4,\x00\n\xff,1\n"5"x,6\n\xef\xbb\xbf7,8\na,b\n' + b"8,9\n" * 20
    dialect = {"encoding": "utf-8", "header": True, "preamble": 0, "quote": '"', "delimiter": ","}
    file = v1.upload(content)
    file = v1.ok("PATCH", file["links"]["self"], json={"dialect": dialect})
    found = {each["code"] for each in v1.ok("GET", file["links"]["issues"])["items"]}
    properties = v1.account.get("/swagger.json").json["components"]["schemas"]["Issue"]["properties"]
    assert found == set(properties["code"]["enum"]) == set(properties["kind"]["enum"]) == set(KINDS)
    assert found <= set(CODES)


def test_detection_says_which_formats_columns_seem_to_have(v1: V1) -> None:
    file = v1.upload("day;price;n\n13.01.2024;1.234,50 €;1\n1.2.2024;7 €;2\n".encode())
    number = {"decimal": ",", "group": ".", "currency": True}
    assert file["detection"]["formats"] == [
        {"column": "day", "index": 1, "formats": [{"as": {"date": "%d.%m.%Y"}, "count": 2, "of": 2}]},
        {"column": "price", "index": 2, "formats": [{"as": {"number": number}, "count": 2, "of": 2}]},
    ]


def test_what_detection_noticed_is_shown_as_warnings_too(v1: V1) -> None:
    detection = v1.upload(b"a,b\n" + b"1,2\n" * 20 + b"3\n")["detection"]
    (issue,), (warning,) = detection["issues"], detection["warnings"]
    assert warning["code"] == issue["kind"] == "ragged"
    assert {name: warning[name] for name in issue if name != "kind"} == {
        name: part for name, part in issue.items() if name != "kind"
    }


def test_name_dialect_and_end_can_be_changed(v1: V1) -> None:
    file = v1.upload(b"a;b\n1;2\n", "x.csv")
    soon = (datetime.now(UTC) + timedelta(days=2)).isoformat()
    changed = v1.ok(
        "PATCH", file["links"]["self"], json={"name": "../y.csv", "dialect": {"header": False}, "expires_at": soon}
    )
    assert (changed["name"], changed["columns"]) == ("y.csv", ["column_1", "column_2"])
    assert datetime.fromisoformat(changed["expires_at"]) == datetime.fromisoformat(soon)
    assert changed["sha256"] == file["sha256"]
    assert v1.ok("GET", file["links"]["rows"])["items"][0]["values"] == ["a", "b"]


def test_comments_are_part_of_the_dialect(v1: V1) -> None:
    data = b"id,name\n1,Ann\n# checked\n2,Bo\n#3,Cy\n"
    file = v1.upload(data, "x.csv")
    assert "comment" not in file["dialect"]
    changed = v1.ok("PATCH", file["links"]["self"], json={"dialect": {"comment": "#"}})
    assert changed["dialect"] == {**file["dialect"], "comment": "#"}
    rows = v1.ok("GET", file["links"]["rows"])["items"]
    assert [(row["row"], row["line"], row["byte"], row["values"]) for row in rows] == [
        (1, 2, 8, ["1", "Ann"]),
        (2, 4, 24, ["2", "Bo"]),
    ]
    assert v1.ok("GET", f"{file['links']['self']}/issues")["items"] == []
    preview = v1.ok("POST", "/previews", json={"input": file["id"], "steps": [{"op": "dedup"}]})
    assert [row["values"][0] for row in preview["result"]["items"]] == ["1", "2"]
    assert preview["estimate"]["rows_in"] == 2
    again = v1.ok("PATCH", file["links"]["self"], json={"dialect": {"comment": ""}})
    assert again["dialect"] == file["dialect"]
    assert len(v1.ok("GET", file["links"]["rows"])["items"]) == 4


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        ({"dialect": {"comment": "##"}}, "invalid_input", "/dialect/comment"),
        ({"dialect": {"comment": " "}}, "invalid_input", "/dialect/comment"),
        ({"dialect": {"comment": ","}}, "invalid_input", "/dialect"),
        ({"dialect": {"delimiter": ",,"}}, "invalid_input", "/dialect/delimiter"),
        ({"dialect": {"delimiter": '"'}}, "invalid_input", "/dialect"),
        ({"dialect": {"encoding": "klingon"}}, "unsupported_encoding", "/dialect/encoding"),
        ({"dialect": {"encoding": "base64"}}, "unsupported_encoding", "/dialect/encoding"),
        ({"dialect": {"delimiter": "→", "encoding": "ascii"}}, "unsupported_encoding", "/dialect/encoding"),
        ({"dialect": {"preamble": 10**6}}, "invalid_input", "/dialect/preamble"),
        ({"dialect": {"nonsense": 1}}, "invalid_input", "/dialect/nonsense"),
        ({"expires_at": "2001-01-01T00:00:00Z"}, "invalid_input", "/expires_at"),
        ({"expires_at": "2999-01-01T00:00:00Z"}, "invalid_input", "/expires_at"),
        ({"expires_at": "tomorrow"}, "invalid_input", "/expires_at"),
        ({"size": 1}, "invalid_input", "/size"),
    ],
)
def test_changes_that_make_no_sense_are_refused(v1: V1, body: dict[str, object], code: str, pointer: str) -> None:
    file = v1.upload(PEOPLE)
    problem(v1.call("PATCH", file["links"]["self"], json=body), 422, code, pointer)
    assert v1.ok("GET", file["links"]["self"]) == file


def test_a_deleted_file_is_gone_and_a_used_one_stays(v1: V1, app: Flask) -> None:
    file = v1.upload(PEOPLE)
    task_id = stored_task(app, v1.account, file["id"])
    problem(v1.call("DELETE", file["links"]["self"]), 409, "in_use")
    v1.ok("POST", f"/tasks/{task_id}/cancel")
    assert v1.call("DELETE", file["links"]["self"]).status_code == 204
    problem(v1.get(file["links"]["self"]), 404, "not_found")
    problem(v1.call("DELETE", file["links"]["self"]), 404, "not_found")


def test_a_quota_names_its_limit(environ: dict[str, str], v1: V1) -> None:
    v1.upload(PEOPLE)
    full = create_app(config.load({**environ, "CSVAPI_MAX_FILES": "1"})).test_client()
    answer = full.post("/api/v1/files", headers=v1.account.headers, data=PEOPLE, content_type="text/csv")
    assert problem(answer, 429, "quota_exceeded")["limit"] == 1
    assert int(answer.headers["Retry-After"]) > 0
    assert "q=1" in answer.headers["RateLimit-Policy"]
    assert "r=0" in answer.headers["RateLimit"]
