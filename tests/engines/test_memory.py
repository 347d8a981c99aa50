"""The peak memory of every operation over a long file and over a wide one, above that of a run over a tiny one.

What a step may take is the budget and `SLACK`: the batches that are read and written, one record's fields and those of
the header (20,000 of them are some 3 MiB as Python objects, and a few steps have them in several forms), and libraries
that only some operations load. The exceptions are in `BESIDES`, each with its reason.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from csvapi.operations import catalogue
from tests.engines.peak import peak

if TYPE_CHECKING:
    from pathlib import Path

MIB = 1 << 20
BUDGET, SLACK = 32 * MIB, 8 * MIB
COLUMNS, RECORDS = 20_000, 100_000
WIDE_NAMES = ["id", "email", "age", *(f"c{number}" for number in range(COLUMNS - 3))]
MAPPED = 32 * MIB  # of a large library's file: the system maps as much of it around what is used as it likes
BESIDES = {
    "long-convert-parquet": MAPPED,
    "wide-convert-parquet": MAPPED + COLUMNS * 6_000,  # the library's state of each column
    "wide-validate-all": COLUMNS * 600,  # the schema itself: 20,000 fields as JSON and as Python objects
}

LIBRARIES = ("convert-parquet", "convert-xlsx")
STEPS: dict[str, list[dict[str, Any]]] = {name: [each.example] for name, each in catalogue().items()}
STEPS |= {
    "convert-json": [{"op": "convert", "format": "json"}],
    "convert-parquet": [{"op": "convert", "format": "parquet"}],
    "convert-xlsx": [
        {"op": "slice", "head": 20_000},
        {"op": "select", "drop": ["age"]},
        {"op": "convert", "format": "xlsx"},
    ],
    "frequency": [{"op": "frequency", "column": "email"}],
    "group-many": [{"op": "group", "by": ["email"], "aggregates": ["sum:id", "max:id", "last:text", "join:text"]}],
    "group-one": [{"op": "group", "aggregates": ["count_distinct:text", "count_distinct:email", "mean:id"]}],
    "join": [{"op": "join", "file": 2, "on": ["id"]}],
    "profile-all": [{"op": "profile"}],
    "set-previous": [{"op": "set", "trim": True, "fill_previous": True}],
    "sort-eight": [{"op": "sort", "by": ["email"]}] * 8,
    "transpose": [{"op": "select", "columns": ["id", "email", "age"]}, {"op": "transpose"}],
    "unpivot-all": [{"op": "unpivot", "index": ["id"]}],
    "validate-report": [{"op": "validate", "schema": {"fields": [{"name": "email", "type": "integer"}]}, "limit": 9}],
}
XLSX_COLUMNS = 8_000  # it holds 16,384
WIDE: dict[str, list[dict[str, Any]]] = {
    **{name: steps for name, steps in STEPS.items() if not name.startswith("group-")},
    "convert-xlsx": [{"op": "select", "columns": WIDE_NAMES[:XLSX_COLUMNS]}, {"op": "convert", "format": "xlsx"}],
    "transpose": [{"op": "transpose"}],
    "select-all": [{"op": "select", "columns": WIDE_NAMES[::-1]}],
    "validate-all": [
        {"op": "validate", "schema": {"fields": [{"name": name, "type": "integer"} for name in WIDE_NAMES]}}
    ],
}


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A long file of 40 MB, a wide one of 2 MB, whose fields as Python objects are 20 MB, and a tiny one."""
    folder = tmp_path_factory.mktemp("memory")
    with (folder / "long").open("w") as file:
        file.write("id,email,age,text\n")
        for number in range(RECORDS):
            file.write(f"{number},u{number * 7919 % RECORDS}@x.org,{number % 90},{f'text {number} ' * 30}\n")
    with (folder / "wide").open("w") as file:
        file.write(",".join(WIDE_NAMES) + "\n")
        for number in range(20):
            cells = (f"v{at * 7 % 991}" if at % 2 else str(at * number % 997) for at in range(COLUMNS - 3))
            file.write(f"{number},u{number}@x.org,{number % 90},{','.join(cells)}\n")
    (folder / "tiny").write_text("id,email,age,text\n1,a@x.org,3,x\n")
    return {name: folder / name for name in ("long", "wide", "tiny")}


