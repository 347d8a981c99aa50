"""Saved pipelines and schemas have all but their content in common: names, versions, lists, limits, owners."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from csvapi import config
from csvapi.app import create_app
from csvapi.extensions import transaction
from csvapi.models import AuditEntry, PipelineVersion, SavedSchemaVersion, SavedVersion
from tests.api.v1 import V1, problem
from tests.stack import Account


@dataclass(frozen=True)
class Kind:
    """One of the two, with different contents to save."""

    path: str
    noun: str
    versions: type[SavedVersion]

    def content(self, number: int, *, size: int = 1) -> dict[str, Any]:
        name = f"c{number}" * size
        if self.noun == "pipeline":
            return {"steps": [{"op": "unique", "column": name}]}
        return {"schema": {"fields": [{"name": name}]}}


PIPELINES = Kind("/pipelines", "pipeline", PipelineVersion)
SCHEMAS = Kind("/schemas", "schema", SavedSchemaVersion)


@pytest.fixture(params=[PIPELINES, SCHEMAS], ids=["pipelines", "schemas"])
def kind(request: pytest.FixtureRequest) -> Kind:
    found: Kind = request.param
    return found


@pytest.fixture
def v1(account: Account) -> V1:
    return V1(account)


def save(v1: V1, kind: Kind, name: str = "first", number: int = 1, **more: Any) -> dict[str, Any]:
    answer = v1.post(kind.path, json={"name": name, **kind.content(number), **more})
    assert answer.status_code == 201, answer.text
    return dict(answer.json)


def add(v1: V1, kind: Kind, saved: dict[str, Any], number: int) -> TestResponse:
    return v1.post(saved["links"]["versions"], json=kind.content(number))


def test_what_is_saved_is_shown_listed_renamed_and_deleted(v1: V1, kind: Kind) -> None:
    answer = v1.post(kind.path, json={"name": "Größen", "description": "for Ada", **kind.content(1)})
    assert answer.status_code == 201
    made = answer.json
    assert answer.headers["Location"] == made["links"]["self"] == f"/api/v1{kind.path}/{made['id']}"
    assert {name: made[name] for name in kind.content(1)} == kind.content(1)
    assert (made["name"], made["description"], made["version"]) == ("Größen", "for Ada", 1)
    assert v1.ok("GET", made["links"]["self"]) == made
    assert v1.ok("GET", kind.path)["items"] == [{**made, "truncated": False}]
    changed = v1.ok("PATCH", made["links"]["self"], json={"name": "Sizes"})
    assert (changed["name"], changed["description"], changed["version"]) == ("Sizes", "for Ada", 1)
    assert changed["updated_at"] > made["updated_at"]
    assert v1.ok("PATCH", made["links"]["self"], json={}) == changed
    assert v1.ok("PATCH", made["links"]["self"], json={"description": ""})["description"] == ""
    assert v1.call("DELETE", made["links"]["self"]).status_code == 204
    problem(v1.get(made["links"]["self"]), 404, "not_found")
    assert v1.ok("GET", kind.path) == {"items": [], "next": None}


def test_versions_do_not_change_and_a_number_is_given_once(v1: V1, kind: Kind) -> None:
    made = save(v1, kind)
    second = add(v1, kind, made, 2)
    assert (second.status_code, second.json["version"]) == (201, 2)
    assert second.headers["Location"] == second.json["links"]["self"] == f"{made['links']['versions']}/2"
    same = add(v1, kind, made, 2)
    assert (same.status_code, same.json) == (200, second.json), "as the latest one is"
    back = add(v1, kind, made, 1)
    assert (back.status_code, back.json["version"], back.json["sha256"]) == (201, 3, made["sha256"])
    assert v1.ok("GET", made["links"]["self"])["version"] == 3
    first = v1.ok("GET", f"{made['links']['versions']}/1")
    assert {name: first[name] for name in kind.content(1)} == kind.content(1)
    assert first["sha256"] == made["sha256"] != second.json["sha256"]
    problem(v1.call("DELETE", f"{made['links']['versions']}/3"), 409, "conflict")
    assert v1.call("DELETE", f"{made['links']['versions']}/2").status_code == 204
    for gone in (2, 4, 2**63 - 1, 2**63):
        told = problem(v1.get(f"{made['links']['versions']}/{gone}"), 404, "not_found")
        assert f"has no version {gone}; the latest is 3" in told["detail"]
    assert [each["version"] for each in v1.ok("GET", made["links"]["versions"])["items"]] == [3, 1]
    assert add(v1, kind, made, 4).json["version"] == 4


def test_a_name_is_given_once_by_each_user_whatever_its_case(v1: V1, other: Account, kind: Kind) -> None:
    made = save(v1, kind, "Stra\u00dfe")
    for name in ("Stra\u00dfe", "STRASSE", " strasse "):
        told = problem(v1.post(kind.path, json={"name": name, **kind.content(2)}), 409, "name_taken", "/name")
        assert f"Your {kind.noun} {made['id']} has this name" in told["detail"]
    second = save(v1, kind, "second")
    problem(v1.call("PATCH", second["links"]["self"], json={"name": "strasse"}), 409, "name_taken", "/name")
    assert v1.ok("PATCH", made["links"]["self"], json={"name": "STRASSE"})["name"] == "STRASSE"
    save(V1(other), kind, "strasse")
    assert v1.call("DELETE", made["links"]["self"]).status_code == 204
    save(v1, kind, "strasse")


@pytest.mark.parametrize("name", ["", " \t", "x" * 101, 7, None])
def test_a_name_has_something_in_it(v1: V1, kind: Kind, name: object) -> None:
    problem(v1.post(kind.path, json={"name": name, **kind.content(1)}), 422, "invalid_input", "/name")
    made = save(v1, kind, "é" * 100, description="x" * 2000)
    problem(v1.call("PATCH", made["links"]["self"], json={"name": name}), 422, "invalid_input", "/name")


def test_lists_go_page_by_page_and_search_names(v1: V1, kind: Kind) -> None:
    names = [f"{'Ämter' if number % 3 else 'Orte'} {number}" for number in range(7)]
    for number, name in enumerate(names):
        save(v1, kind, name, number)
    first = v1.get(f"{kind.path}?limit=3")
    second = v1.get(first.headers["Link"].split(";")[0].strip("<>"))
    third = v1.ok("GET", f"{kind.path}?limit=3&cursor={second.json['next']}")
    assert third["next"] is None
    found = [each["name"] for page in (first.json, second.json, third) for each in page["items"]]
    assert found == names[::-1]
    searched = v1.ok("GET", f"{kind.path}?limit=3&name=ämt")
    more = v1.ok("GET", f"{kind.path}?limit=3&name=ämt&cursor={searched['next']}")
    found = [each["name"] for page in (searched, more) for each in page["items"]]
    assert found == [name for name in names[::-1] if "Ämter" in name]
    assert v1.ok("GET", f"{kind.path}?name=%25")["items"] == [], "no sign means anything else"
    problem(v1.get(f"{kind.path}?cursor=x"), 422, "invalid_input", "/cursor")


def test_versions_go_page_by_page(v1: V1, kind: Kind) -> None:
    made = save(v1, kind)
    for number in range(2, 6):
        add(v1, kind, made, number)
    first = v1.ok("GET", f"{made['links']['versions']}?limit=3")
    second = v1.ok("GET", f"{made['links']['versions']}?limit=3&cursor={first['next']}")
    assert [each["version"] for page in (first, second) for each in page["items"]] == [5, 4, 3, 2, 1]
    assert second["next"] is None
    (shown,) = v1.ok("GET", f"{made['links']['versions']}?limit=1")["items"]
    assert {name: shown[name] for name in kind.content(5)} == kind.content(5)
    problem(v1.get(f"{kind.path}?cursor={first['next']}"), 422, "invalid_input", "/cursor")


def test_lists_leave_out_what_is_long(v1: V1, kind: Kind) -> None:
    (part,) = kind.content(1)
    answer = v1.post(kind.path, json={"name": "long", **kind.content(1, size=3000)})
    made = dict(answer.json)
    for path in (kind.path, made["links"]["versions"]):
        (item,) = v1.ok("GET", path)["items"]
        assert (item[part], item["truncated"], item["sha256"]) == (None, True, made["sha256"])
    assert made[part] == kind.content(1, size=3000)[part]


def test_an_etag_says_whether_something_changed(v1: V1, kind: Kind) -> None:
    made = v1.post(kind.path, json={"name": "x", **kind.content(1)})
    path = made.json["links"]["self"]
    shown = v1.get(path)
    assert shown.headers["ETag"] == made.headers["ETag"]
    same = v1.get(path, headers={"If-None-Match": shown.headers["ETag"]})
    assert (same.status_code, same.data, same.headers["ETag"]) == (304, b"", shown.headers["ETag"])
    stale = {"If-Match": shown.headers["ETag"]}
    renamed = v1.call("PATCH", path, json={"name": "y"}, headers=stale)
    assert renamed.status_code == 200
    problem(v1.call("PATCH", path, json={"name": "z"}, headers=stale), 412, "precondition_failed")
    assert v1.get(path, headers={"If-None-Match": shown.headers["ETag"]}).json["name"] == "y"
    version = f"{made.json['links']['versions']}/1"
    tag = v1.get(version).headers["ETag"]
    add(v1, kind, made.json, 2)
    assert v1.get(path).headers["ETag"] != renamed.headers["ETag"]
    assert v1.get(version, headers={"If-None-Match": tag}).status_code == 304, "a version stays as it is"


def test_a_repeated_request_saves_once(v1: V1, kind: Kind) -> None:
    header, body = {"Idempotency-Key": str(uuid4())}, {"name": "x", **kind.content(1)}
    first, again = (v1.post(kind.path, json=body, headers=header) for _ in range(2))
    assert (first.json, first.headers["Location"]) == (again.json, again.headers["Location"])
    assert again.headers["Idempotent-Replayed"] == "true"
    header = {"Idempotency-Key": str(uuid4())}
    for _ in range(2):
        v1.post(first.json["links"]["versions"], json=kind.content(2), headers=header)
    assert [each["version"] for each in v1.ok("GET", first.json["links"]["versions"])["items"]] == [2, 1]


def test_somebody_elses_is_as_one_that_does_not_exist(v1: V1, other: Account, kind: Kind) -> None:
    made, stranger = save(v1, kind), V1(other)
    add(v1, kind, made, 2)
    calls = [
        ("GET", "", None),
        ("PATCH", "", {"name": "mine"}),
        ("GET", "/versions", None),
        ("POST", "/versions", kind.content(3)),
        ("GET", "/versions/1", None),
        ("DELETE", "/versions/1", None),
        ("DELETE", "", None),
    ]
    for method, path, body in calls:
        answers = [
            problem(stranger.call(method, f"{kind.path}/{number}{path}", json=body), 404, "not_found")
            for number in (made["id"], 10**12, 2**63)
        ]
        for answer in answers:
            answer.pop("instance"), answer.pop("request_id")
        assert answers[0] == answers[1] == answers[2], (method, path)
    assert stranger.ok("GET", kind.path)["items"] == []
    assert v1.ok("GET", made["links"]["self"])["version"] == 2


def limited(v1: V1, environ: dict[str, str], **settings: str) -> V1:
    """The same account at a service with other limits."""
    app = create_app(config.load({**environ, **settings}))
    account = v1.account
    return V1(Account(app.test_client(), account.id, account.email, account.access, account.refresh))


def test_there_is_a_limit_to_everything(v1: V1, environ: dict[str, str], kind: Kind) -> None:
    most = f"CSVAPI_MAX_{kind.noun.upper()}S"
    few = limited(v1, environ, **{most: "2", "CSVAPI_MAX_VERSIONS": "3", "CSVAPI_MAX_SAVED": "2000"})
    made = save(few, kind)
    save(few, kind, "second")
    told = problem(few.post(kind.path, json={"name": "third", **kind.content(1)}), 429, "quota_exceeded")
    assert (told["limit"], f"You have 2 {kind.noun}s" in told["detail"]) == (2, True)
    assert [add(few, kind, made, number).status_code for number in (2, 3)] == [201, 201]
    assert problem(add(few, kind, made, 4), 429, "quota_exceeded")["limit"] == 3
    assert add(few, kind, made, 3).status_code == 200, "nothing new is no version"
    few.call("DELETE", f"{made['links']['versions']}/1")
    assert add(few, kind, made, 4).status_code == 201
    few.call("DELETE", f"{made['links']['versions']}/2")
    long = few.post(made["links"]["versions"], json=kind.content(5, size=1000))
    assert problem(long, 429, "quota_exceeded")["limit"] == 2000
    usage = few.ok("GET", "/me/usage")
    assert usage[f"{kind.noun}s"] == {"used": 2, "limit": 2}
    assert usage["limits"]["versions"] == 3
    assert 0 < usage["saved_bytes"]["used"] < usage["saved_bytes"]["limit"] == 2000


def test_what_is_saved_is_as_small_as_steps_are(v1: V1, kind: Kind) -> None:
    (part,) = kind.content(1)
    body = {"name": "x", **kind.content(1, size=150_000)}
    assert problem(v1.post(kind.path, json=body), 422, "invalid_input", f"/{part}")["limit"] == 256 * 1024


def test_deletion_takes_the_versions_along_and_is_logged(v1: V1, app: Flask, kind: Kind) -> None:
    made = save(v1, kind)
    add(v1, kind, made, 2)
    v1.call("DELETE", f"{made['links']['versions']}/1")
    v1.call("DELETE", made["links"]["self"])
    with app.app_context(), transaction() as session:
        left = select(func.count()).select_from(kind.versions).where(kind.versions.saved_id == made["id"])
        assert session.scalar(left) == 0
        mine = select(AuditEntry.action, AuditEntry.target, AuditEntry.detail).where(
            AuditEntry.user_id == v1.account.id
        )
        logged = [tuple(row) for row in session.execute(mine.order_by(AuditEntry.id))]
    target = f"{kind.noun}:{made['id']}"
    assert logged[-2:] == [
        (f"{kind.noun}_deleted", target, {"version": 1}),
        (f"{kind.noun}_deleted", target, None),
    ]


def test_an_id_is_given_once(v1: V1, kind: Kind) -> None:
    """Steps name a schema by its id, and tasks a pipeline: after a deletion it must not become another one's."""
    made = save(v1, kind)
    v1.call("DELETE", made["links"]["self"])
    assert save(v1, kind)["id"] > made["id"]


def test_of_many_at_once_one_gets_the_name_and_each_version_its_number(v1: V1, kind: Kind) -> None:
    def sent(path: str, body: dict[str, Any]) -> TestResponse:
        client = v1.account.client.application.test_client()
        return client.post(path, json=body, headers=v1.account.headers)

    with ThreadPoolExecutor(4) as pool:
        named = list(pool.map(lambda n: sent(f"/api/v1{kind.path}", {"name": "x", **kind.content(n)}), range(4)))
        assert sorted(answer.status_code for answer in named) == [201, 409, 409, 409]
        (made,) = [answer.json for answer in named if answer.status_code == 201]
        added = list(pool.map(lambda n: sent(made["links"]["versions"], kind.content(n)), range(10, 14)))
    assert sorted(answer.json["version"] for answer in added) == [2, 3, 4, 5]
