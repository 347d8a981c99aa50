"""Resumable uploads: the protocol, what is kept of a part, and what is refused."""

from __future__ import annotations

import base64
import hashlib
import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from csvapi import config
from csvapi.app import create_app
from csvapi.extensions import runtime, transaction
from csvapi.models import Upload, User, now
from csvapi.services import resumable, sweep
from csvapi.services.upload_parts import SEGMENT
from tests.api.v1 import V1, problem
from tests.stack import Account
from tests.unpacking.files import gzipped, zipped

PEOPLE = b"id,name\n007,Ada\n8,Bob\n"
TUS = {"Tus-Resumable": "1.0.0"}
PART = "application/offset+octet-stream"


@pytest.fixture
def v1(account: Account) -> V1:
    return V1(account)


def metadata(**values: str) -> dict[str, str]:
    pairs = (f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in values.items())
    return {"Upload-Metadata": ",".join(pairs)}


def begin(v1: V1, length: int, name: str = "people.csv", **headers: str) -> TestResponse:
    return v1.post("/uploads", headers={**TUS, "Upload-Length": str(length), **metadata(filename=name), **headers})


def begun(v1: V1, length: int, **more: str) -> str:
    answer = begin(v1, length, **more)
    assert answer.status_code == 201, answer.text
    return str(answer.headers["Location"])


def send(v1: V1, at: str, offset: int, data: Any, **headers: str) -> TestResponse:
    named = {**TUS, "Upload-Offset": str(offset), **headers}
    return v1.call("PATCH", at, data=data, content_type=PART, headers=named)


def head(v1: V1, at: str) -> TestResponse:
    return v1.call("HEAD", at, headers=TUS)


def checksum(data: bytes, name: str = "sha256") -> dict[str, str]:
    return {"Upload-Checksum": f"{name} {base64.b64encode(hashlib.new(name, data).digest()).decode()}"}


def stored(v1: V1) -> int:
    return int(v1.ok("GET", "/me/usage")["stored_bytes"]["used"])


def test_options_say_what_is_spoken(v1: V1) -> None:
    answer = v1.account.client.options("/api/v1/uploads")
    assert answer.status_code == 204
    assert answer.headers["Tus-Version"] == answer.headers["Tus-Resumable"] == "1.0.0"
    offered = answer.headers["Tus-Extension"].split(",")
    assert offered == ["creation", "creation-with-upload", "expiration", "checksum", "termination"]
    assert answer.headers["Tus-Checksum-Algorithm"] == "sha1,sha256"
    assert int(answer.headers["Tus-Max-Size"]) == v1.ok("GET", "/me/usage")["limits"]["upload_bytes"]


def test_an_upload_in_parts_is_the_file_of_a_whole_one(v1: V1) -> None:
    at = begun(v1, len(PEOPLE))
    assert v1.ok("GET", at)["status"] == "open"
    assert stored(v1) == len(PEOPLE)
    for start, stop in ((0, 5), (5, 9)):
        answer = send(v1, at, start, PEOPLE[start:stop])
        assert (answer.status_code, answer.headers["Upload-Offset"]) == (204, str(stop))
        assert "Upload-Expires" in answer.headers
    asked = head(v1, at)
    assert (asked.status_code, asked.headers["Upload-Offset"], asked.headers["Upload-Length"]) == (200, "9", "22")
    assert asked.headers["Upload-Metadata"] == metadata(filename="people.csv")["Upload-Metadata"]
    assert asked.headers["Cache-Control"] == "no-store"
    last = send(v1, at, 9, PEOPLE[9:])
    assert (last.status_code, last.headers["Upload-Offset"]) == (204, "22")
    file = v1.ok("GET", f"/files/{last.headers['Upload-File-Id']}")
    whole = v1.upload(PEOPLE)
    assert v1.get(file["links"]["content"]).data == PEOPLE
    same = ("name", "kind", "size", "sha256", "columns", "dialect", "detection", "media_type")
    assert {key: file[key] for key in same} == {key: whole[key] for key in same}
    shown = v1.ok("GET", at)
    assert (shown["status"], shown["file"], shown["links"]["file"]) == ("finished", file["id"], file["links"]["self"])
    assert head(v1, at).headers["Upload-Offset"] == "22"
    assert send(v1, at, 22, b"").headers["Upload-File-Id"] == str(file["id"]), "asked for again, it changes nothing"
    assert stored(v1) == 2 * len(PEOPLE)
    assert v1.call("DELETE", at, headers=TUS).status_code == 204
    assert v1.ok("GET", file["links"]["self"]) == file


