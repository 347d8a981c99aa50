"""NDJSON and JSON: an object for each record."""

from __future__ import annotations

from json.encoder import encode_basestring
from typing import TYPE_CHECKING

from csvapi.csvio.indexed import IndexedBatch
from csvapi.native.objects import Objects
from csvapi.steps.growth import PART
from csvapi.steps.meter import Meter

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from csvapi.csvio.batch import Batch
    from csvapi.spill.workspace import Workspace
    from csvapi.steps.formats import Row
    from csvapi.steps.growth import Bound


class JsonLines:
    """RFC 8259 objects in UTF-8, one per line, none larger than a record may be.

    What the kernel has read is text in its encoding, and no byte of it stands for U+FFFD.
    """

    start, between, end = "", "", ""

    def __init__(self, path: Path, names: list[str], workspace: Workspace, bound: Bound) -> None:
        self.file = path.open("wb")
        self.file.write(self.start.encode())
        self.names, self.known, self.bound = [_key(name) for name in names], set(names), bound
        self.size = sum(map(len, self.names)) + len(names) + 1
        self.meter = Meter()
        self.first = True
        self.objects: Objects | None = None
        self.inner = ""

    def write(self, rows: list[Row], numbers: Sequence[int]) -> None:
        """See `formats.Writer.write`."""
        for row, number in zip(rows, numbers, strict=True):
            names, size = self.names, self.size
            if len(row) > len(names):
                names = names + [_key(self._beyond(at + 1)) for at in range(len(names), len(row))]
                size = sum(map(len, names)) + len(names) + 1
            cells = ["null" if cell is None else encode_basestring(cell) for cell in row]
            size += sum(map(len, cells))
            self.bound.check(size, number)
            pairs = ",".join(map("".join, zip(names, cells, strict=True)))
            data = f"{'' if self.first else self.between}{{{pairs}}}{self.end}".encode(errors="replace")
            self.meter.add(len(data))
            self.file.write(data)
            self.first = False

    def write_batch(self, batch: Batch) -> int:
        """Write by the kernel, up to a record that might become too large; see `formats.Writer.write_batch`."""
        if not isinstance(batch, IndexedBatch):
            return 0
        objects = self._objects(batch.byte_dialect.inner)
        record = written = 0
        while record < len(batch.index):
            skip = len(self.between) if self.first else 0
            found = objects.write(batch.index, record, batch.kept, room=PART, limit=self.bound.limit, skip=skip)
            self.meter.add(len(found.text))
            self.file.write(found.text)
            self.first = self.first and not found.objects
            if found.next == record:
                break
            record, written = found.next, written + found.objects
        return written

    def _objects(self, inner: str) -> Objects:
        """How the kernel writes these objects from cells in this encoding."""
        if self.objects is None or self.inner != inner:
            texts = [f'{"," * (at > 0)}{name}"' for at, name in enumerate(self.names)]
            texts[0] = f"{self.between}{{{texts[0]}"
            texts[1:] = [f'"{text}' for text in texts[1:]]
            parts = [text.encode(errors="replace") for text in [*texts, f'"}}{self.end}']]
            self.objects, self.inner = Objects(parts, _table(inner)), inner
        return self.objects

    def _beyond(self, number: int) -> str:
        name = f"column_{number}"
        while name in self.known:
            name += "_"
        return name

    def close(self) -> None:
        """See `formats.Writer.close`."""
        self.file.close()

    def abandon(self) -> None:
        """See `formats.Writer.abandon`."""
        self.file.close()


class NdJson(JsonLines):
    """An object on each line, and nothing else."""

    end = "\n"


class JsonArray(JsonLines):
    """One array, with an object on each line."""

    start, between = "[\n", ",\n"

    def close(self) -> None:
        """See `formats.Writer.close`."""
        self.file.write(b"]\n" if self.first else b"\n]\n")
        super().close()


def _key(name: str) -> str:
    return encode_basestring(name) + ":"


def _table(inner: str) -> bytes:
    """What each byte from 128 on is in UTF-8, after its length, in 4 bytes; b"" for UTF-8 itself. Where bytes mean
    something only together, the kernel reads none of these."""
    if inner == "utf-8":
        return b""
    characters = (bytes((byte,)).decode(inner, "replace").encode()[:3] for byte in range(128, 256))
    return b"".join(bytes((len(each),)) + each.ljust(3, b"\0") for each in characters)
