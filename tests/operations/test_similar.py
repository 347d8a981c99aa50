"""similar against nested loops with a distance of a few lines, and keys as OpenRefine's manual describes them."""

from __future__ import annotations

import os
import random
import re
import unicodedata
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import JaroWinkler

from csvapi.csvio import Dialect
from csvapi.errors import InvalidInput
from csvapi.operations import load_steps
from csvapi.spill.ranked_keys import RankedKeys
from csvapi.steps.similarity import fingerprint, ngram_fingerprint, phonetic
from tests.engines import model
from tests.engines.peak import peak
from tests.engines.running import WAYS, cases, execute, expect, reused
from tests.operations.tables import FAST_WAYS, PARALLEL, csv_text, processes_of_shares, table

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CELLS = [
    "",
    "Miller",
    "miller ",
    "Miler",
    "Milller",
    "Müller",
    "Ann Lee",
    "lee, ann",
    "Lee-Ann",
    "Bob",
    "Rob",
    ".",
    "\0",
]
rows = st.lists(
    st.tuples(st.sampled_from(CELLS), st.sampled_from(["", "Lee", "x"]), st.sampled_from("ab")), max_size=20
)


def plain(text: str) -> str:
    return " ".join(text.casefold().split())


def words(text: str) -> list[str]:
    text = re.sub("[\u0300-\u036f]", "", unicodedata.normalize("NFD", text.casefold()))
    return re.sub(r"[^\w\s]|_", "", text).split()


def edits(a: str, b: str) -> int:
    line = list(range(len(b) + 1))
    for row, left in enumerate(a, start=1):
        before, line[0] = line[0], row
        for at, right in enumerate(b, start=1):
            before, line[at] = line[at], min(line[at] + 1, line[at - 1] + 1, before + (left != right))
    return line[-1]


def edit_score(a: str, b: str) -> float:
    return 1 - edits(a, b) / max(len(a), len(b), 1)


def key(step: dict[str, Any], row: tuple[str, ...], text: str) -> Any:
    """What a record's block is; None for one that is compared with no other."""
    method = step.get("method", "fingerprint")
    if method == "fingerprint":
        return " ".join(sorted(set(words(text)))) or None
    if method == "ngram":
        joined, size = "".join(words(text)), step.get("size", 2)
        return tuple(sorted({joined[at : at + size] for at in range(max(1, len(joined) - size + 1))} - {""})) or None
    if method == "phonetic":
        return phonetic(text) or None
    if not text:
        return None
    return " ".join(sorted(set(words(row[2])))) if "block" in step else text[: step.get("prefix", 3)]


def groups(step: dict[str, Any], table_: list[Any], order: Callable[[int], Any]) -> dict[int, tuple[int, float]]:
    """For each record that is compared the one that leads its group, and how alike they are."""
    texts = [plain(" ".join(filter(None, row[:2]))) for row in table_]
    blocks: dict[Any, list[int]] = {}
    for at, row in enumerate(table_):
        if (its := key(step, row, texts[at])) is not None:
            blocks.setdefault(its, []).append(at)
    measured = step.get("method") in ("edit", "jaro_winkler")
    score: Any = JaroWinkler.similarity if step.get("method") == "jaro_winkler" else edit_score
    found: dict[int, tuple[int, float]] = {}
    for block in blocks.values():
        leaders: list[int] = []
        for at in sorted(block, key=order):
            near = [(score(texts[at], texts[each]), -number) for number, each in enumerate(leaders)]
            if not near or (measured and max(near)[0] < step.get("threshold", 0.9) - 1e-9):
                leaders.append(at)
                found[at] = (at, 1.0)
            else:
                found[at] = (leaders[-max(near)[1]], max(near)[0])
    return found


