"""One command per operation of the catalogue, its flags from its schema."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from marshmallow import Schema, fields

from csvapi.cli import COMMANDS
from csvapi.commands import arguments
from csvapi.commands.flags import add_flags, params
from csvapi.operations import Operation, catalogue, load_steps
from csvapi.steps.params import ColumnField
from csvapi.steps.renaming import RenameField
from tests.commands.program import complaint, csvapi, output

PEOPLE = b'name,age,"last, first"\nAda,36,L\nada,36,L\nGrace,85,"H ""A"""\nAda,36,L\n'


def test_every_operation_has_a_command_that_no_other_hides() -> None:
    assert not set(catalogue()) & set(COMMANDS)
    for name, operation in catalogue().items():
        parser = arguments.parser(name, operation.summary)
        add_flags(parser, operation.params())
        assert operation.summary in parser.format_help()


def test_help_names_every_command() -> None:
    told = csvapi("--help").stdout.decode()
    assert all(f"  {name} " in told for name in (*catalogue(), *COMMANDS))


def test_dedup(tmp_path: Path) -> None:
    result = tmp_path / "out.csv"
    source = tmp_path / "in.csv"
    source.write_bytes(PEOPLE)
    assert output("dedup", source, "-q", "-o", result) == b""
    assert result.read_bytes() == b'name,age,"last, first"\nAda,36,L\nada,36,L\nGrace,85,"H ""A"""\n'
    assert output("dedup", source, "-q", "--columns", "name,age", "--keep", "last") == (
        b'name,age,"last, first"\nada,36,L\nGrace,85,"H ""A"""\nAda,36,L\n'
    )
    assert output("dedup", source, "--columns", '"last, first"', "--columns", "name", "--ignore", "case,space") == (
        b'name,age,"last, first"\nAda,36,L\nGrace,85,"H ""A"""\n'
    )


def test_columns_by_position_and_as_json() -> None:
    by_index = output("dedup", "-", "--columns", '{"index": 2}', stdin=PEOPLE)
    assert by_index == output("dedup", "-", "--columns", '["age"]', stdin=PEOPLE)
    assert by_index == output("unique", "-", "--column", '{"index": 2}', stdin=PEOPLE)


def test_unique() -> None:
    assert output("unique", "-", "--column", "age", stdin=PEOPLE).count(b"\n") == 3


def test_filter() -> None:
    where = ("--where", "age >= 18", "--where", 'name contains "a"')
    assert output("filter", "-", *where, stdin=PEOPLE).splitlines()[1:] == [
        b"Ada,36,L",
        b"ada,36,L",
        b'Grace,85,"H ""A"""',
        b"Ada,36,L",
    ]
    tree = {"not": {"column": "age", "operator": "==", "value": 36}}
    assert output("filter", "-", "--where", json.dumps(tree), stdin=PEOPLE).count(b"\n") == 2
    filters = [{"column": "age", "operator": "==", "value": 85}]
    assert output("filter", "-", "--filters", json.dumps(filters), stdin=PEOPLE).count(b"\n") == 2


def test_normalise() -> None:
    messy = "Report\r\n\r\nname;größe\r\nAda;1,5\r\nBob;2,5\r\nCid;3,5\r\n".encode("latin-1")
    done = csvapi("normalise", "-", stdin=messy)
    assert done.stdout == 'name,größe\nAda,"1,5"\nBob,"2,5"\nCid,"3,5"\n'.encode()
    (line,) = done.stderr.decode().splitlines()
    assert line.startswith("csvapi normalise: warning: preamble: 2 lines above the header")
    assert "'Report'" in line


def test_derive_writes_the_name_of_the_file(tmp_path: Path) -> None:
    source = tmp_path / "people.csv.gz"
    source.write_bytes(gzip.compress(b"name\nAda\n"))
    assert output("derive", source, "--column", "from", "--file-name") == b"name,from\nAda,people.csv.gz\n"
    masked = ("--column", "name", "--over", "--mask", '{"column": "name", "keep": 1}')
    assert output("derive", source, *masked) == b"name\n**a\n"
    told = complaint("derive", "-", "--column", "from", "--file-name", code=1, stdin=b"name\nAda\n")
    assert "standard input has no name" in told


