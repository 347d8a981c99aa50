"""The service with sources: a bucket server, an SFTP server, a worker; rounds are run by the tests."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import update

from csvapi.extensions import transaction
from csvapi.models import SourceFile, User, now
from csvapi.services.source_rounds import Transfers
from csvapi.storage.objects import Objects
from tests.api.v1 import V1
from tests.places.sftp_server import SftpServer, sftp_server
from tests.programs import program
from tests.stack import environment, sign_up
from tests.storage.ranged_bucket import ACCESS, SECRET, RangedBucket, ranged_bucket
from tests.storage.test_service import application
from tests.waiting import until

BUCKET = "sources-of-tests"
DATA = b"id,name\n007,Ada\n007,Ada\n8,Grace\n"
CLEAN = b"id,name\n007,Ada\n8,Grace\n"
DROPPED = b"id,name\n007,Ada\n"
AGO = timedelta(days=1)


@dataclass
class Stack:
    """The application, its servers, an administrator and an owner with a pipeline that deduplicates."""

    app: Flask
    environ: dict[str, str]
    bucket: Objects
    sftp: SftpServer
    admin: V1
    owner: V1
    pipeline: int

    def folder(self) -> str:
        """A new folder of the bucket."""
        return f"s3://{BUCKET}/{uuid4().hex}/"

    def source(self, origin: dict[str, Any], target: dict[str, Any], **more: Any) -> dict[str, Any]:
        body = {"name": "Orders", "owner": self.owner.account.email, "pipeline": {"id": self.pipeline}}
        answer = self.admin.post("/sources", json={**body, "from": origin, "to": target, **more})
        assert answer.status_code == 201, answer.text
        return dict(answer.json)

    def files(self, source: dict[str, Any], **query: Any) -> list[dict[str, Any]]:
        return list(self.admin.ok("GET", f"/sources/{source['id']}/files", query_string=query)["items"])

    def states(self, source: dict[str, Any]) -> dict[str, str]:
        return {file["name"]: file["state"] for file in self.files(source)}

    def show(self, source: dict[str, Any]) -> dict[str, Any]:
        return dict(self.admin.ok("GET", f"/sources/{source['id']}"))

    def round(self) -> None:
        """One round of a scheduler, to its end."""
        with self.app.app_context():
            transfers = Transfers(self.app)
            transfers.fill()
            transfers.finish()

    def scan(self, source: dict[str, Any]) -> None:
        """Have the folder read."""
        self.admin.ok("POST", f"/sources/{source['id']}/run")
        self.round()

    def settled(self, source: dict[str, Any]) -> None:
        """Let the time pass that a file must stay the same, and have the folder read twice around it."""
        self.scan(source)
        self.back(source, SourceFile.since)
        self.scan(source)

    def back(self, source: dict[str, Any], column: Any) -> None:
        """Put a time of all files of a source back."""
        with self.app.app_context(), transaction() as session:
            mine = (SourceFile.source_id == source["id"], column.is_not(None))
            session.execute(update(SourceFile).where(*mine).values({column: now() - AGO}))

    def until(self, source: dict[str, Any], check: Callable[[set[str]], bool]) -> dict[str, str]:
        """Run rounds, without waiting for any time of a retry, until the states are such."""

        def is_such() -> bool:
            self.back(source, SourceFile.next_at)
            self.round()
            return check({file["state"] for file in self.files(source)})

        until(is_such, within=60)
        return self.states(source)

    def ended(self, source: dict[str, Any]) -> dict[str, str]:
        """Run rounds until no file has anything left to do."""
        return self.until(source, lambda states: bool(states) and states <= {"done", "failed", "arriving"})

    def put(self, folder: str, name: str, content: bytes) -> None:
        self.bucket.put(f"{folder}{name}", content)

    def remove(self, folder: str, name: str) -> None:
        _, _, bucket, key = folder.split("/", 3)
        self.bucket._client.delete_object(Bucket=bucket, Key=f"{key}{name}")

    def get(self, folder: str, name: str) -> bytes | None:
        return self.bucket.get(f"{folder}{name}")

    def row(self, file_id: int) -> SourceFile:
        with self.app.app_context(), transaction() as session:
            return session.get_one(SourceFile, file_id)


def bucket_of(server: RangedBucket) -> Objects:
    return Objects(BUCKET, f"http://127.0.0.1:{server.port}", "us-east-1", ACCESS, SECRET)


@contextmanager
def worker(environ: dict[str, str], log: Path) -> Iterator[None]:
    """A worker, which may be stopped before it has begun."""
    with program("worker", environ, log) as process:
        yield
        process.terminate()
        assert process.wait(20) in {0, -signal.SIGTERM}, log.read_text()
        assert "Traceback" not in log.read_text(), log.read_text()


@contextmanager
def stack(folder: Path, database_url: str, redis_url: str, *, works: bool = True, **more: str) -> Iterator[Stack]:
    """All of it, for as long as the block runs; without `works` no worker runs tasks."""
    with ExitStack() as held:
        server = held.enter_context(ranged_bucket(folder / "bucket"))
        sftp = held.enter_context(sftp_server(folder / "sftp"))
        bucket = bucket_of(server)
        bucket._client.create_bucket(Bucket=BUCKET)
        s3 = {name: value for name, value in server.environ.items() if name != "CSVAPI_S3_BUCKET"}
        places = f"s3://{BUCKET}/,sftp://127.0.0.1:{sftp.port}/"
        settings = {"CSVAPI_SOURCE_PLACES": places, "CSVAPI_LEASE": "5s", "CSVAPI_SOURCE_TIMEOUT": "10s", **s3, **more}
        environ = environment(database_url, redis_url, folder / "data", **settings)
        app = held.enter_context(application(environ))
        upgrade()
        admin, owner = V1(sign_up(app.test_client())), V1(sign_up(app.test_client()))
        with transaction() as session:
            session.execute(update(User).where(User.id == admin.account.id).values(is_admin=True))
        steps = {"name": "dedup", "steps": [{"op": "dedup"}]}
        pipeline = owner.ok("POST", "/pipelines", json=steps)["id"]
        if works:
            held.enter_context(worker(environ, folder / "worker.log"))
        yield Stack(app, environ, bucket, sftp, admin, owner, pipeline)
