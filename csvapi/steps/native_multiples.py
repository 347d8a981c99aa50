"""Several records of each, as the kernel writes them: what explode and unpivot do with plain records."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeGuard

from csvapi.csvio.indexed import IndexedBatch
from csvapi.csvio.native_parser import native_form
from csvapi.native.figures import Style
from csvapi.native.multiplying import TooLongError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from csvapi.csvio.batch import Batch
    from csvapi.csvio.byte_dialect import ByteDialect
    from csvapi.native.multiplying import Made
    from csvapi.steps.growth import Bound


def made_style(byte_dialect: ByteDialect, width: int) -> Style | None:
    """How the kernel writes records of `width` fields that it makes of those in this dialect; None where it cannot."""
    form, line_end = native_form(byte_dialect, width), byte_dialect.dialect.line_end.encode()
    if form is None or line_end not in (b"\n", b"\r\n") or not (form.doubled if form.quote else width > 1):
        return None
    return Style(form.delimiter, form.quote, line_end)


def takes(batch: Batch, byte_dialect: ByteDialect, width: int) -> TypeGuard[IndexedBatch]:
    """Whether the kernel may make records of those of the batch: each has the width, and a line end."""
    if not isinstance(batch, IndexedBatch) or batch.byte_dialect.inner != byte_dialect.inner:
        return False
    return batch.width == width and batch.ends


def checked(parts: Iterable[Made], batch: IndexedBatch, bound: Bound) -> Iterator[Made]:
    """The parts. Raises `TooLarge` for a record that would become longer than the bound."""
    try:
        yield from parts
    except TooLongError as error:
        raise bound.refused(error.size, batch.row_of(error.record)) from error
