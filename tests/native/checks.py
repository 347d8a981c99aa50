"""What must hold of each function of the kernel, whatever the text: by the model."""

from __future__ import annotations

import csv
import io
import operator
import re
from array import array
from dataclasses import replace
from decimal import Decimal
from itertools import accumulate
from typing import TYPE_CHECKING, Literal

from csvapi.csvio.keys import canonical
from csvapi.native import cells, comparing, copying, keys
from csvapi.native.rewriting import CellTexts, Rewriter
from csvapi.native.scanner import Reason
from tests.native import duplicate_checks, joining, model, writing

if TYPE_CHECKING:
    from random import Random

    from csvapi.native.index import RecordIndex
    from tests.native.cases import Case
    from tests.native.model import Record


def scan(case: Case) -> tuple[RecordIndex, list[Record]]:
    """The scan takes exactly the records before the first one that it may decline, and says what they are."""
    records = model.read(case.data, case.form, case.encoding, final=case.final)
    good = model.taken(records)
    index = case.index()
    assert (len(index), index.size) == (len(good), sum(len(record.raw) for record in good))
    assert bytes(index.text) == b"".join(record.raw for record in good)
    assert index.lines == model.lines(good)
    assert index.quotes == (bytes(index.text).count(case.form.quote) if case.form.quote else 0)
    if len(good) < len(records):
        faults = records[len(good)].faults
        if Reason.COMMENT in faults:  # its line seems to begin a record that goes on, perhaps beyond the text
            assert index.declined is not None or not case.final
        else:
            assert index.declined is not None
            assert index.declined.reason in faults
    elif case.final:
        assert index.declined is None
    if index.declined is not None:
        assert case.start + index.size <= index.declined.place <= case.start + len(case.data)
    assert cells.rows(index) == [tuple(record.fields) for record in good]
    return index, good


def bounds(case: Case, random: Random) -> None:
    """Ends, lengths and lines are those of the records."""
    index, good = scan(case)
    sizes = [len(record.raw) for record in good]
    ends, lengths = array("Q", bytes(8 * len(good))), array("I", bytes(4 * len(good)))
    index.record_ends(1 << 40, ends)
    index.record_lengths(lengths)
    assert ends.tolist() == list(accumulate(sizes, initial=1 << 40))[1:]
    assert lengths.tolist() == sizes
    start, stop = sorted(random.randrange(len(good) + 1) for _ in range(2))
    assert index.count_lines(start, stop) == model.lines(good[start:stop])
    chosen = mask(random, len(good))
    assert index.lines_of(chosen) == model.lines([record for record, one in zip(good, chosen, strict=True) if one == 1])
    texts = [record_text(record.raw) for record in good]
    for wanted in {*texts[:3], b"", b"a"}:
        count, first = index.count_equal(wanted)
        assert count == texts.count(wanted)
        assert not count or first == texts.index(wanted)


def record_text(raw: bytes) -> bytes:
    for line_end in (b"\r\n", b"\n", b"\r"):
        if raw.endswith(line_end):
            return raw.removesuffix(line_end)
    return raw


def mask(random: Random, count: int) -> bytes:
    odds = random.choice(((1,), (0,), (0, 1), (0, 1, 1, 1, 1, 1, 1), (0, 1, 2, 3)))
    return bytes(random.choice(odds) for _ in range(count))


def digests(case: Case, random: Random) -> None:
    """Digests are those of the records' canonical keys."""
    index, good = scan(case)
    width, secret = case.form.width, random.randbytes(keys.SECRET)
    columns = None if random.randrange(2) else random.sample(range(width), random.randint(1, min(width, 5)))
    keep = None if random.randrange(2) else mask(random, len(good))
    found = keys.digests(index, secret, columns, keep)
    chosen = [record.fields if columns is None else [record.fields[at] for at in columns] for record in good]
    known = [canonical(fields, case.form.delimiter) for fields in chosen]
    alive = [at for at in range(len(good)) if keep is None or keep[at] == 1]
    expected = {at: model.siphash(secret, known[at]) for at in alive[:2]}
    assert {at: found.tobytes()[16 * at : 16 * at + 16] for at in expected} == expected
    again = bytearray(16 * len(known))
    keys.digests_of(known, secret, again)
    assert [again[16 * at : 16 * at + 16] for at in alive] == [found.tobytes()[16 * at : 16 * at + 16] for at in alive]
    if alive:
        at = random.choice(alive)
        marks = bytearray(len(good))
        count = keys.mark_digest(found, bytes(again[16 * at : 16 * at + 16]), marks, 7, keep)
        assert [at for at, mark in enumerate(marks) if mark == 7] == [i for i in alive if known[i] == known[at]]
        assert count == marks.count(7)


