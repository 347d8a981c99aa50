"""Columns of two files that have the same name, and new names that no other column has."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from csvapi.errors import AmbiguousColumn
from csvapi.steps.folding import folded
from csvapi.steps.params import IGNORABLE
from csvapi.steps.remarks import Remark, Sighting

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from csvapi.steps.second_input import SecondInput

_SHOWN = 20  # names in a warning


def distinct(wanted: Iterable[str], taken: Iterable[str]) -> list[str]:
    """The wanted names, each with `_2`, `_3` and so on behind it as long as it is `taken` or was given before."""
    known, found = {*taken}, []
    for name in wanted:
        free, number = name, 2
        while free in known:
            free, number = f"{name}_{number}", number + 1
        known.add(free)
        found.append(free)
    return found


def quoted(name: str) -> str:
    """A name as it stands in a list with commas between them."""
    return '"' + name.replace('"', '""') + '"' if {*name} & {",", '"', "\n", "\r"} else name


def alone_in_one(
    known: Collection[int], same: list[int | None], keys: Collection[int], mine: list[str], theirs: list[str]
) -> tuple[list[str], list[str]]:
    """The names of either file that the other one does not have, besides the columns at `known` of the first and at
    `keys` of the second."""
    matched = {*same, *keys}
    return (
        [name for at, name in enumerate(mine) if same[at] is None and at not in known],
        [name for at, name in enumerate(theirs) if at not in matched],
    )


@dataclass(slots=True)
class ColumnsDiffer(Remark):
    """Columns that only one of two files has; met before any record is read."""

    alone: int = 0

    @classmethod
    def of(cls, mine: list[str], theirs: list[str], name: object) -> ColumnsDiffer:
        """By the names that only the first file has, and those that only the second has, which is called `name`."""
        return cls("columns_differ", partial(_describe, mine, theirs, name), alone=len(mine) + len(theirs))

    def reported(self) -> Sighting:
        """However many ranges of the file were looked at."""
        return Sighting(self.alone)


def _describe(mine: list[str], theirs: list[str], name: object, seen: Sighting) -> tuple[str, str]:
    where = [(f"only file {name}", theirs), ("only this file", mine)]
    told = [f"{who} has {', '.join(map(repr, names[:_SHOWN]))}" + _more(names) for who, names in where if names]
    are = "column was" if seen.count == 1 else "columns were"
    return (
        f"{seen.count} {are} not compared: {'; '.join(told)}",
        "select with rename before this step gives columns one name",
    )


def _more(names: list[str]) -> str:
    return f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""


@dataclass(slots=True)
class NearColumns(Remark):
    """Columns of several files that became several ones, though their names are equal but for case or spaces."""

    pairs: Sequence[tuple[str, str]] = ()

    @classmethod
    def of(cls, names: Sequence[str], width: int) -> list[NearColumns]:
        """Of these names, of which the first `width` are the first file's; nothing where there are no such columns."""
        near = alike(IGNORABLE)
        known: dict[str, str] = {}
        pairs = []
        for at, name in enumerate(names):
            before = known.setdefault(near(name), name)
            if at >= width and before != name:
                pairs.append((before, name))
        return [cls("near_columns", partial(_near, pairs), pairs[0][1], pairs=pairs)] if pairs else []

    def reported(self) -> Sighting:
        """However many ranges of the file were looked at."""
        return Sighting(len(self.pairs))


def _near(pairs: Sequence[tuple[str, str]], seen: Sighting) -> tuple[str, str]:
    names = [f"{name!r} and {before!r}" for before, name in pairs]
    are = (
        "column of another file has a name that equals"
        if seen.count == 1
        else "columns of other files have names that equal"
    )
    detail = f"{seen.count} {are} an earlier one but for case or spaces: {', '.join(names[:_SHOWN])}{_more(names)}"
    return detail, '"ignore": ["case", "space"] puts them together'


def alike(ignore: Collection[str]) -> Callable[[str], str]:
    """By what names are matched where they may differ in case or space."""
    return partial(folded, ignore=frozenset(ignore)) if ignore else str


def same_places(
    names: list[str], width: int, second: SecondInput, fold: Callable[[str], str] = str
) -> list[int | None]:
    """For each of the names, of which the first `width` are the first file's, the second file's column of that name."""
    theirs, mine = list(map(fold, second.columns)), list(map(fold, names))
    if theirs == mine[:width]:
        return [*range(width), *[None] * (len(names) - width)]
    known = {name: place for place, name in enumerate(theirs)}
    return [known.get(name) for name in mine]


def check_names(first: list[str], second: SecondInput, pointer: str, fold: Callable[[str], str] = str) -> None:
    """Raise `AmbiguousColumn` for a name by which the columns of two different headers cannot be matched."""
    theirs = list(map(fold, second.columns))
    mine = list(map(fold, first))
    if mine == theirs:
        return
    with second.blamed():
        if twice := _repeated(theirs, {*theirs}):
            raise AmbiguousColumn(_two(second.columns, twice), pointer=second.pointer)
    if twice := _repeated(mine, {*theirs}):
        called = first[twice[0]]
        raise AmbiguousColumn(f"{_two(first, twice)} File {second.name} has {called!r}, too.", pointer=pointer)


def _repeated(names: list[str], wanted: set[str]) -> list[int]:
    """Where the first name stands that is wanted and occurs several times."""
    again = next((name for name, times in Counter(names).items() if times > 1 and name in wanted), None)
    return [place for place, name in enumerate(names) if name == again] if again is not None else []


def _two(columns: list[str], places: list[int]) -> str:
    kept = json.dumps({"op": "select", "drop": [{"index": place + 1} for place in places[1:]]})
    names = list(dict.fromkeys(columns[place] for place in places))
    called = f"all called {names[0]!r}" if len(names) == 1 else f"called {', '.join(map(repr, names))}"
    return (
        f"Columns of different headers are matched by name, and columns {', '.join(str(at + 1) for at in places)} are "
        f"{called}; keep one of them first, as with the step {kept}."
    )