def flags(step: dict[str, Any]) -> list[str]:
    """A step as a person would type it."""
    found = []
    for name, value in step.items():
        if name == "filters":
            found += [part for each in value for part in ("--where", "{column} {operator} {value}".format(**each))]
        elif isinstance(value, bool):
            found.append(f"--{'' if value else 'no-'}{name.replace('_', '-')}")
        elif name != "op":
            found += [f"--{name.replace('_', '-')}", _typed(value)]
    return found


def _typed(value: Any) -> str:
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return ",".join(value)
    if isinstance(value, dict) and all(isinstance(each, str) for each in value.values()):
        return ",".join(f"{old}={new}" for old, new in value.items())
    return json.dumps(value) if isinstance(value, (list, dict)) else str(value)


@pytest.mark.parametrize("operation", catalogue().values(), ids=lambda operation: operation.name)
def test_every_example_can_be_typed(operation: Operation, tmp_path: Path) -> None:
    (step,) = load_steps([operation.example])
    named = [name for _, name in operation.columns(step.params) if isinstance(name, str)]
    names = list(dict.fromkeys(named)) or ["any"]
    source = tmp_path / "in.csv"
    different = 101 if operation.name == "diff" else 7  # whose keys may not repeat
    rows = [",".join(str(row * place % different) for place in range(2, len(names) + 2)) for row in range(9, 40)]
    source.write_text("\n".join([",".join(names), *rows]) + "\n")
    more = {"file": str(source), "files": [str(source)]}  # on the command line a file is its path
    example = {name: more.get(name, value) for name, value in operation.example.items()}
    typed = output(operation.name, source, "-q", *flags(example))  # these numbers may well deserve a warning
    assert typed == output("process", source, "-q", "--steps", json.dumps([example]))


class Order(Schema):
    column = ColumnField(required=True)
    order = fields.String()


class Change(Schema):
    text = fields.String()