methods = st.one_of(
    st.sampled_from(
        [{}, {"method": "fingerprint"}, {"method": "phonetic"}, {"method": "ngram"}, {"method": "ngram", "size": 1}]
    ),
    st.fixed_dictionaries(
        {"method": st.sampled_from(["edit", "jaro_winkler"])},
        optional={"threshold": st.sampled_from([0.5, 0.75, 0.8, 1]), "prefix": st.sampled_from([1, 2])},
    ),
    st.fixed_dictionaries({"method": st.just("edit"), "threshold": st.just(0.6), "block": st.just(["z"])}),
)


@pytest.mark.parametrize("way", [*FAST_WAYS.values(), PARALLEL])
@settings(reused, max_examples=25)
@given(cells=rows, step=methods)
def test_marks_are_the_models(tmp_path: Path, way: dict[str, Any], cells: list[Any], step: dict[str, Any]) -> None:
    step = {"op": "similar", "columns": ["x", "y"], **step}
    found, receipt = table(tmp_path, csv_text([("x", "y", "z"), *cells]), [step], **way)
    led = groups(step, cells, lambda at: at)
    used = {leader for at, (leader, _) in led.items() if leader != at}
    marks = []
    for at in range(len(cells)):
        leader, score = led.get(at, (at, 1.0))
        marks.append(["", ""] if leader == at and at not in used else [str(leader + 1), f"{score:.4f}"])
    assert found.header == ["x", "y", "z", "group", "score"]
    assert [row[:3] for row in found.rows] == [list(row) for row in cells]
    assert [row[3:] for row in found.rows] == marks
    counts = receipt["dropped_by_step"][0]
    assert (counts["groups"], counts["similar"]) == (len(used), sum(at != each for at, (each, _) in led.items()))


@pytest.mark.parametrize("way", WAYS)
@settings(reused, max_examples=15)
@given(
    cells=rows, step=methods,
    keep=st.sampled_from(["first", "last", "fullest", {"max": "z", "as": "text"}, {"min": "y", "as": "text"}]),
)  # fmt: skip
def test_the_records_that_stay_are_the_models(
    tmp_path: Path, way: str, cells: list[Any], step: dict[str, Any], keep: Any
) -> None:
    step = {"op": "similar", "columns": ["x", "y"], "keep": keep, **step}

    def order(at: int) -> Any:
        if isinstance(keep, str):
            return {"first": at, "last": -at, "fullest": (-sum(map(bool, cells[at])), at)}[keep]
        if "max" in keep:
            return -ord(cells[at][2]), at
        return not cells[at][1], cells[at][1], at

    led = groups(step, cells, order)
    text = csv_text([("x", "y", "z"), *cells])
    output, dropped, (_, why) = execute(tmp_path, text, Dialect(), [step], **WAYS[way])
    stays = [led.get(at, (at, 1))[0] == at for at in range(len(cells))]
    assert (output, dropped) == expect(model.parse(text, Dialect()), stays)
    assert [(int(row), int(kept)) for row, _, _, _, kept in why] == [
        (at + 1, led[at][0] + 1) for at, stay in enumerate(stays) if not stay
    ]
    for row, _, _, reason, _ in why:
        assert abs(float(reason.removeprefix("similar, ")) - led[int(row) - 1][1]) < 0.0101


@pytest.mark.parametrize("way", ["plain", "tiny blocks", "parallel", "csv, spilled"])
@settings(reused, max_examples=15)
@given(case=cases(), method=st.sampled_from(["fingerprint", "ngram", "phonetic", "edit", "jaro_winkler"]))
def test_any_file_keeps_its_bytes_or_its_values(
    tmp_path: Path, way: str, case: tuple[Dialect, str], method: str
) -> None:
    dialect, text = case
    parsed = model.parse(text, dialect)
    if not parsed.header:
        return
    step: dict[str, Any] = {"op": "similar", "columns": [{"index": 1}], "method": method}
    output, dropped, (_, why) = execute(tmp_path, text, dialect, [{**step, "keep": "first"}], **WAYS[way])
    gone = {int(row) - 1 for row, *_ in why}
    assert (output, dropped) == expect(parsed, [at not in gone for at in range(len(parsed.rows))])
    for row, *_, kept in why:
        assert int(kept) - 1 not in gone
        assert int(kept) < int(row)
    folder = tmp_path.with_name(f"{tmp_path.name}-marked")
    folder.mkdir(exist_ok=True)
    try:
        found, _ = table(folder, text, [step], dialect, **WAYS[way])
    except InvalidInput as error:
        assert "cannot be written" in error.detail  # noqa: PT017
        return
    width = len(parsed.header)
    assert [row[:width] for row in found.rows] == [(row + [""] * width)[:width] for row in parsed.rows]
    assert [at for at, row in enumerate(found.rows) if row[width] not in ("", str(at + 1))] == sorted(gone)


