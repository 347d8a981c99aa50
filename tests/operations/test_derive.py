"""derive against a few lines of Python."""

from __future__ import annotations

import base64
import hmac
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csvapi.csvio.dialect import Dialect
from csvapi.csvio.indexed import IndexedBatch
from csvapi.csvio.reading import parsers_of, read_batches
from csvapi.csvio.source import Source
from csvapi.engines import Options
from csvapi.errors import CsvapiError, InvalidInput, TooLarge, UnknownColumn
from csvapi.operations import check_columns, load_steps, with_fingerprints
from csvapi.operations.derive import Derive
from csvapi.steps.secret_key import SecretKey, WeakSecret
from csvapi.steps.step import Context
from tests.engines import model
from tests.engines.running import cases, reused
from tests.operations.tables import FAST_WAYS, PARALLEL, csv_text, table

if TYPE_CHECKING:
    from pathlib import Path

WAYS = {**FAST_WAYS, "parallel": PARALLEL}
SECRET = "what nobody else knows: 5f0c1d2e3f40"
KEYS = {"partners": SecretKey(SECRET)}
CELLS = ["", " ", "a", "1234567", "12345", "é", "日本の言葉", "a,b", 'say "x"', "x\ny", "\udcff\udcfe12345", "x" * 50]
SOURCES: dict[str, dict[str, Any]] = {
    "template": {"template": "{#1}"},
    "template, long": {"template": "<{#1}> {{{#2}}} é{#1}"},
    "constant": {"constant": "a, b"},
    "row_number": {"row_number": True},
    "first_filled": {"first_filled": [{"index": 2}, {"index": 1}, {"index": 2}]},
    "file_name": {"file_name": True},
    "mask": {"mask": {"column": {"index": 1}}},
    "mask, keep": {"mask": {"column": {"index": 2}, "keep": 1, "with": "é"}},
    "mask, nothing": {"mask": {"column": {"index": 1}, "keep": 0}},
    "hash": {"hash": {"column": {"index": 1}, "key": "partners"}},
    "hash, short": {"hash": {"column": {"index": 2}, "key": "partners", "encoding": "base64url", "length": 16}},
}


def masked(text: str, keep: int = 4, mark: str = "*") -> str:
    return mark * len(text) if len(text) <= keep else mark * (len(text) - keep) + text[len(text) - keep :]


def hashed(text: str) -> bytes:
    """The bytes of the hash; none of an empty value."""
    return hmac.digest(SECRET.encode(), text.encode("utf-8", "surrogateescape"), "sha256") if text else b""


def expected(name: str, row: list[str], number: int) -> str:
    first, second = [*row, "", ""][:2]
    return {
        "template": first,
        "template, long": f"<{first}> {{{second}}} é{first}",
        "constant": "a, b",
        "row_number": str(number),
        "first_filled": second or first,
        "file_name": "sales é.csv",
        "mask": masked(first),
        "mask, keep": masked(second, 1, "é"),
        "mask, nothing": "*" * len(first),
        "hash": hashed(first).hex(),
        "hash, short": base64.urlsafe_b64encode(hashed(second)).decode()[:16],
    }[name]


def placed(row: list[str], at: int, value: str, *, over: bool) -> list[str]:
    row = row + [""] * (at - len(row))
    return [*row[:at], value, *row[at + over :]]