class Everything(Schema):
    """Each kind of parameter that an operation may have."""

    by = fields.List(fields.Nested(Order))
    replace = fields.List(fields.Nested(Change))
    rename = RenameField()
    trim = fields.Boolean()
    head = fields.Integer()
    fraction = fields.Float()
    fill = fields.String()
    any_value = fields.Raw()


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (["--by", 'age,"last, first"'], {"by": ["age", "last, first"]}),
        (["--by", '{"column": "a", "order": "desc"}', "--by", "b"], {"by": [{"column": "a", "order": "desc"}, "b"]}),
        (["--by", '[{"index": 2}]'], {"by": [{"index": 2}]}),
        (["--by", '{"index": 2}, {"index": 1}'], {"by": [{"index": 2}, {"index": 1}]}),
        (["--replace", '{"text": "a"}', "--replace", '[{"text": "b"}]'], {"replace": [{"text": "a"}, {"text": "b"}]}),
        (["--rename", "a=b,c=d=e", "--rename", '{"f": "g"}'], {"rename": {"a": "b", "c": "d=e", "f": "g"}}),
        (
            ["--rename", "a=b", "--rename", '[{"column": {"index": 3}, "to": "c"}]'],
            {"rename": [{"column": "a", "to": "b"}, {"column": {"index": 3}, "to": "c"}]},
        ),
        (["--trim", "--head", "3", "--fraction", "0.5"], {"trim": True, "head": 3, "fraction": 0.5}),
        (["--no-trim", "--fill", "", "--any-value", "[1]"], {"trim": False, "fill": "", "any_value": [1]}),
        ([], {}),
    ],
)
def test_every_kind_of_parameter_has_a_flag(typed: list[str], expected: dict[str, Any]) -> None:
    schema = Everything()
    parser = arguments.parser("everything", "")
    add_flags(parser, schema)
    assert params(parser.parse_args(["-", *typed]), schema) == expected


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("dedup", "-", "--keep", "some"), "keep: must be one of: first, last, none, fullest"),
        (("dedup", "-", "--ignore", "colour"), "must be one of: case, space"),
        (("dedup",), "required: INPUT"),
        (("unique", "-"), "give either column or columns"),
        (("filter", "-"), "give either filters or where"),
        (("filter", "-", "--where", "age ~ 3"), "at '~ 3' there should be one of =="),
        (("filter", "-", "--where", "name matches ("), "is not a pattern RE2 understands"),
        (("filter", "-", "--where", "a > 1", "--filters", "[]"), "give either --where or --filters"),
        (("filter", "-", "--filters", "[{"), "is not JSON"),
        (("dedup", "-", "--colums", "a"), "unrecognized arguments: --colums a (did you mean --columns?)"),
        (
            ("dedup", "-", "out.csv"),
            "unrecognized arguments: out.csv; there is one input, and the result goes where -o",
        ),
        (("detect", "-", "more.csv"), "unrecognized arguments: more.csv; there is one input; see"),
        (("filter", "-", "--filters", "[]"), "must hold 1 to 100 conditions"),
        (("filter", "-", "--where", "a > 1 and b == 2"), "a second --where"),
        (
            ("filter", "-", "--filters", '{"col": "a", "operator": "=="}'),
            "did you mean 'column'? The parameters are: col",
        ),
        (("filter", "-", "--filters", '{"column": "a", "operator": "==", "value": null}'), "is_empty or not_empty"),
        (("set", "-", "--replace", '{"pattern": "(a)", "with": "\\1"}'), "in JSON a backslash is written twice"),
        (("set", "-", "--replace", '{"pattern": "(a)", "with": "$1"}'), r"a group is written \1 here"),
        (("join", "-", "--on", "a"), "file: is required"),
        (("dedup", "-", "--workspace", "/proc/none"), "--workspace /proc/none is no folder"),
        (("process", "-", "--steps", "[{"), "is not JSON"),
        (
            ("process", "-", "--steps", "/proc/self/stat"),
            'it is the name of a file, whose content is "$(cat /proc/self/',
        ),
        (
            ("process", "-", "--steps", '[{"operation": "dedup"}]'),
            "op: is missing; it names the operation, one of concat",
        ),
        (("process", "-", "--steps", '[{"op": "dedupe"}]'), "there is no operation 'dedupe'; did you mean 'dedup'?"),
        (
            ("process", "-", "--steps", '[{"op": "dedup", "column": "a"}]'),
            "did you mean 'columns'? The parameters are: op",
        ),
    ],
)
def test_a_wrong_command_line_is_one_line_and_exit_code_2(arguments: tuple[str, ...], said: str) -> None:
    line = complaint(*arguments, code=2)
    assert line.startswith(f"csvapi {arguments[0]}: ")
    assert said in line


def test_an_unknown_command_suggests_one() -> None:
    assert complaint("dedupe", code=2) == "csvapi: there is no command dedupe; did you mean dedup?"


def test_other_files_are_named_by_their_paths(tmp_path: Path) -> None:
    (tmp_path / "ages.csv").write_text("age;born\n36;1815\n")
    joined = output("join", "-", "--file", tmp_path / "ages.csv", "--on", "age", "--how", "inner", stdin=PEOPLE)
    assert joined.splitlines()[0] == b'name,age,"last, first",born'
    assert joined.count(b",1815\n") == 3
    more = output("concat", "-", "--files", f"{tmp_path / 'ages.csv'}", stdin=PEOPLE)
    assert more.splitlines()[-1] == b",36,,1815"
    named = output("concat", "-", "--files", f"{tmp_path / 'ages.csv'}", "--source", "from", stdin=PEOPLE)
    assert named.splitlines()[-1] == b",36,,1815,ages.csv"


