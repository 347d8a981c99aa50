"""Where bytes are stored: written once as a stream, opened, deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from csvapi.config import Settings
from csvapi.errors import InvalidInput
from csvapi.storage.local import LocalStorage, first_and_last
from csvapi.storage.writer import Writer

if TYPE_CHECKING:
    from csvapi.storage.s3 import Bucket

FILES = "files/"  # before the keys of stored objects in a bucket
WORK = "work/"  # before those of what a run on a cluster leaves on its way, by its task's id

__all__ = ["FILES", "WORK", "LocalStorage", "Writer", "bucket_of", "first_and_last", "storage_of"]


def storage_of(settings: Settings) -> LocalStorage:
    """The configured storage. Raises InvalidInput if a library it needs is not installed."""
    if not settings.s3_bucket:
        return LocalStorage(settings.files_dir)
    bucket = bucket_of(settings)
    from csvapi.storage.cached import S3Storage

    return S3Storage(settings.cache_dir, bucket, settings.s3_cache)


def bucket_of(settings: Settings) -> Bucket:
    """The configured bucket; its client is imported only if there is one. Raises as `storage_of` does."""
    try:
        from csvapi.storage.s3 import Bucket
    except ModuleNotFoundError as error:
        raise InvalidInput(
            f"CSVAPI_S3_BUCKET needs {error.name}: pip install 'csv-processing-api[s3]'", pointer="CSVAPI_S3_BUCKET"
        ) from error
    return Bucket(settings)
