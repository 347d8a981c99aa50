"""An object that lies in a bucket already, as it was when it was registered."""

from __future__ import annotations

from dataclasses import dataclass

from csvapi.errors import ObjectChanged

SCHEME = "s3://"


@dataclass(frozen=True, slots=True)
class Pinned:
    """Where the bytes of a stored file come from that is none of csvapi's own objects: read, and never written or
    deleted; with another ETag it is another object."""

    address: str
    etag: str

    @property
    def bucket(self) -> str:
        """The bucket's name."""
        return split(self.address)[0]

    @property
    def key(self) -> str:
        """The object's key in it."""
        return split(self.address)[1]

    def changed(self) -> ObjectChanged:
        """The error for an object that is another one by now, or gone."""
        return ObjectChanged(f"{self.address} was changed or deleted after it was registered; register it again")


def split(address: str) -> tuple[str, str]:
    """Bucket and key of an address such as `s3://bucket/key`; both are empty for what is none."""
    if not address.startswith(SCHEME):
        return "", ""
    bucket, _, key = address.removeprefix(SCHEME).partition("/")
    return (bucket, key) if key else ("", "")
