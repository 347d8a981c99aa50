"""Outputs agree by their bytes, their records, or the figures they share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks.agree import agreement

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("reference", "other", "answer"),
    [
        ("a,b\n1,x\n2,y\n", "a,b\n1,x\n2,y\n", "bytes"),
        ("a,b\n1,x\n2,y\n", 'a,b\n"1",x\n2,y\n', "records"),
        ("a,b\n1,x\n2,y\n", "a,b\n2,y\n1,x\n", "any order"),
        ("a,b\n1,x\n2,y\n", "a,b\n1,x\n2,z\n", "1 of 3 records differ"),
        ("a,b\n1,0.10\n", "a,b\n1,0.1\n", "numbers"),
        ("a,b\n1,0.10\n", "a,b\n1,0.2\n", "1 of 2 records differ"),
        ("a,share,b\n1,0.5,x\n2,0.5,y\n", "b,a\nx,1.0\ny,1.9999999999999\n", "records, of a b"),
        ("a,share,b\n1,0.5,x\n2,0.5,y\n", "b,a\ny,2\nx,1\n", "any order, of a b"),
        ("a,share\n1,0.5\n", "a\n1\n1\n", "1 of 1 records differ, of a"),
        ("a,share\n1,0.5\n", "", "2 of 2 records differ"),
    ],
)
def test_outputs_agree_by_what_they_share(tmp_path: Path, reference: str, other: str, answer: str) -> None:
    (tmp_path / "reference").write_text(reference)
    (tmp_path / "other").write_text(other)
    assert agreement(tmp_path / "reference", tmp_path / "other") == answer
