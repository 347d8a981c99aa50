"""When folders are read: by seconds, by cron lines in a zone, once however many times were missed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from csvapi.errors import InvalidInput
from csvapi.extensions import transaction
from csvapi.models import Source, SourceFile, now
from csvapi.services.schedules import check, following
from tests.sources.stack import DATA, Stack

BERLIN = {"cron": "30 2 * * *", "zone": "Europe/Berlin"}


@pytest.mark.parametrize(
    ("schedule", "after", "found"),
    [
        ({"every": 90}, "2026-01-01T00:00:00", "2026-01-01T00:01:30"),
        ({"cron": "0 6 * * 1-5"}, "2026-01-30T06:00:00", "2026-02-02T06:00:00"),
        ({"cron": "0 6 * * MON"}, "2026-01-30T06:00:00", "2026-02-02T06:00:00"),
        ({"cron": "0 0 29 2 *"}, "2026-01-01T00:00:00", "2028-02-29T00:00:00"),
        (BERLIN, "2026-01-01T00:00:00", "2026-01-01T01:30:00"),
        (BERLIN, "2026-03-28T12:00:00", "2026-03-29T01:00:00"),  # 02:30 does not exist: at 03:00, when it would be over
        (BERLIN, "2026-10-25T00:00:00", "2026-10-25T00:30:00"),  # 02:30 exists twice
        (BERLIN, "2026-10-25T00:30:00", "2026-10-25T01:30:00"),
    ],
)
def test_the_next_time(schedule: dict[str, Any], after: str, found: str) -> None:
    check(schedule)
    assert following(schedule, datetime.fromisoformat(after).replace(tzinfo=UTC)) == datetime.fromisoformat(
        found
    ).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("line", "zone"),
    [
        ("* * * *", None),
        ("* * * * * *", None),
        ("@daily", None),
        ("R * * * *", None),
        ("0 0 30 2 *", None),
        ("61 * * * *", None),
        ("", None),
        ("0 6 * * *", "Europe/Nowhere"),
        ("0 6 * * *", "../../etc/passwd"),
        ("0 6 * * *", "Europe"),
    ],
)
def test_what_is_no_schedule(line: str, zone: str | None) -> None:
    with pytest.raises(InvalidInput) as caught:
        check({"cron": line, **({"zone": zone} if zone else {})})
    assert caught.value.pointer == ("/schedule/zone" if zone else "/schedule/cron")


def test_missed_times_are_made_up_for_once_and_files_are_looked_at_twice(service: Stack) -> None:
    here = service.folder()
    source = service.source({"url": here}, {"url": service.folder()}, schedule={"cron": "0 6 * * *"})
    service.put(here, "a.csv", DATA)
    service.round()
    shown = service.show(source)  # read once, to see that it can be; the file is taken at six
    assert (shown["error"], shown["scanned_at"] is None, service.states(source)) == (None, False, {})
    a_week_ago = now() - timedelta(days=7)
    with service.app.app_context(), transaction() as session:
        session.execute(update(Source).values(due_at=a_week_ago, next_at=a_week_ago))
    service.round()
    shown = service.show(source)
    assert service.states(source) == {"a.csv": "arriving"}
    at = datetime.fromisoformat(shown["next_at"])
    assert at - datetime.fromisoformat(shown["scanned_at"]) == timedelta(seconds=30)
    service.put(here, "b.csv", DATA)  # which has to wait for six o'clock
    with service.app.app_context(), transaction() as session:
        session.execute(update(Source).values(next_at=now()))
    service.back(source, SourceFile.since)
    service.round()
    assert service.states(source) == {"a.csv": "waiting"}
    at = datetime.fromisoformat(service.show(source)["next_at"])
    assert (at.hour, at.minute, at > now()) == (6, 0, True)


def test_a_paused_source_is_left_alone(service: Stack) -> None:
    here = service.folder()
    source = service.source({"url": here}, {"url": service.folder()})
    service.put(here, "a.csv", DATA)
    assert service.admin.ok("POST", f"/sources/{source['id']}/pause")["next_at"] is None
    service.round()
    assert service.states(source) == {}
    assert service.admin.post(f"/sources/{source['id']}/run").status_code == 409
    service.admin.ok("POST", f"/sources/{source['id']}/resume")
    service.round()
    assert service.states(source) == {"a.csv": "arriving"}