@pytest.mark.parametrize(
    ("make", "text", "made"),
    [
        (fingerprint, "  Cruise, Tom ", "cruise tom"),
        (fingerprint, "Tom\tCRUISE tom", "cruise tom"),
        (fingerprint, "Müller-Lüdenscheidt", "mullerludenscheidt"),
        (fingerprint, ".,;", ""),
        (lambda text: ngram_fingerprint(text, 2), "Paris", "arispari"),
        (lambda text: ngram_fingerprint(text, 1), "Paris", "aiprs"),
        (lambda text: ngram_fingerprint(text, 9), "Paris", "paris"),
        (phonetic, "Stefan Smith", phonetic("smyth, Stephan")),
        (phonetic, "中 123", "123 中"),
    ],
)
def test_keys_are_as_described(make: Callable[[str], str], text: str, made: str) -> None:
    """The first and the n-grams are examples of the manual."""
    assert make(text) == made


@pytest.mark.parametrize("way", ["plain", "parallel", "csv"])
@pytest.mark.parametrize("keep", [{}, {"keep": "first"}])
def test_what_was_not_compared_is_a_warning(tmp_path: Path, way: str, keep: dict[str, str]) -> None:
    text = "n\n" + "other\n" + "abc1\nabc2\nabc3\n" + "x" * 1001 + "\n" + "x" * 1001 + "\nother\n"
    step = {"op": "similar", "columns": ["n"], "method": "edit", "threshold": 0.5, "largest": 2, **keep}
    _, receipt = table(tmp_path, text, [step], **WAYS[way])
    crowd, long = receipt["warnings"]
    assert (crowd["code"], crowd["count"], crowd["row"]) == ("not_compared", 3, 2)
    assert "block" in crowd["hint"]
    assert (long["code"], long["count"], long["of"], long["row"], long["line"]) == ("not_compared", 2, 7, 5, 6)
    assert receipt["records"]["kept"] == (6 if keep else 7)


@pytest.mark.parametrize("method", ["fingerprint", "edit"])
def test_records_that_go_are_found_in_shares_by_several_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    """Also what each of them has not compared."""
    processes = processes_of_shares(monkeypatch, "csvapi.engines.local.keyed_pass")
    text = csv_text([("n",), *((f"{number * 7 % 300:03} ann",) for number in range(900))])
    step = {"op": "similar", "columns": ["n"], "method": method, "keep": "last"}
    steps = [{**step, "largest": 2} if method == "edit" else step]
    alone, expected = table(tmp_path, text, steps, memory=10_000)
    assert processes == [os.getpid()]
    found, receipt = table(tmp_path, text, steps, **{**PARALLEL, "memory": 10_000})
    assert len({*processes}) == len(processes) == 3
    assert found == alone
    assert (receipt["records"], receipt["warnings"]) == (expected["records"], expected["warnings"])
    assert len(found.rows) == (300 if method == "fingerprint" else 900)
    assert [warning["count"] for warning in receipt["warnings"]] == ([900] if method == "edit" else [])


def test_small_differences_make_no_chain(tmp_path: Path) -> None:
    step = {"op": "similar", "columns": ["n"], "method": "edit", "threshold": 0.75, "prefix": 1}
    found, _ = table(tmp_path, "n\nabcd\nabce\nabfe\naxfe\n", [step])
    assert [row[1:] for row in found.rows] == [["1", "1.0000"], ["1", "0.7500"], ["3", "1.0000"], ["3", "0.7500"]]


