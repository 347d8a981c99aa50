"""set against plain string methods."""

from __future__ import annotations

import re
import unicodedata
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csvapi.csvio.dialect import Dialect
from csvapi.csvio.indexed import IndexedBatch
from csvapi.csvio.reading import parsers_of, read_batches
from csvapi.csvio.source import Source
from csvapi.errors import InvalidInput, TooLarge
from csvapi.operations import load_steps
from csvapi.operations.set import Set
from csvapi.steps.params import compiled
from csvapi.steps.step import Context
from csvapi.steps.template import template
from csvapi.steps.text_changes import SPACES
from tests.engines.running import reused
from tests.operations.tables import FAST_WAYS, csv_text, table

if TYPE_CHECKING:
    from pathlib import Path

CELLS = ["", " ", "a", " a  b ", "O'NEIL smith", "e\u0301", "é", "ß", "x\ny", "a\rb", '"q"', "1,5", "007"]
tables = st.lists(st.tuples(*[st.sampled_from(CELLS)] * 2), max_size=12)
choices = st.fixed_dictionaries(
    {},
    optional={
        "nfc": st.just(value=True),
        "trim": st.just(value=True),
        "collapse": st.just(value=True),
        "case": st.sampled_from(["upper", "lower"]),
        "fill": st.sampled_from(["-", "n/a, none"]),
        "replace": st.just([{"text": "a", "with": "bb"}, {"pattern": "b+", "with": "c"}]),
    },
).filter(bool)


def expected(cell: str, chosen: dict[str, Any]) -> str:
    cell = unicodedata.normalize("NFC", cell) if "nfc" in chosen else cell
    cell = cell.strip() if "trim" in chosen else cell
    cell = re.sub(r"\s+", " ", cell) if "collapse" in chosen else cell
    cell = re.sub("b+", "c", cell.replace("a", "bb")) if "replace" in chosen else cell
    cell = getattr(cell, chosen["case"])() if "case" in chosen else cell
    return cell or chosen.get("fill", "")


@pytest.mark.parametrize("way", FAST_WAYS)
@settings(reused, max_examples=25)
@given(rows=tables, chosen=choices, every=st.booleans())
def test_values_are_the_models(
    tmp_path: Path, way: str, rows: list[tuple[str, ...]], chosen: dict[str, Any], every: bool
) -> None:
    step = {"op": "set", **chosen} | ({} if every else {"columns": ["y"]})
    found, receipt = table(tmp_path, csv_text([("x", "y"), *rows]), [step], **FAST_WAYS[way])
    wanted = [[expected(x, chosen) if every else x, expected(y, chosen)] for x, y in rows]
    assert found.rows == wanted
    pairs = [pair for row, new in zip(rows, wanted, strict=True) for pair in zip(row, new, strict=True)]
    changed = sum(old != new for old, new in pairs)
    assert receipt["dropped_by_step"][0]["changed"] == changed


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16", "shift_jis", "gb18030"])
@pytest.mark.parametrize("columns", [None, ["y"], ["z", "x"]])
@pytest.mark.parametrize(
    "changes",
    [{"trim": True}, {"case": "title", "fill": "-"}, {"collapse": True, "trim": True}, {"nfc": True},
     {"case": "upper", "fill": "a,\nb"}, {"fill": "x" * 200}, {"fill": "\u2003"},
     {"case": "lower", "nfc": True}, {"trim": True, "case": "upper"}],
)  # fmt: skip
def test_the_kernel_changes_as_python_does(
    tmp_path: Path, encoding: str, columns: list[str] | None, changes: dict[str, Any]
) -> None:
    cells = [
        *CELLS,
        "x'y",
        "Two  Words",
        "\t\x1f",
        "ÄÖ ü",
        "é ",
        "ΑΣ",
        "ß",
        "e\u0301",
        " \u00a0",
        "ソ",
        "z" * 50,
        "a\u2003",
        "a\u200b",
        "\ufeff a \u2060\t",
    ]
    cells = [cell for cell in cells if cell.encode(encoding, "ignore").decode(encoding) == cell]
    random = Random(2)
    rows = [random.choices(cells, k=3) for _ in range(500)]
    text = csv_text([["x", "y", "z"], *rows[:250]]) + 'a"b,1\n' + csv_text(rows[250:])
    step = {"op": "set", **changes} | ({"columns": columns} if columns else {})
    for options in ({}, {"block_size": 100}, {"max_record": 400}):
        outcomes = [
            outcome(tmp_path, text, step, Dialect(encoding=encoding), native=native, **options)
            for native in (True, False)
        ]
        assert outcomes[0] == outcomes[1]


def outcome(folder: Path, text: str, step: dict[str, Any], dialect: Dialect, **options: Any) -> Any:
    try:
        found, receipt = table(folder, text, [step], dialect, **options)
    except (InvalidInput, TooLarge) as error:
        return error.detail
    return found.raw, receipt["dropped_by_step"]


def test_the_kernel_changes_a_batch(tmp_path: Path) -> None:
    text = "x,y\n A ,É \n,ソ \n"
    (tmp_path / "in").write_bytes(text.encode())
    source = Source.open(tmp_path / "in", Dialect())
    context = Context(["x", "y"], header=True, byte_dialect=source.byte_dialect)
    step = Set({"trim": True, "case": "lower", "fill": "-"}, context, "")
    pieces = read_batches(source, 4, len(text.encode()), parsers_of(source, 2, 1 << 20, native=1 << 10))
    done = step.map(next(iter(pieces)).batch)
    assert isinstance(done, IndexedBatch)
    assert bytes(done.index.text) == "a,é\n-,ソ\n".encode()
    assert step.counts() == {"changed": 4}
    assert list(step.cells.known.items()) == [("ソ ".encode(), "ソ".encode())]


