"""A file that is deleted between the moment when its row was found and the one when its bytes are read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import select

from csvapi.errors import NotFound, ObjectMissing
from csvapi.extensions import one_select
from csvapi.models import File


@contextmanager
def told(file: File) -> Iterator[None]:
    """A block that reads the stored file. Raises NotFound if its bytes are gone because the file was deleted by now.

    Where the row still names them, their absence is damage: ObjectMissing, as the storage says.
    """
    try:
        yield
    except ObjectMissing as error:
        if file.object_url:  # a registered one, whose bytes are not csvapi's to delete
            raise
        with one_select() as connection:
            there = connection.execute(select(File.id).where(File.storage_key == file.storage_key)).first()
        if there is None:
            raise NotFound("The file has been deleted", pointer="/file_id") from error
        raise