def copies(case: Case, random: Random) -> None:
    """The records of a mask, or the others, are copied as they are; so are the fields of some columns."""
    index, good = scan(case)
    keep, others = mask(random, len(good)), bool(random.randrange(2))
    chosen = [record for record, byte in zip(good, keep, strict=True) if (byte == 1) != others]
    text, count = copying.gather(index, keep, others=others)
    assert (bytes(text), count) == (b"".join(record.raw for record in chosen), len(chosen))
    assert copying.gather(index) == (index.text, len(index))
    columns = [random.randrange(case.form.width) for _ in range(random.randint(1, 4))]
    alive = [record for record, byte in zip(good, keep, strict=True) if byte == 1]
    assert cells.joined(index, columns, keep) == b"".join(
        record.fields[at] + b"\0" for record in alive for at in columns
    )
    assert cells.cells(index, columns[0], keep, 0) == [
        record.fields[columns[0]] for record, byte in zip(good, keep, strict=True) if byte == 0
    ]


def copies_by_lengths(case: Case, random: Random) -> None:
    """Records are copied by their lengths alone, as many as are whole."""
    records = model.read(case.data, case.form, case.encoding, final=case.final)
    keep, others = mask(random, len(records)), bool(random.randrange(2))
    text = case.data[: random.randrange(len(case.data) + 1)]
    lengths, out = array("I", [len(record.raw) for record in records]), bytearray(len(text))
    whole = sum(end <= len(text) for end in accumulate(lengths))
    copied = copying.gather_lengths(text, lengths, out, keep, 1, others=others)
    chosen = [record.raw for record, byte in zip(records[:whole], keep, strict=False) if (byte == 1) != others]
    assert (copied.records, copied.size) == (whole, sum(lengths[:whole]))
    assert out[: copied.copied] == b"".join(chosen)


def comparisons(case: Case, random: Random) -> None:
    """A cell compares as its text or its exact number does; what is unsure may be anything."""
    index, good = scan(case)
    keep = None if random.randrange(2) else mask(random, len(good))
    column = random.randrange(case.form.width)
    cells_ = [record.fields[column] for record in good]
    alive = [at for at in range(len(good)) if keep is None or keep[at] == 1]
    wanted = random.choice([b"", b"a", b"7", b'"', *cells_[:2], *(cell[1:3] for cell in cells_[:2])])
    for how, holds in TEXTS.items():
        answers = comparing.compare_texts(index, column, how, wanted, keep)
        assert [answers[at] for at in alive] == [holds(cells_[at], wanted) for at in alive]
    limit = random.choice([Decimal(0), Decimal(7), Decimal("-0.5"), Decimal("1e18"), Decimal("777.0000000001")])
    for name, orders in NUMBERS.items():
        answers, unsure = comparing.compare_numbers(index, column, name, limit, keep)
        assert unsure == sum(answers[at] == comparing.UNSURE for at in alive)
        for at in alive:
            plain = PLAIN.fullmatch(cells_[at])
            assert (answers[at] == comparing.UNSURE) == (not plain or sum(map(cells_[at].count, DIGITS)) > 18)
            if answers[at] != comparing.UNSURE:
                assert answers[at] == orders(Decimal(cells_[at].decode()), limit)