def test_the_first_bytes_may_come_with_the_beginning(v1: V1) -> None:
    headers = {**TUS, "Upload-Length": str(len(PEOPLE)), **checksum(PEOPLE[:4], "sha1")}
    answer = v1.post("/uploads", data=PEOPLE[:4], content_type=PART, headers=headers)
    assert (answer.status_code, answer.headers["Upload-Offset"], answer.json["name"]) == (201, "4", "upload.csv")
    whole = v1.post("/uploads", data=PEOPLE, content_type=PART, headers={**headers, **checksum(PEOPLE)})
    assert whole.json["status"] == "finished"
    assert v1.ok("GET", f"/files/{whole.headers['Upload-File-Id']}")["columns"] == ["id", "name"]
    before = len(v1.ok("GET", "/uploads")["items"])
    problem(v1.post("/uploads", data=PEOPLE, content_type=PART, headers=headers), 460, "checksum_mismatch")
    assert len(v1.ok("GET", "/uploads")["items"]) == before
    problem(v1.post("/uploads", data=b"x", content_type="text/csv", headers=headers), 415, "unsupported_media_type")


def test_what_of_an_archive_is_read_is_in_the_metadata(v1: V1) -> None:
    data = zipped({"people.csv": PEOPLE, "towns.csv": b"town\nUlm\n"})
    named = metadata(filename="both.zip", member="towns.csv", color="any")
    at = begun(v1, len(data), **named)
    send(v1, at, 0, data[:50])
    file = v1.ok("GET", f"/files/{send(v1, at, 50, data[50:]).headers['Upload-File-Id']}")
    assert (file["columns"], file["reading"]["member"], file["size"]) == (["town"], "towns.csv", len(data))
    assert v1.get(file["links"]["content"]).data == data


def test_every_checksum_is_checked_and_nothing_kept_of_a_wrong_one(v1: V1) -> None:
    at = begun(v1, len(PEOPLE))
    for name in ("sha1", "sha256"):
        wrong = send(v1, at, 0, PEOPLE, **checksum(b"other", name))
        problem(wrong, 460, "checksum_mismatch")
        assert head(v1, at).headers["Upload-Offset"] == "0"
    for malformed in ("md5 AAAA", "sha256", "sha256 ???", "sha1 "):
        answer = send(v1, at, 0, PEOPLE, **{"Upload-Checksum": malformed})
        assert "Upload-Checksum" in problem(answer, 422, "invalid_input")["detail"]
    assert send(v1, at, 0, PEOPLE[:9], **checksum(PEOPLE[:9], "sha1")).headers["Upload-Offset"] == "9"
    assert send(v1, at, 9, PEOPLE[9:], **checksum(PEOPLE[9:])).headers["Upload-File-Id"]


class Breaking(io.RawIOBase):
    """A body of so many bytes, whose client goes away after the first ones."""

    def __init__(self, data: bytes, announced: int) -> None:
        self.data, self.announced, self.at = data, announced, 0

    def tell(self) -> int:
        return self.at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self.at = self.announced if whence == io.SEEK_END else offset
        return self.at

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self.at == len(self.data):
            raise ConnectionResetError
        data = self.data[self.at : self.at + len(buffer)]
        buffer[: len(data)] = data
        self.at += len(data)
        return len(data)


def cut(v1: V1, at: str, offset: int, data: bytes, announced: int, **headers: str) -> None:
    named = {**TUS, "Upload-Offset": str(offset), **headers}
    v1.call("PATCH", at, content_type=PART, headers=named, input_stream=Breaking(data, announced))


def test_what_came_before_a_cut_stays(v1: V1) -> None:
    at = begun(v1, len(PEOPLE))
    cut(v1, at, 0, PEOPLE[:7], len(PEOPLE))
    assert head(v1, at).headers["Upload-Offset"] == "7"
    cut(v1, at, 7, PEOPLE[7:9], 15, **checksum(PEOPLE[7:]))
    assert head(v1, at).headers["Upload-Offset"] == "7", "what cannot be checked is not kept"
    file = send(v1, at, 7, PEOPLE[7:]).headers["Upload-File-Id"]
    assert v1.get(f"/files/{file}/content").data == PEOPLE


