"""join against nested loops, over random files of different dialects."""

from __future__ import annotations

import io
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csvapi.csvio.dialect import Dialect
from csvapi.csvio.reading import parsers_of, read_batches
from csvapi.csvio.source import Source
from csvapi.engines import Options, run
from csvapi.errors import AmbiguousColumn, Cancelled, InvalidInput, TooLarge, UnknownColumn
from csvapi.operations import files_of, load_steps
from csvapi.operations.join import Full, Join, build
from csvapi.spill.native_index import NativeHashIndex
from csvapi.spill.workspace import Workspace
from csvapi.steps.second_index import SecondIndex
from csvapi.steps.step import Context
from csvapi.steps.writing import Text
from tests.engines import model
from tests.engines.files import written
from tests.engines.peak import peak
from tests.engines.running import cases, reused
from tests.operations.tables import FAST_WAYS, PARALLEL, csv_text, table

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from csvapi.engines import Progress

KEYS = ["", " ", " a", "1", "01", "a", "A", "é", "x,y", "line\nbreak", '"']
pairs = st.lists(st.tuples(st.sampled_from(KEYS), st.sampled_from(KEYS)), max_size=10)
WAYS = [*FAST_WAYS.values(), PARALLEL, {"native": False}]


def second(folder: Path, text: str, dialect: Dialect | None = None) -> dict[Any, tuple[Path, Dialect]]:
    dialect = dialect or Dialect()
    path = folder / "second"
    path.write_bytes(text.encode(dialect.encoding))
    return {2: (path, dialect)}


def fold(key: str, ignore: list[str]) -> str:
    key = key.casefold() if "case" in ignore else key
    return " ".join(key.split()) if "space" in ignore else key


def joined(left: list[model.Row], right: list[model.Row], how: str, ignore: list[str]) -> list[model.Row]:
    """By the first columns; the second file's key column is not repeated."""
    out = []
    for row in left:
        key = fold(row[0], ignore)
        found = [other[1:] for other in right if key and fold(other[0], ignore) == key]
        if how in ("semi", "anti"):
            out += [row] if bool(found) == (how == "semi") else []
        else:
            out += [[*row, *other] for other in found]
            out += [[*row, *[""]]] if not found and how in ("left", "full") else []
    known = {fold(row[0], ignore) for row in left} - {""}
    if how == "full":
        out += [
            [row[0], *[""] * (len(left[0]) - 1 if left else 1), *row[1:]]
            for row in right
            if fold(row[0], ignore) not in known
        ]
    return out


@pytest.mark.parametrize("way", WAYS)
@settings(reused, max_examples=25)
@given(
    left=pairs,
    right=pairs,
    how=st.sampled_from(["inner", "left", "full", "semi", "anti"]),
    utf16=st.booleans(),
    ignore=st.sampled_from([[], [], ["case"], ["space"], ["case", "space"]]),
)
def test_joins_are_the_models(
    tmp_path: Path, way: dict[str, Any], left: list[Any], right: list[Any], how: str, utf16: bool, ignore: list[str]
) -> None:
    dialect = Dialect(encoding="utf-16-le") if utf16 else Dialect()
    files = second(tmp_path, csv_text([("k", "v"), *right]), dialect)
    step = {"op": "join", "file": 2, "on": ["k"], "how": how, "ignore": ignore}
    found, receipt = table(tmp_path, csv_text([("k", "v"), *left]), [step], files=files, **way)
    rows, others = [list(row) for row in left], [list(row) for row in right]
    assert found.rows == joined(rows, others, how, ignore)
    assert found.header == (["k", "v"] if how in ("semi", "anti") else ["k", "v", "v_2"])
    count = receipt["dropped_by_step"][0]
    assert count["matched"] == sum(
        any(fold(row[0], ignore) and fold(other[0], ignore) == fold(row[0], ignore) for other in others) for row in rows
    )
    assert count["empty_keys"] == sum(not fold(row[0], ignore) for row in rows)
    keys = [fold(row[0], ignore) for row in others if fold(row[0], ignore)]
    assert count["repeated_keys"] == len(keys) - len(set(keys))