BROKEN = {
    "none.csv": (None, "No such file or directory"),
    "zip.csv": (b"PK\x03\x04" + bytes(100), "The ZIP archive is damaged"),
    "binary.csv": (bytes(range(256)) * 9, "binary"),
    "empty.csv": (b"", "empty"),
    "cut.csv.gz": (gzip.compress(PEOPLE * 99)[:-9], "The gzip data is damaged or cut off"),
    "picture.gz": (gzip.compress(b"\x89PNG\r\n\x1a\n" + bytes(99)), "not CSV"),
    "other.csv": (b"k,v\n1,2\n", "There is no column 'age'"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_the_line_begins_with_the_file_at_fault(tmp_path: Path, name: str) -> None:
    content, says = BROKEN[name]
    source, second, fault = tmp_path / "in.csv", tmp_path / "second.csv", tmp_path / name
    source.write_bytes(PEOPLE)
    second.write_bytes(PEOPLE)
    if content is not None:
        fault.write_bytes(content)
    lines = {"join": complaint("join", source, "--file", fault, "--on", "age", "-o", tmp_path / "out.csv")}
    if name != "other.csv":
        lines["concat"] = complaint("concat", source, "--files", f"{second},{fault}", "-o", tmp_path / "out.csv")
    for command, line in lines.items():
        assert line.startswith(f"csvapi {command}: {fault}: ")
        assert says in line
    assert complaint("join", source, "--file", second, "--on", "ages").startswith(f"csvapi join: {source}: There is no")


def test_another_file_may_be_packed_or_standard_input_once(tmp_path: Path) -> None:
    source, packed = tmp_path / "in.csv", tmp_path / "in.csv.gz"
    source.write_bytes(PEOPLE)
    packed.write_bytes(gzip.compress(PEOPLE))
    twice = PEOPLE + PEOPLE.split(b"\n", 1)[1]
    assert output("concat", source, "--files", packed) == twice
    assert output("concat", source, "--files", "-", stdin=PEOPLE) == twice
    assert "only once" in complaint("concat", "-", "--files", "-", code=2)
    assert "never overwritten" in complaint("concat", source, "--files", packed, "-o", packed, code=2)


@pytest.mark.parametrize(
    "files",
    [
        ("1.csv", "2.csv", "3.csv"),
        ("1.csv", "--source", "from", "2.csv", "3.csv"),
        ("1.csv", "--files", "2.csv", "3.csv"),
        ("--files", "2.csv,3.csv", "1.csv"),
        ("--files", "2.csv", "--files", "3.csv", "1.csv"),
    ],
)
def test_files_are_appended_in_the_order_of_their_names(tmp_path: Path, files: tuple[str, ...]) -> None:
    for number in (1, 2, 3):
        (tmp_path / f"{number}.csv").write_text(f"n\n{number}\n")
    places = [",".join(str(tmp_path / one) for one in each.split(",")) if ".csv" in each else each for each in files]
    found = output("concat", *places).decode()
    assert [line.split(",")[0] for line in found.splitlines()] == ["n", "1", "2", "3"]


def test_another_operation_has_one_input() -> None:
    assert "the other file is --file FILE" in complaint("join", "1.csv", "2.csv", "--on", "id", code=2)
    assert "a condition is --where CONDITION" in complaint("filter", "1.csv", "age > 3", code=2)
    assert "there is one input" in complaint("dedup", "1.csv", "2.csv", code=2)
    assert "files: is required" in complaint("concat", "1.csv", code=2)


def test_an_object_of_a_column_alone_is_given_by_its_name() -> None:
    flags = ("derive", "-", "--column", "name", "--over", "--mask")
    masked = output(*flags, '{"column": "name"}', stdin=PEOPLE)
    assert output(*flags, "name", stdin=PEOPLE) == output(*flags, '{"index": 1}', stdin=PEOPLE) == masked
    assert b"*race" in masked


def test_an_object_that_is_no_json_says_what_it_takes() -> None:
    line = complaint("derive", "-", "--column", "x", "--hash", "name", code=2)
    assert 'it is an object that takes "column", "key"; perhaps "encoding", "length", "fingerprint"' in line


@pytest.mark.parametrize("given", ["number", '{"number": {"decimal": ","}}'])
def test_a_parameter_is_called_as_in_requests(tmp_path: Path, given: str) -> None:
    """`as` is a word of Python's, too."""
    (tmp_path / "in.csv").write_text("k;j;b\nA;x;1\nA;y;2\n", encoding="utf-8")
    found = output(
        "pivot", tmp_path / "in.csv", "--index=k", "--columns=j", "--values=b", "--aggregate=sum", "--as", given
    )
    assert found == b"k;x;y\nA;1;2\n"