@pytest.mark.parametrize("way", WAYS)
@settings(reused, max_examples=40)
@given(case=cases(), name=st.sampled_from(sorted(SOURCES)), over=st.booleans())
def test_any_value_of_any_file(tmp_path: Path, way: str, case: tuple[Dialect, str], name: str, over: bool) -> None:
    dialect, text = case
    parsed = model.parse(text, dialect)
    if len(parsed.header) < 2:
        return
    step = {"op": "derive", "column": {"index": 2} if over else "new", "over": over, **SOURCES[name]}
    try:
        found, receipt = table(tmp_path, text, [step], dialect, **WAYS[way], file_name="sales é.csv", keys=KEYS)
    except InvalidInput as error:
        assert "no way to quote" in error.detail or "does not exist in" in error.detail  # noqa: PT017  not all can be said
        return
    at = 1 if over else len(parsed.header)
    assert found.rows == [
        placed(row, at, expected(name, row, number), over=over) for number, row in enumerate(parsed.rows, start=1)
    ]
    if parsed.header_raw:
        assert found.header == (parsed.header if over else [*parsed.header, "new"])
    count = receipt["dropped_by_step"][0]
    assert count["filled"] == sum(max(0, at - len(row)) for row in parsed.rows)
    assert count.get("file_name") == ("sales é.csv" if name == "file_name" else None)


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16", "shift_jis"])
@pytest.mark.parametrize("over", [False, True])
@pytest.mark.parametrize("name", SOURCES)
def test_the_kernel_writes_as_python_does(tmp_path: Path, encoding: str, name: str, over: bool) -> None:
    random = Random(3)
    known = [cell for cell in CELLS if cell.encode(encoding, "ignore").decode(encoding) == cell]
    rows = [random.choices(known, k=3) for _ in range(500)]
    text = csv_text([["x", "y", "z"], *rows[:250]]) + 'a"b,1\n' + csv_text(rows[250:])
    step = {"op": "derive", "column": "y" if over else "new", "over": over, **SOURCES[name]}
    for options in ({}, {"block_size": 100}, {"max_record": 150}):
        outcomes = [
            outcome(tmp_path, text, step, Dialect(encoding=encoding), native=native, **options)
            for native in (True, False)
        ]
        assert outcomes[0] == outcomes[1]


def outcome(folder: Path, text: str, step: dict[str, Any], dialect: Dialect, **options: Any) -> Any:
    try:
        found, receipt = table(folder, text, [step], dialect, file_name="sales é.csv", **options)
    except CsvapiError as error:
        return error.detail
    return found.raw, receipt["dropped_by_step"]


def test_the_kernel_writes_a_batch(tmp_path: Path) -> None:
    text = "x,y\na,b\n,c\n"
    (tmp_path / "in").write_text(text)
    source = Source.open(tmp_path / "in", Dialect())
    context = Context(["x", "y"], header=True, byte_dialect=source.byte_dialect)
    step = Derive({"column": "z", "template": "{y}, {x}"}, context, "")
    pieces = read_batches(source, 4, len(text), parsers_of(source, 2, 1 << 20, native=1 << 10))
    done = step.map(next(iter(pieces)).batch)
    assert isinstance(done, IndexedBatch)
    assert bytes(done.index.text) == b'a,b,"b, a"\n,c,"c, "\n'


@pytest.mark.parametrize("way", WAYS)
def test_bytes_that_are_no_text_are_masked_one_by_one(tmp_path: Path, way: str) -> None:
    step = {"op": "derive", "column": "n", "over": True, "mask": {"column": "n", "keep": 3}}
    found, _ = table(tmp_path, "n\n\udcff\udcfe1\udcfd2\n\udcff12\n", [step], **WAYS[way])
    assert found.rows == [["**1\udcfd2"], ["***"]]


@pytest.mark.parametrize("way", WAYS)
def test_the_row_is_that_of_the_file_whatever_went_before(tmp_path: Path, way: str) -> None:
    text = "k\n" + "".join(f"{number % 7}\n\n" for number in range(60))
    steps = [
        {"op": "dedup", "keep": "last"},
        {"op": "derive", "column": "row", "row_number": True},
        {"op": "filter", "filters": [{"column": "row", "operator": ">", "value": 55}]},
    ]
    found, _ = table(tmp_path, text, steps, **WAYS[way])
    assert found.rows == [[str((row - 1) % 7), str(row)] for row in range(56, 61)]
    steps = [{"op": "sort", "by": [{"column": "k", "order": "desc"}]}, steps[1], {"op": "slice", "tail": 1}]
    found, _ = table(tmp_path, text, steps, **WAYS[way])
    assert found.rows == [["0", "60"]]


