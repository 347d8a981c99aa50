"""The administrators' pages about sources."""

from __future__ import annotations

from sqlalchemy import update

from csvapi.extensions import transaction
from csvapi.models import FileState, SourceFile
from tests.places.sftp_server import PASSWORD
from tests.sources.stack import DATA, Stack
from tests.web.pages import Boss

SOURCES, FILES = "/admin/sources/", "/admin/source-files/"


def test_sources_are_shown_paused_and_read(service: Stack) -> None:
    boss = Boss(service.app)
    assert boss.client.get(SOURCES).status_code == 302
    boss.sign_in()
    source = service.source(service.sftp.place("of-pages"), service.sftp.place("of-results"))
    for page in (boss.client.get(SOURCES).text, boss.client.get(f"{SOURCES}details/?id={source['id']}").text):
        assert "/of-pages/" in page
        assert "every 60 s" in page
        assert PASSWORD not in page
    for action, says in (
        ("pause", "1 paused"),
        ("run", "is paused"),
        ("resume", "1 going on"),
        ("run", "to be read now"),
    ):
        answer = boss.post(f"{SOURCES}action/", SOURCES, action=action, rowid=str(source["id"]))
        assert says in answer.text
    assert service.show(source)["paused_at"] is None
    assert "There is no such source" in boss.post(f"{SOURCES}action/", SOURCES, action="pause", rowid="x").text


def test_failed_files_are_shown_and_tried_again(service: Stack) -> None:
    boss = Boss(service.app)
    boss.sign_in()
    here = service.folder()
    service.put(here, "<b>.csv", DATA)
    source = service.source({"url": here}, {"url": service.folder()})
    service.scan(source)
    with service.app.app_context(), transaction() as session:
        failed = {"state": FileState.FAILED, "error_detail": "It was no table", "next_at": None}
        session.execute(update(SourceFile).where(SourceFile.source_id == source["id"]).values(**failed))
    [file] = service.files(source)
    page = boss.client.get(FILES).text
    assert "It was no table" in page
    assert "&lt;b&gt;.csv" in page
    assert "1 tried again" in boss.post(f"{FILES}action/", FILES, action="retry", rowid=str(file["id"])).text
    assert service.states(source) == {"<b>.csv": "waiting"}
    assert "Only a file that failed" in boss.post(f"{FILES}action/", FILES, action="retry", rowid=str(file["id"])).text
