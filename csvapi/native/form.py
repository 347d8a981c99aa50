"""What a scanner must know of a file's dialect and encoding."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from csvapi.native.structures import FormStruct

_ANY, _UTF8, _TABLE = range(3)
_RESERVED = (b"\0", b"\r", b"\n")
_MOST_COLUMNS = 1 << 24


@dataclass(frozen=True)
class Form:
    """A dialect without an escape character in which delimiter and quote are one byte each, and no space is skipped.

    width      the number of fields of every record, those of the header
    quote      b"" if no character quotes
    doubled    whether two quotes within a quoted field stand for one
    utf8       whether a text that is no UTF-8 is declined, and a record that begins with a byte order mark
    comment    what a line that is no record begins with, one ASCII byte; b"" if there are no such lines
    undefined  the bytes from 128 on that the encoding does not define, if it is one of single bytes

    Without `utf8` and `undefined`, bytes from 128 on may be anything. Raises `ValueError` for what there is no such
    dialect of.
    """

    width: int
    delimiter: bytes = b","
    quote: bytes = b'"'
    doubled: bool = True
    utf8: bool = True
    undefined: bytes = b""
    comment: bytes = b""

    def __post_init__(self) -> None:
        if not 1 <= self.width <= _MOST_COLUMNS:
            raise ValueError(f"width must be between 1 and {_MOST_COLUMNS}, and is {self.width}.")
        if len(self.delimiter) != 1 or len(self.quote) > 1 or self.delimiter == self.quote:
            raise ValueError("delimiter and quote must be two different bytes.")
        if len(self.comment) > 1 or self.comment in (*_RESERVED, self.delimiter, self.quote or None):
            raise ValueError("comment must be one byte that means nothing else.")
        if self.delimiter in _RESERVED or self.quote in _RESERVED:
            raise ValueError("delimiter and quote must be neither NUL nor a line end.")
        if self.utf8 and not (self.delimiter + self.quote).isascii():
            raise ValueError("delimiter and quote must be ASCII in UTF-8.")
        if self.undefined and (self.utf8 or min(self.undefined) < 128):
            raise ValueError("undefined must be bytes from 128 on of an encoding that is not UTF-8.")

    @cached_property
    def structure(self) -> FormStruct:
        """As the kernel takes it."""
        text = _UTF8 if self.utf8 else _TABLE if self.undefined else _ANY
        quote, comment = (sign[0] if sign else 0 for sign in (self.quote, self.comment))
        form = FormStruct(self.delimiter[0], quote, self.doubled, text, self.width, comment)
        for byte in self.undefined:
            form.undefined[byte >> 6 & 1] |= 1 << (byte & 63)
        return form
