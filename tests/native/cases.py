"""Texts, forms and ways to scan them, drawn from a source of random choices: Hypothesis's, or a plain one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from csvapi.native.form import Form
from csvapi.native.library import best_level
from csvapi.native.memory import Allocate, Memory
from csvapi.native.scanner import Scanner

if TYPE_CHECKING:
    from random import Random

    from csvapi.native.index import RecordIndex

_ENCODINGS = ("utf-8", "utf-8", "utf-8", "latin-1", "cp1252", "ascii", "iso8859-8")
_LINE_ENDS = (b"\n", b"\n", b"\n", b"\r\n")
_ODD = (
    *(
        b"\r",
        b"\0",
        b"\n",
        b"\n\n",
        b"\r\n\r\n",
        b"\xef\xbb\xbf",
        b"\n\xef\xbb\xbf",
        b"\xff",
        b"\x81",
        b"\xc3",
        b"\xe2\x82",
    ),
    *(b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\xaf", b"\xe0\x80\xaf", b"\xf0\x8f\xbf\xbf", b"\x80"),
)
_TEXT = ("a", "b", "7", "é", "€", "😀", "ﬁ", "\ufeff", "\u0800", "\ud7ff", "\U00010000", "x" * 20, "y" * 61, "z" * 200)


@dataclass(frozen=True)
class Case:
    """`data` is scanned from byte `start` of a buffer on, behind which lies `noise`."""

    form: Form
    encoding: str
    data: bytes
    final: bool
    level: int = 0
    start: int = 0
    noise: bytes = b"\0"
    allocate: Allocate = field(default=Memory, compare=False)

    def scanner(self) -> Scanner:
        """One that has read the data into a buffer that ends with it."""
        scanner = Scanner(self.form, self.start + max(len(self.data), 1), level=self.level, allocate=self.allocate)
        behind = scanner.memory.view[self.start + len(self.data) :]
        behind[:] = (self.noise * len(behind))[: len(behind)]
        scanner.memory.view[self.start : self.start + len(self.data)] = self.data
        return scanner

    def index(self) -> RecordIndex:
        return self.scanner().scan(self.start, self.start + len(self.data), final=self.final)


def undefined(encoding: str) -> bytes:
    return bytes(byte for byte in range(128, 256) if not bytes((byte,)).decode(encoding, "ignore"))


def form(random: Random, encoding: str) -> Form:
    utf8 = encoding == "utf-8"
    return Form(
        width=random.choice((1, 1, 2, 3, 4, 9, 70)),
        delimiter=random.choice((b",", b",", b",", b";", b"\t", b"x", b'"')),
        quote=random.choice((b"'", b"'", b""))
        if not random.randrange(4)
        else b"|"
        if not random.randrange(8)
        else b"`",
        doubled=bool(random.randrange(5)),
        utf8=utf8,
        undefined=b"" if utf8 else undefined(encoding),
        comment=b"" if random.randrange(6) else random.choice((b"#", b"#", b"b")),
    )


def _usual(given: Form) -> Form:
    """Most files have the usual quote."""
    if given.quote == b"`":
        return Form(
            given.width,
            b"," if given.delimiter == b'"' else given.delimiter,
            b'"',
            given.doubled,
            given.utf8,
            given.undefined,
            given.comment,
        )
    return given


def cell(random: Random, form: Form, encoding: str) -> bytes:
    """What a field holds, most often nothing special."""
    parts = [text.encode(encoding, "ignore") for text in random.choices(_TEXT, k=random.choice((0, 1, 1, 2, 3)))]
    if not random.randrange(12):
        special = random.choice((form.delimiter, form.quote, form.quote, b"\n", b"\r\n", b"\r", b'"', form.quote * 2))
        parts.insert(random.randrange(len(parts) + 1), special)
    return b"".join(parts)


def written(random: Random, content: bytes, form: Form) -> bytes:
    """A field that holds `content`, quoted if it must be, or at will."""
    must = any(mark in content for mark in (form.delimiter, b"\n", b"\r", form.quote) if mark)
    if form.quote and (must or not random.randrange(5)):
        return form.quote + content.replace(form.quote, form.quote * (2 if form.doubled else 0)) + form.quote
    return b"a" if must else content


def table(random: Random, form: Form, encoding: str, most: int) -> bytes:
    line_end = random.choice(_LINE_ENDS)
    records = []
    for _ in range(random.randrange(most)):
        width = form.width if random.randrange(60) else random.choice((1, form.width + 1, max(1, form.width - 1)))
        fields = [written(random, cell(random, form, encoding), form) for _ in range(width)]
        if fields == [b""] and random.randrange(10):
            fields = [b"1"]
        records.append(form.delimiter.join(fields))
    if form.comment and not random.randrange(2):
        rest = random.choice(
            (b"", form.quote, form.delimiter, form.quote + form.delimiter, cell(random, form, encoding))
        )
        records.insert(random.randrange(len(records) + 1), form.comment + rest)
    if len(records) > 1 and not random.randrange(3):  # the same ones again
        records += random.choices(records, k=random.randrange(most))
    return line_end.join(records) + random.choice((line_end, line_end, b"", b"\r"))


def soup(random: Random, form: Form, encoding: str) -> bytes:
    marks = (
        form.delimiter,
        b"\n",
        form.quote,
        form.quote + form.delimiter,
        form.delimiter + form.quote,
        b"a",
        form.comment,
        *_ODD[:4],
    )
    return b"".join(random.choice(marks) for _ in range(random.randrange(40)))


def broken(random: Random, data: bytes, form: Form) -> bytes:
    """Something odd in one place."""
    at = random.randrange(len(data) + 1)
    return data[:at] + random.choice((*_ODD, form.quote, form.delimiter, b"")) + data[at + random.randrange(2) :]


def case(random: Random, allocate: Allocate = Memory) -> Case:
    encoding = random.choice(_ENCODINGS)
    shape = _usual(form(random, encoding))
    kind = random.randrange(10)
    if kind < 2:
        data = soup(random, shape, encoding)
    else:
        data = table(random, shape, encoding, 12)
        if kind == 9:  # more than a strip of the scan
            data = data * random.randint(1, 1 + 6_000 // max(1, len(data))) + data[: random.randrange(len(data) + 1)]
        if not random.randrange(3):
            data = broken(random, data, shape)
    return Case(
        shape,
        encoding,
        data,
        final=bool(random.randrange(3)),
        level=random.randrange(best_level() + 1),
        start=random.choice((0, 0, 1, 63, 64, 100)),
        noise=random.choice((b"\0", b"a", b"\n", b"\r\n", b"\xc3", b"\x80", b",", b'"', b",\n")),
        allocate=allocate,
    )
