"""What must hold of the kernel's functions for a join, whatever the text; see `checks.py`."""

from __future__ import annotations

import csv
import io
from array import array
from bisect import bisect_left
from dataclasses import replace
from typing import TYPE_CHECKING

from csvapi.csvio.keys import canonical
from csvapi.native import keys
from csvapi.native.answering import LATER_ROW, NO_MORE_BYTES, NO_ROOM, Answering, Taking
from csvapi.native.grouped_texts import GroupedTexts
from csvapi.native.joining import LENGTH, PLACE, Found, Joined, Lookup
from csvapi.native.library import SLACK
from csvapi.native.memory import Growing
from csvapi.native.ordering import Sorter, Starts, Texts
from csvapi.native.partitions import ENTRY
from csvapi.native.partitions import entries as spread

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from csvapi.native.form import Form
    from csvapi.native.index import RecordIndex
    from csvapi.native.memory import Memory
    from tests.native.cases import Case
    from tests.native.model import Record

_MOST_PAIRS = 5_000  # a file of equal records has their square


def joins(case: Case, index: RecordIndex, good: list[Record], keep: bytes | None, random: Random) -> None:
    """The records of an index joined with themselves, by some columns: as dictionaries would."""
    width, secret = case.form.width, random.randbytes(keys.SECRET)
    columns = random.sample(range(width), random.randint(1, min(width, 3)))
    taken = random.sample(range(width), random.randint(0, min(width, 4)))
    form = written_form(case.form, random)
    if form is None:
        return
    known = [canonical([record.fields[at] for at in columns], case.form.delimiter) for record in good]
    digests = keys.digests(index, secret, columns).tobytes()
    empty = digest(random.choice([b"", *known[:2]]), secret)
    alive = [at for at in range(len(good)) if digests[16 * at : 16 * at + 16] != empty]
    texts = [text([b"", *(good[at].fields[i] for i in taken)], form) if taken else b"" for at in alive]
    base = random.randrange(100)
    found = keys.digests(index, secret, columns)
    data, entries = Texts(form, taken, allocate=case.allocate).write(index, found, empty, base)
    assert bytes(data) == b"".join(len(each).to_bytes(LENGTH, "little") + each for each in texts)
    lookup = looked_up(case, bytes(data), bytes(entries), base, random)
    grouped(case, bytes(data), bytes(entries), base, random)
    answered(case, lookup, digests, random)
    answers = Found.of(len(good), Growing(case.allocate), Growing(case.allocate))
    found = keys.digests(index, secret, columns, keep)
    half = random.randrange(len(good) + 1)
    for part in ((0, half), (half, len(good))):
        lookup.find(found, *part, index.mask(keep), empty, answers)
    behind: dict[bytes, list[bytes]] = {}
    for at, each in zip(alive, texts, strict=True):
        behind.setdefault(known[at], []).append(each)
    kept = [at for at in range(len(good)) if keep is None or keep[at] == 1]
    matches = [behind.get(known[at], []) for at in kept]
    assert answers.answered == bytes(at in kept and known[at] in behind for at in range(len(good)))
    assert (answers.matched, answers.missing) == (sum(map(bool, matches)), len({*kept} - {*alive}))
    if sum(map(len, matches)) < _MOST_PAIRS and (not good or good[-1].raw.endswith(b"\n")):
        blank = random.choice((None, b"", b",,", b"," * 40))
        pairs = [(good[at].raw, each, at) for at, some in zip(kept, matches, strict=True) for each in some or [blank]]
        joined(case, Joined(index, keep, lookup, answers, blank, limit := random.choice((9, 40, 10_000))), pairs, limit)


def written_form(form: Form, random: Random) -> Form | None:
    delimiter, quote = random.choice([(b",", b'"'), (b";", b"'"), (form.delimiter, form.quote or b'"')])
    if delimiter == quote or (form.utf8 and not (delimiter + quote).isascii()):
        return None
    return replace(form, delimiter=delimiter, quote=quote, doubled=True)


def digest(key: bytes, secret: bytes) -> bytes:
    found = bytearray(keys.DIGEST)
    keys.digests_of([key], secret, found)
    return bytes(found)


def text(fields: Sequence[bytes], form: Form) -> bytes:
    target = io.StringIO()
    marks = {"delimiter": form.delimiter.decode("latin-1"), "quotechar": form.quote.decode("latin-1")}
    csv.writer(target, lineterminator="\r\n", **marks).writerow([field.decode("latin-1") for field in fields])
    return target.getvalue().removesuffix("\r\n").encode("latin-1")


def looked_up(case: Case, data: bytes, entries: bytes, base: int, random: Random) -> Lookup:
    """The entries in their order, and where those of each number of bits begin."""
    sorter, given = Sorter(max(ENTRY, len(entries)), allocate=case.allocate), array("Q", entries)
    sorter.entries.view[: len(entries)] = entries
    order, repeated = sorter.sort(len(entries), 0)
    expected = sorted(zip(given[::3], given[1::3], given[2::3], strict=True))
    found = array("Q", bytes(order))
    assert list(zip(found[::3], found[1::3], found[2::3], strict=True)) == expected
    assert repeated == len(expected) - len({entry[:2] for entry in expected})
    starts = Starts(random.randint(1, 8), room=random.randint(1, 9), allocate=case.allocate)
    half = random.randrange(len(expected) + 1) * ENTRY
    pieces = [bytes(each) for part in (order[:half], order[half:]) for each in starts.add(part)]
    places = array("Q", b"".join([*pieces, *starts.end()]))
    firsts = [entry[0] >> 64 - starts.bits for entry in expected]
    assert places.tolist() == [bisect_left(firsts, bits) for bits in range((1 << starts.bits) + 1)]
    parts = bytes(order), bytes(places), bytes(base) + data + bytes(SLACK)
    return Lookup(*(held(case, part) for part in parts), starts.bits)


