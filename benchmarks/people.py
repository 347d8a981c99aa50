"""People with a name and an address, some of them several times, as different hands wrote them: from a fixed seed.

Whom a record is of is known, so that what is found to be alike can be judged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from typing import NamedTuple


def _words(text: str) -> list[str]:
    return text.split()


SEED = 20130101
HEADER = ("id", "name", "street", "zip")
_FIRST = _words(
    "Ada Agnes Aïcha Alan Alice Amélie Anna Antonio Barbara Björn Bruno Carl Carmen Catherine Chloé David Dennis "
    "Edith Elena Émile Eva Felix Frances Grace Günther Hannah Hedy Helen Henri Ines Ivan Jack Jakob James Jean "
    "Jens Joan John José Jürgen Karen Kateřina Kenneth Klaus Laura Léa Linus Lucía Łukasz Luis Margaret María "
    "Marie Martin Max Michael Mira Nadia Niklas Nora Olga Oskar Paul Philip Pierre Radia René Robert Rosa Ruth "
    "Sara Simon Søren Stephen Susan Thomas Tony Ursula Valentina Victor Walter Wilhelm Xavier Yann Yvonne Zoë"
)
_ONSETS = _words("b br c ch d dr f fl g gr h j k kl l m n p pr r s sch sh st t tr v w z")
_VOWELS = _words("a e i o u au ei ie ou ä ö é")
_ENDS = _words("berg er ez feld ini kov ley man mann mer ner nez quist rd rin s sen ska ski son stein ston t ton ville")
_STREETS = _words("Alder Bridge Castle Church Garden High Hill King Lake Main Maple Market Mill North Oak Park Queen")
_WAYS = _words("Street Road Lane Avenue Square Way")
_PER_ZIP = 40  # records of an area
_OFTEN = 0.15  # of people that are there more than once
_MOST = 4  # times
_LETTERS = "abcdefghijklmnoprstuvwz"


class Record(NamedTuple):
    """One line of the file; `person` is whom it is of."""

    person: int
    name: str
    street: str
    zip: str


def records(count: int, seed: int = SEED) -> Iterator[Record]:
    """So many records, the repeated ones anywhere after the first."""
    random = Random(seed)
    waiting: list[Record] = []
    made = person = 0
    while made < count:
        if waiting and random.random() < 0.5:
            yield waiting.pop(random.randrange(len(waiting)))
        else:
            first = _person(random, person, max(1, count // _PER_ZIP))
            person += 1
            yield first
            if random.random() < _OFTEN:
                waiting += [_again(random, first) for _ in range(random.randrange(1, _MOST))]
        made += 1


def _person(random: Random, number: int, areas: int) -> Record:
    stem = "".join(random.choice(_ONSETS) + random.choice(_VOWELS) for _ in range(random.choice((1, 1, 2))))
    name = f"{random.choice(_FIRST)} {(stem + random.choice(_ENDS)).capitalize()}"
    street = f"{random.randrange(1, 200)} {random.choice(_STREETS)} {random.choice(_WAYS)}"
    return Record(number, name, street, f"{random.randrange(areas):05}")


def _again(random: Random, first: Record) -> Record:
    """The same person with one or two differences in the name, and sometimes one in the street."""
    name = first.name
    for _ in range(random.choice((1, 1, 1, 2))):
        name = random.choice(_DIRT)(random, name)
    street = _typo(random, first.street) if random.random() < 0.3 else first.street
    return Record(first.person, name, street, first.zip)


def _typo(random: Random, text: str) -> str:
    """A letter too many, too few, another one, or two that changed places."""
    at, letter = random.randrange(1, max(2, len(text) - 1)), random.choice(_LETTERS)
    rest = text[at:]
    changed = (letter + rest, rest[1:], letter + rest[1:], rest[1:2] + rest[:1] + rest[2:])
    return text[:at] + random.choice(changed)


def _turned(_: Random, text: str) -> str:
    first, *last = text.split(" ", 1)
    return f"{last[0]}, {first}" if last else text


def _initial(_: Random, text: str) -> str:
    first, *last = text.split(" ", 1)
    return f"{first[:1]}. {last[0]}" if last else text


def _spelt(_: Random, text: str) -> str:
    """As someone writes it who only heard it."""
    pairs = (("ph", "f"), ("k", "c"), ("c", "k"), ("sch", "sh"), ("ei", "ie"), ("th", "t"), ("z", "s"), ("v", "w"))
    return next((text.replace(old, new, 1) for old, new in pairs if old in text[1:]), text)


def _plain(_: Random, text: str) -> str:
    """Without accents, as an old system writes it."""
    return text.translate(str.maketrans("áäâàãåčéèêëíîïıłñóôöøřšúüûýžÉŁ", "aaaaaaceeeeiiiilnoooorsuuuyzEL"))


_DIRT: tuple[Callable[[Random, str], str], ...] = (
    _typo,
    _typo,
    _turned,
    _initial,
    _spelt,
    _plain,
    lambda _, text: text.upper(),
    lambda _, text: f" {text.replace(' ', '  ')}.",
)
