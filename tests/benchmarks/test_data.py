"""The synthetic files are what the benchmarks say of them."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path

import pytest

from benchmarks import data


def rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))[1:]


def test_the_mix_is_as_promised(tmp_path: Path) -> None:
    found = rows(data.synthetic(tmp_path, 2_000_000, "2MB"))
    assert {len(row) for row in found} == {len(data.HEADER)}
    assert 1 - len(set(map(tuple, found))) / len(found) == pytest.approx(0.2, abs=0.02)
    assert sum(any(special in row[8] for special in ',"\n') for row in found) / len(found) == pytest.approx(
        0.02, abs=0.005
    )


def test_quoted_files_hold_the_same_records_and_seeds_are_fixed(tmp_path: Path) -> None:
    plain, quoted = data.synthetic(tmp_path, 500_000, "a"), data.quoted(tmp_path, 500_000, "a")
    short = min(len(rows(plain)), len(rows(quoted)))
    assert rows(plain)[:short] == rows(quoted)[:short]
    first = hashlib.sha256(plain.read_bytes()).digest()
    assert hashlib.sha256(data.synthetic(tmp_path, 500_000, "b").read_bytes()).digest() == first
    text = quoted.read_text(encoding="utf-8").replace('""', "").splitlines()[:1]
    assert all(line.startswith('"') and line.endswith('"') for line in text)


def test_a_tenth_of_the_addresses_are_members_once(tmp_path: Path) -> None:
    people = {row[1] for row in rows(data.synthetic(tmp_path, 2_000_000, "2MB"))}
    members = [row[0] for row in rows(data.members(tmp_path, 2_000_000, "2MB"))]
    assert len(set(members)) == len(members)
    assert len(people.intersection(members)) / len(people) == pytest.approx(0.1, abs=0.02)
    first = (tmp_path / "members-2MB.csv").read_bytes()
    assert data.members(tmp_path, 2_000_000, "again").read_bytes() == first
