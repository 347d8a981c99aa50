"""Names of parts can be stored on every system, and no two are one file on any of them."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csvapi.steps.part_names import PartNames, numbered

RESERVED = {"con", "prn", "aux", "nul", "conin$", "conout$"} | {f"{of}{n}" for of in ("com", "lpt") for n in range(10)}
NASTY = [
    "", " ", "a", "A", "a ", "a.", "a..", "empty", "_", "a-2", "A-2", "NUL", "nul.csv", "com1.x", "CoM¹", "../..",
    "/etc", "C:\\x", "x\0y", "\u202egnp", "\ufeffa", "\ud800", "é", "e\u0301", "ﬁ", "fi", "ß", "SS", "-rf", ".x", "~",
    "a" * 300, "A" * 300, "é" * 100, "😀" * 60, "a\nb", "*?", "a\u200b", "CON ", "CON .txt", "漢字",
]  # fmt: skip


@given(st.lists(st.one_of(st.sampled_from(NASTY), st.text(max_size=130)), max_size=40))
def test_names_are_safe_and_different(values: list[str]) -> None:
    names = PartNames()
    found = [names.of(value) for value in values]
    assert len({unicodedata.normalize("NFKC", name).casefold() for name in found}) == len(found)
    assert len({unicodedata.normalize("NFD", name).lower() for name in found}) == len(found)
    assert len({name.upper() for name in found}) == len(found)
    for name in found:
        stem = name.removesuffix(".csv")
        assert stem
        assert len(name.encode()) <= 104
        assert not set(name) & set('/\\:*?"<>|')
        assert not any(unicodedata.category(each) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for each in name)
        assert stem[0] not in " .-~"
        assert stem[-1] not in " ."
        assert unicodedata.normalize("NFKC", stem.split(".")[0]).strip().lower() not in RESERVED
        assert unicodedata.is_normalized("NFC", name)


@given(st.lists(st.from_regex(r"[A-Z][a-z0-9 _]{0,20}[a-z0-9]", fullmatch=True), unique_by=str.casefold))
def test_a_harmless_value_is_its_own_name(values: list[str]) -> None:
    values = [value for value in values if value.lower() not in RESERVED]
    names = PartNames()
    assert [names.of(value) for value in values] == [f"{value}.csv" for value in values]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["", "empty", "EMPTY"], ["empty", "empty-2", "EMPTY-3"]),
        ([" ", "  ", "_"], ["_", "_-2", "_-3"]),
        (["a", "a-2", "A", "a"], ["a", "a-2", "A-3", "a-4"]),
        (["NUL", "nul.x"], ["_NUL", "_nul.x"]),
        (["a/b", "a:b"], ["a_b", "a_b-2"]),
        (["../../etc/passwd"], ["_._.._etc_passwd"]),
        (["x" * 101, "x" * 102], ["x" * 100, "x" * 98 + "-2"]),
    ],
)
def test_what_is_no_name_becomes_one(values: list[str], expected: list[str]) -> None:
    names = PartNames()
    assert [names.of(value) for value in values] == [f"{name}.csv" for name in expected]


def test_numbers_have_as_many_digits_as_the_last_one() -> None:
    assert [numbered(1), numbered(1000)] == ["part-0001.csv", "part-1000.csv"]
