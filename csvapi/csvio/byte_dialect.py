"""What a dialect looks like in bytes: its special characters, its cells, its csv reader and writer.

Records are handled as bytes in an encoding where ASCII means ASCII (`inner`): the file's own where that holds, else
(UTF-16, UTF-32, EBCDIC, and Shift-JIS or GBK when a special character may be half of another) UTF-8, from which
`restore` gives the original bytes back.
"""

from __future__ import annotations

import csv
import io
import re
import sys
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from csvapi.csvio.codec import BOMS, codec_name, error_handler, must_transcode
from csvapi.csvio.parser import Careful
from csvapi.csvio.quote_repair import QuoteRepair
from csvapi.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from csvapi.csvio.dialect import Dialect
    from csvapi.csvio.parser import Feed

csv.field_size_limit(sys.maxsize)  # records are limited by `max_record` instead

_CODE_POINT_ORDER = {"utf-8", "iso8859-1", "ascii"}  # where comparing bytes is comparing code points


@dataclass(frozen=True)
class ByteDialect:
    """`codec` is the file's, `inner` that of the bytes in hand, `text` the one the csv module reads them with."""

    dialect: Dialect
    codec: str

    @classmethod
    def of(cls, dialect: Dialect, head: bytes = b"") -> ByteDialect:
        """The byte dialect of a file that begins with `head` (which settles the byte order of plain "utf-16").

        Raises `UnsupportedEncoding`, and `InvalidInput` for special characters that the encoding does not have.
        """
        codec = codec_name(dialect.encoding, head)
        _check_special(dialect, codec)
        return cls(dialect, codec)

    @cached_property
    def bom(self) -> bytes:
        """The byte order mark that the file begins with, in the file's own bytes; empty if it has none."""
        return BOMS.get(self.codec, b"") if self.dialect.bom else b""

    @cached_property
    def wide(self) -> bool:
        """Whether the file's bytes must be transcoded before they can be cut."""
        return must_transcode(self.codec, self.dialect.delimiter + self.dialect.quote + self.dialect.escape)

    @cached_property
    def inner(self) -> str:
        """The encoding of all bytes that are worked on: the file's, or UTF-8 where the file is transcoded."""
        return "utf-8" if self.wide else self.codec

    @cached_property
    def errors(self) -> str:
        """How bytes that are no text survive in `inner`: as surrogates of their own where it is not the file's."""
        return "surrogatepass" if self.wide else "surrogateescape"

    @cached_property
    def delimiter(self) -> bytes:
        """The delimiter in `inner`."""
        return self.dialect.delimiter.encode(self.inner)

    @cached_property
    def quote(self) -> bytes:
        """The quote character in `inner`; empty if there is none."""
        return self.dialect.quote.encode(self.inner)

    @cached_property
    def escape(self) -> bytes:
        """The escape character in `inner`; empty if there is none."""
        return self.dialect.escape.encode(self.inner)

    @cached_property
    def comment(self) -> bytes:
        """What a line that is no record begins with, in `inner`; empty if there are no such lines."""
        return self.dialect.comment.encode(self.inner)

    def without_comments(self) -> ByteDialect:
        """The same for records that were read: in what is written of them every line is a record's."""
        return ByteDialect(replace(self.dialect, comment=""), self.codec) if self.dialect.comment else self

    @cached_property
    def text(self) -> tuple[str, str]:
        """Latin-1 shows the csv module one character per byte; only a delimiter of several bytes needs real text."""
        if max(map(len, (self.delimiter, self.quote, self.escape))) == 1:
            return "latin-1", "strict"
        return self.inner, self.errors

    @cached_property
    def _specials(self) -> re.Pattern[bytes] | None:
        """Matches where a text may be more than fields between delimiters; None if only a quote can make it so."""
        if not self.escape and not self.dialect.skip_space:
            return None
        parts = [re.escape(each) for each in (self.quote, self.escape) if each]
        if self.dialect.skip_space:
            parts += [re.escape(self.delimiter) + b" ", rb"(?<![^\r\n]) "]
        return re.compile(b"|".join(parts))

    @cached_property
    def only_quotes(self) -> bool:
        """Whether quotes are all that is special."""
        return bool(self.quote) and self._specials is None

    def special(self, data: bytes, start: int) -> int:
        """The position of the next special character from `start` on, or -1: up to there a record is a line, and its
        fields are what `split(delimiter)` gives."""
        if self._specials is None:
            return data.find(self.quote, start) if self.quote else -1
        found = self._specials.search(data, start)
        return found.start() if found else -1

    @cached_property
    def ordered(self) -> bool:
        """Whether the order of bytes in `inner` is that of code points."""
        return self.inner in _CODE_POINT_ORDER

    @cached_property
    def undecodable(self) -> bytes | None:
        """The bytes that mean nothing in a single-byte encoding; None where bytes mean something only together."""
        unknown = bytearray()
        for byte in range(256):
            try:
                bytes((byte,)).decode(self.inner)
            except UnicodeDecodeError as error:
                if error.reason != "character maps to <undefined>":
                    return None
                unknown.append(byte)
        return bytes(unknown)

    @cached_property
    def aligned(self) -> bool:
        """Whether a character's bytes are found in a cell only where the character is."""
        return self.inner == "utf-8" or len(bytes(range(256)).decode(self.inner, "replace")) == 256

    @cached_property
    def _format(self) -> dict[str, Any]:
        codec, errors = self.text
        quote, escape = self.quote.decode(codec, errors), self.escape.decode(codec, errors)
        return {
            "delimiter": self.delimiter.decode(codec, errors),
            "quotechar": quote or None,
            "escapechar": escape or None,
            "doublequote": self.dialect.double_quote,
            "skipinitialspace": self.dialect.skip_space,
            "quoting": csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
        }

    def reader(self, feed: Feed, *, final: bool = True) -> Careful:
        """The csv module's view of `feed`, whose lines are decoded as `text` says."""
        return Careful(feed, self._format, final=final)

    @cached_property
    def quoted(self) -> re.Pattern[bytes] | None:
        """From a place within a quoted field, the text whose line ends are all within quotes: of the field itself and,
        where quotes are doubled and nothing else is special, of further fields of its record.

        None without quotes, or where a special character is more than a byte.
        """
        if not self.quote or max(map(len, (self.delimiter, self.quote, self.escape))) > 1:
            return None
        quote, delimiter, escape = map(re.escape, (self.quote, self.delimiter, self.escape))
        if not self.only_quotes or not self.dialect.double_quote:
            return re.compile(rb"[^" + quote + escape + rb"]++")
        unquoted = rb"(?:[^" + quote + delimiter + rb"\r\n][^" + delimiter + rb"\r\n]*+)?+" + delimiter
        reopened = rb"(?:" + unquoted + rb")++" + quote  # also where text stands after the closing quote
        return re.compile(rb"(?:[^" + quote + rb"]++|" + quote + rb"(?:" + quote + rb"|" + reopened + rb"))*+")

    def encoded(self, fields: Iterable[str]) -> list[bytes]:
        """Encode the fields that the reader yields back to bytes."""
        codec, errors = self.text
        return [field.encode(codec, errors) for field in fields]

    @cached_property
    def repair(self) -> QuoteRepair:
        """Reads the fields of a record with malformed quotes again."""
        return QuoteRepair.of(self._format)

    @cached_property
    def mark(self) -> bytes:
        """A byte order mark as it stands between records, where the encoding has one."""
        return BOMS["utf-8"] if self.inner == "utf-8" else b""

    def write(self, rows: Iterable[Sequence[bytes]], line_end: str | None = None) -> list[bytes]:
        """Each row as one record in this dialect, by the csv module."""
        codec, errors = self.text
        form = {**self._format, "skipinitialspace": False}
        if not form["quotechar"]:
            form["escapechar"] = form["escapechar"] or "\\"
        elif self.dialect.skip_space:
            form["quoting"] = csv.QUOTE_ALL  # an empty field or one that begins with a space would not come back
        records: list[bytes] = []
        target = io.StringIO()
        writer = csv.writer(target, lineterminator="\r\n", **form)  # so that it quotes both
        for row in rows:
            writer.writerow([cell.decode(codec, errors) for cell in row])
            record = target.getvalue().removesuffix("\r\n") + (line_end or self.dialect.line_end)
            records.append(record.encode(codec, errors))
            target.seek(0)
            target.truncate()
        return records

    def decode(self, cell: bytes) -> str:
        """The text of a cell; bytes that are no text become lone surrogates (see `errors`)."""
        return cell.decode(self.inner, self.errors)

    def restore(self, data: bytes) -> bytes:
        """The file's own bytes for `data`."""
        if not self.wide:
            return data
        return data.decode(self.inner, self.errors).encode(self.codec, error_handler(self.codec))


def _check_special(dialect: Dialect, codec: str) -> None:
    special = {name: getattr(dialect, name) for name in ("comment", "delimiter", "quote", "escape")}
    for name, character in special.items():
        if len(character) != 1 and (character or name == "delimiter"):
            wrong = "must be one character"
        elif character in ("\r", "\n") or (character == " " and dialect.skip_space and name != "delimiter"):
            wrong = "must be no line end, and no space that is skipped"
        elif character and [*special.values()].count(character) > 1:
            wrong = "is another special character, too (doubled quotes need no escape)"
        elif not _has(codec, character):
            wrong = f"does not exist in {dialect.encoding}"
        else:
            continue
        raise InvalidInput(f"{name}: {character!r} {wrong}.", pointer=f"/{name}")


def _has(codec: str, text: str) -> bool:
    try:
        return text.encode(codec) is not None
    except UnicodeEncodeError:
        return False