def test_a_long_body_becomes_durable_on_its_way(v1: V1, app: Flask) -> None:
    data = b"id,text\n" + b"".join(b"%d,%060d\n" % (each, each) for each in range(2_000)) * 300
    assert len(data) > 2 * SEGMENT
    at = begun(v1, len(data))
    cut(v1, at, 0, data[:-9], len(data))
    assert head(v1, at).headers["Upload-Offset"] == str(len(data) - 9)
    with app.app_context(), transaction() as session:
        assert session.scalar(select(Upload.parts).where(Upload.id == at.rsplit("/", 1)[1])) == 3
    file = v1.ok("GET", f"/files/{send(v1, at, len(data) - 9, data[-9:]).headers['Upload-File-Id']}")
    assert file["sha256"] == hashlib.sha256(data).hexdigest()


def test_what_the_protocol_does_not_allow_is_refused(v1: V1) -> None:
    at = begun(v1, len(PEOPLE))
    for answer in (
        v1.post("/uploads", headers={"Upload-Length": "5"}),
        v1.call("PATCH", at, data=b"x", content_type=PART, headers={"Tus-Resumable": "0.2.2", "Upload-Offset": "0"}),
        v1.call("DELETE", at),
    ):
        problem(answer, 412, "precondition_failed")
        assert answer.headers["Tus-Version"] == "1.0.0"
    assert v1.call("HEAD", at).status_code == 412
    for length in ("", "-1", "1e3", "9" * 30):
        answer = v1.post("/uploads", headers={**TUS, "Upload-Length": length})
        assert "Upload-Length" in problem(answer, 422, "invalid_input")["detail"]
    problem(v1.post("/uploads", headers={**TUS, "Upload-Defer-Length": "1"}), 422, "invalid_input")
    problem(begin(v1, 0), 422, "invalid_input", "/file")
    for wrong in ("filename", "filename ?", "a b c", "filename YQ==,filename YQ==", "é YQ==", "name /w==", "x" * 5000):
        encoded = {"Upload-Metadata": wrong.encode().decode("latin-1")}
        if wrong != "filename":  # a key without a value
            answer = begin(v1, 5, **encoded)
            assert "Upload-Metadata" in problem(answer, 422, "invalid_input")["detail"], wrong
    problem(send(v1, at, 1, b"x"), 409, "conflict")
    problem(send(v1, at, 0, PEOPLE + b"x"), 413, "too_large")
    problem(
        v1.call("PATCH", at, data=b"x", content_type="text/csv", headers={**TUS, "Upload-Offset": "0"}),
        415,
        "unsupported_media_type",
    )
    problem(send(v1, at, 0, b"x", **{"Content-Encoding": "gzip"}), 415, "unsupported_media_type")
    problem(v1.call("PATCH", at, data=b"x", content_type=PART, headers=TUS), 422, "invalid_input")
    plain = {**TUS, "Upload-Length": "1"}
    first = v1.post("/uploads", data=b"a", content_type="application/octet-stream", headers=plain)
    assert first.headers["Upload-Offset"] == "1", "as programs send bytes that know no other type"
    assert head(v1, at).headers["Upload-Offset"] == "0"


def test_more_than_was_announced_is_refused_also_without_a_length(v1: V1) -> None:
    at = begun(v1, len(PEOPLE))
    chunked = {"environ_overrides": {"wsgi.input_terminated": True}, "headers": {**TUS, "Upload-Offset": "0"}}
    more = io.BytesIO(PEOPLE + b"x")
    problem(v1.call("PATCH", at, input_stream=more, content_type=PART, **chunked), 413, "too_large")
    whole = io.BytesIO(PEOPLE)
    assert v1.call("PATCH", at, input_stream=whole, content_type=PART, **chunked).headers["Upload-Offset"] == "22"


def test_methods_that_a_network_swallows_come_as_posts(v1: V1) -> None:
    at = begun(v1, len(PEOPLE))
    patch = {**TUS, "Upload-Offset": "0", "X-HTTP-Method-Override": "PATCH"}
    assert v1.post(at, data=PEOPLE[:3], content_type=PART, headers=patch).headers["Upload-Offset"] == "3"
    problem(v1.post(at, headers={**TUS, "X-HTTP-Method-Override": "GET"}), 405, "method_not_allowed")
    assert v1.post(at, headers={**TUS, "X-HTTP-Method-Override": "delete"}).status_code == 204
    assert head(v1, at).status_code == 404


