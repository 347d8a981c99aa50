"""Requests made from the OpenAPI document: its own examples first, then whatever schemathesis makes of its schemas.

Each is sent as somebody who is signed in and owns what the path names, so that requests reach the code behind the
checks; an answer must be one that the document describes, and no 5xx.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import schemathesis
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, seed, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from sqlalchemy import update

from csvapi import config
from csvapi.app import create_app
from csvapi.extensions import transaction
from csvapi.models import Delivery, FileState, Sent, SourceFile, User
from csvapi.services.mailing import RESET, VERIFY, send_due
from tests.api.v1 import V1
from tests.mailbox import Mailbox
from tests.stack import PASSWORD, sign_up

CHECKS = [not_a_server_error, response_schema_conformance, content_type_conformance, status_code_conformance]
CONTENT = b"id,name,email,age\n1,a,a@example.com,30\n1,a,a@example.com,30\n2,b,b@example.com,9\n"
ENDS_SESSIONS = (
    "/logout/",
    "/token/refresh/",
    "/me/password",
    "/me/delete",
    "/session",
)  # sent by an account of their own
MAILED = {"/api/v1/password-resets/confirm": RESET, "/api/v1/email-verifications/confirm": VERIFY}
PIPELINE = ({"steps": [{"op": "dedup"}]}, {"steps": [{"op": "dedup", "keep": "last"}]})
SCHEMA = ({"schema": {"fields": [{"name": "id"}]}}, {"schema": {"fields": [{"name": "id", "type": "integer"}]}})

TUS = {"Tus-Resumable": "1.0.0", "Upload-Length": "9", "Upload-Offset": "0", "X-HTTP-Method-Override": "DELETE"}
PART: Any = {"data": CONTENT[:5], "content_type": "application/octet-stream"}

# What schemathesis gives no name, or no headers that fit.
UPLOADS: dict[str, Callable[[Owner], Any]] = {
    "POST /api/upload-csv/": lambda owner: owner.account.upload(CONTENT),
    "POST /api/v1/files": lambda owner: owner.v1.upload(CONTENT),
    "POST /api/v1/uploads": lambda owner: owner.upload(),
    "HEAD /api/v1/uploads/{upload_id}": lambda owner: owner.v1.ok("HEAD", f"/uploads/{owner.upload()}", headers=TUS),
    "PATCH /api/v1/uploads/{upload_id}": lambda owner: owner.v1.ok(
        "PATCH", f"/uploads/{owner.upload()}", headers=TUS, **PART
    ),
    "DELETE /api/v1/uploads/{upload_id}": lambda owner: owner.v1.ok(
        "DELETE", f"/uploads/{owner.upload()}", headers=TUS
    ),
    "POST /api/v1/uploads/{upload_id}": lambda owner: owner.v1.ok("POST", f"/uploads/{owner.upload()}", headers=TUS),
}


class Owner:
    """An account, and the ids of what it owns by the name of the path's parameter."""

    def __init__(self, client: FlaskClient) -> None:
        self.account = sign_up(client)
        self.v1 = V1(self.account)
        self.file = self.v1.upload(CONTENT)["id"]
        self.large = self.v1.upload(CONTENT + b"3,c,c@example.com,40\n" * 200_000)["id"]
        self.task = self.v1.run(CONTENT, {"op": "dedup"}, explain=True)["id"]
        self.webhook = self._webhook()
        self.pipeline, self.schema = self._saved("pipelines", *PIPELINE), self._saved("schemas", *SCHEMA)
        self._administers()
        self.source = self._source()
        self._made: dict[str, Callable[[str, str], Any]] = {
            "file_id": lambda method, path: self._file() if method == "DELETE" else self.file,
            "upload_id": lambda method, path: self.upload(),
            "task_id": self._task,
            "webhook_id": lambda method, path: self._webhook() if method == "DELETE" else self.webhook,
            "delivery_id": lambda method, path: self._delivery(),
            "pipeline_id": lambda method, path: (
                self._saved("pipelines", *PIPELINE) if method == "DELETE" else self.pipeline
            ),
            "schema_id": lambda method, path: self._saved("schemas", *SCHEMA) if method == "DELETE" else self.schema,
            "number": lambda method, path: 1,
            "key_id": lambda method, path: self._key(),
            "hash_key_id": lambda method, path: self._hash_key(),
            "token": lambda method, path: self._link(),
            "session_id": lambda method, path: self._session(),
            "code": lambda method, path: "not_found",
            "source_id": lambda method, path: (
                self._source() if method == "DELETE" or path.endswith("/pause") else self.source
            ),
            "source_file_id": lambda method, path: self._failed_file(),
        }

    def known(self, name: str, method: str, path: str) -> Any:
        """An id for a request of this method and path; a new one where the request would use it up."""
        return self._made[name](method, path)

    def body(self, body: Any) -> Any:
        """The body with files that exist, in place of those that it names."""
        if not isinstance(body, dict):
            return body
        owned = {name: self.file for name in ("file_id", "input") if name in body}
        if body.get("password") and "email" in body:
            owned |= {"email": self.account.email, "password": PASSWORD}
            if "confirm_password" in body:
                owned |= {"email": f"{uuid4().hex}@example.com", "confirm_password": PASSWORD}
        if "current_password" in body or set(body) == {"password"}:
            owned |= {name: PASSWORD for name in ("current_password", "password") if name in body}
        if "owner" in body:
            owned |= {"owner": self.account.email, "pipeline": {"id": self.pipeline}}
        return {**body, **owned}

    def upload(self) -> str:
        """An upload that is open: one that is there, once there are several."""
        there = self.v1.ok("GET", "/uploads")["items"]
        return str((there[0] if len(there) > 5 else self.v1.ok("POST", "/uploads", headers=TUS))["id"])

    def _file(self) -> int:
        return int(self.v1.upload(CONTENT)["id"])

    def _task(self, method: str, path: str) -> str:
        if path.endswith("/cancel"):
            return str(self.v1.submit(self.large, {"op": "sort", "by": ["name"]})["id"])
        return str(self.v1.run(CONTENT, {"op": "dedup"})["id"]) if method == "DELETE" else self.task

    def _webhook(self) -> int:
        return int(self.v1.ok("POST", "/webhooks", json={"url": "https://example.com/csvapi"})["id"])

    def _delivery(self) -> str:
        """A message that was given up."""
        sent = str(self.v1.ok("POST", f"/webhooks/{self.webhook}/test")["id"])
        with self.account.client.application.app_context(), transaction() as session:
            given_up = update(Delivery).where(Delivery.id == sent).values(status=Sent.FAILED, next_at=None)
            session.execute(given_up)
        return sent

    def _saved(self, path: str, *versions: dict[str, Any]) -> int:
        """Something that is saved, in two versions: the first of them can be deleted."""
        first, second = versions
        made = self.v1.ok("POST", f"/{path}", json={"name": uuid4().hex, **first})
        self.v1.ok("POST", f"/{path}/{made['id']}/versions", json=second)
        return int(made["id"])

    def _key(self) -> int:
        return int(self.v1.ok("POST", "/api-keys", json={"name": "probe"})["id"])

    def _hash_key(self) -> int:
        return int(self.v1.ok("POST", "/hash-keys", json={"name": f"probe-{uuid4().hex}"})["id"])

    def _administers(self) -> None:
        with self.account.client.application.app_context(), transaction() as session:
            session.execute(update(User).where(User.id == self.account.id).values(is_admin=True))

    def _source(self) -> int:
        place = {"user": "probe", "password": "probe", "host_keys": [f"SHA256:{'A' * 43}"]}
        body = {
            "name": "probe",
            "owner": self.account.email,
            "pipeline": {"id": self.pipeline},
            "from": {**place, "url": "sftp://files.example.com:22/out/"},
            "to": {"webhook": self.webhook},
        }
        return int(self.v1.ok("POST", "/sources", json=body)["id"])

    def _failed_file(self) -> int:
        with self.account.client.application.app_context(), transaction() as session:
            file = SourceFile(source_id=self.source, mark=uuid4().hex, name=uuid4().hex, size=1, version="1")
            file.state = FileState.FAILED
            session.add(file)
        return file.id

    def _session(self) -> str:
        """Another session than the one that the requests are sent in."""
        login = {"email": self.account.email, "password": PASSWORD}
        assert self.account.client.post("/api/login/", json=login).status_code == 200
        return next(str(each["id"]) for each in self.v1.ok("GET", "/me/sessions")["items"] if not each["current"])

    def _link(self) -> str:
        state = self.account.finished(self.account.start(self.file, "dedup"))
        return urlsplit(state["result"]["file_link"]).path.strip("/").rsplit("/", 1)[-1]