many = st.lists(st.tuples(st.integers(0, 40).map(lambda n: str(n or "")), st.text('ab,"\n', max_size=9)), max_size=60)
BEFORE: list[list[dict[str, Any]]] = [
    [],
    [{"op": "filter", "filters": [{"column": "v", "operator": "contains", "value": "a"}]}],
    [{"op": "select", "columns": ["k", "v"]}],
]


@pytest.mark.parametrize("options", [{}, {"processes": 2, "smallest_range": 1}, {"block_size": 100}])
@settings(reused, max_examples=25)
@given(left=many, right=many, how=st.sampled_from(["inner", "left", "semi", "anti"]), before=st.sampled_from(BEFORE))
def test_an_index_beyond_the_memory_is_asked_in_a_pass_of_its_own(
    tmp_path: Path, options: dict[str, Any], left: list[Any], right: list[Any], how: str, before: list[dict[str, Any]]
) -> None:
    files = second(tmp_path, csv_text([("k", "v"), *right]))
    steps = [*before, {"op": "join", "file": 2, "on": ["k"], "how": how}]
    found, receipt = table(tmp_path, csv_text([("k", "v"), *left]), steps, files=files, memory=1, **options)
    rows = [list(row) for row in left if before[:1] != BEFORE[1] or "a" in row[1]]
    others = [list(row) for row in right]
    assert found.rows == joined(rows, others, how, [])
    count = receipt["dropped_by_step"][-1]
    assert count["matched"] == sum(any(row[0] and other[0] == row[0] for other in others) for row in rows)
    assert count["empty_keys"] == sum(not row[0] for row in rows)
    assert [stage["passes"] for stage in receipt["run"]["stages"]] == [2]


def test_a_record_with_more_matches_than_are_held_has_them_all(tmp_path: Path) -> None:
    """Texts of 400 kB behind two records of many."""
    right = [(str(number % 50 * (number % 2)), f"{number:0200}") for number in range(4_000)]
    left = [(str(number % 70), "x") for number in range(60)] + [("0", "y"), ("1", "z")]
    files = second(tmp_path, csv_text([("k", "v"), *right]))
    for how in ("inner", "left"):
        step = {"op": "join", "file": 2, "on": ["k"], "how": how}
        found, receipt = table(tmp_path, csv_text([("k", "v"), *left]), [step], files=files, memory=1_000)
        assert found.rows == joined([list(row) for row in left], [list(row) for row in right], how, [])
        assert receipt["run"]["stages"][0]["passes"] == 2


def test_two_files_may_be_asked_before_keys_are_compared(tmp_path: Path) -> None:
    files = second(tmp_path, csv_text([("k", "v"), *((str(number), "x") for number in range(0, 90, 2))]))
    (tmp_path / "third").write_text(csv_text([("k", "v"), *((str(number), "x") for number in range(0, 90, 3))]))
    files[3] = (tmp_path / "third", Dialect())
    steps = [
        {"op": "join", "file": 2, "on": ["k"], "how": "semi"},
        {"op": "join", "file": 3, "on": ["k"], "how": "anti"},
        {"op": "dedup"},
    ]
    left = [[str(number % 100), "x"] for number in range(500)]
    found, receipt = table(tmp_path, csv_text([("k", "v"), *left]), steps, files=files, memory=1_000)
    assert found.rows == [row for row in left[:90] if int(row[0]) % 2 == 0 and int(row[0]) % 3]
    assert [count["dropped"] for count in receipt["dropped_by_step"]] == [275, 75, 120]
    assert receipt["run"]["stages"][0]["passes"] == 4