def test_a_file_that_is_refused_ends_its_upload(v1: V1) -> None:
    picture = b"\x89PNG\r\n\x1a\n" + bytes(99)
    at = begun(v1, len(picture))
    send(v1, at, 0, picture[:50])
    refused = problem(send(v1, at, 50, picture[50:]), 422, "not_csv")
    shown = v1.ok("GET", at)
    assert (shown["status"], shown["file"], shown["error"]) == (
        "refused",
        None,
        {"code": "not_csv", "detail": refused["detail"]},
    )
    assert head(v1, at).status_code == 410
    problem(send(v1, at, 50, picture[50:]), 410, "expired")
    assert stored(v1) == 0
    assert v1.ok("GET", "/uploads")["items"] == []


def test_an_upload_is_begun_once_with_a_key(v1: V1) -> None:
    key = {"Idempotency-Key": uuid4().hex}
    assert begun(v1, 5, **key) == begun(v1, 5, **key)
    problem(begin(v1, 6, **key), 422, "idempotency_key_reused")
    assert len(v1.ok("GET", "/uploads")["items"]) == 1


def test_another_users_upload_looks_like_none(v1: V1, other: Account) -> None:
    at, stranger = begun(v1, len(PEOPLE)), V1(other)
    send(v1, at, 0, PEOPLE[:5])
    for where in (at, "/uploads/" + "0" * 32, "/uploads/1", f"{at}0"):
        answers = (
            stranger.get(where),
            send(stranger, where, 5, PEOPLE[5:]),
            stranger.call("DELETE", where, headers=TUS),
            stranger.post(where, headers={**TUS, "X-HTTP-Method-Override": "DELETE"}),
        )
        assert {problem(each, 404, "not_found")["detail"] for each in answers} == {"Upload not found"}
        assert head(stranger, where).status_code == 404
    assert stranger.ok("GET", "/uploads")["items"] == []
    assert [each["offset"] for each in v1.ok("GET", "/uploads")["items"]] == [5]


def test_keys_and_sessions_upload_as_tokens_do(v1: V1, app: Flask) -> None:
    secret = v1.ok("POST", "/api-keys", json={"name": "up", "scopes": ["read"]})["secret"]
    client = app.test_client()
    headers = {**TUS, "X-API-Key": secret, "Upload-Length": "5"}
    problem(client.post("/api/v1/uploads", headers=headers), 403, "insufficient_scope")
    at = begun(v1, len(PEOPLE))
    assert client.head(at, headers=headers).status_code == 200
    body = {"email": v1.account.email, "password": "correct horse battery"}
    csrf = client.post("/api/v1/session", json=body).json["csrf_token"]
    part = {"data": PEOPLE, "content_type": PART}
    named = {**TUS, "Upload-Offset": "0"}
    problem(client.patch(at, headers=named, **part), 403, "csrf_failed")
    override = {**named, "X-HTTP-Method-Override": "PATCH"}
    problem(client.post(at, headers=override, **part), 403, "csrf_failed")
    assert client.patch(at, headers={**named, "X-CSRF-Token": csrf}, **part).headers["Upload-File-Id"]


def at_once(v1: V1, calls: int, call: Any) -> list[int]:
    together = Barrier(calls)

    def one(number: int) -> int:
        own = V1(Account(v1.account.client.application.test_client(), 0, "", v1.account.access, ""))
        together.wait()
        return int(call(own, number).status_code)

    with ThreadPoolExecutor(calls) as pool:
        return sorted(pool.map(one, range(calls)))


def test_of_several_at_once_one_wins(v1: V1) -> None:
    at = begun(v1, len(PEOPLE))
    first = at_once(v1, 6, lambda own, _: send(own, at, 0, PEOPLE[:9]))
    assert first == [204, *[409] * 5]
    last = at_once(v1, 6, lambda own, _: send(own, at, 9, PEOPLE[9:]))
    assert last[0] == 204
    assert set(last[1:]) <= {409, 423}
    assert len(v1.ok("GET", "/files")["items"]) == 1
    assert v1.get(f"/files/{v1.ok('GET', at)['file']}/content").data == PEOPLE


def test_a_file_that_is_being_made_is_waited_for(v1: V1, app: Flask) -> None:
    at = begun(v1, len(PEOPLE))
    send(v1, at, 0, PEOPLE[:9])
    with app.app_context(), transaction() as session:
        joining = update(Upload).where(Upload.id == at.rsplit("/", 1)[1])
        session.execute(joining.values(joined_until=now().replace(year=2100)))
    busy = send(v1, at, 9, PEOPLE[9:])
    problem(busy, 423, "upload_busy")
    assert busy.headers["Retry-After"] == "1"
    assert head(v1, at).status_code == 423
    assert v1.ok("GET", at)["status"] == "joining"
    with app.app_context(), transaction() as session:  # the process that made it is gone
        session.execute(joining.values(joined_until=now().replace(year=2000)))
    assert send(v1, at, 9, PEOPLE[9:]).headers["Upload-File-Id"]


