"""What must hold of the kernel's functions that write records as objects, or their cells anew; see `checks.py`."""

from __future__ import annotations

import json
from itertools import accumulate
from typing import TYPE_CHECKING

from csvapi.native.changing import Change, Changer
from csvapi.native.columns import columns, fit
from csvapi.native.objects import Objects
from csvapi.steps import text_changes
from csvapi.steps.cell_changes import letters_of

if TYPE_CHECKING:
    from random import Random

    from csvapi.native.index import RecordIndex
    from tests.native.cases import Case
    from tests.native.model import Record

CHANGES_OF = {"nfc": Change.COMPOSE, "trim": Change.TRIM, "collapse": Change.COLLAPSE}
CASES_OF = {"lower": Change.LOWER, "upper": Change.UPPER, "title": Change.TITLE}


def objects(case: Case, index: RecordIndex, good: list[Record], keep: bytes | None, random: Random) -> None:
    """Records are written as the json module writes objects of texts."""
    names = [
        json.dumps(random.choice(["", "a", "é", 'n"', "x" * 40]), ensure_ascii=False) for _ in range(case.form.width)
    ]
    lead, end = random.choice([("", "\n"), (",\n", "")])
    parts = [f'{",{"[at == 0]}{name}:"' for at, name in enumerate(names)]
    parts = [lead + parts[0], *(f'"{part}' for part in parts[1:]), f'"}}{end}']
    table = b"" if case.form.utf8 else latin_1()
    inner, skip = "utf-8" if case.form.utf8 else "latin-1", random.choice((0, len(lead)))
    writer = Objects([part.encode() for part in parts], table, allocate=case.allocate)
    alive = [record for at, record in enumerate(good) if keep is None or keep[at] == 1]
    expected = []
    for row in alive:
        values = (json.dumps(field.decode(inner), ensure_ascii=False) for field in row.fields)
        pairs = ",".join(f"{name}:{value}" for name, value in zip(names, values, strict=True))
        expected.append(f"{lead}{{{pairs}}}{end}".encode())
    record, written, count, room = 0, b"", 0, random.choice((1, 300, 10_000))
    while record < len(good):
        found = writer.write(index, record, keep, room=room, limit=1 << 20, skip=0 if written else skip)
        record, written, count = found.next, written + bytes(found.text), count + found.objects
    assert (written, count) == (b"".join(expected)[skip:], len(alive))


def changes(case: Case, index: RecordIndex, good: list[Record], keep: bytes | None, random: Random) -> None:
    """Cells change as Python's texts do, or are left to Python: only those that have other characters than ASCII, and
    than those of `letters`, if these are given."""
    alive = [record for at, record in enumerate(good) if keep is None or keep[at] == 1]
    columns = random.sample(range(case.form.width), random.randint(1, min(case.form.width, 4)))
    params = {name: True for name in ("nfc", "trim", "collapse") if random.randrange(2)}
    params |= {"case": random.choice(list(CASES_OF))} if random.randrange(2) else {}
    fill = random.choice((None, "", "-", "fill " * 9))
    change = sum((each for name, each in CHANGES_OF.items() if name in params), Change(0))
    letters = letters_of(params) if random.randrange(2) else []
    changer = Changer(
        change | CASES_OF.get(params.get("case", ""), Change(0)),
        None if fill is None else fill.encode(),
        letters,
        allocate=case.allocate,
    )
    functions = text_changes.changes(params | ({} if fill is None else {"fill": fill}), 1 << 30, lambda: None)
    found = changer.change(index, columns, keep)
    left = {number: (place, cell) for place, number, cell in found.left()}
    assert found.records == len(alive)
    assert sum(found.sizes) == len(found.text)
    changed = number = at = 0
    for column, texts in zip(columns, found.columns(), strict=True):
        start = 0
        for record, length in zip(alive, texts.lengths, strict=True):
            cell, text = record.fields[column], bytes(texts.text[start : start + length])
            if number in left:
                assert left[number] == (at, cell)
                assert text == cell
                assert not cell.isascii()
                if letters and case.form.utf8 and params.get("case") != "title":
                    assert not all(each < "\x80" or (each < "\u0800" and letters[ord(each)]) for each in cell.decode())
            else:
                new = cell.decode("utf-8" if case.form.utf8 else "latin-1")
                for function in functions:
                    new = function(new)
                assert text == new.encode("utf-8" if case.form.utf8 else "latin-1")
                changed += text != cell
            number, start, at = number + 1, start + length, at + length
        assert start == len(texts.text)
    assert found.changed == changed


def by_columns(index: RecordIndex, good: list[Record], keep: bytes | None, random: Random) -> None:
    """Records go together until they are as many, or take as much, as asked; their columns are as the records are."""
    each, room, most = random.choice((0, 7)), random.choice((1, 50, 10_000)), random.choice((1, 3, 100))
    before = (random.randrange(most), random.randrange(room))
    start = random.randrange(len(good) + 1)
    count, size, stop = *before, start
    chosen = []
    while stop < len(good) and count < most and size < room:
        if keep is None or keep[stop] == 1:
            chosen.append(good[stop].fields)
            count, size = count + 1, size + each + sum(map(len, good[stop].fields))
        stop += 1
    assert fit(index, start, keep, before=before, each=each, room=room, most=most) == (count, size, stop)
    width = index.scanner.form.width
    there = None if random.randrange(2) else [random.choice((0, 3, 70_000)) for _ in range(width)]
    found = columns(index, start, stop, keep, before=there)
    assert found.records == len(chosen)
    for number, (text, ends) in enumerate(found.each()):
        cells = [fields[number] for fields in chosen]
        begins = there[number] if there else 0
        assert bytes(text) == b"".join(cells)
        assert ends.cast("I").tolist() == [*accumulate(map(len, cells), initial=begins)][1:]
        assert found.sizes[number] == begins + len(text)


def latin_1() -> bytes:
    texts = (chr(byte).encode() for byte in range(128, 256))
    return b"".join(bytes((len(text),)) + text.ljust(3, b"\0") for text in texts)
