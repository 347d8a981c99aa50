"""Columns as people have them: a name, and cells that are made alike all the way down."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace

from benchmarks.detection.words import Language


@dataclass(frozen=True)
class Column:
    """`typed` columns are told from a name by the form of each cell: numbers, dates, addresses, codes with digits."""

    name: str
    cell: Callable[[], str]
    typed: bool = False


@dataclass(frozen=True)
class Locale:
    """What holds in the whole file: its language, and whether decimals follow a comma."""

    language: Language
    comma: bool


Maker = Callable[[random.Random, Locale], Column]


_CASES: tuple[Callable[[str], str], ...] = (
    str,
    str,
    str,
    str.upper,
    str.title,
    lambda name: name.lower().replace(" ", "_"),
)


def columns(r: random.Random, locale: Locale, makers: list[Maker]) -> list[Column]:
    """One column of each maker; names that come twice are numbered."""
    made: list[Column] = []
    case = r.choice(_CASES)
    for maker in makers:
        column = maker(r, locale)
        name, taken = case(column.name), {each.name for each in made}
        number = 2
        while name in taken:
            name, number = f"{case(column.name)} {number}", number + 1
        made.append(replace(column, name=name))
    return made
