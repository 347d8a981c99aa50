"""A small server that speaks as much of the S3 protocol as work on a cluster needs, with its objects as files.

For tests and figures of csvapi rather than of a bucket: moto's keeps objects in memory, reads a whole one for each
range, and takes a large part of the processors. This one checks no signatures, listens on this machine only, and gives
ranges and copies by the kernel: `python -m tests.storage.file_server FOLDER HOST PORT`.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, quote, unquote, urlsplit
from uuid import uuid4
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from tests.servers import free_port, running
from tests.storage.ranged_bucket import BUCKET, RangedBucket, listens
from tests.waiting import until

_PIECE = 1 << 20
_LISTED = 1000
_RANGE = re.compile(r"bytes=(\d+)-(\d+)?")


class Store:
    """Objects by bucket and key, each a file; parts of uploads are files beside them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.parts = root / "parts"
        self.parts.mkdir(parents=True, exist_ok=True)
        self.uploads: dict[str, tuple[str, str]] = {}
        self.lock = threading.Lock()

    def path(self, bucket: str, key: str) -> Path:
        return self.root / "objects" / quote(bucket, safe="") / quote(key, safe="")

    def temp(self) -> Path:
        return self.parts / uuid4().hex

    def part(self, upload: str, number: int) -> Path:
        return self.parts / f"{upload}-{number:05d}"

    def put(self, bucket: str, key: str, temp: Path) -> None:
        target = self.path(bucket, key)
        target.parent.mkdir(parents=True, exist_ok=True)
        temp.replace(target)

    def keys(self, bucket: str, prefix: str) -> list[str]:
        folder = self.path(bucket, "x").parent
        keys = (unquote(path.name) for path in folder.iterdir()) if folder.is_dir() else ()
        return sorted(key for key in keys if key.startswith(prefix))

    def complete(self, upload: str, numbers: Iterable[int]) -> None:
        """The first part becomes the object, and the others are moved into it."""
        with self.lock:
            bucket, key = self.uploads.pop(upload)
        first, *others = [self.part(upload, number) for number in numbers]
        with first.open("r+b") as target:
            target.seek(0, os.SEEK_END)
            for path in others:
                with path.open("rb") as source:
                    _copied(source.fileno(), target.fileno(), 0, path.stat().st_size)
                path.unlink()
        self.put(bucket, key, first)

    def abort(self, upload: str) -> None:
        with self.lock:
            self.uploads.pop(upload, None)
        for path in self.parts.glob(f"{upload}-*"):
            path.unlink()


def _copied(source: int, target: int, start: int, size: int) -> None:
    while size:
        done = os.copy_file_range(source, target, min(size, 1 << 30), start)
        start, size = start + done, size - done


def etag(path: Path) -> str:
    facts = path.stat()
    return f'"{facts.st_ino:x}-{facts.st_mtime_ns:x}-{facts.st_size:x}"'


