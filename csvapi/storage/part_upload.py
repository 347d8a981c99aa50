"""One object of a bucket that is made of parts, which are sent, or copied by the bucket from other objects."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from csvapi.errors import StorageDown

NO_COPIES = "The storage does not copy parts of objects, which work on a cluster needs"


@dataclass
class PartUpload:
    """Begun, and neither completed nor aborted. `client` is boto3's."""

    client: Any
    place: dict[str, str]
    completed: bool = False

    def send(self, number: int, data: bytes) -> str:
        """Make a part of some bytes; its ETag."""
        return str(self.client.upload_part(**self.place, PartNumber=number, Body=data)["ETag"])

    def copy(self, number: int, source: dict[str, str], span: tuple[int, int] | None = None) -> str:
        """Make a part of another object, or of bytes of one that is longer than the smallest part; its ETag.

        Raises StorageDown for a server that takes the request for that of an empty part.
        """
        more = {"CopySourceRange": f"bytes={span[0]}-{span[1] - 1}"} if span else {}
        done = self.client.upload_part_copy(**self.place, PartNumber=number, CopySource=source, **more)
        if not (tag := done.get("CopyPartResult", {}).get("ETag")):
            raise StorageDown(NO_COPIES)
        return str(tag)

    def complete(self, tags: Sequence[str]) -> None:
        """Let the object appear, of the parts with these ETags."""
        parts = [{"PartNumber": number, "ETag": tag} for number, tag in enumerate(tags, start=1)]
        self.client.complete_multipart_upload(**self.place, MultipartUpload={"Parts": parts})
        self.completed = True


@contextmanager
def begun(client: Any, place: dict[str, str]) -> Iterator[PartUpload]:
    """An upload to a place, which is aborted in every case in which the block does not complete it."""
    answer = client.create_multipart_upload(**place)
    upload = PartUpload(client, {**place, "UploadId": answer["UploadId"]})
    try:
        yield upload
    finally:
        if not upload.completed:
            client.abort_multipart_upload(**upload.place)
