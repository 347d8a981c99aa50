"""Sources over HTTP: for administrators, with credentials that go in and never come out."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyotp
import pytest
from sqlalchemy import select, text, update

from csvapi.extensions import transaction
from csvapi.models import AuditEntry, Source, User
from csvapi.services import second_factor
from csvapi.services.source_places import unseal
from tests.api.v1 import V1, problem
from tests.places.sftp_server import PASSWORD
from tests.sources.stack import BUCKET, DATA, Stack
from tests.stack import sign_up
from tests.storage.test_service import application

PATHS = (
    ("GET", "/sources"),
    ("POST", "/sources"),
    ("GET", "/sources/{id}"),
    ("PATCH", "/sources/{id}"),
    ("POST", "/sources/{id}/run"),
    ("POST", "/sources/{id}/pause"),
    ("POST", "/sources/{id}/resume"),
    ("GET", "/sources/{id}/files"),
    ("POST", "/sources/{id}/files/1/retry"),
    ("DELETE", "/sources/{id}"),
)


def body(service: Stack, **more: Any) -> dict[str, Any]:
    given = {"name": "Orders", "owner": service.owner.account.email, "pipeline": {"id": service.pipeline}}
    return {**given, "from": {"url": f"s3://{BUCKET}/in/"}, "to": {"url": f"s3://{BUCKET}/out/"}, **more}


def test_only_administrators_get_in(service: Stack) -> None:
    source = service.source({"url": service.folder()}, {"url": service.folder()})
    for method, path in PATHS:
        given = {"json": body(service)} if method in ("POST", "PATCH") else {}
        answer = service.owner.call(method, path.format(id=source["id"]), **given)
        problem(answer, 403, "forbidden")
        assert service.app.test_client().open(f"/api/v1{path.format(id=1)}", method=method).status_code == 401
    assert service.show(source)["name"] == "Orders"


def test_a_source_is_made_shown_changed_and_deleted(service: Stack) -> None:
    answer = service.admin.post("/sources", json=body(service))
    assert answer.status_code == 201
    source = answer.json
    assert answer.headers["Location"] == f"/api/v1/sources/{source['id']}"
    assert (source["schedule"], source["match"], source["after"]) == ({"every": 60}, "*.csv", "keep")
    assert source == service.show(source) == service.admin.ok("GET", "/sources")["items"][0]
    change = {"schedule": {"cron": "0 6 * * *", "zone": "Europe/Berlin"}, "dropped": "{stem}.dropped.csv"}
    changed = service.admin.ok("PATCH", f"/sources/{source['id']}", json=change)
    assert {**source, **change} == {**changed, "updated_at": source["updated_at"], "next_at": source["next_at"]}
    assert service.admin.ok("PATCH", f"/sources/{source['id']}", json={"dropped": None})["dropped"] is None
    assert service.admin.call("DELETE", f"/sources/{source['id']}").status_code == 204
    for method, path in PATHS[2:]:
        given = {"json": {}} if method == "PATCH" else {}
        problem(service.admin.call(method, path.format(id=source["id"]), **given), 404, "not_found")
    with service.app.app_context(), transaction() as session:
        mine = AuditEntry.target == f"source:{source['id']}"
        entries = session.scalars(select(AuditEntry).where(mine).order_by(AuditEntry.id)).all()
    assert [(each.action, each.user_id) for each in entries] == [
        (f"admin_source_{what}", service.admin.account.id) for what in ("made", "changed", "changed", "deleted")
    ]


def test_credentials_go_in_and_never_come_out(service: Stack) -> None:
    server = service.sftp
    key = server.client_key.export_private_key(passphrase="open sesame", rounds=1, ignore_few_rounds=True).decode()
    login = {"password": None, "private_key": key, "passphrase": "open sesame"}
    origin = {name: value for name, value in {**server.place("keys"), **login}.items() if value}
    source = service.source(origin, server.place("kept"))
    known = {"user": origin["user"], "host_keys": origin["host_keys"]}
    assert source["from"] == {"url": f"{origin['url']}/", **known, "has_credentials": True}
    secrets = (PASSWORD, "open sesame", key.splitlines()[1], server.client_key.export_private_key().decode().split()[5])
    answers = json.dumps([source, service.show(source), service.admin.ok("GET", "/sources")])
    with service.app.app_context(), transaction() as session:
        stored = str(session.execute(text("SELECT * FROM sources")).all())
        logged = str(session.execute(text("SELECT * FROM audit_log")).all())
    assert not any(secret in where for secret in secrets for where in (answers, stored, logged))
    service.scan(source)
    assert service.show(source)["error"] is None


def test_credentials_are_rotated_and_go_to_no_other_server(service: Stack) -> None:
    server = service.sftp
    source = service.source(server.place("a"), server.place("b"))
    at = f"/sources/{source['id']}"

    def stored() -> dict[str, Any]:
        with service.app.app_context(), transaction() as session:
            return unseal(session.get_one(Source, source["id"]).origin_secret)

    without = {name: value for name, value in server.place("c").items() if name != "password"}
    assert service.admin.ok("PATCH", at, json={"from": without})["from"]["url"].endswith("/c/")
    assert stored() == {"password": PASSWORD}
    service.admin.ok("PATCH", at, json={"name": "Other"})
    assert stored() == {"password": PASSWORD}
    service.admin.ok("PATCH", at, json={"from": {**without, "password": "a new one"}})
    assert stored() == {"password": "a new one"}
    for other in ({"user": "somebody"}, {"url": f"s3://{BUCKET}/in/", "access_key": "only half"}):
        answer = service.admin.call("PATCH", at, json={"from": {**without, **other}})
        problem(answer, 422, "invalid_input")
    assert stored() == {"password": "a new one"}


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"from": {"url": "s3://another-bucket/in/"}}, "/from/url"),
        ({"from": {"url": f"s3://{BUCKET}/../x/"}}, "/from/url"),
        ({"from": {"url": "sftp://10.0.0.1:22/in/", "user": "a", "password": "b"}}, "/from/url"),
        ({"from": {"url": "https://example.com/"}}, "/from/url"),
        ({"from": {"url": f"s3://{BUCKET}/in/", "password": "x"}}, "/from/password"),
        ({"from": {"url": f"s3://{BUCKET}/in/", "access_key": "x"}}, "/from/access_key"),
        ({"from": {}}, "/from/url"),
        ({"to": {}}, "/to/url"),
        ({"to": {"url": f"s3://{BUCKET}/in"}}, "/to/url"),
        ({"to": {"webhook": 999}}, "/to/webhook"),
        ({"to": {"webhook": 1, "url": f"s3://{BUCKET}/out/"}}, "/to/webhook"),
        ({"owner": "nobody@example.com"}, "/owner"),
        ({"pipeline": {"id": 999}}, "/pipeline"),
        ({"pipeline": {"id": 1, "version": 9}}, "/pipeline"),
        ({"schedule": {"every": 9}}, "/schedule/every"),
        ({"schedule": {"every": 60, "cron": "* * * * *"}}, "/schedule/every"),
        ({"schedule": {"cron": "never"}}, "/schedule/cron"),
        ({"schedule": {"every": 60, "zone": "UTC"}}, "/schedule/zone"),
        ({"settle": 9}, "/settle"),
        ({"result": "all.csv"}, "/result"),
        ({"result": "../{stem}.csv"}, "/result"),
        ({"dropped": "{stem}.clean.csv"}, "/dropped"),
        ({"marker": "/x"}, "/marker"),
        ({"after": "burn"}, "/after"),
        ({"attempts": 0}, "/attempts"),
        ({"unknown": 1}, "/unknown"),
    ],
)
def test_what_is_refused(service: Stack, change: dict[str, Any], pointer: str) -> None:
    problem(service.admin.post("/sources", json=body(service, **change)), 422, "invalid_input", pointer)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"host_keys": []}, "host_keys"),
        ({"host_keys": ["anything"]}, "host_keys/0"),
        ({"user": None}, "user"),
        ({"password": None}, "password"),
        ({"access_key": "x"}, "access_key"),
        ({"password": None, "private_key": "no key"}, "private_key"),
    ],
)
def test_an_sftp_server_needs_a_login_and_a_key_it_is_known_by(
    service: Stack, change: dict[str, Any], field: str
) -> None:
    place = {name: value for name, value in {**service.sftp.place("x"), **change}.items() if value is not None}
    answer = service.admin.post("/sources", json=body(service, **{"from": place}))
    problem(answer, 422, "invalid_input", f"/from/{field}")


def test_a_line_of_known_hosts_is_kept_as_its_fingerprint(service: Stack) -> None:
    line = f"127.0.0.1 {service.sftp.key.export_public_key().decode()}"
    source = service.source(service.sftp.place("x", host_keys=[line]), service.sftp.place("y"))
    assert source["from"]["host_keys"] == [service.sftp.fingerprint]


def test_the_owners_things_are_the_owners(service: Stack) -> None:
    """The administrator's own pipeline and webhook are none of the owner's."""
    pipeline = service.admin.ok("POST", "/pipelines", json={"name": "mine", "steps": [{"op": "dedup"}]})["id"]
    hook = service.admin.ok("POST", "/webhooks", json={"url": "https://example.com/"})["id"]
    for change, pointer in (({"pipeline": {"id": pipeline}}, "/pipeline"), ({"to": {"webhook": hook}}, "/to/webhook")):
        problem(service.admin.post("/sources", json=body(service, **change)), 422, "invalid_input", pointer)
    service.admin.call("DELETE", f"/pipelines/{pipeline}")
    service.admin.call("DELETE", f"/webhooks/{hook}")


def test_an_administrator_with_a_second_factor_sends_its_code(service: Stack) -> None:
    admin = V1(sign_up(service.app.test_client()))
    with service.app.app_context():
        with transaction() as session:
            session.execute(update(User).where(User.id == admin.account.id).values(is_admin=True))
        secret = second_factor.begin(admin.account.id).secret
        codes = second_factor.confirm(admin.account.id, pyotp.TOTP(secret).now())
    problem(admin.post("/sources", json=body(service)), 401, "second_factor_needed")
    problem(admin.post("/sources", json=body(service), headers={"X-OTP": "000000"}), 401, "wrong_credentials")
    made = admin.post("/sources", json=body(service), headers={"X-OTP": codes[0]})
    assert made.status_code == 201
    assert admin.get(f"/sources/{made.json['id']}").status_code == 200


def test_files_are_listed_by_pages_and_states(service: Stack) -> None:
    here = service.folder()
    for number in range(3):
        service.put(here, f"{number}.csv", DATA)
    source = service.source({"url": here}, {"url": service.folder()})
    service.scan(source)
    first = service.admin.ok("GET", f"/sources/{source['id']}/files?limit=2")
    rest = service.admin.ok("GET", f"/sources/{source['id']}/files?limit=2&cursor={first['next']}")
    assert sorted(file["name"] for file in first["items"] + rest["items"]) == ["0.csv", "1.csv", "2.csv"]
    assert rest["next"] is None
    assert service.files(source, state="failed") == []
    problem(service.admin.get(f"/sources/{source['id']}/files?state=other"), 422, "invalid_input", "/state")


def test_the_examples_of_the_page_are_taken(service: Stack) -> None:
    page = (Path(__file__).parents[2] / "docs" / "sources.md").read_text()
    examples = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    assert len(examples) == 2
    for text_of in examples:
        here = text_of.replace("s3://lake/", f"s3://{BUCKET}/").replace(
            "files.example.com:22", f"127.0.0.1:{service.sftp.port}"
        )
        given = json.loads(here) | {"owner": service.owner.account.email}
        assert service.admin.post("/sources", json=given).status_code == 201


def test_places_that_no_pattern_makes_allowed(service: Stack) -> None:
    """csvapi's own objects, and addresses of the own network that the setting does not name."""
    port = service.sftp.port
    more = {"CSVAPI_SOURCE_PLACES": f"s3://{BUCKET}/,sftp://*.0.0.1:{port}/", "CSVAPI_S3_BUCKET": BUCKET}
    with application(service.environ, **more) as app:
        admin = V1(replace(service.admin.account, client=app.test_client()))
        for folder in ("files/", "work/x/"):
            answer = admin.post("/sources", json=body(service, **{"from": {"url": f"s3://{BUCKET}/{folder}"}}))
            problem(answer, 422, "invalid_input", "/from/url")
        place = {"from": service.sftp.place("x"), "to": service.sftp.place("y")}
        source = admin.ok("POST", "/sources", json=body(service, **place))
        before = service.sftp.connections
        Stack.scan(replace(service, app=app, admin=admin), source)
        assert "CSVAPI_SOURCE_PLACES does not name this host" in admin.ok("GET", f"/sources/{source['id']}")["error"]
        assert service.sftp.connections == before


