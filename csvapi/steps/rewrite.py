"""Write records in another dialect: the mapper of normalise and of the `output` of a run."""

from __future__ import annotations

import csv
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from csvapi.csvio.batch import Batch
from csvapi.csvio.byte_dialect import ByteDialect
from csvapi.csvio.keys import canonical
from csvapi.csvio.parsed_batch import ParsedBatch
from csvapi.csvio.rewriting import Rewriting
from csvapi.errors import InvalidInput
from csvapi.steps.growth import Bound, Part
from csvapi.steps.mapping import Mapper

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from csvapi.csvio.dialect import Dialect
    from csvapi.steps.step import Context, Counts

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


class _Last:
    """A file for the csv module that holds only the last record written; a stream would copy it once more."""

    record = ""

    def write(self, record: str) -> None:
        self.record = record


class Rewrite(Mapper):
    """Every field as text, written by the csv module. Bytes that are no text become U+FFFD, and are counted.

    One pass, stateless; memory: a part.
    """

    def __init__(self, form: Form, context: Context, pointer: str = "/output") -> None:
        assert context.byte_dialect is not None  # noqa: S101  a mapper is built for a file
        self.form = form
        self.before = context.byte_dialect
        header = context.header or form.names is not None
        self.byte_dialect = ByteDialect.of(replace(form.dialect, header=header))
        self.after = replace(context, header=header, byte_dialect=self.byte_dialect)
        self.bound = Bound(context.max_record, pointer)
        self.rewriting = None
        if not form.escape_formulas and form.width <= len(context.columns):
            columns, every = range(len(context.columns)), form.quoting == "all"
            self.rewriting = Rewriting(self.byte_dialect, columns, self.bound.limit, quote_all=every)
        self.replaced = 0

    def head(self, fields: list[bytes]) -> tuple[list[bytes], bytes]:
        """The header's fields and everything above the first data record."""
        if self.form.names and not self.before.dialect.header:
            fields = [name.encode(self.before.inner) for name in self.form.names]
        elif not fields or not self.before.dialect.header:
            return fields, self.byte_dialect.bom
        self.bound.check_names([name.decode(self.before.inner, "replace") for name in fields])
        record, names = next(self._rows([fields]))
        return names, self.byte_dialect.bom + self.byte_dialect.restore(record)

    def map(self, batch: Batch) -> Batch:
        """The first records of the batch, as many as fit into a part; the last one that is written may not be."""
        if self.rewriting and (written := self.rewriting.of(batch)) is not None:
            return written
        raw, line_texts, parsed_fields = list[bytes](), list[bytes](), dict[int, list[bytes]]()
        part, replaced = Part(self.bound), self.replaced
        for (record, fields), row in zip(self._rows(self._wide_enough(batch)), batch.rows, strict=False):
            if not part.takes(len(record), row):
                break
            parsed_fields[len(raw)] = fields
            raw.append(record)
            line_texts.append(canonical(fields, self.byte_dialect.delimiter))
            replaced = self.replaced
        self.replaced = replaced  # without those of a record that is to come again
        return ParsedBatch(self.byte_dialect, raw, line_texts, batch.rows[: len(raw)], parsed_fields)

    def _wide_enough(self, batch: Batch) -> Iterator[list[bytes]]:
        """The fields of each record. Raises `TooLarge` if empty fields up to the width would make it too long."""
        limit = self.bound.limit
        for index, row in enumerate(batch.rows):
            fields = batch.fields(index)
            if len(batch.raw[index]) + self.form.width > limit:
                self.bound.check(len(batch.raw[index]) + max(0, self.form.width - len(fields)), row)
            yield fields

    def counts(self) -> Counts:
        """See `Behaviour.counts`."""
        return {"replaced": self.replaced}

    def _rows(self, rows: Iterable[Sequence[bytes]]) -> Iterator[tuple[bytes, list[bytes]]]:
        """Each record in the new dialect with its fields in the new encoding."""
        target = _Last()
        dialect, line_end = self.form.dialect, self.form.dialect.line_end.encode()
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
            yield self._encoded(target.record)[:-2] + line_end, [self._encoded(text) for text in texts]

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
            return text.encode(self.byte_dialect.inner)
        except UnicodeEncodeError as error:
            missing = text[error.start]
            detail = f"The character {missing!r} does not exist in {self.form.dialect.encoding}; choose utf-8."
            raise InvalidInput(detail, pointer="/output/encoding") from error