def may_store(app: Flask, account: Account, size: int) -> V1:
    with app.app_context(), transaction() as session:
        session.execute(update(User).where(User.id == account.id).values(max_stored=size))
    return V1(account)


def test_uploads_together_do_not_exceed_a_quota(app: Flask, account: Account) -> None:
    v1 = may_store(app, account, 1000)
    problem(begin(v1, 10 * 2**30 + 1), 413, "too_large")
    at = begun(v1, 600)
    problem(begin(v1, 401), 429, "quota_exceeded")
    problem(v1.post("/files", data=b"a\n" * 201, content_type="text/csv"), 429, "quota_exceeded")
    assert v1.ok("GET", "/me/usage")["uploads"]["used"] == 1
    assert stored(v1) == 600
    v1.upload(b"a\n" * 200)
    data = b"id\n" + b"1\n" * 298 + b"7"
    send(v1, at, 0, data[:300])
    assert send(v1, at, 300, data[300:]).headers["Upload-File-Id"], "what is reserved counts once"
    assert stored(v1) == 1000
    problem(begin(v1, 1), 429, "quota_exceeded")


def test_racing_uploads_reserve_no_more_than_there_is(app: Flask, account: Account) -> None:
    v1 = may_store(app, account, 1000)
    assert at_once(v1, 8, lambda own, _: begin(own, 400)) == [201, 201, *[429] * 6]
    assert at_once(v1, 24, lambda own, _: begin(own, 1)) == [*[201] * 18, *[429] * 6]
    uploads = v1.ok("GET", "/uploads")["items"]
    assert len(uploads) == 20
    for each in uploads:
        assert v1.call("DELETE", each["links"]["self"], headers=TUS).status_code == 204
    assert stored(v1) == 0
    begun(v1, 1000)


def test_what_is_not_the_files_fault_leaves_the_upload_as_it_is(app: Flask, account: Account) -> None:
    v1 = may_store(app, account, 3000)
    packed = gzipped(b"id,name\n" + b"1,Ada\n" * 400)
    kept = v1.upload(b"a\n" * 500)
    at = begun(v1, len(packed), name="people.csv.gz")
    send(v1, at, 0, packed[:10])
    problem(send(v1, at, 10, packed[10:]), 429, "quota_exceeded")
    assert head(v1, at).headers["Upload-Offset"] == "10"
    assert v1.call("DELETE", f"/files/{kept['id']}").status_code == 204
    file = v1.ok("GET", f"/files/{send(v1, at, 10, packed[10:]).headers['Upload-File-Id']}")
    assert file["reading"]["size"] == 2408


def test_too_many_parts_are_refused(v1: V1, app: Flask) -> None:
    at = begun(v1, len(PEOPLE))
    with app.app_context(), transaction() as session:
        session.execute(update(Upload).where(Upload.id == at.rsplit("/", 1)[1]).values(parts=999))
    assert send(v1, at, 0, b"i").status_code == 204
    assert problem(send(v1, at, 1, b"d"), 422, "invalid_input")["limit"] == 1000


def test_an_upload_that_nobody_goes_on_with_is_forgotten(v1: V1, app: Flask) -> None:
    at, going = begun(v1, 5), begun(v1, 5)
    for each in (at, going):
        send(v1, each, 0, b"id")
    with app.app_context():
        root = runtime().storage.root
        before = objects(root)
        with transaction() as session:
            ended = update(Upload).where(Upload.id == at.rsplit("/", 1)[1]).values(expires_at=now().replace(year=2000))
            session.execute(ended)
        assert head(v1, at).status_code == 404
        assert resumable.forget_expired() == 1
        assert len(before - objects(root)) == 1
    assert stored(v1) == 5
    assert send(v1, going, 2, b"\n1\n").status_code == 204


def objects(root: Path) -> set[Path]:
    return {path for path in root.glob("??/*") if path.is_file()}


def test_the_sweep_leaves_parts_alone(v1: V1, environ: dict[str, str]) -> None:
    v1.upload(PEOPLE)
    at = begun(v1, len(PEOPLE))
    send(v1, at, 0, PEOPLE[:9])
    with create_app(config.load({**environ, "CSVAPI_SWEEP_GRACE": "0s", "CSVAPI_LEASE": "0s"})).app_context():
        sweep.sweep()
    assert send(v1, at, 9, PEOPLE[9:]).headers["Upload-File-Id"]