def rewrites(case: Case, random: Random) -> None:
    """Fields are written as the csv module writes them, and read again as they were."""
    index, good = scan(case)
    keep = None if random.randrange(2) else mask(random, len(good))
    alive = [record for at, record in enumerate(good) if keep is None or keep[at] == 1]
    others = [[random.choice(TEXTS_OF_OTHERS) for _ in alive] for _ in range(random.randrange(3))]
    columns = [random.randrange(case.form.width + len(others)) for _ in range(random.randint(1, 4))]
    if not random.randrange(3):
        columns = [*range(case.form.width + len(others))]
    rows = [[*record.fields, *more] for record, *more in zip(alive, *others, strict=True)]
    delimiter, quote = random.choice([(b",", b'"'), (b";", b"'"), (case.form.delimiter, case.form.quote or b'"')])
    line_end, every = random.choice([b"\n", b"\r\n"]), bool(random.randrange(2))
    if delimiter == quote or (case.form.utf8 and not (delimiter + quote).isascii()):
        return
    form = replace(case.form, width=len(columns), delimiter=delimiter, quote=quote, doubled=True)
    target = io.StringIO()
    quoting: Literal[0, 1] = csv.QUOTE_ALL if every else csv.QUOTE_MINIMAL
    marks = {"delimiter": delimiter.decode("latin-1"), "quotechar": quote.decode("latin-1")}
    writer = csv.writer(target, lineterminator="\r\n", quoting=quoting, **marks)
    texts = []
    for row in rows:
        target.seek(0), target.truncate()
        writer.writerow([row[at].decode("latin-1") for at in columns])
        texts.append(target.getvalue().removesuffix("\r\n").encode("latin-1") + line_end)
    given = [CellTexts.of(other) for other in others]
    found = Rewriter(form, columns, line_end, quote_all=every, allocate=case.allocate).rewrite(index, keep, 1, given)
    if found is None:  # what begins with a byte order mark now, for one
        return
    assert bytes(found.text) == b"".join(texts)
    assert cells.rows(found) == [tuple(row[at] for at in columns) for row in rows]


def objects(case: Case, random: Random) -> None:
    """Records are written as the json module writes objects of texts."""
    index, good = scan(case)
    writing.objects(case, index, good, None if random.randrange(2) else mask(random, len(good)), random)


def changes(case: Case, random: Random) -> None:
    """Cells change as Python's texts do, or are left to Python: only those that have other bytes than ASCII."""
    index, good = scan(case)
    writing.changes(case, index, good, None if random.randrange(2) else mask(random, len(good)), random)


def by_columns(case: Case, random: Random) -> None:
    """Records go together up to a size, and are written column by column."""
    index, good = scan(case)
    writing.by_columns(index, good, None if random.randrange(2) else mask(random, len(good)), random)


def answers_for_some(_: Case, random: Random) -> None:
    """Answers about the records of a mask become answers about all, and back."""
    keep = mask(random, random.randrange(200))
    values = random.randbytes(keep.count(1))
    whole = comparing.spread(keep, values)
    each = iter(values)
    assert whole == bytes(next(each) if byte == 1 else 0 for byte in keep)
    assert comparing.pack(keep, whole) == values


def joins(case: Case, random: Random) -> None:
    """Records find those with their key, and are written each followed by what belongs to it."""
    index, good = scan(case)
    joining.joins(case, index, good, None if random.randrange(2) else mask(random, len(good)), random)


TEXTS_OF_OTHERS = [b"", b"a", b"b,c", b'"', b"'", b"x\ny", b"\r", b";", b"z" * 70, "é".encode(), b"\xff", b"\0"]
DIGITS = [b"%d" % digit for digit in range(10)]
PLAIN = re.compile(rb"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
TEXTS = {
    comparing.How.IS: operator.eq,
    comparing.How.CONTAINS: operator.contains,
    comparing.How.STARTS_WITH: bytes.startswith,
    comparing.How.ENDS_WITH: bytes.endswith,
}
NUMBERS = {"<": operator.lt, "<=": operator.le, "==": operator.eq, ">=": operator.ge, ">": operator.gt}
OF_TEXTS = (
    bounds,
    digests,
    copies,
    copies_by_lengths,
    comparisons,
    rewrites,
    answers_for_some,
    duplicate_checks.repeats,
    joins,
    objects,
    changes,
    by_columns,
)
