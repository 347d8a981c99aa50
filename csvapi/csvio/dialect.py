"""How one file writes its records: the value every edge of a pass agrees on."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any


@dataclass(frozen=True, slots=True)
class Dialect:
    """Delimiter, quoting, line end, header and encoding of a file (the words of docs and API).

    `encoding` is a Python codec name; `bom` says whether the file starts with its byte order mark; `preamble` is the
    number of bytes (after the BOM) before the header record. A `quote` of "" means that no character quotes. A line
    that begins with `comment` where a record could begin is none; "" means that there are no such lines.
    """

    delimiter: str = ","
    quote: str = '"'
    escape: str = ""
    double_quote: bool = True
    skip_space: bool = False
    line_end: str = "\n"
    header: bool = True
    encoding: str = "utf-8"
    bom: bool = False
    preamble: int = 0
    comment: str = ""

    def as_json(self) -> dict[str, Any]:
        """As a request gives it and a receipt shows it: `comment` only where there is one."""
        return {name: value for name, value in asdict(self).items() if value or name != "comment"}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Dialect:
        """What `as_json` gave; keys that this version does not know are ignored."""
        known = {field.name for field in fields(cls)}
        return cls(**{name: item for name, item in value.items() if name in known})
