"""The generator of known dialects is what the figures say of it: the same every time, and true."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import random
import subprocess
import sys
from dataclasses import replace

import pytest

from benchmarks.detection import report
from benchmarks.detection.dirt import Dirt
from benchmarks.detection.draft import Draft
from benchmarks.detection.judge import Verdict, judge, read
from benchmarks.detection.made import KINDS, made
from benchmarks.detection.peers import Peer, right
from benchmarks.detection.shape import Needs, Shape
from benchmarks.detection.shapes import SHAPES
from benchmarks.detection.writer import Style, record

SEEDS = range(60)
BEYOND_THE_CSV_MODULE = {
    "text after a closing quote",
    "quotes inside of quotes",
    "opening quote without end",
    "exports joined, with BOM and header",
    "double BOM",
    "Ctrl-Z at the end",
    "NULs at the end",
}


def _digest() -> str:
    return hashlib.sha256(b"".join(made(seed).content for seed in SEEDS)).hexdigest()


def _by_the_csv_module(text: str, file: Style, *, aligned: bool = False) -> list[list[str]]:
    bare = file.quoting == "none"
    rows = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=file.delimiter,
        quotechar=None if bare else file.quote,
        quoting=csv.QUOTE_NONE if bare else csv.QUOTE_MINIMAL,
        escapechar=file.escape or None,
        doublequote=file.double_quote,
        skipinitialspace=file.spaced or aligned,
    )
    return [row for row in rows if row]


def test_a_seed_makes_the_same_file_in_every_process() -> None:
    code = "from tests.benchmarks.test_detection import _digest; print(_digest())"
    env = {**os.environ, "PYTHONHASHSEED": "7"}
    other = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert other.stdout.strip() == _digest()


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_clean_tables_are_what_the_csv_module_reads(shape: Shape) -> None:
    for seed in range(8):
        draft = shape.draft(random.Random(seed), Needs())
        want = [draft.names, *draft.rows] if draft.names else draft.rows
        assert _by_the_csv_module(draft.table(), draft.style, aligned=draft.aligned) == want


@pytest.mark.parametrize("dirt", KINDS, ids=lambda dirt: dirt.name)
def test_dirt_changes_the_file_and_nothing_of_the_truth_about_it(dirt: Dirt) -> None:
    changed = 0
    for seed in range(12):
        shape = next(each for each in SHAPES if each.fits(dirt.needs))
        draft, clean = (shape.draft(random.Random(seed), dirt.needs) for _ in range(2))
        if dirt.soil(draft) is False:
            assert _all(draft) == _all(clean)
            continue
        changed += _all(draft) != _all(clean)
        if dirt.name not in BEYOND_THE_CSV_MODULE:
            want = [draft.names, *draft.rows] if draft.names else draft.rows
            assert _by_the_csv_module(draft.table(), draft.style) == want
    assert changed


def _all(draft: Draft) -> tuple[object, ...]:
    return draft.preamble(), draft.names, draft.rows, draft.raw, draft.before, draft.tail, draft.double_bom, draft.mixed


def test_the_dialect_a_file_was_written_in_reads_it() -> None:
    files = [made(seed) for seed in SEEDS]
    plain = [file for file in files if not BEYOND_THE_CSV_MODULE & set(file.kinds)]
    assert len(plain) > len(files) / 2
    for file in plain:
        names, rows = read(file, file.dialect)
        assert rows == [list(row) for row in file.records], file.seed
        assert not file.header or names == list(file.names)


@pytest.mark.parametrize(
    ("fields", "style", "line"),
    [
        (["a", "1,5", 'say "x"'], Style(), 'a,"1,5","say ""x"""'),
        (["a", "1,5", 'say "x"'], Style(escape="\\"), 'a,"1,5","say \\"x\\""'),
        (["a", "7", "-1,5"], Style(";", quoting="text"), '"a";7;-1,5'),
        (["a", "7", ""], Style("\t", "'", quoting="all"), "'a'\t'7'\t''"),
        (["a|b", "c\\d"], Style("|", escape="\\", quoting="none"), "a\\|b|c\\\\d"),
        (["a", "b c"], Style(spaced=True), "a, b c"),
        ([""], Style(), '""'),
    ],
)
def test_the_writer_knows_every_form(fields: list[str], style: Style, line: str) -> None:
    assert record(fields, style) == line


def test_what_no_form_can_write_is_refused() -> None:
    with pytest.raises(ValueError, match="without quotes"):
        record(["a,b"], Style(quoting="none"))


def test_a_peer_that_dies_is_started_anew() -> None:
    peer = Peer("csv.Sniffer")
    try:
        peer._process.kill()
        with pytest.raises(TimeoutError):
            peer.ask("a;b\n1;2\n")
        got = peer.ask("a;b\n1;2\n3;4\n")
        assert got is not None
        assert got.delimiter == ";"
        assert peer.ask("") is None
    finally:
        peer.end()


def test_a_peer_is_judged_by_the_fields_alone() -> None:
    file = next(file for file in map(made, SEEDS) if "clean" in file.kinds and file.style.delimiter == ";")
    assert right(file, file.dialect)
    assert not right(file, replace(file.dialect, delimiter="|"))


def test_a_verdict_says_what_is_wrong() -> None:
    file = next(file for file in map(made, SEEDS) if file.kinds == ("ordinary", "clean"))
    assert judge(file).right
    assert not judge(replace(file, names=("other", *file.names[1:]))).header
    assert not judge(replace(file, records=(*file.records[:-1], ("x",)))).fields
    assert not judge(replace(file, preamble=b"x")).preamble


def test_figures_are_counted_by_kind_and_by_confidence() -> None:
    verdicts = [
        Verdict(1, ("ordinary", "clean"), True, True, True, 0.95, ""),
        Verdict(2, ("ordinary", "title"), False, True, True, 0.6, ""),
    ]
    lines = [line.split() for line in report.table(verdicts)]
    assert ["all", "2", "50.0", "%", "100.0", "%", "50.0", "%", "100.0", "%"] in lines
    assert ["title", "1", "0.0", "%", "100.0", "%", "0.0", "%", "100.0", "%"] in lines
    sure = [line.split() for line in report.calibration(verdicts)]
    assert ["0.9", "and", "above", "1", "100.0", "%"] in sure
    assert ["below", "0.5", "0", "-"] in sure
    assert report.wrong(verdicts, 3)[0].split() == ["ordinary", "2"]
