"""Files that are deleted while a request is about to read them, or reads them, are gone and not damaged."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import pytest

from csvapi.errors import NotFound, ObjectMissing
from csvapi.extensions import runtime
from csvapi.models import File
from csvapi.services import file_contents, files
from tests.services.alone import alone, ann, environ
from tests.stack import Account

__all__ = ["alone", "ann", "environ"]


def _read(file: File) -> bytes:
    with files.reading(file) as path:
        return path.read_bytes()


def _part(file: File) -> Any:
    with files.part(file, 0, 2) as (path, _):
        return path.stat()


READINGS: list[Callable[[File], Any]] = [
    _read,
    _part,
    lambda file: files.ends(file, 10),
    lambda file: files.opened(file).read(),
    lambda file: file_contents.objects(file, 10),
]


@pytest.mark.parametrize("read", READINGS)
def test_one_that_was_deleted_before_it_is_read(ann: Account, read: Callable[[File], Any]) -> None:
    file = files.find(ann.id, ann.upload(b"a,b\n1,2\n"))
    assert ann.client.delete(f"/api/v1/files/{file.id}", headers=ann.headers).status_code == 204
    with pytest.raises(NotFound, match="deleted"):
        read(file)


def test_one_that_is_deleted_while_it_is_read(ann: Account) -> None:
    file = files.find(ann.id, ann.upload(b"a,b\n1,2\n"))
    with ExitStack() as held:
        path = held.enter_context(files.reading(file))
        ann.client.delete(f"/api/v1/files/{file.id}", headers=ann.headers)
        with pytest.raises(FileNotFoundError) as error:
            path.read_bytes()
        with pytest.raises(NotFound, match="deleted"):
            held.__exit__(error.type, error.value, error.tb)


@pytest.mark.parametrize("read", READINGS)
def test_bytes_that_are_gone_while_the_row_stays_are_damage(ann: Account, read: Callable[[File], Any]) -> None:
    file = files.find(ann.id, ann.upload(b"a,b\n1,2\n"))
    runtime().storage.delete(file.storage_key)
    with pytest.raises(ObjectMissing):
        read(file)
    assert ann.get(f"/api/v1/files/{file.id}/content").status_code == 503