class Mails:
    """The application with a mail server, and the tokens that it mails."""

    def __init__(self, environ: dict[str, str], box: Mailbox) -> None:
        self._box = box
        places = {"CSVAPI_SOURCE_PLACES": "sftp://files.example.com:22/", "CSVAPI_MAX_SOURCES": "100000"}
        self.app = create_app(config.load({**environ, **box.settings, **places}))
        self._verifying = create_app(config.load({**environ, **box.settings, "CSVAPI_VERIFY_EMAIL": "on"}))

    def token(self, kind: str) -> str:
        """Of the link that a new account is mailed."""
        body = {"email": f"{uuid4().hex}@example.com", "password": PASSWORD, "confirm_password": PASSWORD}
        app = self._verifying if kind == VERIFY else self.app
        assert app.test_client().post("/api/register/", json=body).status_code == 201
        if kind == RESET:
            asked = app.test_client().post("/api/v1/password-resets", json={"email": body["email"]})
            assert asked.status_code == 202
        with app.app_context():
            while send_due():
                pass
        return self._box.token()


class Probe:
    """Sends cases and counts the answers; `answers[label, status]`."""

    def __init__(self, mails: Mails, client: FlaskClient) -> None:
        self._client, self._mails, app = client, mails, mails.app
        self.schema = schemathesis.openapi.from_wsgi("/swagger.json", app)
        self.operations = [result.ok() for result in self.schema.get_all_operations()]
        self.owner = Owner(client)
        self.answers: Counter[tuple[str, int]] = Counter()

    def reached(self) -> set[str]:
        return {label for label, status in self.answers if 200 <= status < 300}

    def example(self, operation: Any) -> None:
        """What the document shows, with ids that exist."""
        if operation.label in UPLOADS:
            UPLOADS[operation.label](self.owner)
            self.answers[operation.label, 201] += 1
            return
        content = operation.definition.raw.get("requestBody", {}).get("content", {})
        more: dict[str, Any] = {}
        if body := content.get("application/json"):
            more = {"body": self.owner.body(body["example"]), "media_type": "application/json"}
            if operation.path in MAILED:
                more["body"]["token"] = self._mails.token(MAILED[operation.path])
        if operation.path == "/api/task-status/":
            more = {"query": {"task_id": self.owner.account.start(self.owner.file, "dedup")}}
        self.send(operation.Case(path_parameters=self._parameters(operation), **more))

    def random(self, operation: Any, count: int, number: int) -> None:
        """`count` cases drawn from a seed, most of them with ids that exist."""

        @seed(number)
        @settings(max_examples=count, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(operation.as_strategy())
        def each(case: Case) -> None:
            if len(self.answers) % 4:  # else an id that is nobody's
                case.path_parameters = self._parameters(operation)
                case.body = self.owner.body(case.body)
            self.send(case)

        each()

    def send(self, case: Case) -> None:
        account = sign_up(self._client) if case.path.endswith(ENDS_SESSIONS) else self.owner.account
        if isinstance(case.body, dict) and "refresh" in case.body:
            case.body["refresh"] = account.refresh
        response = case.call(headers={**account.headers, "Accept-Encoding": "identity"}, session=self._client)
        self.answers[case.operation.label, response.status_code] += 1
        case.validate_response(response, checks=self._checks(response))

    def _checks(self, response: Any) -> list[Any]:
        """All of them; bytes are documented as such, whatever they are called, and streams of events as text."""
        kind = next(iter(response.headers.get("content-type", ())), "")
        left_out = [response_schema_conformance] if kind.startswith("text/event-stream") else []
        if "content-disposition" in response.headers or kind.startswith("application/x-ndjson"):
            left_out = [response_schema_conformance, content_type_conformance]
        return [check for check in CHECKS if check not in left_out]

    def _parameters(self, operation: Any) -> dict[str, Any]:
        names = [each.name for each in operation.path_parameters]
        return {name: self.owner.known(name, operation.method.upper(), operation.path) for name in names}


def probe(mails: Mails, client: FlaskClient, *, seconds: float, count: int) -> Probe:
    """The examples of every operation, then `count` random cases of each, again until the time is over.

    Each round has an account of its own, whose limits the rounds before have not used up.
    """
    found = Probe(mails, client)
    until, number = time.monotonic() + seconds, 0
    for operation in found.operations:
        found.example(operation)
    while number == 0 or time.monotonic() < until:
        if number:
            found.owner = Owner(client)
        for operation in found.operations:
            found.random(operation, count, number)
        number += 1
    return found
