"""Full, read-only and small disks, which are real: a task fails with a clear reason and leaves nothing behind."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask

from csvapi.errors import StorageDown
from csvapi.services import files, resumable
from tests.services.alone import alone, ann, application, environ, row, run, stored, submit, written
from tests.stack import Account

__all__ = ["alone", "ann", "environ"]
pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a disk")
MIB = 1 << 20


@contextmanager
def disk(folder: Path, size: int) -> Iterator[Path]:
    """A disk of so many bytes, mounted at the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def read_only(folder: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)


def failed(task_id: str) -> tuple[str | None, str | None]:
    run(task_id)
    assert row(task_id).status == "failed"
    return row(task_id).error_code, row(task_id).error_detail


@contextmanager
def moved(environ: dict[str, str], folder: Path, **settings: str) -> Iterator[Flask]:
    with application(environ, CSVAPI_DATA_DIR=str(folder), **settings) as app:
        yield app


def test_no_room_is_known_before_the_task_starts(
    environ: dict[str, str], alone: Flask, ann: Account, tmp_path: Path
) -> None:
    with disk(tmp_path / "disk", MIB) as folder, moved(environ, folder) as app:
        ann.client = app.test_client()
        task_id = submit(ann, file_id=stored(ann, b"a\n" + b"1\n" * (MIB // 5)))
        before = written()
        code, detail = failed(task_id)
        assert code == "workspace_full"
        assert "room for a file of" in str(detail)
        assert written() == before


def test_a_workspace_that_fills_up_ends_the_task(
    environ: dict[str, str], alone: Flask, ann: Account, tmp_path: Path
) -> None:
    """Many tiny records need more room for their keys than the file is large."""
    with moved(environ, tmp_path) as app, disk(tmp_path / "workspace", 2 * MIB):
        ann.client = app.test_client()
        task_id = submit(ann, file_id=stored(ann, b"a\n" + b"".join(b"%d\n" % (n % 10) for n in range(MIB // 5))))
        before = written()
        assert failed(task_id)[0] == "workspace_full"
        assert written() == before


def test_a_full_storage_refuses_an_upload(environ: dict[str, str], alone: Flask, ann: Account, tmp_path: Path) -> None:
    with disk(tmp_path / "disk", MIB) as folder, moved(environ, folder):
        with files.begin(ann.id) as writer, pytest.raises(StorageDown, match="full"):
            writer.write(b"x" * 2 * MIB)
        assert written() == []


def test_an_upload_in_parts_begins_only_where_there_is_room_for_all_of_it(
    environ: dict[str, str], alone: Flask, ann: Account, tmp_path: Path
) -> None:
    """Its parts, and the file that is made of them; and what other uploads still lack."""
    with disk(tmp_path / "disk", 10 * MIB) as folder, moved(environ, folder):
        first = resumable.begin(ann.id, "a.csv", {}, 4 * MIB, "")
        with pytest.raises(StorageDown, match="no room"):
            resumable.begin(ann.id, "b.csv", {}, 3 * MIB, "")
        resumable.terminate(ann.id, first.id)
        resumable.begin(ann.id, "b.csv", {}, 3 * MIB, "")
        assert resumable.forget_all_of(ann.id) == 1


def test_a_read_only_storage_fails_the_task(
    environ: dict[str, str], alone: Flask, ann: Account, tmp_path: Path
) -> None:
    with disk(tmp_path / "disk", 8 * MIB) as folder, moved(environ, folder) as app:
        ann.client = app.test_client()
        task_id = submit(ann)
        before = written()
        read_only(folder)
        code, detail = failed(task_id)
        assert code == "storage_down"
        assert "Read-only file system" in str(detail)
        with pytest.raises(StorageDown):
            files.begin(ann.id)
        assert written() == before
