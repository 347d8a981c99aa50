"""Write records in another dialect: the mapper behind normalise and behind the `output` of a run."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from csvapi.csvio.blocks import Block
from csvapi.csvio.keys import canonical
from csvapi.csvio.wire import Wire
from csvapi.errors import InvalidInput
from csvapi.operations.step import Context

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from csvapi.csvio.dialect import Dialect
    from csvapi.operations.step import Counts

LINE_ENDS = {"lf": "\n", "crlf": "\r\n", "cr": "\r"}
QUOTING: dict[str, Literal[0, 1]] = {"minimal": csv.QUOTE_MINIMAL, "all": csv.QUOTE_ALL}
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would run; OWASP, CSV injection


@dataclass(frozen=True)
class Form:
    """How to write: a dialect, and what it does not say.

    Records get empty fields up to `width`; `names` are written above the records of a file without a header.
    """

    dialect: Dialect
    quoting: str = "minimal"
    escape_formulas: bool = False
    width: int = 0
    names: list[str] | None = None


class Rewrite:
    """Every field as text, written by the csv module. Bytes that are no text become U+FFFD, and are counted."""

    def __init__(self, form: Form, context: Context) -> None:
        assert context.wire is not None  # noqa: S101  a mapper is built for a file
        self.form = form
        self.before = context.wire
        header = context.header or form.names is not None
        self.wire = Wire.of(replace(form.dialect, header=header))
        self.after = Context(context.columns, header, self.wire, context.files)
        self.replaced = 0

    def head(self, fields: list[bytes]) -> tuple[list[bytes], bytes]:
        """The header's fields and everything above the first data record."""
        if self.form.names and not self.before.dialect.header:
            fields = [name.encode(self.before.inner) for name in self.form.names]
        elif not fields or not self.before.dialect.header:
            return fields, self.wire.bom
        record, names = self._rows([fields])[0]
        return names, self.wire.bom + self.wire.restore(record)

    def map(self, block: Block) -> Block:
        written = self._rows(block.fields(index) for index in range(len(block)))
        delimiter = self.wire.delimiter
        odd = {index: fields for index, (_, fields) in enumerate(written)}
        plain = [canonical(fields, delimiter) for _, fields in written]
        return Block(self.wire, [record for record, _ in written], plain, block.rows, odd)

    def counts(self) -> Counts:
        return {"replaced": self.replaced}

    def _rows(self, rows: Iterable[Sequence[bytes]]) -> list[tuple[bytes, list[bytes]]]:
        """Each record in the new dialect with its fields in the new encoding."""
        done: list[tuple[bytes, list[bytes]]] = []
        target = io.StringIO()
        dialect = self.form.dialect
        writer = csv.writer(
            target,
            delimiter=dialect.delimiter,
            quotechar=dialect.quote,
            lineterminator="\r\n",  # so that it quotes both
            quoting=QUOTING[self.form.quoting],
        )
        for row in rows:
            texts = [self._text(cell) for cell in row] + [""] * (self.form.width - len(row))
            writer.writerow(texts)
            done.append(
                (
                    self._encoded(target.getvalue().removesuffix("\r\n") + dialect.line_end),
                    [self._encoded(text) for text in texts],
                )
            )
            target.seek(0)
            target.truncate()
        return done

    def _text(self, cell: bytes) -> str:
        try:
            text = cell.decode(self.before.inner)
        except UnicodeDecodeError:
            text = cell.decode(self.before.inner, "replace")
            self.replaced += 1
        if self.form.escape_formulas and text.startswith(FORMULA):
            return "'" + text
        return text

    def _encoded(self, text: str) -> bytes:
        try:
            return text.encode(self.wire.inner)
        except UnicodeEncodeError as error:
            missing = text[error.start]
            detail = f"The character {missing!r} does not exist in {self.form.dialect.encoding}; choose utf-8."
            raise InvalidInput(detail, pointer="/output/encoding") from error
