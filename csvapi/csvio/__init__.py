"""The CSV engine's edges: bytes to batches of whole records and back; standard library only.

Read in this order: `dialect` and `byte_dialect` (what the bytes mean), `records` (where records end), `batch`,
`parsing` and `reading` (records in batches), `keys`, `census`, `sink` and `disk` (what is written), `preview`.
"""

from csvapi.csvio.dialect import Dialect
from csvapi.csvio.preview import header, rows

__all__ = ["Dialect", "header", "rows"]
