"""The warning that grouping grouped nothing: each group is a single record."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from csvapi.steps.remarks import Remark, Sighting

if TYPE_CHECKING:
    from collections.abc import Sequence

_FEWEST = 2  # records of which it is worth saying


@dataclass(slots=True)
class GroupsOfOne(Remark):
    """Counts the records; reported if there are as many `groups`, which are counted at the end."""

    groups: int = 0

    @classmethod
    def of(cls, names: Sequence[str]) -> GroupsOfOne:
        """Where records are grouped by these columns."""
        return cls("groups_of_one", partial(_describe, names), names[0] if len(names) == 1 else None)

    def reported(self) -> Sighting:
        """All records, or none."""
        return self.seen if self.seen.count == self.groups >= _FEWEST else Sighting()


def _describe(names: Sequence[str], seen: Sighting) -> tuple[str, str]:
    where = ", ".join(map(repr, names))
    detail = f"each of {seen.count} groups has one record: no two records are equal in {where}"
    return detail, "group by fewer columns, or by one that repeats; profile counts distinct values"
