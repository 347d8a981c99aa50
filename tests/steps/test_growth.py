"""Nothing that a step makes of a record is longer than a record may be, and of much it makes some at a time."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from csvapi.csvio.dialect import Dialect
from csvapi.engines import Options, Progress, run
from csvapi.errors import InvalidInput, TooLarge
from csvapi.operations import load_steps

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KIB, MIB = 1 << 10, 1 << 20
LIMIT = 64 * KIB
MANY = [{"text": "a", "with": "a" * 2_000}]

# Of a file of two records, the second of which has a letter `a`: what makes too much of that record.
TOO_MUCH: dict[str, list[dict[str, Any]]] = {
    "a replacement": [{"op": "set", "replace": MANY * 3}],
    "a pattern": [{"op": "set", "replace": [{"pattern": "", "with": "b" * 40_000}]}],
    "a pattern's groups": [{"op": "set", "replace": [*MANY, {"pattern": "(a)(?:.*)", "with": "\\0" * 40}]}],
    "a fill": [{"op": "set", "replace": [{"text": "a", "with": ""}], "fill": "f" * 70_000}],
    "steps that each make it longer": [{"op": "set", "replace": [{"text": "a", "with": "aa"}]}] * 17,
    "a column again and again": [{"op": "set", "replace": MANY}, {"op": "select", "columns": ["k"] * 40}],
    "a join": [
        {"op": "set", "replace": MANY},
        {"op": "join", "file": 2, "left_on": ["n"], "right_on": ["n"]},
    ],
}


def _run(tmp_path: Path, text: str, steps: list[dict[str, Any]], other: str = "n,m\n2,x\n", **options: Any) -> bytes:
    source, second, out = tmp_path / "in", tmp_path / "second", tmp_path / "out"
    source.write_text(text)
    second.write_text(other)
    given = Options(**{"max_record": LIMIT, **options})
    run(source, Dialect(), steps, out, options=given, workspace=tmp_path, files={2: (second, Dialect())})
    return out.read_bytes()


@pytest.mark.parametrize("processes", [1, 2])
@pytest.mark.parametrize("name", TOO_MUCH)
def test_a_record_beyond_the_limit_is_refused_where_it_is(tmp_path: Path, name: str, processes: int) -> None:
    other = f"n,m\n2,{'x' * 64_000}\n" if name == "a join" else "n,m\n2,x\n"
    with pytest.raises(TooLarge) as caught:
        _run(tmp_path, "k,n\nb,1\na,2\n", TOO_MUCH[name], other, processes=processes, smallest_range=1)
    assert caught.value.context["limit"] == LIMIT
    assert caught.value.context["row"] == (1 if name == "a pattern" else 2)
    assert str(LIMIT) in caught.value.detail
    assert "step" in caught.value.detail
    assert caught.value.pointer.startswith("/steps/")
    assert not (tmp_path / "out").exists()


def test_padding_is_refused_too(tmp_path: Path) -> None:
    with pytest.raises(TooLarge, match="Row 1") as caught:
        _run(tmp_path, ",".join("abcdef") + "\nxxxxxxxxxx\n", [{"op": "normalise"}], on_ragged="pad", max_record=14)
    assert caught.value.pointer == "/on_ragged"


@pytest.mark.parametrize(
    "steps",
    [
        [{"op": "select", "columns": ["name"] * 700}],
        [{"op": "select", "rename": {"k": "x" * LIMIT}}],
        [{"op": "join", "file": 2, "on": ["k"], "suffix": "x" * LIMIT}],
    ],
)
def test_a_header_has_the_bound_of_a_record(tmp_path: Path, steps: list[dict[str, Any]]) -> None:
    with pytest.raises(TooLarge, match="header"):
        _run(tmp_path, "k,name\na,1\n", steps, "k,name\na,1\n", max_record=LIMIT // 32)


def test_json_has_the_bound_of_a_record(tmp_path: Path) -> None:
    text = f"k,{'n' * 60_000}\na,{'b' * 6_000}\n"
    with pytest.raises(TooLarge, match="Row 1: step 1"):
        _run(tmp_path, text, [{"op": "convert", "format": "ndjson"}])


def test_a_record_has_no_more_fields_than_a_file_columns(tmp_path: Path) -> None:
    with pytest.raises(TooLarge, match="Row 2, line 3, byte 8: a record has 12 fields; the limit is 10"):
        _run(tmp_path, "k,n\na,1\n" + "," * 11 + "\n", [{"op": "set", "trim": True}], max_columns=10)


def test_much_of_little_is_what_it_would_be_at_once(tmp_path: Path) -> None:
    """Records that grow by steps, go, and are counted: the parts they are done in make no difference."""
    steps: list[dict[str, Any]] = [
        {"op": "set", "columns": ["k"], "replace": [{"text": "a", "with": "ab" * 300}]},
        {"op": "filter", "filters": [{"column": "n", "operator": "not_in", "value": ["3", "1999"]}]},
        {"op": "select", "columns": ["n", "k", "k"]},
        {"op": "set", "columns": [{"index": 3}], "replace": [{"text": "b", "with": ""}], "fill": "-"},
    ]
    text = "k,n\n" + "".join(f"{'a' * (number % 5)},{number}\n" for number in range(2_000))
    found = _run(tmp_path, text, steps).decode()
    wanted = [
        f"{number},{'ab' * 300 * (number % 5)},{'a' * 300 * (number % 5) or '-'}"
        for number in range(2_000)
        if number not in (3, 1999)
    ]
    assert found.splitlines() == ["n,k,k", *wanted]


@pytest.mark.parametrize(
    ("step", "at"),
    [
        ({"op": "sort", "by": ["k"] * 101}, "/steps/0/by"),
        ({"op": "join", "file": 2, "left_on": ["k"] * 101, "right_on": ["k"] * 101}, "/steps/0/left_on"),
    ],
)
def test_a_key_has_a_bound_of_columns(step: dict[str, Any], at: str) -> None:
    with pytest.raises(InvalidInput, match="at most 100 columns") as caught:
        load_steps([step])
    assert caught.value.pointer == at


def test_a_column_that_is_named_again_makes_no_longer_key(tmp_path: Path) -> None:
    text = f"k,n\n{'a' * 60_000},1\n{'a' * 60_000},2\nb,3\n"
    for step in ({"op": "dedup", "columns": ["k"] * 50_000}, {"op": "unique", "columns": ["k"] * 50_000}):
        found = _run(tmp_path, text, [step]).decode().splitlines()
        assert [line[-2:] for line in found] == [",n", ",1", ",3"]


class Stopped(Exception):
    pass


LONG: dict[str, tuple[Callable[[], str], list[dict[str, Any]], dict[str, Any]]] = {
    "pairs of equal keys": (
        lambda: "k,n\n" + "a,1\n" * 20_000, [{"op": "join", "file": 2, "on": ["k"]}], {}
    ),
    "records padded": (
        lambda: ",".join(f"c{number}" for number in range(50_000)) + "\n" + "a\n" * 2_000,
        [{"op": "normalise"}], {"on_ragged": "pad"},
    ),
    "matches of a pattern": (
        lambda: "k,n\n" + "a" * MIB + ",1\n", [{"op": "set", "replace": [{"pattern": "a.*b|a", "with": "b"}]}], {}
    ),
    "words": (lambda: "k,n\n" + "ab " * 5 * MIB + ",1\n", [{"op": "set", "case": "title"}], {}),
    "equal keys": (lambda: "k,n\n" + "a,1\n" * 500_000, [{"op": "dedup", "columns": ["k"]}], {}),
    "a sort": (
        lambda: "k,n\n" + "".join(f"{number * 7919 % 300_007},1\n" for number in range(300_000)),
        [{"op": "sort", "by": ["k"]}], {},
    ),
    "marks on a letter": (
        lambda: "k,n\na" + "\u0301\u0323" * 200_000 + ",1\n", [{"op": "set", "nfc": True}], {}
    ),
    "values counted": (
        lambda: "k,n\n" + "".join(f"{number},1\n" for number in range(200_000)),
        [{"op": "frequency", "column": "k"}], {"memory": MIB},
    ),
    "groups": (
        lambda: "k,n\n" + "".join(f"{number},1\n" for number in range(100_000)),
        [{"op": "group", "by": ["k"], "aggregates": ["join:n", "count_distinct:k"]}], {"memory": MIB},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LONG)
def test_a_run_can_be_stopped_within_a_second(tmp_path: Path, name: str) -> None:
    """Of this process's own time; whatever else the machine does. Each is stopped after a second, or ends before."""
    make, steps, options = LONG[name]
    text = make()
    (tmp_path / "in").write_text(text)
    began, last, longest = time.process_time(), time.process_time(), 0.0

    def progress(_: Progress) -> None:
        nonlocal last, longest
        now = time.process_time()
        last, longest = now, max(longest, now - last)
        if now - began > 1:
            raise Stopped

    files = {2: (tmp_path / "in", Dialect())}
    with suppress(Stopped):
        run(
            tmp_path / "in", Dialect(), steps, tmp_path / "out", files=files, workspace=tmp_path, progress=progress,
            options=Options(native=False, **options),
        )  # fmt: skip
    assert max(longest, time.process_time() - last) < 1