@cache
def _tiny(folder: Path, path: Path, name: str) -> int:
    """What the same run takes where there is nothing to do, with the library of the format that is written."""
    return peak(folder, path, STEPS[name if name in LIBRARIES else "normalise"], path)


def grown(folder: Path, files: dict[str, Path], shape: str, name: str, **options: Any) -> int:
    """How much more memory a run takes over that file than over the tiny one."""
    steps = WIDE[name] if shape == "wide" else STEPS[name]
    options = {"memory": BUDGET, "room": 2 * BESIDES.get(f"{shape}-{name}", 0), **options}
    return peak(folder, files[shape], steps, files[shape], **options) - _tiny(folder, files["tiny"], name)


@pytest.mark.parametrize("name", STEPS)
def test_a_long_file_takes_no_more_than_the_budget(tmp_path: Path, files: dict[str, Path], name: str) -> None:
    assert grown(tmp_path, files, "long", name) <= BUDGET + SLACK + BESIDES.get(f"long-{name}", 0)


@pytest.mark.parametrize("name", WIDE)
def test_a_wide_file_takes_no_more_than_the_budget(tmp_path: Path, files: dict[str, Path], name: str) -> None:
    assert grown(tmp_path, files, "wide", name) <= BUDGET + SLACK + BESIDES.get(f"wide-{name}", 0)


@pytest.mark.parametrize("shape", ["long", "wide"])
def test_a_thread_takes_no_more_than_the_budget(tmp_path: Path, files: dict[str, Path], shape: str) -> None:
    """Which writes a row group while the next one is filled."""
    more = grown(tmp_path, files, shape, "convert-parquet", processes=2)
    assert more <= BUDGET + SLACK + BESIDES.get(f"{shape}-convert-parquet", 0)


@pytest.mark.parametrize(("shape", "name"), [("wide", "profile-all"), ("long", "sort"), ("long", "profile-all")])
def test_less_memory_is_kept_to(tmp_path: Path, files: dict[str, Path], shape: str, name: str) -> None:
    assert grown(tmp_path, files, shape, name, memory=4 * MIB) <= 4 * MIB + SLACK


def test_a_key_that_repeats_in_both_files_takes_no_more_than_the_budget(tmp_path: Path) -> None:
    path, tiny = tmp_path / "many", tmp_path / "tiny"
    path.write_text("key,n\n" + "".join(f"k,{number}\n" for number in range(700)))
    tiny.write_text("key,n\nk,1\n")
    steps = [{"op": "join", "file": 2, "on": ["key"]}]
    assert peak(tmp_path, path, steps, path, memory=MIB) - peak(tmp_path, tiny, steps, tiny) <= MIB + SLACK


