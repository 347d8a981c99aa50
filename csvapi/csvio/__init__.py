"""The CSV engine's edges: bytes to blocks of whole records and back; standard library only.

Read in this order: `dialect` and `wire` (what the bytes mean), `records` (where records end), `blocks` and `pieces`,
`keys`, `spill` and `resolve` (what repeats), `census`, `sink` and `receipt` (what is reported), `preview`.
"""

from csvapi.csvio.dialect import Dialect
from csvapi.csvio.preview import header, rows
from csvapi.csvio.receipt import Receipt

__all__ = ["Dialect", "Receipt", "header", "rows"]