class Handler(BaseHTTPRequestHandler):
    """One connection; every answer has a length, so that it stays open."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # an answer's headers and body in one piece,
    disable_nagle_algorithm = True  # and at once: not after the client's delayed acknowledgement, 40 ms later
    store: Store

    def __init__(self, store: Store, *args: object) -> None:
        self.store = store
        super().__init__(*args)  # type: ignore[arg-type]  # as the server gives them

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self._answer({"uploads": self._list_uploads, "list-type": self._list}, self._get)

    def do_HEAD(self) -> None:
        self._answer({}, self._get)

    def do_PUT(self) -> None:
        self._answer({"partNumber": self._put_part}, self._put)

    def do_POST(self) -> None:
        self._answer({"uploads": self._begin, "uploadId": self._complete, "delete": self._delete_some}, self._unknown)

    def do_DELETE(self) -> None:
        self._answer({"uploadId": self._abort}, self._delete)

    def _answer(self, by_query: dict[str, Callable[[], None]], otherwise: Callable[[], None]) -> None:
        url = urlsplit(self.path)
        self.query = {name: values[0] for name, values in parse_qs(url.query, keep_blank_values=True).items()}
        bucket, _, key = url.path.lstrip("/").partition("/")
        self.bucket, self.key = unquote(bucket), unquote(key)
        next((call for name, call in by_query.items() if name in self.query), otherwise)()

    def _send(self, status: int, body: str = "", **headers: str) -> None:
        data = body.encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def _refuse(self, status: int, code: str) -> None:
        self._send(status, f"<Error><Code>{code}</Code></Error>", Content_Type="application/xml")

    def _unknown(self) -> None:
        self._refuse(501, "NotImplemented")

    def _get(self) -> None:
        if not self.key:
            self._list()
            return
        path = self.store.path(self.bucket, self.key)
        if not path.is_file():
            self._refuse(404, "NoSuchKey")
            return
        with path.open("rb") as file:
            size, tag = os.fstat(file.fileno()).st_size, etag(path)
            if self.headers.get("If-Match", tag) != tag:
                self._refuse(412, "PreconditionFailed")
                return
            found = _RANGE.fullmatch(self.headers.get("Range", ""))
            start = int(found[1]) if found else 0
            stop = min(size, int(found[2]) + 1) if found and found[2] else size
            if found and start >= size:
                self._refuse(416, "InvalidRange")
                return
            self.send_response(206 if found else 200)
            if found:
                self.send_header("Content-Range", f"bytes {start}-{stop - 1}/{size}")
            self.send_header("ETag", tag)
            self.send_header("Last-Modified", self.date_time_string(path.stat().st_mtime))
            self.send_header("Accept-Ranges", "bytes")
            self.send_header("Content-Length", str(stop - start))
            self.end_headers()
            self.wfile.flush()
            while self.command != "HEAD" and start < stop:
                start += os.sendfile(self.connection.fileno(), file.fileno(), start, stop - start)

    def _received(self, target: Path) -> None:
        """Write a body; one that is cut off, as its sender was killed, becomes no object."""
        left = int(self.headers.get("Content-Length", 0))
        with target.open("wb") as file:
            while left and (data := self.rfile.read(min(left, _PIECE))):
                file.write(data)
                left -= len(data)
        if left:
            target.unlink()
            raise ConnectionAbortedError(f"{left} bytes of {self.path} are missing")

    def _put(self) -> None:
        if not self.key:
            self.store.path(self.bucket, "x").parent.mkdir(parents=True, exist_ok=True)
            self._send(200)
            return
        temp = self.store.temp()
        self._received(temp)
        tag = etag(temp)
        self.store.put(self.bucket, self.key, temp)
        self._send(200, ETag=tag)

    def _put_part(self) -> None:
        target = self.store.part(self.query["uploadId"], int(self.query["partNumber"]))
        source = self.headers.get("x-amz-copy-source")
        if source is None:
            self._received(target)
            self._send(200, ETag=etag(target))
            return
        bucket, _, key = unquote(source).lstrip("/").partition("/")
        path = self.store.path(bucket, key)
        found = _RANGE.fullmatch(self.headers.get("x-amz-copy-source-range", ""))
        start, stop = (int(found[1]), int(found[2]) + 1) if found else (0, path.stat().st_size)
        with path.open("rb") as file, target.open("wb") as out:
            _copied(file.fileno(), out.fileno(), start, stop - start)
        self._send(200, f"<CopyPartResult><ETag>{escape(etag(target))}</ETag></CopyPartResult>")

    def _begin(self) -> None:
        upload = uuid4().hex
        with self.store.lock:
            self.store.uploads[upload] = (self.bucket, self.key)
        place = f"<Bucket>{self.bucket}</Bucket><Key>{escape(self.key)}</Key><UploadId>{upload}</UploadId>"
        self._send(200, f"<InitiateMultipartUploadResult>{place}</InitiateMultipartUploadResult>")

    def _complete(self) -> None:
        body = ElementTree.fromstring(self.rfile.read(int(self.headers["Content-Length"])))
        numbers = [int(each.text or 0) for each in body.iter() if each.tag.endswith("PartNumber")]
        self.store.complete(self.query["uploadId"], numbers)
        tag = escape(etag(self.store.path(self.bucket, self.key)))
        self._send(200, f"<CompleteMultipartUploadResult><ETag>{tag}</ETag></CompleteMultipartUploadResult>")

    def _abort(self) -> None:
        self.store.abort(self.query["uploadId"])
        self._send(204)

    def _delete(self) -> None:
        self.store.path(self.bucket, self.key).unlink(missing_ok=True)
        self._send(204)

    def _delete_some(self) -> None:
        body = ElementTree.fromstring(self.rfile.read(int(self.headers["Content-Length"])))
        keys = [each.text or "" for each in body.iter() if each.tag.endswith("Key")]
        for key in keys:
            self.store.path(self.bucket, key).unlink(missing_ok=True)
        quiet = any(each.tag.endswith("Quiet") and each.text == "true" for each in body.iter())
        told = "" if quiet else "".join(f"<Deleted><Key>{escape(key)}</Key></Deleted>" for key in keys)
        self._send(200, f"<DeleteResult>{told}</DeleteResult>")

    def _list(self) -> None:
        prefix, after = self.query.get("prefix", ""), self.query.get("continuation-token", "")
        keys = self.store.keys(self.bucket, prefix)
        if delimiter := self.query.get("delimiter"):
            names = {prefix + key.removeprefix(prefix).split(delimiter)[0] + delimiter for key in keys}
            rest = "".join(
                f"<CommonPrefixes><Prefix>{escape(name)}</Prefix></CommonPrefixes>" for name in sorted(names)
            )
            self._send(200, f"<ListBucketResult><IsTruncated>false</IsTruncated>{rest}</ListBucketResult>")
            return
        keys = [key for key in keys if key > after]
        some = keys[:_LISTED]
        listed = "".join(self._listed(key) for key in some)
        more = f"<NextContinuationToken>{escape(some[-1])}</NextContinuationToken>" if len(keys) > len(some) else ""
        truncated = "true" if more else "false"
        self._send(200, f"<ListBucketResult><IsTruncated>{truncated}</IsTruncated>{more}{listed}</ListBucketResult>")

    def _listed(self, key: str) -> str:
        with suppress(FileNotFoundError):  # deleted meanwhile
            facts = self.store.path(self.bucket, key).stat()
            changed = datetime.fromtimestamp(facts.st_mtime, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
            about = f"<LastModified>{changed}</LastModified><Size>{facts.st_size}</Size>"
            return f"<Contents><Key>{escape(key)}</Key>{about}</Contents>"
        return ""

    def _list_uploads(self) -> None:
        prefix = self.query.get("prefix", "")
        with self.store.lock:
            mine = [(upload, key) for upload, (bucket, key) in self.store.uploads.items() if bucket == self.bucket]
        listed = "".join(
            f"<Upload><Key>{escape(key)}</Key><UploadId>{upload}</UploadId></Upload>"
            for upload, key in mine
            if key.startswith(prefix)
        )
        body = f"<IsTruncated>false</IsTruncated>{listed}"
        self._send(200, f"<ListMultipartUploadsResult>{body}</ListMultipartUploadsResult>")


def serve(folder: Path, host: str, port: int) -> None:
    """Serve what is in the folder until the process ends."""
    server = ThreadingHTTPServer((host, port), partial(Handler, Store(folder)))
    server.daemon_threads = True
    server.serve_forever()


@contextmanager
def file_server(folder: Path, host: str = "127.0.0.1") -> Iterator[RangedBucket]:
    """The server with an empty bucket, all of it in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    with running([sys.executable, "-m", __name__, str(folder), host, str(port)], folder / "log") as process:
        server = RangedBucket(port, process.pid, host)
        until(lambda: listens(port, host), within=120)
        server.objects._client.create_bucket(Bucket=BUCKET)
        yield server


if __name__ == "__main__":
    shutil.rmtree(Path(sys.argv[1]) / "parts", ignore_errors=True)
    serve(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