def grouped(case: Case, data: bytes, entries: bytes, base: int, random: Random) -> None:
    """Each text is found in its part, where its entry says."""
    parts: dict[int, bytes] = {}

    def write(part: int, some: memoryview) -> None:
        parts[part] = parts.get(part, b"") + bytes(some)

    groups = GroupedTexts(random.randint(1, 4), random.randint(1, 80), write, allocate=case.allocate)
    rows = array("Q", entries)
    rows[2::3] = array("Q", [row - base for row in rows[2::3]])
    for _ in range(2):
        given = held(case, rows.tobytes()).view[: len(entries)]
        groups.add(given, held(case, data).view[: len(data)])
        groups.flush()
        found = given.cast("Q")
        for first, old, new in zip(rows[::3], rows[2::3], found[2::3] if found else [], strict=True):
            size = LENGTH + int.from_bytes(data[old : old + LENGTH], "little")
            assert parts[first >> 64 - groups.bits][new : new + size] == data[old : old + size]
    assert [len(parts.get(part, b"")) for part in range(1 << groups.bits)] == list(groups.sizes)


def answered(case: Case, lookup: Lookup, digests: bytes, random: Random) -> None:
    """Rows that ask meet their texts again, however few are taken at once."""
    rows = sorted(random.sample(range(2 * len(digests) // keys.DIGEST + 1), len(digests) // keys.DIGEST))
    most, longest = random.choice((1, 3, 1 << 63)), random.choice((0, 9, 40, 500))
    asked, places = bytes(spread(digests, rows)), Found.of(len(rows), Growing(case.allocate), Growing(case.allocate))
    lookup.find(memoryview(digests), 0, len(rows), None, bytes(keys.DIGEST), places)
    assert places.places is not None
    pairs = places.places.view[: PLACE * len(rows)].cast("Q")
    answering = Answering(
        lookup, most, longest=longest, room=longest + random.choice((32, 200)), allocate=case.allocate
    )
    answers = b""
    while asked:
        some, done = answering.answer(held(case, asked).view[: len(asked)])
        answers, asked = answers + bytes(some), asked[done * ENTRY :]
    taking, at = Taking(longest + random.randrange(99), longest=longest, allocate=case.allocate), 0
    first, stop, count = 0, rows[-1] + 1 if rows else 0, random.randint(1, 9)
    while first < stop:
        found = Found.of(count, Growing(case.allocate), Growing(case.allocate))
        taking.begin(range(first, first + count), found)
        cut = random.choice((len(answers), at + random.randrange(len(answers) - at + 1)))
        end, state = taking.take(answers[:cut], at)
        if state == NO_MORE_BYTES:
            end, state = taking.take(answers, end)
        if state == NO_ROOM or (taking.referred is not None and count > 1):
            count = count // 2 or 1
            continue
        assert state == (NO_MORE_BYTES if end == len(answers) else LATER_ROW)
        assert found.places is not None
        for number, row in enumerate(range(first, first + count)):
            where = rows.index(row) if row in rows else None
            a, b = pairs[2 * where : 2 * where + 2] if where is not None else (0, 0)
            c, d = found.places.view[PLACE * number : PLACE * (number + 1)].cast("Q")
            assert found.answered[number] == (b > a)
            source = lookup if taking.referred == row else taking.lookup
            assert [source.text(i) for i in range(c, d)] == [lookup.text(i) for i in range(a, min(b, a + most))]
            size = sum(LENGTH + len(lookup.text(i)) for i in range(a, min(b, a + most)))
            assert (taking.referred == row) == (size > longest)
        first, at, count = first + count, end, random.randint(1, 9)


def held(case: Case, data: bytes) -> Memory:
    memory = case.allocate(max(1, len(data)))
    memory.view[: len(data)] = data
    return memory


def joined(case: Case, found: Joined, pairs: list[tuple[bytes, bytes | None, int]], limit: int) -> None:
    """What is written is each record, the text and the line end, up to a pair that is too long."""
    out, written, count = Growing(case.allocate), b"", 0
    while not found.ended:
        some, more = found.write(out, 50, 7)
        written, count = written + bytes(some), count + more
        if not more:
            break
    expected = []
    for raw, behind, at in pairs:
        if behind is None:
            continue
        body = raw.removesuffix(b"\n").removesuffix(b"\r")
        if len(body) + len(behind) > limit:
            assert (found.record, found.too_long) == (at, len(body) + len(behind))
            break
        expected.append(body + behind + raw[len(body) :])
    else:
        assert found.ended
    assert (written, count) == (b"".join(expected), len(expected))
