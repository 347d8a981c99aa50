"""When something is due: every so many seconds, or by a cron line in a time zone."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from croniter import CroniterError, croniter

from csvapi.errors import InvalidInput

LEAST, MOST = 10, 7 * 86400  # seconds
_LINE = re.compile(r"(?:[0-9*,/-]|[A-Za-z]{3})+(?: (?:[0-9*,/-]|[A-Za-z]{3})+){4}")
_YEARS = 4  # to look ahead: 29 February
_AT = "/schedule"


def check(schedule: dict[str, Any]) -> None:
    """Raise InvalidInput for a schedule that is none, or never comes."""
    if "every" in schedule:
        return
    try:
        _zone(schedule)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InvalidInput(f"zone: there is no time zone {schedule['zone']!r}", pointer=f"{_AT}/zone") from error
    line = schedule["cron"]
    if not _LINE.fullmatch(line) or not croniter.is_valid(line):
        detail = f"cron: {line!r} is not five fields with a space between them, such as 0 6 * * 1-5"
        raise InvalidInput(detail, pointer=f"{_AT}/cron")
    try:
        following(schedule, datetime(2024, 1, 1, tzinfo=UTC))
    except CroniterError as error:
        raise InvalidInput(f"cron: {line!r} never comes", pointer=f"{_AT}/cron") from error


def following(schedule: dict[str, Any], after: datetime) -> datetime:
    """The first time after this one, in UTC; however many were missed, it is one."""
    if "every" in schedule:
        return after + timedelta(seconds=schedule["every"])
    times = croniter(schedule["cron"], after.astimezone(_zone(schedule)), max_years_between_matches=_YEARS)
    found: datetime = times.get_next(datetime)
    return found.astimezone(UTC)


def _zone(schedule: dict[str, Any]) -> ZoneInfo:
    return ZoneInfo(schedule.get("zone") or "UTC")
