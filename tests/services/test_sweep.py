"""After a sweep the storage holds what rows own, and nothing else that is old enough."""

from __future__ import annotations

from uuid import uuid4

from flask import Flask
from sqlalchemy import delete

from csvapi.errors import TooLarge
from csvapi.extensions import runtime, transaction
from csvapi.models import File
from csvapi.services import attempt_files, files, leases, sweep
from tests.services.alone import alone, ann, application, environ, submit, written
from tests.stack import Account

__all__ = ["alone", "ann", "environ"]


def leftovers() -> None:
    """What killed processes leave: an upload half written, an object without a row, a dead attempt's workspace."""
    storage = runtime().storage
    storage.new_temp().write_bytes(b"half an upload")
    with storage.writer(100, TooLarge("")) as writer:
        writer.write(b"nobody's")
        writer.commit()
    workspace = runtime().settings.workspace_dir / f"{uuid4()}-1"
    workspace.mkdir(parents=True)
    (workspace / "keys").write_bytes(b"k")


def test_what_nobody_owns_goes_when_it_is_old_enough(environ: dict[str, str], alone: Flask, ann: Account) -> None:
    claimed = leases.claim(submit(ann), "here")
    assert claimed
    with attempt_files.temporary_files(claimed.task) as (target, workspace):
        kept = [*written(), workspace / "keys"]
        workspace.mkdir(parents=True)  # as the engine does
        (workspace / "keys").write_bytes(b"in use")
        leftovers()
        assert sweep.sweep() == 1  # a workspace's name tells at once that nobody works there
        with application(environ, CSVAPI_SWEEP_GRACE="0s", CSVAPI_LEASE="0s"):
            assert sweep.sweep() == 2
            assert written() == sorted(kept)
            assert sweep.sweep() == 0
        assert not target.exists()


def test_a_missing_object_is_told(alone: Flask, ann: Account) -> None:
    file = files.find(ann.id, ann.upload(b"a\n1\n"))
    assert file.id not in dict(sweep.missing())
    runtime().storage.path(file.storage_key).unlink()
    assert dict(sweep.missing())[file.id] == file.storage_key


def test_an_empty_database_is_not_believed(environ: dict[str, str], alone: Flask, ann: Account) -> None:
    ann.upload(b"a\n1\n")
    with transaction() as session:
        session.execute(delete(File))
    before = written()
    with application(environ, CSVAPI_SWEEP_GRACE="0s", CSVAPI_LEASE="0s"):
        assert sweep.sweep() == 0
    assert written() == before
