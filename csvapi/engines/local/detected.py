"""What a file is, as its row keeps it: its dialect, its columns, the evidence, and the formats of its columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from csvapi.csvio import Dialect, pages
from csvapi.steps.head_formats import head_formats

if TYPE_CHECKING:
    from pathlib import Path

    from csvapi.csvio.pages import Answer


def detected(ends: tuple[bytes, bytes], size: int, path: Path, limit: int, most: int, delimiter: str = "") -> Answer:
    """What `pages.detected` gives, and the formats that columns seem to have (see `head_formats`)."""
    facts, items = pages.detected(ends, size, path, limit, most, delimiter)
    formats = head_formats(path, Dialect.from_json(facts["dialect"]))
    return {**facts, "detection": {**facts["detection"], "formats": formats}}, items