def test_later_steps_meet_the_new_column(tmp_path: Path) -> None:
    steps = [
        {"op": "derive", "column": "c", "template": "{a}{b}"},
        {"op": "derive", "column": "d", "template": "{c}{c}"},
        {"op": "unique", "column": "d"},
        {"op": "select", "columns": ["d"]},
    ]
    found, _ = table(tmp_path, "a,b\n1,2\n12,\n3,4\n", steps, **PARALLEL)
    assert (found.header, found.rows) == (["d"], [["1212"], ["3434"]])


@pytest.mark.parametrize(
    ("step", "pointer", "says"),
    [
        ({"column": "c"}, "/steps/0/template", "exactly one of template, constant"),
        ({"column": "c", "row_number": False}, "/steps/0/row_number", "must be true"),
        ({"column": "c", "template": "x", "constant": ""}, "/steps/0/constant", "exactly one of"),
        ({"column": {"index": 1}, "constant": ""}, "/steps/0/column", '"over": true'),
        ({"column": "c", "template": "{a"}, "/steps/0/template", "a { at character 1 that is not closed"),
        ({"column": "c", "template": "a}"}, "/steps/0/template", "a } at character 2 that closes nothing"),
        ({"column": "c", "mask": {"keep": 1}}, "/steps/0/mask/column", "is required"),
        ({"column": "c", "mask": {"column": "a", "with": "**"}}, "/steps/0/mask/with", "must be one character"),
        ({"column": "c", "hash": {"column": "a"}}, "/steps/0/hash/key", "is required"),
        ({"column": "c", "hash": {"column": "a", "key": "A key"}}, "/steps/0/hash/key", "lower-case letters"),
        ({"column": "c", "hash": {"column": "a", "key": "k", "length": 8}}, "/steps/0/hash/length", "at least 16"),
        ({"column": "c", "hash": {"column": "a", "key": "k", "length": 65}}, "/steps/0/hash/length", "at most 64"),
        (
            {"column": "c", "hash": {"column": "a", "key": "k", "length": 44, "encoding": "base64url"}},
            "/steps/0/hash/length",
            "at most 43",
        ),
    ],
)
def test_bad_parameters_are_refused_where_they_stand(step: dict[str, Any], pointer: str, says: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        load_steps([{"op": "derive", **step}])
    assert caught.value.pointer == pointer
    assert says in caught.value.detail


@pytest.mark.parametrize(
    ("step", "pointer", "says"),
    [
        ({"column": "c", "template": "{frist} {last}"}, "/steps/0/template", "Did you mean 'first'"),
        ({"column": "c", "template": "{#3}"}, "/steps/0/template", "no column 3"),
        ({"column": "c", "first_filled": ["first", "x"]}, "/steps/0/first_filled/1", "no column 'x'"),
        ({"column": "c", "mask": {"column": "x"}}, "/steps/0/mask/column", "no column 'x'"),
        ({"column": "c", "hash": {"column": "x", "key": "k"}}, "/steps/0/hash/column", "no column 'x'"),
        ({"column": "c", "over": True, "constant": ""}, "/steps/0/column", "no column 'c'"),
        ({"column": "last", "constant": ""}, "/steps/0/column", 'write over it: "over": true'),
    ],
)
def test_columns_that_do_not_fit_are_refused(step: dict[str, Any], pointer: str, says: str) -> None:
    with pytest.raises((UnknownColumn, InvalidInput)) as caught:
        check_columns(load_steps([{"op": "derive", **step}]), ["first", "last"], header=True)
    assert caught.value.pointer == pointer
    assert says in caught.value.detail


@pytest.mark.parametrize(
    ("step", "pointer"),
    [
        ({"column": "c", "file_name": True}, "/steps/0/file_name"),
        ({"column": "c", "constant": "€"}, "/steps/0/constant"),
        ({"column": "€", "constant": ""}, "/steps/0/column"),
        ({"column": "c", "template": "{a}€"}, "/steps/0/template"),
        ({"column": "c", "mask": {"column": "a", "with": "€"}}, "/steps/0/mask/with"),
    ],
)
def test_what_cannot_be_written_is_refused_before_a_run(tmp_path: Path, step: dict[str, Any], pointer: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        table(tmp_path, "a\n1\n", [{"op": "derive", **step}], Dialect(encoding="latin-1"))
    assert caught.value.pointer == pointer


@pytest.mark.parametrize("native", [True, False])
def test_a_record_that_would_be_too_long_is_never_made(tmp_path: Path, native: bool) -> None:
    step = {"op": "derive", "column": "b", "template": "{a}" * 40_000}
    with pytest.raises(TooLarge) as caught:
        table(tmp_path, "a\nx\n" + "x" * 1_000 + "\n", [step], native=native)
    assert caught.value.detail.startswith("Row 2, column 'b': step 1 would make a record of 40001002 bytes")
    found, _ = table(tmp_path, "a\n" + "x\n" * 30, [step], native=native)
    assert found.rows == [["x", "x" * 40_000]] * 30


HASH = {"op": "derive", "column": "p", "hash": {"column": "a", "key": "partners"}}


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16", "utf-32"])
def test_a_value_has_the_same_hash_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    found, _ = table(tmp_path, "a\né\n\n", [HASH], Dialect(encoding=encoding), keys=KEYS)
    assert found.rows == [["é", hashed("é").hex()]]


def test_the_receipt_has_the_fingerprint_of_the_key_and_neither_key_nor_its_bytes(tmp_path: Path) -> None:
    steps = with_fingerprints([HASH], lambda _, name: KEYS[name].fingerprint)
    options = Options(keys=KEYS)
    _, receipt = table(tmp_path, "a\n1\n", steps, keys=KEYS)
    assert receipt["steps"][0]["hash"]["fingerprint"] == KEYS["partners"].fingerprint == SecretKey(SECRET).fingerprint
    shown = f"{receipt} {options} {options.as_json()} {load_steps(steps)} {KEYS}"
    assert SECRET not in shown
    assert SECRET.encode().hex() not in shown


def test_a_key_of_another_fingerprint_is_refused(tmp_path: Path) -> None:
    step = {**HASH, "hash": {"column": "a", "key": "partners", "fingerprint": "0" * 16}}
    for act in (
        lambda: table(tmp_path, "a\n1\n", [step], keys=KEYS),
        lambda: with_fingerprints([step], lambda _, name: KEYS[name].fingerprint),
    ):
        with pytest.raises(InvalidInput, match="another key makes other hashes") as caught:
            act()
        assert caught.value.pointer == "/steps/0/hash/fingerprint"


def test_a_key_that_was_not_given_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        table(tmp_path, "a\n1\n", [HASH], keys={"others": KEYS["partners"]})
    assert caught.value.pointer == "/steps/0/hash/key"
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("secret", "says"),
    [
        ("short", "has 5 characters"),
        ("x" * 1_001, "has 1001 characters"),
        ("ab" * 20, "repeats itself or counts"),
        ("one line of it\nand another line, too", "not printable"),
    ],
)
def test_a_weak_secret_is_no_key_and_is_not_said(secret: str, says: str) -> None:
    with pytest.raises(WeakSecret, match=says) as caught:
        SecretKey.of(secret)
    assert secret not in str(caught.value)


def test_fingerprints_tell_keys_apart() -> None:
    assert SecretKey.of(SECRET).fingerprint != SecretKey.of(SECRET + "1").fingerprint