def test_where_a_second_factor_is_required_nothing_opens_without(service: Stack) -> None:
    with application(service.environ, CSVAPI_ADMIN_TOTP="required") as app:
        admin = V1(replace(service.admin.account, client=app.test_client()))
        problem(admin.get("/sources"), 403, "forbidden")


def test_there_are_only_so_many(service: Stack) -> None:
    with application(service.environ, CSVAPI_MAX_SOURCES="0") as app:
        admin = V1(replace(service.admin.account, client=app.test_client()))
        problem(admin.post("/sources", json=body(service)), 429, "quota_exceeded")


def test_a_source_is_made_once_for_each_key(service: Stack) -> None:
    given = body(service, **{"from": service.sftp.place("once"), "to": service.sftp.place("twice")})
    key = {"Idempotency-Key": "of the tests"}
    first, second = (service.admin.post("/sources", json=given, headers=key) for _ in range(2))
    assert (first.status_code, first.json) == (201, second.json)
    assert second.headers["Idempotent-Replayed"] == "true"
    other = service.admin.post("/sources", json={**given, "name": "Another"}, headers=key)
    problem(other, 422, "idempotency_key_reused")
    with service.app.app_context(), transaction() as session:
        assert PASSWORD not in str(session.execute(text("SELECT * FROM idempotency")).all())
