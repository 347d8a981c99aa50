"""Detection measured on seeded files, beside csv.Sniffer and CleverCSV as oracles nobody here wrote."""

from __future__ import annotations

import csv
from collections import Counter
from typing import TYPE_CHECKING

import clevercsv
import pytest

from csvapi.csvio.detection import HEAD, detect

from .detection_corpus import Made, made

if TYPE_CHECKING:
    from collections.abc import Callable

FILES = 300
PEERS = 200


def _ours(file: Made) -> bool:
    got = detect(file.content[:HEAD], complete=len(file.content) <= HEAD).dialect
    return _same(file, got.delimiter, got.quote, got.escape, double_quote=got.double_quote, skip_space=got.skip_space)


def _sniffer(file: Made) -> bool:
    try:
        got = csv.Sniffer().sniff(file.text[:6000])
    except csv.Error:
        return False
    return _same(
        file, got.delimiter, got.quotechar or "", "", double_quote=got.doublequote, skip_space=got.skipinitialspace
    )


def _clevercsv(file: Made) -> bool:
    got = clevercsv.Detector().detect(file.text[:6000])
    return bool(got and got.delimiter) and _same(
        file, got.delimiter, got.quotechar or '"', got.escapechar or "", double_quote=True, skip_space=False
    )


def _same(file: Made, delimiter: str, quote: str, escape: str, *, double_quote: bool, skip_space: bool) -> bool:
    """Whether the dialect gives the fields that were written, however it calls itself."""
    want = file.read(file.delimiter, file.quote, file.escape, double_quote=not file.escape, skip_space=False)
    return file.read(delimiter, quote, escape, double_quote=double_quote, skip_space=skip_space) == want


def test_fields_are_read_as_written() -> None:
    wrong = [seed for seed in range(FILES) if not _ours(made(seed))]
    assert len(wrong) <= FILES * 0.02, wrong


def test_the_rest_of_the_dialect_is_found() -> None:
    wrong: Counter[str] = Counter()
    for seed in range(FILES):
        file = made(seed)
        got = detect(file.content[:HEAD], complete=len(file.content) <= HEAD).dialect
        text = file.content.decode(file.encoding).removeprefix("\ufeff")
        wrong["line_end"] += got.line_end != file.line_end
        wrong["header"] += got.header != file.header
        wrong["encoding"] += file.content.decode(got.encoding).removeprefix("\ufeff") != text
        wrong["preamble"] += got.preamble != len(file.preamble.encode(got.encoding))
    assert {name: count for name, count in wrong.items() if count > FILES * 0.02} == {}


@pytest.mark.parametrize("peer", [_sniffer, _clevercsv])
def test_no_published_detector_is_better(peer: Callable[[Made], bool]) -> None:
    files = [made(seed) for seed in range(1000, 1000 + PEERS)]
    assert sum(map(_ours, files)) >= sum(map(peer, files))