def test_names_never_collide_and_steps_behind_meet_them(tmp_path: Path) -> None:
    steps = [
        {"op": "similar", "columns": ["group"]},
        {"op": "filter", "filters": [{"column": "group_2", "operator": "not_empty"}]},
    ]
    found, _ = table(tmp_path, "group\na b\nb a\nc\n", steps)
    assert (found.header, len(found.rows)) == (["group", "group_2", "score"], 2)


@pytest.mark.parametrize(
    ("step", "pointer"),
    [
        ({}, "/columns"),
        ({"columns": ["a"], "threshold": 0.8}, "/threshold"),
        ({"columns": ["a"], "method": "edit", "threshold": 0.4}, "/threshold"),
        ({"columns": ["a"], "method": "edit", "size": 2}, "/size"),
        ({"columns": ["a"], "method": "edit", "block": ["b"], "prefix": 2}, "/prefix"),
        ({"columns": ["a"], "method": "sound"}, "/method"),
        ({"columns": ["a"], "keep": "none"}, "/keep"),
        ({"columns": ["a"], "method": "edit", "largest": 5_001}, "/largest"),
    ],
)
def test_what_is_wrong_is_refused_where_it_stands(step: dict[str, Any], pointer: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        load_steps([{"op": "similar", **step}])
    assert caught.value.pointer == "/steps/0" + pointer


@pytest.mark.parametrize("step", [{"method": "edit", "prefix": 4}, {"keep": "last"}])
def test_many_records_take_no_more_than_the_budget(tmp_path: Path, step: dict[str, Any]) -> None:
    path, tiny = tmp_path / "many", tmp_path / "tiny"
    rng = random.Random(1)
    path.write_text("n,t\n" + "".join(f"{rng.randrange(60_000):05} street,{'x' * 40}\n" for _ in range(60_000)))
    tiny.write_text("n,t\n10001 street,x\n10002 street,x\n")  # one block: what compares two is loaded, too
    steps = [{"op": "similar", "columns": ["n"], **step}]
    assert peak(tmp_path, path, steps, path, memory=4 << 20) - peak(tmp_path, tiny, steps, tiny) <= (4 + 8) << 20


@pytest.mark.parametrize(("keep", "kept"), [("first", ["Ann Lee", "Zoë"]), ("last", ["LEE, Änn", "Zoe"])])
def test_the_kernel_finds_the_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keep: str, kept: list[str]
) -> None:
    by_python, add = [], RankedKeys.add
    monkeypatch.setattr(RankedKeys, "add", lambda *given: by_python.extend(given[1]) or add(*given))
    step = {"op": "similar", "columns": ["n"], "keep": keep}
    names = ["Ann Lee", "Zoë", "LEE, Änn", "Zoe"]
    found, _ = table(tmp_path, csv_text([("n",), *((name,) for name in names)]), [step], processes=1)
    assert [row[0] for row in found.rows] == kept
    assert not by_python
    found, _ = table(tmp_path, csv_text([("n",), ("山 a",), ("A 山",), ("a",)]), [step], processes=1)
    assert [row[0] for row in found.rows] == ["山 a" if keep == "first" else "A 山", "a"]
    assert len(by_python) == 2, "only what has characters of three bytes"


def test_the_kernel_finds_the_words_of_marked_records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    by_python, add = [], RankedKeys.add
    monkeypatch.setattr(RankedKeys, "add", lambda *given: by_python.extend(given[1]) or add(*given))
    text = csv_text([("n",), ("Ann Lee",), ("Bob",), ("LEE, Änn",)])
    found, _ = table(tmp_path, text, [{"op": "similar", "columns": ["n"]}], processes=1)
    assert [row[1] for row in found.rows] == ["1", "", "1"]
    assert not by_python
