"""What goes wrong with a file stays with the file, is tried again, and is shown."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from csvapi.errors import TooManyRequests
from csvapi.extensions import transaction
from csvapi.models import FileState, Source, SourceFile, User, now
from csvapi.services import account_deletion, source_claims
from csvapi.services.source_scans import forget_old
from tests.api.v1 import V1, problem
from tests.sources.stack import AGO, CLEAN, DATA, Stack
from tests.stack import sign_up


def test_poisoned_files_do_not_hold_up_the_others(service: Stack) -> None:
    here, there = service.folder(), service.folder()
    bad = {"empty.csv": b"", "zip.csv": b"PK\x03\x04" + bytes(100), "binary.csv": bytes(range(256)) * 10}
    for name, content in {**bad, "good.csv": DATA}.items():
        service.put(here, name, content)
    source = service.source({"url": here}, {"url": there}, attempts=2)
    service.settled(source)
    for _ in range(3):  # for what is tried the first time; its next time has not come
        service.round()
    waiting = {file["name"]: file for file in service.files(source) if file["name"] in bad}
    assert {file["state"] for file in waiting.values()} == {"waiting"}
    assert {file["attempts"] for file in waiting.values()} == {1}
    assert all(file["next_at"] > now().isoformat() and file["error_code"] for file in waiting.values())
    assert service.ended(source) == {**dict.fromkeys(bad, "failed"), "good.csv": "done"}
    assert service.get(there, "good.clean.csv") == CLEAN
    failed = {file["name"]: file["error_detail"] for file in service.files(source, state="failed")}
    assert failed["empty.csv"] == "The file is empty"
    assert all(failed.values())


def test_a_failed_file_is_tried_again_by_hand(service: Stack) -> None:
    here, there = service.folder(), service.folder()
    service.put(here, "a.csv", DATA)
    source = service.source({"url": here}, {"url": there}, attempts=1)
    service.settled(source)
    old = source["pipeline"]
    steps = [{"op": "dedup", "columns": ["email"]}]
    other = service.owner.ok("POST", "/pipelines", json={"name": "of another column", "steps": steps})
    service.admin.ok("PATCH", f"/sources/{source['id']}", json={"pipeline": {"id": other["id"]}})
    assert service.ended(source) == {"a.csv": "failed"}
    [file] = service.files(source)
    assert file["error_code"] == "unknown_column"
    service.admin.ok("PATCH", f"/sources/{source['id']}", json={"pipeline": old})
    at = f"/sources/{source['id']}/files/{file['id']}/retry"
    assert service.admin.ok("POST", at)["state"] == "waiting"
    assert service.ended(source) == {"a.csv": "done"}
    assert service.get(there, "a.clean.csv") == CLEAN
    problem(service.admin.post(at), 409, "conflict")
    problem(service.admin.post(f"/sources/{source['id'] + 1}/files/{file['id']}/retry"), 404, "not_found")


def test_the_owners_quota_counts_and_is_said(service: Stack) -> None:
    here = service.folder()
    service.put(here, "a.csv", DATA)
    source = service.source({"url": here}, {"url": service.folder()})
    service.settled(source)
    _limit(service, 10)
    service.round()
    [file] = service.files(source)
    assert (file["state"], file["attempts"], file["error_code"]) == ("waiting", 1, "quota_exceeded")
    assert "10" in file["error_detail"]
    _limit(service, None)
    assert service.ended(source) == {"a.csv": "done"}
    [file] = service.files(source)
    assert file["error_code"] is None
    assert service.owner.ok("GET", f"/files/{file['file_id']}")["name"] == "a.csv"


def _limit(service: Stack, size: int | None) -> None:
    with service.app.app_context(), transaction() as session:
        session.execute(update(User).where(User.id == service.owner.account.id).values(max_stored=size))


def test_a_file_beyond_the_limit_is_not_fetched(service: Stack) -> None:
    here = service.folder()
    service.put(here, "a.csv", DATA)
    source = service.source({"url": here}, {"url": service.folder()}, attempts=1)
    service.settled(source)
    with service.app.app_context(), transaction() as session:
        session.execute(update(SourceFile).values(size=2**50))
    assert service.ended(source) == {"a.csv": "failed"}
    assert service.files(source)[0]["error_code"] == "too_large"


def test_a_file_that_is_not_taken_for_its_name_is_told(service: Stack) -> None:
    here = service.folder()
    for name in (".hidden.csv", "a\u202egpj.csv", "notes\u202e.txt"):
        service.put(here, name, DATA)
    source = service.source({"url": here}, {"url": service.folder()})
    service.scan(source)
    said = service.show(source)["error"]
    assert said.startswith("1 files of the folder are not taken")
    assert "a\\u202egpj.csv" in said
    service.remove(here, "a\u202egpj.csv")
    service.scan(source)
    assert service.show(source)["error"] is None


def test_a_server_that_is_away_is_nobodys_fault(service: Stack) -> None:
    server, here = service.sftp, service.folder()
    service.put(here, "a.csv", DATA)
    (server.folder / "full").mkdir()
    source = service.source({"url": here}, server.place("full/deep"), attempts=1)
    (server.folder / "full" / "deep").rmdir()
    service.settled(source)
    service.until(source, lambda states: states == {"ready"})
    for _ in range(3):
        service.back(source, SourceFile.next_at)
        service.round()
    [file] = service.files(source)
    assert (file["state"], file["attempts"], file["error_code"]) == ("ready", 0, "place_down")
    assert "no such folder" in file["error_detail"]
    assert file["next_at"] > now().isoformat()
    (server.folder / "full" / "deep").mkdir()
    assert service.ended(source) == {"a.csv": "done"}


def test_a_file_at_which_processes_die_is_given_up(service: Stack) -> None:
    here = service.folder()
    service.put(here, "a.csv", DATA)
    source = service.source({"url": here}, {"url": service.folder()}, attempts=2)
    service.settled(source)
    with service.app.app_context(), transaction() as session:  # as two processes left it that were killed
        session.execute(update(SourceFile).values(claims=2, attempts=2, next_at=now() - AGO))
    service.round()
    assert service.files(source)[0]["error_code"] == "worker_lost"


def test_two_results_of_one_name(service: Stack) -> None:
    here, there = service.folder(), service.folder()
    source = service.source({"url": here}, {"url": there}, match="*", attempts=1)
    service.put(here, "a.csv", DATA)
    service.settled(source)
    service.ended(source)
    service.put(here, "a.tsv", DATA)
    service.settled(source)
    assert service.ended(source) == {"a.csv": "done", "a.tsv": "failed"}
    assert "{name}" in service.files(source)[0]["error_detail"]
    service.admin.ok("PATCH", f"/sources/{source['id']}", json={"result": "{name}.clean.csv"})
    service.admin.ok("POST", f"/sources/{source['id']}/files/{service.files(source)[0]['id']}/retry")
    assert service.ended(source) == {"a.csv": "done", "a.tsv": "done"}
    assert service.get(there, "a.tsv.clean.csv") == CLEAN


def test_a_result_that_the_owner_deleted_is_made_again(service: Stack) -> None:
    here, there = service.folder(), service.folder()
    service.put(here, "a.csv", DATA)
    source = service.source({"url": here}, {"url": there})
    service.settled(source)
    service.round()
    task = service.owner.finished(service.files(source)[0]["task_id"])
    service.owner.call("DELETE", f"/files/{task['result']}")
    service.owner.call("DELETE", f"/files/{task['input']}")
    assert service.ended(source) == {"a.csv": "done"}
    assert service.get(there, "a.clean.csv") == CLEAN


@pytest.mark.parametrize("how", ["not active", "deleted"])
def test_without_an_owner_a_source_is_paused(service: Stack, how: str) -> None:
    owner = V1(sign_up(service.app.test_client()))
    pipeline = owner.ok("POST", "/pipelines", json={"name": "d", "steps": [{"op": "dedup"}]})
    body = {"owner": owner.account.email, "pipeline": {"id": pipeline["id"]}}
    source = service.source({"url": service.folder()}, {"url": service.folder()}, **body)
    values = {"deletion_at": now()} if how == "deleted" else {}
    with service.app.app_context():
        with transaction() as session:
            mine = update(User).where(User.id == owner.account.id)
            session.execute(mine.values(is_active=False, **values))
        if how == "deleted":
            account_deletion.finish(owner.account.id)
    service.round()
    shown = service.show(source)
    assert how in shown["paused_reason"]
    assert (shown["owner"] is None) == (how == "deleted")
    problem(service.admin.post(f"/sources/{source['id']}/resume"), 409, "conflict")
    body = {"owner": service.owner.account.email, "pipeline": {"id": service.pipeline}}
    service.admin.ok("PATCH", f"/sources/{source['id']}", json=body)
    assert service.admin.ok("POST", f"/sources/{source['id']}/resume")["paused_at"] is None


def test_a_place_that_is_no_longer_allowed_is_not_read(service: Stack) -> None:
    source = service.source({"url": service.folder()}, {"url": service.folder()})
    with service.app.app_context(), transaction() as session:
        found = session.get_one(Source, source["id"])
        found.origin = {"url": "s3://another-bucket/in/"}
    service.scan(source)
    assert "CSVAPI_SOURCE_PLACES" in service.show(source)["error"]


def test_old_rows_go_once_the_files_are_gone(service: Stack) -> None:
    here = service.folder()
    service.put(here, "a.csv", DATA)
    service.put(here, "b.csv", DATA)
    source = service.source({"url": here}, {"url": service.folder()})
    service.settled(source)
    service.ended(source)
    service.remove(here, "b.csv")
    with service.app.app_context(), transaction() as session:
        session.execute(update(SourceFile).values(listed_at=now() - AGO * 30, state=FileState.DONE))
    service.scan(source)
    with service.app.app_context():
        forget_old()
    assert service.states(source) == {"a.csv": "done"}


def test_a_service_that_is_busy_is_no_failure_of_the_file(service: Stack) -> None:
    """As when other files, or previews, of the owner have all the places there are."""
    here = service.folder()
    service.put(here, "a.csv", DATA)
    source = service.source({"url": here}, {"url": service.folder()}, attempts=1)
    service.settled(source)
    with service.app.app_context():
        claimed = source_claims.claim(service.files(source)[0]["id"])
        assert claimed is not None
        source_claims.failed(claimed, TooManyRequests("No place is free"))
    [file] = service.files(source)
    assert (file["state"], file["attempts"], file["error_code"]) == ("waiting", 0, "too_many_requests")
    assert file["next_at"] < (now() + timedelta(seconds=source_claims.BACKOFF[0])).isoformat()
    assert service.ended(source) == {"a.csv": "done"}
