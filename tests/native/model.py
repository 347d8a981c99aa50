"""What the kernel must do, in plain Python: the csv module reads, and everything else is a line or two.

SipHash is written from the paper's description; `test_keys.py` holds it to the authors' test vector.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from csvapi.csvio.byte_dialect import ByteDialect
from csvapi.csvio.dialect import Dialect
from csvapi.csvio.records import BLANK, cut, line_count
from csvapi.native.form import Form
from csvapi.native.scanner import Reason


@dataclass(frozen=True)
class Record:
    """A record as the csv module reads it, and why the kernel may decline it: nothing if it must take it."""

    raw: bytes
    fields: list[bytes]
    faults: frozenset[Reason]


def byte_dialect_of(form: Form, encoding: str) -> ByteDialect:
    signs = (sign.decode(encoding) for sign in (form.delimiter, form.quote))
    dialect = Dialect(*signs, double_quote=form.doubled, comment=form.comment.decode(encoding))
    return ByteDialect(dialect, encoding)


@lru_cache(maxsize=4)
def read(data: bytes, form: Form, encoding: str, *, final: bool) -> list[Record]:
    """The whole records and blank lines that `data` begins with."""
    byte_dialect = byte_dialect_of(form, encoding)
    done = cut(data, byte_dialect, final=final)
    found = []
    for index, (raw, plain) in enumerate(zip(done.units, done.line_texts, strict=True)):
        fields = done.parsed_fields.get(index) or plain.split(form.delimiter)
        faults = _faults(raw, fields, form, byte_dialect)
        if index == done.unclosed:
            faults |= {Reason.OPEN}
        found.append(Record(raw, fields, faults))
    if found and final and found[-1].raw.endswith(b"\r"):  # as good as with a line feed behind it
        last = found[-1]
        found[-1] = Record(last.raw, last.fields, last.faults - {Reason.RETURN})
    return found


def _faults(raw: bytes, fields: list[bytes], form: Form, byte_dialect: ByteDialect) -> frozenset[Reason]:
    text = raw.removesuffix(b"\n").removesuffix(b"\r")
    found = set()
    if form.comment and raw.startswith(form.comment):
        found.add(Reason.COMMENT)
    if raw in BLANK:
        found.add(Reason.BLANK)
    if len(fields) != form.width:
        found.add(Reason.RAGGED)
    if b"\0" in raw:
        found.add(Reason.NUL)
    if raw.endswith(b"\r"):
        found.add(Reason.RETURN)
    if form.utf8 and raw.startswith(b"\xef\xbb\xbf"):
        found.add(Reason.MARK)
    if not _decodes(raw, byte_dialect.inner):
        found.add(Reason.TEXT)
    if form.quote and not _well_formed(form).fullmatch(text):
        found.add(Reason.QUOTE)
    return frozenset(found)


def _decodes(raw: bytes, encoding: str) -> bool:
    try:
        raw.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


@lru_cache
def _well_formed(form: Form) -> re.Pattern[bytes]:
    """Matches a record without its line end whose quotes are around fields, or doubled within them."""
    quote, delimiter = re.escape(form.quote), re.escape(form.delimiter)
    twice = b"|" + quote * 2 if form.doubled else b""
    field = rb"(?:" + quote + rb"(?:[^" + quote + rb"]" + twice + rb")*" + quote + rb"|[^" + quote + delimiter + rb"]*)"
    return re.compile(field + rb"(?:" + delimiter + field + rb")*", re.DOTALL)


def taken(records: list[Record]) -> list[Record]:
    """The records before the first one that is declined."""
    return next((records[:at] for at, record in enumerate(records) if record.faults), records)


def lines(records: list[Record]) -> int:
    return sum(line_count(record.raw) for record in records)


def siphash(key: bytes, data: bytes, rounds: tuple[int, int] = (1, 3)) -> bytes:
    """SipHash with 128 bits of output; `rounds` for each word and at the end."""
    each, last = rounds
    low, high = (int.from_bytes(key[at : at + 8], "little") for at in (0, 8))
    state = [
        low ^ 0x736F6D6570736575,
        high ^ 0x646F72616E646F6D ^ 0xEE,
        low ^ 0x6C7967656E657261,
        high ^ 0x7465646279746573,
    ]
    padded = data + bytes(7 - len(data) % 8) + bytes((len(data) % 256,))
    for at in range(0, len(padded), 8):
        word = int.from_bytes(padded[at : at + 8], "little")
        state[3] ^= word
        _sip_rounds(state, each)
        state[0] ^= word
    found = b""
    for at, mark in ((2, 0xEE), (1, 0xDD)):
        state[at] ^= mark
        _sip_rounds(state, last)
        found += (state[0] ^ state[1] ^ state[2] ^ state[3]).to_bytes(8, "little")
    return found


def _sip_rounds(state: list[int], count: int) -> None:
    a, b, c, d = state
    for _ in range(count):
        a = (a + b) % _WORD
        b, a = _rotated(b, 13) ^ a, _rotated(a, 32)
        c = (c + d) % _WORD
        d = _rotated(d, 16) ^ c
        a = (a + d) % _WORD
        d = _rotated(d, 21) ^ a
        c = (c + b) % _WORD
        b, c = _rotated(b, 17) ^ c, _rotated(c, 32)
    state[:] = a, b, c, d


_WORD = 1 << 64


def _rotated(word: int, bits: int) -> int:
    return (word << bits | word >> (64 - bits)) % _WORD