@pytest.mark.parametrize("how", ["inner", "left", "anti"])
def test_an_index_beyond_the_budget_takes_no_more_than_it(tmp_path: Path, how: str) -> None:
    """Index and texts of the second file take 40 MiB."""
    path, other, tiny = tmp_path / "many", tmp_path / "other", tmp_path / "tiny"
    other.write_text("key,text\n" + "".join(f"{number},{'x' * 150}\n" for number in range(230_000)))
    path.write_text("key,n\n" + "".join(f"{number * 7919 % 460_000},{number}\n" for number in range(300_000)))
    tiny.write_text("key,n\nk,1\n")
    step = {"op": "join", "file": 2, "on": ["key"], "how": how}
    grown = peak(tmp_path, path, [step], other, memory=BUDGET // 2) - peak(tmp_path, tiny, [step], tiny)
    assert grown <= BUDGET // 2 + SLACK


LONGER = [{"op": "set", "replace": [{"text": "a", "with": "a" * 9}]}]


def much() -> dict[str, tuple[str, list[dict[str, Any]], dict[str, Any]]]:
    """Texts, steps and options by name; the texts are large, and made only where one is used."""
    return {
        "replace": ("k,n\n" + "a,1\n" * 9_000, [{"op": "set", "replace": [{"text": "a", "with": "a" * 9_000}]}], {}),
        "replace in one record": (
            f"k,n\n{'a' * 9_000},1\n", [{"op": "set", "replace": [{"text": "a", "with": "a" * 400}]}], {},
        ),
        "replace by a pattern": (
            f"k,n\n{'a' * 45_000},1\n", [{"op": "set", "replace": [{"pattern": "a", "with": "bb"}]}], {},
        ),
        "replace, step by step": ("k,n\n" + "a,1\n" * 5_000, LONGER * 4, {}),
        "words of one record": (f"k,n\n{'ab ' * 90_000},1\n", [{"op": "set", "case": "title", "collapse": True}], {}),
        "fill": ("k,n\n" + ",1\n" * 9_000, [{"op": "set", "fill": "x" * 9_000}], {}),
        "derive": ("k,n\n" + "a,1\n" * 4_000, [{"op": "derive", "column": "d", "template": "{k}" * 9_000}], {}),
        "derive, nothing": (
            "k,n\n" + ",1\n" * 4_000, [{"op": "derive", "column": "d", "template": "{k}" * 9_000}], {},
        ),
        "split": (
            "k,n\n" + "a,1\n" * 4_000,
            [{"op": "split_column", "column": "k", "into": [f"c{at}" for at in range(9_000)], "separator": ";"}], {},
        ),
        "groups": (
            f"k,n\n{'a' * 90_000},1\n",
            [{"op": "split_column", "column": "k", "into": WIDE_NAMES[3:43], "pattern": "(" * 40 + "a+" + ")" * 40}],
            {},
        ),
        "explode": (
            f"k,n\n{';' * 3_000},{'b' * 20_000}\n", [{"op": "explode", "column": "k", "separator": ";"}], {},
        ),
        "explode, one cell": (f"k,n\n{';' * 900_000},1\n", [{"op": "explode", "column": "k", "separator": ";"}], {}),
        "unpivot": (
            "k,n\n" + "abcdefgh,1\n" * 500, [{"op": "unpivot", "index": ["k"] * 9_000, "values": ["n"]}], {},
        ),
        "select": ("k,n\n" + "abcdefgh,1\n" * 500, [{"op": "select", "columns": ["k"] * 9_000}], {}),
        "select, one record": (f"k,n\n{'a' * 9_000},1\n", [{"op": "select", "columns": ["k"] * 400}], {}),
        "pad": (",".join(WIDE_NAMES) + "\n" + "a\n" * 100, [{"op": "normalise"}], {"on_ragged": "pad"}),
        "names": (f"k,{'n' * 90_000}\n" + "a,1\n" * 900, [{"op": "convert", "format": "ndjson"}], {}),
        "pairs": ("k,n\n" + "a,1\n" * 900, [{"op": "join", "file": 2, "on": ["k"]}], {}),
        "marks": ("k\n" + "a\n" * 3_000_000, [{"op": "dedup"}], {"explain": True}),
        "marks of all": ("k\n" + "a\n" * 3_000_000, [{"op": "dedup", "keep": "none"}], {"explain": True}),
        "marks by Python": ("k\n" + "a\n" * 1_600_000, [{"op": "dedup"}], {"explain": True, "native": False}),
        "equal keys": ("k\n" + "a\n" * 600_000, [{"op": "dedup"}], {"native": False}),
    }  # fmt: skip


@pytest.mark.parametrize("name", list(much()))
def test_much_of_little_takes_no_more_than_the_budget(tmp_path: Path, files: dict[str, Path], name: str) -> None:
    """A few kilobytes that become many megabytes."""
    text, steps, options = much()[name]
    path = tmp_path / "little"
    path.write_text(text)
    grown = peak(tmp_path, path, steps, path, memory=BUDGET // 2, **options)
    assert grown - _tiny(tmp_path, files["tiny"], "normalise") <= BUDGET // 2 + SLACK


@pytest.mark.parametrize(
    "step",
    [
        {"op": "profile"},
        {"op": "frequency", "column": "text"},
        {"op": "frequency", "columns": ["text"]},
        {"op": "group", "by": ["text"], "aggregates": ["first:text", "count_distinct:text"]},
        {"op": "set", "trim": True},
    ],
)
def test_long_cells_take_no_more_than_the_budget(tmp_path: Path, step: dict[str, Any]) -> None:
    path, tiny = tmp_path / "texts", tmp_path / "tiny"
    path.write_text("text\n" + "".join(f"{'x' * 20_000}{number}\n" for number in range(2_000)))
    tiny.write_text("text\nx\n")
    assert peak(tmp_path, path, [step], path, memory=4 * MIB) - peak(tmp_path, tiny, [step], tiny) <= 4 * MIB + SLACK
