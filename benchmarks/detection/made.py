"""One file of a seed, with the truth about it: what a person reads in it."""

from __future__ import annotations

import random
from dataclasses import dataclass

from benchmarks.detection import above, inside
from benchmarks.detection.dirt import Dirt
from benchmarks.detection.draft import Draft
from benchmarks.detection.shape import Needs
from benchmarks.detection.shapes import SHAPES
from benchmarks.detection.writer import Style
from csvapi.csvio.dialect import Dialect

BOM = "\ufeff"
KINDS: tuple[Dirt, ...] = (*above.KINDS, *inside.KINDS)
_CLEAN, _TWICE = 0.25, 0.15
"""The shares of files without dirt, and of those that have two kinds of it."""
_ENCODINGS = ("utf-8",) * 10 + ("utf-8-sig",) * 3 + ("cp1252",) * 3 + ("utf-16", "utf-16-le", "utf-16-be")


@dataclass(frozen=True)
class Made:
    """A file as it would be uploaded and how it was written; `kinds` are the shape of the table and what else it has.

    `encoding` is the codec without its BOM. `preamble` is what stands above the header record (the first record where
    `names` is empty), after the BOM. `records` are the fields of the data records.
    """

    seed: int
    kinds: tuple[str, ...]
    content: bytes
    encoding: str
    bom: bool
    style: Style
    preamble: bytes
    names: tuple[str, ...]
    records: tuple[tuple[str, ...], ...]

    @property
    def header(self) -> bool:
        return bool(self.names)

    @property
    def text(self) -> str:
        """The file without its BOM."""
        return self.content.decode(self.encoding).removeprefix(BOM)

    @property
    def dialect(self) -> Dialect:
        style = self.style
        return Dialect(
            style.delimiter,
            "" if style.quoting == "none" else style.quote,
            style.escape,
            style.double_quote,
            style.spaced or (style.delimiter == " " and "aligned with spaces" in self.kinds),
            style.line_end,
            self.header,
            self.encoding,
            self.bom,
            len(self.preamble),
        )


def made(seed: int) -> Made:
    """The file of a seed; the same one every time."""
    r = random.Random(seed)
    count = r.choices((0, 1, 2), (_CLEAN, 1 - _CLEAN - _TWICE, _TWICE))[0]
    chosen = _chosen(r, count)
    draft = _shape(r, chosen)
    draft.encoding = r.choice(_ENCODINGS)
    for each in sorted(chosen, key=lambda each: _ORDER.index(each.group)):
        if each.soil(draft) is not False:
            draft.kinds.append(each.name)
    return _finished(seed, draft)


_ORDER = ("header", "inside", "end", "above", "start")


def _chosen(r: random.Random, count: int) -> list[Dirt]:
    groups = [each.group for each in KINDS]
    while True:
        chosen = r.sample(KINDS, count)
        groups = [each.group for each in chosen]
        if len(set(groups)) == count:
            return chosen


def _shape(r: random.Random, chosen: list[Dirt]) -> Draft:
    needs = Needs(
        max((each.needs.columns for each in chosen), default=1),
        max((each.needs.records for each in chosen), default=1),
        any(each.needs.header for each in chosen),
        max((each.needs.typed for each in chosen), default=0),
    )
    shapes = [shape for shape in SHAPES if shape.fits(needs)]
    return r.choices(shapes, [shape.share for shape in shapes])[0].draft(r, needs)


def _finished(seed: int, draft: Draft) -> Made:
    draft.open_end |= not draft.tail and draft.r.random() < 0.25
    preamble, table = draft.preamble(), draft.table()
    encoding = _encoding(draft, preamble + table)
    bom = encoding in ("utf-8-sig", "utf-16")
    codec = {"utf-8-sig": "utf-8", "utf-16": "utf-16-le"}.get(encoding, encoding)
    start = BOM if draft.double_bom else ""
    return Made(
        seed,
        (*draft.kinds, *_traits(draft, encoding)),
        ((BOM if bom else "") + start + preamble + table).encode(codec),
        codec,
        bom,
        draft.style,
        (start + preamble).encode(codec),
        tuple(draft.names),
        tuple(map(tuple, draft.rows)),
    )


def _encoding(draft: Draft, text: str) -> str:
    wide = draft.encoding.startswith("utf-16")
    if wide and (draft.tail.startswith(("\0", "\x1a"))):
        return "utf-8"
    if draft.encoding == "cp1252":
        try:
            text.encode("cp1252")
        except UnicodeEncodeError:
            return "utf-8"
    return draft.encoding


def _traits(draft: Draft, encoding: str) -> list[str]:
    found = ["clean"] if len(draft.kinds) == 1 else []
    if encoding.startswith("utf-16"):
        found.append("UTF-16")
    if encoding == "cp1252":
        found.append("cp1252")
    if draft.style.line_end == "\r":
        found.append("line ends \\r")
    return found
