"""From an SFTP server, by a schedule, through a pipeline to an SFTP server or a webhook."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import update

from csvapi.extensions import transaction
from csvapi.models import Delivery, Sent, SourceFile
from tests.sources.stack import CLEAN, DATA, Stack


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_files_are_moved_once_their_results_are_there(service: Stack) -> None:
    server = service.sftp
    source = service.source(server.place("in"), server.place("out"), after="move", marker=".done")
    (server.folder / "in" / "a.csv").write_bytes(DATA)
    service.scan(source)
    assert service.states(source) == {}
    (server.folder / "in" / "a.csv.done").touch()
    service.scan(source)
    assert service.ended(source) == {"a.csv": "done"}
    assert (server.folder / "out" / "a.clean.csv").read_bytes() == CLEAN
    assert names(server.folder / "out") == ["a.clean.csv"]
    assert names(server.folder / "in") == ["done"]
    assert names(server.folder / "in" / "done") == ["a.csv", "a.csv.done"]


def test_a_file_is_taken_once_and_a_new_version_again(service: Stack) -> None:
    server = service.sftp
    source = service.source(server.place("kept"), server.place("clean"), result="{name}.{id}")
    path = server.folder / "kept" / "a.csv"
    path.write_bytes(DATA)
    service.settled(source)
    service.ended(source)
    service.settled(source)
    assert len(service.files(source)) == 1
    path.write_bytes(CLEAN)
    service.settled(source)
    service.ended(source)
    assert [file["state"] for file in service.files(source)] == ["done", "done"]
    assert len(names(server.folder / "clean")) == 2


def test_a_file_that_is_still_written_is_not_taken(service: Stack) -> None:
    server = service.sftp
    source = service.source(server.place("slow"), server.place("fast"))
    path = server.folder / "slow" / "a.csv"
    path.write_bytes(DATA[:10])
    service.scan(source)
    for length in (12, 20):  # it grew each time between two readings, however far apart these are
        service.back(source, SourceFile.since)
        path.write_bytes(DATA[:length])
        service.scan(source)
        assert service.states(source) == {"a.csv": "arriving"}
    service.back(source, SourceFile.since)
    service.scan(source)
    assert service.states(source) == {"a.csv": "waiting"}
    path.write_bytes(DATA)  # and once more, before it is fetched
    service.round()
    assert service.states(source) == {"a.csv": "arriving"}
    assert not service.files(source)[0]["file_id"]
    service.settled(source)
    service.ended(source)
    assert (server.folder / "fast" / "a.clean.csv").read_bytes() == CLEAN


def test_a_file_that_is_gone_before_it_was_complete_is_forgotten(service: Stack) -> None:
    server = service.sftp
    source = service.source(server.place("short"), server.place("long"))
    (server.folder / "short" / "a.csv").write_bytes(DATA)
    service.scan(source)
    (server.folder / "short" / "a.csv").unlink()
    service.scan(source)
    assert service.files(source) == []


def test_a_result_is_announced_to_a_webhook(service: Stack) -> None:
    server, owner = service.sftp, service.owner
    hook = owner.ok("POST", "/webhooks", json={"url": "https://receiver.example/", "events": ["task.failed"]})["id"]
    source = service.source(server.place("told"), {"webhook": hook}, after="delete")
    (server.folder / "told" / "a.csv").write_bytes(DATA)
    service.settled(source)

    def sent() -> bool:
        service.round()
        return bool(owner.ok("GET", f"/webhooks/{hook}/deliveries")["items"])

    service.until(source, lambda states: sent())
    [message] = owner.ok("GET", f"/webhooks/{hook}/deliveries")["items"]
    assert (message["event"], service.states(source)) == ("source.result", {"a.csv": "ready"})
    with service.app.app_context(), transaction() as session:
        payload = session.get_one(Delivery, message["id"]).payload
        session.execute(update(Delivery).where(Delivery.id == message["id"]).values(status=Sent.DELIVERED))
    assert service.ended(source) == {"a.csv": "done"}
    file = service.files(source)[0]
    assert f'"task":"{file["task_id"]}"' in payload
    assert len(owner.ok("GET", f"/webhooks/{hook}/deliveries")["items"]) == 1
    assert names(server.folder / "told") == []


@pytest.mark.parametrize("how", ["server's key is", "the password"])
def test_a_server_that_refuses_is_shown_on_the_source(service: Stack, how: str) -> None:
    server = service.sftp
    wrong = {"password": "wrong"} if how == "the password" else {"host_keys": [f"SHA256:{'A' * 43}"]}
    source = service.source(server.place("locked", **wrong), server.place("unlocked"))
    service.scan(source)
    shown = service.show(source)
    assert how in shown["error"]
    assert "wrong" not in str(shown)
    service.admin.ok("PATCH", f"/sources/{source['id']}", json={"from": server.place("locked")})
    service.scan(source)
    assert service.show(source)["error"] is None
