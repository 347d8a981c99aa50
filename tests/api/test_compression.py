"""Answers in the content coding that a client accepts, and ranges of the plain bytes."""

from __future__ import annotations

import gzip
from collections.abc import Callable

import pytest
import zstandard
from flask.testing import FlaskClient

from csvapi.api import compression
from csvapi.web.docs import static_version
from tests.api.v1 import V1
from tests.stack import Account

CSV = b"id,name\n" + b"".join(b"%d,somebody of that name\n" % each for each in range(5000))
UNPACK: dict[str | None, Callable[[bytes], bytes]] = {
    "gzip": gzip.decompress,
    "zstd": lambda data: zstandard.ZstdDecompressor().decompressobj().decompress(data),
}


@pytest.fixture
def v1(account: Account) -> V1:
    return V1(account)


@pytest.fixture
def content(v1: V1) -> str:
    return str(v1.upload(CSV)["links"]["content"])


@pytest.mark.parametrize(
    ("accepts", "coding"),
    [
        ("gzip", "gzip"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("zstd;q=0.5, gzip", "gzip"),
        ("*", "zstd"),
        ("*;q=0", None),
        ("zstd;q=0, *;q=0.5", "gzip"),
        ("identity", None),
        ("identity, gzip;q=0.5", None),
        ("br", None),
        ("", None),
    ],
)
def test_a_download_has_the_coding_that_the_client_likes_best(
    v1: V1, content: str, accepts: str, coding: str | None
) -> None:
    answer = v1.get(content, headers={"Accept-Encoding": accepts})
    assert answer.status_code == 200
    assert answer.headers.get("Content-Encoding") == coding
    assert "Accept-Encoding" in answer.headers["Vary"]
    assert UNPACK.get(coding, bytes)(answer.data) == CSV
    assert ("Repr-Digest" in answer.headers) == (coding is None)
    if coding:
        assert len(answer.data) < len(CSV) / 5
        assert "Accept-Ranges" not in answer.headers


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_each_coding_has_an_etag_of_its_own(v1: V1, content: str, coding: str) -> None:
    plain = v1.get(content).headers["ETag"]
    coded = v1.get(content, headers={"Accept-Encoding": coding}).headers["ETag"]
    assert coded == f'{plain[:-1]}-{coding}"'
    for method in ("GET", "HEAD"):
        same = v1.call(method, content, headers={"Accept-Encoding": coding, "If-None-Match": coded})
        assert (same.status_code, same.data) == (304, b"")
    assert v1.get(content, headers={"If-None-Match": coded}).status_code == 200
    assert v1.get(content, headers={"Accept-Encoding": coding, "If-Match": coded}).status_code == 200
    assert v1.get(content, headers={"Accept-Encoding": coding, "If-Match": plain}).status_code == 412


def test_ranges_are_of_the_plain_bytes(v1: V1, content: str) -> None:
    part = v1.get(content, headers={"Accept-Encoding": "gzip", "Range": "bytes=8-20"})
    assert (part.status_code, part.data, part.headers.get("Content-Encoding")) == (206, CSV[8:21], None)
    coded = v1.get(content, headers={"Accept-Encoding": "gzip"}).headers["ETag"]
    whole = v1.get(content, headers={"Accept-Encoding": "gzip", "Range": "bytes=8-20", "If-Range": coded})
    assert (whole.status_code, whole.data, whole.headers.get("Content-Encoding")) == (200, CSV, None)


def test_head_says_what_get_would_send(v1: V1, content: str) -> None:
    head, get = (v1.call(each, content, headers={"Accept-Encoding": "zstd"}) for each in ("HEAD", "GET"))
    for name in ("Content-Encoding", "ETag", "Content-Type", "Vary"):
        assert head.headers[name] == get.headers[name]
    assert head.data == b""


def test_rows_and_errors_are_compressed_and_what_is_small_is_not(v1: V1, content: str) -> None:
    rows = v1.get(content.replace("/content", "/rows?limit=500"), headers={"Accept-Encoding": "gzip"})
    assert rows.headers["Content-Encoding"] == "gzip"
    assert len(rows.data) == int(rows.headers["Content-Length"])
    assert b"somebody of that name" in gzip.decompress(rows.data)
    small = v1.get("/me", headers={"Accept-Encoding": "gzip"})
    assert small.json["email"]
    assert ("Content-Encoding" in small.headers) == (len(small.data) >= 1024)


def test_scripts_are_compressed_and_kept_by_the_hash_in_their_address(client: FlaskClient) -> None:
    page = client.get("/swagger/")
    address = f"/static/@{static_version()}/swagger-ui/swagger-ui-bundle.js"
    assert address.encode() in page.data
    script = client.get(address, headers={"Accept-Encoding": "zstd"})
    assert script.headers["Content-Encoding"] == "zstd"
    assert script.cache_control.max_age == 365 * 24 * 3600
    headers = {"Accept-Encoding": "zstd", "If-None-Match": script.headers["ETag"]}
    assert client.get(address, headers=headers).status_code == 304
    old = client.get(address.replace(static_version(), "of-another-version"))
    assert old.data == UNPACK["zstd"](script.data)
    assert old.cache_control.max_age is None
    assert old.cache_control.no_cache


def test_the_openapi_document_is_compressed(client: FlaskClient) -> None:
    plain, packed = (client.get("/swagger.json", headers={"Accept-Encoding": each}) for each in ("identity", "gzip"))
    assert gzip.decompress(packed.data) == plain.data
    assert len(packed.data) < len(plain.data) / 4
    for answer, coding in ((plain, "identity"), (packed, "gzip")):
        headers = {"Accept-Encoding": coding, "If-None-Match": answer.headers["ETag"]}
        assert client.get("/swagger.json", headers=headers).status_code == 304


def test_pages_that_a_cookie_signs_in_to_are_not_compressed(client: FlaskClient) -> None:
    for cookie, coding in (("", "gzip"), ("csvapi=of-a-session", None), ("other=1", "gzip")):
        headers = {"Accept-Encoding": "gzip", "Cookie": cookie}
        with client.application.test_request_context("/admin/", headers=headers):
            assert compression.coding_for("text/html") == coding
            assert compression.coding_for("text/css") == "gzip"
