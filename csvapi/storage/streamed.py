"""An object that is written while it is made, without a file: in parts that wait in memory until they are sent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from csvapi.errors import TaskError
from csvapi.setting_forms import MIB
from csvapi.storage.joining import MOST_PARTS
from csvapi.storage.object_client import told
from csvapi.storage.part_upload import PartUpload
from csvapi.storage.quick_client import QuickClient

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

PART = 16 * MIB  # bytes of the first parts; the protocol's least is 5 MiB
_DOUBLED = 1000  # parts after which they become twice as large, so that any object has few enough


class Streamed:
    """Takes bytes in order; `client` is boto3's. Memory: one part. Raises StorageDown where they cannot be sent."""

    def __init__(self, client: Any, quick: QuickClient, place: dict[str, str]) -> None:
        self._client, self._quick, self._place = client, quick, place
        self._part, self._filled = memoryview(bytearray(PART)), 0
        self._upload: PartUpload | None = None
        self._tags: list[str] = []

    def write(self, data: ReadableBuffer) -> int:
        """Append bytes."""
        given = left = memoryview(data).cast("B")
        while left:
            some = left[: len(self._part) - self._filled]
            self._part[self._filled : self._filled + len(some)] = some
            self._filled, left = self._filled + len(some), left[len(some) :]
            if self._filled == len(self._part):
                self._send()
        return len(given)

    def flush(self) -> None:
        """Do nothing: what is smaller than a part cannot be sent yet."""

    def finish(self) -> None:
        """Let the object appear."""
        if self._upload is None:
            data = bytes(self._part[: self._filled])
            if not self._quick.put(self._place, data):
                with told("put"):
                    self._client.put_object(**self._place, Body=data)
            return
        if self._filled:
            self._send()
        with told("put"):
            self._upload.complete(self._tags)

    def abort(self) -> None:
        """Let nothing be left of it."""
        if self._upload and not self._upload.completed:
            with told("abort"):
                self._client.abort_multipart_upload(**self._upload.place)

    def _send(self) -> None:
        number = len(self._tags) + 1
        if number > MOST_PARTS:
            raise TaskError(f"What a range leaves has more than {MOST_PARTS} parts", limit=MOST_PARTS)
        with told("put"):
            if self._upload is None:
                answer = self._client.create_multipart_upload(**self._place)
                self._upload = PartUpload(self._client, {**self._place, "UploadId": answer["UploadId"]})
            part = self._part[: self._filled]
            tag = self._quick.part(self._upload.place, number, part) or self._upload.send(number, bytes(part))
        self._tags.append(tag)
        self._filled = 0
        if number % _DOUBLED == 0:
            self._part = memoryview(bytearray(2 * len(self._part)))


@contextmanager
def streamed(client: Any, quick: QuickClient, place: dict[str, str]) -> Iterator[Streamed]:
    """An object that appears at the end of the block, and not at all if that raises."""
    found = Streamed(client, quick, place)
    try:
        yield found
        found.finish()
    finally:
        found.abort()