@pytest.mark.parametrize("way", FAST_WAYS)
def test_fill_previous_fills_before_later_steps_drop(tmp_path: Path, way: str) -> None:
    text = "k,v\n1,a\n1,\n2,\n2,b\n3,\n"
    steps = [{"op": "set", "columns": ["v"], "fill_previous": True}, {"op": "unique", "column": "k"}]
    found, receipt = table(tmp_path, text, steps, **FAST_WAYS[way])
    assert found.rows == [["1", "a"], ["2", "a"], ["3", "b"]]
    assert [count["kept"] for count in receipt["dropped_by_step"]] == [5, 3]


def test_title_is_for_words_with_apostrophes(tmp_path: Path) -> None:
    found, _ = table(tmp_path, "n\no'neil SMITH-jones they're\n", [{"op": "set", "case": "title"}])
    assert found.rows == [["O'neil Smith-Jones They're"]]


def test_white_space_is_what_python_takes_for_it() -> None:
    assert sorted(SPACES) == [each for each in map(chr, range(0x110000)) if each.isspace()]


@pytest.mark.parametrize("way", FAST_WAYS)
def test_characters_of_no_width_go_from_the_edges_only(tmp_path: Path, way: str) -> None:
    text = "n,m\n\u200b \ufeffa\u200bb\u2060 \u200b,\ufeff\n\u200dx,é\ufeff\n"
    found, _ = table(tmp_path, text, [{"op": "set", "trim": True, "fill": "-"}], **FAST_WAYS[way])
    assert found.rows == [["a\u200bb", "-"], ["\u200dx", "é"]]


def test_bytes_that_are_no_text_stay(tmp_path: Path) -> None:
    steps = [{"op": "set", "trim": True, "replace": [{"pattern": "x", "with": "y"}]}]
    found, _ = table(tmp_path, "a\n x\udcff \n x\n", steps)
    assert found.rows == [["x\udcff"], ["y"]]


@pytest.mark.parametrize(
    ("cell", "pattern", "replacement", "expected"),
    [
        ("05.01.2020", r"(\d+)\.(\d+)\.(\d+)", r"\3-\2-\1", "2020-01-05"),
        ("a", "a", "é – “ü” 日本", "é – “ü” 日本"),
        ("ab", "(a)(b)", r"\2é\1", "béa"),
        ("ab", "(?P<first>a)", r"\g<first>\g<1>0\0", "aa0ab"),
        ("ac", "(b)?c", r"[\1]", "a[]"),
        ("a", "a", r"x\ty\\z\u00e9\x41", "x\ty\\zéA"),
        ("a", "a", "C:\\dir\\", "C:\\dir\\"),
        ("five", "five", r"\$5", "$5"),
        ("a", "a", "5 $ or $x", "5 $ or $x"),
    ],
)
def test_what_a_pattern_is_replaced_with(
    tmp_path: Path, cell: str, pattern: str, replacement: str, expected: str
) -> None:
    step = {"op": "set", "replace": [{"pattern": pattern, "with": replacement}]}
    found, _ = table(tmp_path, csv_text([("n",), (cell,)]), [step])
    assert found.rows == [[expected]]


@given(st.text(st.characters(exclude_characters="\\$", exclude_categories=["Cs"])))
def test_text_without_groups_is_itself(text: str) -> None:
    pattern = compiled("x", "pattern")
    assert pattern.sub(template(text, pattern), "x") == text


@pytest.mark.parametrize(
    ("pattern", "replacement", "says"),
    [
        ("(.)-(.)", "$2-$1", r"with: holds $2; a group is written \1 here, in JSON \\1"),
        ("(.)", "${1}", r"a group is written \1 here"),
        ("(?P<a>.)", "$<a>", r"a group is written \1 here"),
        ("(.)", "$100", r"the text $100 is written \$100, in JSON \\$100"),
        ("five", "$5", r"holds $5, and the pattern has no groups; the text $5 is written \$5"),
        ("(.)", r"\2", "a group the pattern does not have; it has 1"),
        ("(.)", r"\12", "a group the pattern does not have; it has 1"),
        ("(.)", r"\g<2>", "a group the pattern does not have; it has 1"),
        ("(.)", r"\g<name>", "a group 'name', which the pattern does not have"),
        ("(.)", r"\U00ffffff", "is no character"),
    ],
)
def test_a_replacement_that_makes_no_sense_is_refused(pattern: str, replacement: str, says: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        load_steps([{"op": "set", "replace": [{"pattern": pattern, "with": replacement}]}])
    assert says in caught.value.detail
    assert caught.value.pointer == "/steps/0/replace/0/with"


def test_a_text_is_replaced_literally(tmp_path: Path) -> None:
    step = {"op": "set", "replace": [{"text": "five", "with": r"$1 \1"}]}
    found, _ = table(tmp_path, "n\nfive\n", [step])
    assert found.rows == [[r"$1 \1"]]


@pytest.mark.parametrize(
    ("step", "pointer"),
    [
        ({}, "/steps/0"),
        ({"fill": "x", "fill_previous": True}, "/steps/0/fill"),
        ({"case": "camel"}, "/steps/0/case"),
        ({"replace": [{"with": "x"}]}, "/steps/0/replace/0/text"),
        ({"replace": [{"pattern": "(?=x)", "with": "x"}]}, "/steps/0/replace/0/pattern"),
        ({"replace": [{"pattern": "x", "with": "\\1"}]}, "/steps/0/replace/0/with"),
        ({"trim": "yes"}, "/steps/0/trim"),
    ],
)
def test_bad_parameters_are_refused_where_they_stand(step: dict[str, Any], pointer: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        load_steps([{"op": "set", **step}])
    assert caught.value.pointer == pointer
