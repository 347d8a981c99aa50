"""convert: the records in another format: NDJSON, a JSON array, Parquet or XLSX."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from marshmallow import Schema, ValidationError, validates_schema

from csvapi.csvio.disk import disk_budget
from csvapi.steps.formats import FORMATS
from csvapi.steps.gathering import Converter, Gathering
from csvapi.steps.growth import Bound, some
from csvapi.steps.new_names import numbered
from csvapi.steps.params import choice
from csvapi.steps.step import Operation, Traits
from csvapi.steps.writing import byte_dialect_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from csvapi.csvio.batch import Batch
    from csvapi.spill.workspace import Workspace
    from csvapi.steps.formats import Writer
    from csvapi.steps.gathering import Part
    from csvapi.steps.step import Context, Counts

_COPY = 1 << 20


class Params(Schema):
    """The parameters of convert."""

    format = choice(
        *FORMATS,
        required=True,
        description="ndjson: an object per line; json: an array of objects; parquet and xlsx: all values as text.",
    )

    @validates_schema
    def can_be_written(self, data: dict[str, Any], **_: object) -> None:
        """Refuse a format whose library is not installed."""
        module = FORMATS[data["format"]].module
        if module and find_spec(module) is None:
            extra = data["format"]
            detail = f"{extra} needs a library this installation does not have; install csv-processing-api[{extra}]."
            raise ValidationError(detail, "format")


def traits(params: dict[str, Any]) -> Traits:
    """How the engine runs it: NDJSON by ranges side by side; the other formats are one stream, and need one process."""
    return Traits("reducer", settles=True, stateless=FORMATS[params["format"]].divisible)


class Convert(Converter):
    """Every value is text and stays that text; a field a record does not have is null.

    Column names that occur again get a number (`name_2`), fields beyond the header are `column_5` and so on in JSON and
    go in the others, counted as `beyond_header`. Bytes that are no text become U+FFFD. One pass into the workspace, in
    one process for all but NDJSON; a row group of Parquet is encoded by a thread while the next one is read. Memory: a
    few records; for Parquet two row groups (65,536 records each, fewer where they are more than the budget), and what
    its library needs: 5 KB per column, and 1 KB per column and row group.
    Raises `TooLarge` for what XLSX cannot hold.
    """

    def __init__(self, params: dict[str, Any], context: Context, pointer: str) -> None:
        self.format = FORMATS[params["format"]]
        self.after, self.byte_dialect = context, byte_dialect_of(context)
        self.names, self.pointer = numbered(context.columns), pointer
        self.form = {"format": params["format"], "media_type": self.format.media_type, "suffix": self.format.suffix}
        self.beyond = 0

    def head(self, fields: list[bytes]) -> tuple[list[bytes], bytes]:
        """See `Headed.head`; the format's writer writes the names itself."""
        return fields, b""

    def gather(self, workspace: Workspace, number: int) -> Converting:
        """See `Gatherer.gather`."""
        return Converting(self, workspace, number)

    def result(self, workspace: Workspace, parts: list[Part]) -> Iterator[bytes]:
        """See `Gatherer.result`: the files that were written in the workspace, one for each range."""
        self.beyond = sum(part.state for part in parts)
        for number in range(len(parts)):
            path = _file(workspace, number)
            with path.open("rb") as file:
                while data := file.read(_COPY):
                    yield data
            path.unlink()

    def counts(self) -> Counts:
        """See `Behaviour.counts`."""
        return {"beyond_header": self.beyond} if self.beyond else {}


class Converting(Gathering):
    """Gives the records to the format's writer, as batches or row by row."""

    def __init__(self, convert: Convert, workspace: Workspace, number: int) -> None:
        self.byte_dialect, self.workspace = convert.byte_dialect, workspace
        self.width = len(convert.names)
        self.beyond = 0
        self.writer: Writer = convert.format.open(
            _file(workspace, number),
            convert.names,
            workspace,
            Bound(convert.after.max_record, convert.pointer),
        )

    def add(self, batch: Batch, line: Callable[[int], int]) -> None:
        """See `Gathering.add`."""
        done = 0
        if batch.width == self.width:
            with disk_budget():
                done = self.writer.write_batch(batch)
            self.workspace.heartbeat()
        if done < len(batch):
            self._add_rows(batch.part(done, len(batch)) if done else batch)

    def _add_rows(self, batch: Batch) -> None:
        inner = self.byte_dialect.inner
        for few in some(batch, self.width):
            rows = []
            for number in range(len(few)):
                row: list[str | None] = [cell.decode(inner, "replace") for cell in few.fields(number)]
                self.beyond += len(row) > self.width
                rows.append(row + [None] * (self.width - len(row)))
            with disk_budget():
                self.writer.write(rows, few.rows)
            self.workspace.heartbeat()

    def abandon(self) -> None:
        """See `Gathering.abandon`."""
        self.writer.abandon()

    def close(self) -> int:
        """See `Gathering.close`: how many records have fields beyond the header."""
        with disk_budget():
            self.writer.close()
        return self.beyond


def _file(workspace: Workspace, number: int) -> Path:
    return workspace.folder / f"converted-{number}"


OPERATION = Operation(
    name="convert",
    kind="reducer",
    summary="Write the records as NDJSON, JSON, Parquet or XLSX; the last step.",
    purpose="Change the format",
    words="json ndjson parquet xlsx excel spreadsheet export",
    params=Params,
    example={"op": "convert", "format": "ndjson"},
    build=Convert,
    traits=traits,
    last=True,
)