@pytest.mark.parametrize("processes", [1, 2])
def test_a_pass_that_asks_can_be_cancelled(tmp_path: Path, processes: int) -> None:
    """While keys are collected, answered, and met again."""
    keys = csv_text([("k", "v"), *((str(number), "x") for number in range(9_000))])
    files, source = second(tmp_path, keys), tmp_path / "source"
    source.write_text(keys)
    options = Options(memory=1, processes=processes, smallest_range=1, block_size=1_000)
    step = {"op": "join", "file": 2, "on": ["k"]}
    reports: list[Progress] = []
    work = tmp_path / "work"
    work.mkdir()
    run(source, Dialect(), [step], io.BytesIO(), options=options, workspace=work, files=files, progress=reports.append)
    for last in {1, len(reports) // 2, len(reports) * 3 // 4}:
        left = iter(range(last))

        def stop(_: Progress, left: Iterator[int] = left) -> None:
            if next(left, None) is None:
                raise Cancelled("Enough.")

        with pytest.raises(Cancelled):
            run(source, Dialect(), [step], io.BytesIO(), options=options, workspace=work, files=files, progress=stop)
        assert not list(work.iterdir())


@pytest.mark.parametrize("way", WAYS)
@settings(reused, max_examples=25)
@given(case=cases(), right=written(Dialect()))
def test_any_file_can_be_joined(tmp_path: Path, way: dict[str, Any], case: tuple[Dialect, str], right: str) -> None:
    dialect, text = case
    parsed, other = model.parse(text, dialect), model.parse(right, Dialect())
    if not parsed.header or not other.header:
        return
    step = {"op": "join", "file": 2, "left_on": [{"index": 1}], "right_on": [{"index": 1}], "how": "left"}
    try:
        found, _ = table(tmp_path, text, [step], dialect, files=second(tmp_path, right), **way)
    except InvalidInput as error:
        assert "cannot be written" in error.detail or "does not exist" in error.detail  # noqa: PT017
        return
    width, more = len(parsed.header), len(other.header) - 1
    expected = []
    for row in parsed.rows:
        own = row[:width] + [""] * (width - len(row))
        matches = [
            (each + [""] * len(other.header))[1 : more + 1] for each in other.rows if row[0] and each[0] == row[0]
        ]
        expected += [own + tail + row[width:] for tail in matches or [[""] * more]]
    assert found.rows == expected


def test_records_keep_their_bytes_before_what_is_added(tmp_path: Path) -> None:
    files = second(tmp_path, "id;name\r\n1;x,y\r\n", Dialect(delimiter=";"))
    step = {"op": "join", "file": 2, "on": ["id"]}
    found, _ = table(tmp_path, 'id,n\r\n1,"2"\n1,3\r\n2,4', [step], files=files)
    assert found.raw == ['1,"2","x,y"\n', '1,3,"x,y"\r\n']


def test_later_steps_meet_the_joined_columns(tmp_path: Path) -> None:
    files = second(tmp_path, "id,city\n1,Rome\n2,Oslo\n")
    steps = [
        {"op": "join", "file": 2, "on": ["id"], "how": "inner"},
        {"op": "filter", "filters": [{"column": "city", "operator": "==", "value": "Oslo"}]},
    ]
    found, receipt = table(tmp_path, "id\n2\n3\n2\n1\n", steps, files=files)
    assert found.rows == [["2", "Oslo"], ["2", "Oslo"]]
    assert receipt["records"] == {"in": 4, "kept": 2, "dropped": 2}
    assert files_of(load_steps(steps)) == [("/steps/0/file", 2)]


def test_what_cannot_be_joined_is_refused(tmp_path: Path) -> None:
    for step, pointer in (
        ({"on": ["a"]}, "/file"),
        ({"file": 2}, "/on"),
        ({"file": 2, "left_on": ["a"], "right_on": ["a", "b"]}, "/right_on"),
        ({"file": 0, "on": ["a"]}, "/file"),
    ):
        with pytest.raises(InvalidInput) as caught:
            load_steps([{"op": "join", **step}])
        assert caught.value.pointer == "/steps/0" + pointer
    with pytest.raises(InvalidInput, match="no file 2") as missing:
        table(tmp_path, "a\n1\n", [{"op": "join", "file": 2, "on": ["a"]}])
    assert missing.value.pointer == "/steps/0/file"
    with pytest.raises(UnknownColumn) as unknown:
        table(tmp_path, "a\n1\n", [{"op": "join", "file": 2, "on": ["a"]}], files=second(tmp_path, "b\n"))
    assert unknown.value.pointer == "/steps/0/on/0"
    assert unknown.value.context == {"file": 2}


@pytest.mark.parametrize(
    ("step", "file"),
    [
        ({"on": ["id"]}, 2),
        ({"left_on": ["k"], "right_on": ["vv"]}, 2),
        ({"left_on": ["k"], "right_on": [{"index": 4}]}, 2),
        ({"left_on": ["k"], "right_on": ["twice"]}, 2),
        ({"left_on": ["vv"], "right_on": ["v"]}, None),
        ({"on": ["v"]}, None),
    ],
)
def test_a_wrong_column_is_its_own_files_fault(tmp_path: Path, step: dict[str, Any], file: int | None) -> None:
    files = second(tmp_path, "v,twice,twice\n1,2,3\n")
    with pytest.raises((UnknownColumn, AmbiguousColumn)) as caught:
        table(tmp_path, "k,id\n1,2\n", [{"op": "join", "file": 2, **step}], files=files)
    assert caught.value.context.get("file") == file


def test_a_value_that_cannot_be_written_is_its_own_files_fault(tmp_path: Path) -> None:
    for text, dialect in (("id,v\n1,Ω\n", Dialect(encoding="cp1252")), ('id,v\n1,"x,y"\n', Dialect(quote=""))):
        with pytest.raises(InvalidInput, match="put a normalise step before this one") as caught:
            table(
                tmp_path,
                "id\n1\n",
                [{"op": "join", "file": 2, "on": ["id"]}],
                dialect,
                files=second(tmp_path, text),
            )
        assert (caught.value.context["file"], caught.value.pointer) == (2, "/steps/0/file")


def bytes_of(folder: Path, source: Path, files: dict[Any, Any], step: dict[str, Any], **options: Any) -> Any:
    """What comes out, and what is counted."""
    out = io.BytesIO()
    receipt = run(source, Dialect(), [step], out, options=Options(**options), workspace=folder, files=files)
    assert bool(receipt.run["stages"][0]["bytes_by_parser"]["native"]) == options["native"]
    return out.getvalue(), receipt.as_json()["dropped_by_step"], receipt.as_json()["warnings"]


def mixed(random: Random, header: str, count: int) -> str:
    """Records with quotes, two kinds of line ends, and a few that are ragged or odd."""
    cells = ["", "1", "2", '"3"', '"a,b"', '"say ""hi"""', '"two\r\nlines"', "x;y", " 1", "é", "z" * 40]
    ends = ["\n"] * 8 + ["\r\n"]
    records = [",".join(random.choices(cells, k=4)) + random.choice(ends) for _ in range(count)]
    odd = ["1,2,3\n", "1,2,3,4,5\n", 'a"b,1,2,3\n', "\n", "1,1,\0,1\n"]
    for _ in range(count // 300):
        records[random.randrange(count)] = random.choice(odd)
    return header + "\n" + "".join(records)


@pytest.mark.parametrize("how", ["inner", "left", "full", "semi", "anti"])
@pytest.mark.parametrize("keys", [["a", "b"], ["b", "c", "d"], ["d"]])
@pytest.mark.parametrize(
    "dialect",
    [
        Dialect(),
        Dialect(delimiter=";", quote="'"),
        Dialect(delimiter=";"),
        Dialect(encoding="utf-16"),
        Dialect(encoding="cp1252", delimiter="\t"),
    ],
)
def test_the_kernel_joins_as_the_csv_module(tmp_path: Path, how: str, keys: list[str], dialect: Dialect) -> None:
    random = Random(7)
    source = tmp_path / "source"
    source.write_text(mixed(random, "a,b,c,d", 3_000), encoding="utf-8", newline="")
    right = mixed(random, "b,d,c,a", 40).replace("\t", " ").replace('"', dialect.quote).replace(",", dialect.delimiter)
    files = second(tmp_path, right, dialect)
    step = {"op": "join", "file": 2, "on": keys, "how": how}
    expected = bytes_of(tmp_path, source, files, step, native=False)
    assert len(expected[0]) > 1_000
    for options in ({}, {"memory": 1_000}, {"processes": 2, "smallest_range": 1}, {"block_size": 500}):
        assert bytes_of(tmp_path, source, files, step, native=True, **options) == expected


def test_the_kernel_finds_and_writes_matches(tmp_path: Path) -> None:
    files = second(tmp_path, "id,city\n1,Rome\n1,Oslo\n")
    data = b"id,n\n1,2\n3,4\n1,5\n"
    (tmp_path / "source").write_bytes(data)
    source = Source.open(tmp_path / "source", Dialect())
    context = Context(["id", "n"], header=True, byte_dialect=source.byte_dialect, files=files)
    (batch,) = [
        located.batch for located in read_batches(source, 5, len(data), parsers_of(source, 2, 1 << 20, native=1 << 10))
    ]
    step = build({"file": 2, "on": ["id"], "how": "inner"}, context, "")
    assert isinstance(step, Join)
    step.prepare(Workspace(tmp_path, 1 << 20, native=True))
    assert step.finds(batch)
    assert isinstance(step.index, NativeHashIndex)
    (made,) = step.expand(batch)
    assert isinstance(made, Text)
    assert (bytes(made.text), len(made)) == (b"1,2,Rome\n1,2,Oslo\n1,5,Rome\n1,5,Oslo\n", 4)
    assert (step.matched, step.seen) == (2, 3)


@pytest.mark.parametrize(
    ("text", "dialect", "by_kernel"),
    [
        ('v,id,w\n"a,b",1,x\n"c\nd",2,\n', Dialect(), True),
        ("v;id;w\na,b;1;x\n'c\nd';2;\n", Dialect(delimiter=";", quote="'", encoding="cp1252"), True),
        ('v,id,w\n"a,b",1,x\n"c\nd",2,\né,3,\n', Dialect(encoding="cp1252"), False),
    ],
)
def test_the_kernel_writes_what_matches_nothing(
    tmp_path: Path, text: str, dialect: Dialect, *, by_kernel: bool
) -> None:
    (tmp_path / "source").write_bytes(b"n,id\n0,1\n")
    byte_dialect = Source.open(tmp_path / "source", Dialect()).byte_dialect
    context = Context(["n", "id"], header=True, byte_dialect=byte_dialect, files=second(tmp_path, text, dialect))
    step = build({"file": 2, "on": ["id"], "how": "full"}, context, "")
    assert isinstance(step, Full)
    step.prepare(Workspace(tmp_path, 1 << 20, native=True))
    lines = b""
    for batch in step.second.batches(native=True):
        assert bool(step.alike(batch)) == by_kernel
        lines += b"".join(bytes(each.text) for each in step.written(batch, bytes([1]) * len(batch)))
    assert lines.startswith(b',1,"a,b",x\n,2,"c\nd",\n')


@pytest.mark.parametrize(
    ("text", "dialect", "written"),
    [
        ("id,v\n1,é\n", Dialect(), "1,é\n"),
        ("id;v\n1;a,b\n", Dialect(delimiter=";"), '1,"a,b"\n'),
        ("id\tv\n1\t'x'\n", Dialect(delimiter="\t", quote="'", encoding="cp1252"), "1,x\n"),
        ("id,v\n1,é\n", Dialect(encoding="cp1252"), None),
    ],
)
def test_the_kernel_takes_a_second_file_of_another_dialect(
    tmp_path: Path, text: str, dialect: Dialect, written: str | None
) -> None:
    (tmp_path / "source").write_bytes(b"id\n1\n")
    byte_dialect = Source.open(tmp_path / "source", Dialect()).byte_dialect
    context = Context(["id"], header=True, byte_dialect=byte_dialect, files=second(tmp_path, text, dialect))
    step = build({"file": 2, "on": ["id"], "how": "semi"}, context, "")
    (batch,) = step.second.batches(native=True)
    alike = SecondIndex(context, byte_dialect, step.second, step.right, step.taken).alike(batch)
    assert (alike and bytes(alike.index.text).decode()) == written


def test_a_pair_that_is_too_long_is_refused_in_its_row(tmp_path: Path) -> None:
    files = second(tmp_path, f"id,city\n1,Rome\n2,{'x' * 100}\n")
    step = {"op": "join", "file": 2, "on": ["id"]}
    for native in (True, False):
        with pytest.raises(TooLarge, match="Row 3: step 1 would make a record of 102 bytes") as caught:
            table(tmp_path, "id\n1\n3\n2\n1\n", [step], files=files, native=native, max_record=101)
        assert (caught.value.context["row"], caught.value.context["limit"]) == (3, 101)


@pytest.mark.parametrize("way", WAYS)
def test_full_has_the_unmatched_records_last(tmp_path: Path, way: dict[str, Any]) -> None:
    """With their keys where the first file has its keys, in their order, and for later steps to see."""
    files = second(tmp_path, "name;key;city\nz;9;Rome\n;;Oslo\na;1;Bern\nb;8;Linz;beyond\n", Dialect(delimiter=";"))
    step = {"op": "join", "file": 2, "left_on": ["id"], "right_on": ["key"], "how": "full"}
    text = "v,id\nx,1\ny,2\nw,\n"
    found, receipt = table(tmp_path, text, [step], files=files, **way)
    assert found.header == ["v", "id", "name", "city"]
    assert found.rows == [
        ["x", "1", "a", "Bern"], ["y", "2", "", ""], ["w", "", "", ""],
        ["", "9", "z", "Rome"], ["", "", "", "Oslo"], ["", "8", "b", "Linz"],
    ]  # fmt: skip
    assert receipt["records"]["kept"] == 6
    assert receipt["dropped_by_step"][0]["out"] == 6
    later = {"op": "filter", "filters": [{"column": "city", "operator": "==", "value": "Rome"}]}
    found, _ = table(tmp_path, text, [step, later], files=files, **way)
    assert found.rows == [["", "9", "z", "Rome"]]
    found, _ = table(tmp_path, text, [step, later, step], files=files, **way)  # another one, of the same file
    assert [row[1] for row in found.rows] == ["9", "", "1", "8"]


def test_names_never_collide(tmp_path: Path) -> None:
    files = second(tmp_path, "id,v,v_2,w,w\n1,a,b,c,d\n")
    found, _ = table(tmp_path, "id,v,w\n1,x,y\n", [{"op": "join", "file": 2, "on": ["id"]}], files=files)
    assert found.header == ["id", "v", "w", "v_2", "v_2_2", "w_2", "w_2_2"]
    empty = {"op": "join", "file": 2, "on": ["id"], "suffix": ""}
    found, _ = table(tmp_path, "id,v,w\n1,x,y\n", [empty], files=files)
    assert found.header == ["id", "v", "w", "v_2", "v_2_2", "w_2", "w_3"]


@pytest.mark.parametrize("native", [True, False])
def test_full_takes_no_more_than_the_budget(tmp_path: Path, *, native: bool) -> None:
    path, other, tiny = tmp_path / "new", tmp_path / "old", tmp_path / "tiny"
    for file, start in ((path, 0), (other, 60_000)):
        file.write_text("id,t\n" + "".join(f"{start + number},{'x' * 150}\n" for number in range(120_000)))
    tiny.write_text("id,t\n1,x\n")
    step = {"op": "join", "file": 2, "on": ["id"], "how": "full"}
    grown = peak(tmp_path, path, [step], other, memory=12 << 20, native=native) - peak(tmp_path, tiny, [step], tiny)
    assert grown <= (12 + 8) << 20
